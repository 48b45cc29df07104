//! What a handler leaves of a request's body, as where it refuses by the header alone. A little is
//! read and thrown away, so that the connection can go on; for more, the answer says that the
//! connection closes. Without either the client would meet a broken connection later.

use axum::body::{Body, Bytes};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::timeout;

const LEFTOVER_BYTES_MAX: usize = 256 * 1024;
const LEFTOVER_TIMEOUT: Duration = Duration::from_secs(1);

/// Gets what is left once the handler let go of the body.
pub struct Leftover(Option<oneshot::Receiver<Incoming>>);

/// The body as a handler gets it.
pub fn keep_leftover(body: Incoming) -> (Body, Leftover) {
    if http_body::Body::is_end_stream(&body) {
        return (Body::empty(), Leftover(None));
    }
    let (back, leftover) = oneshot::channel();
    (Body::new(Lent { body: Some(body), back: Some(back) }), Leftover(Some(leftover)))
}

impl Leftover {
    /// Whether the connection can go on: nothing of the body is left.
    pub async fn read_away(self) -> bool {
        // A handler that still holds the body after its answer reads it by itself.
        let Some(Ok(body)) = self.0.map(|mut leftover| leftover.try_recv()) else { return true };
        timeout(LEFTOVER_TIMEOUT, read_away(body)).await.unwrap_or_default()
    }
}

async fn read_away(mut body: Incoming) -> bool {
    let mut bytes = 0;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return false };
        bytes += frame.data_ref().map_or(0, Bytes::len);
        if bytes > LEFTOVER_BYTES_MAX {
            return false;
        }
    }
    true
}

struct Lent {
    body: Option<Incoming>,
    back: Option<oneshot::Sender<Incoming>>,
}

impl http_body::Body for Lent {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match &mut self.body {
            Some(body) => Pin::new(body).poll_frame(cx),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(http_body::Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map(http_body::Body::size_hint).unwrap_or_default()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let (Some(body), Some(back)) = (self.body.take(), self.back.take()) {
            // Nobody waits where the connection is gone.
            let _ = back.send(body);
        }
    }
}
