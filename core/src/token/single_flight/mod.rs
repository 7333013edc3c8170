//! Single flight: one fetch per source, shared by all callers, and the cool-down after a fetch that failed.
//!
//! * this file: [`SingleFlight`];
//! * `model`: a test with loom, in all interleavings of its threads with at most three preemptions.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use super::SourceId;
use super::cool_down::{CoolDown, FetchFailure};
use crate::error::Error;
use crate::lock::ModelledMutex;
use crate::runtime::Instant;

#[cfg(all(test, argus_auth_loom))]
mod model;

/// The fetches under way and the cool-downs, by source. `W` is a waiter.
#[derive(Debug)]
pub(super) struct SingleFlight<W> {
    entries: ModelledMutex<HashMap<SourceId, SourceEntry<W>>>,
}

#[derive(Debug)]
struct SourceEntry<W> {
    /// The waiters of the fetch that is under way; `None` if no fetch is under way.
    waiters: Option<Vec<W>>,
    /// Notifies the fetch that a caller waits for it now. `Notify` contains a lock, which the parent's engine may have
    /// held at a `fork`. So it is kept here and not in the source, which a child continues to use.
    joined: Arc<Notify>,
    cool_down: Option<CoolDown>,
}

/// The result of [`SingleFlight::join`].
#[derive(Debug)]
pub(super) enum Join<T> {
    /// The caller must perform the fetch: [`SingleFlight::succeed`] or [`SingleFlight::fail`] must follow.
    Start,
    /// The caller waits for the fetch that is under way.
    Joined,
    /// A fetch has succeeded in the meantime.
    Ready(T),
    /// The source is cooling down after a failed fetch, which had this error.
    CoolingDown(Error),
}

/// The result of [`SingleFlight::begin`].
#[derive(Debug)]
pub(super) enum Begin {
    /// The caller must perform the fetch: [`SingleFlight::succeed`] or [`SingleFlight::fail`] must follow.
    Start,
    /// A fetch is under way.
    UnderWay,
    /// No fetch is needed any more.
    Needless,
    /// The source is cooling down after a failed fetch, which had this error.
    CoolingDown(Error),
}

/// The consequences of a failed fetch.
#[derive(Debug)]
pub(super) struct FailedFetch<W> {
    /// The waiters of the fetch.
    pub waiters: Vec<W>,
    /// The end of the cool-down; `None` if the failure is not remembered.
    pub cool_down_until: Option<Instant>,
}

/// The activity of one source.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Activity {
    pub fetching: bool,
    /// The time until the cool-down ends; `None` without a cool-down.
    pub cool_down: Option<Duration>,
}

impl<W> Default for SingleFlight<W> {
    fn default() -> Self {
        Self { entries: ModelledMutex::new(HashMap::new()) }
    }
}

impl<W> Default for SourceEntry<W> {
    fn default() -> Self {
        Self { waiters: None, joined: Arc::default(), cool_down: None }
    }
}

impl<W> SourceEntry<W> {
    /// Returns the error of the last fetch if a cool-down is under way.
    fn cooling_down(&self, now: Instant) -> Option<&Error> {
        self.cool_down.as_ref().filter(|cool_down| now < cool_down.until).map(|cool_down| &cool_down.error)
    }
}

impl<W> SingleFlight<W> {
    /// Returns the token if there is a valid one by now. Otherwise adds `waiter` to the fetch for `source` that is
    /// under way. If no fetch is under way, returns the error of a cool-down, or tells the caller to perform the fetch.
    ///
    /// `recheck` reads the token once more, under the lock, so that a fetch which has just ended is not missed. The
    /// waiter is dropped if there is nothing to wait for.
    pub(super) fn join<T>(
        &self,
        source: SourceId,
        now: Instant,
        waiter: W,
        recheck: impl FnOnce() -> Option<T>,
    ) -> Join<T> {
        let mut entries = self.entries.lock();
        if let Some(ready) = recheck() {
            return Join::Ready(ready);
        }
        let entry = entries.entry(source).or_default();
        if let Some(waiters) = &mut entry.waiters {
            waiters.push(waiter);
            entry.joined.notify_waiters();
            return Join::Joined;
        }
        if let Some(error) = entry.cooling_down(now) {
            return Join::CoolingDown(error.clone());
        }
        entry.waiters = Some(vec![waiter]);
        Join::Start
    }

    /// Decides whether the caller must perform a fetch for `source` without a waiter. `is_needless` is called under the
    /// lock, so that a fetch which has just ended is not missed.
    pub(super) fn begin(&self, source: SourceId, now: Instant, is_needless: impl FnOnce() -> bool) -> Begin {
        let mut entries = self.entries.lock();
        if is_needless() {
            return Begin::Needless;
        }
        let entry = entries.entry(source).or_default();
        if entry.waiters.is_some() {
            return Begin::UnderWay;
        }
        if let Some(error) = entry.cooling_down(now) {
            return Begin::CoolingDown(error.clone());
        }
        entry.waiters = Some(Vec::new());
        Begin::Start
    }

    /// Records that the fetch for `source` succeeded, and returns the waiters. The token must have been stored where
    /// `recheck` finds it.
    pub(super) fn succeed(&self, source: SourceId) -> Vec<W> {
        self.entries.lock().remove(&source).and_then(|entry| entry.waiters).unwrap_or_default()
    }

    /// Records that the fetch for `source` failed. Starts the cool-down, except after an abandoned fetch.
    pub(super) fn fail(&self, source: SourceId, failure: &FetchFailure, now: Instant) -> FailedFetch<W> {
        let mut entries = self.entries.lock();
        let mut entry = entries.remove(&source).unwrap_or_default();
        let waiters = entry.waiters.take().unwrap_or_default();
        let cool_down = CoolDown::after(failure, entry.cool_down.as_ref(), now);
        let cool_down_until = cool_down.as_ref().map(|cool_down| cool_down.until);
        if cool_down.is_some() {
            entries.insert(source, SourceEntry { cool_down, ..entry });
        }
        FailedFetch { waiters, cool_down_until }
    }

    /// Waits until a caller waits for the fetch that is under way.
    pub(super) async fn caller_joined(&self, source: SourceId) {
        let Some(joined) = self.entries.lock().get(&source).map(|entry| Arc::clone(&entry.joined)) else { return };
        let mut joined = pin!(joined.notified());
        // Registers for notifications before it checks for waiters, so that a caller that joins in between is not
        // missed.
        joined.as_mut().enable();
        if !self.has_waiters(source) {
            joined.await;
        }
    }

    fn has_waiters(&self, source: SourceId) -> bool {
        let entries = self.entries.lock();
        entries.get(&source).and_then(|entry| entry.waiters.as_ref()).is_some_and(|waiters| !waiters.is_empty())
    }

    /// Returns whether a fetch is under way for `source`, and the rest of its cool-down.
    pub(super) fn activity(&self, source: SourceId, now: Instant) -> Activity {
        let entries = self.entries.lock();
        let Some(entry) = entries.get(&source) else { return Activity::default() };
        let cool_down = entry.cool_down.as_ref().map(|cool_down| cool_down.remaining(now));
        Activity { fetching: entry.waiters.is_some(), cool_down: cool_down.filter(|remaining| !remaining.is_zero()) }
    }

    /// Ends the cool-down and resets the count of failures, so that the next caller can start a fetch.
    pub(super) fn end_cool_down(&self, source: SourceId) {
        let mut entries = self.entries.lock();
        match entries.get_mut(&source) {
            Some(entry) if entry.waiters.is_some() => entry.cool_down = None,
            Some(_) => drop(entries.remove(&source)),
            None => {}
        }
    }
}

#[cfg(all(test, not(argus_auth_loom)))]
mod tests {
    use super::*;
    use crate::error::{TokenError, TokenErrorKind};

    const SOURCE: SourceId = SourceId::for_test(0);

    fn failed() -> FetchFailure {
        FetchFailure::failed(Error::Token(Arc::new(TokenError::new(TokenErrorKind::Unavailable, ""))))
    }

    fn at(seconds: u64) -> Instant {
        Instant::from_nanos(seconds * 1_000_000_000)
    }

    #[test]
    fn begin_during_a_cool_down_returns_the_error_until_it_ends() {
        let single_flight = SingleFlight::<()>::default();
        let begin = |now| single_flight.begin(SOURCE, now, || false);
        let fail = |now| single_flight.fail(SOURCE, &failed(), now).cool_down_until;
        assert!(matches!(begin(at(0)), Begin::Start));
        assert_eq!(fail(at(0)), Some(at(1)));
        assert!(matches!(begin(at(0)), Begin::CoolingDown(_)));
        assert!(matches!(begin(at(1)), Begin::Start));
        assert_eq!(fail(at(1)), Some(at(3)));
        single_flight.end_cool_down(SOURCE);
        assert!(matches!(begin(at(1)), Begin::Start));
        assert_eq!(fail(at(1)), Some(at(2)), "failures count from one again");
    }

    #[test]
    fn begin_while_a_fetch_is_under_way_starts_no_other() {
        let single_flight = SingleFlight::<()>::default();
        assert!(matches!(single_flight.begin(SOURCE, at(0), || false), Begin::Start));
        assert!(matches!(single_flight.begin(SOURCE, at(0), || false), Begin::UnderWay));
        assert!(matches!(single_flight.begin(SOURCE, at(0), || true), Begin::Needless));
    }

    #[test]
    fn abandoned_fetch_is_not_remembered() {
        let single_flight = SingleFlight::<()>::default();
        assert!(matches!(single_flight.join(SOURCE, at(0), (), || None::<()>), Join::Start));
        let failed = single_flight.fail(SOURCE, &FetchFailure::Abandoned { error: Error::Shutdown }, at(0));
        assert_eq!((failed.waiters.len(), failed.cool_down_until), (1, None));
        assert!(matches!(single_flight.begin(SOURCE, at(0), || false), Begin::Start));
    }
}
