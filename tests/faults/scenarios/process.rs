//! The process: fork and shutdown.

use std::io::{Read, Write};
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use argus_auth_core::runtime::Clock;
use argus_auth_core::{Engine, Error, LoadOptions, Resolver, config};
use argus_auth_faults::{INSIDE_BUFFER, PATIENCE, World, token, wait, wait_until};
use argus_auth_test_support::{Reply, TokenEndpoint};

use super::{Chapter, Scenario};

pub(super) const CHAPTER: Chapter = Chapter {
    topic: "process",
    title: "Process",
    introduction: "The engine survives a fork, in the parent and in the child, and it can be used again after a \
                   shutdown.",
    scenarios: &[
        Scenario {
            id: "process.1",
            when: "The process forks before the first use, after it, during a fetch, or in another thread",
            then: "The child gets headers within 15 s: with the parent's token if there is one, otherwise with a token \
                   that the child fetches over a new connection. The parent's fetch continues, and the parent \
                   continues to use its connection.",
            run: forked_child_gets_headers_and_does_not_use_the_parents_connection,
        },
        Scenario {
            id: "process.2",
            when: "The process forks 40 times while 16 threads request headers, and 16 threads of each child request \
                   headers",
            then: "No child hangs: each one ends within 15 s.",
            run: fork_while_threads_use_the_engine_leaves_a_child_that_works,
        },
        Scenario {
            id: "process.3",
            when: "The engine is shut down, or dropped, during a fetch",
            then: "The waiting callers get an error at once, and the engine's thread ends. After a shutdown the engine \
                   can be used again, and a second shutdown in a row does nothing.",
            run: shutdown_during_a_fetch_gives_an_error_at_once,
        },
        Scenario {
            id: "process.4",
            when: "The engine is shut down, and later a token that it has fetched is used inside the buffer",
            then: "The token is served, and no thread starts. The first caller that has to wait for another token \
                   starts the engine, which then renews this token too.",
            run: token_used_after_a_shutdown_is_served_and_later_renewed,
        },
    ],
};

/// Returns an endpoint, and an engine with the system's clock.
fn endpoint_and_engine() -> (TokenEndpoint, Engine) {
    (TokenEndpoint::start(), Engine::with_clock(Clock::System))
}

fn resolver(endpoint: &TokenEndpoint, engine: &Engine, client: &str) -> Resolver {
    let yaml = format!(
        "backends: {{b: {{type: sse, url: 'http://b/', on_auth_failure: closed, auth: {{type: oauth2, \
         token_url: {:?}, client_id: {client}, client_secret: s}}}}}}",
        endpoint.url()
    );
    Resolver::new(config::parse(yaml.as_bytes(), &LoadOptions::default()).unwrap(), engine)
}

fn forked_child_gets_headers_and_does_not_use_the_parents_connection() {
    let (endpoint, engine) = endpoint_and_engine();
    let resolver = |client: &str| resolver(&endpoint, &engine, client);

    let before = resolver("before");
    assert_eq!(in_child(|| token(&before.headers_blocking("b", CHILD_LIMIT))), "tok-1");

    let after = resolver("after");
    assert_eq!(token(&wait(after.headers("b"))), "tok-2");
    let parents_connection = endpoint.requests()[1].connection;
    assert_eq!(in_child(|| token(&after.headers_blocking("b", CHILD_LIMIT))), "tok-2", "the parent's token");
    assert_eq!(in_child(|| token(&before.headers_blocking("b", CHILD_LIMIT))), "tok-3", "a fetch of the child");
    assert_ne!(endpoint.requests()[2].connection, parents_connection);

    endpoint.script(vec![Reply::token("held", 3600).hold()]);
    let during = resolver("during");
    let waiting = during.headers("b");
    assert!(endpoint.wait_for_requests(4, CHILD_LIMIT));
    assert_eq!(in_child(|| token(&during.headers_blocking("b", CHILD_LIMIT))), "tok-4");
    endpoint.release();
    assert_eq!(token(&wait(waiting)), "held");
    assert_eq!(endpoint.requests()[3].connection, parents_connection, "the parent still uses its connection");

    let threaded = resolver("threaded");
    let from_thread = std::thread::scope(|scope| {
        scope.spawn(|| in_child(|| token(&threaded.headers_blocking("b", CHILD_LIMIT)))).join().unwrap()
    });
    assert_eq!(from_thread, "tok-5");
    assert_eq!(token(&wait(threaded.headers("b"))), "tok-6");
    assert_eq!(endpoint.requests()[6].connection, parents_connection);
}

fn fork_while_threads_use_the_engine_leaves_a_child_that_works() {
    /// The number of forks. It is enough to detect a mutex that keeps its waiting threads in a table of the process:
    /// with such a mutex, 3 children of 49 hung.
    const FORKS: u32 = 40;
    let (endpoint, engine) = endpoint_and_engine();
    // The engine runs before the first fork.
    wait(resolver(&endpoint, &engine, "first").headers("b")).unwrap();
    // The client `busy` never gets a token, so each of its calls goes through the locks of the single flight.
    endpoint.default_reply(Reply::oauth_error(400, "invalid_client"));
    let busy = resolver(&endpoint, &engine, "busy");
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
        // If a child hangs, it is killed and `in_child` panics. The threads must end in this case too: the scope waits
        // for them.
        let forks = std::panic::catch_unwind(AssertUnwindSafe(|| {
            for _ in 0..FORKS {
                let result = in_child(|| {
                    std::thread::scope(|scope| (0..16).for_each(|_| drop(scope.spawn(|| ask(200)))));
                    "done".to_owned()
                });
                assert_eq!(result, "done");
            }
        }));
        done.store(true, Ordering::Relaxed);
        forks.unwrap();
    });
}

/// The maximum time for a child.
const CHILD_LIMIT: Duration = Duration::from_secs(15);

/// Runs `work` in a forked child and returns its result. Kills the child and panics after [`CHILD_LIMIT`].
#[allow(unsafe_code, reason = "there is no safe fork")]
fn in_child(work: impl FnOnce() -> String) -> String {
    let (mut reader, mut writer) = std::io::pipe().unwrap();
    // SAFETY: running `work` in a child of a process with threads is the subject of these scenarios. The child leaves
    // by _exit, so that no destructor and no exit handler of the parent runs twice.
    match unsafe { libc::fork() } {
        -1 => panic!("fork failed"),
        0 => {
            // SAFETY: alarm has no preconditions.
            unsafe { libc::alarm(u32::try_from(CHILD_LIMIT.as_secs()).unwrap()) };
            let result = std::panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_default();
            let _ = writer.write_all(result.as_bytes());
            // SAFETY: _exit has no preconditions.
            unsafe { libc::_exit(0) }
        }
        child => {
            drop(writer);
            let mut result = String::new();
            reader.read_to_string(&mut result).unwrap();
            let mut status = 0;
            // SAFETY: `status` is a live local.
            unsafe { libc::waitpid(child, &raw mut status, 0) };
            assert_eq!(status, 0, "the child was killed");
            result
        }
    }
}

fn shutdown_during_a_fetch_gives_an_error_at_once() {
    let world = World::default();
    world.endpoint.script(vec![Reply::token("never-seen", 3600).hold()]);
    let resolver = world.resolver(&[]);
    let waiting = resolver.headers("b");
    world.expect_requests(1);
    assert!(world.engine.shutdown(PATIENCE), "the engine's thread did not end");
    assert!(matches!(wait(waiting), Err(Error::Shutdown)));
    assert!(world.engine.shutdown(Duration::ZERO), "a second shutdown has nothing to do");
    assert_eq!(token(&wait(resolver.headers("b"))), "tok-1");

    let world = World::default();
    world.endpoint.script(vec![Reply::token("never-seen", 3600).hold()]);
    let waiting = world.resolver(&[]).headers("b");
    world.expect_requests(1);
    drop(world.engine);
    assert!(matches!(wait(waiting), Err(Error::Shutdown)));
}

fn token_used_after_a_shutdown_is_served_and_later_renewed() {
    let world = World::default();
    let resolver = world.resolver(&[]);
    wait(resolver.headers("b")).unwrap();
    assert!(world.engine.shutdown(PATIENCE));
    // The threads of earlier engines may not have ended yet.
    wait_until(|| engine_threads() == 0);
    world.advance(INSIDE_BUFFER);
    for _ in 0..100 {
        assert_eq!(token(&wait(resolver.headers("b"))), "tok-1");
    }
    assert_eq!(engine_threads(), 0);
    world.expect_requests(1);
    wait(world.resolver(&["client_id: other"]).headers("b")).unwrap();
    world.expect_requests(3);
    world.wait_until_idle(&resolver);
    assert_ne!(token(&wait(resolver.headers("b"))), "tok-1");
}

/// Returns the number of threads of all engines of this process.
fn engine_threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.filter(|name| name.trim_end() == "argus-auth").count()
}
