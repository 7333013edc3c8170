//! One thing that is wrong with a configuration.

use argus_auth_core::{Problem, Severity};

use crate::boundary;
use crate::text::{Text, argus_auth_str};

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
    path: Text,
    message: Text,
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
            path: Text::new(&problem.path),
            message: Text::new(&problem.message),
        }
    }
}

/// Error or warning. `ARGUS_AUTH_SEVERITY_ERROR` for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn argus_auth_problem_severity(problem: *const argus_auth_problem) -> argus_auth_severity {
    // SAFETY: the caller's pointer is NULL or to a live problem.
    unsafe { boundary::read(problem, argus_auth_severity::Error, |problem| problem.severity) }
}

/// The line, from 1; 0 when the problem has no place in the text, and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn argus_auth_problem_line(problem: *const argus_auth_problem) -> u32 {
    // SAFETY: the caller's pointer is NULL or to a live problem.
    unsafe { boundary::read(problem, 0, |problem| problem.line) }
}

/// The column in characters, from 1; 0 when the problem has no place in the text, and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn argus_auth_problem_column(problem: *const argus_auth_problem) -> u32 {
    // SAFETY: the caller's pointer is NULL or to a live problem.
    unsafe { boundary::read(problem, 0, |problem| problem.column) }
}

/// Where in the document: `backends.my-server.auth.token_url`, list items as `scopes[0]`; empty for the whole file, and
/// for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn argus_auth_problem_path(problem: *const argus_auth_problem) -> argus_auth_str {
    // SAFETY: the caller's pointer is NULL or to a live problem.
    unsafe { boundary::read(problem, argus_auth_str::empty(), |problem| problem.path.lend()) }
}

/// What was found and what would be right; empty for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn argus_auth_problem_message(problem: *const argus_auth_problem) -> argus_auth_str {
    // SAFETY: the caller's pointer is NULL or to a live problem.
    unsafe { boundary::read(problem, argus_auth_str::empty(), |problem| problem.message.lend()) }
}
