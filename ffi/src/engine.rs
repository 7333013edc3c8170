//! The one engine of the process.

use std::mem::MaybeUninit;
use std::time::Duration;

use argus_auth_core::Engine;

use crate::call::call;
use crate::error::argus_auth_error;
use crate::failure::Failure;
use crate::log;
use crate::status::argus_auth_status;

/// Stops the library's engine thread, if it runs, and waits for its end for at most `timeout_ms` milliseconds.
///
/// Calls that wait for headers end with `ARGUS_AUTH_STATUS_SHUTDOWN`. All objects stay valid, cached tokens are kept,
/// and the engine may be used again: the next fetch starts a new thread. Without a call of this function the thread
/// ends with the process.
///
/// Failures: `ARGUS_AUTH_STATUS_DEADLINE`, the thread has been told to end but had not done so in time;
/// `ARGUS_AUTH_STATUS_IN_CALLBACK`, and nothing was done. May be called at any time, from any thread, any number of
/// times, but not from the log callback, which the engine's thread may be running.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_shutdown(
    timeout_ms: u32,
    error: Option<&mut MaybeUninit<Option<Box<argus_auth_error>>>>,
) -> argus_auth_status {
    call(error, || {
        if log::in_callback() {
            return Err(Failure::InCallback);
        }
        if Engine::global().shutdown(Duration::from_millis(timeout_ms.into())) {
            Ok(argus_auth_status::Ok)
        } else {
            Err(Failure::StillRunning)
        }
    })
}
