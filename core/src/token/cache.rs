//! The counterpart of the gateway's class `TokenCache`, for programs that use that class directly.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;

use crate::runtime::{Clock, Instant};
use crate::secret::Secret;

/// A cache of one token, which is valid for `expires_in - expiry_buffer` seconds after it was stored.
///
/// The arithmetic follows the documentation of the gateway's class of the same name. The providers of this library do
/// not use this type: they count the lifetime from the request, and clamp the buffer (see [`crate::token`]).
///
/// All methods may be called from any thread, and never block.
///
/// ```
/// use argus_auth_core::Secret;
/// use argus_auth_core::runtime::Clock;
/// use argus_auth_core::token::TokenCache;
///
/// let cache = TokenCache::new(300.0, Clock::System);
/// cache.set(Secret::new("t0k3n"), 3600.0); // valid for 3300 s
/// assert!(cache.is_valid());
/// cache.set(Secret::new("t0k3n"), 60.0); // shorter than the buffer
/// assert!(cache.get().is_none());
/// ```
#[derive(Debug)]
pub struct TokenCache {
    expiry_buffer: f64,
    clock: Clock,
    /// The token and the time at which it becomes invalid; `None` in place of the time if it is valid for ever.
    entry: ArcSwapOption<(Secret, Option<Instant>)>,
}

impl TokenCache {
    /// Returns an empty cache. `expiry_buffer`, in seconds, is subtracted from the lifetime of each token.
    pub fn new(expiry_buffer: f64, clock: Clock) -> Self {
        Self { expiry_buffer, clock, entry: ArcSwapOption::empty() }
    }

    /// Returns the buffer, in seconds.
    pub fn expiry_buffer(&self) -> f64 {
        self.expiry_buffer
    }

    /// Stores a token in place of the previous token. The new token is valid for `expires_in - expiry_buffer` seconds
    /// from now. If the difference is zero, negative or NaN, the token is not valid at all. If the difference overflows
    /// a [`Duration`], the token is valid for ever.
    pub fn set(&self, token: Secret, expires_in: f64) {
        let lifetime = expires_in - self.expiry_buffer;
        let lifetime = if lifetime.is_nan() { 0.0 } else { lifetime.max(0.0) };
        let expiry = Duration::try_from_secs_f64(lifetime).ok().map(|lifetime| self.clock.now().after(lifetime));
        self.entry.store(Some(Arc::new((token, expiry))));
    }

    /// Returns the token if it is valid.
    pub fn get(&self) -> Option<Secret> {
        let entry = self.entry.load();
        let (token, expiry) = entry.as_deref()?;
        expiry.is_none_or(|expiry| self.clock.now() < expiry).then(|| token.clone())
    }

    /// Returns whether [`TokenCache::get`] would return a token.
    pub fn is_valid(&self) -> bool {
        self.get().is_some()
    }

    /// Removes the token.
    pub fn invalidate(&self) {
        self.entry.store(None);
    }
}
