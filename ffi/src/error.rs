//! The error object: everything there is to know about a failure, owned by who asked for it.

use argus_auth_core::{CText, Error};

use crate::failure::Failure;
use crate::problem::argus_auth_problem;
use crate::status::argus_auth_status;
use crate::text::argus_auth_str;
use crate::{boundary, handle};

/// Why a call failed. Owned by the caller that it was returned to, who frees it with `argus_auth_error_free`; or
/// borrowed from an `argus_auth_token_status`, valid as long as that is. Never holds a secret.
///
/// Immutable: any number of threads may read it at once.
pub struct argus_auth_error {
    status: argus_auth_status,
    code: CText,
    message: CText,
    retryable: bool,
    file: CText,
    problems: Vec<argus_auth_problem>,
    http_status: u16,
    token_url: CText,
    oauth_error: CText,
    oauth_error_description: CText,
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
        let text = |text: Option<&str>| CText::new(text.unwrap_or_default());
        Self {
            status: failure.status(),
            code: CText::new(failure.code()),
            message: CText::new(failure.message()),
            retryable: failure.is_retryable(),
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
pub extern "C" fn argus_auth_error_free(error: Option<Box<argus_auth_error>>) {
    handle::drop_contained(error);
}

/// The status that the failed call returned. `ARGUS_AUTH_STATUS_OK` for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_error_status(error: Option<&argus_auth_error>) -> argus_auth_status {
    boundary::read(error, argus_auth_status::Ok, |error| error.status)
}

/// A stable word for the kind of error, for logs and metrics: `token_rejected`, say. Empty for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_error_code(error: Option<&argus_auth_error>) -> argus_auth_str {
    boundary::read(error, argus_auth_str::empty(), |error| argus_auth_str::lend(&error.code))
}

/// What went wrong, for people; several lines for a configuration with problems. Empty for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_error_message(error: Option<&argus_auth_error>) -> argus_auth_str {
    boundary::read(error, argus_auth_str::empty(), |error| argus_auth_str::lend(&error.message))
}

/// Whether the same call may succeed later without anyone changing anything. False for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_error_retryable(error: Option<&argus_auth_error>) -> bool {
    boundary::read(error, false, |error| error.retryable)
}

/// The configuration file that can't be used; empty when the error is not about a file, and for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_error_file(error: Option<&argus_auth_error>) -> argus_auth_str {
    boundary::read(error, argus_auth_str::empty(), |error| argus_auth_str::lend(&error.file))
}

/// How many problems the configuration has: at least one for `ARGUS_AUTH_STATUS_CONFIG`, otherwise 0, as for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_error_problem_count(error: Option<&argus_auth_error>) -> usize {
    boundary::read(error, 0, |error| error.problems.len())
}

/// Returns the problem at `index`, in file order, borrowed from `error`; NULL when there is none, and for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_error_problem(
    error: Option<&argus_auth_error>,
    index: usize,
) -> Option<&argus_auth_problem> {
    boundary::read(error, None, |error| error.problems.get(index))
}

/// The HTTP status of the token endpoint's response; 0 when there was none, and for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_error_http_status(error: Option<&argus_auth_error>) -> u32 {
    boundary::read(error, 0, |error| error.http_status.into())
}

/// The token endpoint's URL without user, password, query and fragment; empty when the error is not about a token, and
/// for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_error_token_url(error: Option<&argus_auth_error>) -> argus_auth_str {
    boundary::read(error, argus_auth_str::empty(), |error| argus_auth_str::lend(&error.token_url))
}

/// The `error` of an error response as RFC 6749 section 5.2 has it, `invalid_client` say; empty when there was none,
/// and for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_error_oauth_error(error: Option<&argus_auth_error>) -> argus_auth_str {
    boundary::read(error, argus_auth_str::empty(), |error| argus_auth_str::lend(&error.oauth_error))
}

/// The `error_description` of such a response, shortened; empty when there was none, and for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_error_oauth_error_description(error: Option<&argus_auth_error>) -> argus_auth_str {
    boundary::read(error, argus_auth_str::empty(), |error| argus_auth_str::lend(&error.oauth_error_description))
}
