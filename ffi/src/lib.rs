//! The C ABI of `argus-auth-core`: `libargus_auth` and `include/argus_auth.h`.
//!
//! This crate translates and decides nothing. There is one file per family of C functions (`resolver`, `headers`,
//! `error`, ...); the comment of each function says how to use it, and cbindgen copies it into the header. All of them
//! share these files:
//!
//! * `boundary`: contains panics, checks that pointers are not NULL and that text is UTF-8;
//! * `failure`: why a call failed;
//! * `call`: the frame of a function that can fail, which reports a failure as a status and an error object;
//! * `handle`: reference-counted objects, and the places into which functions put what they return.
//!
//! The signatures say who owns an object, as far as Rust's types can:
//!
//! | in Rust | in C | means |
//! |---|---|---|
//! | `Option<&T>` | `const T *` | borrowed during the call, NULL allowed |
//! | `Option<Box<T>>` | `T *` | the caller gives up its only reference, or gets one; NULL allowed |
//! | `Option<&mut MaybeUninit<Option<T>>>` | `T **` | written on every path, NULL allowed |
//! | `*const T`, `*mut T`, `NonNull<T>` | the same | a reference to a reference-counted object, see `handle` |

#![allow(non_camel_case_types, reason = "types have the names they have in C")]
#![allow(
    clippy::missing_safety_doc,
    reason = "the header states once, and each comment where it adds to it, what a pointer must be"
)]

// The order is that of the declarations in the header.
mod boundary;
mod call;
mod failure;
mod handle;

mod status;
mod text;

mod error;
mod problem;

mod load;
mod resolver;

mod backend;
mod headers;
mod token_status;

mod log;

mod engine;
mod version;

pub use backend::*;
pub use engine::*;
pub use error::*;
pub use headers::*;
pub use load::*;
pub use log::*;
pub use problem::*;
pub use resolver::*;
pub use status::*;
pub use text::*;
pub use token_status::*;
pub use version::*;
