//! A request's body as the form parser gets to see it.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::BodyDataStream;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use tokio::time::timeout;

/// Bytes that are read of a body which nobody wants, so that its sender sees the answer.
const DRAIN_BYTES: u64 = 64 << 20;

/// How long they are read.
const DRAIN_TIME: Duration = Duration::from_secs(10);

/// A body that is given out chunk by chunk and within limits; clones share it.
///
/// The parser reads as long as anything is ready and searches all of it for the end of a part's
/// head. Left to itself it holds whole uploads in memory.
#[derive(Clone)]
pub(super) struct Feed(Arc<Mutex<State>>);

struct State {
    body: BodyDataStream,
    /// Bytes that the body may still have.
    left: u64,
    /// Bytes that may be given out until [`Feed::allow`] is called again.
    allowed: u64,
    is_over: bool,
    /// Nothing more comes, or nothing good.
    has_ended: bool,
    /// A chunk was given out just now: the next poll has to wait for the parser's next turn.
    rests: bool,
}

/// The body is larger than it may be.
#[derive(Debug)]
pub(super) struct Over;

impl std::fmt::Display for Over {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the body is too large")
    }
}

impl std::error::Error for Over {}

impl Feed {
    /// A feed of at most `most_bytes`.
    pub(super) fn new(body: BodyDataStream, most_bytes: u64) -> Self {
        let state = State {
            body,
            left: most_bytes,
            allowed: u64::MAX,
            is_over: false,
            has_ended: false,
            rests: false,
        };
        Self(Arc::new(Mutex::new(state)))
    }

    /// Lets `bytes` more go out, give or take a chunk.
    pub(super) fn allow(&self, bytes: u64) {
        self.state().allowed = bytes;
    }

    /// Whether a limit was reached.
    pub(super) fn is_over(&self) -> bool {
        self.state().is_over
    }

    /// Reads and forgets what is left, within limits.
    pub(super) async fn drain(&self) {
        let drain = async {
            let mut left = DRAIN_BYTES;
            while let Some(Ok(chunk)) = std::future::poll_fn(|cx| self.state().poll(cx)).await {
                let Some(rest) = left.checked_sub(chunk.len() as u64) else { break };
                left = rest;
            }
        };
        // Too slow: its sender may see a closed connection instead of our answer.
        let _ = timeout(DRAIN_TIME, drain).await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, axum::Error>>> {
        if self.has_ended {
            return Poll::Ready(None);
        }
        let next = std::task::ready!(self.body.poll_next_unpin(cx));
        self.has_ended = !matches!(next, Some(Ok(_)));
        Poll::Ready(next)
    }
}

impl Stream for Feed {
    type Item = Result<Bytes, axum::BoxError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut state = self.state();
        if std::mem::take(&mut state.rests) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if state.allowed == 0 {
            state.is_over = true;
            return Poll::Ready(Some(Err(Over.into())));
        }
        let next = std::task::ready!(state.poll(cx));
        let Some(Ok(chunk)) = next else {
            return Poll::Ready(next.map(|failed| failed.map_err(Into::into)));
        };
        let size = chunk.len() as u64;
        let Some(left) = state.left.checked_sub(size) else {
            state.is_over = true;
            return Poll::Ready(Some(Err(Over.into())));
        };
        state.left = left;
        state.allowed = state.allowed.saturating_sub(size);
        state.rests = true;
        Poll::Ready(Some(Ok(chunk)))
    }
}
