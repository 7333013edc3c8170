//! The certificates and keys that a configuration names, looked at for an operator who wants to know whether they can
//! be used. Otherwise they are left alone until the first fetch reads them: they may come or change until then.

use std::collections::HashMap;

use crate::error::Severity;
use crate::file;
use crate::tls::{self, Trust, TrustError};

/// What was found so far, so that what many backends share is looked at once.
#[derive(Default)]
pub(super) struct Files(HashMap<Trust, Option<Finding>>);

/// Something wrong with a file.
#[derive(Clone)]
pub(super) struct Finding {
    pub severity: Severity,
    /// The key that names the file, if it is about one.
    pub key: Option<&'static str>,
    pub message: String,
}

impl Files {
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
