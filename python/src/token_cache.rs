//! The gateway's `TokenCache`.

use argus_auth_core::Secret;
use argus_auth_core::engine::Clock;
use argus_auth_core::token;
use pyo3::prelude::*;

/// Holds one token until `expires_in - expiry_buffer` seconds after it was put in.
///
/// Both are numbers of seconds (float). A token is valid strictly before that moment: never if the difference is zero,
/// negative or not a number, for ever if it is infinite. All methods may be called from any thread.
#[pyclass(frozen, subclass, weakref, module = "argus_auth")]
pub(crate) struct TokenCache(pub(crate) token::TokenCache);

#[pymethods]
impl TokenCache {
    #[new]
    #[pyo3(signature = (expiry_buffer = 30.0))]
    fn new(expiry_buffer: f64) -> Self {
        Self(token::TokenCache::new(expiry_buffer, Clock::System))
    }

    /// Whether there is a valid token (bool).
    #[getter]
    fn valid(&self) -> bool {
        self.0.is_valid()
    }

    /// The token (str), or None if there is none or it is no longer valid.
    fn get(&self) -> Option<String> {
        self.0.get().map(|token| token.expose_secret().to_owned())
    }

    /// Puts a token in, in place of the one there. `expires_in` is its life in seconds from now.
    fn set(&self, token: String, expires_in: f64) {
        self.0.set(Secret::new(token), expires_in);
    }

    /// Empties the cache. Calling it again changes nothing.
    fn invalidate(&self) {
        self.0.invalidate();
    }

    /// The buffer, in seconds.
    #[getter]
    fn _expiry_buffer(&self) -> f64 {
        self.0.expiry_buffer()
    }
}
