//! The problems of a configuration, each with its place in the text.

use std::fmt;
use std::path::PathBuf;

/// The severity of a [`Problem`].
///
/// ```
/// use argus_auth_core::{LoadOptions, Severity, config};
///
/// let yaml = "backends: {search: {type: sse, url: 'http://search', heders: {}}}";
/// let config = config::parse(yaml.as_bytes(), &LoadOptions::default())?;
/// assert_eq!(config.warnings[0].severity, Severity::Warning);
/// # Ok::<(), argus_auth_core::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The configuration can't be used.
    Error,
    /// The configuration can be used, but probably does something other than what its author meant.
    Warning,
}

/// One fault of a configuration, with its place. Never contains the value of a secret.
///
/// `Display` writes the place and the message in one line.
///
/// ```
/// use argus_auth_core::{Problem, Severity};
///
/// let problem = Problem {
///     severity: Severity::Error,
///     path: "backends.search.url".to_owned(),
///     line: 4,
///     column: 10,
///     message: "must begin with http:// or https://".to_owned(),
/// };
/// assert_eq!(problem.to_string(), "line 4, column 10: backends.search.url: must begin with http:// or https://");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Error or warning.
    pub severity: Severity,
    /// The path in the document, such as `backends.my-server.auth.token_url`, with list items as `scopes[0]`. Empty for
    /// the whole file.
    pub path: String,
    /// The line, from 1; 0 if the problem has no place in the text.
    pub line: u32,
    /// The column in characters, from 1; 0 if the problem has no place in the text.
    pub column: u32,
    /// A description of the fault and of a correct value.
    pub message: String,
}

impl Problem {
    /// Returns an error that has no place in the text.
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

/// All problems of a configuration that can't be used.
///
/// `Display` writes a line with the number of errors, then a line for each problem.
///
/// ```
/// use argus_auth_core::{LoadOptions, config};
///
/// let yaml = "backends: {search: {type: sse}, files: {type: ssee, url: 'http://files'}}";
/// let error = config::parse(yaml.as_bytes(), &LoadOptions::default()).unwrap_err();
/// let paths: Vec<_> = error.problems.iter().map(|problem| problem.path.as_str()).collect();
/// assert_eq!(paths, ["backends.search.url", "backends.files.type"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The path of the file; `None` if the configuration was not read from a file.
    pub file: Option<PathBuf>,
    /// Errors and warnings, in the order of the file. At least one is an error. Lists at most 100 errors and 100
    /// warnings. If there are more errors, a problem without a place at the end states how many more. The same holds
    /// for warnings.
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
