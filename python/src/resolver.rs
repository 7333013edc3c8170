//! `Resolver`: maps the name of a backend to headers.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwap;
use argus_auth_core::wait::{Outcome, Requested};
use argus_auth_core::{ConfigError, LoadOptions};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::config::options;
use crate::doctor::Checkup;
use crate::headers::Template;
use crate::queue::CompletionQueue;
use crate::{errors, log, status};

/// The backends of one configuration.
#[pyclass(frozen, module = "argus_auth._native")]
pub(crate) struct Resolver {
    inner: argus_auth_core::Resolver,
    /// The template of each backend. A reload replaces them all.
    templates: ArcSwap<HashMap<String, Template>>,
}

#[pymethods]
impl Resolver {
    // This thread keeps the interpreter lock (GIL) while the configuration is read, so that `os.environ` can't change
    // meanwhile.
    #[staticmethod]
    #[pyo3(signature = (path, unresolved, *, thorough = false))]
    #[allow(clippy::needless_pass_by_value, reason = "pyo3 extracts a path by value")]
    fn from_file(py: Python<'_>, path: PathBuf, unresolved: &str, thorough: bool) -> PyResult<Self> {
        let options = LoadOptions { thorough, ..options(unresolved)? };
        let inner = argus_auth_core::Resolver::from_file(&path, &options);
        Self::wrap(py, inner)
    }

    #[staticmethod]
    fn from_text(py: Python<'_>, text: &str, unresolved: &str) -> PyResult<Self> {
        let options = options(unresolved)?;
        let inner = argus_auth_core::Resolver::from_text(text.as_bytes(), &options);
        Self::wrap(py, inner)
    }

    /// Returns the headers if no wait is needed. Otherwise returns None, and a fetch is under way.
    fn ready<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Option<Bound<'py, PyDict>>> {
        let headers = self.inner.try_headers(name);
        log::flush(py)?;
        match headers {
            Ok(Some(headers)) => Ok(Some(match self.templates.load().get(name) {
                Some(template) => template.dict(py, &headers)?,
                None => crate::headers::to_dict(py, &headers)?,
            })),
            Ok(None) => Ok(None),
            Err(error) => Err(errors::to_py(py, &error)),
        }
    }

    /// Returns the headers if known at once. Otherwise returns None, and the outcome arrives in `queue` under `tag`.
    fn request<'py>(
        &self,
        py: Python<'py>,
        name: &str,
        queue: &CompletionQueue,
        tag: u64,
    ) -> PyResult<Option<Bound<'py, PyDict>>> {
        match self.inner.request(name, queue.0.waiter(tag)) {
            Ok(Requested::Waiting) => Ok(None),
            Ok(Requested::Ready(outcome)) => to_dict(py, outcome).map(Some),
            Err(error) => Err(errors::to_py(py, &error)),
        }
    }

    /// Drops the backend's token after the backend has refused it.
    fn invalidate(&self, py: Python<'_>, name: &str, rejected: Option<&str>) -> PyResult<()> {
        self.inner.invalidate(name, rejected).map_err(|error| errors::to_py(py, &error))
    }

    /// Reads the file again and replaces the configuration.
    // This thread keeps the interpreter lock, as in `from_file`.
    fn reload(&self, py: Python<'_>) -> PyResult<()> {
        let reloaded = self.inner.reload();
        log::flush(py)?;
        reloaded.map_err(|error| errors::config(py, &error))?;
        self.templates.store(Arc::new(templates(&self.inner)));
        Ok(())
    }

    /// Returns the state of a backend's token, an `argus_auth.TokenStatus`. None for a backend without a token.
    fn status<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        let status = self.inner.status(name).map_err(|error| errors::to_py(py, &error))?;
        status.map(|status| status::to_py(py, &status)).transpose()
    }

    /// Returns counters and gauges in the Prometheus text format.
    fn metrics(&self) -> String {
        self.inner.metrics()
    }

    /// Starts one request for each distinct token.
    fn diagnose(&self) -> Vec<Checkup> {
        self.inner.diagnose().into_iter().map(Checkup::new).collect()
    }

    /// The names of the remote backends, in file order.
    #[getter]
    fn backends<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.inner.backends().iter().map(|backend| backend.name.as_str()))
    }

    /// The warnings of the last load: legal settings that are probably mistakes.
    #[getter]
    fn warnings<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        errors::problems(py, &self.inner.warnings())
    }
}

impl Resolver {
    fn wrap(py: Python<'_>, loaded: Result<argus_auth_core::Resolver, ConfigError>) -> PyResult<Self> {
        let inner = loaded.map_err(|error| errors::config(py, &error))?;
        log::flush(py)?;
        let templates = ArcSwap::from_pointee(templates(&inner));
        Ok(Self { inner, templates })
    }
}

fn templates(resolver: &argus_auth_core::Resolver) -> HashMap<String, Template> {
    resolver.backends().iter().map(|backend| (backend.name.clone(), Template::default())).collect()
}

fn to_dict(py: Python<'_>, outcome: Outcome) -> PyResult<Bound<'_, PyDict>> {
    outcome.map_err(|error| errors::to_py(py, &error)).and_then(|headers| crate::headers::to_dict(py, &headers))
}
