//! The engine's thread: it drives a single-threaded runtime, and can be stopped within a time limit.

use std::cell::Cell;
use std::future::Future;
use std::io;
use std::sync::{Arc, Condvar, PoisonError};
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;

use super::os;
use crate::lock::Mutex;

thread_local! {
    /// On an engine's thread, the value of [`os::forks`] when the thread started. If an engine's thread forks, the
    /// value differs in the child, where the thread is an ordinary thread.
    static ENGINE_THREAD: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Returns whether the caller runs on an engine's own thread, where waiting for the engine would never end. A thread
/// that is being stopped still counts as an engine's thread.
pub(crate) fn is_engine_thread() -> bool {
    ENGINE_THREAD.get() == Some(os::forks())
}

/// A thread that runs asynchronous tasks until it is stopped or dropped.
pub(crate) struct EngineThread {
    runtime: Handle,
    stop: Mutex<Option<oneshot::Sender<()>>>,
    end: Arc<EndSignal>,
}

impl EngineThread {
    /// Starts a thread that runs `task` and all tasks that are spawned on [`EngineThread::runtime`].
    pub(crate) fn start(task: impl Future<Output = ()> + Send + 'static) -> io::Result<Self> {
        os::watch_forks()?;
        let (stop, stopped) = oneshot::channel();
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let end = Arc::<EndSignal>::default();
        let owner = RuntimeOwner { runtime: Some(runtime), end: Arc::clone(&end) };
        os::spawn_with_signals_blocked("argus-auth", move || {
            ENGINE_THREAD.set(Some(os::forks()));
            let owner = owner;
            if let Some(runtime) = &owner.runtime {
                runtime.block_on(async move {
                    tokio::spawn(task);
                    // Ends when `stop` sends a message, or when the sender is dropped with the `EngineThread`.
                    let _ = stopped.await;
                });
            }
        })?;
        Ok(Self { runtime: handle, stop: Mutex::new(Some(stop)), end })
    }

    /// Returns the handle for spawning tasks. A task that is spawned while the thread stops is dropped, either on that
    /// thread or on the caller's.
    pub(crate) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// Tells the thread to drop its tasks and end. Does not wait.
    pub(crate) fn stop(&self) {
        if let Some(stop) = self.stop.lock().take() {
            // An error means that the thread has ended already.
            let _ = stop.send(());
        }
    }

    /// Blocks until the thread has ended. Returns whether it ended within `timeout`.
    pub(crate) fn wait_for_end(&self, timeout: Duration) -> bool {
        self.end.wait(timeout)
    }
}

/// A flag that the engine's thread sets when it has dropped its runtime, which is its last action. Any number of
/// threads can wait for the flag.
#[derive(Default)]
struct EndSignal {
    ended: Mutex<bool>,
    changed: Condvar,
}

impl EndSignal {
    fn set(&self) {
        *self.ended.lock() = true;
        self.changed.notify_all();
    }

    fn wait(&self, timeout: Duration) -> bool {
        let waited = self.changed.wait_timeout_while(self.ended.lock(), timeout, |ended| !*ended);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// The owner of the runtime. Dropping it never blocks. If no thread could be started, it is dropped on a caller's
/// thread, which may run a runtime of the caller. Dropping a bare [`Runtime`] there would panic.
struct RuntimeOwner {
    runtime: Option<Runtime>,
    end: Arc<EndSignal>,
}

impl Drop for RuntimeOwner {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Drops the tasks without waiting for the runtime's helper threads, in which a DNS lookup may hang.
            runtime.shutdown_background();
        }
        self.end.set();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runtime_owner_dropped_on_an_async_callers_thread_does_not_panic() {
        let runtime = || Builder::new_current_thread().build().unwrap();
        let end = Arc::<EndSignal>::default();
        let owner = RuntimeOwner { runtime: Some(runtime()), end: Arc::clone(&end) };
        runtime().block_on(async move { drop(owner) });
        assert!(end.wait(Duration::ZERO));
    }
}
