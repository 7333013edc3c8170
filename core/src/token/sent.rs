//! The secrets of one request, to know them again in what the server says: some repeat what they were sent.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use percent_encoding::percent_decode_str;
use url::Url;
use zeroize::Zeroizing;

use super::credentials::ClientCredentials;

/// So much of a secret is enough to know it by: a server may cut what it repeats.
const ENOUGH: usize = 16;

/// What was sent. The server's own words may be shown only as far as they don't repeat it.
#[derive(Default)]
pub(super) struct Sent {
    /// The beginning of each secret.
    secrets: Vec<Zeroizing<String>>,
    /// The scopes asked for, which are none, whatever is in their names.
    scopes: Vec<String>,
}

impl Sent {
    /// What every request with `credentials` says: the client secret, the values of `extra_params`, and what may be
    /// secret in the token URL.
    pub(super) fn with(credentials: &ClientCredentials) -> Self {
        let words = credentials.scopes.iter().flat_map(|scopes| scopes.split_ascii_whitespace());
        let mut sent = Self { secrets: Vec::new(), scopes: words.map(str::to_owned).collect() };
        sent.add(credentials.client_secret.expose_secret());
        for (_, value) in &credentials.options.extra_params {
            sent.add(value.expose_secret());
        }
        let Ok(url) = Url::parse(&credentials.token_url) else { return sent };
        for (name, value) in url.query_pairs() {
            sent.add(if value.is_empty() { &name } else { &value });
        }
        let decoded = |text| Zeroizing::new(percent_decode_str(text).decode_utf8_lossy().into_owned());
        let (user, password) = (decoded(url.username()), decoded(url.password().unwrap_or_default()));
        if !user.is_empty() || !password.is_empty() {
            sent.add_basic(&user, &password);
            sent.add(&user);
            sent.add(&password);
        }
        sent
    }

    /// A secret in its plain form.
    pub(super) fn add(&mut self, secret: &str) {
        if !secret.is_empty() {
            self.secrets.push(Zeroizing::new(secret.chars().take(ENOUGH).collect()));
        }
    }

    /// A pair of `Authorization: Basic`, as it stands there.
    pub(super) fn add_basic(&mut self, user: &str, password: &str) {
        let pair = Zeroizing::new(format!("{user}:{password}"));
        self.add(&Zeroizing::new(STANDARD_NO_PAD.encode(pair.as_bytes())));
    }

    /// Whether `text`, as the server wrote it, repeats a secret: as it is, or encoded for a URL or a form.
    pub(super) fn is_repeated_in(&self, text: &str) -> bool {
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
    use crate::config::{OAuth2Config, TokenRequestOptions};
    use crate::secret::Secret;

    fn sent() -> Sent {
        let options = TokenRequestOptions {
            extra_params: vec![("password".to_owned(), Secret::new("hunter2hunter2"))],
            ..TokenRequestOptions::default()
        };
        let mut sent = Sent::with(&ClientCredentials::from(&OAuth2Config {
            token_url: "https://me:pa%2Fss@host/token?key=k%20value&bare-key".to_owned(),
            client_id: "client".to_owned(),
            client_secret: Secret::new("pässwörd+/= geheim, und dazu ein langes"),
            scopes: vec!["read hunter2hunter2".to_owned()],
            token_expiry_buffer: std::time::Duration::ZERO,
            auth_retry_on_401: true,
            options,
        }));
        sent.add_basic("client", "s3cr3t");
        sent
    }

    #[test]
    fn a_secret_is_known_again_in_every_form() {
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
            assert!(sent().is_repeated_in(text), "{text}");
        }
    }

    #[test]
    fn other_words_are_not_taken_for_one() {
        for text in ["", "the client is unknown", "hunter2", "p?ssw?rd", "read", "hunter2hunter2"] {
            assert!(!sent().is_repeated_in(text), "{text}");
        }
        assert!(!Sent::default().is_repeated_in("anything"));
    }
}
