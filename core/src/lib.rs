//! Outgoing authentication for MCP gateways.
//!
//! An Argus configuration names backends and the authentication that each of them requires. This crate turns the
//! configuration into the HTTP headers that a request to a backend must carry. It fetches, caches and renews the OAuth
//! 2.0 access tokens in these headers.
//!
//! ```no_run
//! use std::time::Duration;
//! use argus_auth_core::{LoadOptions, Resolver};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let resolver = Resolver::from_file("config.yaml".as_ref(), &LoadOptions::default())?;
//! for (name, value) in resolver.headers_blocking("my-server", Duration::from_secs(35))?.iter() {
//!     println!("{name}: {} bytes", value.expose_secret().len());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! All public types may be used from any thread. Loading a configuration requests no token: the engine's background
//! thread starts at the first fetch or checkup.
//!
//! The modules are layers. Each imports only modules that are below it in this list:
//!
//! | module | holds |
//! |---|---|
//! | [`resolver`] | backend name to headers; failure policy; reload |
//! | [`provider`] | one [`AuthProvider`](provider::AuthProvider) per `auth` block; a file for each `auth.type` |
//! | [`doctor`] | requests each distinct token once and explains the response |
//! | `engine` | [`Engine`], the public handle to everything that runs in the background |
//! | [`token`] | access tokens, with *state*: sources, single flight, renewal, circuit breaker |
//! | `oauth2` | one token request and its response, *without state*: client authentication, assertions, parsing |
//! | [`wait`] | the ways to wait: callback, future, queue with a file descriptor |
//! | [`config`] | YAML text to a typed [`Config`] |
//! | `secrets` | the stores in which `secret:name` is looked up |
//! | `http_clients` | HTTP clients with connection pools, by their TLS settings |
//! | `tls` | trusted CA certificates, client certificates, signing keys, causes of failed handshakes |
//! | [`runtime`] | clock, engine thread, values that each process has for itself |
//! | `error`, `headers`, `secret`, `c_text`, `file`, `lock`, [`log`] | foundations, which the modules above use |
//!
//! `docs/architecture.md` in the repository follows one secret from the YAML line to the wire.

#![deny(unsafe_code)] // allowed in runtime/os.rs only: pthread_atfork and the signal mask have no safe wrapper

mod c_text;
pub mod config;
pub mod doctor;
mod engine;
mod error;
mod file;
#[cfg(fuzzing)]
pub mod fuzzing;
mod headers;
mod http_clients;
mod lock;
pub mod log;
mod oauth2;
pub mod provider;
pub mod resolver;
pub mod runtime;
mod secret;
mod secrets;
mod tls;
pub mod token;
pub mod wait;

pub use crate::c_text::CText;
pub use crate::config::{Config, FailurePolicy, LoadOptions, Unresolved};
pub use crate::engine::Engine;
pub use crate::error::{ConfigError, Error, Problem, Severity, TlsCause, TokenError, TokenErrorKind};
pub use crate::headers::Headers;
pub use crate::resolver::Resolver;
pub use crate::secret::Secret;

/// The version of this library, `major.minor.patch`.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Compiles the example in the guide for Rust.
#[cfg(doctest)]
#[doc = include_str!("../../docs/rust.md")]
struct Guide;
