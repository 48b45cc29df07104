//! A body that another thread makes while it is being sent: a bounded number of pieces waits, and
//! whoever makes them learns when nobody takes them any more.

use axum::body::{Body, Bytes};
use http_body::Frame;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Pieces that wait to be sent, unless told.
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
        Self::channel_of(WAITING_MAX)
    }

    /// With room for so many pieces.
    pub fn channel_of(waiting_max: usize) -> (Self, Body) {
        let (sender, pieces) = channel(waiting_max);
        (Self { sender }, Body::new(Stream { pieces, ended: false }))
    }

    /// Waits for its turn: not on threads that serve connections.
    pub fn send(&self, bytes: Vec<u8>) -> Result<(), Gone> {
        self.sender.blocking_send(Piece::Some(bytes.into())).map_err(|_| Gone)
    }

    /// Without waiting: whoever does not take what is there in time counts as gone.
    pub fn try_send(&self, bytes: Vec<u8>) -> Result<(), Gone> {
        self.sender.try_send(Piece::Some(bytes.into())).map_err(|_| Gone)
    }

    /// Returns when nobody takes pieces any more.
    pub async fn unwanted(&self) {
        self.sender.closed().await;
    }

    pub fn are_unwanted(&self) -> bool {
        self.sender.is_closed()
    }

    /// Says that the body is whole.
    pub fn end(self) {
        // Who has gone need not be told.
        let _ = self.sender.blocking_send(Piece::End);
    }

    /// The same without waiting; without room for it the answer breaks off.
    pub fn try_end(self) {
        let _ = self.sender.try_send(Piece::End);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_does_not_take_what_waits_is_gone_and_who_does_is_not() {
        use http_body_util::BodyExt;
        let (pieces, mut body) = Pieces::channel_of(2);
        let send = || pieces.try_send(b"x".to_vec());
        assert_eq!([send(), send(), send()], [Ok(()), Ok(()), Err(Gone)]);
        body.frame().await.unwrap().unwrap();
        assert_eq!([send(), send()], [Ok(()), Err(Gone)]);
        drop(body);
        pieces.unwanted().await;
    }
}
