//! Client assertions (RFC 7523) for `private_key_jwt`, signed with RS256 or ES256 (RFC 7518 §3.3, §3.4).

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls::SignatureScheme;
use serde_json::json;

use crate::config::PrivateKeyJwt;
use crate::secret::Secret;
use crate::tls::SigningKey;

/// The time until an assertion expires. An assertion is sent at once, so a minute only has to cover the difference
/// between the clocks of this machine and the server.
const LIFETIME_SECONDS: u64 = 60;

/// The value of `client_assertion_type` (RFC 7523 §2.2).
pub(super) const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Returns a new assertion (RFC 7523 §3), with a new random `jti`.
///
/// # Errors
///
/// The reason in words, without the key.
pub(super) fn sign(method: &PrivateKeyJwt, client_id: &str, token_url: &str) -> Result<Secret, &'static str> {
    let SigningKey { signer, scheme, algorithm } = SigningKey::load(&method.private_key)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|_| "the wall clock is before 1970")?.as_secs();
    let mut jti = [0; 16];
    getrandom::fill(&mut jti).map_err(|_| "the operating system gives no randomness")?;
    let mut header = json!({"alg": algorithm, "typ": "JWT"});
    if let Some(key_id) = &method.key_id {
        header["kid"] = json!(key_id);
    }
    let claims = json!({
        "iss": client_id,
        "sub": client_id,
        "aud": method.audience.as_deref().unwrap_or(token_url),
        "jti": URL_SAFE_NO_PAD.encode(jti),
        "iat": now,
        "exp": now + LIFETIME_SECONDS,
    });
    let encode = |json: &serde_json::Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let message = format!("{}.{}", encode(&header), encode(&claims));
    let signature = signer.sign(message.as_bytes()).map_err(|_| "the key can't sign")?;
    let signature = match scheme {
        SignatureScheme::ECDSA_NISTP256_SHA256 => fixed_width(&signature).ok_or("the signature is malformed")?.to_vec(),
        _ => signature,
    };
    Ok(Secret::new(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))))
}

/// Converts an ECDSA signature from the DER sequence that TLS uses to the form that JWS uses (RFC 7518 §3.4), which is
/// r and s in 32 bytes each. Returns `None` if the sequence is malformed.
fn fixed_width(der: &[u8]) -> Option<[u8; 64]> {
    let [0x30, length, integers @ ..] = der else { return None };
    if usize::from(*length) != integers.len() {
        return None;
    }
    let mut fixed = [0; 64];
    let rest = integer(integers, fixed.first_chunk_mut()?)?;
    let rest = integer(rest, fixed.last_chunk_mut()?)?;
    rest.is_empty().then_some(fixed)
}

/// Reads a DER integer into `fixed`, right-aligned. Returns the bytes that follow it.
fn integer<'a>(der: &'a [u8], fixed: &mut [u8; 32]) -> Option<&'a [u8]> {
    let [0x02, length, rest @ ..] = der else { return None };
    let (digits, rest) = rest.split_at_checked(usize::from(*length))?;
    // DER puts a zero before a number that would look negative without it.
    let digits = digits.strip_prefix(&[0]).unwrap_or(digits);
    let start = fixed.len().checked_sub(digits.len())?;
    fixed[start..].copy_from_slice(digits);
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_width_pads_short_numbers_and_rejects_malformed_der() {
        let fixed = fixed_width(&[0x30, 0x08, 0x02, 0x02, 0x00, 0x81, 0x02, 0x02, 0x12, 0x34]).unwrap();
        assert_eq!((fixed[31], &fixed[62..]), (0x81, &[0x12, 0x34][..]));
        assert!(fixed.iter().filter(|byte| **byte != 0).count() == 3);
        for malformed in [&[][..], &[0x30, 0x01], &[0x30, 0x02, 0x02, 0x01], &[0x31, 0x00]] {
            assert!(fixed_width(malformed).is_none(), "{malformed:?}");
        }
    }
}
