//! The requests of one HTTP/2 connection, which share it: bytes alone, which `paced` watches, do not
//! tell whose they are. Knows since when nothing is asked, and whose answer is not taken.

use super::places::Place;
use axum::body::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use std::collections::HashMap;
use std::future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

/// Of an answer, at most so much is handed over before more is asked for: whoever takes nothing
/// is noticed, and holds no more than this beside what HTTP/2 keeps for a stream.
const PIECE_BYTES_MAX: usize = 16 * 1024;

#[derive(Clone, Default)]
pub struct Streams(Arc<watch::Sender<Open>>);

#[derive(Default)]
struct Open {
    begun: u64,
    /// By their numbers; since when a piece that was handed over is the last that was asked for.
    waiting: HashMap<u64, Option<Instant>>,
}

impl Open {
    fn longest_wait(&self) -> Option<Instant> {
        self.waiting.values().flatten().min().copied()
    }
}

impl Streams {
    /// One request more, until what this gives back is dropped.
    pub fn begin(&self) -> OfStream {
        let mut number = 0;
        self.0.send_modify(|open| {
            open.begun += 1;
            number = open.begun;
            open.waiting.insert(number, None);
        });
        OfStream { streams: self.clone(), number, place: None }
    }

    /// Returns once nothing was asked for so long: from the start, and from the last answer on.
    pub async fn unused(&self, from_start: Duration, from_answer: Duration) {
        let mut open = self.0.subscribe();
        loop {
            // The sender is in `self`: it cannot go away first.
            let Ok(begun) = open.wait_for(|open| open.waiting.is_empty()).await.map(|o| o.begun)
            else {
                return future::pending().await;
            };
            let patience = if begun == 0 { from_start } else { from_answer };
            if timeout(patience, open.wait_for(|open| open.begun != begun)).await.is_err() {
                return;
            }
        }
    }

    /// Returns once one answer was not taken for so long.
    pub async fn stalled(&self, patience: Duration) {
        let mut open = self.0.subscribe();
        loop {
            let longest = open.borrow_and_update().longest_wait();
            let over = async {
                match longest {
                    Some(since) => sleep_until(since + patience).await,
                    None => future::pending().await,
                }
            };
            tokio::select! {
                _ = open.changed() => {}
                () = over => {
                    // What waited then may have been taken since.
                    if open.borrow().longest_wait().is_some_and(|since| since.elapsed() >= patience) {
                        return;
                    }
                }
            }
        }
    }
}

/// A request of an HTTP/2 connection until its answer is handed over or given up.
pub struct OfStream {
    streams: Streams,
    number: u64,
    place: Option<Place>,
}

impl OfStream {
    /// The place goes back with the request.
    pub fn with(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    fn waits(&self, since: Option<Instant>) {
        self.streams.0.send_if_modified(|open| {
            let first = since.is_some() && open.longest_wait().is_none();
            open.waiting.insert(self.number, since);
            // The others' clock runs already.
            first
        });
    }
}

impl Drop for OfStream {
    fn drop(&mut self) {
        self.streams.0.send_if_modified(|open| {
            open.waiting.remove(&self.number);
            open.waiting.is_empty()
        });
    }
}

pin_project! {
    /// An answer's body in pieces, each handed over when the connection has room for it.
    pub struct InPieces<B> {
        #[pin]
        body: B,
        rest: Bytes,
        stream: OfStream,
    }
}

impl<B> InPieces<B> {
    pub fn new(body: B, stream: OfStream) -> Self {
        Self { body, rest: Bytes::new(), stream }
    }
}

impl<B: Body<Data = Bytes>> Body for InPieces<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.project();
        this.stream.waits(None);
        if this.rest.is_empty() {
            match ready!(this.body.poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => *this.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                end => return Poll::Ready(end),
            }
        }
        let piece = this.rest.split_to(this.rest.len().min(PIECE_BYTES_MAX));
        this.stream.waits(Some(Instant::now()));
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (mut hint, rest) = (self.body.size_hint(), self.rest.len() as u64);
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper + rest);
        }
        hint.set_lower(hint.lower() + rest);
        hint
    }
}
