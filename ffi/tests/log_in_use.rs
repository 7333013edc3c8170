//! In a Rust program that receives the log events itself, a callback can't be registered.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failure here is a failed test")]

use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};

use argus_auth::{argus_auth_error_status, argus_auth_str};
use argus_auth::{argus_auth_log_level, argus_auth_log_register, argus_auth_log_unregister, argus_auth_status};

static CALLED: AtomicU32 = AtomicU32::new(0);

unsafe extern "C" fn called(_: *mut c_void, _: argus_auth_log_level, _: argus_auth_str, _: argus_auth_str) {
    CALLED.fetch_add(1, Ordering::Relaxed);
}

unsafe extern "C" fn freed(_: *mut c_void) {
    CALLED.fetch_add(1, Ordering::Relaxed);
}

#[test]
fn log_register_in_a_program_with_its_own_subscriber_fails() {
    assert!(argus_auth_core::log::forward(|_| {}));
    for _ in 0..2 {
        let mut error = MaybeUninit::uninit();
        // SAFETY: both functions may be called with any pointer on any thread.
        let status =
            unsafe { argus_auth_log_register(Some(called), ptr::null_mut(), Some(freed), 5, Some(&mut error)) };
        assert_eq!(status, argus_auth_status::LogInUse);
        // SAFETY: `argus_auth_log_register` writes the error on every path.
        let error = unsafe { error.assume_init() };
        assert_eq!(argus_auth_error_status(error.as_deref()), status);
    }
    assert_eq!(argus_auth_log_unregister(None), argus_auth_status::Ok);
    assert_eq!(CALLED.load(Ordering::Relaxed), 0);
}
