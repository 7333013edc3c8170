//! Where the one log callback is kept, such that no call of it outlives its removal.

use std::cell::Cell;
use std::ffi::c_void;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use argus_auth_core::log::{self, Level};

use super::gate::{Gate, Turn};
use super::{argus_auth_log_level, argus_auth_log_user_data_free};
use crate::text::argus_auth_str;

type Callback = unsafe extern "C" fn(*mut c_void, argus_auth_log_level, argus_auth_str, argus_auth_str);

thread_local! {
    static HOST_CALLS_ON_THIS_THREAD: Cell<u32> = const { Cell::new(0) };
}

/// Whether this thread is inside a log callback, or in what frees its user data.
pub(crate) fn in_callback() -> bool {
    HOST_CALLS_ON_THIS_THREAD.get() > 0
}

/// Calls a function of the host's.
fn call_host(function: impl FnOnce()) {
    HOST_CALLS_ON_THIS_THREAD.set(HOST_CALLS_ON_THIS_THREAD.get() + 1);
    function();
    HOST_CALLS_ON_THIS_THREAD.set(HOST_CALLS_ON_THIS_THREAD.get() - 1);
}

/// The place of the callback.
pub(super) struct Slot {
    sink: ArcSwapOption<Sink>,
    /// Whose it is to replace the callback.
    turn: Turn,
}

impl Slot {
    pub(super) const fn new() -> Self {
        Self { sink: ArcSwapOption::const_empty(), turn: Turn::new() }
    }

    /// Puts another callback, or none, in the place of the one that is there; returns when no call of that one, nor of
    /// any before it, runs or can come any more, and their user data has been freed. Not for the callback itself.
    pub(super) fn replace(&self, sink: Option<Sink>) {
        // Kept to the end: who finds no callback any more must not return before who took it out is done with it.
        let _turn = self.turn.take();
        let max_level = sink.as_ref().and_then(|sink| sink.max_level);
        let previous = self.sink.swap(sink.map(Arc::new));
        // Has the core make the events that the callback wants and no others.
        log::set_level(max_level);
        if let Some(previous) = previous {
            previous.gate.close();
            previous.free_user_data();
        }
    }

    /// Calls the callback, if there is one.
    pub(super) fn deliver(&self, level: argus_auth_log_level, target: argus_auth_str, message: argus_auth_str) {
        let Some(sink) = self.sink.load_full() else { return };
        let Some(_passage) = sink.gate.pass() else { return };
        // SAFETY: as `Sink::new` was promised; the gate is open, so `user_data` has not been freed, nor will it be
        // before `_passage` is dropped.
        call_host(|| unsafe { (sink.callback)(sink.user_data, level, target, message) });
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
            call_host(|| unsafe { free(self.user_data) });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::thread;
    use std::time::Duration;

    use super::*;

    static CALLED: AtomicU32 = AtomicU32::new(0);
    static RETURN: AtomicU32 = AtomicU32::new(0);
    static FREED: AtomicU32 = AtomicU32::new(0);

    fn wait_for(what: impl Fn() -> bool) {
        while !what() {
            thread::sleep(Duration::from_millis(1));
        }
    }

    unsafe extern "C" fn lingers(_: *mut c_void, _: argus_auth_log_level, _: argus_auth_str, _: argus_auth_str) {
        CALLED.fetch_add(1, Ordering::SeqCst);
        wait_for(|| RETURN.load(Ordering::SeqCst) == 1);
    }

    unsafe extern "C" fn free(_: *mut c_void) {
        FREED.fetch_add(u32::from(in_callback()), Ordering::SeqCst);
    }

    #[test]
    fn nobody_is_done_with_a_callback_before_it_is() {
        let slot = Slot::new();
        // SAFETY: both functions may be called with any pointer on any thread.
        let sink = unsafe { Sink::new(lingers, std::ptr::null_mut(), Some(free), None) };
        slot.replace(Some(sink));
        thread::scope(|scope| {
            let deliver = || slot.deliver(argus_auth_log_level::Info, argus_auth_str::empty(), argus_auth_str::empty());
            scope.spawn(deliver);
            wait_for(|| CALLED.load(Ordering::SeqCst) == 1);
            let first = scope.spawn(|| slot.replace(None));
            wait_for(|| slot.sink.load().is_none());
            // Finds no callback, and waits all the same for the call of the one that there was.
            let second = scope.spawn(|| slot.replace(None));
            thread::sleep(Duration::from_millis(20));
            assert!(!first.is_finished());
            assert!(!second.is_finished());
            deliver();
            RETURN.store(1, Ordering::SeqCst);
            second.join().unwrap();
            assert_eq!(FREED.load(Ordering::SeqCst), 1);
        });
        assert_eq!(CALLED.load(Ordering::SeqCst), 1);
        assert!(!in_callback());
    }
}
