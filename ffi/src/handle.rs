//! The objects that C owns, and the output arguments through which functions return them.
//!
//! An object with one owner is a `Box` in the signature, so that Rust's types state the ownership. A reference-counted
//! object is the pointer of an `Arc`: it exists until its last reference is freed.
//!
//! A reference-counted object is cloned and freed through a raw pointer and not through a `&T`, because a `&T` gives
//! access to the object alone, and the counters of the `Arc` are in front of the object.

use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::sync::Arc;

use crate::boundary::contain;
use crate::failure::Failure;

/// Hands a reference to C.
pub(crate) fn give<T: Send + Sync>(object: Arc<T>) -> NonNull<T> {
    // SAFETY: `Arc::into_raw` returns a pointer into an allocation, which is never NULL.
    unsafe { NonNull::new_unchecked(Arc::into_raw(object).cast_mut()) }
}

/// Returns one more reference to the object behind `handle`; NULL for NULL.
///
/// # Safety
///
/// `handle` is NULL or came from [`give`] or [`share`] and has not been released.
pub(crate) unsafe fn share<T: Send + Sync>(handle: *const T) -> *mut T {
    if !handle.is_null() {
        // SAFETY: the caller promises that the pointer came from `Arc::into_raw` (`give` calls it, and `share` returns
        // the pointer that it was given) and that its reference is still held, so the counter is at least 1.
        unsafe { Arc::increment_strong_count(handle) };
    }
    handle.cast_mut()
}

/// Takes one reference back from C. Does nothing for NULL.
///
/// # Safety
///
/// `handle` is NULL or came from [`give`] or [`share`], has not been released, and is not used again.
pub(crate) unsafe fn release<T: Send + Sync>(handle: *mut T) {
    if !handle.is_null() {
        // SAFETY: the caller promises that the pointer came from `Arc::into_raw` (`give` calls it, and `share` returns
        // the pointer that it was given) and gives up its reference, so this `Arc` is the only owner of that reference.
        let object = unsafe { Arc::from_raw(handle) };
        contain((), || drop(object));
    }
}

/// Drops an object that C gives up. Does nothing for NULL.
///
/// `T` is `Send`, because C may free an object on another thread, and `Sync`, because C may read an object on several
/// threads.
pub(crate) fn drop_contained<T: Send + Sync>(object: Option<Box<T>>) {
    contain((), || drop(object));
}

/// An output argument, through which a function returns an object. It is NULL from the start, so that it is defined on
/// every path.
pub(crate) struct Out<'o, T>(Option<&'o mut MaybeUninit<Option<T>>>);

impl<'o, T> Out<'o, T> {
    /// Sets the output argument to NULL, if the caller passed one.
    pub(crate) fn new(mut place: Option<&'o mut MaybeUninit<Option<T>>>) -> Self {
        if let Some(place) = &mut place {
            place.write(None);
        }
        Self(place)
    }

    /// Fails if the caller passed no place for the object.
    pub(crate) fn check(&self, argument: &'static str) -> Result<(), Failure> {
        if self.0.is_some() { Ok(()) } else { Err(Failure::Null { argument }) }
    }

    /// Writes the object to the output argument. Does not create the object if the caller passed no place for it.
    pub(crate) fn put(self, object: impl FnOnce() -> T) {
        if let Some(place) = self.0 {
            place.write(Some(object()));
        }
    }
}
