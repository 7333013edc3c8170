//! `OAuth2Source`: what `OAuth2Provider` is made of.

use argus_auth_core::config::{OAuth2Config, TokenRequestOptions};
use argus_auth_core::provider::{AuthProvider, OAuth2Provider};
use argus_auth_core::token::Requested;
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
    template: Template,
}

#[pymethods]
impl OAuth2Source {
    #[new]
    fn new(
        token_url: String,
        client_id: String,
        client_secret: String,
        scopes: Vec<String>,
        expiry_buffer: f64,
    ) -> Self {
        let config = OAuth2Config {
            token_url,
            client_id,
            client_secret: Secret::new(client_secret),
            scopes,
            token_expiry_buffer: seconds(expiry_buffer),
            auth_retry_on_401: true,
            options: TokenRequestOptions::default(),
        };
        Self { provider: OAuth2Provider::new(&config, Engine::global()), template: Template::default() }
    }

    /// The headers, if there is a valid token: the one in `private`, or else the shared one. Otherwise None.
    #[pyo3(signature = (private = None, /))]
    fn ready<'py>(&self, py: Python<'py>, private: Option<&Bound<'py, PyAny>>) -> PyResult<Option<Bound<'py, PyDict>>> {
        if let Some(cache) = private
            && let Some(headers) = Self::held(cache)?
        {
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

    /// The headers with the token in `private`, if that is valid. Otherwise None.
    #[staticmethod]
    #[pyo3(signature = (private, /))]
    fn held<'py>(private: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let Some(token) = private_token(private)? else { return Ok(None) };
        let bearer = Secret::new(format!("Bearer {}", token.expose_secret()));
        headers::to_dict(private.py(), &Headers::single("Authorization", bearer)).map(Some)
    }

    /// The headers, or None: then the answer comes to `queue` under `tag`.
    fn request<'py>(&self, py: Python<'py>, queue: &CompletionQueue, tag: u64) -> PyResult<Option<Bound<'py, PyDict>>> {
        match self.provider.request(queue.0.waiter(tag)) {
            Requested::Waiting => Ok(None),
            Requested::Ready(Ok(headers)) => self.template.dict(py, &headers).map(Some),
            Requested::Ready(Err(error)) => Err(errors::to_py(py, &error)),
        }
    }

    /// Told that the backend refused its headers.
    fn invalidate(&self, rejected: Option<&str>) {
        self.provider.invalidate(rejected);
    }
}

/// The token of a cache that belongs to one provider: ours, or anything with a `get` that a test put in its place.
fn private_token(cache: &Bound<'_, PyAny>) -> PyResult<Option<Secret>> {
    if let Ok(cache) = cache.cast_exact::<TokenCache>() {
        return Ok(cache.get().0.get());
    }
    Ok(cache.call_method0("get")?.extract::<Option<String>>()?.map(Secret::new))
}
