//! A token's life: renewed ahead of time, used until it expires and not longer.

use std::time::Duration;

use argus_auth_core::{Error, TokenErrorKind};
use argus_auth_faults::{PATIENCE, World, answer, failure_kind, token};
use argus_auth_test_support::{Fault, Reply};

use super::Scenario;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        number: 3,
        stimulus: "inside the buffer, the endpoint hangs",
        expected: "the old token at once, no caller waits",
        run: hanging_renewal,
    },
    Scenario {
        number: 4,
        stimulus: "the token has expired, the endpoint hangs",
        expected: "each caller ends at its own deadline, the fetch at 30 s",
        run: hanging_fetch,
    },
    Scenario {
        number: 7,
        stimulus: "renewal answers 503 while the token is valid, and on past its expiry",
        expected: "the old token until it expires, then an error; never an expired token",
        run: failing_renewal,
    },
    Scenario {
        number: 8,
        stimulus: "500 failed renewals, then recovery",
        expected: "renewal resumes; no overflow in the cool-down",
        run: long_outage,
    },
    Scenario {
        number: 15,
        stimulus: "a life of 5 s; a life below the buffer",
        expected: "cached in proportion, requests in bounds",
        run: short_lives,
    },
    Scenario {
        number: 16,
        stimulus: "the same token is issued again with what is left of its life",
        expected: "requests in bounds",
        run: reissued_token,
    },
    Scenario {
        number: 17,
        stimulus: "the machine sleeps for an hour",
        expected: "expired at the first read; one fetch, no storm",
        run: suspended,
    },
    Scenario {
        number: 18,
        stimulus: "the endpoint answers after 8 s",
        expected: "the life counts from the request",
        run: slow_answer,
    },
];

/// Within the last quarter of an hour's buffer, after any jitter.
const INSIDE_BUFFER: f64 = 3_500.0;

fn hanging_renewal() {
    let world = World::default();
    world.endpoint.script(vec![Reply::token("old", 3600), Reply::broken(Fault::Hang)]);
    let resolver = world.resolver(&[]);
    assert_eq!(token(&answer(resolver.headers("b"))), "old");
    world.advance(INSIDE_BUFFER);
    for _ in 0..100 {
        let headers = resolver.try_headers("b").unwrap().expect("headers without waiting");
        assert_eq!(token(&Ok(headers)), "old");
    }
    world.requests(2);
}

fn hanging_fetch() {
    let world = World::default();
    world.endpoint.script(vec![Reply::token("old", 3600), Reply::broken(Fault::Hang)]);
    let resolver = world.resolver(&[]);
    assert_eq!(token(&answer(resolver.headers("b"))), "old");
    world.advance(3_600.0);
    let patient = resolver.headers("b");
    let impatient = resolver.headers_blocking("b", Duration::from_millis(1));
    assert!(matches!(impatient, Err(Error::Deadline)), "{impatient:?}");
    world.requests(2);
    world.advance(29.9);
    assert!(patient.is_waiting());
    world.advance(0.1);
    assert_eq!(failure_kind(&answer(patient)), TokenErrorKind::Timeout);
    world.requests(2);
}

fn failing_renewal() {
    let world = World::default();
    world.endpoint.script(vec![Reply::token("old", 3600)]);
    let resolver = world.resolver(&[]);
    assert_eq!(token(&answer(resolver.headers("b"))), "old");
    assert_eq!(token(&answer(resolver.headers("b"))), "old");
    world.endpoint.default_reply(Reply::status(503));
    world.advance(INSIDE_BUFFER);
    world.through_pauses(3);
    world.requests(5);
    world.advance(90.0);
    assert_eq!(token(&answer(resolver.headers("b"))), "old");
    world.advance(5.0);
    let outcome = world.answer_through_pauses(resolver.headers("b"));
    assert!(failure_kind(&outcome).is_transient(), "{outcome:?}");
}

fn long_outage() {
    const MONTH: f64 = 30.0 * 86_400.0;
    const LONGEST_COOL_DOWN: Duration = Duration::from_secs(300);
    let world = World::default();
    world.endpoint.script(vec![Reply::token("old", 30 * 86_400)]);
    let resolver = world.resolver(&["token_expiry_buffer_seconds: 1e9"]);
    for _ in 0..2 {
        assert_eq!(token(&answer(resolver.headers("b"))), "old");
    }
    world.endpoint.default_reply(Reply::oauth_error(400, "invalid_client"));
    world.advance(MONTH * 0.9);
    for failures in 1..=500 {
        world.requests(1 + failures);
        world.quiet(&resolver);
        assert!(world.clock.advance_to_next(LONGEST_COOL_DOWN, PATIENCE), "no attempt after {failures} failures");
    }
    world.requests(502);
    world.quiet(&resolver);
    assert_eq!(token(&answer(resolver.headers("b"))), "old");
    world.endpoint.default_reply(Reply::token("new", 3600));
    assert!(world.clock.advance_to_next(LONGEST_COOL_DOWN, PATIENCE), "no attempt after the recovery");
    world.requests(503);
    world.quiet(&resolver);
    assert_eq!(token(&answer(resolver.headers("b"))), "new");
}

fn short_lives() {
    for (life, reads) in [(5_u64, 50_u32), (300, 300)] {
        let world = World::default();
        world.endpoint.default_reply(Reply::fresh_token(life));
        let resolver = world.resolver(&[]);
        answer(resolver.headers("b")).unwrap();
        for _ in 0..reads {
            world.advance(f64::from(u32::try_from(life).unwrap()) / 50.0);
            answer(resolver.headers("b")).unwrap();
        }
        let lives = usize::try_from(reads / 50).unwrap();
        let requests = world.endpoint.requests().len();
        // A renewal each three quarters of a life at the earliest.
        assert!((1..=2 + lives * 3 / 2).contains(&requests), "{requests} requests in {lives} lives of {life} s");
    }
}

fn reissued_token() {
    let world = World::default();
    world.endpoint.script(vec![Reply::token("same", 3600)]);
    let resolver = world.resolver(&[]);
    answer(resolver.headers("b")).unwrap();
    // The server's own view of the token: it expires at 3600 whoever asks, and is replaced 30 s before.
    let mut now = 0;
    while now < 3_560 {
        now += 5;
        world.endpoint.default_reply(Reply::token("same", 3600 - now));
        world.advance(5.0);
        assert_eq!(token(&answer(resolver.headers("b"))), "same");
    }
    let requests = world.endpoint.requests().len();
    assert!(requests <= 8, "{requests} requests for a token that the server does not replace");
}

fn suspended() {
    let world = World::default();
    world.endpoint.script(vec![Reply::token("old", 600)]);
    let resolver = world.resolver(&[]);
    assert_eq!(token(&answer(resolver.headers("b"))), "old");
    world.advance(3_600.0);
    assert!(resolver.try_headers("b").unwrap().is_none());
    let callers: Vec<_> = (0..100).map(|_| resolver.headers("b")).collect();
    for caller in callers {
        assert_eq!(token(&answer(caller)), "tok-1");
    }
    world.requests(2);
}

fn slow_answer() {
    let world = World::default();
    world.endpoint.script(vec![Reply::token("slow", 100).hold()]);
    let resolver = world.resolver(&["token_expiry_buffer_seconds: 0"]);
    let caller = resolver.headers("b");
    world.requests(1);
    world.advance(8.0);
    world.endpoint.release();
    assert_eq!(token(&answer(caller)), "slow");
    world.advance(89.9);
    assert!(resolver.try_headers("b").unwrap().is_some());
    world.advance(0.2);
    assert!(resolver.try_headers("b").unwrap().is_none(), "98 s after the request, 90 s after the answer");
}
