//! Checks of the certificate and key files that a configuration names, for `argus-auth check`.
//!
//! An ordinary load does not open these files, because they may appear or change until the first fetch reads them.

use std::collections::HashMap;

use crate::error::Severity;
use crate::file;
use crate::tls::{self, Trust, TrustError};

/// The findings so far. Backends that name the same combination of files share an entry, so that it is inspected once.
#[derive(Default)]
pub(super) struct Files(HashMap<Trust, Option<Finding>>);

/// A fault of a file.
#[derive(Clone)]
pub(super) struct Finding {
    pub severity: Severity,
    /// The key of the `oauth2` block that names the file; `None` if the fault concerns no single key.
    pub key: Option<&'static str>,
    pub message: String,
}

impl Files {
    /// Returns the fault of the files that `trust` names; `None` if no fault was found.
    pub(super) fn inspect(&mut self, trust: Trust) -> Option<&Finding> {
        self.0.entry(trust).or_insert_with_key(examine).as_ref()
    }
}

fn examine(trust: &Trust) -> Option<Finding> {
    if let Err(TrustError { key, reason }) = trust.client_config() {
        return Some(Finding { severity: Severity::Error, key, message: reason });
    }
    let Trust::Tls { client_certificate: Some((_, key)), .. } = trust else { return None };
    let exposure = file::read(key, tls::MAX_LENGTH).ok()?.exposure?;
    let message = format!("{} {exposure}", key.display());
    Some(Finding { severity: Severity::Warning, key: Some("client_certificate_key"), message })
}
