//! Text that ends with a NUL byte, so that C can read it in place.

use std::fmt;
use std::hash::{Hash, Hasher};

use zeroize::Zeroizing;

/// Text followed by one NUL byte, which is not part of the text. Wiped when it is dropped, since it may be a secret.
///
/// The core keeps header names and secrets in this form, so that the C library can return pointers to them instead of
/// copies. `Debug` shows no text. The text itself may contain NUL bytes too.
///
/// ```
/// use argus_auth_core::CText;
///
/// let text = CText::new("Authorization");
/// assert_eq!(text.as_str(), "Authorization");
/// assert_eq!(text.with_nul(), "Authorization\0");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct CText(Zeroizing<String>);

impl CText {
    /// Takes over the buffer of a `String`. The text is copied only if the buffer has no room for the NUL byte.
    pub fn new(text: impl Into<String>) -> Self {
        Zeroizing::new(text.into()).into()
    }

    /// Returns the text without the NUL byte.
    #[inline]
    pub fn as_str(&self) -> &str {
        self.0.strip_suffix('\0').unwrap_or(&self.0)
    }

    /// Returns the text with the NUL byte at its end.
    #[inline]
    pub fn with_nul(&self) -> &str {
        &self.0
    }
}

impl From<Zeroizing<String>> for CText {
    fn from(mut text: Zeroizing<String>) -> Self {
        if text.len() == text.capacity() {
            // A buffer that grows by itself could leave an unwiped copy behind. Here the old buffer is wiped on drop.
            let mut larger = Zeroizing::new(String::with_capacity(text.len() + 1));
            larger.push_str(&text);
            text = larger;
        }
        text.push('\0');
        Self(text)
    }
}

impl Hash for CText {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.with_nul().hash(state);
    }
}

impl fmt::Debug for CText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_with_room_takes_the_buffer_over() {
        let mut with_room = String::with_capacity(64);
        with_room.push_str("hunter2");
        let buffer = with_room.as_ptr();
        let text = CText::new(with_room);
        assert_eq!(text.as_str().as_ptr(), buffer);
        assert_eq!(text.with_nul(), "hunter2\0");
    }

    #[test]
    fn text_that_ends_in_nul_keeps_it() {
        for text in ["", "\0", "a\0", "hunter2"] {
            assert_eq!(CText::new(text).as_str(), text);
            assert_eq!(CText::new(text).with_nul(), format!("{text}\0"));
        }
    }

    #[test]
    fn debug_never_shows_the_text() {
        assert_eq!(format!("{:?}", CText::new("hunter2")), "[redacted]");
    }
}
