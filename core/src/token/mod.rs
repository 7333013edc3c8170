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
mod status;

use std::collections::HashMap;
use std::sync::Arc;

use crate::lock::Mutex;
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

/// The sources that providers share.
type Sources = HashMap<Arc<ClientCredentials>, Arc<TokenSource>>;

/// The part of the tokens' state that belongs to one life of the engine: who fetches, who waits, what comes next.
pub(crate) struct Board {
    flights: Flights<Waiter>,
    schedule: Schedule,
    sources: Arc<Mutex<Sources>>,
    fetches: Arc<Semaphore>,
    hosts: Mutex<HashMap<String, Arc<Host>>>,
}

impl Default for Board {
    fn default() -> Self {
        Self {
            flights: Flights::default(),
            schedule: Schedule::default(),
            sources: Arc::default(),
            fetches: Arc::new(Semaphore::new(MAX_FETCHES)),
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
        let mut sources = self.sources.lock();
        if let Some(source) = sources.get(&credentials) {
            return Arc::clone(source);
        }
        // Looking through all of them only when their number has doubled keeps this cheap on average.
        if sources.len() == sources.capacity() {
            forget_orphans(&mut sources);
        }
        let source = make(Arc::new(credentials));
        sources.insert(Arc::clone(&source.credentials), Arc::clone(&source));
        source
    }

    /// Lets go of sources that no provider uses any more, but for those with a token that another may want.
    pub(crate) fn forget_orphans(&self) {
        forget_orphans(&mut self.sources.lock());
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
        Arc::clone(self.hosts.lock().entry(origin).or_default())
    }
}

fn forget_orphans(sources: &mut Sources) {
    let mut orphans = 0;
    sources.retain(|_, source| {
        let owned = Arc::strong_count(source) > 1;
        orphans += usize::from(!owned);
        owned || (orphans <= MAX_ORPHANS && source.holds_token())
    });
}

/// A number in 0..1 from the operating system, so that a forked child does not repeat its parent's.
fn random_share() -> f64 {
    // Without randomness there is no jitter, and nothing else suffers.
    f64::from(getrandom::u32().unwrap_or_default()) / (f64::from(u32::MAX) + 1.0)
}
