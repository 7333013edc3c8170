//! `OAuth2Source`: the native part of `OAuth2Provider` (`argus_auth/_providers.py`).

use argus_auth_core::config::{OAuth2Config, TokenRequestOptions};
use argus_auth_core::provider::{AuthProvider, OAuth2Provider};
use argus_auth_core::wait::Requested;
use argus_auth_core::{Engine, Headers, Secret};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::headers::{self, Template};
use crate::queue::CompletionQueue;
use crate::token_cache::TokenCache;
use crate::{errors, log, seconds};

/// A source of bearer tokens from the client credentials grant of one client. Equal sources share one token.
#[pyclass(frozen, module = "argus_auth._native")]
pub(crate) struct OAuth2Source {
    provider: OAuth2Provider,
    cache: Py<TokenCache>,
    template: Template,
}

#[pymethods]
impl OAuth2Source {
    #[new]
    fn new(
        py: Python<'_>,
        token_url: String,
        client_id: String,
        client_secret: String,
        scopes: Vec<String>,
        expiry_buffer: f64,
        cache: Option<Py<TokenCache>>,
    ) -> PyResult<Self> {
        let config = OAuth2Config {
            token_url,
            client_id,
            client_secret: Secret::new(client_secret),
            scopes,
            token_expiry_buffer: seconds(expiry_buffer),
            auth_retry_on_401: true,
            options: TokenRequestOptions::default(),
        };
        let provider = OAuth2Provider::new(&config, Engine::global());
        let cache = match cache {
            Some(cache) => cache,
            None => Py::new(py, TokenCache::of(provider.clone(), expiry_buffer))?,
        };
        Ok(Self { provider, cache, template: Template::default() })
    }

    /// The cache that is asked first: the cache that the constructor got, or else a cache that this source has made. A
    /// cache that the source has made also returns the shared token.
    #[getter]
    fn cache(&self, py: Python<'_>) -> Py<TokenCache> {
        self.cache.clone_ref(py)
    }

    /// Returns the headers with the valid token that was set in the cache, or else with the shared token. Returns None
    /// if there is no valid token.
    fn ready<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        if let Some(headers) = self.held(py)? {
            return Ok(Some(headers));
        }
        let current = self.provider.current();
        log::flush(py)?;
        match current {
            Ok(Some(headers)) => self.template.dict(py, &headers).map(Some),
            Ok(None) => Ok(None),
            Err(error) => Err(errors::to_py(py, &error)),
        }
    }

    /// Returns the headers with the valid token that was set in the cache. Returns None if no valid token was set in
    /// the cache.
    fn held<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let Some(token) = self.cache.get().own() else { return Ok(None) };
        let bearer = Secret::new(format!("Bearer {}", token.expose_secret()));
        headers::to_dict(py, &Headers::single("Authorization", bearer)).map(Some)
    }

    /// Returns the headers if known at once. Otherwise returns None, and the outcome arrives in `queue` under `tag`.
    fn request<'py>(&self, py: Python<'py>, queue: &CompletionQueue, tag: u64) -> PyResult<Option<Bound<'py, PyDict>>> {
        match self.provider.request(queue.0.waiter(tag)) {
            Requested::Waiting => Ok(None),
            Requested::Ready(Ok(headers)) => self.template.dict(py, &headers).map(Some),
            Requested::Ready(Err(error)) => Err(errors::to_py(py, &error)),
        }
    }

    /// Drops the shared token and the token that was set in the cache, after the backend has refused them.
    fn invalidate(&self) {
        self.cache.get().drop_own();
        self.provider.invalidate(None);
        self.template.clear();
    }
}
