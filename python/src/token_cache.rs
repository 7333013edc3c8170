//! The gateway's `TokenCache`, alone or as the cache of a provider.

use std::sync::Arc;

use argus_auth_core::provider::{AuthProvider, OAuth2Provider};
use argus_auth_core::runtime::Clock;
use argus_auth_core::{Headers, Secret, token};
use pyo3::prelude::*;

/// Holds one token until `expires_in - expiry_buffer` seconds after it was put in.
///
/// Both are numbers of seconds (float). A token is valid strictly before that moment: never if the difference is zero,
/// negative or not a number, for ever if it is infinite. All methods may be called from any thread.
#[pyclass(frozen, subclass, weakref, module = "argus_auth")]
pub(crate) struct TokenCache {
    /// What was put in.
    own: token::TokenCache,
    /// Whose token it shows otherwise, if it belongs to a provider.
    provider: Option<OAuth2Provider>,
}

impl TokenCache {
    /// The cache of a provider.
    pub(crate) fn of(provider: OAuth2Provider, expiry_buffer: f64) -> Self {
        Self { own: token::TokenCache::new(expiry_buffer, Clock::System), provider: Some(provider) }
    }

    /// The token that was put in, if it is valid.
    pub(crate) fn own(&self) -> Option<Secret> {
        self.own.get()
    }

    /// Drops the token that was put in.
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

    /// Whether there is a valid token (bool).
    #[getter]
    fn valid(&self) -> bool {
        self.own.is_valid() || self.shared().is_some()
    }

    /// The token (str), or None if there is none or it is no longer valid.
    fn get(&self) -> Option<String> {
        if let Some(token) = self.own() {
            return Some(token.expose_secret().to_owned());
        }
        let headers = self.shared()?;
        Some(headers.get("Authorization")?.expose_secret().strip_prefix("Bearer ")?.to_owned())
    }

    /// Puts a token in, in place of the one there. `expires_in` is its life in seconds from now.
    fn set(&self, token: String, expires_in: f64) {
        self.own.set(Secret::new(token), expires_in);
    }

    /// Empties the cache; that of a provider drops the token which it shares, too.
    fn invalidate(&self) {
        self.drop_own();
        if let Some(provider) = &self.provider {
            provider.invalidate(None);
        }
    }

    /// The buffer, in seconds.
    #[getter]
    fn _expiry_buffer(&self) -> f64 {
        self.own.expiry_buffer()
    }
}
