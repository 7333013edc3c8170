//! How a backend's token is doing.

use std::sync::Arc;
use std::time::Duration;

use argus_auth_core::Error;
use argus_auth_core::token::{TokenState, TokenStatus};

use crate::error::argus_auth_error;
use crate::failure::Failure;
use crate::{boundary, handle};

/// A snapshot of a backend's token and of the fetches that got it, for operators. Returned by
/// `argus_auth_resolver_status`; owned by the caller, who frees it with `argus_auth_token_status_free`. Holds no token
/// and no secret.
///
/// Immutable: any number of threads may read it at once.
pub struct argus_auth_token_status {
    status: TokenStatus,
    last_error: Option<argus_auth_error>,
}

/// Whether a token can be served. A newer library may return a number that this header does not have.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum argus_auth_token_state {
    /// The backend's headers need no token.
    None = 0,
    /// There is none yet: nobody asked, it was invalidated, or no fetch has succeeded.
    Empty = 1,
    /// It is served, and it is not time to renew it.
    Fresh = 2,
    /// It is served, and should be renewed.
    Renewing = 3,
    /// It has expired and is not served.
    Expired = 4,
}

impl From<TokenState> for argus_auth_token_state {
    fn from(state: TokenState) -> Self {
        match state {
            TokenState::Empty => Self::Empty,
            TokenState::Fresh => Self::Fresh,
            TokenState::Renewing => Self::Renewing,
            TokenState::Expired => Self::Expired,
        }
    }
}

impl From<TokenStatus> for argus_auth_token_status {
    fn from(mut status: TokenStatus) -> Self {
        let last_error = status.last_error.take();
        let last_error = last_error.map(|error| argus_auth_error::new(&Failure::Core(Error::Token(Arc::new(error)))));
        Self { status, last_error }
    }
}

fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

/// Frees a status. Nothing for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_token_status_free(status: Option<Box<argus_auth_token_status>>) {
    handle::drop_contained(status);
}

/// What a caller would have met. `ARGUS_AUTH_TOKEN_STATE_NONE` for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_token_status_state(status: Option<&argus_auth_token_status>) -> argus_auth_token_state {
    boundary::read(status, argus_auth_token_state::None, |status| status.status.state.into())
}

/// How many milliseconds the token may still be used, 0 when it has expired; -1 without a token, and for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_token_status_expires_in_ms(status: Option<&argus_auth_token_status>) -> i64 {
    boundary::read(status, -1, |status| status.status.expires_in.map_or(-1, milliseconds))
}

/// How many milliseconds ago a token was last got; -1 when none ever was, and for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_token_status_since_success_ms(status: Option<&argus_auth_token_status>) -> i64 {
    boundary::read(status, -1, |status| status.status.since_success.map_or(-1, milliseconds))
}

/// For how many milliseconds the token endpoint is still left alone after a failure; 0 when it is not, and for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_token_status_cool_down_ms(status: Option<&argus_auth_token_status>) -> i64 {
    boundary::read(status, 0, |status| status.status.cool_down.map_or(0, milliseconds))
}

/// Whether a fetch was under way. False for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_token_status_fetching(status: Option<&argus_auth_token_status>) -> bool {
    boundary::read(status, false, |status| status.status.fetching)
}

/// How many fetches got a token, since the start. 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_token_status_successes(status: Option<&argus_auth_token_status>) -> u64 {
    boundary::read(status, 0, |status| status.status.successes)
}

/// How many fetches ended without one, since the start, whatever the reason, a shutdown included; one fetch may be
/// several requests, and one that was not let out is none. 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_token_status_failures(status: Option<&argus_auth_token_status>) -> u64 {
    boundary::read(status, 0, |status| status.status.failures)
}

/// How often the token was served without waiting, since the start. 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_token_status_hits(status: Option<&argus_auth_token_status>) -> u64 {
    boundary::read(status, 0, |status| status.status.hits)
}

/// Returns why the last fetch that failed did, kept after a success, borrowed from `status`; NULL when none has failed,
/// and for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_token_status_last_error(
    status: Option<&argus_auth_token_status>,
) -> Option<&argus_auth_error> {
    boundary::read(status, None, |status| status.last_error.as_ref())
}
