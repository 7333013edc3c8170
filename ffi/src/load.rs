//! How a configuration is loaded.

use std::mem::MaybeUninit;
use std::slice;

use argus_auth_core::{LoadOptions, Unresolved};

use crate::failure::Failure;

/// What to do with a `${VAR}` or a `secret:name` that can't be resolved. Held in an `argus_auth_load_options`.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum argus_auth_unresolved {
    /// It is an error that names the place. The default.
    Error = 0,
    /// The text is left as it stands, with a warning, as the gateway does.
    Keep = 1,
}

/// How a configuration is loaded. Made by the caller:
///
/// ```c
/// argus_auth_load_options options = ARGUS_AUTH_LOAD_OPTIONS_INIT;
/// options.unresolved = ARGUS_AUTH_UNRESOLVED_KEEP;
/// ```
///
/// Later versions add fields at the end, of any type, and zero in a field always means its default. `size` tells the
/// library which fields the caller knows: an older program runs unchanged with a newer library, and a newer program is
/// told by an older library (`ARGUS_AUTH_STATUS_INVALID_ARGUMENT`) if it sets what that one does not have.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct argus_auth_load_options {
    /// `sizeof(argus_auth_load_options)`.
    pub size: u32,
    /// An `argus_auth_unresolved`.
    pub unresolved: u32,
}

/// The size that it had in its first version.
const FIRST: usize = 8;

// Padding would hold whatever it held, and a later field in its place would read that.
const _: () = assert!(size_of::<argus_auth_load_options>() == FIRST);

/// The options behind `options`; the defaults if it is NULL.
///
/// # Safety
///
/// `options` is NULL, or the bytes that its `size` promises may be read and do not change meanwhile.
pub(crate) unsafe fn options(options: *const argus_auth_load_options) -> Result<LoadOptions, Failure> {
    let invalid = |problem| Err(Failure::Argument { argument: "options", problem });
    if options.is_null() {
        return Ok(LoadOptions::default());
    }
    // SAFETY: `size` is the first field of every version of the type, and the caller lets it be read.
    let size = unsafe { (&raw const (*options).size).read() } as usize;
    // No version will come near the upper limit: a size beyond it is what an uninitialised variable held.
    if !(FIRST..=4096).contains(&size) {
        return invalid("its size is not that of an argus_auth_load_options; use ARGUS_AUTH_LOAD_OPTIONS_INIT");
    }
    // SAFETY: `size` bytes may be read, says the caller, and the type is made of integers.
    let Some(fields) = (unsafe { known_fields::<argus_auth_load_options>(options.cast(), size) }) else {
        return invalid("it sets an option that this version of the library does not have");
    };
    let unresolved = match fields.unresolved {
        value if value == argus_auth_unresolved::Error as u32 => Unresolved::Error,
        value if value == argus_auth_unresolved::Keep as u32 => Unresolved::Keep,
        _ => return invalid("`unresolved` is no argus_auth_unresolved"),
    };
    Ok(LoadOptions { unresolved, ..LoadOptions::default() })
}

/// What a caller's fields, `size` bytes of them, are in the type of this version: those that the caller does not know
/// are zero. None if the caller sets one that the type does not have.
///
/// # Safety
///
/// `size` bytes at `fields` may be read and do not change meanwhile; any bytes are a `T`.
unsafe fn known_fields<T>(fields: *const u8, size: usize) -> Option<T> {
    let known = size.min(size_of::<T>());
    let mut copy = MaybeUninit::<T>::zeroed();
    // SAFETY: `known` is not more than the bytes that may be read, nor than those of the local.
    unsafe { fields.copy_to_nonoverlapping(copy.as_mut_ptr().cast(), known) };
    // SAFETY: these are the bytes from `known` to `size`, which may be read too.
    let unknown = unsafe { slice::from_raw_parts(fields.add(known), size - known) };
    // SAFETY: all of it was written, with zeros at first, and any bytes are a `T`, says the caller.
    unknown.iter().all(|byte| *byte == 0).then(|| unsafe { copy.assume_init() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The type as a later version of the library may have it.
    #[repr(C)]
    struct Later {
        size: u32,
        unresolved: u32,
        limit: u64,
    }

    #[test]
    fn an_older_program_runs_with_a_newer_library() {
        let older = argus_auth_load_options { size: 8, unresolved: 1 };
        // SAFETY: the pointer is to a live local of that size; the type is made of integers.
        let read: Later = unsafe { known_fields((&raw const older).cast(), size_of_val(&older)) }.unwrap();
        assert_eq!((read.size, read.unresolved, read.limit), (8, 1, 0));
    }

    #[test]
    fn a_newer_program_is_told_of_what_an_older_library_does_not_have() {
        for (limit, understood) in [(0, true), (1 << 63, false)] {
            let newer = Later { size: 16, unresolved: 1, limit };
            // SAFETY: the pointer is to a live local of that size; the type is made of integers.
            let read =
                unsafe { known_fields::<argus_auth_load_options>((&raw const newer).cast(), size_of_val(&newer)) };
            assert_eq!(read.map(|read| read.unresolved), understood.then_some(1));
        }
    }
}
