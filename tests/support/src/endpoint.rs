//! The endpoint as a test sees it: start, script, look at what came, stop.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::connection::serve;
use crate::reply::Reply;
use crate::request::Request;
use crate::shared::Shared;
use crate::tls::{TlsFiles, TlsOptions, TlsSide};

/// How to start an endpoint, where the defaults don't do.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The port on 127.0.0.1; 0 lets the system choose.
    pub port: u16,
    /// Answers when the script is empty; without it `Reply::fresh_token(3600)`.
    pub default_reply: Option<Reply>,
    /// A file that gets one JSON line per token request, written before the reply begins.
    pub log: Option<PathBuf>,
    /// Serve `https`.
    pub tls: Option<TlsOptions>,
}

/// A token endpoint on loopback; stops when dropped. All methods take `&self` and may be called from any thread.
pub struct TokenEndpoint {
    address: SocketAddr,
    shared: Arc<Shared>,
    tls: Option<TlsSide>,
    state: Mutex<State>,
}

enum State {
    Running(Server),
    /// The socket is bound but does not listen: connections are refused, and nobody else can be given the port.
    Stopped(TcpSocket),
    /// Only between two others, or after a failure.
    Gone,
}

struct Server {
    /// Dropping it ends the thread.
    _stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl TokenEndpoint {
    /// Starts an `http` endpoint on a free port.
    pub fn start() -> Self {
        Self::start_with(Options::default())
    }

    /// Starts an `https` endpoint on a free port.
    pub fn start_tls(tls: TlsOptions) -> Self {
        Self::start_with(Options { tls: Some(tls), ..Options::default() })
    }

    /// Starts an endpoint as the options say.
    pub fn start_with(options: Options) -> Self {
        let socket = bind(SocketAddr::from((Ipv4Addr::LOCALHOST, options.port)));
        let address = socket.local_addr().expect("a bound socket has an address");
        let default = options.default_reply.unwrap_or_else(|| Reply::fresh_token(3600));
        let endpoint = Self {
            address,
            shared: Arc::new(Shared::new(default, options.log.as_deref())),
            tls: options.tls.map(|tls| TlsSide::new(&tls)),
            state: Mutex::new(State::Stopped(socket)),
        };
        endpoint.restart();
        endpoint
    }

    /// The token URL.
    pub fn url(&self) -> String {
        self.url_of("/token")
    }

    /// The URL of another path; every path is a token endpoint, but for those that begin with `/_`.
    pub fn url_of(&self, path: &str) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}{path}", self.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Adds replies to the queue; each request takes the next.
    pub fn script(&self, replies: Vec<Reply>) {
        self.shared.script(replies);
    }

    /// What a request gets when the queue is empty.
    pub fn default_reply(&self, reply: Reply) {
        self.shared.default_reply(reply);
    }

    /// All token requests so far, in the order in which they came.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests()
    }

    /// Blocks until so many token requests have come in all, or the real time is over (then `false`).
    pub fn wait_for_requests(&self, count: usize, timeout: Duration) -> bool {
        self.shared.wait_for_requests(count, timeout)
    }

    /// How many TCP connections were accepted, also those without a request or with a failed TLS handshake.
    pub fn accepted(&self) -> u64 {
        self.shared.accepted()
    }

    /// Lets every reply go on that waits at the gate now.
    pub fn release(&self) {
        self.shared.release();
    }

    /// Forgets requests and script, and restores the default reply.
    pub fn reset(&self) {
        self.shared.reset();
    }

    /// The certificates to trust and to present, for an endpoint with TLS.
    pub fn tls_files(&self) -> Option<&TlsFiles> {
        self.tls.as_ref().map(|tls| &tls.files)
    }

    /// Closes the listener and all connections: from now on connections are refused.
    ///
    /// Not for a test that forks: its child holds copies of the sockets. Such a test runs the program instead.
    pub fn stop(&self) {
        let mut state = self.state();
        *state = match std::mem::replace(&mut *state, State::Gone) {
            State::Running(server) => {
                server.end();
                State::Stopped(bind(self.address))
            }
            other => other,
        };
    }

    /// Listens again, on the same port, after [`stop`](Self::stop).
    pub fn restart(&self) {
        let mut state = self.state();
        *state = match std::mem::replace(&mut *state, State::Gone) {
            State::Stopped(socket) => {
                State::Running(Server::begin(socket, self.shared.clone(), self.tls.as_ref().map(TlsSide::acceptor)))
            }
            other => other,
        };
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for TokenEndpoint {
    fn drop(&mut self) {
        if let State::Running(server) = std::mem::replace(&mut *self.state(), State::Gone) {
            server.end();
        }
    }
}

impl Server {
    fn begin(socket: TcpSocket, shared: Arc<Shared>, tls: Option<TlsAcceptor>) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let (ready, is_ready) = mpsc::channel();
        let run = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                // As long a queue as the system grants: tests come with thousands of clients at once.
                let listener = socket.listen(65_535).expect("the socket can listen");
                ready.send(()).expect("the starter waits");
                let mut connections = JoinSet::new();
                tokio::select! {
                    () = accept(&listener, &mut connections, &shared, tls.as_ref()) => {}
                    _ = stopped => {}
                }
            });
        };
        let thread = std::thread::Builder::new().name("token-endpoint".to_owned()).spawn(run).expect("a thread");
        is_ready.recv().expect("the endpoint starts");
        Self { _stop: stop, thread }
    }

    fn end(self) {
        let Self { _stop: stop, thread } = self;
        drop(stop);
        // Its panic, if any, was printed by its own thread.
        let _ = thread.join();
    }
}

async fn accept(
    listener: &TcpListener,
    connections: &mut JoinSet<()>,
    shared: &Arc<Shared>,
    tls: Option<&TlsAcceptor>,
) {
    loop {
        let Ok((stream, peer)) = listener.accept().await else {
            // Out of file descriptors, most likely: give the others time to finish.
            tokio::time::sleep(Duration::from_millis(5)).await;
            continue;
        };
        while connections.try_join_next().is_some() {}
        shared.count_accepted();
        // Without it the pieces of a drip would be glued together.
        let _ = stream.set_nodelay(true);
        let shared = shared.clone();
        match tls.cloned() {
            None => connections.spawn(serve(stream, peer.port(), shared)),
            Some(tls) => connections.spawn(async move {
                if let Ok(stream) = tls.accept(stream).await {
                    serve(stream, peer.port(), shared).await;
                }
            }),
        };
    }
}

fn bind(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().expect("a socket");
    // Connections of the last run may linger in TIME_WAIT.
    socket.set_reuseaddr(true).expect("the option exists");
    socket.bind(address).unwrap_or_else(|error| panic!("{address}: {error}"));
    socket
}
