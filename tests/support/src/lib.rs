//! A scriptable OAuth 2.0 token endpoint on loopback, for tests.
//!
//! The endpoint implements HTTP/1.1 itself, because the tests need faults that HTTP server libraries don't produce: a
//! reset in the middle of a body, a wrong length, one byte a second. It has a thread and a runtime of its own and a
//! blocking interface, so it works inside any test, including a test with a paused clock.
//!
//! Its replies are data ([`Reply`]). Tests in other languages send the same data as JSON to the control paths of the
//! program `token-endpoint`.
//!
//! | file | holds |
//! |---|---|
//! | `endpoint.rs` | [`TokenEndpoint`], the interface for tests: start, script, inspect, stop; the accepting thread |
//! | `shared.rs` | the state that the endpoint's thread and the test's threads share: script, records, held replies |
//! | `connection.rs` | one connection: reads requests and writes replies until it closes |
//! | `http.rs` | reads one HTTP request |
//! | `control.rs` | answers the control paths (`/_script`, `/_requests` and so on) |
//! | `request.rs` | [`Request`], a recorded request |
//! | `reply.rs` | [`Reply`] and [`Fault`], a reply and what goes wrong with it |
//! | `send.rs` | writes a reply, including its fault |
//! | `tls.rs` | valid and invalid certificates, and the TLS configuration |
//! | `bin/token-endpoint.rs` | the endpoint as a program, for tests in C, C++ and Python |
//!
//! ```
//! use argus_auth_test_support::{Fault, Reply, TokenEndpoint};
//!
//! let endpoint = TokenEndpoint::start();
//! endpoint.script(vec![Reply::status(503), Reply::token("tok-a", 60).fault(Fault::ResetMidBody)]);
//! // ... the code under test requests tokens from endpoint.url(); from the third request on it gets tok-1, tok-2, ...
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
