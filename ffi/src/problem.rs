//! One thing that is wrong with a configuration.

use argus_auth_core::{CText, Problem, Severity};

use crate::boundary;
use crate::text::argus_auth_str;

/// How bad a problem is.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum argus_auth_severity {
    /// The configuration can't be used.
    Error = 1,
    /// It can, but probably not as meant.
    Warning = 2,
}

/// One thing that is wrong with a configuration. Borrowed from an `argus_auth_error` or an `argus_auth_resolver` and
/// valid as long as that is; never freed by itself. Never holds the value of a secret.
///
/// Immutable: any number of threads may read it at once.
pub struct argus_auth_problem {
    severity: argus_auth_severity,
    line: u32,
    column: u32,
    path: CText,
    message: CText,
}

impl From<&Problem> for argus_auth_problem {
    fn from(problem: &Problem) -> Self {
        Self {
            severity: match problem.severity {
                Severity::Error => argus_auth_severity::Error,
                Severity::Warning => argus_auth_severity::Warning,
            },
            line: problem.line,
            column: problem.column,
            path: CText::new(problem.path.as_str()),
            message: CText::new(problem.message.as_str()),
        }
    }
}

/// Error or warning. `ARGUS_AUTH_SEVERITY_ERROR` for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_problem_severity(problem: Option<&argus_auth_problem>) -> argus_auth_severity {
    boundary::read(problem, argus_auth_severity::Error, |problem| problem.severity)
}

/// The line, from 1; 0 when the problem has no place in the text, and for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_problem_line(problem: Option<&argus_auth_problem>) -> u32 {
    boundary::read(problem, 0, |problem| problem.line)
}

/// The column in characters, from 1; 0 when the problem has no place in the text, and for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_problem_column(problem: Option<&argus_auth_problem>) -> u32 {
    boundary::read(problem, 0, |problem| problem.column)
}

/// Where in the document: `backends.my-server.auth.token_url`, list items as `scopes[0]`; empty for the whole file, and
/// for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_problem_path(problem: Option<&argus_auth_problem>) -> argus_auth_str {
    boundary::read(problem, argus_auth_str::empty(), |problem| argus_auth_str::lend(&problem.path))
}

/// What was found and what would be right; empty for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_problem_message(problem: Option<&argus_auth_problem>) -> argus_auth_str {
    boundary::read(problem, argus_auth_str::empty(), |problem| argus_auth_str::lend(&problem.message))
}
