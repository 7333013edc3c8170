//! One fetch: the request, its retries, and what went wrong in words.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Response, Url};

use super::credentials::{ClientCredentials, TokenRequest};
use super::flights::CoolDown;
use super::host::{Host, LeftAlone};
use super::response::{self, Issued, MAX_BODY, Refused};
use super::source::TokenSource;
use super::turn::Turn;
use crate::engine::{Generation, Instant};
use crate::error::{TokenError, TokenErrorKind, reads_as_refusal};
use crate::log::event;
use crate::trust::Trust;

/// All attempts together take no longer.
pub(super) const TOTAL: Duration = Duration::from_secs(30);
/// A transient failure is tried again this many times at most.
const RETRIES: u32 = 3;
/// The wait before the first retry is between nothing and this, doubled for each further one (full jitter).
const FIRST_BACKOFF: Duration = Duration::from_millis(250);

/// A token, and when the request for it was sent: its life counts from there.
pub(super) struct Fetched {
    pub(super) issued: Issued,
    pub(super) requested: Instant,
}

/// What one request brought, and how long it took.
pub(crate) struct Asked {
    pub(crate) outcome: Result<Issued, TokenError>,
    pub(crate) latency: Duration,
}

/// Why there is none, and how long the token endpoint is left alone.
pub(super) struct Failed {
    pub(super) error: Arc<TokenError>,
    pub(super) cool_down: CoolDown,
}

impl Failed {
    /// The host is left alone; no request was made.
    fn host_is_down(credentials: &ClientCredentials, LeftAlone { pause, cause }: &LeftAlone) -> Self {
        let message = format!("the token endpoint's host failed several times in a row and is left alone: {cause}");
        let refused = Refused::new(TokenErrorKind::Unavailable, message);
        Self { error: Arc::new(explained(credentials, refused.into())), cool_down: CoolDown::Exactly(*pause) }
    }

    /// Too many others were fetching.
    pub(super) fn no_turn(credentials: &ClientCredentials) -> Self {
        let message = "no request could be sent within 30 s: too many are under way already";
        let refused = Refused::new(TokenErrorKind::Timeout, message);
        Self { error: Arc::new(explained(credentials, refused.into())), cool_down: CoolDown::GROWING }
    }

    /// A token came too late to be of use.
    pub(super) fn expired_on_the_way(credentials: &ClientCredentials) -> Self {
        let refused = Refused::new(TokenErrorKind::Response, "the token had expired when the answer came");
        Self { error: Arc::new(explained(credentials, refused.into())), cool_down: CoolDown::GROWING }
    }
}

/// An attempt that failed.
struct Attempt {
    refused: Refused,
    http_status: Option<u16>,
    retry_after: Option<Duration>,
}

impl From<Refused> for Attempt {
    fn from(refused: Refused) -> Self {
        Self { refused, http_status: None, retry_after: None }
    }
}

/// Gets a token, trying again as long as that is promising and there is time. The first request has its turn already.
pub(super) async fn fetch<'b>(
    source: &TokenSource,
    generation: &'b Generation,
    host: &'b Host,
    mut turn: Turn<'b>,
    deadline: Instant,
) -> Result<Fetched, Failed> {
    let (clock, board, credentials) = (generation.clock(), &generation.board, &source.credentials);
    let left_alone = |left_alone| Failed::host_is_down(credentials, &left_alone);
    let mut admitted = host.admit(clock.now()).map_err(left_alone)?;
    let mut retries = 0;
    loop {
        let requested = clock.now();
        let outcome = attempt_until(deadline, credentials, generation).await;
        drop(turn);
        let failed = match outcome {
            Ok(issued) => {
                host.report(&mut admitted, None, clock.now());
                return Ok(Fetched { issued, requested });
            }
            Err(failed) => failed,
        };
        let at_least = failed.retry_after.unwrap_or_default();
        let error = Arc::new(explained(credentials, failed));
        host.report(&mut admitted, Some(&error), clock.now());
        let failed = Failed { error, cool_down: CoolDown::Growing { at_least } };
        // The server's wish, but never at once: what it asks may be zero or in the past.
        let pause = at_least.max(backoff(retries));
        // A certificate does not get better within seconds. A handshake that is cut short is no failure of this kind.
        let promising = failed.error.kind.is_transient() && failed.error.kind != TokenErrorKind::Tls;
        if !promising || retries >= RETRIES || clock.now().after(pause) >= deadline {
            return Err(failed);
        }
        tracing::debug!(
            name: event::TOKEN_REQUEST_RETRIED,
            target: "argus_auth::token",
            token_url = credentials.shown_url(),
            kind = failed.error.kind.code(),
            pause_ms = pause.as_millis(),
            "token request failed, trying again"
        );
        retries += 1;
        clock.sleep_until(clock.now().after(pause)).await;
        let next = async { board.turn(host, board.behind_callers(host, source.id).await).await };
        turn = tokio::select! {
            biased;
            turn = next => turn,
            () = clock.sleep_until(deadline) => return Err(failed),
        };
    }
}

/// Asks for a token once, whatever is known of the endpoint already: for a person who wants to see what happens.
pub(crate) async fn ask_once(credentials: &ClientCredentials, generation: &Generation) -> Asked {
    let clock = generation.clock();
    let host = generation.board.host(credentials.host());
    let _turn = generation.board.turn(&host, None).await;
    let asked = clock.now();
    let outcome = attempt_until(asked.after(TOTAL), credentials, generation).await;
    let latency = clock.now().since(asked);
    Asked { outcome: outcome.map_err(|failed| explained(credentials, failed)), latency }
}

/// The error that callers see.
fn explained(credentials: &ClientCredentials, failed: Attempt) -> TokenError {
    let Refused { kind, oauth_error, oauth_error_description, message } = failed.refused;
    TokenError {
        kind,
        token_url: credentials.shown_url(),
        http_status: failed.http_status,
        oauth_error,
        oauth_error_description,
        message,
    }
}

async fn attempt_until(
    deadline: Instant,
    credentials: &ClientCredentials,
    generation: &Generation,
) -> Result<Issued, Attempt> {
    tokio::select! {
        outcome = attempt(credentials, generation) => outcome,
        () = generation.clock().sleep_until(deadline) => {
            Err(Refused::new(TokenErrorKind::Timeout, "the token endpoint did not answer within 30 s").into())
        }
    }
}

async fn attempt(credentials: &ClientCredentials, generation: &Generation) -> Result<Issued, Attempt> {
    let unusable =
        |reason: &str| Refused::new(TokenErrorKind::Request, format!("token_url can't be requested: {reason}"));
    let url = Url::parse(&credentials.token_url).map_err(|error| unusable(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(unusable("it begins with neither http:// nor https://").into());
    }
    let trust = match url.scheme() {
        "https" => Trust::Tls {
            ca_bundle: credentials.options.ca_bundle.clone(),
            client_certificate: credentials.options.client_certificate.clone(),
        },
        _ => Trust::Nobody,
    };
    let client = generation
        .http
        .client(&trust, generation.clock().now())
        .map_err(|reason| Refused::new(TokenErrorKind::Request, reason))?;
    let request = credentials.request().map_err(|reason| Refused::new(TokenErrorKind::Request, reason))?;
    tracing::debug!(
        name: event::TOKEN_REQUEST_SENT,
        target: "argus_auth::token",
        token_url = credentials.shown_url(),
        "token request"
    );
    let mut response = send(&client, url, &request).await.inspect_err(|refused| {
        if refused.kind == TokenErrorKind::Tls {
            generation.http.refused(&trust, generation.clock().now());
        }
    })?;
    let status = response.status().as_u16();
    let retry_after = retry_after(&response);
    let mut body = zeroize::Zeroizing::new(Vec::new());
    let end = read(&mut response, &mut body).await;
    let outcome = match (end, response::parse(status, &body, &request.sent)) {
        // An OAuth error or a telling status counts however the body ends; nothing else in a part of a body does.
        (Err(cut), Ok(_) | Err(Refused { kind: TokenErrorKind::Response, .. })) => Err(cut),
        (_, parsed) => parsed,
    };
    outcome.map_err(|refused| Attempt { refused, http_status: Some(status), retry_after })
}

async fn send(client: &Client, url: Url, request: &TokenRequest) -> Result<Response, Refused> {
    let host = url.host_str().unwrap_or_default().to_owned();
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    headers.extend(request.authorization.clone().map(|value| (AUTHORIZATION, value)));
    // All at once, which replaces: an Authorization that a user in the URL has made is not left beside ours.
    let post = client.post(url).headers(headers).body(String::clone(&request.form));
    post.send().await.map_err(|error| explain(&error, &host))
}

/// Reads the body up to its end, or to an error: it breaks off, or is longer than any token response.
async fn read(response: &mut Response, body: &mut Vec<u8>) -> Result<(), Refused> {
    let host = response.url().host_str().unwrap_or_default().to_owned();
    while let Some(chunk) = response.chunk().await.map_err(|error| explain(&error, &host))? {
        if body.len() + chunk.len() > MAX_BODY {
            return Err(Refused::new(
                TokenErrorKind::Response,
                "the token endpoint's answer is longer than 256 KiB; is token_url right?",
            ));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(())
}

/// `Retry-After` (RFC 9110 §10.2.3) as a pause: seconds or a date; none if it is neither.
fn retry_after(response: &Response) -> Option<Duration> {
    let text = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit()) {
        // More than a number holds is a wish too, and the cap on it is the same.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(std::time::SystemTime::now()).unwrap_or_default())
}

fn backoff(retries: u32) -> Duration {
    FIRST_BACKOFF.saturating_mul(2_u32.saturating_pow(retries)).mul_f64(super::random_share())
}

/// What `error` means to an operator. The URL is left out: its query or port may be secret or misread.
fn explain(error: &reqwest::Error, host: &str) -> Refused {
    let host = if host.is_empty() || reads_as_refusal(host) { "the token endpoint's host" } else { host };
    let causes = || std::iter::successors(cause_of(error), |&cause| cause_of(cause));
    let cause = causes().last().map(ToString::to_string).filter(|text| !reads_as_refusal(text));
    let cause = cause.as_deref().unwrap_or("no further cause is known");
    let tls = causes().find_map(|cause| cause.downcast_ref::<rustls::Error>());
    let (kind, message) = if let Some(tls) = tls {
        let words = tls_words::of(tls);
        // Of a date it gives the seconds since 1970, in which a 401 may stand.
        let detail = Some(tls.to_string());
        let detail = detail.filter(|text| words != Some(tls_words::OUT_OF_DATE) && !reads_as_refusal(text));
        let said: Vec<_> = words.map(str::to_owned).into_iter().chain(detail).collect();
        (TokenErrorKind::Tls, format!("TLS with {host} failed: {}", said.join(": ")))
    } else if error.is_connect() && causes().any(|cause| cause.to_string().contains("dns error")) {
        (TokenErrorKind::Dns, format!("the name {host} can't be resolved: {cause}"))
    } else if error.is_connect() {
        (TokenErrorKind::Connect, format!("no connection to {host}: {cause}"))
    } else if error.is_builder() {
        (TokenErrorKind::Request, format!("token_url can't be requested: {cause}"))
    } else {
        (TokenErrorKind::Transport, format!("the connection to {host} broke before a whole answer came: {cause}"))
    };
    Refused::new(kind, message)
}

/// The cause of an error. An I/O error that wraps another passes it over in `source`, TLS errors among them.
fn cause_of<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}

/// What usually goes wrong with TLS, in words. The doctor's advice depends on which of them a message contains.
pub(crate) mod tls_words {
    use rustls::{AlertDescription, CertificateError, Error};

    pub(crate) const UNTRUSTED: &str = "the server's certificate is from an issuer that is not trusted here";
    pub(crate) const OTHER_HOST: &str = "the server's certificate is for another host";
    pub(crate) const OUT_OF_DATE: &str = "the server's certificate has expired or is not valid yet";
    pub(crate) const CLIENT_CERTIFICATE: &str = "the server wants another client certificate, or any at all";
    pub(crate) const NO_TLS: &str = "the server does not speak TLS";

    pub(super) fn of(error: &Error) -> Option<&'static str> {
        Some(match error {
            Error::InvalidCertificate(certificate) => match certificate {
                // A bad signature is that of an issuer with a trusted one's name and another key.
                CertificateError::UnknownIssuer | CertificateError::BadSignature => UNTRUSTED,
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => OTHER_HOST,
                CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYet
                | CertificateError::NotValidYetContext { .. } => OUT_OF_DATE,
                _ => return None,
            },
            Error::AlertReceived(
                AlertDescription::CertificateRequired
                | AlertDescription::BadCertificate
                | AlertDescription::UnknownCA
                | AlertDescription::CertificateExpired
                | AlertDescription::CertificateUnknown,
            ) => CLIENT_CERTIFICATE,
            Error::InvalidMessage(_) => NO_TLS,
            _ => return None,
        })
    }
}
