//! The engine: the public handle to everything that runs in the background.
//!
//! Nothing exists until the first token must be fetched. From then on one thread serves every provider of the process.
//! A child of `fork` finds that thread gone; it leaves what it inherited untouched and starts its own (`token` has the
//! generations, `runtime` the mechanism). Cached tokens live outside the engine, so a child goes on serving them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use once_cell::race::OnceBox;

use crate::runtime::Clock;
use crate::token::{Generation, Generations};

/// A handle to an engine. Cheap to clone, safe to use from any thread and after a fork.
///
/// Programs use [`Engine::global`]. An engine of one's own is for tests, which give it a clock of their own.
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
        // Of two threads that make it at once, one makes it for nothing. Neither waits for the other: a fork could have
        // left that one behind.
        static GLOBAL: OnceBox<Engine> = OnceBox::new();
        GLOBAL.get_or_init(|| Box::new(Self::with_clock(Clock::System)))
    }

    /// Returns an engine with a clock of its own. It ends with its last handle.
    pub fn with_clock(clock: Clock) -> Self {
        Self(Arc::new(Generations::new(clock)))
    }

    /// Stops the engine's thread and waits for its end. Returns whether it ended within `timeout`.
    ///
    /// Callers that wait for a token get [`Error::Shutdown`](crate::Error::Shutdown). The engine can be used again: the
    /// next fetch starts a new thread. May be called at any time, any number of times, from any thread; on the engine's
    /// own thread it does not wait and returns false.
    pub fn shutdown(&self, timeout: Duration) -> bool {
        self.0.shut_down_current(timeout)
    }

    pub(crate) fn generations(&self) -> &Arc<Generations> {
        &self.0
    }

    pub(crate) fn generation(&self) -> Arc<Generation> {
        self.0.current()
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}
