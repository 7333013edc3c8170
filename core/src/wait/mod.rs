//! The ways to wait for headers: a callback, a future, or a queue with a file descriptor.
//!
//! * this file: [`Waiter`], the callback that the other two ways build on, and the [`Outcome`] that it receives;
//! * `pending`: [`Pending`], a future for any runtime, on which a thread can also block;
//! * `completion_queue`: [`CompletionQueue`], for a host with an event loop of its own.

mod completion_queue;
mod pending;

use std::sync::Arc;

pub use self::completion_queue::CompletionQueue;
pub use self::pending::Pending;
use crate::error::Error;
use crate::headers::Headers;

/// The result of a request for headers: the headers or an error.
///
/// ```
/// use argus_auth_core::Error;
/// use argus_auth_core::wait::Outcome;
///
/// fn may_retry(outcome: &Outcome) -> bool {
///     outcome.as_ref().is_err_and(Error::is_retryable)
/// }
/// assert!(may_retry(&Err(Error::Deadline)));
/// ```
pub type Outcome = Result<Arc<Headers>, Error>;

/// A callback that receives the outcome, at most once. It must not block.
///
/// It runs on the engine's thread. If the engine can't start or is being shut down, it may run on a thread that
/// requests headers. A panic in a waiter is contained.
///
/// ```
/// use std::sync::mpsc;
///
/// use argus_auth_core::Error;
/// use argus_auth_core::wait::Waiter;
///
/// let (sender, receiver) = mpsc::channel();
/// let waiter: Waiter = Box::new(move |outcome| drop(sender.send(outcome)));
/// waiter(Err(Error::Shutdown));
/// assert!(matches!(receiver.try_recv(), Ok(Err(Error::Shutdown))));
/// ```
pub type Waiter = Box<dyn FnOnce(Outcome) + Send>;

/// The answer to a request for headers with a [`Waiter`].
///
/// ```
/// use argus_auth_core::wait::Requested;
/// use argus_auth_core::{LoadOptions, Resolver};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let yaml = "backends: {b: {type: sse, url: 'http://b', headers: {X-Key: k}}}";
/// let resolver = Resolver::from_text(yaml.as_bytes(), &LoadOptions::default())?;
/// match resolver.request("b", Box::new(|outcome| drop(outcome)))? {
///     Requested::Ready(headers) => assert_eq!(headers?.len(), 1),
///     Requested::Waiting => unreachable!("a backend without a token never waits"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub enum Requested {
    /// The outcome is known already. The waiter was dropped without a call.
    Ready(Outcome),
    /// The waiter will be called, or has been called already.
    Waiting,
}
