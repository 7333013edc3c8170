//! The core's errors as the exceptions of `argus_auth`.
//!
//! The classes are Python code (`argus_auth/_errors.py`), where their fields have types and documentation.

use argus_auth_core::{ConfigError, Error, Problem, Severity, TokenError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple, PyType};

const MODULE: &str = "argus_auth._errors";

/// `error` as an exception, ready to be raised.
pub(crate) fn to_py(py: Python<'_>, error: &Error) -> PyErr {
    static AUTH_ERROR: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    static DEADLINE_ERROR: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let class = match error {
        Error::Config(error) => return config(py, error),
        Error::Token(token) => return token_error(py, error, token),
        Error::Deadline => DEADLINE_ERROR.import(py, MODULE, "DeadlineError"),
        _ => AUTH_ERROR.import(py, MODULE, "AuthError"),
    };
    class.and_then(|class| raise(class, &error.to_string(), &basics(py, error)?)).unwrap_or_else(|failure| failure)
}

/// The problems of a configuration, as an exception.
pub(crate) fn config(py: Python<'_>, error: &ConfigError) -> PyErr {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let make = || {
        let fields = PyDict::new(py);
        fields.set_item("problems", problems(py, &error.problems)?)?;
        fields.set_item("file", error.file.as_ref().map(|file| file.display().to_string()))?;
        raise(CLASS.import(py, MODULE, "ConfigError")?, &error.to_string(), &fields)
    };
    make().unwrap_or_else(|failure| failure)
}

/// A tuple of `argus_auth.Problem`.
pub(crate) fn problems<'py>(py: Python<'py>, problems: &[Problem]) -> PyResult<Bound<'py, PyTuple>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let class = CLASS.import(py, MODULE, "Problem")?;
    let objects = problems.iter().map(|problem| {
        let severity = match problem.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        class.call1((severity, &problem.path, problem.line, problem.column, &problem.message))
    });
    PyTuple::new(py, objects.collect::<PyResult<Vec<_>>>()?)
}

fn token_error(py: Python<'_>, error: &Error, token: &TokenError) -> PyErr {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let make = || {
        let fields = basics(py, error)?;
        fields.set_item("token_url", &token.token_url)?;
        fields.set_item("http_status", token.http_status)?;
        fields.set_item("oauth_error", &token.oauth_error)?;
        fields.set_item("oauth_error_description", &token.oauth_error_description)?;
        raise(CLASS.import(py, MODULE, "TokenError")?, &error.to_string(), &fields)
    };
    make().unwrap_or_else(|failure| failure)
}

fn basics<'py>(py: Python<'py>, error: &Error) -> PyResult<Bound<'py, PyDict>> {
    let fields = PyDict::new(py);
    fields.set_item("code", error.code())?;
    fields.set_item("retryable", error.is_retryable())?;
    Ok(fields)
}

fn raise(class: &Bound<'_, PyType>, message: &str, fields: &Bound<'_, PyDict>) -> PyResult<PyErr> {
    Ok(PyErr::from_value(class.call((message,), Some(fields))?))
}
