//! Why a token endpoint gave no token.

use std::fmt;

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
    /// The cause of a failed TLS handshake, when it is one of the usual ones.
    pub tls: Option<TlsCause>,
    /// The failure in words.
    pub message: String,
}

impl TokenError {
    /// Returns an error of an attempt that has only its kind and message so far. The caller adds the token URL.
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

/// The usual causes of a failed TLS handshake with a token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsCause {
    /// No trusted CA issued the server's certificate.
    UntrustedIssuer,
    /// The server's certificate names another host.
    WrongHost,
    /// The server's certificate has expired or is not valid yet.
    OutOfDate,
    /// The server demands a client certificate, or refuses the one it got.
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
            Self::ClientCertificate => "the server wants another client certificate, or any at all",
            Self::NotTls => "the server does not speak TLS",
        }
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
    fn token_error_with_a_refusals_words_displays_its_code_instead() {
        for message in ["port 14010", "HTTP 403", "Unauthorized_client", "UNAUTHORIZED"] {
            let error = TokenError { http_status: Some(401), ..TokenError::new(TokenErrorKind::Rejected, message) };
            assert_eq!(error.to_string(), "no access token: token_rejected");
        }
    }
}
