//! What happened, and to whom it is told.
use crate::{AccountId, ConversationId, SessionId, messages::Posted};
use std::sync::Arc;

/// Something that happened and is on disk, told at most once to whoever is online. Who misses it
/// finds it in the log.
#[derive(Clone, Debug)]
pub enum Event {
    /// An entry came into a conversation's log. Events of one conversation come in `seq` order.
    Posted(Audience, Arc<Posted>),
    /// An account became an active member of a group.
    Joined(ConversationId, AccountId),
    /// An account is not a member of a group any more.
    Left(ConversationId, AccountId),
    /// A group is no more; what was posted before still reaches who was a member.
    Dissolved(ConversationId),
    /// Sessions ended; their sockets receive nothing from now on.
    SessionsEnded(AccountId, Vec<SessionId>, SessionEnd),
    /// A visitor became a registered user: sockets of the visitor receive nothing from now on.
    Converted(AccountId),
}

/// Who is told of an entry.
#[derive(Clone, Debug)]
pub enum Audience {
    /// These accounts.
    Accounts(Vec<AccountId>),
    /// The active members of a group.
    Group(ConversationId),
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionEnd {
    /// A newer login took its place.
    Replaced,
    /// Its owner signed out.
    SignedOut,
    /// The password was changed on another device.
    PasswordChanged,
    /// The account was disabled or its sessions were ended by the operator.
    Disabled,
}
