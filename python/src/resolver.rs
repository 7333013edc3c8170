//! `Resolver`: backend name to headers.

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
    /// By backend. A reload begins with new ones.
    templates: ArcSwap<HashMap<String, Template>>,
}

#[pymethods]
impl Resolver {
    // The interpreter stays attached while the configuration is read: `os.environ` can't change meanwhile.
    #[staticmethod]
    #[pyo3(signature = (path, unresolved, *, thorough = false))]
    #[allow(clippy::needless_pass_by_value, reason = "pyo3 extracts a path by value")]
    fn from_file(py: Python<'_>, path: PathBuf, unresolved: &str, thorough: bool) -> PyResult<Self> {
        let options = LoadOptions { thorough, ..options(unresolved)? };
        let inner = argus_auth_core::Resolver::from_file(&path, &options);
        Self::around(py, inner)
    }

    #[staticmethod]
    fn from_text(py: Python<'_>, text: &str, unresolved: &str) -> PyResult<Self> {
        let options = options(unresolved)?;
        let inner = argus_auth_core::Resolver::from_text(text.as_bytes(), &options);
        Self::around(py, inner)
    }

    /// The headers, if they can be had without waiting; otherwise None, and a fetch is under way.
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

    /// The headers, or None: then the answer comes to `queue` under `tag`.
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

    /// Told that the backend refused its headers.
    fn invalidate(&self, py: Python<'_>, name: &str, rejected: Option<&str>) -> PyResult<()> {
        self.inner.invalidate(name, rejected).map_err(|error| errors::to_py(py, &error))
    }

    /// Reads the file again, and goes on with what it says now.
    // The interpreter stays attached, as in `from_file`.
    fn reload(&self, py: Python<'_>) -> PyResult<()> {
        let reloaded = self.inner.reload();
        log::flush(py)?;
        reloaded.map_err(|error| errors::config(py, &error))?;
        self.templates.store(Arc::new(templates(&self.inner)));
        Ok(())
    }

    /// The state of a backend's token, an `argus_auth.TokenStatus`; None for a backend without one.
    fn status<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        let status = self.inner.status(name).map_err(|error| errors::to_py(py, &error))?;
        status.map(|status| status::to_py(py, &status)).transpose()
    }

    /// Counters and gauges in the Prometheus text format.
    fn metrics(&self) -> String {
        self.inner.metrics()
    }

    /// Begins to ask each distinct token endpoint once.
    fn diagnose(&self) -> Vec<Checkup> {
        self.inner.diagnose().into_iter().map(Checkup::new).collect()
    }

    /// The names of the remote backends, in file order.
    #[getter]
    fn backends<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.inner.backends().iter().map(|backend| backend.name.as_str()))
    }

    /// What is legal in the configuration but probably not meant.
    #[getter]
    fn warnings<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        errors::problems(py, &self.inner.warnings())
    }
}

impl Resolver {
    fn around(py: Python<'_>, loaded: Result<argus_auth_core::Resolver, ConfigError>) -> PyResult<Self> {
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
