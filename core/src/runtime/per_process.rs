//! A value of which each process has its own: a child of `fork` makes its own value from its parent's.

use std::fmt;
use std::mem;
use std::sync::Arc;

use arc_swap::ArcSwap;

use super::os;

/// A shared value that belongs to one process. In a child of `fork`, the first call of [`PerProcess::get`] replaces the
/// inherited value.
///
/// Another thread of the parent may have held a lock inside the value at the moment of the fork, and that lock is never
/// released in the child. So a child uses the inherited value only to construct its own, without waiting for a lock.
/// The inherited value is then leaked, because dropping it could close or wake something that the parent still uses.
///
/// All methods are lock-free and may be called from any thread.
///
/// ```
/// use std::sync::Mutex;
/// use argus_auth_core::runtime::PerProcess;
///
/// let queue = PerProcess::new(Mutex::new(Vec::new()), |_parents_queue| Mutex::default());
/// queue.get().lock().unwrap().push("only this process sees this");
/// assert_eq!(queue.get().lock().unwrap().len(), 1);
/// ```
pub struct PerProcess<T> {
    /// Makes the child's value from the parent's.
    in_child: fn(&T) -> T,
    // Lock-free, so that a child can read it even if another thread of the parent was changing it during the fork.
    current: ArcSwap<Owned<T>>,
}

struct Owned<T> {
    /// [`os::forks`] in the process that the value belongs to.
    forks: u64,
    value: Arc<T>,
}

impl<T> Owned<T> {
    fn new(value: T) -> Self {
        Self { forks: os::forks(), value: Arc::new(value) }
    }

    fn is_of_this_process(&self) -> bool {
        self.forks == os::forks()
    }
}

impl<T> PerProcess<T> {
    /// Wraps `value`, which belongs to this process. In a child, `in_child` makes the child's value from the parent's.
    /// `in_child` must not wait for a lock inside the parent's value.
    pub fn new(value: T, in_child: fn(&T) -> T) -> Self {
        // Forks must be counted before `Owned::new` stores their number, so that a child can tell an inherited value
        // from its own. An error is ignored here: the start of the engine's thread calls `watch_forks` again and
        // reports its error.
        let _ = os::watch_forks();
        Self { in_child, current: ArcSwap::from_pointee(Owned::new(value)) }
    }

    /// Returns the value of this process. In a child of `fork`, the first call makes it.
    pub fn get(&self) -> Arc<T> {
        loop {
            let current = self.current.load_full();
            if current.is_of_this_process() {
                return Arc::clone(&current.value);
            }
            let fresh = Arc::new(Owned::new((self.in_child)(&current.value)));
            let previous = self.current.compare_and_swap(&current, fresh);
            if Arc::ptr_eq(&previous, &current) {
                // Leaks the inherited value.
                mem::forget(current);
            }
        }
    }

    /// Replaces `expected` by `next`. Does nothing if another thread has replaced `expected` already.
    pub fn replace(&self, expected: &Arc<T>, next: T) {
        let current = self.current.load();
        if Arc::ptr_eq(&current.value, expected) {
            self.current.compare_and_swap(&current, Arc::new(Owned::new(next)));
        }
    }

    /// Returns the value if it belongs to this process; `None` in a child that has not called [`PerProcess::get`].
    pub fn if_of_this_process(&self) -> Option<Arc<T>> {
        let current = self.current.load();
        current.is_of_this_process().then(|| Arc::clone(&current.value))
    }
}

impl<T> Drop for PerProcess<T> {
    fn drop(&mut self) {
        let current = self.current.load_full();
        if !current.is_of_this_process() {
            mem::forget(current);
        }
    }
}

impl<T> fmt::Debug for PerProcess<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PerProcess").field("forks", &self.current.load().forks).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replace_with_an_outdated_expectation_changes_nothing() {
        let value = PerProcess::new(1, |parents| *parents);
        let first = value.get();
        value.replace(&first, 2);
        value.replace(&first, 3);
        assert_eq!(*value.get(), 2);
        assert_eq!(value.if_of_this_process().as_deref(), Some(&2));
    }
}
