//! The headers of one request.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::sync::Arc;

use argus_auth_core::{Headers, Secret};

use crate::text::argus_auth_str;
use crate::{boundary, handle};

/// The headers that a request to a backend must carry: in order, no two of the same name whatever their case. Every
/// value counts as secret; it is overwritten when the last reference is freed and the library no longer serves it.
/// Independent of the resolver, which may be freed before.
///
/// Reference-counted: every reference returned is freed once, with `argus_auth_headers_free`. Immutable: any number of
/// threads may read it at once.
// Transparent in a form that cbindgen does not see: it would show C what is inside.
#[cfg_attr(true, repr(transparent))]
pub struct argus_auth_headers(Headers);

impl argus_auth_headers {
    /// The core's own object, as C sees it.
    pub(crate) fn of(headers: Arc<Headers>) -> Arc<Self> {
        // SAFETY: the pointer is that of an `Arc<Headers>`, given up here; `Self` is the same in memory, being
        // `repr(transparent)`, and adds no promise that `Headers` does not keep.
        unsafe { Arc::from_raw(Arc::into_raw(headers).cast()) }
    }
}

/// Returns one more reference, owned by the caller, to the same headers. NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn argus_auth_headers_clone(headers: *const argus_auth_headers) -> *mut argus_auth_headers {
    // SAFETY: the caller's pointer is NULL or to a reference that it holds.
    unsafe { handle::share(headers) }
}

/// Frees one reference. Nothing for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn argus_auth_headers_free(headers: *mut argus_auth_headers) {
    // SAFETY: the caller's pointer is NULL or to a reference of its own, which it gives up.
    unsafe { handle::release(headers) }
}

/// How many headers there are; there may be none. 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_headers_count(headers: Option<&argus_auth_headers>) -> usize {
    boundary::read(headers, 0, |headers| headers.0.len())
}

/// Returns the name of the header at `index`, borrowed from `headers`; empty if there is none, and for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_headers_name(headers: Option<&argus_auth_headers>, index: usize) -> argus_auth_str {
    let field = boundary::read(headers, None, |headers| headers.0.c_field(index));
    field.map_or(argus_auth_str::empty(), |(name, _)| argus_auth_str::lend(name))
}

/// Returns the value of the header at `index`, a secret borrowed from `headers`; empty if there is none, and for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_headers_value(headers: Option<&argus_auth_headers>, index: usize) -> argus_auth_str {
    let field = boundary::read(headers, None, |headers| headers.0.c_field(index));
    field.map_or(argus_auth_str::empty(), |(_, value)| argus_auth_str::lend(value.expose_c_text()))
}

/// Looks for the header called `name` (`name_len` bytes, borrowed during the call), whatever its case.
///
/// Returns whether it is there. `*value`, unless `value` is NULL, becomes its value, a secret borrowed from `headers`;
/// empty when it is not there. False for a NULL `headers` or `name`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn argus_auth_headers_find(
    headers: Option<&argus_auth_headers>,
    name: *const c_char,
    name_len: usize,
    value: Option<&mut MaybeUninit<argus_auth_str>>,
) -> bool {
    let found = boundary::read(headers, None, |headers| {
        // SAFETY: the caller's `name` is NULL or to `name_len` bytes.
        let name = unsafe { boundary::text(name, name_len, "name") }.ok()?;
        headers.0.get(name).map(Secret::expose_c_text).map(argus_auth_str::lend)
    });
    if let Some(value) = value {
        value.write(found.unwrap_or(argus_auth_str::empty()));
    }
    found.is_some()
}
