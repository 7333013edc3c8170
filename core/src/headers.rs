//! An ordered list of HTTP header fields. Names are kept as they were written, and values are secret.

use std::fmt;

use crate::c_text::CText;
use crate::secret::Secret;

/// The headers of one backend request.
///
/// Names keep the case in which they were configured. The order is kept, and no two names are equal when case is
/// ignored. Every value counts as a secret: `Debug` shows names only. Names and values are not checked here.
///
/// ```
/// use argus_auth_core::{Headers, Secret};
///
/// let mut headers = Headers::single("X-Source", Secret::new("argus"));
/// headers.set("Authorization", Secret::new("Bearer t0k3n"));
/// assert_eq!(headers.get("authorization").unwrap().expose_secret(), "Bearer t0k3n");
/// assert_eq!(format!("{headers:?}"), r#"{"X-Source": [redacted], "Authorization": [redacted]}"#);
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Headers {
    fields: Vec<(CText, Secret)>,
}

impl Headers {
    /// Returns an empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns a list with one header.
    pub fn single(name: impl Into<String>, value: Secret) -> Self {
        Self { fields: vec![(CText::new(name), value)] }
    }

    /// Sets a header. If there is a header with the same name, ignoring case, the new name and value take its position.
    pub fn set(&mut self, name: impl Into<String>, value: Secret) {
        self.set_field(CText::new(name), value);
    }

    fn set_field(&mut self, name: CText, value: Secret) {
        match self.fields.iter_mut().find(|(existing, _)| existing.as_str().eq_ignore_ascii_case(name.as_str())) {
            Some(field) => *field = (name, value),
            None => self.fields.push((name, value)),
        }
    }

    /// Returns a copy of these headers in which the headers of `other` have been set, as by [`Headers::set`].
    #[must_use]
    pub fn overlaid_with(&self, other: &Self) -> Self {
        let mut merged = self.clone();
        for (name, value) in &other.fields {
            merged.set_field(name.clone(), value.clone());
        }
        merged
    }

    /// Returns the value of the header `name`, ignoring case.
    pub fn get(&self, name: &str) -> Option<&Secret> {
        self.iter().find(|(existing, _)| existing.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Returns the name and value of each header, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Secret)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Returns the name and value of the header at `index`, each with a NUL byte at its end, for C.
    pub fn c_field(&self, index: usize) -> Option<(&CText, &Secret)> {
        self.fields.get(index).map(|(name, value)| (name, value))
    }

    /// Returns the number of headers.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Returns whether there are no headers.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// Returns why `name` can't be an HTTP field name (RFC 9110 §5.1); `None` if it can.
pub(crate) fn illegal_name(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        Some("a header name can't be empty")
    } else if http::HeaderName::from_bytes(name.as_bytes()).is_err() {
        Some("a header name is made of letters, digits and !#$%&'*+-.^_`|~ only")
    } else {
        None
    }
}

/// Returns why `value` can't be an HTTP field value (RFC 9110 §5.5); `None` if it can.
///
/// Text outside ASCII has no agreed meaning on the wire and is rejected, as the gateway's HTTP client rejects it.
pub(crate) fn illegal_value(value: &str) -> Option<&'static str> {
    if value.bytes().any(|byte| matches!(byte, b'\r' | b'\n')) {
        Some("a header value can't contain a line break")
    } else if !value.is_ascii() || http::HeaderValue::from_str(value).is_err() {
        Some("a header value is made of printable ASCII characters, spaces and tabs only")
    } else if value.starts_with([' ', '\t']) || value.ends_with([' ', '\t']) {
        Some("a header value can't begin or end with a space or a tab")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlay_with_another_case_replaces_in_place() {
        let mut config = Headers::new();
        config.set("authorization", Secret::new("old"));
        config.set("X-Source", Secret::new("argus"));
        let merged = config.overlaid_with(&Headers::single("Authorization", Secret::new("new")));
        let fields: Vec<_> = merged.iter().map(|(name, value)| (name, value.expose_secret())).collect();
        assert_eq!(fields, [("Authorization", "new"), ("X-Source", "argus")]);
    }

    #[test]
    fn set_with_another_case_replaces_name_and_value() {
        let mut headers = Headers::single("X-A", Secret::new("a"));
        headers.set("x-a", Secret::new(""));
        let (name, value) = headers.c_field(0).unwrap();
        assert_eq!((name.with_nul(), value.expose_c_text().with_nul()), ("x-a\0", "\0"));
        assert_eq!(headers.c_field(1), None);
        assert_eq!(headers.get("X-A").map(Secret::expose_secret), Some(""));
        assert_eq!(headers.get("X-A\0"), None);
        assert_eq!(headers, Headers::single("x-a", Secret::new("")));
    }

    #[test]
    fn debug_shows_names_and_no_values() {
        let headers = Headers::single("Authorization", Secret::new("Bearer hunter2"));
        assert_eq!(format!("{headers:?}"), r#"{"Authorization": [redacted]}"#);
    }

    #[test]
    fn illegal_name_of_a_bad_name_says_why() {
        for name in ["", "a b", "a:b", "é", "a\nb"] {
            assert!(illegal_name(name).is_some(), "{name:?}");
        }
        assert_eq!(illegal_name("X-Key_1"), None);
    }

    #[test]
    fn illegal_value_of_a_bad_value_says_why() {
        for value in ["a\r\nb", "a\nb", "\0", "é", " a", "a\t"] {
            assert!(illegal_value(value).is_some(), "{value:?}");
        }
        for value in ["", "a", "a\tb c", "Bearer ~!@#$%^&*()"] {
            assert_eq!(illegal_value(value), None, "{value:?}");
        }
    }
}
