//! A token's life: renewed ahead of time, used until it expires and not longer.

use std::time::{Duration, Instant};

use argus_auth_core::runtime::Clock;
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
        stimulus: "the machine sleeps for an hour; the wall clock is moved a day either way",
        expected: "expired at the first read, one fetch, no storm; time is `CLOCK_BOOTTIME`, which has no part in that",
        run: suspended,
    },
    Scenario {
        number: 18,
        stimulus: "the endpoint answers after 8 s",
        expected: "the life counts from the request",
        run: slow_answer,
    },
    Scenario {
        number: 36,
        stimulus: "a token is used for the first time when little of its life is left",
        expected: "half of that is left for its renewal",
        run: late_use,
    },
    Scenario {
        number: 37,
        stimulus: "tokens are used inside the buffer after a shutdown",
        expected: "served without starting the engine; once a caller has to wait they are renewed too",
        run: use_after_shutdown,
    },
];

/// Within the last quarter of an hour's buffer, after any jitter.
const INSIDE_BUFFER: f64 = 3_500.0;

fn hanging_renewal() {
    let world = World::default();
    world.endpoint.script(vec![Reply::token("old", 3600), Reply::broken(Fault::Hang)]);
    let resolver = world.resolver(&[]);
    assert_eq!(token(&answer(resolver.headers("b"))), "old");
    assert_eq!(token(&answer(resolver.headers("b"))), "old");
    world.advance(INSIDE_BUFFER);
    world.requests(2);
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
            // Virtual time must not run away from a renewal.
            world.quiet(&resolver);
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

    // Nobody can put this machine to sleep here or set its clock, but which of its clocks is read can be seen.
    let before = boot_time();
    let now = Clock::System.now();
    assert!(before <= now && now <= boot_time());
}

/// `CLOCK_BOOTTIME`: it counts what the machine sleeps, and nobody can set it.
#[allow(unsafe_code, reason = "the clock is read by another way than the engine's")]
fn boot_time() -> argus_auth_core::runtime::Instant {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a live local.
    assert_eq!(unsafe { libc::clock_gettime(libc::CLOCK_BOOTTIME, &raw mut time) }, 0);
    let nanos = time.tv_sec * 1_000_000_000 + time.tv_nsec;
    argus_auth_core::runtime::Instant::from_nanos(nanos.try_into().unwrap())
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

fn late_use() {
    for rest in [100.0, 50.0, 10.0, 1.0] {
        let world = World::default();
        let resolver = world.resolver(&[]);
        answer(resolver.headers("b")).unwrap();
        // Nobody has used it when its renewal would be due, nor later.
        let looked = || world.clock.wait_for_sleeper(Duration::from_millis(1), PATIENCE);
        assert!(world.clock.advance_to_next(Duration::from_secs_f64(INSIDE_BUFFER), PATIENCE) && looked());
        let now = world.clock.now().since(argus_auth_core::runtime::Instant::from_nanos(0));
        world.advance(3_595.0 - rest - now.as_secs_f64());
        assert!(looked());
        assert_eq!(token(&answer(resolver.headers("b"))), "tok-1");
        world.requests(1);
        world.advance(rest / 2.0);
        world.requests(2);
        world.quiet(&resolver);
        assert_eq!(token(&answer(resolver.headers("b"))), "tok-2", "{rest} s before the end");
    }
}

fn use_after_shutdown() {
    let world = World::default();
    let resolver = world.resolver(&[]);
    answer(resolver.headers("b")).unwrap();
    assert!(world.engine.shutdown(PATIENCE));
    wait_until(|| engine_threads() == 0);
    world.advance(INSIDE_BUFFER);
    for _ in 0..100 {
        assert_eq!(token(&answer(resolver.headers("b"))), "tok-1");
    }
    assert_eq!(engine_threads(), 0);
    world.requests(1);
    answer(world.resolver(&["client_id: other"]).headers("b")).unwrap();
    world.requests(3);
    world.quiet(&resolver);
    assert_ne!(token(&answer(resolver.headers("b"))), "tok-1");
}

/// The threads of all engines of this process.
fn engine_threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.filter(|name| name.trim_end() == "argus-auth").count()
}

fn wait_until(condition: impl Fn() -> bool) {
    let given_up = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < given_up);
        std::thread::yield_now();
    }
}
