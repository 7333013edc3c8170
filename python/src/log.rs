//! The core's log records on their way to Python's `logging`.
//!
//! Records arise on the engine's thread, which never attaches to the interpreter. They wait in a bounded queue until a
//! Python thread comes by: any call into this module looks whether there are some, which costs one atomic load.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use argus_auth_core::log::{self, Record};
use argus_auth_core::runtime::PerProcess;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use tracing::Level;

/// Records that wait at most; those that come when it is full are counted and dropped.
const CAPACITY: usize = 1024;

static PENDING: AtomicBool = AtomicBool::new(false);
/// This process's queue. A child of `fork` begins with an empty one: another thread may have locked its parent's.
static QUEUE: LazyLock<PerProcess<Queue>> =
    LazyLock::new(|| PerProcess::new(Queue::default(), |_parents| Queue::default()));

#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    /// How many threads are handing records on. A daemon thread that is still in a handler of `logging` when the
    /// interpreter ends would be ended there, with frames of Rust under it, which does not go well.
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

/// Takes the core's records in from now on. Starts nothing that runs.
pub(crate) fn start() {
    LazyLock::force(&QUEUE);
    // A fetch makes two records or three, so all are taken, and whether `logging` wants one is asked when it is handed
    // on: no level is ever out of date, and nothing is asked of Python here.
    log::set_level(Some(Level::DEBUG));
    // False if this interpreter loads the module again: then the records come here already.
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

/// Hands waiting records to `logging`, on this thread.
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

/// Hands waiting records to `logging`, on this thread.
#[pyfunction]
pub(crate) fn flush_log(py: Python<'_>) -> PyResult<()> {
    flush(py)
}

/// Takes no more records, and hands on those that wait: at the end of the process, which ends fetches, and that is no
/// news. Waits for a moment until no other thread is handing records on.
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
