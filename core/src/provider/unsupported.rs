//! Kinds of authentication that a configuration may name, but that this library does not perform.

use std::sync::Arc;

use super::AuthProvider;
use crate::error::Error;
use crate::headers::Headers;
use crate::token::TokenStatus;
use crate::wait::{Requested, Waiter};

/// Answers every request with [`Error::Unsupported`].
#[derive(Debug)]
pub(super) struct Unsupported {
    pub backend: String,
    /// The `auth.type` of the backend.
    pub kind: &'static str,
}

impl Unsupported {
    fn error(&self) -> Error {
        Error::Unsupported { backend: self.backend.clone(), kind: self.kind }
    }
}

impl AuthProvider for Unsupported {
    fn current(&self) -> Result<Option<Arc<Headers>>, Error> {
        Err(self.error())
    }

    fn request(&self, _waiter: Waiter) -> Requested {
        Requested::Ready(Err(self.error()))
    }

    fn prefetch(&self) -> Result<(), Error> {
        Err(self.error())
    }

    fn invalidate(&self, _rejected: Option<&str>) {}

    fn status(&self) -> Option<TokenStatus> {
        None
    }
}
