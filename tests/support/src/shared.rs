//! The state that the endpoint's thread and the test's threads share: the script, the records and the held replies.

use std::collections::VecDeque;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use crate::http::Parsed;
use crate::reply::Reply;
use crate::request::{self, Request};

/// The shared state. All methods may be called from any thread.
pub(crate) struct Shared {
    inner: Mutex<Inner>,
    /// Notified after each recorded request.
    arrived: Condvar,
    /// The number of calls of `release`. A held reply waits until this number is greater than it was when the request
    /// arrived, so that no release after the arrival is missed.
    releases: watch::Sender<u64>,
    accepted: AtomicU64,
    log: Option<Mutex<File>>,
}

struct Inner {
    script: VecDeque<Reply>,
    default: Reply,
    initial_default: Reply,
    requests: Vec<Request>,
    /// The number of connections with at least one token request.
    connections: u64,
    /// The number of replies with `{n}` in their body.
    tokens: u64,
}

/// A request that was recorded, with the reply that it gets.
pub(crate) struct Recorded {
    pub reply: Reply,
    pub target: String,
    /// The number of releases at the arrival of the request.
    releases: u64,
}

impl Shared {
    /// Creates the state of an endpoint. Appends a line per request to the file `log`. Panics if it can't be opened.
    pub(crate) fn new(default: Reply, log: Option<&Path>) -> Self {
        let log = log.map(|path| {
            let file = File::options().create(true).append(true).open(path);
            Mutex::new(file.unwrap_or_else(|error| panic!("{}: {error}", path.display())))
        });
        let inner = Inner {
            script: VecDeque::new(),
            initial_default: default.clone(),
            default,
            requests: Vec::new(),
            connections: 0,
            tokens: 0,
        };
        Self {
            inner: Mutex::new(inner),
            arrived: Condvar::new(),
            releases: watch::Sender::new(0),
            accepted: AtomicU64::new(0),
            log,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A test that panicked while it held the lock has failed; other tests may continue.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records a token request and takes its reply from the script. Both happen under one lock, so that records and
    /// replies have the same order. A connection gets its number at its first token request, so that connections with
    /// only control requests leave no gaps.
    pub(crate) fn record(&self, parsed: Parsed, connection: &mut Option<u64>, peer_port: u16) -> Recorded {
        let (path, query) = request::path_and_query(&parsed.target);
        let mut inner = self.lock();
        let number = *connection.get_or_insert_with(|| {
            inner.connections += 1;
            inner.connections
        });
        let request = Request {
            connection: number,
            peer_port,
            path,
            query,
            form: request::form(&parsed.body),
            body: String::from_utf8_lossy(&parsed.body).into_owned(),
            method: parsed.method,
            target: parsed.target.clone(),
            headers: parsed.headers,
        };
        self.write_log(&request);
        inner.requests.push(request);
        let mut reply = inner.script.pop_front().unwrap_or_else(|| inner.default.clone());
        if reply.body.contains("{n}") {
            inner.tokens += 1;
            reply.body = reply.body.replace("{n}", &inner.tokens.to_string());
        }
        let releases = *self.releases.borrow();
        drop(inner);
        self.arrived.notify_all();
        Recorded { reply, target: parsed.target, releases }
    }

    /// Waits until `release` has been called after the request was recorded.
    pub(crate) async fn wait_for_release(&self, recorded: &Recorded) {
        // The wait can't fail, because the sender is in `self`.
        let _ = self.releases.subscribe().wait_for(|releases| *releases > recorded.releases).await;
    }

    fn write_log(&self, request: &Request) {
        if let Some(log) = &self.log {
            let mut line = serde_json::to_vec(request).expect("a request is plain data");
            line.push(b'\n');
            let mut file = log.lock().unwrap_or_else(PoisonError::into_inner);
            file.write_all(&line).and_then(|()| file.flush()).expect("the log can be written");
        }
    }

    pub(crate) fn count_accepted(&self) {
        self.accepted.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }

    pub(crate) fn script(&self, replies: Vec<Reply>) {
        self.lock().script.extend(replies);
    }

    pub(crate) fn default_reply(&self, reply: Reply) {
        self.lock().default = reply;
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.lock().requests.clone()
    }

    pub(crate) fn wait_for_requests(&self, count: usize, timeout: Duration) -> bool {
        let wait = self.arrived.wait_timeout_while(self.lock(), timeout, |inner| inner.requests.len() < count);
        let (inner, _) = wait.unwrap_or_else(PoisonError::into_inner);
        inner.requests.len() >= count
    }

    pub(crate) fn release(&self) {
        // Holds the lock that `record` holds, so that each request is recorded either before or after this release.
        let _lock = self.lock();
        self.releases.send_modify(|releases| *releases += 1);
    }

    /// Restores the initial state, except for the numbers of connections, because some connections may still be open.
    pub(crate) fn reset(&self) {
        let mut inner = self.lock();
        inner.script.clear();
        inner.requests.clear();
        inner.tokens = 0;
        inner.default = inner.initial_default.clone();
    }
}
