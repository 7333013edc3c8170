//! Single flight: many callers share one fetch, which continues when a caller stops waiting.

use std::thread;
use std::time::Duration;

use argus_auth_core::{Error, TokenErrorKind};
use argus_auth_faults::{PATIENCE, World, failure, failure_kind, token, wait};
use argus_auth_test_support::{Fault, Reply};

use super::{Chapter, Scenario};

pub(super) const CHAPTER: Chapter = Chapter {
    topic: "single_flight",
    title: "Single flight",
    introduction: "All callers that need the same token share one fetch, and a caller that stops waiting does not end \
                   it.",
    scenarios: &[
        Scenario {
            id: "single_flight.1",
            when: "10,000 callers request a token that has never been fetched, 64 of them in blocked threads",
            then: "One request is sent, and all callers get the same token.",
            run: cold_callers_share_one_request,
        },
        Scenario {
            id: "single_flight.2",
            when: "1,000 callers wait for a fetch, and it fails",
            then: "One request is sent. All callers get the same error, and a caller that comes right afterwards gets \
                   it too.",
            run: failed_fetch_gives_all_callers_the_same_error,
        },
        Scenario {
            id: "single_flight.3",
            when: "Ten callers wait for a fetch, and then the first caller or all ten are cancelled",
            then: "The fetch continues. The other callers get its token, and the token is cached.",
            run: cancelled_callers_do_not_cancel_the_fetch,
        },
        Scenario {
            id: "single_flight.4",
            when: "The token has expired and the endpoint hangs",
            then: "A caller with a shorter deadline gets an error at its deadline. The fetch ends with a timeout after \
                   30 s, and the other callers get that error.",
            run: hanging_fetch_gives_each_caller_an_error_at_its_own_deadline,
        },
        Scenario {
            id: "single_flight.5",
            when: "The task of a fetch panics",
            then: "The waiting callers get an error, and the next fetch works.",
            run: panicking_fetch_gives_an_error_and_the_next_one_works,
        },
    ],
};

fn cold_callers_share_one_request() {
    let world = World::default();
    world.endpoint.script(vec![Reply::token("the-token", 3600).hold()]);
    let resolver = world.resolver(&[]);
    let callers: Vec<_> = (0..9_936).map(|_| resolver.headers("b")).collect();
    let threads: Vec<_> = (0..64)
        .map(|_| {
            let resolver = resolver.clone();
            thread::spawn(move || resolver.headers_blocking("b", PATIENCE))
        })
        .collect();
    world.expect_requests(1);
    world.endpoint.release();
    for outcome in callers.into_iter().map(wait).chain(threads.into_iter().map(|thread| thread.join().unwrap())) {
        assert_eq!(token(&outcome), "the-token");
    }
    world.expect_requests(1);
}

fn failed_fetch_gives_all_callers_the_same_error() {
    let world = World::default();
    world.endpoint.default_reply(Reply::oauth_error(400, "invalid_scope").hold());
    let resolver = world.resolver(&[]);
    let callers: Vec<_> = (0..1_000).map(|_| resolver.headers("b")).collect();
    world.expect_requests(1);
    world.endpoint.release();
    for outcome in callers.into_iter().map(wait) {
        assert_eq!(failure(&outcome).oauth_error.as_deref(), Some("invalid_scope"));
    }
    // The cool-down has begun: the next caller gets the remembered error without a request.
    assert_eq!(failure(&wait(resolver.headers("b"))).oauth_error.as_deref(), Some("invalid_scope"));
    world.expect_requests(1);
}

fn cancelled_callers_do_not_cancel_the_fetch() {
    for cancelled in [1, 10] {
        let world = World::default();
        world.endpoint.script(vec![Reply::token("kept", 3600).hold()]);
        let resolver = world.resolver(&[]);
        let mut callers: Vec<_> = (0..10).map(|_| resolver.headers("b")).collect();
        world.expect_requests(1);
        drop(callers.drain(..cancelled));
        world.endpoint.release();
        for caller in callers {
            assert_eq!(token(&wait(caller)), "kept");
        }
        assert_eq!(token(&wait(resolver.headers("b"))), "kept");
        world.expect_requests(1);
    }
}

fn hanging_fetch_gives_each_caller_an_error_at_its_own_deadline() {
    let world = World::default();
    world.endpoint.script(vec![Reply::token("old", 3600), Reply::broken(Fault::Hang)]);
    let resolver = world.resolver(&[]);
    assert_eq!(token(&wait(resolver.headers("b"))), "old");
    world.advance(3_600.0);
    let patient = resolver.headers("b");
    let impatient = resolver.headers_blocking("b", Duration::from_millis(1));
    assert!(matches!(impatient, Err(Error::Deadline)), "{impatient:?}");
    world.expect_requests(2);
    world.advance(29.9);
    assert!(patient.is_waiting());
    world.advance(0.1);
    assert_eq!(failure_kind(&wait(patient)), TokenErrorKind::Timeout);
    world.expect_requests(2);
}

fn panicking_fetch_gives_an_error_and_the_next_one_works() {
    let world = World::default();
    world.endpoint.script(vec![Reply::token("later", 3600)]);
    let resolver = world.resolver(&[]);
    // The next sleep of at most 30 s panics. This is the timer for the fetch's limit of 30 s: the sleep of the renewal
    // task is longer.
    world.clock.panic_next_sleep(Duration::from_secs(30));
    let outcome = wait(resolver.headers("b"));
    assert!(matches!(outcome, Err(Error::Internal { .. })), "{outcome:?}");
    assert_eq!(token(&wait(resolver.headers("b"))), "later");
}
