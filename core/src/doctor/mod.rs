//! The operator's doctor: asks each token endpoint once, and explains the answer.
//!
//! * this file: the question and the answer;
//! * `advice`: a failure to what an operator can do about it.

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

/// A question to a token endpoint that is under way. Dropping it does not cancel the request.
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

/// The answer of a token endpoint, explained.
#[derive(Debug, Clone)]
pub struct Diagnosis {
    /// From the start of the request to the end of the answer, or to the failure.
    pub latency: Duration,
    /// The token, or why there is none.
    pub outcome: Result<Granted, ExplainedError>,
}

/// The facts about a token that was granted. Holds no token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// The lifetime that the server states; `None` if it states none, and an hour is assumed.
    pub lifetime: Option<Duration>,
    /// The scopes that the server names as granted; `None` if it names none, which means those asked for.
    pub scopes: Option<Vec<String>>,
    /// The scopes that were asked for and not granted.
    pub missing_scopes: Vec<String>,
}

/// Why a token endpoint gave no token, and what to do about it.
#[derive(Debug, Clone)]
pub struct ExplainedError {
    /// The cause, in words and as fields.
    pub error: Error,
    /// Advice for an operator, in whole sentences. Holds no secret.
    pub advice: String,
}

impl Checkup {
    /// Blocks this thread until the answer is there; returns `None` after `timeout`. The request itself ends after 30 s,
    /// not counting its wait for a permit.
    ///
    /// Must not be called on the engine's own thread.
    pub fn wait(&self, timeout: Duration) -> Option<Diagnosis> {
        match self.answer.recv_timeout(timeout) {
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

/// Begins to ask for each distinct token among these backends.
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
        let SingleAttempt { outcome, latency } = attempt_once(&credentials, &owner).await;
        let outcome = match outcome {
            Ok(response) => Ok(granted(response, &credentials)),
            Err(error) => {
                let advice = advice(&error, &credentials);
                Err(ExplainedError { error: Error::Token(Arc::new(error)), advice })
            }
        };
        // The receiver is gone if the caller no longer wants the answer.
        let _ = answer.send(Diagnosis { latency, outcome });
    };
    match generation.runtime() {
        Ok(Some(runtime)) => drop(runtime.spawn(task)),
        // The task is dropped, and with it the sender: the receiver learns of a shutdown.
        Ok(None) => {}
        Err(error) => {
            let advice = "The limits on this process's threads and open files are the usual cause.".to_owned();
            let _ = sender.send(Diagnosis { latency: Duration::ZERO, outcome: Err(ExplainedError { error, advice }) });
        }
    }
    receiver
}

fn granted(response: TokenResponse, credentials: &ClientCredentials) -> Granted {
    let is_missing =
        |scope: &&str| response.scopes.as_ref().is_some_and(|granted| granted.iter().all(|granted| granted != scope));
    Granted {
        lifetime: stated_lifetime(response.expires_in.as_deref()),
        missing_scopes: credentials.scope_words().filter(is_missing).map(str::to_owned).collect(),
        scopes: response.scopes,
    }
}
