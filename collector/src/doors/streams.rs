//! The requests of one HTTP/2 connection, which share it: bytes alone, which `paced` watches, do not
//! tell whose they are. Knows since when nothing is asked, and ends a request whose answer is not
//! taken; the others go on.

use super::places::Place;
use axum::body::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::rt::Executor;
use pin_project_lite::pin_project;
use std::future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

/// Of an answer, at most so much is handed over before more is asked for. What a reader takes in
/// `patience` must be more, on each of its streams.
const PIECE_BYTES_MAX: usize = 4 * 1024;

#[derive(Clone)]
pub struct Streams {
    counts: Arc<watch::Sender<Counts>>,
    latest: Arc<Mutex<Waiting>>,
    patience: Duration,
}

#[derive(Clone, Copy, Default)]
struct Counts {
    begun: u64,
    ended: u64,
}

/// Since when the piece that was handed over is the last that was asked for.
#[derive(Clone, Default)]
struct Waiting(Arc<Mutex<Option<Instant>>>);

impl Waiting {
    fn since(&self) -> Option<Instant> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, since: Option<Instant>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = since;
    }

    /// Returns once it has waited for so long.
    async fn is_over(&self, patience: Duration) {
        loop {
            match self.since() {
                Some(since) if since.elapsed() >= patience => return,
                // One that begins to wait meanwhile has not waited for longer.
                since => sleep_until(since.unwrap_or_else(Instant::now) + patience).await,
            }
        }
    }
}

impl Streams {
    /// Of which a reader must take something within `patience`.
    pub fn new(patience: Duration) -> Self {
        Self { counts: Arc::default(), latest: Arc::default(), patience }
    }

    /// One request more, until what this gives back is dropped.
    pub fn begin(&self, place: Option<Place>) -> OfStream {
        self.counts.send_modify(|counts| counts.begun += 1);
        let waiting = Waiting::default();
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = waiting.clone();
        OfStream { counts: Arc::clone(&self.counts), waiting, place }
    }

    /// Returns once nothing was asked for so long: from the start, and from the last answer on.
    pub async fn unused(&self, from_start: Duration, from_answer: Duration) {
        let mut counts = self.counts.subscribe();
        loop {
            // The sender is in `self`: it cannot go away first.
            let all_answered = counts.wait_for(|counts| counts.begun == counts.ended).await;
            let Ok(begun) = all_answered.map(|counts| counts.begun) else {
                return future::pending().await;
            };
            let patience = if begun == 0 { from_start } else { from_answer };
            if timeout(patience, counts.wait_for(|counts| counts.begun != begun)).await.is_err() {
                return;
            }
        }
    }
}

/// hyper hands over the work of a request right after the service was called for it. Given up, it
/// resets the stream.
impl<F> Executor<F> for Streams
where
    F: Future<Output: Send> + Send + 'static,
{
    fn execute(&self, work: F) {
        let waiting = self.latest.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let patience = self.patience;
        tokio::spawn(async move {
            tokio::select! {
                _ = work => {}
                () = waiting.is_over(patience) => {}
            }
        });
    }
}

/// A request of an HTTP/2 connection until its answer is handed over or given up.
pub struct OfStream {
    counts: Arc<watch::Sender<Counts>>,
    waiting: Waiting,
    place: Option<Place>,
}

impl OfStream {
    pub fn has_place(&self) -> bool {
        self.place.is_some()
    }
}

impl Drop for OfStream {
    fn drop(&mut self) {
        self.counts.send_if_modified(|counts| {
            counts.ended += 1;
            counts.ended == counts.begun
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
        // A reader may have no room from the start.
        stream.waiting.set(Some(Instant::now()));
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
        let mut this = self.project();
        this.stream.waiting.set(None);
        if this.rest.is_empty() {
            match ready!(this.body.as_mut().poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => *this.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                end => return Poll::Ready(end),
            }
        }
        let piece = take_piece(this.rest, this.body.is_end_stream());
        this.stream.waiting.set(Some(Instant::now()));
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

/// A copy: a piece that waits for its reader must not keep all of an answer. The last byte comes by
/// itself: HTTP/2 asks for it only when the reader has room for all before it, so that nothing waits
/// without a clock and a place.
fn take_piece(rest: &mut Bytes, is_last: bool) -> Bytes {
    let length = match rest.len() {
        length @ 2..=PIECE_BYTES_MAX if is_last => length - 1,
        length => length.min(PIECE_BYTES_MAX),
    };
    Bytes::copy_from_slice(&rest.split_to(length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_an_answer_is_asked_for_by_itself() {
        let cut = |length: usize, is_last: bool| {
            let mut rest = Bytes::from(vec![7; length]);
            let pieces = std::iter::from_fn(|| {
                (!rest.is_empty()).then(|| take_piece(&mut rest, is_last).len())
            });
            pieces.collect::<Vec<_>>()
        };
        assert_eq!(cut(1, true), [1]);
        assert_eq!(cut(2, true), [1, 1]);
        assert_eq!(cut(145, false), [145]);
        assert_eq!(cut(4_096, true), [4_095, 1]);
        assert_eq!(cut(4_097, true), [4_096, 1]);
        assert_eq!(cut(9_000, true), [4_096, 4_096, 807, 1]);
        assert_eq!(cut(9_000, false), [4_096, 4_096, 808]);
    }
}
