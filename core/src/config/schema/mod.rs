//! Reads the configuration from the nodes of a document, by the rules of the gateway's schema.
//!
//! * this file: the sections of the document, and the `secrets` section;
//! * `backend`: one entry of `backends`;
//! * `headers`: a mapping of headers, of a backend or an `auth` block;
//! * `gateway`: the fields of a backend that only the gateway uses;
//! * `auth`: an `auth` block;
//! * `oauth2`: an `auth` block of the type `oauth2`;
//! * `pkce`: an `auth` block of the type `pkce`;
//! * `grant_keys`: the keys that `oauth2` and `pkce` share;
//! * `unknown_keys`: warnings about unknown keys.
//!
//! A function here returns `None` if an error prevents its result; the error has been reported. The other keys of the
//! backend or block are still read if possible, so that all problems are reported. Some errors, such as an illegal
//! header, don't prevent a result. The caller of [`read`] discards the result if any error was reported.

mod auth;
mod backend;
mod gateway;
mod grant_keys;
mod headers;
mod oauth2;
mod pkce;
mod unknown_keys;

use argus_auth_yaml::{Document, Value};

use crate::config::field::Field;
use crate::config::files::Files;
use crate::config::model::BackendConfig;
use crate::config::reader::{KeyRule, Mapping, Reader};
use crate::config::references::{References, SecretsSettings};
use crate::config::words;
use crate::error::Problem;

/// Returns the remote backends of a document, and all its problems.
pub(super) fn read(
    document: &Document<'_>,
    references: References<'_>,
    thorough: bool,
) -> (Vec<BackendConfig>, Vec<Problem>) {
    let mut reader = Reader::new(references, thorough.then(Files::default));
    let backends = read_document(&mut reader, &Field::top(document)).unwrap_or_default();
    (backends, reader.into_problems())
}

fn read_document(reader: &mut Reader<'_>, document: &Field<'_>) -> Option<Vec<BackendConfig>> {
    let sections = reader.mapping(document, KeyRule::Fixed)?;
    unknown_keys::warn_about_missing_sections(reader, &sections);
    let secrets = sections.get("secrets");
    if let Some(secrets) = &secrets {
        read_secrets(reader, secrets);
    }
    if let Some(version) = sections.get("version") {
        reader.text(&version);
    }
    let backends = read_backends(reader, &sections);
    if let Some(secrets) = &secrets {
        // A thorough load opens the store even if no backend refers to a secret, because another part of the file may.
        let unneeded = reader.files.is_some() && reader.references.open_store();
        match reader.references.store_failure().map(|failure| format!("the secret store can't be opened: {failure}")) {
            Some(failure) if unneeded => {
                const CONSEQUENCE: &str = "the gateway will not start if any other part of the file refers to a secret";
                reader.warning(secrets, format!("{failure}; {CONSEQUENCE}"));
            }
            Some(failure) => reader.error(secrets, failure),
            None => {}
        }
        for warning in reader.references.store_warnings().to_vec() {
            reader.warning(secrets, warning);
        }
    }
    backends
}

/// Reads the `secrets` section. If it is enabled, `secret:name` can be looked up from now on.
fn read_secrets(reader: &mut Reader<'_>, section: &Field<'_>) {
    let Some(secrets) = reader.mapping(section, KeyRule::Fixed) else { return };
    let mut switch = |key| secrets.get(key).is_some_and(|field| read_switch(reader, &field));
    let (enabled, strict) = (switch("enabled"), switch("strict"));
    let provider = match secrets.get("provider") {
        Some(field) => reader.text(&field).map(|text| text.as_str().to_owned()),
        None => Some("env".to_owned()),
    };
    let path = match secrets.get("path") {
        Some(field) => reader.text(&field).map(|text| text.as_str().to_owned()),
        None => Some(String::new()),
    };
    unknown_keys::warn_about_unknown(reader, &secrets, &[words::SECRETS]);
    if enabled {
        // If `path` has an error, the error has been reported already. `secrets.provider` is then ignored, so that no
        // store is opened and no second error is reported.
        let (provider, path) = (provider.filter(|_| path.is_some()), path.unwrap_or_default());
        reader.references.enable_secrets(SecretsSettings { provider, path, strict });
    }
}

/// Reads `enabled` or `strict`. The gateway tests the truth of the value as Python does, so each text that is a legal
/// boolean means true, even `"false"`. Another text is an error, and is also read as true.
fn read_switch(reader: &mut Reader<'_>, field: &Field<'_>) -> bool {
    let value = reader.boolean(field);
    let is_text = matches!(field.node.value, Value::Str(_) | Value::Bytes(_));
    if is_text && value == Some(false) {
        reader.warning(field, "a text here means true, whatever it says; write false without quotes");
    }
    is_text || value == Some(true)
}

fn read_backends(reader: &mut Reader<'_>, sections: &Mapping<'_>) -> Option<Vec<BackendConfig>> {
    let Some(section) = sections.get_unless_null("backends") else {
        return Some(Vec::new());
    };
    let backends = reader.mapping(&section, KeyRule::Names)?;
    let mut remote = Vec::with_capacity(backends.fields.len());
    remote.extend(backends.fields.iter().filter_map(|field| backend::read(reader, field)));
    Some(remote)
}
