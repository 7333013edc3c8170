//! A fetch under way: from the moment it is owed until everybody who waits for it is told.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
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
        if source.never_fetched() && source.credentials.travel_in_the_clear() {
            let token_url = source.credentials.shown_url();
            tracing::warn!(
                name: event::TOKEN_URL_IN_THE_CLEAR,
                target: "argus_auth::token",
                token_url,
                "credentials go out over plain http"
            );
        }
        let host = generation.board.host(source.credentials.host());
        // A closed semaphore is the only failure of `acquire`, and these are never closed.
        let _renewal = tokio::select! {
            biased;
            () = generation.board.flights.awaited(source.id) => None,
            permit = host.renewals.acquire() => permit.ok(),
        };
        // From here on somebody may be waiting, and for the turn too.
        let clock = generation.clock();
        let deadline = clock.now().after(fetch::TOTAL);
        let turn = async { (host.fetches.acquire().await, generation.board.fetches.acquire().await) };
        let outcome = tokio::select! {
            biased;
            _permits = turn => match host.admit(clock.now()) {
                Ok(admitted) => {
                    let outcome = fetch::fetch(&source.credentials, &generation, deadline).await;
                    host.report(admitted, outcome.as_ref().err().map(|failed| failed.error.as_ref()), clock.now());
                    outcome
                }
                Err(left_alone) => Err(Failed::host_is_down(&source.credentials, &left_alone)),
            },
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
        let (waiters, outcome) = match outcome {
            Ok(headers) => (flights.land(source.id), Ok(headers)),
            Err(Failure { error, cool_down }) => {
                let (waiters, again) = flights.fail(source.id, &error, cool_down, generation.clock().now());
                source.failed(generation, &error, again);
                (waiters, Err(error))
            }
        };
        // First, so that who is told finds the record there. Contained, as each waiter is: a subscriber or a waiter that
        // panics must not keep the others waiting.
        let _ = catch_unwind(AssertUnwindSafe(|| report(source, outcome.as_ref().err())));
        for waiter in waiters {
            let _ = catch_unwind(AssertUnwindSafe(|| waiter(outcome.clone())));
        }
    }
}

fn report(source: &TokenSource, error: Option<&Error>) {
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
