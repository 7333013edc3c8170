//! A loaded configuration, and the headers of its backends.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::path::Path;
use std::ptr::NonNull;
use std::sync::Arc;
use std::time::Duration;

use argus_auth_core::{LoadOptions, Resolver};

use crate::backend::argus_auth_backend;
use crate::boundary::{self, required};
use crate::call::call;
use crate::error::argus_auth_error;
use crate::failure::Failure;
use crate::handle::{self, Out};
use crate::headers::argus_auth_headers;
use crate::load::{self, argus_auth_load_options};
use crate::log;
use crate::problem::argus_auth_problem;
use crate::status::argus_auth_status;
use crate::text::argus_auth_text;
use crate::token_status::argus_auth_token_status;

/// The remote backends of one configuration, and the headers that a request to each must carry.
///
/// Reference-counted: every reference returned is freed once, with `argus_auth_resolver_free`. Any number of threads
/// may use one reference at once, in a child of `fork` too. Resolvers whose backends have the same credentials share
/// their tokens.
pub struct argus_auth_resolver {
    resolver: Resolver,
    backends: Vec<argus_auth_backend>,
    warnings: Vec<argus_auth_problem>,
}

impl From<Resolver> for argus_auth_resolver {
    fn from(resolver: Resolver) -> Self {
        let (backends, warnings) = resolver.listing();
        let backends = backends.iter().map(|backend| backend.as_ref().into()).collect();
        let warnings = warnings.iter().map(Into::into).collect();
        Self { resolver, backends, warnings }
    }
}

/// Loads the configuration file at `path` (`path_len` bytes of UTF-8, borrowed during the call). Does no I/O but
/// reading that file; blocks while it is read.
///
/// `options` is borrowed during the call; NULL means the defaults. `*out` becomes a reference owned by the caller; NULL
/// on failure.
///
/// Failures: `ARGUS_AUTH_STATUS_CONFIG`, with every problem of the file in the error object, also when it can't be
/// read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn argus_auth_resolver_from_file(
    path: *const c_char,
    path_len: usize,
    options: *const argus_auth_load_options,
    out: Option<&mut MaybeUninit<Option<NonNull<argus_auth_resolver>>>>,
    error: Option<&mut MaybeUninit<Option<Box<argus_auth_error>>>>,
) -> argus_auth_status {
    let read = |options: &LoadOptions| {
        // SAFETY: the caller's `path` is NULL or to `path_len` bytes.
        let path = unsafe { boundary::text(path, path_len, "path") }?;
        Ok(Resolver::from_file(Path::new(path), options)?)
    };
    // SAFETY: the caller's `options` is NULL or to the bytes that its `size` promises.
    unsafe { load(options, out, error, read) }
}

/// Reads a configuration from `text` (`text_len` bytes of YAML in UTF-8, borrowed during the call). Does no I/O.
///
/// `options` is borrowed during the call; NULL means the defaults. `*out` becomes a reference owned by the caller; NULL
/// on failure.
///
/// Failures: `ARGUS_AUTH_STATUS_CONFIG`, with every problem of the text in the error object, also when it is not UTF-8.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn argus_auth_resolver_from_text(
    text: *const c_char,
    text_len: usize,
    options: *const argus_auth_load_options,
    out: Option<&mut MaybeUninit<Option<NonNull<argus_auth_resolver>>>>,
    error: Option<&mut MaybeUninit<Option<Box<argus_auth_error>>>>,
) -> argus_auth_status {
    let read = |options: &LoadOptions| {
        // SAFETY: the caller's `text` is NULL or to `text_len` bytes.
        let text = unsafe { boundary::bytes(text, text_len, "text") }?;
        Ok(Resolver::from_text(text, options)?)
    };
    // SAFETY: the caller's `options` is NULL or to the bytes that its `size` promises.
    unsafe { load(options, out, error, read) }
}

/// # Safety
///
/// `options` is NULL, or the bytes that its `size` promises may be read and do not change meanwhile.
unsafe fn load(
    options: *const argus_auth_load_options,
    out: Option<&mut MaybeUninit<Option<NonNull<argus_auth_resolver>>>>,
    error: Option<&mut MaybeUninit<Option<Box<argus_auth_error>>>>,
    read: impl FnOnce(&LoadOptions) -> Result<Resolver, Failure>,
) -> argus_auth_status {
    let out = Out::new(out);
    call(error, || {
        out.check("out")?;
        // SAFETY: the caller makes the same promise.
        let options = unsafe { load::options(options) }?;
        let resolver = read(&options)?;
        out.put(|| handle::give(Arc::new(resolver.into())));
        Ok(argus_auth_status::Ok)
    })
}

/// Returns one more reference, owned by the caller, to the same resolver. NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn argus_auth_resolver_clone(resolver: *const argus_auth_resolver) -> *mut argus_auth_resolver {
    // SAFETY: the caller's pointer is NULL or to a reference that it holds.
    unsafe { handle::share(resolver) }
}

/// Frees one reference. Nothing for NULL. Headers that the resolver gave out stay valid; a fetch under way goes on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn argus_auth_resolver_free(resolver: *mut argus_auth_resolver) {
    // SAFETY: the caller's pointer is NULL or to a reference of its own, which it gives up.
    unsafe { handle::release(resolver) }
}

/// Reads the file of `resolver` again, its variables and secrets too. Does no I/O but reading that file; blocks while
/// it is read.
///
/// From then on all references, older ones too, serve what the file says now. A backend whose configuration did not
/// change keeps its token; another starts anew, its cool-down over. Callers that wait are not disturbed, and headers
/// that were given out stay valid. A path that was relative is looked up from the directory of this moment; a resolver
/// made from text has nothing to read and stays as it is.
///
/// What older references list as backends and warnings does not change, so that what was borrowed from them stays
/// valid. `*out`, unless `out` is NULL, becomes a reference that lists what is in force now, owned by the caller; NULL
/// on failure.
///
/// Failures: `ARGUS_AUTH_STATUS_CONFIG`, with every problem of the file in the error object, also when it can't be
/// read; the configuration in force stays in force.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_resolver_reload(
    resolver: Option<&argus_auth_resolver>,
    out: Option<&mut MaybeUninit<Option<NonNull<argus_auth_resolver>>>>,
    error: Option<&mut MaybeUninit<Option<Box<argus_auth_error>>>>,
) -> argus_auth_status {
    let out = Out::new(out);
    call(error, || {
        let resolver = &required(resolver, "resolver")?.resolver;
        resolver.reload()?;
        out.put(|| handle::give(Arc::new(resolver.clone().into())));
        Ok(argus_auth_status::Ok)
    })
}

/// How many remote backends there are. 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_resolver_backend_count(resolver: Option<&argus_auth_resolver>) -> usize {
    boundary::read(resolver, 0, |resolver| resolver.backends.len())
}

/// Returns the remote backend at `index`, in file order, borrowed from `resolver`; NULL when there is none, and for
/// NULL.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_resolver_backend(
    resolver: Option<&argus_auth_resolver>,
    index: usize,
) -> Option<&argus_auth_backend> {
    boundary::read(resolver, None, |resolver| resolver.backends.get(index))
}

/// How many warnings the configuration was loaded with. 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_resolver_warning_count(resolver: Option<&argus_auth_resolver>) -> usize {
    boundary::read(resolver, 0, |resolver| resolver.warnings.len())
}

/// Returns the warning at `index`, in file order, borrowed from `resolver`; NULL when there is none, and for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_resolver_warning(
    resolver: Option<&argus_auth_resolver>,
    index: usize,
) -> Option<&argus_auth_problem> {
    boundary::read(resolver, None, |resolver| resolver.warnings.get(index))
}

/// The headers that a request to `backend` (`backend_len` bytes of UTF-8, borrowed during the call) must carry. Blocks
/// while a token is fetched, for at most `timeout_ms` milliseconds; the fetch is shared with all other callers, and
/// goes on and is cached when this one stops waiting. Returns at once when a token is cached or none is needed.
///
/// `*out` becomes a reference owned by the caller; NULL on failure.
///
/// Failures: `ARGUS_AUTH_STATUS_UNKNOWN_BACKEND`; `ARGUS_AUTH_STATUS_UNSUPPORTED`; `ARGUS_AUTH_STATUS_DEADLINE`;
/// `ARGUS_AUTH_STATUS_SHUTDOWN`; and, for a backend with `on_auth_failure: closed`, `ARGUS_AUTH_STATUS_TOKEN_...` and
/// whatever else keeps it from a token. With the policy `open` that is logged instead, and the headers come without
/// authentication. In the log callback, which the engine's thread may be running, it does not wait but fails with
/// `ARGUS_AUTH_STATUS_IN_CALLBACK`; the fetch is under way then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn argus_auth_resolver_headers(
    resolver: Option<&argus_auth_resolver>,
    backend: *const c_char,
    backend_len: usize,
    timeout_ms: u32,
    out: Option<&mut MaybeUninit<Option<NonNull<argus_auth_headers>>>>,
    error: Option<&mut MaybeUninit<Option<Box<argus_auth_error>>>>,
) -> argus_auth_status {
    let out = Out::new(out);
    call(error, || {
        out.check("out")?;
        let resolver = &required(resolver, "resolver")?.resolver;
        // SAFETY: the caller's `backend` is NULL or to `backend_len` bytes.
        let backend = unsafe { boundary::text(backend, backend_len, "backend") }?;
        let headers = if log::in_callback() {
            resolver.try_headers(backend)?.ok_or(Failure::InCallback)?
        } else {
            resolver.headers_blocking(backend, Duration::from_millis(timeout_ms.into()))?
        };
        out.put(|| handle::give(argus_auth_headers::of(headers)));
        Ok(argus_auth_status::Ok)
    })
}

/// The headers that a request to `backend` (`backend_len` bytes of UTF-8, borrowed during the call) must carry, if they
/// can be had without waiting. Never blocks.
///
/// `*out` becomes a reference owned by the caller; NULL on failure, and when this returns
/// `ARGUS_AUTH_STATUS_NOT_READY`: then a fetch is under way, and a later call, or `argus_auth_resolver_headers`, gets
/// its result.
///
/// Failures: as `argus_auth_resolver_headers`, without those of a wait.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn argus_auth_resolver_try_headers(
    resolver: Option<&argus_auth_resolver>,
    backend: *const c_char,
    backend_len: usize,
    out: Option<&mut MaybeUninit<Option<NonNull<argus_auth_headers>>>>,
    error: Option<&mut MaybeUninit<Option<Box<argus_auth_error>>>>,
) -> argus_auth_status {
    let out = Out::new(out);
    call(error, || {
        out.check("out")?;
        let resolver = &required(resolver, "resolver")?.resolver;
        // SAFETY: the caller's `backend` is NULL or to `backend_len` bytes.
        let backend = unsafe { boundary::text(backend, backend_len, "backend") }?;
        let Some(headers) = resolver.try_headers(backend)? else { return Ok(argus_auth_status::NotReady) };
        out.put(|| handle::give(argus_auth_headers::of(headers)));
        Ok(argus_auth_status::Ok)
    })
}

/// Says that `backend` (`backend_len` bytes of UTF-8) refused the headers it got: the next caller gets a new token.
///
/// `rejected` (`rejected_len` bytes of UTF-8) is the `Authorization` value that was refused. A token that has replaced
/// it since is kept, so that any number of refusals of one token cost one fetch. NULL means whatever is held now. Both
/// texts are borrowed during the call. Never blocks, fetches nothing, does nothing for static headers.
///
/// Failures: `ARGUS_AUTH_STATUS_UNKNOWN_BACKEND`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn argus_auth_resolver_invalidate(
    resolver: Option<&argus_auth_resolver>,
    backend: *const c_char,
    backend_len: usize,
    rejected: *const c_char,
    rejected_len: usize,
    error: Option<&mut MaybeUninit<Option<Box<argus_auth_error>>>>,
) -> argus_auth_status {
    call(error, || {
        let resolver = &required(resolver, "resolver")?.resolver;
        // SAFETY: the caller's `backend` is NULL or to `backend_len` bytes.
        let backend = unsafe { boundary::text(backend, backend_len, "backend") }?;
        let rejected = if rejected.is_null() {
            None
        } else {
            // SAFETY: the caller's `rejected` is to `rejected_len` bytes.
            Some(unsafe { boundary::text(rejected, rejected_len, "rejected") }?)
        };
        resolver.invalidate(backend, rejected)?;
        Ok(argus_auth_status::Ok)
    })
}

/// How the token of `backend` (`backend_len` bytes of UTF-8, borrowed during the call) is doing. Never blocks, fetches
/// nothing.
///
/// `*out` becomes an object owned by the caller; NULL for a backend that needs no token, and on failure.
///
/// Failures: `ARGUS_AUTH_STATUS_UNKNOWN_BACKEND`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn argus_auth_resolver_status(
    resolver: Option<&argus_auth_resolver>,
    backend: *const c_char,
    backend_len: usize,
    out: Option<&mut MaybeUninit<Option<Box<argus_auth_token_status>>>>,
    error: Option<&mut MaybeUninit<Option<Box<argus_auth_error>>>>,
) -> argus_auth_status {
    let out = Out::new(out);
    call(error, || {
        out.check("out")?;
        let resolver = &required(resolver, "resolver")?.resolver;
        // SAFETY: the caller's `backend` is NULL or to `backend_len` bytes.
        let backend = unsafe { boundary::text(backend, backend_len, "backend") }?;
        if let Some(status) = resolver.status(backend)? {
            out.put(|| Box::new(status.into()));
        }
        Ok(argus_auth_status::Ok)
    })
}

/// Counters and gauges of all backends that need tokens, in the Prometheus text format (version 0.0.4), for the host to
/// serve beside its own. Never blocks, fetches nothing.
///
/// `*out` becomes a text owned by the caller; NULL on failure.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_resolver_metrics(
    resolver: Option<&argus_auth_resolver>,
    out: Option<&mut MaybeUninit<Option<Box<argus_auth_text>>>>,
    error: Option<&mut MaybeUninit<Option<Box<argus_auth_error>>>>,
) -> argus_auth_status {
    let out = Out::new(out);
    call(error, || {
        out.check("out")?;
        let metrics = required(resolver, "resolver")?.resolver.metrics();
        out.put(|| Box::new(metrics.into()));
        Ok(argus_auth_status::Ok)
    })
}
