//! Text that goes out to C.

use std::ffi::c_char;

use argus_auth_core::CText;

use crate::{boundary, handle};

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

    /// Lends a text, which its owner must keep as long as C may look at it.
    pub(crate) fn lend(text: &CText) -> Self {
        Self { data: text.with_nul().as_ptr().cast(), len: text.as_str().len() }
    }
}

/// Text with an owner: the caller that it was returned to, who frees it with `argus_auth_text_free`.
///
/// Immutable: any number of threads may read it at once.
pub struct argus_auth_text(CText);

impl From<String> for argus_auth_text {
    fn from(text: String) -> Self {
        Self(CText::new(text))
    }
}

/// Frees a text. Nothing for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_text_free(text: Option<Box<argus_auth_text>>) {
    handle::drop_contained(text);
}

/// What it says, borrowed from `text`. Empty for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_text_get(text: Option<&argus_auth_text>) -> argus_auth_str {
    boundary::read(text, argus_auth_str::empty(), |text| argus_auth_str::lend(&text.0))
}
