//! What the token endpoints of one host share: a limit on fetches, and a breaker that opens when the host is down.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Semaphore;

use crate::engine::Instant;
use crate::error::TokenErrorKind;

/// Fetches under way at once to one host.
const MAX_FETCHES: usize = 64;
/// Of these, renewals that nobody waits for: callers never queue behind more.
const MAX_RENEWALS: usize = 16;
/// So many fetches in a row must fail on the host's account for it to be taken for down.
const THRESHOLD: u32 = 5;
/// It is then left alone for this long, doubled each time that the one fetch which tries again fails too.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// One scheme, host and port.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) fetches: Semaphore,
    pub(super) renewals: Semaphore,
    breaker: Mutex<Breaker>,
}

#[derive(Debug, Default)]
struct Breaker {
    failures: u32,
    open_until: Option<Instant>,
}

impl Default for Host {
    fn default() -> Self {
        Self { fetches: Semaphore::new(MAX_FETCHES), renewals: Semaphore::new(MAX_RENEWALS), breaker: Mutex::default() }
    }
}

impl Host {
    /// Whether a fetch may go out; if not, when to ask again. When a pause is over, one fetch tries for all.
    pub(super) fn admit(&self, now: Instant) -> Result<(), Duration> {
        let mut breaker = self.breaker.lock();
        let Some(until) = breaker.open_until else { return Ok(()) };
        if now < until {
            return Err(until.since(now));
        }
        // The others wait as long again; by then this one has reported.
        breaker.open_until = Some(now.after(pause(breaker.failures)));
        Ok(())
    }

    /// How a fetch that was admitted ended. Only what is the host's fault counts: a client that is refused says that
    /// the host is well.
    pub(super) fn report(&self, failure: Option<TokenErrorKind>, now: Instant) {
        let mut breaker = self.breaker.lock();
        match failure {
            Some(
                TokenErrorKind::Dns
                | TokenErrorKind::Connect
                | TokenErrorKind::Tls
                | TokenErrorKind::Transport
                | TokenErrorKind::Timeout
                | TokenErrorKind::Unavailable,
            ) => {
                breaker.failures = breaker.failures.saturating_add(1);
                if breaker.failures >= THRESHOLD {
                    breaker.open_until = Some(now.after(pause(breaker.failures)));
                }
            }
            _ => *breaker = Breaker::default(),
        }
    }
}

fn pause(failures: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(THRESHOLD))).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant::from_nanos(seconds * 1_000_000_000)
    }

    fn down() -> Host {
        let host = Host::default();
        for _ in 0..THRESHOLD {
            host.report(Some(TokenErrorKind::Connect), at(0));
        }
        host
    }

    #[test]
    fn opens_after_failures_in_a_row_and_lets_one_try() {
        let host = down();
        assert_eq!(host.admit(at(0)), Err(Duration::from_secs(1)));
        assert_eq!(host.admit(at(1)), Ok(()));
        assert_eq!(host.admit(at(1)), Err(Duration::from_secs(1)), "one tries, the others wait");
        host.report(None, at(1));
        assert_eq!(host.admit(at(1)), Ok(()));
    }

    #[test]
    fn stays_shut_on_a_clients_mistakes() {
        let host = Host::default();
        for _ in 0..1_000 {
            host.report(Some(TokenErrorKind::Rejected), at(0));
            host.report(Some(TokenErrorKind::Response), at(0));
        }
        assert_eq!(host.admit(at(0)), Ok(()));
    }

    #[test]
    fn the_pause_grows_to_a_limit() {
        let host = down();
        for _ in 0..u8::MAX {
            host.report(Some(TokenErrorKind::Timeout), at(0));
        }
        assert_eq!(host.admit(at(0)), Err(LONGEST_PAUSE));
    }
}
