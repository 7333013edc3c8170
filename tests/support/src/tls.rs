//! Valid and invalid certificates, which are generated for each endpoint, and the TLS configuration.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

/// Options of an `https` endpoint. A test with an unknown CA needs no option: its client trusts another CA than
/// [`TlsFiles::ca`].
///
/// ```
/// use argus_auth_test_support::{Certificate, TlsOptions, TokenEndpoint};
///
/// let options = TlsOptions { certificate: Certificate::Expired, ..TlsOptions::default() };
/// let endpoint = TokenEndpoint::start_tls(options);
/// assert!(endpoint.url().starts_with("https://"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct TlsOptions {
    /// The certificate that the endpoint presents.
    pub certificate: Certificate,
    /// True to reject clients without a certificate that the endpoint's CA has signed.
    pub require_client_certificate: bool,
}

/// The certificate that an endpoint presents, always signed by [`TlsFiles::ca`].
///
/// ```
/// use argus_auth_test_support::Certificate;
///
/// assert_eq!(Certificate::default(), Certificate::Valid);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Certificate {
    /// For `127.0.0.1` and `localhost`.
    #[default]
    Valid,
    /// For another host.
    WrongHost,
    /// For `127.0.0.1` and `localhost`, but expired since 2002.
    Expired,
}

/// The certificates and the key that a client needs, as PEM text.
///
/// ```
/// use argus_auth_test_support::{TlsOptions, TokenEndpoint};
///
/// let endpoint = TokenEndpoint::start_tls(TlsOptions::default());
/// let files = endpoint.tls_files().unwrap();
/// assert!(files.ca.starts_with("-----BEGIN CERTIFICATE-----"));
/// ```
#[derive(Clone)]
pub struct TlsFiles {
    /// The CA certificate to trust.
    pub ca: String,
    /// A client certificate that the endpoint accepts.
    pub client_certificate: String,
    /// The private key of the client certificate.
    pub client_key: String,
}

impl TlsFiles {
    /// Writes `ca.pem`, `client.pem` and `client.key` into a directory and creates it if it does not exist.
    ///
    /// # Errors
    ///
    /// If the directory can't be created or a file can't be written.
    pub fn write_to(&self, directory: &Path) -> io::Result<()> {
        std::fs::create_dir_all(directory)?;
        std::fs::write(directory.join("ca.pem"), &self.ca)?;
        std::fs::write(directory.join("client.pem"), &self.client_certificate)?;
        std::fs::write(directory.join("client.key"), &self.client_key)
    }
}

/// The endpoint's TLS configuration. It survives a restart, so that clients can trust the same CA afterwards.
pub(crate) struct TlsSide {
    pub files: TlsFiles,
    config: Arc<ServerConfig>,
}

impl TlsSide {
    /// Generates a CA, a server certificate and a client certificate.
    pub(crate) fn new(options: &TlsOptions) -> Self {
        let ca_key = KeyPair::generate().expect("a key");
        let ca_params = ca_params();
        let ca = ca_params.self_signed(&ca_key).expect("a CA certificate");
        let issuer = Issuer::from_params(&ca_params, &ca_key);

        let server_key = KeyPair::generate().expect("a key");
        let server = server_params(options.certificate).signed_by(&server_key, &issuer).expect("a certificate");
        let client_key = KeyPair::generate().expect("a key");
        let client = client_params().signed_by(&client_key, &issuer).expect("a certificate");

        let config = server_config(options, ca.der(), server.der().clone(), &server_key);
        let files = TlsFiles { ca: ca.pem(), client_certificate: client.pem(), client_key: client_key.serialize_pem() };
        Self { files, config: Arc::new(config) }
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        self.config.clone().into()
    }
}

fn server_config(
    options: &TlsOptions,
    ca: &CertificateDer<'static>,
    certificate: CertificateDer<'static>,
    key: &KeyPair,
) -> ServerConfig {
    // Names rustls's crypto provider, because the default may be another one, installed by another test, or missing.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone());
    let builder = builder.with_safe_default_protocol_versions().expect("ring speaks TLS");
    let builder = if options.require_client_certificate {
        let mut roots = RootCertStore::empty();
        roots.add(ca.clone()).expect("our own CA");
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        builder.with_client_cert_verifier(verifier.build().expect("a verifier"))
    } else {
        builder.with_no_client_auth()
    };
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    builder.with_single_cert(vec![certificate], key).expect("a key that fits its certificate")
}

fn ca_params() -> CertificateParams {
    let mut params = named("argus-auth test CA", &[]);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn server_params(certificate: Certificate) -> CertificateParams {
    let hosts: &[&str] = match certificate {
        Certificate::WrongHost => &["another-host.example"],
        Certificate::Valid | Certificate::Expired => &["127.0.0.1", "localhost"],
    };
    let mut params = named("argus-auth test endpoint", hosts);
    if certificate == Certificate::Expired {
        params.not_before = date_time_ymd(2001, 1, 1);
        params.not_after = date_time_ymd(2002, 1, 1);
    }
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params
}

fn client_params() -> CertificateParams {
    let mut params = named("argus-auth test client", &["client.example"]);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params
}

fn named(name: &str, hosts: &[&str]) -> CertificateParams {
    let hosts: Vec<String> = hosts.iter().map(|&host| host.to_owned()).collect();
    let mut params = CertificateParams::new(hosts).expect("legal host names");
    params.distinguished_name.push(DnType::CommonName, name);
    // Python 3.13 and later reject chains without an authority key identifier.
    params.use_authority_key_identifier_extension = true;
    params
}
