//! What waits to be written to one socket.
use crate::ws::Frame;
use im_core::{ConversationId, Seq};
use parking_lot::Mutex;
use std::{collections::VecDeque, mem};
use tokio::sync::Notify;

/// Frames that may wait; a reader that falls behind by more is dropped and catches up later.
const FRAMES: usize = 1024;
/// Bytes that may wait, likewise.
const BYTES: usize = 2 * 1024 * 1024;
/// Bytes after which a batch is full: its arrival is to be proven before a slow line gives up.
pub const BATCH_BYTES: usize = 64 * 1024;
/// A drain waits for the socket when this many frames wait already, so that live pushes find room.
const DRAIN_FRAMES: usize = 128;

/// A frame on its way out.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Shared by all sockets that get the same.
    pub frame: Frame,
    /// Which message it carries, if its arrival is to be proven.
    pub carries: Option<(ConversationId, Seq)>,
}

/// Why nothing is written yet whose arrival must be proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Nobody knows yet whether the other side answers Pings.
    Pong = 1,
    /// Something older may wait, and the client has not asked for it: newer messages would overtake it.
    Fetch = 2,
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
pub struct Outbox {
    state: Mutex<Queue>,
    /// Something came in, or the end was set.
    filled: Notify,
    /// Something went out, or the end was set.
    emptied: Notify,
}

struct Queue {
    waiting: VecDeque<Outgoing>,
    bytes: usize,
    /// A bit for each [`Hold`].
    holds: u8,
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

impl Default for Outbox {
    fn default() -> Self {
        let holds = Hold::Pong as u8 | Hold::Fetch as u8;
        let queue = Queue { waiting: VecDeque::new(), bytes: 0, holds, beat: false, end: None };
        Outbox { state: Mutex::new(queue), filled: Notify::new(), emptied: Notify::new() }
    }
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

    /// This is no reason to hold anything back any more.
    pub fn release(&self, hold: Hold) {
        self.state.lock().holds &= !(hold as u8);
        self.filled.notify_one();
    }

    /// Whether this still holds messages back.
    pub fn holds(&self, hold: Hold) -> bool {
        self.state.lock().holds & hold as u8 != 0
    }

    /// Takes back what is to be proven and was not taken to be written: a drain brings it in its
    /// place. It comes by itself from now on.
    pub fn recall(&self) -> Vec<(ConversationId, Seq)> {
        let mut queue = self.state.lock();
        queue.holds &= !(Hold::Fetch as u8);
        let all = mem::take(&mut queue.waiting);
        let (back, stay): (Vec<_>, Vec<_>) = all.into_iter().partition(|out| out.carries.is_some());
        queue.bytes = stay.iter().map(|out| out.frame.len()).sum();
        queue.waiting = stay.into();
        drop(queue);
        self.wake();
        back.into_iter().filter_map(|out| out.carries).collect()
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
            let frame = Frame::text(words);
            queue.bytes += frame.len();
            queue.waiting.push_front(Outgoing { frame, carries: None });
            queue.end = Some(End::Close(code));
        }
        drop(queue);
        self.wake();
    }

    /// Whether the socket is ending.
    pub fn ending(&self) -> bool {
        self.state.lock().end.is_some()
    }

    /// Waits for something to do and takes up to `most` frames; while there is a reason to hold, only
    /// those whose arrival need not be proven.
    pub async fn work(&self, most: usize) -> Work {
        loop {
            let filled = self.filled.notified();
            {
                let mut queue = self.state.lock();
                let (mut bytes, free) = (0, queue.holds == 0);
                let ready = queue.waiting.iter().take(most).take_while(|out| {
                    let fits = bytes < BATCH_BYTES;
                    bytes += out.frame.len();
                    fits && (free || out.carries.is_none())
                });
                let count = ready.count();
                if count > 0 || queue.beat || queue.end.is_some() {
                    let frames: Vec<_> = queue.waiting.drain(..count).collect();
                    queue.bytes -= frames.iter().map(|out| out.frame.len()).sum::<usize>();
                    if queue.waiting.is_empty() {
                        queue.waiting = VecDeque::new(); // an idle socket holds no buffer
                    }
                    let work = Work { frames, beat: mem::take(&mut queue.beat), end: queue.end };
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
