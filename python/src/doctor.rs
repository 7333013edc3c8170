//! `Checkup`: a checkup of one distinct token, for the command line. See `argus_auth/_doctor.py`.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use argus_auth_core::doctor::{self, Diagnosis};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple, PyType};

use crate::{errors, log, object, seconds};

/// A checkup that is under way.
#[pyclass(frozen, module = "argus_auth._native")]
pub(crate) struct Checkup {
    backends: Vec<String>,
    token_url: String,
    scopes: Vec<String>,
    inner: Mutex<doctor::Checkup>,
}

impl Checkup {
    pub(crate) fn new(inner: doctor::Checkup) -> Self {
        Self {
            backends: inner.backends.clone(),
            token_url: inner.token_url.clone(),
            scopes: inner.scopes.clone(),
            inner: Mutex::new(inner),
        }
    }
}

#[pymethods]
impl Checkup {
    /// Waits for the diagnosis for at most `timeout` seconds. Returns it as an `argus_auth._doctor.Diagnosis`, or None
    /// after the timeout.
    ///
    /// This thread keeps the interpreter lock (GIL): no other Python thread runs and no signal is handled meanwhile. So
    /// call this repeatedly with a short timeout.
    #[pyo3(signature = (timeout, /))]
    fn wait<'py>(&self, py: Python<'py>, timeout: f64) -> PyResult<Option<Bound<'py, PyAny>>> {
        log::flush(py)?;
        let diagnosis = self.inner.lock().unwrap_or_else(PoisonError::into_inner).wait(seconds(timeout));
        diagnosis.map(|diagnosis| self.diagnosis(py, &diagnosis)).transpose()
    }
}

impl Checkup {
    fn diagnosis<'py>(&self, py: Python<'py>, diagnosis: &Diagnosis) -> PyResult<Bound<'py, PyAny>> {
        static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        let fields = PyDict::new(py);
        fields.set_item("backends", PyTuple::new(py, &self.backends)?)?;
        fields.set_item("token_url", &self.token_url)?;
        fields.set_item("scopes_asked", PyTuple::new(py, &self.scopes)?)?;
        fields.set_item("latency", diagnosis.latency.as_secs_f64())?;
        match &diagnosis.outcome {
            Ok(granted) => {
                fields.set_item("error", py.None())?;
                fields.set_item("advice", py.None())?;
                let scopes = granted.scopes.as_ref().map(|scopes| PyTuple::new(py, scopes)).transpose()?;
                fields.set_item("lifetime", granted.lifetime.as_ref().map(Duration::as_secs_f64))?;
                fields.set_item("scopes_granted", scopes)?;
                fields.set_item("scopes_missing", PyTuple::new(py, &granted.missing_scopes)?)?;
            }
            Err(failure) => {
                fields.set_item("lifetime", py.None())?;
                fields.set_item("scopes_granted", py.None())?;
                fields.set_item("scopes_missing", PyTuple::empty(py))?;
                fields.set_item("error", errors::to_py(py, &failure.error).into_value(py))?;
                fields.set_item("advice", &failure.advice)?;
            }
        }
        let class = CLASS.import(py, "argus_auth._doctor", "Diagnosis")?;
        object::new(class, (class,), &fields)
    }
}
