//! Generates `docs/faults.md` from the scenarios.

use std::fmt::Write;
use std::path::Path;

use crate::scenarios::{CHAPTERS, Chapter, Scenario};

/// The text before the chapters: it explains what the suite is, how to run it, and how to add a scenario.
const INTRODUCTION: &str = include_str!("introduction.md");

/// Returns whether `docs/faults.md` is up to date. With `ARGUS_AUTH_UPDATE_DOCS` in the environment, writes it first.
pub(crate) fn page_is_fresh() -> bool {
    let page = page(CHAPTERS);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/faults.md");
    if std::env::var_os("ARGUS_AUTH_UPDATE_DOCS").is_some() {
        return std::fs::write(path, page).is_ok();
    }
    std::fs::read_to_string(path).is_ok_and(|written| written == page)
}

fn page(chapters: &[Chapter]) -> String {
    let mut page = format!("{INTRODUCTION}\n");
    for Chapter { topic, title, .. } in chapters {
        // Links to the anchor that GitHub makes for the heading. This works because a title has only letters, spaces
        // and hyphens.
        let _ = writeln!(page, "- [{title}](#{}): `{topic}`", title.to_lowercase().replace(' ', "-"));
    }
    for Chapter { title, introduction, scenarios, .. } in chapters {
        let _ = write!(page, "\n## {title}\n\n{introduction}\n\n| id | when | then |\n|---|---|---|\n");
        for Scenario { id, when, then, .. } in *scenarios {
            let _ = writeln!(page, "| {id} | {when} | {then} |");
        }
    }
    page
}
