//! Every error of this library, as data with fields.
//!
//! * this file: [`Error`], which a caller gets;
//! * `config`: [`ConfigError`], all [`Problem`]s of a configuration at once;
//! * `token`: [`TokenError`], why a token endpoint gave no token.
//!
//! No message contains a secret or a response body. No message contains the numbers and words of a refused client
//! either, since a gateway takes those for the verdict of a *backend*: they are fields, for code to read.

mod config;
mod token;

use std::sync::Arc;

pub use self::config::{ConfigError, Problem, Severity};
pub(crate) use self::token::reads_as_refusal;
pub use self::token::{TlsCause, TokenError, TokenErrorKind};

/// Any error of this library.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The configuration can't be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// No remote backend has this name.
    #[error("no sse or streamable-http backend is named {name:?}")]
    UnknownBackend {
        /// The name asked for.
        name: String,
    },
    /// The backend's kind of authentication is not implemented.
    #[error("backend {backend:?}: `auth.type: {kind}` needs an interactive login, which this library does not perform")]
    Unsupported {
        /// The backend.
        backend: String,
        /// Its `auth.type`.
        kind: &'static str,
    },
    /// An access token could not be had. Shared by all callers that waited for it.
    #[error(transparent)]
    Token(Arc<TokenError>),
    /// The caller's own time to wait ran out. The fetch goes on, and its result will be cached.
    #[error("no token within the time this caller had; the request to the token endpoint goes on")]
    Deadline,
    /// The engine was shut down while the caller waited. Asking again starts it anew.
    #[error("the engine was shut down while a token was being fetched")]
    Shutdown,
    /// The engine can't run: no thread, no descriptors.
    #[error("the authentication engine could not start: {reason}")]
    Engine {
        /// What the operating system said.
        reason: String,
    },
    /// A defect of this library was contained.
    #[error("internal error: {what}")]
    Internal {
        /// What failed.
        what: &'static str,
    },
}

impl Error {
    /// A stable word for the kind of error, for logs, metrics and bindings.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Config(_) => "config",
            Self::UnknownBackend { .. } => "unknown_backend",
            Self::Unsupported { .. } => "unsupported",
            Self::Token(error) => error.kind.code(),
            Self::Deadline => "deadline",
            Self::Shutdown => "shutdown",
            Self::Engine { .. } => "engine",
            Self::Internal { .. } => "internal",
        }
    }

    /// Whether the same call may succeed later without anyone changing anything.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Token(error) => error.kind.is_transient(),
            Self::Deadline | Self::Shutdown | Self::Engine { .. } => true,
            Self::Config(_) | Self::UnknownBackend { .. } | Self::Unsupported { .. } | Self::Internal { .. } => false,
        }
    }
}
