//! The gateway's class `TokenCache`, on its own or as the cache of a provider.

use std::sync::Arc;

use argus_auth_core::provider::{AuthProvider, OAuth2Provider};
use argus_auth_core::runtime::Clock;
use argus_auth_core::{Headers, Secret, token};
use pyo3::prelude::*;

/// A cache of one token, which is valid for `expires_in - expiry_buffer` seconds after it was set.
///
/// Both are numbers of seconds (float). After that time, the token is not valid any more. If the difference is zero,
/// negative or not a number, the token is never valid. If it is infinite, the token is always valid. All methods may be
/// called from any thread, and none waits. The class may be subclassed.
///
/// Example:
///     >>> import argus_auth
///     >>> cache = argus_auth.TokenCache(expiry_buffer=30.0)
///     >>> cache.set("some-token", expires_in=3600)
///     >>> cache.valid, cache.get()
///     (True, 'some-token')
///     >>> cache.invalidate()
///     >>> cache.valid, cache.get()
///     (False, None)
#[allow(clippy::doc_markdown, reason = "this documentation is the Python docstring, with an example in doctest form")]
#[pyclass(frozen, subclass, weakref, module = "argus_auth")]
pub(crate) struct TokenCache {
    /// The cache for a token that Python code has set.
    own: token::TokenCache,
    /// The provider that this cache belongs to. Its shared token is visible here when `own` has no valid token.
    provider: Option<OAuth2Provider>,
}

impl TokenCache {
    /// Returns the cache of `provider`.
    pub(crate) fn of(provider: OAuth2Provider, expiry_buffer: f64) -> Self {
        Self { own: token::TokenCache::new(expiry_buffer, Clock::System), provider: Some(provider) }
    }

    /// Returns the token that Python code has set, if it is valid.
    pub(crate) fn own(&self) -> Option<Secret> {
        self.own.get()
    }

    /// Drops the token that Python code has set.
    pub(crate) fn drop_own(&self) {
        self.own.invalidate();
    }

    fn shared(&self) -> Option<Arc<Headers>> {
        self.provider.as_ref()?.current().ok()?
    }
}

#[pymethods]
impl TokenCache {
    #[new]
    #[pyo3(signature = (expiry_buffer = 30.0))]
    fn new(expiry_buffer: f64) -> Self {
        Self { own: token::TokenCache::new(expiry_buffer, Clock::System), provider: None }
    }

    /// True while there is a valid token (bool).
    #[getter]
    fn valid(&self) -> bool {
        self.own.is_valid() || self.shared().is_some()
    }

    /// Returns the token (str); None if the cache is empty or the token is no longer valid.
    fn get(&self) -> Option<String> {
        if let Some(token) = self.own() {
            return Some(token.expose_secret().to_owned());
        }
        let headers = self.shared()?;
        Some(headers.get("Authorization")?.expose_secret().strip_prefix("Bearer ")?.to_owned())
    }

    /// Stores `token` (str) in place of the old one. `expires_in` is its lifetime in seconds from now (float).
    fn set(&self, token: String, expires_in: f64) {
        self.own.set(Secret::new(token), expires_in);
    }

    /// Empties the cache. The cache of a provider also drops the shared token.
    fn invalidate(&self) {
        self.drop_own();
        if let Some(provider) = &self.provider {
            provider.invalidate(None);
        }
    }

    /// The buffer in seconds (float).
    #[getter]
    fn _expiry_buffer(&self) -> f64 {
        self.own.expiry_buffer()
    }
}
