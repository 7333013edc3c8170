//! Where the one log callback is kept, such that no call of it outlives its removal.

use std::cell::Cell;
use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

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
    /// Whether the core's events come here: one of the three below. Looked at and changed by whose turn it is.
    source: AtomicU8,
    /// Whose it is to replace the callback.
    turn: Turn,
}

const UNCONNECTED: u8 = 0;
const CONNECTING: u8 = 1;
const CONNECTED: u8 = 2;

impl Slot {
    pub(super) const fn new() -> Self {
        Self { sink: ArcSwapOption::const_empty(), source: AtomicU8::new(UNCONNECTED), turn: Turn::new() }
    }

    /// Puts `sink` in the place of the callback that is there, as [`Slot::empty`] takes it out. Changes nothing and
    /// returns false if events can't be had; that is what `connect` says, which is asked until it has said yes.
    pub(super) fn fill(&self, sink: Sink, connect: impl FnOnce() -> bool) -> bool {
        let _turn = self.turn.take();
        let connected = self.connected(connect);
        if connected {
            self.replace(Some(sink));
        }
        connected
    }

    /// Takes the callback out; returns when no call of it, nor of any before it, runs or can come any more, and their
    /// user data has been freed. Not for the callback itself.
    pub(super) fn empty(&self) {
        // Had to the end: who finds no callback any more must not return before who took it out is done with it.
        let _turn = self.turn.take();
        self.replace(None);
    }

    fn connected(&self, connect: impl FnOnce() -> bool) -> bool {
        match self.source.load(Ordering::Relaxed) {
            CONNECTED => true,
            UNCONNECTED => {
                self.source.store(CONNECTING, Ordering::Relaxed);
                let connected = connect();
                self.source.store(if connected { CONNECTED } else { UNCONNECTED }, Ordering::Relaxed);
                connected
            }
            // A thread of the parent's was at it at the moment of the fork, and might have held a lock.
            _ => false,
        }
    }

    fn replace(&self, sink: Option<Sink>) {
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
    use std::sync::atomic::AtomicU32;
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
        assert!(slot.fill(sink, || true));
        thread::scope(|scope| {
            let deliver = || slot.deliver(argus_auth_log_level::Info, argus_auth_str::empty(), argus_auth_str::empty());
            scope.spawn(deliver);
            wait_for(|| CALLED.load(Ordering::SeqCst) == 1);
            let first = scope.spawn(|| slot.empty());
            wait_for(|| slot.sink.load().is_none());
            // Finds no callback, and waits all the same for the call of the one that there was.
            let second = scope.spawn(|| slot.empty());
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

    #[test]
    fn a_child_does_not_connect_what_its_parent_was_connecting() {
        let sink = || {
            // SAFETY: it is never called.
            unsafe { Sink::new(lingers, std::ptr::null_mut(), None, None) }
        };
        let slot = Slot::new();
        slot.source.store(CONNECTING, Ordering::Relaxed);
        assert!(!slot.fill(sink(), || panic!("it might wait for ever")));
        slot.empty();

        let slot = Slot::new();
        assert!(!slot.fill(sink(), || false));
        assert!(slot.fill(sink(), || true));
        assert!(slot.fill(sink(), || panic!("it is connected")));
    }
}
