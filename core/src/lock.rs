//! The mutex that all modules use, and its replacement in loom tests.

use std::sync::{self, MutexGuard, PoisonError, TryLockError};

/// A mutex that never poisons and keeps all of its state in itself.
///
/// Some faster mutexes keep their waiting threads in a table of the whole process. A child that is forked while another
/// thread writes to that table would inherit the table locked for ever.
#[derive(Debug, Default)]
pub(crate) struct Mutex<T>(sync::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(sync::Mutex::new(value))
    }

    /// Waits until no other thread holds the lock. If a thread panicked while it held the lock, the value is used as
    /// that thread left it.
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the lock without waiting. Returns `None` if another thread holds it, such as a thread that exists only in
    /// the parent of this process.
    pub(crate) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        match self.0.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(error)) => Some(error.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

/// The mutex of the types that loom tests: [`Mutex`], or loom's own in a loom build.
#[cfg(not(all(test, argus_auth_loom)))]
pub(crate) type ModelledMutex<T> = Mutex<T>;

#[cfg(all(test, argus_auth_loom))]
pub(crate) use self::modelled::ModelledMutex;

#[cfg(all(test, argus_auth_loom))]
mod modelled {
    /// Loom's mutex with the interface of [`Mutex`](super::Mutex).
    #[derive(Debug)]
    pub(crate) struct ModelledMutex<T>(loom::sync::Mutex<T>);

    impl<T> ModelledMutex<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(loom::sync::Mutex::new(value))
        }

        pub(crate) fn lock(&self) -> loom::sync::MutexGuard<'_, T> {
            self.0.lock().unwrap()
        }
    }
}
