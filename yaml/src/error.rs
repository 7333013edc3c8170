//! Why a text is rejected, and the bounds within which one is read.

use crate::Mark;

/// Why a text was rejected. The message never quotes the text, which may hold secrets.
///
/// ```
/// use argus_auth_yaml::{Limits, Mark, parse};
///
/// let error = parse("a: 1\nb: @secret", &Limits::default()).err().unwrap();
/// assert_eq!(error.mark, Some(Mark { line: 2, column: 4 }));
/// assert!(!error.message.contains("secret"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The place; `None` if the error concerns the text as a whole.
    pub mark: Option<Mark>,
    /// A sentence for a person: the fault, and often the remedy.
    pub message: String,
}

impl Error {
    pub(crate) fn at(mark: Mark, message: impl Into<String>) -> Self {
        Self { mark: Some(mark), message: message.into() }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(Mark { line, column }) = self.mark {
            write!(f, "line {line}, column {column}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

/// Bounds on the cost of one text, checked before the memory is used.
///
/// ```
/// use argus_auth_yaml::{Limits, parse};
///
/// let shallow = Limits { max_depth: 2, ..Limits::default() };
/// assert!(parse("[[1]]", &shallow).is_err());
/// ```
#[derive(Clone, Debug)]
#[allow(clippy::struct_field_names, reason = "each field is a maximum, and says so where it is used")]
pub struct Limits {
    /// Length of the text in bytes; repetition through aliases may add as much again.
    pub max_bytes: usize,
    /// Levels of nesting, after aliases are expanded.
    pub max_depth: usize,
    /// Keys and values, after aliases are expanded.
    pub max_nodes: usize,
    /// Length of one scalar in bytes.
    pub max_scalar_bytes: usize,
}

impl Default for Limits {
    /// Returns the limits for a configuration file: 10 MiB, 128 levels, a million nodes, 1 MiB per scalar.
    fn default() -> Self {
        // The gateway's other parser stops at the same size and depth.
        Self { max_bytes: 10 << 20, max_depth: 128, max_nodes: 1_000_000, max_scalar_bytes: 1 << 20 }
    }
}
