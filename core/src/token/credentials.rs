//! Who asks for a token, where, and for what: everything that makes two tokens the same or not.

use std::fmt;
use std::time::Duration;

use crate::config::{OAuth2Config, display_url};
use crate::secret::Secret;

/// The inputs of a client credentials request (RFC 6749 §4.4.2).
///
/// Providers with equal credentials share a token; a difference in any field makes them strangers.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct ClientCredentials {
    pub(crate) token_url: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: Secret,
    pub(crate) scopes: Vec<String>,
    pub(crate) expiry_buffer: Duration,
}

impl ClientCredentials {
    /// The body of the token request, `application/x-www-form-urlencoded`.
    pub(crate) fn form(&self) -> zeroize::Zeroizing<String> {
        let scope = self.scopes.join(" ");
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials")
            .append_pair("client_id", &self.client_id)
            .append_pair("client_secret", self.client_secret.expose_secret());
        if !self.scopes.is_empty() {
            form.append_pair("scope", &scope);
        }
        zeroize::Zeroizing::new(form.finish())
    }

    /// The token endpoint's scheme, host and port, of those that share limits and troubles.
    pub(crate) fn host(&self) -> String {
        url::Url::parse(&self.token_url).map_or_else(|_| String::new(), |url| url.origin().ascii_serialization())
    }

    /// The token endpoint as it may be shown.
    pub(crate) fn shown_url(&self) -> String {
        display_url(&self.token_url)
    }
}

impl From<&OAuth2Config> for ClientCredentials {
    fn from(config: &OAuth2Config) -> Self {
        Self {
            token_url: config.token_url.clone(),
            client_id: config.client_id.clone(),
            client_secret: config.client_secret.clone(),
            scopes: config.scopes.clone(),
            expiry_buffer: config.token_expiry_buffer,
        }
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
