//! The `auth` block of a backend.

use std::time::Duration;

use argus_auth_yaml::Value;

use super::grant_keys::read_expiry_buffer;
use super::headers::{HeaderOwner, read_headers};
use super::unknown_keys::warn_about_unknown;
use super::{oauth2, pkce};
use crate::config::field::Field;
use crate::config::model::AuthConfig;
use crate::config::reader::{KeyRule, Mapping, Reader};
use crate::config::words;

/// An `auth` block that has been read.
pub(super) struct Auth {
    pub config: AuthConfig,
    /// `token_expiry_buffer_seconds` for the gateway, which allows infinity; a [`Duration`] can't be infinite.
    pub expiry_buffer_seconds: f64,
}

/// Reads an `auth` block; `None` if an error prevents the result.
pub(super) fn read(reader: &mut Reader<'_>, field: &Field<'_>) -> Option<Auth> {
    const WANTED: &str = "`static`, `oauth2` or `pkce`";
    let block = reader.mapping(field, KeyRule::Fixed)?;
    if let Some(misplaced) = block.get("on_auth_failure") {
        reader.key_error(&misplaced, "on_auth_failure belongs to the backend, beside `auth`, not in it");
    }
    let kind = reader.required(&block, "type")?;
    let word = reader.word(&kind, WANTED)?;
    // An unknown word is an error. The rest is read as the type that was probably meant, to report all problems.
    let meant = match word.as_str() {
        known @ ("static" | "oauth2" | "pkce") => known,
        unknown => {
            let meant = words::meant_auth(unknown);
            reader.unknown_word(&kind, &word, WANTED, meant);
            meant?
        }
    };
    if meant == "pkce" {
        const WARNING: &str =
            "needs an interactive login, which is not performed here: asking for the headers is an error";
        reader.warning(&kind, WARNING);
    }
    if meant == "static" {
        return read_static(reader, &block).map(|config| Auth { config, expiry_buffer_seconds: 0.0 });
    }
    let expiry_buffer_seconds = read_expiry_buffer(reader, &block);
    let buffer = expiry_buffer_seconds.unwrap_or_default();
    let buffer = Duration::try_from_secs_f64(buffer).unwrap_or(Duration::MAX);
    let config = match meant {
        "oauth2" => oauth2::read(reader, &block, buffer).map(AuthConfig::OAuth2),
        _ => pkce::read(reader, &block, buffer).map(AuthConfig::Pkce),
    };
    Some(Auth { config: config?, expiry_buffer_seconds: expiry_buffer_seconds? })
}

fn read_static(reader: &mut Reader<'_>, block: &Mapping<'_>) -> Option<AuthConfig> {
    warn_about_unknown(reader, block, &[words::STATIC]);
    let field = reader.required(block, "headers")?;
    if matches!(&field.node.value, Value::Map(entries) if entries.is_empty()) {
        reader.error(&field, "must hold at least one header");
    }
    read_headers(reader, &field, HeaderOwner::Auth).map(|headers| AuthConfig::Static { headers })
}
