//! A recorded request.

use serde::{Deserialize, Serialize};

/// One recorded request, as it was received. The endpoint checks nothing; tests check the records.
///
/// ```
/// use argus_auth_test_support::{Request, TokenEndpoint};
///
/// fn scopes(endpoint: &TokenEndpoint) -> Vec<String> {
///     let scope = |request: &Request| request.form_value("scope").unwrap_or_default().to_owned();
///     endpoint.requests().iter().map(scope).collect()
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The number of the connection, counted from 1. Two requests with the same number came on one connection.
    pub connection: u64,
    /// The client's TCP port.
    pub peer_port: u16,
    /// The HTTP method.
    pub method: String,
    /// The request target, unchanged: at a proxy a whole URL, or `host:port` for `CONNECT`.
    pub target: String,
    /// The path, without the query.
    pub path: String,
    /// The query, without the question mark; empty if there is no query.
    pub query: String,
    /// All headers in order of arrival, with the case of their names unchanged.
    pub headers: Vec<(String, String)>,
    /// The body. Bytes that are not UTF-8 are replaced by U+FFFD.
    pub body: String,
    /// The fields of the body read as `application/x-www-form-urlencoded`, with any content type.
    pub form: Vec<(String, String)>,
}

impl Request {
    /// Returns the value of the first header with this name, ignoring case.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, |key| key.eq_ignore_ascii_case(name))
    }

    /// Returns the value of the first form field with this name.
    pub fn form_value(&self, name: &str) -> Option<&str> {
        find(&self.form, |key| key == name)
    }
}

fn find(pairs: &[(String, String)], matches: impl Fn(&str) -> bool) -> Option<&str> {
    pairs.iter().find(|(key, _)| matches(key)).map(|(_, value)| value.as_str())
}

/// Returns the decoded form fields of a body.
pub(crate) fn form(body: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(body).into_owned().collect()
}

/// Returns path and query of a request target: of a path, or of a whole URL. `host:port` counts as a path.
pub(crate) fn path_and_query(target: &str) -> (String, String) {
    let after_host = match target.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |start| &rest[start..]),
        None => target,
    };
    let (path, query) = after_host.split_once('?').unwrap_or((after_host, ""));
    (path.to_owned(), query.to_owned())
}
