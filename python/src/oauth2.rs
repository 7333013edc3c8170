//! `OAuth2Source`: what `OAuth2Provider` is made of.

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

/// Bearer tokens from the client credentials grant of one client. Equal sources share one token.
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

    /// The cache that is asked first: the one it was given, or else one of its own that shows the shared token too.
    #[getter]
    fn cache(&self, py: Python<'_>) -> Py<TokenCache> {
        self.cache.clone_ref(py)
    }

    /// The headers, if there is a valid token: one that was put into the cache, or else the shared one.
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

    /// The headers with the token that was put into the cache, if that is valid. Otherwise None.
    fn held<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let Some(token) = self.cache.get().own() else { return Ok(None) };
        let bearer = Secret::new(format!("Bearer {}", token.expose_secret()));
        headers::to_dict(py, &Headers::single("Authorization", bearer)).map(Some)
    }

    /// The headers, or None: then the answer comes to `queue` under `tag`.
    fn request<'py>(&self, py: Python<'py>, queue: &CompletionQueue, tag: u64) -> PyResult<Option<Bound<'py, PyDict>>> {
        match self.provider.request(queue.0.waiter(tag)) {
            Requested::Waiting => Ok(None),
            Requested::Ready(Ok(headers)) => self.template.dict(py, &headers).map(Some),
            Requested::Ready(Err(error)) => Err(errors::to_py(py, &error)),
        }
    }

    /// Told that the backend refused its headers: drops the shared token and the one that was put into the cache.
    fn invalidate(&self) {
        self.cache.get().drop_own();
        self.provider.invalidate(None);
        self.template.clear();
    }
}
