//! What is known of one account that is online.
use crate::{outbox::Outbox, receipts::Places};
use im_core::{AccountId, ConversationId, Seq, SessionId, accounts::Role, conversations::Ranges};
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

/// An open socket, as the hub sees it.
pub struct Socket {
    /// Unique in this process; a newer socket has a greater one.
    pub id: u64,
    pub account: AccountId,
    pub session: SessionId,
    /// The role when its session began.
    pub role: Role,
    pub outbox: Outbox,
    /// Whether pushes may go here: its session is live and of the account's role.
    eligible: AtomicBool,
    /// When something was last heard from it, in milliseconds since the hub began.
    pub heard_ms: AtomicU64,
    /// Whether it has answered a Ping.
    pub answers: AtomicBool,
}

impl Socket {
    pub fn new(id: u64, caller: im_core::accounts::Caller, now_ms: u64) -> Self {
        Socket {
            id,
            account: caller.id,
            session: caller.session,
            role: caller.role,
            outbox: Outbox::default(),
            eligible: AtomicBool::new(caller.role == caller.account_role),
            heard_ms: AtomicU64::new(now_ms),
            answers: AtomicBool::new(false),
        }
    }

    /// No push goes here any more.
    pub fn retire(&self) {
        self.eligible.store(false, Ordering::Relaxed);
    }

    /// Whether pushes may go here.
    pub fn receives(&self) -> bool {
        self.eligible.load(Ordering::Relaxed) && !self.outbox.ending()
    }
}

/// One account's sockets, and what is on its way to them.
#[derive(Default)]
pub struct Desk {
    /// Oldest first.
    pub sockets: Vec<Arc<Socket>>,
    /// The groups whose messages come here.
    pub groups: Vec<ConversationId>,
    /// Groups left since this desk was opened; no list of groups read before brings them back.
    pub left: Vec<ConversationId>,
    /// Written to a socket, and not yet recorded as delivered.
    taken: HashMap<ConversationId, Ranges>,
    /// The drain that runs.
    pub draining: Option<Drain>,
    /// Whether its client has asked for what waits; what is lost later is sent without asking.
    pub asked: bool,
    /// Something came while the drain ran, and is to come behind it.
    pub more: bool,
    /// Recorded as delivered, but still marked as taken: a drain or an event that began before the
    /// record would send it again.
    recorded: Vec<(u64, ConversationId, Ranges)>,
}

/// A drain: to which socket, and which of the many that began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drain {
    pub socket: u64,
    pub number: u64,
}

/// How long what was recorded stays marked.
const REMEMBERED_MS: u64 = 5_000;

impl Desk {
    /// The one socket that receives: the newest that may (egg.md §5.8).
    pub fn receiver(&self) -> Option<Arc<Socket>> {
        self.sockets.iter().rev().find(|socket| socket.receives()).cloned()
    }

    /// A group whose messages come here no more.
    pub fn leave(&mut self, group: ConversationId) {
        self.groups.retain(|other| *other != group);
        if !self.left.contains(&group) {
            self.left.push(group);
        }
    }

    /// Marks a message as on its way; false when it is already.
    pub fn take(&mut self, of: ConversationId, seq: Seq) -> bool {
        let taken = self.taken.entry(of).or_default();
        let fresh = !taken.has(seq);
        if fresh {
            taken.add(seq, seq);
        }
        fresh
    }

    /// Forgets messages that did not arrive and wait again.
    pub fn forget(&mut self, places: &Places) {
        for (of, seq) in places {
            self.forget_one(*of, *seq);
        }
    }

    /// Takes note that messages were recorded as delivered.
    pub fn recorded(&mut self, now_ms: u64, of: ConversationId, ranges: Ranges) {
        if self.taken.contains_key(&of) {
            self.recorded.push((now_ms, of, ranges));
        }
    }

    /// Forgets what was recorded long enough ago, unless a drain is under way.
    pub fn tidy(&mut self, now_ms: u64) {
        if self.draining.is_some() {
            return;
        }
        let old = self.recorded.partition_point(|(at, ..)| at + REMEMBERED_MS <= now_ms);
        for (_, of, ranges) in self.recorded.drain(..old).collect::<Vec<_>>() {
            for (first, last) in ranges.iter() {
                (first.0..=last.0).for_each(|seq| self.forget_one(of, Seq(seq)));
            }
        }
    }

    fn forget_one(&mut self, of: ConversationId, seq: Seq) {
        if let Some(taken) = self.taken.get_mut(&of) {
            taken.remove(seq);
            if taken.is_empty() {
                self.taken.remove(&of);
            }
        }
    }
}
