//! What a function returns.

use argus_auth_core::{Error, TokenErrorKind};

/// What became of a call. Zero is success; numbers are never reused. A newer library may return a number that this
/// header does not have: treat it as a failure.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum argus_auth_status {
    /// Done.
    Ok = 0,
    /// Not a failure, and no error object comes with it: the headers can't be had without waiting, and are being
    /// fetched.
    NotReady = 1,

    /// A pointer that must not be NULL was.
    NullArgument = 10,
    /// A text was not UTF-8.
    InvalidUtf8 = 11,
    /// An argument had a value that it can't have.
    InvalidArgument = 12,
    /// The function can't be called from inside the log callback, or would have to wait there.
    InCallback = 13,
    /// The program this library is linked into has taken its log events for itself.
    LogInUse = 14,

    /// A defect of this library, contained. The objects involved may still be used and freed.
    Panic = 20,
    /// A defect of this library, noticed.
    Internal = 21,
    /// The engine can't run: no thread, no descriptors.
    Engine = 22,
    /// The engine was shut down while the caller waited. The next call starts it anew.
    Shutdown = 23,
    /// The caller's own time ran out. What it waited for goes on.
    Deadline = 24,

    /// The configuration can't be used; the error object has the problems.
    Config = 30,
    /// No remote backend has this name.
    UnknownBackend = 31,
    /// The backend's kind of authentication is not implemented.
    Unsupported = 32,

    /// No token: its URL can't be requested, or a request can't be built.
    TokenRequest = 40,
    /// No token: the host name did not resolve.
    TokenDns = 41,
    /// No token: no connection.
    TokenConnect = 42,
    /// No token: the TLS handshake failed or the certificate is not trusted.
    TokenTls = 43,
    /// No token: the connection broke before the whole response was there.
    TokenTransport = 44,
    /// No token: no complete response within 30 seconds.
    TokenTimeout = 45,
    /// No token: an HTTP status that may pass (408, 429, 5xx).
    TokenUnavailable = 46,
    /// No token: the endpoint refused, with an error of RFC 6749 or a status that says the same.
    TokenRejected = 47,
    /// No token: the endpoint redirected, which is never followed with credentials.
    TokenRedirect = 48,
    /// No token: the response was not a token response.
    TokenResponse = 49,
}

impl From<&Error> for argus_auth_status {
    fn from(error: &Error) -> Self {
        match error {
            Error::Config(_) => Self::Config,
            Error::UnknownBackend { .. } => Self::UnknownBackend,
            Error::Unsupported { .. } => Self::Unsupported,
            Error::Token(error) => Self::from(error.kind),
            Error::Deadline => Self::Deadline,
            Error::Shutdown => Self::Shutdown,
            Error::Engine { .. } => Self::Engine,
            // A kind that the core has and this file has not yet would be a defect too; the error keeps its own code.
            _ => Self::Internal,
        }
    }
}

impl From<TokenErrorKind> for argus_auth_status {
    fn from(kind: TokenErrorKind) -> Self {
        match kind {
            TokenErrorKind::Request => Self::TokenRequest,
            TokenErrorKind::Dns => Self::TokenDns,
            TokenErrorKind::Connect => Self::TokenConnect,
            TokenErrorKind::Tls => Self::TokenTls,
            TokenErrorKind::Transport => Self::TokenTransport,
            TokenErrorKind::Timeout => Self::TokenTimeout,
            TokenErrorKind::Unavailable => Self::TokenUnavailable,
            TokenErrorKind::Rejected => Self::TokenRejected,
            TokenErrorKind::Redirect => Self::TokenRedirect,
            TokenErrorKind::Response => Self::TokenResponse,
            _ => Self::Internal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_token_errors_keep_their_names() {
        use TokenErrorKind::{
            Connect, Dns, Redirect, Rejected, Request, Response, Timeout, Tls, Transport, Unavailable,
        };
        let kinds = [Request, Dns, Connect, Tls, Transport, Timeout, Unavailable, Rejected, Redirect, Response];
        for (kind, number) in kinds.into_iter().zip(40..) {
            let status = argus_auth_status::from(kind);
            assert_eq!(status as u32, number);
            let name = format!("{status:?}").to_lowercase();
            assert_eq!(name, kind.code().replace('_', ""));
        }
    }
}
