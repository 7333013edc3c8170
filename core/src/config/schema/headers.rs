//! A mapping of header names to values.

use crate::config::field::Field;
use crate::config::reader::{KeyRule, Reader};
use crate::headers::{Headers, illegal_name, illegal_value};

/// The largest number of headers in one block, far more than any server accepts. It bounds the time for reading them,
/// which is quadratic, because each name is compared with all names before it.
const MAX_HEADERS: usize = 1000;

/// The block that holds the headers.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum HeaderOwner {
    Backend,
    Auth,
}

/// Returns a warning for a header that the HTTP client or the protocol sets itself; `None` for any other header.
fn header_warning(name: &str, owner: HeaderOwner) -> Option<&'static str> {
    match name.to_ascii_lowercase().as_str() {
        "host" | "content-length" => Some("the HTTP client sets this header itself; setting it breaks every request"),
        // A backend's own headers do not replace the protocol's headers.
        "accept" | "content-type" | "mcp-session-id" if owner == HeaderOwner::Auth => {
            Some("this header from `auth` replaces the one that the protocol needs; requests will fail")
        }
        _ => None,
    }
}

/// Reads a mapping of header names to values. An illegal header is an error. Returns `None` if `field` is not a mapping
/// or holds too many headers.
pub(super) fn read_headers(reader: &mut Reader<'_>, field: &Field<'_>, owner: HeaderOwner) -> Option<Headers> {
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
        if let Some(warning) = header_warning(name, owner) {
            reader.key_warning(entry, warning);
        }
        // The gateway's dict keeps two names that differ only in case, but in HTTP they are the same name. A header
        // that is written beside a merge key is not a duplicate: it overrides the merged header.
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
