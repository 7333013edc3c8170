//! Fernet: authenticated encryption of one message under one key. In this file, a token is such an encrypted message,
//! not an access token.
//!
//! A token, in URL-safe base64, consists of the version byte 0x80, the time of encryption (8 bytes), the initialization
//! vector of AES-CBC (16 bytes), the encrypted message, and the HMAC-SHA256 of all bytes before it (32 bytes). A key
//! consists of 16 bytes for the HMAC and 16 for AES. Only decryption is needed here. As in the gateway, the age of a
//! token is not limited.

use aes::Aes128;
use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockModeDecrypt, KeyIvInit};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use zeroize::Zeroizing;

/// The reason why a token can't be decrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DecryptError {
    /// The text does not have the form of a token.
    Malformed,
    /// The token was made with another key, or changed afterwards.
    Forged,
}

/// A key: the half that signs, then the half that encrypts.
pub(super) struct FernetKey(Zeroizing<[u8; 32]>);

impl FernetKey {
    /// Parses a key; ignores the whitespace around it. Returns `None` if the key is not 32 bytes in URL-safe base64.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut key = Zeroizing::new([0; 32]);
        // The decoder requires a buffer for whole groups of 3 bytes, which is one byte more than the key has.
        let mut buffer = Zeroizing::new([0; 33]);
        let length = URL_SAFE.decode_slice(text.trim(), buffer.as_mut()).ok()?;
        key.copy_from_slice(buffer.get(..length).filter(|decoded| decoded.len() == 32)?);
        Some(Self(key))
    }

    /// Returns the message in `token`; ignores the whitespace around the token. Verifies the HMAC before it decrypts.
    pub(super) fn decrypt(&self, token: &[u8]) -> Result<Zeroizing<Vec<u8>>, DecryptError> {
        const SIGNATURE: usize = 32;
        const HEAD: usize = 1 + 8 + 16;
        let mut token = Zeroizing::new(URL_SAFE.decode(token.trim_ascii()).map_err(|_| DecryptError::Malformed)?);
        let message = token.len().checked_sub(SIGNATURE).ok_or(DecryptError::Malformed)?;
        if message <= HEAD || token[0] != 0x80 || !(message - HEAD).is_multiple_of(16) {
            return Err(DecryptError::Malformed);
        }
        let (signing_key, encryption_key) = self.0.split_at(16);
        let hmac = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, signing_key);
        let (message, signature) = token.split_at_mut(message);
        ring::hmac::verify(&hmac, message, signature).map_err(|_| DecryptError::Forged)?;
        let (head, body) = message.split_at_mut(HEAD);
        let plain = cbc::Decryptor::<Aes128>::new_from_slices(encryption_key, &head[9..])
            .map_err(|_| DecryptError::Malformed)?
            .decrypt_padded::<Pkcs7>(body)
            .map_err(|_| DecryptError::Malformed)?;
        Ok(Zeroizing::new(plain.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example in the Fernet specification.
    const KEY: &str = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";
    const TOKEN: &str =
        "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==";

    #[test]
    fn decrypt_of_the_specifications_example_gives_its_message() {
        let key = FernetKey::parse(&format!("  {KEY}\n")).unwrap();
        assert_eq!(key.decrypt(TOKEN.as_bytes()).unwrap().as_slice(), b"hello");
        assert_eq!(key.decrypt(format!("{TOKEN}\n").as_bytes()).unwrap().as_slice(), b"hello");
    }

    #[test]
    fn parse_of_an_invalid_key_is_none() {
        for text in ["", "x", "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4Q==", &format!("{KEY}AAAA"), "é"] {
            assert!(FernetKey::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn decrypt_of_a_changed_or_shortened_token_is_an_error() {
        let key = FernetKey::parse(KEY).unwrap();
        let token = URL_SAFE.decode(TOKEN).unwrap();
        for index in 0..token.len() {
            let mut changed = token.clone();
            changed[index] ^= 1;
            assert!(key.decrypt(URL_SAFE.encode(changed).as_bytes()).is_err(), "byte {index}");
            assert!(key.decrypt(URL_SAFE.encode(&token[..index]).as_bytes()).is_err(), "length {index}");
        }
    }

    #[test]
    fn decrypt_distinguishes_a_wrong_key_from_a_malformed_token() {
        let key = FernetKey::parse("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap();
        assert_eq!(key.decrypt(TOKEN.as_bytes()).unwrap_err(), DecryptError::Forged);
        assert_eq!(key.decrypt(b"{}").unwrap_err(), DecryptError::Malformed);
        assert_eq!(key.decrypt(b"").unwrap_err(), DecryptError::Malformed);
    }
}
