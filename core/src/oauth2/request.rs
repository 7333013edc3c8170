//! One attempt to get a token: the HTTP request, and its response or a failure in words.

use std::error::Error as StdError;
use std::io;
use std::iter;
use std::time::{Duration, SystemTime};

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Response, Url};
use zeroize::Zeroizing;

use super::credentials::{ClientCredentials, TokenRequest};
use super::response::{self, MAX_BODY, TokenResponse};
use crate::error::{TlsCause, TokenError, TokenErrorKind, reads_as_refusal};
use crate::http_clients::HttpClients;
use crate::log::event;
use crate::runtime::{Clock, Instant};
use crate::tls::{self, Trust};

/// An attempt that got no token.
pub(crate) struct FailedAttempt {
    pub error: TokenError,
    /// The pause that the response asked for with `Retry-After` (RFC 9110 §10.2.3).
    pub retry_after: Option<Duration>,
}

impl From<TokenError> for FailedAttempt {
    fn from(error: TokenError) -> Self {
        Self { error, retry_after: None }
    }
}

/// Sends one token request and reads the response, until `deadline` at the latest. Must run on the engine's thread,
/// because building a client blocks.
pub(crate) async fn attempt(
    credentials: &ClientCredentials,
    http: &HttpClients,
    clock: &Clock,
    deadline: Instant,
) -> Result<TokenResponse, FailedAttempt> {
    let outcome = tokio::select! {
        outcome = send_and_read(credentials, http, clock) => outcome,
        () = clock.sleep_until(deadline) => {
            Err(TokenError::new(TokenErrorKind::Timeout, "the token endpoint did not answer within 30 s").into())
        }
    };
    outcome.map_err(|failed| FailedAttempt {
        error: TokenError { token_url: credentials.shown_url(), ..failed.error },
        ..failed
    })
}

async fn send_and_read(
    credentials: &ClientCredentials,
    http: &HttpClients,
    clock: &Clock,
) -> Result<TokenResponse, FailedAttempt> {
    let unusable =
        |reason: &str| TokenError::new(TokenErrorKind::Request, format!("token_url can't be requested: {reason}"));
    let url = Url::parse(&credentials.token_url).map_err(|error| unusable(&error.to_string()))?;
    let trust = match url.scheme() {
        "https" => Trust::Tls {
            ca_bundle: credentials.options.ca_bundle.clone(),
            client_certificate: credentials.options.client_certificate.clone(),
        },
        "http" => Trust::PlainHttp,
        _ => return Err(unusable("it begins with neither http:// nor https://").into()),
    };
    let client = http.client(&trust, clock.now()).map_err(|reason| TokenError::new(TokenErrorKind::Request, reason))?;
    let request = credentials.request().map_err(|reason| TokenError::new(TokenErrorKind::Request, reason))?;
    tracing::debug!(
        name: event::TOKEN_REQUEST_SENT,
        target: "argus_auth::token",
        token_url = credentials.shown_url(),
        "token request"
    );
    let mut response = send(&client, url, &request).await.inspect_err(|error| {
        if error.kind == TokenErrorKind::Tls {
            http.handshake_failed(&trust, clock.now());
        }
    })?;
    let status = response.status().as_u16();
    let retry_after = retry_after(&response);
    let mut body = Zeroizing::new(Vec::new());
    let end = read_body(&mut response, &mut body).await;
    let outcome = match (end, response::parse(status, &body, &request.echo_filter)) {
        // If the body was cut off, a token is not accepted. An error that is certain without the rest of the body, such
        // as an OAuth error or HTTP 503, is still reported.
        (Err(cut), Ok(_) | Err(TokenError { kind: TokenErrorKind::Response, .. })) => Err(cut),
        (_, parsed) => parsed,
    };
    outcome.map_err(|error| FailedAttempt { error: TokenError { http_status: Some(status), ..error }, retry_after })
}

async fn send(client: &Client, url: Url, request: &TokenRequest) -> Result<Response, TokenError> {
    let host = url.host_str().unwrap_or_default().to_owned();
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    headers.extend(request.authorization.clone().map(|value| (AUTHORIZATION, value)));
    // `headers` replaces headers of the same name. If the URL has a user, reqwest has set an Authorization header
    // already, which must not be sent beside the header of this request.
    let post = client.post(url).headers(headers).body(String::clone(&request.form));
    post.send().await.map_err(|error| explain(&error, &host))
}

/// Reads the body to its end.
///
/// # Errors
///
/// If the connection breaks, or the body is longer than [`MAX_BODY`].
async fn read_body(response: &mut Response, body: &mut Vec<u8>) -> Result<(), TokenError> {
    let host = response.url().host_str().unwrap_or_default().to_owned();
    while let Some(chunk) = response.chunk().await.map_err(|error| explain(&error, &host))? {
        if body.len() + chunk.len() > MAX_BODY {
            return Err(TokenError::new(
                TokenErrorKind::Response,
                "the token endpoint's response is longer than 256 KiB; is token_url right?",
            ));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(())
}

/// Returns the pause that `Retry-After` (RFC 9110 §10.2.3) asks for, in seconds or as a date; `None` if the header is
/// missing or has another form.
fn retry_after(response: &Response) -> Option<Duration> {
    let text = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit()) {
        // A number that is too large for `u64` means the longest pause. The length of a cool-down is limited later.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}

/// Describes `error` for an operator. The description leaves out the URL: its query may be secret, and a gateway could
/// mistake the port for an HTTP status.
fn explain(error: &reqwest::Error, host: &str) -> TokenError {
    let host = if host.is_empty() || reads_as_refusal(host) { "the token endpoint's host" } else { host };
    let causes = || iter::successors(cause_of(error), |&cause| cause_of(cause));
    if let Some(tls) = causes().find_map(|cause| cause.downcast_ref::<rustls::Error>()) {
        return explain_tls(tls, host);
    }
    let cause = causes().last().map(ToString::to_string).filter(|text| !reads_as_refusal(text));
    let cause = cause.as_deref().unwrap_or("no further cause is known");
    let (kind, message) = if error.is_connect() && causes().any(|cause| cause.to_string().contains("dns error")) {
        (TokenErrorKind::Dns, format!("the name {host} can't be resolved: {cause}"))
    } else if error.is_connect() {
        (TokenErrorKind::Connect, format!("no connection to {host}: {cause}"))
    } else if error.is_builder() {
        (TokenErrorKind::Request, format!("token_url can't be requested: {cause}"))
    } else {
        (TokenErrorKind::Transport, format!("the connection to {host} broke before a whole response came: {cause}"))
    };
    TokenError::new(kind, message)
}

fn explain_tls(error: &rustls::Error, host: &str) -> TokenError {
    let cause = tls::cause(error);
    // If a certificate has expired or is not valid yet, the text of rustls contains times in seconds since 1970. Such a
    // number may contain 401 by accident, so the text is always left out.
    let detail = (cause != Some(TlsCause::OutOfDate)).then(|| error.to_string());
    let detail = detail.filter(|text| !reads_as_refusal(text));
    let words: Vec<_> = cause.map(|cause| cause.as_str().to_owned()).into_iter().chain(detail).collect();
    let message = format!("TLS with {host} failed: {}", words.join(": "));
    TokenError { tls: cause, ..TokenError::new(TokenErrorKind::Tls, message) }
}

/// Returns the direct cause of an error. If an I/O error wraps another error, such as a TLS error, returns the wrapped
/// error, because `source` skips it.
fn cause_of<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}
