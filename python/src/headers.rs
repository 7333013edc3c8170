//! Conversion of headers to Python dictionaries.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use argus_auth_core::Headers;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Returns a new dictionary of `headers`.
pub(crate) fn to_dict<'py>(py: Python<'py>, headers: &Headers) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (name, value) in headers.iter() {
        dict.set_item(name, value.expose_secret())?;
    }
    Ok(dict)
}

/// The dictionary of the headers that were served last. Each caller gets a copy of it, which shares the strings; making
/// new strings would take about a third of the whole call.
#[derive(Default)]
pub(crate) struct Template(ArcSwapOption<(Arc<Headers>, Py<PyDict>)>);

impl Template {
    /// Forgets the headers.
    pub(crate) fn clear(&self) {
        self.0.store(None);
    }

    /// Returns a new dictionary of `headers`.
    pub(crate) fn dict<'py>(&self, py: Python<'py>, headers: &Arc<Headers>) -> PyResult<Bound<'py, PyDict>> {
        let last = self.0.load();
        if let Some((served, dict)) = last.as_deref()
            && Arc::ptr_eq(served, headers)
        {
            return dict.bind(py).copy();
        }
        let dict = to_dict(py, headers)?;
        let copy = dict.copy()?;
        self.0.store(Some(Arc::new((Arc::clone(headers), dict.unbind()))));
        Ok(copy)
    }
}
