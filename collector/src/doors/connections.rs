//! Takes connections up to a bound, gives each its clocks, and ends them in order.

use super::held::{Held, Seen};
use super::leftover::{Leftover, keep_leftover};
use super::lent::{lend, linger};
use super::paced::{Answering, Busy, Paced};
use super::places::{Place, Places};
use super::streams::{InPieces, OfStream, Streams};
use super::{Doors, Peer, Stopping, Tls, tls};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Request, Response, StatusCode, Uri, header};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use metrics::{counter, gauge};
use std::convert::Infallible;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep, timeout};
use tower::ServiceExt;

/// Of a request's line and header together.
const HEADER_BYTES_MAX: u32 = 32 * 1024;
/// Requests of one HTTP/2 connection that are open at once; browsers let others wait.
const STREAMS_MAX: u32 = 32;
/// Of one such request's body, and of all of a connection, what may come before it is read.
const STREAM_WINDOW: u32 = 128 * 1024;
const CONNECTION_WINDOW: u32 = 256 * 1024;
/// Of one such answer, what is kept for a reader that is slower than we are.
const STREAM_SENDING_MAX: usize = 32 * 1024;
/// After an error of `accept`, such as too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Sent where every place is taken, without reading anything.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nConnection: close\r\n\
    Content-Length: 0\r\n\r\n";

/// From a goodbye by HTTP/2 to its echo, where nothing else is under way.
const ECHO_TIMEOUT: Duration = Duration::from_secs(1);
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("2");

/// When a request's body must have come.
#[derive(Clone, Copy)]
pub struct BodyDeadline(pub Instant);

/// Serves until the doors stop; returns when the last request that was accepted is answered.
pub async fn serve(listener: TcpListener, tls: Option<Arc<Tls>>, router: Router, doors: &Doors) {
    let settings = &doors.settings;
    let connections = Places::new(settings);
    let served = Served {
        router,
        tls,
        requests: Places::new(settings),
        header_timeout: settings.header_timeout,
        body_timeout: settings.body_timeout,
        idle_timeout: settings.idle_timeout,
        stopping: doors.stopping(),
    };
    let open = GracefulShutdown::new();
    let stopped = doors.stopped();
    tokio::pin!(stopped);
    loop {
        let (stream, address) = tokio::select! {
            accepted = accept(&listener) => accepted,
            () = &mut stopped => break,
        };
        let client = Client { address, speaks_for_many: doors.proxies.trusts(address.ip()) };
        match client.take_one_of(&connections) {
            Some(place) => {
                let counted = Counted::new(place);
                tokio::spawn(served.clone().connection(stream, client, counted, open.watcher()));
            }
            None => refuse(stream, served.tls.is_some()),
        }
    }
    drop(listener);
    open.shutdown().await;
}

/// The other end of a connection.
#[derive(Clone, Copy)]
struct Client {
    address: SocketAddr,
    /// A trusted proxy.
    speaks_for_many: bool,
}

impl Client {
    fn take_one_of(self, places: &Places) -> Option<Place> {
        places.take(self.address.ip(), self.speaks_for_many)
    }
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                tracing::warn!("a connection could not be taken: {error}");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Says no at once: waiting would hold what there is too little of.
fn refuse(stream: TcpStream, encrypted: bool) {
    counter!("ascolto_connections_total", "outcome" => "refused").increment(1);
    if let (false, Ok(mut stream)) = (encrypted, stream.into_std()) {
        // The other end may be gone already.
        let _ = stream.write_all(FULL);
    }
}

/// An open connection in the figures.
struct Counted {
    _place: Place,
}

impl Counted {
    fn new(place: Place) -> Self {
        counter!("ascolto_connections_total", "outcome" => "taken").increment(1);
        gauge!("ascolto_connections").increment(1.0);
        Self { _place: place }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        gauge!("ascolto_connections").decrement(1.0);
    }
}

#[derive(Clone)]
struct Served {
    router: Router,
    tls: Option<Arc<Tls>>,
    /// Of HTTP/2; those of HTTP/1.1 are bounded by their connections.
    requests: Places,
    header_timeout: Duration,
    body_timeout: Duration,
    idle_timeout: Duration,
    stopping: Stopping,
}

impl Served {
    async fn connection(self, stream: TcpStream, client: Client, counted: Counted, open: Watcher) {
        let taken = Instant::now();
        // Small answers must not wait for more to come.
        let _ = stream.set_nodelay(true);
        match &self.tls {
            None => self.requests(stream, client, open).await,
            Some(tls) => {
                let greeting = tls.acceptor().accept(stream);
                match timeout(self.header_timeout, greeting).await {
                    Ok(Ok(stream)) if tls::is_http2(&stream) => {
                        let (lent, back) = lend(stream);
                        let in_order = self.streams(lent, client, taken).await;
                        if let (true, Ok(stream)) = (in_order, back.await) {
                            linger(stream, self.header_timeout).await;
                        }
                        // Until here the connection counts as one that is open.
                        drop(open);
                    }
                    Ok(Ok(stream)) => self.requests(stream, client, open).await,
                    _ => {}
                }
            }
        }
        drop(counted);
    }

    async fn requests<S>(&self, stream: S, client: Client, open: Watcher)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let busy = Busy::default();
        let paced = Paced::new(stream, self.body_timeout).heads(busy.clone(), self.header_timeout);
        let service =
            service_fn(|request| self.answer(request, Peer(client.address), busy.begin()));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            // From the end of one request to the header of the next.
            .header_read_timeout(self.idle_timeout)
            .max_buf_size(HEADER_BYTES_MAX as usize)
            .serve_connection(TokioIo::new(Box::pin(paced)), service);
        // Broken connections are the other end's matter.
        let _ = open.watch(connection).await;
    }

    /// HTTP/2: hyper has no clocks for it. Gives back whether it was ended in order.
    async fn streams<S>(&self, stream: S, client: Client, taken: Instant) -> bool
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let streams = Streams::new(self.body_timeout);
        let service = service_fn(|request| {
            let stream = streams.begin(client.take_one_of(&self.requests));
            self.clone().answer_stream(request, client, stream)
        });
        let paced = Box::pin(Paced::new(stream, self.body_timeout));
        let connection = http2::Builder::new(streams.clone())
            .timer(TokioTimer::new())
            .max_header_list_size(HEADER_BYTES_MAX)
            .max_concurrent_streams(STREAMS_MAX)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_send_buf_size(STREAM_SENDING_MAX)
            .serve_connection(TokioIo::new(paced), service);
        tokio::pin!(connection);
        let from_start = self.header_timeout.saturating_sub(taken.elapsed());
        let mut stopping = self.stopping.clone();
        let farewell = tokio::select! {
            ended = connection.as_mut() => return ended.is_ok(),
            () = streams.unused(from_start, self.idle_timeout) => ECHO_TIMEOUT,
            // The last answers are still on their way.
            () = stopping.stopped() => self.body_timeout,
        };
        // Says goodbye, takes what was under way by then, and does not wait for an echo for ever.
        connection.as_mut().graceful_shutdown();
        tokio::select! {
            ended = connection => ended.is_ok(),
            () = streams.unused(ECHO_TIMEOUT, farewell) => false,
        }
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
        peer: Peer,
        answering: Answering,
    ) -> Result<Response<Held<Body, Answering>>, Infallible> {
        let (mut answer, leftover) = self.ask(request, peer).await?;
        if !leftover.read_away().await {
            let close = HeaderValue::from_static("close");
            answer.headers_mut().insert(header::CONNECTION, close);
        }
        Ok(answer.map(|body| Held::new(body, answering)))
    }

    async fn answer_stream(
        self,
        request: Request<Incoming>,
        client: Client,
        stream: OfStream,
    ) -> Result<Response<InPieces<Body>>, Infallible> {
        if !stream.has_place() {
            return Ok(no_place().map(|body| InPieces::new(body, stream)));
        }
        let (answer, leftover) = self.ask(as_in_http1(request), Peer(client.address)).await?;
        // What is left over then ends with the stream.
        leftover.read_away().await;
        Ok(answer.map(|body| InPieces::new(body, stream)))
    }

    async fn ask(
        &self,
        request: Request<Incoming>,
        peer: Peer,
    ) -> Result<(Response<Body>, Leftover), Infallible> {
        let (head, body) = request.into_parts();
        let (body, leftover) = keep_leftover(body);
        let mut request = Request::from_parts(head, body);
        request.extensions_mut().insert(peer);
        request.extensions_mut().insert(BodyDeadline(Instant::now() + self.body_timeout));
        Ok((self.router.clone().oneshot(request).await?, leftover))
    }
}

fn no_place() -> Response<Body> {
    counter!("ascolto_refusals_total", "reason" => "requests").increment(1);
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    answer.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
    answer
}

/// HTTP/2 has the host in the address; for what comes behind it is in a header, always.
fn as_in_http1(mut request: Request<Incoming>) -> Request<Incoming> {
    let address = request.uri().clone();
    if let Some(host) = address.authority().and_then(|host| host.as_str().parse().ok()) {
        request.headers_mut().insert(header::HOST, host);
    }
    if let Some(path) = address.into_parts().path_and_query {
        *request.uri_mut() = Uri::from(path);
    }
    request
}

impl Seen for Answering {}
