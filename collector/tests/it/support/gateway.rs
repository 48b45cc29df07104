//! A real, small SMS gateway: HTTP on a port of its own. What it does with a message stands in the
//! number's last digit.

use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

pub struct Gateway {
    pub base: String,
    taken: Arc<Mutex<Vec<Asked>>>,
}

/// A request that was made.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Method, path and headers, in small letters.
    pub head: String,
    pub body: Value,
    pub status: u16,
}

impl Gateway {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let taken = Arc::<Mutex<Vec<Asked>>>::default();
        let shared = Arc::clone(&taken);
        // It ends with the tests.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let taken = Arc::clone(&shared);
                std::thread::spawn(move || serve(&stream, &taken));
            }
        });
        Self { base, taken }
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.taken.lock().unwrap().clone()
    }
}

fn serve(stream: &TcpStream, taken: &Mutex<Vec<Asked>>) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if line.trim().is_empty() {
                break;
            }
            head.push_str(&line.to_lowercase());
        }
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.unwrap_or("0").trim().parse().unwrap()];
        reader.read_exact(&mut body).unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        let number = body["to"].as_str().unwrap().to_owned();
        let mut all = taken.lock().unwrap();
        let before = all.iter().filter(|asked| asked.body["to"] == body["to"]).count();
        let status = match (number.chars().last(), before) {
            (Some('1'), 0) => 429,
            (Some('2'), _) => 400,
            (Some('3'), _) => 502,
            // Taken, and no answer.
            (Some('4'), _) => 0,
            _ => 200,
        };
        all.push(Asked { head, body, status });
        drop(all);
        if status == 0 {
            let _ = stream.shutdown(std::net::Shutdown::Both);
            return;
        }
        let mut stream = stream;
        let more = if status == 429 { "retry-after: 1\r\n" } else { "" };
        let answer = format!("HTTP/1.1 {status} x\r\n{more}content-length: 2\r\n\r\n{{}}");
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}
