//! What the token endpoints of one host share: limits on requests, and a breaker that opens when the host is down.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::turn::Limits;
use crate::engine::Instant;
use crate::error::{TokenError, TokenErrorKind};
use crate::lock::Mutex;

/// So many requests in a row must fail on the host's account for it to be taken for down.
const THRESHOLD: u32 = 5;
/// It is then left alone for this long, doubled each time that the one fetch which tries again fails too.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// The one that tries is given up for lost after this.
const LONGEST_FETCH: Duration = Duration::from_secs(30);

/// One scheme, host and port.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) limits: Limits,
    /// Whether it was said that credentials go there in the clear.
    pub(super) warned_of: AtomicBool,
    breaker: Mutex<Breaker>,
}

#[derive(Debug)]
enum Breaker {
    /// The host is well, but for so many failures in a row.
    Closed { failures: u32 },
    /// It is left alone.
    Open { until: Instant, pause: Duration, cause: String, probing_until: Option<Instant> },
}

/// A fetch that may go out.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Admitted {
    /// It tries for all.
    probe: bool,
}

/// A fetch that may not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LeftAlone {
    /// When to ask again.
    pub(super) pause: Duration,
    /// Why the host is taken for down.
    pub(super) cause: String,
}

impl Default for Host {
    fn default() -> Self {
        Self {
            limits: Limits::of_host(),
            warned_of: AtomicBool::new(false),
            breaker: Mutex::new(Breaker::Closed { failures: 0 }),
        }
    }
}

impl Host {
    /// Whether a fetch may go out. When a pause is over, one tries for all, and the others wait for its end.
    pub(super) fn admit(&self, now: Instant) -> Result<Admitted, LeftAlone> {
        let mut breaker = self.breaker.lock();
        if let Some(left_alone) = breaker.left_alone(now) {
            return Err(left_alone);
        }
        match &mut *breaker {
            Breaker::Closed { .. } => Ok(Admitted { probe: false }),
            Breaker::Open { probing_until, .. } => {
                *probing_until = Some(now.after(LONGEST_FETCH));
                Ok(Admitted { probe: true })
            }
        }
    }

    /// What a fetch would be told now, if it may not go out.
    pub(super) fn left_alone(&self, now: Instant) -> Option<LeftAlone> {
        self.breaker.lock().left_alone(now)
    }

    /// Whether it is taken for down, be it time to try again or not.
    pub(super) fn is_down(&self) -> bool {
        matches!(*self.breaker.lock(), Breaker::Open { .. })
    }

    /// How a request of an admitted fetch ended. Its later ones go out too, but it tries for all once only.
    pub(super) fn report(&self, admitted: &mut Admitted, failure: Option<&TokenError>, now: Instant) {
        let mut breaker = self.breaker.lock();
        let probe = std::mem::take(&mut admitted.probe);
        if failure.is_some_and(|error| error.kind == TokenErrorKind::Request) {
            // Nothing was sent, so it says nothing of the host. If it was to try for all, another may.
            if let Breaker::Open { probing_until, .. } = &mut *breaker
                && probe
            {
                *probing_until = None;
            }
            return;
        }
        let Some(error) = failure.filter(|error| is_the_hosts(error)) else {
            *breaker = Breaker::Closed { failures: 0 };
            return;
        };
        let pause = match &mut *breaker {
            Breaker::Closed { failures } => {
                *failures += 1;
                if *failures < THRESHOLD {
                    return;
                }
                FIRST_PAUSE
            }
            Breaker::Open { pause, .. } if probe => pause.saturating_mul(2).min(LONGEST_PAUSE),
            // It went out when the host seemed well; that it is not is known by now.
            Breaker::Open { .. } => return,
        };
        let cause = error.message.clone();
        *breaker = Breaker::Open { until: now.after(pause), pause, cause, probing_until: None };
    }
}

impl Breaker {
    fn left_alone(&self, now: Instant) -> Option<LeftAlone> {
        let Self::Open { until, cause, probing_until, .. } = self else { return None };
        let pause = match probing_until {
            _ if now < *until => until.since(now),
            Some(end) if now < *end => FIRST_PAUSE,
            _ => return None,
        };
        Some(LeftAlone { pause, cause: cause.clone() })
    }
}

/// Whether a failure is the host's: transport and 5xx. A client that is refused or asked to slow down, and a
/// certificate that is not trusted, say that somebody answers.
fn is_the_hosts(error: &TokenError) -> bool {
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
        TokenError {
            kind,
            token_url: String::new(),
            http_status,
            oauth_error: None,
            oauth_error_description: None,
            message: "refused".to_owned(),
        }
    }

    /// A host with so many fetches out that then fail together.
    fn down(fetches: u32) -> Host {
        let host = Host::default();
        let admitted: Vec<_> = (0..fetches).map(|_| host.admit(at(0)).unwrap()).collect();
        for mut admitted in admitted {
            host.report(&mut admitted, Some(&failure(TokenErrorKind::Connect, None)), at(0));
        }
        host
    }

    fn pause(host: &Host, now: Instant) -> u64 {
        host.admit(now).unwrap_err().pause.as_secs()
    }

    #[test]
    fn opens_after_failures_in_a_row_and_lets_one_try() {
        let host = down(THRESHOLD);
        assert_eq!(host.admit(at(0)), Err(LeftAlone { pause: FIRST_PAUSE, cause: "refused".to_owned() }));
        let mut probe = host.admit(at(1)).unwrap();
        assert_eq!(pause(&host, at(1)), 1, "one tries, the others wait");
        assert_eq!(pause(&host, at(30)), 1, "as long as it takes");
        host.report(&mut probe, None, at(30));
        assert!(host.admit(at(30)).is_ok());
    }

    #[test]
    fn many_failures_at_once_are_one() {
        assert_eq!(pause(&down(64), at(0)), 1);
    }

    #[test]
    fn a_probe_that_never_reports_does_not_keep_it_open() {
        let host = down(THRESHOLD);
        assert!(host.admit(at(1)).is_ok());
        assert!(host.admit(at(31)).is_ok());
    }

    #[test]
    fn stays_shut_on_what_is_not_the_hosts_fault() {
        let host = Host::default();
        let others = [
            (TokenErrorKind::Rejected, Some(400)),
            (TokenErrorKind::Response, Some(200)),
            (TokenErrorKind::Unavailable, Some(429)),
            (TokenErrorKind::Tls, None),
            (TokenErrorKind::Request, None),
        ];
        for (kind, status) in others.into_iter().cycle().take(1_000) {
            host.report(&mut host.admit(at(0)).unwrap(), Some(&failure(kind, status)), at(0));
        }
        assert!(host.admit(at(0)).is_ok());
    }

    #[test]
    fn what_was_never_sent_says_nothing_of_the_host() {
        let mistake = failure(TokenErrorKind::Request, None);
        let host = down(THRESHOLD - 1);
        host.report(&mut host.admit(at(0)).unwrap(), Some(&mistake), at(0));
        host.report(&mut host.admit(at(0)).unwrap(), Some(&failure(TokenErrorKind::Connect, None)), at(0));
        assert_eq!(pause(&host, at(0)), 1, "the count was not reset");
        host.report(&mut host.admit(at(1)).unwrap(), Some(&mistake), at(1));
        assert_eq!(host.admit(at(1)), Ok(Admitted { probe: true }), "another tries for all");
        assert_eq!(pause(&host, at(1)), 1, "and one only");
    }

    #[test]
    fn the_pause_grows_to_a_limit() {
        let host = down(THRESHOLD);
        let mut now = 0;
        for expected in [1, 2, 4, 8, 16, 30, 30] {
            assert_eq!(pause(&host, at(now)), expected);
            now += expected;
            let mut probe = host.admit(at(now)).unwrap();
            for _attempt in 0..4 {
                host.report(&mut probe, Some(&failure(TokenErrorKind::Unavailable, Some(503))), at(now));
            }
        }
    }
}
