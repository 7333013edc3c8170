//! The credentials of a client, the token endpoint, and the requested access: every input of a token request.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use url::form_urlencoded::{Serializer, byte_serialize};
use zeroize::Zeroizing;

use super::assertion;
use super::echo_filter::EchoFilter;
use crate::config::{ClientAuthentication, OAuth2Config, TokenRequestOptions, display_url, is_in_the_clear};
use crate::secret::Secret;

/// The room in a form for everything but the client secret (an assertion, scopes, parameters), in bytes.
const FORM_CAPACITY: usize = 4096;

/// The inputs of a client credentials request (RFC 6749 §4.4.2), and the buffer. Together they are the identity of a
/// source: two providers share a token if and only if all of these are equal.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ClientCredentials {
    /// The hash of the other fields, computed once, because the registry hashes its keys again whenever it grows.
    hash: u64,
    pub token_url: String,
    pub client_id: String,
    pub client_secret: Secret,
    pub scopes: Vec<String>,
    pub expiry_buffer: Duration,
    pub options: TokenRequestOptions,
}

/// The parts of a token request that depend on the credentials.
pub(super) struct TokenRequest {
    /// The `Authorization` header, for `client_secret_basic`.
    pub authorization: Option<HeaderValue>,
    /// The body, `application/x-www-form-urlencoded`.
    pub form: Zeroizing<String>,
    /// Recognises the secrets of this request in the response.
    pub echo_filter: EchoFilter,
}

impl ClientCredentials {
    /// Returns a new token request. It may be sent only once, because an assertion in it must not be used twice.
    ///
    /// # Errors
    ///
    /// The reason in words, without secrets.
    pub(super) fn request(&self) -> Result<TokenRequest, &'static str> {
        let Self { client_id, client_secret, options, .. } = self;
        // Large enough for any usual request, because a buffer that grows leaves copies behind that are not wiped. A
        // byte of the secret takes up to three bytes in a form.
        let mut form = Serializer::new(String::with_capacity(FORM_CAPACITY + 3 * client_secret.expose_secret().len()));
        form.append_pair("grant_type", "client_credentials");
        let mut echo_filter = EchoFilter::new(&self.token_url, self.scope_words());
        echo_filter.add(client_secret.expose_secret());
        options.extra_params.iter().for_each(|(_, value)| echo_filter.add(value.expose_secret()));
        let mut authorization = None;
        match &options.authentication {
            ClientAuthentication::SecretPost => {
                form.append_pair("client_id", client_id);
                form.append_pair("client_secret", client_secret.expose_secret());
            }
            ClientAuthentication::SecretBasic => {
                let encoded = |text: &str| Zeroizing::new(byte_serialize(text.as_bytes()).collect::<String>());
                let (id, secret) = (encoded(client_id), encoded(client_secret.expose_secret()));
                echo_filter.add_basic(&id, &secret);
                let pair = Zeroizing::new(format!("{}:{}", id.as_str(), secret.as_str()));
                let value = Zeroizing::new(format!("Basic {}", STANDARD.encode(pair.as_bytes())));
                let mut value = HeaderValue::from_str(&value).map_err(|_| "id and secret make no header")?;
                // Keeps HTTP code from showing the value in its `Debug` output.
                value.set_sensitive(true);
                authorization = Some(value);
            }
            ClientAuthentication::PrivateKeyJwt(method) => {
                let assertion = assertion::sign(method, client_id, &self.token_url)?;
                form.append_pair("client_id", client_id);
                form.append_pair("client_assertion_type", assertion::ASSERTION_TYPE);
                form.append_pair("client_assertion", assertion.expose_secret());
                echo_filter.add(assertion.expose_secret());
            }
        }
        if !self.scopes.is_empty() {
            form.append_pair("scope", &self.scopes.join(" "));
        }
        if let Some(audience) = &options.audience {
            form.append_pair("audience", audience);
        }
        form.extend_pairs(options.resources.iter().map(|resource| ("resource", resource)));
        form.extend_pairs(options.extra_params.iter().map(|(name, value)| (name, value.expose_secret())));
        Ok(TokenRequest { authorization, form: Zeroizing::new(form.finish()), echo_filter })
    }

    /// Returns each requested scope. One entry of the list may hold several scopes, separated by spaces (RFC 6749
    /// §3.3).
    pub(crate) fn scope_words(&self) -> impl Iterator<Item = &str> {
        self.scopes.iter().flat_map(|scopes| scopes.split_ascii_whitespace())
    }

    /// Returns the scheme, host and port of the token endpoint; empty text if the token URL is not a URL. Sources with
    /// the same origin share permits and a circuit breaker.
    pub(crate) fn origin(&self) -> String {
        url::Url::parse(&self.token_url).map_or_else(|_| String::new(), |url| url.origin().ascii_serialization())
    }

    /// Returns whether the token URL is plain `http` to another machine, so that the network can read the client
    /// secret.
    pub(crate) fn cross_network_in_clear_text(&self) -> bool {
        url::Url::parse(&self.token_url).is_ok_and(|url| is_in_the_clear(&url))
    }

    /// Returns the token URL without its secret parts: user, password, query and fragment.
    pub(crate) fn shown_url(&self) -> String {
        display_url(&self.token_url)
    }
}

impl From<&OAuth2Config> for ClientCredentials {
    fn from(config: &OAuth2Config) -> Self {
        let mut credentials = Self {
            hash: 0,
            token_url: config.token_url.clone(),
            client_id: config.client_id.clone(),
            client_secret: config.client_secret.clone(),
            scopes: config.scopes.clone(),
            expiry_buffer: config.token_expiry_buffer,
            options: config.options.clone(),
        };
        let Self { hash, token_url, client_id, client_secret, scopes, expiry_buffer, options } = &mut credentials;
        // A hasher with a fixed key is safe here: credentials that collide could come only from the operator.
        let mut hasher = DefaultHasher::new();
        (token_url, client_id, client_secret, scopes, expiry_buffer, options).hash(&mut hasher);
        *hash = hasher.finish();
        credentials
    }
}

impl Hash for ClientCredentials {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.hash.hash(state);
    }
}

impl fmt::Debug for ClientCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCredentials")
            .field("token_url", &self.shown_url())
            .field("client_id", &self.client_id)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_header_is_marked_sensitive() {
        let options =
            TokenRequestOptions { authentication: ClientAuthentication::SecretBasic, ..TokenRequestOptions::default() };
        let credentials = ClientCredentials::from(&OAuth2Config {
            token_url: "https://host/token".to_owned(),
            client_id: "id".to_owned(),
            client_secret: Secret::new("secret"),
            scopes: Vec::new(),
            token_expiry_buffer: Duration::ZERO,
            auth_retry_on_401: true,
            options,
        });
        let header = credentials.request().unwrap().authorization.unwrap();
        // base64("id:secret")
        assert_eq!((header.as_bytes(), header.is_sensitive()), (&b"Basic aWQ6c2VjcmV0"[..], true));
    }
}
