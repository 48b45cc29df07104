//! A small HTTP/1.1 client that keeps its connection: cheap enough not to be what is measured.

use anyhow::{Context, Result, bail};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const ANSWER_WITHIN: Duration = Duration::from_secs(120);
const READ_BYTES: usize = 16 << 10;

pub struct Connection {
    stream: TcpStream,
    /// Read but not yet used.
    buffer: Vec<u8>,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

/// A request as bytes: built once, sent often.
pub fn request(method: &str, path: &str, token: Option<&str>, body: &[u8]) -> Vec<u8> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n");
    if let Some(token) = token {
        head.push_str(&format!("authorization: Bearer {token}\r\n"));
    }
    if !body.is_empty() {
        head.push_str("content-type: application/json\r\n");
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(READ_BYTES) })
    }

    /// Sends a request and reads its answer; after an error the connection is of no use.
    pub async fn send(&mut self, request: &[u8]) -> Result<Answer> {
        let exchange = async {
            self.stream.write_all(request).await?;
            self.read_answer().await
        };
        tokio::time::timeout(ANSWER_WITHIN, exchange).await.context("no answer in time")?
    }

    async fn read_answer(&mut self) -> Result<Answer> {
        let (status, head) = self.read_head().await?;
        let body = match header(&head, "content-length").map(str::parse) {
            Some(length) => self.take(length?).await?,
            None if head.contains("transfer-encoding: chunked") => self.read_chunks().await?,
            None => Vec::new(),
        };
        Ok(Answer { status, body })
    }

    /// Status, and the head in lower case.
    async fn read_head(&mut self) -> Result<(u16, String)> {
        let end = loop {
            match find(&self.buffer, b"\r\n\r\n") {
                Some(end) => break end + 4,
                None => self.read_more().await?,
            }
        };
        let head = String::from_utf8_lossy(&self.buffer[..end]).to_ascii_lowercase();
        self.buffer.drain(..end);
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        Ok((status.context("no status line")?, head))
    }

    /// Sends a request and throws its answer away as it comes: status and bytes.
    pub async fn drain(&mut self, request: &[u8]) -> Result<(u16, u64)> {
        self.stream.write_all(request).await?;
        let (status, head) = self.read_head().await?;
        let mut bytes = 0;
        if head.contains("transfer-encoding: chunked") {
            loop {
                let chunk = self.read_chunk().await?;
                if chunk.is_empty() {
                    return Ok((status, bytes));
                }
                bytes += chunk.len() as u64;
            }
        }
        let length: usize = header(&head, "content-length").unwrap_or("0").parse()?;
        Ok((status, self.take(length).await?.len() as u64))
    }

    async fn read_more(&mut self) -> Result<()> {
        self.buffer.reserve(READ_BYTES);
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            bail!("the connection was closed");
        }
        Ok(())
    }

    async fn take(&mut self, length: usize) -> Result<Vec<u8>> {
        while self.buffer.len() < length {
            self.read_more().await?;
        }
        let rest = self.buffer.split_off(length);
        Ok(std::mem::replace(&mut self.buffer, rest))
    }

    async fn read_chunks(&mut self) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let chunk = self.read_chunk().await?;
            if chunk.is_empty() {
                return Ok(body);
            }
            body.extend_from_slice(&chunk);
        }
    }

    /// Empty after the last.
    async fn read_chunk(&mut self) -> Result<Vec<u8>> {
        let line = loop {
            match find(&self.buffer, b"\r\n") {
                Some(end) => break self.take(end + 2).await?,
                None => self.read_more().await?,
            }
        };
        let length = usize::from_str_radix(std::str::from_utf8(&line)?.trim(), 16)?;
        let mut chunk = self.take(length + 2).await?;
        chunk.truncate(length);
        Ok(chunk)
    }
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':').map(str::trim))
}

impl Answer {
    pub fn json(&self) -> Result<serde_json::Value> {
        serde_json::from_slice(&self.body).with_context(|| self.describe())
    }

    pub fn describe(&self) -> String {
        format!("{} {}", self.status, String::from_utf8_lossy(&self.body))
    }

    pub fn expect(self, status: u16) -> Result<Self> {
        if self.status != status {
            bail!("expected {status}, got {}", self.describe());
        }
        Ok(self)
    }
}
