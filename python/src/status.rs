//! `TokenStatus`: the state of one token. The class is Python code (`argus_auth/_status.py`).

use std::time::Duration;

use argus_auth_core::token::TokenStatus;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyType};

use crate::{errors, object};

/// Returns `status` as an `argus_auth.TokenStatus`.
pub(crate) fn to_py<'py>(py: Python<'py>, status: &TokenStatus) -> PyResult<Bound<'py, PyAny>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let last_error = status.last_error.as_ref().map(|error| errors::token_error(py, error).into_value(py));
    let fields = PyDict::new(py);
    fields.set_item("state", status.state.as_str())?;
    fields.set_item("expires_in", seconds(status.expires_in))?;
    fields.set_item("since_success", seconds(status.since_success))?;
    fields.set_item("last_error", last_error)?;
    fields.set_item("cool_down", seconds(status.cool_down))?;
    fields.set_item("fetching", status.fetching)?;
    fields.set_item("successes", status.successes)?;
    fields.set_item("failures", status.failures)?;
    fields.set_item("hits", status.hits)?;
    let class = CLASS.import(py, "argus_auth._status", "TokenStatus")?;
    object::new(class, (class,), &fields)
}

fn seconds(duration: Option<Duration>) -> Option<f64> {
    duration.map(|duration| duration.as_secs_f64())
}
