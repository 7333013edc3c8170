//! An ordered list of HTTP header fields, names as written, values secret.

use std::fmt;

use crate::secret::Secret;

/// The headers of one backend request.
///
/// Names keep the case they were configured with, order is kept, and no two names are equal when case is ignored.
/// Every value counts as secret: `Debug` shows names only.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Headers {
    /// Each name with a closing zero, as a [`Secret`] has one, so that C can look at both where they are.
    fields: Vec<(String, Secret)>,
}

impl Headers {
    /// An empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// One header.
    pub fn single(name: impl Into<String>, value: Secret) -> Self {
        Self { fields: vec![(with_nul(name), value)] }
    }

    /// Sets a header: one of the same name, whatever its case, is replaced in its place under the new name.
    pub fn set(&mut self, name: impl Into<String>, value: Secret) {
        self.put(with_nul(name), value);
    }

    fn put(&mut self, name: String, value: Secret) {
        match self.fields.iter_mut().find(|(existing, _)| existing.eq_ignore_ascii_case(&name)) {
            Some(field) => *field = (name, value),
            None => self.fields.push((name, value)),
        }
    }

    /// These headers with `other`'s laid over them, as [`Headers::set`] does.
    #[must_use]
    pub fn overlaid_with(&self, other: &Self) -> Self {
        let mut merged = self.clone();
        for (name, value) in &other.fields {
            merged.put(name.clone(), value.clone());
        }
        merged
    }

    /// The value of `name`, whatever its case.
    pub fn get(&self, name: &str) -> Option<&Secret> {
        self.iter().find(|(existing, _)| existing.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Name and value of each header, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Secret)> {
        self.fields.iter().map(|(name, value)| (name.strip_suffix('\0').unwrap_or(name), value))
    }

    /// Name and value of the header at `index`, each with a zero after it, for C. The value is a secret.
    pub fn expose_with_nul(&self, index: usize) -> Option<(&str, &str)> {
        self.fields.get(index).map(|(name, value)| (name.as_str(), value.expose_secret_with_nul()))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }
}

fn with_nul(name: impl Into<String>) -> String {
    let mut name = name.into();
    name.reserve_exact(1);
    name.push('\0');
    name
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// Why `name` can't be an HTTP field name (RFC 9110 §5.1), or `None` when it can.
pub(crate) fn illegal_name(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        Some("a header name can't be empty")
    } else if http::HeaderName::from_bytes(name.as_bytes()).is_err() {
        Some("a header name is made of letters, digits and !#$%&'*+-.^_`|~ only")
    } else {
        None
    }
}

/// Why `value` can't be an HTTP field value (RFC 9110 §5.5), or `None` when it can.
///
/// Text outside ASCII has no agreed meaning on the wire and is refused, as the gateway's HTTP client does.
pub(crate) fn illegal_value(value: &str) -> Option<&'static str> {
    if value.bytes().any(|byte| matches!(byte, b'\r' | b'\n')) {
        Some("a header value can't contain a line break")
    } else if !value.is_ascii() || http::HeaderValue::from_str(value).is_err() {
        Some("a header value is made of printable ASCII characters, blanks and tabs only")
    } else if value.starts_with([' ', '\t']) || value.ends_with([' ', '\t']) {
        Some("a header value can't begin or end with a blank")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlay_ignores_case_and_keeps_order() {
        let mut config = Headers::new();
        config.set("authorization", Secret::new("old"));
        config.set("X-Source", Secret::new("argus"));
        let merged = config.overlaid_with(&Headers::single("Authorization", Secret::new("new")));
        let fields: Vec<_> = merged.iter().map(|(name, value)| (name, value.expose_secret())).collect();
        assert_eq!(fields, [("Authorization", "new"), ("X-Source", "argus")]);
    }

    #[test]
    fn names_and_values_are_there_for_c() {
        let mut headers = Headers::single("X-A", Secret::new("a"));
        headers.set("x-a", Secret::new(""));
        assert_eq!(headers.expose_with_nul(0), Some(("x-a\0", "\0")));
        assert_eq!(headers.expose_with_nul(1), None);
        assert_eq!(headers.get("X-A").map(Secret::expose_secret), Some(""));
        assert_eq!(headers.get("X-A\0"), None);
        assert_eq!(headers, Headers::single("x-a", Secret::new("")));
    }

    #[test]
    fn debug_shows_names_only() {
        let headers = Headers::single("Authorization", Secret::new("Bearer hunter2"));
        assert_eq!(format!("{headers:?}"), r#"{"Authorization": [redacted]}"#);
    }

    #[test]
    fn legality() {
        for name in ["", "a b", "a:b", "é", "a\nb"] {
            assert!(illegal_name(name).is_some(), "{name:?}");
        }
        for value in ["a\r\nb", "a\nb", "\0", "é", " a", "a\t"] {
            assert!(illegal_value(value).is_some(), "{value:?}");
        }
        for value in ["", "a", "a\tb c", "Bearer ~!@#$%^&*()"] {
            assert_eq!(illegal_value(value), None, "{value:?}");
        }
    }
}
