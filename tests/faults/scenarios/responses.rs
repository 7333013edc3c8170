//! Responses that are not accepted as a token.

use argus_auth_core::TokenErrorKind;
use argus_auth_faults::{World, failure, failure_kind, wait};
use argus_auth_test_support::{Fault, Reply, TokenEndpoint};

use super::{Chapter, Scenario};

pub(super) const CHAPTER: Chapter = Chapter {
    topic: "responses",
    title: "Responses",
    introduction: "A response that is not a complete and valid token response (RFC 6749 §5.1) is an error, and nothing \
                   of it is cached.",
    scenarios: &[
        Scenario {
            id: "responses.1",
            when: "200 with an empty body, HTML, truncated JSON, a list, null, a form-encoded body or an `error`; 401 \
                   with any body",
            then: "The fetch fails, nothing is cached, and one failed fetch is counted. An `error` decides the kind of \
                   the failure: `invalid_client` is a rejection, `temporarily_unavailable` is transient. After a 401 \
                   no further attempt is made.",
            run: response_without_a_token_is_an_error,
        },
        Scenario {
            id: "responses.2",
            when: "The token is missing, null, a number, empty, has 1 MiB, or contains CR/LF, a space, NUL or \
                   non-ASCII characters; `token_type` is `mac`",
            then: "The fetch fails, and nothing is cached.",
            run: response_with_an_illegal_token_is_an_error,
        },
        Scenario {
            id: "responses.3",
            when: "301, 302, 303, 307 or 308 to another host",
            then: "The fetch fails after one request. The other host gets no connection.",
            run: redirect_is_an_error_and_never_followed,
        },
        Scenario {
            id: "responses.4",
            when: "A body of 1 GiB, with and without an announced length",
            then: "The fetch fails, because a body that exceeds the limit of 256 KiB is not read to its end.",
            run: huge_body_ends_at_the_size_limit,
        },
        Scenario {
            id: "responses.5",
            when: "A body that comes byte by byte",
            then: "The fetch ends with a timeout after 30 s.",
            run: dripping_body_ends_at_the_fetch_deadline,
        },
    ],
};

fn response_without_a_token_is_an_error() {
    // A parser that reads a list as the fields of an object would accept this.
    let list = r#"["tok", "Bearer", 3600, null, null, null, null]"#;
    let transient = ["", "<html>", r#"{"access_token": "a"#, "[1]", list, "null", "access_token=a&token_type=bearer"];
    for body in transient {
        expect_failure(&Reply::text(200, "application/json", body), TokenErrorKind::Response);
    }
    expect_failure(&Reply::oauth_error(200, "invalid_client"), TokenErrorKind::Rejected);
    expect_failure(&Reply::oauth_error(200, "temporarily_unavailable"), TokenErrorKind::Unavailable);
    for body in ["", "<html>", "[1]", r#"{"message": "no"}"#, r#"{"error": "invalid_client"}"#] {
        let world = expect_failure(&Reply::text(401, "application/json", body), TokenErrorKind::Rejected);
        world.expect_requests(1);
    }
}

fn response_with_an_illegal_token_is_an_error() {
    let long = format!(r#""{}""#, "x".repeat(1 << 20));
    for token in ["null", "5", r#""""#, r#""a\r\nb""#, r#"" a""#, r#""a b""#, r#""é""#, r#""a\u0000b""#, &long] {
        let body = format!(r#"{{"access_token": {token}, "token_type": "Bearer"}}"#);
        expect_failure(&Reply::text(200, "application/json", body), TokenErrorKind::Response);
    }
    expect_failure(&Reply::text(200, "application/json", r#"{"token_type": "Bearer"}"#), TokenErrorKind::Response);
    let mac = r#"{"access_token": "a", "token_type": "mac"}"#;
    expect_failure(&Reply::text(200, "application/json", mac), TokenErrorKind::Response);
}

/// Asserts that a fetch that always gets `reply` fails with `kind`, caches nothing, and counts as one failed fetch.
#[track_caller]
fn expect_failure(reply: &Reply, kind: TokenErrorKind) -> World {
    let world = World::default();
    world.endpoint.default_reply(reply.clone());
    let resolver = world.resolver(&[]);
    let outcome = world.wait_skipping_pauses(resolver.headers("b"));
    assert_eq!(failure_kind(&outcome), kind, "{}: {outcome:?}", reply.body);
    assert!(resolver.try_headers("b").is_err(), "{}", reply.body);
    for counter in ["fetches_total", "fetch_failures_total"] {
        assert!(
            resolver.metrics().contains(&format!("\nargus_auth_token_{counter}{{backend=\"b\"}} 1\n")),
            "{counter}"
        );
    }
    world
}

fn redirect_is_an_error_and_never_followed() {
    let elsewhere = TokenEndpoint::start();
    for status in [301, 302, 303, 307, 308] {
        let world = World::default();
        world.endpoint.default_reply(Reply::redirect(status, &elsewhere.url()));
        let outcome = wait(world.resolver(&[]).headers("b"));
        assert_eq!(failure_kind(&outcome), TokenErrorKind::Redirect, "{status}");
        assert_eq!(failure(&outcome).http_status, Some(status));
        world.expect_requests(1);
    }
    assert_eq!(elsewhere.accepted(), 0);
}

fn huge_body_ends_at_the_size_limit() {
    for streamed in [false, true] {
        let world = World::default();
        world.endpoint.default_reply(Reply::broken(Fault::HugeBody { bytes: 1 << 30, streamed }));
        let outcome = world.wait_skipping_pauses(world.resolver(&[]).headers("b"));
        assert_eq!(failure_kind(&outcome), TokenErrorKind::Response, "{outcome:?}");
    }
}

fn dripping_body_ends_at_the_fetch_deadline() {
    let world = World::default();
    world.endpoint.default_reply(Reply::broken(Fault::Drip { bytes_per_interval: 1, interval_ms: 100 }));
    let caller = world.resolver(&[]).headers("b");
    world.expect_requests(1);
    world.advance(30.0);
    assert_eq!(failure_kind(&wait(caller)), TokenErrorKind::Timeout);
}
