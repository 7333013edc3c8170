//! A fetch under way: from the moment it is owed until everybody who waits for it is told.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;

use super::fetch::{self, Failed, Fetched};
use super::flights::CoolDown;
use super::source::TokenSource;
use crate::engine::Generation;
use crate::error::Error;
use crate::log::event;

/// A fetch that [`Flights`](super::flights::Flights) said is to be performed.
///
/// However it ends, dropped by a shutdown or a panic included, those who wait are told.
pub(super) struct Flight {
    source: Arc<TokenSource>,
    generation: Arc<Generation>,
    outcome: Option<Result<Fetched, Failure>>,
}

/// Why it ended without a token.
struct Failure {
    error: Error,
    cool_down: CoolDown,
}

impl From<Failed> for Failure {
    fn from(Failed { error, cool_down }: Failed) -> Self {
        Self { error: Error::Token(error), cool_down }
    }
}

impl Flight {
    pub(super) fn new(source: &Arc<TokenSource>, generation: &Arc<Generation>) -> Self {
        Self { source: Arc::clone(source), generation: Arc::clone(generation), outcome: None }
    }

    /// Hands it to the engine. If that is stopped, or can't start, it ends here.
    pub(super) fn take_off(mut self) {
        match Arc::clone(&self.generation).runtime() {
            Ok(Some(runtime)) => drop(runtime.spawn(self.fly())),
            Ok(None) => {}
            // Every caller would try to start it otherwise, and would be told so in the log.
            Err(error) => self.outcome = Some(Err(Failure { error, cool_down: CoolDown::GROWING })),
        }
    }

    async fn fly(mut self) {
        let (source, generation) = (Arc::clone(&self.source), Arc::clone(&self.generation));
        let clock = generation.clock();
        let host = generation.board.host(source.credentials.host());
        if source.credentials.travel_in_the_clear() && !host.warned_of.swap(true, Ordering::Relaxed) {
            let token_url = source.credentials.shown_url();
            tracing::warn!(
                name: event::TOKEN_URL_IN_THE_CLEAR,
                target: "argus_auth::token",
                token_url,
                "credentials go out over plain http"
            );
        }
        let place = generation.board.behind_callers(&host, source.id).await;
        // From here on somebody may be waiting, and for the turn too.
        let deadline = clock.now().after(fetch::TOTAL);
        let outcome = tokio::select! {
            biased;
            turn = generation.board.turn(&host, place) => {
                fetch::fetch(&source, &generation, &host, turn, deadline).await
            }
            () = clock.sleep_until(deadline) => Err(Failed::no_turn(&source.credentials)),
        };
        self.outcome = Some(outcome.map_err(Failure::from));
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let Self { source, generation, outcome } = self;
        let outcome = match outcome.take() {
            Some(Ok(fetched)) => source.put_in(generation, fetched).map_err(Failure::from),
            Some(Err(failure)) => Err(failure),
            None if thread::panicking() => {
                let error = Error::Internal { what: "a token fetch panicked" };
                Err(Failure { error, cool_down: CoolDown::None })
            }
            None => Err(Failure { error: Error::Shutdown, cool_down: CoolDown::None }),
        };
        let flights = &generation.board.flights;
        let (waiters, let_out, outcome) = match outcome {
            Ok(headers) => (flights.land(source.id), true, Ok(headers)),
            Err(Failure { error, cool_down }) => {
                let let_out = !matches!(cool_down, CoolDown::Exactly(_));
                let (waiters, again) = flights.fail(source.id, &error, cool_down, generation.clock().now());
                source.failed(generation, &error, let_out, again);
                (waiters, let_out, Err(error))
            }
        };
        // First, so that who is told finds the record there. Contained, as each waiter is: a subscriber or a waiter that
        // panics must not keep the others waiting.
        let _ = catch_unwind(AssertUnwindSafe(|| report(source, outcome.as_ref().err(), let_out)));
        for waiter in waiters {
            let _ = catch_unwind(AssertUnwindSafe(|| waiter(outcome.clone())));
        }
    }
}

fn report(source: &TokenSource, error: Option<&Error>, let_out: bool) {
    let token_url = source.credentials.shown_url();
    match error {
        None => {
            tracing::info!(name: event::TOKEN_FETCH_SUCCEEDED, target: "argus_auth::token", token_url, "token acquired");
        }
        // The host's own doing: nothing for an operator to look after.
        Some(error @ Error::Shutdown) => {
            tracing::debug!(
                name: event::TOKEN_FETCH_ABANDONED,
                target: "argus_auth::token",
                token_url,
                %error,
                "token fetch abandoned"
            );
        }
        // Said by the fetches that found the host down, and not again by each that would have been the next.
        Some(error) if !let_out => {
            tracing::debug!(
                name: event::TOKEN_REQUEST_WITHHELD,
                target: "argus_auth::token",
                token_url,
                %error,
                "no token request for now"
            );
        }
        Some(error) if source.holds_token() => {
            tracing::warn!(
                name: event::TOKEN_RENEWAL_FAILED,
                target: "argus_auth::token",
                token_url,
                %error,
                "token renewal failed; the old token stays in use"
            );
        }
        Some(error) => {
            tracing::error!(
                name: event::TOKEN_FETCH_FAILED,
                target: "argus_auth::token",
                token_url,
                %error,
                "token fetch failed"
            );
        }
    }
}
