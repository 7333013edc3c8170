//! The doctor: requests each distinct token once, and explains the response to an operator.
//!
//! * this file: [`Checkup`], the request, and [`Diagnosis`], its explained result;
//! * `advice`: what an operator can do about a failure.

mod advice;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use self::advice::advice;
use crate::config::{AuthConfig, BackendConfig};
use crate::engine::Engine;
use crate::error::Error;
use crate::oauth2::{ClientCredentials, TokenResponse};
use crate::token::{Generation, SingleAttempt, attempt_once, stated_lifetime};

/// A request to a token endpoint that is under way, from [`Resolver::diagnose`](crate::Resolver::diagnose). Dropping it
/// does not cancel the request.
///
/// ```no_run
/// use std::time::Duration;
///
/// use argus_auth_core::{LoadOptions, Resolver};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let resolver = Resolver::from_file("config.yaml".as_ref(), &LoadOptions::default())?;
/// for checkup in resolver.diagnose() {
///     match checkup.wait(Duration::from_secs(35)).map(|diagnosis| diagnosis.outcome) {
///         Some(Ok(granted)) => println!("{}: a token, valid for {:?}", checkup.token_url, granted.lifetime),
///         Some(Err(failed)) => println!("{}: {} {}", checkup.token_url, failed.error, failed.advice),
///         None => println!("{}: no response", checkup.token_url),
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Checkup {
    /// The backends that would use the token, in file order.
    pub backends: Vec<String>,
    /// The token endpoint, without user, password, query or fragment.
    pub token_url: String,
    /// The requested scopes.
    pub scopes: Vec<String>,
    receiver: Receiver<Diagnosis>,
}

/// The result of a [`Checkup`], explained: a token was granted, or the request failed.
///
/// ```
/// use std::time::Duration;
///
/// use argus_auth_core::doctor::Diagnosis;
///
/// fn is_slow(diagnosis: &Diagnosis) -> bool {
///     diagnosis.outcome.is_ok() && diagnosis.latency > Duration::from_secs(2)
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Diagnosis {
    /// The time from the start of the request to the end of the response, or to the failure. Zero if the engine could
    /// not start or was shut down.
    pub latency: Duration,
    /// The facts about the token, or the failure.
    pub outcome: Result<Granted, ExplainedError>,
}

/// The facts about a token that was granted. The token itself is not included.
///
/// ```
/// use std::time::Duration;
///
/// use argus_auth_core::doctor::Granted;
///
/// let granted = Granted {
///     lifetime: Some(Duration::from_secs(3600)),
///     scopes: Some(vec!["read".to_owned()]),
///     missing_scopes: vec!["write".to_owned()],
/// };
/// assert!(!granted.missing_scopes.is_empty());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// The lifetime that the server states, clamped to between 1 s and 30 days. `None` if the server states no
    /// lifetime; the library then assumes one hour.
    pub lifetime: Option<Duration>,
    /// The granted scopes; `None` if the response does not name them, which means that all requested scopes were
    /// granted.
    pub scopes: Option<Vec<String>>,
    /// The scopes that were requested, but not granted.
    pub missing_scopes: Vec<String>,
}

/// The failure to get a token, with advice.
///
/// ```
/// use argus_auth_core::Error;
/// use argus_auth_core::doctor::ExplainedError;
///
/// let advice = "The engine was shut down. Ask again.".to_owned();
/// let failed = ExplainedError { error: Error::Shutdown, advice };
/// println!("{}. {}", failed.error, failed.advice);
/// ```
#[derive(Debug, Clone)]
pub struct ExplainedError {
    /// The cause, in words and as fields.
    pub error: Error,
    /// Advice for an operator, in whole sentences. Holds no secret.
    pub advice: String,
}

impl Checkup {
    /// Blocks this thread until the diagnosis is available, and returns it. Returns `None` after `timeout`; the call
    /// may then be repeated. The diagnosis is returned once. A call after that returns a diagnosis with
    /// [`Error::Shutdown`]. The request itself takes at most 30 s, after it has waited for a permit.
    ///
    /// Must not be called on the engine's own thread, which makes the request.
    pub fn wait(&self, timeout: Duration) -> Option<Diagnosis> {
        match self.receiver.recv_timeout(timeout) {
            Ok(diagnosis) => Some(diagnosis),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                let advice = "The engine was shut down. Ask again.".to_owned();
                Some(Diagnosis {
                    latency: Duration::ZERO,
                    outcome: Err(ExplainedError { error: Error::Shutdown, advice }),
                })
            }
        }
    }
}

/// Starts a request for each distinct token of these backends.
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
                    receiver: ask(entry.key().clone(), &engine.generation()),
                });
                entry.insert(checkups.len() - 1);
            }
        }
    }
    checkups
}

/// Starts a request with `credentials`. Returns the channel on which the diagnosis arrives.
fn ask(credentials: ClientCredentials, generation: &Arc<Generation>) -> Receiver<Diagnosis> {
    let (sender, receiver) = mpsc::channel();
    let (task_sender, owner) = (sender.clone(), Arc::clone(generation));
    let task = async move {
        let SingleAttempt { outcome, latency } = attempt_once(&credentials, &owner).await;
        let outcome = match outcome {
            Ok(response) => Ok(granted(response, &credentials)),
            Err(error) => {
                let advice = advice(&error, &credentials);
                Err(ExplainedError { error: Error::Token(Arc::new(error)), advice })
            }
        };
        // The send fails if the caller has dropped the checkup.
        let _ = task_sender.send(Diagnosis { latency, outcome });
    };
    match generation.runtime() {
        Ok(Some(runtime)) => drop(runtime.spawn(task)),
        // The engine was shut down. The task is dropped with both senders, so the receiver is disconnected.
        Ok(None) => {}
        Err(error) => {
            let advice = "The limits on this process's threads and open files are the usual cause.".to_owned();
            let _ = sender.send(Diagnosis { latency: Duration::ZERO, outcome: Err(ExplainedError { error, advice }) });
        }
    }
    receiver
}

/// Returns the facts about the token in `response`.
fn granted(response: TokenResponse, credentials: &ClientCredentials) -> Granted {
    let is_missing =
        |scope: &&str| response.scopes.as_ref().is_some_and(|granted| granted.iter().all(|granted| granted != scope));
    Granted {
        lifetime: stated_lifetime(response.expires_in.as_deref()),
        missing_scopes: credentials.scope_words().filter(is_missing).map(str::to_owned).collect(),
        scopes: response.scopes,
    }
}
