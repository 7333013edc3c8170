//! Providers: each produces the authentication headers of one backend.
//!
//! * this file: [`AuthProvider`], the interface of all providers, and [`create`];
//! * `oauth2`: [`OAuth2Provider`], for `type: oauth2`;
//! * `static_headers`: [`StaticProvider`], for `type: static`;
//! * `unsupported`: the provider for kinds of authentication that this library does not perform, such as `type: pkce`.
//!
//! A new kind of authentication needs a new file here and a new arm in [`create`]. `docs/architecture.md` lists the
//! other places that it needs.

mod oauth2;
mod static_headers;
mod unsupported;

use std::fmt::Debug;
use std::sync::Arc;

pub use self::oauth2::OAuth2Provider;
pub use self::static_headers::StaticProvider;
use crate::config::AuthConfig;
use crate::engine::Engine;
use crate::error::Error;
use crate::headers::Headers;
use crate::token::TokenStatus;
use crate::wait::{Requested, Waiter};

/// Produces the authentication headers of one backend.
///
/// All methods may be called from any thread, and from several threads at the same time. No method blocks.
///
/// ```
/// use std::sync::Arc;
///
/// use argus_auth_core::provider::AuthProvider;
/// use argus_auth_core::token::TokenStatus;
/// use argus_auth_core::wait::{Requested, Waiter};
/// use argus_auth_core::{Error, Headers, Secret};
///
/// /// Sends the same API key with every request.
/// #[derive(Debug)]
/// struct ApiKey(Arc<Headers>);
///
/// impl AuthProvider for ApiKey {
///     fn current(&self) -> Result<Option<Arc<Headers>>, Error> {
///         Ok(Some(Arc::clone(&self.0)))
///     }
///     fn request(&self, _waiter: Waiter) -> Requested {
///         Requested::Ready(Ok(Arc::clone(&self.0)))
///     }
///     fn prefetch(&self) -> Result<(), Error> {
///         Ok(())
///     }
///     fn invalidate(&self, _rejected: Option<&str>) {}
///     fn status(&self) -> Option<TokenStatus> {
///         None
///     }
/// }
///
/// let provider = ApiKey(Arc::new(Headers::single("X-Api-Key", Secret::new("k3y"))));
/// assert!(provider.current()?.is_some());
/// # Ok::<(), Error>(())
/// ```
pub trait AuthProvider: Send + Sync + Debug {
    /// Returns the headers if they are available at once; `None` if the caller must wait for them. Starts nothing.
    ///
    /// # Errors
    ///
    /// If waiting can't help, because the kind of authentication is unsupported.
    fn current(&self) -> Result<Option<Arc<Headers>>, Error>;

    /// Returns the outcome if it is known at once. Otherwise starts or joins a fetch, and `waiter` is called with its
    /// outcome.
    fn request(&self, waiter: Waiter) -> Requested;

    /// Starts a fetch if the headers are not available and no fetch is under way. Does not wait for it.
    ///
    /// # Errors
    ///
    /// The remembered error during a cool-down; [`Error::Unsupported`] if the kind of authentication is unsupported;
    /// [`Error::Shutdown`] if the provider has outlived its engine.
    fn prefetch(&self) -> Result<(), Error>;

    /// Records that the backend refused the headers, with HTTP status 401. A provider of tokens drops its token and
    /// ends the cool-down, so that the next caller gets a new token.
    ///
    /// `rejected` is the refused value of `Authorization`. If it is not the current value, nothing changes. `None`
    /// means the current value.
    fn invalidate(&self, rejected: Option<&str>);

    /// Returns the state of the token; `None` for a kind of authentication without tokens.
    fn status(&self) -> Option<TokenStatus>;
}

/// Returns the provider for the `auth` block of the backend named `backend`. Does no I/O.
///
/// ```
/// use argus_auth_core::{Engine, LoadOptions, config, provider};
///
/// let yaml = "backends: {search: {type: sse, url: 'http://s', auth: {type: static, headers: {X-Key: k3y}}}}";
/// let config = config::parse(yaml.as_bytes(), &LoadOptions::default())?;
/// let backend = &config.backends[0];
/// if let Some(auth) = &backend.auth {
///     let provider = provider::create(&backend.name, auth, Engine::global());
///     assert_eq!(provider.current()?.map(|headers| headers.len()), Some(1));
/// }
/// # Ok::<(), argus_auth_core::Error>(())
/// ```
pub fn create(backend: &str, auth: &AuthConfig, engine: &Engine) -> Arc<dyn AuthProvider> {
    match auth {
        AuthConfig::Static { headers } => Arc::new(StaticProvider::new(headers.clone())),
        AuthConfig::OAuth2(config) => Arc::new(OAuth2Provider::new(config, engine)),
        AuthConfig::Pkce(_) => Arc::new(unsupported::Unsupported { backend: backend.to_owned(), kind: auth.kind() }),
    }
}
