//! The HTTP clients: pooled, proxied as the environment says, never following a redirect.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::lock::Mutex;
use reqwest::Client;
use rustls::client::WantsClientCert;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};
use rustls_platform_verifier::BuilderVerifierExt;

/// How long an idle connection is kept for the next fetch to the same host.
const POOL_IDLE: Duration = Duration::from_secs(90);

/// What two requests must have in common to use one client, and so one pool of connections.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Trust {
    /// `http://`: nobody is trusted. Apart from the others, so that a container without CA certificates can still use
    /// a token endpoint on loopback.
    Nobody,
    /// `https://`.
    Tls {
        /// The CA certificates to trust in place of the system's.
        ca_bundle: Option<PathBuf>,
        /// The certificate to present, and its key.
        client_certificate: Option<(PathBuf, PathBuf)>,
    },
}

/// The clients of one life of the engine, each made when first needed.
#[derive(Debug, Default)]
pub(crate) struct HttpClients {
    by_trust: Mutex<HashMap<Trust, Client>>,
}

impl HttpClients {
    /// The client for requests of this kind. Reads certificates and the environment at first use: on the engine's
    /// thread only.
    ///
    /// # Errors
    ///
    /// In words, with the name of the file that is at fault. Not remembered: the next call tries again.
    pub(crate) fn client(&self, trust: &Trust) -> Result<Client, String> {
        let mut clients = self.by_trust.lock();
        if let Some(client) = clients.get(trust) {
            return Ok(client.clone());
        }
        let client = build(tls(trust)?)?;
        clients.insert(trust.clone(), client.clone());
        Ok(client)
    }

    /// Reads the certificates anew next time.
    pub(crate) fn forget(&self, trust: &Trust) {
        self.by_trust.lock().remove(trust);
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

fn tls(trust: &Trust) -> Result<ClientConfig, String> {
    let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS can't be set up: {error}"))?;
    let Trust::Tls { ca_bundle, client_certificate } = trust else {
        return Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth());
    };
    let builder = match ca_bundle {
        Some(bundle) => trusting_bundle(builder, bundle)?,
        // SSL_CERT_FILE and SSL_CERT_DIR take the system's place when they are set.
        None => builder.with_platform_verifier().map_err(|error| {
            format!("no CA certificates: {error}; install them, set SSL_CERT_FILE, or name a ca_bundle")
        })?,
    };
    let Some((certificate, key)) = client_certificate else { return Ok(builder.with_no_client_auth()) };
    let private_key = PrivateKeyDer::from_pem_file(key)
        .map_err(|error| format!("client_certificate_key {}: no private key in PEM form: {error}", key.display()))?;
    builder
        .with_client_auth_cert(certificates("client_certificate", certificate)?, private_key)
        .map_err(|error| format!("client_certificate {}: {error}", certificate.display()))
}

fn trusting_bundle(
    builder: ConfigBuilder<ClientConfig, WantsVerifier>,
    bundle: &Path,
) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, String> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates("ca_bundle", bundle)? {
        roots.add(certificate).map_err(|error| format!("ca_bundle {}: {error}", bundle.display()))?;
    }
    Ok(builder.with_root_certificates(roots))
}

fn certificates(key: &str, file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| format!("{key} {}: no certificates in PEM form: {error}", file.display()))?;
    if certificates.is_empty() {
        return Err(format!("{key} {}: it holds no certificate in PEM form", file.display()));
    }
    Ok(certificates)
}
