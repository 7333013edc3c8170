//! What fuzz/ reaches: from the bytes of a response to a token and the times of its life. In no other build.

use std::time::Duration;

use super::lifetime::{Lifetime, stated_lifetime};
use super::response;
use super::sent::Sent;
use crate::error::TokenErrorKind;
use crate::secret::Secret;

/// A token that would be served.
#[derive(Debug)]
pub struct Token {
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
pub struct Refusal {
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
pub fn read(status: u16, body: &[u8], buffer: Duration, jitter: f64) -> Result<Token, Refusal> {
    let issued = response::parse(status, body, &Sent::default()).map_err(|refused| Refusal {
        kind: refused.kind,
        message: refused.message,
        oauth: (refused.oauth_error, refused.oauth_error_description),
    })?;
    let Lifetime { renew_after, expires_after } =
        Lifetime::new(issued.expires_in.as_deref(), issued.refresh_in.as_deref(), buffer, jitter);
    let stated = stated_lifetime(issued.expires_in.as_deref());
    Ok(Token { text: issued.access_token, renew_after, expires_after, stated })
}
