//! Renewal: one queue for all sources, and the task that starts a fetch when a token's renewal is due.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::Notify;

use super::{Generation, TokenId, TokenSource};
use crate::lock::Mutex;
use crate::runtime::Instant;

/// The length of the task's sleep while the queue is empty. A renewal that is planned meanwhile wakes the task.
const IDLE: Duration = Duration::from_secs(3600);

/// The planned renewals of all sources.
#[derive(Default)]
pub(super) struct RenewalQueue {
    queue: Mutex<BinaryHeap<Renewal>>,
    /// Wakes the task when a new renewal is due before all others.
    earlier: Arc<Notify>,
}

struct Renewal {
    due: Instant,
    source: Weak<TokenSource>,
    /// The token to renew. If the source holds another token when the renewal is due, nothing is done.
    token: TokenId,
}

/// The next action of the task.
enum Next {
    Renew(Renewal),
    SleepUntil(Instant),
}

impl RenewalQueue {
    /// Plans to renew `token` at `due`.
    pub(super) fn plan(&self, due: Instant, source: &Arc<TokenSource>, token: TokenId) {
        let mut queue = self.queue.lock();
        if queue.len() == queue.capacity() {
            // An amortised sweep, before the queue would grow: removes renewals of tokens that are not held any more.
            queue.retain(|renewal| renewal.source.upgrade().is_some_and(|source| source.holds(renewal.token)));
        }
        let first = queue.peek().is_none_or(|renewal| due < renewal.due);
        queue.push(Renewal { due, source: Arc::downgrade(source), token });
        drop(queue);
        if first {
            self.earlier.notify_one();
        }
    }

    /// Returns the first renewal if it is due, and removes it. Otherwise returns the time until which to sleep.
    fn next(&self, now: Instant) -> Next {
        let mut queue = self.queue.lock();
        match queue.peek() {
            Some(renewal) if renewal.due > now => Next::SleepUntil(renewal.due),
            Some(_) => queue.pop().map_or(Next::SleepUntil(now), Next::Renew),
            None => Next::SleepUntil(now.after(IDLE)),
        }
    }
}

/// Starts renewals when they are due, until `generation` is dropped. This is the main task of the engine's thread.
pub(super) async fn run(generation: Weak<Generation>) {
    if let Some(first) = generation.upgrade() {
        plan_inherited(&first);
    }
    loop {
        let Some(current) = generation.upgrade() else { return };
        let renewals = &current.renewals;
        match renewals.next(current.clock().now()) {
            Next::Renew(Renewal { source, token, .. }) => {
                if let Some(source) = source.upgrade()
                    && let Some(again) = source.renew_if_used(&current, token)
                {
                    renewals.plan(again, &source, token);
                }
                // Thousands of renewals may be due at once. The fetches that they start must get time to run in
                // between.
                tokio::task::yield_now().await;
            }
            Next::SleepUntil(due) => {
                let (clock, earlier) = (current.clock().clone(), Arc::clone(&renewals.earlier));
                // A task that sleeps must not keep its generation alive.
                drop(current);
                tokio::select! {
                    () = clock.sleep_until(due) => {}
                    () = earlier.notified() => {}
                }
            }
        }
    }
}

/// Plans the renewal of tokens that an earlier generation fetched: the generation of the parent process, or the
/// generation before a shutdown.
fn plan_inherited(generation: &Generation) {
    for source in generation.registry.lock().iter() {
        if let Some((renew_at, token)) = source.planned_renewal() {
            generation.renewals.plan(renew_at, source, token);
        }
    }
}

impl PartialEq for Renewal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Renewal {}

impl PartialOrd for Renewal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Renewal {
    /// Makes the earliest renewal the greatest, which `BinaryHeap` returns first.
    fn cmp(&self, other: &Self) -> Ordering {
        other.due.cmp(&self.due)
    }
}
