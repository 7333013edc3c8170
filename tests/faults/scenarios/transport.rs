//! TLS and proxies.

use super::Scenario;

pub(super) const SCENARIOS: &[Scenario] = &[];
