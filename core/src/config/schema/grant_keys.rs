//! The keys that `oauth2` and `pkce` blocks share.

use url::Url;

use crate::config::expand::TextValue;
use crate::config::field::Field;
use crate::config::model::OAuth2Config;
use crate::config::reader::{Mapping, Reader};
use crate::config::urls::is_in_the_clear;

/// Reads a client id or a secret; `None` if it has an error. Warns about a line break at the end, which is legal, but
/// was probably copied from a file by mistake.
pub(super) fn read_credential<'d>(reader: &mut Reader<'_>, field: &Field<'d>) -> Option<TextValue<'d>> {
    let text = reader.nonempty_text(field)?;
    if text.as_str().ends_with(['\n', '\r']) {
        reader.warning(field, "ends in a line break, which is sent too");
    }
    Some(text)
}

/// Reads a URL; `None` if it has an error. The gateway accepts any text as a URL, so a URL that can't work gives only a
/// warning.
pub(super) fn read_endpoint(reader: &mut Reader<'_>, field: &Field<'_>) -> Option<String> {
    let text = reader.nonempty_text(field)?;
    let key = field.key();
    match Url::parse(text.as_str()) {
        Ok(url) if is_in_the_clear(&url) => {
            reader.warning(field, "http:// sends credentials in the clear; use https://");
        }
        Ok(url) if matches!(url.scheme(), "http" | "https") => {}
        Ok(_) => reader.warning(field, format!("{key} begins with neither http:// nor https://; requests will fail")),
        Err(error) => reader.warning(field, format!("{key} is not a URL: {error}; requests will fail")),
    }
    Some(text.as_str().to_owned())
}

/// Reads a list of scopes; `None` if a scope has an error.
pub(super) fn read_scopes(reader: &mut Reader<'_>, field: &Field<'_>) -> Option<Vec<String>> {
    let items = reader.list(field)?;
    // All items are read before the first error ends the collection, so that all problems are reported.
    let scopes: Vec<_> = items.iter().map(|item| read_scope(reader, item)).collect();
    scopes.into_iter().collect()
}

/// Reads one scope. The gateway accepts any text as a scope, so a scope that can't work gives only a warning.
fn read_scope(reader: &mut Reader<'_>, item: &Field<'_>) -> Option<String> {
    let text = reader.text(item)?;
    let is_token = |text: &str| text.bytes().all(|byte| matches!(byte, b'!' | b'#'..=b'[' | b']'..=b'~'));
    if text.as_str().is_empty() || !is_token(text.as_str()) {
        reader.warning(item, "is not one scope: letters, digits and signs, no spaces, quotes or \\ (RFC 6749 §3.3)");
    }
    Some(text.as_str().to_owned())
}

/// Reads `token_expiry_buffer_seconds`, which may be infinite. Returns the default if it is absent, `None` if it has an
/// error.
pub(super) fn read_expiry_buffer(reader: &mut Reader<'_>, block: &Mapping<'_>) -> Option<f64> {
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
