//! What can be said of a token from outside, for operators.

use std::time::Duration;

use crate::error::TokenError;

/// A snapshot of one token and of the fetches that got it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenStatus {
    /// What a caller would meet now.
    pub state: TokenState,
    /// How long the token may still be used; `None` without one.
    pub expires_in: Option<Duration>,
    /// How long ago a token was last got.
    pub since_success: Option<Duration>,
    /// Why the last fetch that failed did, kept after a success.
    pub last_error: Option<TokenError>,
    /// How long the token endpoint is left alone after a failure; `None` when it is not.
    pub cool_down: Option<Duration>,
    /// Whether a fetch is under way.
    pub fetching: bool,
    /// Fetches that got a token, since the start.
    pub successes: u64,
    /// Fetches that ended without one, since the start, whatever the reason, a shutdown included. One fetch may be several
    /// requests, or none.
    pub failures: u64,
    /// How often the token was served without waiting, since the start.
    pub hits: u64,
}

/// Whether a token can be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenState {
    /// There is none: nobody asked, it was invalidated, or no fetch has succeeded.
    Empty,
    /// It is served, and it is not time to renew it.
    Fresh,
    /// It is served, and should be renewed.
    Renewing,
    /// It has expired and is not served.
    Expired,
}

impl TokenState {
    /// A stable word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Fresh => "fresh",
            Self::Renewing => "renewing",
            Self::Expired => "expired",
        }
    }
}
