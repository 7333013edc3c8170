//! The `auth` block of a backend.

use std::time::Duration;

use url::Url;

use super::super::expand::Text;
use super::super::field::Field;
use super::super::model::{AuthConfig, OAuth2Config, PkceConfig, is_in_the_clear};
use super::super::reader::{Keys, Mapping, Reader};
use super::super::yaml::Value;
use super::backend::{Place, read_headers};
use super::token_request::Method;
use super::{keys, token_request};
use crate::config::ClientAuthentication;
use crate::secret::Secret;

/// An `auth` block.
pub(super) struct Auth {
    pub config: AuthConfig,
    /// `token_expiry_buffer_seconds` as the gateway hands it on: a [`Duration`] holds no infinity.
    pub expiry_buffer_seconds: f64,
}

/// An `auth` block, or `None` if it has an error.
pub(super) fn read(reader: &mut Reader<'_>, field: &Field<'_>) -> Option<Auth> {
    const WANTED: &str = "`static`, `oauth2` or `pkce`";
    let block = reader.mapping(field, Keys::Fixed)?;
    if let Some(misplaced) = block.get("on_auth_failure") {
        reader.key_error(&misplaced, "on_auth_failure belongs to the backend, beside `auth`, not in it");
    }
    let Some(kind) = block.get("type") else {
        reader.missing(&block, "type");
        return None;
    };
    let word = reader.word(&kind, WANTED)?;
    // An unknown word is an error; the rest is then read as what was probably meant, to report all problems at once.
    let meant = match word.as_str() {
        known @ ("static" | "oauth2" | "pkce") => known,
        unknown => {
            let meant = keys::meant_auth(unknown);
            reader.unknown_word(&kind, &word, WANTED, meant);
            meant?
        }
    };
    if meant == "pkce" {
        const HARM: &str =
            "needs an interactive login, which is not performed here: asking for the headers is an error";
        reader.warning(&kind, HARM);
    }
    if meant == "static" {
        return read_static(reader, &block).map(|config| Auth { config, expiry_buffer_seconds: 0.0 });
    }
    let expiry_buffer_seconds = read_expiry_buffer(reader, &block);
    let buffer = expiry_buffer_seconds.unwrap_or_default();
    let buffer = Duration::try_from_secs_f64(buffer).unwrap_or(Duration::MAX);
    let config = match meant {
        "oauth2" => read_oauth2(reader, &block, buffer).map(AuthConfig::OAuth2),
        _ => read_pkce(reader, &block, buffer).map(AuthConfig::Pkce),
    };
    Some(Auth { config: config?, expiry_buffer_seconds: expiry_buffer_seconds? })
}

fn read_static(reader: &mut Reader<'_>, block: &Mapping<'_>) -> Option<AuthConfig> {
    keys::warn_about_unknown(reader, block, keys::STATIC);
    let Some(field) = block.get("headers") else {
        reader.missing(block, "headers");
        return None;
    };
    if matches!(&field.node.value, Value::Map(entries) if entries.is_empty()) {
        reader.error(&field, "must hold at least one header");
    }
    read_headers(reader, &field, Place::Auth).map(|headers| AuthConfig::Static { headers })
}

fn read_oauth2(reader: &mut Reader<'_>, block: &Mapping<'_>, token_expiry_buffer: Duration) -> Option<OAuth2Config> {
    keys::warn_about_unknown(reader, block, keys::OAUTH2);
    let token_url = read_endpoint(reader, block, "token_url");
    let client_id = read_credential(reader, block, "client_id");
    let method = token_request::read_method(reader, block);
    let options = token_request::read(reader, block, method);
    // Where the method can't be told, nobody knows whether it needs a secret.
    let secret_needed = matches!(method, Some(Method::SecretPost | Method::SecretBasic));
    let client_secret = if secret_needed || block.get("client_secret").is_some() {
        read_credential(reader, block, "client_secret").map(Text::into_secret)
    } else {
        Some(Secret::new(""))
    };
    if let (Some(url), Some(options)) = (&token_url, &options)
        && options.authentication == ClientAuthentication::SecretBasic
        && Url::parse(url).is_ok_and(|url| !url.username().is_empty() || url.password().is_some())
        && let Some(field) = block.get("token_url")
    {
        reader.error(
            &field,
            "has a user or password, which is sent in the same header as `client_secret_basic` needs; take it out",
        );
    }
    let scopes = read_scopes(reader, block);
    let auth_retry_on_401 = read_retry(reader, block);
    Some(OAuth2Config {
        token_url: token_url?,
        client_id: client_id?.as_str().to_owned(),
        client_secret: client_secret?,
        scopes: scopes?,
        token_expiry_buffer,
        auth_retry_on_401: auth_retry_on_401?,
        options: options?,
    })
}

fn read_pkce(reader: &mut Reader<'_>, block: &Mapping<'_>, token_expiry_buffer: Duration) -> Option<PkceConfig> {
    keys::warn_about_unknown(reader, block, keys::PKCE);
    let authorization_endpoint = read_endpoint(reader, block, "authorization_endpoint");
    let token_endpoint = read_endpoint(reader, block, "token_endpoint");
    let client_id = read_credential(reader, block, "client_id");
    let client_secret = match block.get("client_secret") {
        Some(field) => reader.text(&field).map(Text::into_secret),
        None => Some(Secret::new("")),
    };
    let scopes = read_scopes(reader, block);
    let auth_retry_on_401 = read_retry(reader, block);
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

/// A required text in which a line break is legal, but comes from a file more likely than from an operator.
fn read_credential<'d>(reader: &mut Reader<'_>, block: &Mapping<'d>, key: &str) -> Option<Text<'d>> {
    let text = reader.required_text(block, key)?;
    if text.as_str().ends_with(['\n', '\r']) {
        reader.warning(&block.get(key)?, "ends in a line break, which is sent too");
    }
    Some(text)
}

/// A URL. The gateway takes any text for one, so what can't work is a warning.
fn read_endpoint(reader: &mut Reader<'_>, block: &Mapping<'_>, key: &str) -> Option<String> {
    let text = reader.required_text(block, key)?;
    let field = block.get(key)?;
    match Url::parse(text.as_str()) {
        Ok(url) if is_in_the_clear(&url) => {
            reader.warning(&field, "http:// sends credentials in the clear; use https://");
        }
        Ok(url) if matches!(url.scheme(), "http" | "https") => {}
        Ok(_) => reader.warning(&field, format!("{key} begins with neither http:// nor https://; requests will fail")),
        Err(error) => reader.warning(&field, format!("{key} is not a URL: {error}; requests will fail")),
    }
    Some(text.as_str().to_owned())
}

fn read_scopes(reader: &mut Reader<'_>, block: &Mapping<'_>) -> Option<Vec<String>> {
    let Some(field) = block.get("scopes") else { return Some(Vec::new()) };
    let items = reader.list(&field)?;
    // Each one is read before any is found missing, so that all problems are reported.
    let scopes: Vec<_> = items.iter().map(|item| read_scope(reader, item)).collect();
    scopes.into_iter().collect()
}

/// One scope. The gateway takes any text for one.
fn read_scope(reader: &mut Reader<'_>, item: &Field<'_>) -> Option<String> {
    let text = reader.text(item)?;
    let is_token = |text: &str| text.bytes().all(|byte| matches!(byte, b'!' | b'#'..=b'[' | b']'..=b'~'));
    if text.as_str().is_empty() || !is_token(text.as_str()) {
        reader.warning(item, "is not one scope: letters, digits and signs, no blanks, quotes or \\ (RFC 6749 §3.3)");
    }
    Some(text.as_str().to_owned())
}

fn read_expiry_buffer(reader: &mut Reader<'_>, block: &Mapping<'_>) -> Option<f64> {
    let Some(field) = block.get("token_expiry_buffer_seconds") else {
        return Some(OAuth2Config::DEFAULT_EXPIRY_BUFFER.as_secs_f64());
    };
    let seconds = reader.number(&field)?;
    if seconds >= 0.0 {
        return Some(seconds);
    }
    reader.error(&field, "must be 0 or more seconds");
    None
}

fn read_retry(reader: &mut Reader<'_>, block: &Mapping<'_>) -> Option<bool> {
    match block.get("auth_retry_on_401") {
        Some(field) => reader.boolean(&field),
        None => Some(true),
    }
}
