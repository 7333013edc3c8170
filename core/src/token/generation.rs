//! A generation: the state of one process between start, fork and shutdown.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use once_cell::sync::OnceCell;
use tokio::runtime::Handle;

use super::admission::Admission;
use super::hosts::Hosts;
use super::registry::Registry;
use super::renewal::{self, RenewalQueue};
use super::single_flight::SingleFlight;
use crate::error::Error;
use crate::http_clients::HttpClients;
use crate::lock::Mutex;
use crate::runtime::{Clock, EngineThread, PerProcess, is_engine_thread};
use crate::wait::Waiter;

/// The state of one process between start, fork and shutdown: its thread, its fetches and its renewals.
///
/// It contains the locks of the engine that another thread could hold at the moment of a fork. A child makes a
/// generation of its own, and never waits for the parent's locks.
pub(crate) struct Generation {
    clock: Clock,
    /// `None` if the generation was stopped before it started a thread.
    thread: OnceCell<Option<EngineThread>>,
    /// The generation that a shutdown replaced. Kept until a shutdown has seen the end of its thread, so that a later
    /// shutdown can wait for that thread.
    predecessor: ArcSwapOption<Generation>,
    /// The HTTP clients, built on the engine's thread when first needed.
    pub(super) http: HttpClients,
    pub(super) single_flight: SingleFlight<Waiter>,
    pub(super) renewals: RenewalQueue,
    pub(super) registry: Arc<Mutex<Registry>>,
    pub(super) admission: Admission,
    pub(super) hosts: Hosts,
}

impl Generation {
    fn new(clock: Clock) -> Self {
        Self {
            clock,
            thread: OnceCell::new(),
            predecessor: ArcSwapOption::empty(),
            http: HttpClients::default(),
            single_flight: SingleFlight::default(),
            renewals: RenewalQueue::default(),
            registry: Arc::default(),
            admission: Admission::default(),
            hosts: Hosts::default(),
        }
    }

    /// Returns a generation for a child of `fork`. It inherits the parent's sources, unless another thread held the
    /// lock of the registry at the moment of the fork, because that lock is never released in the child.
    fn in_child(parents: &Self) -> Self {
        let registry = parents.registry.try_lock().map(|registry| registry.clone()).unwrap_or_default();
        Self { registry: Arc::new(Mutex::new(registry)), ..Self::new(parents.clock.clone()) }
    }

    /// Returns the generation that follows `previous` in the same process. Both share the registry.
    fn after_shutdown(previous: &Arc<Self>) -> Self {
        Self {
            registry: Arc::clone(&previous.registry),
            predecessor: ArcSwapOption::from(Some(Arc::clone(previous))),
            ..Self::new(previous.clock.clone())
        }
    }

    /// Returns the clock of the engine.
    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Returns the runtime of the engine's thread. Starts the thread if it was not started before. Returns `None` if
    /// the generation was stopped before it started a thread.
    ///
    /// A task that is spawned while the thread stops, or after that, is dropped: on that thread or on the caller's
    /// thread. Everything that the task owns, such as a [`Fetch`](super::fetch::Fetch), is dropped with it.
    ///
    /// # Errors
    ///
    /// [`Error::Engine`], usually because the operating system has no thread or no descriptor left.
    pub(crate) fn runtime(self: &Arc<Self>) -> Result<Option<&Handle>, Error> {
        let start = || EngineThread::start(renewal::run(Arc::downgrade(self))).map(Some);
        let thread = self.thread.get_or_try_init(start);
        thread
            .map(|thread| thread.as_ref().map(EngineThread::runtime))
            .map_err(|error| Error::Engine { reason: error.to_string() })
    }

    /// Forgets the sources that no provider uses, except for a limited number that hold a valid token.
    pub(crate) fn forget_orphans(&self) {
        self.registry.lock().forget_orphans();
    }

    /// Stops the engine's thread, which drops its tasks. Blocks until this thread and the threads of earlier
    /// generations have ended. Returns whether all ended within `timeout`. On the engine's own thread, returns false
    /// without waiting.
    fn stop(&self, timeout: Duration) -> bool {
        let deadline = Instant::now().checked_add(timeout);
        let left = || deadline.map_or(timeout, |deadline| deadline.saturating_duration_since(Instant::now()));
        // Waits for a start that is under way, and prevents a later start.
        let own = self.thread.get_or_init(|| None).as_ref();
        if let Some(thread) = own {
            thread.stop();
        }
        if is_engine_thread() {
            return false;
        }
        if let Some(predecessor) = self.predecessor.load_full() {
            if !predecessor.stop(left()) {
                return false;
            }
            self.predecessor.store(None);
        }
        own.is_none_or(|thread| thread.wait_for_end(left()))
    }
}

impl fmt::Debug for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Generation")
            .field("running", &self.thread.get().is_some_and(Option::is_some))
            .finish_non_exhaustive()
    }
}

/// The generations of an engine, one at a time in each process.
#[derive(Debug)]
pub(crate) struct Generations(PerProcess<Generation>);

impl Generations {
    /// Returns the generations of a new engine. Starts nothing.
    pub(crate) fn new(clock: Clock) -> Self {
        Self(PerProcess::new(Generation::new(clock), Generation::in_child))
    }

    /// Returns this process's generation. The first call in a child of `fork` makes a new generation.
    pub(crate) fn current(&self) -> Arc<Generation> {
        self.0.get()
    }

    /// Replaces the current generation with a new one, and stops the old one. Returns whether the thread of the old
    /// generation, and the threads of earlier generations, ended within `timeout`.
    pub(crate) fn shut_down_current(&self, timeout: Duration) -> bool {
        let retired = self.current();
        // Does nothing if another shutdown has replaced the generation already.
        self.0.replace(&retired, Generation::after_shutdown(&retired));
        let ended = retired.stop(timeout);
        if ended {
            self.current().predecessor.compare_and_swap(&Some(retired), None);
        }
        ended
    }
}

impl Drop for Generations {
    fn drop(&mut self) {
        if let Some(current) = self.0.if_of_this_process() {
            current.stop(Duration::ZERO);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shut_down_current_frees_the_old_generation() {
        let generations = Generations::new(Clock::System);
        let generation = generations.current();
        assert!(generation.runtime().unwrap().is_some());
        let retired = Arc::downgrade(&generation);
        drop(generation);
        assert!(generations.shut_down_current(Duration::from_secs(30)));
        assert!(retired.upgrade().is_none());
    }
}
