//! How calls of the host's code are counted and its removals take turns.
//!
//! Nothing here is a lock. A lock held while the host's code runs could be waited for by that code; and one that is
//! held by another thread at the moment of a fork would stay held in the child for ever. What is held here carries the
//! number of the process that holds it: in a child, the parent's threads are not there.

use std::process;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

/// Counts those who are inside, until it is closed. From high to low: 32 bits process, 1 bit closed, 31 bits count.
pub(super) struct Gate(AtomicU64);

const CLOSED: u64 = 1 << 31;
const COUNT: u64 = CLOSED - 1;

/// Who is inside, until it is dropped.
pub(super) struct Passage<'g> {
    gate: &'g Gate,
    process: u64,
}

impl Gate {
    pub(super) fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Lets the caller in, unless the gate is closed, until the passage is dropped.
    pub(super) fn pass(&self) -> Option<Passage<'_>> {
        let here = u64::from(process::id());
        let enter = |state| (state & CLOSED == 0).then(|| here << 32 | (inside(state, here) + 1));
        let entered = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, enter);
        // Made for nobody else, since it counts when it is dropped.
        entered.is_ok().then(|| Passage { gate: self, process: here })
    }

    /// Lets nobody in any more, and waits until everybody is out.
    pub(super) fn close(&self) {
        let here = u64::from(process::id());
        let mut state = self.0.fetch_or(CLOSED, Ordering::AcqRel);
        while inside(state, here) > 0 {
            wait_a_moment();
            state = self.0.load(Ordering::Acquire);
        }
    }
}

impl Drop for Passage<'_> {
    fn drop(&mut self) {
        // A child forked inside the callback leaves what its parent entered: not those who have entered in the child.
        let leave = |state: u64| (state >> 32 == self.process).then(|| state - 1);
        let _ = self.gate.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, leave);
    }
}

/// How many are inside in a process.
fn inside(state: u64, process: u64) -> u64 {
    if state >> 32 == process { state & COUNT } else { 0 }
}

/// What one thread has at a time. It holds the number of the process that has it, or none.
pub(super) struct Turn(AtomicU32);

const NOBODY: u32 = 0;

pub(super) struct Taken<'t> {
    turn: &'t Turn,
    by: u32,
}

impl Turn {
    pub(super) const fn new() -> Self {
        Self(AtomicU32::new(NOBODY))
    }

    /// Waits until no other thread of this process has it; then it is the caller's until the answer is dropped.
    pub(super) fn take(&self) -> Taken<'_> {
        let here = process::id();
        // A parent's thread that had it at the moment of the fork will never give it back here.
        let free = |holder| (holder != here).then_some(here);
        while self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, free).is_err() {
            wait_a_moment();
        }
        Taken { turn: self, by: here }
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        // A child forked by who has the turn gives back nothing that another thread of the child has taken.
        let _ = self.turn.0.compare_exchange(self.by, NOBODY, Ordering::Release, Ordering::Relaxed);
    }
}

/// Rare and short: a callback is removed at the very moment at which it runs, or by two threads at once.
fn wait_a_moment() {
    thread::sleep(Duration::from_millis(1));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_gate_lets_nobody_in() {
        let gate = Gate::new();
        drop(gate.pass());
        gate.close();
        assert!(gate.pass().is_none());
    }

    #[test]
    fn closing_waits_for_those_inside() {
        let gate = Gate::new();
        let passage = gate.pass();
        thread::scope(|scope| {
            let closing = scope.spawn(|| gate.close());
            // Who finds it closed was never inside, and takes nobody's place.
            while gate.pass().is_some() {}
            thread::sleep(Duration::from_millis(20));
            assert!(!closing.is_finished());
            drop(passage);
        });
        assert!(gate.pass().is_none());
    }

    #[test]
    fn who_was_inside_in_another_process_is_not_waited_for() {
        let gate = Gate(AtomicU64::new(u64::from(process::id() ^ 1) << 32 | 3));
        gate.close();
    }

    #[test]
    fn a_child_that_leaves_what_its_parent_entered_takes_nobodys_place() {
        let gate = Gate::new();
        let parents = u64::from(process::id() ^ 1);
        gate.0.store(parents << 32 | 1, Ordering::Relaxed);
        let forked_inside = Passage { gate: &gate, process: parents };
        let passage = gate.pass();
        drop(forked_inside);
        assert_eq!(inside(gate.0.load(Ordering::Relaxed), u64::from(process::id())), 1);
        drop(passage);
        gate.close();
    }

    #[test]
    fn a_turn_that_another_process_has_is_not_waited_for() {
        let turn = Turn(AtomicU32::new(process::id() ^ 1));
        drop(turn.take());
        drop(turn.take());
    }
}
