//! The response of a token endpoint, read as a token (RFC 6749 §5.1) or as an error in words (§5.2).

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use zeroize::Zeroize;

use super::echo_filter::EchoFilter;
use crate::error::{TokenError, TokenErrorKind, reads_as_refusal};
use crate::headers::illegal_value;
use crate::secret::Secret;

/// The longest body that is read, in bytes; far more than a token response needs.
pub(super) const MAX_BODY: usize = 256 * 1024;
/// The longest token that is accepted, in bytes; few servers accept header fields of this size.
const MAX_TOKEN: usize = 64 * 1024;
/// The length to which each text of a server is cut (a description, an error code, a scope), in characters.
const MAX_DESCRIPTION: usize = 200;
/// The number of granted scopes that are kept.
const MAX_SCOPES: usize = 256;

/// A successful response (RFC 6749 §5.1).
#[derive(Debug)]
pub(crate) struct TokenResponse {
    pub access_token: Secret,
    pub expires_in: Option<Box<RawValue>>,
    pub refresh_in: Option<Box<RawValue>>,
    /// The granted scopes; `None` if the response does not name them, which means that all requested scopes were
    /// granted.
    pub scopes: Option<Vec<String>>,
}

/// The JSON object of a response, with the fields of a success and of an error. Their types are checked later.
#[derive(Deserialize)]
struct Body {
    access_token: Option<Value>,
    token_type: Option<Value>,
    expires_in: Option<Box<RawValue>>,
    refresh_in: Option<Box<RawValue>>,
    scope: Option<Value>,
    error: Option<Value>,
    error_description: Option<Value>,
}

impl Drop for Body {
    /// Wipes the token if [`parse`] returned an error before it made a [`Secret`] of the token.
    fn drop(&mut self) {
        if let Some(Value::String(token)) = &mut self.access_token {
            token.zeroize();
        }
    }
}

/// Reads the body of a response with this HTTP status.
///
/// Errors show only the fields `error` and `error_description` of the body. Fields in which `echo_filter` recognises a
/// secret of the request are left out, except an error code with a known meaning.
///
/// # Errors
///
/// For every response that is not a token response. The caller adds the token URL and the status to the error.
pub(crate) fn parse(status: u16, body: &[u8], echo_filter: &EchoFilter) -> Result<TokenResponse, TokenError> {
    if (300..400).contains(&status) {
        return Err(TokenError::new(
            TokenErrorKind::Redirect,
            format!(
                "the token endpoint answered with a redirect (HTTP {status}), which is never followed with \
                 credentials; configure the final URL"
            ),
        ));
    }
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii_start();
    // serde would also accept a JSON array that lists the values of the fields.
    let parsed = if body.starts_with(b"{") { serde_json::from_slice::<Body>(body).ok() } else { None };
    if let Some(Body { error: Some(Value::String(code)), error_description, .. }) = &parsed {
        return Err(error_response(status, code, error_description.as_ref(), echo_filter));
    }
    if !(200..300).contains(&status) {
        return Err(bad_status(status, parsed.is_some()));
    }
    let mut parsed = parsed.ok_or_else(|| {
        let found = if body.starts_with(b"<") { "HTML or XML, not JSON" } else { "not a JSON object" };
        TokenError::new(
            TokenErrorKind::Response,
            format!("the token endpoint's response is {found}; is token_url right?"),
        )
    })?;
    let malformed =
        |message: &str| TokenError::new(TokenErrorKind::Response, format!("the token endpoint's response {message}"));
    if parsed.error.as_ref().is_some_and(|error| !error.is_null()) {
        return Err(malformed("has an `error` that is not a string"));
    }
    match &parsed.token_type {
        None | Some(Value::Null) => {}
        Some(Value::String(kind)) if kind.eq_ignore_ascii_case("bearer") => {}
        Some(_) => return Err(malformed("has a `token_type` other than Bearer")),
    }
    let access_token = match parsed.access_token.take() {
        None | Some(Value::Null) => return Err(malformed("has no `access_token`")),
        Some(Value::String(token)) => Secret::new(token),
        Some(_) => return Err(malformed("has an `access_token` that is not a string")),
    };
    let text = access_token.expose_secret();
    if text.is_empty() {
        return Err(malformed("has an empty `access_token`"));
    }
    if text.len() > MAX_TOKEN {
        return Err(malformed("has an `access_token` of more than 64 KiB"));
    }
    if illegal_value(text).is_some() || text.contains([' ', '\t']) {
        return Err(malformed("has an `access_token` with characters that no bearer token has (RFC 6750 §2.1)"));
    }
    let scopes =
        parsed.scope.take().and_then(|scope| scopes(&scope, |word| word != text && !echo_filter.is_echoed_in(word)));
    Ok(TokenResponse {
        expires_in: parsed.expires_in.take(),
        refresh_in: parsed.refresh_in.take(),
        scopes,
        access_token,
    })
}

/// Returns the scopes in `scope` that may be shown; `None` if `scope` is neither text nor a list. RFC 6749 §3.3 defines
/// text in which spaces separate the scopes, but some servers send a list.
fn scopes(scope: &Value, may_be_shown: impl Fn(&str) -> bool) -> Option<Vec<String>> {
    let words =
        |text: &str| text.split_ascii_whitespace().filter(|word| may_be_shown(word)).map(printable).collect::<Vec<_>>();
    let mut scopes: Vec<String> = match scope {
        Value::String(text) => words(text),
        Value::Array(items) => items.iter().filter_map(Value::as_str).flat_map(words).collect(),
        _ => return None,
    };
    scopes.truncate(MAX_SCOPES);
    Some(scopes)
}

/// Returns the error for an error response (RFC 6749 §5.2).
fn error_response(status: u16, code: &str, description: Option<&Value>, echo_filter: &EchoFilter) -> TokenError {
    let kind = match (code, status) {
        ("temporarily_unavailable" | "server_error" | "slow_down", _) | (_, 408 | 429 | 500..) => {
            TokenErrorKind::Unavailable
        }
        _ => TokenErrorKind::Rejected,
    };
    let meaning = match code {
        "invalid_client" => Some("the client's authentication failed: check client_id and client_secret"),
        "unauthorized_client" => Some("the client may not use the client credentials grant"),
        "invalid_scope" => Some("a scope is unknown or not allowed for this client"),
        "invalid_target" => Some("the token endpoint issues no token for this audience or resource"),
        "invalid_request" => Some("the token endpoint finds the request malformed"),
        "unsupported_grant_type" => Some("the token endpoint does not offer the client credentials grant"),
        _ => None,
    };
    // The filter checks the text before `printable` changes it, because a changed secret would not be recognised.
    let unless_echoed = |text: &str| (!text.is_empty() && !echo_filter.is_echoed_in(text)).then(|| printable(text));
    // A code with a known meaning is always shown: if it contains a short secret, such as `client`, that is an
    // accident.
    let code = if meaning.is_some() { Some(code.to_owned()) } else { unless_echoed(code) };
    let description = description.and_then(Value::as_str).and_then(unless_echoed);
    let mut message = meaning.unwrap_or("the token endpoint rejected the request").to_owned();
    for detail in [&code, &description].into_iter().flatten() {
        if !reads_as_refusal(detail) {
            message = format!("{message}: {detail}");
        }
    }
    TokenError { oauth_error: code, oauth_error_description: description, ..TokenError::new(kind, message) }
}

/// Returns the error for a status other than 2xx and 3xx without an OAuth error in the body.
fn bad_status(status: u16, is_json: bool) -> TokenError {
    let kind = match status {
        408 | 429 | 500.. => TokenErrorKind::Unavailable,
        // Without an OAuth error, a 401 is never retried, even if the body is not JSON: another attempt with the same
        // credentials may lock the client out.
        401 => TokenErrorKind::Rejected,
        _ if is_json => TokenErrorKind::Rejected,
        // Probably the page of a proxy or a firewall, which tells nothing about the client.
        _ => TokenErrorKind::Response,
    };
    TokenError::new(
        kind,
        match status {
            401 => "the token endpoint rejected the client's credentials without an OAuth error".to_owned(),
            403 => "the token endpoint, or something before it, forbids the request without an OAuth error".to_owned(),
            _ => format!("the token endpoint answered HTTP {status} without an OAuth error"),
        },
    )
}

/// Returns server text in a form that may be shown: cut to a length, with `?` for each character that is not printable
/// ASCII (RFC 6749 §5.2 allows no other characters).
fn printable(text: &str) -> String {
    text.chars().map(|c| if (' '..='~').contains(&c) { c } else { '?' }).take(MAX_DESCRIPTION).collect()
}
