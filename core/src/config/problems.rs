//! The problems of a configuration, collected while it is read.

use crate::error::{Problem, Severity};

/// The number of problems of each severity that are kept, more than anyone will read. Further problems are only
/// counted.
const MAX_KEPT: usize = 100;

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
        if *count <= MAX_KEPT {
            self.kept.push(problem);
        }
    }

    /// Returns whether one more warning would be kept. If not, the caller need not build its message.
    pub(super) fn keeps_warnings(&self) -> bool {
        self.warnings < MAX_KEPT
    }

    /// Returns the problems that were kept, in file order, followed by the numbers of the errors and the warnings that
    /// were only counted.
    pub(super) fn into_vec(mut self) -> Vec<Problem> {
        self.kept.sort_by_key(|problem| (problem.line, problem.column));
        let mut more = |severity, count: usize, what: &str| {
            if let Some(more @ 1..) = count.checked_sub(MAX_KEPT) {
                let s = if more == 1 { "" } else { "s" };
                self.kept.push(Problem { severity, ..Problem::whole_file(format!("and {more} more {what}{s}")) });
            }
        };
        more(Severity::Error, self.errors, "error");
        more(Severity::Warning, self.warnings, "warning");
        self.kept
    }
}
