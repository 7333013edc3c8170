//! What an operator's check looks at and a load does not.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use argus_auth_test_support::{TlsOptions, TokenEndpoint};

use super::{Unresolved, oauth2, problems, problems_of_check};

/// A directory with `ca.pem`, `client.pem` and `client.key`, and others that are no use.
struct TestDirectory(PathBuf);

impl TestDirectory {
    fn new(test: &str) -> Self {
        let directory = std::env::temp_dir().join(format!("argus-auth-{test}-{}", std::process::id()));
        let pem = TokenEndpoint::start_tls(TlsOptions::default()).tls_files().unwrap().clone();
        pem.write_to(&directory).unwrap();
        let other = TokenEndpoint::start_tls(TlsOptions::default());
        std::fs::write(directory.join("other.key"), &other.tls_files().unwrap().client_key).unwrap();
        std::fs::write(directory.join("damaged.pem"), pem.ca.replace('M', "-")).unwrap();
        std::fs::write(directory.join("encrypted.key"), pem.client_key.replace("PRIVATE", "ENCRYPTED PRIVATE"))
            .unwrap();
        let files = Self(directory);
        for key in ["client.key", "other.key", "encrypted.key"] {
            files.allow(key, 0o600);
        }
        files
    }

    fn allow(&self, name: &str, mode: u32) {
        std::fs::set_permissions(self.0.join(name), std::fs::Permissions::from_mode(mode)).unwrap();
    }

    /// What a check says of them, with `@` for the directory.
    fn check(&self, lines: &str) -> Vec<String> {
        let directory = format!("{}/", self.0.display());
        let yaml = oauth2(&lines.replace('@', &directory));
        assert_eq!(problems(&yaml, Unresolved::Error), [""; 0], "a load leaves the files alone");
        problems_of_check(&yaml).iter().map(|problem| problem.replace(&directory, "@")).collect()
    }
}

impl Drop for TestDirectory {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

#[test]
fn certificates_and_keys() {
    let files = TestDirectory::new("tls-files");
    let pair = |certificate: &str, key: &str| {
        format!("client_certificate: '@{certificate}'\nclient_certificate_key: '@{key}'")
    };
    let no_key = "must be a private key as PEM text (-----BEGIN PRIVATE KEY-----)";
    for (lines, expected) in [
        ("ca_bundle: '@ca.pem'".to_owned(), ""),
        (pair("client.pem", "client.key"), ""),
        ("ca_bundle: '@none.pem'".to_owned(), "10, column 18: backends.b.auth.ca_bundle: @none.pem does not exist"),
        ("ca_bundle: '@'".to_owned(), "10, column 18: backends.b.auth.ca_bundle: @ is a directory; it must be a file"),
        (
            "ca_bundle: '@client.key'".to_owned(),
            "10, column 18: backends.b.auth.ca_bundle: @client.key: it holds no certificate in PEM form",
        ),
        (
            "ca_bundle: '@damaged.pem'".to_owned(),
            "10, column 18: backends.b.auth.ca_bundle: @damaged.pem: what it holds is not a certificate in PEM form",
        ),
        (
            pair("client.key", "client.pem"),
            "10, column 27: backends.b.auth.client_certificate: @client.key: it holds no certificate in PEM form",
        ),
        (
            pair("client.pem", "ca.pem"),
            &format!("11, column 31: backends.b.auth.client_certificate_key: @ca.pem: {no_key}"),
        ),
        (
            pair("client.pem", "other.key"),
            "10, column 27: backends.b.auth.client_certificate: @client.pem: it does not belong to client_certificate_key",
        ),
        (
            pair("client.pem", "encrypted.key"),
            "11, column 31: backends.b.auth.client_certificate_key: @encrypted.key: must not be encrypted, \
             as nobody is there to give its passphrase; `openssl pkey` decrypts it",
        ),
    ] {
        let expected: Vec<_> =
            Some(expected).filter(|it| !it.is_empty()).map(|it| format!("line {it}")).into_iter().collect();
        assert_eq!(files.check(&lines), expected, "{lines}");
    }
}

#[test]
fn a_missing_file_is_found_beside_other_mistakes() {
    let found = problems_of_check(&oauth2("ca_bundle: /no/such/file\naudience: ''"));
    assert_eq!(
        found,
        [
            "line 10, column 18: backends.b.auth.ca_bundle: /no/such/file does not exist",
            "line 11, column 17: backends.b.auth.audience: must not be empty"
        ]
    );
}

#[test]
fn a_key_that_others_can_read() {
    let files = TestDirectory::new("open-key");
    files.allow("client.key", 0o644);
    assert_eq!(
        files.check("client_certificate: '@client.pem'\nclient_certificate_key: '@client.key'"),
        ["warning: line 11, column 31: backends.b.auth.client_certificate_key: @client.key \
          can be read by its group and everyone else (mode 644); run `chmod 600` on it"]
    );
}

#[test]
fn a_store_that_nothing_here_refers_to() {
    for (secrets, failure) in [
        ("provider: vault", "there is no such provider; use env, file or keyring"),
        ("provider: file, path: /", "the secrets file / is a directory; it must be a file"),
    ] {
        let yaml = format!("secrets: {{enabled: true, {secrets}}}");
        assert_eq!(problems(&yaml, Unresolved::Error), [""; 0]);
        assert_eq!(
            problems_of_check(&yaml),
            [format!(
                "warning: line 1, column 10: secrets: the secret store can't be opened: {failure}; the gateway will \
                 not start if any other part of the file refers to a secret"
            )]
        );
    }
    assert_eq!(problems_of_check("secrets: {enabled: false, provider: vault}"), [""; 0]);
    assert_eq!(problems_of_check("secrets: {enabled: true, provider: env}"), [""; 0]);
}
