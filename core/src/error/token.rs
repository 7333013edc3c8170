//! The failure of a fetch: its class, its TLS cause, and the fields of the response.

use std::fmt;

/// The failure to get a token from a token endpoint.
///
/// `Display` writes the message, or only the [code](TokenErrorKind::code) if the message contains words from which a
/// gateway would conclude that a backend refused a request.
///
/// ```
/// use argus_auth_core::{TokenError, TokenErrorKind};
///
/// let error = TokenError {
///     kind: TokenErrorKind::Dns,
///     token_url: "https://login.example.com/token".to_owned(),
///     http_status: None,
///     oauth_error: None,
///     oauth_error_description: None,
///     tls: None,
///     message: "the name login.example.com can't be resolved".to_owned(),
/// };
/// assert_eq!(error.to_string(), "no access token: the name login.example.com can't be resolved");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenError {
    /// The class of failure.
    pub kind: TokenErrorKind,
    /// The token endpoint, without user, password, query or fragment.
    pub token_url: String,
    /// The HTTP status, if there was a response.
    pub http_status: Option<u16>,
    /// The `error` field of an error response (RFC 6749 §5.2). A code that the message explains, such as
    /// `invalid_client`, is always kept. Any other code is cut to 200 characters; `None` if it echoes a secret of the
    /// request.
    pub oauth_error: Option<String>,
    /// The `error_description` field of an error response (RFC 6749 §5.2), at most 200 characters; `None` if it echoes
    /// a secret of the request.
    pub oauth_error_description: Option<String>,
    /// The cause of a failed TLS handshake, if it is one of the usual causes.
    pub tls: Option<TlsCause>,
    /// The failure in words.
    pub message: String,
}

impl TokenError {
    /// Returns an error with this kind and message. The other fields are empty; the caller adds the token URL.
    pub(crate) fn new(kind: TokenErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            token_url: String::new(),
            http_status: None,
            oauth_error: None,
            oauth_error_description: None,
            tls: None,
            message: message.into(),
        }
    }
}

/// The class of a [`TokenError`].
///
/// ```
/// use argus_auth_core::TokenErrorKind;
///
/// assert_eq!(TokenErrorKind::Timeout.code(), "token_timeout");
/// assert!(TokenErrorKind::Timeout.is_transient());
/// assert!(!TokenErrorKind::Rejected.is_transient());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenErrorKind {
    /// The token URL can't be requested, or the request can't be built. Nothing was sent.
    Request,
    /// The host name did not resolve.
    Dns,
    /// No connection: it was refused, the host is unreachable, or the proxy failed.
    Connect,
    /// The TLS handshake failed or the certificate is not trusted.
    Tls,
    /// The connection broke before the whole response had arrived.
    Transport,
    /// No complete response within 30 s, including the wait for a permit.
    Timeout,
    /// A temporary HTTP status (408, 429, 5xx) or OAuth error (such as `temporarily_unavailable`), or an open circuit
    /// breaker.
    Unavailable,
    /// Any other error response of RFC 6749 §5.2. Also a response without an OAuth error that has the status 401, or
    /// that has another 4xx status (except 408 and 429) and a JSON object as its body.
    Rejected,
    /// A redirect, which is never followed with credentials.
    Redirect,
    /// Any other response without a usable token, such as a web page.
    Response,
}

impl TokenErrorKind {
    /// Returns a stable word for the class, such as `token_dns`.
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

    /// Returns whether a later attempt may succeed without a change by an operator.
    pub fn is_transient(self) -> bool {
        !matches!(self, Self::Request | Self::Rejected | Self::Redirect)
    }
}

/// The usual causes of a failed TLS handshake with a token endpoint.
///
/// ```
/// use argus_auth_core::TlsCause;
///
/// assert_eq!(TlsCause::NotTls.as_str(), "the server does not speak TLS");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsCause {
    /// No trusted CA issued the server's certificate.
    UntrustedIssuer,
    /// The server's certificate names another host.
    WrongHost,
    /// The server's certificate has expired or is not valid yet.
    OutOfDate,
    /// The server demands a client certificate, or rejects the client's certificate.
    ClientCertificate,
    /// The server answered with something other than TLS.
    NotTls,
}

impl TlsCause {
    /// Returns the cause in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UntrustedIssuer => "the server's certificate is from an issuer that is not trusted here",
            Self::WrongHost => "the server's certificate is for another host",
            Self::OutOfDate => "the server's certificate has expired or is not valid yet",
            Self::ClientCertificate => "the server demands a client certificate, or rejects the client's certificate",
            Self::NotTls => "the server does not speak TLS",
        }
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A message may quote a server, a certificate or a host name, and a gateway could misread the quoted text.
        let shown = if reads_as_refusal(&self.message) { self.kind.code() } else { &self.message };
        write!(f, "no access token: {shown}")
    }
}

impl std::error::Error for TokenError {}

/// Returns whether `text` contains words from which a gateway would conclude that a backend refused a request. The
/// gateway searches error texts for these words.
pub(crate) fn reads_as_refusal(text: &str) -> bool {
    text.contains("401") || text.contains("403") || text.to_ascii_lowercase().contains("unauthorized")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_error_with_words_of_a_refusal_displays_its_code_instead() {
        for message in ["port 14010", "HTTP 403", "Unauthorized_client", "UNAUTHORIZED"] {
            let error = TokenError { http_status: Some(401), ..TokenError::new(TokenErrorKind::Rejected, message) };
            assert_eq!(error.to_string(), "no access token: token_rejected");
        }
    }
}
