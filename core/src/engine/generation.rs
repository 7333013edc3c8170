//! What runs in one process, from its first fetch until a shutdown or a fork.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, mpsc};
use std::thread::ThreadId;
use std::time::Duration;

use once_cell::sync::OnceCell;
use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::clock::Clock;
use super::http::HttpClients;
use super::os;
use crate::error::Error;
use crate::token::Board;

/// One life of the engine.
///
/// Everything that another thread could have locked at the moment of a fork is in here, so that a child leaves it all
/// behind by making a new generation.
pub(crate) struct Generation {
    forks: u64,
    clock: Clock,
    thread: OnceCell<EngineThread>,
    /// The HTTP clients, made on the engine's thread when first needed.
    pub(crate) http: HttpClients,
    /// The fetches under way and the refreshes to come.
    pub(crate) board: Board,
}

struct EngineThread {
    runtime: Handle,
    id: ThreadId,
    stop: Mutex<Option<oneshot::Sender<()>>>,
    ended: Mutex<mpsc::Receiver<()>>,
}

impl Generation {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            forks: os::forks(),
            clock,
            thread: OnceCell::new(),
            http: HttpClients::default(),
            board: Board::default(),
        }
    }

    pub(super) fn successor_in_child(&self) -> Self {
        Self::new(self.clock.clone())
    }

    /// A new life in the same process. What providers share goes on being shared.
    pub(super) fn successor_after_shutdown(&self) -> Self {
        let mut fresh = Self::new(self.clock.clone());
        fresh.board.adopt_registry(&self.board);
        fresh
    }

    pub(super) fn is_of_this_process(&self) -> bool {
        self.forks == os::forks()
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Whether the caller is on the engine's own thread, where waiting for the engine would never end.
    pub(crate) fn is_own_thread(&self) -> bool {
        self.thread.get().is_some_and(|thread| thread.id == std::thread::current().id())
    }

    /// Runs `task` on the engine's thread, which is started if need be.
    ///
    /// After [`Generation::stop`] the task is dropped instead, on some thread, so that what it guards is released.
    pub(crate) fn spawn(self: &Arc<Self>, task: impl Future<Output = ()> + Send + 'static) -> Result<(), Error> {
        let thread = self
            .thread
            .get_or_try_init(|| EngineThread::start(self))
            .map_err(|error| Error::Engine { reason: error.to_string() })?;
        thread.runtime.spawn(task);
        Ok(())
    }

    /// Ends the thread, dropping its tasks, and waits for that for at most `timeout`.
    pub(super) fn stop(&self, timeout: Duration) -> bool {
        let Some(thread) = self.thread.get() else { return true };
        if let Some(stop) = thread.stop.lock().take() {
            // An error says that the thread has ended already.
            let _ = stop.send(());
        }
        if self.is_own_thread() {
            return false;
        }
        let Some(ended) = thread.ended.try_lock_for(timeout) else { return false };
        // The sender lives on the thread and sends nothing: a disconnect is the thread's end.
        matches!(ended.recv_timeout(timeout), Err(mpsc::RecvTimeoutError::Disconnected))
    }
}

impl EngineThread {
    fn start(generation: &Arc<Generation>) -> std::io::Result<Self> {
        os::watch_forks()?;
        let (stop, stopped) = oneshot::channel();
        let (ending, ended) = mpsc::channel::<()>();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let owner = Arc::downgrade(generation);
        let thread = os::spawn_deaf("argus-auth", move || {
            let _ending = ending;
            runtime.block_on(async move {
                tokio::spawn(Board::keep_fresh(owner));
                // Either a message or the end of the generation's last owner.
                let _ = stopped.await;
            });
            // Tasks are dropped; a DNS lookup that hangs in a helper thread is not waited for.
            runtime.shutdown_background();
        })?;
        Ok(Self { runtime: handle, id: thread.thread().id(), stop: Mutex::new(Some(stop)), ended: Mutex::new(ended) })
    }
}

impl fmt::Debug for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Generation")
            .field("forks", &self.forks)
            .field("running", &self.thread.get().is_some())
            .finish_non_exhaustive()
    }
}
