//! `CompletionQueue`: outcomes of fetches for event loops and blocked threads. See `argus_auth/_bridge.py`.

use std::os::fd::{AsFd, AsRawFd};
use std::sync::Arc;

use argus_auth_core::wait;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::{errors, headers, log};

/// The outcome of a fetch: the tag of the caller, and either headers or an exception.
type TaggedOutcome<'py> = (u64, Option<Bound<'py, PyDict>>, Option<Bound<'py, PyAny>>);

/// A queue of outcomes, each with the tag that its caller chose. The descriptor is readable while the queue is not
/// empty.
#[pyclass(frozen, module = "argus_auth._native")]
pub(crate) struct CompletionQueue(pub Arc<wait::CompletionQueue>);

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

    /// Returns all outcomes that have arrived, as (tag, headers or None, exception or None). Never waits.
    fn drain<'py>(&self, py: Python<'py>) -> PyResult<Vec<TaggedOutcome<'py>>> {
        // Passes on log records before the outcomes are taken out, so that no outcome is lost if a log handler raises.
        log::flush(py)?;
        let template = headers::Template::default();
        let outcomes = self.0.drain().into_iter().map(|(tag, outcome)| {
            // If no dictionary can be made of the headers, the caller gets that error. Every caller must get an
            // outcome.
            match outcome.map_err(|error| errors::to_py(py, &error)).and_then(|headers| template.dict(py, &headers)) {
                Ok(headers) => (tag, Some(headers), None),
                Err(error) => (tag, None, Some(error.into_value(py).into_bound(py).into_any())),
            }
        });
        Ok(outcomes.collect())
    }
}
