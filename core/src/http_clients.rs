//! The HTTP clients: pooled, proxied as the environment says, never following a redirect.

use std::collections::HashMap;
use std::time::Duration;

use reqwest::Client;
use rustls::ClientConfig;

use crate::file::Version;
use crate::lock::Mutex;
use crate::runtime::Instant;
use crate::tls::Trust;

/// How long an idle connection is kept for the next fetch to the same host.
const POOL_IDLE: Duration = Duration::from_secs(90);
/// How long a client that nobody uses is kept, if others are used: it may hold a private key.
const CLIENT_IDLE: Duration = Duration::from_secs(3600);
/// How long the system's CA certificates are good for at least.
const SYSTEM_FRESH: Duration = Duration::from_secs(60);

/// The clients of one life of the engine, each made when first needed, and again when its certificates are replaced.
#[derive(Debug, Default)]
pub(crate) struct HttpClients {
    by_trust: Mutex<HashMap<Trust, CachedClient>>,
}

#[derive(Debug)]
struct CachedClient {
    client: Client,
    files: Vec<Option<Version>>,
    built_at: Instant,
    used: Instant,
}

impl HttpClients {
    /// The client for requests of this kind. Looks whether its certificates are still the same, and reads them and the
    /// environment if not, or at first use: on the engine's thread only.
    ///
    /// # Errors
    ///
    /// In words, with the name of the file that is at fault. Not remembered: the next call tries again.
    pub(crate) fn client(&self, trust: &Trust, now: Instant) -> Result<Client, String> {
        // Before they are read: what is replaced meanwhile is read again.
        let files = trust.files();
        let mut clients = self.by_trust.lock();
        clients.retain(|used, cached| used == trust || now.since(cached.used) < CLIENT_IDLE);
        if let Some(cached) = clients.get_mut(trust).filter(|cached| cached.files == files) {
            cached.used = now;
            return Ok(cached.client.clone());
        }
        let client = build(trust.client_config().map_err(|error| error.to_string())?)?;
        clients.insert(trust.clone(), CachedClient { client: client.clone(), files, built_at: now, used: now });
        Ok(client)
    }

    /// Told that a certificate was refused. The system's CA certificates are read anew next time: that they were
    /// replaced shows nowhere else. Not at once again, since every other host loses its connections by it.
    pub(crate) fn certificate_refused(&self, trust: &Trust, now: Instant) {
        let mut clients = self.by_trust.lock();
        if matches!(trust, Trust::Tls { ca_bundle: None, .. })
            && clients.get(trust).is_some_and(|cached| now.since(cached.built_at) >= SYSTEM_FRESH)
        {
            clients.remove(trust);
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant::from_nanos(seconds * 1_000_000_000)
    }

    #[test]
    fn the_systems_certificates_are_read_anew_once_a_minute_at_most() {
        let clients = HttpClients::default();
        let system = Trust::Tls { ca_bundle: None, client_certificate: None };
        let made_at = |now| {
            clients.client(&system, now).unwrap();
            clients.by_trust.lock()[&system].built_at
        };
        assert_eq!(made_at(at(0)), at(0));
        clients.certificate_refused(&system, at(59));
        assert_eq!(made_at(at(59)), at(0));
        clients.certificate_refused(&system, at(60));
        assert_eq!(made_at(at(61)), at(61));
        clients.certificate_refused(&system, at(62));
        assert_eq!(made_at(at(62)), at(61), "the one that was refused is gone already");
    }

    #[test]
    fn a_client_that_nobody_uses_goes_when_another_is_made() {
        let clients = HttpClients::default();
        let system = Trust::Tls { ca_bundle: None, client_certificate: None };
        clients.client(&system, at(0)).unwrap();
        clients.client(&Trust::Nobody, at(3_599)).unwrap();
        assert_eq!(clients.by_trust.lock().len(), 2);
        clients.client(&system, at(3_599)).unwrap();
        clients.certificate_refused(&system, at(3_600));
        clients.client(&system, at(7_199)).unwrap();
        assert_eq!(clients.by_trust.lock().len(), 1);
    }
}
