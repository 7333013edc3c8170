//! A fetch, from its start until every waiter has been told.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;

use super::cool_down::FetchFailure;
use super::hosts::HostState;
use super::retry::{self, FetchedToken, LONGEST_FETCH};
use super::single_flight::FailedFetch;
use super::{Generation, TokenSource};
use crate::error::Error;
use crate::log::event;
use crate::wait::Outcome;

/// A fetch that the [single flight](super::single_flight) told its caller to perform.
///
/// Every fetch ends in [`Fetch::end`], even if a shutdown or a panic drops it, so that no caller waits for ever.
pub(super) struct Fetch {
    source: Arc<TokenSource>,
    generation: Arc<Generation>,
    ended: bool,
}

impl Fetch {
    pub(super) fn new(source: &Arc<TokenSource>, generation: &Arc<Generation>) -> Self {
        Self { source: Arc::clone(source), generation: Arc::clone(generation), ended: false }
    }

    /// Spawns the fetch on the engine's thread. If the engine is stopped or can't start, the fetch ends here.
    pub(super) fn start(mut self) {
        match Arc::clone(&self.generation).runtime() {
            Ok(Some(runtime)) => drop(runtime.spawn(self.run())),
            // The engine is stopped. Dropping the fetch ends it.
            Ok(None) => {}
            // This failure starts a cool-down. Without one, each caller would try to start the engine and log an error.
            Err(error) => self.end(Err(FetchFailure::failed(error))),
        }
    }

    async fn run(mut self) {
        let (source, generation) = (Arc::clone(&self.source), Arc::clone(&self.generation));
        let host = generation.hosts.get(source.credentials.origin());
        warn_of_clear_text_once(&source, &host);
        let caller_joined = generation.single_flight.caller_joined(source.id);
        let renewal = generation.admission.renewal_permit(&host.admission, caller_joined).await;
        // The 30 s start here: no caller has waited before, because the wait above ends as soon as a caller joins. The
        // 30 s include the wait for the permit to send a request.
        let deadline = generation.clock().now().after(LONGEST_FETCH);
        let outcome = retry::fetch(&source, &generation, &host, renewal, deadline).await;
        self.end(outcome);
    }

    /// Ends the fetch: publishes the token or records the failure, logs the result, and tells every waiter.
    fn end(&mut self, outcome: Result<FetchedToken, FetchFailure>) {
        let (source, generation) = (Arc::clone(&self.source), Arc::clone(&self.generation));
        let (waiters, outcome) = match outcome.and_then(|fetched| source.publish(&generation, &fetched)) {
            Ok(headers) => {
                let waiters = generation.single_flight.succeed(source.id);
                contained(|| log_success(&source));
                (waiters, Ok(headers))
            }
            Err(failure) => {
                let now = generation.clock().now();
                let FailedFetch { waiters, cool_down_until } = generation.single_flight.fail(source.id, &failure, now);
                source.record_failure(&generation, &failure, cool_down_until);
                contained(|| log_failure(&source, &failure));
                (waiters, Outcome::Err(failure.error().clone()))
            }
        };
        // From here on, `Drop` has nothing left to do. `ended` is not set earlier: if a panic occurs before the single
        // flight has handed over the waiters, `Drop` tells them.
        self.ended = true;
        for waiter in waiters {
            contained(|| waiter(outcome.clone()));
        }
    }
}

impl Drop for Fetch {
    /// Ends a fetch that a shutdown or a panic has dropped.
    fn drop(&mut self) {
        if !self.ended {
            let error =
                if thread::panicking() { Error::Internal { what: "a token fetch panicked" } } else { Error::Shutdown };
            self.end(Err(FetchFailure::Abandoned { error }));
        }
    }
}

/// Runs code of the host, which is a log subscriber or a waiter. A panic is contained, so that the other waiters are
/// told.
fn contained(host_code: impl FnOnce()) {
    let _ = catch_unwind(AssertUnwindSafe(host_code));
}

fn warn_of_clear_text_once(source: &TokenSource, host: &HostState) {
    if source.credentials.cross_network_in_clear_text() && !host.warned_of_clear_text.swap(true, Ordering::Relaxed) {
        tracing::warn!(
            name: event::TOKEN_URL_IN_THE_CLEAR,
            target: "argus_auth::token",
            token_url = source.credentials.shown_url(),
            "credentials go out over plain http"
        );
    }
}

fn log_success(source: &TokenSource) {
    let token_url = source.credentials.shown_url();
    tracing::info!(name: event::TOKEN_FETCH_SUCCEEDED, target: "argus_auth::token", token_url, "token acquired");
}

fn log_failure(source: &TokenSource, failure: &FetchFailure) {
    let (token_url, error) = (source.credentials.shown_url(), failure.error());
    match failure {
        // A shutdown is an action of the host, so there is nothing for an operator to do.
        FetchFailure::Abandoned { error: Error::Shutdown } => tracing::debug!(
            name: event::TOKEN_FETCH_ABANDONED,
            target: "argus_auth::token",
            token_url,
            %error,
            "token fetch abandoned"
        ),
        // The failures that opened the circuit breaker are logged at a higher level.
        FetchFailure::Withheld { .. } => tracing::debug!(
            name: event::TOKEN_REQUEST_WITHHELD,
            target: "argus_auth::token",
            token_url,
            %error,
            "no token request for now"
        ),
        _ if source.holds_valid_token() => tracing::warn!(
            name: event::TOKEN_RENEWAL_FAILED,
            target: "argus_auth::token",
            token_url,
            %error,
            "token renewal failed; the old token stays in use"
        ),
        _ => tracing::error!(
            name: event::TOKEN_FETCH_FAILED,
            target: "argus_auth::token",
            token_url,
            %error,
            "token fetch failed"
        ),
    }
}
