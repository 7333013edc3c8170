//! Reads one HTTP/1.1 request from a connection.

use std::io::{self, ErrorKind};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// The limits on a request, in bytes. The library's requests are far smaller; the limits only keep a faulty test from
/// using up the memory.
const MAX_HEAD: usize = 256 * 1024;
const MAX_BODY: usize = 64 * 1024 * 1024;

/// A request as it was received.
pub(crate) struct Parsed {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// True if the client keeps the connection open after the reply.
    pub keep_alive: bool,
}

/// Reads the next request. Returns `None` if the client closed the connection between two requests. Bytes that were
/// read beyond the request stay in `buffer`.
pub(crate) async fn read_request<S>(stream: &mut S, buffer: &mut Vec<u8>) -> io::Result<Option<Parsed>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let head = loop {
        if let Some(end) = find(buffer, b"\r\n\r\n") {
            break take(buffer, end + 4);
        }
        if buffer.len() > MAX_HEAD {
            return Err(bad("head too long"));
        }
        if stream.read_buf(buffer).await? == 0 {
            return if buffer.is_empty() { Ok(None) } else { Err(ErrorKind::UnexpectedEof.into()) };
        }
    };
    let mut parsed = parse_head(&head)?;
    let header = |name: &str| {
        let mut all = parsed.headers.iter();
        all.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_ascii_lowercase())
    };
    if header("expect").is_some_and(|value| value == "100-continue") {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        stream.flush().await?;
    }
    parsed.body = if header("transfer-encoding").is_some_and(|value| value == "chunked") {
        read_chunked(stream, buffer).await?
    } else {
        let length =
            header("content-length").map_or(Ok(0), |value| value.parse().map_err(|_| bad("content-length")))?;
        read_exactly(stream, buffer, length).await?
    };
    Ok(Some(parsed))
}

fn parse_head(head: &[u8]) -> io::Result<Parsed> {
    let text = String::from_utf8_lossy(head);
    let mut lines = text.trim_end_matches("\r\n").split("\r\n");
    let mut first = lines.next().unwrap_or_default().split(' ');
    let (Some(method), Some(target), Some(version), None) = (first.next(), first.next(), first.next(), first.next())
    else {
        return Err(bad("request line"));
    };
    if !version.starts_with("HTTP/1.") {
        return Err(bad("version"));
    }
    let headers = lines
        .map(|line| {
            let (name, value) = line.split_once(':').ok_or_else(|| bad("header line"))?;
            Ok((name.to_owned(), value.trim_matches([' ', '\t']).to_owned()))
        })
        .collect::<io::Result<Vec<_>>>()?;
    let says_close = headers
        .iter()
        .any(|(name, value)| name.eq_ignore_ascii_case("connection") && value.eq_ignore_ascii_case("close"));
    Ok(Parsed {
        method: method.to_owned(),
        target: target.to_owned(),
        headers,
        body: Vec::new(),
        keep_alive: version == "HTTP/1.1" && !says_close,
    })
}

async fn read_exactly<S: AsyncRead + Unpin>(
    stream: &mut S,
    buffer: &mut Vec<u8>,
    length: usize,
) -> io::Result<Vec<u8>> {
    if length > MAX_BODY {
        return Err(bad("body too long"));
    }
    while buffer.len() < length {
        if stream.read_buf(buffer).await? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(take(buffer, length))
}

async fn read_chunked<S: AsyncRead + Unpin>(stream: &mut S, buffer: &mut Vec<u8>) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = read_line(stream, buffer).await?;
        let digits = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(digits, 16).map_err(|_| bad("chunk size"))?;
        if size == 0 {
            while !read_line(stream, buffer).await?.is_empty() {}
            return Ok(body);
        }
        if body.len().saturating_add(size) > MAX_BODY {
            return Err(bad("body too long"));
        }
        body.extend(read_exactly(stream, buffer, size).await?);
        read_line(stream, buffer).await?;
    }
}

async fn read_line<S: AsyncRead + Unpin>(stream: &mut S, buffer: &mut Vec<u8>) -> io::Result<String> {
    loop {
        if let Some(end) = find(buffer, b"\r\n") {
            let line = take(buffer, end + 2);
            return Ok(String::from_utf8_lossy(&line[..end]).into_owned());
        }
        if buffer.len() > MAX_HEAD {
            return Err(bad("line too long"));
        }
        if stream.read_buf(buffer).await? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// Removes the first `count` bytes of a buffer and returns them.
fn take(buffer: &mut Vec<u8>, count: usize) -> Vec<u8> {
    let rest = buffer.split_off(count);
    std::mem::replace(buffer, rest)
}

fn bad(what: &'static str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what)
}
