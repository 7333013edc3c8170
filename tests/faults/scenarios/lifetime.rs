//! Lifetime: the time for which a token is used, and the clock that measures it.

use argus_auth_core::runtime::{Clock, Instant};
use argus_auth_faults::{World, token, wait};
use argus_auth_test_support::{Fault, Reply};

use super::{Chapter, Scenario};

pub(super) const CHAPTER: Chapter = Chapter {
    topic: "lifetime",
    title: "Lifetime",
    introduction: "A token is served for as long as its response says, within limits, and never after that.",
    scenarios: &[
        Scenario {
            id: "lifetime.1",
            when: "`expires_in` is absent, null, 0, -1, \"3600\", 3600.5, \"7200\", \"abc\", 2^31, 2^63, 1e300, 1e400, \
                   \"NaN\" or a list",
            then: "An absent or unreadable value means one hour. A number, also in quotes, is used as it is, limited \
                   to the range from one second to 30 days. \"NaN\" means one second. The token is served for at \
                   least 97 % of that time, and never after it. Nothing panics, and 100 calls cause one request.",
            run: odd_expires_in_gives_a_lifetime_within_limits,
        },
        Scenario {
            id: "lifetime.2",
            when: "The endpoint answers 8 s after the request",
            then: "The lifetime counts from the moment at which the request was sent: a token of 100 s is served until \
                   98 s after the request. This leaves a margin of 2 s.",
            run: slow_response_counts_the_lifetime_from_the_request,
        },
        Scenario {
            id: "lifetime.3",
            when: "The lifetime is 5 s, or 300 s, which is as long as the buffer",
            then: "The buffer shrinks to a quarter of the lifetime, so that a token is used for most of its lifetime. \
                   A caller that reads the token all the time causes at most 1.5 requests per lifetime on average, \
                   plus 2.",
            run: short_lifetime_shrinks_the_buffer,
        },
        Scenario {
            id: "lifetime.4",
            when: "The endpoint issues the same token again and again, each time with the rest of its lifetime",
            then: "At most 8 requests are sent until 40 s before the end of its lifetime, although the token is read \
                   every 5 s.",
            run: reissued_token_causes_few_requests,
        },
        Scenario {
            id: "lifetime.5",
            when: "The machine sleeps for an hour, and meanwhile a token of 600 s expires",
            then: "The first read after that hour finds no valid token. 100 callers share one fetch.",
            run: token_that_expires_while_the_machine_sleeps_is_not_served,
        },
        Scenario {
            id: "lifetime.6",
            when: "The wall clock is set a day ahead or a day back",
            then: "Nothing changes: the engine reads `CLOCK_BOOTTIME`, which can't be set, and which counts the time \
                   that the machine sleeps. (A test can't set the wall clock, so the scenario checks which clock the \
                   engine reads.)",
            run: system_clock_is_boottime,
        },
    ],
};

fn odd_expires_in_gives_a_lifetime_within_limits() {
    const DAY: f64 = 86_400.0;
    let odd = [
        ("", 3600.0),
        (r#", "expires_in": null"#, 3600.0),
        (r#", "expires_in": "abc""#, 3600.0),
        (r#", "expires_in": [1]"#, 3600.0),
        (r#", "expires_in": "3600""#, 3600.0),
        (r#", "expires_in": 3600.5"#, 3600.5),
        (r#", "expires_in": "7200""#, 7200.0),
        (r#", "expires_in": 0"#, 1.0),
        (r#", "expires_in": -1"#, 1.0),
        (r#", "expires_in": "NaN""#, 1.0),
        (r#", "expires_in": 2147483648"#, 30.0 * DAY),
        (r#", "expires_in": 9223372036854775808"#, 30.0 * DAY),
        (r#", "expires_in": 1e300"#, 30.0 * DAY),
        (r#", "expires_in": 1e400"#, 30.0 * DAY),
    ];
    for (expires_in, lifetime) in odd {
        let world = World::default();
        let body = format!(r#"{{"access_token": "tok-{{n}}"{expires_in}}}"#);
        world.endpoint.script(vec![Reply::text(200, "application/json", body)]);
        // The endpoint does not answer renewals, so no other token replaces this one before it expires.
        world.endpoint.default_reply(Reply::broken(Fault::Hang));
        let resolver = world.resolver(&[]);
        for _ in 0..100 {
            assert_eq!(token(&wait(resolver.headers("b"))), "tok-1", "{expires_in}");
        }
        world.expect_requests(1);
        world.advance(lifetime * 0.97);
        let served = resolver.try_headers("b").unwrap().map(|headers| token(&Ok(headers)));
        assert_eq!(served.as_deref(), Some("tok-1"), "{expires_in}: after 97% of {lifetime} s");
        world.advance(lifetime * 0.03);
        assert!(!matches!(resolver.try_headers("b"), Ok(Some(_))), "{expires_in}: after {lifetime} s");
    }
}

fn slow_response_counts_the_lifetime_from_the_request() {
    let world = World::default();
    world.endpoint.script(vec![Reply::token("slow", 100).hold()]);
    let resolver = world.resolver(&["token_expiry_buffer_seconds: 0"]);
    let caller = resolver.headers("b");
    world.expect_requests(1);
    world.advance(8.0);
    world.endpoint.release();
    assert_eq!(token(&wait(caller)), "slow");
    world.advance(89.9);
    assert!(resolver.try_headers("b").unwrap().is_some());
    world.advance(0.2);
    assert!(resolver.try_headers("b").unwrap().is_none(), "98 s after the request, 90 s after the response");
}

fn short_lifetime_shrinks_the_buffer() {
    for (lifetime, reads) in [(5_u64, 50_u32), (300, 300)] {
        let world = World::default();
        world.endpoint.default_reply(Reply::fresh_token(lifetime));
        let resolver = world.resolver(&[]);
        wait(resolver.headers("b")).unwrap();
        for _ in 0..reads {
            world.advance(f64::from(u32::try_from(lifetime).unwrap()) / 50.0);
            wait(resolver.headers("b")).unwrap();
            // A renewal takes real time. Virtual time must not advance meanwhile, or the token would expire.
            world.wait_until_idle(&resolver);
        }
        let lifetimes = usize::try_from(reads / 50).unwrap();
        let requests = world.endpoint.requests().len();
        // A renewal comes after three quarters of a lifetime at the earliest.
        assert!(
            (1..=2 + lifetimes * 3 / 2).contains(&requests),
            "{requests} requests in {lifetimes} lifetimes of {lifetime} s"
        );
    }
}

fn reissued_token_causes_few_requests() {
    let world = World::default();
    world.endpoint.script(vec![Reply::token("same", 3600)]);
    let resolver = world.resolver(&[]);
    wait(resolver.headers("b")).unwrap();
    // The server caches the token itself: each response has the same token, and `expires_in` is the rest of its 3600 s.
    // The loop ends 40 s before the end of the lifetime, because such a server issues another token shortly before the
    // end.
    let mut now = 0;
    while now < 3_560 {
        now += 5;
        world.endpoint.default_reply(Reply::token("same", 3600 - now));
        world.advance(5.0);
        assert_eq!(token(&wait(resolver.headers("b"))), "same");
    }
    let requests = world.endpoint.requests().len();
    assert!(requests <= 8, "{requests} requests for a token that the server does not replace");
}

fn token_that_expires_while_the_machine_sleeps_is_not_served() {
    let world = World::default();
    world.endpoint.script(vec![Reply::token("old", 600)]);
    let resolver = world.resolver(&[]);
    assert_eq!(token(&wait(resolver.headers("b"))), "old");
    world.advance(3_600.0);
    assert!(resolver.try_headers("b").unwrap().is_none());
    let callers: Vec<_> = (0..100).map(|_| resolver.headers("b")).collect();
    for caller in callers {
        assert_eq!(token(&wait(caller)), "tok-1");
    }
    world.expect_requests(2);
}

fn system_clock_is_boottime() {
    let before = boot_time();
    let now = Clock::System.now();
    assert!(before <= now && now <= boot_time());
}

/// Reads `CLOCK_BOOTTIME`.
#[allow(unsafe_code, reason = "the test must not read the clock with the code that it tests")]
fn boot_time() -> Instant {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a live local.
    assert_eq!(unsafe { libc::clock_gettime(libc::CLOCK_BOOTTIME, &raw mut time) }, 0);
    let nanos = time.tv_sec * 1_000_000_000 + time.tv_nsec;
    Instant::from_nanos(nanos.try_into().unwrap())
}
