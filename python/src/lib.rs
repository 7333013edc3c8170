//! The extension module `argus_auth._native`: the core's types as Python objects, and nothing that decides.
//!
//! The package around it (`python/argus_auth`) is what users import. It waits on event loops, speaks `logging` and
//! carries the documentation; here, values are translated.
//!
//! Three rules keep the interpreter and the engine apart:
//!
//! * the engine's threads never attach to the interpreter: they put answers into a [`queue`] and records into a
//!   [`log`], both of which Python threads empty;
//! * no lock is held while Python code may run, and none runs within a call but a log handler's ([`object`] says why);
//! * the interpreter stays attached during every call into the core: `os.fork` can't happen in the middle of one, and
//!   no thread comes back to an interpreter that is being torn down, which would end the thread, or the process, from
//!   within Rust. Waiting is Python's: for a descriptor, on an event loop or in `poll`.

mod config;
mod doctor;
mod errors;
mod headers;
mod log;
mod oauth2;
mod object;
mod queue;
mod resolver;
mod status;
mod token_cache;

use std::time::Duration;

use argus_auth_core::Engine;
use pyo3::prelude::*;
use pyo3::types::PyFrozenSet;

/// Stops the engine's thread, waiting for at most `timeout` seconds; true if it has ended.
#[pyfunction]
fn shutdown(py: Python<'_>, timeout: f64) -> bool {
    let timeout = seconds(timeout);
    py.detach(|| Engine::global().shutdown(timeout))
}

/// A duration of `seconds`: none at all if that is negative or not a number, the longest if there is no such duration.
fn seconds(seconds: f64) -> Duration {
    if seconds > 0.0 { Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX) } else { Duration::ZERO }
}

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    log::start();
    module.add("__version__", argus_auth_core::VERSION)?;
    module.add("RESOLVER_ONLY_KEYS", PyFrozenSet::new(module.py(), config::RESOLVER_ONLY_KEYS)?)?;
    module.add_class::<doctor::Checkup>()?;
    module.add_class::<oauth2::OAuth2Source>()?;
    module.add_class::<queue::CompletionQueue>()?;
    module.add_class::<resolver::Resolver>()?;
    module.add_class::<token_cache::TokenCache>()?;
    module.add_function(wrap_pyfunction!(config::load_config, module)?)?;
    module.add_function(wrap_pyfunction!(config::shown_url, module)?)?;
    module.add_function(wrap_pyfunction!(config::snippet, module)?)?;
    module.add_function(wrap_pyfunction!(shutdown, module)?)?;
    module.add_function(wrap_pyfunction!(log::close_log, module)?)?;
    module.add_function(wrap_pyfunction!(log::flush_log, module)?)?;
    Ok(())
}
