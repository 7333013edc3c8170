//! A queue of outcomes for a host with its own event loop. Its file descriptor is readable while the queue holds an
//! outcome.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use rustix::event::{EventfdFlags, eventfd};
use rustix::io::Errno;

use super::{Outcome, Waiter};
use crate::lock::Mutex;

/// A queue of outcomes, each with the tag that the host gave to the waiter.
///
/// The host polls [`CompletionQueue::as_fd`] for reading, and calls [`CompletionQueue::drain`] when the descriptor is
/// readable, on any thread. The host must not read the descriptor itself. A child of `fork` must make a queue of its
/// own, because parent and child share the descriptor of the parent's queue.
///
/// ```
/// use argus_auth_core::Error;
/// use argus_auth_core::wait::CompletionQueue;
///
/// let queue = CompletionQueue::new()?;
/// let waiter = queue.waiter(7); // to be passed to `Resolver::request`
/// waiter(Err(Error::Shutdown));
/// let (tag, outcome) = queue.drain().remove(0);
/// assert_eq!((tag, outcome.is_err()), (7, true));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct CompletionQueue {
    /// An eventfd that is readable while `outcomes` is not empty.
    ready: OwnedFd,
    outcomes: Mutex<Vec<(u64, Outcome)>>,
}

impl CompletionQueue {
    /// Returns an empty queue.
    ///
    /// # Errors
    ///
    /// The error of the operating system if there is no descriptor left.
    pub fn new() -> io::Result<Arc<Self>> {
        let ready = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Arc::new(Self { ready, outcomes: Mutex::default() }))
    }

    /// Returns a waiter that adds its outcome to this queue with `tag`. It holds the queue weakly, so that a fetch
    /// under way does not keep the descriptor of a dropped queue open. If the queue was dropped, the outcome is dropped
    /// too.
    pub fn waiter(self: &Arc<Self>, tag: u64) -> Waiter {
        let queue = Arc::downgrade(self);
        Box::new(move |outcome| {
            if let Some(queue) = queue.upgrade() {
                queue.push(tag, outcome);
            }
        })
    }

    fn push(&self, tag: u64, outcome: Outcome) {
        let mut outcomes = self.outcomes.lock();
        let was_empty = outcomes.is_empty();
        outcomes.push((tag, outcome));
        drop(outcomes);
        if was_empty {
            // EAGAIN would mean that the counter is at its maximum, and so the descriptor is readable already.
            let _ = rustix::io::write(&self.ready, &1_u64.to_ne_bytes());
        }
    }

    /// Removes and returns all outcomes, in the order of their arrival. Never blocks.
    ///
    /// After that, the descriptor is not readable until the next outcome arrives. If an outcome arrives during the
    /// call, the descriptor may be readable although the queue is empty. The next call then returns an empty list.
    pub fn drain(&self) -> Vec<(u64, Outcome)> {
        // The descriptor is reset first. In the reverse order, an outcome that arrives between the two steps would be
        // missed: it would stay in the queue, and the descriptor would not be readable.
        while rustix::io::read(&self.ready, &mut [0; 8]) == Err(Errno::INTR) {}
        std::mem::take(&mut *self.outcomes.lock())
    }
}

impl AsFd for CompletionQueue {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.ready.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    use super::*;
    use crate::Error;

    fn is_readable(queue: &CompletionQueue) -> bool {
        poll(&mut [PollFd::new(queue, PollFlags::IN)], Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).unwrap() == 1
    }

    #[test]
    fn descriptor_is_readable_exactly_while_the_queue_has_outcomes() {
        let queue = CompletionQueue::new().unwrap();
        assert!(!is_readable(&queue));
        queue.waiter(7)(Err(Error::Shutdown));
        queue.waiter(8)(Err(Error::Shutdown));
        assert!(is_readable(&queue));
        let tags: Vec<_> = queue.drain().into_iter().map(|(tag, _)| tag).collect();
        assert_eq!(tags, [7, 8]);
        assert!(!is_readable(&queue));
        assert!(queue.drain().is_empty());
    }
}
