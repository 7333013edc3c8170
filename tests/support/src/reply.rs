//! What the endpoint answers, as data.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};

/// One answer of the endpoint.
///
/// Every field has a default, so in JSON `{}` is an empty 200 and `{"status": 503}` is a 503. In JSON the body is either
/// a string, sent as it stands, or any other value, sent as JSON text. `{n}` in a body becomes the number of replies
/// sent so far that had a `{n}`: that is how a reply that is used many times gives out a new token each time.
///
/// `Content-Type: application/json` and `Content-Length` are added unless `headers` names them (an empty value leaves
/// the header out).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reply {
    /// The HTTP status code.
    pub status: u16,
    /// Headers in the order in which they are written; names may repeat.
    pub headers: Vec<(String, String)>,
    /// The body, before a fault is applied to it.
    #[serde(deserialize_with = "text_or_json")]
    pub body: String,
    /// Waits for [`release`](crate::TokenEndpoint::release) before it begins.
    pub hold: bool,
    /// Real milliseconds to wait before it begins (after the gate, if `hold` is set too).
    pub delay_ms: u64,
    /// What goes wrong.
    pub fault: Fault,
}

/// What goes wrong with a reply. In JSON: `"hang"`, or `{"drip": {"bytes_per_interval": 1, "interval_ms": 1000}}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// Nothing: the reply is sent as it is.
    #[default]
    None,
    /// Never answers; the connection stays open until the client closes it.
    Hang,
    /// Resets the connection (RST) without a byte of reply.
    ResetBeforeReply,
    /// Sends the headers and half the body, then resets the connection (RST).
    ResetMidBody,
    /// Announces the whole length, sends half the body, then closes (FIN; under TLS without `close_notify`).
    Truncate,
    /// Sends half the body as a chunk, then closes before the final chunk (FIN; under TLS without `close_notify`).
    TruncateChunked,
    /// Sends the headers at once and the body a few bytes at a time.
    Drip {
        /// How many bytes go out together.
        bytes_per_interval: usize,
        /// Real milliseconds between them.
        interval_ms: u64,
    },
    /// The body followed by spaces up to a size. Read to its end it is as valid as the body alone, so only a limit on
    /// the size can refuse it.
    HugeBody {
        /// The size of the whole body.
        bytes: u64,
        /// Chunked, with no length announced.
        streamed: bool,
    },
    /// Closes the connection cleanly without a byte of reply.
    CloseWithoutReply,
    /// Sends bytes that are not HTTP, then closes.
    Garbage,
    /// Sends the body as the whole reply, with no status line and no headers of its own, then closes.
    Raw,
    /// As a proxy does after `CONNECT host:port`: answers 200 and passes bytes both ways.
    Tunnel,
}

impl Default for Reply {
    fn default() -> Self {
        Self { status: 200, headers: Vec::new(), body: String::new(), hold: false, delay_ms: 0, fault: Fault::None }
    }
}

impl Reply {
    /// A successful token response.
    pub fn token(token: &str, expires_in: u64) -> Self {
        Self::json(200, &json!({"access_token": token, "token_type": "Bearer", "expires_in": expires_in}))
    }

    /// A successful token response with a new token each time: `tok-1`, `tok-2`, and so on.
    pub fn fresh_token(expires_in: u64) -> Self {
        Self::token("tok-{n}", expires_in)
    }

    /// Any JSON.
    pub fn json(status: u16, value: &Value) -> Self {
        Self { status, body: value.to_string(), ..Self::default() }
    }

    /// An error response as RFC 6749 §5.2 has it.
    pub fn oauth_error(status: u16, error: &str) -> Self {
        Self::json(status, &json!({"error": error}))
    }

    /// Any text under any content type.
    pub fn text(status: u16, content_type: &str, body: impl Into<String>) -> Self {
        Self { status, body: body.into(), ..Self::default() }.header("Content-Type", content_type)
    }

    /// A status with an empty body.
    pub fn status(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    /// A redirect.
    pub fn redirect(status: u16, location: &str) -> Self {
        Self::status(status).header("Location", location)
    }

    /// An otherwise good token response that goes wrong on the way.
    pub fn broken(fault: Fault) -> Self {
        Self::fresh_token(3600).fault(fault)
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Replaces the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<String>) -> Self {
        self.body = body.into();
        self
    }

    /// Waits at the gate until [`release`](crate::TokenEndpoint::release).
    #[must_use]
    pub fn hold(mut self) -> Self {
        self.hold = true;
        self
    }

    /// Waits so many real milliseconds.
    #[must_use]
    pub fn delay_ms(mut self, delay_ms: u64) -> Self {
        self.delay_ms = delay_ms;
        self
    }

    /// Makes it go wrong.
    #[must_use]
    pub fn fault(mut self, fault: Fault) -> Self {
        self.fault = fault;
        self
    }
}

fn text_or_json<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => text,
        other => other.to_string(),
    })
}
