//! Connections have bounds and clocks, and end in order. Whoever is slow here waits for the
//! server to act; nothing depends on how long that takes.

use crate::support::{Server, response};
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

/// So long at most for anything: a hang is a failure.
const PATIENCE: Duration = Duration::from_secs(20);
const SHORT: [&str; 6] =
    ["--header-timeout", "300ms", "--body-timeout", "300ms", "--idle-timeout", "600ms"];

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Everything until the server closes.
fn read_all(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        Err(error) => panic!("the connection was not closed: {error}"),
    }
    String::from_utf8(bytes).unwrap()
}

/// One answer's head; its body where it has a short one.
fn read_some(stream: &mut TcpStream) -> String {
    let mut bytes = [0; 4096];
    let length = stream.read(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes[..length]).into_owned()
}

#[test]
fn a_header_that_does_not_end_is_cut_off() {
    let server = Server::start_with(&SHORT);
    for start in ["", "GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: "] {
        let mut stream = connect(&server);
        stream.write_all(start.as_bytes()).unwrap();
        assert_eq!(read_all(&mut stream), "", "{start}");
    }
    // Bytes in drops do not buy time.
    let mut stream = connect(&server);
    stream.write_all(b"GET /healthz HTTP/1.1\r\nX-Slow: ").unwrap();
    let drop = || {
        std::thread::sleep(Duration::from_millis(20));
        stream.write_all(b"x")
    };
    let cut_off = std::iter::repeat_with(drop).take(1_000).any(|written| written.is_err());
    assert!(cut_off, "a drip was served for 20 seconds");
    server.get("/healthz", None).expect(200);
}

#[test]
fn a_body_that_does_not_end_is_answered_and_cut_off() {
    let server = Server::start_with(&SHORT);
    let site = server.site();
    let mut stream = connect(&server);
    let head = format!(
        "POST /v1/sites/{}/responses HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\
         Content-Length: 100\r\n\r\n{{\"id\":",
        site.key
    );
    stream.write_all(head.as_bytes()).unwrap();
    let answer = read_all(&mut stream);
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.to_ascii_lowercase().contains("connection: close"), "{answer}");
    assert_eq!(site.responses(), 0);
}

#[test]
fn an_idle_connection_is_closed_after_its_answer() {
    let server = Server::start_with(&SHORT);
    let mut stream = connect(&server);
    for _ in 0..2 {
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        assert!(read_some(&mut stream).starts_with("HTTP/1.1 200 "));
    }
    assert_eq!(read_all(&mut stream), "");
}

#[test]
fn the_headers_clock_ends_with_the_header() {
    let server = Server::start_with(&["--header-timeout", "200ms"]);
    let mut stream = connect(&server);
    for _ in 0..3 {
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        assert!(read_some(&mut stream).starts_with("HTTP/1.1 200 "));
        std::thread::sleep(Duration::from_millis(500));
    }
}

#[test]
fn a_reader_that_takes_nothing_is_cut_off() {
    let server = Server::start_with(&SHORT);
    let mut stream = connect(&server);
    stream.set_write_timeout(Some(Duration::from_millis(50))).unwrap();
    let request = b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n";
    let (requests, mut place) = (request.repeat(10_000), 0);
    // Until nothing more fits, and then until the server has had enough.
    let mut is_cut_off = || match stream.write(&requests[place..]) {
        Ok(length) => {
            place = (place + length) % request.len();
            false
        }
        Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
    };
    let cut_off = (0..400).any(|_| is_cut_off());
    assert!(cut_off);
    server.get("/healthz", None).expect(200);
}

#[test]
fn past_the_bound_connections_are_refused_at_once() {
    let server = Server::start_with(&["--connections-max", "2"]);
    let mut open = [connect(&server), connect(&server)];
    for stream in &mut open {
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        assert!(read_some(stream).starts_with("HTTP/1.1 200 "));
    }
    let refused = read_all(&mut connect(&server));
    assert!(refused.starts_with("HTTP/1.1 503 "), "{refused}");
    assert!(refused.contains("Retry-After: "), "{refused}");
    open[0].shutdown(Shutdown::Both).unwrap();
    let served = || {
        let mut stream = connect(&server);
        // Where it is refused the server may be gone before this is written.
        let _ = stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        read_all(&mut stream).starts_with("HTTP/1.1 200 ")
    };
    assert!(std::iter::repeat_with(served).take(1_000).any(|served| served), "a place stays taken");
}

#[test]
fn a_request_that_was_accepted_is_finished() {
    let mut server = Server::start();
    let site = server.site().keep();
    let body = serde_json::to_string(&response(1, 9)).unwrap();
    let mut stream = connect(&server);
    let head = format!(
        "POST /v1/sites/{}/responses HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\
         Expect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        site.key,
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    assert!(read_some(&mut stream).starts_with("HTTP/1.1 100 "), "the handler waits for the body");
    server.signal("TERM");
    let closed = || TcpStream::connect(server.address()).is_err();
    assert!(
        std::iter::repeat_with(closed).take(100_000).any(|closed| closed),
        "new connections are taken after the signal"
    );
    stream.write_all(body.as_bytes()).unwrap();
    let answer = read_all(&mut stream);
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    assert!(server.stop());
    server.again();
    assert_eq!(site.at(&server).responses(), 1);
}

#[test]
fn readiness_ends_before_service_does() {
    let mut server = Server::start_with(&["--stop-delay", "10m"]);
    server.get("/readyz", None).expect(200);
    server.signal("TERM");
    let unready = || server.get("/readyz", None).status == 503;
    assert!(std::iter::repeat_with(unready).take(1_000).any(|unready| unready));
    server.get("/healthz", None).expect(200);
    server.site().submit(&response(1, 9)).expect(201);
    assert!(server.stop(), "a second signal does not wait");
}

/// One address cannot hold every place; what it gives back it can take again.
#[test]
fn one_address_has_a_share_of_the_connections() {
    let server = Server::start_with(&["--connections-per-address", "3"]);
    let mut held: Vec<TcpStream> = (0..3).map(|_| connect(&server)).collect();
    for stream in &mut held {
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        assert!(read_some(stream).starts_with("HTTP/1.1 200"));
    }
    assert!(read_all(&mut connect(&server)).starts_with("HTTP/1.1 503"));
    held.pop();
    // The server notices by itself; each try asks it.
    let served = (0..200).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        let mut stream = connect(&server);
        let _ = stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        read_all(&mut stream).starts_with("HTTP/1.1 200")
    });
    assert!(served, "a place that was given back was not given again");
    // A proxy that is trusted speaks for many.
    let flags = ["--connections-per-address", "1", "--trusted-proxies", "127.0.0.1/32"];
    let server = Server::start_with(&flags);
    let mut many: Vec<TcpStream> = (0..5).map(|_| connect(&server)).collect();
    for stream in &mut many {
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        assert!(read_some(stream).starts_with("HTTP/1.1 200"));
    }
}
