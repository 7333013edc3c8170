//! One fetch per token: who is fetching, who waits for it, and what the last failure was.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

#[cfg(all(test, argus_auth_loom))]
use self::model::Mutex;
#[cfg(not(all(test, argus_auth_loom)))]
use crate::lock::Mutex;
use tokio::sync::Notify;

use crate::engine::Instant;
use crate::error::Error;

/// After a transient failure nobody asks again for this long, doubled with each further one.
const TRANSIENT_COOL_DOWN: Duration = Duration::from_secs(1);
const LONGEST_TRANSIENT_COOL_DOWN: Duration = Duration::from_secs(60);
/// After a failure that trying again will not cure.
const PERMANENT_COOL_DOWN: Duration = Duration::from_secs(5);
const LONGEST_PERMANENT_COOL_DOWN: Duration = Duration::from_secs(300);

/// The fetches under way and the failures remembered, by token source. `W` is whoever waits.
#[derive(Debug)]
pub(crate) struct Flights<W> {
    slots: Mutex<HashMap<u64, Slot<W>>>,
}

#[derive(Debug)]
struct Slot<W> {
    waiters: Option<Vec<W>>, // Some while a fetch is under way
    /// Tells the fetch that somebody waits for it now. Here, and not in the source, since a child of `fork` must not
    /// touch what the parent's engine may have locked.
    joined: Arc<Notify>,
    failure: Option<Failure>,
}

#[derive(Debug, Clone)]
struct Failure {
    error: Error,
    /// How many that count there were before and with it.
    count: u32,
    until: Instant,
}

/// What became of a caller who wants to wait.
#[derive(Debug)]
pub(crate) enum Join<T> {
    /// There is a fetch now, and it is the caller's to perform: [`Flights::land`] or [`Flights::fail`] must follow.
    Start,
    /// Somebody's fetch is under way.
    Joined,
    /// A fetch had just ended well.
    Ready(T),
    /// The last fetch failed, too recently to try again.
    Cooling(Error),
}

/// How long nobody asks again after a failure.
#[derive(Debug, Clone, Copy)]
pub(crate) enum CoolDown {
    /// Not at all: the failure says nothing of the next attempt.
    None,
    /// So long, and the failure does not count: no request was made.
    Exactly(Duration),
    /// Longer with each failure, and as long as the server asked at least.
    Growing {
        /// `Retry-After`.
        at_least: Duration,
    },
}

impl CoolDown {
    /// Longer with each failure.
    pub(crate) const GROWING: Self = Self::Growing { at_least: Duration::ZERO };
}

impl<W> Default for Flights<W> {
    fn default() -> Self {
        Self { slots: Mutex::new(HashMap::new()) }
    }
}

impl<W> Default for Slot<W> {
    fn default() -> Self {
        Self { waiters: None, joined: Arc::default(), failure: None }
    }
}

impl<W> Slot<W> {
    /// The failure that is too recent to try again.
    fn cooling(&self, now: Instant) -> Option<&Failure> {
        self.failure.as_ref().filter(|failure| now < failure.until)
    }
}

impl<W> Flights<W> {
    /// Waits for the fetch for `source`, or becomes the one who performs it.
    ///
    /// `recheck` looks for the token once more, where a fetch that ends meanwhile can't slip through. A waiter that
    /// need not wait is dropped.
    pub(crate) fn join<T>(&self, source: u64, now: Instant, waiter: W, recheck: impl FnOnce() -> Option<T>) -> Join<T> {
        let mut slots = self.slots.lock();
        if let Some(ready) = recheck() {
            return Join::Ready(ready);
        }
        let slot = slots.entry(source).or_default();
        if let Some(waiters) = &mut slot.waiters {
            waiters.push(waiter);
            slot.joined.notify_waiters();
            return Join::Joined;
        }
        if let Some(failure) = slot.cooling(now) {
            return Join::Cooling(failure.error.clone());
        }
        slot.waiters = Some(vec![waiter]);
        Join::Start
    }

    /// Whether to perform a fetch for `source` that nobody waits for: not while one is under way, and not if it is
    /// `needless` by now. If so, [`Flights::land`] or [`Flights::fail`] must follow.
    ///
    /// # Errors
    ///
    /// The last fetch's, if it failed too recently to try again.
    pub(crate) fn begin(&self, source: u64, now: Instant, needless: impl FnOnce() -> bool) -> Result<bool, Error> {
        let mut slots = self.slots.lock();
        if needless() {
            return Ok(false);
        }
        let slot = slots.entry(source).or_default();
        if slot.waiters.is_some() {
            return Ok(false);
        }
        if let Some(failure) = slot.cooling(now) {
            return Err(failure.error.clone());
        }
        slot.waiters = Some(Vec::new());
        Ok(true)
    }

    /// A fetch ended well, and its token can be found by `recheck`. Returns who waited.
    pub(crate) fn land(&self, source: u64) -> Vec<W> {
        self.slots.lock().remove(&source).and_then(|slot| slot.waiters).unwrap_or_default()
    }

    /// A fetch failed. Returns who waited, and when to try again if the failure is one to be remembered.
    pub(crate) fn fail(
        &self,
        source: u64,
        error: &Error,
        cool_down: CoolDown,
        now: Instant,
    ) -> (Vec<W>, Option<Instant>) {
        let mut slots = self.slots.lock();
        let mut slot = slots.remove(&source).unwrap_or_default();
        let waiters = slot.waiters.take().unwrap_or_default();
        let before = slot.failure.as_ref().map_or(0, |failure| failure.count);
        let (count, pause) = match cool_down {
            CoolDown::None => return (waiters, None),
            CoolDown::Exactly(pause) => (before, pause),
            CoolDown::Growing { at_least } => {
                let pause = grown(error, before).max(at_least.min(LONGEST_PERMANENT_COOL_DOWN));
                (before.saturating_add(1), pause)
            }
        };
        let until = now.after(pause);
        slot.failure = Some(Failure { error: error.clone(), count, until });
        slots.insert(source, slot);
        (waiters, Some(until))
    }

    /// Ends when somebody waits for the fetch that is under way.
    pub(crate) async fn awaited(&self, source: u64) {
        let Some(joined) = self.slots.lock().get(&source).map(|slot| Arc::clone(&slot.joined)) else { return };
        let mut joined = pin!(joined.notified());
        // Listens before it looks, so that who joins between the two is not missed.
        joined.as_mut().enable();
        if !self.is_awaited(source) {
            joined.await;
        }
    }

    /// Whether somebody waits for the fetch that is under way.
    fn is_awaited(&self, source: u64) -> bool {
        let slots = self.slots.lock();
        slots.get(&source).and_then(|slot| slot.waiters.as_ref()).is_some_and(|waiters| !waiters.is_empty())
    }

    /// Whether a fetch is under way, and how long a cool-down lasts.
    pub(crate) fn state(&self, source: u64, now: Instant) -> (bool, Option<Duration>) {
        let slots = self.slots.lock();
        let Some(slot) = slots.get(&source) else { return (false, None) };
        let cool_down = slot.failure.as_ref().map(|failure| failure.until.since(now)).filter(|rest| !rest.is_zero());
        (slot.waiters.is_some(), cool_down)
    }

    /// Forgets the last failure, so that the next caller tries again at once.
    pub(crate) fn forgive(&self, source: u64) {
        let mut slots = self.slots.lock();
        match slots.get_mut(&source) {
            Some(slot) if slot.waiters.is_some() => slot.failure = None,
            Some(_) => drop(slots.remove(&source)),
            None => {}
        }
    }
}

fn grown(error: &Error, before: u32) -> Duration {
    let (first, longest) = match error {
        Error::Token(cause) if !cause.kind.is_transient() => (PERMANENT_COOL_DOWN, LONGEST_PERMANENT_COOL_DOWN),
        _ => (TRANSIENT_COOL_DOWN, LONGEST_TRANSIENT_COOL_DOWN),
    };
    first.saturating_mul(2_u32.saturating_pow(before)).min(longest)
}

#[cfg(all(test, not(argus_auth_loom)))]
mod tests {
    use super::*;
    use crate::error::{TokenError, TokenErrorKind};

    fn failure(kind: TokenErrorKind) -> Error {
        Error::Token(Arc::new(TokenError {
            kind,
            token_url: String::new(),
            http_status: None,
            oauth_error: None,
            oauth_error_description: None,
            message: String::new(),
        }))
    }

    fn at(seconds: u64) -> Instant {
        Instant::from_nanos(seconds * 1_000_000_000)
    }

    #[test]
    fn the_cool_down_grows_and_is_capped_and_forgiven() {
        let flights = Flights::<()>::default();
        let transient = failure(TokenErrorKind::Unavailable);
        let growing = CoolDown::Growing { at_least: Duration::ZERO };
        let breaker = CoolDown::Exactly(Duration::from_secs(1));
        assert_eq!(flights.fail(0, &transient, breaker, at(0)).1, Some(at(1)), "does not count, nor the first time");
        let pauses = [1, 2, 4, 8, 16, 32, 60, 60].map(|pause| Some(at(pause)));
        for pause in pauses {
            assert_eq!(flights.fail(0, &transient, growing, at(0)).1, pause);
        }
        assert_eq!(flights.fail(0, &transient, breaker, at(59)).1, Some(at(60)), "does not count");
        assert!(flights.begin(0, at(59), || false).is_err());
        flights.forgive(0);
        assert!(flights.begin(0, at(59), || false).unwrap());
        assert_eq!(flights.fail(0, &failure(TokenErrorKind::Rejected), growing, at(0)).1, Some(at(5)));
    }

    #[test]
    fn the_server_may_ask_for_a_longer_pause_within_reason() {
        let flights = Flights::<()>::default();
        let transient = failure(TokenErrorKind::Unavailable);
        let asked = |seconds| CoolDown::Growing { at_least: Duration::from_secs(seconds) };
        assert_eq!(flights.fail(0, &transient, asked(100), at(0)).1, Some(at(100)));
        assert_eq!(flights.fail(1, &transient, asked(u64::MAX), at(0)).1, Some(at(300)));
    }

    #[test]
    fn what_says_nothing_of_the_endpoint_is_not_remembered() {
        let flights = Flights::<()>::default();
        assert!(matches!(flights.join(0, at(0), (), || None::<()>), Join::Start));
        let (waiters, again) = flights.fail(0, &Error::Shutdown, CoolDown::None, at(0));
        assert_eq!((waiters.len(), again), (1, None));
        assert!(flights.begin(0, at(0), || false).unwrap());
        assert!(!flights.begin(0, at(0), || false).unwrap(), "one is under way");
    }
}

#[cfg(all(test, argus_auth_loom))]
mod model;
