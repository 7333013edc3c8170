//! What can go wrong once a configuration is loaded.
//!
//! No message here contains a secret, a response body, or the numbers and words (of a refused client) that a gateway
//! takes for the verdict of a *backend*: those are fields, for code to read.

use std::fmt;
use std::sync::Arc;

use crate::config::ConfigError;

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
    /// A defect of this library, contained.
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

/// Why a token endpoint gave no token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenError {
    /// The class of failure.
    pub kind: TokenErrorKind,
    /// The token endpoint, without user, password, query or fragment.
    pub token_url: String,
    /// The HTTP status, when there was a response.
    pub http_status: Option<u16>,
    /// `error` of an RFC 6749 §5.2 error response, unless it repeats a secret of the request.
    pub oauth_error: Option<String>,
    /// `error_description` of an RFC 6749 §5.2 error response, shortened, unless it repeats a secret of the request.
    pub oauth_error_description: Option<String>,
    /// What happened, in words.
    pub message: String,
}

/// The classes of failure to get a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenErrorKind {
    /// The token URL can't be requested, or a request can't be built.
    Request,
    /// The host name did not resolve.
    Dns,
    /// No connection: refused, unreachable, or no proxy.
    Connect,
    /// The TLS handshake failed or the certificate is not trusted.
    Tls,
    /// The connection broke before the whole response was there.
    Transport,
    /// No complete response within 30 s.
    Timeout,
    /// An HTTP status that may pass: 408, 429, 5xx.
    Unavailable,
    /// An error response of RFC 6749 §5.2, or a status that says the same.
    Rejected,
    /// A redirect, which is never followed with credentials.
    Redirect,
    /// A response that is not a token response.
    Response,
}

impl TokenErrorKind {
    /// A stable word for it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Request => "token_request",
            Self::Dns => "token_dns",
            Self::Connect => "token_connect",
            Self::Tls => "token_tls",
            Self::Transport => "token_transport",
            Self::Timeout => "token_timeout",
            Self::Unavailable => "token_unavailable",
            Self::Rejected => "token_rejected",
            Self::Redirect => "token_redirect",
            Self::Response => "token_response",
        }
    }

    /// Whether trying again may help.
    pub fn is_transient(self) -> bool {
        !matches!(self, Self::Request | Self::Rejected | Self::Redirect)
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What a server, a certificate or a name contributed could be misread.
        let shown = if reads_as_refusal(&self.message) { self.kind.code() } else { &self.message };
        write!(f, "no access token: {shown}")
    }
}

impl std::error::Error for TokenError {}

/// Whether a gateway would read `text` as a backend's refusal: it looks for these anywhere in an error's text.
pub(crate) fn reads_as_refusal(text: &str) -> bool {
    text.contains("401") || text.contains("403") || text.to_ascii_lowercase().contains("unauthorized")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_error_never_reads_as_a_refusal_of_the_backend() {
        for message in ["port 14010", "HTTP 403", "Unauthorized_client", "UNAUTHORIZED"] {
            let error = TokenError {
                kind: TokenErrorKind::Rejected,
                token_url: String::new(),
                http_status: Some(401),
                oauth_error: None,
                oauth_error_description: None,
                message: message.to_owned(),
            };
            assert_eq!(error.to_string(), "no access token: token_rejected");
        }
    }
}
