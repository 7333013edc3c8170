//! What an endpoint may answer with 200 and not be believed.

use argus_auth_core::TokenErrorKind;
use argus_auth_faults::{World, answer, failure_kind, token};
use argus_auth_test_support::Reply;

use super::Scenario;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        number: 12,
        stimulus: "200 with an empty body, HTML, truncated JSON, a list, `error`; 401 with any body",
        expected: "rejected, nothing cached; after a 401 not tried again",
        run: not_a_token_response,
    },
    Scenario {
        number: 13,
        stimulus: "a token that is missing, null, a number, empty, with CR/LF, blank or non-ASCII, of 1 MiB; `token_type` mac",
        expected: "rejected",
        run: bad_tokens,
    },
    Scenario {
        number: 14,
        stimulus: "`expires_in` absent, null, 0, -1, \"3600\", 3600.5, \"abc\", 2^31, 2^63, 1e300, 1e400, \"NaN\", a list",
        expected: "a bounded life; no panic, no loop",
        run: odd_lifetimes,
    },
];

fn not_a_token_response() {
    let list = r#"["tok", "Bearer", 3600, null, null, null, null]"#;
    let transient = ["", "<html>", r#"{"access_token": "a"#, "[1]", list, "null", "access_token=a&token_type=bearer"];
    for body in transient {
        rejected(&Reply::text(200, "application/json", body), TokenErrorKind::Response);
    }
    rejected(&Reply::oauth_error(200, "invalid_client"), TokenErrorKind::Rejected);
    rejected(&Reply::oauth_error(200, "temporarily_unavailable"), TokenErrorKind::Unavailable);
    for body in ["", "<html>", "[1]", r#"{"message": "no"}"#, r#"{"error": "invalid_client"}"#] {
        let world = rejected(&Reply::text(401, "application/json", body), TokenErrorKind::Rejected);
        world.requests(1);
    }
}

fn bad_tokens() {
    let long = format!(r#""{}""#, "x".repeat(1 << 20));
    for token in ["null", "5", r#""""#, r#""a\r\nb""#, r#"" a""#, r#""a b""#, r#""é""#, r#""a\u0000b""#, &long] {
        let body = format!(r#"{{"access_token": {token}, "token_type": "Bearer"}}"#);
        rejected(&Reply::text(200, "application/json", body), TokenErrorKind::Response);
    }
    rejected(&Reply::text(200, "application/json", r#"{"token_type": "Bearer"}"#), TokenErrorKind::Response);
    let mac = r#"{"access_token": "a", "token_type": "mac"}"#;
    rejected(&Reply::text(200, "application/json", mac), TokenErrorKind::Response);
}

fn rejected(reply: &Reply, kind: TokenErrorKind) -> World {
    let world = World::default();
    world.endpoint.default_reply(reply.clone());
    let resolver = world.resolver(&[]);
    let outcome = world.answer_through_pauses(resolver.headers("b"));
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

fn odd_lifetimes() {
    let odd = [
        "null",
        "0",
        "-1",
        "\"3600\"",
        "3600.5",
        "\"abc\"",
        "2147483648",
        "9223372036854775808",
        "1e300",
        "1e400",
        "\"NaN\"",
        "[1]",
    ];
    for expires_in in odd {
        let world = World::default();
        let body = format!(r#"{{"access_token": "tok-{{n}}", "expires_in": {expires_in}}}"#);
        world.endpoint.default_reply(Reply::text(200, "application/json", body));
        let resolver = world.resolver(&[]);
        for _ in 0..100 {
            assert_eq!(token(&answer(resolver.headers("b"))), "tok-1", "{expires_in}");
        }
        world.requests(1);
        // Never for ever: 30 days are the longest.
        world.advance(30.0 * 86_400.0);
        assert!(token(&answer(resolver.headers("b"))) != "tok-1", "{expires_in}");
    }
}
