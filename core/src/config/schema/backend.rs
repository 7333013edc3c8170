//! One entry of `backends`.

use super::super::field::Field;
use super::super::gateway::GatewayOnly;
use super::super::model::{BackendConfig, FailurePolicy, Transport};
use super::super::reader::{Keys, Mapping, Reader};
use super::{auth, gateway, keys};
use crate::headers::{Headers, illegal_name, illegal_value};

/// Far more than any server takes; each is compared with those before it.
const MAX_HEADERS: usize = 1000;

/// A remote backend; `None` for a `stdio` one, and for one with an error.
pub(super) fn read(reader: &mut Reader<'_>, field: &Field<'_>) -> Option<BackendConfig> {
    let name = read_name(reader, field);
    let backend = reader.mapping(field, Keys::Fixed)?;
    let transport = read_transport(reader, &backend)?;
    let url = read_url(reader, &backend);
    let headers = match backend.get_unless_null("headers") {
        Some(headers) => read_headers(reader, &headers, Place::Backend),
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
    keys::warn_about_unknown(reader, &backend, keys::BACKEND);
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

fn read_name(reader: &mut Reader<'_>, field: &Field<'_>) -> Option<String> {
    let name = field.key();
    let message = match strip(name) {
        "" => "a backend's name can't be empty",
        stripped if stripped != name => "a backend's name can't begin or end with a blank",
        _ => return Some(name.to_owned()),
    };
    reader.key_error(field, message);
    None
}

/// `None` for a `stdio` backend too: nothing else in it concerns outgoing authentication.
fn read_transport(reader: &mut Reader<'_>, backend: &Mapping<'_>) -> Option<Transport> {
    const WANTED: &str = "`sse`, `streamable-http` or `stdio`";
    let Some(field) = backend.get("type") else {
        reader.missing(backend, "type");
        return None;
    };
    let text = reader.word(&field, WANTED)?;
    match text.as_str() {
        "stdio" => None,
        "sse" => Some(Transport::Sse),
        "streamable-http" => Some(Transport::StreamableHttp),
        _ => {
            let meant = keys::meant_transport(text.as_str());
            reader.unknown_word(&field, &text, WANTED, meant);
            // The rest is read as what was probably meant, to report all problems at once.
            meant
                .and_then(|word| [Transport::Sse, Transport::StreamableHttp].into_iter().find(|it| it.as_str() == word))
        }
    }
}

fn read_url(reader: &mut Reader<'_>, backend: &Mapping<'_>) -> Option<String> {
    let text = reader.required_text(backend, "url")?;
    let url = strip(text.as_str());
    if url.starts_with("http://") || url.starts_with("https://") {
        return Some(url.to_owned());
    }
    reader.error(&backend.get("url")?, "must start with http:// or https://, in lower case");
    None
}

/// Whose headers they are.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Place {
    Backend,
    Auth,
}

/// What comes of setting a header that is the business of the HTTP client, or of the protocol.
fn harm_of_header(name: &str, place: Place) -> Option<&'static str> {
    match name.to_ascii_lowercase().as_str() {
        "host" | "content-length" => Some("the HTTP client sets this header itself; setting it breaks every request"),
        // Those of the backend give way to the protocol's.
        "accept" | "content-type" | "mcp-session-id" if place == Place::Auth => {
            Some("this header from `auth` replaces the one that the protocol needs; requests will fail")
        }
        _ => None,
    }
}

/// A mapping of header names to values, each of them legal in HTTP.
pub(super) fn read_headers(reader: &mut Reader<'_>, field: &Field<'_>, place: Place) -> Option<Headers> {
    let mapping = reader.mapping(field, Keys::Names)?;
    if mapping.fields.len() > MAX_HEADERS {
        reader.error(field, format!("holds {} headers; the limit is {MAX_HEADERS}", mapping.fields.len()));
        return None;
    }
    let mut headers = Headers::new();
    for (index, entry) in mapping.fields.iter().enumerate() {
        let name = entry.key();
        if let Some(reason) = illegal_name(name) {
            reader.key_error(entry, reason);
        }
        if let Some(harm) = harm_of_header(name, place) {
            reader.key_warning(entry, harm);
        }
        // A dict keeps both; HTTP does not tell one from the other.
        let earlier = mapping.fields[..index].iter().find(|earlier| earlier.key().eq_ignore_ascii_case(name));
        if let Some(earlier) = earlier.filter(|earlier| earlier.merged() == entry.merged()) {
            let line = earlier.key_mark().line;
            reader.key_error(
                entry,
                format!("HTTP ignores case: this header is already on line {line}; keep one of the two"),
            );
        }
        let Some(value) = reader.text(entry) else { continue };
        match illegal_value(value.as_str()) {
            Some(reason) => reader.error(entry, reason),
            None => headers.set(name, value.into_secret()),
        }
    }
    Some(headers)
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

/// `text` without the blanks around it, as Python's `str.strip` has them.
pub(super) fn strip(text: &str) -> &str {
    text.trim_matches(|ch: char| ch.is_whitespace() || matches!(ch, '\x1c'..='\x1f'))
}
