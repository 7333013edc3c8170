//! Text that goes out to C.

use std::ffi::c_char;

use zeroize::Zeroizing;

use crate::boundary;
use crate::handle;

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

    /// Of text that ends in a zero.
    pub(crate) fn with_nul(text: &str) -> Self {
        debug_assert!(text.ends_with('\0'));
        Self { data: text.as_ptr().cast(), len: text.len() - 1 }
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
}

/// Text with an owner: the caller that it was returned to, who frees it with `argus_auth_text_free`.
///
/// Immutable: any number of threads may read it at once.
pub struct argus_auth_text {
    text: Text,
}

impl From<String> for argus_auth_text {
    fn from(text: String) -> Self {
        Self { text: Text::new(&text) }
    }
}

/// Frees a text. Nothing for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn argus_auth_text_free(text: *mut argus_auth_text) {
    // SAFETY: the caller's pointer is NULL or to a text of its own, which it gives up.
    unsafe { handle::release_whole(text) }
}

/// What it says, borrowed from `text`. Empty for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn argus_auth_text_get(text: *const argus_auth_text) -> argus_auth_str {
    // SAFETY: the caller's pointer is NULL or to a live text.
    unsafe { boundary::read(text, argus_auth_str::empty(), |text| text.text.lend()) }
}
