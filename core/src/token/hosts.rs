//! The state that the token endpoints of one host share: permits, a circuit breaker, and one warning.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::admission::HostAdmission;
use super::circuit_breaker::CircuitBreaker;
use crate::lock::Mutex;

/// Hosts are forgotten only if there are at least this many.
const MIN_REMEMBERED: usize = 256;

/// The state of one host, which is a scheme, a name and a port.
#[derive(Debug, Default)]
pub(super) struct HostState {
    pub admission: HostAdmission,
    pub circuit_breaker: CircuitBreaker,
    /// True once a warning was logged that credentials are sent to this host in clear text.
    pub warned_of_clear_text: AtomicBool,
}

/// The states of all hosts, by origin.
#[derive(Debug, Default)]
pub(super) struct Hosts(Mutex<HashMap<String, Arc<HostState>>>);

impl Hosts {
    /// Returns the state of the host at `origin`. Makes the state if the host is new.
    pub(super) fn get(&self, origin: String) -> Arc<HostState> {
        let mut hosts = self.0.lock();
        // An amortised sweep: each time that the number of hosts has doubled, forgets those that no fetch uses and
        // whose circuit breaker is closed.
        if hosts.len() == hosts.capacity() && hosts.len() >= MIN_REMEMBERED {
            hosts.retain(|_, host| Arc::strong_count(host) > 1 || host.circuit_breaker.is_tripped());
            let twice = 2 * hosts.len();
            hosts.shrink_to(twice.max(MIN_REMEMBERED));
        }
        Arc::clone(hosts.entry(origin).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_that_no_fetch_uses_are_forgotten() {
        let hosts = Hosts::default();
        let get = |number: usize| hosts.get(format!("https://h{number}"));
        let used = get(0);
        (1..10_000).for_each(|number| drop(get(number)));
        let count = hosts.0.lock().len();
        assert!(count <= 4 * MIN_REMEMBERED, "{count} hosts");
        assert!(Arc::ptr_eq(&used, &get(0)));
    }
}
