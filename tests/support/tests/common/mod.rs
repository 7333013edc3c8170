//! A minimal HTTP client that shows tests every byte that the endpoint sends.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses only a part of it")]
#![allow(clippy::unwrap_used, reason = "clippy allows it in #[test] functions only, not in their helpers")]

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use argus_auth_test_support::TokenEndpoint;
use serde_json::Value;

/// A timeout that only a failing test reaches.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A connection to an endpoint.
pub struct Client(pub TcpStream);

/// A response with `Content-Length`.
pub struct Answer {
    pub head: String,
    pub body: Vec<u8>,
}

impl Client {
    pub fn connect(endpoint: &TokenEndpoint) -> Self {
        Self::connect_to(endpoint.address().port())
    }

    pub fn connect_to(port: u16) -> Self {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(stream)
    }

    pub fn send(&mut self, method: &str, path: &str, body: &str) {
        let length = body.len();
        write!(self.0, "{method} {path} HTTP/1.1\r\nHost: test\r\nContent-Length: {length}\r\n\r\n{body}").unwrap();
    }

    pub fn post(&mut self, body: &str) {
        self.send("POST", "/token", body);
    }

    /// Reads a response with `Content-Length`. The connection can be used again afterwards.
    pub fn answer(&mut self) -> Answer {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.0.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).unwrap().parse().unwrap();
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).unwrap();
        Answer { head, body }
    }

    /// Reads to the end of the connection. Also returns the error if the connection did not end cleanly.
    pub fn rest(&mut self) -> (Vec<u8>, std::io::Result<()>) {
        let mut bytes = Vec::new();
        let end = self.0.read_to_end(&mut bytes).map(drop);
        (bytes, end)
    }
}

impl Answer {
    pub fn status(&self) -> u16 {
        self.head.split(' ').nth(1).unwrap().parse().unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn token(&self) -> String {
        self.json()["access_token"].as_str().unwrap().to_owned()
    }
}

/// Splits the bytes that `rest` returned into head and body.
pub fn split(bytes: &[u8]) -> (String, &[u8]) {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    (String::from_utf8(bytes[..end].to_vec()).unwrap(), &bytes[end..])
}
