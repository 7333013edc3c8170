//! What the endpoint remembers of a request.

use serde::{Deserialize, Serialize};

/// One recorded request, with nothing judged: tests look at the records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Which connection it came on. The same number twice means that the connection was reused.
    pub connection: u64,
    /// The client's port.
    pub peer_port: u16,
    /// The HTTP method.
    pub method: String,
    /// The request target exactly as sent: a proxy sees a whole URL here, or `host:port` for `CONNECT`.
    pub target: String,
    /// The path, without the query.
    pub path: String,
    /// The query, without the question mark; empty if there is none.
    pub query: String,
    /// All headers in the order in which they came, names in the case in which they came.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
    /// The body read as `application/x-www-form-urlencoded`, whatever its content type says.
    pub form: Vec<(String, String)>,
}

impl Request {
    /// The first header of this name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, |key| key.eq_ignore_ascii_case(name))
    }

    /// The first form field of this name.
    pub fn form_value(&self, name: &str) -> Option<&str> {
        find(&self.form, |key| key == name)
    }
}

fn find(pairs: &[(String, String)], matches: impl Fn(&str) -> bool) -> Option<&str> {
    pairs.iter().find(|(key, _)| matches(key)).map(|(_, value)| value.as_str())
}

/// The decoded form fields of a body.
pub(crate) fn form(body: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(body).into_owned().collect()
}

/// Path and query of a request target in any of its forms.
pub(crate) fn path_and_query(target: &str) -> (String, String) {
    let after_host = match target.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |start| &rest[start..]),
        None => target,
    };
    let (path, query) = after_host.split_once('?').unwrap_or((after_host, ""));
    (path.to_owned(), query.to_owned())
}
