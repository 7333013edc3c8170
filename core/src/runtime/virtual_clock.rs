//! A clock for tests, which moves only when the test moves it.

use std::sync::{Condvar, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use super::clock::Instant;
use crate::lock::Mutex;

/// A clock that stands still until [`VirtualClock::advance`] moves it. Starts at zero; may be used from any thread.
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// use argus_auth_core::Engine;
/// use argus_auth_core::runtime::{Clock, Instant, VirtualClock};
///
/// let clock = Arc::new(VirtualClock::default());
/// let engine = Engine::with_clock(Clock::Virtual(Arc::clone(&clock)));
/// clock.advance(Duration::from_secs(3600));
/// assert_eq!(clock.now().since(Instant::from_nanos(0)), Duration::from_secs(3600));
/// # drop(engine);
/// ```
#[derive(Debug, Default)]
pub struct VirtualClock {
    state: Mutex<Timeline>,
    /// Notified when a task starts to sleep.
    slept: Condvar,
}

#[derive(Debug, Default)]
struct Timeline {
    nanos: u64,
    /// The deadline of each sleep, and the channel that ends it.
    sleepers: Vec<(Instant, oneshot::Sender<()>)>,
    /// If set, the next sleep of at most this length panics.
    defect: Option<Duration>,
}

impl Timeline {
    /// Returns the deadlines of all sleeps that were not cancelled.
    fn deadlines(&self) -> impl Iterator<Item = Instant> {
        self.sleepers.iter().filter(|(_, sleeper)| !sleeper.is_closed()).map(|(deadline, _)| *deadline)
    }
}

impl VirtualClock {
    /// Returns the current time of this clock.
    pub fn now(&self) -> Instant {
        Instant::from_nanos(self.state.lock().nanos)
    }

    /// Moves the clock forward by `duration`, and ends all sleeps whose deadline has come.
    pub fn advance(&self, duration: Duration) {
        let mut state = self.state.lock();
        state.nanos = state.nanos.saturating_add(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX));
        let now = Instant::from_nanos(state.nanos);
        for (_, sleeper) in state.sleepers.extract_if(.., |(deadline, _)| *deadline <= now) {
            // Fails if the sleep was cancelled.
            let _ = sleeper.send(());
        }
    }

    /// Blocks until there is a sleeping task whose deadline is at most `within` ahead, and moves the clock forward to
    /// the earliest such deadline. Returns false, and does not move the clock, if there is no such task after
    /// `patience` of real time.
    pub fn advance_to_next(&self, within: Duration, patience: Duration) -> bool {
        let mut next = None;
        let none_due = |state: &mut Timeline| {
            let latest = Instant::from_nanos(state.nanos).after(within);
            next = state.deadlines().filter(|deadline| *deadline <= latest).min();
            next.is_none()
        };
        let Some(state) = self.wait_while(patience, none_due) else { return false };
        let now = Instant::from_nanos(state.nanos);
        drop(state);
        self.advance(next.unwrap_or(now).since(now));
        true
    }

    /// Blocks until there is a sleeping task whose deadline is at least `within` ahead. Returns false if there is no
    /// such task after `patience` of real time.
    pub fn wait_for_sleeper(&self, within: Duration, patience: Duration) -> bool {
        let none_asleep = |state: &mut Timeline| {
            let earliest = Instant::from_nanos(state.nanos).after(within);
            state.deadlines().all(|deadline| deadline < earliest)
        };
        self.wait_while(patience, none_asleep).is_some()
    }

    /// Blocks while `condition` holds, for at most `patience` of real time; returns `None` after that.
    fn wait_while(
        &self,
        patience: Duration,
        condition: impl FnMut(&mut Timeline) -> bool,
    ) -> Option<MutexGuard<'_, Timeline>> {
        let waited = self.slept.wait_timeout_while(self.state.lock(), patience, condition);
        let (state, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        (!waited.timed_out()).then_some(state)
    }

    /// Injects a defect: the next task of the engine that starts to sleep for at most `within` panics.
    pub fn panic_next_sleep(&self, within: Duration) {
        self.state.lock().defect = Some(within);
    }

    pub(crate) async fn sleep_until(&self, deadline: Instant) {
        let woken = {
            let mut state = self.state.lock();
            let now = Instant::from_nanos(state.nanos);
            let defect = state.defect.take_if(|within| deadline.since(now) <= *within);
            assert!(defect.is_none(), "a defect, injected by a test");
            if deadline <= now {
                return;
            }
            let (sender, woken) = oneshot::channel();
            state.sleepers.push((deadline, sender));
            self.slept.notify_all();
            woken
        };
        // An error would mean that the clock was dropped, but the engine that reads the clock keeps it alive.
        let _ = woken.await;
    }
}
