//! Conversion of the core's errors to the exceptions of `argus_auth`.
//!
//! The classes are Python code (`argus_auth/_errors.py`), so that their fields have types and documentation there.

use argus_auth_core::{ConfigError, Error, Problem, Severity, TokenError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple, PyType};

use crate::object;

const MODULE: &str = "argus_auth._errors";

/// Returns `error` as an exception, ready to be raised.
pub(crate) fn to_py(py: Python<'_>, error: &Error) -> PyErr {
    static AUTH_ERROR: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    static DEADLINE_ERROR: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let class = match error {
        Error::Config(error) => return config(py, error),
        Error::Token(error) => return token_error(py, error),
        Error::Deadline => DEADLINE_ERROR.import(py, MODULE, "DeadlineError"),
        _ => AUTH_ERROR.import(py, MODULE, "AuthError"),
    };
    let fields = || basics(py, error.code(), error.is_retryable());
    class.and_then(|class| raise(class, &error.to_string(), &fields()?)).unwrap_or_else(|failure| failure)
}

/// Returns the problems of a configuration as one `ConfigError`.
pub(crate) fn config(py: Python<'_>, error: &ConfigError) -> PyErr {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let make = || {
        let fields = basics(py, "config", false)?;
        fields.set_item("problems", problems(py, &error.problems)?)?;
        fields.set_item("file", error.file.as_ref().map(|file| file.display().to_string()))?;
        raise(CLASS.import(py, MODULE, "ConfigError")?, &error.to_string(), &fields)
    };
    make().unwrap_or_else(|failure| failure)
}

/// Returns a tuple of `argus_auth.Problem`.
pub(crate) fn problems<'py>(py: Python<'py>, problems: &[Problem]) -> PyResult<Bound<'py, PyTuple>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let class = CLASS.import(py, MODULE, "Problem")?;
    let objects = problems.iter().map(|problem| {
        let severity = match problem.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let fields = PyDict::new(py);
        fields.set_item("severity", severity)?;
        fields.set_item("path", &problem.path)?;
        fields.set_item("line", problem.line)?;
        fields.set_item("column", problem.column)?;
        fields.set_item("message", &problem.message)?;
        object::new(class, (class,), &fields)
    });
    PyTuple::new(py, objects.collect::<PyResult<Vec<_>>>()?)
}

/// Returns the error of a failed fetch as a `TokenError`.
pub(crate) fn token_error(py: Python<'_>, error: &TokenError) -> PyErr {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let make = || {
        let fields = basics(py, error.kind.code(), error.kind.is_transient())?;
        fields.set_item("token_url", &error.token_url)?;
        fields.set_item("http_status", error.http_status)?;
        fields.set_item("oauth_error", &error.oauth_error)?;
        fields.set_item("oauth_error_description", &error.oauth_error_description)?;
        raise(CLASS.import(py, MODULE, "TokenError")?, &error.to_string(), &fields)
    };
    make().unwrap_or_else(|failure| failure)
}

fn basics<'py>(py: Python<'py>, code: &str, retryable: bool) -> PyResult<Bound<'py, PyDict>> {
    let fields = PyDict::new(py);
    fields.set_item("code", code)?;
    fields.set_item("retryable", retryable)?;
    Ok(fields)
}

fn raise<'py>(class: &Bound<'py, PyType>, message: &str, fields: &Bound<'py, PyDict>) -> PyResult<PyErr> {
    Ok(PyErr::from_value(object::new(class, (class, message), fields)?))
}
