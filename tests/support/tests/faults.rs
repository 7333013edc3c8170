//! The effect of each fault on the wire.

mod common;

use std::io::{ErrorKind, Read};
use std::time::{Duration, Instant};

use argus_auth_test_support::{Fault, Reply, TokenEndpoint};
use common::{Client, split};

const BODY: &str = "0123456789";

/// Sends one request to an endpoint that replies with this fault.
fn ask(fault: Fault) -> (TokenEndpoint, Client) {
    let endpoint = TokenEndpoint::start();
    endpoint.script(vec![Reply::text(200, "text/plain", BODY).fault(fault)]);
    let mut client = Client::connect(&endpoint);
    client.post("");
    (endpoint, client)
}

#[test]
fn fault_hang_sends_nothing_and_keeps_the_connection_open() {
    let (_endpoint, mut client) = ask(Fault::Hang);
    client.0.set_read_timeout(Some(Duration::from_millis(30))).unwrap();
    let kind = client.0.read(&mut [0]).unwrap_err().kind();
    assert!(matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut), "{kind}");
}

#[test]
fn fault_reset_before_reply_resets_without_a_byte() {
    let (_endpoint, mut client) = ask(Fault::ResetBeforeReply);
    let (bytes, end) = client.rest();
    assert_eq!((bytes.len(), end.unwrap_err().kind()), (0, ErrorKind::ConnectionReset));
}

#[test]
fn fault_reset_mid_body_sends_half_the_body_then_resets() {
    let (_endpoint, mut client) = ask(Fault::ResetMidBody);
    let (bytes, end) = client.rest();
    let (head, body) = split(&bytes);
    assert!(head.contains("Content-Length: 10\r\n"));
    assert_eq!((body, end.unwrap_err().kind()), (&b"01234"[..], ErrorKind::ConnectionReset));
}

#[test]
fn fault_truncate_sends_half_of_the_announced_length_then_closes() {
    let (_endpoint, mut client) = ask(Fault::Truncate);
    let (bytes, end) = client.rest();
    let (head, body) = split(&bytes);
    assert!(head.contains("Content-Length: 10\r\n") && end.is_ok());
    assert_eq!(body, b"01234");
}

#[test]
fn fault_truncate_of_an_empty_body_announces_one_byte() {
    let endpoint = TokenEndpoint::start();
    endpoint.script(vec![Reply::status(200).fault(Fault::Truncate)]);
    let mut client = Client::connect(&endpoint);
    client.post("");
    let (bytes, _) = client.rest();
    let (head, body) = split(&bytes);
    assert!(head.contains("Content-Length: 1\r\n") && body.is_empty());
}

#[test]
fn fault_truncate_chunked_leaves_out_the_last_chunk() {
    let (_endpoint, mut client) = ask(Fault::TruncateChunked);
    let (bytes, end) = client.rest();
    let (head, body) = split(&bytes);
    assert!(head.contains("Transfer-Encoding: chunked\r\n") && !head.contains("Content-Length") && end.is_ok());
    assert_eq!(body, b"5\r\n01234\r\n");
}

#[test]
fn fault_drip_sends_the_whole_body_in_intervals() {
    let begin = Instant::now();
    let (_endpoint, mut client) = ask(Fault::Drip { bytes_per_interval: 3, interval_ms: 5 });
    assert_eq!(client.answer().body, BODY.as_bytes());
    assert!(begin.elapsed() >= Duration::from_millis(4 * 5));
    client.post("");
    assert_eq!(client.answer().token(), "tok-1");
}

#[test]
fn fault_drip_sends_the_headers_at_once() {
    let (_endpoint, mut client) = ask(Fault::Drip { bytes_per_interval: 1, interval_ms: 3_600_000 });
    let mut seen = [0; 15];
    client.0.read_exact(&mut seen).unwrap();
    assert_eq!(&seen, b"HTTP/1.1 200 OK");
}

#[test]
fn fault_huge_body_is_valid_json_of_the_given_size() {
    for streamed in [false, true] {
        let endpoint = TokenEndpoint::start();
        let fault = Fault::HugeBody { bytes: 3_000_000, streamed };
        endpoint.script(vec![Reply::token("big", 60).header("Connection", "close").fault(fault)]);
        let mut client = Client::connect(&endpoint);
        client.send("POST", "/token", "");
        client.0.shutdown(std::net::Shutdown::Write).unwrap();
        let (bytes, end) = client.rest();
        let (head, body) = split(&bytes);
        assert!(end.is_ok());
        if streamed {
            assert!(head.contains("Transfer-Encoding: chunked\r\n") && body.ends_with(b"\r\n0\r\n\r\n"));
            assert!(body.len() > 3_000_000);
        } else {
            assert!(head.contains("Content-Length: 3000000\r\n"));
            assert_eq!(serde_json::from_slice::<serde_json::Value>(body).unwrap()["access_token"], "big");
            assert_eq!(body.len(), 3_000_000);
        }
    }
}

#[test]
fn fault_huge_body_ends_when_the_client_closes_the_connection() {
    let (endpoint, mut client) = ask(Fault::HugeBody { bytes: u64::MAX, streamed: true });
    client.0.read_exact(&mut [0; 10_000]).unwrap();
    drop(client);
    let mut next = Client::connect(&endpoint);
    next.post("");
    assert_eq!(next.answer().token(), "tok-1");
}

#[test]
fn fault_close_without_reply_closes_without_a_byte() {
    let (_endpoint, mut client) = ask(Fault::CloseWithoutReply);
    let (bytes, end) = client.rest();
    assert!(bytes.is_empty() && end.is_ok());
}

#[test]
fn fault_garbage_sends_bytes_that_are_not_http() {
    let (_endpoint, mut client) = ask(Fault::Garbage);
    let (bytes, end) = client.rest();
    assert!(!bytes.is_empty() && !bytes.starts_with(b"HTTP/") && end.is_ok());
}

#[test]
fn fault_raw_sends_the_body_alone() {
    let (_endpoint, mut client) = ask(Fault::Raw);
    assert_eq!(client.rest().0, BODY.as_bytes());
}

#[test]
fn reply_without_content_length_ends_with_the_connection() {
    let endpoint = TokenEndpoint::start();
    endpoint.script(vec![Reply::text(200, "", BODY).header("Content-Length", "")]);
    let mut client = Client::connect(&endpoint);
    client.post("");
    let (bytes, end) = client.rest();
    assert_eq!(split(&bytes), ("HTTP/1.1 200 OK\r\n\r\n".to_owned(), BODY.as_bytes()));
    assert!(end.is_ok());
}

#[test]
fn reply_redirect_has_status_and_location() {
    let endpoint = TokenEndpoint::start();
    endpoint.script(vec![Reply::redirect(307, "http://other.example/token")]);
    let mut client = Client::connect(&endpoint);
    client.post("");
    let answer = client.answer();
    assert_eq!(answer.status(), 307);
    assert!(answer.head.contains("Location: http://other.example/token\r\n"));
}

#[test]
fn fault_tunnel_passes_bytes_to_the_target_host() {
    let origin = TokenEndpoint::start();
    let proxy = TokenEndpoint::start();
    proxy.script(vec![Reply::status(200).fault(Fault::Tunnel)]);
    let mut client = Client::connect(&proxy);
    client.send("CONNECT", &origin.address().to_string(), "");
    let mut established = [0; 39];
    client.0.read_exact(&mut established).unwrap();
    assert!(established.ends_with(b"established\r\n\r\n"));
    client.post("");
    assert_eq!(client.answer().token(), "tok-1");
    assert_eq!((origin.requests().len(), proxy.requests().len()), (1, 1));
}
