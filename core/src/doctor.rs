//! The operator's doctor: asks a token endpoint once, and says what came of it and what to do.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::env;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use hyper_util::client::proxy::matcher::Matcher;

use crate::config::{AuthConfig, BackendConfig, ClientAuthentication};
use crate::engine::{Engine, Generation};
use crate::error::{Error, TokenError, TokenErrorKind};
use crate::token::{Asked, ClientCredentials, ask_once, stated_lifetime, tls_words};

/// A question to a token endpoint that is under way. Dropping it leaves the request to itself.
#[derive(Debug)]
pub struct Checkup {
    /// The backends that would use the token, in file order.
    pub backends: Vec<String>,
    /// The token endpoint, without user, password, query or fragment.
    pub token_url: String,
    /// The scopes asked for.
    pub scopes: Vec<String>,
    answer: Receiver<Diagnosis>,
}

/// What a token endpoint answered, and what to make of it.
#[derive(Debug, Clone)]
pub struct Diagnosis {
    /// From the start of the request to the end of the answer, or to the failure.
    pub latency: Duration,
    /// The token, or why there is none.
    pub outcome: Result<Granted, Failure>,
}

/// What is to be known of a token that was granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// How long the server says that the token lives; `None` if it does not, and an hour is assumed.
    pub lifetime: Option<Duration>,
    /// The scopes that the server says it granted; `None` if it does not, which means those asked for.
    pub scopes: Option<Vec<String>>,
    /// The scopes that were asked for and not granted.
    pub missing_scopes: Vec<String>,
}

/// Why a token endpoint gave no token, and what to do.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The cause, in words and as fields.
    pub error: Error,
    /// What an operator can do, in whole sentences. Holds no secret.
    pub advice: String,
}

impl Checkup {
    /// Blocks this thread until the answer is there, at most for `timeout`; `None` when that has passed. The request
    /// itself ends after 30 s, not counting its wait for those before it.
    ///
    /// Not for the engine's own thread.
    pub fn wait(&self, timeout: Duration) -> Option<Diagnosis> {
        match self.answer.recv_timeout(timeout) {
            Ok(diagnosis) => Some(diagnosis),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                let advice = "The engine was shut down. Ask again.".to_owned();
                Some(Diagnosis { latency: Duration::ZERO, outcome: Err(Failure { error: Error::Shutdown, advice }) })
            }
        }
    }
}

/// Asks for each distinct token among these backends.
pub(crate) fn examine(backends: &[Arc<BackendConfig>], engine: &Engine) -> Vec<Checkup> {
    let mut checkups = Vec::<Checkup>::new();
    let mut known = HashMap::<ClientCredentials, usize>::new();
    for backend in backends {
        let Some(AuthConfig::OAuth2(config)) = &backend.auth else { continue };
        match known.entry(ClientCredentials::from(config)) {
            Entry::Occupied(entry) => checkups[*entry.get()].backends.push(backend.name.clone()),
            Entry::Vacant(entry) => {
                checkups.push(Checkup {
                    backends: vec![backend.name.clone()],
                    token_url: entry.key().shown_url(),
                    scopes: config.scopes.clone(),
                    answer: ask(entry.key().clone(), &engine.generation()),
                });
                entry.insert(checkups.len() - 1);
            }
        }
    }
    checkups
}

fn ask(credentials: ClientCredentials, generation: &Arc<Generation>) -> Receiver<Diagnosis> {
    let (sender, receiver) = mpsc::channel();
    let (answer, owner) = (sender.clone(), Arc::clone(generation));
    let task = async move {
        let Asked { outcome, latency } = ask_once(&credentials, &owner).await;
        let outcome = match outcome {
            Ok(issued) => {
                let asked_for = credentials.scopes.iter().flat_map(|scopes| scopes.split_ascii_whitespace());
                let missing = |scope: &&str| {
                    issued.scopes.as_ref().is_some_and(|granted| granted.iter().all(|granted| granted != scope))
                };
                Ok(Granted {
                    lifetime: stated_lifetime(issued.expires_in.as_deref()),
                    missing_scopes: asked_for.filter(missing).map(str::to_owned).collect(),
                    scopes: issued.scopes,
                })
            }
            Err(error) => {
                let advice = advice(&error, &credentials);
                Err(Failure { error: Error::Token(Arc::new(error)), advice })
            }
        };
        // Whoever asked may no longer want to know.
        let _ = answer.send(Diagnosis { latency, outcome });
    };
    match generation.runtime() {
        Ok(Some(runtime)) => drop(runtime.spawn(task)),
        // Dropped, and with it the sender: a shutdown.
        Ok(None) => {}
        Err(error) => {
            let advice = "The limits on this process's threads and open files are the usual cause.".to_owned();
            let _ = sender.send(Diagnosis { latency: Duration::ZERO, outcome: Err(Failure { error, advice }) });
        }
    }
    receiver
}

/// What to do about `error`.
fn advice(error: &TokenError, credentials: &ClientCredentials) -> String {
    match error.kind {
        TokenErrorKind::Request => "Correct the auth block: the request can't be made as it is configured.".to_owned(),
        TokenErrorKind::Dns => match proxy(&credentials.token_url) {
            Some(proxy) => format!("{proxy} Check the proxy's name."),
            None => {
                "Check the host in token_url and this machine's DNS. If the endpoint can only be reached through a \
                     proxy, set HTTPS_PROXY."
                    .to_owned()
            }
        },
        TokenErrorKind::Connect => match proxy(&credentials.token_url) {
            Some(proxy) => format!(
                "{proxy} Check that the proxy runs, lets this host through and needs no other password, or name the \
                 host in NO_PROXY to go around it."
            ),
            None => {
                "Check that the token endpoint runs, that token_url has the right port, and that no firewall is in \
                     the way. If it can only be reached through a proxy, set HTTPS_PROXY."
                    .to_owned()
            }
        },
        TokenErrorKind::Tls => tls_advice(&error.message, credentials),
        TokenErrorKind::Transport => {
            let scheme = if credentials.token_url.starts_with("http:") {
                "http:// on a port where the server speaks https:// ends like this"
            } else {
                "a server that restarts or that wants a client_certificate, or a firewall on the way, ends like this"
            };
            through_proxy(credentials, &format!("Try again, and look at the server's log: {scheme}."))
        }
        TokenErrorKind::Timeout => through_proxy(
            credentials,
            "Check that the token endpoint is well, and that no firewall drops packets on the way to it.",
        ),
        TokenErrorKind::Unavailable => match error.http_status {
            Some(429) => "The server limits requests: wait, and check who else uses this client.".to_owned(),
            _ => through_proxy(credentials, "The server, or what stands before it, is in trouble: look at its log."),
        },
        TokenErrorKind::Rejected => rejection_advice(error, credentials),
        TokenErrorKind::Redirect => "Set token_url to the URL that the server redirects to, often the same with \
                                     https:// or another path. If that is a login page, token_url is not the token \
                                     endpoint."
            .to_owned(),
        TokenErrorKind::Response => "Check token_url: it should be the token_endpoint of the server's \
                                     /.well-known/openid-configuration, not an issuer, a login page or an API."
            .to_owned(),
    }
}

fn rejection_advice(error: &TokenError, credentials: &ClientCredentials) -> String {
    let method = match credentials.options.authentication {
        ClientAuthentication::SecretPost => "client_secret_post",
        ClientAuthentication::SecretBasic => "client_secret_basic",
        ClientAuthentication::PrivateKeyJwt(_) => "private_key_jwt",
    };
    match error.oauth_error.as_deref() {
        Some("unauthorized_client" | "unsupported_grant_type") => {
            "Allow the client credentials grant for this client on the authorization server.".to_owned()
        }
        Some("invalid_scope") => {
            format!("Allow these scopes for the client, or correct scopes: {}.", credentials.scopes.join(" "))
        }
        Some("invalid_target") => "Check audience and resource: the server knows no such target.".to_owned(),
        Some("invalid_request") => "The server may need audience, resource or an extra_params entry, or another \
                                    token_endpoint_auth_method."
            .to_owned(),
        Some("invalid_client") | None => format!(
            "Check client_id and the client's secret or key (rotated? expired? with a line break at its end?), and \
             whether the server takes {method} from this client: token_endpoint_auth_method says how to authenticate."
        ),
        Some(_) => "Look up the server's error code in its documentation and this request in its log.".to_owned(),
    }
}

fn tls_advice(message: &str, credentials: &ClientCredentials) -> String {
    let has = |words| message.contains(words);
    if has(tls_words::UNTRUSTED) {
        format!(
            "Only {} are trusted. Name a file with the issuing CA's certificate as ca_bundle.",
            trusted(credentials)
        )
    } else if has(tls_words::OTHER_HOST) {
        "Use a host name in token_url that the certificate has, or have the server's certificate corrected.".to_owned()
    } else if has(tls_words::OUT_OF_DATE) {
        "Have the server's certificate renewed, if this machine's clock is right.".to_owned()
    } else if has(tls_words::CLIENT_CERTIFICATE) {
        match credentials.options.client_certificate {
            Some(_) => "Check that client_certificate has not expired and is from a CA that the server trusts.",
            None => "Set client_certificate and client_certificate_key.",
        }
        .to_owned()
    } else if has(tls_words::NO_TLS) {
        through_proxy(credentials, "Check the port in token_url, or use http:// if the server is on a trusted network.")
    } else {
        format!("Trusted are {}. Check these files and the server's TLS settings.", trusted(credentials))
    }
}

/// Which CA certificates are trusted.
fn trusted(credentials: &ClientCredentials) -> String {
    if let Some(bundle) = &credentials.options.ca_bundle {
        return format!("the CA certificates in ca_bundle {}", bundle.display());
    }
    let set: Vec<_> = ["SSL_CERT_FILE", "SSL_CERT_DIR"]
        .into_iter()
        .filter_map(|name| Some(format!("{name} {}", env::var_os(name)?.display())))
        .collect();
    if set.is_empty() {
        "this machine's CA certificates".to_owned()
    } else {
        format!("the CA certificates in {}", set.join(" and "))
    }
}

fn through_proxy(credentials: &ClientCredentials, advice: &str) -> String {
    proxy(&credentials.token_url).map_or_else(|| advice.to_owned(), |proxy| format!("{proxy} {advice}"))
}

/// A sentence about the proxy that requests to `url` go through, if there is one. Without its user and password.
fn proxy(url: &str) -> Option<String> {
    let intercept = Matcher::from_system().intercept(&url.parse().ok()?)?;
    let authority = intercept.uri().authority()?.as_str();
    let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
    Some(format!("Requests go through the proxy {place}, which HTTPS_PROXY, HTTP_PROXY or ALL_PROXY names."))
}
