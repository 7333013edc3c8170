//! Shuts down the engine. Each process has one.

use std::mem::MaybeUninit;
use std::time::Duration;

use argus_auth_core::Engine;

use crate::call::call;
use crate::error::argus_auth_error;
use crate::failure::Failure;
use crate::log;
use crate::status::argus_auth_status;

/// Stops the engine's thread, if it runs. The engine is the part of the library that fetches and renews tokens.
///
/// Calls that wait for headers fail with `ARGUS_AUTH_STATUS_SHUTDOWN`. All objects stay valid, and cached tokens are
/// kept. The next fetch starts a new thread. Calling this function is optional. Without it, the thread ends with the
/// process.
///
/// Blocks until the thread has ended, for at most `timeout_ms` milliseconds. A helper thread that resolves a host name
/// may run longer. May be called any number of times.
///
/// Failures: `ARGUS_AUTH_STATUS_DEADLINE`, if the thread was told to end and did not end in time;
/// `ARGUS_AUTH_STATUS_IN_CALLBACK`, inside the log callback, because the callback may run on the engine's thread. With
/// this status, nothing is stopped.
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
