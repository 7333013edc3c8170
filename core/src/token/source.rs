//! Where one token comes from: the snapshot that callers read, and the fetches that replace it.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use arc_swap::ArcSwapOption;
use tokio::sync::Notify;

use super::credentials::ClientCredentials;
use super::fetch::{self, Failed, Fetched};
use super::flights::Join;
use super::lifetime::Lifetime;
use super::{Requested, TokenState, TokenStatus, Waiter};
use crate::engine::{Clock, Engine, Generation, Instant, WeakEngine};
use crate::error::{Error, TokenError};
use crate::headers::Headers;
use crate::secret::Secret;

/// The source of the tokens that one set of credentials gets. Shared by all providers with equal credentials.
pub(crate) struct TokenSource {
    id: u64,
    credentials: ClientCredentials,
    engine: WeakEngine,
    clock: Clock,
    // Read without a lock; outlives any engine thread, so a forked child reads it too.
    token: ArcSwapOption<Token>,
    /// How often a token was served at once. One that was not since it was put in is idle, and not renewed.
    hits: AtomicU64,
    successes: AtomicU64,
    failures: AtomicU64,
    /// Tells a renewal that queues for its turn that somebody waits for it now.
    joined: Notify,
    /// When the last token was got.
    succeeded_at: ArcSwapOption<Instant>,
    last_error: ArcSwapOption<TokenError>,
}

/// A token as it is served.
struct Token {
    id: u64,
    headers: Arc<Headers>,
    renew_at: Instant,
    expires_at: Instant,
    /// [`TokenSource::hits`] when it was put in.
    hits_before: u64,
}

impl TokenSource {
    /// The source for `credentials` at `engine`: a new one, or the one that others use already.
    pub(crate) fn shared(credentials: &ClientCredentials, engine: &Engine) -> Arc<Self> {
        static NEXT_ID: AtomicU64 = AtomicU64::new(0);
        let generation = engine.generation();
        generation.board.source(credentials, || {
            Arc::new(Self {
                id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
                credentials: credentials.clone(),
                engine: engine.downgrade(),
                clock: engine.clock().clone(),
                token: ArcSwapOption::empty(),
                hits: AtomicU64::new(0),
                successes: AtomicU64::new(0),
                failures: AtomicU64::new(0),
                joined: Notify::new(),
                succeeded_at: ArcSwapOption::empty(),
                last_error: ArcSwapOption::empty(),
            })
        })
    }

    /// The headers with the token, if there is one that has not expired: no waiting, no I/O.
    ///
    /// Starts a renewal when it is time for one.
    pub(crate) fn current(self: &Arc<Self>) -> Option<Arc<Headers>> {
        let token = self.token.load();
        let token = token.as_ref()?;
        let now = self.clock.now();
        if now >= token.expires_at {
            return None;
        }
        self.hits.fetch_add(1, Ordering::Relaxed);
        if now >= token.renew_at
            && let Some(engine) = self.engine.upgrade()
        {
            self.renew(&engine.generation());
        }
        Some(Arc::clone(&token.headers))
    }

    fn never_fetched(&self) -> bool {
        self.successes.load(Ordering::Relaxed) + self.failures.load(Ordering::Relaxed) == 0
    }

    /// Whether there is a token that has not expired.
    pub(super) fn holds_token(&self) -> bool {
        self.token.load().as_ref().is_some_and(|token| self.clock.now() < token.expires_at)
    }

    /// Headers with a valid token: at once, or told to `waiter` when a fetch has ended.
    pub(crate) fn request(self: &Arc<Self>, waiter: Waiter) -> Requested {
        if let Some(headers) = self.current() {
            return Requested::Ready(Ok(headers), waiter);
        }
        let Some(engine) = self.engine.upgrade() else {
            return Requested::Ready(Err(Error::Shutdown), waiter);
        };
        let generation = engine.generation();
        match self.join(&generation, Some(waiter)) {
            Join::Start => {
                self.take_off(&generation);
                Requested::Waiting
            }
            Join::Joined | Join::Ready(_, None) | Join::Cooling(_, None) => {
                self.joined.notify_waiters();
                Requested::Waiting
            }
            Join::Ready(headers, Some(waiter)) => Requested::Ready(Ok(headers), waiter),
            Join::Cooling(error, Some(waiter)) => Requested::Ready(Err(error), waiter),
        }
    }

    /// Starts a fetch unless one is under way or the last one failed too recently.
    pub(crate) fn prefetch(self: &Arc<Self>) -> Result<(), Error> {
        let generation = self.engine.upgrade().ok_or(Error::Shutdown)?.generation();
        match self.join(&generation, None) {
            Join::Start => self.take_off(&generation),
            Join::Cooling(error, _) => return Err(error),
            Join::Joined | Join::Ready(..) => {}
        }
        Ok(())
    }

    /// Drops the token and ends a cool-down. With `rejected`, only if that is the token it holds: a refusal of an
    /// older token costs nothing, and many refusals of one token cost one fetch.
    pub(crate) fn invalidate(&self, rejected: Option<&str>) {
        let token = self.token.load();
        let held = token.as_ref().and_then(|token| token.headers.get("Authorization")).map(Secret::expose_secret);
        if rejected.is_some() && rejected != held {
            return;
        }
        // Another token may have been put in since; it was not the one that failed.
        self.token.compare_and_swap(&token, None);
        if let Some(engine) = self.engine.upgrade() {
            engine.generation().board.flights.forgive(self.id);
        }
    }

    /// What can be said of it now. Not for the path of a request.
    pub(crate) fn status(&self) -> TokenStatus {
        let now = self.clock.now();
        let token = self.token.load();
        let state = match token.as_ref() {
            None => TokenState::Empty,
            Some(token) if now >= token.expires_at => TokenState::Expired,
            Some(token) if now >= token.renew_at => TokenState::Renewing,
            Some(_) => TokenState::Fresh,
        };
        let generation = self.engine.upgrade().map(|engine| engine.generation());
        let (fetching, cool_down) =
            generation.map_or((false, None), |generation| generation.board.flights.state(self.id, now));
        TokenStatus {
            state,
            expires_in: token.as_ref().map(|token| token.expires_at.since(now)),
            since_success: self.succeeded_at.load().as_deref().map(|at| now.since(*at)),
            last_error: self.last_error.load().as_deref().cloned(),
            cool_down,
            fetching,
            successes: self.successes.load(Ordering::Relaxed),
            failures: self.failures.load(Ordering::Relaxed),
            hits: self.hits.load(Ordering::Relaxed),
        }
    }

    /// Renews the token `id` if it is still the one held and somebody used it.
    pub(super) fn renew_if_used(self: &Arc<Self>, generation: &Arc<Generation>, id: u64) {
        let hits = self.hits.load(Ordering::Relaxed);
        if self.token.load().as_ref().is_some_and(|token| token.id == id && hits > token.hits_before) {
            self.renew(generation);
        }
    }

    fn renew(self: &Arc<Self>, generation: &Arc<Generation>) {
        if let Join::Start = generation.board.flights.join(self.id, generation.clock().now(), None, || None::<()>) {
            self.take_off(generation);
        }
    }

    fn join(&self, generation: &Generation, waiter: Option<Waiter>) -> Join<Arc<Headers>, Waiter> {
        let now = generation.clock().now();
        generation.board.flights.join(self.id, now, waiter, || {
            let token = self.token.load();
            token.as_ref().filter(|token| now < token.expires_at).map(|token| Arc::clone(&token.headers))
        })
    }

    /// Starts the fetch that a [`Join::Start`] made this source owe.
    fn take_off(self: &Arc<Self>, generation: &Arc<Generation>) {
        let flight = Flight { source: Arc::clone(self), generation: Arc::clone(generation), outcome: None };
        // If the task can't run, it is dropped, and the flight with it: the waiters are told.
        if let Err(error) = generation.spawn(flight.fly()) {
            tracing::error!(target: "argus_auth::engine", %error, "the engine could not start");
        }
    }

    /// Ends when somebody waits for the fetch that is under way.
    async fn awaited(&self, generation: &Generation) {
        let mut joined = pin!(self.joined.notified());
        // Listens before it looks, so that who joins between the two is not missed.
        joined.as_mut().enable();
        if !generation.board.flights.is_awaited(self.id) {
            joined.await;
        }
    }

    fn put_in(self: &Arc<Self>, generation: &Generation, fetched: Fetched) -> Arc<Headers> {
        static NEXT_ID: AtomicU64 = AtomicU64::new(0);
        let Fetched { issued, requested } = fetched;
        let buffer = self.credentials.expiry_buffer;
        let lifetime =
            Lifetime::new(issued.expires_in.as_deref(), issued.refresh_in.as_deref(), buffer, super::random_share());
        let bearer = Secret::new(format!("Bearer {}", issued.access_token.expose_secret()));
        let token = Arc::new(Token {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            headers: Arc::new(Headers::single("Authorization", bearer)),
            renew_at: requested.after(lifetime.renew_after),
            expires_at: requested.after(lifetime.expires_after),
            hits_before: self.hits.load(Ordering::Relaxed),
        });
        self.token.store(Some(Arc::clone(&token)));
        self.successes.fetch_add(1, Ordering::Relaxed);
        self.succeeded_at.store(Some(Arc::new(self.clock.now())));
        generation.board.schedule.plan(token.renew_at, self, token.id);
        tracing::info!(
            target: "argus_auth::token",
            token_url = self.credentials.shown_url(),
            lifetime_s = lifetime.expires_after.as_secs(),
            "token acquired"
        );
        Arc::clone(&token.headers)
    }
}

impl Drop for TokenSource {
    fn drop(&mut self) {
        // What is remembered of its failures ends with it.
        if let Some(engine) = self.engine.upgrade() {
            engine.generation().board.flights.forgive(self.id);
        }
    }
}

/// A fetch under way. However it ends, dropped by a shutdown or a panic included, those who wait are told.
struct Flight {
    source: Arc<TokenSource>,
    generation: Arc<Generation>,
    outcome: Option<Result<Fetched, Failed>>,
}

impl Flight {
    async fn fly(mut self) {
        let (source, generation) = (Arc::clone(&self.source), Arc::clone(&self.generation));
        if source.never_fetched() && source.credentials.travel_in_the_clear() {
            let token_url = source.credentials.shown_url();
            tracing::warn!(target: "argus_auth::token", token_url, "credentials go out over plain http");
        }
        let host = generation.board.host(source.credentials.host());
        // A closed semaphore is the only failure of `acquire`, and these are never closed.
        let _renewal = tokio::select! {
            biased;
            () = source.awaited(&generation) => None,
            permit = host.renewals.acquire() => permit.ok(),
        };
        let _of_host = host.fetches.acquire().await;
        let _of_all = generation.board.fetches.acquire().await;
        let outcome = match host.admit(generation.clock().now()) {
            Ok(()) => {
                let outcome = fetch::fetch(&source.credentials, &generation).await;
                host.report(outcome.as_ref().err().map(|failed| failed.error.kind), generation.clock().now());
                outcome
            }
            Err(pause) => Err(fetch::Failed::host_is_down(&source.credentials, pause)),
        };
        self.outcome = Some(outcome);
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let Self { source, generation, outcome, .. } = self;
        let flights = &generation.board.flights;
        let (waiters, outcome) = match outcome.take() {
            Some(Ok(fetched)) => {
                let headers = source.put_in(generation, fetched);
                (flights.land(source.id), Ok(headers))
            }
            failed => {
                let (error, retry_after) = match failed {
                    Some(Err(Failed { error, retry_after })) => (Error::Token(Arc::new(error)), retry_after),
                    _ if thread::panicking() => (Error::Internal { what: "a token fetch panicked" }, None),
                    _ => (Error::Shutdown, None),
                };
                let now = generation.clock().now();
                let (waiters, again) = flights.fail(source.id, &error, retry_after, now);
                source.report_failure(&error);
                if let Some((again, token)) = again.zip(source.token.load().as_ref())
                    && again < token.expires_at
                {
                    generation.board.schedule.plan(again, source, token.id);
                }
                (waiters, Err(error))
            }
        };
        for waiter in waiters {
            waiter(outcome.clone());
        }
    }
}

impl TokenSource {
    fn report_failure(&self, error: &Error) {
        self.failures.fetch_add(1, Ordering::Relaxed);
        if let Error::Token(error) = error {
            self.last_error.store(Some(Arc::clone(error)));
        }
        let token_url = self.credentials.shown_url();
        if matches!(error, Error::Shutdown) {
            // The host's own doing: nothing for an operator to look after.
            tracing::debug!(target: "argus_auth::token", token_url, %error, "token fetch abandoned");
        } else if self.holds_token() {
            tracing::warn!(target: "argus_auth::token", token_url, %error, "token renewal failed; the old token stays in use");
        } else {
            tracing::error!(target: "argus_auth::token", token_url, %error, "token fetch failed");
        }
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSource").field("credentials", &self.credentials).finish_non_exhaustive()
    }
}
