//! Outgoing authentication for MCP gateways.
//!
//! An Argus configuration names backends and how each wants to be authenticated to. This crate turns it into the
//! HTTP headers that a request to a backend must carry, and keeps OAuth 2.0 access tokens fresh while doing so.
//!
//! ```no_run
//! use std::time::Duration;
//! use argus_auth_core::{LoadOptions, Resolver};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let resolver = Resolver::from_file("config.yaml".as_ref(), &LoadOptions::default())?;
//! for (name, value) in resolver.headers_blocking("my-server", Duration::from_secs(35))?.iter() {
//!     println!("{name}: {} characters", value.expose_secret().len());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! To follow one header from the file to the wire, read the modules in this order: [`config`], [`secrets`],
//! [`provider`], [`token`], [`resolver`], [`engine`].

#![deny(unsafe_code)] // allowed in engine/os.rs only: pthread_atfork and the signal mask have no safe wrapper

pub mod completion;
pub mod config;
pub mod doctor;
pub mod engine;
mod error;
mod file;
mod headers;
mod lock;
pub mod log;
pub mod provider;
pub mod resolver;
mod secret;
pub mod secrets;
mod signing_key;
pub mod token;
mod trust;

pub use config::{Config, ConfigError, FailurePolicy, LoadOptions, Problem, Severity, Unresolved};
pub use engine::Engine;
pub use error::{Error, TokenError, TokenErrorKind};
pub use headers::Headers;
pub use resolver::Resolver;
pub use secret::Secret;

/// The version of this library, `major.minor.patch`.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The README's example in Rust, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
