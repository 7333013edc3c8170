//! Where the one log callback is kept, such that no call of it outlives its removal.
//!
//! Nothing here is a lock. A lock held while the host's code runs could be waited for by that code; and one that is
//! held by another thread at the moment of a fork would stay held in the child for ever. So the calls that run are
//! counted, and the count carries the number of the process in which they run: in a child, the parent's calls are not
//! there.

use std::cell::Cell;
use std::ffi::c_void;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use argus_auth_core::log::{self, Level};

use super::{argus_auth_log_level, argus_auth_log_user_data_free};
use crate::text::argus_auth_str;

type Callback = unsafe extern "C" fn(*mut c_void, argus_auth_log_level, argus_auth_str, argus_auth_str);

thread_local! {
    static CALLS_ON_THIS_THREAD: Cell<u32> = const { Cell::new(0) };
}

/// Whether this thread is inside a log callback.
pub(super) fn in_callback() -> bool {
    CALLS_ON_THIS_THREAD.get() > 0
}

/// The place of the callback.
pub(super) struct Slot(ArcSwapOption<Sink>);

impl Slot {
    pub(super) const fn new() -> Self {
        Self(ArcSwapOption::const_empty())
    }

    /// Puts another callback, or none, in the place of the one that is there; returns when no call of that one runs or
    /// can come any more.
    pub(super) fn replace(&self, sink: Option<Sink>) {
        let previous = self.0.swap(sink.map(Arc::new));
        self.publish_level();
        if let Some(previous) = previous {
            previous.gate.close();
            previous.free_user_data();
        }
    }

    /// Has the core make the events that the callback wants and no others.
    fn publish_level(&self) {
        loop {
            let sink = self.0.load_full();
            log::set_level(sink.as_ref().and_then(|sink| sink.max_level));
            // Whoever has put another one there meanwhile may have been overtaken here.
            if sink.as_ref().map(Arc::as_ptr) == self.0.load().as_ref().map(Arc::as_ptr) {
                return;
            }
        }
    }

    /// Calls the callback, if there is one.
    pub(super) fn deliver(&self, level: argus_auth_log_level, target: argus_auth_str, message: argus_auth_str) {
        let Some(sink) = self.0.load_full() else { return };
        let Some(_passage) = sink.gate.pass() else { return };
        CALLS_ON_THIS_THREAD.set(CALLS_ON_THIS_THREAD.get() + 1);
        // SAFETY: as `Sink::new` was promised; the gate is open, so `user_data` has not been freed, nor will it be
        // before `_passage` is dropped.
        unsafe { (sink.callback)(sink.user_data, level, target, message) };
        CALLS_ON_THIS_THREAD.set(CALLS_ON_THIS_THREAD.get() - 1);
    }
}

/// A callback with what belongs to it.
pub(super) struct Sink {
    callback: Callback,
    user_data: *mut c_void,
    user_data_free: argus_auth_log_user_data_free,
    max_level: Option<Level>,
    gate: Gate,
}

// SAFETY: `user_data` is never followed here, only handed to functions of the host, which may be called on any thread,
// as `Sink::new` was promised.
unsafe impl Send for Sink {}
// SAFETY: as above; several threads at once are part of the promise.
unsafe impl Sync for Sink {}

impl Sink {
    /// # Safety
    ///
    /// `callback` may be called with `user_data` on any thread, on several at once, until the sink has left its slot,
    /// and then `user_data_free` may be called with it once.
    pub(super) unsafe fn new(
        callback: Callback,
        user_data: *mut c_void,
        user_data_free: argus_auth_log_user_data_free,
        max_level: Option<Level>,
    ) -> Self {
        Self { callback, user_data, user_data_free, max_level, gate: Gate::new() }
    }

    fn free_user_data(&self) {
        if let Some(free) = self.user_data_free {
            // SAFETY: called once, by the one caller of `Slot::replace` that took this sink out, after the gate was
            // closed; so the callback does not run and never will.
            unsafe { free(self.user_data) };
        }
    }
}

/// Counts those who are inside, until it is closed. From high to low: 32 bits process, 1 bit closed, 31 bits count.
struct Gate(AtomicU64);

const CLOSED: u64 = 1 << 31;
const COUNT: u64 = CLOSED - 1;

struct Passage<'g>(&'g Gate);

impl Gate {
    fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Lets the caller in, unless the gate is closed, until the passage is dropped.
    fn pass(&self) -> Option<Passage<'_>> {
        self.update(|closed, count| (!closed).then_some(count + 1)).then_some(Passage(self))
    }

    /// Lets nobody in any more, and waits until everybody is out.
    fn close(&self) {
        let closed = self.0.fetch_or(CLOSED, Ordering::AcqRel);
        let mut inside = count_here(closed);
        while inside > 0 {
            // Rare and short: somebody removes the callback at the very moment at which it runs.
            thread::sleep(Duration::from_millis(1));
            inside = count_here(self.0.load(Ordering::Acquire));
        }
    }

    fn update(&self, change: impl Fn(bool, u64) -> Option<u64>) -> bool {
        let update = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, |state| {
            let count = change(state & CLOSED != 0, count_here(state))?;
            Some(u64::from(process::id()) << 32 | state & CLOSED | count & COUNT)
        });
        update.is_ok()
    }
}

impl Drop for Passage<'_> {
    fn drop(&mut self) {
        // Never below zero: a child forked inside the callback leaves a gate that its parent has entered.
        self.0.update(|_, count| Some(count.saturating_sub(1)));
    }
}

/// How many are inside in this process.
fn count_here(state: u64) -> u64 {
    if state >> 32 == u64::from(process::id()) { state & COUNT } else { 0 }
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
}
