//! The status that every function that can fail returns.

use argus_auth_core::{Error, TokenErrorKind};

/// The result of a call. 0 is success. Numbers are never reused. A newer library may return a number that this header
/// does not have: treat it as a failure.
///
/// ```c
/// argus_auth_headers *headers = NULL;
/// argus_auth_status status = argus_auth_resolver_try_headers(resolver, "search", 6, &headers, NULL);
/// if (status == ARGUS_AUTH_STATUS_OK) {
///     printf("%zu headers\n", argus_auth_headers_count(headers));
///     argus_auth_headers_free(headers);
/// } else if (status == ARGUS_AUTH_STATUS_NOT_READY) {
///     printf("a token is being fetched: try again later\n");
/// } else {
///     printf("failed with status %u\n", (unsigned)status);
/// }
/// ```
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum argus_auth_status {
    /// Success.
    Ok = 0,
    /// The headers can't be returned without waiting; a fetch is under way. This is not a failure, so `*error` is NULL.
    /// Only `argus_auth_resolver_try_headers` returns this status.
    NotReady = 1,

    /// An argument that must not be NULL was NULL.
    NullArgument = 10,
    /// A text argument was not UTF-8.
    InvalidUtf8 = 11,
    /// An argument had a value that is not allowed.
    InvalidArgument = 12,
    /// The function was called inside the log callback, where it is not allowed or would have to wait.
    InCallback = 13,
    /// The log events can't be delivered to a callback: the program is a Rust program that receives them itself, or the
    /// process was forked while its parent was registering its first callback.
    LogInUse = 14,

    /// A panic inside the library, which was caught. It is a defect of the library. The objects involved may still be
    /// used and freed.
    Panic = 20,
    /// The library detected a defect of its own, such as a panic during a fetch.
    Internal = 21,
    /// The engine could not start, because the system gave it no thread or no file descriptor.
    Engine = 22,
    /// The engine was shut down while the call waited. The next fetch starts it again.
    Shutdown = 23,
    /// The timeout ended before the result was known. The fetch or the shutdown continues.
    Deadline = 24,

    /// The configuration can't be used. The error object lists the problems.
    Config = 30,
    /// The configuration has no remote backend of this name.
    UnknownBackend = 31,
    /// The backend's kind of authentication is not implemented.
    Unsupported = 32,

    /// No access token: the token URL can't be requested, or the request can't be built, for example because a
    /// certificate file can't be read.
    TokenRequest = 40,
    /// No access token: the host name of the token endpoint or of the proxy did not resolve.
    TokenDns = 41,
    /// No access token: no connection to the token endpoint or to the proxy.
    TokenConnect = 42,
    /// No access token: the TLS handshake failed or the certificate is not trusted.
    TokenTls = 43,
    /// No access token: the connection broke before the response was complete.
    TokenTransport = 44,
    /// No access token: no complete response within 30 seconds, including the wait until a request could be sent.
    TokenTimeout = 45,
    /// No access token: a temporary HTTP status (408, 429 or 5xx), a temporary OAuth error, or an open circuit breaker
    /// (no request was sent, because the token endpoint's host had failed several times in a row).
    TokenUnavailable = 46,
    /// No access token: the token endpoint rejected the request with a permanent OAuth error (RFC 6749 section 5.2). A
    /// response without an OAuth error also counts as a rejection if it has the HTTP status 401, or another 4xx status
    /// (except 408 and 429) and a JSON object as its body.
    TokenRejected = 47,
    /// No access token: the response was a redirect. Redirects are never followed, because the request contains
    /// credentials.
    TokenRedirect = 48,
    /// No access token: the response contained no usable token.
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
            // `Error::Internal`. This arm also covers a kind of error that was added to the core but not to this
            // function, which is a defect. The error object still has the code of the core.
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
    fn status_of_each_token_error_kind_keeps_its_name_and_number() {
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
