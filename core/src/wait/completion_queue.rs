//! Answers for a host with an event loop of its own: a queue, and a descriptor that says when to look.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use rustix::event::{EventfdFlags, eventfd};
use rustix::io::Errno;

use super::{Outcome, Waiter};
use crate::lock::Mutex;

/// A queue of answers, each under the tag its caller chose.
///
/// The host polls [`CompletionQueue::as_fd`] for reading and calls [`CompletionQueue::drain`] when it is ready, on
/// whatever thread it likes. Nobody else reads the descriptor. A child of `fork` makes a queue of its own: this one's
/// descriptor is shared with the parent.
#[derive(Debug)]
pub struct CompletionQueue {
    ready: OwnedFd,
    answers: Mutex<Vec<(u64, Outcome)>>,
}

impl CompletionQueue {
    /// An empty queue.
    ///
    /// # Errors
    ///
    /// The operating system's, when it has no descriptor to give.
    pub fn new() -> io::Result<Arc<Self>> {
        let ready = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Arc::new(Self { ready, answers: Mutex::default() }))
    }

    /// A waiter that puts its answer here under `tag`, or nowhere if the queue is gone by then: a fetch that nobody
    /// waits for any more keeps no descriptor open.
    pub fn waiter(self: &Arc<Self>, tag: u64) -> Waiter {
        let queue = Arc::downgrade(self);
        Box::new(move |outcome| {
            if let Some(queue) = queue.upgrade() {
                queue.push(tag, outcome);
            }
        })
    }

    fn push(&self, tag: u64, outcome: Outcome) {
        let mut answers = self.answers.lock();
        let was_empty = answers.is_empty();
        answers.push((tag, outcome));
        drop(answers);
        if was_empty {
            // EAGAIN would mean that the counter is full, so that the host is being told anyway.
            let _ = rustix::io::write(&self.ready, &1_u64.to_ne_bytes());
        }
    }

    /// All answers that have come, in order, and the descriptor quiet again. Never waits.
    pub fn drain(&self) -> Vec<(u64, Outcome)> {
        // Quiet first: an answer that comes between the two steps signals again, and at worst for nothing.
        while rustix::io::read(&self.ready, &mut [0; 8]) == Err(Errno::INTR) {}
        std::mem::take(&mut *self.answers.lock())
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
    fn readable_exactly_while_there_are_answers() {
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
