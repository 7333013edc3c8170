//! How a configuration is loaded.

use argus_auth_core::{LoadOptions, Unresolved};

use crate::boundary::Failure;

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

// Padding would hold whatever it held, and a later field in its place would read that.
const _: () = assert!(size_of::<argus_auth_load_options>() == 8);

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
    let known = size_of::<argus_auth_load_options>();
    // No version will come near the upper limit: a size beyond it is what an uninitialised variable held.
    if size < known || size > 4096 {
        return invalid("its size is not that of an argus_auth_load_options; use ARGUS_AUTH_LOAD_OPTIONS_INIT");
    }
    // SAFETY: `size` bytes may be read, says the caller, and there are as many as the type has.
    let fields = unsafe { options.read() };
    // SAFETY: these are the bytes from the end of the type to `size`, which may be read too.
    let unknown = unsafe { std::slice::from_raw_parts(options.cast::<u8>().add(known), size - known) };
    if unknown.iter().any(|byte| *byte != 0) {
        return invalid("it sets an option that this version of the library does not have");
    }
    let unresolved = match fields.unresolved {
        value if value == argus_auth_unresolved::Error as u32 => Unresolved::Error,
        value if value == argus_auth_unresolved::Keep as u32 => Unresolved::Keep,
        _ => return invalid("`unresolved` is no argus_auth_unresolved"),
    };
    Ok(LoadOptions { unresolved, ..LoadOptions::default() })
}
