//! Renewal: a token in use is renewed ahead of expiry, and the old token stays in use meanwhile.

use std::collections::HashSet;
use std::time::Duration;

use argus_auth_core::runtime::Instant;
use argus_auth_core::token::TokenState;
use argus_auth_faults::{INSIDE_BUFFER, PATIENCE, World, failure_kind, token, wait, wait_until};
use argus_auth_test_support::{Fault, Reply};

use super::{Chapter, Scenario};

pub(super) const CHAPTER: Chapter = Chapter {
    topic: "renewal",
    title: "Renewal",
    introduction: "A token in use is renewed ahead of expiry, and callers get the old token until the new one has \
                   come.",
    scenarios: &[
        Scenario {
            id: "renewal.1",
            when: "A renewal is due and the endpoint hangs",
            then: "Callers get the old token at once, and no caller waits. The renewal sends one request.",
            run: hanging_renewal_makes_no_caller_wait,
        },
        Scenario {
            id: "renewal.2",
            when: "The endpoint answers every request after the first with 503, and the token expires",
            then: "The old token is served until it expires. After that, it is never served, and callers get an error.",
            run: failing_renewal_keeps_the_token_until_it_expires,
        },
        Scenario {
            id: "renewal.3",
            when: "A token has a lifetime of 30 days. Its renewal fails more than 500 times in a row, and then the \
                   endpoint recovers.",
            then: "After each failure and after the recovery, the next renewal starts within 300 s. The last renewal \
                   brings a new token. The growing cool-down does not overflow.",
            run: renewal_after_500_failures_resumes,
        },
        Scenario {
            id: "renewal.4",
            when: "A token is used for the first time when 100, 50, 10 or 1 s of its lifetime are left",
            then: "It is renewed when half of that time is left.",
            run: first_use_close_to_expiry_renews_after_half_of_the_remaining_time,
        },
        Scenario {
            id: "renewal.5",
            when: "There are 100,000 providers. 10,000 of them have a token with the same lifetime, and 1,000 of these \
                   tokens are used.",
            then: "The 1,000 tokens in use are renewed, spread over half of the buffer, with at most 16 renewals of \
                   one host under way at once. A new caller is served ahead of the renewals that are due. The tokens \
                   that are not used are never renewed.",
            run: renewals_of_many_providers_are_spread_and_limited,
        },
    ],
};

fn hanging_renewal_makes_no_caller_wait() {
    let world = World::default();
    world.endpoint.script(vec![Reply::token("old", 3600), Reply::broken(Fault::Hang)]);
    let resolver = world.resolver(&[]);
    assert_eq!(token(&wait(resolver.headers("b"))), "old");
    // The second read is a hit. Without a hit, a token is not renewed.
    assert_eq!(token(&wait(resolver.headers("b"))), "old");
    world.advance(INSIDE_BUFFER);
    world.expect_requests(2);
    for _ in 0..100 {
        let headers = resolver.try_headers("b").unwrap().expect("headers without waiting");
        assert_eq!(token(&Ok(headers)), "old");
    }
    world.expect_requests(2);
}

fn failing_renewal_keeps_the_token_until_it_expires() {
    let world = World::default();
    world.endpoint.script(vec![Reply::token("old", 3600)]);
    let resolver = world.resolver(&[]);
    assert_eq!(token(&wait(resolver.headers("b"))), "old");
    assert_eq!(token(&wait(resolver.headers("b"))), "old");
    world.endpoint.default_reply(Reply::status(503));
    world.advance(INSIDE_BUFFER);
    world.skip_pauses(3);
    world.expect_requests(5);
    world.advance(90.0);
    assert_eq!(token(&wait(resolver.headers("b"))), "old");
    world.advance(5.0);
    let outcome = world.wait_skipping_pauses(resolver.headers("b"));
    assert!(failure_kind(&outcome).is_transient(), "{outcome:?}");
}

fn renewal_after_500_failures_resumes() {
    const MONTH: f64 = 30.0 * 86_400.0;
    const LONGEST_COOL_DOWN: Duration = Duration::from_secs(300);
    let world = World::default();
    world.endpoint.script(vec![Reply::token("old", 30 * 86_400)]);
    // A huge buffer is clamped to a quarter of the lifetime, which is longer than all cool-downs together.
    let resolver = world.resolver(&["token_expiry_buffer_seconds: 1e9"]);
    for _ in 0..2 {
        assert_eq!(token(&wait(resolver.headers("b"))), "old");
    }
    world.endpoint.default_reply(Reply::oauth_error(400, "invalid_client"));
    world.advance(MONTH * 0.9);
    for failures in 1..=500 {
        world.expect_requests(1 + failures);
        world.wait_until_idle(&resolver);
        assert!(world.clock.advance_to_next(LONGEST_COOL_DOWN, PATIENCE), "no renewal after {failures} failures");
    }
    world.expect_requests(502);
    world.wait_until_idle(&resolver);
    assert_eq!(token(&wait(resolver.headers("b"))), "old");
    world.endpoint.default_reply(Reply::token("new", 3600));
    assert!(world.clock.advance_to_next(LONGEST_COOL_DOWN, PATIENCE), "no renewal after the recovery");
    world.expect_requests(503);
    world.wait_until_idle(&resolver);
    assert_eq!(token(&wait(resolver.headers("b"))), "new");
}

fn first_use_close_to_expiry_renews_after_half_of_the_remaining_time() {
    for rest in [100.0, 50.0, 10.0, 1.0] {
        let world = World::default();
        let resolver = world.resolver(&[]);
        wait(resolver.headers("b")).unwrap();
        // At the planned time, and repeatedly after that, the renewal task checks whether the token has been used. When
        // the task sleeps again, the check is done.
        let has_checked = || world.clock.wait_for_sleeper(Duration::from_millis(1), PATIENCE);
        assert!(world.clock.advance_to_next(Duration::from_secs_f64(INSIDE_BUFFER), PATIENCE) && has_checked());
        let now = world.clock.now().since(Instant::from_nanos(0));
        world.advance(3_595.0 - rest - now.as_secs_f64());
        assert!(has_checked());
        assert_eq!(token(&wait(resolver.headers("b"))), "tok-1");
        world.expect_requests(1);
        world.advance(rest / 2.0);
        world.expect_requests(2);
        world.wait_until_idle(&resolver);
        assert_eq!(token(&wait(resolver.headers("b"))), "tok-2", "first used {rest} s before expiry");
    }
}

fn renewals_of_many_providers_are_spread_and_limited() {
    const PROVIDERS: usize = 100_000;
    const USED: usize = PROVIDERS / 100;
    let world = World::default();
    let url = world.endpoint.url();
    let resolvers: Vec<_> = (0..PROVIDERS / USED)
        .map(|batch| {
            let backend = |client| {
                format!(
                    "  b{client}: {{type: sse, url: 'http://b/', auth: {{type: oauth2, token_url: {url:?}, \
                     client_id: c{client}, client_secret: s}}}}\n"
                )
            };
            let backends: String = (batch * USED..(batch + 1) * USED).map(backend).collect();
            world.resolver_for(&format!("backends:\n{backends}"))
        })
        .collect();
    let provider = |client: usize| (&resolvers[client / USED], format!("b{client}"));
    // 10,000 providers get a token, but only 1,000 of them use it.
    let cold: Vec<_> = (0..USED * 10).map(provider).map(|(resolver, name)| resolver.headers(&name)).collect();
    for caller in cold {
        wait(caller).unwrap();
    }
    for client in 0..USED {
        let (resolver, name) = provider(client);
        assert!(resolver.try_headers(&name).unwrap().is_some());
    }
    world.expect_requests(USED * 10);

    // More than 16 renewals are due, and 16 are under way. A new caller does not queue behind the other renewals.
    world.endpoint.default_reply(Reply::fresh_token(3600).hold());
    world.advance(3_330.0);
    world.expect_requests(USED * 10 + 16);
    let (resolver, name) = provider(USED * 10);
    let caller = resolver.headers(&name);
    world.expect_requests(USED * 10 + 17);
    world.endpoint.default_reply(Reply::fresh_token(3600));
    world.endpoint.release();
    wait(caller).unwrap();

    // The tokens expire at the same time, but their renewals are due at different times.
    let is_due = |client| {
        let (resolver, name) = provider(client);
        resolver.status(&name).unwrap().unwrap().state == TokenState::Renewing
    };
    let mut requests = world.endpoint.requests().len();
    for step in 0..12 {
        wait_until(|| !(0..USED).any(is_due));
        let more = world.endpoint.requests().len() - requests;
        // The mean for a step of 10 s is 68: the 1,000 renewals are spread over the first half of the time from 3300 s
        // to 3595 s, which is 147.5 s. The first step includes all renewals until 3330 s.
        assert!(step == 0 || (20..140).contains(&more), "{more} renewals in step {step}");
        requests += more;
        world.advance(if step < 11 { 10.0 } else { 10.0 + 20.0 });
    }
    world.expect_requests(USED * 11 + 1);
    let renewed: HashSet<_> = world.endpoint.requests()[USED * 10..]
        .iter()
        .map(|request| request.form_value("client_id").unwrap()[1..].parse::<usize>().unwrap())
        .filter(|client| *client != USED * 10)
        .collect();
    assert_eq!(renewed, (0..USED).collect());
}
