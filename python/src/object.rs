//! Construction of objects of the package's Python classes without running Python code.
//!
//! When the interpreter exits, it ends each daemon thread at the point where that thread next runs Python code. If the
//! thread has frames of Rust on its stack below that code, they are unwound too, and the process aborts. So no
//! constructor runs here: `__new__` is C code, and the fields are stored where the constructor would store them.

use pyo3::call::PyCallArgs;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};

/// Returns an object of `class` with these fields. `args` are the class and the further arguments of its `__new__`.
pub(crate) fn new<'py>(
    class: &Bound<'py, PyType>,
    args: impl PyCallArgs<'py>,
    fields: &Bound<'py, PyDict>,
) -> PyResult<Bound<'py, PyAny>> {
    let object = class.call_method1("__new__", args)?;
    object.getattr("__dict__")?.cast_into::<PyDict>()?.update(fields.as_mapping())?;
    Ok(object)
}
