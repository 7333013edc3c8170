//! Access tokens: read without waiting, fetched once for all callers, renewed ahead of expiry.
//!
//! A token's lifetime counts from the moment its request was sent. From then on:
//!
//! ```text
//!   request ──────────── fresh ────────────┬──── renewing ────┬─ expired
//!                 served at once            served at once;    never served;
//!                                           one renewal runs   callers wait
//! ```
//!
//! The buffer before expiry is clamped to a quarter of the lifetime, so that a token with a lifetime shorter than the
//! configured buffer is still used. Only a token that has had a hit is renewed; callers that waited for the fetch do
//! not count. A failed renewal leaves the token in use until it expires. In this library, a token expires 2 % of its
//! lifetime (at most 5 s) before the moment that the server named, because a request that carries the token takes time
//! to arrive, and the server's clock may be ahead.
//!
//! The files, in the order in which a request for headers uses them:
//!
//! * `source`: `TokenSource`, the credentials, the snapshot that callers read, and the counters. **A token is published
//!   here**, and a cached hit reads it here without a lock;
//! * `registry`: the sources of the process, by identity;
//! * `single_flight`: one fetch per source, shared by all callers; `model` tests it with loom;
//! * `fetch`: one fetch from its start to the last waiter that is told;
//! * `retry`: the attempts of a fetch. **Which failures are tried again is decided here**;
//! * `admission`: the limits on requests under way, callers ahead of renewals;
//! * `hosts`: the state that the token endpoints of one host share;
//! * `circuit_breaker`: stops requests to a host for a while after several failures in a row;
//! * `cool_down`: the ways in which a fetch can fail, and the cool-down after each;
//! * `lifetime`: when to renew a token, and when it expires;
//! * `renewal`: the queue of renewals, and the task that starts them;
//! * `generation`: `Generation`, the state of one process between start, fork and shutdown;
//! * `ids`: identifiers of sources and tokens;
//! * `status`: [`TokenStatus`], the state of a token for operators;
//! * `cache`: [`TokenCache`], the counterpart of the gateway's class of that name; this library does not use it.
//!
//! The request, its response, and the errors in words are in `oauth2`, which keeps no state.

mod admission;
mod cache;
mod circuit_breaker;
mod cool_down;
mod fetch;
mod generation;
mod hosts;
mod ids;
mod lifetime;
mod registry;
mod renewal;
mod retry;
mod single_flight;
mod source;
mod status;

pub use self::cache::TokenCache;
pub(crate) use self::generation::{Generation, Generations};
use self::ids::{SourceId, TokenId};
#[cfg(fuzzing)]
pub(crate) use self::lifetime::Lifetime;
pub(crate) use self::lifetime::stated_lifetime;
pub(crate) use self::retry::{SingleAttempt, attempt_once};
pub(crate) use self::source::TokenSource;
pub use self::status::{TokenState, TokenStatus};

/// Returns a random number in 0..1. It comes from the operating system, so that a forked child does not repeat the
/// numbers of its parent.
fn random_share() -> f64 {
    // If the operating system gives no random number, the result is 0: renewals have no jitter, and retries have no
    // back-off. That is harmless, because retries are few.
    f64::from(getrandom::u32().unwrap_or_default()) / (f64::from(u32::MAX) + 1.0)
}
