//! The values that the gateway's own loader would return, and the fields that only the gateway uses.

use super::{Unresolved, assert_rows, backend, only_backend, problems, read};
use crate::config::GatewayValue;

/// Returns a value in a form similar to Python's `print`.
fn shown(value: &GatewayValue<'_>) -> String {
    match value {
        GatewayValue::Null => "None".to_owned(),
        GatewayValue::Bool(value) => value.to_string(),
        GatewayValue::Int(value) => value.to_string(),
        GatewayValue::Float(value) => format!("{value:?}"),
        GatewayValue::Text(value) => (*value).to_owned(),
        GatewayValue::List(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
        GatewayValue::Map(entries) => {
            let entry = |(key, value): &(&str, GatewayValue<'_>)| format!("{key}: {}", shown(value));
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
    }
}

#[test]
fn gateway_value_has_the_keys_and_order_of_the_gateways_loader() {
    let rows = [
        ("", "{type: sse, url: http://b}"),
        ("headers: {}\nauth: null\nargs: [x]\nenv: {A: b}\ncommand: null", "{type: sse, url: http://b}"),
        (
            "headers: {X: y}\nenv: {A: '${TOKEN}'}\ncommand: ' run '\nauth: {type: static, headers: {A: b}}",
            "{type: sse, url: http://b, command: run, args: [], env: {A: canary-token}, headers: {X: y}, \
             auth: {type: static, headers: {A: b}}}",
        ),
        (
            "auth: {type: oauth2, client_id: i, token_url: t, client_secret: s, token_expiry_buffer_seconds: 1e400}\ncommand: c",
            "{type: sse, url: http://b, command: c, args: [], env: None, auth: {type: oauth2, token_url: t, \
             client_id: i, client_secret: s, scopes: [], token_expiry_buffer_seconds: inf, auth_retry_on_401: true}}",
        ),
        (
            "auth: {type: pkce, client_id: i, token_endpoint: t, authorization_endpoint: a, scopes: [x]}",
            "{type: sse, url: http://b, auth: {type: pkce, authorization_endpoint: a, token_endpoint: t, \
             client_id: i, client_secret: , scopes: [x], token_expiry_buffer_seconds: 300.0, auth_retry_on_401: true}}",
        ),
        (
            "timeouts: {retry_delay: true, retries: ' 1_0 ', startup: null, sse_startup: '2', cap_fetch: 1e3, init: 0}",
            "{type: sse, url: http://b, init_timeout: 0.0, cap_fetch_timeout: 1000.0, \
             sse_startup_delay: 2.0, retries: 10, retry_delay: 1.0}",
        ),
    ];
    assert_rows(rows.map(|(lines, expected)| {
        (lines, shown(&only_backend(&backend(lines), Unresolved::Error).gateway_value()), expected)
    }));
}

#[test]
fn unset_variable_in_the_command_is_kept_with_a_warning() {
    let yaml = backend("command: ${A}\nargs: ['${B}']\nenv: {C: 'secret:no-such'}");
    let found = problems(&yaml, Unresolved::Error);
    assert_eq!(found.len(), 3);
    assert!(found.iter().all(|problem| problem.starts_with("warning: ")), "{found:?}");
    let value = shown(&only_backend(&yaml, Unresolved::Error).gateway_value());
    assert_eq!(value, "{type: sse, url: http://b, command: ${A}, args: [${B}], env: {C: secret:no-such}}");
}

#[test]
fn field_that_only_the_gateway_uses_is_an_error_if_invalid() {
    let rows = [
        ("command: ' '", "command"),
        ("args: null", "args"),
        ("args: [1]", "args[0]"),
        ("env: []", "env"),
        ("env: {A: 1}", "env.A"),
        ("group: null", "group"),
        ("filters: null", "filters"),
        ("filters: {tools: null}", "filters.tools"),
        ("filters: {tools: {allow: x}}", "filters.tools.allow"),
        ("filters: {prompts: {deny: [1]}}", "filters.prompts.deny[0]"),
        ("tool_overrides: []", "tool_overrides"),
        ("tool_overrides: {t: null}", "tool_overrides.t"),
        ("tool_overrides: {t: {name: 1}}", "tool_overrides.t.name"),
        ("created_by: 1", "created_by"),
        ("metadata_version: 0", "metadata_version"),
        ("metadata_version: '2.5'", "metadata_version"),
        ("timeouts: null", "timeouts"),
        ("timeouts: {init: -1}", "timeouts.init"),
        ("timeouts: {startup: .nan}", "timeouts.startup"),
        ("timeouts: {retries: 11}", "timeouts.retries"),
        ("timeouts: {retries: '2.'}", "timeouts.retries"),
        ("timeouts: {retries: '+_2'}", "timeouts.retries"),
        ("timeouts: {retries: '0+2'}", "timeouts.retries"),
        ("timeouts: {retries: '0_'}", "timeouts.retries"),
        ("metadata_version: 9223372036854775808.0", "metadata_version"),
        (&format!("metadata_version: '{}'", "1".repeat(4301)), "metadata_version"),
        ("timeouts: {retry_delay: 121}", "timeouts.retry_delay"),
    ];
    assert_rows(rows.map(|(lines, path)| {
        let problems = read(&backend(lines), Unresolved::Error).err().map_or_else(Vec::new, |error| error.problems);
        let paths: Vec<_> = problems.into_iter().map(|problem| problem.path).collect();
        (lines, paths, [format!("backends.b.{path}")])
    }));
}

#[test]
fn field_that_only_the_gateway_uses_is_no_problem_if_valid() {
    let rows = [
        "metadata_version: '1_0.0'",
        "metadata_version: 99999999999999999999",
        "metadata_version: 9223372036854774784.0",
        &format!("metadata_version: '+0{}.00'", "1".repeat(4300)),
        "timeouts: {retries: '+0__2'}",
        "timeouts: {retries: '0_0'}",
        "created_via: null",
        "group: ''",
    ];
    assert_rows(rows.map(|lines| (lines, problems(&backend(lines), Unresolved::Error), [""; 0])));
}
