//! One remote backend of a configuration.

use argus_auth_core::CText;
use argus_auth_core::config::{AuthConfig, BackendConfig};

use crate::boundary;
use crate::text::argus_auth_str;

/// One remote backend of a configuration, of the type `sse` or `streamable-http`.
///
/// Obtained from: `argus_auth_resolver_backend`.
/// Ownership: borrowed from the `argus_auth_resolver`, and valid until that reference and its clones are freed. Must
/// not be freed separately.
/// Threads: immutable; any number of threads may read it at the same time.
/// Functions: `argus_auth_backend_name`, `argus_auth_backend_transport`, `argus_auth_backend_url`,
/// `argus_auth_backend_auth_type`.
///
/// ```c
/// for (size_t i = 0; i < argus_auth_resolver_backend_count(resolver); i++) {
///     const argus_auth_backend *backend = argus_auth_resolver_backend(resolver, i);
///     printf("%s: %s\n", argus_auth_backend_name(backend).data, argus_auth_backend_auth_type(backend).data);
/// }
/// ```
pub struct argus_auth_backend {
    name: CText,
    transport: CText,
    url: CText,
    auth_type: CText,
}

impl From<&BackendConfig> for argus_auth_backend {
    fn from(backend: &BackendConfig) -> Self {
        Self {
            name: CText::new(backend.name.as_str()),
            transport: CText::new(backend.transport.as_str()),
            url: CText::new(backend.url.as_str()),
            auth_type: CText::new(backend.auth.as_ref().map_or("", AuthConfig::kind)),
        }
    }
}

/// Returns the name of the backend, which is its key under `backends`.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_backend_name(backend: Option<&argus_auth_backend>) -> argus_auth_str {
    boundary::read(backend, argus_auth_str::empty(), |backend| argus_auth_str::lend(&backend.name))
}

/// Returns the `type` of the backend: `sse` or `streamable-http`.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_backend_transport(backend: Option<&argus_auth_backend>) -> argus_auth_str {
    boundary::read(backend, argus_auth_str::empty(), |backend| argus_auth_str::lend(&backend.transport))
}

/// Returns the URL of the backend. It may contain a secret, so do not log it.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_backend_url(backend: Option<&argus_auth_backend>) -> argus_auth_str {
    boundary::read(backend, argus_auth_str::empty(), |backend| argus_auth_str::lend(&backend.url))
}

/// Returns the `type` of the backend's `auth` block: `static`, `oauth2` or `pkce`; empty if the backend has no such
/// block.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_backend_auth_type(backend: Option<&argus_auth_backend>) -> argus_auth_str {
    boundary::read(backend, argus_auth_str::empty(), |backend| argus_auth_str::lend(&backend.auth_type))
}
