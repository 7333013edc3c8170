//! What the endpoint's thread and the test's threads share: the script, the records and the gate.

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

pub(crate) struct Shared {
    inner: Mutex<Inner>,
    arrived: Condvar,
    /// Counts calls of `release`. A held reply waits for a number higher than the one at its request's arrival, so that
    /// a release that follows the arrival can never be missed.
    gate: watch::Sender<u64>,
    accepted: AtomicU64,
    log: Option<Mutex<File>>,
}

struct Inner {
    script: VecDeque<Reply>,
    default: Reply,
    initial_default: Reply,
    requests: Vec<Request>,
    connections: u64,
    tokens: u64,
}

/// What a connection has to do for a request that was recorded.
pub(crate) struct Order {
    pub(crate) reply: Reply,
    pub(crate) target: String,
    gate: u64,
}

impl Shared {
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
            gate: watch::Sender::new(0),
            accepted: AtomicU64::new(0),
            log,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A test that panicked while it held the lock has failed already; the others may go on.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records a token request and decides, in the same step, what it gets: order of records is order of replies.
    /// `connection` is numbered at its first token request, so that control requests leave no gaps.
    pub(crate) fn take_order(&self, parsed: Parsed, connection: &mut Option<u64>, peer_port: u16) -> Order {
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
        let gate = *self.gate.borrow();
        drop(inner);
        self.arrived.notify_all();
        Order { reply, target: parsed.target, gate }
    }

    /// Returns when `release` has been called after the order was taken.
    pub(crate) async fn pass_gate(&self, order: &Order) {
        // The sender lives in `self`, so the wait can't end for want of one.
        let _ = self.gate.subscribe().wait_for(|released| *released > order.gate).await;
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
        let _order = self.lock();
        self.gate.send_modify(|released| *released += 1);
    }

    /// Back to the beginning, but for the numbers of connections: some of those may still be open.
    pub(crate) fn reset(&self) {
        let mut inner = self.lock();
        inner.script.clear();
        inner.requests.clear();
        inner.tokens = 0;
        inner.default = inner.initial_default.clone();
    }
}
