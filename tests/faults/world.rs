//! A real engine, a real token endpoint on loopback, and a clock that stands still until a scenario moves it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    clippy::missing_errors_doc,
    clippy::format_collect,
    reason = "a failure here is a failed scenario"
)]

use std::sync::Arc;
use std::time::Duration;

use argus_auth_core::runtime::{Clock, VirtualClock};
use argus_auth_core::wait::Pending;
use argus_auth_core::{Config, Engine, Error, Headers, LoadOptions, Resolver, TokenError, TokenErrorKind, config};
use argus_auth_test_support::TokenEndpoint;

/// Real time that something may take which should be immediate. Never slept, only ever waited at most.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// Longer than any pause between two attempts of one fetch, shorter than the fetch's 30 s.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What a secret has in it that must be seen nowhere.
pub const CANARY: &str = "canary-7f3a";

/// What a caller got.
pub type Outcome = Result<Arc<Headers>, Error>;

/// Everything a scenario needs. Each has its own, so none disturbs another.
pub struct World {
    /// The token endpoint.
    pub endpoint: TokenEndpoint,
    /// The engine's clock.
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
    /// A world around this endpoint.
    pub fn with(endpoint: TokenEndpoint) -> Self {
        let clock = Arc::new(VirtualClock::default());
        let engine = Engine::with_clock(Clock::Virtual(Arc::clone(&clock)));
        Self { endpoint, clock, engine }
    }

    /// A resolver for one backend `b`, policy `closed`, whose auth block has these lines besides the usual ones. A line
    /// for a key that the usual lines have takes their place.
    pub fn resolver(&self, lines: &[&str]) -> Resolver {
        Resolver::new(self.config(lines), &self.engine)
    }

    /// The configuration of [`World::resolver`].
    pub fn config(&self, lines: &[&str]) -> Config {
        let url = format!("token_url: {:?}", self.endpoint.url());
        let usual = [url.as_str(), "client_id: client", &format!("client_secret: {CANARY}-secret")];
        let key = |line: &str| line.split(':').next().unwrap_or_default().to_owned();
        let kept = usual.iter().filter(|usual| !lines.iter().any(|line| key(line) == key(usual)));
        let auth: String = kept.chain(lines).map(|line| format!("      {line}\n")).collect();
        config(&format!(
            "backends:\n  b:\n    type: sse\n    url: http://backend.example/\n    on_auth_failure: closed\n    auth:\n      type: oauth2\n{auth}"
        ))
    }

    /// A resolver for a whole configuration.
    pub fn resolver_for(&self, yaml: &str) -> Resolver {
        Resolver::new(config(yaml), &self.engine)
    }

    /// Moves time on.
    pub fn advance(&self, seconds: f64) {
        self.clock.advance(Duration::from_secs_f64(seconds));
    }

    /// Waits for a fetch to pause between attempts, and ends the pause; so many times.
    pub fn through_pauses(&self, count: usize) {
        for pause in 1..=count {
            assert!(self.clock.advance_to_next(LONGEST_PAUSE, PATIENCE), "the fetch made no pause number {pause}");
        }
    }

    /// The answer to a wait during which the fetch pauses an unknown number of times.
    pub fn answer_through_pauses(&self, mut pending: Pending) -> Outcome {
        let given_up = std::time::Instant::now() + PATIENCE;
        while std::time::Instant::now() < given_up {
            if let Some(outcome) = pending.wait(Duration::from_millis(1)) {
                return outcome;
            }
            // False says that an attempt is under way.
            self.clock.advance_to_next(LONGEST_PAUSE, Duration::from_millis(1));
        }
        panic!("no answer");
    }

    /// Waits until no fetch is under way for backend `b`.
    pub fn quiet(&self, resolver: &Resolver) {
        let given_up = std::time::Instant::now() + PATIENCE;
        while resolver.status("b").unwrap().expect("a token's status").fetching {
            assert!(std::time::Instant::now() < given_up, "the fetch goes on");
            std::thread::yield_now();
        }
    }

    /// Waits until the endpoint has seen so many requests, and says whether it has not seen more.
    pub fn requests(&self, count: usize) {
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

/// The answer to a wait that should be immediate.
pub fn answer(mut pending: Pending) -> Outcome {
    pending.wait(PATIENCE).expect("an answer")
}

/// The token in an answer.
pub fn token(outcome: &Outcome) -> String {
    let headers = outcome.as_ref().unwrap_or_else(|error| panic!("no token: {error}"));
    let value = headers.get("Authorization").expect("an Authorization header").expose_secret();
    value.strip_prefix("Bearer ").expect("a bearer token").to_owned()
}

/// Why there was none.
pub fn failure(outcome: &Outcome) -> &TokenError {
    match outcome {
        Err(Error::Token(error)) => error,
        other => panic!("not a token error: {other:?}"),
    }
}

/// The class of why there was none.
pub fn failure_kind(outcome: &Outcome) -> TokenErrorKind {
    failure(outcome).kind
}
