//! The fault suite: `cargo test -p argus-auth-faults --test faults [NUMBER...]`.
//!
//! Each scenario is a stimulus, an expectation in words, and the code that produces the one and checks the other.
//! The table in `docs/faults.md` is made from them: `ARGUS_AUTH_UPDATE_DOCS=1` writes it, and a stale one is a failure.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::format_collect,
    clippy::default_trait_access,
    clippy::format_push_string,
    reason = "a failure here is a failed scenario, and the table is for people"
)]

mod scenarios;

use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use argus_auth_core::{LoadOptions, Resolver};
use argus_auth_faults::{PATIENCE, failure_kind, token};
use scenarios::Scenario;

fn main() -> ExitCode {
    if let [_, mode, url] = std::env::args().collect::<Vec<_>>().as_slice()
        && mode == "fetch"
    {
        print!("{}", fetch(url));
        return ExitCode::SUCCESS;
    }
    let wanted: Vec<u32> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let scenarios = scenarios::all();
    scenarios::watch();
    let (mut passed, mut failed) = (0, 0);
    println!("{:>3}  {:<7}  {:>6}  {:<66}  expected", "#", "verdict", "ms", "stimulus");
    for scenario in scenarios.iter().filter(|scenario| wanted.is_empty() || wanted.contains(&scenario.number)) {
        let start = Instant::now();
        let held = catch_unwind(AssertUnwindSafe(scenario.run)).is_ok();
        let verdict = if held { "ok" } else { "FAILED" };
        *if held { &mut passed } else { &mut failed } += 1;
        let (number, milliseconds) = (scenario.number, start.elapsed().as_millis());
        println!("{number:>3}  {verdict:<7}  {milliseconds:>6}  {:<66}  {}", scenario.stimulus, scenario.expected);
    }
    if wanted.is_empty() && !table_is_fresh(&scenarios) {
        eprintln!("docs/faults.md is stale: run `make docs`");
        failed += 1;
    }
    println!("\n{passed} passed, {failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The other side of scenario 29: a process of its own, since a proxy is found in the environment of the process.
fn fetch(url: &str) -> String {
    let yaml = format!(
        "backends: {{b: {{type: sse, url: 'http://b/', on_auth_failure: closed, auth: {{type: oauth2, token_url: {url:?}, \
         client_id: c, client_secret: s}}}}}}"
    );
    let resolver = Resolver::from_text(yaml.as_bytes(), &LoadOptions::default()).unwrap();
    let outcome = resolver.headers_blocking("b", PATIENCE);
    match &outcome {
        Ok(_) => format!("token {}", token(&outcome)),
        Err(error) => format!("{:?} {error}", failure_kind(&outcome)),
    }
}

fn table_is_fresh(scenarios: &[Scenario]) -> bool {
    let mut table = String::from(
        "# What happens when things go wrong\n\n<!-- Made from tests/faults by `make docs`; do not edit. -->\n\n\
         Each row is a scenario of the fault suite, which runs the real engine against a real token endpoint on loopback\n\
         (`make test-faults`).\n\n| # | when | then |\n|---|---|---|\n",
    );
    for scenario in scenarios {
        let _ = writeln!(table, "| {} | {} | {} |", scenario.number, scenario.stimulus, scenario.expected);
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/faults.md");
    if std::env::var_os("ARGUS_AUTH_UPDATE_DOCS").is_some() {
        return std::fs::write(path, table).is_ok();
    }
    std::fs::read_to_string(path).is_ok_and(|written| written == table)
}
