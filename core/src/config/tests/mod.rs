//! From text to values or problems.

mod files;
mod gateway;
mod oauth2;
mod problems;
mod references;

use std::env::VarError;
use std::time::Duration;

use super::*;
use crate::secret::Secret;

/// Part of every value that came from the environment: it must never be shown.
const CANARY: &str = "canary";

fn environment(name: &str) -> Result<String, VarError> {
    match name {
        "TOKEN" => Ok("canary-token".to_owned()),
        "EMPTY" | "SECRET_EMPTY" => Ok(String::new()),
        "LINES" => Ok("canary\nX-Injected: 1".to_owned()),
        "NUMBER" => Ok("42".to_owned()),
        "HOST" => Ok("backend.example".to_owned()),
        "TO_SECRET" => Ok("secret:canary-name".to_owned()),
        "TO_KEY" => Ok("secret:key".to_owned()),
        "NOT_UNICODE" => Err(VarError::NotUnicode(CANARY.into())),
        "SECRET_KEY" => Ok("canary-secret".to_owned()),
        "SECRET_NESTED" => Ok("canary${TOKEN}secret:key".to_owned()),
        _ => Err(VarError::NotPresent),
    }
}

fn read(yaml: &str, unresolved: Unresolved) -> Result<Config, ConfigError> {
    read_with(yaml, &LoadOptions { unresolved, ..LoadOptions::default() })
}

fn read_with(yaml: &str, options: &LoadOptions) -> Result<Config, ConfigError> {
    let result = parse_in(yaml.as_bytes(), options, &environment);
    let shown = match &result {
        Ok(config) => format!("{config:?} {config:#?}"),
        Err(error) => format!("{error} {error:?}"),
    };
    assert!(!shown.contains(CANARY), "a secret shows: {shown}\nin: {yaml}");
    result
}

/// All problems as a user sees them.
fn problems(yaml: &str, unresolved: Unresolved) -> Vec<String> {
    problems_of(read(yaml, unresolved))
}

/// As `argus-auth check` finds them.
fn problems_of_check(yaml: &str) -> Vec<String> {
    problems_of(read_with(yaml, &LoadOptions { thorough: true, ..LoadOptions::default() }))
}

fn problems_of(result: Result<Config, ConfigError>) -> Vec<String> {
    let problems = match result {
        Ok(config) => config.warnings,
        Err(error) => error.problems,
    };
    let note = |severity| if severity == Severity::Warning { "warning: " } else { "" };
    problems.iter().map(|problem| format!("{}{problem}", note(problem.severity))).collect()
}

/// An `sse` backend with these lines in it, on line 5 of the file and column 5.
fn backend(lines: &str) -> String {
    format!("backends:\n  b:\n    type: sse\n    url: http://b\n{}", indent(4, lines))
}

/// An `oauth2` block with these lines in it, on line 10 of the file and column 7.
fn oauth2(lines: &str) -> String {
    let block = "auth:\n  type: oauth2\n  token_url: https://as/token\n  client_id: id\n  client_secret: s\n";
    backend(&format!("{block}{}", indent(2, lines)))
}

fn indent(by: usize, lines: &str) -> String {
    let blanks = " ".repeat(by);
    lines.lines().flat_map(|line| [blanks.as_str(), line, "\n"]).collect()
}

fn only_backend(yaml: &str, unresolved: Unresolved) -> BackendConfig {
    let mut config = read(yaml, unresolved).unwrap_or_else(|error| panic!("{error}\nin: {yaml}"));
    assert_eq!(config.backends.len(), 1, "{yaml}");
    config.backends.remove(0)
}

fn shown_headers(headers: &crate::headers::Headers) -> Vec<(&str, &str)> {
    headers.iter().map(|(name, value)| (name, value.expose_secret())).collect()
}

#[test]
fn the_documented_examples() {
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
    assert_eq!(warned, ["backends.login.auth.type"], "the interactive login that is not performed here");
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
fn nothing_configured_is_fine() {
    for yaml in ["version: '1'", "backends:", "backends: {}", "{}", "1: x\nserver: {port: 1}\nsecurity: {}"] {
        let config = read(yaml, Unresolved::Error).unwrap();
        assert_eq!((config.backends, config.warnings), (vec![], vec![]), "{yaml}");
    }
}

#[test]
fn what_is_written_overrides_what_is_merged_whatever_the_case() {
    let yaml = backend("headers:\n  X-A: mine\n  <<: {x-a: theirs, X-B: theirs}");
    assert_eq!(shown_headers(&only_backend(&yaml, Unresolved::Error).headers), [("X-A", "mine"), ("X-B", "theirs")]);
}

#[test]
fn numbers_and_truth_values() {
    let secs = Duration::from_secs_f64;
    for (text, expected) in [
        ("5", Some(secs(5.0))),
        ("0", Some(Duration::ZERO)),
        ("-0.0", Some(Duration::ZERO)),
        ("1.5", Some(secs(1.5))),
        ("true", Some(secs(1.0))),
        ("' 1.5 '", Some(secs(1.5))),
        ("'1_0.5'", Some(secs(10.5))),
        ("' 1_0.5 '", None),
        ("1e3", Some(secs(1000.0))),
        ("${NUMBER}", Some(secs(42.0))),
        (".inf", Some(Duration::MAX)),
        ("1e400", Some(Duration::MAX)),
        ("1000000000000000000000000000000", Some(Duration::MAX)),
        (&format!("1{}", "0".repeat(400)), None),
        (&format!("'1{}'", "0".repeat(400)), Some(Duration::MAX)),
        (".nan", None),
        ("'nan'", None),
        ("'1__0'", None),
        ("'_1'", None),
        ("''", None),
        ("0x", None),
        ("null", None),
        ("[1]", None),
        ("2020-01-01", None),
    ] {
        let config = read(&oauth2(&format!("token_expiry_buffer_seconds: {text}")), Unresolved::Error).ok();
        let found = config.map(|mut config| match config.backends.remove(0).auth {
            Some(AuthConfig::OAuth2(oauth2)) => oauth2.token_expiry_buffer,
            other => panic!("{other:?}"),
        });
        assert_eq!(found, expected, "{text}");
    }
    for (text, expected) in [
        ("yes", Some(true)),
        ("'ON'", Some(true)),
        ("T", Some(true)),
        ("1.0", Some(true)),
        ("off", Some(false)),
        ("'n'", Some(false)),
        ("-0.0", Some(false)),
        ("' yes'", None),
        ("''", None),
        ("2", None),
        ("null", None),
    ] {
        let config = read(&oauth2(&format!("auth_retry_on_401: {text}")), Unresolved::Error).ok();
        let found = config.map(|mut config| match config.backends.remove(0).auth {
            Some(AuthConfig::OAuth2(oauth2)) => oauth2.auth_retry_on_401,
            other => panic!("{other:?}"),
        });
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn files() {
    let directory = std::env::temp_dir().join(format!("argus-auth-config-{}", std::process::id()));
    std::fs::create_dir_all(directory.join("folder.yaml")).unwrap();
    for (name, content, expected) in [
        ("good.yaml", Some("backends: {b: {type: sse, url: http://b}}"), None),
        ("good.YML", Some("backends: {b: {type: sse, url: http://b}}"), None),
        ("bad.json", Some("{}"), Some("only YAML files are read; the name must end in .yaml or .yml")),
        (".yaml", Some("{}"), Some("only YAML files are read; the name must end in .yaml or .yml")),
        ("missing.yaml", None, Some("the file does not exist")),
        ("folder.yaml", None, Some("the file is a directory; it must be a file")),
    ] {
        let path = directory.join(name);
        if let Some(content) = content {
            std::fs::write(&path, content).unwrap();
        }
        match (load(&path, &LoadOptions::default()), expected) {
            (Ok(config), None) => assert_eq!(config.backends.len(), 1),
            (Err(error), Some(expected)) => {
                assert_eq!(error.file, Some(path.clone()));
                assert_eq!(error.to_string(), format!("{}: 1 problem\n  {expected}", path.display()));
            }
            (result, expected) => panic!("{name}: {result:?}, expected {expected:?}"),
        }
    }
    let large = directory.join("large.yaml");
    std::fs::File::create(&large).unwrap().set_len(1 << 40).unwrap();
    let error = load(&large, &LoadOptions::default()).unwrap_err();
    assert_eq!(error.problems[0].message, "the file is larger than the limit of 10485760 bytes");
    // Opening it would wait for someone to write to it.
    let pipe = directory.join("pipe.yaml");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let error = load(&pipe, &LoadOptions::default()).unwrap_err();
    assert_eq!(error.problems[0].message, "the file is not a regular file");
    std::fs::remove_dir_all(directory).unwrap();
}
