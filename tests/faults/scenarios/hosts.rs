//! What one host's trouble means to the others.

use std::time::Instant;

use argus_auth_core::token::TokenState;
use argus_auth_core::wait::Pending;
use argus_auth_core::{Resolver, TokenErrorKind};
use argus_auth_faults::{PATIENCE, World, answer, failure, failure_kind, token};
use argus_auth_test_support::{Fault, Reply, TokenEndpoint};

use super::Scenario;
use super::secrets::seen;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        number: 30,
        stimulus: "two token hosts, one down; ten that hang with all the callers, or renewals, they can have, and another",
        expected: "the other is unaffected",
        run: others_down,
    },
    Scenario {
        number: 32,
        stimulus: "a host fails five times in a row, with many clients; one client is refused a hundred times",
        expected: "the host is left alone, one fetch tries for all; nobody else notices",
        run: breaker,
    },
    Scenario {
        number: 33,
        stimulus: "64 clients of a host are told to wait for 25 s",
        expected: "the next client is asked for at once",
        run: pauses,
    },
    Scenario {
        number: 38,
        stimulus: "the host of 1,000 tokens in use is down for two minutes",
        expected: "after the first failures one fetch per pause tries for all; only what went out is counted and logged",
        run: storm,
    },
    Scenario {
        number: 39,
        stimulus: "credentials of several clients go to another machine over plain http",
        expected: "one warning",
        run: in_the_clear,
    },
];

/// A resolver for so many clients of each endpoint: `c0` to the first, and so on.
fn clients(world: &World, endpoints: &[TokenEndpoint], of_each: usize) -> (Resolver, Vec<String>) {
    let names: Vec<_> = (0..endpoints.len() * of_each).map(|client| format!("c{client}")).collect();
    let urls = endpoints.iter().flat_map(|endpoint| std::iter::repeat_n(endpoint.url(), of_each));
    let backend = |(name, url): (&String, String)| {
        format!(
            "  {name}: {{type: sse, url: 'http://b/', auth: {{type: oauth2, token_url: {url:?}, client_id: {name}, \
             client_secret: s}}}}\n"
        )
    };
    let yaml: String = names.iter().zip(urls).map(backend).collect();
    (world.resolver_for(&format!("backends:\n{yaml}")), names)
}

fn others_down() {
    let down = TokenEndpoint::start();
    down.default_reply(Reply::broken(Fault::Hang));
    let world = World::default();
    let (resolver, names) = clients(&world, &[down], 400);
    let stuck: Vec<_> = names.iter().map(|name| resolver.headers(name)).collect();
    let (up, names) = clients(&world, std::slice::from_ref(&world.endpoint), 400);
    for caller in names.iter().map(|name| up.headers(name)).collect::<Vec<_>>() {
        assert!(token(&answer(caller)).starts_with("tok-"));
    }
    assert!(stuck.iter().all(Pending::is_waiting));

    // Together they have more callers than requests go out in all.
    let world = World::default();
    let hanging: Vec<_> = (0..10).map(|_| TokenEndpoint::start()).collect();
    let (resolver, names) = clients(&world, &hanging, 64);
    for host in &hanging {
        host.default_reply(Reply::broken(Fault::Hang));
    }
    let _stuck: Vec<_> = names.iter().map(|name| resolver.headers(name)).collect();
    // The first four hosts have them all.
    for host in &hanging[..4] {
        assert!(host.wait_for_requests(64, PATIENCE));
    }
    assert_eq!(token(&answer(world.resolver(&[]).headers("b"))), "tok-1");

    // And the same with renewals.
    let world = World::default();
    let hanging: Vec<_> = (0..10).map(|_| TokenEndpoint::start()).collect();
    let (resolver, names) = clients(&world, &hanging, 32);
    for name in &names {
        answer(resolver.headers(name)).unwrap();
        answer(resolver.headers(name)).unwrap();
    }
    for host in &hanging {
        host.default_reply(Reply::broken(Fault::Hang));
    }
    world.advance(3_500.0);
    let requests = || hanging.iter().map(|host| host.requests().len()).sum::<usize>();
    let given_up = Instant::now() + PATIENCE;
    while requests() < names.len() + 64 {
        assert!(Instant::now() < given_up, "{} requests", requests());
        std::thread::yield_now();
    }
    // More clients than a host may have beyond the limit of all.
    let (up, names) = clients(&world, std::slice::from_ref(&world.endpoint), 100);
    world.endpoint.default_reply(Reply::fresh_token(3600).hold());
    let served: Vec<_> = names.iter().map(|name| up.headers(name)).collect();
    world.requests(64);
    world.endpoint.default_reply(Reply::fresh_token(3600));
    world.endpoint.release();
    for caller in served {
        assert!(token(&answer(caller)).starts_with("tok-"));
    }
    assert_eq!(requests(), 320 + 64, "no more renewals than that at once");
}

fn breaker() {
    let world = World::default();
    let resolver = |client: usize| world.resolver(&[&format!("client_id: c{client}")]);
    world.endpoint.default_reply(Reply::oauth_error(400, "invalid_client"));
    for _ in 0..100 {
        let refused = resolver(0);
        refused.invalidate("b", None).unwrap();
        assert_eq!(failure_kind(&answer(refused.headers("b"))), TokenErrorKind::Rejected);
    }
    world.endpoint.default_reply(Reply::fresh_token(3600));
    assert_eq!(token(&answer(resolver(1).headers("b"))), "tok-1", "one client's mistake is its own");

    world.endpoint.default_reply(Reply::status(503).header("Retry-After", "40"));
    for client in 2..7 {
        assert_eq!(failure(&answer(resolver(client).headers("b"))).http_status, Some(503));
    }
    let requests = world.endpoint.requests().len();
    for client in 7..1_000 {
        let outcome = answer(resolver(client).headers("b"));
        assert_eq!((failure_kind(&outcome), failure(&outcome).http_status), (TokenErrorKind::Unavailable, None));
    }
    world.requests(requests);
    world.endpoint.default_reply(Reply::fresh_token(3600).hold());
    world.advance(1.0);
    let tries = resolver(2_000).headers("b");
    world.requests(requests + 1);
    let others: Vec<_> = (2_001..3_000).map(|client| resolver(client).headers("b")).collect();
    for caller in others {
        assert_eq!(failure(&answer(caller)).http_status, None);
    }
    world.requests(requests + 1);
    world.endpoint.default_reply(Reply::fresh_token(3600));
    world.endpoint.release();
    answer(tries).unwrap();
    let others: Vec<_> = (3_000..4_000).map(|client| resolver(client).headers("b")).collect();
    for caller in others {
        answer(caller).unwrap();
    }
    world.requests(requests + 1_001);
}

fn pauses() {
    let world = World::default();
    world.endpoint.script(vec![Reply::status(429).header("Retry-After", "25"); 64]);
    let (resolver, names) = clients(&world, std::slice::from_ref(&world.endpoint), 65);
    let (last, first) = names.split_last().unwrap();
    let paused: Vec<_> = first.iter().map(|name| resolver.headers(name)).collect();
    world.requests(64);
    assert_eq!(token(&answer(resolver.headers(last))), "tok-1");
    assert!(paused.iter().all(Pending::is_waiting));
}

fn storm() {
    let logged = || seen().lines().filter(|line| line.starts_with("WARN") && line.contains("renewal failed")).count();
    let world = World::default();
    let (resolver, names) = clients(&world, std::slice::from_ref(&world.endpoint), 1_000);
    for caller in names.iter().map(|name| resolver.headers(name)).collect::<Vec<_>>() {
        answer(caller).unwrap();
    }
    for name in &names {
        assert!(resolver.try_headers(name).unwrap().is_some());
    }
    let (requests, logged_before) = (world.endpoint.requests().len(), logged());
    world.endpoint.default_reply(Reply::status(503));
    world.advance(3_450.0);
    let statuses = || names.iter().map(|name| resolver.status(name).unwrap().unwrap());
    for _ in 0..120 {
        let given_up = Instant::now() + PATIENCE;
        // Those that went out before the fifth failure pause between attempts; the others are through.
        while statuses().filter(|status| status.fetching).count() > 24 {
            assert!(Instant::now() < given_up);
            std::thread::yield_now();
        }
        world.advance(1.0);
    }
    let failures: u64 = statuses().map(|status| status.failures).sum();
    let requests = world.endpoint.requests().len() - requests;
    // Those that were under way when the fifth failed, and those that tried for all after 1, 2, 4, 8, 16 and 30 s.
    assert!((10..32).contains(&failures), "{failures} failures");
    assert!(requests <= 4 * 32, "{requests} requests");
    assert!(logged() - logged_before < 32, "{} warnings", logged() - logged_before);
    assert!(statuses().all(|status| status.state == TokenState::Renewing), "the tokens are in use all the while");
}

fn in_the_clear() {
    let world = World::default();
    for client in 0..3 {
        let lines = [&*format!("client_id: c{client}"), "token_url: http://in-the-clear.invalid/token"];
        let outcome = world.answer_through_pauses(world.resolver(&lines).headers("b"));
        assert_eq!(failure_kind(&outcome), TokenErrorKind::Dns);
        world.advance(60.0);
    }
    let seen = seen();
    let warnings = seen.lines().filter(|line| line.contains("plain http") && line.contains("in-the-clear.invalid"));
    assert_eq!(warnings.count(), 1);
}
