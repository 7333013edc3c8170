//! The registration of the one log callback. The removal of a callback waits for its running calls.

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
    /// The number of calls of the host's functions that are running on this thread. More than 1 if the callback calls a
    /// function of this library that logs.
    static HOST_CALLS_ON_THIS_THREAD: Cell<u32> = const { Cell::new(0) };
}

/// Returns whether this thread is inside a log callback or inside the function that frees its user data.
pub(crate) fn in_callback() -> bool {
    HOST_CALLS_ON_THIS_THREAD.get() > 0
}

/// Calls a function of the host, and counts the call while it runs.
fn call_host(function: impl FnOnce()) {
    HOST_CALLS_ON_THIS_THREAD.set(HOST_CALLS_ON_THIS_THREAD.get() + 1);
    function();
    HOST_CALLS_ON_THIS_THREAD.set(HOST_CALLS_ON_THIS_THREAD.get() - 1);
}

/// The callback of this process. A child of `fork` keeps its parent's callback. The child has a mutex and a gate of
/// its own, so that it never waits for threads that exist only in the parent.
pub(super) struct Registration(PerProcess<RegistrationState>);

/// The state of the registration in one process.
struct RegistrationState {
    /// Held from the replacement of a callback until the user data of the previous callback has been freed, because a
    /// concurrent `remove` must not return before then.
    changing: Mutex<()>,
    sink: ArcSwapOption<ActiveSink>,
    /// The state of the delivery of the core's events to this library: UNCONNECTED, CONNECTING or CONNECTED. Changed
    /// only under `changing`.
    connection: AtomicU8,
}

const UNCONNECTED: u8 = 0;
const CONNECTING: u8 = 1;
const CONNECTED: u8 = 2;

/// A callback, and the gate that counts its running calls in this process.
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
    /// Makes the state of a child of `fork` from its parent's. Waits for nothing, because a thread of the parent may
    /// have held `changing` or run the callback at the moment of the fork.
    fn in_child(parents: &Self) -> Self {
        let sink = parents.sink.load().as_ref().map(|active| ActiveSink::new(Arc::clone(&active.sink)));
        Self {
            changing: Mutex::new(()),
            sink: ArcSwapOption::from(sink),
            connection: AtomicU8::new(parents.connection.load(Ordering::Relaxed)),
        }
    }

    /// Calls `connect` if necessary. Returns whether the core delivers its events to this library.
    fn connect(&self, connect: impl FnOnce() -> bool) -> bool {
        match self.connection.load(Ordering::Relaxed) {
            CONNECTED => true,
            UNCONNECTED => {
                self.connection.store(CONNECTING, Ordering::Relaxed);
                let connected = connect();
                self.connection.store(if connected { CONNECTED } else { UNCONNECTED }, Ordering::Relaxed);
                connected
            }
            // CONNECTING: a thread of the parent was inside `connect` at the moment of the fork. It may have held a
            // lock, for which a second call would wait for ever.
            _ => false,
        }
    }

    /// Replaces the callback, waits for the running calls of the previous one, and frees its user data. The caller
    /// holds `changing`.
    fn replace(&self, sink: Option<Sink>) {
        let max_level = sink.as_ref().and_then(|sink| sink.max_level);
        let previous = self.sink.swap(sink.map(|sink| ActiveSink::new(Arc::new(sink))));
        // From here on, the core creates only events up to the limit of the new callback.
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

    /// Installs `sink`, and removes the previous callback as [`Registration::remove`] does.
    ///
    /// `connect` makes the core deliver its events and returns whether that succeeded. `set` calls `connect` only if no
    /// earlier call of `connect` has succeeded. If `connect` fails, `set` changes nothing and returns false.
    pub(super) fn set(&self, sink: Sink, connect: impl FnOnce() -> bool) -> bool {
        let state = self.0.get();
        let _changing = state.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let connected = state.connect(connect);
        if connected {
            state.replace(Some(sink));
        }
        connected
    }

    /// Removes the callback. When this returns, no registered callback is running or can start, and all user data has
    /// been freed. Must not be called inside the callback.
    pub(super) fn remove(&self) {
        let state = self.0.get();
        let _changing = state.changing.lock().unwrap_or_else(PoisonError::into_inner);
        state.replace(None);
    }

    /// Calls the callback if there is one.
    pub(super) fn deliver(&self, level: argus_auth_log_level, target: argus_auth_str, message: argus_auth_str) {
        let Some(active) = self.0.get().sink.load_full() else { return };
        let Some(_passage) = active.gate.pass() else { return };
        let Sink { callback, user_data, .. } = *active.sink;
        // SAFETY: the caller of `Sink::new` promised that the callback may be called until the sink is removed.
        // `replace` frees `user_data` only after it has closed the gate and no passage is left. The gate was open when
        // `_passage` was made, and `_passage` is dropped after the call, so `user_data` is not freed before or during
        // the call. If the callback forks, the child has a gate that does not count this call; the promise covers that
        // case.
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

// SAFETY: only `user_data` is not `Send` by itself. This crate never dereferences `user_data`, and only passes it to
// the host's functions. The caller of `Sink::new` promised that these functions may be called with it on any thread.
unsafe impl Send for Sink {}
// SAFETY: as for `Send`. The promise includes calls on several threads at the same time, and a `Sink` never changes.
unsafe impl Sync for Sink {}

impl Sink {
    /// # Safety
    ///
    /// Until the sink is removed from its registration, `callback` may be called with `user_data` on any thread, and on
    /// several at the same time. After that, `user_data_free` may be called with `user_data` once, on any thread, in
    /// each process that has a copy of the registration by `fork`. If a call of `callback` forks, the call continues
    /// in the child too. Until it has returned there, no other thread of the child may remove the sink.
    pub(super) unsafe fn new(
        callback: Callback,
        user_data: *mut c_void,
        user_data_free: argus_auth_log_user_data_free,
        max_level: Option<Level>,
    ) -> Self {
        Self { callback, user_data, user_data_free, max_level }
    }

    /// Frees the user data. Called once, after the last call of the callback.
    fn free_user_data(&self) {
        if let Some(free) = self.user_data_free {
            // SAFETY: only `RegistrationState::replace` calls this, for the sink that its atomic swap returned, so once
            // per process. `replace` has closed the gate first, so no call of the callback runs or can start.
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

    fn wait_for(condition: impl Fn() -> bool) {
        while !condition() {
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

    fn never_called() -> Sink {
        // SAFETY: no test delivers an event to it, so the callback is never called.
        unsafe { Sink::new(lingers, std::ptr::null_mut(), None, None) }
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
            // The second removal finds no callback. It still waits for the call that the first removal waits for.
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
    fn set_in_a_child_whose_parent_was_connecting_fails() {
        let registration = Registration::new();
        registration.0.get().connection.store(CONNECTING, Ordering::Relaxed);
        assert!(!registration.set(never_called(), || panic!("it might wait for ever")));
        registration.remove();
    }

    #[test]
    fn set_calls_connect_until_it_has_succeeded_once() {
        let registration = Registration::new();
        assert!(!registration.set(never_called(), || false));
        assert!(registration.set(never_called(), || true));
        assert!(registration.set(never_called(), || panic!("it is connected")));
    }

    #[test]
    fn in_child_keeps_the_callback_and_waits_for_no_call_of_the_parent() {
        // SAFETY: `lingers` may be called with any pointer on any thread. No free function is passed.
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
