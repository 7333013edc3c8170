//! A clock for tests: time passes when the test says so.

use std::sync::{Condvar, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use super::clock::Instant;
use crate::lock::Mutex;

/// Time that stands still until [`VirtualClock::advance`] moves it.
#[derive(Debug, Default)]
pub struct VirtualClock {
    state: Mutex<Timeline>,
    slept: Condvar,
}

#[derive(Debug, Default)]
struct Timeline {
    nanos: u64,
    sleepers: Vec<(Instant, oneshot::Sender<()>)>,
    /// The next sleep of at most this length panics.
    defect: Option<Duration>,
}

impl Timeline {
    /// When those are due who still wait.
    fn live(&self) -> impl Iterator<Item = Instant> {
        self.sleepers.iter().filter(|(_, sleeper)| !sleeper.is_closed()).map(|(deadline, _)| *deadline)
    }
}

impl VirtualClock {
    /// The time now.
    pub fn now(&self) -> Instant {
        Instant::from_nanos(self.state.lock().nanos)
    }

    /// Moves time on and wakes everything that is due.
    pub fn advance(&self, duration: Duration) {
        let mut state = self.state.lock();
        state.nanos = state.nanos.saturating_add(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX));
        let now = Instant::from_nanos(state.nanos);
        for (_, sleeper) in state.sleepers.extract_if(.., |(deadline, _)| *deadline <= now) {
            // A sleeper that was dropped meanwhile has nothing to be told.
            let _ = sleeper.send(());
        }
    }

    /// Waits, in real time, until something sleeps that is due `within` from now, and moves time on to that moment;
    /// false if nothing does within `patience`.
    pub fn advance_to_next(&self, within: Duration, patience: Duration) -> bool {
        let mut next = None;
        let none_due = |state: &mut Timeline| {
            let latest = Instant::from_nanos(state.nanos).after(within);
            next = state.live().filter(|deadline| *deadline <= latest).min();
            next.is_none()
        };
        let Some(state) = self.wait_while(patience, none_due) else { return false };
        let now = Instant::from_nanos(state.nanos);
        drop(state);
        self.advance(next.unwrap_or(now).since(now));
        true
    }

    /// Waits, in real time, until something sleeps that is due `within` or later; false if nothing does within
    /// `patience`.
    pub fn wait_for_sleeper(&self, within: Duration, patience: Duration) -> bool {
        let none_asleep = |state: &mut Timeline| {
            let earliest = Instant::from_nanos(state.nanos).after(within);
            state.live().all(|deadline| deadline < earliest)
        };
        self.wait_while(patience, none_asleep).is_some()
    }

    fn wait_while(
        &self,
        patience: Duration,
        condition: impl FnMut(&mut Timeline) -> bool,
    ) -> Option<MutexGuard<'_, Timeline>> {
        let waited = self.slept.wait_timeout_while(self.state.lock(), patience, condition);
        let (state, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        (!waited.timed_out()).then_some(state)
    }

    /// Makes the next task of the engine that wants to sleep for at most `within` panic: a defect, injected.
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
        // The sender is only dropped with the clock, which outlives the engine that reads it.
        let _ = woken.await;
    }
}
