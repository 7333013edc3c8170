//! What fuzz/ reaches: from the bytes of a response to a token and the times of its life. In no other build.

use std::time::Duration;

use crate::error::TokenErrorKind;
use crate::oauth2::{EchoFilter, parse};
use crate::secret::Secret;
use crate::token::{Lifetime, stated_lifetime};

/// A token that would be served.
#[derive(Debug)]
pub struct ServedToken {
    /// What goes after `Bearer`.
    pub text: Secret,
    /// When it would be renewed, counted from its request.
    pub renew_after: Duration,
    /// When it would no longer be sent.
    pub expires_after: Duration,
    /// The whole life as the response states it.
    pub stated: Option<Duration>,
}

/// What callers would be told.
#[derive(Debug, PartialEq, Eq)]
pub struct RejectedResponse {
    /// The class of failure.
    pub kind: TokenErrorKind,
    /// The text.
    pub message: String,
    /// `error` and `error_description`.
    pub oauth: (Option<String>, Option<String>),
}

/// Reads a response as a fetch does.
///
/// # Errors
///
/// Whatever is not a token response.
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
