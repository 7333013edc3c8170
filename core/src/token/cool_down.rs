//! The ways in which a fetch can fail, and the cool-down after each: arithmetic only, no clock.

use std::time::Duration;

use crate::error::Error;
use crate::runtime::Instant;

/// The cool-down after a transient failure. Each earlier failure in a row, of either kind, doubles it.
const FIRST_TRANSIENT: Duration = Duration::from_secs(1);
const LONGEST_TRANSIENT: Duration = Duration::from_secs(60);
/// The cool-down after a failure that an operator must cure. Each earlier failure in a row, of either kind, doubles it.
const FIRST_PERMANENT: Duration = Duration::from_secs(5);
const LONGEST_PERMANENT: Duration = Duration::from_secs(300);

/// The failure of a fetch.
#[derive(Debug)]
pub(super) enum FetchFailure {
    /// No request got a usable token, or no request could be sent. The failure lengthens the next cool-down.
    Failed {
        error: Error,
        /// The `Retry-After` of the last response, or zero.
        retry_after: Duration,
    },
    /// The circuit breaker was open, so no request was sent. The failure does not lengthen the next cool-down.
    Withheld {
        error: Error,
        /// The time until the circuit breaker may admit a fetch.
        pause: Duration,
    },
    /// A shutdown or a panic ended the fetch. This tells nothing about the token endpoint.
    Abandoned { error: Error },
}

impl FetchFailure {
    /// Returns a `Failed` without a `Retry-After`.
    pub(super) fn failed(error: Error) -> Self {
        Self::Failed { error, retry_after: Duration::ZERO }
    }

    pub(super) fn error(&self) -> &Error {
        match self {
            Self::Failed { error, .. } | Self::Withheld { error, .. } | Self::Abandoned { error } => error,
        }
    }
}

/// The time after a failure in which no fetch is made. A caller that finds no valid token gets the remembered error.
#[derive(Debug, Clone)]
pub(super) struct CoolDown {
    pub error: Error,
    pub until: Instant,
    /// The number of `Failed` fetches in a row. A withheld fetch neither adds to it nor resets it.
    failures: u32,
}

impl CoolDown {
    /// Returns the cool-down that `failure` causes after `previous`; `None` if it causes none.
    pub(super) fn after(failure: &FetchFailure, previous: Option<&Self>, now: Instant) -> Option<Self> {
        let before = previous.map_or(0, |previous| previous.failures);
        let (error, failures, pause) = match failure {
            FetchFailure::Abandoned { .. } => return None,
            FetchFailure::Withheld { error, pause } => (error, before, *pause),
            FetchFailure::Failed { error, retry_after } => {
                let pause = growing(error, before).max((*retry_after).min(LONGEST_PERMANENT));
                (error, before.saturating_add(1), pause)
            }
        };
        Some(Self { error: error.clone(), until: now.after(pause), failures })
    }

    /// Returns the time that is left; zero when the cool-down is over.
    pub(super) fn remaining(&self, now: Instant) -> Duration {
        self.until.since(now)
    }
}

/// Returns the length of the cool-down after `error`, when `failures_before` failed fetches in a row came before it.
fn growing(error: &Error, failures_before: u32) -> Duration {
    let (first, longest) = match error {
        Error::Token(cause) if !cause.kind.is_transient() => (FIRST_PERMANENT, LONGEST_PERMANENT),
        _ => (FIRST_TRANSIENT, LONGEST_TRANSIENT),
    };
    first.saturating_mul(2_u32.saturating_pow(failures_before)).min(longest)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::error::{TokenError, TokenErrorKind};

    fn at(seconds: u64) -> Instant {
        Instant::from_nanos(seconds * 1_000_000_000)
    }

    fn failed(kind: TokenErrorKind, retry_after: u64) -> FetchFailure {
        let error = Error::Token(Arc::new(TokenError::new(kind, "")));
        FetchFailure::Failed { error, retry_after: Duration::from_secs(retry_after) }
    }

    /// Returns the lengths of the cool-downs after these failures in a row, in seconds.
    fn lengths(failures: &[FetchFailure]) -> Vec<u64> {
        let mut previous = None;
        let length = |failure| {
            previous = CoolDown::after(failure, previous.as_ref(), at(0));
            previous.as_ref().unwrap().remaining(at(0)).as_secs()
        };
        failures.iter().map(length).collect()
    }

    #[test]
    fn transient_failures_double_the_cool_down_up_to_a_minute() {
        let failures = [const { TokenErrorKind::Unavailable }; 8].map(|kind| failed(kind, 0));
        assert_eq!(lengths(&failures), [1, 2, 4, 8, 16, 32, 60, 60]);
    }

    #[test]
    fn permanent_failures_double_the_cool_down_from_five_seconds() {
        assert_eq!(lengths(&[failed(TokenErrorKind::Rejected, 0), failed(TokenErrorKind::Rejected, 0)]), [5, 10]);
    }

    #[test]
    fn withheld_fetch_neither_adds_to_the_count_of_failures_nor_resets_it() {
        let error = || Error::Token(Arc::new(TokenError::new(TokenErrorKind::Unavailable, "")));
        let withheld = || FetchFailure::Withheld { error: error(), pause: Duration::from_secs(7) };
        let failures = [withheld(), failed(TokenErrorKind::Connect, 0), withheld(), failed(TokenErrorKind::Connect, 0)];
        assert_eq!(lengths(&failures), [7, 1, 7, 2]);
    }

    #[test]
    fn abandoned_fetch_causes_no_cool_down() {
        let abandoned = FetchFailure::Abandoned { error: Error::Shutdown };
        assert!(CoolDown::after(&abandoned, None, at(0)).is_none());
    }

    #[test]
    fn retry_after_lengthens_the_cool_down_up_to_five_minutes() {
        assert_eq!(lengths(&[failed(TokenErrorKind::Unavailable, 100)]), [100]);
        assert_eq!(lengths(&[failed(TokenErrorKind::Unavailable, u64::MAX)]), [300]);
    }

    #[test]
    fn cool_down_after_a_million_failures_does_not_overflow() {
        let mut cool_down = None;
        for _ in 0..1_000_000 {
            cool_down = CoolDown::after(&failed(TokenErrorKind::Unavailable, 0), cool_down.as_ref(), at(0));
        }
        assert_eq!(cool_down.unwrap().remaining(at(0)).as_secs(), 60);
    }
}
