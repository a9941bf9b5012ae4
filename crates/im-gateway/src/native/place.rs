//! The open sockets, and whose they are.
use super::{Native, rooms::Groups};
use crate::{
    hub::Hub,
    outbox::{End, Outbox, Outgoing},
    ws::Frame,
};
use im_core::{AccountId, SessionEnd, SessionId, accounts::Caller};
use parking_lot::Mutex;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// Sockets that one account may have open.
const SOCKETS: usize = 64;
/// Seconds between two Pings; clients are told, so that they ask as often.
pub const BEAT_S: u64 = 30;
/// Milliseconds without a word after which a socket is given up.
const SILENT_MS: u64 = 3 * BEAT_S * 1_000;

/// Close codes (docs/protocol/close-codes.md).
pub const OVER: u16 = 4001;
pub const PASSWORD_CHANGED: u16 = 4002;
pub const DISABLED: u16 = 4003;

/// An open socket whose client said hello.
pub struct Socket {
    /// Unique in this process.
    pub id: u64,
    /// Whose it is.
    pub caller: Caller,
    pub outbox: Outbox,
    /// When something was last heard from it, in milliseconds since the hub began.
    pub heard_ms: AtomicU64,
    pub(super) groups: Mutex<Groups>,
    /// Whose coming and going it follows.
    pub(super) watched: Mutex<Box<[AccountId]>>,
}

impl Socket {
    /// Puts a frame into its outbox; a socket that ends takes none.
    pub fn push(&self, frame: Frame) {
        let _ = self.outbox.push(Outgoing { frame, carries: None });
    }

    /// The same, but waits until there is room; false when the socket ends.
    pub async fn push_when_room(&self, frame: Frame) -> bool {
        self.outbox.push_when_room(Outgoing { frame, carries: None }).await.is_ok()
    }
}

/// What is known of one account that has sockets.
#[derive(Default)]
pub(super) struct Seat {
    pub sockets: Vec<Arc<Socket>>,
    /// Where it typed a moment ago, and when.
    pub typed: Vec<(im_core::ConversationId, u64)>,
}

/// A socket's place in the hub; dropping it takes the socket away.
pub(super) struct Place {
    hub: Arc<Hub>,
    pub socket: Arc<Socket>,
}

impl Place {
    /// Gives a socket its place: from here on it is told what concerns its account, and ends with its
    /// session. `None` when the account has as many as one may have.
    pub fn take(hub: &Arc<Hub>, caller: Caller) -> Option<Self> {
        let native = &hub.native;
        let mut seat = native.seats.entry(caller.id).or_default();
        if seat.sockets.len() >= SOCKETS {
            return None;
        }
        let socket = Arc::new(Socket {
            id: native.next.fetch_add(1, Ordering::Relaxed),
            caller,
            outbox: Outbox::default(),
            heard_ms: AtomicU64::new(hub.uptime_ms()),
            groups: Mutex::default(),
            watched: Mutex::default(),
        });
        seat.sockets.push(socket.clone());
        drop(seat);
        native.open.fetch_add(1, Ordering::AcqRel);
        metrics::gauge!("hongyan_v1_sockets").increment(1);
        hub.online.came(caller.id);
        if hub.is_stopping() {
            socket.outbox.end(End::Drop);
        }
        Some(Place { hub: hub.clone(), socket })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let (native, socket) = (&self.hub.native, &self.socket);
        socket.outbox.close();
        let account = socket.caller.id;
        if let Some(mut seat) = native.seats.get_mut(&account) {
            seat.sockets.retain(|other| other.id != socket.id);
            seat.sockets.shrink_to_fit();
        }
        native.seats.remove_if(&account, |_, seat| seat.sockets.is_empty());
        native.vacate(socket); // nobody finds it any more who could bring it into a room
        native.watch(socket, Vec::new());
        native.open.fetch_sub(1, Ordering::AcqRel);
        metrics::gauge!("hongyan_v1_sockets").decrement(1);
        self.hub.may_be_gone(account);
    }
}

impl Native {
    /// Whether the account has a socket.
    pub(crate) fn has(&self, account: AccountId) -> bool {
        self.seats.contains_key(&account)
    }

    /// Open sockets.
    pub(crate) fn open(&self) -> usize {
        self.open.load(Ordering::Acquire)
    }

    /// The sessions of an account that have sockets.
    pub(crate) fn sessions(&self, account: AccountId) -> Vec<SessionId> {
        let Some(seat) = self.seats.get(&account) else { return Vec::new() };
        seat.sockets.iter().map(|socket| socket.caller.session).collect()
    }

    /// Sends a frame to the account's sockets. It is made when there is one.
    pub(super) fn tell(&self, account: AccountId, frame: impl FnOnce() -> Frame) {
        let Some(seat) = self.seats.get(&account) else { return };
        if let Some((last, others)) = seat.sockets.split_last() {
            let frame = frame();
            others.iter().for_each(|socket| socket.push(frame.clone()));
            last.push(frame);
        }
    }

    /// Sends a frame to everybody.
    pub(super) fn tell_everybody(&self, frame: &Frame) {
        self.seats.iter().for_each(|seat| seat.sockets.iter().for_each(|socket| socket.push(frame.clone())));
    }

    /// Ends the sockets of these sessions.
    pub(crate) fn end_sessions(&self, account: AccountId, ended: &[SessionId], why: SessionEnd) {
        let (words, code) = match why {
            SessionEnd::Replaced => (r#"{"type":"ended","reason":"replaced"}"#, OVER),
            SessionEnd::SignedOut => (r#"{"type":"ended","reason":"signed_out"}"#, OVER),
            SessionEnd::PasswordChanged => {
                (r#"{"type":"ended","reason":"password_changed"}"#, PASSWORD_CHANGED)
            }
            SessionEnd::Disabled => (r#"{"type":"ended","reason":"disabled"}"#, DISABLED),
        };
        self.end(account, words, code, |socket| ended.contains(&socket.caller.session));
    }

    /// Ends the sockets that a visitor opened who is a user now.
    pub(super) fn converted(&self, account: AccountId) {
        let visitor = |socket: &Socket| socket.caller.role == im_core::accounts::Role::Visitor;
        self.end(account, r#"{"type":"ended","reason":"converted"}"#, OVER, visitor);
    }

    fn end(&self, account: AccountId, words: &'static str, code: u16, over: impl Fn(&Socket) -> bool) {
        let Some(seat) = self.seats.get(&account) else { return };
        seat.sockets.iter().filter(|one| over(one)).for_each(|one| one.outbox.end_with(words, code));
    }

    /// Drops every socket: its client comes back.
    pub(crate) fn stop(&self) {
        self.seats
            .iter()
            .for_each(|seat| seat.sockets.iter().for_each(|socket| socket.outbox.end(End::Drop)));
    }

    /// Asks a part of the sockets for a sign of life, so that each is asked once per interval, and drops
    /// those of which nothing was heard.
    pub(crate) fn heartbeat(&self, second: u64, now_ms: u64) {
        let silent = now_ms.saturating_sub(SILENT_MS);
        for seat in &self.seats {
            for socket in seat.sockets.iter().filter(|one| one.id % BEAT_S == second % BEAT_S) {
                if socket.heard_ms.load(Ordering::Relaxed) < silent {
                    socket.outbox.end(End::Drop);
                } else {
                    socket.outbox.beat();
                }
            }
        }
    }
}
