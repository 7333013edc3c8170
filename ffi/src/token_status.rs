//! The state of a backend's token.

use std::sync::Arc;
use std::time::Duration;

use argus_auth_core::Error;
use argus_auth_core::token::{TokenState, TokenStatus};

use crate::error::argus_auth_error;
use crate::failure::Failure;
use crate::{boundary, handle};

/// The state of a backend's token and of its fetches at one moment, for operators. Contains no token and no secret.
///
/// Obtained from: `argus_auth_resolver_status`.
/// Ownership: owned by the caller, freed with `argus_auth_token_status_free`.
/// Threads: immutable; any number of threads may read it at the same time.
/// Functions: `argus_auth_token_status_state`, `argus_auth_token_status_expires_in_ms`,
/// `argus_auth_token_status_since_success_ms`, `argus_auth_token_status_cool_down_ms`,
/// `argus_auth_token_status_fetching`, `argus_auth_token_status_successes`, `argus_auth_token_status_failures`,
/// `argus_auth_token_status_hits`, `argus_auth_token_status_last_error`, `argus_auth_token_status_free`.
///
/// Backends with equal `auth` blocks (after references are resolved) share one token, with its state and counters. The
/// counters start at 0 when the first configuration with such a block is loaded. They can start at 0 again after all
/// these configurations have been freed or replaced.
///
/// ```c
/// argus_auth_token_status *status = NULL;
/// if (argus_auth_resolver_status(resolver, "search", 6, &status, NULL) == ARGUS_AUTH_STATUS_OK && status != NULL) {
///     printf("expires in %lld ms\n", (long long)argus_auth_token_status_expires_in_ms(status));
///     printf("last error: %s\n", argus_auth_error_message(argus_auth_token_status_last_error(status)).data);
///     argus_auth_token_status_free(status);
/// }
/// ```
pub struct argus_auth_token_status {
    status: TokenStatus,
    last_error: Option<argus_auth_error>,
}

/// The state of a token. A newer library may return a number that this header does not have.
///
/// ```c
/// argus_auth_token_state state = argus_auth_token_status_state(token_status);
/// bool served = state == ARGUS_AUTH_TOKEN_STATE_FRESH || state == ARGUS_AUTH_TOKEN_STATE_RENEWING;
/// printf("%s\n", served ? "a token is in use" : "no token is in use");
/// ```
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum argus_auth_token_state {
    /// The backend has no `auth` block, or its `auth.type` is `static` or `pkce`: this library fetches no token for it.
    None = 0,
    /// There is no token: no fetch has succeeded yet, or the last token was invalidated.
    Empty = 1,
    /// The token is served and is not yet due for renewal.
    Fresh = 2,
    /// The token is served and is due for renewal.
    Renewing = 3,
    /// The token has expired and is not served.
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

/// Frees a token status.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_token_status_free(status: Option<Box<argus_auth_token_status>>) {
    handle::drop_contained(status);
}

/// Returns the state of the token.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_token_status_state(status: Option<&argus_auth_token_status>) -> argus_auth_token_state {
    boundary::read(status, argus_auth_token_state::None, |status| status.status.state.into())
}

/// Returns the number of milliseconds until the token expires: 0 if it has expired; -1 if there is no token or `status`
/// is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_token_status_expires_in_ms(status: Option<&argus_auth_token_status>) -> i64 {
    boundary::read(status, -1, |status| status.status.expires_in.map_or(-1, milliseconds))
}

/// Returns the number of milliseconds since the last successful fetch; -1 if no fetch has succeeded or `status` is
/// NULL.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_token_status_since_success_ms(status: Option<&argus_auth_token_status>) -> i64 {
    boundary::read(status, -1, |status| status.status.since_success.map_or(-1, milliseconds))
}

/// Returns the rest of the cool-down in milliseconds; 0 if there is no cool-down. The cool-down is the time after a
/// failed fetch in which no new fetch is made, and a call that finds no valid token returns the result of the failed
/// fetch.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_token_status_cool_down_ms(status: Option<&argus_auth_token_status>) -> i64 {
    boundary::read(status, 0, |status| status.status.cool_down.map_or(0, milliseconds))
}

/// Returns whether a fetch was under way when `status` was made.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_token_status_fetching(status: Option<&argus_auth_token_status>) -> bool {
    boundary::read(status, false, |status| status.status.fetching)
}

/// Returns the number of fetches that obtained a token.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_token_status_successes(status: Option<&argus_auth_token_status>) -> u64 {
    boundary::read(status, 0, |status| status.status.successes)
}

/// Returns the number of fetches that ended without a token, for any reason, including a shutdown. One fetch may
/// consist of several requests. A fetch that the circuit breaker withheld does not count: no request was sent, because
/// the token endpoint's host had failed several times in a row.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_token_status_failures(status: Option<&argus_auth_token_status>) -> u64 {
    boundary::read(status, 0, |status| status.status.failures)
}

/// Returns the number of times that a token was served without waiting.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_token_status_hits(status: Option<&argus_auth_token_status>) -> u64 {
    boundary::read(status, 0, |status| status.status.hits)
}

/// Returns the error of the last failed fetch; NULL if there is no such error. It is borrowed from `status`. A later
/// success does not remove it. A fetch that the circuit breaker withheld is not shown here. A fetch that ended by a
/// shutdown or a panic, or because the engine could not start, counts as a failure but is not shown here either.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_token_status_last_error(
    status: Option<&argus_auth_token_status>,
) -> Option<&argus_auth_error> {
    boundary::read(status, None, |status| status.last_error.as_ref())
}
