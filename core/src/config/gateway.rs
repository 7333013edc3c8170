//! The value that the gateway's own loader returns for a backend. Used if the gateway loads its file with this library.

use std::fmt;

use super::model::{AuthConfig, BackendConfig, Command, TimeoutsValue};
use crate::secret::Secret;

/// A value of the gateway's language, Python, borrowed from the configuration.
///
/// `Debug` shows no part of the value, because any text in it may be a secret.
///
/// ```
/// use argus_auth_core::config::{self, GatewayValue, LoadOptions};
///
/// let text = b"backends: {search: {type: sse, url: https://search.example/sse}}";
/// let config = config::parse(text, &LoadOptions::default())?;
/// let GatewayValue::Map(fields) = config.backends[0].gateway_value() else { panic!("a backend is a dict") };
/// assert_eq!(fields.iter().map(|(key, _)| *key).collect::<Vec<_>>(), ["type", "url"]);
/// # Ok::<(), argus_auth_core::ConfigError>(())
/// ```
#[derive(Clone, PartialEq)]
pub enum GatewayValue<'c> {
    /// `None`
    Null,
    /// `bool`
    Bool(bool),
    /// `int`
    Int(i64),
    /// `float`
    Float(f64),
    /// `str`
    Text(&'c str),
    /// `list`
    List(Vec<Self>),
    /// `dict`, in order.
    Map(Vec<(&'c str, Self)>),
}

impl fmt::Debug for GatewayValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl BackendConfig {
    /// Returns what the gateway's loader returns for this backend: a dict with the same keys in the same order.
    pub fn gateway_value(&self) -> GatewayValue<'_> {
        // Has room for the keys of most backends, so that the vector is rarely reallocated.
        let mut fields = Vec::with_capacity(8);
        fields.extend([("type", GatewayValue::Text(self.transport.as_str())), ("url", GatewayValue::Text(&self.url))]);
        if let Command { program: Some(program), args, env } = &self.gateway_only.command {
            let args = args.iter().map(secret).collect();
            let env =
                env.as_ref().map_or(GatewayValue::Null, |env| map(env.iter().map(|(name, value)| (&**name, value))));
            fields.extend([("command", secret(program)), ("args", GatewayValue::List(args)), ("env", env)]);
        }
        if !self.headers.is_empty() {
            fields.push(("headers", map(self.headers.iter())));
        }
        if let Some(auth) = &self.auth {
            fields.push(("auth", self.auth_value(auth)));
        }
        fields.extend(self.gateway_only.limits.iter().map(|(name, limit)| match limit {
            TimeoutsValue::Count(count) => (*name, GatewayValue::Int(*count)),
            TimeoutsValue::Seconds(seconds) => (*name, GatewayValue::Float(*seconds)),
        }));
        GatewayValue::Map(fields)
    }

    fn auth_value<'c>(&self, auth: &'c AuthConfig) -> GatewayValue<'c> {
        let mut fields = Vec::with_capacity(8);
        fields.push(("type", GatewayValue::Text(auth.kind())));
        let (client_id, client_secret, scopes, retry) = match auth {
            AuthConfig::Static { headers } => {
                fields.push(("headers", map(headers.iter())));
                return GatewayValue::Map(fields);
            }
            AuthConfig::OAuth2(it) => {
                fields.push(("token_url", GatewayValue::Text(&it.token_url)));
                (&it.client_id, &it.client_secret, &it.scopes, it.auth_retry_on_401)
            }
            AuthConfig::Pkce(it) => {
                fields.push(("authorization_endpoint", GatewayValue::Text(&it.authorization_endpoint)));
                fields.push(("token_endpoint", GatewayValue::Text(&it.token_endpoint)));
                (&it.client_id, &it.client_secret, &it.scopes, it.auth_retry_on_401)
            }
        };
        fields.extend([
            ("client_id", GatewayValue::Text(client_id)),
            ("client_secret", secret(client_secret)),
            ("scopes", GatewayValue::List(scopes.iter().map(|scope| GatewayValue::Text(scope)).collect())),
            ("token_expiry_buffer_seconds", GatewayValue::Float(self.gateway_only.expiry_buffer_seconds)),
            ("auth_retry_on_401", GatewayValue::Bool(retry)),
        ]);
        GatewayValue::Map(fields)
    }
}

fn secret(secret: &Secret) -> GatewayValue<'_> {
    GatewayValue::Text(secret.expose_secret())
}

fn map<'c>(fields: impl Iterator<Item = (&'c str, &'c Secret)>) -> GatewayValue<'c> {
    GatewayValue::Map(fields.map(|(name, value)| (name, secret(value))).collect())
}
