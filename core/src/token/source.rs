//! A source: credentials, and the token that they get. It holds the snapshot that callers read, and starts the fetches
//! that replace it.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use arc_swap::ArcSwapOption;

use super::cool_down::FetchFailure;
use super::fetch::Fetch;
use super::lifetime::Lifetime;
use super::retry::FetchedToken;
use super::single_flight::{Begin, Join};
use super::{Generation, Generations, SourceId, TokenId, TokenState, TokenStatus, random_share};
use crate::error::{Error, TokenError, TokenErrorKind};
use crate::headers::Headers;
use crate::oauth2::ClientCredentials;
use crate::runtime::{Clock, Instant};
use crate::secret::Secret;
use crate::wait::{Requested, Waiter};

/// The shortest interval between two checks of whether a token has had a hit. A token without a hit is not renewed.
const SHORTEST_USE_CHECK: Duration = Duration::from_millis(100);
/// The delay of the next renewal if a shutdown or a panic ended the last fetch.
const ABANDONED_RENEWAL_DELAY: Duration = Duration::from_secs(1);

/// The source of the tokens that one set of credentials gets. Shared by all providers with equal credentials.
pub(crate) struct TokenSource {
    pub(super) id: SourceId,
    pub(super) credentials: Arc<ClientCredentials>,
    generations: Weak<Generations>,
    clock: Clock,
    // Read without a lock, so that a child of `fork` can read it too.
    snapshot: ArcSwapOption<Snapshot>,
    /// The number of times that a token was served at once, without waiting. Callers that waited for a fetch are not
    /// counted. A token without a hit is not renewed.
    hits: AtomicU64,
    successes: AtomicU64,
    failures: AtomicU64,
    /// The time of the last success.
    succeeded_at: ArcSwapOption<Instant>,
    last_error: ArcSwapOption<TokenError>,
}

/// The token that a source holds, in the form in which it is served.
struct Snapshot {
    token: TokenId,
    headers: Arc<Headers>,
    renew_at: Instant,
    expires_at: Instant,
    /// The value of [`TokenSource::hits`] when the token was stored.
    hits_before: u64,
}

impl TokenSource {
    /// Returns the source for `credentials`: the source that the registry holds, or a new source.
    pub(crate) fn shared(credentials: ClientCredentials, generations: &Arc<Generations>) -> Arc<Self> {
        let generation = generations.current();
        let mut registry = generation.registry.lock();
        registry.get_or_insert(credentials, |credentials| {
            Arc::new(Self {
                id: SourceId::next(),
                credentials,
                generations: Arc::downgrade(generations),
                clock: generation.clock().clone(),
                snapshot: ArcSwapOption::empty(),
                hits: AtomicU64::new(0),
                successes: AtomicU64::new(0),
                failures: AtomicU64::new(0),
                succeeded_at: ArcSwapOption::empty(),
                last_error: ArcSwapOption::empty(),
            })
        })
    }

    /// Returns headers with the held token if the token is valid. Takes no lock and does no I/O.
    ///
    /// A hit only increments a counter, which the renewal task reads later. While no engine runs (in a child of `fork`,
    /// or after a shutdown), tokens are served until they expire. The first caller that finds no valid token starts the
    /// engine.
    pub(crate) fn current(&self) -> Option<Arc<Headers>> {
        let headers = self.valid(self.clock.now())?;
        self.hits.fetch_add(1, Ordering::Relaxed);
        Some(headers)
    }

    /// Returns whether a valid token is held.
    pub(super) fn holds_valid_token(&self) -> bool {
        self.snapshot.load().as_ref().is_some_and(|snapshot| self.clock.now() < snapshot.expires_at)
    }

    /// Returns the outcome if it is known at once: headers with a valid token, or an error, such as the remembered
    /// error of a cool-down. Otherwise starts or joins a fetch, and `waiter` is told when the fetch has ended.
    pub(crate) fn request(self: &Arc<Self>, waiter: Waiter) -> Requested {
        if let Some(headers) = self.current() {
            return Requested::Ready(Ok(headers));
        }
        let Some(generation) = self.generation() else {
            return Requested::Ready(Err(Error::Shutdown));
        };
        let now = self.clock.now();
        match generation.single_flight.join(self.id, now, waiter, || self.valid(now)) {
            Join::Start => {
                Fetch::new(self, &generation).start();
                Requested::Waiting
            }
            Join::Joined => Requested::Waiting,
            Join::Ready(headers) => Requested::Ready(Ok(headers)),
            Join::CoolingDown(error) => Requested::Ready(Err(error)),
        }
    }

    /// Starts a fetch, unless a valid token is held or a fetch is under way.
    ///
    /// # Errors
    ///
    /// The remembered error during a cool-down; [`Error::Shutdown`] if the engine was dropped.
    pub(crate) fn prefetch(self: &Arc<Self>) -> Result<(), Error> {
        let generation = self.generation().ok_or(Error::Shutdown)?;
        let now = self.clock.now();
        match generation.single_flight.begin(self.id, now, || self.valid(now).is_some()) {
            Begin::Start => Fetch::new(self, &generation).start(),
            Begin::UnderWay | Begin::Needless => {}
            Begin::CoolingDown(error) => return Err(error),
        }
        Ok(())
    }

    /// Drops the token and ends the cool-down.
    ///
    /// `rejected` is the refused value of `Authorization`. If it is not the value with the current token, nothing
    /// changes. So a refusal of an older token costs nothing, and many refusals of one token cost one fetch. `None`
    /// means the current value.
    pub(crate) fn invalidate(&self, rejected: Option<&str>) {
        let snapshot = self.snapshot.load();
        let held = snapshot.as_ref().and_then(|snapshot| snapshot.headers.get("Authorization"));
        if rejected.is_some() && rejected != held.map(Secret::expose_secret) {
            return;
        }
        // A token that was stored in the meantime is kept, because it is not the refused token.
        self.snapshot.compare_and_swap(&snapshot, None);
        if let Some(generation) = self.generation() {
            generation.single_flight.end_cool_down(self.id);
        }
    }

    /// Returns the state of the token and its fetches. Takes the lock of the single flight, so the path of a hit must
    /// not call it.
    pub(crate) fn status(&self) -> TokenStatus {
        let now = self.clock.now();
        let snapshot = self.snapshot.load();
        let state = match snapshot.as_ref() {
            None => TokenState::Empty,
            Some(snapshot) if now >= snapshot.expires_at => TokenState::Expired,
            Some(snapshot) if now >= snapshot.renew_at => TokenState::Renewing,
            Some(_) => TokenState::Fresh,
        };
        let activity = self.generation().map(|generation| generation.single_flight.activity(self.id, now));
        let activity = activity.unwrap_or_default();
        TokenStatus {
            state,
            expires_in: snapshot.as_ref().map(|snapshot| snapshot.expires_at.since(now)),
            since_success: self.succeeded_at.load().as_deref().map(|at| now.since(*at)),
            last_error: self.last_error.load().as_deref().cloned(),
            cool_down: activity.cool_down,
            fetching: activity.fetching,
            successes: self.successes.load(Ordering::Relaxed),
            failures: self.failures.load(Ordering::Relaxed),
            hits: self.hits.load(Ordering::Relaxed),
        }
    }

    /// Returns the time at which the renewal of the current token is due, and the id of this token.
    pub(super) fn planned_renewal(&self) -> Option<(Instant, TokenId)> {
        self.snapshot.load().as_ref().map(|snapshot| (snapshot.renew_at, snapshot.token))
    }

    /// Starts the renewal of `token` if the token has had a hit and the circuit breaker would admit a fetch. Otherwise
    /// returns the time of the next check. Returns `None` if no check is needed, or if the token would expire before
    /// the check.
    pub(super) fn renew_if_used(self: &Arc<Self>, generation: &Arc<Generation>, token: TokenId) -> Option<Instant> {
        let snapshot = self.snapshot.load();
        let snapshot = snapshot.as_ref().filter(|snapshot| snapshot.token == token)?;
        let now = self.clock.now();
        if self.hits.load(Ordering::Relaxed) == snapshot.hits_before {
            // The next check comes after half of the remaining lifetime. If the token is used before the check, the
            // other half is left for the renewal.
            let again = now.after((snapshot.expires_at.since(now) / 2).max(SHORTEST_USE_CHECK));
            return Some(again).filter(|again| *again < snapshot.expires_at);
        }
        // Waiting for the circuit breaker here costs less than a fetch that is withheld.
        let host = generation.hosts.get(self.credentials.origin());
        if let Some(not_admitted) = host.circuit_breaker.would_not_admit(now) {
            return Some(now.after(not_admitted.pause)).filter(|again| *again < snapshot.expires_at);
        }
        // Nothing is planned here: a fetch under way plans the next renewal when it ends, and a failed fetch has
        // planned a renewal for the end of its cool-down.
        if let Begin::Start = generation.single_flight.begin(self.id, now, || !self.holds(token)) {
            Fetch::new(self, generation).start();
        }
        None
    }

    /// Returns whether `token` is the current token.
    pub(super) fn holds(&self, token: TokenId) -> bool {
        self.snapshot.load().as_ref().is_some_and(|snapshot| snapshot.token == token)
    }

    /// Publishes a fetched token: replaces the snapshot, and plans the renewal.
    ///
    /// # Errors
    ///
    /// If the token had expired when the response arrived.
    pub(super) fn publish(
        self: &Arc<Self>,
        generation: &Generation,
        fetched: &FetchedToken,
    ) -> Result<Arc<Headers>, FetchFailure> {
        let FetchedToken { response, requested_at } = fetched;
        let buffer = self.credentials.expiry_buffer;
        let lifetime =
            Lifetime::new(response.expires_in.as_deref(), response.refresh_in.as_deref(), buffer, random_share());
        let expires_at = requested_at.after(lifetime.expires_after);
        let now = self.clock.now();
        if now >= expires_at {
            let error = TokenError::new(TokenErrorKind::Response, "the token had expired when the response came");
            return Err(FetchFailure::failed(self.token_error(error)));
        }
        let bearer = Secret::new(format!("Bearer {}", response.access_token.expose_secret()));
        let snapshot = Arc::new(Snapshot {
            token: TokenId::next(),
            headers: Arc::new(Headers::single("Authorization", bearer)),
            renew_at: requested_at.after(lifetime.renew_after),
            expires_at,
            hits_before: self.hits.load(Ordering::Relaxed),
        });
        self.snapshot.store(Some(Arc::clone(&snapshot)));
        self.successes.fetch_add(1, Ordering::Relaxed);
        self.succeeded_at.store(Some(Arc::new(now)));
        generation.renewals.plan(snapshot.renew_at, self, snapshot.token);
        Ok(Arc::clone(&snapshot.headers))
    }

    /// Counts a failed fetch, and stores its error if it is an [`Error::Token`]. A withheld fetch is neither counted
    /// nor stored, because no request was sent.
    ///
    /// Plans another renewal of the held token for the end of the cool-down; without a cool-down, after
    /// [`ABANDONED_RENEWAL_DELAY`]. Plans none if the token expires before that.
    pub(super) fn record_failure(
        self: &Arc<Self>,
        generation: &Generation,
        failure: &FetchFailure,
        cool_down_until: Option<Instant>,
    ) {
        if !matches!(failure, FetchFailure::Withheld { .. }) {
            self.failures.fetch_add(1, Ordering::Relaxed);
            if let Error::Token(error) = failure.error() {
                self.last_error.store(Some(Arc::clone(error)));
            }
        }
        let again = cool_down_until.unwrap_or_else(|| self.clock.now().after(ABANDONED_RENEWAL_DELAY));
        if let Some(snapshot) = self.snapshot.load().as_ref()
            && again < snapshot.expires_at
        {
            generation.renewals.plan(again, self, snapshot.token);
        }
    }

    /// Returns `error` in the form that callers get, with the token URL of this source.
    pub(super) fn token_error(&self, error: TokenError) -> Error {
        Error::Token(Arc::new(TokenError { token_url: self.credentials.shown_url(), ..error }))
    }

    /// Returns the generation of this process; `None` if the engine was dropped.
    fn generation(&self) -> Option<Arc<Generation>> {
        self.generations.upgrade().map(|generations| generations.current())
    }

    /// Returns headers with the held token if the token is valid at `now`.
    fn valid(&self, now: Instant) -> Option<Arc<Headers>> {
        let snapshot = self.snapshot.load();
        snapshot.as_ref().filter(|snapshot| now < snapshot.expires_at).map(|snapshot| Arc::clone(&snapshot.headers))
    }
}

impl Drop for TokenSource {
    fn drop(&mut self) {
        // Removes the entry of this source from the single flight. No fetch is under way, because a fetch holds its
        // source.
        if let Some(generation) = self.generation() {
            generation.single_flight.end_cool_down(self.id);
        }
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSource").field("credentials", &self.credentials).finish_non_exhaustive()
    }
}
