//! The host's log callback.
//!
//! * this file: the C functions, and the conversion of an event into arguments of the callback;
//! * `registration`: the one callback of the process, and its removal;
//! * `gate`: counts the calls that are running.

mod gate;
mod registration;

use std::ffi::c_void;
use std::mem::MaybeUninit;

use argus_auth_core::CText;
use argus_auth_core::log::{self, Level, Record};
use once_cell::race::OnceBox;

pub(crate) use self::registration::in_callback;
use self::registration::{Registration, Sink};
use crate::boundary;
use crate::call::call;
use crate::error::argus_auth_error;
use crate::failure::Failure;
use crate::status::argus_auth_status;
use crate::text::argus_auth_str;

/// The level of a log event, from the most serious to the least. Also the limit up to which events are delivered.
///
/// ```c
/// argus_auth_log_register(print_event, NULL, NULL, ARGUS_AUTH_LOG_LEVEL_WARN, NULL); // errors and warnings
/// ```
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum argus_auth_log_level {
    /// As a limit: no events. No event has this level.
    Off = 0,
    /// Something does not work.
    Error = 1,
    /// Something will soon stop working, or does not work as intended.
    Warn = 2,
    /// An event that is of interest to an operator.
    Info = 3,
    /// An event that is of interest to a developer.
    Debug = 4,
    /// The finest detail. As a limit: all events.
    Trace = 5,
}

/// A function of the host that receives one log event. Registered with `argus_auth_log_register`.
///
/// `target` names the part of the library, such as `argus_auth::token`. `message` is the event in words, followed by
/// fields as ` name=value`. Its wording may change between versions: do not parse it. Both texts are borrowed during
/// the call and contain no secrets.
///
/// Threads: called on the thread where the event happens, which may be the engine's thread, and on several threads at
/// the same time. A call that returns static headers or a cached token logs nothing.
///
/// The callback must return quickly: the engine may be waiting for it. It must end by returning, and not by an
/// exception, `longjmp`, `pthread_exit` or cancellation.
///
/// The callback may call functions of this library. Some of these fail inside the callback: their comments name
/// `ARGUS_AUTH_STATUS_IN_CALLBACK`. A function that the callback calls may log too, and then the callback is called
/// again on the same thread, inside the first call. If the first call holds a lock that the second call takes, the
/// thread deadlocks.
///
/// The callback may call `fork`. In the child, no other thread may unregister or replace the callback until the
/// callback that called `fork` has returned.
///
/// ```c
/// #include <stdio.h>
///
/// #include "argus_auth.h"
///
/// static void print_event(void *stream, argus_auth_log_level level, argus_auth_str target, argus_auth_str message) {
///     fprintf((FILE *)stream, "%u %s: %s\n", (unsigned)level, target.data, message.data);
/// }
///
/// int main(void) {
///     argus_auth_log_register(print_event, stderr, NULL, ARGUS_AUTH_LOG_LEVEL_INFO, NULL);
///     // ... use the library ...
///     argus_auth_log_unregister(NULL);
/// }
/// ```
pub type argus_auth_log_callback = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        level: argus_auth_log_level,
        target: argus_auth_str,
        message: argus_auth_str,
    ),
>;

/// A function of the host that frees the `user_data` of a log callback after the last call of that callback. Registered
/// with `argus_auth_log_register`.
///
/// The rules of `argus_auth_log_callback` apply. Functions that fail with `ARGUS_AUTH_STATUS_IN_CALLBACK` inside the
/// callback also fail inside this function.
///
/// ```c
/// char *prefix = malloc(16);
/// if (argus_auth_log_register(print_event, prefix, free, ARGUS_AUTH_LOG_LEVEL_INFO, NULL) != ARGUS_AUTH_STATUS_OK) {
///     free(prefix); // on failure, it is still owned by the caller
/// }
/// ```
pub type argus_auth_log_user_data_free = Option<unsafe extern "C" fn(user_data: *mut c_void)>;

/// Returns the one registration of this library. `OnceBox` has no lock, unlike `OnceLock`. So if the process forks
/// while another thread creates the registration, the child does not inherit a lock that nobody releases.
fn registration() -> &'static Registration {
    static REGISTRATION: OnceBox<Registration> = OnceBox::new();
    REGISTRATION.get_or_init(|| Box::new(Registration::new()))
}

/// Registers `callback` for events of the level `max_level`, an `argus_auth_log_level`, and of all more serious levels.
/// A process has one callback. The previous callback is removed, as `argus_auth_log_unregister` does it, after the new
/// callback is in place. Calls of both callbacks may overlap.
///
/// `user_data` is passed to each call and may be NULL. On success the library owns it, and passes it to
/// `user_data_free` once, after the last call of the callback, on the thread that unregisters or replaces the callback.
/// `user_data_free` may be NULL if there is nothing to free. On failure `user_data` is still owned by the caller, and
/// `user_data_free` is not called.
///
/// To change the level, register again. Each registration owns its `user_data`: a pointer that the previous
/// registration will free must not be passed again. A child of `fork` has its own copy of the registration and of
/// `user_data`. `user_data_free` is called in the child only if the child unregisters or replaces the callback.
///
/// Blocks while calls of the previous callback run. The caller must not hold a lock that the previous callback takes.
///
/// Failures: `ARGUS_AUTH_STATUS_INVALID_ARGUMENT`, if `max_level` is not an `argus_auth_log_level`;
/// `ARGUS_AUTH_STATUS_IN_CALLBACK`, inside the log callback; `ARGUS_AUTH_STATUS_LOG_IN_USE`, in a Rust program that
/// receives the events itself, and in a child of `fork` if another thread of the parent was registering its first
/// callback at that moment.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn argus_auth_log_register(
    callback: argus_auth_log_callback,
    user_data: *mut c_void,
    user_data_free: argus_auth_log_user_data_free,
    max_level: u32,
    error: Option<&mut MaybeUninit<Option<Box<argus_auth_error>>>>,
) -> argus_auth_status {
    call(error, || {
        let Some(callback) = callback else { return Err(Failure::Null { argument: "callback" }) };
        let max_level = level_limit(max_level)?;
        if in_callback() {
            return Err(Failure::InCallback);
        }
        // SAFETY: by registering, C promises what the header asks for: `callback` may be called with `user_data` on any
        // thread, on several at the same time, until it is unregistered; then `user_data_free` may be called once.
        let sink = unsafe { Sink::new(callback, user_data, user_data_free, max_level) };
        if !registration().set(sink, || log::forward(|record| deliver(&record))) {
            return Err(Failure::LogInUse);
        }
        Ok(argus_auth_status::Ok)
    })
}

/// Removes the log callback. When this function returns, no call of the callback is running on any thread, no call will
/// start, and its `user_data` has been freed. This also holds if another thread has begun the removal. The function
/// also succeeds if there is no callback.
///
/// Blocks while calls of the callback run. The caller must not hold a lock that the callback takes.
///
/// Call this function before the code of the callback is unloaded, and before `exit` or the return from `main` destroys
/// objects that the callback uses: the engine's thread may run until the process ends.
///
/// Failures: `ARGUS_AUTH_STATUS_IN_CALLBACK`, inside the log callback.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_log_unregister(
    error: Option<&mut MaybeUninit<Option<Box<argus_auth_error>>>>,
) -> argus_auth_status {
    call(error, || {
        if in_callback() {
            return Err(Failure::InCallback);
        }
        registration().remove();
        Ok(argus_auth_status::Ok)
    })
}

/// Passes an event to the callback.
fn deliver(record: &Record) {
    // A panic would unwind into the code of the core that logs the event.
    boundary::contain((), || {
        let level = match record.level {
            Level::ERROR => argus_auth_log_level::Error,
            Level::WARN => argus_auth_log_level::Warn,
            Level::INFO => argus_auth_log_level::Info,
            Level::DEBUG => argus_auth_log_level::Debug,
            Level::TRACE => argus_auth_log_level::Trace,
        };
        let (target, message) = (CText::new(record.target), CText::new(record.message.as_str()));
        registration().deliver(level, argus_auth_str::lend(&target), argus_auth_str::lend(&message));
    });
}

/// Returns the limit that C's number means; `None` for `ARGUS_AUTH_LOG_LEVEL_OFF`.
fn level_limit(level: u32) -> Result<Option<Level>, Failure> {
    let levels =
        [None, Some(Level::ERROR), Some(Level::WARN), Some(Level::INFO), Some(Level::DEBUG), Some(Level::TRACE)];
    usize::try_from(level)
        .ok()
        .and_then(|level| levels.get(level).copied())
        .ok_or(Failure::Argument { argument: "max_level", problem: "it is not an argus_auth_log_level" })
}
