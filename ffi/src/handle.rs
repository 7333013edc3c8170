//! Objects that C holds: an `Arc` each, so that freeing one never takes away what another needs.

use std::sync::Arc;

use crate::boundary;

/// Hands a reference to C.
pub(crate) fn give<T: Send + Sync>(object: Arc<T>) -> *mut T {
    Arc::into_raw(object).cast_mut()
}

/// One more reference to what `handle` refers to; NULL for NULL.
///
/// # Safety
///
/// `handle` is NULL or came from [`give`] or [`share`] and has not been released.
pub(crate) unsafe fn share<T: Send + Sync>(handle: *const T) -> *mut T {
    if !handle.is_null() {
        // SAFETY: the pointer came from `Arc::into_raw` and its reference is still held, says the caller.
        unsafe { Arc::increment_strong_count(handle) };
    }
    handle.cast_mut()
}

/// Takes one reference back; nothing for NULL.
///
/// # Safety
///
/// `handle` is NULL or came from [`give`] or [`share`], has not been released, and is not used again.
pub(crate) unsafe fn release<T: Send + Sync>(handle: *mut T) {
    if !handle.is_null() {
        // SAFETY: the pointer came from `Arc::into_raw` and its reference is given up, says the caller.
        let object = unsafe { Arc::from_raw(handle) };
        boundary::contain((), || drop(object));
    }
}

/// Hands `value` to C, which is its only owner.
pub(crate) fn give_whole<T: Send + Sync>(value: T) -> *mut T {
    Box::into_raw(Box::new(value))
}

/// Takes back what has one owner; nothing for NULL.
///
/// # Safety
///
/// `object` is NULL or came from [`give_whole`], has not been released, and is not used again.
pub(crate) unsafe fn release_whole<T: Send + Sync>(object: *mut T) {
    if !object.is_null() {
        // SAFETY: the pointer came from `Box::into_raw` and its owner gives it up, says the caller.
        let object = unsafe { Box::from_raw(object) };
        boundary::contain((), || drop(object));
    }
}

/// Where a function puts an object that it returns. NULL from the first moment, so that it is defined on every path.
pub(crate) struct Out<T> {
    place: *mut *mut T,
}

impl<T: Send + Sync> Out<T> {
    /// # Safety
    ///
    /// `place` is NULL or may be written to until the call into the library returns, and nobody else uses it meanwhile.
    pub(crate) unsafe fn new(place: *mut *mut T) -> Self {
        if !place.is_null() {
            // SAFETY: it is not NULL, so it may be written to, says the caller.
            unsafe { place.write(std::ptr::null_mut()) };
        }
        Self { place }
    }

    pub(crate) fn check(&self, argument: &'static str) -> Result<(), boundary::Failure> {
        if self.place.is_null() { Err(boundary::Failure::Null { argument }) } else { Ok(()) }
    }

    /// Puts a reference there; it is not made for who does not want it.
    pub(crate) fn give(self, object: impl FnOnce() -> Arc<T>) {
        if !self.place.is_null() {
            let reference = give(object());
            // SAFETY: it is not NULL, so it may be written to, as `new` was promised.
            unsafe { self.place.write(reference) };
        }
    }

    /// Puts `value` there, for its only owner.
    pub(crate) fn give_whole(self, value: T) {
        if !self.place.is_null() {
            // SAFETY: it is not NULL, so it may be written to, as `new` was promised.
            unsafe { self.place.write(give_whole(value)) };
        }
    }
}
