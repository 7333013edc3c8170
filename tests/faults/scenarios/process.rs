//! Forks.

use std::io::{Read, Write};
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use argus_auth_core::runtime::Clock;
use argus_auth_core::{Engine, LoadOptions, Resolver, config};
use argus_auth_faults::{answer, token};
use argus_auth_test_support::{Reply, TokenEndpoint};

use super::Scenario;

pub(super) const SCENARIOS: &[Scenario] = &[Scenario {
    number: 25,
    stimulus: "fork before the first use, after it, mid-fetch, from another thread, while others are busy here",
    expected: "the child has headers within 15 s; the parent's connection is untouched",
    run: forks,
}];

fn forks() {
    let endpoint = TokenEndpoint::start();
    let engine = Engine::with_clock(Clock::System);
    let resolver = |client: &str| {
        let yaml = format!(
            "backends: {{b: {{type: sse, url: 'http://b/', on_auth_failure: closed, auth: {{type: oauth2, \
             token_url: {:?}, client_id: {client}, client_secret: s}}}}}}",
            endpoint.url()
        );
        Resolver::new(config::parse(yaml.as_bytes(), &LoadOptions::default()).unwrap(), &engine)
    };

    let before = resolver("before");
    assert_eq!(in_child(|| token(&before.headers_blocking("b", LIMIT))), "tok-1");

    let after = resolver("after");
    assert_eq!(token(&answer(after.headers("b"))), "tok-2");
    let parents_connection = endpoint.requests()[1].connection;
    assert_eq!(in_child(|| token(&after.headers_blocking("b", LIMIT))), "tok-2", "a cached token goes on");
    assert_eq!(in_child(|| token(&before.headers_blocking("b", LIMIT))), "tok-3", "a fetch works");
    assert_ne!(endpoint.requests()[2].connection, parents_connection);

    endpoint.script(vec![Reply::token("held", 3600).hold()]);
    let mid_fetch = resolver("mid-fetch");
    let waiting = mid_fetch.headers("b");
    assert!(endpoint.wait_for_requests(4, LIMIT));
    assert_eq!(in_child(|| token(&mid_fetch.headers_blocking("b", LIMIT))), "tok-4");
    endpoint.release();
    assert_eq!(token(&answer(waiting)), "held");
    assert_eq!(endpoint.requests()[3].connection, parents_connection, "the parent's connection still serves it");

    let threaded = resolver("threaded");
    let from_thread = std::thread::scope(|scope| {
        scope.spawn(|| in_child(|| token(&threaded.headers_blocking("b", LIMIT)))).join().unwrap()
    });
    assert_eq!(from_thread, "tok-5");
    assert_eq!(token(&answer(threaded.headers("b"))), "tok-6");
    assert_eq!(endpoint.requests()[6].connection, parents_connection);

    fork_while_busy(&endpoint, &resolver("busy"));
}

/// Forks again and again while threads ask for what is not there, and lets as many threads ask in each child.
fn fork_while_busy(endpoint: &TokenEndpoint, busy: &Resolver) {
    endpoint.default_reply(Reply::oauth_error(400, "invalid_client"));
    let ask = |count: u32| (0..count).for_each(|_| drop(busy.try_headers("b")));
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    ask(100);
                }
            });
        }
        // A child that hangs is killed and panics here: the others must end all the same.
        let forks = std::panic::catch_unwind(AssertUnwindSafe(|| {
            for _ in 0..FORKS {
                let said = in_child(|| {
                    std::thread::scope(|scope| (0..16).for_each(|_| drop(scope.spawn(|| ask(200)))));
                    "done".to_owned()
                });
                assert_eq!(said, "done");
            }
        }));
        done.store(true, Ordering::Relaxed);
        forks.unwrap();
    });
    endpoint.default_reply(Reply::fresh_token(3600));
}

/// One in twenty hung while the locks kept who waits in a table of the process.
const FORKS: u32 = 40;

/// As long as a child may take.
const LIMIT: Duration = Duration::from_secs(15);

/// What `work` says in a forked child, which is killed if it takes too long.
#[allow(unsafe_code, reason = "there is no safe fork")]
fn in_child(work: impl FnOnce() -> String) -> String {
    let (mut reader, mut writer) = std::io::pipe().unwrap();
    // SAFETY: the child runs `work`, which is what this scenario is about, and leaves by _exit, so that nothing of
    // the parent's is torn down twice.
    match unsafe { libc::fork() } {
        -1 => panic!("fork failed"),
        0 => {
            // SAFETY: alarm and _exit have no preconditions.
            unsafe { libc::alarm(15) };
            let said = std::panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_default();
            let _ = writer.write_all(said.as_bytes());
            // SAFETY: as above.
            unsafe { libc::_exit(0) }
        }
        child => {
            drop(writer);
            let mut said = String::new();
            reader.read_to_string(&mut said).unwrap();
            let mut status = 0;
            // SAFETY: `status` is a live local.
            unsafe { libc::waitpid(child, &raw mut status, 0) };
            assert_eq!(status, 0, "the child was killed");
            said
        }
    }
}
