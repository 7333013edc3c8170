//! One entry of `backends`.

use super::headers::{HeaderOwner, read_headers};
use super::unknown_keys::warn_about_unknown;
use super::{auth, gateway};
use crate::config::field::Field;
use crate::config::model::{BackendConfig, FailurePolicy, GatewayOnly, Transport};
use crate::config::reader::{KeyRule, Mapping, Reader};
use crate::config::words::{self, strip};
use crate::headers::Headers;

/// Reads a backend; `None` for a `stdio` backend, or if an error prevents the result.
pub(super) fn read(reader: &mut Reader<'_>, field: &Field<'_>) -> Option<BackendConfig> {
    let name = read_name(reader, field);
    let backend = reader.mapping(field, KeyRule::Fixed)?;
    let transport = read_transport(reader, &backend)?;
    let url = read_url(reader, &backend);
    let headers = match backend.get_unless_null("headers") {
        Some(headers) => read_headers(reader, &headers, HeaderOwner::Backend),
        None => Some(Headers::new()),
    };
    let auth = match backend.get_unless_null("auth") {
        Some(auth) => auth::read(reader, &auth).map(Some),
        None => Some(None),
    };
    let on_auth_failure = match backend.get("on_auth_failure") {
        Some(policy) => read_failure_policy(reader, &policy),
        None => Some(FailurePolicy::default()),
    };
    warn_about_unknown(reader, &backend, &[words::BACKEND]);
    let gateway_only = gateway::read(reader, &backend, transport);
    let auth = auth?;
    let expiry_buffer_seconds = auth.as_ref().map_or(0.0, |auth| auth.expiry_buffer_seconds);
    Some(BackendConfig {
        name: name?,
        transport,
        url: url?,
        headers: headers?,
        auth: auth.map(|auth| auth.config),
        on_auth_failure: on_auth_failure?,
        gateway_only: GatewayOnly { expiry_buffer_seconds, ..gateway_only? },
    })
}

/// Reads the name, which is the key of the backend.
fn read_name(reader: &mut Reader<'_>, field: &Field<'_>) -> Option<String> {
    let name = field.key();
    let message = match strip(name) {
        "" => "a backend's name can't be empty",
        stripped if stripped != name => "a backend's name can't begin or end with whitespace",
        _ => return Some(name.to_owned()),
    };
    reader.key_error(field, message);
    None
}

/// Reads `type`; `None` for an error, and for `stdio`, because such a backend needs no outgoing authentication.
fn read_transport(reader: &mut Reader<'_>, backend: &Mapping<'_>) -> Option<Transport> {
    const WANTED: &str = "`sse`, `streamable-http` or `stdio`";
    let field = reader.required(backend, "type")?;
    let text = reader.word(&field, WANTED)?;
    match text.as_str() {
        "stdio" => None,
        "sse" => Some(Transport::Sse),
        "streamable-http" => Some(Transport::StreamableHttp),
        _ => {
            let meant = words::meant_transport(text.as_str());
            reader.unknown_word(&field, &text, WANTED, meant);
            // The rest is read as the type that was probably meant, to report all problems.
            meant.and_then(|word| {
                [Transport::Sse, Transport::StreamableHttp].into_iter().find(|kind| kind.as_str() == word)
            })
        }
    }
}

fn read_url(reader: &mut Reader<'_>, backend: &Mapping<'_>) -> Option<String> {
    let field = reader.required(backend, "url")?;
    let text = reader.nonempty_text(&field)?;
    let url = strip(text.as_str());
    if url.starts_with("http://") || url.starts_with("https://") {
        return Some(url.to_owned());
    }
    reader.error(&field, "must start with http:// or https://, in lower case");
    None
}

fn read_failure_policy(reader: &mut Reader<'_>, field: &Field<'_>) -> Option<FailurePolicy> {
    const WANTED: &str = "`open` or `closed`";
    let text = reader.word(field, WANTED)?;
    match text.as_str() {
        "open" => Some(FailurePolicy::Open),
        "closed" => Some(FailurePolicy::Closed),
        _ => {
            reader.unknown_word(field, &text, WANTED, None);
            None
        }
    }
}
