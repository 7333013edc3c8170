//! The private keys that client assertions are signed with: read when a configuration is, used when a token is fetched.

use rustls::SignatureScheme;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use rustls::sign::Signer;

use crate::secret::Secret;

/// What [`SigningKey::load`] wants.
const WANTED: &str = "must be an RSA key of 2048 bits or more, or a P-256 key";

/// A key that can sign with an algorithm that every server knows.
#[derive(Debug)]
pub(crate) struct SigningKey {
    pub(crate) signer: Box<dyn Signer>,
    pub(crate) scheme: SignatureScheme,
    /// The name of RFC 7518 §3.1.
    pub(crate) algorithm: &'static str,
}

impl SigningKey {
    /// Reads a key from PEM text: PKCS#8, PKCS#1 or SEC1.
    ///
    /// # Errors
    ///
    /// What would be right, in words.
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

/// Any private key in PEM form.
///
/// # Errors
///
/// What would be right, in words.
pub(crate) fn parse(pem: &[u8]) -> Result<PrivateKeyDer<'static>, &'static str> {
    // The older of the two forms says so behind `Proc-Type:`, within what otherwise looks like a key in clear.
    let is_encrypted = ["BEGIN ENCRYPTED PRIVATE KEY", "4,ENCRYPTED"]
        .iter()
        .any(|mark| pem.windows(mark.len()).any(|window| window == mark.as_bytes()));
    if is_encrypted {
        return Err("must not be encrypted, as nobody is there to give its passphrase; `openssl pkey` decrypts it");
    }
    PrivateKeyDer::from_pem_slice(pem).map_err(|_| "must be a private key as PEM text (-----BEGIN PRIVATE KEY-----)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_key_is_refused_without_being_quoted() {
        for text in ["hunter2", "", "-----BEGIN PRIVATE KEY-----\naHVudGVyMg==\n-----END PRIVATE KEY-----\n"] {
            let refusal = SigningKey::load(&Secret::new(text)).unwrap_err();
            assert!(refusal.starts_with("must be") && !refusal.contains("hunter2"), "{refusal}");
        }
    }

    #[test]
    fn an_encrypted_key_is_called_one() {
        for text in [
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\naHVudGVyMg==\n-----END ENCRYPTED PRIVATE KEY-----\n",
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,0A\n\naHVudGVyMg==\n\
             -----END RSA PRIVATE KEY-----\n",
        ] {
            let refusal = SigningKey::load(&Secret::new(text)).unwrap_err();
            assert!(refusal.starts_with("must not be encrypted"), "{refusal}");
        }
    }
}
