//! The queue between the core's log records and Python's `logging`.
//!
//! Most records come from the engine's thread, which never attaches to the interpreter. They wait in a bounded queue
//! until a Python thread calls into this module. Most calls check for waiting records, which costs one atomic load, and
//! pass them on.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use argus_auth_core::log::{self, Record};
use argus_auth_core::runtime::PerProcess;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use tracing::Level;

/// The capacity of the queue. Records that arrive when it is full are counted and dropped.
const CAPACITY: usize = 1024;

/// True if the queue may hold records.
static PENDING: AtomicBool = AtomicBool::new(false);
/// This process's queue. A child of `fork` begins with an empty queue, because a thread of its parent may have locked
/// the inherited queue.
static QUEUE: LazyLock<PerProcess<Queue>> =
    LazyLock::new(|| PerProcess::new(Queue::default(), |_parents| Queue::default()));

#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    /// The number of threads that are passing records on. [`close_log`] waits for these threads: the exit of
    /// the interpreter ends a daemon thread that is still in a handler of `logging`, and unwinding the Rust frames
    /// below the handler aborts the process.
    emitting: AtomicUsize,
}

#[derive(Default)]
struct Waiting {
    records: VecDeque<(SystemTime, Record)>,
    dropped: usize,
}

impl Queue {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Subscribes to the core's records. Starts no thread.
pub(crate) fn start() {
    LazyLock::force(&QUEUE);
    // A fetch makes only a few records, so all levels are queued. `logging` is asked for its level when a record is
    // passed on, so that a change of level takes effect at once and no Python code runs here.
    log::set_level(Some(Level::DEBUG));
    // `forward` returns false if this process loads the module a second time. The result is ignored, because `push`
    // receives the records already.
    log::forward(push);
}

fn queue() -> Arc<Queue> {
    QUEUE.get()
}

fn push(record: Record) {
    let queue = queue();
    let mut waiting = queue.waiting();
    if waiting.records.len() < CAPACITY {
        waiting.records.push_back((SystemTime::now(), record));
    } else {
        waiting.dropped += 1;
    }
    drop(waiting);
    PENDING.store(true, Ordering::Release);
}

/// Passes waiting records to `logging`, on this thread.
#[inline]
pub(crate) fn flush(py: Python<'_>) -> PyResult<()> {
    if PENDING.load(Ordering::Relaxed) { flush_now(py) } else { Ok(()) }
}

#[cold]
fn flush_now(py: Python<'_>) -> PyResult<()> {
    static EMIT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    if !PENDING.swap(false, Ordering::Acquire) {
        return Ok(());
    }
    let queue = queue();
    let Waiting { records, dropped } = std::mem::take(&mut *queue.waiting());
    let records: Vec<_> = records
        .into_iter()
        .map(|(time, record)| {
            let time = time.duration_since(SystemTime::UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
            (time, python_level(record.level), record.target, record.message)
        })
        .collect();
    queue.emitting.fetch_add(1, Ordering::Relaxed);
    let emitted = EMIT.import(py, "argus_auth._logs", "emit").and_then(|emit| emit.call1((records, dropped)));
    queue.emitting.fetch_sub(1, Ordering::Relaxed);
    emitted.map(drop)
}

/// Passes waiting records to `logging`, on this thread.
#[pyfunction]
pub(crate) fn flush_log(py: Python<'_>) -> PyResult<()> {
    flush(py)
}

/// Stops queueing records and passes on the waiting records. Called at exit, before the engine's shutdown, because the
/// fetches that the shutdown ends need no record. Waits for up to a second until no other thread is passing records on.
#[pyfunction]
pub(crate) fn close_log(py: Python<'_>) -> PyResult<()> {
    log::set_level(None);
    flush(py)?;
    for _ in 0..200 {
        if queue().emitting.load(Ordering::Relaxed) == 0 {
            break;
        }
        py.detach(|| std::thread::sleep(Duration::from_millis(5)));
    }
    Ok(())
}

fn python_level(level: Level) -> u8 {
    match level {
        Level::TRACE => 5,
        Level::DEBUG => 10,
        Level::INFO => 20,
        Level::WARN => 30,
        Level::ERROR => 40,
    }
}
