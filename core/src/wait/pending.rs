//! Headers that are there or on their way: for `await` on any runtime, and for a thread that waits.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker, ready};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::{Outcome, Requested, Waiter};
use crate::error::Error;

/// A caller's wait for headers. Dropping it ends the wait, not the fetch.
#[derive(Debug)]
#[must_use = "nothing is waited for until this is awaited or `wait` is called"]
pub struct Pending(Wait);

#[derive(Debug)]
enum Wait {
    Ready(Option<Outcome>),
    Waiting(oneshot::Receiver<Outcome>),
}

impl Pending {
    /// The wait for what `request` promises to a waiter, if it does not have it at once.
    pub(crate) fn new(request: impl FnOnce(Waiter) -> Requested) -> Self {
        let (sender, receiver) = oneshot::channel();
        // A receiver that is gone is a caller that no longer waits.
        match request(Box::new(move |outcome| drop(sender.send(outcome)))) {
            Requested::Waiting => Self(Wait::Waiting(receiver)),
            Requested::Ready(outcome) => Self::ready(outcome),
        }
    }

    pub(crate) fn ready(outcome: Outcome) -> Self {
        Self(Wait::Ready(Some(outcome)))
    }

    /// Whether the answer was not there yet when it was asked for.
    pub fn is_waiting(&self) -> bool {
        matches!(self.0, Wait::Waiting(_))
    }

    /// Blocks this thread until the answer is there, at most for `timeout`; `None` when that has passed. May be
    /// called again. Not for the engine's own thread.
    pub fn wait(&mut self, timeout: Duration) -> Option<Outcome> {
        if let Wait::Ready(outcome) = &mut self.0 {
            return Some(outcome.take().unwrap_or(Err(ALREADY_ANSWERED)));
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
            // Polled again after its end, which no caller that keeps to the contract of futures does.
            Wait::Ready(outcome) => Poll::Ready(outcome.take().unwrap_or(Err(ALREADY_ANSWERED))),
            Wait::Waiting(receiver) => {
                let answer = ready!(Pin::new(receiver).poll(context));
                self.0 = Wait::Ready(None);
                Poll::Ready(answer.unwrap_or(Err(Error::Shutdown)))
            }
        }
    }
}

const ALREADY_ANSWERED: Error = Error::Internal { what: "an answer was waited for again after it had come" };

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
