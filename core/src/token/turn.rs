//! Whose request goes out next: limits on the requests under way, in total and per host, with callers ahead of renewals.
//!
//! A fetch waits for its turn before each request, so that the pause between two takes no turn from others.

use tokio::sync::{Semaphore, SemaphorePermit};

use super::Board;
use super::host::Host;

/// Requests under way at once, over all hosts, but for those that are reserved for each.
const MAX_REQUESTS: usize = 256;
/// Of these, renewals that nobody waits for: callers never queue behind more.
const MAX_RENEWALS: usize = 64;
/// The same for one host.
const MAX_REQUESTS_OF_HOST: usize = 64;
const MAX_RENEWALS_OF_HOST: usize = 16;
/// So many requests to each host go out whatever the others do: hosts that hang can't use up the turns of all.
const RESERVED_OF_HOST: usize = 4;

/// How many more requests may go out.
#[derive(Debug)]
pub(super) struct Limits {
    requests: Semaphore,
    renewals: Semaphore,
    /// Beyond the limit of all hosts.
    reserved: Semaphore,
}

impl Limits {
    pub(super) fn of_all_hosts() -> Self {
        Self::new(MAX_REQUESTS, MAX_RENEWALS, 0)
    }

    pub(super) fn of_host() -> Self {
        Self::new(MAX_REQUESTS_OF_HOST, MAX_RENEWALS_OF_HOST, RESERVED_OF_HOST)
    }

    fn new(requests: usize, renewals: usize, reserved: usize) -> Self {
        let [requests, renewals, reserved] = [requests, renewals, reserved].map(Semaphore::new);
        Self { requests, renewals, reserved }
    }
}

/// The right to have a request under way, until it is dropped.
pub(super) struct Turn<'b> {
    _behind_callers: Option<BehindCallers<'b>>,
    _permits: [Permit<'b>; 2],
}

/// A renewal's place among those that nobody waits for.
pub(super) struct BehindCallers<'b>(#[expect(dead_code, reason = "held, not read")] [Permit<'b>; 2]);

/// A closed semaphore is the only failure to get one, and these are never closed.
type Permit<'b> = Option<SemaphorePermit<'b>>;

async fn permit(semaphore: &Semaphore) -> Permit<'_> {
    semaphore.acquire().await.ok()
}

impl Board {
    /// Holds a fetch for `source` back that nobody waits for, while there are many of its kind.
    pub(super) async fn behind_callers<'b>(&'b self, host: &'b Host, source: u64) -> Option<BehindCallers<'b>> {
        let place = async { BehindCallers([permit(&host.limits.renewals).await, permit(&self.limits.renewals).await]) };
        tokio::select! {
            biased;
            () = self.flights.awaited(source) => None,
            place = place => Some(place),
        }
    }

    /// Waits for the turn of a request to `host`.
    pub(super) async fn turn<'b>(&'b self, host: &'b Host, place: Option<BehindCallers<'b>>) -> Turn<'b> {
        let of_host = permit(&host.limits.requests).await;
        let of_all = tokio::select! {
            biased;
            reserved = permit(&host.limits.reserved) => reserved,
            of_all = permit(&self.limits.requests) => of_all,
        };
        Turn { _behind_callers: place, _permits: [of_host, of_all] }
    }
}
