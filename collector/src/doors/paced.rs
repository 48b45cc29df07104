//! A connection that may not be held without use: a request's header must end in time once it has
//! begun, and a reader must take something in time. (Between requests hyper's own clock runs.)

use pin_project_lite::pin_project;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// The requests of one connection: while one is answered, its bytes have other clocks.
#[derive(Clone, Default)]
pub struct Busy(Arc<Counts>);

#[derive(Default)]
struct Counts {
    begun: AtomicUsize,
    answered: AtomicUsize,
}

impl Busy {
    /// One request more, until what this gives back is dropped.
    pub fn begin(&self) -> Answering {
        self.0.begun.fetch_add(1, Ordering::AcqRel);
        Answering(self.clone())
    }

    fn begun(&self) -> usize {
        self.0.begun.load(Ordering::Acquire)
    }

    fn is_answering(&self) -> bool {
        self.0.answered.load(Ordering::Acquire) != self.begun()
    }
}

pub struct Answering(Busy);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.0.answered.fetch_add(1, Ordering::AcqRel);
    }
}

pin_project! {
    pub struct Paced<S> {
        #[pin]
        stream: S,
        #[pin]
        writing: Clock,
        #[pin]
        heads: Option<Heads>,
    }
}

pin_project! {
    struct Heads {
        busy: Busy,
        ended: usize,
        #[pin]
        clock: Clock,
    }
}

impl<S> Paced<S> {
    /// Whose reader must take something within `write_timeout`.
    pub fn new(stream: S, write_timeout: Duration) -> Self {
        Self { stream, writing: Clock::new(write_timeout), heads: None }
    }

    /// Whose requests have their headers within `timeout`. The clock runs from the start: a
    /// connection that says nothing is no use.
    pub fn heads(self, busy: Busy, timeout: Duration) -> Self {
        let clock = Clock { running: true, ..Clock::new(timeout) };
        Self { heads: Some(Heads { busy, ended: 0, clock }), ..self }
    }
}

impl<S: AsyncRead> AsyncRead for Paced<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.project();
        let before = buffer.filled().len();
        let read = this.stream.poll_read(cx, buffer);
        let came = read.is_ready() && buffer.filled().len() > before;
        if this.heads.as_pin_mut().is_some_and(|heads| heads.poll_late(came, cx)) {
            return Poll::Ready(Err(late("the header did not end in time")));
        }
        read
    }
}

impl Heads {
    fn poll_late(self: Pin<&mut Self>, came: bool, cx: &mut Context<'_>) -> bool {
        let mut this = self.project();
        if *this.ended != this.busy.begun() {
            *this.ended = this.busy.begun();
            this.clock.as_mut().stop();
        }
        if this.busy.is_answering() {
            return false;
        }
        if came {
            this.clock.as_mut().start();
        }
        this.clock.poll_over(cx)
    }
}

impl<S: AsyncWrite> Paced<S> {
    /// Runs the writing clock while the reader takes nothing.
    fn watch<T>(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut S>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        let mut this = self.project();
        let written = write(this.stream, cx);
        if written.is_ready() {
            this.writing.as_mut().stop();
            return written;
        }
        this.writing.as_mut().start();
        if this.writing.poll_over(cx) {
            return Poll::Ready(Err(late("the answer was not taken in time")));
        }
        written
    }
}

impl<S: AsyncWrite> AsyncWrite for Paced<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.watch(cx, |stream, cx| stream.poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.watch(cx, |stream, cx| stream.poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.watch(cx, |stream, cx| stream.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.watch(cx, |stream, cx| stream.poll_shutdown(cx))
    }
}

pin_project! {
    /// A time-out that is set only while something is waited for.
    struct Clock {
        timeout: Duration,
        running: bool,
        #[pin]
        sleep: Sleep,
    }
}

impl Clock {
    fn new(timeout: Duration) -> Self {
        Self { timeout, running: false, sleep: sleep(timeout) }
    }

    /// Where it runs already it goes on: bytes in drops do not buy time.
    fn start(self: Pin<&mut Self>) {
        let this = self.project();
        if !*this.running {
            *this.running = true;
            this.sleep.reset(Instant::now() + *this.timeout);
        }
    }

    fn stop(self: Pin<&mut Self>) {
        *self.project().running = false;
    }

    fn poll_over(self: Pin<&mut Self>, cx: &mut Context<'_>) -> bool {
        let this = self.project();
        *this.running && this.sleep.poll(cx).is_ready()
    }
}

fn late(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, what)
}
