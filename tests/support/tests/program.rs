//! The program `token-endpoint`, used as tests in other languages use it.

#![allow(clippy::unwrap_used, reason = "clippy allows it in #[test] functions only, not in their helpers")]

mod common;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use argus_auth_test_support::Request;
use common::{Answer, Client};
use serde_json::{Value, json};

fn start(arguments: &[&str]) -> (Child, u16) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_token-endpoint"))
        .args(arguments)
        .arg("--stdin-eof")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let port = line.strip_prefix("token endpoint: http://127.0.0.1:").and_then(|rest| rest.strip_suffix("/token\n"));
    (child, port.unwrap().parse().unwrap())
}

fn ask(client: &mut Client, method: &str, path: &str, body: &Value) -> Answer {
    client.send(method, path, &body.to_string());
    client.answer()
}

#[test]
fn program_is_controlled_over_http_and_ends_with_its_standard_input() {
    let log = std::env::temp_dir().join(format!("token-endpoint-{}.jsonl", std::process::id()));
    let (mut child, port) = start(&["--expires-in", "7", "--log", log.to_str().unwrap()]);
    let mut client = Client::connect_to(port);

    let script = json!([{"status": 503}, {"body": {"access_token": "tok-{n}"}, "hold": true}]);
    assert_eq!(ask(&mut client, "POST", "/_script", &script).status(), 200);
    assert_eq!(ask(&mut client, "POST", "/token", &json!(1)).status(), 503);
    client.send("POST", "/t/2", "grant_type=client_credentials");
    let mut control = Client::connect_to(port);
    loop {
        let seen = ask(&mut control, "GET", "/_requests", &json!(null)).json();
        if seen.as_array().unwrap().len() == 2 {
            assert_eq!(seen[1]["form"], json!([["grant_type", "client_credentials"]]));
            assert_eq!((&seen[0]["connection"], &seen[1]["path"]), (&json!(1), &json!("/t/2")));
            break;
        }
    }
    ask(&mut control, "POST", "/_release", &json!(null));
    assert_eq!(client.answer().token(), "tok-1");
    client.post("");
    assert_eq!(client.answer().json()["expires_in"], 7);

    ask(&mut control, "POST", "/_default", &json!({"status": 418}));
    client.post("");
    assert_eq!(client.answer().status(), 418);
    assert_eq!(ask(&mut control, "POST", "/_default", &json!({"nonsense": 1})).status(), 400);
    assert_eq!(ask(&mut control, "POST", "/_nonsense", &json!(1)).status(), 404);
    ask(&mut control, "POST", "/_reset", &json!(null));
    assert_eq!(ask(&mut control, "GET", "/_requests", &json!(null)).json(), json!([]));

    let text = std::fs::read_to_string(&log).unwrap();
    std::fs::remove_file(&log).unwrap();
    let logged: Vec<Request> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        logged.iter().map(|request| request.path.as_str()).collect::<Vec<_>>(),
        ["/token", "/t/2", "/token", "/token"]
    );

    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}

#[test]
fn program_with_an_unknown_flag_fails_with_status_2() {
    let output = Command::new(env!("CARGO_BIN_EXE_token-endpoint")).arg("--prot").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty() && String::from_utf8(output.stderr).unwrap().contains("unknown flag --prot"));
}
