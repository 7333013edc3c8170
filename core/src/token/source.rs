//! Where one token comes from: the snapshot that callers read, and the fetches that replace it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;

use super::credentials::ClientCredentials;
use super::fetch::{Failed, Fetched};
use super::flight::Flight;
use super::flights::Join;
use super::lifetime::Lifetime;
use super::{Requested, TokenState, TokenStatus, Waiter};
use crate::engine::{Clock, Engine, Generation, Instant, WeakEngine};
use crate::error::{Error, TokenError};
use crate::headers::Headers;
use crate::secret::Secret;

/// The source of the tokens that one set of credentials gets. Shared by all providers with equal credentials.
pub(crate) struct TokenSource {
    pub(super) id: u64,
    pub(super) credentials: Arc<ClientCredentials>,
    engine: WeakEngine,
    clock: Clock,
    // Read without a lock; outlives any engine thread, so a forked child reads it too.
    token: ArcSwapOption<Token>,
    /// How often a token was served at once. One that was not since it was put in is idle, and not renewed.
    hits: AtomicU64,
    successes: AtomicU64,
    failures: AtomicU64,
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

/// Whether a token is used is not looked at more often.
const SHORTEST_LOOK: Duration = Duration::from_millis(100);
/// A renewal that ended without a verdict on the token endpoint is tried again after this.
const INCONCLUSIVE: Duration = Duration::from_secs(1);

impl TokenSource {
    /// The source for `credentials` at `engine`: a new one, or the one that others use already.
    pub(crate) fn shared(credentials: ClientCredentials, engine: &Engine) -> Arc<Self> {
        static NEXT_ID: AtomicU64 = AtomicU64::new(0);
        let generation = engine.generation();
        generation.board.source(credentials, |credentials| {
            Arc::new(Self {
                id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
                credentials,
                engine: engine.downgrade(),
                clock: engine.clock().clone(),
                token: ArcSwapOption::empty(),
                hits: AtomicU64::new(0),
                successes: AtomicU64::new(0),
                failures: AtomicU64::new(0),
                succeeded_at: ArcSwapOption::empty(),
                last_error: ArcSwapOption::empty(),
            })
        })
    }

    /// The headers with the token, if there is one that has not expired: no waiting, no lock, no I/O.
    ///
    /// That somebody came is all that the schedule learns of it. Where no engine runs yet, in a child of `fork` or
    /// after a shutdown, tokens are served until they expire; the first caller that must wait starts it.
    pub(crate) fn current(&self) -> Option<Arc<Headers>> {
        let headers = self.valid(self.clock.now())?;
        self.hits.fetch_add(1, Ordering::Relaxed);
        Some(headers)
    }

    /// Whether there is a token that has not expired.
    pub(super) fn holds_token(&self) -> bool {
        self.token.load().as_ref().is_some_and(|token| self.clock.now() < token.expires_at)
    }

    /// Headers with a valid token: at once, or told to `waiter` when a fetch has ended.
    pub(crate) fn request(self: &Arc<Self>, waiter: Waiter) -> Requested {
        if let Some(headers) = self.current() {
            return Requested::Ready(Ok(headers));
        }
        let Some(engine) = self.engine.upgrade() else {
            return Requested::Ready(Err(Error::Shutdown));
        };
        let generation = engine.generation();
        let now = self.clock.now();
        match generation.board.flights.join(self.id, now, waiter, || self.valid(now)) {
            Join::Start => {
                Flight::new(self, &generation).take_off();
                Requested::Waiting
            }
            Join::Joined => Requested::Waiting,
            Join::Ready(headers) => Requested::Ready(Ok(headers)),
            Join::Cooling(error) => Requested::Ready(Err(error)),
        }
    }

    /// Starts a fetch unless one is under way or the last one failed too recently.
    pub(crate) fn prefetch(self: &Arc<Self>) -> Result<(), Error> {
        let generation = self.engine.upgrade().ok_or(Error::Shutdown)?.generation();
        let now = self.clock.now();
        if generation.board.flights.begin(self.id, now, || self.valid(now).is_some())? {
            Flight::new(self, &generation).take_off();
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

    /// The token that is held, and when to renew it.
    pub(super) fn renewal(&self) -> Option<(Instant, u64)> {
        self.token.load().as_ref().map(|token| (token.renew_at, token.id))
    }

    /// Renews the token `id`, unless nobody uses it or its host is left alone: then it says when to look again.
    pub(super) fn see_to_renewal(self: &Arc<Self>, generation: &Arc<Generation>, id: u64) -> Option<Instant> {
        let token = self.token.load();
        let token = token.as_ref().filter(|token| token.id == id)?;
        let now = self.clock.now();
        if self.hits.load(Ordering::Relaxed) == token.hits_before {
            // Whenever it is used for the first time, half of its rest is left for the renewal.
            let again = now.after((token.expires_at.since(now) / 2).max(SHORTEST_LOOK));
            return Some(again).filter(|again| *again < token.expires_at);
        }
        // What waits for the host here costs less than a fetch that is not let out.
        if let Some(left_alone) = generation.board.host(self.credentials.host()).left_alone(now) {
            return Some(now.after(left_alone.pause)).filter(|again| *again < token.expires_at);
        }
        // A fetch under way plans what comes after it, and a cool-down was planned for when it began.
        if let Ok(true) = generation.board.flights.begin(self.id, now, || !self.holds(id)) {
            Flight::new(self, generation).take_off();
        }
        None
    }

    /// Whether the token `id` is the one held.
    pub(super) fn holds(&self, id: u64) -> bool {
        self.token.load().as_ref().is_some_and(|token| token.id == id)
    }

    fn valid(&self, now: Instant) -> Option<Arc<Headers>> {
        self.token.load().as_ref().filter(|token| now < token.expires_at).map(|token| Arc::clone(&token.headers))
    }

    /// Puts a fetched token in the place of the last one.
    ///
    /// # Errors
    ///
    /// If it has expired on the way.
    pub(super) fn put_in(self: &Arc<Self>, generation: &Generation, fetched: Fetched) -> Result<Arc<Headers>, Failed> {
        static NEXT_ID: AtomicU64 = AtomicU64::new(0);
        let Fetched { issued, requested } = fetched;
        let buffer = self.credentials.expiry_buffer;
        let lifetime =
            Lifetime::new(issued.expires_in.as_deref(), issued.refresh_in.as_deref(), buffer, super::random_share());
        let expires_at = requested.after(lifetime.expires_after);
        let now = self.clock.now();
        if now >= expires_at {
            return Err(Failed::expired_on_the_way(&self.credentials));
        }
        let bearer = Secret::new(format!("Bearer {}", issued.access_token.expose_secret()));
        let renew_at = requested.after(lifetime.renew_after);
        let token = Arc::new(Token {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            headers: Arc::new(Headers::single("Authorization", bearer)),
            renew_at,
            expires_at,
            hits_before: self.hits.load(Ordering::Relaxed),
        });
        self.token.store(Some(Arc::clone(&token)));
        self.successes.fetch_add(1, Ordering::Relaxed);
        self.succeeded_at.store(Some(Arc::new(now)));
        generation.board.schedule.plan(token.renew_at, self, token.id);
        Ok(Arc::clone(&token.headers))
    }

    /// Remembers a failure, and sees to it that a token in use is tried to be renewed again. What was not `let_out`,
    /// since its host is left alone, failed before.
    pub(super) fn failed(
        self: &Arc<Self>,
        generation: &Generation,
        error: &Error,
        let_out: bool,
        again: Option<Instant>,
    ) {
        self.failures.fetch_add(u64::from(let_out), Ordering::Relaxed);
        if let Error::Token(error) = error
            && let_out
        {
            self.last_error.store(Some(Arc::clone(error)));
        }
        let again = again.unwrap_or_else(|| self.clock.now().after(INCONCLUSIVE));
        if let Some(token) = self.token.load().as_ref()
            && again < token.expires_at
        {
            generation.board.schedule.plan(again, self, token.id);
        }
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

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSource").field("credentials", &self.credentials).finish_non_exhaustive()
    }
}
