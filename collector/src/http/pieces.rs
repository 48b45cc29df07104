//! A body that another thread makes while it is being sent: a bounded number of pieces waits, and
//! whoever makes them learns when nobody takes them any more.

use axum::body::{Body, Bytes};
use http_body::Frame;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Pieces that wait to be sent.
const WAITING_MAX: usize = 4;

/// Where the pieces come in. Dropped without `end`, the answer breaks off: whoever reads it sees
/// that it is not whole.
#[derive(Clone)]
pub struct Pieces {
    sender: Sender<Piece>,
}

/// Nobody takes pieces any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone;

enum Piece {
    Some(Bytes),
    End,
}

impl Pieces {
    pub fn channel() -> (Self, Body) {
        let (sender, pieces) = channel(WAITING_MAX);
        (Self { sender }, Body::new(Stream { pieces, ended: false }))
    }

    /// Waits for its turn: not on threads that serve connections.
    pub fn send(&self, bytes: Vec<u8>) -> Result<(), Gone> {
        self.sender.blocking_send(Piece::Some(bytes.into())).map_err(|_| Gone)
    }

    pub fn are_unwanted(&self) -> bool {
        self.sender.is_closed()
    }

    /// Says that the body is whole.
    pub fn end(self) {
        // Who has gone need not be told.
        let _ = self.sender.blocking_send(Piece::End);
    }
}

struct Stream {
    pieces: Receiver<Piece>,
    ended: bool,
}

impl http_body::Body for Stream {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        self.pieces.poll_recv(cx).map(|piece| match piece {
            Some(Piece::Some(bytes)) => Some(Ok(Frame::data(bytes))),
            Some(Piece::End) => {
                self.ended = true;
                None
            }
            None => {
                self.ended = true;
                Some(Err(io::Error::other("the answer could not be finished")))
            }
        })
    }
}
