//! Backend name to headers: the merge with configured headers, and what happens when authentication can't be had.

mod backend;
mod pending;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use backend::Backend;
pub use pending::Pending;

use crate::config::{self, BackendConfig, Config, ConfigError, LoadOptions};
use crate::engine::Engine;
use crate::error::Error;
use crate::headers::Headers;
use crate::token::{Outcome, Requested, TokenStatus, Waiter};

/// The remote backends of one configuration, and the headers that a request to each must carry.
///
/// Cheap to clone; clones share everything. All methods may be called from any thread, also after a fork. Building
/// one does no I/O but reading the file.
///
/// What [`FailurePolicy::Open`](crate::FailurePolicy) means here: when a token can't be had, the error is logged and the backend's
/// configured headers are returned without authentication. Only a caller's own deadline is always an error.
#[derive(Debug, Clone)]
pub struct Resolver {
    backends: Arc<Backends>,
}

#[derive(Debug)]
struct Backends {
    in_order: Vec<Arc<Backend>>,
    by_name: HashMap<String, Arc<Backend>>,
    config: Config,
    engine: Engine,
}

impl Resolver {
    /// Loads a configuration file.
    ///
    /// # Errors
    ///
    /// Every problem of the file at once.
    pub fn from_file(path: &Path, options: &LoadOptions) -> Result<Self, ConfigError> {
        Ok(Self::new(config::load(path, options)?, Engine::global()))
    }

    /// Reads a configuration from text, UTF-8.
    ///
    /// # Errors
    ///
    /// Every problem of the text at once.
    pub fn from_text(text: &[u8], options: &LoadOptions) -> Result<Self, ConfigError> {
        Ok(Self::new(config::parse(text, options)?, Engine::global()))
    }

    /// A resolver for a configuration that is loaded already.
    pub fn new(config: Config, engine: &Engine) -> Self {
        let in_order: Vec<_> =
            config.backends.iter().map(|backend| Arc::new(Backend::new(backend.clone(), engine))).collect();
        let by_name = in_order.iter().map(|backend| (backend.config.name.clone(), Arc::clone(backend))).collect();
        Self { backends: Arc::new(Backends { in_order, by_name, config, engine: engine.clone() }) }
    }

    /// The configuration this was made from, its warnings included.
    pub fn config(&self) -> &Config {
        &self.backends.config
    }

    /// The remote backends, in file order.
    pub fn backends(&self) -> impl ExactSizeIterator<Item = &BackendConfig> {
        self.backends.in_order.iter().map(|backend| &backend.config)
    }

    /// The headers, if they can be had without waiting; otherwise `None`, and a fetch is under way.
    ///
    /// # Errors
    ///
    /// An unknown backend; or, under the policy `closed`, the failure that keeps it from getting a token.
    pub fn try_headers(&self, name: &str) -> Result<Option<Arc<Headers>>, Error> {
        self.backend(name)?.try_headers()
    }

    /// The headers, waiting for a token if need be. The future may be awaited on any runtime, or waited for by a thread.
    ///
    /// Dropping it abandons the wait and nothing else: the fetch goes on for everybody.
    pub fn headers(&self, name: &str) -> Pending {
        match self.backend(name) {
            Ok(backend) => {
                let (waiter, pending) = Pending::new();
                match backend.request(waiter) {
                    Requested::Ready(outcome, _) => Pending::ready(outcome),
                    Requested::Waiting => pending,
                }
            }
            Err(error) => Pending::ready(Err(error)),
        }
    }

    /// The headers, waiting for a token for at most `timeout`.
    ///
    /// # Errors
    ///
    /// An unknown backend; [`Error::Deadline`]; or, under the policy `closed`, why there is no token. On the engine's
    /// own thread, where waiting would never end, an [`Error::Internal`] that says so.
    pub fn headers_blocking(&self, name: &str, timeout: Duration) -> Outcome {
        let mut pending = self.headers(name);
        if pending.is_waiting() && self.backends.engine.generation().is_own_thread() {
            return Err(Error::Internal { what: "waiting for headers on the engine's own thread would never end" });
        }
        pending.wait(timeout).unwrap_or(Err(Error::Deadline))
    }

    /// The headers, at once or told to `waiter` on the engine's thread.
    ///
    /// # Errors
    ///
    /// An unknown backend.
    pub fn request(&self, name: &str, waiter: Waiter) -> Result<Requested, Error> {
        Ok(self.backend(name)?.request(waiter))
    }

    /// Told that the backend refused the headers it got: the next caller gets a new token.
    ///
    /// With `rejected`, the `Authorization` value that was refused, a token that has been replaced since is kept; so
    /// any number of refusals of one token cost one fetch.
    ///
    /// # Errors
    ///
    /// An unknown backend.
    pub fn invalidate(&self, name: &str, rejected: Option<&str>) -> Result<(), Error> {
        self.backend(name)?.invalidate(rejected);
        Ok(())
    }

    /// The state of a backend's token; `None` for a backend without one.
    ///
    /// # Errors
    ///
    /// An unknown backend.
    pub fn status(&self, name: &str) -> Result<Option<TokenStatus>, Error> {
        Ok(self.backend(name)?.status())
    }

    fn backend(&self, name: &str) -> Result<&Arc<Backend>, Error> {
        self.backends.by_name.get(name).ok_or_else(|| Error::UnknownBackend { name: name.to_owned() })
    }
}
