//! What runs in one process, from its first fetch until a shutdown or a fork.

use std::cell::Cell;
use std::fmt;
use std::sync::{Arc, Condvar, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use once_cell::sync::OnceCell;
use tokio::runtime::{Handle, Runtime};
use tokio::sync::oneshot;

use super::clock::Clock;
use super::http::HttpClients;
use super::os;
use crate::error::Error;
use crate::lock::Mutex;
use crate::token::Board;

/// One life of the engine.
///
/// Everything that another thread could have locked at the moment of a fork is in here, so that a child leaves it all
/// behind by making a new generation.
pub(crate) struct Generation {
    forks: u64,
    clock: Clock,
    /// `None` once it was stopped without having been started.
    thread: OnceCell<Option<EngineThread>>,
    /// The life before a shutdown, until its thread has ended.
    predecessor: ArcSwapOption<Generation>,
    /// The HTTP clients, made on the engine's thread when first needed.
    pub(crate) http: HttpClients,
    /// The fetches under way and the refreshes to come.
    pub(crate) board: Board,
}

thread_local! {
    /// On an engine's thread, [`os::forks`] at its birth: in a child that it forks it is an ordinary thread.
    static ENGINE_THREAD: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Whether the caller is on an engine's own thread, one that is being stopped included: waiting for the engine would
/// never end there.
pub(crate) fn is_engine_thread() -> bool {
    ENGINE_THREAD.get() == Some(os::forks())
}

struct EngineThread {
    runtime: Handle,
    stop: Mutex<Option<oneshot::Sender<()>>>,
    ended: Arc<Ended>,
}

/// Whether an engine's thread has ended.
#[derive(Default)]
struct Ended {
    yes: Mutex<bool>,
    told: Condvar,
}

impl Ended {
    /// True if it ends within `timeout`.
    fn wait(&self, timeout: Duration) -> bool {
        let waited = self.told.wait_timeout_while(self.yes.lock(), timeout, |ended| !*ended);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// What an engine's thread is made of. Drops without waiting, wherever it is dropped: also on the thread of a caller
/// for whom no other could be started.
struct Life {
    runtime: Option<Runtime>,
    ended: Arc<Ended>,
}

impl Drop for Life {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Tasks are dropped; a DNS lookup that hangs in a helper thread is not waited for.
            runtime.shutdown_background();
        }
        *self.ended.yes.lock() = true;
        self.ended.told.notify_all();
    }
}

impl Generation {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            forks: os::forks(),
            clock,
            thread: OnceCell::new(),
            predecessor: ArcSwapOption::empty(),
            http: HttpClients::default(),
            board: Board::default(),
        }
    }

    /// A life in a child of `fork`. It shares what could be had without waiting for a lock that nobody will release.
    pub(super) fn in_child(parents: &Self) -> Self {
        Self { board: Board::in_child(&parents.board), ..Self::new(parents.clock.clone()) }
    }

    /// A new life in the same process. What providers share goes on being shared.
    pub(super) fn after_shutdown(previous: &Arc<Self>) -> Self {
        Self {
            board: Board::after_shutdown(&previous.board),
            predecessor: ArcSwapOption::from(Some(Arc::clone(previous))),
            ..Self::new(previous.clock.clone())
        }
    }

    pub(super) fn is_of_this_process(&self) -> bool {
        self.forks == os::forks()
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The runtime on the engine's thread, which is started if need be; `None` after [`Generation::stop`].
    ///
    /// A task that is spawned while it stops is dropped, on some thread, so that what it guards is released.
    pub(crate) fn runtime(self: &Arc<Self>) -> Result<Option<&Handle>, Error> {
        self.thread
            .get_or_try_init(|| EngineThread::start(self).map(Some))
            .map(|thread| thread.as_ref().map(|thread| &thread.runtime))
            .map_err(|error| Error::Engine { reason: error.to_string() })
    }

    /// Ends the thread, dropping its tasks, and waits for that for at most `timeout`; true if it has ended, and those
    /// of earlier lives too.
    pub(super) fn stop(&self, timeout: Duration) -> bool {
        let deadline = Instant::now().checked_add(timeout);
        let left = || deadline.map_or(timeout, |deadline| deadline.saturating_duration_since(Instant::now()));
        // Waits for a start that is under way, and keeps a later one from happening.
        let own = self.thread.get_or_init(|| None).as_ref();
        if let Some(stop) = own.and_then(|thread| thread.stop.lock().take()) {
            // An error says that the thread has ended already.
            let _ = stop.send(());
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
        let Some(thread) = own else { return true };
        thread.ended.wait(left())
    }

    /// Told that the life before has ended.
    pub(super) fn outlived(&self, predecessor: &Arc<Self>) {
        self.predecessor.compare_and_swap(&Some(Arc::clone(predecessor)), None);
    }
}

impl EngineThread {
    fn start(generation: &Arc<Generation>) -> std::io::Result<Self> {
        os::watch_forks()?;
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let ended = Arc::<Ended>::default();
        let life = Life { runtime: Some(runtime), ended: Arc::clone(&ended) };
        let owner = Arc::downgrade(generation);
        os::spawn_deaf("argus-auth", move || {
            ENGINE_THREAD.set(Some(os::forks()));
            let life = life;
            if let Some(runtime) = &life.runtime {
                runtime.block_on(async move {
                    tokio::spawn(Board::keep_fresh(owner));
                    // Either a message or the end of the generation's last owner.
                    let _ = stopped.await;
                });
            }
        })?;
        Ok(Self { runtime: handle, stop: Mutex::new(Some(stop)), ended })
    }
}

impl fmt::Debug for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Generation")
            .field("forks", &self.forks)
            .field("running", &self.thread.get().is_some_and(Option::is_some))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_that_never_began_ends_quietly_on_an_async_callers_thread() {
        let runtime = || tokio::runtime::Builder::new_current_thread().build().unwrap();
        let ended = Arc::<Ended>::default();
        let life = Life { runtime: Some(runtime()), ended: Arc::clone(&ended) };
        runtime().block_on(async move { drop(life) });
        assert!(ended.wait(Duration::ZERO));
    }
}
