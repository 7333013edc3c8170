//! The registration of the one log callback. No call of a callback outlives its removal.

use std::cell::Cell;
use std::ffi::c_void;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwapOption;
use argus_auth_core::log::{self, Level};
use argus_auth_core::runtime::PerProcess;

use super::gate::Gate;
use super::{argus_auth_log_level, argus_auth_log_user_data_free};
use crate::text::argus_auth_str;

type Callback = unsafe extern "C" fn(*mut c_void, argus_auth_log_level, argus_auth_str, argus_auth_str);

thread_local! {
    static HOST_CALLS_ON_THIS_THREAD: Cell<u32> = const { Cell::new(0) };
}

/// Returns whether this thread is inside a log callback, or in the function that frees its user data.
pub(crate) fn in_callback() -> bool {
    HOST_CALLS_ON_THIS_THREAD.get() > 0
}

/// Calls a function of the host's.
fn call_host(function: impl FnOnce()) {
    HOST_CALLS_ON_THIS_THREAD.set(HOST_CALLS_ON_THIS_THREAD.get() + 1);
    function();
    HOST_CALLS_ON_THIS_THREAD.set(HOST_CALLS_ON_THIS_THREAD.get() - 1);
}

/// Holds the callback of this process. A child of `fork` keeps its parent's callback, but waits neither for the lock nor
/// for the calls of threads that it does not have.
pub(super) struct Registration(PerProcess<RegistrationState>);

/// The registration in one process.
struct RegistrationState {
    /// Held while the callback is replaced, until the old one is freed: a concurrent `unregister` must not return before.
    changing: Mutex<()>,
    sink: ArcSwapOption<ActiveSink>,
    /// Whether the core's events come here: UNCONNECTED, CONNECTING or CONNECTED. Changed under `changing`.
    connection: AtomicU8,
}

const UNCONNECTED: u8 = 0;
const CONNECTING: u8 = 1;
const CONNECTED: u8 = 2;

/// A callback, and the calls of it that run in this process.
struct ActiveSink {
    sink: Arc<Sink>,
    gate: Gate,
}

impl ActiveSink {
    fn new(sink: Arc<Sink>) -> Arc<Self> {
        Arc::new(Self { sink, gate: Gate::new() })
    }
}

impl RegistrationState {
    fn in_child(parents: &Self) -> Self {
        let sink = parents.sink.load().as_ref().map(|active| ActiveSink::new(Arc::clone(&active.sink)));
        Self {
            changing: Mutex::new(()),
            sink: ArcSwapOption::from(sink),
            connection: AtomicU8::new(parents.connection.load(Ordering::Relaxed)),
        }
    }

    fn connect(&self, connect: impl FnOnce() -> bool) -> bool {
        match self.connection.load(Ordering::Relaxed) {
            CONNECTED => true,
            UNCONNECTED => {
                self.connection.store(CONNECTING, Ordering::Relaxed);
                let connected = connect();
                self.connection.store(if connected { CONNECTED } else { UNCONNECTED }, Ordering::Relaxed);
                connected
            }
            // A thread of the parent was connecting at the moment of the fork, and might have held a lock.
            _ => false,
        }
    }

    fn replace(&self, sink: Option<Sink>) {
        let max_level = sink.as_ref().and_then(|sink| sink.max_level);
        let previous = self.sink.swap(sink.map(|sink| ActiveSink::new(Arc::new(sink))));
        // The core makes the events that the callback wants, and no others.
        log::set_level(max_level);
        if let Some(previous) = previous {
            previous.gate.close();
            previous.sink.free_user_data();
        }
    }
}

impl Registration {
    pub(super) fn new() -> Self {
        let state = RegistrationState {
            changing: Mutex::new(()),
            sink: ArcSwapOption::empty(),
            connection: AtomicU8::new(UNCONNECTED),
        };
        Self(PerProcess::new(state, RegistrationState::in_child))
    }

    /// Registers `sink` in the place of the current callback, which is removed as by [`Registration::remove`]. Changes
    /// nothing and returns false if events can't be had: `connect` decides that, and is asked until it returns true.
    pub(super) fn set(&self, sink: Sink, connect: impl FnOnce() -> bool) -> bool {
        let state = self.0.get();
        let _changing = state.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let connected = state.connect(connect);
        if connected {
            state.replace(Some(sink));
        }
        connected
    }

    /// Removes the callback. Returns when no call of it, nor of an earlier one, runs or can start any more, and their
    /// user data has been freed. Must not be called from the callback itself.
    pub(super) fn remove(&self) {
        let state = self.0.get();
        let _changing = state.changing.lock().unwrap_or_else(PoisonError::into_inner);
        state.replace(None);
    }

    /// Calls the callback, if there is one.
    pub(super) fn deliver(&self, level: argus_auth_log_level, target: argus_auth_str, message: argus_auth_str) {
        let Some(active) = self.0.get().sink.load_full() else { return };
        let Some(_passage) = active.gate.pass() else { return };
        let Sink { callback, user_data, .. } = *active.sink;
        // SAFETY: as promised to `Sink::new`. The gate was open, so `user_data` has not been freed, and it is not freed
        // before `_passage` is dropped.
        call_host(|| unsafe { callback(user_data, level, target, message) });
    }
}

/// A callback with its user data.
pub(super) struct Sink {
    callback: Callback,
    user_data: *mut c_void,
    user_data_free: argus_auth_log_user_data_free,
    max_level: Option<Level>,
}

// SAFETY: `user_data` is never followed here, only handed to functions of the host, which may be called on any thread,
// as promised to `Sink::new`.
unsafe impl Send for Sink {}
// SAFETY: as above; several threads at once are part of the promise.
unsafe impl Sync for Sink {}

impl Sink {
    /// # Safety
    ///
    /// `callback` may be called with `user_data` on any thread, on several at once, until the sink has left its
    /// registration, and then `user_data_free` may be called with it once.
    pub(super) unsafe fn new(
        callback: Callback,
        user_data: *mut c_void,
        user_data_free: argus_auth_log_user_data_free,
        max_level: Option<Level>,
    ) -> Self {
        Self { callback, user_data, user_data_free, max_level }
    }

    fn free_user_data(&self) {
        if let Some(free) = self.user_data_free {
            // SAFETY: called once, by the one caller of `RegistrationState::replace` that took this sink out, after the gate was
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
    fn remove_while_a_call_runs_returns_after_the_call_and_the_free() {
        let registration = Registration::new();
        // SAFETY: both functions may be called with any pointer on any thread.
        let sink = unsafe { Sink::new(lingers, std::ptr::null_mut(), Some(free), None) };
        assert!(registration.set(sink, || true));
        thread::scope(|scope| {
            let deliver =
                || registration.deliver(argus_auth_log_level::Info, argus_auth_str::empty(), argus_auth_str::empty());
            scope.spawn(deliver);
            wait_for(|| CALLED.load(Ordering::SeqCst) == 1);
            let first = scope.spawn(|| registration.remove());
            wait_for(|| registration.0.get().sink.load().is_none());
            // The second finds no callback, and still waits for the running call of the first one's.
            let second = scope.spawn(|| registration.remove());
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
    fn set_in_a_child_whose_parent_was_connecting_is_refused() {
        let sink = || {
            // SAFETY: it is never called.
            unsafe { Sink::new(lingers, std::ptr::null_mut(), None, None) }
        };
        let registration = Registration::new();
        registration.0.get().connection.store(CONNECTING, Ordering::Relaxed);
        assert!(!registration.set(sink(), || panic!("it might wait for ever")));
        registration.remove();

        let registration = Registration::new();
        assert!(!registration.set(sink(), || false));
        assert!(registration.set(sink(), || true));
        assert!(registration.set(sink(), || panic!("it is connected")));
    }

    #[test]
    fn child_state_keeps_the_callback_and_forgets_the_parents_calls() {
        // SAFETY: both functions may be called with any pointer on any thread.
        let sink = unsafe { Sink::new(lingers, std::ptr::null_mut(), None, None) };
        let parents = RegistrationState {
            changing: Mutex::new(()),
            sink: ArcSwapOption::from(Some(ActiveSink::new(Arc::new(sink)))),
            connection: AtomicU8::new(CONNECTED),
        };
        let (_held, active) = (parents.changing.lock().unwrap(), parents.sink.load_full().unwrap());
        let _running = active.gate.pass();
        let child = RegistrationState::in_child(&parents);
        assert!(child.changing.try_lock().is_ok());
        assert!(child.sink.load().is_some());
        child.replace(None);
    }
}
