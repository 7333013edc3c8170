//! A client that does as little as possible, so that every byte it sees is the endpoint's.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, reason = "outside #[test] functions clippy does not see that it is a test")]

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use argus_auth_test_support::TokenEndpoint;
use serde_json::Value;

/// So long that only a test that fails ever waits for it.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub struct Client(pub TcpStream);

/// What came back before the client had enough or the connection ended.
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

    /// Reads a reply with a length and leaves the connection usable.
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

    /// Reads to the end of the connection; the error if it was not a proper end.
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

/// Splits what `rest` gave into head and body.
pub fn split(bytes: &[u8]) -> (String, &[u8]) {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    (String::from_utf8(bytes[..end].to_vec()).unwrap(), &bytes[end..])
}
