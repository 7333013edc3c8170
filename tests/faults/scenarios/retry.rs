//! Retries and cool-downs: the failures that are tried again, and the pauses before that.

use std::time::{Duration, SystemTime};

use argus_auth_core::TokenErrorKind;
use argus_auth_faults::{CertificateFiles, World, failure, failure_kind, token, wait};
use argus_auth_test_support::{Fault, Reply, TlsOptions, TokenEndpoint};

use super::{Chapter, Scenario};

pub(super) const CHAPTER: Chapter = Chapter {
    topic: "retry",
    title: "Retries and cool-downs",
    introduction: "A transient failure is tried again within the same fetch, in at most four attempts and 30 s. A \
                   failed fetch starts a cool-down, in which callers get the remembered error without a request.",
    scenarios: &[
        Scenario {
            id: "retry.1",
            when: "The connection is reset before the response or in its body; it is closed before the response or in \
                   its body (sent with a length, or in chunks); it carries bytes that are not HTTP",
            then: "The failure is transient. If it continues, the fetch fails after four attempts. If the fourth \
                   attempt works, the fetch succeeds.",
            run: broken_connection_is_tried_again_up_to_three_times,
        },
        Scenario {
            id: "retry.2",
            when: "Under TLS, the connection is closed in the body without `close_notify` (sent with a length, without \
                   one, or in chunks)",
            then: "The truncated body is not accepted. The fetch fails after four attempts, and the next fetch works.",
            run: truncated_body_under_tls_is_not_accepted,
        },
        Scenario {
            id: "retry.3",
            when: "A response with 503 has a body that breaks off, or that is longer than the limit",
            then: "The error still has the status 503.",
            run: truncated_error_response_keeps_its_status,
        },
        Scenario {
            id: "retry.4",
            when: "The endpoint refuses connections for a while, or the name of its host can't be resolved",
            then: "The error is of the kind `Connect` or `Dns`. When the endpoint accepts connections again and the \
                   cool-down is over, the next fetch works.",
            run: unreachable_endpoint_gives_a_connect_or_dns_error,
        },
        Scenario {
            id: "retry.5",
            when: "429 with `Retry-After: 2`",
            then: "The second attempt of the same fetch comes after exactly 2 s.",
            run: short_retry_after_pauses_the_fetch,
        },
        Scenario {
            id: "retry.6",
            when: "429 with a long page and a `Retry-After` of 60, 10^9 or 10^23 seconds, or with a date in 120 s or \
                   in 10^9 s",
            then: "The fetch fails at once. The cool-down is as long as the endpoint asks, but 300 s at most. Then the \
                   next fetch works.",
            run: long_retry_after_becomes_the_cool_down,
        },
        Scenario {
            id: "retry.7",
            when: "429 with a `Retry-After` of `soon`, `-1`, `1.5` or a date in the past",
            then: "The value is ignored: the second attempt comes after an ordinary pause.",
            run: useless_retry_after_is_ignored,
        },
        Scenario {
            id: "retry.8",
            when: "The client secret is wrong (`invalid_client`) for a while. Then it is corrected and the \
                   configuration is reloaded.",
            then: "The cool-down grows from 5 s to 300 s. The first fetch after the reload is made at once. A second \
                   reload without a change keeps the token. A reload with the wrong secret does not bring the old \
                   cool-down back.",
            run: wrong_secret_cools_down_until_the_configuration_is_reloaded,
        },
    ],
};

fn broken_connection_is_tried_again_up_to_three_times() {
    let faults = [
        (Fault::ResetBeforeReply, TokenErrorKind::Transport),
        (Fault::ResetMidBody, TokenErrorKind::Transport),
        (Fault::Truncate, TokenErrorKind::Transport),
        (Fault::TruncateChunked, TokenErrorKind::Transport),
        (Fault::CloseWithoutReply, TokenErrorKind::Transport),
        (Fault::Garbage, TokenErrorKind::Transport),
    ];
    for (fault, kind) in faults {
        let world = World::default();
        world.endpoint.default_reply(Reply::broken(fault.clone()));
        let outcome = world.wait_skipping_pauses(world.resolver(&[]).headers("b"));
        assert_eq!(failure_kind(&outcome), kind, "{fault:?}");
        world.expect_requests(4);

        let world = World::default();
        world.endpoint.script(vec![Reply::broken(fault.clone()); 3]);
        let outcome = world.wait_skipping_pauses(world.resolver(&[]).headers("b"));
        assert_eq!(token(&outcome).get(..4), Some("tok-"), "{fault:?}");
    }
}

fn truncated_body_under_tls_is_not_accepted() {
    for reply in [
        Reply::broken(Fault::Truncate),
        Reply::broken(Fault::Truncate).header("Content-Length", ""),
        Reply::broken(Fault::TruncateChunked),
    ] {
        let world = World::with(TokenEndpoint::start_tls(TlsOptions::default()));
        let files = CertificateFiles::of(&world.endpoint);
        let resolver = world.resolver(&[&files.line("ca_bundle", "ca.pem")]);
        world.endpoint.script(vec![reply.clone(); 4]);
        let outcome = world.wait_skipping_pauses(resolver.headers("b"));
        assert_eq!(failure_kind(&outcome), TokenErrorKind::Transport, "{reply:?}");
        world.expect_requests(4);
        resolver.invalidate("b", None).unwrap();
        assert!(token(&wait(resolver.headers("b"))).starts_with("tok-"), "{reply:?}");
    }
}

fn truncated_error_response_keeps_its_status() {
    for fault in [Fault::Truncate, Fault::TruncateChunked, Fault::HugeBody { bytes: 1 << 20, streamed: true }] {
        let world = World::default();
        world.endpoint.default_reply(Reply::text(503, "text/html", "<html>down").fault(fault.clone()));
        let outcome = world.wait_skipping_pauses(world.resolver(&[]).headers("b"));
        let seen = (failure_kind(&outcome), failure(&outcome).http_status);
        assert_eq!(seen, (TokenErrorKind::Unavailable, Some(503)), "{fault:?}");
    }
}

fn unreachable_endpoint_gives_a_connect_or_dns_error() {
    let world = World::default();
    world.endpoint.stop();
    let resolver = world.resolver(&[]);
    let refused = world.wait_skipping_pauses(resolver.headers("b"));
    assert_eq!(failure_kind(&refused), TokenErrorKind::Connect);
    world.endpoint.restart();
    world.advance(60.0);
    assert_eq!(token(&wait(resolver.headers("b"))), "tok-1");

    let unknown = world.resolver(&["token_url: http://no-such-host.invalid/token"]);
    let outcome = world.wait_skipping_pauses(unknown.headers("b"));
    assert_eq!(failure_kind(&outcome), TokenErrorKind::Dns, "{outcome:?}");
}

fn short_retry_after_pauses_the_fetch() {
    let world = World::default();
    world.endpoint.script(vec![Reply::status(429).header("Retry-After", "2")]);
    let resolver = world.resolver(&[]);
    let requested_at = world.clock.now();
    let caller = resolver.headers("b");
    world.skip_pauses(1);
    assert_eq!(world.clock.now().since(requested_at), Duration::from_secs(2));
    assert_eq!(token(&wait(caller)), "tok-1");
    world.expect_requests(2);
}

fn long_retry_after_becomes_the_cool_down() {
    // The header has its effect, although the page is too long to be read to its end.
    let page = "x".repeat(300_000);
    for (value, cool_down) in [
        ("60", 60.0),
        (&*http_date(120), 118.0),
        ("1000000000", 300.0),
        ("99999999999999999999999", 300.0),
        (&*http_date(1_000_000_000), 300.0),
    ] {
        let world = World::default();
        world.endpoint.script(vec![Reply::text(429, "text/html", &page).header("Retry-After", value)]);
        let resolver = world.resolver(&[]);
        assert_eq!(failure_kind(&wait(resolver.headers("b"))), TokenErrorKind::Unavailable, "{value}");
        world.advance(cool_down - 0.1);
        assert_eq!(failure_kind(&wait(resolver.headers("b"))), TokenErrorKind::Unavailable, "{value}");
        world.expect_requests(1);
        world.advance(3.0);
        assert_eq!(token(&wait(resolver.headers("b"))), "tok-1", "{value}");
    }
}

fn useless_retry_after_is_ignored() {
    for value in ["soon", "-1", "1.5", &*http_date(-60)] {
        let world = World::default();
        world.endpoint.script(vec![Reply::status(429).header("Retry-After", value)]);
        let resolver = world.resolver(&[]);
        assert_eq!(token(&world.wait_skipping_pauses(resolver.headers("b"))), "tok-1", "{value}");
        world.expect_requests(2);
    }
}

/// Returns the date `offset` seconds from now, as HTTP writes it.
fn http_date(offset: i64) -> String {
    let distance = Duration::from_secs(offset.unsigned_abs());
    let now = SystemTime::now();
    httpdate::fmt_http_date(if offset < 0 { now - distance } else { now + distance })
}

fn wrong_secret_cools_down_until_the_configuration_is_reloaded() {
    let world = World::default();
    world.endpoint.default_reply(Reply::oauth_error(401, "invalid_client"));
    let resolver = world.resolver(&["client_secret: wrong"]);
    assert_eq!(failure_kind(&wait(resolver.headers("b"))), TokenErrorKind::Rejected);
    let mut requests = 1;
    for cool_down in [5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0, 300.0] {
        world.advance(cool_down - 0.1);
        assert_eq!(failure(&wait(resolver.headers("b"))).oauth_error.as_deref(), Some("invalid_client"));
        world.expect_requests(requests);
        world.advance(0.1);
        assert_eq!(failure_kind(&wait(resolver.headers("b"))), TokenErrorKind::Rejected);
        requests += 1;
        world.expect_requests(requests);
    }
    world.endpoint.default_reply(Reply::fresh_token(3600));
    world.advance(1.0);
    assert_eq!(failure_kind(&wait(resolver.headers("b"))), TokenErrorKind::Rejected, "still cooling down");
    resolver.replace(&world.config(&["client_secret: right"]));
    assert_eq!(token(&wait(resolver.headers("b"))), "tok-1");
    // A reload without a change keeps the token.
    resolver.replace(&world.config(&["client_secret: right"]));
    assert_eq!(token(&wait(resolver.headers("b"))), "tok-1");
    world.expect_requests(requests + 1);
    // The cool-down ended when the wrong secret was removed from the configuration. If the wrong secret is configured
    // again, there is no cool-down.
    resolver.replace(&world.config(&["client_secret: wrong"]));
    assert_eq!(token(&wait(resolver.headers("b"))), "tok-2");
}
