//! Problems that only a thorough load finds: in certificate and key files, and in a secret store without references.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use argus_auth_test_support::{TlsOptions, TokenEndpoint};

use super::{Unresolved, assert_rows, oauth2, problems, thorough_problems};

/// A directory with the usable files `ca.pem`, `client.pem` and `client.key`, and with unusable files.
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
            files.set_mode(key, 0o600);
        }
        files
    }

    fn set_mode(&self, name: &str, mode: u32) {
        std::fs::set_permissions(self.0.join(name), std::fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Returns the problems of an `oauth2` block that holds `lines`. In `lines` and in the problems, `@` stands for the
    /// directory.
    fn check(&self, lines: &str) -> Vec<String> {
        let directory = format!("{}/", self.0.display());
        let yaml = oauth2(&lines.replace('@', &directory));
        assert_eq!(problems(&yaml, Unresolved::Error), [""; 0], "an ordinary load does not open the files");
        thorough_problems(&yaml).iter().map(|problem| problem.replace(&directory, "@")).collect()
    }
}

impl Drop for TestDirectory {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

#[test]
fn thorough_load_reports_unusable_certificate_and_key_files() {
    let files = TestDirectory::new("tls-files");
    let pair = |certificate: &str, key: &str| {
        format!("client_certificate: '@{certificate}'\nclient_certificate_key: '@{key}'")
    };
    let no_key = "must be a private key as PEM text (-----BEGIN PRIVATE KEY-----)";
    let rows = [
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
            "10, column 18: backends.b.auth.ca_bundle: @damaged.pem: its content is not a certificate in PEM form",
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
             because nobody can enter its passphrase; `openssl pkey` decrypts it",
        ),
    ];
    assert_rows(rows.map(|(lines, expected)| {
        let expected: Vec<_> =
            Some(expected).filter(|place| !place.is_empty()).map(|place| format!("line {place}")).into_iter().collect();
        let found = files.check(&lines);
        (lines, found, expected)
    }));
}

#[test]
fn thorough_load_reports_a_missing_file_beside_other_problems() {
    let found = thorough_problems(&oauth2("ca_bundle: /no/such/file\naudience: ''"));
    assert_eq!(
        found,
        [
            "line 10, column 18: backends.b.auth.ca_bundle: /no/such/file does not exist",
            "line 11, column 17: backends.b.auth.audience: must not be empty"
        ]
    );
}

#[test]
fn thorough_load_warns_about_a_key_file_that_others_can_read() {
    let files = TestDirectory::new("open-key");
    files.set_mode("client.key", 0o644);
    assert_eq!(
        files.check("client_certificate: '@client.pem'\nclient_certificate_key: '@client.key'"),
        ["warning: line 11, column 31: backends.b.auth.client_certificate_key: @client.key \
          can be read by its group and everyone else (mode 644); run `chmod 600` on it"]
    );
}

#[test]
fn thorough_load_warns_about_a_broken_store_without_references() {
    for (secrets, failure) in [
        ("provider: vault", "there is no such provider; use env, file or keyring"),
        ("provider: file, path: /", "the secrets file / is a directory; it must be a file"),
    ] {
        let yaml = format!("secrets: {{enabled: true, {secrets}}}");
        assert_eq!(problems(&yaml, Unresolved::Error), [""; 0]);
        assert_eq!(
            thorough_problems(&yaml),
            [format!(
                "warning: line 1, column 10: secrets: the secret store can't be opened: {failure}; the gateway will \
                 not start if any other part of the file refers to a secret"
            )]
        );
    }
    assert_eq!(thorough_problems("secrets: {enabled: false, provider: vault}"), [""; 0]);
    assert_eq!(thorough_problems("secrets: {enabled: true, provider: env}"), [""; 0]);
}
