//! Secret text: redacted in `Debug` output, wiped from memory when it is dropped.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::c_text::CText;

/// A secret: a client secret, a token, a header value.
///
/// Clones share one allocation. So a secret exists once in memory, for any number of clones. That memory is overwritten
/// when the last clone is dropped. Copies made elsewhere, such as in the buffers of an HTTP client, are not
/// overwritten.
///
/// Two secrets are equal if their texts are equal. The comparison is not constant-time: it is meant for configuration,
/// never for checking a credential that someone else sent.
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
    /// Takes over the buffer of a `String`. The text is copied only if the buffer has no room for the NUL byte.
    pub fn new(text: impl Into<String>) -> Self {
        Zeroizing::new(text.into()).into()
    }

    /// Returns the text. The long name makes each use stand out in a review.
    pub fn expose_secret(&self) -> &str {
        self.0.as_str()
    }

    /// Returns the text with a NUL byte at its end, for C.
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
