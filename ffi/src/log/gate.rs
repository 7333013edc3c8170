//! Counts the running calls of the host's callback, so that the removal of the callback can wait for them.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

/// The number of running calls, and the flag [`CLOSED`]. While the flag is set, no further call can start.
///
/// A gate counts the calls in one process only: see `ActiveSink`.
pub(super) struct Gate(AtomicU32);

const CLOSED: u32 = 1 << 31;
const COUNT: u32 = CLOSED - 1;

/// Permission for one call to run. It is dropped when the call has ended.
pub(super) struct Passage<'g>(&'g Gate);

impl Gate {
    pub(super) fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// Returns a passage for one call, unless the gate is closed.
    pub(super) fn pass(&self) -> Option<Passage<'_>> {
        let enter = |state| (state & CLOSED == 0).then_some(state + 1);
        let entered = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, enter);
        // `then` makes the passage only if the call has entered. `then_some` would always make a passage, and would
        // drop it if the call has not entered. This drop would decrement the counter.
        entered.is_ok().then(|| Passage(self))
    }

    /// Closes the gate, so that no further call can start, and waits until no call is running.
    pub(super) fn close(&self) {
        let mut state = self.0.fetch_or(CLOSED, Ordering::AcqRel);
        while state & COUNT > 0 {
            // Polling suffices, because this wait is rare and short: it happens only if a call runs while the callback
            // is removed.
            thread::sleep(Duration::from_millis(1));
            state = self.0.load(Ordering::Acquire);
        }
    }
}

impl Drop for Passage<'_> {
    fn drop(&mut self) {
        // `Release` pairs with the `Acquire` in `close`: everything that the call did happens before the user data is
        // freed.
        self.0.0.fetch_sub(1, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pass_of_a_closed_gate_returns_none() {
        let gate = Gate::new();
        drop(gate.pass());
        gate.close();
        assert!(gate.pass().is_none());
    }

    #[test]
    fn close_while_a_call_runs_waits_for_its_end() {
        let gate = Gate::new();
        let passage = gate.pass();
        thread::scope(|scope| {
            let closing = scope.spawn(|| gate.close());
            // Waits until the gate is closed. A `pass` that returns `None` must not be counted, or `close` would never
            // return.
            while gate.pass().is_some() {}
            thread::sleep(Duration::from_millis(20));
            assert!(!closing.is_finished());
            drop(passage);
        });
        assert!(gate.pass().is_none());
    }
}
