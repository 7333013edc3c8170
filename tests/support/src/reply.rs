//! The endpoint's replies, as data.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};

/// One reply of the endpoint.
///
/// Every field has a default, so in JSON `{}` is an empty 200 and `{"status": 503}` is a 503. In JSON, the body is
/// either a string, which is used unchanged, or any other value, which is used as JSON text. `{n}` in a body becomes a
/// number that counts the replies with `{n}` from 1, so that one reply, used many times, issues a new token each time.
///
/// `Content-Type: application/json` is added if there is a body, and `Content-Length` if the body is not chunked. A
/// header of the same name in `headers` is used instead. A header with an empty value is left out.
///
/// ```
/// use argus_auth_test_support::Reply;
///
/// let reply = Reply::oauth_error(400, "invalid_scope").header("Retry-After", "2").delay_ms(50);
/// assert_eq!(reply.body, r#"{"error":"invalid_scope"}"#);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reply {
    /// The HTTP status code.
    pub status: u16,
    /// Headers in the order in which they are written; names may repeat.
    pub headers: Vec<(String, String)>,
    /// The body, before the fault changes it.
    #[serde(deserialize_with = "text_or_json")]
    pub body: String,
    /// True to hold the reply until [`release`](crate::TokenEndpoint::release).
    pub hold: bool,
    /// The time before the reply begins, in milliseconds of real time. If `hold` is also set, it starts at the release.
    pub delay_ms: u64,
    /// The way in which the reply goes wrong.
    pub fault: Fault,
}

/// A way in which a reply goes wrong. In JSON: `"hang"`, or `{"drip": {"bytes_per_interval": 1, "interval_ms": 1000}}`.
///
/// ```
/// use argus_auth_test_support::{Fault, Reply};
///
/// let slow = Reply::token("tok", 60).fault(Fault::Drip { bytes_per_interval: 1, interval_ms: 1000 });
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// No fault: the reply is sent unchanged.
    #[default]
    None,
    /// Never answers; the connection stays open until the client closes it.
    Hang,
    /// Resets the connection (RST) without a byte of reply.
    ResetBeforeReply,
    /// Sends the headers and half the body, then resets the connection (RST).
    ResetMidBody,
    /// Announces the full length, sends half the body, then closes (FIN; under TLS without `close_notify`).
    Truncate,
    /// Sends half the body as a chunk, then closes before the final chunk (FIN; under TLS without `close_notify`).
    TruncateChunked,
    /// Sends the headers at once and the body a few bytes at a time.
    Drip {
        /// The number of bytes in each write.
        bytes_per_interval: usize,
        /// The time before each write, in milliseconds of real time.
        interval_ms: u64,
    },
    /// Sends the body followed by spaces, up to a size. The whole is as valid as the body alone, so that only a limit
    /// on the size can reject it.
    HugeBody {
        /// The size of the whole body in bytes.
        bytes: u64,
        /// True for a chunked body, with no length announced.
        streamed: bool,
    },
    /// Closes the connection cleanly without a byte of reply.
    CloseWithoutReply,
    /// Sends bytes that are not HTTP, then closes.
    Garbage,
    /// Sends the body as the whole reply, without a status line and headers before it, then closes.
    Raw,
    /// Answers 200 and passes bytes in both directions, as a proxy does after `CONNECT host:port`.
    Tunnel,
}

impl Default for Reply {
    fn default() -> Self {
        Self { status: 200, headers: Vec::new(), body: String::new(), hold: false, delay_ms: 0, fault: Fault::None }
    }
}

impl Reply {
    /// Returns a successful token response. `expires_in` is in seconds.
    pub fn token(token: &str, expires_in: u64) -> Self {
        Self::json(200, &json!({"access_token": token, "token_type": "Bearer", "expires_in": expires_in}))
    }

    /// Returns a successful token response with a new token each time: `tok-1`, `tok-2`, and so on. `expires_in` is in
    /// seconds.
    pub fn fresh_token(expires_in: u64) -> Self {
        Self::token("tok-{n}", expires_in)
    }

    /// Returns a reply with a JSON body.
    pub fn json(status: u16, value: &Value) -> Self {
        Self { status, body: value.to_string(), ..Self::default() }
    }

    /// Returns an error response of RFC 6749 §5.2.
    pub fn oauth_error(status: u16, error: &str) -> Self {
        Self::json(status, &json!({"error": error}))
    }

    /// Returns a reply with a body of any content type.
    pub fn text(status: u16, content_type: &str, body: impl Into<String>) -> Self {
        Self { status, body: body.into(), ..Self::default() }.header("Content-Type", content_type)
    }

    /// Returns a reply with an empty body.
    pub fn status(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    /// Returns a redirect.
    pub fn redirect(status: u16, location: &str) -> Self {
        Self::status(status).header("Location", location)
    }

    /// Returns an otherwise valid token response with a fault.
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

    /// Holds the reply until [`release`](crate::TokenEndpoint::release).
    #[must_use]
    pub fn hold(mut self) -> Self {
        self.hold = true;
        self
    }

    /// Delays the reply by this many milliseconds of real time.
    #[must_use]
    pub fn delay_ms(mut self, delay_ms: u64) -> Self {
        self.delay_ms = delay_ms;
        self
    }

    /// Sets the fault.
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
