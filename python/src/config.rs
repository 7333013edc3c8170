//! `load_config`: a configuration as the gateway's own loader hands it on. `snippet`: its lines for a person.

use std::path::PathBuf;

pub(crate) use argus_auth_core::config::OAUTH2_OF_LIBRARY as RESOLVER_ONLY_KEYS;
use argus_auth_core::config::{self, GatewayValue};
use argus_auth_core::{LoadOptions, Problem, Severity, Unresolved};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};

use crate::{errors, log};

/// The remote backends of a file: name to dict.
// The interpreter stays attached while the configuration is read: `os.environ` can't change meanwhile.
#[pyfunction]
#[allow(clippy::needless_pass_by_value, reason = "pyo3 extracts a path by value")]
pub(crate) fn load_config<'py>(py: Python<'py>, path: PathBuf, unresolved: &str) -> PyResult<Bound<'py, PyDict>> {
    let config = config::load(&path, &options(unresolved)?).map_err(|error| errors::config(py, &error))?;
    log::flush(py)?;
    let backends = PyDict::new(py);
    let mut keys = InternedKeys::default();
    for backend in &config.backends {
        backends.set_item(&backend.name, object(py, &backend.gateway_value(), &mut keys)?)?;
    }
    Ok(backends)
}

/// The line of `text` that a problem is about, with what may be secret masked, and a caret under its place; None if it
/// has no place in the text.
#[pyfunction]
#[pyo3(signature = (text, path, line, column, message, /))]
pub(crate) fn snippet(text: &[u8], path: String, line: u32, column: u32, message: String) -> Option<String> {
    config::snippet(text, &Problem { severity: Severity::Error, path, line, column, message })
}

/// `url` without what could be secret in it.
#[pyfunction]
#[pyo3(signature = (url, /))]
pub(crate) fn shown_url(url: &str) -> String {
    config::display_url(url)
}

/// The options that Python's keywords stand for.
pub(crate) fn options(unresolved: &str) -> PyResult<LoadOptions> {
    let unresolved = match unresolved {
        "error" => Unresolved::Error,
        "keep" => Unresolved::Keep,
        _ => return Err(PyValueError::new_err(format!("unresolved is \"error\" or \"keep\", not {unresolved:?}"))),
    };
    Ok(LoadOptions { unresolved, ..LoadOptions::default() })
}

/// The first keys that were met. All backends have the same few, so each is made once, and a walk along them finds it
/// sooner than a table would.
#[derive(Default)]
struct InternedKeys<'c, 'py>(Vec<(&'c str, Bound<'py, PyString>)>);

impl<'c, 'py> InternedKeys<'c, 'py> {
    const MOST: usize = 32;

    fn get(&mut self, py: Python<'py>, name: &'c str) -> Bound<'py, PyString> {
        if let Some((_, key)) = self.0.iter().find(|(known, _)| *known == name) {
            return key.clone();
        }
        let key = PyString::new(py, name);
        if self.0.len() < Self::MOST {
            self.0.push((name, key.clone()));
        }
        key
    }
}

fn object<'c, 'py>(
    py: Python<'py>,
    value: &GatewayValue<'c>,
    keys: &mut InternedKeys<'c, 'py>,
) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        GatewayValue::Null => py.None().into_bound(py),
        GatewayValue::Bool(value) => value.into_pyobject(py)?.to_owned().into_any(),
        GatewayValue::Int(value) => value.into_pyobject(py)?.into_any(),
        GatewayValue::Float(value) => value.into_pyobject(py)?.into_any(),
        GatewayValue::Text(value) => PyString::new(py, value).into_any(),
        GatewayValue::List(values) => {
            let items = values.iter().map(|value| object(py, value, keys));
            PyList::new(py, items.collect::<PyResult<Vec<_>>>()?)?.into_any()
        }
        GatewayValue::Map(fields) => {
            let dict = PyDict::new(py);
            for (name, value) in fields {
                let value = object(py, value, keys)?;
                dict.set_item(keys.get(py, name), value)?;
            }
            dict.into_any()
        }
    })
}
