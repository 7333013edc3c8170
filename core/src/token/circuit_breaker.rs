//! The circuit breaker of one host: after several failures in a row, no request is sent for a while.

use std::time::Duration;

use crate::error::{TokenError, TokenErrorKind};
use crate::lock::Mutex;
use crate::runtime::Instant;

/// The breaker opens after this many consecutive failures that are the host's fault.
const THRESHOLD: u32 = 5;
/// The time for which the breaker stays open when it first opens. Doubled each time that the half-open probe fails.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// The time after which a probe without a result counts as lost, and another fetch may probe. An admitted fetch ends
/// within this time.
const LONGEST_PROBE: Duration = Duration::from_secs(30);

/// Closed: requests are sent. Open: no request is sent. Half-open, when the pause is over: one fetch sends the probe.
#[derive(Debug)]
pub(super) struct CircuitBreaker(Mutex<BreakerState>);

#[derive(Debug)]
enum BreakerState {
    /// The number of failures in a row, less than [`THRESHOLD`].
    Closed { failures: u32 },
    /// Open, or half-open after `until`.
    Open {
        until: Instant,
        /// The time from the last failure to `until`.
        pause: Duration,
        /// The failure that opened the breaker, in words.
        cause: String,
        /// While a probe is under way, the time at which it counts as lost.
        probing_until: Option<Instant>,
    },
}

/// Proof that the circuit breaker has admitted a fetch.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Admitted {
    /// True if the next request is the half-open probe.
    probe: bool,
}

/// The answer to a fetch that is not admitted, because the circuit breaker is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NotAdmitted {
    /// The time after which the caller may ask again.
    pub pause: Duration,
    /// The failure that opened the breaker, in words.
    pub cause: String,
}

impl Default for CircuitBreaker {
    fn default() -> Self {
        Self(Mutex::new(BreakerState::Closed { failures: 0 }))
    }
}

impl CircuitBreaker {
    /// Admits a fetch unless the breaker is open. When the pause is over, admits one fetch as the half-open probe, and
    /// admits no other fetch until the result of the probe is reported or the probe counts as lost.
    pub(super) fn admit(&self, now: Instant) -> Result<Admitted, NotAdmitted> {
        let mut state = self.0.lock();
        if let Some(not_admitted) = state.not_admitted(now) {
            return Err(not_admitted);
        }
        match &mut *state {
            BreakerState::Closed { .. } => Ok(Admitted { probe: false }),
            BreakerState::Open { probing_until, .. } => {
                *probing_until = Some(now.after(LONGEST_PROBE));
                Ok(Admitted { probe: true })
            }
        }
    }

    /// Returns the error that [`CircuitBreaker::admit`] would return now; `None` if it would admit a fetch. Changes
    /// nothing.
    pub(super) fn would_not_admit(&self, now: Instant) -> Option<NotAdmitted> {
        self.0.lock().not_admitted(now)
    }

    /// Returns whether the breaker is open or half-open.
    pub(super) fn is_tripped(&self) -> bool {
        matches!(*self.0.lock(), BreakerState::Open { .. })
    }

    /// Records the end of one request of an admitted fetch. `failure` is `None` if the request got a token. Retries of
    /// the fetch need no new admission, but only the first request of the fetch can be the probe.
    pub(super) fn report(&self, admitted: &mut Admitted, failure: Option<&TokenError>, now: Instant) {
        let mut state = self.0.lock();
        let probe = std::mem::take(&mut admitted.probe);
        if failure.is_some_and(|error| error.kind == TokenErrorKind::Request) {
            // No request was sent, so the failure tells nothing about the host. If this fetch was to send the probe,
            // another fetch may send it.
            if let BreakerState::Open { probing_until, .. } = &mut *state
                && probe
            {
                *probing_until = None;
            }
            return;
        }
        let Some(error) = failure.filter(|error| counts_against_host(error)) else {
            *state = BreakerState::Closed { failures: 0 };
            return;
        };
        let pause = match &mut *state {
            BreakerState::Closed { failures } => {
                *failures += 1;
                if *failures < THRESHOLD {
                    return;
                }
                FIRST_PAUSE
            }
            BreakerState::Open { pause, .. } if probe => pause.saturating_mul(2).min(LONGEST_PAUSE),
            // The fetch was admitted before the breaker opened, or the request is a retry after a failed probe. Such a
            // failure does not lengthen the pause.
            BreakerState::Open { .. } => return,
        };
        let cause = error.message.clone();
        *state = BreakerState::Open { until: now.after(pause), pause, cause, probing_until: None };
    }
}

impl BreakerState {
    /// Returns the error for a fetch at `now`; `None` if the fetch would be admitted.
    fn not_admitted(&self, now: Instant) -> Option<NotAdmitted> {
        let Self::Open { until, cause, probing_until, .. } = self else { return None };
        let pause = match probing_until {
            _ if now < *until => until.since(now),
            // A probe is under way. It may end at any time, so the caller may ask again soon.
            Some(end) if now < *end => FIRST_PAUSE,
            _ => return None,
        };
        Some(NotAdmitted { pause, cause: cause.clone() })
    }
}

/// Returns whether a failure is the host's fault: a failed DNS lookup, a failed or broken connection, a timeout, or a
/// status 5xx. Other failures of a request that was sent, such as a rejection, a 429 or an untrusted certificate, show
/// that the host answers.
fn counts_against_host(error: &TokenError) -> bool {
    match error.kind {
        TokenErrorKind::Dns | TokenErrorKind::Connect | TokenErrorKind::Transport | TokenErrorKind::Timeout => true,
        TokenErrorKind::Unavailable => error.http_status.is_some_and(|status| status >= 500),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant::from_nanos(seconds * 1_000_000_000)
    }

    fn failure(kind: TokenErrorKind, http_status: Option<u16>) -> TokenError {
        TokenError { http_status, ..TokenError::new(kind, "refused") }
    }

    /// Returns a breaker after this many failed requests that were all under way at the same time.
    fn failed(fetches: u32) -> CircuitBreaker {
        let breaker = CircuitBreaker::default();
        let admitted: Vec<_> = (0..fetches).map(|_| breaker.admit(at(0)).unwrap()).collect();
        for mut admitted in admitted {
            breaker.report(&mut admitted, Some(&failure(TokenErrorKind::Connect, None)), at(0));
        }
        breaker
    }

    fn pause(breaker: &CircuitBreaker, now: Instant) -> u64 {
        breaker.admit(now).unwrap_err().pause.as_secs()
    }

    #[test]
    fn breaker_after_failures_in_a_row_opens_and_admits_one_probe() {
        let breaker = failed(THRESHOLD);
        assert_eq!(breaker.admit(at(0)), Err(NotAdmitted { pause: FIRST_PAUSE, cause: "refused".to_owned() }));
        let mut probe = breaker.admit(at(1)).unwrap();
        assert_eq!(pause(&breaker, at(1)), 1, "one fetch probes, the others are not admitted");
        assert_eq!(pause(&breaker, at(30)), 1, "the others are not admitted while the probe is under way");
        breaker.report(&mut probe, None, at(30));
        assert!(breaker.admit(at(30)).is_ok());
    }

    #[test]
    fn failures_of_requests_under_way_together_open_the_breaker_once() {
        assert_eq!(pause(&failed(64), at(0)), 1);
    }

    #[test]
    fn probe_that_never_reports_is_replaced_by_another() {
        let breaker = failed(THRESHOLD);
        assert!(breaker.admit(at(1)).is_ok());
        assert!(breaker.admit(at(31)).is_ok());
    }

    #[test]
    fn failures_that_are_not_the_hosts_fault_leave_the_breaker_closed() {
        let breaker = CircuitBreaker::default();
        let others = [
            (TokenErrorKind::Rejected, Some(400)),
            (TokenErrorKind::Response, Some(200)),
            (TokenErrorKind::Unavailable, Some(429)),
            (TokenErrorKind::Tls, None),
            (TokenErrorKind::Request, None),
        ];
        for (kind, status) in others.into_iter().cycle().take(1_000) {
            breaker.report(&mut breaker.admit(at(0)).unwrap(), Some(&failure(kind, status)), at(0));
        }
        assert!(breaker.admit(at(0)).is_ok());
    }

    #[test]
    fn request_that_was_never_sent_keeps_the_count_and_lets_another_fetch_probe() {
        let mistake = failure(TokenErrorKind::Request, None);
        let breaker = failed(THRESHOLD - 1);
        breaker.report(&mut breaker.admit(at(0)).unwrap(), Some(&mistake), at(0));
        breaker.report(&mut breaker.admit(at(0)).unwrap(), Some(&failure(TokenErrorKind::Connect, None)), at(0));
        assert_eq!(pause(&breaker, at(0)), 1, "the count was not reset");
        breaker.report(&mut breaker.admit(at(1)).unwrap(), Some(&mistake), at(1));
        assert_eq!(breaker.admit(at(1)), Ok(Admitted { probe: true }), "another fetch probes");
        assert_eq!(pause(&breaker, at(1)), 1, "only one fetch probes");
    }

    #[test]
    fn pause_after_failed_probes_doubles_up_to_30_s() {
        let breaker = failed(THRESHOLD);
        let mut now = 0;
        for expected in [1, 2, 4, 8, 16, 30, 30] {
            assert_eq!(pause(&breaker, at(now)), expected);
            now += expected;
            let mut probe = breaker.admit(at(now)).unwrap();
            for _attempt in 0..4 {
                breaker.report(&mut probe, Some(&failure(TokenErrorKind::Unavailable, Some(503))), at(now));
            }
        }
    }
}
