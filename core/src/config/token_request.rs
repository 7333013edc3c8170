//! What a token request may say beyond the gateway's own fields.

use std::path::PathBuf;

use crate::secret::Secret;

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
