//! The state of a token, for operators.

use std::time::Duration;

use crate::error::TokenError;

/// The state of one token and of its fetches at one moment. Contains no token and no secret.
///
/// All counters start at zero when the token's source is made, and include the fetches and hits of all backends that
/// share the token.
///
/// ```
/// use argus_auth_core::token::TokenState;
/// use argus_auth_core::{LoadOptions, Resolver};
///
/// # fn main() -> Result<(), argus_auth_core::Error> {
/// let auth = "{type: oauth2, token_url: 'https://login.example.com/', client_id: c, client_secret: s3cr3t}";
/// let yaml = format!("backends: {{search: {{type: sse, url: 'http://search', auth: {auth}}}}}");
/// let resolver = Resolver::from_text(yaml.as_bytes(), &LoadOptions::default())?;
/// if let Some(status) = resolver.status("search")? {
///     assert_eq!((status.state, status.fetching, status.hits), (TokenState::Empty, false, 0));
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenStatus {
    /// The state of the token.
    pub state: TokenState,
    /// The time until the token expires, zero if it has expired; `None` without a token.
    pub expires_in: Option<Duration>,
    /// The time since the last successful fetch; `None` if no fetch has succeeded.
    pub since_success: Option<Duration>,
    /// The error of the last fetch that failed to get a token from the token endpoint. It is kept after a later
    /// success. Withheld fetches are left out, and so are fetches that ended by a shutdown or a panic, or because the
    /// engine could not start.
    pub last_error: Option<TokenError>,
    /// The time until the cool-down ends; `None` if there is no cool-down. During it, no fetch is made, and a caller
    /// that finds no valid token gets the result of the failed fetch.
    pub cool_down: Option<Duration>,
    /// True while a fetch is under way.
    pub fetching: bool,
    /// The number of fetches that got a token.
    pub successes: u64,
    /// The number of fetches that failed for any reason, including a shutdown. A fetch counts once, for any number of
    /// requests. Withheld fetches are not counted: the circuit breaker was open, so no request was sent.
    pub failures: u64,
    /// The number of times that the token was served without waiting.
    pub hits: u64,
}

/// The state of a token: whether it is served, and whether its renewal is due.
///
/// ```
/// use argus_auth_core::token::TokenState;
///
/// assert_eq!(TokenState::Renewing.as_str(), "renewing");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenState {
    /// No token is held: no fetch has succeeded yet, or the token was invalidated.
    Empty,
    /// The token is served, and its renewal is not due.
    Fresh,
    /// The token is served, and its renewal is due.
    Renewing,
    /// The token has expired and is not served.
    Expired,
}

impl TokenState {
    /// Returns a stable word for the state, such as `fresh`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Fresh => "fresh",
            Self::Renewing => "renewing",
            Self::Expired => "expired",
        }
    }
}
