//! The HTTP clients for token requests: with connection pools, with proxies from the environment, without redirects.

use std::collections::HashMap;
use std::time::Duration;

use reqwest::Client;
use rustls::ClientConfig;

use crate::file::Version;
use crate::lock::Mutex;
use crate::runtime::Instant;
use crate::tls::Trust;

/// The time for which an idle connection is kept for the next fetch to the same host.
const POOL_IDLE: Duration = Duration::from_secs(90);
/// A client that was not used for this long is dropped when another client is requested, because it may hold a private
/// key.
const CLIENT_IDLE: Duration = Duration::from_secs(3600);
/// The minimum age of a client that a failed handshake removes, so that the system's CA certificates are read again.
const MIN_REREAD_INTERVAL: Duration = Duration::from_secs(60);

/// The HTTP clients of one generation. Each is built at its first use, and again when one of its files has changed.
#[derive(Debug, Default)]
pub(crate) struct HttpClients {
    by_trust: Mutex<HashMap<Trust, CachedClient>>,
}

#[derive(Debug)]
struct CachedClient {
    client: Client,
    /// The versions of the files from which the client was built.
    files: Vec<Option<Version>>,
    built_at: Instant,
    used_at: Instant,
}

impl HttpClients {
    /// Returns the client for connections with these TLS settings. Builds it at the first use and when one of its files
    /// has changed. Building reads these files and the environment. Blocks, so it may be called only on the engine's
    /// thread.
    ///
    /// # Errors
    ///
    /// The reason in words, with the name of the file that is at fault. The failure is not remembered: the next call
    /// tries again.
    pub(crate) fn client(&self, trust: &Trust, now: Instant) -> Result<Client, String> {
        // The versions are taken before the files are read. A file that is replaced in between has another version at
        // the next call, and is read again.
        let files = trust.files();
        let mut clients = self.by_trust.lock();
        clients.retain(|other, cached| other == trust || now.since(cached.used_at) < CLIENT_IDLE);
        if let Some(cached) = clients.get_mut(trust).filter(|cached| cached.files == files) {
            cached.used_at = now;
            return Ok(cached.client.clone());
        }
        let client = build(trust.client_config().map_err(|error| error.to_string())?)?;
        clients.insert(trust.clone(), CachedClient { client: client.clone(), files, built_at: now, used_at: now });
        Ok(client)
    }

    /// Records that a TLS handshake failed. If the connection used the system's CA certificates, the next call of
    /// [`HttpClients::client`] reads them again, because they may have been replaced: the versions of these
    /// certificates are not watched. They are read again at most once a minute, because a new client loses the pooled
    /// connections to all other hosts.
    pub(crate) fn handshake_failed(&self, trust: &Trust, now: Instant) {
        let mut clients = self.by_trust.lock();
        if matches!(trust, Trust::Tls { ca_bundle: None, .. })
            && clients.get(trust).is_some_and(|cached| now.since(cached.built_at) >= MIN_REREAD_INTERVAL)
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
    fn handshake_failed_with_system_certificates_rereads_them_at_most_once_a_minute() {
        let clients = HttpClients::default();
        let system = Trust::Tls { ca_bundle: None, client_certificate: None };
        let built_at = |now| {
            clients.client(&system, now).unwrap();
            clients.by_trust.lock()[&system].built_at
        };
        assert_eq!(built_at(at(0)), at(0));
        clients.handshake_failed(&system, at(59));
        assert_eq!(built_at(at(59)), at(0));
        clients.handshake_failed(&system, at(60));
        assert_eq!(built_at(at(61)), at(61));
        clients.handshake_failed(&system, at(62));
        assert_eq!(built_at(at(62)), at(61), "the client with the old certificates has been replaced already");
    }

    #[test]
    fn client_unused_for_an_hour_is_dropped_when_another_is_built() {
        let clients = HttpClients::default();
        let system = Trust::Tls { ca_bundle: None, client_certificate: None };
        clients.client(&system, at(0)).unwrap();
        clients.client(&Trust::PlainHttp, at(3_599)).unwrap();
        assert_eq!(clients.by_trust.lock().len(), 2);
        clients.client(&system, at(3_599)).unwrap();
        clients.handshake_failed(&system, at(3_600));
        clients.client(&system, at(7_199)).unwrap();
        assert_eq!(clients.by_trust.lock().len(), 1);
    }
}
