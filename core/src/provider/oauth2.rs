//! `type: oauth2`: a bearer token (RFC 6750) from the client credentials grant (RFC 6749 §4.4).

use std::sync::Arc;

use super::AuthProvider;
use crate::config::OAuth2Config;
use crate::engine::Engine;
use crate::error::Error;
use crate::headers::Headers;
use crate::oauth2::ClientCredentials;
use crate::token::{TokenSource, TokenStatus};
use crate::wait::{Requested, Waiter};

/// Provides `Authorization: Bearer <token>`.
///
/// Providers whose configuration is the same in everything share one token, also one after the other.
#[derive(Debug, Clone)]
pub struct OAuth2Provider {
    source: Arc<TokenSource>,
}

impl OAuth2Provider {
    /// A provider for this client. Does no I/O.
    pub fn new(config: &OAuth2Config, engine: &Engine) -> Self {
        Self { source: TokenSource::shared(ClientCredentials::from(config), engine.generations()) }
    }
}

impl AuthProvider for OAuth2Provider {
    fn current(&self) -> Result<Option<Arc<Headers>>, Error> {
        Ok(self.source.current())
    }

    fn request(&self, waiter: Waiter) -> Requested {
        self.source.request(waiter)
    }

    fn prefetch(&self) -> Result<(), Error> {
        self.source.prefetch()
    }

    fn invalidate(&self, rejected: Option<&str>) {
        self.source.invalidate(rejected);
    }

    fn status(&self) -> Option<TokenStatus> {
        Some(self.source.status())
    }
}
