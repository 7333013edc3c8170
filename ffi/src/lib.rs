//! The C ABI of `argus-auth-core`: the library `libargus_auth` and the header `include/argus_auth.h`.
//!
//! This crate translates C to the core and decides nothing. There is one file per family of C functions, and cbindgen
//! copies the public comments into the header:
//!
//! * `status`, `text`, `error`, `problem`: what functions return;
//! * `load`, `resolver`, `backend`, `headers`, `token_status`: a configuration and the headers of its backends;
//! * `log`: the log callback;
//! * `engine`, `version`: shutdown and version.
//!
//! All of them use these files:
//!
//! * `boundary`: catches panics, checks that pointers are not NULL and that text is UTF-8;
//! * `failure`: the reason why a call failed;
//! * `call`: the frame of a function that can fail, which reports a failure as a status and an error object;
//! * `handle`: the objects that C owns, and output arguments.
//!
//! The signatures state the ownership of an object, as far as Rust's types can:
//!
//! | in Rust | in C | means |
//! |---|---|---|
//! | `Option<&T>` | `const T *` | borrowed during the call |
//! | `Option<Box<T>>` | `T *` | owned: an argument is given up by the caller, an output is given to the caller |
//! | `*const T`, `*mut T`, `NonNull<T>` | `T *` | one reference to a reference-counted object, see `handle` |
//! | `Option<&mut MaybeUninit<O>>` | `O *` | an output argument, written on every path |
//!
//! The output `O` of most functions is `Option<Box<T>>` or `Option<NonNull<T>>`, so that the output argument is `T **`.
//!
//! All these types have the layout of a C pointer. NULL is `None` if the type is an `Option`. For a pointer that is not
//! NULL, Rust also requires: it points to a live, aligned object of the type, nothing frees the object during the call,
//! and nothing else reads or writes an output argument during the call. The rules in the header guarantee this.

#![allow(non_camel_case_types, reason = "types have the names they have in C")]
#![allow(
    clippy::missing_safety_doc,
    reason = "a `# Safety` section would be copied into the C header, which states the rules for all pointers once"
)]

// The header declares the functions in the order of these modules.
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
