//! Conversions of scalars to numbers and booleans.

use std::time::Duration;

use super::{Unresolved, assert_rows, oauth2, read};
use crate::config::{AuthConfig, OAuth2Config};

/// Returns the configuration of an `oauth2` block that holds `line`, or `None` if it has an error.
fn oauth2_config(line: &str) -> Option<OAuth2Config> {
    read(&oauth2(line), Unresolved::Error).ok().map(|mut config| match config.backends.remove(0).auth {
        Some(AuthConfig::OAuth2(oauth2)) => oauth2,
        other => panic!("{other:?}"),
    })
}

#[test]
fn number_accepts_what_pydantic_accepts() {
    let secs = Duration::from_secs_f64;
    let rows = [
        ("5", Some(secs(5.0))),
        ("0", Some(Duration::ZERO)),
        ("-0.0", Some(Duration::ZERO)),
        ("1.5", Some(secs(1.5))),
        ("true", Some(secs(1.0))),
        ("' 1.5 '", Some(secs(1.5))),
        ("'1_0.5'", Some(secs(10.5))),
        ("' 1_0.5 '", None),
        ("1e3", Some(secs(1000.0))),
        ("${NUMBER}", Some(secs(42.0))),
        (".inf", Some(Duration::MAX)),
        ("1e400", Some(Duration::MAX)),
        ("1000000000000000000000000000000", Some(Duration::MAX)),
        (&format!("1{}", "0".repeat(400)), None),
        (&format!("'1{}'", "0".repeat(400)), Some(Duration::MAX)),
        (".nan", None),
        ("'nan'", None),
        ("'1__0'", None),
        ("'_1'", None),
        ("''", None),
        ("0x", None),
        ("null", None),
        ("[1]", None),
        ("2020-01-01", None),
    ];
    assert_rows(rows.map(|(text, expected)| {
        let config = oauth2_config(&format!("token_expiry_buffer_seconds: {text}"));
        (text, config.map(|config| config.token_expiry_buffer), expected)
    }));
}

#[test]
fn boolean_accepts_what_pydantic_accepts() {
    let rows = [
        ("yes", Some(true)),
        ("'ON'", Some(true)),
        ("T", Some(true)),
        ("1.0", Some(true)),
        ("off", Some(false)),
        ("'n'", Some(false)),
        ("-0.0", Some(false)),
        ("' yes'", None),
        ("''", None),
        ("2", None),
        ("null", None),
    ];
    assert_rows(rows.map(|(text, expected)| {
        let config = oauth2_config(&format!("auth_retry_on_401: {text}"));
        (text, config.map(|config| config.auth_retry_on_401), expected)
    }));
}
