//! Many callers, one fetch; and the caller's end is not the fetch's.

use std::thread;
use std::time::Duration;

use argus_auth_core::Error;
use argus_auth_faults::{PATIENCE, World, answer, failure, token};
use argus_auth_test_support::Reply;

use super::Scenario;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario { number: 1, stimulus: "10,000 cold callers", expected: "1 request, all the same token", run: cold_herd },
    Scenario {
        number: 2,
        stimulus: "1,000 callers, the fetch fails",
        expected: "1 sequence of attempts, all get the same error",
        run: failing_herd,
    },
    Scenario {
        number: 5,
        stimulus: "the first caller is cancelled; all callers are",
        expected: "the fetch completes and its result is cached",
        run: cancelled_callers,
    },
    Scenario {
        number: 6,
        stimulus: "the fetch task panics",
        expected: "an error to those who wait; the next attempt works",
        run: panicking_fetch,
    },
    Scenario {
        number: 19,
        stimulus: "fifty simultaneous refusals of one token; a late refusal of an older one",
        expected: "one fetch; none",
        run: refusals,
    },
    Scenario {
        number: 26,
        stimulus: "the engine is shut down, or dropped, mid-fetch",
        expected: "a clean error at once; the engine can be used again",
        run: shutdown_mid_fetch,
    },
];

fn cold_herd() {
    let world = World::default();
    world.endpoint.script(vec![Reply::token("the-token", 3600).hold()]);
    let resolver = world.resolver(&[]);
    let callers: Vec<_> = (0..9_936).map(|_| resolver.headers("b")).collect();
    // Some come from other threads, and block.
    let threads: Vec<_> = (0..64)
        .map(|_| {
            let resolver = resolver.clone();
            thread::spawn(move || resolver.headers_blocking("b", PATIENCE))
        })
        .collect();
    world.requests(1);
    world.endpoint.release();
    for outcome in callers.into_iter().map(answer).chain(threads.into_iter().map(|thread| thread.join().unwrap())) {
        assert_eq!(token(&outcome), "the-token");
    }
    world.requests(1);
}

fn failing_herd() {
    let world = World::default();
    world.endpoint.default_reply(Reply::oauth_error(400, "invalid_scope").hold());
    let resolver = world.resolver(&[]);
    let callers: Vec<_> = (0..1_000).map(|_| resolver.headers("b")).collect();
    world.requests(1);
    world.endpoint.release();
    for outcome in callers.into_iter().map(answer) {
        assert_eq!(failure(&outcome).oauth_error.as_deref(), Some("invalid_scope"));
    }
    // Who comes just after gets it too, without asking again.
    assert_eq!(failure(&answer(resolver.headers("b"))).oauth_error.as_deref(), Some("invalid_scope"));
    world.requests(1);
}

fn cancelled_callers() {
    for cancelled in [1, 10] {
        let world = World::default();
        world.endpoint.script(vec![Reply::token("kept", 3600).hold()]);
        let resolver = world.resolver(&[]);
        let mut callers: Vec<_> = (0..10).map(|_| resolver.headers("b")).collect();
        world.requests(1);
        drop(callers.drain(..cancelled));
        world.endpoint.release();
        for caller in callers {
            assert_eq!(token(&answer(caller)), "kept");
        }
        assert_eq!(token(&answer(resolver.headers("b"))), "kept");
        world.requests(1);
    }
}

fn panicking_fetch() {
    let world = World::default();
    world.endpoint.script(vec![Reply::token("later", 3600)]);
    let resolver = world.resolver(&[]);
    quietly(|| {
        // A fetch sets itself a limit of 30 s; nothing else sleeps for so short a time.
        world.clock.panic_next_sleep(Duration::from_secs(30));
        let outcome = answer(resolver.headers("b"));
        assert!(matches!(outcome, Err(Error::Internal { .. })), "{outcome:?}");
    });
    assert_eq!(token(&answer(resolver.headers("b"))), "later");
}

fn refusals() {
    let world = World::default();
    let resolver = world.resolver(&[]);
    let first = answer(resolver.headers("b")).unwrap();
    let refused = first.get("Authorization").unwrap().expose_secret();
    let threads: Vec<_> = (0..50)
        .map(|_| {
            let (resolver, refused) = (resolver.clone(), refused.to_owned());
            thread::spawn(move || {
                resolver.invalidate("b", Some(&refused)).unwrap();
                token(&resolver.headers_blocking("b", PATIENCE))
            })
        })
        .collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap(), "tok-2");
    }
    world.requests(2);
    resolver.invalidate("b", Some(refused)).unwrap();
    assert_eq!(token(&answer(resolver.headers("b"))), "tok-2");
    world.requests(2);
}

fn shutdown_mid_fetch() {
    let world = World::default();
    world.endpoint.script(vec![Reply::token("never-seen", 3600).hold()]);
    let resolver = world.resolver(&[]);
    let waiting = resolver.headers("b");
    world.requests(1);
    assert!(world.engine.shutdown(PATIENCE), "the engine's thread did not end");
    assert!(matches!(answer(waiting), Err(Error::Shutdown)));
    assert!(world.engine.shutdown(Duration::ZERO), "a second shutdown has nothing to do");
    assert_eq!(token(&answer(resolver.headers("b"))), "tok-1");

    let world = World::default();
    world.endpoint.script(vec![Reply::token("never-seen", 3600).hold()]);
    let waiting = world.resolver(&[]).headers("b");
    world.requests(1);
    drop(world.engine);
    assert!(matches!(answer(waiting), Err(Error::Shutdown)));
}

/// Keeps an expected panic's report out of the output.
fn quietly(run: impl FnOnce()) {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    run();
    std::panic::set_hook(hook);
}
