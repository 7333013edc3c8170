//! The scenarios, by what they are about.

mod failure;
mod herd;
mod identity;
mod process;
mod renewal;
mod response;
mod secrets;
mod transport;

pub(crate) use secrets::watch;

/// One row of the table.
pub(crate) struct Scenario {
    pub(crate) number: u32,
    /// What is done to the engine.
    pub(crate) stimulus: &'static str,
    /// What must be seen.
    pub(crate) expected: &'static str,
    /// Does the one and panics where the other is not seen.
    pub(crate) run: fn(),
}

/// All of them, by number.
pub(crate) fn all() -> Vec<Scenario> {
    let mut all: Vec<Scenario> = [
        failure::SCENARIOS,
        herd::SCENARIOS,
        identity::SCENARIOS,
        process::SCENARIOS,
        renewal::SCENARIOS,
        response::SCENARIOS,
        secrets::SCENARIOS,
        transport::SCENARIOS,
    ]
    .map(|scenarios| scenarios.iter())
    .into_iter()
    .flatten()
    .map(|&Scenario { number, stimulus, expected, run }| Scenario { number, stimulus, expected, run })
    .collect();
    all.sort_by_key(|scenario| scenario.number);
    all
}
