//! The gateway's `TokenCache`, for those who use it directly.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;

use crate::runtime::{Clock, Instant};
use crate::secret::Secret;

/// Holds one token until `expires_in - buffer` seconds after it was put in.
///
/// This is the documented arithmetic of the gateway's class of that name and nothing more. The providers of this
/// library do not use it: they count from the moment of the request and clamp the buffer (see [`crate::token`]).
/// All methods may be called from any thread.
#[derive(Debug)]
pub struct TokenCache {
    expiry_buffer: f64,
    clock: Clock,
    /// The token, and when it ends if it does.
    entry: ArcSwapOption<(Secret, Option<Instant>)>,
}

impl TokenCache {
    /// An empty cache. `expiry_buffer` is in seconds and is taken off every token's life.
    pub fn new(expiry_buffer: f64, clock: Clock) -> Self {
        Self { expiry_buffer, clock, entry: ArcSwapOption::empty() }
    }

    /// The buffer, in seconds.
    pub fn expiry_buffer(&self) -> f64 {
        self.expiry_buffer
    }

    /// Puts a token in, in place of the one there. It is valid from now for `expires_in - expiry_buffer` seconds:
    /// not at all if that is zero, negative or not a number, for ever if it is more than the clock can count.
    pub fn set(&self, token: Secret, expires_in: f64) {
        let life = expires_in - self.expiry_buffer;
        let life = if life.is_nan() { 0.0 } else { life.max(0.0) };
        let expiry = Duration::try_from_secs_f64(life).ok().map(|life| self.clock.now().after(life));
        self.entry.store(Some(Arc::new((token, expiry))));
    }

    /// The token, if it is valid.
    pub fn get(&self) -> Option<Secret> {
        let entry = self.entry.load();
        let (token, expiry) = entry.as_deref()?;
        expiry.is_none_or(|expiry| self.clock.now() < expiry).then(|| token.clone())
    }

    /// Whether [`TokenCache::get`] would return a token.
    pub fn is_valid(&self) -> bool {
        self.get().is_some()
    }

    /// Empties the cache.
    pub fn invalidate(&self) {
        self.entry.store(None);
    }
}
