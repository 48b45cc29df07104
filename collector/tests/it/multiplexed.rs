//! HTTP/2, which browsers speak with the collector's own TLS: many requests share a connection, and
//! have bounds and clocks all the same. Whoever is slow here waits for the server to act.

use crate::support::certificate::Certificate;
use crate::support::{Server, id, response};
use axum::body::Bytes;
use h2::client::{Builder, ResponseFuture, SendRequest};
use h2::{RecvStream, SendStream};
use serde_json::{Value, json};
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpSocket, TcpStream};
use tokio::runtime::Runtime;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use ureq::http::{Request, Response};

/// So long at most for anything: a hang is a failure.
const PATIENCE: Duration = Duration::from_secs(20);
/// A clock that no client of these tests misses where it means to be in time.
const SHORT: [&str; 2] = ["--body-timeout", "2s"];
/// What a reader is sent unasked, of one answer and of all.
const STREAM_WINDOW: u32 = 65_535;
const WINDOW: u32 = 512 * 1024;
const JSON: (&str, &str) = ("content-type", "application/json");

/// One connection. What the other end does is waited for, at most so long as patience lasts.
struct Connection {
    runtime: Runtime,
    sender: SendRequest<Bytes>,
    /// `Ok`: it was ended in order.
    end: JoinHandle<Result<(), h2::Error>>,
    base: String,
}

/// A request whose answer has not come yet.
struct Open {
    answer: ResponseFuture,
    body: SendStream<Bytes>,
}

impl Connection {
    fn to(server: &Server, certificate: &Certificate) -> Self {
        Self::by(server.address(), server, certificate)
    }

    fn by(address: &str, server: &Server, certificate: &Certificate) -> Self {
        let runtime = Runtime::new().unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(certificate.file("cert.pem")).unwrap()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions();
        let mut config = config.unwrap().with_root_certificates(roots).with_no_client_auth();
        // As browsers say.
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let connected = runtime.block_on(async {
            let stream = TcpStream::connect(address).await.unwrap();
            let name = ServerName::try_from("127.0.0.1").unwrap();
            let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
            assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
            let mut builder = Builder::new();
            builder.initial_window_size(STREAM_WINDOW).initial_connection_window_size(WINDOW);
            builder.handshake(stream).await.unwrap()
        });
        let (sender, connection) = connected;
        let end = runtime.spawn(connection);
        Self { runtime, sender, end, base: server.base.clone() }
    }

    /// A request's header; its body goes by `Open::body`, unless it `is_whole`.
    fn begin(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        is_whole: bool,
    ) -> Open {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(()).unwrap();
        let sender = self.sender.clone();
        self.runtime.block_on(async {
            let mut ready = timeout(PATIENCE, sender.ready()).await.expect("no room").unwrap();
            let (answer, body) = ready.send_request(request, is_whole).unwrap();
            Open { answer, body }
        })
    }

    fn head(&self, open: Open) -> Response<RecvStream> {
        let answer = async { timeout(PATIENCE, open.answer).await.expect("no answer").unwrap() };
        self.runtime.block_on(answer)
    }

    /// Status and body.
    fn answer(&self, open: Open) -> (u16, Vec<u8>) {
        let (head, stream) = self.head(open).into_parts();
        (head.status.as_u16(), self.runtime.block_on(whole(stream)).unwrap())
    }

    fn get(&mut self, path: &str, headers: &[(&str, &str)]) -> (u16, Vec<u8>) {
        let open = self.begin("GET", path, headers, true);
        self.answer(open)
    }

    fn post(&mut self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> (u16, Vec<u8>) {
        let mut open = self.begin("POST", path, headers, false);
        open.body.send_data(body.to_vec().into(), true).unwrap();
        self.answer(open)
    }

    /// A new site's public key, its id, and its owner's token as a header.
    fn site(&mut self, server: &Server) -> (String, String, String) {
        let admin = format!("Bearer {}", server.admin_token());
        let record = json!({"name": "Test", "origins": ["https://www.example.org"]}).to_string();
        let (status, made) =
            self.post("/v1/sites", &[JSON, ("authorization", &admin)], record.as_bytes());
        assert_eq!(status, 201, "{}", String::from_utf8_lossy(&made));
        let made: Value = serde_json::from_slice(&made).unwrap();
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        let owner = format!("Bearer {}", text("owner_token"));
        let survey = shared::presets::Preset::named("post-service").unwrap().json();
        let path = format!("/v1/sites/{}/surveys", text("site"));
        assert_eq!(self.post(&path, &[JSON, ("authorization", &owner)], survey.as_bytes()).0, 201);
        (text("public_key"), text("site"), owner)
    }

    /// Waits until the other end closes; `true`: in order, with a goodbye.
    fn ends(self) -> bool {
        let Self { runtime, sender, end, .. } = self;
        // It stays open on this side: only the other end can end it.
        let end = async { timeout(PATIENCE, end).await.expect("it was not closed").unwrap() };
        let ended = runtime.block_on(end);
        drop(sender);
        // Whoever answers a goodbye may find that nobody listens any more.
        let without_goodbye = |error: h2::Error| {
            error.get_io().is_some_and(|error| error.kind() == ErrorKind::UnexpectedEof)
        };
        !ended.is_err_and(without_goodbye)
    }
}

async fn whole(mut stream: RecvStream) -> Result<Vec<u8>, h2::Error> {
    let read = async {
        let mut bytes = Vec::new();
        while let Some(piece) = stream.data().await {
            let piece = piece?;
            stream.flow_control().release_capacity(piece.len())?;
            bytes.extend(piece);
        }
        Ok(bytes)
    };
    timeout(PATIENCE, read).await.expect("an answer without end")
}

/// Takes little at once: the rest stays with the server.
fn narrow(to: &str) -> std::net::TcpStream {
    let connected = Runtime::new().unwrap().block_on(async {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(16 * 1024).unwrap();
        socket.connect(to.parse().unwrap()).await.unwrap().into_std().unwrap()
    });
    connected.set_nonblocking(false).unwrap();
    connected
}

/// A way to the server on which its bytes take their time.
fn slow_way(server: &Server) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, to) = (listener.local_addr().unwrap().to_string(), server.address().to_owned());
    std::thread::spawn(move || {
        let (client, _) = listener.accept().unwrap();
        let server = narrow(&to);
        let (from_client, to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        std::thread::spawn(move || std::io::copy(&mut &from_client, &mut &to_server));
        let mut bytes = vec![0; 16 * 1024];
        while let Ok(length @ 1..) = (&server).read(&mut bytes) {
            std::thread::sleep(Duration::from_millis(10));
            if (&client).write_all(&bytes[..length]).is_err() {
                break;
            }
        }
        let _ = client.shutdown(Shutdown::Both);
    });
    address
}

#[test]
fn many_requests_share_one_connection() {
    let certificate = Certificate::new();
    let server = certificate.serve(&[]);
    let mut connection = Connection::to(&server, &certificate);
    let (key, site, owner) = connection.site(&server);
    let path = format!("/v1/sites/{key}/responses");
    let opened: Vec<Open> = (0..20)
        .map(|n| {
            let mut open = connection.begin("POST", &path, &[JSON], false);
            let body = response(n, 9).to_string();
            open.body.send_data(body.into_bytes().into(), true).unwrap();
            open
        })
        .collect();
    // The last one first: none waits for another.
    for open in opened.into_iter().rev() {
        assert_eq!(connection.answer(open).0, 201);
    }
    let admin = format!("Bearer {}", server.admin_token());
    let (status, figures) = connection.get("/metrics", &[("authorization", &admin)]);
    let figures = String::from_utf8(figures).unwrap();
    assert_eq!(status, 200);
    assert!(figures.contains("ascolto_connections_total{outcome=\"taken\"} 1\n"), "{figures}");
    let (_, summary) =
        connection.get(&format!("/v1/sites/{site}/summary"), &[("authorization", &owner)]);
    assert_eq!(serde_json::from_slice::<Value>(&summary).unwrap()["responses"], 20);
}

/// A connection more of one address is refused, and so is a request more, however few connections
/// it comes by.
#[test]
fn one_address_has_a_share_of_the_requests() {
    let certificate = Certificate::new();
    let server = certificate.serve(&["--connections-per-address", "3"]);
    let mut connection = Connection::to(&server, &certificate);
    let (key, ..) = connection.site(&server);
    let path = format!("/v1/sites/{key}/responses");
    let mut held: Vec<Open> =
        (0..3).map(|_| connection.begin("POST", &path, &[JSON], false)).collect();
    let refused = connection.begin("GET", "/healthz", &[], true);
    let refused = connection.head(refused);
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["retry-after"]),
        (503, &"2".parse().unwrap())
    );
    let mut one = held.pop().unwrap();
    one.body.send_data(response(1, 9).to_string().into_bytes().into(), true).unwrap();
    assert_eq!(connection.answer(one).0, 201);
    assert_eq!(connection.get("/healthz", &[]).0, 200);
}

/// What HTTP/2 writes in another way arrives as it does by HTTP/1.1.
#[test]
fn cookies_in_crumbs_and_the_host_are_understood() {
    let certificate = Certificate::new();
    let server = certificate.serve(&[]);
    let mut connection = Connection::to(&server, &certificate);
    let (key, site, owner) = connection.site(&server);
    let token = owner.strip_prefix("Bearer ").unwrap();
    let mut open = connection.begin("POST", "/v1/session", &[JSON], false);
    let body = json!({"token": token}).to_string();
    open.body.send_data(body.into_bytes().into(), true).unwrap();
    let signed_in = connection.head(open);
    let cookie = signed_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap();
    let crumbs = [("cookie", "theme=dark"), ("cookie", cookie), ("cookie", "last=1")];
    assert_eq!(connection.get(&format!("/v1/sites/{site}/summary"), &crumbs).0, 200);
    // A hosted form is taken from its own page alone, which the host tells.
    let form = format!("/f/{key}/post-service");
    let kind = ("content-type", "application/x-www-form-urlencoded");
    let (own, other) = (server.base.clone(), "https://127.0.0.1:1".to_owned());
    let words = b"answers.recommend=9&go=next";
    // Past that it lacks what the page itself would send along.
    assert_eq!(connection.post(&form, &[kind, ("origin", &own)], words).0, 422);
    assert_eq!(connection.post(&form, &[kind, ("origin", &other)], words).0, 403);
}

#[test]
fn an_unused_connection_is_ended_with_a_goodbye() {
    let certificate = Certificate::new();
    let server = certificate.serve(&["--header-timeout", "2s", "--idle-timeout", "5s"]);
    assert!(Connection::to(&server, &certificate).ends(), "one that says nothing");
    let mut connection = Connection::to(&server, &certificate);
    for _ in 0..3 {
        assert_eq!(connection.get("/healthz", &[]).0, 200);
        std::thread::sleep(Duration::from_secs(1));
    }
    assert!(connection.ends(), "one that is idle after its answers");
}

#[test]
fn a_reader_that_takes_nothing_loses_that_answer_alone() {
    let certificate = Certificate::new();
    let server = certificate.serve(&[&SHORT[..], &["--connections-per-address", "2"]].concat());
    let mut connection = Connection::to(&server, &certificate);
    let (key, site, owner) = connection.site(&server);
    // Older than the other: a clock that took one for another would end this one.
    let stream = format!("/v1/sites/{site}/stream");
    let follower = connection.begin("GET", &stream, &[("authorization", &owner)], true);
    let mut told = connection.head(follower).into_body();
    // Larger than what a reader is sent unasked.
    let open = connection.begin("GET", "/openapi.json", &[("accept-encoding", "identity")], true);
    let head = connection.head(open);
    assert_eq!(head.status(), 200);
    let length = head.headers()["content-length"].to_str().unwrap().parse::<usize>().unwrap();
    assert!(length > 100_000, "{length} bytes are sent unasked");
    let mut stream = head.into_body();
    let cut_off = async {
        let mut got = 0;
        loop {
            // What comes is not taken: no room for more is given.
            match stream.data().await {
                Some(Ok(piece)) => got += piece.len(),
                Some(Err(error)) => return (got, error.reason()),
                None => panic!("all of it came"),
            }
        }
    };
    let cut_off = async { timeout(PATIENCE, cut_off).await.expect("it was waited for") };
    let (got, reason) = connection.runtime.block_on(cut_off);
    assert_eq!((got, reason), (STREAM_WINDOW as usize, Some(h2::Reason::CANCEL)));
    // Its place is free again: the follower has the address's other one, and hears of this.
    let path = format!("/v1/sites/{key}/responses");
    assert_eq!(connection.post(&path, &[JSON], response(1, 9).to_string().as_bytes()).0, 201);
    let heard = async {
        let mut words = Vec::new();
        while !String::from_utf8_lossy(&words).contains(&id(1)) {
            words.extend(told.data().await.expect("the follower was cut off").unwrap());
        }
    };
    connection
        .runtime
        .block_on(async { timeout(PATIENCE, heard).await.expect("nothing was heard") });
}

/// Not even the last byte of an answer waits without a clock.
#[test]
fn a_reader_that_takes_all_but_the_end_is_cut_off_too() {
    let certificate = Certificate::new();
    let server = certificate.serve(&SHORT);
    let mut connection = Connection::to(&server, &certificate);
    let path = "/openapi.json";
    let length = connection.get(path, &[("accept-encoding", "identity")]).1.len();
    let open = connection.begin("GET", path, &[("accept-encoding", "identity")], true);
    let mut stream = connection.head(open).into_body();
    let cut_off = async {
        let (mut got, mut released) = (0, STREAM_WINDOW as usize);
        loop {
            match stream.data().await {
                Some(Ok(piece)) => {
                    got += piece.len();
                    let more = piece.len().min(length - 1 - released);
                    released += more;
                    stream.flow_control().release_capacity(more).unwrap();
                }
                Some(Err(error)) => return (got, error.reason()),
                None => panic!("all of it came"),
            }
        }
    };
    let cut_off = async { timeout(PATIENCE, cut_off).await.expect("it was waited for") };
    let (got, reason) = connection.runtime.block_on(cut_off);
    assert_eq!((got, reason), (length - 1, Some(h2::Reason::CANCEL)));
}

#[test]
fn a_body_that_does_not_end_is_answered_and_the_connection_goes_on() {
    let certificate = Certificate::new();
    let server = certificate.serve(&SHORT);
    let mut connection = Connection::to(&server, &certificate);
    let (key, ..) = connection.site(&server);
    let path = format!("/v1/sites/{key}/responses");
    let mut open = connection.begin("POST", &path, &[JSON], false);
    open.body.send_data(Bytes::from_static(b"{\"id\":"), false).unwrap();
    let answer = connection.head(open);
    assert_eq!(answer.status(), 408);
    assert_eq!(connection.post(&path, &[JSON], response(1, 9).to_string().as_bytes()).0, 201);
}

/// What is refused by its header need not be read: the requests beside it do not suffer.
#[test]
fn what_is_refused_unread_ends_alone() {
    let certificate = Certificate::new();
    let server = certificate.serve(&[]);
    let mut connection = Connection::to(&server, &certificate);
    let (key, ..) = connection.site(&server);
    let path = format!("/v1/sites/{key}/responses");
    for _ in 0..20 {
        let mut open = connection.begin("POST", &path, &[JSON], false);
        open.body.send_data(vec![b' '; 1 << 20].into(), true).unwrap();
        assert_eq!(connection.head(open).status(), 413);
    }
    assert_eq!(connection.post(&path, &[JSON], response(1, 9).to_string().as_bytes()).0, 201);
}

#[test]
fn a_request_that_was_accepted_is_finished() {
    let certificate = Certificate::new();
    let mut server = certificate.serve(&[]);
    let mut connection = Connection::to(&server, &certificate);
    let (key, ..) = connection.site(&server);
    let body = response(1, 9).to_string().into_bytes();
    let path = format!("/v1/sites/{key}/responses");
    let mut open = connection.begin("POST", &path, &[JSON], false);
    open.body.send_data(body[..10].to_vec().into(), false).unwrap();
    // Answered on the same connection: by then the header before it was read too.
    assert_eq!(connection.get("/healthz", &[]).0, 200);
    server.signal("TERM");
    let closed = || std::net::TcpStream::connect(server.address()).is_err();
    assert!(
        std::iter::repeat_with(closed).take(100_000).any(|closed| closed),
        "new connections are taken after the signal"
    );
    open.body.send_data(body[10..].to_vec().into(), true).unwrap();
    assert_eq!(connection.answer(open).0, 201);
    assert!(connection.ends());
    assert!(server.stop());
}

/// What the server has said, and the network has not carried yet, arrives.
#[test]
fn answers_on_their_way_outlive_the_server() {
    let certificate = Certificate::new();
    let mut server = certificate.serve(&[]);
    let mut connection = Connection::by(&slow_way(&server), &server, &certificate);
    let path = "/openapi.json";
    let length = connection.get(path, &[]).1.len();
    let opened: Vec<Open> = (0..10).map(|_| connection.begin("GET", path, &[], true)).collect();
    let mut reading = JoinSet::new();
    for open in opened {
        let stream = connection.head(open).into_body();
        reading.spawn_on(whole(stream), connection.runtime.handle());
    }
    server.signal("TERM");
    let read = connection.runtime.block_on(reading.join_all());
    for answer in read {
        assert_eq!(answer.unwrap().len(), length);
    }
    assert!(connection.ends());
    assert!(server.stop());
}
