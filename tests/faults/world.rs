//! The parts that every scenario uses: a real engine, a real token endpoint on loopback, and a virtual clock.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    clippy::missing_errors_doc,
    clippy::format_collect,
    reason = "a panic is how a scenario fails"
)]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use argus_auth_core::runtime::{Clock, VirtualClock};
use argus_auth_core::wait::{Outcome, Pending};
use argus_auth_core::{Config, Engine, Error, LoadOptions, Resolver, TokenError, TokenErrorKind, config};
use argus_auth_test_support::TokenEndpoint;

/// The longest real time to wait for something that should happen at once. A passing test never waits this long.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// The longest pause that [`World::skip_pauses`] and [`World::wait_skipping_pauses`] skip. It is longer than the pauses
/// between attempts in their scenarios, and shorter than the limit of 30 s on a fetch, so that a skip never ends the
/// fetch.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A time at which a token with a lifetime of 3600 s and a buffer of 300 s is valid and due for renewal, in seconds
/// after its request. The jitter puts renewals between 3300 s and 3447.5 s; the token expires at 3595 s.
pub const INSIDE_BUFFER: f64 = 3_500.0;

/// A part of the usual client secret, and of all secrets in the scenario `secrets.4` except the private key. It must
/// never be shown.
pub const CANARY: &str = "canary-7f3a";

/// Everything that a scenario needs. A world belongs to one scenario, so that scenarios do not affect each other.
pub struct World {
    /// The token endpoint.
    pub endpoint: TokenEndpoint,
    /// The engine's clock, which stands still until the scenario moves it.
    pub clock: Arc<VirtualClock>,
    /// The engine.
    pub engine: Engine,
}

impl Default for World {
    fn default() -> Self {
        Self::with(TokenEndpoint::start())
    }
}

impl World {
    /// Returns a world with this endpoint.
    pub fn with(endpoint: TokenEndpoint) -> Self {
        let clock = Arc::new(VirtualClock::default());
        let engine = Engine::with_clock(Clock::Virtual(Arc::clone(&clock)));
        Self { endpoint, clock, engine }
    }

    /// Returns a resolver for one backend `b` with the policy `closed`. Its auth block consists of the usual lines
    /// (token URL, client id and client secret) and of `lines`. A line of `lines` replaces the usual line with the same
    /// key.
    pub fn resolver(&self, lines: &[&str]) -> Resolver {
        Resolver::new(self.config(lines), &self.engine)
    }

    /// Returns the configuration of [`World::resolver`].
    pub fn config(&self, lines: &[&str]) -> Config {
        let url = format!("token_url: {:?}", self.endpoint.url());
        let usual = [url.as_str(), "client_id: client", &format!("client_secret: {CANARY}-secret")];
        let key = |line: &str| line.split(':').next().unwrap_or_default().to_owned();
        let kept = usual.iter().filter(|usual| !lines.iter().any(|line| key(line) == key(usual)));
        let auth: String = kept.chain(lines).map(|line| format!("      {line}\n")).collect();
        config(&format!(
            "backends:\n  b:\n    type: sse\n    url: http://backend.example/\n    on_auth_failure: closed\n    auth:\n      \
             type: oauth2\n{auth}"
        ))
    }

    /// Returns a resolver for a whole configuration.
    pub fn resolver_for(&self, yaml: &str) -> Resolver {
        Resolver::new(config(yaml), &self.engine)
    }

    /// Returns a resolver for many clients, and the names of their backends: `c0`, `c1` and so on. The first
    /// `per_endpoint` clients belong to the first endpoint, the next clients to the second, and so on.
    pub fn resolver_for_clients(&self, endpoints: &[TokenEndpoint], per_endpoint: usize) -> (Resolver, Vec<String>) {
        let names: Vec<_> = (0..endpoints.len() * per_endpoint).map(|client| format!("c{client}")).collect();
        let urls = endpoints.iter().flat_map(|endpoint| std::iter::repeat_n(endpoint.url(), per_endpoint));
        let backend = |(name, url): (&String, String)| {
            format!(
                "  {name}: {{type: sse, url: 'http://b/', auth: {{type: oauth2, token_url: {url:?}, client_id: {name}, \
                 client_secret: s}}}}\n"
            )
        };
        let yaml: String = names.iter().zip(urls).map(backend).collect();
        (self.resolver_for(&format!("backends:\n{yaml}")), names)
    }

    /// Moves the clock forward.
    pub fn advance(&self, seconds: f64) {
        self.clock.advance(Duration::from_secs_f64(seconds));
    }

    /// Waits until a fetch pauses between two attempts, and moves the clock to the end of the pause. Does so `count`
    /// times.
    pub fn skip_pauses(&self, count: usize) {
        for pause in 1..=count {
            assert!(self.clock.advance_to_next(LONGEST_PAUSE, PATIENCE), "the fetch made no pause number {pause}");
        }
    }

    /// Waits for the outcome of a fetch, and skips its pauses between attempts, of which there may be any number.
    pub fn wait_skipping_pauses(&self, mut pending: Pending) -> Outcome {
        let give_up_at = Instant::now() + PATIENCE;
        while Instant::now() < give_up_at {
            if let Some(outcome) = pending.wait(Duration::from_millis(1)) {
                return outcome;
            }
            // If no pause begins within this millisecond, an attempt is under way, or the fetch has ended.
            self.clock.advance_to_next(LONGEST_PAUSE, Duration::from_millis(1));
        }
        panic!("no outcome within {PATIENCE:?}");
    }

    /// Waits until no fetch is under way for backend `b`.
    pub fn wait_until_idle(&self, resolver: &Resolver) {
        wait_until(|| !resolver.status("b").unwrap().expect("a backend with a token").fetching);
    }

    /// Waits until the endpoint has received `count` requests, and asserts that it has not received more.
    #[track_caller]
    pub fn expect_requests(&self, count: usize) {
        assert!(
            self.endpoint.wait_for_requests(count, PATIENCE),
            "{} requests came, not {count}",
            self.endpoint.requests().len()
        );
        assert_eq!(self.endpoint.requests().len(), count, "requests");
    }
}

fn config(yaml: &str) -> Config {
    config::parse(yaml.as_bytes(), &LoadOptions::default()).unwrap_or_else(|error| panic!("{error}"))
}

/// Waits, in real time, until `condition` holds.
#[track_caller]
pub fn wait_until(condition: impl Fn() -> bool) {
    let give_up_at = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < give_up_at, "the condition does not hold within {PATIENCE:?}");
        std::thread::yield_now();
    }
}

/// Waits for an outcome that should come at once.
#[track_caller]
pub fn wait(mut pending: Pending) -> Outcome {
    pending.wait(PATIENCE).expect("an outcome")
}

/// Returns the token of an outcome.
#[track_caller]
pub fn token(outcome: &Outcome) -> String {
    let headers = outcome.as_ref().unwrap_or_else(|error| panic!("no token: {error}"));
    let value = headers.get("Authorization").expect("an Authorization header").expose_secret();
    value.strip_prefix("Bearer ").expect("a bearer token").to_owned()
}

/// Returns the error of an outcome, which must be a token error.
#[track_caller]
pub fn failure(outcome: &Outcome) -> &TokenError {
    match outcome {
        Err(Error::Token(error)) => error,
        other => panic!("not a token error: {other:?}"),
    }
}

/// Returns the kind of [`failure`].
#[track_caller]
pub fn failure_kind(outcome: &Outcome) -> TokenErrorKind {
    failure(outcome).kind
}

/// The CA certificate of an endpoint, and a client certificate and key that it accepts, in a temporary directory:
/// `ca.pem`, `client.pem` and `client.key`. Dropping this removes the directory.
pub struct CertificateFiles {
    /// The directory.
    pub directory: PathBuf,
}

impl CertificateFiles {
    /// Writes the files of an endpoint with TLS.
    pub fn of(endpoint: &TokenEndpoint) -> Self {
        let directory = std::env::temp_dir().join(format!("argus-auth-faults-{}", endpoint.address().port()));
        endpoint.tls_files().unwrap().write_to(&directory).unwrap();
        Self { directory }
    }

    /// Returns the line of an auth block that gives `key` the path of `file`.
    pub fn line(&self, key: &str, file: &str) -> String {
        format!("{key}: {:?}", self.directory.join(file).to_str().unwrap())
    }
}

impl Drop for CertificateFiles {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
