//! Admission: limits on the requests under way, per process and per host, with callers ahead of renewals.
//!
//! A fetch waits for a permit before each request and gives it back after the response, so that it holds no permit
//! during the pause between two attempts.

use std::future::Future;

use tokio::sync::{Semaphore, SemaphorePermit};

/// The limit on requests under way at once in the process. Requests with a permit that is reserved for their host
/// ([`RESERVED_PER_HOST`]) do not count.
const MAX_REQUESTS: usize = 256;
/// The part of this limit that is open to renewals, and to other fetches for which no caller waits. So callers never
/// queue behind more than this many of these fetches.
const MAX_RENEWALS: usize = 64;
/// The same limits for one host.
const MAX_REQUESTS_PER_HOST: usize = 64;
const MAX_RENEWALS_PER_HOST: usize = 16;
/// The number of requests to each host that are admitted beyond the limit of the process. So hosts that hang can use up
/// all permits of the process without stopping requests to other hosts.
const RESERVED_PER_HOST: usize = 4;

/// The permits of the process.
#[derive(Debug)]
pub(super) struct Admission {
    requests: Semaphore,
    renewals: Semaphore,
}

/// The permits of one host.
#[derive(Debug)]
pub(super) struct HostAdmission {
    requests: Semaphore,
    renewals: Semaphore,
    /// The permits beyond the limit of the process.
    reserved: Semaphore,
}

/// Permission to have one request under way. Dropping it gives the permission back.
pub(super) struct Permit<'p> {
    _renewal: Option<RenewalPermit<'p>>,
    _permits: [SemaphoreSlot<'p>; 2],
}

/// Permission to queue for a [`Permit`]. A fetch needs it while no caller waits for the fetch. Such a fetch is a
/// renewal, or `TokenSource::prefetch` has started it.
pub(super) struct RenewalPermit<'p>(#[expect(dead_code, reason = "held, not read")] [SemaphoreSlot<'p>; 2]);

/// The permit of a semaphore. `None` would mean that the semaphore is closed, which never happens.
type SemaphoreSlot<'p> = Option<SemaphorePermit<'p>>;

async fn slot(semaphore: &Semaphore) -> SemaphoreSlot<'_> {
    semaphore.acquire().await.ok()
}

impl Default for Admission {
    fn default() -> Self {
        Self { requests: Semaphore::new(MAX_REQUESTS), renewals: Semaphore::new(MAX_RENEWALS) }
    }
}

impl Default for HostAdmission {
    fn default() -> Self {
        Self {
            requests: Semaphore::new(MAX_REQUESTS_PER_HOST),
            renewals: Semaphore::new(MAX_RENEWALS_PER_HOST),
            reserved: Semaphore::new(RESERVED_PER_HOST),
        }
    }
}

impl Admission {
    /// Waits for a renewal permit. Returns `None` as soon as `caller_joined` ends, because a fetch for which a caller
    /// waits needs no renewal permit.
    pub(super) async fn renewal_permit<'p>(
        &'p self,
        host: &'p HostAdmission,
        caller_joined: impl Future<Output = ()>,
    ) -> Option<RenewalPermit<'p>> {
        let permit = async { RenewalPermit([slot(&host.renewals).await, slot(&self.renewals).await]) };
        tokio::select! {
            biased;
            () = caller_joined => None,
            permit = permit => Some(permit),
        }
    }

    /// Waits for the permit to send one request to `host`. The permit holds `renewal` until it is dropped.
    pub(super) async fn permit<'p>(
        &'p self,
        host: &'p HostAdmission,
        renewal: Option<RenewalPermit<'p>>,
    ) -> Permit<'p> {
        let of_host = slot(&host.requests).await;
        let of_process = tokio::select! {
            biased;
            reserved = slot(&host.reserved) => reserved,
            of_process = slot(&self.requests) => of_process,
        };
        Permit { _renewal: renewal, _permits: [of_host, of_process] }
    }
}
