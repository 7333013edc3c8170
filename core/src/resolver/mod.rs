//! Backend name to headers: the merge with configured headers, and what happens when authentication can't be had.

mod backend;
mod metrics;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;

use self::backend::Backend;
use crate::config::{self, BackendConfig, Config, LoadOptions};
use crate::doctor::{self, Checkup};
use crate::engine::Engine;
use crate::error::{ConfigError, Error, Problem};
use crate::headers::Headers;
use crate::runtime::is_engine_thread;
use crate::token::TokenStatus;
use crate::wait::{Outcome, Pending, Requested, Waiter};

/// The remote backends of one configuration, and the headers that a request to each must carry.
///
/// Cheap to clone; clones share everything, a reload included. All methods may be called from any thread, also after a
/// fork. Building one does no I/O but reading the file.
///
/// What [`FailurePolicy::Open`](crate::FailurePolicy) means here: when a token can't be had, the error is logged and
/// the backend's configured headers are returned without authentication. A caller's own deadline and a shutdown are
/// always errors.
#[derive(Debug, Clone)]
pub struct Resolver(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    backends: ArcSwap<Backends>,
    /// Where a reload reads from.
    file: Option<(PathBuf, LoadOptions)>,
    engine: Engine,
}

/// The backends of one load.
#[derive(Debug, Default)]
struct Backends {
    in_order: Vec<Arc<Backend>>,
    by_name: HashMap<String, Arc<Backend>>,
    warnings: Vec<Problem>,
}

impl Backends {
    /// Takes over from `previous` every backend whose configuration is the same.
    fn new(config: Config, previous: &Self, engine: &Engine) -> Self {
        let keep_or_make = |config: BackendConfig| match previous.by_name.get(&config.name) {
            Some(backend) if *backend.config == config => Arc::clone(backend),
            _ => Arc::new(Backend::new(config, engine)),
        };
        let in_order: Vec<_> = config.backends.into_iter().map(keep_or_make).collect();
        let by_name = in_order.iter().map(|backend| (backend.config.name.clone(), Arc::clone(backend))).collect();
        Self { in_order, by_name, warnings: config.warnings }
    }

    fn configs(&self) -> Vec<Arc<BackendConfig>> {
        self.in_order.iter().map(|backend| Arc::clone(&backend.config)).collect()
    }
}

impl Resolver {
    /// Loads a configuration file.
    ///
    /// # Errors
    ///
    /// Every problem of the file at once.
    pub fn from_file(path: &Path, options: &LoadOptions) -> Result<Self, ConfigError> {
        let config = config::load(path, options)?;
        Ok(Self::build(config, Some((path.to_owned(), options.clone())), Engine::global()))
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
        Self::build(config, None, engine)
    }

    fn build(config: Config, file: Option<(PathBuf, LoadOptions)>, engine: &Engine) -> Self {
        let backends = ArcSwap::from_pointee(Backends::new(config, &Backends::default(), engine));
        Self(Arc::new(Shared { backends, file, engine: engine.clone() }))
    }

    /// Reads the file again, its secrets and variables too, and goes on with what it says now.
    ///
    /// A backend whose configuration did not change keeps its token; another starts anew, its cool-down over. Callers
    /// that wait are not disturbed. A path that was relative is looked up from the directory of this moment. A
    /// resolver that was not loaded from a file has nothing to read and stays as it is.
    ///
    /// # Errors
    ///
    /// Every problem of the file; the configuration in force stays in force.
    pub fn reload(&self) -> Result<(), ConfigError> {
        let Some((path, options)) = &self.0.file else { return Ok(()) };
        loop {
            let previous = self.0.backends.load_full();
            // Read after that look, so that of two reloads at once the one that read later is not undone.
            if self.exchange(previous, config::load(path, options)?) {
                return Ok(());
            }
        }
    }

    /// Goes on with another configuration, as [`Resolver::reload`] does.
    pub fn replace(&self, config: &Config) {
        while !self.exchange(self.0.backends.load_full(), config.clone()) {}
    }

    /// Puts `config` in the place of `previous`, unless something else has taken it already.
    fn exchange(&self, previous: Arc<Backends>, config: Config) -> bool {
        let backends = Arc::new(Backends::new(config, &previous, &self.0.engine));
        let found = self.0.backends.compare_and_swap(&previous, backends);
        let exchanged = Arc::ptr_eq(&found, &previous);
        // The sources that only these backends used have no owner now, and what is remembered of them goes.
        drop((found, previous));
        self.0.engine.generation().forget_orphans();
        exchanged
    }

    /// The remote backends, in file order.
    pub fn backends(&self) -> Vec<Arc<BackendConfig>> {
        self.0.backends.load().configs()
    }

    /// What is legal in the configuration but probably not meant, in file order.
    pub fn warnings(&self) -> Vec<Problem> {
        self.0.backends.load().warnings.clone()
    }

    /// Backends and warnings of the same load, whatever is loaded meanwhile.
    pub fn listing(&self) -> (Vec<Arc<BackendConfig>>, Vec<Problem>) {
        let backends = self.0.backends.load();
        (backends.configs(), backends.warnings.clone())
    }

    /// The headers, if they can be had without waiting; otherwise `None`, and a fetch is under way.
    ///
    /// # Errors
    ///
    /// An unknown backend; or, under the policy `closed`, the failure that keeps it from getting a token.
    pub fn try_headers(&self, name: &str) -> Result<Option<Arc<Headers>>, Error> {
        self.with(name, |backend| backend.try_headers())?
    }

    /// The headers, waiting for a token if need be. The future may be awaited on any runtime, or waited for by a thread.
    ///
    /// Dropping it abandons the wait and nothing else: the fetch goes on for everybody.
    pub fn headers(&self, name: &str) -> Pending {
        let pending = self.with(name, |backend| match backend.current() {
            Some(outcome) => Pending::ready(outcome),
            None => Pending::new(|waiter| backend.request(waiter)),
        });
        pending.unwrap_or_else(|error| Pending::ready(Err(error)))
    }

    /// The headers, waiting for a token for at most `timeout`.
    ///
    /// # Errors
    ///
    /// An unknown backend; [`Error::Deadline`]; or, under the policy `closed`, why there is no token. On the engine's
    /// own thread, where waiting would never end, an [`Error::Internal`] that says so.
    pub fn headers_blocking(&self, name: &str, timeout: Duration) -> Outcome {
        let mut pending = self.headers(name);
        if pending.is_waiting() && is_engine_thread() {
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
        self.with(name, |backend| match backend.current() {
            Some(outcome) => Requested::Ready(outcome),
            None => backend.request(waiter),
        })
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
        self.with(name, |backend| backend.invalidate(rejected))
    }

    /// The state of a backend's token; `None` for a backend without one.
    ///
    /// # Errors
    ///
    /// An unknown backend.
    pub fn status(&self, name: &str) -> Result<Option<TokenStatus>, Error> {
        self.with(name, |backend| backend.status())
    }

    /// Counters and gauges of all backends with tokens, in the Prometheus text format.
    pub fn metrics(&self) -> String {
        metrics::render(self.0.backends.load().in_order.iter().map(AsRef::as_ref))
    }

    /// Asks the token endpoint of every `oauth2` backend once, for an operator who wants to know whether it works.
    ///
    /// Backends that would share a token are asked about once. Nothing is cached, no cool-down heeded or begun.
    /// Returns at once; the answers are waited for one by one, in file order.
    pub fn diagnose(&self) -> Vec<Checkup> {
        doctor::examine(&self.backends(), &self.0.engine)
    }

    fn with<T>(&self, name: &str, act: impl FnOnce(&Arc<Backend>) -> T) -> Result<T, Error> {
        let backends = self.0.backends.load();
        backends.by_name.get(name).map(act).ok_or_else(|| Error::UnknownBackend { name: name.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Unresolved;

    #[test]
    fn a_listing_is_of_one_load() {
        let configs = ["one", "two"].map(|name| {
            let backend = format!("{{type: sse, url: 'http://h', headers: {{X: '${{ARGUS_AUTH_UNSET_{name}}}'}}}}");
            let options = LoadOptions { unresolved: Unresolved::Keep, ..LoadOptions::default() };
            config::parse(format!("backends: {{{name}: {backend}}}").as_bytes(), &options).unwrap()
        });
        let resolver = Resolver::new(configs[0].clone(), Engine::global());
        std::thread::scope(|scope| {
            let replacing = scope.spawn(|| (0..20_000).for_each(|round| resolver.replace(&configs[round % 2])));
            while !replacing.is_finished() {
                let (backends, warnings) = resolver.listing();
                assert_eq!(warnings[0].path, format!("backends.{}.headers.X", backends[0].name));
            }
        });
    }
}
