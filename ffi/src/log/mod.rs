//! The host's log callback.
//!
//! * this file: the C functions, and an event on its way to the callback;
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

/// How serious a log event is, and from which seriousness on they are wanted.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum argus_auth_log_level {
    /// No event has this level; as a limit, none are wanted.
    Off = 0,
    /// Something does not work.
    Error = 1,
    /// Something will not work soon, or not as meant.
    Warn = 2,
    /// What an operator wants to see once.
    Info = 3,
    /// What a developer wants to see.
    Debug = 4,
    /// Everything.
    Trace = 5,
}

/// Receives one log event. `target` says where it comes from (`argus_auth::token`, say), `message` what happened; both
/// are borrowed during the call and hold no secrets.
///
/// Called on whatever thread the event happens on, the library's own included, and on several at once. It must return,
/// and soon: no exception, `longjmp`, `pthread_exit` or cancellation of the thread may end it. It may call functions of
/// this library, except those that say otherwise.
pub type argus_auth_log_callback = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        level: argus_auth_log_level,
        target: argus_auth_str,
        message: argus_auth_str,
    ),
>;

/// Receives the `user_data` of a log callback that will not be called any more. What the callback may do and must not
/// do holds here too; what fails in the one with `ARGUS_AUTH_STATUS_IN_CALLBACK` does so in the other.
pub type argus_auth_log_user_data_free = Option<unsafe extern "C" fn(user_data: *mut c_void)>;

/// Returns the registration of this library. Of two threads that make it at once, neither waits for the other.
fn registration() -> &'static Registration {
    static REGISTRATION: OnceBox<Registration> = OnceBox::new();
    REGISTRATION.get_or_init(|| Box::new(Registration::new()))
}

/// Has `callback` called for every log event of this library that is as serious as `max_level` (an
/// `argus_auth_log_level`) or more so. There is one callback per process: a previous one is unregistered first, as
/// `argus_auth_log_unregister` does it, waiting included.
///
/// On success the library holds `user_data` until no call with it can come any more, and then passes it to
/// `user_data_free`, once, on the thread that unregisters or replaces the callback; NULL means that there is nothing to
/// free. On failure `user_data` stays the caller's and `user_data_free` is not called.
///
/// Failures: `ARGUS_AUTH_STATUS_IN_CALLBACK`; `ARGUS_AUTH_STATUS_LOG_IN_USE`, in a Rust program that receives the
/// events itself, and in a child of `fork` if the parent was just registering its first callback. May be called from
/// any other thread at any time.
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
        // SAFETY: the caller registers `callback` to be called with `user_data`, on any thread and until it is
        // unregistered, and `user_data_free` to be called once after that.
        let sink = unsafe { Sink::new(callback, user_data, user_data_free, max_level) };
        if !registration().set(sink, || log::forward(|record| deliver(&record))) {
            return Err(Failure::LogInUse);
        }
        Ok(argus_auth_status::Ok)
    })
}

/// Has the log callback called no more: when this returns, no call of it is running on any thread, none will come, and
/// its `user_data` has been freed, also if another thread was at it already. Waits for calls that are running, so that
/// the caller must not hold a lock that the callback takes. Nothing to do is a success.
///
/// To be called before the code of the callback is unloaded, and before `exit` or the end of `main` if the callback
/// uses what these destroy: the library's thread may run until the very end of the process.
///
/// Failures: `ARGUS_AUTH_STATUS_IN_CALLBACK`. May be called from any other thread at any time.
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

fn deliver(record: &Record) {
    // A panic would unwind into whatever the core was doing when it logged.
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

fn level_limit(level: u32) -> Result<Option<Level>, Failure> {
    let levels =
        [None, Some(Level::ERROR), Some(Level::WARN), Some(Level::INFO), Some(Level::DEBUG), Some(Level::TRACE)];
    usize::try_from(level)
        .ok()
        .and_then(|level| levels.get(level).copied())
        .ok_or(Failure::Argument { argument: "max_level", problem: "it is no argus_auth_log_level" })
}
