//! The engine: the public handle to everything that runs in the background.
//!
//! Nothing runs until the first fetch or checkup. From then on, one thread serves all providers of the process. A child
//! of `fork` does not have that thread: it never waits for an inherited lock, and its first fetch or checkup starts a
//! thread of its own (`token/generation.rs` has the state of one process, and `runtime/per_process.rs` has the
//! mechanism). Cached tokens are held by their sources. A child inherits a copy of the sources, so it continues to
//! serve the tokens.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use once_cell::race::OnceBox;

use crate::runtime::Clock;
use crate::token::{Generation, Generations};

/// A handle to an engine. Cheap to clone; may be used from any thread and after a fork.
///
/// Programs use [`Engine::global`]. A separate engine, from [`Engine::with_clock`], is for tests that control the time.
///
/// ```
/// use std::time::Duration;
/// use argus_auth_core::Engine;
///
/// // At the end of a program that must not leave a thread behind.
/// assert!(Engine::global().shutdown(Duration::from_secs(5)));
/// ```
#[derive(Clone)]
pub struct Engine(Arc<Generations>);

impl Engine {
    /// Returns the engine of this process. Starts nothing: no thread, no socket, no file.
    pub fn global() -> &'static Self {
        // Two threads that get here at once both make an engine, and one of the two engines is dropped. Neither thread
        // waits for the other, because in a child of `fork`, where the other thread does not exist, the wait would
        // never end.
        static GLOBAL: OnceBox<Engine> = OnceBox::new();
        GLOBAL.get_or_init(|| Box::new(Self::with_clock(Clock::System)))
    }

    /// Returns a separate engine that reads the time from `clock`. Starts nothing.
    ///
    /// It is stopped, without waiting for its thread, when the last handle is dropped. Each resolver holds a handle.
    pub fn with_clock(clock: Clock) -> Self {
        Self(Arc::new(Generations::new(clock)))
    }

    /// Stops the engine's thread and blocks until the thread has ended. Returns whether it ended within `timeout`.
    ///
    /// Callers that wait for a token get [`Error::Shutdown`](crate::Error::Shutdown). The engine can be used again: the
    /// next fetch starts a new thread. May be called at any time, any number of times, from any thread. On the engine's
    /// own thread it returns false without waiting.
    pub fn shutdown(&self, timeout: Duration) -> bool {
        self.0.shut_down_current(timeout)
    }

    /// Returns the owner of the current generation. The owner outlives a shutdown and a fork.
    pub(crate) fn generations(&self) -> &Arc<Generations> {
        &self.0
    }

    /// Returns the generation of this process.
    pub(crate) fn generation(&self) -> Arc<Generation> {
        self.0.current()
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}
