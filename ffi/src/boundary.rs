//! What every exported function does first and last.
//!
//! * A panic ends here: [`call`] turns it into a status, [`read`] and [`contain`] into the value that means nothing.
//! * A failure becomes a status and, when the caller wants one, an error object.
//! * A pointer is checked before it is followed, a text before it is read.

use std::ffi::c_char;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::{mem, slice, str};

use argus_auth_core::{ConfigError, Error};

use crate::error::argus_auth_error;
use crate::handle;
use crate::status::argus_auth_status;

/// Why a call into the library did not do what it was for.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A pointer was NULL.
    Null { argument: &'static str },
    /// A text was not UTF-8.
    Utf8 { argument: &'static str, valid_up_to: usize },
    /// A value that can't be.
    Argument { argument: &'static str, problem: &'static str },
    /// Called from the log callback.
    InCallback,
    /// Somebody else receives the log events.
    LogInUse,
    /// The engine's thread did not end in time.
    StillRunning,
    /// The core's own.
    Core(Error),
    /// A panic.
    Panic,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Core(error)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Core(error.into())
    }
}

/// Runs the body of a function that can fail, and reports how it went.
///
/// # Safety
///
/// `error` is NULL or may be written to, and nobody else uses it until this returns.
pub(crate) unsafe fn call(
    error: *mut *mut argus_auth_error,
    body: impl FnOnce() -> Result<argus_auth_status, Failure>,
) -> argus_auth_status {
    let report = |failure: Failure| {
        let status = failure.status();
        let object =
            if error.is_null() { ptr::null_mut() } else { handle::give_whole(argus_auth_error::new(&failure)) };
        (status, object)
    };
    let (status, object) = contain(None, || Some(body().map_or_else(report, |status| (status, ptr::null_mut()))))
        .or_else(|| contain(None, || Some(report(Failure::Panic))))
        .unwrap_or((argus_auth_status::Panic, ptr::null_mut()));
    if !error.is_null() {
        // SAFETY: it is not NULL, so it may be written to, says the caller.
        unsafe { error.write(object) };
    }
    status
}

/// Reads something from the object behind `handle`: `nothing` if that is NULL.
///
/// # Safety
///
/// `handle` is NULL or refers to an object that stays alive until this returns.
pub(crate) unsafe fn read<T, R: Copy>(handle: *const T, nothing: R, read: impl FnOnce(&T) -> R) -> R {
    // SAFETY: what is not NULL is alive, says the caller, and objects are never changed once they are handed out.
    match unsafe { handle.as_ref() } {
        Some(object) => contain(nothing, || read(object)),
        None => nothing,
    }
}

/// Runs `body`; `otherwise` if it panics.
pub(crate) fn contain<R>(otherwise: R, body: impl FnOnce() -> R) -> R {
    // What a panic leaves half done is safe to meet again: no function here changes an object that others hold.
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|payload| {
        // Dropping what was thrown could throw again.
        mem::forget(payload);
        otherwise
    })
}

/// The object behind `handle`.
///
/// # Safety
///
/// `handle` is NULL or refers to an object that stays alive for `'a`.
pub(crate) unsafe fn borrow<'a, T>(handle: *const T, argument: &'static str) -> Result<&'a T, Failure> {
    // SAFETY: what is not NULL is alive, says the caller, and objects are never changed once they are handed out.
    unsafe { handle.as_ref() }.ok_or(Failure::Null { argument })
}

/// The bytes at `data`.
///
/// # Safety
///
/// `data` is NULL, or its `len` bytes may be read and do not change for `'a`.
pub(crate) unsafe fn bytes<'a>(data: *const c_char, len: usize, argument: &'static str) -> Result<&'a [u8], Failure> {
    if data.is_null() {
        return Err(Failure::Null { argument });
    }
    if isize::try_from(len).is_err() {
        return Err(Failure::Argument { argument, problem: "the length is more than memory can hold" });
    }
    // SAFETY: the bytes are there for `'a`, says the caller, and they are no more than a slice may have.
    Ok(unsafe { slice::from_raw_parts(data.cast(), len) })
}

/// The text at `data`.
///
/// # Safety
///
/// As for [`bytes`].
pub(crate) unsafe fn text<'a>(data: *const c_char, len: usize, argument: &'static str) -> Result<&'a str, Failure> {
    // SAFETY: the same is asked of the caller.
    let bytes = unsafe { bytes(data, len, argument) }?;
    str::from_utf8(bytes).map_err(|error| Failure::Utf8 { argument, valid_up_to: error.valid_up_to() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{argus_auth_error_free, argus_auth_error_status};

    #[test]
    fn a_panic_becomes_a_status_and_an_error() {
        let mut error = ptr::dangling_mut();
        // SAFETY: the pointers are to live locals.
        let status = unsafe { call(&raw mut error, || panic!("injected")) };
        assert_eq!(status, argus_auth_status::Panic);
        // SAFETY: `error` was written above.
        unsafe {
            assert_eq!(argus_auth_error_status(error), argus_auth_status::Panic);
            argus_auth_error_free(error);
        }
        // SAFETY: NULL is allowed.
        assert_eq!(unsafe { call(ptr::null_mut(), || panic!("injected")) }, argus_auth_status::Panic);
        // SAFETY: the pointer is to a live local.
        assert_eq!(unsafe { read(&raw const status, 7, |_| panic!("injected")) }, 7);
    }

    #[test]
    fn success_leaves_no_error() {
        let mut error = ptr::dangling_mut();
        // SAFETY: the pointer is to a live local.
        let status = unsafe { call(&raw mut error, || Ok(argus_auth_status::Ok)) };
        assert_eq!(status, argus_auth_status::Ok);
        assert!(error.is_null());
    }

    #[test]
    fn a_length_that_no_memory_has_is_refused() {
        // SAFETY: the length is refused before the bytes are looked at.
        let failure = unsafe { bytes(c"x".as_ptr(), usize::MAX, "text") };
        assert!(matches!(failure, Err(Failure::Argument { .. })));
    }
}
