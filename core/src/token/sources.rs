//! The sources that providers share, by what their tokens depend on.

use std::collections::HashMap;
use std::sync::Arc;

use super::credentials::ClientCredentials;
use super::source::TokenSource;

/// Tokens kept for providers that no longer exist. There may be as many again, or an eighth of all, until they are
/// counted: so rarely that looking through all of them is cheap on average.
const MAX_ORPHANS: usize = 1024;

#[derive(Clone, Default)]
pub(super) struct Sources {
    by_credentials: HashMap<Arc<ClientCredentials>, Arc<TokenSource>>,
    /// How many came since orphans were last looked for.
    new: usize,
}

impl Sources {
    /// The source for `credentials`: the one that exists, or `make`'s.
    pub(super) fn get(
        &mut self,
        credentials: ClientCredentials,
        make: impl FnOnce(Arc<ClientCredentials>) -> Arc<TokenSource>,
    ) -> Arc<TokenSource> {
        if let Some(source) = self.by_credentials.get(&credentials) {
            return Arc::clone(source);
        }
        if self.new >= MAX_ORPHANS.max(self.by_credentials.len() / 8) {
            self.forget_orphans();
        }
        self.new += 1;
        let source = make(Arc::new(credentials));
        self.by_credentials.insert(Arc::clone(&source.credentials), Arc::clone(&source));
        source
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<TokenSource>> {
        self.by_credentials.values()
    }

    /// Lets go of sources that no provider uses any more, but for those with a token that another may want.
    pub(super) fn forget_orphans(&mut self) {
        let mut orphans = 0;
        self.by_credentials.retain(|_, source| {
            let owned = Arc::strong_count(source) > 1;
            orphans += usize::from(!owned);
            owned || (orphans <= MAX_ORPHANS && source.holds_token())
        });
        self.by_credentials.shrink_to(2 * self.by_credentials.len());
        self.new = 0;
    }
}
