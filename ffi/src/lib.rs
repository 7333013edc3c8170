//! The C ABI of `argus-auth-core`: `libargus_auth` and `include/argus_auth.h`.
//!
//! This crate translates and decides nothing. One file per family of C functions; how to use each function is in its
//! comment, which cbindgen copies into the header. What all of them share is in two files:
//!
//! * `boundary`: what every function does first and last: contain panics, report failures, check pointers;
//! * `handle`: who owns an object that C holds.

#![allow(non_camel_case_types, reason = "types have the names they have in C")]
#![allow(
    clippy::missing_safety_doc,
    reason = "the header states once, and each comment where it adds to it, what a pointer must be"
)]

// The order is that of the declarations in the header.
mod boundary;
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
