//! `${VAR}` and `secret:name` in a configuration.

use super::{Unresolved, assert_rows, backend, only_backend, problems, read, shown_headers};

#[test]
fn reference_in_each_mode_gives_a_value_or_an_error() {
    const ON: &str = "{enabled: true}";
    const STRICT: &str = "{enabled: 1, strict: yes}";
    const OFF: &str = "{enabled: false}";
    const UNKNOWN: &str = "{enabled: true, provider: vault}";
    /// The value, or the message of the error without its place.
    type Found = Result<&'static str, &'static str>;
    let cases: &[(&str, &str, Found, Found)] = &[
        (ON, "secret:key", Ok("canary-secret"), Ok("canary-secret")),
        (ON, "${TO_KEY}", Ok("canary-secret"), Ok("canary-secret")),
        (ON, "secret:empty", Ok(""), Ok("")),
        ("{enabled: 'false'}", "secret:key", Ok("canary-secret"), Ok("canary-secret")),
        // The text of a secret is not expanded.
        (ON, "secret:nested", Ok("canary${TOKEN}secret:key"), Ok("canary${TOKEN}secret:key")),
        (ON, "${A}-${B}-${TOKEN}", Err("environment variables \"A\", \"B\" are not set"), Ok("${A}-${B}-canary-token")),
        (
            ON,
            "${NOT_UNICODE}",
            Err("environment variable \"NOT_UNICODE\" is set to something that is not valid UTF-8"),
            Err("environment variable \"NOT_UNICODE\" is set to something that is not valid UTF-8"),
        ),
        (
            ON,
            "secret:no-such",
            Err("secret \"no-such\" was not found: the environment variable \"SECRET_NO_SUCH\" is not set"),
            Ok("secret:no-such"),
        ),
        (
            STRICT,
            "secret:no-such",
            Err("secret \"no-such\" was not found: the environment variable \"SECRET_NO_SUCH\" is not set"),
            Err("secret \"no-such\" was not found: the environment variable \"SECRET_NO_SUCH\" is not set"),
        ),
        (ON, "${TO_SECRET}", Err("the secret that the variable names was not found"), Ok("secret:canary-name")),
        (
            OFF,
            "secret:key",
            Err("secret \"key\" can't be looked up; set `enabled: true` in the top-level `secrets` section"),
            Ok("secret:key"),
        ),
        (
            UNKNOWN,
            "secret:key",
            Err("the secret store can't be opened: there is no such provider; use env, file or keyring"),
            Err("the secret store can't be opened: there is no such provider; use env, file or keyring"),
        ),
        (UNKNOWN, "no reference", Ok("no reference"), Ok("no reference")),
    ];
    assert_rows(cases.iter().flat_map(|(secrets, value, strictly, leniently)| {
        let yaml = format!("secrets: {secrets}\n{}", backend(&format!("headers: {{X: '{value}'}}")));
        [(Unresolved::Error, strictly), (Unresolved::Keep, leniently)].map(|(unresolved, expected)| {
            let found = match read(&yaml, unresolved) {
                Ok(config) => {
                    let value = format!("{:?}", shown_headers(&config.backends[0].headers));
                    Ok((value, config.warnings.iter().any(|warning| warning.path == "backends.b.headers.X")))
                }
                Err(error) => Err(error.problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>()),
            };
            // If a reference is an error with `Unresolved::Error` and `Unresolved::Keep` accepts it, the reference is
            // kept and there is a warning.
            let expected = expected.map(|value| (format!("{:?}", [("X", value)]), strictly.is_err()));
            (format!("{secrets} {value} {unresolved:?}"), found, expected.map_err(|message| vec![message.to_owned()]))
        })
    }));
}

#[test]
fn reference_in_a_key_is_not_expanded() {
    let yaml = backend("headers: {'${TOKEN}': x}");
    assert_eq!(
        problems(&yaml, Unresolved::Error),
        ["line 5, column 15: backends.b.headers[\"…\"]: \
          a header name is made of letters, digits and !#$%&'*+-.^_`|~ only"]
    );
}

#[test]
fn text_that_resembles_a_reference_warns_without_quoting_it() {
    let yaml = backend("headers: {A: '${canary:-x}', B: Bearer secret:canary}\ncommand: sh -c '${X:-y}'");
    let found = problems(&yaml, Unresolved::Error);
    let starts = [
        "warning: line 5, column 18: backends.b.headers.A: this",
        "warning: line 5, column 37: backends.b.headers.B: this",
    ];
    let headers = only_backend(&yaml, Unresolved::Error).headers;
    assert_eq!(shown_headers(&headers), [("A", "${canary:-x}"), ("B", "Bearer secret:canary")]);
    assert_eq!(found.len(), 2, "a command may contain the syntax of a shell: {found:?}");
    assert!(found.iter().zip(starts).all(|(found, start)| found.starts_with(start)), "{found:?}");
}

#[test]
fn store_that_fails_is_reported_once_for_all_references() {
    let yaml =
        format!("secrets: {{enabled: true, provider: vault}}\n{}", backend("headers: {A: 'secret:a', B: 'secret:b'}"));
    assert_eq!(problems(&yaml, Unresolved::Error).len(), 1);
}

#[test]
fn error_in_the_secrets_section_is_not_repeated_by_references() {
    for (secrets, expected) in [
        ("{enabled: true, provider: 1}", "secrets.provider"),
        ("{enabled: true, provider: '${UNSET}'}", "secrets.provider"),
        ("{enabled: maybe}", "secrets.enabled"),
    ] {
        let yaml = format!("secrets: {secrets}\n{}", backend("headers: {A: 'secret:key', B: 'secret:key'}"));
        let error = read(&yaml, Unresolved::Error).unwrap_err();
        let paths: Vec<_> = error.problems.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(paths, [expected], "{secrets}");
    }
}

#[test]
fn version_may_be_a_secret_reference() {
    let secrets = "secrets: {enabled: true, strict: true}";
    assert!(problems(&format!("version: secret:key\n{secrets}"), Unresolved::Keep).is_empty());
    let missed = problems(&format!("version: secret:no-such\n{secrets}"), Unresolved::Keep);
    assert!(missed.len() == 1 && missed[0].contains("version: secret \"no-such\" was not found"), "{missed:?}");
}
