//! Text that goes out to C.

use std::ffi::c_char;

use zeroize::Zeroizing;

/// Text that the library hands out: UTF-8, borrowed from the object that it was asked of and valid as long as that is.
/// Both `data[len] == '\0'` and the length may be relied on; a zero inside the text, which only a configuration could
/// have put there, ends it early for who looks at the zero alone. `data` is never NULL; no text is the empty text.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct argus_auth_str {
    /// The first byte.
    pub data: *const c_char,
    /// How many bytes, without the closing zero.
    pub len: usize,
}

impl argus_auth_str {
    pub(crate) fn empty() -> Self {
        Self { data: c"".as_ptr(), len: 0 }
    }
}

/// What an [`argus_auth_str`] points to: text with a closing zero, wiped on drop since it may be a secret.
pub(crate) struct Text(Zeroizing<Vec<u8>>);

impl Text {
    pub(crate) fn new(text: &str) -> Self {
        // Room for all of it at once, so that no copy is left behind by a growing buffer.
        let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() + 1));
        bytes.extend_from_slice(text.as_bytes());
        bytes.push(0);
        Self(bytes)
    }

    pub(crate) fn lend(&self) -> argus_auth_str {
        argus_auth_str { data: self.0.as_ptr().cast(), len: self.0.len() - 1 }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.split_last().map_or(&[], |(_, text)| text)
    }
}
