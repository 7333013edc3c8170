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

/// Produces `Authorization: Bearer <token>` (RFC 6750 §2.1) with a token from the client credentials grant.
///
/// Providers with equal configurations share one token and its fetches. A valid token outlives its last provider, so
/// that a provider that is made later can use it. A limited number of such tokens is kept.
///
/// ```
/// use argus_auth_core::config::{OAuth2Config, TokenRequestOptions};
/// use argus_auth_core::provider::{AuthProvider, OAuth2Provider};
/// use argus_auth_core::{Engine, Secret};
///
/// let config = OAuth2Config {
///     token_url: "https://login.example.com/token".to_owned(),
///     client_id: "gateway".to_owned(),
///     client_secret: Secret::new("s3cr3t"),
///     scopes: vec!["search.read".to_owned()],
///     token_expiry_buffer: OAuth2Config::DEFAULT_EXPIRY_BUFFER,
///     auth_retry_on_401: true,
///     options: TokenRequestOptions::default(),
/// };
/// let provider = OAuth2Provider::new(&config, Engine::global());
/// assert!(provider.current()?.is_none(), "no token has been fetched");
/// # Ok::<(), argus_auth_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct OAuth2Provider {
    source: Arc<TokenSource>,
}

impl OAuth2Provider {
    /// Returns a provider for the client in `config`. Does no I/O and starts nothing.
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
