//! Text that must not be seen: redacted wherever it could be printed, wiped when it is dropped.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::c_text::CText;

/// A secret: a client secret, a token, a header value.
///
/// Clones share one allocation. So a secret exists once in memory, however many places hold it, and that one copy is
/// overwritten when the last of them is dropped. Copies made by others (an HTTP client's buffers, a caller's string) are
/// beyond its reach.
///
/// Two secrets are equal when their texts are equal. The comparison takes a time that depends on the texts: it is meant
/// for configuration, never for checking a credential that a stranger sent.
///
/// ```
/// use argus_auth_core::Secret;
///
/// let secret = Secret::new("hunter2");
/// assert_eq!(format!("{secret:?}"), "[redacted]");
/// assert_eq!(secret.expose_secret(), "hunter2");
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Secret(Arc<CText>);

impl Secret {
    /// Takes over the buffer of `text`, and copies the text only if that buffer is full.
    pub fn new(text: impl Into<String>) -> Self {
        Zeroizing::new(text.into()).into()
    }

    /// Returns the text. The name is long, to stand out in a review.
    pub fn expose_secret(&self) -> &str {
        self.0.as_str()
    }

    /// Returns the text with a NUL byte behind it, for C.
    pub fn expose_c_text(&self) -> &CText {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl From<Zeroizing<String>> for Secret {
    fn from(text: Zeroizing<String>) -> Self {
        Self(Arc::new(text.into()))
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
}
