//! A mapping of header names to values.

use crate::config::field::Field;
use crate::config::reader::{KeyRule, Reader};
use crate::headers::{Headers, illegal_name, illegal_value};

/// The number of headers in one block: far more than any server takes. Each is compared with those before it.
const MAX_HEADERS: usize = 1000;

/// The block that headers stand in.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum HeaderOwner {
    Backend,
    Auth,
}

/// Returns the harm of setting a header that the HTTP client or the protocol sets itself; `None` for any other header.
fn harm_of_header(name: &str, place: HeaderOwner) -> Option<&'static str> {
    match name.to_ascii_lowercase().as_str() {
        "host" | "content-length" => Some("the HTTP client sets this header itself; setting it breaks every request"),
        // A backend's own headers give way to the protocol's.
        "accept" | "content-type" | "mcp-session-id" if place == HeaderOwner::Auth => {
            Some("this header from `auth` replaces the one that the protocol needs; requests will fail")
        }
        _ => None,
    }
}

/// Reads a mapping of header names to values, each of them legal in HTTP; `None` if it is no such mapping.
pub(super) fn read_headers(reader: &mut Reader<'_>, field: &Field<'_>, place: HeaderOwner) -> Option<Headers> {
    let mapping = reader.mapping(field, KeyRule::Names)?;
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
        // The gateway's dict keeps both; HTTP does not tell one from the other.
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
