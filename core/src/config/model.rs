//! The types of a configuration that has been read: plain data, checked, with all references resolved.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::urls::{display_origin, display_url};
use crate::error::Problem;
use crate::headers::Headers;
use crate::secret::Secret;

/// A whole configuration: the remote backends of an Argus `config.yaml`, in file order.
///
/// `stdio` backends and the sections that do not concern outgoing authentication are left out.
///
/// ```
/// use argus_auth_core::config::{self, LoadOptions};
///
/// let text = b"backends: {search: {type: sse, url: https://search.example/sse, header: {}}}";
/// let config = config::parse(text, &LoadOptions::default())?;
/// assert_eq!(config.backends.len(), 1);
/// assert_eq!(config.warnings[0].path, "backends.search.header");
/// # Ok::<(), argus_auth_core::ConfigError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The `sse` and `streamable-http` backends.
    pub backends: Vec<BackendConfig>,
    /// Problems that do not prevent the use of the configuration, such as an unknown key in a backend. After 100
    /// warnings, a last one has the number of further warnings.
    pub warnings: Vec<Problem>,
}

/// One remote backend.
///
/// ```
/// use argus_auth_core::config::{self, FailurePolicy, LoadOptions};
///
/// let text = b"backends: {search: {type: sse, url: https://search.example/sse, headers: {X-Source: argus}}}";
/// let backend = config::parse(text, &LoadOptions::default())?.backends.remove(0);
/// assert_eq!(backend.headers.get("X-Source").unwrap().expose_secret(), "argus");
/// assert_eq!((backend.auth, backend.on_auth_failure), (None, FailurePolicy::Open));
/// # Ok::<(), argus_auth_core::ConfigError>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct BackendConfig {
    /// The key under `backends`.
    pub name: String,
    /// `type`: the transport.
    pub transport: Transport,
    /// `url`, without the whitespace around it. Starts with `http://` or `https://`.
    pub url: String,
    /// `headers`: sent with every request, with or without authentication.
    pub headers: Headers,
    /// `auth`; `None` if the backend has no such block.
    pub auth: Option<AuthConfig>,
    /// `on_auth_failure`: the result for a caller when no token is available.
    pub on_auth_failure: FailurePolicy,
    /// The fields that only the gateway uses.
    pub(crate) gateway_only: GatewayOnly,
}

// A URL may carry a user, a password or a key in its query, so it is shown without them. A backend's URL often has its
// key in the path, so it is shown without the path too.
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

/// The transport of MCP between the gateway and a backend.
///
/// ```
/// use argus_auth_core::config::Transport;
///
/// assert_eq!(Transport::StreamableHttp.as_str(), "streamable-http");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// `type: sse`
    Sse,
    /// `type: streamable-http`
    StreamableHttp,
}

impl Transport {
    /// Returns the value of `type` in the configuration, such as `sse`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sse => "sse",
            Self::StreamableHttp => "streamable-http",
        }
    }
}

/// The result for a caller when there is no valid token and the fetch of a token fails. A kind of authentication that
/// is not supported is an error under either policy.
///
/// ```
/// use argus_auth_core::config::{self, FailurePolicy, LoadOptions};
///
/// let text = b"backends: {search: {type: sse, url: https://search.example/sse, on_auth_failure: closed}}";
/// let config = config::parse(text, &LoadOptions::default())?;
/// assert_eq!(config.backends[0].on_auth_failure, FailurePolicy::Closed);
/// # Ok::<(), argus_auth_core::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FailurePolicy {
    /// `open`: the error is logged, and the backend's other headers are returned, without authentication. Only the
    /// error of a shutdown is still returned.
    #[default]
    Open,
    /// `closed`: the error is returned.
    Closed,
}

/// An `auth` block.
///
/// ```
/// use argus_auth_core::config::{self, AuthConfig, LoadOptions};
///
/// let text = b"backends: {b: {type: sse, url: https://b, auth: {type: static, headers: {X-Key: s3cr3t}}}}";
/// let backend = config::parse(text, &LoadOptions::default())?.backends.remove(0);
/// let Some(AuthConfig::Static { headers }) = backend.auth else { panic!("the type is static") };
/// assert_eq!(headers.get("X-Key").unwrap().expose_secret(), "s3cr3t");
/// # Ok::<(), argus_auth_core::ConfigError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum AuthConfig {
    /// `type: static`
    Static {
        /// `headers`: from 1 to 1,000 headers.
        headers: Headers,
    },
    /// `type: oauth2`
    OAuth2(OAuth2Config),
    /// `type: pkce`
    Pkce(PkceConfig),
}

impl AuthConfig {
    /// Returns the value of `type` in the configuration, such as `oauth2`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Static { .. } => "static",
            Self::OAuth2(_) => "oauth2",
            Self::Pkce(_) => "pkce",
        }
    }
}

/// The client credentials grant (RFC 6749 §4.4) of one client at one token endpoint.
///
/// ```
/// use std::time::Duration;
///
/// use argus_auth_core::config::{self, AuthConfig, LoadOptions};
///
/// let text = b"backends: {b: {type: sse, url: https://b, auth: {type: oauth2, token_url: https://as/token,
///     client_id: argus, client_secret: s3cr3t, token_expiry_buffer_seconds: 1.5}}}";
/// let backend = config::parse(text, &LoadOptions::default())?.backends.remove(0);
/// let Some(AuthConfig::OAuth2(oauth2)) = backend.auth else { panic!("the type is oauth2") };
/// assert_eq!(oauth2.token_expiry_buffer, Duration::from_millis(1500));
/// # Ok::<(), argus_auth_core::ConfigError>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct OAuth2Config {
    /// `token_url`: the token endpoint (RFC 6749 §3.2). Any text that is not empty is accepted; a text that is not an
    /// HTTP URL gives a warning.
    pub token_url: String,
    /// `client_id` (RFC 6749 §2.2)
    pub client_id: String,
    /// `client_secret`; empty if it is absent, which only `private_key_jwt` allows.
    pub client_secret: Secret,
    /// `scopes`: sent as one space-separated `scope` parameter (RFC 6749 §3.3), unless the list is empty.
    pub scopes: Vec<String>,
    /// `token_expiry_buffer_seconds`: the time before the expiry of a token in which it is renewed. `Duration::MAX` for
    /// a number that is too large for a duration. At most a quarter of a token's lifetime has an effect.
    pub token_expiry_buffer: Duration,
    /// `auth_retry_on_401`: a hint for the HTTP layer of the gateway, which fetches another token after a 401. Has no
    /// effect in this library.
    pub auth_retry_on_401: bool,
    /// The keys that the gateway does not know.
    pub options: TokenRequestOptions,
}

impl OAuth2Config {
    /// The default of `token_expiry_buffer_seconds`, which is the gateway's own: 300 seconds.
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

/// The options of an `oauth2` block that the gateway does not know.
///
/// All of them belong to the identity of a source: providers that differ in one of them do not share a token.
///
/// ```
/// use argus_auth_core::config::{ClientAuthentication, TokenRequestOptions};
///
/// let options = TokenRequestOptions { audience: Some("https://api.example".to_owned()), ..Default::default() };
/// assert_eq!(options.authentication, ClientAuthentication::SecretPost);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct TokenRequestOptions {
    /// `token_endpoint_auth_method`
    pub authentication: ClientAuthentication,
    /// `audience`: a parameter that some servers require.
    pub audience: Option<String>,
    /// `resource`: absolute URIs without a fragment, each sent as a `resource` parameter (RFC 8707 §2).
    pub resources: Vec<String>,
    /// `extra_params`: names and values of further parameters, sent unchanged, after all other parameters.
    pub extra_params: Vec<(String, Secret)>,
    /// `ca_bundle`: a PEM file with the only CA certificates to trust, in place of the system's.
    pub ca_bundle: Option<PathBuf>,
    /// `client_certificate` and `client_certificate_key`: PEM files with the certificate that the client presents to
    /// the token endpoint (mutual TLS), and with its private key.
    pub client_certificate: Option<(PathBuf, PathBuf)>,
}

/// The client authentication at the token endpoint: `token_endpoint_auth_method` of RFC 7591 §2.
///
/// ```
/// use argus_auth_core::config::{self, AuthConfig, ClientAuthentication, LoadOptions};
///
/// let text = b"backends: {b: {type: sse, url: https://b, auth: {type: oauth2, token_url: https://as/token,
///     client_id: argus, client_secret: s3cr3t, token_endpoint_auth_method: client_secret_basic}}}";
/// let backend = config::parse(text, &LoadOptions::default())?.backends.remove(0);
/// let Some(AuthConfig::OAuth2(oauth2)) = backend.auth else { panic!("the type is oauth2") };
/// assert_eq!(oauth2.options.authentication, ClientAuthentication::SecretBasic);
/// # Ok::<(), argus_auth_core::ConfigError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub enum ClientAuthentication {
    /// `client_secret_post`: id and secret as parameters in the body (RFC 6749 §2.3.1), as the gateway sends them.
    #[default]
    SecretPost,
    /// `client_secret_basic`: id and secret, each form-encoded, in an `Authorization: Basic` header (RFC 6749 §2.3.1).
    SecretBasic,
    /// `private_key_jwt`: a signed assertion (RFC 7523 §2.2) in place of the secret.
    PrivateKeyJwt(PrivateKeyJwt),
}

/// The key that signs a client assertion (RFC 7523 §2.2), and the fields of the assertion that can be configured.
///
/// ```
/// use argus_auth_core::Secret;
/// use argus_auth_core::config::{ClientAuthentication, PrivateKeyJwt};
///
/// let pem = Secret::new("-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----\n");
/// let method = PrivateKeyJwt { private_key: pem, key_id: Some("key-1".to_owned()), audience: None };
/// assert!(!format!("{:?}", ClientAuthentication::PrivateKeyJwt(method)).contains("BEGIN"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PrivateKeyJwt {
    /// `private_key`: the PEM text of an RSA key (signs with RS256) or a P-256 key (ES256), in PKCS#8, PKCS#1 or SEC1.
    pub private_key: Secret,
    /// `private_key_id`: the `kid` of the JWT's header (RFC 7515 §4.1.4), for a server that knows several keys.
    pub key_id: Option<String>,
    /// `assertion_audience`: the `aud` claim (RFC 7523 §3); `None` for the token URL.
    pub audience: Option<String>,
}

/// The authorization code grant with PKCE (RFC 7636): read and checked, but not performed.
///
/// ```
/// use argus_auth_core::config::{self, AuthConfig, LoadOptions};
///
/// let text = b"backends: {b: {type: sse, url: https://b, auth: {type: pkce,
///     authorization_endpoint: https://as/authorize, token_endpoint: https://as/token, client_id: argus}}}";
/// let backend = config::parse(text, &LoadOptions::default())?.backends.remove(0);
/// let Some(AuthConfig::Pkce(pkce)) = backend.auth else { panic!("the type is pkce") };
/// assert_eq!(pkce.client_secret.expose_secret(), "");
/// # Ok::<(), argus_auth_core::ConfigError>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct PkceConfig {
    /// `authorization_endpoint` (RFC 6749 §3.1)
    pub authorization_endpoint: String,
    /// `token_endpoint` (RFC 6749 §3.2)
    pub token_endpoint: String,
    /// `client_id`
    pub client_id: String,
    /// `client_secret`; empty for a public client (RFC 6749 §2.1).
    pub client_secret: Secret,
    /// `scopes`, as in [`OAuth2Config::scopes`].
    pub scopes: Vec<String>,
    /// `token_expiry_buffer_seconds`, as in [`OAuth2Config::token_expiry_buffer`].
    pub token_expiry_buffer: Duration,
    /// `auth_retry_on_401`, as in [`OAuth2Config::auth_retry_on_401`].
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

/// The fields of a backend that the gateway uses and this library does not.
#[derive(Clone, PartialEq, Default)]
pub(crate) struct GatewayOnly {
    pub command: Command,
    /// The limits that the `timeouts` block sets, under the names that the gateway's loader gives them.
    pub limits: Vec<(&'static str, TimeoutsValue)>,
    /// `token_expiry_buffer_seconds` as a number, which may be infinite; 0 if there is no `oauth2` or `pkce` block.
    pub expiry_buffer_seconds: f64,
}

/// A number in a `timeouts` block.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum TimeoutsValue {
    Count(i64),
    Seconds(f64),
}

/// The program that the gateway starts for an `sse` backend: `command`, `args` and `env`.
#[derive(Clone, PartialEq, Default)]
pub(crate) struct Command {
    /// `None` if there is no `command`; the gateway then drops `args` and `env`.
    pub program: Option<Secret>,
    pub args: Vec<Secret>,
    pub env: Option<Vec<(String, Secret)>>,
}

/// The treatment of a `${VAR}` or a `secret:name` that can't be resolved.
///
/// ```
/// use argus_auth_core::config::{self, LoadOptions, Unresolved};
///
/// let text = b"backends: {b: {type: sse, url: https://b, headers: {X-Key: '${NO_SUCH_VARIABLE}'}}}";
/// assert!(config::parse(text, &LoadOptions::default()).is_err());
///
/// let options = LoadOptions { unresolved: Unresolved::Keep, ..LoadOptions::default() };
/// let headers = config::parse(text, &options)?.backends.remove(0).headers;
/// assert_eq!(headers.get("X-Key").unwrap().expose_secret(), "${NO_SUCH_VARIABLE}");
/// # Ok::<(), argus_auth_core::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unresolved {
    /// An error with the place of the reference.
    #[default]
    Error,
    /// A warning; the reference itself is used as the value, as the gateway does. These are still errors: a variable
    /// that is not valid UTF-8, a store or an entry that can't be read, and, with `secrets.strict`, a missing secret.
    Keep,
}

/// Options for loading a configuration.
///
/// ```
/// use argus_auth_core::config::{self, LoadOptions};
///
/// let text = b"secrets: {enabled: true, provider: no-such-store}";
/// let options = LoadOptions { thorough: true, ..LoadOptions::default() };
/// assert_eq!(config::parse(text, &LoadOptions::default())?.warnings.len(), 0);
/// assert_eq!(config::parse(text, &options)?.warnings.len(), 1);
/// # Ok::<(), argus_auth_core::ConfigError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// The treatment of references that can't be resolved.
    pub unresolved: Unresolved,
    /// Also inspects what loading itself does not need: certificate and key files, and a secret store that no backend
    /// refers to. Used by `argus-auth check`.
    pub thorough: bool,
}
