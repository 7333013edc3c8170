//! Which version this is: at compile time by macros, at run time by functions.
//!
//! The macro `ARGUS_AUTH_VERSION`, a text, is in `cbindgen.toml`. A test holds all of them against Cargo's version.

use crate::text::argus_auth_str;

/// Major part of the version of this header.
pub const ARGUS_AUTH_VERSION_MAJOR: u32 = 0;
/// Minor part of the version of this header.
pub const ARGUS_AUTH_VERSION_MINOR: u32 = 1;
/// Patch part of the version of this header.
pub const ARGUS_AUTH_VERSION_PATCH: u32 = 0;
/// The version of this header as one number that grows with it: `0xMMmmpp`.
pub const ARGUS_AUTH_VERSION_NUMBER: u32 =
    (ARGUS_AUTH_VERSION_MAJOR << 16) | (ARGUS_AUTH_VERSION_MINOR << 8) | ARGUS_AUTH_VERSION_PATCH;

/// The version of the library that runs, to be compared with `ARGUS_AUTH_VERSION`. Valid for ever.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_version() -> argus_auth_str {
    const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");
    argus_auth_str { data: VERSION.as_ptr().cast(), len: VERSION.len() - 1 }
}

/// The version of the library that runs, to be compared with `ARGUS_AUTH_VERSION_NUMBER`.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_version_number() -> u32 {
    ARGUS_AUTH_VERSION_NUMBER
}
