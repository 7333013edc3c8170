//! Fetches a token in a process of its own, because proxies and CA certificates come from the environment of a process.
//!
//! The process is this test program again, with [`MODE`] as its first argument.

use std::process::Command;

use argus_auth_core::{LoadOptions, Resolver};
use argus_auth_faults::{PATIENCE, failure_kind, token};

/// The first argument of a process that fetches a token. The second argument is the token URL.
const MODE: &str = "fetch";

/// Starts a process that fetches a token from `url`, and waits for its end. Its environment consists of the variables
/// `environment` and no others. Returns `token T`, or the kind of the failure and its text.
pub(crate) fn fetch_with_environment(url: &str, environment: &[(&str, &str)]) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([MODE, url])
        .env_clear()
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// If the arguments of this process ask for a fetch, fetches a token, prints the outcome and returns true. Otherwise
/// returns false.
pub(crate) fn fetch_if_told_to() -> bool {
    let arguments: Vec<_> = std::env::args().collect();
    let [_, mode, url] = arguments.as_slice() else { return false };
    if mode != MODE {
        return false;
    }
    print!("{}", fetch(url));
    true
}

fn fetch(url: &str) -> String {
    let yaml = format!(
        "backends: {{b: {{type: sse, url: 'http://b/', on_auth_failure: closed, auth: {{type: oauth2, token_url: {url:?}, \
         client_id: c, client_secret: s}}}}}}"
    );
    let resolver = Resolver::from_text(yaml.as_bytes(), &LoadOptions::default()).unwrap();
    let outcome = resolver.headers_blocking("b", PATIENCE);
    match &outcome {
        Ok(_) => format!("token {}", token(&outcome)),
        Err(error) => format!("{:?} {error}", failure_kind(&outcome)),
    }
}
