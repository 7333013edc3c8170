//! `type: static`: the same headers for every request.

use std::sync::Arc;

use super::AuthProvider;
use crate::error::Error;
use crate::headers::Headers;
use crate::token::TokenStatus;
use crate::wait::{Requested, Waiter};

/// Produces headers that never change.
///
/// ```
/// use argus_auth_core::provider::{AuthProvider, StaticProvider};
/// use argus_auth_core::{Headers, Secret};
///
/// let provider = StaticProvider::new(Headers::single("X-Api-Key", Secret::new("k3y")));
/// assert_eq!(provider.current()?.map(|headers| headers.len()), Some(1));
/// # Ok::<(), argus_auth_core::Error>(())
/// ```
#[derive(Debug)]
pub struct StaticProvider {
    headers: Arc<Headers>,
}

impl StaticProvider {
    /// Returns a provider of these headers.
    pub fn new(headers: Headers) -> Self {
        Self { headers: Arc::new(headers) }
    }
}

impl AuthProvider for StaticProvider {
    fn current(&self) -> Result<Option<Arc<Headers>>, Error> {
        Ok(Some(Arc::clone(&self.headers)))
    }

    fn request(&self, _waiter: Waiter) -> Requested {
        Requested::Ready(Ok(Arc::clone(&self.headers)))
    }

    fn prefetch(&self) -> Result<(), Error> {
        Ok(())
    }

    fn invalidate(&self, _rejected: Option<&str>) {}

    fn status(&self) -> Option<TokenStatus> {
        None
    }
}
