//! A scriptable OAuth 2.0 token endpoint on loopback, for tests.
//!
//! The endpoint writes its HTTP/1.1 by hand, because what the tests are about is what a finished HTTP server would
//! never do: a reset in the middle of a body, a length that is not kept, one byte a second. It runs on a thread and a
//! runtime of its own and has a blocking interface, so it works inside any test, also one whose own clock is paused.
//!
//! What it answers is data ([`Reply`]), the same from Rust, from a JSON file of fault scenarios, and over the control
//! paths that the `token-endpoint` program offers to tests in other languages.
//!
//! ```
//! use argus_auth_test_support::{Fault, Reply, TokenEndpoint};
//!
//! let endpoint = TokenEndpoint::start();
//! endpoint.script(vec![Reply::status(503), Reply::token("tok-a", 60).fault(Fault::ResetMidBody)]);
//! // ... let the code under test fetch from endpoint.url(); from the third request on it gets tok-1, tok-2, ...
//! assert!(endpoint.requests().is_empty());
//! ```
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "test support: a failure here is a failed test"
)]

mod connection;
mod control;
mod endpoint;
mod http;
mod reply;
mod request;
mod send;
mod shared;
mod tls;

pub use endpoint::{Options, TokenEndpoint};
pub use reply::{Fault, Reply};
pub use request::Request;
pub use tls::{Certificate, TlsFiles, TlsOptions};
