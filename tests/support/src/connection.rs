//! One connection: reads requests and writes replies until one side closes it.

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;
use tokio_rustls::server::TlsStream;

use crate::control;
use crate::http::read_request;
use crate::reply::Reply;
use crate::send::{Next, send};
use crate::shared::Shared;

/// A byte stream with access to its TCP socket. A reset needs an option of that socket, also under TLS.
pub(crate) trait Transport: AsyncRead + AsyncWrite + Unpin {
    fn tcp(&self) -> &TcpStream;
}

impl Transport for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Transport for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// Serves a connection until it ends. An error of its client does not affect other connections.
pub(crate) async fn serve<T: Transport>(mut stream: T, peer_port: u16, shared: Arc<Shared>) {
    let mut buffer = Vec::new();
    let mut number = None;
    loop {
        let next = one_request(&mut stream, &mut buffer, &mut number, peer_port, &shared).await;
        match next {
            Ok(Next::KeepOpen) => {}
            Ok(Next::Close) => {
                let _ = stream.shutdown().await;
                return;
            }
            Ok(Next::Drop) | Err(_) => return,
        }
    }
}

/// Reads one request and answers it. Returns what to do with the connection afterwards.
async fn one_request<T: Transport>(
    stream: &mut T,
    buffer: &mut Vec<u8>,
    number: &mut Option<u64>,
    peer_port: u16,
    shared: &Shared,
) -> io::Result<Next> {
    let parsed = match read_request(stream, buffer).await {
        Ok(Some(parsed)) => parsed,
        Ok(None) => return Ok(Next::Close),
        Err(error) if error.kind() == ErrorKind::InvalidData => {
            send(stream, &Reply::text(400, "text/plain", error.to_string()), "").await?;
            return Ok(Next::Close);
        }
        Err(error) => return Err(error),
    };
    let keep_alive = parsed.keep_alive;
    let next = if control::is_control(&parsed.target) {
        send(stream, &control::answer(&parsed, shared), "").await?
    } else {
        let recorded = shared.record(parsed, number, peer_port);
        if recorded.reply.hold {
            shared.wait_for_release(&recorded).await;
        }
        if recorded.reply.delay_ms > 0 {
            sleep(Duration::from_millis(recorded.reply.delay_ms)).await;
        }
        send(stream, &recorded.reply, &recorded.target).await?
    };
    Ok(if next == Next::KeepOpen && !keep_alive { Next::Close } else { next })
}
