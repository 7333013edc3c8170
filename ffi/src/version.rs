//! The version of the header, as macros, and the version of the library, as functions.
//!
//! The macro `ARGUS_AUTH_VERSION`, a text, is in `cbindgen.toml`. A test compares all macros with Cargo's version.

use crate::text::argus_auth_str;

/// The major part of the version of this header.
pub const ARGUS_AUTH_VERSION_MAJOR: u32 = 0;
/// The minor part of the version of this header.
pub const ARGUS_AUTH_VERSION_MINOR: u32 = 1;
/// The patch part of the version of this header.
pub const ARGUS_AUTH_VERSION_PATCH: u32 = 0;
/// The version of this header as one number: major * 65536 + minor * 256 + patch. A later version has a larger number.
pub const ARGUS_AUTH_VERSION_NUMBER: u32 =
    (ARGUS_AUTH_VERSION_MAJOR << 16) | (ARGUS_AUTH_VERSION_MINOR << 8) | ARGUS_AUTH_VERSION_PATCH;

/// Returns the version of the loaded library as text, for a comparison with `ARGUS_AUTH_VERSION`. The text is valid
/// until the process ends.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_version() -> argus_auth_str {
    const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");
    argus_auth_str { data: VERSION.as_ptr().cast(), len: VERSION.len() - 1 }
}

/// Returns the version of the loaded library as a number. Compare it with `ARGUS_AUTH_VERSION_NUMBER` to find out
/// whether the library has the functions that this header declares. The number in the SONAME of the library,
/// `libargus_auth.so.0`, is the major version of the ABI.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_version_number() -> u32 {
    ARGUS_AUTH_VERSION_NUMBER
}
