//! How a caller waits for headers: a callback, a future, or a queue with a descriptor.
//!
//! * this file: [`Waiter`], the callback that every other form is made of, and the [`Outcome`] it is told;
//! * `pending`: [`Pending`], for `await` on any runtime and for a thread that blocks;
//! * `completion_queue`: [`CompletionQueue`], for a host with an event loop of its own.

mod completion_queue;
mod pending;

use std::sync::Arc;

pub use self::completion_queue::CompletionQueue;
pub use self::pending::Pending;
use crate::error::Error;
use crate::headers::Headers;

/// The result that a waiting caller is told.
pub type Outcome = Result<Arc<Headers>, Error>;

/// A callback that receives the outcome, at most once. It must not block.
///
/// It runs on the engine's thread. If the engine can't start or is being shut down, it runs on the thread that asks for
/// headers or shuts down.
pub type Waiter = Box<dyn FnOnce(Outcome) + Send>;

/// The answer to a request for headers that came with a [`Waiter`].
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
    /// The outcome is known already. The waiter was dropped without being called.
    Ready(Outcome),
    /// The waiter will be called.
    Waiting,
}
