//! The resolver: a loaded configuration and the headers of its backends.

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

/// A loaded configuration. Maps the name of a remote backend to the headers that a request to it must carry.
///
/// Obtained from: `argus_auth_resolver_from_file`, `argus_auth_resolver_from_text`, `argus_auth_resolver_clone`,
/// `argus_auth_resolver_reload`.
/// Ownership: reference-counted; each returned reference is owned by the caller and freed with
/// `argus_auth_resolver_free`.
/// Threads: any number of threads may use one reference at the same time.
/// Functions: `argus_auth_resolver_headers`, `argus_auth_resolver_try_headers`, `argus_auth_resolver_invalidate`,
/// `argus_auth_resolver_status`, `argus_auth_resolver_metrics`, `argus_auth_resolver_reload`,
/// `argus_auth_resolver_backend_count`, `argus_auth_resolver_backend`, `argus_auth_resolver_warning_count`,
/// `argus_auth_resolver_warning`, `argus_auth_resolver_clone`, `argus_auth_resolver_free`.
///
/// Backends with equal `auth` blocks (after references are resolved) share one token, also across resolvers.
///
/// ```c
/// argus_auth_headers *headers = NULL;
/// if (argus_auth_resolver_headers(resolver, "search", 6, 35000, &headers, NULL) == ARGUS_AUTH_STATUS_OK) {
///     // ... send the request with these headers. If the backend answers 401:
///     argus_auth_str refused;
///     if (argus_auth_headers_find(headers, "Authorization", 13, &refused)) {
///         argus_auth_resolver_invalidate(resolver, "search", 6, refused.data, refused.len, NULL);
///         // ... get the headers again, and repeat the request once.
///     }
///     argus_auth_headers_free(headers);
/// }
/// ```
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

/// Loads the configuration file at `path` (`path_len` bytes), whose name must end in `.yaml` or `.yml`. A relative path
/// is resolved against the current working directory.
///
/// `options` is borrowed during the call; NULL means the defaults. `*out` becomes a reference owned by the caller.
///
/// Blocks while it reads the file and the secrets that the configuration refers to: a keyring can take up to 10 seconds
/// per secret. No token is fetched.
///
/// Failures: `ARGUS_AUTH_STATUS_CONFIG`, also for a file that can't be read. The error object lists the problems.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn argus_auth_resolver_from_file(
    path: *const c_char,
    path_len: usize,
    options: *const argus_auth_load_options,
    out: Option<&mut MaybeUninit<Option<NonNull<argus_auth_resolver>>>>,
    error: Option<&mut MaybeUninit<Option<Box<argus_auth_error>>>>,
) -> argus_auth_status {
    let read = |options: &LoadOptions| {
        // SAFETY: C's `path` is NULL or points to `path_len` bytes, which do not change during the call.
        let path = unsafe { boundary::text(path, path_len, "path") }?;
        Ok(Resolver::from_file(Path::new(path), options)?)
    };
    // SAFETY: C's `options` is NULL or points to as many bytes as its `size` says, which do not change during the call.
    unsafe { load(options, out, error, read) }
}

/// Loads a configuration from `text` (`text_len` bytes of YAML).
///
/// `options` is borrowed during the call; NULL means the defaults. `*out` becomes a reference owned by the caller.
///
/// Blocks only while it reads the secrets that the configuration refers to: a keyring can take up to 10 seconds per
/// secret. No token is fetched.
///
/// Failures: `ARGUS_AUTH_STATUS_CONFIG`, also for a text that is not UTF-8. The error object lists the problems.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn argus_auth_resolver_from_text(
    text: *const c_char,
    text_len: usize,
    options: *const argus_auth_load_options,
    out: Option<&mut MaybeUninit<Option<NonNull<argus_auth_resolver>>>>,
    error: Option<&mut MaybeUninit<Option<Box<argus_auth_error>>>>,
) -> argus_auth_status {
    let read = |options: &LoadOptions| {
        // SAFETY: C's `text` is NULL or points to `text_len` bytes, which do not change during the call.
        let text = unsafe { boundary::bytes(text, text_len, "text") }?;
        Ok(Resolver::from_text(text, options)?)
    };
    // SAFETY: C's `options` is NULL or points to as many bytes as its `size` says, which do not change during the call.
    unsafe { load(options, out, error, read) }
}

/// Loads a configuration that `read` reads. The common part of the two functions above.
///
/// # Safety
///
/// `options` is NULL or points to as many bytes as its `size` says. These bytes may be read and do not change during
/// the call.
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

/// Returns one more reference to the same resolver, owned by the caller.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn argus_auth_resolver_clone(resolver: *const argus_auth_resolver) -> *mut argus_auth_resolver {
    // SAFETY: C's pointer is NULL or a reference that C holds. C gets references only from `handle::give` and `share`.
    unsafe { handle::share(resolver) }
}

/// Frees one reference. Headers that the resolver returned stay valid. A fetch under way continues.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn argus_auth_resolver_free(resolver: *mut argus_auth_resolver) {
    // SAFETY: C's pointer is NULL or a reference that C owns and gives up. C gets references only from `handle::give`
    // and `share`.
    unsafe { handle::release(resolver) }
}

/// Loads the file of `resolver` again, with its variables and secrets.
///
/// Afterwards all references to the resolver, old and new, return headers according to the new configuration. A
/// backend keeps its token and its cool-down if the inputs of its token request (its `auth` block, with the resolved
/// secrets) are the same. Otherwise the old token and the old cool-down no longer apply to the backend. Calls that wait
/// continue, and headers that were returned stay valid. The options of the first load apply again. A relative path is
/// resolved against the current working directory. A resolver that was loaded from text has no file: the call succeeds
/// and changes nothing.
///
/// `out` may be NULL. Otherwise `*out` becomes a new reference, owned by the caller, with the lists of backends and
/// warnings of the new configuration. An old reference is still owned by the caller and keeps its own lists. Pointers
/// borrowed from an old reference are valid until that reference and its clones are freed.
///
/// Blocks while it reads the file and the secrets that the configuration refers to: a keyring can take up to 10 seconds
/// per secret. No token is fetched.
///
/// Failures: `ARGUS_AUTH_STATUS_CONFIG`, also for a file that can't be read. The error object lists the problems, and
/// the previous configuration stays in use.
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

/// Returns the number of remote backends.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_resolver_backend_count(resolver: Option<&argus_auth_resolver>) -> usize {
    boundary::read(resolver, 0, |resolver| resolver.backends.len())
}

/// Returns the remote backend at `index`, in file order; NULL if `index` is out of range. The backend is borrowed from
/// `resolver`.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_resolver_backend(
    resolver: Option<&argus_auth_resolver>,
    index: usize,
) -> Option<&argus_auth_backend> {
    boundary::read(resolver, None, |resolver| resolver.backends.get(index))
}

/// Returns the number of warnings of the configuration. Of more than 100 warnings, 100 are listed, and one more warning
/// has the number of the others.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_resolver_warning_count(resolver: Option<&argus_auth_resolver>) -> usize {
    boundary::read(resolver, 0, |resolver| resolver.warnings.len())
}

/// Returns the warning at `index`, in file order; NULL if `index` is out of range. The warning is borrowed from
/// `resolver`.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_resolver_warning(
    resolver: Option<&argus_auth_resolver>,
    index: usize,
) -> Option<&argus_auth_problem> {
    boundary::read(resolver, None, |resolver| resolver.warnings.get(index))
}

/// Returns the headers that a request to `backend` (`backend_len` bytes) must carry, and waits for a token if
/// necessary.
///
/// `*out` becomes a reference owned by the caller.
///
/// Blocks while a token is fetched, for at most `timeout_ms` milliseconds. Returns at once if a valid token is cached,
/// if the backend needs no token, and during a cool-down. The fetch continues when a caller stops waiting, and its
/// token is then cached.
///
/// With a `timeout_ms` of 0, the function starts the fetch and does not wait for it. There is no infinite timeout. A
/// fetch takes at most 30 seconds, so with a longer timeout, such as 35000, the call returns the result of the fetch
/// and not `ARGUS_AUTH_STATUS_DEADLINE`.
///
/// Failures: `ARGUS_AUTH_STATUS_UNKNOWN_BACKEND`; `ARGUS_AUTH_STATUS_UNSUPPORTED`; `ARGUS_AUTH_STATUS_DEADLINE`;
/// `ARGUS_AUTH_STATUS_SHUTDOWN`. If no token can be obtained and `on_auth_failure` is `closed`, also the reason, such
/// as one of `ARGUS_AUTH_STATUS_TOKEN_...` or `ARGUS_AUTH_STATUS_ENGINE`. With `open`, the default, the call
/// succeeds instead: the failure is logged, and the configured headers are returned without authentication.
///
/// Inside the log callback, the function never blocks, because the callback may run on the engine's thread, which
/// performs the fetch. If the function would have to wait, it starts the fetch and fails with
/// `ARGUS_AUTH_STATUS_IN_CALLBACK`.
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
        // SAFETY: C's `backend` is NULL or points to `backend_len` bytes, which do not change during the call.
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

/// Returns the headers that a request to `backend` (`backend_len` bytes) must carry, if no wait is necessary.
///
/// `*out` becomes a reference owned by the caller. If a token must be fetched first, the function starts the fetch,
/// unless one is under way, and returns `ARGUS_AUTH_STATUS_NOT_READY`; `*out` is then NULL.
///
/// The library does not notify the host of the end of the fetch: call this function again about every 100 milliseconds.
/// When the fetch has got a token, calls return the headers. When it has failed, calls during the cool-down return the
/// same as `argus_auth_resolver_headers`: the error or, with `on_auth_failure: open`, headers without authentication.
/// The first call after the cool-down starts another fetch and returns `ARGUS_AUTH_STATUS_NOT_READY` again. A host that
/// pauses for longer than the cool-down (usually at least 1 second) can therefore miss an error.
///
/// A fetch takes at most 30 seconds. As long as no call of `argus_auth_resolver_headers` waits for the fetch, it may
/// first have to wait for other fetches. The 30 seconds start after this wait.
///
/// Failures: those of `argus_auth_resolver_headers`, except `ARGUS_AUTH_STATUS_DEADLINE`, `ARGUS_AUTH_STATUS_SHUTDOWN`
/// and `ARGUS_AUTH_STATUS_IN_CALLBACK`.
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
        // SAFETY: C's `backend` is NULL or points to `backend_len` bytes, which do not change during the call.
        let backend = unsafe { boundary::text(backend, backend_len, "backend") }?;
        let Some(headers) = resolver.try_headers(backend)? else { return Ok(argus_auth_status::NotReady) };
        out.put(|| handle::give(argus_auth_headers::of(headers)));
        Ok(argus_auth_status::Ok)
    })
}

/// Reports that `backend` (`backend_len` bytes) refused a request with 401.
///
/// `rejected` (`rejected_len` bytes) is the value of the `Authorization` header of that request. If this value contains
/// the current token, the token is discarded, a cool-down ends, and the next call for headers needs a new token.
/// Otherwise nothing changes: a newer token is kept, so any number of refusals of one token cause one fetch.
///
/// `rejected` may be NULL, which means the current token, whichever it is. If the request had no `Authorization`
/// header, do not call this function: with NULL, the call would discard a token that the backend has not refused, and
/// would end a cool-down.
///
/// After this call, get the headers again and repeat the request once. A second 401 concerns a new token: do not repeat
/// the request again.
///
/// Fetches nothing itself. Does nothing for a backend for which this library fetches no token.
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
        // SAFETY: C's `backend` is NULL or points to `backend_len` bytes, which do not change during the call.
        let backend = unsafe { boundary::text(backend, backend_len, "backend") }?;
        let rejected = if rejected.is_null() {
            None
        } else {
            // SAFETY: C's `rejected` points to `rejected_len` bytes, which do not change during the call.
            Some(unsafe { boundary::text(rejected, rejected_len, "rejected") }?)
        };
        resolver.invalidate(backend, rejected)?;
        Ok(argus_auth_status::Ok)
    })
}

/// Returns the state of the token of `backend` (`backend_len` bytes). Fetches nothing.
///
/// `*out` becomes an object owned by the caller. For a backend for which this library fetches no token (no `auth`
/// block, `static` or `pkce`), `*out` becomes NULL, and the function returns `ARGUS_AUTH_STATUS_OK`.
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
        // SAFETY: C's `backend` is NULL or points to `backend_len` bytes, which do not change during the call.
        let backend = unsafe { boundary::text(backend, backend_len, "backend") }?;
        if let Some(status) = resolver.status(backend)? {
            out.put(|| Box::new(status.into()));
        }
        Ok(argus_auth_status::Ok)
    })
}

/// Returns counters and gauges of all backends for which this library fetches tokens, in the Prometheus text format
/// (version 0.0.4). docs/metrics.md lists them. A host serves them together with its own metrics. Fetches nothing.
///
/// `*out` becomes a text object owned by the caller.
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
