//! [`Pending`]: a future for headers, for any runtime. A thread can also block on it.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker, ready};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::{Outcome, Requested, Waiter};
use crate::error::Error;

/// Headers that are pending, from [`Resolver::headers`](crate::Resolver::headers).
///
/// It is a future that may be awaited on any runtime. A thread can block on it with [`Pending::wait`] instead. Dropping
/// it ends the wait, but not the fetch.
///
/// ```
/// use std::time::Duration;
///
/// use argus_auth_core::{LoadOptions, Resolver};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let yaml = "backends: {search: {type: sse, url: 'http://search', headers: {X-Key: k3y}}}";
/// let resolver = Resolver::from_text(yaml.as_bytes(), &LoadOptions::default())?;
/// let mut pending = resolver.headers("search");
/// match pending.wait(Duration::from_secs(35)) {
///     Some(outcome) => assert_eq!(outcome?.len(), 1),
///     None => println!("no token within 35 s"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "nothing is waited for until this is awaited or `wait` is called"]
pub struct Pending(Wait);

#[derive(Debug)]
enum Wait {
    Ready(Option<Outcome>),
    Waiting(oneshot::Receiver<Outcome>),
}

impl Pending {
    /// Calls `request` with a waiter, and returns the `Pending` for the outcome.
    pub(crate) fn new(request: impl FnOnce(Waiter) -> Requested) -> Self {
        let (sender, receiver) = oneshot::channel();
        // The send fails if the caller has dropped the `Pending`.
        match request(Box::new(move |outcome| drop(sender.send(outcome)))) {
            Requested::Waiting => Self(Wait::Waiting(receiver)),
            Requested::Ready(outcome) => Self::ready(outcome),
        }
    }

    /// Returns a `Pending` whose outcome is known.
    pub(crate) fn ready(outcome: Outcome) -> Self {
        Self(Wait::Ready(Some(outcome)))
    }

    /// Returns true until the outcome has been returned; false from the start if the outcome was known at once.
    pub fn is_waiting(&self) -> bool {
        matches!(self.0, Wait::Waiting(_))
    }

    /// Blocks this thread until the outcome is known, and returns it. Returns `None` after `timeout`; the call may then
    /// be repeated. The outcome is returned once; after that, [`Error::Internal`] is returned.
    ///
    /// Must not be called on the engine's own thread, where waiting for a fetch would never end.
    pub fn wait(&mut self, timeout: Duration) -> Option<Outcome> {
        if let Wait::Ready(outcome) = &mut self.0 {
            return Some(outcome.take().unwrap_or(Err(ALREADY_RETURNED)));
        }
        let deadline = Instant::now().checked_add(timeout);
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut context = Context::from_waker(&waker);
        let mut pending = pin!(self);
        loop {
            if let Poll::Ready(outcome) = pending.as_mut().poll(&mut context) {
                return Some(outcome);
            }
            match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
                Some(Duration::ZERO) => return None,
                Some(left) => thread::park_timeout(left),
                None => thread::park(),
            }
        }
    }
}

impl Future for Pending {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome> {
        match &mut self.0 {
            // The outcome is gone if the future is polled after its end, which the contract of futures forbids.
            Wait::Ready(outcome) => Poll::Ready(outcome.take().unwrap_or(Err(ALREADY_RETURNED))),
            Wait::Waiting(receiver) => {
                let outcome = ready!(Pin::new(receiver).poll(context));
                self.0 = Wait::Ready(None);
                // The channel is closed if the waiter was dropped without a call.
                Poll::Ready(outcome.unwrap_or(Err(Error::Shutdown)))
            }
        }
    }
}

const ALREADY_RETURNED: Error =
    Error::Internal { what: "a pending outcome was asked for again after it had been returned" };

/// Wakes a blocked thread.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
