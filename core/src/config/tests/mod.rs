//! Tests that read the text of a configuration, and check its values or its problems. This file holds shared helpers.
//!
//! * `documents`: whole documents that can be used;
//! * `gateway`: the values for the gateway, and the fields that only it uses;
//! * `load`: reading a file;
//! * `oauth2`: problems of an `oauth2` block;
//! * `problems`: problems of everything else;
//! * `references`: `${VAR}` and `secret:name`;
//! * `scalars`: conversions to numbers and booleans;
//! * `thorough`: problems that only a thorough load finds.

mod documents;
mod gateway;
mod load;
mod oauth2;
mod problems;
mod references;
mod scalars;
mod thorough;

use std::env::VarError;
use std::fmt::Debug;

use super::*;

/// A part of every secret value of [`environment`]. It must never be shown.
const CANARY: &str = "canary";

fn environment(name: &str) -> Result<String, VarError> {
    match name {
        "TOKEN" => Ok("canary-token".to_owned()),
        "EMPTY" | "SECRET_EMPTY" => Ok(String::new()),
        "LINES" => Ok("canary\nX-Injected: 1".to_owned()),
        "NUMBER" => Ok("42".to_owned()),
        "HOST" => Ok("backend.example".to_owned()),
        "TO_SECRET" => Ok("secret:canary-name".to_owned()),
        "TO_KEY" => Ok("secret:key".to_owned()),
        "NOT_UNICODE" => Err(VarError::NotUnicode(CANARY.into())),
        "SECRET_KEY" => Ok("canary-secret".to_owned()),
        "SECRET_NESTED" => Ok("canary${TOKEN}secret:key".to_owned()),
        _ => Err(VarError::NotPresent),
    }
}

fn read(yaml: &str, unresolved: Unresolved) -> Result<Config, ConfigError> {
    read_with(yaml, &LoadOptions { unresolved, ..LoadOptions::default() })
}

fn read_with(yaml: &str, options: &LoadOptions) -> Result<Config, ConfigError> {
    let result = parse_in(yaml.as_bytes(), options, &environment);
    let shown = match &result {
        Ok(config) => format!("{config:?} {config:#?}"),
        Err(error) => format!("{error} {error:?}"),
    };
    assert!(!shown.contains(CANARY), "a secret is shown: {shown}\nin: {yaml}");
    result
}

/// Returns all problems as a user sees them.
fn problems(yaml: &str, unresolved: Unresolved) -> Vec<String> {
    problems_of(read(yaml, unresolved))
}

/// Returns all problems of a thorough load, as `argus-auth check` shows them.
fn thorough_problems(yaml: &str) -> Vec<String> {
    problems_of(read_with(yaml, &LoadOptions { thorough: true, ..LoadOptions::default() }))
}

fn problems_of(result: Result<Config, ConfigError>) -> Vec<String> {
    let problems = match result {
        Ok(config) => config.warnings,
        Err(error) => error.problems,
    };
    let note = |severity| if severity == Severity::Warning { "warning: " } else { "" };
    problems.iter().map(|problem| format!("{}{problem}", note(problem.severity))).collect()
}

/// Returns a document with an `sse` backend that holds `lines`, from line 5 and column 5 of the document.
fn backend(lines: &str) -> String {
    format!("backends:\n  b:\n    type: sse\n    url: http://b\n{}", indent(4, lines))
}

/// Returns a document with an `oauth2` block that holds `lines`, from line 10 and column 7 of the document.
fn oauth2(lines: &str) -> String {
    let block = "auth:\n  type: oauth2\n  token_url: https://as/token\n  client_id: id\n  client_secret: s\n";
    backend(&format!("{block}{}", indent(2, lines)))
}

fn indent(by: usize, lines: &str) -> String {
    let spaces = " ".repeat(by);
    lines.lines().flat_map(|line| [spaces.as_str(), line, "\n"]).collect()
}

fn only_backend(yaml: &str, unresolved: Unresolved) -> BackendConfig {
    let mut config = read(yaml, unresolved).unwrap_or_else(|error| panic!("{error}\nin: {yaml}"));
    assert_eq!(config.backends.len(), 1, "{yaml}");
    config.backends.remove(0)
}

fn shown_headers(headers: &crate::headers::Headers) -> Vec<(&str, &str)> {
    headers.iter().map(|(name, value)| (name, value.expose_secret())).collect()
}

/// Compares the found and the expected value of each row of a table. Reports all rows that differ, not only the first.
pub(super) fn assert_rows<F: PartialEq<E> + Debug, E: Debug>(rows: impl IntoIterator<Item = (impl ToString, F, E)>) {
    let differing = rows.into_iter().filter(|(_, found, expected)| found != expected).map(|(row, found, expected)| {
        format!("{}\n   found:    {found:?}\n   expected: {expected:?}\n", row.to_string())
    });
    let differing: Vec<_> = differing.collect();
    assert!(differing.is_empty(), "{} rows differ:\n{}", differing.len(), differing.concat());
}
