//! The problems of a configuration, each with its place.

use std::fmt;
use std::path::PathBuf;

/// How bad a [`Problem`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The configuration can't be used.
    Error,
    /// It can, but probably not as meant.
    Warning,
}

/// One thing that is wrong with a configuration. Never holds the value of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Error or warning.
    pub severity: Severity,
    /// Where in the document: `backends.my-server.auth.token_url`, list items as `scopes[0]`; empty for the whole file.
    pub path: String,
    /// Line, from 1; 0 when the problem has no place in the text.
    pub line: u32,
    /// Column in characters, from 1; 0 when the problem has no place in the text.
    pub column: u32,
    /// What was found and what would be right.
    pub message: String,
}

impl Problem {
    /// An error that has no place in the text.
    pub(crate) fn whole_file(message: String) -> Self {
        Self { severity: Severity::Error, path: String::new(), line: 0, column: 0, message }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "line {}, column {}: ", self.line, self.column)?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

/// Every problem of a configuration that can't be used, at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The file, when the configuration came from one.
    pub file: Option<PathBuf>,
    /// Errors and warnings in file order; at least one error.
    pub problems: Vec<Problem>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errors = self.problems.iter().filter(|problem| problem.severity == Severity::Error).count();
        match &self.file {
            Some(file) => write!(f, "{}: ", file.display())?,
            None => f.write_str("configuration: ")?,
        }
        write!(f, "{errors} problem{}", if errors == 1 { "" } else { "s" })?;
        for problem in &self.problems {
            let note = if problem.severity == Severity::Warning { "warning: " } else { "" };
            write!(f, "\n  {note}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}
