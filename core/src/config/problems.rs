//! What is wrong with a configuration, as it is found.

use crate::error::{Problem, Severity};

/// Of each severity no more are kept than someone will read; the others are counted.
const MOST: usize = 100;

/// The problems found so far.
#[derive(Default)]
pub(super) struct Problems {
    kept: Vec<Problem>,
    errors: usize,
    warnings: usize,
}

impl Problems {
    pub(super) fn push(&mut self, problem: Problem) {
        let count = match problem.severity {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
        };
        *count += 1;
        if *count <= MOST {
            self.kept.push(problem);
        }
    }

    /// Whether one more warning would be kept, and so be worth the work.
    pub(super) fn keeps_warnings(&self) -> bool {
        self.warnings < MOST
    }

    /// All that were kept, in file order, then how many were not.
    pub(super) fn into_vec(mut self) -> Vec<Problem> {
        self.kept.sort_by_key(|problem| (problem.line, problem.column));
        let mut more = |severity, count: usize, what: &str| {
            if let Some(more @ 1..) = count.checked_sub(MOST) {
                let s = if more == 1 { "" } else { "s" };
                self.kept.push(Problem { severity, ..Problem::whole_file(format!("and {more} more {what}{s}")) });
            }
        };
        more(Severity::Error, self.errors, "error");
        more(Severity::Warning, self.warnings, "warning");
        self.kept
    }
}
