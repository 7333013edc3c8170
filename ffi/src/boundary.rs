//! The checks of every exported function: panics are caught, pointers are not NULL, text is UTF-8.

use std::ffi::c_char;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::{mem, slice, str};

use crate::failure::Failure;

/// Runs `body`; returns `otherwise` if it panics.
pub(crate) fn contain<R>(otherwise: R, body: impl FnOnce() -> R) -> R {
    // `AssertUnwindSafe` is justified: an object that C holds is changed only by the atomic replacement of a pointer in
    // it, so a panic leaves no object half-changed.
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|payload| {
        // Leaked, because its destructor could panic again.
        mem::forget(payload);
        otherwise
    })
}

/// Reads from an object that C holds; returns `nothing` for NULL and if `read` panics.
///
/// `T` is `Sync`, because C may call accessors of one object on several threads at the same time.
pub(crate) fn read<'o, T: Sync, R>(object: Option<&'o T>, nothing: R, read: impl FnOnce(&'o T) -> R) -> R {
    match object {
        Some(object) => contain(nothing, || read(object)),
        None => nothing,
    }
}

/// Returns the object that an argument points to; fails for NULL. `T` is `Sync` for the same reason as in [`read`].
pub(crate) fn required<'o, T: Sync>(object: Option<&'o T>, argument: &'static str) -> Result<&'o T, Failure> {
    object.ok_or(Failure::Null { argument })
}

/// Returns the bytes at `data`; fails for NULL and for a length that no object can have.
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
    // SAFETY: `data` is not NULL, and a byte needs no alignment. The caller promises that `len` bytes may be read and
    // do not change for `'a`. `len` is at most `isize::MAX`, the limit of a slice.
    Ok(unsafe { slice::from_raw_parts(data.cast(), len) })
}

/// Returns the text at `data`; fails as [`bytes`] does, and if it is not UTF-8.
///
/// # Safety
///
/// As for [`bytes`].
pub(crate) unsafe fn text<'a>(data: *const c_char, len: usize, argument: &'static str) -> Result<&'a str, Failure> {
    // SAFETY: the caller makes the same promise.
    let bytes = unsafe { bytes(data, len, argument) }?;
    str::from_utf8(bytes).map_err(|error| Failure::Utf8 { argument, valid_up_to: error.valid_up_to() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_that_panics_returns_nothing() {
        assert_eq!(read(Some(&1), 7, |_| panic!("injected")), 7);
    }

    #[test]
    fn bytes_with_a_length_beyond_memory_are_rejected() {
        // SAFETY: the function rejects the length before it reads any byte.
        let failure = unsafe { bytes(c"x".as_ptr(), usize::MAX, "text") };
        assert!(matches!(failure, Err(Failure::Argument { .. })));
    }
}
