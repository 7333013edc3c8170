//! Identifiers of sources and tokens. Each is unique in a process, also among those that the process inherited by a
//! fork.

use std::sync::atomic::{AtomicU64, Ordering};

/// Identifies a [`TokenSource`](super::TokenSource).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct SourceId(u64);

/// Identifies a token that a source has stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TokenId(u64);

impl SourceId {
    /// Returns an id that no other source has.
    pub(super) fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    #[cfg(test)]
    pub(super) const fn for_test(id: u64) -> Self {
        Self(id)
    }
}

impl TokenId {
    /// Returns an id that no other token has.
    pub(super) fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}
