//! The open sockets, and whose they are.
use super::{Pusher, channels::Channel, frames, keys::Mark};
use crate::{
    outbox::{End, Outbox, Outgoing},
    ws::Frame,
};
use im_core::{AccountId, App, SessionId, accounts::Caller};
use parking_lot::{Mutex, MutexGuard};
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

/// Sockets that one user may have open.
const SOCKETS: usize = 20;
/// Channels for which one socket may be given signatures.
const VOUCHED: usize = 200;
/// Milliseconds without a word in either direction after which a socket is closed.
const QUIET_MS: u64 = 90_000;
/// Seconds between two Pings.
const BEAT_S: u64 = 30;

/// An open socket, as its channels see it.
pub struct Socket {
    /// Unique in this process; a newer socket has a greater one.
    pub id: u64,
    /// Makes the public id one that cannot be guessed.
    nonce: u32,
    /// Whose it is; nobody's when it came with the application's own key alone.
    pub owner: Option<Caller>,
    /// Of its owner's password, when a server key asked for its ticket.
    mark: Option<Mark>,
    /// Where its client reaches us.
    pub address: Arc<str>,
    pub outbox: Outbox,
    channels: Mutex<Vec<Channel>>,
    /// Who asked for which of its signatures.
    vouched: Mutex<Vec<(Channel, Caller)>>,
    /// When anything last came from it, in milliseconds since the hub began.
    pub heard_ms: AtomicU64,
    /// When it last said something or was told something.
    pub active_ms: AtomicU64,
    /// Whether it has answered a Ping.
    pub answers: AtomicBool,
}

impl Socket {
    /// The id that its client knows.
    pub fn public_id(&self) -> String {
        format!("{}.{}", self.id, self.nonce)
    }

    /// Puts a frame into its outbox; a socket that ends takes none.
    pub fn push(&self, frame: Frame) {
        let _ = self.outbox.push(Outgoing { frame, carries: None });
    }

    /// The channels that it listens to, or waits for.
    pub fn channels(&self) -> MutexGuard<'_, Vec<Channel>> {
        self.channels.lock()
    }

    /// Who asked for the signature of this channel.
    pub fn voucher(&self, channel: Channel) -> Option<Caller> {
        self.vouched.lock().iter().find(|(of, _)| *of == channel).map(|(_, caller)| *caller)
    }

    /// Everybody in whose name it may hear something; somebody perhaps more than once.
    fn accounts(&self) -> Vec<AccountId> {
        let vouched = self.vouched.lock();
        self.owner.iter().chain(vouched.iter().map(|(_, caller)| caller)).map(|caller| caller.id).collect()
    }

    /// The sessions of this account in whose name it may hear something; 0 is a server key's.
    fn sessions(&self, account: AccountId) -> Vec<SessionId> {
        let vouched = self.vouched.lock();
        let all = self.owner.iter().chain(vouched.iter().map(|(_, caller)| caller));
        all.filter(|caller| caller.id == account).map(|caller| caller.session).collect()
    }
}

impl Pusher {
    /// Gives a socket its place, with the `mark` of the ticket that a server key asked for; `None` when
    /// its owner has as many as one may have.
    pub(super) fn place(
        &self,
        owner: Option<Caller>,
        mark: Option<Mark>,
        address: Arc<str>,
        now_ms: u64,
    ) -> Option<Arc<Socket>> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let socket = Arc::new(Socket {
            id,
            nonce: rand::random_range(100_000_000..=u32::MAX),
            owner,
            mark,
            address,
            outbox: Outbox::default(),
            channels: Mutex::default(),
            vouched: Mutex::default(),
            heard_ms: AtomicU64::new(now_ms),
            active_ms: AtomicU64::new(now_ms),
            answers: AtomicBool::new(false),
        });
        if let Some(owner) = owner {
            let mut seat = self.seats.entry(owner.id).or_default();
            let own = |s: &&Arc<Socket>| s.owner.is_some_and(|o| o.id == owner.id) && !s.outbox.ending();
            if seat.iter().filter(own).count() >= SOCKETS {
                return None;
            }
            seat.push(socket.clone());
        }
        socket.push(frames::established(&socket.public_id()));
        self.open.insert(id, socket.clone());
        self.count.fetch_add(1, Ordering::AcqRel);
        metrics::gauge!("hongyan_pop_sockets").increment(1);
        Some(socket)
    }

    /// Takes a socket away, and everything that it listened to.
    pub(super) fn remove(&self, socket: &Socket) {
        let channels = socket.channels().clone();
        channels.into_iter().for_each(|channel| self.rooms.leave(channel, socket));
        self.open.remove(&socket.id);
        for account in socket.accounts() {
            self.remove_seat(socket, account);
        }
        self.count.fetch_sub(1, Ordering::AcqRel);
        metrics::gauge!("hongyan_pop_sockets").decrement(1);
    }

    /// Notes that `caller` asked for a signature for a socket, so that it loses the channel when the
    /// caller does; false when it has too many. A socket that is not ours is the asker's affair.
    pub(super) fn vouch(&self, socket_id: &str, channel: Channel, caller: Caller) -> bool {
        let Some(socket) = self.find(socket_id) else { return true };
        let mut vouched = socket.vouched.lock();
        vouched.retain(|(of, _)| *of != channel);
        if vouched.len() >= VOUCHED {
            return false;
        }
        vouched.push((channel, caller));
        drop(vouched);
        let mut seat = self.seats.entry(caller.id).or_default();
        if !seat.iter().any(|other| other.id == socket.id) {
            seat.push(socket.clone());
        }
        drop(seat);
        if !self.open.contains_key(&socket.id) {
            self.remove_seat(&socket, caller.id); // it went meanwhile
        }
        true
    }

    fn remove_seat(&self, socket: &Socket, account: AccountId) {
        self.seats.alter(&account, |_, mut seat| {
            seat.retain(|other| other.id != socket.id);
            seat
        });
        self.seats.remove_if(&account, |_, seat| seat.is_empty());
    }

    /// The socket with this public id.
    pub(super) fn find(&self, socket_id: &str) -> Option<Arc<Socket>> {
        let id = socket_id.split_once('.')?.0.parse().ok()?;
        let socket = self.open.get(&id)?.clone();
        (socket.public_id() == socket_id).then_some(socket)
    }

    /// The sessions of an account that have sockets here, as often as they do.
    pub(crate) fn sessions(&self, account: AccountId) -> Vec<SessionId> {
        let Some(seat) = self.seats.get(&account) else { return Vec::new() };
        seat.iter().flat_map(|socket| socket.sessions(account)).filter(|session| session.0 != 0).collect()
    }

    /// Ends the sockets of these sessions.
    pub(crate) fn end_sessions(&self, account: AccountId, ended: &[SessionId]) {
        self.end(account, |_, session| ended.contains(&session));
    }

    /// Ends the sockets that server keys asked for, which no session holds: they go with the password,
    /// whoever changed it, and when the account is disabled.
    pub(crate) fn end_keyed(&self, account: AccountId) {
        self.end(account, |_, session| session.0 == 0);
    }

    /// The same for those whose time came in another process: an operator's command.
    pub(crate) async fn end_outdated(&self, app: &App, account: AccountId) {
        let keyed = self.seats.get(&account).is_some_and(|seat| seat.iter().any(|one| one.mark.is_some()));
        if !keyed {
            return;
        }
        match self.keys.mark(app, account).await {
            Ok(now) => self.end(account, |socket, session| session.0 == 0 && socket.mark != now),
            Err(e) => tracing::warn!(error = %e, "it is not seen whether a password was changed"),
        }
    }

    fn end(&self, account: AccountId, over: impl Fn(&Socket, SessionId) -> bool) {
        let Some(seat) = self.seats.get(&account) else { return };
        seat.iter()
            .filter(|socket| socket.sessions(account).into_iter().any(|session| over(socket, session)))
            .for_each(|socket| socket.outbox.end(End::Close(frames::NOT_AUTHORISED)));
    }

    /// Tells every socket that the server stops.
    pub(crate) fn stop(&self) {
        self.open.iter().for_each(|socket| socket.outbox.end(End::Close(frames::RESTART)));
    }

    /// Open sockets.
    pub(crate) fn open(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    /// Asks a part of the sockets for a sign of life, and ends those of which nothing was heard, or
    /// which had nothing to say and nothing to hear (pop.md §4.2).
    pub(crate) fn heartbeat(&self, second: u64, now_ms: u64) {
        let silent = now_ms.saturating_sub(QUIET_MS);
        for socket in self.open.iter().filter(|socket| socket.id % BEAT_S == second % BEAT_S) {
            if socket.active_ms.load(Ordering::Relaxed) < silent {
                socket.outbox.end(End::Close(frames::INACTIVE));
            } else if socket.heard_ms.load(Ordering::Relaxed) < silent
                && socket.answers.load(Ordering::Relaxed)
            {
                socket.outbox.end(End::Close(frames::NO_PONG));
            } else {
                socket.outbox.beat();
            }
        }
    }
}
