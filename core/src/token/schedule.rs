//! Renewals to come: one queue and one task for every source.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::lock::Mutex;
use tokio::sync::Notify;

use super::Board;
use super::source::TokenSource;
use crate::engine::{Generation, Instant};

/// With nothing to do the task looks again this often; it is woken when something comes earlier.
const IDLE: Duration = Duration::from_secs(3600);

#[derive(Default)]
pub(super) struct Schedule {
    queue: Mutex<BinaryHeap<Renewal>>,
    earlier: Arc<Notify>,
}

struct Renewal {
    due: Instant,
    source: Weak<TokenSource>,
    /// The token to renew; if the source holds another by then, there is nothing to do.
    token: u64,
}

impl Schedule {
    /// Plans to renew `token` at `due`.
    pub(super) fn plan(&self, due: Instant, source: &Arc<TokenSource>, token: u64) {
        let mut queue = self.queue.lock();
        if queue.len() == queue.capacity() {
            // A token that was replaced early leaves its renewal behind.
            queue.retain(|renewal| renewal.source.upgrade().is_some_and(|source| source.holds(renewal.token)));
        }
        let first = queue.peek().is_none_or(|renewal| due < renewal.due);
        queue.push(Renewal { due, source: Arc::downgrade(source), token });
        drop(queue);
        if first {
            self.earlier.notify_one();
        }
    }

    /// The next renewal that is due, or when to look again.
    fn next(&self, now: Instant) -> Result<Renewal, Instant> {
        let mut queue = self.queue.lock();
        match queue.peek() {
            Some(renewal) if renewal.due > now => Err(renewal.due),
            Some(_) => queue.pop().ok_or(now),
            None => Err(now.after(IDLE)),
        }
    }
}

impl Board {
    /// The task that starts renewals when they are due. Ends with the generation it belongs to.
    pub(crate) async fn keep_fresh(generation: Weak<Generation>) {
        if let Some(first) = generation.upgrade() {
            first.board.plan_inherited();
        }
        loop {
            let Some(current) = generation.upgrade() else { return };
            let schedule = &current.board.schedule;
            match schedule.next(current.clock().now()) {
                Ok(Renewal { source, token, .. }) => {
                    if let Some(source) = source.upgrade()
                        && let Some(again) = source.see_to_renewal(&current, token)
                    {
                        schedule.plan(again, &source, token);
                    }
                    // Thousands may be due at once; the fetches they start want their turn too.
                    tokio::task::yield_now().await;
                }
                Err(due) => {
                    let (clock, earlier) = (current.clock().clone(), Arc::clone(&schedule.earlier));
                    // Not kept alive by waiting.
                    drop(current);
                    tokio::select! {
                        () = clock.sleep_until(due) => {}
                        () = earlier.notified() => {}
                    }
                }
            }
        }
    }

    /// Plans the renewal of what an earlier life of the engine fetched: a parent's, or the one before a shutdown.
    fn plan_inherited(&self) {
        for source in self.sources.lock().iter() {
            if let Some((renew_at, token)) = source.renewal() {
                self.schedule.plan(renew_at, source, token);
            }
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
    /// The earliest is the greatest, as `BinaryHeap` wants it.
    fn cmp(&self, other: &Self) -> Ordering {
        other.due.cmp(&self.due)
    }
}
