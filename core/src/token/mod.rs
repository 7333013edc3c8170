//! Access tokens: held where they can be read without waiting, fetched once for everybody, renewed ahead of time.
//!
//! A token's life counts from the moment its request was sent. From then on:
//!
//! ```text
//!   request ──────────── fresh ────────────┬──── renewing ────┬─ expired
//!                 served at once            served at once;    never served;
//!                                           one renewal runs   callers wait
//! ```
//!
//! The buffer before expiry is clamped to a quarter of the life, so a token that lives shorter than the configured
//! buffer is still used. A failed renewal leaves the token in use until it expires: 2 % of its life, or 5 s, before the
//! moment that the server named, since a request that carries it takes time to arrive, and the server's clock may be
//! ahead. What "expires" means anywhere here is that earlier moment.

mod assertion;
mod cache;
mod credentials;
mod fetch;
mod flight;
mod flights;
#[cfg(fuzzing)]
pub mod fuzzing;
mod host;
mod lifetime;
mod response;
mod schedule;
mod sent;
mod source;
mod sources;
mod status;
mod turn;

use std::collections::HashMap;
use std::sync::Arc;

use crate::lock::Mutex;

pub use cache::TokenCache;
pub(crate) use credentials::ClientCredentials;
pub(crate) use fetch::{Asked, ask_once, tls_words};
use flights::Flights;
use host::Host;
pub(crate) use lifetime::stated_lifetime;
use schedule::Schedule;
pub(crate) use source::TokenSource;
use sources::Sources;
pub use status::{TokenState, TokenStatus};
use turn::Limits;

use crate::error::Error;
use crate::headers::Headers;

/// What a waiting caller is told.
pub type Outcome = Result<Arc<Headers>, Error>;

/// Whoever waits for headers: called once at most, and must not block. Called on the engine's thread, but for an engine
/// that can't start or is being shut down: then on the thread that asks or shuts down.
pub type Waiter = Box<dyn FnOnce(Outcome) + Send>;

/// The answer to a request for headers.
#[derive(Debug)]
pub enum Requested {
    /// It is known already; the waiter is dropped uncalled.
    Ready(Outcome),
    /// The waiter will be called.
    Waiting,
}

/// So many hosts are kept in mind in any case.
const MANY_HOSTS: usize = 256;

/// The part of the tokens' state that belongs to one life of the engine: who fetches, who waits, what comes next.
pub(crate) struct Board {
    flights: Flights<Waiter>,
    schedule: Schedule,
    sources: Arc<Mutex<Sources>>,
    limits: Limits,
    hosts: Mutex<HashMap<String, Arc<Host>>>,
}

impl Default for Board {
    fn default() -> Self {
        Self {
            flights: Flights::default(),
            schedule: Schedule::default(),
            sources: Arc::default(),
            limits: Limits::of_all_hosts(),
            hosts: Mutex::default(),
        }
    }
}

impl Board {
    /// The source for `credentials`: the one that exists, or `make`'s.
    fn source(
        &self,
        credentials: ClientCredentials,
        make: impl FnOnce(Arc<ClientCredentials>) -> Arc<TokenSource>,
    ) -> Arc<TokenSource> {
        self.sources.lock().get(credentials, make)
    }

    /// Lets go of sources that no provider uses any more, but for those with a token that another may want.
    pub(crate) fn forget_orphans(&self) {
        self.sources.lock().forget_orphans();
    }

    /// A board for the life after a shutdown: the same sources.
    pub(crate) fn after_shutdown(previous: &Self) -> Self {
        Self { sources: Arc::clone(&previous.sources), ..Self::default() }
    }

    /// A board for a child of `fork`: the parent's sources, unless they were being changed at that moment.
    pub(crate) fn in_child(parents: &Self) -> Self {
        let sources = parents.sources.try_lock().map(|sources| sources.clone()).unwrap_or_default();
        Self { sources: Arc::new(Mutex::new(sources)), ..Self::default() }
    }

    fn host(&self, origin: String) -> Arc<Host> {
        let mut hosts = self.hosts.lock();
        // When their number has doubled, those that nobody asks and that are not taken for down are let go of.
        if hosts.len() == hosts.capacity() && hosts.len() >= MANY_HOSTS {
            hosts.retain(|_, host| Arc::strong_count(host) > 1 || host.is_down());
            let twice = 2 * hosts.len();
            hosts.shrink_to(twice.max(MANY_HOSTS));
        }
        Arc::clone(hosts.entry(origin).or_default())
    }
}

/// A number in 0..1 from the operating system, so that a forked child does not repeat its parent's.
fn random_share() -> f64 {
    // Without randomness there is no jitter, and nothing else suffers.
    f64::from(getrandom::u32().unwrap_or_default()) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Clock, Engine};

    fn credentials(client: usize) -> ClientCredentials {
        let yaml = format!(
            "backends: {{b: {{type: sse, url: 'http://b/', auth: {{type: oauth2, token_url: 'http://127.0.0.1:9/', \
             client_id: c{client}, client_secret: s}}}}}}"
        );
        let config = crate::config::parse(yaml.as_bytes(), &crate::LoadOptions::default()).unwrap();
        let Some(crate::config::AuthConfig::OAuth2(oauth2)) = &config.backends[0].auth else { panic!("{config:?}") };
        ClientCredentials::from(oauth2)
    }

    #[test]
    fn a_peak_of_providers_leaves_nothing_behind() {
        let engine = Engine::with_clock(Clock::System);
        let generation = engine.generation();
        let shared = |client| TokenSource::shared(credentials(client), &engine);
        let known = || generation.board.sources.lock().iter().count();
        let peak: Vec<_> = (0..5_000).map(shared).collect();
        assert_eq!(known(), 5_000);
        drop(peak);
        let kept = shared(0);
        (0..2_048).for_each(|client| drop(shared(10_000 + client)));
        assert!(known() <= 1_024 + 1, "{} sources", known());
        assert!(Arc::ptr_eq(&kept, &shared(0)), "one in use is not let go of");
    }

    #[test]
    fn hosts_that_nobody_asks_are_let_go_of() {
        let board = Board::default();
        let host = |number: usize| board.host(format!("https://h{number}"));
        let asked = host(0);
        (1..10_000).for_each(|number| drop(host(number)));
        assert!(board.hosts.lock().len() <= 4 * MANY_HOSTS, "{} hosts", board.hosts.lock().len());
        assert!(Arc::ptr_eq(&asked, &host(0)));
    }
}
