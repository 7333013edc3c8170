//! The error object: everything there is to know about a failure, owned by who asked for it.

use argus_auth_core::Error;

use crate::boundary::{self, Failure};
use crate::handle;
use crate::problem::argus_auth_problem;
use crate::status::argus_auth_status;
use crate::text::{Text, argus_auth_str};

/// Why a call failed. Owned by the caller that it was returned to, who frees it with `argus_auth_error_free`; or
/// borrowed from an `argus_auth_token_status`, valid as long as that is. Never holds a secret.
///
/// Immutable: any number of threads may read it at once.
pub struct argus_auth_error {
    status: argus_auth_status,
    code: Text,
    message: Text,
    retryable: bool,
    file: Text,
    problems: Vec<argus_auth_problem>,
    http_status: u16,
    token_url: Text,
    oauth_error: Text,
    oauth_error_description: Text,
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

    fn code(&self) -> &'static str {
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

    fn message(&self) -> String {
        match self {
            Self::Null { argument } => format!("the argument `{argument}` is NULL"),
            Self::Utf8 { argument, valid_up_to } => {
                format!("the argument `{argument}` is not UTF-8 from its byte {valid_up_to} on (counted from 0)")
            }
            Self::Argument { argument, problem } => format!("the argument `{argument}` can't be used: {problem}"),
            Self::InCallback => "this can't be done, or waited for, inside the log callback".to_owned(),
            Self::LogInUse => {
                "the program's own `tracing` subscriber receives the log events, or the process was forked \
                 while its parent asked for them first"
                    .to_owned()
            }
            Self::StillRunning => "the engine's thread has been told to end and had not done so in time".to_owned(),
            Self::Core(error) => error.to_string(),
            Self::Panic => "a defect of this library was contained".to_owned(),
        }
    }
}

impl argus_auth_error {
    pub(crate) fn new(failure: &Failure) -> Self {
        let config = match failure {
            Failure::Core(Error::Config(error)) => Some(error),
            _ => None,
        };
        let token = match failure {
            Failure::Core(Error::Token(error)) => Some(error),
            _ => None,
        };
        let file = config.and_then(|config| config.file.as_deref()).map(|file| file.display().to_string());
        let text = |text: Option<&str>| Text::new(text.unwrap_or_default());
        Self {
            status: failure.status(),
            code: Text::new(failure.code()),
            message: Text::new(&failure.message()),
            retryable: match failure {
                Failure::Core(error) => error.is_retryable(),
                other => matches!(other, Failure::StillRunning),
            },
            file: text(file.as_deref()),
            problems: config.map_or_else(Vec::new, |config| config.problems.iter().map(Into::into).collect()),
            http_status: token.and_then(|token| token.http_status).unwrap_or_default(),
            token_url: text(token.map(|token| token.token_url.as_str())),
            oauth_error: text(token.and_then(|token| token.oauth_error.as_deref())),
            oauth_error_description: text(token.and_then(|token| token.oauth_error_description.as_deref())),
        }
    }
}

/// Frees an error object. Nothing for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn argus_auth_error_free(error: *mut argus_auth_error) {
    // SAFETY: the caller's pointer is NULL or to an error object of its own, which it gives up.
    unsafe { handle::release_whole(error) }
}

/// The status that the failed call returned. `ARGUS_AUTH_STATUS_OK` for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn argus_auth_error_status(error: *const argus_auth_error) -> argus_auth_status {
    // SAFETY: the caller's pointer is NULL or to a live error object.
    unsafe { boundary::read(error, argus_auth_status::Ok, |error| error.status) }
}

/// A stable word for the kind of error, for logs and metrics: `token_rejected`, say. Empty for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn argus_auth_error_code(error: *const argus_auth_error) -> argus_auth_str {
    // SAFETY: the caller's pointer is NULL or to a live error object.
    unsafe { boundary::read(error, argus_auth_str::empty(), |error| error.code.lend()) }
}

/// What went wrong, for people; several lines for a configuration with problems. Empty for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn argus_auth_error_message(error: *const argus_auth_error) -> argus_auth_str {
    // SAFETY: the caller's pointer is NULL or to a live error object.
    unsafe { boundary::read(error, argus_auth_str::empty(), |error| error.message.lend()) }
}

/// Whether the same call may succeed later without anyone changing anything. False for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn argus_auth_error_retryable(error: *const argus_auth_error) -> bool {
    // SAFETY: the caller's pointer is NULL or to a live error object.
    unsafe { boundary::read(error, false, |error| error.retryable) }
}

/// The configuration file that can't be used; empty when the error is not about a file, and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn argus_auth_error_file(error: *const argus_auth_error) -> argus_auth_str {
    // SAFETY: the caller's pointer is NULL or to a live error object.
    unsafe { boundary::read(error, argus_auth_str::empty(), |error| error.file.lend()) }
}

/// How many problems the configuration has: at least one for `ARGUS_AUTH_STATUS_CONFIG`, otherwise 0, as for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn argus_auth_error_problem_count(error: *const argus_auth_error) -> usize {
    // SAFETY: the caller's pointer is NULL or to a live error object.
    unsafe { boundary::read(error, 0, |error| error.problems.len()) }
}

/// Returns the problem at `index`, in file order, borrowed from `error`; NULL when there is none, and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn argus_auth_error_problem(
    error: *const argus_auth_error,
    index: usize,
) -> *const argus_auth_problem {
    // SAFETY: the caller's pointer is NULL or to a live error object.
    unsafe {
        boundary::read(error, std::ptr::null(), |error| {
            error.problems.get(index).map_or(std::ptr::null(), std::ptr::from_ref)
        })
    }
}

/// The HTTP status of the token endpoint's response; 0 when there was none, and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn argus_auth_error_http_status(error: *const argus_auth_error) -> u32 {
    // SAFETY: the caller's pointer is NULL or to a live error object.
    unsafe { boundary::read(error, 0, |error| error.http_status.into()) }
}

/// The token endpoint's URL without user, password, query and fragment; empty when the error is not about a token, and
/// for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn argus_auth_error_token_url(error: *const argus_auth_error) -> argus_auth_str {
    // SAFETY: the caller's pointer is NULL or to a live error object.
    unsafe { boundary::read(error, argus_auth_str::empty(), |error| error.token_url.lend()) }
}

/// The `error` of an error response as RFC 6749 section 5.2 has it, `invalid_client` say; empty when there was none,
/// and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn argus_auth_error_oauth_error(error: *const argus_auth_error) -> argus_auth_str {
    // SAFETY: the caller's pointer is NULL or to a live error object.
    unsafe { boundary::read(error, argus_auth_str::empty(), |error| error.oauth_error.lend()) }
}

/// The `error_description` of such a response, shortened; empty when there was none, and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn argus_auth_error_oauth_error_description(error: *const argus_auth_error) -> argus_auth_str {
    // SAFETY: the caller's pointer is NULL or to a live error object.
    unsafe { boundary::read(error, argus_auth_str::empty(), |error| error.oauth_error_description.lend()) }
}
