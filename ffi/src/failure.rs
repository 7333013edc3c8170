//! The reasons why a call fails: errors of the core, and errors that only this boundary detects.

use argus_auth_core::{ConfigError, Error};

use crate::status::argus_auth_status;

/// The reason why a call failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A pointer was NULL.
    Null { argument: &'static str },
    /// A text was not UTF-8.
    Utf8 { argument: &'static str, valid_up_to: usize },
    /// An argument had a value that is not allowed.
    Argument { argument: &'static str, problem: &'static str },
    /// The function was called inside the log callback.
    InCallback,
    /// The log events can't be delivered to a callback: see `argus_auth_status::LogInUse`.
    LogInUse,
    /// The engine's thread did not end within the timeout of a shutdown.
    StillRunning,
    /// The core reported an error.
    Core(Error),
    /// The function panicked.
    Panic,
}

impl Failure {
    pub(crate) fn status(&self) -> argus_auth_status {
        match self {
            Self::Null { .. } => argus_auth_status::NullArgument,
            Self::Utf8 { .. } => argus_auth_status::InvalidUtf8,
            Self::Argument { .. } => argus_auth_status::InvalidArgument,
            Self::InCallback => argus_auth_status::InCallback,
            Self::LogInUse => argus_auth_status::LogInUse,
            Self::StillRunning => argus_auth_status::Deadline,
            Self::Core(error) => argus_auth_status::from(error),
            Self::Panic => argus_auth_status::Panic,
        }
    }

    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Null { .. } => "null_argument",
            Self::Utf8 { .. } => "invalid_utf8",
            Self::Argument { .. } => "invalid_argument",
            Self::InCallback => "in_callback",
            Self::LogInUse => "log_in_use",
            Self::StillRunning => "deadline",
            Self::Core(error) => error.code(),
            Self::Panic => "panic",
        }
    }

    pub(crate) fn message(&self) -> String {
        match self {
            Self::Null { argument } => format!("the argument `{argument}` is NULL"),
            Self::Utf8 { argument, valid_up_to } => {
                format!("the argument `{argument}` is not UTF-8 from its byte {valid_up_to} on (counted from 0)")
            }
            Self::Argument { argument, problem } => format!("the argument `{argument}` can't be used: {problem}"),
            Self::InCallback => {
                "inside the log callback, this function is not allowed or would have to wait".to_owned()
            }
            Self::LogInUse => "the program's own `tracing` subscriber receives the log events, or the process was \
                               forked while its parent was registering its first callback"
                .to_owned(),
            Self::StillRunning => "the engine's thread was told to end and has not ended in time".to_owned(),
            Self::Core(error) => error.to_string(),
            Self::Panic => "a panic inside this library was caught; it is a defect of the library".to_owned(),
        }
    }

    /// Returns whether the same call may succeed later without a change to the configuration.
    pub(crate) fn is_retryable(&self) -> bool {
        match self {
            Self::Core(error) => error.is_retryable(),
            Self::StillRunning => true,
            _ => false,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Core(error)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Core(error.into())
    }
}
