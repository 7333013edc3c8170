//! The HTTP clients: pooled, proxied as the environment says, never following a redirect.

use std::sync::Arc;
use std::time::Duration;

use once_cell::sync::OnceCell;
use reqwest::Client;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;

/// How long an idle connection is kept for the next fetch to the same host.
const POOL_IDLE: Duration = Duration::from_secs(90);

/// One client for `http://` URLs, one for `https://`.
///
/// They are apart because the second needs the system's CA certificates: a container without any can still use a
/// token endpoint on loopback.
#[derive(Debug, Default)]
pub(crate) struct HttpClients {
    plain: OnceCell<Client>,
    tls: OnceCell<Client>,
}

impl HttpClients {
    /// The client for `scheme`. Reads CA certificates and the environment at first use: on the engine's thread only.
    pub(crate) fn for_scheme(&self, scheme: &str) -> Result<&Client, String> {
        if scheme == "https" {
            self.tls.get_or_try_init(|| build(platform_trust()?))
        } else {
            self.plain.get_or_try_init(|| build(no_trust()?))
        }
    }
}

fn build(tls: ClientConfig) -> Result<Client, String> {
    Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
        .pool_idle_timeout(POOL_IDLE)
        .http1_only()
        .user_agent(concat!("argus-auth/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| format!("the HTTP client can't be built: {error}"))
}

fn builder() -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, String> {
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS can't be set up: {error}"))
}

/// Trusts what the system trusts, or `SSL_CERT_FILE` and `SSL_CERT_DIR` when they are set.
fn platform_trust() -> Result<ClientConfig, String> {
    Ok(builder()?
        .with_platform_verifier()
        .map_err(|error| format!("no CA certificates: {error}; install them, or name a bundle in SSL_CERT_FILE"))?
        .with_no_client_auth())
}

/// Trusts nobody.
fn no_trust() -> Result<ClientConfig, String> {
    Ok(builder()?.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}
