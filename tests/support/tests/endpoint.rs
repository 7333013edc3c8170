//! What the endpoint records, and how it starts, stops, holds and goes on.

mod common;

use std::io::{ErrorKind, Write};
use std::net::TcpStream;
use std::time::Duration;

use argus_auth_test_support::{Reply, TokenEndpoint};
use common::{Client, PATIENCE};
use serde_json::json;

#[test]
fn every_token_is_new_and_the_connection_is_kept() {
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
fn a_request_is_recorded_as_it_was_sent() {
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
fn targets_that_a_proxy_sees_are_understood() {
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
fn chunked_pipelined_and_split_requests_are_read() {
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
fn the_script_comes_first_then_the_default() {
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
fn held_replies_wait_for_their_release() {
    let endpoint = TokenEndpoint::start();
    endpoint.release(); // Too early to count for what comes later.
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
fn waiting_for_requests_ends_at_its_timeout() {
    let endpoint = TokenEndpoint::start();
    assert!(endpoint.wait_for_requests(0, Duration::ZERO));
    assert!(!endpoint.wait_for_requests(1, Duration::from_millis(1)));
}

#[test]
fn stopped_is_refused_and_restarted_is_the_same() {
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
fn nonsense_is_answered_and_concerns_nobody_else() {
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
fn many_clients_at_once() {
    // Both ends are ours, and some systems allow a process 1,024 descriptors.
    let endpoint = TokenEndpoint::start();
    let mut clients: Vec<Client> = (0..300).map(|_| Client::connect(&endpoint)).collect();
    for client in &mut clients {
        client.post("");
    }
    let tokens: std::collections::HashSet<String> = clients.iter_mut().map(|client| client.answer().token()).collect();
    assert_eq!((tokens.len(), endpoint.requests().len()), (300, 300));
}

#[test]
fn replies_are_data() {
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
