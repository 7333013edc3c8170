//! Every error of this library, as data with fields.
//!
//! * this file: [`Error`], which a caller gets;
//! * `config`: [`ConfigError`], all [`Problem`]s of a configuration at once;
//! * `token`: [`TokenError`], the failure of a fetch.
//!
//! No message contains a secret or a response body. The `Display` text of a [`TokenError`] does not contain `401`,
//! `403` or `unauthorized` either. A gateway searches error texts for these words to recognise that a *backend* refused
//! a request, and it would misread a rejection by a token endpoint as a refusal. HTTP status and OAuth error code are
//! fields instead.

mod config;
mod token;

use std::sync::Arc;

pub use self::config::{ConfigError, Problem, Severity};
pub(crate) use self::token::reads_as_refusal;
pub use self::token::{TlsCause, TokenError, TokenErrorKind};

/// Any error of this library. May be cloned and sent to other threads.
///
/// ```
/// use argus_auth_core::{LoadOptions, Resolver};
///
/// # fn main() -> Result<(), argus_auth_core::Error> {
/// let resolver = Resolver::from_text(b"backends: {}", &LoadOptions::default())?;
/// let error = resolver.try_headers("search").unwrap_err();
/// assert_eq!(error.code(), "unknown_backend");
/// assert!(!error.is_retryable());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The configuration can't be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// No remote backend has this name.
    #[error("no sse or streamable-http backend is named {name:?}")]
    UnknownBackend {
        /// The name that the caller gave.
        name: String,
    },
    /// The backend's kind of authentication is not implemented.
    #[error("backend {backend:?}: `auth.type: {kind}` needs an interactive login, which this library does not perform")]
    Unsupported {
        /// The name of the backend.
        backend: String,
        /// The backend's `auth.type`.
        kind: &'static str,
    },
    /// The fetch of an access token failed. All callers that waited for this fetch share the error. Callers during the
    /// cool-down get it too.
    #[error(transparent)]
    Token(Arc<TokenError>),
    /// The time that this caller was ready to wait has passed. The fetch continues, and its token will be cached.
    #[error("no token within the timeout; the fetch continues")]
    Deadline,
    /// The engine was shut down while the caller waited. The next fetch starts it again. A provider that outlives its
    /// [`Engine`](crate::Engine) also returns this error.
    #[error("the engine was shut down while a token was being fetched")]
    Shutdown,
    /// The engine could not start, because the operating system gave it no thread or no file descriptor.
    #[error("the authentication engine could not start: {reason}")]
    Engine {
        /// The error text of the operating system.
        reason: String,
    },
    /// A bug that was caught, such as a panic in a fetch; or a call in a place where it is not allowed, such as a
    /// blocking call on the engine's own thread.
    #[error("internal error: {what}")]
    Internal {
        /// The bug or the mistaken call, in words.
        what: &'static str,
    },
}

impl Error {
    /// Returns a stable word for the kind of error, for logs, metrics and bindings.
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

    /// Returns whether the same call may succeed later, without a change by an operator.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Token(error) => error.kind.is_transient(),
            Self::Deadline | Self::Shutdown | Self::Engine { .. } => true,
            Self::Config(_) | Self::UnknownBackend { .. } | Self::Unsupported { .. } | Self::Internal { .. } => false,
        }
    }
}
