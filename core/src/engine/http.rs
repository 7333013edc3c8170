//! The HTTP clients: pooled, proxied as the environment says, never following a redirect.

use std::collections::HashMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use reqwest::Client;
use rustls::client::WantsClientCert;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};
use rustls_platform_verifier::BuilderVerifierExt;

use super::clock::Instant;
use crate::lock::Mutex;

/// How long an idle connection is kept for the next fetch to the same host.
const POOL_IDLE: Duration = Duration::from_secs(90);
/// How long a client that nobody uses is kept: it may hold a private key.
const CLIENT_IDLE: Duration = Duration::from_secs(3600);
/// How long the system's CA certificates are good for at least.
const SYSTEM_FRESH: Duration = Duration::from_secs(60);

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

impl Trust {
    /// The files that it is read from, as they are now.
    fn files(&self) -> Vec<Option<Version>> {
        let Self::Tls { ca_bundle, client_certificate } = self else { return Vec::new() };
        let (certificate, key) = client_certificate.as_ref().map(|(certificate, key)| (certificate, key)).unzip();
        ca_bundle.iter().chain(certificate).chain(key).map(|file| version(file)).collect()
    }
}

/// What changes when a file is replaced or written to: its number, its length and its time.
type Version = (u64, u64, SystemTime);

/// `None` if it can't be told.
fn version(file: &Path) -> Option<Version> {
    let metadata = file.metadata().ok()?;
    Some((metadata.ino(), metadata.len(), metadata.modified().ok()?))
}

/// The clients of one life of the engine, each made when first needed, and again when its certificates are replaced.
#[derive(Debug, Default)]
pub(crate) struct HttpClients {
    by_trust: Mutex<HashMap<Trust, Made>>,
}

#[derive(Debug)]
struct Made {
    client: Client,
    files: Vec<Option<Version>>,
    at: Instant,
    used: Instant,
}

impl HttpClients {
    /// The client for requests of this kind. Looks whether its certificates are still the same, and reads them and the
    /// environment if not, or at first use: on the engine's thread only.
    ///
    /// # Errors
    ///
    /// In words, with the name of the file that is at fault. Not remembered: the next call tries again.
    pub(crate) fn client(&self, trust: &Trust, now: Instant) -> Result<Client, String> {
        // Before they are read: what is replaced meanwhile is read again.
        let files = trust.files();
        let mut clients = self.by_trust.lock();
        if let Some(made) = clients.get_mut(trust).filter(|made| made.files == files) {
            made.used = now;
            return Ok(made.client.clone());
        }
        let client = build(tls(trust)?)?;
        clients.retain(|_, made| now.since(made.used) < CLIENT_IDLE);
        clients.insert(trust.clone(), Made { client: client.clone(), files, at: now, used: now });
        Ok(client)
    }

    /// Told that a certificate was refused. The system's CA certificates are read anew next time: that they were
    /// replaced shows nowhere else. Not at once again, since every other host loses its connections by it.
    pub(crate) fn refused(&self, trust: &Trust, now: Instant) {
        let mut clients = self.by_trust.lock();
        if matches!(trust, Trust::Tls { ca_bundle: None, .. })
            && clients.get(trust).is_some_and(|made| now.since(made.at) >= SYSTEM_FRESH)
        {
            clients.remove(trust);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant::from_nanos(seconds * 1_000_000_000)
    }

    #[test]
    fn the_systems_certificates_are_read_anew_once_a_minute_at_most() {
        let clients = HttpClients::default();
        let system = Trust::Tls { ca_bundle: None, client_certificate: None };
        let made_at = |now| {
            clients.client(&system, now).unwrap();
            clients.by_trust.lock()[&system].at
        };
        assert_eq!(made_at(at(0)), at(0));
        clients.refused(&system, at(59));
        assert_eq!(made_at(at(59)), at(0));
        clients.refused(&system, at(60));
        assert_eq!(made_at(at(61)), at(61));
        clients.refused(&system, at(62));
        assert_eq!(made_at(at(62)), at(61), "the one that was refused is gone already");
    }

    #[test]
    fn a_client_that_nobody_uses_goes_when_another_is_made() {
        let clients = HttpClients::default();
        let system = Trust::Tls { ca_bundle: None, client_certificate: None };
        clients.client(&system, at(0)).unwrap();
        clients.client(&Trust::Nobody, at(3_599)).unwrap();
        assert_eq!(clients.by_trust.lock().len(), 2);
        clients.client(&system, at(3_599)).unwrap();
        clients.refused(&system, at(3_600));
        clients.client(&system, at(7_199)).unwrap();
        assert_eq!(clients.by_trust.lock().len(), 1);
    }
}
