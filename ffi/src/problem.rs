//! One problem of a configuration.

use argus_auth_core::{CText, Problem, Severity};

use crate::boundary;
use crate::text::argus_auth_str;

/// The severity of a problem.
///
/// ```c
/// bool is_error = argus_auth_problem_severity(problem) == ARGUS_AUTH_SEVERITY_ERROR;
/// printf("%s: %s\n", is_error ? "error" : "warning", argus_auth_problem_message(problem).data);
/// ```
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum argus_auth_severity {
    /// The configuration can't be used.
    Error = 1,
    /// The configuration can be used, but probably does not mean what was intended.
    Warning = 2,
}

/// One problem of a configuration: an error or a warning, with its place. Contains no value of a secret.
///
/// Obtained from: `argus_auth_error_problem`, `argus_auth_resolver_warning`.
/// Ownership: borrowed; must not be freed separately. A problem of an `argus_auth_error` is valid until the error is
/// freed. A problem of an `argus_auth_resolver` is valid until that reference and its clones are freed.
/// Threads: immutable; any number of threads may read it at the same time.
/// Functions: `argus_auth_problem_severity`, `argus_auth_problem_line`, `argus_auth_problem_column`,
/// `argus_auth_problem_path`, `argus_auth_problem_message`.
///
/// ```c
/// for (size_t i = 0; i < argus_auth_error_problem_count(error); i++) {
///     const argus_auth_problem *problem = argus_auth_error_problem(error, i);
///     printf("line %u: %s: %s\n", (unsigned)argus_auth_problem_line(problem), argus_auth_problem_path(problem).data,
///            argus_auth_problem_message(problem).data);
/// }
/// ```
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

/// Returns whether the problem is an error or a warning; `ARGUS_AUTH_SEVERITY_ERROR` if `problem` is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_problem_severity(problem: Option<&argus_auth_problem>) -> argus_auth_severity {
    boundary::read(problem, argus_auth_severity::Error, |problem| problem.severity)
}

/// Returns the line, counted from 1; 0 if the problem has no place in the text.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_problem_line(problem: Option<&argus_auth_problem>) -> u32 {
    boundary::read(problem, 0, |problem| problem.line)
}

/// Returns the column in characters, counted from 1; 0 if the problem has no place in the text.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_problem_column(problem: Option<&argus_auth_problem>) -> u32 {
    boundary::read(problem, 0, |problem| problem.column)
}

/// Returns the place in the document, such as `backends.my-server.auth.token_url`, with list items as in `scopes[0]`;
/// empty if the problem concerns the whole file.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_problem_path(problem: Option<&argus_auth_problem>) -> argus_auth_str {
    boundary::read(problem, argus_auth_str::empty(), |problem| argus_auth_str::lend(&problem.path))
}

/// Returns a sentence that says what was found and what would be right.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_problem_message(problem: Option<&argus_auth_problem>) -> argus_auth_str {
    boundary::read(problem, argus_auth_str::empty(), |problem| argus_auth_str::lend(&problem.message))
}
