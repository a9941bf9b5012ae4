//! What waits to be written to one socket.
use axum::extract::ws::Utf8Bytes;
use im_core::{ConversationId, Seq};
use parking_lot::Mutex;
use std::collections::VecDeque;
use tokio::sync::Notify;

/// Frames that may wait; a reader that falls behind by more is dropped and catches up later.
const FRAMES: usize = 1024;
/// Bytes that may wait, likewise.
const BYTES: usize = 2 * 1024 * 1024;
/// Bytes after which a batch is full: its arrival is to be proven before a slow line gives up.
const BATCH_BYTES: usize = 64 * 1024;
/// A drain waits for the socket when this many frames wait already, so that live pushes find room.
const DRAIN_FRAMES: usize = 128;

/// A frame on its way out.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The text; shared by all sockets that get the same.
    pub frame: Utf8Bytes,
    /// Which message it carries, if its arrival is to be proven.
    pub carries: Option<(ConversationId, Seq)>,
}

/// How a socket ends, seen from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Without a close frame: the client comes back by itself (egg.md §5.9).
    Drop,
    /// With this close code, after what waits was written.
    Close(u16),
}

/// A bounded queue between the hub and a socket's task.
#[derive(Default)]
pub struct Outbox {
    state: Mutex<Queue>,
    /// Something came in, or the end was set.
    filled: Notify,
    /// Something went out, or the end was set.
    emptied: Notify,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Outgoing>,
    bytes: usize,
    beat: bool,
    end: Option<End>,
}

/// What a socket's task finds to do.
pub struct Work {
    pub frames: Vec<Outgoing>,
    /// A heartbeat is due.
    pub beat: bool,
    pub end: Option<End>,
}

impl Outbox {
    /// Puts a frame behind the others.
    ///
    /// # Errors
    /// Gives it back when the socket ends or its reader is too slow; then it ends now.
    pub fn push(&self, out: Outgoing) -> Result<(), Outgoing> {
        let mut queue = self.state.lock();
        if queue.end.is_none() && (queue.waiting.len() >= FRAMES || queue.bytes >= BYTES) {
            queue.end = Some(End::Drop);
            metrics::counter!("hongyan_slow_sockets_total").increment(1);
            self.wake();
        }
        if queue.end.is_some() {
            return Err(out);
        }
        queue.bytes += out.frame.len();
        queue.waiting.push_back(out);
        drop(queue);
        self.filled.notify_one();
        Ok(())
    }

    /// As [`push`](Self::push), but waits for room.
    pub async fn push_when_room(&self, out: Outgoing) -> Result<(), Outgoing> {
        loop {
            let emptied = self.emptied.notified();
            {
                let queue = self.state.lock();
                let room = queue.waiting.len() < DRAIN_FRAMES && queue.bytes < BYTES / 2;
                if room || queue.end.is_some() {
                    drop(queue);
                    return self.push(out);
                }
            }
            emptied.await;
        }
    }

    /// Asks for a heartbeat.
    pub fn beat(&self) {
        self.state.lock().beat = true;
        self.filled.notify_one();
    }

    /// Ends the socket; the first word counts.
    pub fn end(&self, end: End) {
        self.state.lock().end.get_or_insert(end);
        self.wake();
    }

    /// Ends the socket with these last words, before everything that waits.
    pub fn end_with(&self, words: &'static str, code: u16) {
        let mut queue = self.state.lock();
        if queue.end.is_none() {
            queue.bytes += words.len();
            queue.waiting.push_front(Outgoing { frame: words.into(), carries: None });
            queue.end = Some(End::Close(code));
        }
        drop(queue);
        self.wake();
    }

    /// Whether the socket is ending.
    pub fn ending(&self) -> bool {
        self.state.lock().end.is_some()
    }

    /// Waits for something to do and takes up to `most` frames; while `prove_first`, only those
    /// whose arrival need not be proven.
    pub async fn work(&self, most: usize, prove_first: bool) -> Work {
        loop {
            let filled = self.filled.notified();
            {
                let mut queue = self.state.lock();
                let mut bytes = 0;
                let ready = queue.waiting.iter().take(most).take_while(|out| {
                    let fits = bytes < BATCH_BYTES;
                    bytes += out.frame.len();
                    fits && (!prove_first || out.carries.is_none())
                });
                let count = ready.count();
                if count > 0 || queue.beat || queue.end.is_some() {
                    let frames: Vec<_> = queue.waiting.drain(..count).collect();
                    queue.bytes -= frames.iter().map(|out| out.frame.len()).sum::<usize>();
                    if queue.waiting.is_empty() {
                        queue.waiting = VecDeque::new(); // an idle socket holds no buffer
                    }
                    let work = Work { frames, beat: std::mem::take(&mut queue.beat), end: queue.end };
                    drop(queue);
                    self.emptied.notify_waiters();
                    return work;
                }
            }
            filled.await;
        }
    }

    /// Resolves when the socket shall end without a close frame, even while a write is stuck.
    pub async fn dropped(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.state.lock().end == Some(End::Drop) {
                return;
            }
            emptied.await;
        }
    }

    /// Takes everything that was not written; nothing can be pushed any more.
    pub fn close(&self) -> Vec<Outgoing> {
        let mut queue = self.state.lock();
        queue.end.get_or_insert(End::Drop);
        let left = queue.waiting.drain(..).collect();
        drop(queue);
        self.wake();
        left
    }

    fn wake(&self) {
        self.filled.notify_one();
        self.emptied.notify_waiters();
    }
}
