//! TLS: CA certificates, server certificates, client certificates, and files that are replaced.

use argus_auth_core::TokenErrorKind;
use argus_auth_faults::{CertificateFiles, World, failure, failure_kind, token, wait};
use argus_auth_test_support::{Certificate, Reply, TlsOptions, TokenEndpoint};

use super::{Chapter, Scenario};
use crate::fetch_process::fetch_with_environment;

pub(super) const CHAPTER: Chapter = Chapter {
    topic: "tls",
    title: "TLS",
    introduction: "A connection is made only if the certificates are right, and an error names what is wrong with \
                   them.",
    scenarios: &[
        Scenario {
            id: "tls.1",
            when: "No trusted CA has issued the certificate of the endpoint",
            then: "The handshake fails, and the error says that the issuer is not trusted. With the right CA in \
                   `ca_bundle`, the fetch works. If `ca_bundle` names a file that does not exist, the error names the \
                   file.",
            run: ca_bundle_decides_which_issuers_are_trusted,
        },
        Scenario {
            id: "tls.2",
            when: "`SSL_CERT_FILE` names a file with the CA, or `SSL_CERT_DIR` names a directory that contains the CA \
                   under a name like those of `openssl rehash`",
            then: "The fetch works. While the directory is empty, it fails.",
            run: ca_from_the_environment_is_trusted,
        },
        Scenario {
            id: "tls.3",
            when: "The endpoint's certificate is for another host, or has expired",
            then: "The handshake fails, and the error says which of the two it is.",
            run: wrong_or_expired_server_certificate_is_rejected,
        },
        Scenario {
            id: "tls.4",
            when: "The endpoint requires a client certificate",
            then: "Without a client certificate, the fetch fails, and the error mentions the certificate. With the \
                   right certificate, the fetch works.",
            run: required_client_certificate_is_presented,
        },
        Scenario {
            id: "tls.5",
            when: "The files of `ca_bundle` and of the client certificate are replaced while the engine runs. The \
                   server rejects the old client certificate by a TLS alert, or by a status (400, as nginx does).",
            then: "The next request reads the files again. A client certificate that can't be read is an error that \
                   names the key `client_certificate`. When the file is right again, the fetch works.",
            run: replaced_certificate_files_are_read_for_the_next_request,
        },
        Scenario {
            id: "tls.6",
            when: "A host has a certificate that is not trusted, and another host with the same `ca_bundle` works",
            then: "A fetch from the first host fails after one attempt. The other host keeps its connection.",
            run: untrusted_certificate_of_a_host_leaves_another_hosts_connection_open,
        },
    ],
};

fn world_with_tls(certificate: Certificate, require_client_certificate: bool) -> World {
    World::with(TokenEndpoint::start_tls(TlsOptions { certificate, require_client_certificate }))
}

/// Asserts that a fetch with `lines` fails with a TLS error, and that its message contains `words`.
#[track_caller]
fn expect_tls_error(world: &World, lines: &[&str], words: &str) {
    let outcome = world.wait_skipping_pauses(world.resolver(lines).headers("b"));
    assert_eq!(failure_kind(&outcome), TokenErrorKind::Tls, "{outcome:?}");
    let message = &failure(&outcome).message;
    assert!(message.to_lowercase().contains(words), "{words:?} is not in {message:?}");
}

fn ca_bundle_decides_which_issuers_are_trusted() {
    let world = world_with_tls(Certificate::Valid, false);
    let files = CertificateFiles::of(&world.endpoint);
    expect_tls_error(&world, &[], "issuer");
    assert!(token(&wait(world.resolver(&[&files.line("ca_bundle", "ca.pem")]).headers("b"))).starts_with("tok-"));
    let outcome = wait(world.resolver(&["ca_bundle: /no/such/file"]).headers("b"));
    assert_eq!(failure_kind(&outcome), TokenErrorKind::Request);
    assert!(failure(&outcome).message.contains("ca_bundle /no/such/file"), "{outcome:?}");
}

fn ca_from_the_environment_is_trusted() {
    let endpoint = TokenEndpoint::start_tls(TlsOptions::default());
    let files = CertificateFiles::of(&endpoint);
    let url = endpoint.url();
    let ca = files.directory.join("ca.pem");
    assert!(fetch_with_environment(&url, &[("SSL_CERT_FILE", ca.to_str().unwrap())]).starts_with("token tok-"));

    let directory = files.directory.join("certs");
    std::fs::create_dir(&directory).unwrap();
    let environment = [("SSL_CERT_DIR", directory.to_str().unwrap())];
    let rejected = fetch_with_environment(&url, &environment);
    assert!(!rejected.starts_with("token"), "{rejected}");
    // `openssl rehash` names a certificate by a hash and a number, and only files with such names are read.
    std::fs::copy(&ca, directory.join("0f1e2d3c.0")).unwrap();
    let granted = fetch_with_environment(&url, &environment);
    assert!(granted.starts_with("token tok-"), "{granted}");
}

fn wrong_or_expired_server_certificate_is_rejected() {
    for (certificate, words) in [(Certificate::WrongHost, "not valid for name"), (Certificate::Expired, "expired")] {
        let world = world_with_tls(certificate, false);
        let files = CertificateFiles::of(&world.endpoint);
        expect_tls_error(&world, &[&files.line("ca_bundle", "ca.pem")], words);
    }
}

fn required_client_certificate_is_presented() {
    let world = world_with_tls(Certificate::Valid, true);
    let files = CertificateFiles::of(&world.endpoint);
    let ca = files.line("ca_bundle", "ca.pem");
    let certificate = files.line("client_certificate", "client.pem");
    let key = files.line("client_certificate_key", "client.key");
    expect_tls_error(&world, &[&ca], "certificate");
    assert!(token(&wait(world.resolver(&[&ca, &certificate, &key]).headers("b"))).starts_with("tok-"));
}

fn replaced_certificate_files_are_read_for_the_next_request() {
    let world = world_with_tls(Certificate::Valid, true);
    // The files of another endpoint: a CA that did not issue the certificate of this endpoint, and a client certificate
    // that this endpoint rejects.
    let other = TokenEndpoint::start_tls(TlsOptions::default());
    let files = CertificateFiles::of(&other);
    let right = world.endpoint.tls_files().unwrap();
    let resolver = world.resolver(&[
        &files.line("ca_bundle", "ca.pem"),
        &files.line("client_certificate", "client.pem"),
        &files.line("client_certificate_key", "client.key"),
    ]);
    let fetch = || {
        // Moves the clock beyond every cool-down and pause.
        world.advance(300.0);
        resolver.invalidate("b", None).unwrap();
        world.wait_skipping_pauses(resolver.headers("b"))
    };
    assert_eq!(failure_kind(&fetch()), TokenErrorKind::Tls, "an unknown CA");
    std::fs::write(files.directory.join("ca.pem"), &right.ca).unwrap();
    assert_eq!(failure_kind(&fetch()), TokenErrorKind::Tls, "an unknown client");
    right.write_to(&files.directory).unwrap();
    assert_eq!(token(&fetch()), "tok-1");

    // nginx accepts the handshake and answers 400.
    world.endpoint.default_reply(Reply::text(400, "text/html", "<html>400 The SSL certificate error</html>"));
    assert_eq!(failure(&fetch()).http_status, Some(400));
    world.endpoint.default_reply(Reply::token("tok-2", 3600));
    std::fs::write(files.directory.join("client.pem"), "replaced").unwrap();
    let outcome = fetch();
    assert!(failure(&outcome).message.contains("client_certificate "), "{outcome:?}");
    right.write_to(&files.directory).unwrap();
    assert_eq!(token(&fetch()), "tok-2");
}

fn untrusted_certificate_of_a_host_leaves_another_hosts_connection_open() {
    let world = World::with(TokenEndpoint::start_tls(TlsOptions::default()));
    let untrusted = TokenEndpoint::start_tls(TlsOptions::default());
    let files = CertificateFiles::of(&world.endpoint);
    let ca = files.line("ca_bundle", "ca.pem");
    let other = world.resolver(&[&ca]);
    for attempt in 1..=5 {
        let rejected =
            world.resolver(&[&ca, &format!("token_url: {:?}", untrusted.url()), &format!("client_id: c{attempt}")]);
        assert_eq!(failure_kind(&wait(rejected.headers("b"))), TokenErrorKind::Tls);
        assert_eq!(untrusted.accepted(), attempt);
        other.invalidate("b", None).unwrap();
        wait(other.headers("b")).unwrap();
    }
    assert_eq!(world.endpoint.accepted(), 1);
}
