//! What an endpoint may answer with 200 and not be believed.

use argus_auth_core::TokenErrorKind;
use argus_auth_faults::{World, answer, failure_kind, token};
use argus_auth_test_support::{Fault, Reply};

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
        expected: "an hour if it says nothing, else a second to 30 days, as long as it says; no panic, no loop",
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
    const DAY: f64 = 86_400.0;
    let odd = [
        // What says nothing is an hour, and nothing lives for less than a second or more than 30 days.
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
    for (expires_in, life) in odd {
        let world = World::default();
        let body = format!(r#"{{"access_token": "tok-{{n}}"{expires_in}}}"#);
        world.endpoint.script(vec![Reply::text(200, "application/json", body)]);
        // No other token takes its place before it has expired.
        world.endpoint.default_reply(Reply::broken(Fault::Hang));
        let resolver = world.resolver(&[]);
        for _ in 0..100 {
            assert_eq!(token(&answer(resolver.headers("b"))), "tok-1", "{expires_in}");
        }
        world.requests(1);
        world.advance(life * 0.97);
        let served = resolver.try_headers("b").unwrap().map(|headers| token(&Ok(headers)));
        assert_eq!(served.as_deref(), Some("tok-1"), "{expires_in}: after 97% of {life} s");
        world.advance(life * 0.03);
        assert!(!matches!(resolver.try_headers("b"), Ok(Some(_))), "{expires_in}: after {life} s");
    }
}
