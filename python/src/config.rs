//! `load_config`, which returns a configuration in the form that the gateway's own loader returns; `snippet`, which
//! returns one line of its text; and `shown_url`, which removes the secret parts of a URL.

use std::path::PathBuf;

pub(crate) use argus_auth_core::config::OAUTH2_OF_LIBRARY as RESOLVER_ONLY_KEYS;
use argus_auth_core::config::{self, GatewayValue};
use argus_auth_core::{LoadOptions, Problem, Severity, Unresolved};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};

use crate::{errors, log};

/// Returns the remote backends of a file, as a dict from name to dict.
// This thread keeps the interpreter lock (GIL) while the configuration is read, so that `os.environ` can't change
// meanwhile.
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

/// Returns the line of `text` that a problem is about, with possible secrets masked and a caret under the place.
/// Returns None if the problem has no place in the text, or if the text is not UTF-8.
#[pyfunction]
#[pyo3(signature = (text, path, line, column, message, /))]
pub(crate) fn snippet(text: &[u8], path: String, line: u32, column: u32, message: String) -> Option<String> {
    config::snippet(text, &Problem { severity: Severity::Error, path, line, column, message })
}

/// Returns `url` without the parts that may be secret: user, password, query and fragment.
#[pyfunction]
#[pyo3(signature = (url, /))]
pub(crate) fn shown_url(url: &str) -> String {
    config::display_url(url)
}

/// Returns the load options for the value of Python's keyword `unresolved`.
pub(crate) fn options(unresolved: &str) -> PyResult<LoadOptions> {
    let unresolved = match unresolved {
        "error" => Unresolved::Error,
        "keep" => Unresolved::Keep,
        _ => return Err(PyValueError::new_err(format!("unresolved is \"error\" or \"keep\", not {unresolved:?}"))),
    };
    Ok(LoadOptions { unresolved, ..LoadOptions::default() })
}

/// The first [`InternedKeys::MAX_KEPT`] distinct keys, as Python strings. All backends have the same few keys, so each
/// string is made once, and a linear search finds it sooner than a hash table would.
#[derive(Default)]
struct InternedKeys<'c, 'py>(Vec<(&'c str, Bound<'py, PyString>)>);

impl<'c, 'py> InternedKeys<'c, 'py> {
    const MAX_KEPT: usize = 32;

    fn get(&mut self, py: Python<'py>, name: &'c str) -> Bound<'py, PyString> {
        if let Some((_, key)) = self.0.iter().find(|(known, _)| *known == name) {
            return key.clone();
        }
        let key = PyString::new(py, name);
        if self.0.len() < Self::MAX_KEPT {
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
