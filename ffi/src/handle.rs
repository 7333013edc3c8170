//! Reference-counted objects that C holds, and the places into which functions put what they return.
//!
//! An object with one owner is a `Box` in the signature: Rust's own types say who frees it. A reference-counted object
//! is the pointer of an `Arc`, so that freeing one reference never takes away what another needs.

use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::sync::Arc;

use crate::boundary::contain;
use crate::failure::Failure;

/// Hands a reference to C.
pub(crate) fn give<T: Send + Sync>(object: Arc<T>) -> NonNull<T> {
    // SAFETY: the pointer of an `Arc` is never NULL.
    unsafe { NonNull::new_unchecked(Arc::into_raw(object).cast_mut()) }
}

/// Returns one more reference to the object behind `handle`; NULL for NULL.
///
/// # Safety
///
/// `handle` is NULL or came from [`give`] or [`share`] and has not been released.
pub(crate) unsafe fn share<T: Send + Sync>(handle: *const T) -> *mut T {
    if !handle.is_null() {
        // SAFETY: the pointer came from `Arc::into_raw`, and the caller promises that its reference is still held.
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
        // SAFETY: the pointer came from `Arc::into_raw`, and the caller gives its reference up.
        let object = unsafe { Arc::from_raw(handle) };
        contain((), || drop(object));
    }
}

/// Drops an object whose only owner gives it up; nothing for NULL.
pub(crate) fn drop_contained<T>(object: Option<Box<T>>) {
    contain((), || drop(object));
}

/// The place into which a function puts the object that it returns: NULL from the first moment, so that it is defined on
/// every path.
pub(crate) struct Out<'o, T>(Option<&'o mut MaybeUninit<Option<T>>>);

impl<'o, T> Out<'o, T> {
    pub(crate) fn new(mut place: Option<&'o mut MaybeUninit<Option<T>>>) -> Self {
        if let Some(place) = &mut place {
            place.write(None);
        }
        Self(place)
    }

    /// Fails if the caller passed NULL.
    pub(crate) fn check(&self, argument: &'static str) -> Result<(), Failure> {
        if self.0.is_some() { Ok(()) } else { Err(Failure::Null { argument }) }
    }

    /// Puts the object there. It is not made for a caller who does not want it.
    pub(crate) fn put(self, object: impl FnOnce() -> T) {
        if let Some(place) = self.0 {
            place.write(Some(object()));
        }
    }
}
