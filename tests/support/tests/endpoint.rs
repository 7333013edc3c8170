//! The endpoint: its records, its script, held replies, stop and restart.

mod common;

use std::io::{ErrorKind, Write};
use std::net::TcpStream;
use std::time::Duration;

use argus_auth_test_support::{Reply, TokenEndpoint};
use common::{Client, PATIENCE};
use serde_json::json;

#[test]
fn default_reply_issues_a_new_token_each_time_and_keeps_the_connection_open() {
    let endpoint = TokenEndpoint::start();
    let mut client = Client::connect(&endpoint);
    client.post("a=1");
    let first = client.answer();
    client.post("a=2");
    let second = client.answer();
    let mut other = Client::connect(&endpoint);
    other.post("a=3");

    assert_eq!(first.json(), json!({"access_token": "tok-1", "token_type": "Bearer", "expires_in": 3600}));
    assert_eq!(second.token(), "tok-2");
    assert_eq!(other.answer().token(), "tok-3");
    let connections: Vec<u64> = endpoint.requests().iter().map(|request| request.connection).collect();
    assert_eq!(connections, [1, 1, 2]);
    assert_eq!(endpoint.accepted(), 2);
}

#[test]
fn request_is_recorded_unchanged_and_with_its_form_decoded() {
    let endpoint = TokenEndpoint::start();
    let mut client = Client::connect(&endpoint);
    let body = "client_id=a%3Ab&client_secret=%C3%A9%2B+%25&scope=x&scope=y";
    let length = body.len();
    write!(
        client.0,
        "POST /t/1?q=2 HTTP/1.1\r\nhost: h\r\nX-Two: 1\r\nx-two: 2\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    client.answer();

    let request = endpoint.requests().remove(0);
    assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/t/1?q=2"));
    assert_eq!((request.path.as_str(), request.query.as_str()), ("/t/1", "q=2"));
    let headers: Vec<(&str, &str)> = request.headers.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(headers[..3], [("host", "h"), ("X-Two", "1"), ("x-two", "2")]);
    assert_eq!(request.body, body);
    let form: Vec<(&str, &str)> = request.form.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(form, [("client_id", "a:b"), ("client_secret", "é+ %"), ("scope", "x"), ("scope", "y")]);
    assert_eq!(request.form_value("client_id"), Some("a:b"));
    assert_eq!(request.header("HOST"), Some("h"));
    assert_eq!(request.peer_port, client.0.local_addr().unwrap().port());
}

#[test]
fn request_to_a_proxy_is_recorded_with_its_whole_target() {
    let endpoint = TokenEndpoint::start();
    endpoint.default_reply(Reply::status(407));
    let mut client = Client::connect(&endpoint);
    client.send("POST", "http://idp.example:8080/token?x=1", "");
    assert_eq!(client.answer().status(), 407);
    client.send("CONNECT", "idp.example:443", "");
    client.answer();

    let requests = endpoint.requests();
    assert_eq!((requests[0].path.as_str(), requests[0].query.as_str()), ("/token", "x=1"));
    assert_eq!(requests[0].target, "http://idp.example:8080/token?x=1");
    assert_eq!(requests[1].target, "idp.example:443");
}

#[test]
fn requests_that_are_chunked_pipelined_and_split_are_read() {
    let endpoint = TokenEndpoint::start();
    let mut client = Client::connect(&endpoint);
    let bytes = "POST /token HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n2;x=y\r\ncd\r\n0\r\n\r\n\
                 POST /token HTTP/1.1\r\nContent-Length: 3\r\nConnection: close\r\n\r\ne=f";
    for byte in bytes.as_bytes() {
        client.0.write_all(&[*byte]).unwrap();
    }
    let (replies, end) = client.rest();
    assert_eq!(String::from_utf8(replies).unwrap().matches("HTTP/1.1 200 OK").count(), 2);
    assert!(end.is_ok());
    let bodies: Vec<String> = endpoint.requests().into_iter().map(|request| request.body).collect();
    assert_eq!(bodies, ["a=bcd", "e=f"]);
}

#[test]
fn script_is_used_before_the_default_reply_and_reset_restores_both() {
    let endpoint = TokenEndpoint::start();
    endpoint.script(vec![Reply::status(503).header("Retry-After", "2"), Reply::oauth_error(401, "invalid_client")]);
    endpoint.default_reply(Reply::token("always", 5));
    let mut client = Client::connect(&endpoint);
    let answers = [(); 4].map(|()| {
        client.post("");
        client.answer()
    });
    assert!(answers[0].head.starts_with("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\n"));
    assert_eq!(answers[1].json(), json!({"error": "invalid_client"}));
    assert_eq!([answers[2].token(), answers[3].token()], ["always", "always"]);

    endpoint.reset();
    assert!(endpoint.requests().is_empty());
    client.post("");
    assert_eq!(client.answer().token(), "tok-1");
}

#[test]
fn held_reply_waits_for_a_release_after_its_request() {
    let endpoint = TokenEndpoint::start();
    endpoint.release(); // Has no effect on later requests.
    endpoint.script(vec![Reply::token("held-1", 1).hold(), Reply::token("held-2", 1).hold(), Reply::token("free", 1)]);
    let mut clients = [(); 3].map(|()| Client::connect(&endpoint));
    for (number, client) in clients.iter_mut().enumerate() {
        client.post("");
        assert!(endpoint.wait_for_requests(number + 1, PATIENCE));
    }
    assert_eq!(clients[2].answer().token(), "free");
    for held in &clients[..2] {
        held.0.set_nonblocking(true).unwrap();
        assert_eq!(held.0.peek(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
        held.0.set_nonblocking(false).unwrap();
    }
    endpoint.release();
    assert_eq!(clients[0].answer().token(), "held-1");
    assert_eq!(clients[1].answer().token(), "held-2");
}

#[test]
fn wait_for_requests_with_too_few_requests_ends_at_its_timeout() {
    let endpoint = TokenEndpoint::start();
    assert!(endpoint.wait_for_requests(0, Duration::ZERO));
    assert!(!endpoint.wait_for_requests(1, Duration::from_millis(1)));
}

#[test]
fn stopped_endpoint_refuses_connections_and_restarts_with_its_state() {
    let endpoint = TokenEndpoint::start();
    let mut client = Client::connect(&endpoint);
    client.post("");
    assert_eq!(client.answer().token(), "tok-1");

    endpoint.stop();
    assert_eq!(client.rest().0, b"");
    let refused = TcpStream::connect(endpoint.address()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    endpoint.stop();

    endpoint.restart();
    endpoint.restart();
    let mut client = Client::connect(&endpoint);
    client.post("");
    assert_eq!(client.answer().token(), "tok-2");
    assert_eq!(endpoint.requests().len(), 2);
}

#[test]
fn malformed_request_gets_400_and_another_connection_still_works() {
    let endpoint = TokenEndpoint::start();
    let mut client = Client::connect(&endpoint);
    client.0.write_all(b"\x16\x03\x01 this is no HTTP\r\n\r\n").unwrap();
    assert!(client.rest().0.starts_with(b"HTTP/1.1 400 "));
    let mut other = Client::connect(&endpoint);
    other.post("");
    other.answer();
    assert_eq!(endpoint.requests().len(), 1);
}

#[test]
fn three_hundred_clients_at_once_get_different_tokens() {
    // Not more than 300 clients: both ends of each connection are in this process, and some systems allow a process
    // only 1,024 descriptors.
    let endpoint = TokenEndpoint::start();
    let mut clients: Vec<Client> = (0..300).map(|_| Client::connect(&endpoint)).collect();
    for client in &mut clients {
        client.post("");
    }
    let tokens: std::collections::HashSet<String> = clients.iter_mut().map(|client| client.answer().token()).collect();
    assert_eq!((tokens.len(), endpoint.requests().len()), (300, 300));
}

#[test]
fn replies_round_trip_through_json_and_reject_unknown_fields_and_faults() {
    let replies: Vec<Reply> = serde_json::from_value(json!([
        {},
        {"status": 429, "headers": [["Retry-After", "2"]], "hold": true, "delay_ms": 5},
        {"body": {"access_token": "x"}, "fault": "reset_mid_body"},
        {"body": "{\"expires_in\": 1e300}", "fault": {"drip": {"bytes_per_interval": 1, "interval_ms": 1000}}},
        {"fault": {"huge_body": {"bytes": 1_073_741_824, "streamed": true}}},
    ]))
    .unwrap();
    assert_eq!(replies[0], Reply::status(200));
    assert_eq!(replies[1], Reply::status(429).header("Retry-After", "2").hold().delay_ms(5));
    assert_eq!(replies[2].body, r#"{"access_token":"x"}"#);
    assert_eq!(replies[3].body, r#"{"expires_in": 1e300}"#);
    let again: Vec<Reply> = serde_json::from_str(&serde_json::to_string(&replies).unwrap()).unwrap();
    assert_eq!(again, replies);
    assert!(serde_json::from_value::<Reply>(json!({"stauts": 503})).is_err());
    assert!(serde_json::from_value::<Reply>(json!({"fault": "explode"})).is_err());
}
