//! One remote backend of a configuration.

use argus_auth_core::CText;
use argus_auth_core::config::{AuthConfig, BackendConfig};

use crate::boundary;
use crate::text::argus_auth_str;

/// One `sse` or `streamable-http` backend. Borrowed from an `argus_auth_resolver` and valid as long as any reference
/// to that is; never freed by itself.
///
/// Immutable: any number of threads may read it at once.
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

/// The key under `backends`. Empty for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_backend_name(backend: Option<&argus_auth_backend>) -> argus_auth_str {
    boundary::read(backend, argus_auth_str::empty(), |backend| argus_auth_str::lend(&backend.name))
}

/// `sse` or `streamable-http`. Empty for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_backend_transport(backend: Option<&argus_auth_backend>) -> argus_auth_str {
    boundary::read(backend, argus_auth_str::empty(), |backend| argus_auth_str::lend(&backend.transport))
}

/// The backend's URL, which may contain a key: not for logs. Empty for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_backend_url(backend: Option<&argus_auth_backend>) -> argus_auth_str {
    boundary::read(backend, argus_auth_str::empty(), |backend| argus_auth_str::lend(&backend.url))
}

/// The `type` of its `auth` block: `static`, `oauth2`, `pkce`; empty when it has none, and for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_backend_auth_type(backend: Option<&argus_auth_backend>) -> argus_auth_str {
    boundary::read(backend, argus_auth_str::empty(), |backend| argus_auth_str::lend(&backend.auth_type))
}
