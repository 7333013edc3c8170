//! Whole documents that can be used.

use std::time::Duration;

use super::{Unresolved, backend, only_backend, read, shown_headers};
use crate::config::{AuthConfig, FailurePolicy, OAuth2Config, PkceConfig, TokenRequestOptions, Transport};
use crate::secret::Secret;

#[test]
fn parse_of_the_documented_examples_gives_their_values() {
    let yaml = r#"
backends:
  my-server:
    type: sse
    url: " http://backend:8080/sse "
    headers:
      X-Request-Source: "argus"
    auth:
      type: static
      headers:
        Authorization: "Bearer ${TOKEN}"
        X-Custom-Header: "value"
  tools:
    type: streamable-http
    url: "http://backend:8080/mcp"
    on_auth_failure: closed
    auth:
      type: oauth2
      token_url: "https://auth.example.com/oauth/token"
      client_id: "argus-client"
      client_secret: "secret:key"
      scopes:
        - mcp:read
        - mcp:write
      token_expiry_buffer_seconds: 1.5
      auth_retry_on_401: no
  local:
    type: stdio
    command: run
    env: {KEY: "${UNSET}"}
    auth: 5
  login:
    type: sse
    url: https://backend
    headers:
    auth:
      type: pkce
      authorization_endpoint: https://as/authorize
      token_endpoint: https://as/token
      client_id: argus
plugins: {key: "${UNSET} secret:none"}
secrets:
  enabled: true
"#;
    let config = read(yaml, Unresolved::Error).unwrap();
    let warned: Vec<_> = config.warnings.iter().map(|warning| warning.path.as_str()).collect();
    assert_eq!(warned, ["backends.login.auth.type"], "the login is interactive, so it is not performed");
    let [my_server, tools, login] = config.backends.as_slice() else { panic!("{config:?}") };

    assert_eq!((my_server.name.as_str(), my_server.transport), ("my-server", Transport::Sse));
    assert_eq!(my_server.url, "http://backend:8080/sse");
    assert_eq!(shown_headers(&my_server.headers), [("X-Request-Source", "argus")]);
    assert_eq!(my_server.on_auth_failure, FailurePolicy::Open);
    let Some(AuthConfig::Static { headers }) = &my_server.auth else { panic!("{my_server:?}") };
    assert_eq!(shown_headers(headers), [("Authorization", "Bearer canary-token"), ("X-Custom-Header", "value")]);

    assert_eq!((tools.transport, tools.on_auth_failure), (Transport::StreamableHttp, FailurePolicy::Closed));
    let expected = OAuth2Config {
        token_url: "https://auth.example.com/oauth/token".to_owned(),
        client_id: "argus-client".to_owned(),
        client_secret: Secret::new("canary-secret"),
        scopes: vec!["mcp:read".to_owned(), "mcp:write".to_owned()],
        token_expiry_buffer: Duration::from_millis(1500),
        auth_retry_on_401: false,
        options: TokenRequestOptions::default(),
    };
    assert_eq!(tools.auth, Some(AuthConfig::OAuth2(expected)));

    let expected = PkceConfig {
        authorization_endpoint: "https://as/authorize".to_owned(),
        token_endpoint: "https://as/token".to_owned(),
        client_id: "argus".to_owned(),
        client_secret: Secret::new(""),
        scopes: vec![],
        token_expiry_buffer: OAuth2Config::DEFAULT_EXPIRY_BUFFER,
        auth_retry_on_401: true,
    };
    assert_eq!(login.auth, Some(AuthConfig::Pkce(expected)));
    assert!(login.headers.is_empty());
}

#[test]
fn parse_of_a_document_without_backends_gives_an_empty_configuration() {
    for yaml in ["version: '1'", "backends:", "backends: {}", "{}", "1: x\nserver: {port: 1}\nsecurity: {}"] {
        let config = read(yaml, Unresolved::Error).unwrap();
        assert_eq!((config.backends, config.warnings), (vec![], vec![]), "{yaml}");
    }
}

#[test]
fn written_header_overrides_merged_header_of_another_case() {
    let yaml = backend("headers:\n  X-A: written\n  <<: {x-a: merged, X-B: merged}");
    assert_eq!(shown_headers(&only_backend(&yaml, Unresolved::Error).headers), [("X-A", "written"), ("X-B", "merged")]);
}
