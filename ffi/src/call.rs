//! The frame of every exported function that can fail. It reports a failure as a status, and also as an error object if
//! the caller passed a place for it.

use std::mem::MaybeUninit;

use crate::boundary::contain;
use crate::error::argus_auth_error;
use crate::failure::Failure;
use crate::status::argus_auth_status;

/// Runs the body of a function that can fail, and returns its status. Writes `*error` on every path, even if the body
/// panics.
pub(crate) fn call(
    error: Option<&mut MaybeUninit<Option<Box<argus_auth_error>>>>,
    body: impl FnOnce() -> Result<argus_auth_status, Failure>,
) -> argus_auth_status {
    let wanted = error.is_some();
    let report = |failure: Failure| (failure.status(), wanted.then(|| Box::new(argus_auth_error::new(&failure))));
    // The first `contain` catches a panic of the body or of `report`. The second `contain` catches a panic while the
    // error object for that panic is made.
    let (status, object) = contain(None, || Some(body().map_or_else(report, |status| (status, None))))
        .or_else(|| contain(None, || Some(report(Failure::Panic))))
        .unwrap_or((argus_auth_status::Panic, None));
    if let Some(error) = error {
        error.write(object);
    }
    status
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::argus_auth_error_status;

    #[test]
    fn call_of_a_body_that_panics_returns_status_panic_and_an_error() {
        let mut error = MaybeUninit::uninit();
        let status = call(Some(&mut error), || panic!("injected"));
        assert_eq!(status, argus_auth_status::Panic);
        // SAFETY: `call` writes the error on every path.
        let error = unsafe { error.assume_init() };
        assert_eq!(argus_auth_error_status(error.as_deref()), argus_auth_status::Panic);
        assert_eq!(call(None, || panic!("injected")), argus_auth_status::Panic);
    }

    #[test]
    fn call_of_a_body_that_succeeds_clears_the_error() {
        let mut error = MaybeUninit::uninit();
        assert_eq!(call(Some(&mut error), || Ok(argus_auth_status::Ok)), argus_auth_status::Ok);
        // SAFETY: `call` writes the error on every path.
        assert!(unsafe { error.assume_init() }.is_none());
    }
}
