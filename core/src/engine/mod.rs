//! The one runtime behind everything: a thread, an HTTP client, a clock.
//!
//! Nothing here exists until the first token must be fetched. From then on one thread serves every provider of the
//! process. A forked child finds the thread gone; it leaves what it inherited untouched and starts its own (see
//! `generation`). Cached tokens live outside the engine, so a child goes on serving them without it.

mod clock;
mod generation;
mod http;
mod os;
#[cfg(feature = "virtual-time")]
mod virtual_clock;

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use arc_swap::ArcSwap;
use once_cell::race::OnceBox;

pub use clock::{Clock, Instant};
pub(crate) use generation::{Generation, is_engine_thread};
#[cfg(feature = "virtual-time")]
pub use virtual_clock::VirtualClock;

/// A handle to an engine. Cheap to clone, safe to use from any thread and after a fork.
///
/// Programs use [`Engine::global`]; an engine of one's own is for tests, which give it a clock of theirs.
#[derive(Clone)]
pub struct Engine(Arc<Shared>);

/// An engine that does not keep itself alive, for what the engine itself owns.
#[derive(Clone)]
pub(crate) struct WeakEngine(Weak<Shared>);

struct Shared {
    clock: Clock,
    // Lock-free, so that a child forked while another thread was at work here can still read it.
    current: ArcSwap<Generation>,
}

impl Engine {
    /// The engine of this process. Does nothing yet: no thread, no socket, no file.
    pub fn global() -> &'static Self {
        // Of two threads that make it at once, one makes it for nothing; neither waits for the other, which a fork
        // could have left behind.
        static GLOBAL: OnceBox<Engine> = OnceBox::new();
        GLOBAL.get_or_init(|| Box::new(Self::with_clock(Clock::System)))
    }

    /// An engine of one's own, with a clock of one's own. It ends with its last handle.
    pub fn with_clock(clock: Clock) -> Self {
        // Before there is anything that a fork could tear. If it fails, starting the thread fails too, and says so.
        let _ = os::watch_forks();
        let current = ArcSwap::from_pointee(Generation::new(clock.clone()));
        Self(Arc::new(Shared { clock, current }))
    }

    /// The engine's clock.
    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub(crate) fn downgrade(&self) -> WeakEngine {
        WeakEngine(Arc::downgrade(&self.0))
    }

    /// What runs in this process: after a fork, a fresh generation that owes nothing to the parent's.
    pub(crate) fn generation(&self) -> Arc<Generation> {
        loop {
            let current = self.0.current.load_full();
            if current.is_of_this_process() {
                return current;
            }
            let fresh = Arc::new(Generation::in_child(&current));
            let previous = self.0.current.compare_and_swap(&current, fresh);
            if Arc::ptr_eq(&previous, &current) {
                // Leaked for good: dropping it would close or wake what the parent still uses, or wait for a lock
                // whose holder does not exist in this process.
                std::mem::forget(current);
            }
        }
    }

    /// Stops the engine's thread and waits for it for at most `timeout`; true if it has ended.
    ///
    /// Callers that wait for a token get [`Error::Shutdown`](crate::Error::Shutdown). Idempotent, callable at any time
    /// and from any thread; on an engine's own it does not wait. The engine can be used again: the next fetch starts a
    /// new thread.
    pub fn shutdown(&self, timeout: Duration) -> bool {
        let retired = self.generation();
        // If another shutdown was first, its successor is in place already.
        self.0.current.compare_and_swap(&retired, Arc::new(Generation::after_shutdown(&retired)));
        let ended = retired.stop(timeout);
        if ended {
            self.0.current.load().outlived(&retired);
        }
        ended
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("clock", &self.0.clock).finish_non_exhaustive()
    }
}

impl WeakEngine {
    pub(crate) fn upgrade(&self) -> Option<Engine> {
        self.0.upgrade().map(Engine)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let current = self.current.load_full();
        if current.is_of_this_process() {
            current.stop(Duration::ZERO);
        } else {
            std::mem::forget(current);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_that_was_shut_down_is_gone() {
        let engine = Engine::with_clock(Clock::System);
        let generation = engine.generation();
        assert!(generation.runtime().unwrap().is_some());
        let retired = Arc::downgrade(&generation);
        drop(generation);
        assert!(engine.shutdown(Duration::from_secs(30)));
        assert!(retired.upgrade().is_none());
    }
}
