//! Reads any text as a configuration value. Checks that each reference in it is replaced by its value, that the rest of
//! the text stays the same, and that no problem shows a value.

#![no_main]

use std::sync::Once;

use argus_auth_core::config::{AuthConfig, parse};
use argus_auth_core::{LoadOptions, Unresolved};
use libfuzzer_sys::fuzz_target;

const VARIABLES: [(&str, &str); 4] =
    [("A", "<a>"), ("B", "${A}"), ("REF", "secret:k"), ("SECRET_K", "<secret:k ${A}>")];
static START: Once = Once::new();

fuzz_target!(|text: &str| {
    // Removes the inherited variables. The fuzzer would find their names, such as `${_}`, but the expected result below
    // knows only `VARIABLES`.
    START.call_once(|| {
        let inherited: Vec<_> = std::env::vars_os().map(|(name, _)| name).collect();
        // SAFETY: this runs once, before anything reads the environment, and there is only one thread.
        inherited.iter().for_each(|name| unsafe { std::env::remove_var(name) });
        // SAFETY: as above.
        VARIABLES.iter().for_each(|(name, value)| unsafe { std::env::set_var(name, value) });
    });
    let scalar = serde_json::to_string(text).unwrap();
    let yaml = format!(
        "secrets: {{enabled: true}}\nbackends: {{b: {{type: sse, url: 'http://h', auth: {{type: oauth2, token_url: t, \
         client_id: i, client_secret: {scalar}}}}}}}"
    );
    let options = LoadOptions { unresolved: Unresolved::Keep, ..LoadOptions::default() };
    let result = parse(yaml.as_bytes(), &options);
    let problems = match &result {
        Ok(config) => &config.warnings,
        Err(error) => &error.problems,
    };
    // Problems must not show a value that came from a variable or a store.
    for value in ["<a>", "<secret:k"].iter().filter(|value| !text.contains(**value)) {
        assert!(problems.iter().all(|problem| !problem.to_string().contains(value)), "{problems:?}");
    }
    let Ok(config) = result else { return };
    let Some(AuthConfig::OAuth2(oauth2)) = &config.backends[0].auth else { panic!("{config:?}") };
    let found = oauth2.client_secret.expose_secret();
    // The expected result, by a simpler implementation: replaces each `${NAME}` in one pass, and then the whole text if
    // it names the secret `k`. The name may be in upper case. As in the gateway, a line feed may follow it.
    let mut expected = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        expected.push_str(&rest[..at]);
        let after = &rest[at..];
        let known =
            VARIABLES.iter().find(|(name, _)| after[2..].starts_with(name) && after[2 + name.len()..].starts_with('}'));
        let (value, length) = known.map_or(("${", 2), |(name, value)| (value, name.len() + 3));
        expected.push_str(value);
        rest = &after[length..];
    }
    expected.push_str(rest);
    if matches!(expected.strip_suffix('\n').unwrap_or(&expected), "secret:k" | "secret:K") {
        expected = VARIABLES[3].1.to_owned();
    }
    assert_eq!(found, expected, "{text:?}");
});
