//! The options with which a configuration is loaded.

use std::mem::MaybeUninit;
use std::slice;

use argus_auth_core::{LoadOptions, Unresolved};

use crate::failure::Failure;

/// The treatment of a configuration reference, `${VAR}` or `secret:name`, that can't be resolved. A value for the field
/// `unresolved` of `argus_auth_load_options`.
///
/// ```c
/// argus_auth_load_options options = ARGUS_AUTH_LOAD_OPTIONS_INIT;
/// options.unresolved = ARGUS_AUTH_UNRESOLVED_KEEP;
///
/// const char *yaml = "backends: {b: {type: sse, url: 'http://b', headers: {X-Key: '${UNSET}'}}}";
/// argus_auth_resolver *loaded = NULL;
/// if (argus_auth_resolver_from_text(yaml, strlen(yaml), &options, &loaded, NULL) == ARGUS_AUTH_STATUS_OK) {
///     printf("%zu warnings\n", argus_auth_resolver_warning_count(loaded));
///     argus_auth_resolver_free(loaded);
/// }
/// ```
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum argus_auth_unresolved {
    /// The reference is an error of the configuration, so the configuration can't be used. This is the default.
    Error = 0,
    /// The text of the reference stays in the value unchanged, with a warning. The Argus gateway keeps the text too.
    /// These are still errors: a variable that is not UTF-8, a secret store or a secret that can't be read, and, with
    /// `secrets.strict`, a secret that is missing.
    Keep = 1,
}

/// The options with which a configuration is loaded. A variable of the caller, initialised with
/// `ARGUS_AUTH_LOAD_OPTIONS_INIT`.
///
/// Used by: `argus_auth_resolver_from_file`, `argus_auth_resolver_from_text`, which borrow it during the call.
///
/// ```c
/// argus_auth_load_options options = ARGUS_AUTH_LOAD_OPTIONS_INIT;
/// options.unresolved = ARGUS_AUTH_UNRESOLVED_KEEP;
///
/// argus_auth_resolver *loaded = NULL;
/// if (argus_auth_resolver_from_file("config.yaml", 11, &options, &loaded, NULL) == ARGUS_AUTH_STATUS_OK) {
///     argus_auth_resolver_free(loaded);
/// }
/// ```
///
/// Later versions of the library may add fields of any type at the end. Zero in a field always means its default. The
/// library sees in `size` which fields the caller has:
/// - A program that was compiled with an older header works with a newer library: the new fields have their defaults.
/// - A program that was compiled with a newer header works with an older library as long as the fields that the library
///   lacks are zero. Otherwise the call fails with `ARGUS_AUTH_STATUS_INVALID_ARGUMENT`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct argus_auth_load_options {
    /// `sizeof(argus_auth_load_options)`.
    pub size: u32,
    /// The treatment of configuration references that can't be resolved: an `argus_auth_unresolved`.
    pub unresolved: u32,
}

/// The size of `argus_auth_load_options` in its first version.
const FIRST_SIZE: usize = 8;

// The type must have no padding. The value of padding is undefined, and a later version would read it as a field.
const _: () = assert!(size_of::<argus_auth_load_options>() == FIRST_SIZE);

/// Returns the options at `options`; the defaults for NULL.
///
/// # Safety
///
/// `options` is NULL or points to as many bytes as its `size` says. These bytes may be read and do not change during
/// the call.
pub(crate) unsafe fn options(options: *const argus_auth_load_options) -> Result<LoadOptions, Failure> {
    let invalid = |problem| Err(Failure::Argument { argument: "options", problem });
    if options.is_null() {
        return Ok(LoadOptions::default());
    }
    // SAFETY: `size` is the first field of every version of the type, so the caller promises that `size` may be read.
    // `size` is aligned, because every version of the type has at least the alignment of a `u32`.
    let size = unsafe { (&raw const (*options).size).read() } as usize;
    // 4096 is more than any version will need: a larger size means that the variable was not initialised.
    if !(FIRST_SIZE..=4096).contains(&size) {
        return invalid("its `size` is not the size of an argus_auth_load_options; use ARGUS_AUTH_LOAD_OPTIONS_INIT");
    }
    // SAFETY: the caller promises that `size` bytes may be read and do not change. The type consists of integers
    // without padding, so any bytes are a valid value of it.
    let Some(fields) = (unsafe { known_fields::<argus_auth_load_options>(options.cast(), size) }) else {
        return invalid("it sets an option that this version of the library does not have");
    };
    let unresolved = match fields.unresolved {
        value if value == argus_auth_unresolved::Error as u32 => Unresolved::Error,
        value if value == argus_auth_unresolved::Keep as u32 => Unresolved::Keep,
        _ => return invalid("`unresolved` is not an argus_auth_unresolved"),
    };
    Ok(LoadOptions { unresolved, ..LoadOptions::default() })
}

/// Returns the caller's fields, which are `size` bytes at `fields`, as the type of this version. A field that the
/// caller lacks is zero. Returns `None` if the caller sets a field that the type lacks.
///
/// # Safety
///
/// `size` bytes at `fields` may be read and do not change during the call; any bytes are a valid `T`.
unsafe fn known_fields<T>(fields: *const u8, size: usize) -> Option<T> {
    let known = size.min(size_of::<T>());
    let mut copy = MaybeUninit::<T>::zeroed();
    // SAFETY: `known` is at most `size`, so the bytes may be read, and at most the size of `copy`, so they may be
    // written. `copy` is a new local, so the two do not overlap.
    unsafe { fields.copy_to_nonoverlapping(copy.as_mut_ptr().cast(), known) };
    // SAFETY: `known` is at most `size`, and the caller promises that all bytes from `known` to `size` may be read and
    // do not change.
    let unknown = unsafe { slice::from_raw_parts(fields.add(known), size - known) };
    // SAFETY: all bytes of `copy` are initialised: first with zeros, and then partly with the caller's bytes. The
    // caller promises that any bytes are a valid `T`.
    unknown.iter().all(|byte| *byte == 0).then(|| unsafe { copy.assume_init() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The type in an imagined later version of the library.
    #[repr(C)]
    struct Later {
        size: u32,
        unresolved: u32,
        limit: u64,
    }

    #[test]
    fn known_fields_of_an_older_program_fill_new_fields_with_zero() {
        let older = argus_auth_load_options { size: 8, unresolved: 1 };
        // SAFETY: the pointer is to a live local of that size, and the type consists of integers without padding.
        let read: Later = unsafe { known_fields((&raw const older).cast(), size_of_val(&older)) }.unwrap();
        assert_eq!((read.size, read.unresolved, read.limit), (8, 1, 0));
    }

    #[test]
    fn known_fields_of_a_newer_program_are_rejected_only_if_an_unknown_field_is_set() {
        for (limit, understood) in [(0, true), (1 << 63, false)] {
            let newer = Later { size: 16, unresolved: 1, limit };
            // SAFETY: the pointer is to a live local of that size, and the type consists of integers without padding.
            let read =
                unsafe { known_fields::<argus_auth_load_options>((&raw const newer).cast(), size_of_val(&newer)) };
            assert_eq!(read.map(|read| read.unresolved), understood.then_some(1));
        }
    }
}
