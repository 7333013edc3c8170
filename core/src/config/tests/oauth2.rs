//! Problems of an `oauth2` block.

use super::{Problem, Unresolved, assert_rows, backend, indent, oauth2, problems, read};

#[test]
fn oauth2_block_with_problems_reports_each_with_its_place() {
    let rows = [
        (
            "scope: a\nsecret: canary\ntoken_uri: x\ntenant: y",
            &[
                "warning: line 10, column 7: backends.b.auth.scope: unknown key, ignored; did you mean `scopes`?",
                "warning: line 11, column 7: backends.b.auth.secret: unknown key, ignored; did you mean `client_secret`?",
                "warning: line 12, column 7: backends.b.auth.token_uri: unknown key, ignored; did you mean `token_url`?",
                "warning: line 13, column 7: backends.b.auth.tenant: unknown key, ignored",
            ][..],
        ),
        (
            "token_url: x",
            &[
                "line 10, column 7: backends.b.auth.token_url: this key is already on line 7; keep one of the two",
                "warning: line 10, column 18: backends.b.auth.token_url: \
                 token_url is not a URL: relative URL without a base; requests will fail",
            ],
        ),
        (
            "scopes: a b",
            &["line 10, column 15: backends.b.auth.scopes: expected a list, found text; put it in brackets: [...]"],
        ),
        ("scopes:", &["line 10, column 14: backends.b.auth.scopes: expected a list, found nothing"]),
        (
            "scopes: [a, 1, null]",
            &[
                "line 10, column 19: backends.b.auth.scopes[1]: expected text, found a whole number; put it in quotes",
                "line 10, column 22: backends.b.auth.scopes[2]: expected text, found nothing",
            ],
        ),
        (
            "token_expiry_buffer_seconds: -1\nauth_retry_on_401: 2",
            &[
                "line 10, column 36: backends.b.auth.token_expiry_buffer_seconds: must be 0 or more seconds",
                "line 11, column 26: backends.b.auth.auth_retry_on_401: expected true or false, found a whole number",
            ],
        ),
        (
            "ca_bundle: \"-----BEGIN X\"\nclient_certificate: a.pem\nclient_certificate_key: \"canary\\ncanary\"",
            &[
                "line 10, column 18: backends.b.auth.ca_bundle: takes the name of a file, not its content",
                "line 12, column 31: backends.b.auth.client_certificate_key: takes the name of a file, not its content",
            ],
        ),
        (
            "ca_bundle: ''\nclient_certificate: a.pem",
            &[
                "line 6, column 7: backends.b.auth.client_certificate_key: `client_certificate_key` is required but missing",
                "line 10, column 18: backends.b.auth.ca_bundle: must not be empty",
            ],
        ),
        (
            "token_expiry_buffer_seconds: ${TOKEN}",
            &["line 10, column 36: backends.b.auth.token_expiry_buffer_seconds: expected a number, found text"],
        ),
    ];
    assert_rows(rows.map(|(lines, expected)| (lines, problems(&oauth2(lines), Unresolved::Error), expected)));
}

#[test]
fn oauth2_block_without_required_keys_reports_each() {
    let expected = ["token_url", "client_id", "client_secret"]
        .map(|key| format!("line 5, column 11: backends.b.auth.{key}: `{key}` is required but missing"));
    assert_eq!(problems(&backend("auth: {type: oauth2}"), Unresolved::Error), expected);
}

#[test]
fn unknown_key_that_other_products_use_warns_with_suggestion() {
    let rows = [
        ("client_key", "client_certificate_key"),
        ("client_cert", "client_certificate"),
        ("cert", "client_certificate"),
        ("CA", "ca_bundle"),
        ("ca_file", "ca_bundle"),
        ("ca-cert", "ca_bundle"),
        ("cacert", "ca_bundle"),
        ("kid", "private_key_id"),
        ("key_id", "private_key_id"),
        ("aud", "audience"),
        ("auth_method", "token_endpoint_auth_method"),
        ("params", "extra_params"),
    ];
    assert_rows(rows.map(|(written, meant)| {
        let expected = format!(
            "warning: line 10, column 7: backends.b.auth.{written}: unknown key, ignored; did you mean `{meant}`?"
        );
        (written, problems(&oauth2(&format!("{written}: x")), Unresolved::Error), [expected])
    }));
    for (written, hint) in [
        ("private_key_file", "did you mean `private_key`, which takes the PEM text itself?"),
        ("private_key_path", "did you mean `private_key`, which takes the PEM text itself?"),
        ("headers", "it belongs beside `auth`, not in it"),
    ] {
        let expected = format!("warning: line 10, column 7: backends.b.auth.{written}: unknown key, ignored; {hint}");
        assert_eq!(problems(&oauth2(&format!("{written}: x")), Unresolved::Error), [expected]);
    }
    for written in ["token", "api_key", "bearer_token"] {
        let expected =
            format!("warning: line 5, column 5: backends.b.{written}: unknown key, ignored; did you mean `auth`?");
        assert_eq!(problems(&backend(&format!("{written}: x")), Unresolved::Error), [expected]);
    }
}

#[test]
fn authentication_method_decides_which_keys_are_required_or_have_no_effect() {
    const KEYED: &str = "token_endpoint_auth_method: private_key_jwt";
    const LACKS_KEY: &str = "line 6, column 7: backends.b.auth.private_key: `private_key` is required but missing";
    let unknown = |word: &str, hint: &str| {
        format!(
            "line 9, column 35: backends.b.auth.token_endpoint_auth_method: expected `client_secret_post`, \
             `client_secret_basic` or `private_key_jwt`, found \"{word}\"{hint}"
        )
    };
    let no_effect = |line: u8, key: &str| {
        format!(
            "warning: line {line}, column 7: backends.b.auth.{key}: has no effect without \
             `token_endpoint_auth_method: private_key_jwt`"
        )
    };
    let rows = [
        // The missing secret is not an error with this method.
        (KEYED, vec![LACKS_KEY.to_owned()]),
        (
            "token_endpoint_auth_method: private-key-jwt",
            vec![LACKS_KEY.to_owned(), unknown("private-key-jwt", "; did you mean `private_key_jwt`?")],
        ),
        (
            "token_endpoint_auth_method: Basic\nclient_secret: s",
            vec![unknown("Basic", "; did you mean `client_secret_basic`?")],
        ),
        ("token_endpoint_auth_method: tls_client_auth", vec![unknown("tls_client_auth", "")]),
        (
            "client_secret: s\nprivate_key: k\nprivate_key_id: i\nassertion_audience: a",
            vec![no_effect(10, "private_key"), no_effect(11, "private_key_id"), no_effect(12, "assertion_audience")],
        ),
    ];
    assert_rows(rows.map(|(lines, expected)| {
        let block =
            format!("auth:\n  type: oauth2\n  token_url: https://as/token\n  client_id: id\n{}", indent(2, lines));
        (lines, problems(&backend(&block), Unresolved::Error), expected)
    }));
}

#[test]
fn client_secret_is_not_required_with_private_key_jwt_even_after_other_errors() {
    for (lines, wrong) in
        [("", "private_key"), ("private_key: k", "private_key"), ("private_key: k\naudience: ''", "audience")]
    {
        let method = "token_endpoint_auth_method: private_key_jwt\n";
        let yaml = oauth2(&format!("{method}{lines}")).replace("client_secret:", "label:");
        let error = read(&yaml, Unresolved::Error).unwrap_err();
        let paths: Vec<_> = error.problems.iter().map(|problem| problem.path.as_str()).collect();
        assert!(paths.contains(&&*format!("backends.b.auth.{wrong}")), "{lines}: {paths:?}");
        assert!(!paths.contains(&"backends.b.auth.client_secret"), "{lines}: {paths:?}");
    }
}

#[test]
fn value_that_the_gateway_accepts_but_that_probably_fails_warns() {
    let rows = [
        (
            "{token_url: 'ftp://as/t', client_id: i, client_secret: s}",
            &["token_url: token_url begins with neither http:// nor https://; requests will fail"][..],
        ),
        (
            "{token_url: 'https://as:99999/t', client_id: i, client_secret: s}",
            &["token_url: token_url is not a URL: invalid port number; requests will fail"],
        ),
        (
            "{token_url: 'https://[::g]/t', client_id: i, client_secret: s}",
            &["token_url: token_url is not a URL: invalid IPv6 address; requests will fail"],
        ),
        (
            "{token_url: 'https://as', client_id: \"i\\n\", client_secret: \"s\\r\\n\"}",
            &[
                "client_id: ends in a line break, which is sent too",
                "client_secret: ends in a line break, which is sent too",
            ],
        ),
        (
            "{token_url: 'https://as', client_id: i, client_secret: s, scopes: [a:b/c, a b, '', ü]}",
            &[
                "scopes[1]: is not one scope: letters, digits and signs, no spaces, quotes or \\ (RFC 6749 §3.3)",
                "scopes[2]: is not one scope: letters, digits and signs, no spaces, quotes or \\ (RFC 6749 §3.3)",
                "scopes[3]: is not one scope: letters, digits and signs, no spaces, quotes or \\ (RFC 6749 §3.3)",
            ],
        ),
    ];
    assert_rows(rows.map(|(block, expected)| {
        let yaml = backend(&format!("auth: {}", block.replace('{', "{type: oauth2, ")));
        let warnings = read(&yaml, Unresolved::Error).unwrap().warnings;
        let shown = |warning: &Problem| warning.to_string().split_once("backends.b.auth.").unwrap().1.to_owned();
        (block, warnings.iter().map(shown).collect::<Vec<_>>(), expected)
    }));
}

#[test]
fn token_url_over_plain_http_warns_unless_it_is_loopback() {
    for (url, warns) in [
        ("https://as/t", false),
        ("http://localhost:1/t", false),
        ("http://127.8.9.1/t", false),
        ("http://[::1]/t", false),
        ("http://as/t", true),
        ("http://localhost.example/t", true),
        ("ftp://as/t", true),
        ("/t", true),
    ] {
        let yaml = backend(&format!("auth: {{type: oauth2, token_url: '{url}', client_id: i, client_secret: s}}"));
        assert_eq!(!read(&yaml, Unresolved::Error).unwrap().warnings.is_empty(), warns, "{url}");
    }
}

#[test]
fn user_in_token_url_with_client_secret_basic_is_reported_beside_other_errors() {
    let yaml = oauth2("token_endpoint_auth_method: client_secret_basic\naudience: ''")
        .replace("https://as/token", "https://me@as/token");
    assert!(yaml.contains("me@as"), "{yaml}");
    let error = read(&yaml, Unresolved::Error).unwrap_err();
    let paths: Vec<_> = error.problems.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(paths, ["backends.b.auth.token_url", "backends.b.auth.audience"]);
}
