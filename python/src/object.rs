//! Objects of the package's Python classes, made without running a line of Python.
//!
//! A daemon thread is ended by the interpreter's end wherever it next runs Python code. Frames of Rust under that code
//! would be torn down with it, and the process too. So no constructor runs here: `__new__` is C's, and the fields are
//! put where the constructor would put them.

use pyo3::call::PyCallArgs;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};

/// An object of `class` with these fields; `args` are the class and what its `__new__` takes besides.
pub(crate) fn new<'py>(
    class: &Bound<'py, PyType>,
    args: impl PyCallArgs<'py>,
    fields: &Bound<'py, PyDict>,
) -> PyResult<Bound<'py, PyAny>> {
    let object = class.call_method1("__new__", args)?;
    object.getattr("__dict__")?.cast_into::<PyDict>()?.update(fields.as_mapping())?;
    Ok(object)
}
