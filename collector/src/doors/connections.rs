//! Takes connections up to a bound, gives each its clocks, and ends them in order.

use super::crowd::{Crowd, OfCrowd};
use super::held::{Held, Seen};
use super::leftover::keep_leftover;
use super::paced::{Answering, Busy, Paced};
use super::{Doors, Peer, Tls, subscriber};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Request, Response, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use metrics::{counter, gauge};
use std::convert::Infallible;
use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, timeout};
use tower::ServiceExt;

/// Of a request's line and header together.
const HEADER_BYTES_MAX: usize = 32 * 1024;
/// After an error of `accept`, such as too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Sent where every place is taken, without reading anything.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nConnection: close\r\n\
    Content-Length: 0\r\n\r\n";

/// When a request's body must have come.
#[derive(Clone, Copy)]
pub struct BodyDeadline(pub Instant);

/// Serves until the doors stop; returns when the last request that was accepted is answered.
pub async fn serve(listener: TcpListener, tls: Option<Arc<Tls>>, router: Router, doors: &Doors) {
    let settings = &doors.settings;
    let places = Arc::new(Semaphore::new(places(settings.connections_max)));
    let crowd = Crowd::new(settings.connections_per_address);
    let served = Served {
        router,
        tls,
        header_timeout: settings.header_timeout,
        body_timeout: settings.body_timeout,
        idle_timeout: settings.idle_timeout,
    };
    let open = GracefulShutdown::new();
    let stopped = doors.stopped();
    tokio::pin!(stopped);
    loop {
        let (stream, peer) = tokio::select! {
            accepted = accept(&listener) => accepted,
            () = &mut stopped => break,
        };
        // A trusted proxy's connections are of many visitors.
        let bound = crowd.as_ref().filter(|_| !doors.proxies.trusts(peer.ip()));
        let of_address = bound.map(|crowd| crowd.enter(subscriber(peer.ip().to_canonical())));
        let place = Arc::clone(&places).try_acquire_owned();
        let crowded = matches!(of_address, Some(None));
        match place {
            Ok(place) if !crowded => {
                let place = Place::taken(place, of_address.flatten());
                tokio::spawn(served.clone().connection(stream, peer, place, open.watcher()));
            }
            _ => refuse(stream, served.tls.is_some()),
        }
    }
    drop(listener);
    open.shutdown().await;
}

/// A semaphore has a bound of its own.
fn places(connections_max: u32) -> usize {
    usize::try_from(connections_max).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS)
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

/// One of the connections that there may be.
struct Place {
    _permit: OwnedSemaphorePermit,
    _of_address: Option<OfCrowd<IpAddr>>,
}

impl Place {
    fn taken(permit: OwnedSemaphorePermit, of_address: Option<OfCrowd<IpAddr>>) -> Self {
        counter!("ascolto_connections_total", "outcome" => "taken").increment(1);
        gauge!("ascolto_connections").increment(1.0);
        Self { _permit: permit, _of_address: of_address }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        gauge!("ascolto_connections").decrement(1.0);
    }
}

#[derive(Clone)]
struct Served {
    router: Router,
    tls: Option<Arc<Tls>>,
    header_timeout: Duration,
    body_timeout: Duration,
    idle_timeout: Duration,
}

impl Served {
    async fn connection(self, stream: TcpStream, peer: SocketAddr, place: Place, open: Watcher) {
        // Small answers must not wait for more to come.
        let _ = stream.set_nodelay(true);
        match &self.tls {
            None => self.requests(stream, peer, open).await,
            Some(tls) => {
                let greeting = tls.acceptor().accept(stream);
                if let Ok(Ok(stream)) = timeout(self.header_timeout, greeting).await {
                    self.requests(stream, peer, open).await;
                }
            }
        }
        drop(place);
    }

    async fn requests<S>(&self, stream: S, peer: SocketAddr, open: Watcher)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let busy = Busy::default();
        let paced = Paced::new(stream, busy.clone(), self.header_timeout, self.body_timeout);
        let service = service_fn(|request| self.answer(request, Peer(peer), busy.begin()));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            // From the end of one request to the header of the next.
            .header_read_timeout(self.idle_timeout)
            .max_buf_size(HEADER_BYTES_MAX)
            .serve_connection(TokioIo::new(Box::pin(paced)), service);
        // Broken connections are the other end's matter.
        let _ = open.watch(connection).await;
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
        peer: Peer,
        answering: Answering,
    ) -> Result<Response<Held<Body, Answering>>, Infallible> {
        let (head, body) = request.into_parts();
        let (body, leftover) = keep_leftover(body);
        let mut request = Request::from_parts(head, body);
        request.extensions_mut().insert(peer);
        request.extensions_mut().insert(BodyDeadline(Instant::now() + self.body_timeout));
        let mut answer = self.router.clone().oneshot(request).await?;
        if !leftover.read_away().await {
            let close = HeaderValue::from_static("close");
            answer.headers_mut().insert(header::CONNECTION, close);
        }
        Ok(answer.map(|body| Held::new(body, answering)))
    }
}

impl Seen for Answering {}
