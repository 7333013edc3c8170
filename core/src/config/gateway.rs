//! A backend's configuration as the gateway's own loader hands it on: for a gateway that loads through this library.

use super::model::{AuthConfig, BackendConfig};
use crate::headers::Headers;
use crate::secret::Secret;

/// A value as the gateway's language has it. `Debug` shows no text: any of it may be a secret.
#[derive(Debug, Clone, PartialEq)]
pub enum GatewayValue {
    /// `None`
    Null,
    /// `bool`
    Bool(bool),
    /// `int`
    Int(i64),
    /// `float`
    Float(f64),
    /// `str`
    Text(Secret),
    /// `list`
    List(Vec<Self>),
    /// `dict`, in order.
    Map(Vec<(String, Self)>),
}

/// What the gateway uses of a backend and this library does not.
#[derive(Clone, PartialEq, Default)]
pub(crate) struct GatewayOnly {
    pub command: Command,
    /// Those of the limits that are set, by the names that the gateway passes them under.
    pub limits: Vec<(&'static str, GatewayValue)>,
    /// `token_expiry_buffer_seconds` as a number, which may be infinite, if there is such a field.
    pub expiry_buffer_seconds: f64,
}

/// The program that an `sse` backend starts for itself: `command`, `args` and `env`.
#[derive(Clone, PartialEq, Default)]
pub(crate) struct Command {
    /// Without it the gateway drops the others.
    pub program: Option<Secret>,
    pub args: Vec<Secret>,
    pub env: Option<Vec<(String, Secret)>>,
}

impl BackendConfig {
    /// What the gateway's loader returns for this backend: a dict with the same keys in the same order.
    pub fn gateway_value(&self) -> GatewayValue {
        let mut fields = vec![field("type", text(self.transport.as_str())), field("url", text(&self.url))];
        if let Command { program: Some(program), args, env } = &self.gateway_only.command {
            let env = env.as_ref().map_or(GatewayValue::Null, |env| {
                GatewayValue::Map(
                    env.iter().map(|(name, value)| field(name, GatewayValue::Text(value.clone()))).collect(),
                )
            });
            fields.push(field("command", GatewayValue::Text(program.clone())));
            fields.push(field("args", GatewayValue::List(args.iter().cloned().map(GatewayValue::Text).collect())));
            fields.push(field("env", env));
        }
        if !self.headers.is_empty() {
            fields.push(field("headers", headers(&self.headers)));
        }
        if let Some(auth) = &self.auth {
            fields.push(field("auth", self.auth_value(auth)));
        }
        fields.extend(self.gateway_only.limits.iter().map(|(name, value)| field(name, value.clone())));
        GatewayValue::Map(fields)
    }

    fn auth_value(&self, auth: &AuthConfig) -> GatewayValue {
        let mut fields = vec![field("type", text(auth.kind()))];
        let (client_id, client_secret, scopes, retry) = match auth {
            AuthConfig::Static { headers: fixed } => {
                fields.push(field("headers", headers(fixed)));
                return GatewayValue::Map(fields);
            }
            AuthConfig::OAuth2(it) => {
                fields.push(field("token_url", text(&it.token_url)));
                (&it.client_id, &it.client_secret, &it.scopes, it.auth_retry_on_401)
            }
            AuthConfig::Pkce(it) => {
                fields.push(field("authorization_endpoint", text(&it.authorization_endpoint)));
                fields.push(field("token_endpoint", text(&it.token_endpoint)));
                (&it.client_id, &it.client_secret, &it.scopes, it.auth_retry_on_401)
            }
        };
        fields.extend([
            field("client_id", text(client_id)),
            field("client_secret", GatewayValue::Text(client_secret.clone())),
            field("scopes", GatewayValue::List(scopes.iter().map(|scope| text(scope)).collect())),
            field("token_expiry_buffer_seconds", GatewayValue::Float(self.gateway_only.expiry_buffer_seconds)),
            field("auth_retry_on_401", GatewayValue::Bool(retry)),
        ]);
        GatewayValue::Map(fields)
    }
}

fn field(name: &str, value: GatewayValue) -> (String, GatewayValue) {
    (name.to_owned(), value)
}

fn text(text: &str) -> GatewayValue {
    GatewayValue::Text(Secret::new(text))
}

fn headers(headers: &Headers) -> GatewayValue {
    GatewayValue::Map(headers.iter().map(|(name, value)| field(name, GatewayValue::Text(value.clone()))).collect())
}
