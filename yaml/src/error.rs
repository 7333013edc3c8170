//! The error for a text that is rejected, and the limits on a text's size and nesting.

use crate::Mark;

/// The reason why a text was rejected. The message never quotes the text, because the text may hold secrets.
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
    /// The place of the error. `None` if the error concerns the text as a whole.
    pub mark: Option<Mark>,
    /// The error in words, often with a way to fix it.
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

/// Limits on the size and nesting of one text. A scalar is checked when it has been read. All other limits are checked
/// before the memory is used.
///
/// ```
/// use argus_auth_yaml::{Limits, parse};
///
/// let shallow = Limits { max_depth: 2, ..Limits::default() };
/// assert!(parse("[[1]]", &shallow).is_err());
/// ```
#[derive(Clone, Debug)]
#[allow(clippy::struct_field_names, reason = "each field is a maximum, and its name must show that at its use")]
pub struct Limits {
    /// Maximum length of the text in bytes. It is also the maximum total length of the scalars that aliases repeat.
    pub max_bytes: usize,
    /// Maximum number of nesting levels, with aliases expanded.
    pub max_depth: usize,
    /// Maximum number of nodes (keys, values and items), with aliases expanded.
    pub max_nodes: usize,
    /// Maximum length of one scalar in bytes.
    pub max_scalar_bytes: usize,
}

impl Default for Limits {
    /// Returns the limits for a configuration file: 10 MiB, 128 levels, a million nodes, 1 MiB per scalar.
    fn default() -> Self {
        // Size and depth are the limits of the YAML parser in Rust that the gateway can use instead of PyYAML.
        Self { max_bytes: 10 << 20, max_depth: 128, max_nodes: 1_000_000, max_scalar_bytes: 1 << 20 }
    }
}
