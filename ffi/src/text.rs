//! Text that the library returns to C.

use std::ffi::c_char;

use argus_auth_core::CText;

use crate::{boundary, handle};

/// A text that the library returns, in UTF-8.
///
/// Ownership: borrowed from the object that the accessor was called with, and valid as long as that object exists. In a
/// log callback, valid during the call. Must not be freed separately.
///
/// `data` is never NULL, and `data[len]` is `'\0'`, so `data` can be used as a C string. Names and values of headers
/// contain no other NUL. A text from a configuration may contain NUL bytes: use `len` for it. A missing text is empty.
///
/// ```c
/// argus_auth_str name = argus_auth_backend_name(backend);
/// fwrite(name.data, 1, name.len, stdout);
/// puts(name.data); // stops at an embedded NUL
/// ```
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct argus_auth_str {
    /// The first byte.
    pub data: *const c_char,
    /// The number of bytes, without the closing NUL.
    pub len: usize,
}

impl argus_auth_str {
    pub(crate) fn empty() -> Self {
        Self { data: c"".as_ptr(), len: 0 }
    }

    /// Returns a pointer to `text`. The owner of `text` must keep it as long as C may read it.
    pub(crate) fn lend(text: &CText) -> Self {
        Self { data: text.with_nul().as_ptr().cast(), len: text.as_str().len() }
    }
}

/// A text object, for a text that belongs to no other object.
///
/// Obtained from: `argus_auth_resolver_metrics`.
/// Ownership: owned by the caller, freed with `argus_auth_text_free`.
/// Threads: immutable; any number of threads may read it at the same time.
/// Functions: `argus_auth_text_get`, `argus_auth_text_free`.
///
/// ```c
/// argus_auth_text *metrics = NULL;
/// if (argus_auth_resolver_metrics(resolver, &metrics, NULL) == ARGUS_AUTH_STATUS_OK) {
///     argus_auth_str text = argus_auth_text_get(metrics);
///     fwrite(text.data, 1, text.len, stdout);
///     argus_auth_text_free(metrics);
/// }
/// ```
pub struct argus_auth_text(CText);

impl From<String> for argus_auth_text {
    fn from(text: String) -> Self {
        Self(CText::new(text))
    }
}

/// Frees a text object.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_text_free(text: Option<Box<argus_auth_text>>) {
    handle::drop_contained(text);
}

/// Returns the text, borrowed from `text`.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_text_get(text: Option<&argus_auth_text>) -> argus_auth_str {
    boundary::read(text, argus_auth_str::empty(), |text| argus_auth_str::lend(&text.0))
}
