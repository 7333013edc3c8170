//! The circuit breaker: after several failures of a host in a row, no request is sent to it for a while.

use argus_auth_core::TokenErrorKind;
use argus_auth_core::token::TokenState;
use argus_auth_faults::{World, failure, failure_kind, token, wait, wait_until};
use argus_auth_test_support::Reply;

use super::{Chapter, Scenario};
use crate::recording;

pub(super) const CHAPTER: Chapter = Chapter {
    topic: "circuit_breaker",
    title: "Circuit breaker",
    introduction: "After five failures of a host in a row, no request is sent to the host during a pause. Then one \
                   fetch sends a probe, and its result decides whether requests are sent again.",
    scenarios: &[
        Scenario {
            id: "circuit_breaker.1",
            when: "A host answers five clients in a row with 503",
            then: "The circuit breaker opens: 993 other clients get an error, and no request is sent. After 1 s, one \
                   half-open probe goes out, and 999 clients still get an error. When the probe succeeds, the circuit \
                   breaker closes, and 1,000 clients get their tokens.",
            run: circuit_breaker_after_five_failures_opens_until_a_probe_succeeds,
        },
        Scenario {
            id: "circuit_breaker.2",
            when: "A host rejects one client a hundred times with `invalid_client`",
            then: "The circuit breaker stays closed, and another client of the host gets its token.",
            run: circuit_breaker_after_rejections_of_one_client_stays_closed,
        },
        Scenario {
            id: "circuit_breaker.3",
            when: "1,000 tokens of a host are in use and due for renewal, and the host answers 503 for two minutes",
            then: "All tokens stay in use. After the first failures the circuit breaker opens, and one probe goes out \
                   per pause (1, 2, 4, 8, 16, then 30 s). Only a fetch that sent a request counts as a failure, \
                   and is logged as a warning: there are 10 to 31 failures, at most 31 warnings and at most 128 \
                   requests.",
            run: circuit_breaker_limits_failed_renewals_of_many_tokens,
        },
    ],
};

fn circuit_breaker_after_five_failures_opens_until_a_probe_succeeds() {
    let world = World::default();
    let resolver = |client: usize| world.resolver(&[&format!("client_id: c{client}")]);
    // `Retry-After` asks for a longer pause than the 30 s of a fetch, so each fetch fails after one attempt.
    world.endpoint.default_reply(Reply::status(503).header("Retry-After", "40"));
    for client in 2..7 {
        assert_eq!(failure(&wait(resolver(client).headers("b"))).http_status, Some(503));
    }
    let requests = world.endpoint.requests().len();
    for client in 7..1_000 {
        let outcome = wait(resolver(client).headers("b"));
        assert_eq!((failure_kind(&outcome), failure(&outcome).http_status), (TokenErrorKind::Unavailable, None));
    }
    world.expect_requests(requests);
    world.endpoint.default_reply(Reply::fresh_token(3600).hold());
    world.advance(1.0);
    let probe = resolver(2_000).headers("b");
    world.expect_requests(requests + 1);
    let others: Vec<_> = (2_001..3_000).map(|client| resolver(client).headers("b")).collect();
    for caller in others {
        assert_eq!(failure(&wait(caller)).http_status, None);
    }
    world.expect_requests(requests + 1);
    world.endpoint.default_reply(Reply::fresh_token(3600));
    world.endpoint.release();
    wait(probe).unwrap();
    let others: Vec<_> = (3_000..4_000).map(|client| resolver(client).headers("b")).collect();
    for caller in others {
        wait(caller).unwrap();
    }
    world.expect_requests(requests + 1_001);
}

fn circuit_breaker_after_rejections_of_one_client_stays_closed() {
    let world = World::default();
    let resolver = |client: usize| world.resolver(&[&format!("client_id: c{client}")]);
    world.endpoint.default_reply(Reply::oauth_error(400, "invalid_client"));
    for _ in 0..100 {
        let rejected = resolver(0);
        // Ends the cool-down, so that the next caller starts a fetch.
        rejected.invalidate("b", None).unwrap();
        assert_eq!(failure_kind(&wait(rejected.headers("b"))), TokenErrorKind::Rejected);
    }
    world.endpoint.default_reply(Reply::fresh_token(3600));
    assert_eq!(token(&wait(resolver(1).headers("b"))), "tok-1", "another client is not affected");
}

fn circuit_breaker_limits_failed_renewals_of_many_tokens() {
    let warnings = || {
        let is_warning = |line: &&str| line.starts_with("WARN") && line.contains("renewal failed");
        recording::text().lines().filter(is_warning).count()
    };
    let world = World::default();
    let (resolver, names) = world.resolver_for_clients(std::slice::from_ref(&world.endpoint), 1_000);
    for caller in names.iter().map(|name| resolver.headers(name)).collect::<Vec<_>>() {
        wait(caller).unwrap();
    }
    for name in &names {
        assert!(resolver.try_headers(name).unwrap().is_some());
    }
    let (requests_before, warnings_before) = (world.endpoint.requests().len(), warnings());
    world.endpoint.default_reply(Reply::status(503));
    // All renewals are due: the jitter ends at 3447.5 s.
    world.advance(3_450.0);
    let statuses = || names.iter().map(|name| resolver.status(name).unwrap().unwrap());
    for _ in 0..120 {
        // The fetches that were admitted before the circuit breaker opened may still pause between attempts. The others
        // must have ended before the clock moves on.
        wait_until(|| statuses().filter(|status| status.fetching).count() <= 24);
        world.advance(1.0);
    }
    let failures: u64 = statuses().map(|status| status.failures).sum();
    let requests = world.endpoint.requests().len() - requests_before;
    let warnings = warnings() - warnings_before;
    // The failed fetches are the probes, and the fetches that were under way when the circuit breaker opened.
    assert!((10..32).contains(&failures), "{failures} failures");
    assert!(requests <= 4 * 32, "{requests} requests");
    assert!(warnings < 32, "{warnings} warnings");
    assert!(statuses().all(|status| status.state == TokenState::Renewing), "the tokens stay in use");
}
