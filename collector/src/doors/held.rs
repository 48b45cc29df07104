//! A body that holds on to something until the answer is sent or given up, and tells it what
//! passes.

use axum::body::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Is told the size of each piece of the body.
pub trait Seen {
    fn seen(&mut self, bytes: usize) {
        let _ = bytes;
    }
}

pin_project! {
    pub struct Held<B, T> {
        #[pin]
        body: B,
        held: T,
    }
}

impl<B, T> Held<B, T> {
    pub fn new(body: B, held: T) -> Self {
        Self { body, held }
    }
}

impl<B: Body<Data = Bytes>, T: Seen> Body for Held<B, T> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.project();
        let polled = this.body.poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            this.held.seen(frame.data_ref().map_or(0, Bytes::len));
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
