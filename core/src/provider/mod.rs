//! One provider per backend: who knows which headers authenticate a request.
//!
//! A new kind of authentication is a new file here, a new arm in [`create`], and a reader of its keys in
//! `config::schema`.

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

/// Something that authenticates requests to one backend. All methods may be called from any thread, and none blocks.
pub trait AuthProvider: Send + Sync + Debug {
    /// The headers that can be had at once; `None` if they must be waited for.
    ///
    /// # Errors
    ///
    /// When waiting would not help: the kind of authentication is unsupported.
    fn current(&self) -> Result<Option<Arc<Headers>>, Error>;

    /// The headers, at once or told to `waiter`.
    fn request(&self, waiter: Waiter) -> Requested;

    /// Sees to it that headers will be there soon, without anyone waiting.
    ///
    /// # Errors
    ///
    /// The remembered error, if getting them failed too recently to be tried again.
    fn prefetch(&self) -> Result<(), Error>;

    /// Told that the backend refused these headers: the next caller gets others, if there can be others.
    ///
    /// `rejected` is the `Authorization` value that was refused; without it, whatever is held now is meant.
    fn invalidate(&self, rejected: Option<&str>);

    /// The state of its token; `None` for a kind that has none.
    fn status(&self) -> Option<TokenStatus>;
}

/// The provider for an `auth` block of the backend named `backend`.
pub fn create(backend: &str, auth: &AuthConfig, engine: &Engine) -> Arc<dyn AuthProvider> {
    match auth {
        AuthConfig::Static { headers } => Arc::new(StaticProvider::new(headers.clone())),
        AuthConfig::OAuth2(config) => Arc::new(OAuth2Provider::new(config, engine)),
        AuthConfig::Pkce(_) => Arc::new(unsupported::Unsupported { backend: backend.to_owned(), kind: auth.kind() }),
    }
}
