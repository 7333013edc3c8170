//! TLS: a valid certificate is accepted, and each invalid one is rejected for its own reason.

#![allow(clippy::unwrap_used, reason = "clippy allows it in #[test] functions only, not in their helpers")]

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use argus_auth_test_support::{Certificate, Fault, Reply, TlsFiles, TlsOptions, TokenEndpoint};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

fn ask(endpoint: &TokenEndpoint, trusted: &TlsFiles, with_certificate: bool) -> std::io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(trusted.ca.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let builder = builder.with_root_certificates(roots);
    let config = if with_certificate {
        let certificate = CertificateDer::from_pem_slice(trusted.client_certificate.as_bytes()).unwrap();
        let key = PrivateKeyDer::from_pem_slice(trusted.client_key.as_bytes()).unwrap();
        builder.with_client_auth_cert(vec![certificate], key).unwrap()
    } else {
        builder.with_no_client_auth()
    };
    let connection = ClientConnection::new(Arc::new(config), "127.0.0.1".try_into().unwrap()).unwrap();
    let mut stream = StreamOwned::new(connection, TcpStream::connect(endpoint.address()).unwrap());
    stream.write_all(b"POST /token HTTP/1.1\r\nConnection: close\r\n\r\n")?;
    let mut reply = String::new();
    stream.read_to_string(&mut reply)?;
    Ok(reply)
}

/// Returns the error of a client that trusts the endpoint's CA and has no certificate.
fn handshake_error(options: TlsOptions) -> String {
    let endpoint = TokenEndpoint::start_tls(options);
    let error = ask(&endpoint, endpoint.tls_files().unwrap(), false).unwrap_err();
    assert!(endpoint.requests().is_empty());
    assert_eq!(endpoint.accepted(), 1);
    error.to_string()
}

#[test]
fn trusted_certificate_is_accepted_before_and_after_a_restart() {
    let endpoint = TokenEndpoint::start_tls(TlsOptions::default());
    assert!(endpoint.url().starts_with("https://127.0.0.1:"));
    let files = endpoint.tls_files().unwrap();
    assert!(ask(&endpoint, files, false).unwrap().contains("tok-1"));
    endpoint.stop();
    endpoint.restart();
    assert!(ask(&endpoint, files, false).unwrap().contains("tok-2"));
}

#[test]
fn certificate_of_an_unknown_ca_is_rejected() {
    let endpoint = TokenEndpoint::start_tls(TlsOptions::default());
    let other = TokenEndpoint::start_tls(TlsOptions::default());
    let error = ask(&endpoint, other.tls_files().unwrap(), false).unwrap_err().to_string();
    assert!(error.contains("UnknownIssuer") || error.contains("BadSignature"), "{error}");
}

#[test]
fn certificate_of_another_host_or_expired_is_rejected() {
    let wrong = handshake_error(TlsOptions { certificate: Certificate::WrongHost, ..TlsOptions::default() });
    assert!(wrong.contains("not valid for name"), "{wrong}");
    let expired = handshake_error(TlsOptions { certificate: Certificate::Expired, ..TlsOptions::default() });
    assert!(expired.contains("expired"), "{expired}");
}

#[test]
fn client_without_the_required_certificate_is_rejected() {
    let options = TlsOptions { require_client_certificate: true, ..TlsOptions::default() };
    let error = handshake_error(options.clone());
    assert!(error.contains("CertificateRequired"), "{error}");
    let endpoint = TokenEndpoint::start_tls(options);
    assert!(ask(&endpoint, endpoint.tls_files().unwrap(), true).unwrap().contains("tok-1"));
}

#[test]
fn fault_truncate_under_tls_ends_without_close_notify() {
    let endpoint = TokenEndpoint::start_tls(TlsOptions::default());
    endpoint.script(vec![Reply::broken(Fault::Truncate), Reply::broken(Fault::CloseWithoutReply)]);
    let files = endpoint.tls_files().unwrap();
    assert_eq!(ask(&endpoint, files, false).unwrap_err().kind(), std::io::ErrorKind::UnexpectedEof);
    assert_eq!(ask(&endpoint, files, false).unwrap(), "");
}
