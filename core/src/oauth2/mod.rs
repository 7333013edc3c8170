//! The OAuth 2.0 protocol: one request to a token endpoint and its response. This module keeps no state. The state is
//! in `token`.
//!
//! * `credentials`: [`ClientCredentials`], every input of a token request, and the form and header made from them (RFC
//!   6749 §4.4.2, client authentication of §2.3.1);
//! * `assertion`: the signed assertion of `private_key_jwt` (RFC 7523);
//! * `request`: one attempt: the HTTP request, and its response or a failure in words;
//! * `response`: reads the bytes of a response as a [`TokenResponse`] (RFC 6749 §5.1) or as an error (§5.2);
//! * `echo_filter`: recognises secrets of the request that a server echoes in its response.

mod assertion;
mod credentials;
mod echo_filter;
mod request;
mod response;

pub(crate) use self::credentials::ClientCredentials;
#[cfg(fuzzing)]
pub(crate) use self::echo_filter::EchoFilter;
pub(crate) use self::request::{FailedAttempt, attempt};
pub(crate) use self::response::TokenResponse;
#[cfg(fuzzing)]
pub(crate) use self::response::parse;
