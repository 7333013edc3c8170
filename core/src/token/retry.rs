//! The attempts of one fetch: which failures are tried again, when, and when the fetch gives up.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use super::admission::{Permit, RenewalPermit};
use super::circuit_breaker::NotAdmitted;
use super::cool_down::FetchFailure;
use super::hosts::HostState;
use super::{Generation, TokenSource, random_share};
use crate::error::{Error, TokenError, TokenErrorKind};
use crate::log::event;
use crate::oauth2::{ClientCredentials, FailedAttempt, TokenResponse, attempt};
use crate::runtime::Instant;

/// The limit on the time of all attempts of a fetch together, including the pauses and the waits for permits. The wait
/// for the first renewal permit is not included, because no caller waits during it.
pub(super) const LONGEST_FETCH: Duration = Duration::from_secs(30);
/// The maximum number of retries in one fetch.
const MAX_RETRIES: u32 = 3;
/// The upper limit of the random pause before the first retry. Doubled for each further retry (full jitter).
const FIRST_BACKOFF: Duration = Duration::from_millis(250);

/// The result of a successful fetch.
pub(super) struct FetchedToken {
    pub response: TokenResponse,
    /// The time at which the request was sent. The lifetime counts from here.
    pub requested_at: Instant,
}

/// The result of [`attempt_once`], with the duration of the attempt.
pub(crate) struct SingleAttempt {
    pub outcome: Result<TokenResponse, TokenError>,
    pub latency: Duration,
}

/// Fetches a token: sends requests until one succeeds. Sends no request if the circuit breaker is open. Gives up after
/// a failure that a retry can't cure, after [`MAX_RETRIES`] retries, or if the next attempt would start after
/// `deadline`.
pub(super) async fn fetch(
    source: &TokenSource,
    generation: &Generation,
    host: &HostState,
    renewal: Option<RenewalPermit<'_>>,
    deadline: Instant,
) -> Result<FetchedToken, FetchFailure> {
    let clock = generation.clock();
    let Some(mut permit) = until(deadline, generation, generation.admission.permit(&host.admission, renewal)).await
    else {
        let message = "no request could be sent within 30 s: too many are under way already";
        return Err(FetchFailure::failed(source.token_error(TokenError::new(TokenErrorKind::Timeout, message))));
    };
    let mut admitted =
        host.circuit_breaker.admit(clock.now()).map_err(|not_admitted| withheld(source, &not_admitted))?;
    let mut retries = 0;
    loop {
        let requested_at = clock.now();
        let outcome = attempt(&source.credentials, &generation.http, clock, deadline).await;
        drop(permit);
        let failed = match outcome {
            Ok(response) => {
                host.circuit_breaker.report(&mut admitted, None, clock.now());
                return Ok(FetchedToken { response, requested_at });
            }
            Err(failed) => failed,
        };
        let FailedAttempt { error, retry_after } = failed;
        host.circuit_breaker.report(&mut admitted, Some(&error), clock.now());
        let retry_after = retry_after.unwrap_or_default();
        // The back-off applies even if the server asked for a shorter pause: it may ask for zero, or name a past date.
        let pause = retry_after.max(backoff(retries));
        if !may_help(&error) || retries >= MAX_RETRIES || clock.now().after(pause) >= deadline {
            return Err(FetchFailure::Failed { error: Error::Token(Arc::new(error)), retry_after });
        }
        tracing::debug!(
            name: event::TOKEN_REQUEST_RETRIED,
            target: "argus_auth::token",
            token_url = source.credentials.shown_url(),
            kind = error.kind.code(),
            pause_ms = pause.as_millis(),
            "token request failed, trying again"
        );
        retries += 1;
        clock.sleep_until(clock.now().after(pause)).await;
        let Some(next) = until(deadline, generation, next_permit(source, generation, host)).await else {
            return Err(FetchFailure::Failed { error: Error::Token(Arc::new(error)), retry_after });
        };
        permit = next;
    }
}

/// Sends one token request, for the doctor. Waits for a permit. Ignores the circuit breaker and the cool-down, and does
/// not change them.
pub(crate) async fn attempt_once(credentials: &ClientCredentials, generation: &Generation) -> SingleAttempt {
    let clock = generation.clock();
    let host = generation.hosts.get(credentials.origin());
    let _permit = generation.admission.permit(&host.admission, None).await;
    let started = clock.now();
    let outcome = attempt(credentials, &generation.http, clock, started.after(LONGEST_FETCH)).await;
    SingleAttempt { outcome: outcome.map_err(|failed| failed.error), latency: clock.now().since(started) }
}

/// Returns whether another attempt may succeed. After an error of the kind `Tls`, another attempt fails too, because a
/// certificate does not change within seconds. A connection that broke during the handshake is an error of another
/// kind, and another attempt may succeed.
fn may_help(error: &TokenError) -> bool {
    error.kind.is_transient() && error.kind != TokenErrorKind::Tls
}

/// Returns the random pause before the next attempt, after this many retries: exponential back-off with full jitter.
fn backoff(retries: u32) -> Duration {
    FIRST_BACKOFF.saturating_mul(2_u32.saturating_pow(retries)).mul_f64(random_share())
}

/// Waits for the permit for a retry. While no caller waits for this fetch, it first needs a renewal permit.
async fn next_permit<'p>(source: &TokenSource, generation: &'p Generation, host: &'p HostState) -> Permit<'p> {
    let caller_joined = generation.single_flight.caller_joined(source.id);
    let renewal = generation.admission.renewal_permit(&host.admission, caller_joined).await;
    generation.admission.permit(&host.admission, renewal).await
}

/// Returns the result of `wait`, or `None` at `deadline`.
async fn until<T>(deadline: Instant, generation: &Generation, wait: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        result = wait => Some(result),
        () = generation.clock().sleep_until(deadline) => None,
    }
}

/// Returns the failure of a fetch that the circuit breaker did not admit.
fn withheld(source: &TokenSource, not_admitted: &NotAdmitted) -> FetchFailure {
    let message = format!(
        "no request was sent, since the token endpoint's host failed several times in a row: {}",
        not_admitted.cause
    );
    let error = source.token_error(TokenError::new(TokenErrorKind::Unavailable, message));
    FetchFailure::Withheld { error, pause: not_admitted.pause }
}
