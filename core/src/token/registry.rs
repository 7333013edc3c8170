//! The registry: the sources of the process, by identity.

use std::collections::HashMap;
use std::sync::Arc;

use super::TokenSource;
use crate::oauth2::ClientCredentials;

/// A sweep keeps only orphans that hold a valid token, and at most this many of them.
///
/// A sweep runs after a resolver has replaced its configuration, and before an insertion if this many sources (or an
/// eighth of all sources if that is more) were inserted since the last sweep. So the cost of sweeps is amortised, and
/// between two sweeps there may be more orphans.
const MAX_ORPHANS: usize = 1024;

/// The sources that providers share. A source that no provider uses is an orphan.
#[derive(Clone, Default)]
pub(super) struct Registry {
    by_credentials: HashMap<Arc<ClientCredentials>, Arc<TokenSource>>,
    /// The number of insertions since the last sweep.
    inserted: usize,
}

impl Registry {
    /// Returns the source for `credentials`: the existing source, or a new source from `make`.
    pub(super) fn get_or_insert(
        &mut self,
        credentials: ClientCredentials,
        make: impl FnOnce(Arc<ClientCredentials>) -> Arc<TokenSource>,
    ) -> Arc<TokenSource> {
        if let Some(source) = self.by_credentials.get(&credentials) {
            return Arc::clone(source);
        }
        if self.inserted >= MAX_ORPHANS.max(self.by_credentials.len() / 8) {
            self.forget_orphans();
        }
        self.inserted += 1;
        let source = make(Arc::new(credentials));
        self.by_credentials.insert(Arc::clone(&source.credentials), Arc::clone(&source));
        source
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<TokenSource>> {
        self.by_credentials.values()
    }

    /// Forgets the orphans, except for at most [`MAX_ORPHANS`] orphans that hold a valid token. Providers that are made
    /// later may use these.
    pub(super) fn forget_orphans(&mut self) {
        let mut orphans = 0;
        self.by_credentials.retain(|_, source| {
            let owned = Arc::strong_count(source) > 1;
            orphans += usize::from(!owned);
            owned || (orphans <= MAX_ORPHANS && source.holds_valid_token())
        });
        self.by_credentials.shrink_to(2 * self.by_credentials.len());
        self.inserted = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{self, AuthConfig, LoadOptions};
    use crate::runtime::Clock;
    use crate::token::Generations;

    fn credentials(client: usize) -> ClientCredentials {
        let yaml = format!(
            "backends: {{b: {{type: sse, url: 'http://b/', auth: {{type: oauth2, token_url: 'http://127.0.0.1:9/', \
             client_id: c{client}, client_secret: s}}}}}}"
        );
        let config = config::parse(yaml.as_bytes(), &LoadOptions::default()).unwrap();
        let Some(AuthConfig::OAuth2(oauth2)) = &config.backends[0].auth else { panic!("{config:?}") };
        ClientCredentials::from(oauth2)
    }

    #[test]
    fn orphans_after_a_peak_of_providers_are_forgotten() {
        let generations = Arc::new(Generations::new(Clock::System));
        let generation = generations.current();
        let shared = |client| TokenSource::shared(credentials(client), &generations);
        let known = || generation.registry.lock().iter().count();
        let peak: Vec<_> = (0..5_000).map(shared).collect();
        assert_eq!(known(), 5_000);
        drop(peak);
        let kept = shared(0);
        (0..2_048).for_each(|client| drop(shared(10_000 + client)));
        assert!(known() <= 1_024 + 1, "{} sources", known());
        assert!(Arc::ptr_eq(&kept, &shared(0)), "a source in use is kept");
    }
}
