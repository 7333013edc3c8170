//! What a configuration says once it is read: plain data, checked, with every reference resolved.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::urls::{display_origin, display_url};
use crate::error::Problem;
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

/// Options of an `oauth2` block that the gateway does not know. All are inputs of the token: providers that differ in
/// one do not share.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct TokenRequestOptions {
    /// `token_endpoint_auth_method`
    pub authentication: ClientAuthentication,
    /// `audience`, a parameter that some servers want.
    pub audience: Option<String>,
    /// `resource` (RFC 8707), sent once for each.
    pub resources: Vec<String>,
    /// `extra_params`, sent as they are, after the others.
    pub extra_params: Vec<(String, Secret)>,
    /// `ca_bundle`: a PEM file of the only CA certificates to trust, in place of the system's.
    pub ca_bundle: Option<PathBuf>,
    /// `client_certificate` and `client_certificate_key`: PEM files to present to the token endpoint (mutual TLS).
    pub client_certificate: Option<(PathBuf, PathBuf)>,
}

/// How the client shows who it is: the names of RFC 7591 §2, `token_endpoint_auth_method`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub enum ClientAuthentication {
    /// `client_secret_post`: id and secret in the form, as the gateway does it.
    #[default]
    SecretPost,
    /// `client_secret_basic`: id and secret, each form-encoded, in an `Authorization: Basic` header (RFC 6749 §2.3.1).
    SecretBasic,
    /// `private_key_jwt`: a signed assertion (RFC 7523 §2.2).
    PrivateKeyJwt(PrivateKeyJwt),
}

/// What a client assertion is signed with, and says.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PrivateKeyJwt {
    /// `private_key`: PEM text of an RSA key (RS256) or a P-256 key (ES256); PKCS#8, PKCS#1 or SEC1.
    pub private_key: Secret,
    /// `private_key_id`: the `kid` of the header, when the server knows several keys.
    pub key_id: Option<String>,
    /// `assertion_audience`: the `aud` claim; the token URL when it is not given.
    pub audience: Option<String>,
}

/// Parameters that `extra_params` can't set: the library's own.
pub(crate) const RESERVED_PARAMETERS: [&str; 8] = [
    "grant_type",
    "client_id",
    "client_secret",
    "scope",
    "audience",
    "resource",
    "client_assertion",
    "client_assertion_type",
];

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

/// What the gateway uses of a backend and this library does not.
#[derive(Clone, PartialEq, Default)]
pub(crate) struct GatewayOnly {
    pub command: Command,
    /// Those of the limits that are set, by the names that the gateway passes them under.
    pub limits: Vec<(&'static str, Limit)>,
    /// `token_expiry_buffer_seconds` as a number, which may be infinite, if there is such a field.
    pub expiry_buffer_seconds: f64,
}

/// A number in a `timeouts` block.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Limit {
    Count(i64),
    Seconds(f64),
}

/// The program that an `sse` backend starts for itself: `command`, `args` and `env`.
#[derive(Clone, PartialEq, Default)]
pub(crate) struct Command {
    /// Without it the gateway drops the others.
    pub program: Option<Secret>,
    pub args: Vec<Secret>,
    pub env: Option<Vec<(String, Secret)>>,
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
