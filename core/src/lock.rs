//! The lock that everything here uses.

use std::sync::{self, MutexGuard, PoisonError, TryLockError};

/// A mutex that never poisons, all of whose state is in itself.
///
/// That is the point: the faster kinds keep who waits in a table of the process, and a child that is forked while
/// another thread writes there inherits a table that stays locked.
#[derive(Debug, Default)]
pub(crate) struct Mutex<T>(sync::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(sync::Mutex::new(value))
    }

    /// Waits until no other thread holds it. What a thread that panicked left is taken as it is.
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `None` if another thread holds it, be it one that this process does not have.
    pub(crate) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        match self.0.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(error)) => Some(error.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}
