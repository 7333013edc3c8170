//! The extension module `argus_auth._native`: translates the core's types to Python objects, and decides nothing.
//!
//! Users import the package around it (`python/argus_auth`), which waits on event loops, writes to `logging` and holds
//! the documentation. The files:
//!
//! * `resolver`: `Resolver`, which maps the name of a backend to headers;
//! * `oauth2`: `OAuth2Source`, the native part of `OAuth2Provider`;
//! * `token_cache`: `TokenCache`, the gateway's class of that name;
//! * `queue`: `CompletionQueue`, outcomes of fetches for event loops and blocked threads;
//! * `doctor`: `Checkup`, a checkup of one distinct token;
//! * `config`: `load_config`, `snippet` and `shown_url`;
//! * `log`: the queue of log records for `logging`;
//! * `errors`, `headers`, `status`: conversions to Python objects;
//! * `object`: construction of Python objects without running Python code.
//!
//! Three rules keep the interpreter and the engine apart:
//!
//! * The engine's threads never attach to the interpreter. They put outcomes into a [`queue`] and records into the
//!   queue of [`log`]. Python threads empty these queues.
//! * No lock is held while Python code may run. The only Python code that runs within a call passes records to the
//!   handlers of `logging` (see [`object`]).
//! * A thread stays attached to the interpreter, and so keeps the lock (GIL), during every call, except in `shutdown`
//!   and `close_log`, which run at exit. So `os.fork` can't run in the middle of a call. And no thread has to attach
//!   again: while the interpreter shuts down, attaching would end the thread or the process from within Rust. Callers
//!   wait for headers in Python code, which waits for a descriptor, on an event loop or in `poll`.

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

/// Stops the engine's thread and waits for its end for at most `timeout` seconds. Returns whether it has ended.
#[pyfunction]
fn shutdown(py: Python<'_>, timeout: f64) -> bool {
    let timeout = seconds(timeout);
    py.detach(|| Engine::global().shutdown(timeout))
}

/// Converts seconds to a duration: zero for a negative number or NaN, the longest duration for a number that is too
/// large.
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
