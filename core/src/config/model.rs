//! What a configuration says once it is read: plain data, checked, with every reference resolved.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::gateway::GatewayOnly;
use url::{Host, Url};

use super::token_request::TokenRequestOptions;
use crate::headers::Headers;
use crate::secret::Secret;

/// A whole configuration: the remote backends of an Argus `config.yaml`, in file order.
///
/// `stdio` backends and the sections that have nothing to do with outgoing authentication are left out.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The `sse` and `streamable-http` backends.
    pub backends: Vec<BackendConfig>,
    /// What is legal but probably not meant: an unknown key in a backend, say.
    pub warnings: Vec<Problem>,
}

/// One remote backend.
#[derive(Clone, PartialEq)]
pub struct BackendConfig {
    /// The key under `backends`.
    pub name: String,
    /// `type`.
    pub transport: Transport,
    /// `url`, surrounding blanks removed; `http://` or `https://`.
    pub url: String,
    /// `headers`: sent with every request, authentication or not.
    pub headers: Headers,
    /// `auth`, when there is one.
    pub auth: Option<AuthConfig>,
    /// `on_auth_failure`.
    pub on_auth_failure: FailurePolicy,
    pub(crate) gateway_only: GatewayOnly,
}

// Any URL may carry a user, a password or a key in its query, so it is shown without them; a backend's often has its
// key in the path.
impl fmt::Debug for BackendConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackendConfig")
            .field("name", &self.name)
            .field("transport", &self.transport)
            .field("url", &display_origin(&self.url))
            .field("headers", &self.headers)
            .field("auth", &self.auth)
            .field("on_auth_failure", &self.on_auth_failure)
            .finish_non_exhaustive()
    }
}

/// How the gateway talks to a backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// `type: sse`
    Sse,
    /// `type: streamable-http`
    StreamableHttp,
}

impl Transport {
    /// The word in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sse => "sse",
            Self::StreamableHttp => "streamable-http",
        }
    }
}

/// What a caller gets when a token can't be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FailurePolicy {
    /// `open`: the error is logged and the backend's other headers are returned without authentication.
    #[default]
    Open,
    /// `closed`: the error is returned.
    Closed,
}

/// An `auth` block.
#[derive(Debug, Clone, PartialEq)]
pub enum AuthConfig {
    /// `type: static`
    Static {
        /// `headers`: at least one.
        headers: Headers,
    },
    /// `type: oauth2`
    OAuth2(OAuth2Config),
    /// `type: pkce`
    Pkce(PkceConfig),
}

impl AuthConfig {
    /// The word in the configuration.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Static { .. } => "static",
            Self::OAuth2(_) => "oauth2",
            Self::Pkce(_) => "pkce",
        }
    }
}

/// The client credentials grant (RFC 6749 §4.4) of one client at one token endpoint.
#[derive(Clone, PartialEq)]
pub struct OAuth2Config {
    /// `token_url`: the token endpoint.
    pub token_url: String,
    /// `client_id`
    pub client_id: String,
    /// `client_secret`; empty where `private_key_jwt` takes its place.
    pub client_secret: Secret,
    /// `scopes`, sent as one space-separated `scope` parameter when there are any.
    pub scopes: Vec<String>,
    /// `token_expiry_buffer_seconds`: how long before its expiry a token is renewed.
    pub token_expiry_buffer: Duration,
    /// `auth_retry_on_401`: a hint for the HTTP layer, which asks for another token after a 401; unused here.
    pub auth_retry_on_401: bool,
    /// What the gateway does not know.
    pub options: TokenRequestOptions,
}

impl OAuth2Config {
    /// The gateway's default for `token_expiry_buffer_seconds`.
    pub const DEFAULT_EXPIRY_BUFFER: Duration = Duration::from_mins(5);
}

impl fmt::Debug for OAuth2Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuth2Config")
            .field("token_url", &display_url(&self.token_url))
            .field("client_id", &self.client_id)
            .field("client_secret", &self.client_secret)
            .field("scopes", &self.scopes)
            .field("token_expiry_buffer", &self.token_expiry_buffer)
            .field("auth_retry_on_401", &self.auth_retry_on_401)
            .field("options", &self.options)
            .finish()
    }
}

/// The authorization code grant with PKCE (RFC 7636): read and checked, not yet performed.
#[derive(Clone, PartialEq)]
pub struct PkceConfig {
    /// `authorization_endpoint`
    pub authorization_endpoint: String,
    /// `token_endpoint`
    pub token_endpoint: String,
    /// `client_id`
    pub client_id: String,
    /// `client_secret`, empty for a public client.
    pub client_secret: Secret,
    /// `scopes`
    pub scopes: Vec<String>,
    /// `token_expiry_buffer_seconds`
    pub token_expiry_buffer: Duration,
    /// `auth_retry_on_401`
    pub auth_retry_on_401: bool,
}

impl fmt::Debug for PkceConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PkceConfig")
            .field("authorization_endpoint", &display_url(&self.authorization_endpoint))
            .field("token_endpoint", &display_url(&self.token_endpoint))
            .field("client_id", &self.client_id)
            .field("client_secret", &self.client_secret)
            .field("scopes", &self.scopes)
            .field("token_expiry_buffer", &self.token_expiry_buffer)
            .field("auth_retry_on_401", &self.auth_retry_on_401)
            .finish()
    }
}

/// Whether what is sent to `url` can be read on the way: plain `http` to anything but this machine.
pub(crate) fn is_in_the_clear(url: &Url) -> bool {
    let loopback = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    };
    url.scheme() == "http" && !loopback
}

/// `url` without what could be secret in it: user, password, query and fragment.
pub fn display_url(url: &str) -> String {
    match Url::parse(url) {
        Ok(parsed) if parsed.has_host() => {
            format!("{}{}", parsed.origin().ascii_serialization(), parsed.path())
        }
        _ => "[not a URL]".to_owned(),
    }
}

/// Scheme, host and port of `url`.
fn display_origin(url: &str) -> String {
    match Url::parse(url) {
        Ok(parsed) if parsed.has_host() => parsed.origin().ascii_serialization(),
        _ => "[not a URL]".to_owned(),
    }
}

/// What to do with a `${VAR}` or a `secret:name` that can't be resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unresolved {
    /// It is an error that names the place.
    #[default]
    Error,
    /// The text is left as it stands, with a warning, as the gateway does.
    Keep,
}

/// How a configuration is loaded.
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// See [`Unresolved`].
    pub unresolved: Unresolved,
    /// Whether also that is looked at which a load can do without: the files of certificates and keys, which the first
    /// fetch reads, and a secret store that only other sections refer to. For an operator who asks what is wrong.
    pub thorough: bool,
}

/// How bad a [`Problem`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The configuration can't be used.
    Error,
    /// It can, but probably not as meant.
    Warning,
}

/// One thing that is wrong with a configuration. Never holds the value of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Error or warning.
    pub severity: Severity,
    /// Where in the document: `backends.my-server.auth.token_url`, list items as `scopes[0]`; empty for the whole file.
    pub path: String,
    /// Line, from 1; 0 when the problem has no place in the text.
    pub line: u32,
    /// Column in characters, from 1; 0 when the problem has no place in the text.
    pub column: u32,
    /// What was found and what would be right.
    pub message: String,
}

impl Problem {
    /// An error that has no place in the text.
    pub(super) fn whole_file(message: String) -> Self {
        Self { severity: Severity::Error, path: String::new(), line: 0, column: 0, message }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "line {}, column {}: ", self.line, self.column)?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

/// Every problem of a configuration that can't be used, at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The file, when the configuration came from one.
    pub file: Option<PathBuf>,
    /// Errors and warnings in file order; at least one error.
    pub problems: Vec<Problem>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errors = self.problems.iter().filter(|problem| problem.severity == Severity::Error).count();
        match &self.file {
            Some(file) => write!(f, "{}: ", file.display())?,
            None => f.write_str("configuration: ")?,
        }
        write!(f, "{errors} problem{}", if errors == 1 { "" } else { "s" })?;
        for problem in &self.problems {
            let note = if problem.severity == Severity::Warning { "warning: " } else { "" };
            write!(f, "\n  {note}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}
