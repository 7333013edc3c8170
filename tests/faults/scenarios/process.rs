//! Forks.

use std::io::{Read, Write};
use std::time::Duration;

use argus_auth_core::{Engine, engine::Clock};
use argus_auth_core::{LoadOptions, Resolver, config};
use argus_auth_faults::{answer, token};
use argus_auth_test_support::{Reply, TokenEndpoint};

use super::Scenario;

pub(super) const SCENARIOS: &[Scenario] = &[Scenario {
    number: 25,
    stimulus: "fork before the first use, after it, mid-fetch, from another thread",
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
}

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
            let said = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or_default();
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
