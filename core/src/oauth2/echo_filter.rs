//! Redaction of server text: recognises the secrets of a request that a server echoes in its response.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use percent_encoding::percent_decode_str;
use url::Url;
use zeroize::Zeroizing;

/// The number of leading characters by which a secret is recognised. A server may cut off the rest of the secret.
const RECOGNISED_LENGTH: usize = 16;

/// Recognises the secrets of one request in the text of its response.
#[derive(Default)]
pub(crate) struct EchoFilter {
    /// The beginning of each secret.
    secrets: Vec<Zeroizing<String>>,
    /// The requested scopes. Each may be shown, even if its name contains a secret.
    scopes: Vec<String>,
}

impl EchoFilter {
    /// Returns a filter for the secret parts of the token URL: user, password and query values (for a parameter without
    /// a value, its name). Text that is equal to one of `scopes` is not treated as a secret.
    pub(super) fn new<'s>(token_url: &str, scopes: impl Iterator<Item = &'s str>) -> Self {
        let mut filter = Self { secrets: Vec::new(), scopes: scopes.map(str::to_owned).collect() };
        let Ok(url) = Url::parse(token_url) else { return filter };
        for (name, value) in url.query_pairs() {
            filter.add(if value.is_empty() { &name } else { &value });
        }
        let decoded = |text| Zeroizing::new(percent_decode_str(text).decode_utf8_lossy().into_owned());
        let (user, password) = (decoded(url.username()), decoded(url.password().unwrap_or_default()));
        if !user.is_empty() || !password.is_empty() {
            filter.add_basic(&user, &password);
            filter.add(&user);
            filter.add(&password);
        }
        filter
    }

    /// Adds a secret in its plain form.
    pub(super) fn add(&mut self, secret: &str) {
        if !secret.is_empty() {
            self.secrets.push(Zeroizing::new(secret.chars().take(RECOGNISED_LENGTH).collect()));
        }
    }

    /// Adds a user and password in their encoding in `Authorization: Basic` (RFC 7617).
    pub(super) fn add_basic(&mut self, user: &str, password: &str) {
        let pair = Zeroizing::new(format!("{user}:{password}"));
        self.add(&Zeroizing::new(STANDARD_NO_PAD.encode(pair.as_bytes())));
    }

    /// Returns whether `text`, unmodified server text, echoes a secret: in plain form, or encoded for a URL or a form.
    pub(super) fn is_echoed_in(&self, text: &str) -> bool {
        let has = |text: &str| self.secrets.iter().any(|secret| text.contains(secret.as_str()));
        let has_decoded = |text: &str| has(&percent_decode_str(text).decode_utf8_lossy());
        if self.scopes.iter().any(|scope| scope == text) {
            return false;
        }
        has(text) || has_decoded(text) || has_decoded(&text.replace('+', " "))
    }
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    fn filter() -> EchoFilter {
        let scopes = ["read", "hunter2hunter2"].into_iter();
        let mut filter = EchoFilter::new("https://me:pa%2Fss@host/token?key=k%20value&bare-key", scopes);
        filter.add("pässwörd+/= geheim, und dazu ein langes");
        filter.add("hunter2hunter2");
        filter.add_basic("client", "s3cr3t");
        filter
    }

    #[test]
    fn secret_in_any_encoding_is_recognised() {
        let basic = format!("not Basic {}", STANDARD.encode("client:s3cr3t"));
        let userinfo = format!("not Basic {}", STANDARD.encode("me:pa/ss"));
        for text in [
            "bad secret pässwörd+/= geheim, und dazu ein langes",
            "bad secret pässwörd+/= geheim, und...",
            "client_secret=p%C3%A4ssw%C3%B6rd%2B%2F%3D+geheim",
            "p%c3%a4ssw%c3%b6rd+/=%20geheim, as a browser writes it",
            "password hunter2hunter2 is wrong",
            "user me is unknown",
            "not pa/ss",
            "not pa%2Fss",
            "k value",
            "/token?key=k+value",
            "bare-key",
            &basic,
            &userinfo,
        ] {
            assert!(filter().is_echoed_in(text), "{text}");
        }
    }

    #[test]
    fn text_without_a_secret_or_equal_to_a_scope_passes() {
        for text in ["", "the client is unknown", "hunter2", "p?ssw?rd", "read", "hunter2hunter2"] {
            assert!(!filter().is_echoed_in(text), "{text}");
        }
        assert!(!EchoFilter::default().is_echoed_in("anything"));
    }
}
