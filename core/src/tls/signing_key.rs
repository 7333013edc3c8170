//! The private keys that sign client assertions. A key is checked when the configuration is loaded, and signs a new
//! assertion for each attempt.

use rustls::SignatureScheme;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use rustls::sign::Signer;

use crate::secret::Secret;

/// The requirement of [`SigningKey::load`] on a key; a phrase to follow the name of the configuration key.
const WANTED: &str = "must be an RSA key of 2048 to 4096 bits, or a P-256 key";

/// A key that can sign with RS256 or ES256, the two algorithms that servers commonly accept.
#[derive(Debug)]
pub(crate) struct SigningKey {
    pub signer: Box<dyn Signer>,
    pub scheme: SignatureScheme,
    /// The name of the algorithm in a JWT (RFC 7518 §3.1).
    pub algorithm: &'static str,
}

impl SigningKey {
    /// Reads a key from PEM text: PKCS#8, PKCS#1 or SEC1.
    ///
    /// # Errors
    ///
    /// A phrase that says what the text must be, without quoting it.
    pub(crate) fn load(pem: &Secret) -> Result<Self, &'static str> {
        let key = parse(pem.expose_secret().as_bytes())?;
        let key = rustls::crypto::ring::sign::any_supported_type(&key).map_err(|_| WANTED)?;
        [(SignatureScheme::RSA_PKCS1_SHA256, "RS256"), (SignatureScheme::ECDSA_NISTP256_SHA256, "ES256")]
            .into_iter()
            .find_map(|(scheme, algorithm)| {
                key.choose_scheme(&[scheme]).map(|signer| Self { signer, scheme, algorithm })
            })
            .ok_or(WANTED)
    }
}

/// Reads a private key of any type from PEM text.
///
/// # Errors
///
/// A phrase that says what the text must be, without quoting it.
pub(crate) fn parse(pem: &[u8]) -> Result<PrivateKeyDer<'static>, &'static str> {
    // There are two forms of encrypted keys. The older form begins like an unencrypted key, and has a line
    // `Proc-Type: 4,ENCRYPTED`.
    let is_encrypted = ["BEGIN ENCRYPTED PRIVATE KEY", "4,ENCRYPTED"]
        .iter()
        .any(|mark| pem.windows(mark.len()).any(|window| window == mark.as_bytes()));
    if is_encrypted {
        return Err("must not be encrypted, because nobody can enter its passphrase; `openssl pkey` decrypts it");
    }
    PrivateKeyDer::from_pem_slice(pem).map_err(|_| "must be a private key as PEM text (-----BEGIN PRIVATE KEY-----)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn load_of_text_without_a_key_fails_without_a_quote() {
        for text in ["hunter2", "", "-----BEGIN PRIVATE KEY-----\naHVudGVyMg==\n-----END PRIVATE KEY-----\n"] {
            let message = SigningKey::load(&Secret::new(text)).unwrap_err();
            assert!(message.starts_with("must be") && !message.contains("hunter2"), "{message}");
        }
    }

    #[test]
    fn load_of_an_encrypted_key_says_that_it_is_encrypted() {
        for text in [
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\naHVudGVyMg==\n-----END ENCRYPTED PRIVATE KEY-----\n",
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,0A\n\naHVudGVyMg==\n\
             -----END RSA PRIVATE KEY-----\n",
        ] {
            let message = SigningKey::load(&Secret::new(text)).unwrap_err();
            assert!(message.starts_with("must not be encrypted"), "{message}");
        }
    }
}
