//! One backend: its configured headers, its provider, and its failure policy.

use std::sync::Arc;

use arc_swap::ArcSwapOption;

use crate::config::{BackendConfig, FailurePolicy};
use crate::engine::Engine;
use crate::error::Error;
use crate::headers::Headers;
use crate::log::event;
use crate::provider::{self, AuthProvider};
use crate::token::TokenStatus;
use crate::wait::{Outcome, Requested, Waiter};

/// A backend of the current configuration.
#[derive(Debug)]
pub(super) struct Backend {
    pub config: Arc<BackendConfig>,
    /// The headers from the configuration, which are sent with or without authentication.
    configured: Arc<Headers>,
    /// `None` for a backend without an `auth` block.
    provider: Option<Arc<dyn AuthProvider>>,
    /// The last merge, so that each token is merged once and not on every hit.
    merged: ArcSwapOption<Merged>,
    /// The last failure that was logged, so that a failure is logged once for all callers that share it.
    reported: ArcSwapOption<Error>,
}

#[derive(Debug)]
struct Merged {
    /// The headers of the provider.
    auth: Arc<Headers>,
    /// The configured headers, overridden by the provider's headers.
    all: Arc<Headers>,
}

impl Backend {
    pub(super) fn new(config: BackendConfig, engine: &Engine) -> Self {
        Self {
            configured: Arc::new(config.headers.clone()),
            provider: config.auth.as_ref().map(|auth| provider::create(&config.name, auth, engine)),
            config: Arc::new(config),
            merged: ArcSwapOption::empty(),
            reported: ArcSwapOption::empty(),
        }
    }

    /// Returns the outcome if it is known without waiting.
    pub(super) fn current(&self) -> Option<Outcome> {
        let Some(provider) = &self.provider else { return Some(Ok(Arc::clone(&self.configured))) };
        Some(provider.current().transpose()?.map(|auth| self.merge(auth)))
    }

    /// Returns the headers if they are available. Otherwise starts a fetch, unless a fetch is under way, and returns
    /// `None`.
    pub(super) fn try_headers(&self) -> Result<Option<Arc<Headers>>, Error> {
        if let Some(outcome) = self.current() {
            return outcome.map(Some);
        }
        match self.provider.as_ref().map_or(Ok(()), |provider| provider.prefetch()) {
            // A fetch may have ended since the first call of `current`.
            Ok(()) => self.current().transpose(),
            Err(error) => self.apply_failure_policy(error).map(Some),
        }
    }

    /// Requests the headers from the provider, after [`Backend::current`] returned `None`.
    pub(super) fn request(self: &Arc<Self>, waiter: Waiter) -> Requested {
        let Some(provider) = &self.provider else { return Requested::Ready(Ok(Arc::clone(&self.configured))) };
        let backend = Arc::clone(self);
        match provider.request(Box::new(move |outcome| waiter(backend.finish(outcome)))) {
            Requested::Waiting => Requested::Waiting,
            Requested::Ready(outcome) => Requested::Ready(self.finish(outcome)),
        }
    }

    pub(super) fn invalidate(&self, rejected: Option<&str>) {
        if let Some(provider) = &self.provider {
            provider.invalidate(rejected);
        }
    }

    pub(super) fn status(&self) -> Option<TokenStatus> {
        self.provider.as_ref()?.status()
    }

    /// Converts the provider's outcome to the caller's: merges the headers, or applies the failure policy.
    fn finish(&self, outcome: Outcome) -> Outcome {
        match outcome {
            Ok(auth) => {
                self.reported.store(None);
                Ok(self.merge(auth))
            }
            Err(error) => self.apply_failure_policy(error),
        }
    }

    /// Returns the outcome for the caller if there is no authentication: the error, or the configured headers alone.
    fn apply_failure_policy(&self, error: Error) -> Outcome {
        // A shutdown is an action of the host, and no reason to send requests without authentication.
        if self.config.on_auth_failure == FailurePolicy::Closed || matches!(error, Error::Shutdown) {
            return Err(error);
        }
        let same = |reported: &Error| match (reported, &error) {
            (Error::Token(reported), Error::Token(error)) => Arc::ptr_eq(reported, error),
            _ => reported.code() == error.code(),
        };
        if !self.reported.load().as_deref().is_some_and(same) {
            self.reported.store(Some(Arc::new(error.clone())));
            let backend = self.config.name.as_str();
            tracing::error!(
                name: event::BACKEND_UNAUTHENTICATED,
                target: "argus_auth::resolver",
                backend,
                %error,
                "requests go out without authentication"
            );
        }
        Ok(Arc::clone(&self.configured))
    }

    /// Returns the configured headers, overridden by the provider's headers.
    fn merge(&self, auth: Arc<Headers>) -> Arc<Headers> {
        if self.configured.is_empty() {
            return auth;
        }
        let last = self.merged.load();
        if let Some(last) = last.as_ref().filter(|last| Arc::ptr_eq(&last.auth, &auth)) {
            return Arc::clone(&last.all);
        }
        let all = Arc::new(self.configured.overlaid_with(&auth));
        self.merged.store(Some(Arc::new(Merged { auth, all: Arc::clone(&all) })));
        all
    }
}
