//! Reads any bytes as the response of a token endpoint. Checks that there is no panic, that a token is returned only if
//! the response has one, that its lifetime is within bounds, and that an error text shows a token only if a field of an
//! OAuth error contains the token.
//!
//! The first byte chooses the HTTP status. The second byte chooses the buffer and the jitter. The rest is the body.

#![no_main]

use std::time::Duration;

use argus_auth_core::fuzzing::{RejectedResponse, ServedToken, read};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

/// The HTTP statuses, indexed by the first byte modulo 8. In a readable seed that byte is the digit `0` to `7`.
const STATUSES: [u16; 8] = [200, 201, 400, 401, 429, 503, 302, 204];
const DAY: Duration = Duration::from_secs(24 * 3600);

fuzz_target!(|input: &[u8]| {
    let [status, buffer, body @ ..] = input else { return };
    let status = STATUSES[usize::from(status % 8)];
    let buffer_time = Duration::from_secs(u64::from(*buffer) * 10);
    let jitter = f64::from(*buffer) / 256.0;
    // The same bytes, parsed as plain JSON. Null if that fails. This parser is stricter than the library: it rejects
    // numbers such as 1e400, and text that is not UTF-8 in a field that the library ignores.
    let json: Value = serde_json::from_slice(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)).unwrap_or_default();
    match read(status, body, buffer_time, jitter) {
        Ok(token) => check_token(status, &json, &token),
        Err(rejected) => {
            check_rejected(&json, &rejected);
            assert_eq!(read(status, body, buffer_time, jitter).unwrap_err(), rejected);
        }
    }
});

fn check_token(status: u16, json: &Value, token: &ServedToken) {
    assert!((200..300).contains(&status));
    let text = token.text.expose_secret();
    assert!(!text.is_empty() && text.len() <= 64 * 1024);
    assert!(text.bytes().all(|byte| byte > b' ' && byte != 0x7f), "{text:?}");
    assert!(Duration::from_millis(500) <= token.renew_after);
    assert!(token.renew_after <= token.expires_after && token.expires_after <= 30 * DAY);
    if json.is_null() {
        return;
    }
    assert_eq!(json["access_token"].as_str(), Some(text));
    assert!(json["error"].is_null());
    assert!(json["token_type"].as_str().is_none_or(|kind| kind.eq_ignore_ascii_case("bearer")));
    match json["expires_in"].as_f64() {
        Some(seconds) => {
            let stated = Duration::from_secs_f64(seconds.clamp(1.0, 30.0 * DAY.as_secs_f64()));
            assert_eq!(token.stated, Some(stated));
            assert!(token.expires_after < stated);
        }
        None => assert!(token.stated.is_none() || json["expires_in"].is_string()),
    }
}

fn check_rejected(json: &Value, rejected: &RejectedResponse) {
    let RejectedResponse { message, oauth: (error, description), .. } = rejected;
    assert!(!message.is_empty() && message.len() < 1000);
    assert!(!message.chars().any(char::is_control), "{message:?}");
    for text in [error, description].into_iter().flatten() {
        assert!(text.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{text:?}");
    }
    assert!(error.as_ref().is_none_or(|text| text.len() <= 200 && (json.is_null() || json["error"].is_string())));
    assert!(description.as_ref().is_none_or(|text| text.len() <= 200 && error.is_some()));
    // A short token may be part of the message by accident, so only long tokens are checked. A message that begins with
    // `the token endpoint's response` has only fixed text.
    if let Some(token) = json["access_token"].as_str().filter(|token| token.len() >= 16) {
        let quoted = [error, description].into_iter().flatten().any(|text| text.contains(token));
        assert!(quoted || !message.contains(token) || message.starts_with("the token endpoint's response"), "{message}");
    }
}
