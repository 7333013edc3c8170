//! The HTTP clients: pooled, proxied as the environment says, never following a redirect.

use std::collections::HashMap;
use std::time::Duration;

use reqwest::Client;
use rustls::ClientConfig;

use crate::lock::Mutex;
use crate::trust::Trust;

/// How long an idle connection is kept for the next fetch to the same host.
const POOL_IDLE: Duration = Duration::from_secs(90);

/// The clients of one life of the engine, each made when first needed.
#[derive(Debug, Default)]
pub(crate) struct HttpClients {
    by_trust: Mutex<HashMap<Trust, Client>>,
}

impl HttpClients {
    /// The client for requests of this kind. Reads certificates and the environment at first use: on the engine's
    /// thread only.
    ///
    /// # Errors
    ///
    /// In words, with the name of the file that is at fault. Not remembered: the next call tries again.
    pub(crate) fn client(&self, trust: &Trust) -> Result<Client, String> {
        let mut clients = self.by_trust.lock();
        if let Some(client) = clients.get(trust) {
            return Ok(client.clone());
        }
        let client = build(trust.client_config().map_err(|error| error.to_string())?)?;
        clients.insert(trust.clone(), client.clone());
        Ok(client)
    }

    /// Reads the certificates anew next time.
    pub(crate) fn forget(&self, trust: &Trust) {
        self.by_trust.lock().remove(trust);
    }
}

fn build(tls: ClientConfig) -> Result<Client, String> {
    Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
        .pool_idle_timeout(POOL_IDLE)
        .http1_only()
        .user_agent(concat!("argus-auth/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| format!("the HTTP client can't be built: {error}"))
}
