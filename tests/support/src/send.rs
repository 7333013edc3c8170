//! Writes a reply, including its fault.

use std::fmt::Write as _;
use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::connection::Transport;
use crate::reply::{Fault, Reply};

/// The next step for a connection after a reply.
#[derive(PartialEq, Eq)]
pub(crate) enum Next {
    /// The connection can carry another request.
    KeepOpen,
    /// The connection must be closed cleanly: FIN, under TLS after `close_notify`.
    Close,
    /// The connection must be dropped without `close_notify`: after a truncation or a tunnel, or for a reset. For a
    /// reset, the socket's linger time is already zero.
    Drop,
}

/// The framing by which the client recognises the end of the body.
enum Framing {
    Length(u64),
    Chunked,
}

/// Writes a reply. `target` is the request target, to which a tunnel connects.
pub(crate) async fn send<T: Transport>(stream: &mut T, reply: &Reply, target: &str) -> io::Result<Next> {
    let body = reply.body.as_bytes();
    let half = &body[..body.len() / 2];
    // An empty body can't be truncated, so a length of one byte is announced, and that byte is never sent.
    let announced = Framing::Length(length(body).max(1));
    match &reply.fault {
        Fault::None => {
            let mut bytes = head(reply, &Framing::Length(length(body)));
            bytes.extend_from_slice(body);
            write(stream, &bytes).await?;
            return Ok(if says_close(reply) { Next::Close } else { Next::KeepOpen });
        }
        Fault::Hang => {
            while stream.read(&mut [0; 1024]).await? > 0 {}
            return Ok(Next::Close);
        }
        Fault::ResetBeforeReply => stream.tcp().set_zero_linger()?,
        Fault::ResetMidBody => {
            write(stream, &[&head(reply, &announced), half].concat()).await?;
            stream.tcp().set_zero_linger()?;
        }
        Fault::Truncate => write(stream, &[&head(reply, &announced), half].concat()).await?,
        Fault::TruncateChunked => {
            let mut bytes = head(reply, &Framing::Chunked);
            if !half.is_empty() {
                bytes.extend(chunk(half));
            }
            write(stream, &bytes).await?;
        }
        Fault::Drip { bytes_per_interval, interval_ms } => {
            write(stream, &head(reply, &Framing::Length(length(body)))).await?;
            for piece in body.chunks((*bytes_per_interval).max(1)) {
                sleep(Duration::from_millis(*interval_ms)).await;
                write(stream, piece).await?;
            }
            return Ok(Next::KeepOpen);
        }
        Fault::HugeBody { bytes, streamed } => {
            huge(stream, reply, *bytes, *streamed).await?;
            return Ok(Next::KeepOpen);
        }
        Fault::CloseWithoutReply => return Ok(Next::Close),
        Fault::Garbage => {
            write(stream, b"\x00\x01\xfe\xffnot a protocol anyone speaks\r\n\r\n").await?;
            return Ok(Next::Close);
        }
        Fault::Raw => {
            write(stream, body).await?;
            return Ok(Next::Close);
        }
        Fault::Tunnel => {
            let mut upstream = TcpStream::connect(target).await?;
            write(stream, b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
            tokio::io::copy_bidirectional(stream, &mut upstream).await?;
        }
    }
    Ok(Next::Drop)
}

/// Writes and flushes, so that the bytes are sent before a following fault.
pub(crate) async fn write<T: Transport>(stream: &mut T, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}

/// Writes the body followed by spaces up to `total` bytes.
async fn huge<T: Transport>(stream: &mut T, reply: &Reply, total: u64, streamed: bool) -> io::Result<()> {
    const BLOCK: [u8; 16 * 1024] = [b' '; 16 * 1024];
    let body = reply.body.as_bytes();
    let total = total.max(length(body));
    let framing = if streamed { Framing::Chunked } else { Framing::Length(total) };
    let framed = |bytes: &[u8]| if streamed { chunk(bytes) } else { bytes.to_vec() };

    let mut start = head(reply, &framing);
    if !body.is_empty() {
        start.extend(framed(body));
    }
    write(stream, &start).await?;
    let mut left = total - length(body);
    while left > 0 {
        let size = BLOCK.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        write(stream, &framed(&BLOCK[..size])).await?;
        left -= length(&BLOCK[..size]);
    }
    if streamed {
        write(stream, b"0\r\n\r\n").await?;
    }
    Ok(())
}

fn head(reply: &Reply, framing: &Framing) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {} {}\r\n", reply.status, reason(reply.status));
    for (name, value) in reply.headers.iter().filter(|(_, value)| !value.is_empty()) {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    let names = |wanted: &str| reply.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted));
    if !names("Content-Type") && !reply.body.is_empty() {
        text.push_str("Content-Type: application/json\r\n");
    }
    match framing {
        Framing::Chunked => text.push_str("Transfer-Encoding: chunked\r\n"),
        Framing::Length(_) if names("Content-Length") || names("Transfer-Encoding") => {}
        Framing::Length(length) => {
            let _ = write!(text, "Content-Length: {length}\r\n");
        }
    }
    text.push_str("\r\n");
    text.into_bytes()
}

fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

/// Returns whether the client expects the connection to close after this reply.
fn says_close(reply: &Reply) -> bool {
    reply.headers.iter().any(|(name, value)| {
        // Without a length, the end of the connection is the end of the body.
        (name.eq_ignore_ascii_case("connection") && value.eq_ignore_ascii_case("close"))
            || (name.eq_ignore_ascii_case("content-length") && value.is_empty())
    })
}

fn length(bytes: &[u8]) -> u64 {
    bytes.len() as u64
}

/// Returns the reason phrase of the status line. Some clients show it in messages. No client may depend on it.
fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        301 => "Moved Permanently",
        302 => "Found",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Status",
    }
}
