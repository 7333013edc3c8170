//! One remote backend of a configuration.

use argus_auth_core::config::{AuthConfig, BackendConfig};

use crate::boundary;
use crate::text::{Text, argus_auth_str};

/// One `sse` or `streamable-http` backend. Borrowed from an `argus_auth_resolver` and valid as long as any reference
/// to that is; never freed by itself.
///
/// Immutable: any number of threads may read it at once.
pub struct argus_auth_backend {
    name: Text,
    transport: Text,
    url: Text,
    auth_type: Text,
}

impl From<&BackendConfig> for argus_auth_backend {
    fn from(backend: &BackendConfig) -> Self {
        Self {
            name: Text::new(&backend.name),
            transport: Text::new(backend.transport.as_str()),
            url: Text::new(&backend.url),
            auth_type: Text::new(backend.auth.as_ref().map_or("", AuthConfig::kind)),
        }
    }
}

/// The key under `backends`. Empty for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn argus_auth_backend_name(backend: *const argus_auth_backend) -> argus_auth_str {
    // SAFETY: the caller's pointer is NULL or to a live backend.
    unsafe { boundary::read(backend, argus_auth_str::empty(), |backend| backend.name.lend()) }
}

/// `sse` or `streamable-http`. Empty for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn argus_auth_backend_transport(backend: *const argus_auth_backend) -> argus_auth_str {
    // SAFETY: the caller's pointer is NULL or to a live backend.
    unsafe { boundary::read(backend, argus_auth_str::empty(), |backend| backend.transport.lend()) }
}

/// The backend's URL, which may contain a key: not for logs. Empty for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn argus_auth_backend_url(backend: *const argus_auth_backend) -> argus_auth_str {
    // SAFETY: the caller's pointer is NULL or to a live backend.
    unsafe { boundary::read(backend, argus_auth_str::empty(), |backend| backend.url.lend()) }
}

/// The `type` of its `auth` block: `static`, `oauth2`, `pkce`; empty when it has none, and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn argus_auth_backend_auth_type(backend: *const argus_auth_backend) -> argus_auth_str {
    // SAFETY: the caller's pointer is NULL or to a live backend.
    unsafe { boundary::read(backend, argus_auth_str::empty(), |backend| backend.auth_type.lend()) }
}
