//! Text that must not be seen: redacted wherever it could be printed, wiped when it is dropped.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use zeroize::Zeroizing;

/// A secret: a client secret, a token, a header value.
///
/// Clones share one allocation, so a secret exists once in memory however many places hold it, and that one copy is
/// overwritten when the last of them is dropped. What a secret is copied into afterwards (an HTTP client's buffers,
/// a caller's string) is beyond its reach.
///
/// Two secrets are equal when their text is; the comparison is not constant-time and is meant for configuration,
/// never for checking what a stranger sent.
#[derive(Clone)]
pub struct Secret(Arc<Zeroizing<String>>); // the text and a closing zero, which C wants

impl Secret {
    /// Takes `text` over, and copies it only if its buffer is full.
    pub fn new(text: impl Into<String>) -> Self {
        Zeroizing::new(text.into()).into()
    }

    /// The text itself. The name is long enough to stand out in a review.
    pub fn expose_secret(&self) -> &str {
        self.0.strip_suffix('\0').unwrap_or(&self.0)
    }

    /// The text with a zero after it, for C.
    pub fn expose_secret_with_nul(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose_secret() == other.expose_secret()
    }
}

impl Eq for Secret {}

impl Hash for Secret {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.expose_secret().hash(state);
    }
}

impl From<Zeroizing<String>> for Secret {
    fn from(mut text: Zeroizing<String>) -> Self {
        if text.len() == text.capacity() {
            // Growing in place could leave a copy behind that nobody overwrites; what is replaced here is.
            let mut roomier = Zeroizing::new(String::with_capacity(text.len() + 1));
            roomier.push_str(&text);
            text = roomier;
        }
        text.push('\0');
        Self(Arc::new(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_never_shows_the_text() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret:?} {secret:#?}"), "[redacted] [redacted]");
    }

    #[test]
    fn a_zero_follows_the_text() {
        let mut with_room = String::with_capacity(64);
        with_room.push_str("hunter2");
        let buffer = with_room.as_ptr();
        let secret = Secret::new(with_room);
        assert_eq!(secret.expose_secret().as_ptr(), buffer, "taken over, not copied");
        for secret in [secret, Secret::new("hunter2"), Secret::from(Zeroizing::new("hunter2".to_owned()))] {
            assert_eq!(secret.expose_secret(), "hunter2");
            assert_eq!(secret.expose_secret_with_nul(), "hunter2\0");
        }
        for text in ["", "\0", "a\0"] {
            assert_eq!(Secret::new(text).expose_secret(), text);
            assert_eq!(Secret::new(text).expose_secret_with_nul(), format!("{text}\0"));
        }
    }
}
