//! The headers that a request to a backend must carry.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::sync::Arc;

use argus_auth_core::{Headers, Secret};

use crate::text::argus_auth_str;
use crate::{boundary, handle};

/// The headers that a request to a backend must carry: an ordered list of name and value. No two names are equal when
/// case is ignored.
///
/// Obtained from: `argus_auth_resolver_headers`, `argus_auth_resolver_try_headers`, `argus_auth_headers_clone`.
/// Ownership: reference-counted; each returned reference is owned by the caller and freed with
/// `argus_auth_headers_free`. The resolver may be freed first.
/// Threads: immutable; any number of threads may read it at the same time.
/// Functions: `argus_auth_headers_count`, `argus_auth_headers_name`, `argus_auth_headers_value`,
/// `argus_auth_headers_find`, `argus_auth_headers_clone`, `argus_auth_headers_free`.
///
/// Every value counts as a secret. The host's headers and the library's own cache refer to the values. When the last
/// reference to a value is gone, the library overwrites the memory of the value.
///
/// ```c
/// for (size_t i = 0; i < argus_auth_headers_count(headers); i++) {
///     argus_auth_str name = argus_auth_headers_name(headers, i), value = argus_auth_headers_value(headers, i);
///     printf("%s: %zu bytes\n", name.data, value.len);
/// }
/// ```
// `argus_auth_headers::of` needs `repr(transparent)`. If cbindgen sees that attribute, it shows the inner type in the C
// header instead of an opaque struct, and no annotation of cbindgen prevents this. `cfg_attr` hides the attribute from
// cbindgen.
#[cfg_attr(true, repr(transparent))]
pub struct argus_auth_headers(Headers);

impl argus_auth_headers {
    /// Returns the core's object as the type that C knows, without a copy.
    pub(crate) fn of(headers: Arc<Headers>) -> Arc<Self> {
        // SAFETY: `Arc::from_raw` accepts the pointer of an `Arc` of another type if that type has the same size and
        // alignment and its value is a valid `Self`. All of this holds, because `Self` is a `repr(transparent)` wrapper
        // of `Headers` without an invariant of its own. `into_raw` gave the reference up, so it is not counted twice.
        unsafe { Arc::from_raw(Arc::into_raw(headers).cast()) }
    }
}

/// Returns one more reference to the same headers, owned by the caller.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn argus_auth_headers_clone(headers: *const argus_auth_headers) -> *mut argus_auth_headers {
    // SAFETY: C's pointer is NULL or a reference that C holds. C gets references only from `handle::give` and `share`.
    unsafe { handle::share(headers) }
}

/// Frees one reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn argus_auth_headers_free(headers: *mut argus_auth_headers) {
    // SAFETY: C's pointer is NULL or a reference that C owns and gives up. C gets references only from `handle::give`
    // and `share`.
    unsafe { handle::release(headers) }
}

/// Returns the number of headers, which may be 0.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_headers_count(headers: Option<&argus_auth_headers>) -> usize {
    boundary::read(headers, 0, |headers| headers.0.len())
}

/// Returns the name of the header at `index`; empty if `index` is out of range. The name is borrowed from `headers`.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_headers_name(headers: Option<&argus_auth_headers>, index: usize) -> argus_auth_str {
    let field = boundary::read(headers, None, |headers| headers.0.c_field(index));
    field.map_or(argus_auth_str::empty(), |(name, _)| argus_auth_str::lend(name))
}

/// Returns the value of the header at `index`; empty if `index` is out of range. The value is a secret, and is borrowed
/// from `headers`.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_headers_value(headers: Option<&argus_auth_headers>, index: usize) -> argus_auth_str {
    let field = boundary::read(headers, None, |headers| headers.0.c_field(index));
    field.map_or(argus_auth_str::empty(), |(_, value)| argus_auth_str::lend(value.expose_c_text()))
}

/// Finds the header called `name` (`name_len` bytes), ignoring case, and returns whether it exists.
///
/// `value` may be NULL. Otherwise `*value` becomes the value of the header, or an empty text if there is no such
/// header. The value is a secret, and is borrowed from `headers`. `name` may be NULL. If `name` is NULL or not UTF-8,
/// there is no such header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn argus_auth_headers_find(
    headers: Option<&argus_auth_headers>,
    name: *const c_char,
    name_len: usize,
    value: Option<&mut MaybeUninit<argus_auth_str>>,
) -> bool {
    let found = boundary::read(headers, None, |headers| {
        // SAFETY: C's `name` is NULL or points to `name_len` bytes, which do not change during the call.
        let name = unsafe { boundary::text(name, name_len, "name") }.ok()?;
        headers.0.get(name).map(Secret::expose_c_text).map(argus_auth_str::lend)
    });
    if let Some(value) = value {
        value.write(found.unwrap_or(argus_auth_str::empty()));
    }
    found.is_some()
}
