//! Headers as Python dictionaries.

use std::sync::Arc;

use argus_auth_core::Headers;
use parking_lot::Mutex;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// A new dictionary of these headers.
pub(crate) fn to_dict<'py>(py: Python<'py>, headers: &Headers) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (name, value) in headers.iter() {
        dict.set_item(name, value.expose_secret())?;
    }
    Ok(dict)
}

/// The dictionary of the headers that were served last, to be copied for each caller: that spares making the strings
/// anew, which is about a third of the whole call.
#[derive(Default)]
pub(crate) struct Template(Mutex<Option<(Arc<Headers>, Py<PyDict>)>>);

impl Template {
    /// A fresh dictionary of `headers`.
    pub(crate) fn dict<'py>(&self, py: Python<'py>, headers: &Arc<Headers>) -> PyResult<Bound<'py, PyDict>> {
        // The lock is released before anything that could run Python code, and so come back here: making a
        // dictionary (the garbage collector) or dropping one. It is only held with the interpreter attached, so a
        // fork can't leave it locked.
        let known =
            self.0.lock().as_ref().filter(|(of, _)| Arc::ptr_eq(of, headers)).map(|(_, dict)| dict.clone_ref(py));
        if let Some(dict) = known {
            return dict.bind(py).copy();
        }
        let dict = to_dict(py, headers)?;
        let copy = dict.copy()?;
        let previous = self.0.lock().replace((Arc::clone(headers), dict.unbind()));
        drop(previous);
        Ok(copy)
    }
}
