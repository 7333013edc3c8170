//! Answers for an event loop: see `argus_auth/_bridge.py`.

use std::os::fd::{AsFd, AsRawFd};
use std::sync::Arc;

use argus_auth_core::wait;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::{errors, headers, log};

/// A tag, and either headers or an exception.
type Answer<'py> = (u64, Option<Bound<'py, PyDict>>, Option<Bound<'py, PyAny>>);

/// Answers under the tags their callers chose, and a descriptor that is readable while there are any.
#[pyclass(frozen, module = "argus_auth._native")]
pub(crate) struct CompletionQueue(pub(crate) Arc<wait::CompletionQueue>);

#[pymethods]
impl CompletionQueue {
    #[new]
    fn new() -> PyResult<Self> {
        Ok(Self(wait::CompletionQueue::new()?))
    }

    /// The descriptor to wait on.
    fn fileno(&self) -> i32 {
        self.0.as_fd().as_raw_fd()
    }

    /// All answers that have come: (tag, headers or None, exception or None). Never waits.
    fn drain<'py>(&self, py: Python<'py>) -> PyResult<Vec<Answer<'py>>> {
        // Before the answers are taken: a log handler that raises must not lose them.
        log::flush(py)?;
        let template = headers::Template::default();
        let answers = self.0.drain().into_iter().map(|(tag, outcome)| {
            // An answer that can't be made into an object is told as an error: whoever waits must hear something.
            match outcome.map_err(|error| errors::to_py(py, &error)).and_then(|headers| template.dict(py, &headers)) {
                Ok(headers) => (tag, Some(headers), None),
                Err(error) => (tag, None, Some(error.into_value(py).into_bound(py).into_any())),
            }
        });
        Ok(answers.collect())
    }
}
