//! The error object: the reason why a call failed, as data.

use argus_auth_core::{CText, Error};

use crate::failure::Failure;
use crate::problem::argus_auth_problem;
use crate::status::argus_auth_status;
use crate::text::argus_auth_str;
use crate::{boundary, handle};

/// An error object: the reason why a call failed, as data. Contains no secret.
///
/// Obtained from: the last argument of a function that failed; `argus_auth_token_status_last_error`.
/// Ownership: in the first case owned by the caller, freed with `argus_auth_error_free`. In the second case borrowed
/// from the `argus_auth_token_status`, and valid until that object is freed.
/// Threads: immutable; any number of threads may read it at the same time.
/// Functions: `argus_auth_error_status`, `argus_auth_error_code`, `argus_auth_error_message`,
/// `argus_auth_error_retryable`, `argus_auth_error_file`, `argus_auth_error_problem_count`, `argus_auth_error_problem`,
/// `argus_auth_error_http_status`, `argus_auth_error_token_url`, `argus_auth_error_oauth_error`,
/// `argus_auth_error_oauth_error_description`, `argus_auth_error_free`.
///
/// ```c
/// argus_auth_headers *headers = NULL;
/// argus_auth_error *error = NULL;
/// if (argus_auth_resolver_headers(resolver, "search", 6, 35000, &headers, &error) != ARGUS_AUTH_STATUS_OK) {
///     fprintf(stderr, "%s: %s\n", argus_auth_error_code(error).data, argus_auth_error_message(error).data);
///     argus_auth_error_free(error);
/// }
/// argus_auth_headers_free(headers);
/// ```
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

/// Frees an error object.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_error_free(error: Option<Box<argus_auth_error>>) {
    handle::drop_contained(error);
}

/// Returns the status of the failed call.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_error_status(error: Option<&argus_auth_error>) -> argus_auth_status {
    boundary::read(error, argus_auth_status::Ok, |error| error.status)
}

/// Returns a stable word for the kind of error, for logs and metrics, such as `token_rejected`.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_error_code(error: Option<&argus_auth_error>) -> argus_auth_str {
    boundary::read(error, argus_auth_str::empty(), |error| argus_auth_str::lend(&error.code))
}

/// Returns the failure in words, for people. The text for a configuration with problems has several lines.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_error_message(error: Option<&argus_auth_error>) -> argus_auth_str {
    boundary::read(error, argus_auth_str::empty(), |error| argus_auth_str::lend(&error.message))
}

/// Returns whether the same call may succeed later without a change to the configuration. During a cool-down, the call
/// fails again at once: pause for `argus_auth_token_status_cool_down_ms` first.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_error_retryable(error: Option<&argus_auth_error>) -> bool {
    boundary::read(error, false, |error| error.retryable)
}

/// Returns the path of the configuration file that can't be used; empty if the error concerns no file.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_error_file(error: Option<&argus_auth_error>) -> argus_auth_str {
    boundary::read(error, argus_auth_str::empty(), |error| argus_auth_str::lend(&error.file))
}

/// Returns the number of problems of the configuration: at least 1 for `ARGUS_AUTH_STATUS_CONFIG`, 0 for every other
/// status. Of more than 100 errors, 100 are listed, and one more problem has the number of the others. The same holds
/// for warnings.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_error_problem_count(error: Option<&argus_auth_error>) -> usize {
    boundary::read(error, 0, |error| error.problems.len())
}

/// Returns the problem at `index`, in file order; NULL if `index` is out of range. The problem is borrowed from
/// `error`.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_error_problem(
    error: Option<&argus_auth_error>,
    index: usize,
) -> Option<&argus_auth_problem> {
    boundary::read(error, None, |error| error.problems.get(index))
}

/// Returns the HTTP status of the token endpoint's response; 0 if the error has no HTTP status, for example because
/// there was no response.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_error_http_status(error: Option<&argus_auth_error>) -> u32 {
    boundary::read(error, 0, |error| error.http_status.into())
}

/// Returns the URL of the token endpoint, without user, password, query and fragment; empty if the error concerns no
/// token.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_error_token_url(error: Option<&argus_auth_error>) -> argus_auth_str {
    boundary::read(error, argus_auth_str::empty(), |error| argus_auth_str::lend(&error.token_url))
}

/// Returns the field `error` of the token endpoint's error response (RFC 6749 section 5.2), such as `invalid_client`,
/// cut to 200 characters; empty if there was no such field, or if the field repeated a secret.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_error_oauth_error(error: Option<&argus_auth_error>) -> argus_auth_str {
    boundary::read(error, argus_auth_str::empty(), |error| argus_auth_str::lend(&error.oauth_error))
}

/// Returns the field `error_description` of the token endpoint's error response (RFC 6749 section 5.2), cut to 200
/// characters; empty if there was no such field, or if the field repeated a secret.
#[unsafe(no_mangle)]
pub extern "C" fn argus_auth_error_oauth_error_description(error: Option<&argus_auth_error>) -> argus_auth_str {
    boundary::read(error, argus_auth_str::empty(), |error| argus_auth_str::lend(&error.oauth_error_description))
}
