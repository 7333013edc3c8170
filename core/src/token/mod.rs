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
//! buffer is still used. A failed renewal leaves the token in use until it expires.

mod assertion;
mod cache;
mod credentials;
mod fetch;
mod flights;
mod host;
mod lifetime;
mod response;
mod schedule;
mod source;
mod status;

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Semaphore;

pub use cache::TokenCache;
pub(crate) use credentials::ClientCredentials;
pub(crate) use fetch::{Asked, ask_once, tls_words};
use flights::Flights;
use host::Host;
pub(crate) use lifetime::stated_lifetime;
use schedule::Schedule;
pub(crate) use source::TokenSource;
pub use status::{TokenState, TokenStatus};

use crate::error::Error;
use crate::headers::Headers;

/// Fetches under way at once, over all token endpoints.
const MAX_FETCHES: usize = 256;
/// Tokens kept for providers that no longer exist.
const MAX_ORPHANS: usize = 1024;

/// What a waiting caller is told.
pub type Outcome = Result<Arc<Headers>, Error>;

/// Whoever waits for headers: called exactly once, on the engine's thread, and must not block.
pub type Waiter = Box<dyn FnOnce(Outcome) + Send>;

/// The answer to a request for headers.
pub enum Requested {
    /// It is known already; the waiter comes back uncalled.
    Ready(Outcome, Waiter),
    /// The waiter will be called.
    Waiting,
}

/// The part of the tokens' state that belongs to one life of the engine: who fetches, who waits, what comes next.
pub(crate) struct Board {
    flights: Flights<Waiter>,
    schedule: Schedule,
    sources: Mutex<HashMap<ClientCredentials, Arc<TokenSource>>>,
    fetches: Arc<Semaphore>,
    hosts: Mutex<HashMap<String, Arc<Host>>>,
}

impl Default for Board {
    fn default() -> Self {
        Self {
            flights: Flights::default(),
            schedule: Schedule::default(),
            sources: Mutex::default(),
            fetches: Arc::new(Semaphore::new(MAX_FETCHES)),
            hosts: Mutex::default(),
        }
    }
}

impl Board {
    /// The source for `credentials`: the one that exists, or `make`'s.
    fn source(&self, credentials: &ClientCredentials, make: impl FnOnce() -> Arc<TokenSource>) -> Arc<TokenSource> {
        let mut sources = self.sources.lock();
        if let Some(source) = sources.get(credentials) {
            return Arc::clone(source);
        }
        // Looking through all of them only when their number has doubled keeps this cheap on average.
        if sources.len() == sources.capacity() {
            let mut orphans = 0;
            sources.retain(|_, source| {
                let owned = Arc::strong_count(source) > 1;
                orphans += usize::from(!owned);
                owned || (orphans <= MAX_ORPHANS && source.holds_token())
            });
        }
        let source = make();
        sources.insert(credentials.clone(), Arc::clone(&source));
        source
    }

    /// Takes over the sources of a life that was shut down.
    pub(crate) fn adopt_registry(&mut self, previous: &Self) {
        self.sources = Mutex::new(previous.sources.lock().clone());
    }

    fn host(&self, origin: String) -> Arc<Host> {
        Arc::clone(self.hosts.lock().entry(origin).or_default())
    }
}

/// A number in 0..1 from the operating system, so that a forked child does not repeat its parent's.
fn random_share() -> f64 {
    // Without randomness there is no jitter, and nothing else suffers.
    f64::from(getrandom::u32().unwrap_or_default()) / (f64::from(u32::MAX) + 1.0)
}
