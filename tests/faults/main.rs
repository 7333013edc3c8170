//! The fault suite: `cargo test -p argus-auth-faults --test faults [-- CHAPTER | CHAPTER.NUMBER ...]`.
//!
//! Each scenario describes a condition and an expectation in words. Its code produces the condition and checks the
//! expectation. `docs/faults.md` is generated from the scenarios, and explains how to run them and how to add one.
//!
//! * this file: selects the scenarios, runs them and prints a table;
//! * `scenarios/`: the scenarios, a file per chapter;
//! * `docs`: generates `docs/faults.md`, which begins with `introduction.md`;
//! * `fetch_process`: fetches a token in a process of its own;
//! * `recording`: records all log records and panics of the process;
//! * `world.rs`: a crate of its own, with the parts that every scenario uses.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::format_collect,
    clippy::default_trait_access,
    clippy::format_push_string,
    reason = "a panic is how a scenario fails, and the table is for people"
)]

mod docs;
mod fetch_process;
mod recording;
mod scenarios;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::Instant;

use scenarios::{CHAPTERS, Chapter, Scenario};

fn main() -> ExitCode {
    if fetch_process::fetch_if_told_to() {
        return ExitCode::SUCCESS;
    }
    // Leaves out the flags of the standard test harness: `cargo test --quiet` passes --quiet to every test program.
    let arguments: Vec<_> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let selected = scenarios::check_ids(CHAPTERS).and_then(|()| select(CHAPTERS, &arguments));
    let selected = match selected {
        Ok(selected) => selected,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::FAILURE;
        }
    };
    recording::start();
    println!("{:<17}  {:<7}  {:>6}  when => then", "id", "verdict", "ms");
    let mut failed = selected.iter().filter(|scenario| !passes(scenario)).count();
    let passed = selected.len() - failed;
    if arguments.is_empty() && !docs::page_is_fresh() {
        eprintln!("docs/faults.md is stale: run `make docs`");
        failed += 1;
    }
    println!("\n{passed} passed, {failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Returns the scenarios that `arguments` name by chapter or by id, in the order of the chapters. Returns all of them
/// if there are no arguments.
///
/// # Errors
///
/// If an argument names neither a chapter nor a scenario. The message lists all ids.
fn select<'c>(chapters: &'c [Chapter], arguments: &[String]) -> Result<Vec<&'c Scenario>, String> {
    let all = || chapters.iter().flat_map(|chapter| chapter.scenarios);
    if let Some(unknown) = arguments.iter().find(|argument| !all().any(|scenario| scenario.is_named_by(argument))) {
        let ids: String = chapters.iter().map(|chapter| format!("\n  {}", chapter.ids().join(" "))).collect();
        return Err(format!("{unknown:?} is neither a chapter nor a scenario. The scenarios are:{ids}"));
    }
    let is_selected =
        |scenario: &&Scenario| arguments.is_empty() || arguments.iter().any(|argument| scenario.is_named_by(argument));
    Ok(all().filter(is_selected).collect())
}

/// Runs a scenario, prints its row of the table, and returns whether it passed.
fn passes(scenario: &Scenario) -> bool {
    let start = Instant::now();
    let passed = catch_unwind(AssertUnwindSafe(scenario.run)).is_ok();
    let verdict = if passed { "ok" } else { "FAILED" };
    let Scenario { id, when, then, .. } = scenario;
    println!("{id:<17}  {verdict:<7}  {:>6}  {when} => {then}", start.elapsed().as_millis());
    passed
}
