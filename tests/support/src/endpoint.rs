//! The interface for tests: start an endpoint, script its replies, inspect its requests, stop it.

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

/// Options of an endpoint. The default is an `http` endpoint on a free port.
///
/// ```
/// use argus_auth_test_support::{Options, Reply, TokenEndpoint};
///
/// let options = Options { default_reply: Some(Reply::status(503)), ..Options::default() };
/// let endpoint = TokenEndpoint::start_with(options);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The port on 127.0.0.1; 0, the default, lets the system choose a free port.
    pub port: u16,
    /// The reply when the script is empty; by default [`Reply::fresh_token(3600)`](Reply::fresh_token).
    pub default_reply: Option<Reply>,
    /// A file to which one JSON line per token request is appended, before the reply begins.
    pub log: Option<PathBuf>,
    /// Serves `https` with these options; by default `http`.
    pub tls: Option<TlsOptions>,
}

/// A token endpoint on loopback. It stops when it is dropped. All methods may be called from any thread.
///
/// ```
/// use argus_auth_test_support::{Reply, TokenEndpoint};
///
/// let endpoint = TokenEndpoint::start();
/// endpoint.script(vec![Reply::oauth_error(401, "invalid_client")]);
/// assert!(endpoint.url().ends_with("/token"));
/// assert!(endpoint.requests().is_empty());
/// ```
pub struct TokenEndpoint {
    address: SocketAddr,
    shared: Arc<Shared>,
    tls: Option<TlsSide>,
    state: Mutex<State>,
}

enum State {
    Running(Server),
    /// The socket is bound but does not listen: connections are refused, and the system gives the port to no other
    /// socket.
    Stopped(TcpSocket),
    /// A placeholder during a change between the other states. It remains if that change panics.
    Changing,
}

struct Server {
    /// The thread ends when this is dropped.
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

    /// Starts an endpoint with options. Panics if the port is taken.
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

    /// Returns the token URL.
    pub fn url(&self) -> String {
        self.url_of("/token")
    }

    /// Returns the URL of another path. Every path is a token endpoint, except the control paths (`/_...`).
    pub fn url_of(&self, path: &str) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}{path}", self.address)
    }

    /// Returns the address that the endpoint listens on, or is bound to while it is stopped.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Adds replies to the end of the script. Each token request takes the next reply.
    pub fn script(&self, replies: Vec<Reply>) {
        self.shared.script(replies);
    }

    /// Sets the reply of requests that come when the script is empty.
    pub fn default_reply(&self, reply: Reply) {
        self.shared.default_reply(reply);
    }

    /// Returns all token requests since the start or the last [`reset`](Self::reset), in order of arrival.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests()
    }

    /// Blocks until [`requests`](Self::requests) has at least `count` entries. Returns `false` if it has fewer after
    /// `timeout`, which is real time.
    pub fn wait_for_requests(&self, count: usize, timeout: Duration) -> bool {
        self.shared.wait_for_requests(count, timeout)
    }

    /// Returns the number of accepted TCP connections, including those without a request or a successful TLS handshake.
    pub fn accepted(&self) -> u64 {
        self.shared.accepted()
    }

    /// Sends every reply that is held now ([`Reply::hold`]). Replies that are held later wait for the next call.
    pub fn release(&self) {
        self.shared.release();
    }

    /// Removes all records and the script, restores the default reply, and counts tokens from `tok-1` again.
    pub fn reset(&self) {
        self.shared.reset();
    }

    /// Returns the certificates to trust and to present; `None` for an endpoint without TLS.
    pub fn tls_files(&self) -> Option<&TlsFiles> {
        self.tls.as_ref().map(|tls| &tls.files)
    }

    /// Closes the listener and all connections. New connections are refused until [`restart`](Self::restart).
    ///
    /// A test that forks must not call this function: the child has copies of the descriptors, which keep the sockets
    /// open. Such a test starts the program `token-endpoint` instead.
    pub fn stop(&self) {
        let mut state = self.state();
        *state = match std::mem::replace(&mut *state, State::Changing) {
            State::Running(server) => {
                server.end();
                State::Stopped(bind(self.address))
            }
            other => other,
        };
    }

    /// Listens again after [`stop`](Self::stop), on the same port and with the same records and script.
    pub fn restart(&self) {
        let mut state = self.state();
        *state = match std::mem::replace(&mut *state, State::Changing) {
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
        if let State::Running(server) = std::mem::replace(&mut *self.state(), State::Changing) {
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
                // The longest queue that the system allows, because tests connect thousands of clients at once.
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
        // An error means that the thread panicked, and it has printed the panic.
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
            // The process has probably no file descriptors left. Tries again soon, because other connections may end.
            tokio::time::sleep(Duration::from_millis(5)).await;
            continue;
        };
        while connections.try_join_next().is_some() {}
        shared.count_accepted();
        // Without TCP_NODELAY, the system would join the small writes of `Fault::Drip`.
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
    // Connections of the previous run may still be in TIME_WAIT.
    socket.set_reuseaddr(true).expect("the option exists");
    socket.bind(address).unwrap_or_else(|error| panic!("{address}: {error}"));
    socket
}
