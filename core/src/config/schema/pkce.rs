//! A `pkce` block: read and checked, but not performed.

use std::time::Duration;

use super::grant_keys::{read_credential, read_endpoint, read_scopes};
use super::unknown_keys::warn_about_unknown;
use crate::config::expand::TextValue;
use crate::config::model::PkceConfig;
use crate::config::reader::{Mapping, Reader};
use crate::config::words;
use crate::secret::Secret;

/// Reads a `pkce` block; `None` if it has an error.
pub(super) fn read(reader: &mut Reader<'_>, block: &Mapping<'_>, token_expiry_buffer: Duration) -> Option<PkceConfig> {
    warn_about_unknown(reader, block, &[words::PKCE]);
    let authorization_endpoint =
        reader.required(block, "authorization_endpoint").and_then(|field| read_endpoint(reader, &field));
    let token_endpoint = reader.required(block, "token_endpoint").and_then(|field| read_endpoint(reader, &field));
    let client_id = reader.required(block, "client_id").and_then(|field| read_credential(reader, &field));
    let client_secret = match block.get("client_secret") {
        Some(field) => reader.text(&field).map(TextValue::into_secret),
        None => Some(Secret::new("")),
    };
    let scopes = match block.get("scopes") {
        Some(field) => read_scopes(reader, &field),
        None => Some(Vec::new()),
    };
    let auth_retry_on_401 = match block.get("auth_retry_on_401") {
        Some(field) => reader.boolean(&field),
        None => Some(true),
    };
    Some(PkceConfig {
        authorization_endpoint: authorization_endpoint?,
        token_endpoint: token_endpoint?,
        client_id: client_id?.as_str().to_owned(),
        client_secret: client_secret?,
        scopes: scopes?,
        token_expiry_buffer,
        auth_retry_on_401: auth_retry_on_401?,
    })
}
