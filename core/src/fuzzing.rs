//! The entry point of the fuzz target `token_response`: reads the bytes of a response as a token with its lifetime, or
//! as an error. Compiled for the fuzzer only.

use std::time::Duration;

use crate::error::TokenErrorKind;
use crate::oauth2::{EchoFilter, parse};
use crate::secret::Secret;
use crate::token::{Lifetime, stated_lifetime};

/// A token that would be served.
#[derive(Debug)]
pub struct ServedToken {
    /// The text that follows `Bearer`.
    pub text: Secret,
    /// The time from the request for the token until its renewal is due.
    pub renew_after: Duration,
    /// The time from the request for the token until the token is no longer served.
    pub expires_after: Duration,
    /// The lifetime that the response states, clamped to between 1 s and 30 days; `None` if it states no lifetime.
    pub stated: Option<Duration>,
}

/// The error that callers would get.
#[derive(Debug, PartialEq, Eq)]
pub struct RejectedResponse {
    /// The class of failure.
    pub kind: TokenErrorKind,
    /// The message.
    pub message: String,
    /// The fields `error` and `error_description` (RFC 6749 §5.2).
    pub oauth: (Option<String>, Option<String>),
}

/// Reads a response in the way a fetch does.
///
/// # Errors
///
/// For every response that is not a token response (RFC 6749 §5.1).
pub fn read(status: u16, body: &[u8], buffer: Duration, jitter: f64) -> Result<ServedToken, RejectedResponse> {
    let response = parse(status, body, &EchoFilter::default()).map_err(|error| RejectedResponse {
        kind: error.kind,
        message: error.message,
        oauth: (error.oauth_error, error.oauth_error_description),
    })?;
    let Lifetime { renew_after, expires_after } =
        Lifetime::new(response.expires_in.as_deref(), response.refresh_in.as_deref(), buffer, jitter);
    let stated = stated_lifetime(response.expires_in.as_deref());
    Ok(ServedToken { text: response.access_token, renew_after, expires_after, stated })
}
