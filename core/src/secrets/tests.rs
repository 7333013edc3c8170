//! Tests of the encrypted file. `tests/python/test_secret_stores.py` reads a file that the gateway itself wrote.

use std::env::VarError;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockModeEncrypt, KeyIvInit};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;

use super::{SecretError, SecretStore, open};
use crate::secret::Secret;

const KEY: [u8; 32] = *b"signing-key-16-bencryption-key-1";

/// Returns a Fernet token as the gateway writes it, but with a fixed time and initialization vector.
fn token(plain: &[u8]) -> String {
    let mut token = vec![0x80];
    token.extend([0; 8]);
    token.extend([7; 16]);
    let encryptor = cbc::Encryptor::<aes::Aes128>::new_from_slices(&KEY[16..], &[7; 16]).unwrap();
    token.extend(encryptor.encrypt_padded_vec::<Pkcs7>(plain));
    let hmac = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &KEY[..16]);
    token.extend(ring::hmac::sign(&hmac, &token).as_ref());
    URL_SAFE.encode(token)
}

/// A directory that is removed at the end of the test.
struct Directory(PathBuf);

impl Directory {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("argus-auth-secrets-{test}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, content: &[u8], mode: u32) -> String {
        let path = self.0.join("secrets.enc");
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

fn open_with_key(path: &str, key: Result<String, VarError>) -> Result<Box<dyn SecretStore>, SecretError> {
    let environment: &'static _ = Box::leak(Box::new(move |name: &str| {
        assert_eq!(name, "ARGUS_SECRET_KEY");
        key.clone()
    }));
    open("file", path, environment)
}

fn open_file(path: &str) -> Result<Box<dyn SecretStore>, SecretError> {
    open_with_key(path, Ok(format!(" {}\n", URL_SAFE.encode(KEY))))
}

#[test]
fn get_needs_the_exact_name_and_rejects_a_value_that_is_not_text() {
    let directory = Directory::new("names");
    let json = br#"{"api-key": "hunter2", "Api-Key": "other", "esc": "a\n\u00e9\"", "twice": "1", "twice": "2",
                    "empty": "", "null": null, "number": 1, "list": ["x", {"y": 1.5}], "object": {"z": true}, "big": 1e9}"#;
    let store = open_file(&directory.write(token(json).as_bytes(), 0o600)).unwrap();
    for (name, value) in [
        ("api-key", Some("hunter2")),
        ("Api-Key", Some("other")),
        ("API-KEY", None),
        ("esc", Some("a\né\"")),
        ("twice", Some("2")),
        ("empty", Some("")),
        ("null", None),
        ("missing", None),
    ] {
        assert_eq!(store.get(name).unwrap().as_ref().map(Secret::expose_secret), value, "{name}");
    }
    for name in ["number", "list", "object", "big"] {
        let message = store.get(name).unwrap_err().0;
        assert!(message.ends_with("holds something other than text under this name"), "{message}");
    }
    assert!(store.explain_missing("missing").ends_with("secrets.enc has no such entry among its 10"));
    assert_eq!(store.warnings(), [""; 0]);
}

#[test]
fn open_of_a_missing_file_is_an_empty_store_without_a_key() {
    let directory = Directory::new("no-file");
    let path = directory.0.join("none.enc");
    let store = open_with_key(path.to_str().unwrap(), Err(VarError::NotPresent)).unwrap();
    assert_eq!(store.get("a"), Ok(None));
    let expected =
        format!("there is no secrets file {}; a relative path starts at the working directory", path.display());
    assert_eq!(store.explain_missing("a"), expected);
}

#[test]
fn open_that_fails_says_why_and_hides_the_content() {
    let directory = Directory::new("failures");
    let good = token(br#"{"a": "canary"}"#);
    let mut forged = good.clone().into_bytes();
    forged[40] = if forged[40] == b'A' { b'B' } else { b'A' };
    let key = || Ok(URL_SAFE.encode(KEY));
    let mut differing = Vec::new();
    for (content, key, expected) in [
        (
            good.as_bytes(),
            Err(VarError::NotPresent),
            "needs its key in the environment variable ARGUS_SECRET_KEY, which is not set",
        ),
        (
            good.as_bytes(),
            Ok(String::new()),
            "needs its key in the environment variable ARGUS_SECRET_KEY, which is not set",
        ),
        (good.as_bytes(), Ok("canary".to_owned()), "does not hold a key: 32 bytes in URL-safe base64, 44 characters"),
        (
            good.as_bytes(),
            Err(VarError::NotUnicode("canary".into())),
            "does not hold a key: 32 bytes in URL-safe base64, 44 characters",
        ),
        (
            good.as_bytes(),
            Ok(URL_SAFE.encode([0; 32])),
            "can't be decrypted: ARGUS_SECRET_KEY is not the key that it was written with, or the file is damaged",
        ),
        (
            &forged,
            key(),
            "can't be decrypted: ARGUS_SECRET_KEY is not the key that it was written with, or the file is damaged",
        ),
        (b"", key(), "is damaged or was not written by the gateway: it holds no Fernet token"),
        (br#"{"a": "canary"}"#, key(), "is damaged or was not written by the gateway: it holds no Fernet token"),
        (token(b"canary").as_bytes(), key(), "was decrypted, but does not hold JSON"),
        (token(b"{\"a\": \"canary\"").as_bytes(), key(), "was decrypted, but does not hold JSON"),
        (token(b"\xff\"canary\"").as_bytes(), key(), "was decrypted, but does not hold JSON"),
        (
            token(b"[\"canary\"]").as_bytes(),
            key(),
            "was decrypted, but does not hold a JSON object from names to values",
        ),
        (&vec![b'A'; (10 << 20) + 1], key(), "is larger than the limit of 10485760 bytes"),
    ] {
        let path = directory.write(content, 0o600);
        let message = open_with_key(&path, key).err().map_or_else(String::new, |error| error.0);
        if !message.ends_with(expected) || message.contains("canary") {
            differing.push(format!("found:    {message}\n  expected: {expected}"));
        }
    }
    assert!(differing.is_empty(), "{} rows differ:\n  {}", differing.len(), differing.join("\n  "));
    let message = open_file(directory.0.to_str().unwrap()).err().unwrap().0;
    assert!(message.ends_with("is a directory; it must be a file"), "{message}");
    let message = open_file("/dev/null").err().unwrap().0;
    assert_eq!(message, "the secrets file /dev/null is not a regular file");
    let message = open_file("nul\0byte").err().unwrap().0;
    assert!(message.contains("can't be read"), "{message}");
}

#[test]
fn open_of_a_file_that_others_can_read_warns() {
    let directory = Directory::new("modes");
    for (mode, expected) in [
        (0o600, None),
        (0o640, Some("its group (mode 640)")),
        (0o604, Some("everyone (mode 604)")),
        (0o644, Some("its group and everyone else (mode 644)")),
    ] {
        let path = directory.write(token(b"{}").as_bytes(), mode);
        let store = open_file(&path).unwrap();
        let expected =
            expected.map(|who| format!("the secrets file {path} can be read by {who}; run `chmod 600` on it"));
        assert_eq!(store.warnings(), expected.as_slice());
    }
}
