//! The TLS settings of a connection to a token endpoint: CA certificates and client certificate, read from files or the
//! system.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use zeroize::Zeroizing;

use super::signing_key;
use crate::file;

/// The limit on the length of a file with certificates or a private key, in bytes. The CA certificates of a system take
/// less than 1 MB.
pub(crate) const MAX_LENGTH: usize = 10 << 20;

/// The TLS settings of a connection. Connections with equal settings share an HTTP client and its connection pool.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Trust {
    /// For `http://`: no TLS, and no CA certificate is read. So a container without CA certificates can use a token
    /// endpoint on loopback.
    PlainHttp,
    /// For `https://`.
    Tls {
        /// The file with CA certificates that replace the system's.
        ca_bundle: Option<PathBuf>,
        /// The files with the client certificate to present and with its private key.
        client_certificate: Option<(PathBuf, PathBuf)>,
    },
}

/// The reason why TLS can't be set up, with the name of the file that is at fault.
#[derive(Debug, Clone)]
pub(crate) struct TrustError {
    /// The configuration key that is at fault; `None` if no single key is at fault.
    pub key: Option<&'static str>,
    /// The reason; a phrase to follow the name of the configuration key.
    pub reason: String,
}

impl fmt::Display for TrustError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, reason } = self;
        key.map_or(Ok(()), |key| write!(f, "{key} "))?;
        f.write_str(reason)
    }
}

impl Trust {
    /// Returns the current versions of the configured files. The system's CA certificates are not included.
    pub(crate) fn files(&self) -> Vec<Option<file::Version>> {
        let Self::Tls { ca_bundle, client_certificate } = self else { return Vec::new() };
        let (certificate, key) = client_certificate.as_ref().map(|(certificate, key)| (certificate, key)).unzip();
        ca_bundle.iter().chain(certificate).chain(key).map(|path| file::version(path)).collect()
    }

    /// Returns the TLS configuration. Reads the configured files; without a `ca_bundle`, also the environment and the
    /// system's CA certificates. Blocks.
    pub(crate) fn client_config(&self) -> Result<ClientConfig, TrustError> {
        let failed = |reason: String| TrustError { key: None, reason };
        let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| failed(format!("TLS can't be set up: {error}")))?;
        let Self::Tls { ca_bundle, client_certificate } = self else {
            return Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth());
        };
        let builder = match ca_bundle {
            Some(bundle) => builder.with_root_certificates(roots(&NamedFile::new("ca_bundle", bundle))?),
            // If SSL_CERT_FILE or SSL_CERT_DIR is set, it replaces the system's CA certificates.
            None => builder.with_platform_verifier().map_err(|error| {
                failed(format!("no CA certificates: {error}; install them, set SSL_CERT_FILE, or name a ca_bundle"))
            })?,
        };
        let Some((certificate, key)) = client_certificate else { return Ok(builder.with_no_client_auth()) };
        let (certificate, key) =
            (NamedFile::new("client_certificate", certificate), NamedFile::new("client_certificate_key", key));
        let chain = certificate.certificates()?;
        let private_key = signing_key::parse(&key.read()?).map_err(|reason| key.error(reason))?;
        builder.with_client_auth_cert(chain, private_key).map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => certificate.error("it does not belong to client_certificate_key"),
            error => certificate.error(error),
        })
    }
}

/// Reads the CA certificates in `bundle`.
fn roots(bundle: &NamedFile<'_>) -> Result<RootCertStore, TrustError> {
    let mut roots = RootCertStore::empty();
    for certificate in bundle.certificates()? {
        roots.add(certificate).map_err(|error| bundle.error(error))?;
    }
    Ok(roots)
}

/// A file, with the configuration key that names it.
struct NamedFile<'p> {
    key: &'static str,
    path: &'p Path,
}

impl<'p> NamedFile<'p> {
    fn new(key: &'static str, path: &'p Path) -> Self {
        Self { key, path }
    }

    fn read(&self) -> Result<Zeroizing<Vec<u8>>, TrustError> {
        let reason = |unreadable| format!("{} {unreadable}", self.path.display());
        file::read(self.path, MAX_LENGTH)
            .map(|content| content.bytes)
            .map_err(|unreadable| TrustError { key: Some(self.key), reason: reason(unreadable) })
    }

    fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, TrustError> {
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&self.read()?).collect();
        match certificates {
            Ok(certificates) if certificates.is_empty() => Err(self.error("it holds no certificate in PEM form")),
            // The parser's own error may quote a line of the file, which could be a line of a private key.
            Err(_) => Err(self.error("its content is not a certificate in PEM form")),
            Ok(certificates) => Ok(certificates),
        }
    }

    fn error(&self, what: impl fmt::Display) -> TrustError {
        TrustError { key: Some(self.key), reason: format!("{}: {what}", self.path.display()) }
    }
}
