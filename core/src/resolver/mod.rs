//! The resolver: maps the name of a backend to the headers that its requests must carry.
//!
//! * this file: [`Resolver`], with loading, reloading and all ways to request headers;
//! * `backend`: one backend, with its configured headers, its provider and its failure policy;
//! * `metrics`: the metrics of all backends in the Prometheus text format.

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
/// Cheap to clone; all clones see a reload. All methods may be called from any thread, also in a child of `fork`.
/// Making a resolver requests no token.
///
/// Under [`FailurePolicy::Open`](crate::FailurePolicy), when no token can be obtained, the error is logged and the
/// backend's configured headers are returned without authentication. A caller's own deadline, a shutdown and an
/// unsupported kind of authentication are errors under either policy.
///
/// ```
/// use std::time::Duration;
///
/// use argus_auth_core::{LoadOptions, Resolver};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let yaml = "backends: {search: {type: sse, url: 'http://search', headers: {X-Key: k3y}}}";
/// let resolver = Resolver::from_text(yaml.as_bytes(), &LoadOptions::default())?;
/// let headers = resolver.headers_blocking("search", Duration::from_secs(35))?;
/// assert_eq!(headers.get("X-Key").map(|value| value.expose_secret()), Some("k3y"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Resolver(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    backends: ArcSwap<Backends>,
    /// The file and options for a reload; `None` if the configuration did not come from a file.
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
    /// Returns the backends of `config`. Reuses each backend whose configuration is the same in `previous`.
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
    /// Loads a configuration file. Blocks while it reads the file, and the secret store if the configuration refers to
    /// it. Requests no token.
    ///
    /// # Errors
    ///
    /// All problems of the file, or one problem if it can't be read.
    pub fn from_file(path: &Path, options: &LoadOptions) -> Result<Self, ConfigError> {
        let config = config::load(path, options)?;
        Ok(Self::build(config, Some((path.to_owned(), options.clone())), Engine::global()))
    }

    /// Reads a configuration from a YAML document in UTF-8. If the configuration refers to the secret store, blocks
    /// while it reads the store. Requests no token.
    ///
    /// # Errors
    ///
    /// All problems of the document.
    pub fn from_text(text: &[u8], options: &LoadOptions) -> Result<Self, ConfigError> {
        Ok(Self::new(config::parse(text, options)?, Engine::global()))
    }

    /// Returns a resolver for a configuration that is loaded already. Does no I/O.
    pub fn new(config: Config, engine: &Engine) -> Self {
        Self::build(config, None, engine)
    }

    fn build(config: Config, file: Option<(PathBuf, LoadOptions)>, engine: &Engine) -> Self {
        let backends = ArcSwap::from_pointee(Backends::new(config, &Backends::default(), engine));
        Self(Arc::new(Shared { backends, file, engine: engine.clone() }))
    }

    /// Reads the file again, with its variables and secrets, and replaces the configuration. Blocks while it reads the
    /// file, and the secret store if the configuration refers to it.
    ///
    /// A backend keeps its token and its cool-down as long as the inputs of its token request and
    /// `token_expiry_buffer_seconds` are the same. Otherwise it starts without a token and without a cool-down, unless
    /// the process has a token for the new values already. Callers that wait already are not affected. A relative path
    /// is resolved against the current directory at the time of the reload. For a resolver that was not loaded from a
    /// file, this does nothing.
    ///
    /// # Errors
    ///
    /// All problems of the file. The old configuration then stays in use.
    pub fn reload(&self) -> Result<(), ConfigError> {
        let Some((path, options)) = &self.0.file else { return Ok(()) };
        loop {
            let previous = self.0.backends.load_full();
            // `previous` is loaded before the file is read. If another thread replaces the backends in the meantime,
            // `exchange` fails and the file is read again. So old content of the file never replaces newer content.
            if self.exchange(previous, config::load(path, options)?) {
                return Ok(());
            }
        }
    }

    /// Replaces the configuration by `config`, as [`Resolver::reload`] does. Does no I/O.
    pub fn replace(&self, config: &Config) {
        while !self.exchange(self.0.backends.load_full(), config.clone()) {}
    }

    /// Replaces `previous` by the backends of `config`. Returns false if another thread has already replaced
    /// `previous`.
    fn exchange(&self, previous: Arc<Backends>, config: Config) -> bool {
        let backends = Arc::new(Backends::new(config, &previous, &self.0.engine));
        let found = self.0.backends.compare_and_swap(&previous, backends);
        let exchanged = Arc::ptr_eq(&found, &previous);
        // Drops the replaced backends first. Sources that only they used then become orphans and can be forgotten.
        drop((found, previous));
        self.0.engine.generation().forget_orphans();
        exchanged
    }

    /// Returns the remote backends, in file order.
    pub fn backends(&self) -> Vec<Arc<BackendConfig>> {
        self.0.backends.load().configs()
    }

    /// Returns the warnings of the configuration, in file order.
    pub fn warnings(&self) -> Vec<Problem> {
        self.0.backends.load().warnings.clone()
    }

    /// Returns backends and warnings of the same load, even if another thread replaces the configuration meanwhile.
    pub fn listing(&self) -> (Vec<Arc<BackendConfig>>, Vec<Problem>) {
        let backends = self.0.backends.load();
        (backends.configs(), backends.warnings.clone())
    }

    /// Returns the headers if they are available without waiting. Otherwise starts a fetch, unless a fetch is under
    /// way, and returns `None`.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownBackend`]; [`Error::Unsupported`]; under the policy `closed`, also the failure that causes a
    /// cool-down.
    pub fn try_headers(&self, name: &str) -> Result<Option<Arc<Headers>>, Error> {
        self.with(name, |backend| backend.try_headers())?
    }

    /// Returns the headers as a [`Pending`]: a future for any runtime, on which a thread can also block.
    ///
    /// Dropping the `Pending` does not end the fetch, which continues for all callers.
    ///
    /// ```
    /// use argus_auth_core::{Error, Resolver, Secret};
    ///
    /// async fn authorization(resolver: &Resolver) -> Result<Option<Secret>, Error> {
    ///     let headers = resolver.headers("search").await?;
    ///     Ok(headers.get("Authorization").cloned())
    /// }
    /// ```
    pub fn headers(&self, name: &str) -> Pending {
        let pending = self.with(name, |backend| match backend.current() {
            Some(outcome) => Pending::ready(outcome),
            None => Pending::new(|waiter| backend.request(waiter)),
        });
        pending.unwrap_or_else(|error| Pending::ready(Err(error)))
    }

    /// Returns the headers. Blocks until they are available, for at most `timeout`.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownBackend`]; [`Error::Unsupported`]; [`Error::Deadline`] after `timeout`; [`Error::Shutdown`];
    /// under the policy `closed`, also the failure to get a token. On the engine's own thread, where waiting would
    /// never end, [`Error::Internal`].
    pub fn headers_blocking(&self, name: &str, timeout: Duration) -> Outcome {
        let mut pending = self.headers(name);
        if pending.is_waiting() && is_engine_thread() {
            return Err(Error::Internal { what: "waiting for headers on the engine's own thread would never end" });
        }
        pending.wait(timeout).unwrap_or(Err(Error::Deadline))
    }

    /// Returns the outcome if it is known at once. Otherwise `waiter` is called with the outcome later, in most cases
    /// on the engine's thread (see [`Waiter`]).
    ///
    /// # Errors
    ///
    /// [`Error::UnknownBackend`].
    pub fn request(&self, name: &str, waiter: Waiter) -> Result<Requested, Error> {
        self.with(name, |backend| match backend.current() {
            Some(outcome) => Requested::Ready(outcome),
            None => backend.request(waiter),
        })
    }

    /// Records that the backend refused a request, with HTTP status 401. The next caller gets a new token.
    ///
    /// `rejected` is the value of `Authorization` in the refused request. If it is the value of the current token, the
    /// token is dropped, and a cool-down ends. Otherwise nothing changes: a newer token is kept, so any number of
    /// refusals of one token cost one fetch. `None` means the current token, whichever it is. If the request had no
    /// `Authorization` header, do not call this function, because it would drop a token that the backend has not
    /// refused.
    ///
    /// Afterwards get the headers again, and repeat the request once.
    ///
    /// ```
    /// use argus_auth_core::{Error, Headers, Resolver};
    ///
    /// fn on_status_401(resolver: &Resolver, request: &Headers) -> Result<(), Error> {
    ///     let Some(refused) = request.get("Authorization") else { return Ok(()) };
    ///     resolver.invalidate("search", Some(refused.expose_secret()))
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::UnknownBackend`].
    pub fn invalidate(&self, name: &str, rejected: Option<&str>) -> Result<(), Error> {
        self.with(name, |backend| backend.invalidate(rejected))
    }

    /// Returns the state of a backend's token; `None` for a backend without an `oauth2` block.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownBackend`].
    pub fn status(&self, name: &str) -> Result<Option<TokenStatus>, Error> {
        self.with(name, |backend| backend.status())
    }

    /// Returns counters and gauges of all backends with tokens, in the Prometheus text format (version 0.0.4).
    ///
    /// ```
    /// use argus_auth_core::{LoadOptions, Resolver};
    ///
    /// # fn main() -> Result<(), argus_auth_core::ConfigError> {
    /// let resolver = Resolver::from_text(b"backends: {}", &LoadOptions::default())?;
    /// assert!(resolver.metrics().contains("# TYPE argus_auth_token_hits_total counter"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn metrics(&self) -> String {
        metrics::render(self.0.backends.load().in_order.iter().map(AsRef::as_ref))
    }

    /// Sends one token request for each distinct token of the `oauth2` backends, so that an operator sees which token
    /// endpoints work.
    ///
    /// No token is cached. The requests ignore cool-downs and circuit breakers, and do not affect them. Returns the
    /// checkups in file order, without waiting for the responses.
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
    fn listing_during_replace_returns_backends_and_warnings_of_one_load() {
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
