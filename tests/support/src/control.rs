//! The control paths, for tests in other languages. Requests to them are not recorded.

use serde::de::DeserializeOwned;
use serde_json::json;

use crate::http::Parsed;
use crate::reply::Reply;
use crate::shared::Shared;

/// Returns whether the target is a control path, not a token request.
pub(crate) fn is_control(target: &str) -> bool {
    target.starts_with("/_")
}

/// Performs a control request and returns its reply, which is 404 for an unknown path and 400 for a bad body.
pub(crate) fn answer(parsed: &Parsed, shared: &Shared) -> Reply {
    let result = match (parsed.method.as_str(), parsed.target.as_str()) {
        ("GET", "/_requests") => return Reply::json(200, &json!(shared.requests())),
        ("POST", "/_script") => read(parsed).map(|replies| shared.script(replies)),
        ("POST", "/_default") => read(parsed).map(|reply| shared.default_reply(reply)),
        ("POST", "/_release") => {
            shared.release();
            Ok(())
        }
        ("POST", "/_reset") => {
            shared.reset();
            Ok(())
        }
        _ => return Reply::json(404, &json!({"error": "no such control path"})),
    };
    match result {
        Ok(()) => Reply::json(200, &json!({"ok": true})),
        Err(error) => Reply::json(400, &json!({"error": error.to_string()})),
    }
}

fn read<T: DeserializeOwned>(parsed: &Parsed) -> serde_json::Result<T> {
    serde_json::from_slice(&parsed.body)
}
