//! Problems of a configuration: the place, what was found, and what would be right.

use super::{Unresolved, assert_rows, backend, problems, read};

#[test]
fn document_with_an_error_reports_its_place_and_the_remedy() {
    let rows = [
        ("", "line 1, column 1: expected a mapping, found nothing"),
        ("- a", "line 1, column 1: expected a mapping, found a list"),
        ("version: 1", "line 1, column 10: version: expected text, found a whole number; put it in quotes"),
        ("backends: []", "line 1, column 11: backends: expected a mapping, found a list"),
        ("backends:\n  a: null", "line 2, column 6: backends.a: expected a mapping, found nothing"),
        (
            "backends:\n  1: {}",
            "line 2, column 3: backends: a key here must be text, found a whole number; put it in quotes",
        ),
        ("backends:\n  ' ': {type: stdio}", "line 2, column 3: backends[\" \"]: a backend's name can't be empty"),
        (
            "backends:\n  'a ': {type: stdio}",
            "line 2, column 3: backends[\"a \"]: a backend's name can't begin or end with whitespace",
        ),
        (
            "backends:\n  a: {type: stdio}\n  b: {type: stdio}\n  a: {type: stdio}",
            "line 4, column 3: backends.a: this key is already on line 2; keep one of the two",
        ),
        ("secrets: null", "line 1, column 10: secrets: expected a mapping, found nothing"),
        ("secrets: {enabled: 'x'}", "line 1, column 20: secrets.enabled: expected true or false, found text"),
        (
            "secrets: {enabled: 'off'}",
            "warning: line 1, column 20: secrets.enabled: a text here means true, whatever it says; write false without quotes",
        ),
        (
            "secrets: {enabled: true, file: x}",
            "warning: line 1, column 26: secrets.file: unknown key, ignored; did you mean `path`?",
        ),
    ];
    assert_rows(rows.map(|(yaml, expected)| (yaml, problems(yaml, Unresolved::Error), [expected])));
}

#[test]
fn backend_with_errors_reports_each_with_its_place_and_the_remedy() {
    let rows = [
        ("{}", &["line 1, column 15: backends.b.type: `type` is required but missing"][..]),
        (
            "{type: streamable_http, url: http://b, auth: {type: bearer}}",
            &[
                "line 1, column 22: backends.b.type: expected `sse`, `streamable-http` or `stdio`, \
                 found \"streamable_http\"; did you mean `streamable-http`?",
                "line 1, column 60: backends.b.auth.headers: `headers` is required but missing",
                "line 1, column 67: backends.b.auth.type: expected `static`, `oauth2` or `pkce`, \
                 found \"bearer\"; did you mean `static`?",
            ],
        ),
        (
            "{type: '${TOKEN}'}",
            &["line 1, column 22: backends.b.type: expected `sse`, `streamable-http` or `stdio`, found another text"],
        ),
        (
            "{type: 1}",
            &["line 1, column 22: backends.b.type: expected `sse`, `streamable-http` or `stdio`, found a whole number"],
        ),
        ("{type: sse}", &["line 1, column 15: backends.b.url: `url` is required but missing"]),
        ("{type: sse, url: ''}", &["line 1, column 32: backends.b.url: must not be empty"]),
        (
            "{type: sse, url: '${EMPTY}'}",
            &["line 1, column 32: backends.b.url: must not be empty, but is empty once its references are resolved"],
        ),
        (
            "{type: sse, url: HTTP://b}",
            &["line 1, column 32: backends.b.url: must start with http:// or https://, in lower case"],
        ),
        ("{type: sse, url: 'https://${HOST}', auth: null}", &[]),
        (
            "{type: sse, url: http://b, url: http://c}",
            &["line 1, column 42: backends.b.url: this key is already on line 1; keep one of the two"],
        ),
        (
            "{type: sse, url: http://b, on_auth_failure: close}",
            &["line 1, column 59: backends.b.on_auth_failure: expected `open` or `closed`, found \"close\""],
        ),
        (
            "{type: sse, url: http://b, auth: {type: static, headers: {a: b}, on_auth_failure: closed}}",
            &["line 1, column 80: backends.b.auth.on_auth_failure: \
               on_auth_failure belongs to the backend, beside `auth`, not in it"],
        ),
        (
            "{type: sse, url: http://b, token_url: x, header: {}, timeouts: {init: 1}, group: g, 5: x, frobnicate: 1}",
            &[
                "warning: line 1, column 42: backends.b.token_url: unknown key, ignored; it belongs in the `auth` block",
                "warning: line 1, column 56: backends.b.header: unknown key, ignored; did you mean `headers`?",
                "warning: line 1, column 105: backends.b.frobnicate: unknown key, ignored",
            ],
        ),
    ];
    assert_rows(
        rows.map(|(entry, expected)| {
            (entry, problems(&format!("backends: {{b: {entry}}}"), Unresolved::Error), expected)
        }),
    );
}

#[test]
fn headers_with_errors_report_each_with_its_place_and_the_remedy() {
    let rows = [
        ("headers: []", &["line 5, column 14: backends.b.headers: expected a mapping, found a list"][..]),
        (
            "headers:\n  a b: x\n  ok: y\n  '': z",
            &[
                "line 6, column 7: backends.b.headers[\"a…\"]: a header name is made of letters, digits and !#$%&'*+-.^_`|~ only",
                "line 8, column 7: backends.b.headers[\"\"]: a header name can't be empty",
            ],
        ),
        (
            "headers:\n  a: 1\n  b: yes\n  c: 2020-01-01\n  d: [x]\n  5: x",
            &[
                "line 6, column 10: backends.b.headers.a: expected text, found a whole number; put it in quotes",
                "line 7, column 10: backends.b.headers.b: expected text, found a boolean; put it in quotes",
                "line 8, column 10: backends.b.headers.c: expected text, found a date; put it in quotes",
                "line 9, column 10: backends.b.headers.d: expected text, found a list",
                "line 10, column 7: backends.b.headers: a key here must be text, found a whole number; put it in quotes",
            ],
        ),
        (
            "headers:\n  a: ${LINES}\n  b: \"canary\\n\"\n  c: é",
            &[
                "line 6, column 10: backends.b.headers.a: a header value can't contain a line break",
                "line 7, column 10: backends.b.headers.b: a header value can't contain a line break",
                "line 8, column 10: backends.b.headers.c: \
                 a header value is made of printable ASCII characters, spaces and tabs only",
            ],
        ),
        (
            "headers:\n  X-A: 1a\n  x-a: 2a\n  X-A: 3a",
            &[
                "line 7, column 7: backends.b.headers.x-a: HTTP ignores case: this header is already on line 8; keep one of the two",
                "line 8, column 7: backends.b.headers.X-A: this key is already on line 6; keep one of the two",
            ],
        ),
        ("auth: {type: static}", &["line 5, column 11: backends.b.auth.headers: `headers` is required but missing"]),
        (
            "auth: {type: static, headers: {}}",
            &["line 5, column 35: backends.b.auth.headers: must hold at least one header"],
        ),
        (
            "auth: {type: static, headers: null}",
            &["line 5, column 35: backends.b.auth.headers: expected a mapping, found nothing"],
        ),
    ];
    assert_rows(rows.map(|(lines, expected)| (lines, problems(&backend(lines), Unresolved::Error), expected)));
}

#[test]
fn header_that_the_client_or_the_protocol_sets_warns() {
    const AUTH: &str = "auth: {type: static, headers: {Accept: a, HOST: h}}";
    let found = problems(&backend(&format!("headers: {{Accept: a, Content-Length: 1a}}\n{AUTH}")), Unresolved::Error);
    let paths: Vec<_> = found.iter().map(|problem| problem.split(": ").nth(2).unwrap()).collect();
    assert_eq!(
        paths,
        ["backends.b.headers.Content-Length", "backends.b.auth.headers.Accept", "backends.b.auth.headers.HOST"]
    );
}

#[test]
fn token_url_with_a_user_and_client_secret_basic_is_an_error() {
    let auth = |user: &str, method: &str| {
        let keys = "type: oauth2\nclient_id: c\nclient_secret: s";
        let lines = format!("{keys}\ntoken_url: 'https://{user}as/token'\ntoken_endpoint_auth_method: {method}");
        problems(&backend(&format!("auth: {{{}}}", lines.replace('\n', ", "))), Unresolved::Error)
    };
    for user in ["user:s3cr3t@", "user@", ":s3cr3t@"] {
        let [found] = &auth(user, "client_secret_basic")[..] else { panic!("{user}") };
        assert!(found.ends_with(
            "backends.b.auth.token_url: has a user or password, which is sent in the same header as \
             the secret of `client_secret_basic`; remove it"
        ));
        assert_eq!(auth(user, "client_secret_post"), [""; 0]);
    }
    assert_eq!(auth("", "client_secret_basic"), [""; 0]);
}

#[test]
fn misspelt_section_warns_with_suggestion_if_the_section_is_missing() {
    for (key, meant) in [
        ("backend", "backends"),
        ("Backends", "backends"),
        ("mcpServers", "backends"),
        ("bakcends", "backends"),
        ("secret", "secrets"),
    ] {
        let found = problems(&format!("version: '1'\n{key}: {{}}"), Unresolved::Error);
        let expected = format!(
            "warning: line 2, column 1: {key}: unknown key, ignored, and there are no `{meant}`; did you mean `{meant}`?"
        );
        assert_eq!(found, [expected]);
    }
    assert_eq!(problems("backends: {}\nbackend: {}", Unresolved::Error), [""; 0]);
}

#[test]
fn headers_beyond_the_limit_are_one_error() {
    let headers = |count| {
        (0..count).flat_map(|index| ["\n  h".to_owned(), index.to_string(), ": x".to_owned()]).collect::<String>()
    };
    assert_eq!(problems(&backend(&format!("headers:{}", headers(1000))), Unresolved::Error), [""; 0]);
    assert_eq!(
        problems(&backend(&format!("headers:{}", headers(1001))), Unresolved::Error),
        ["line 6, column 7: backends.b.headers: holds 1001 headers; the limit is 1000"]
    );
}

#[test]
fn problems_beyond_the_limit_are_counted_and_long_names_are_cut() {
    let long = "x".repeat(900);
    let backend = |index| format!("  '{long} {index}':\n    type: sse\n    url: ftp://h\n    '{long}{index}': x\n");
    let backends: Vec<String> = (0..300).map(backend).collect();
    let found = problems(&format!("backends:\n{}", backends.concat()), Unresolved::Error);
    assert_eq!(found.len(), 202);
    assert_eq!(found[200..], ["and 200 more errors", "warning: and 200 more warnings"]);
    assert!(found.iter().all(|problem| problem.len() < 400), "{}", found[0]);
}

#[test]
fn error_after_more_warnings_than_the_limit_is_still_an_error() {
    let unknown: Vec<String> = (0..500).map(|index| format!("x{index}: 1\n")).collect();
    let yaml = format!("{}  c: {{type: sse, url: ftp://h}}\n", backend(&unknown.concat()));
    assert!(read(&yaml, Unresolved::Error).is_err());
}

#[test]
fn suggestions_for_many_unknown_keys_take_bounded_time() {
    let keys: Vec<String> = (0..20_000).map(|index| format!("clientid{index}: 1\n")).collect();
    let long = format!("? {}\n: 1\n", "x".repeat(1 << 20));
    let started = std::time::Instant::now();
    assert_eq!(problems(&backend(&(keys.concat() + &long)), Unresolved::Error).len(), 101);
    assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
}
