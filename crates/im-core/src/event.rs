//! What happened, and to whom it is told.
use crate::{
    AccountId, ConversationId, Mid, Millis, Seq, SessionId,
    conversations::Group,
    messages::{Named, Notice, Posted, To},
    switches::Switches,
};
use std::sync::Arc;

/// Something that happened and is on disk, told at most once to whoever is online. Who misses it
/// finds it in the log, or in the state that it asks for.
#[derive(Clone, Debug)]
pub enum Event {
    /// An entry came into a conversation's log. Events of one conversation come in `seq` order.
    Posted(Audience, Arc<Posted>),
    /// Accounts became active members of a group.
    Joined(Arc<Joined>),
    /// Accounts are not members of a group any more.
    Left(Arc<Left>),
    /// A group is no more; what was posted before still reaches who was a member.
    Dissolved(Arc<Group>),
    /// Something changed that is no entry of a log.
    Changed(Audience, Arc<Change>),
    /// Sessions ended; their sockets receive nothing from now on.
    SessionsEnded(AccountId, Vec<SessionId>, SessionEnd),
    /// A visitor became a registered user: sockets of the visitor receive nothing from now on.
    Converted(AccountId),
}

/// Who is told.
#[derive(Clone, Debug)]
pub enum Audience {
    /// These accounts.
    Accounts(Vec<AccountId>),
    /// The active members of a group.
    Group(ConversationId),
    /// Whoever is there.
    Everybody,
}

/// Who came into a group.
#[derive(Clone, Debug)]
pub struct Joined {
    /// The group as it is now.
    pub group: Group,
    /// Who came.
    pub accounts: Vec<AccountId>,
    /// Who let them in, or the one who came by itself.
    pub by: Named,
    /// What the group is told of it next.
    pub notice: Notice,
}

/// Who went from a group.
#[derive(Clone, Debug)]
pub struct Left {
    /// The group as it is now.
    pub group: Group,
    /// Who went.
    pub accounts: Vec<AccountId>,
    /// Who removed them, or the one who went by itself.
    pub by: AccountId,
}

/// What changed beside the log.
#[derive(Clone, Debug)]
pub enum Change {
    /// To the one who asked for friendship: it was refused.
    FriendRefused {
        /// By whom.
        by: AccountId,
        /// The request.
        request: i64,
    },
    /// To both: they are no friends any more.
    Unfriended(AccountId, AccountId),
    /// To one account: it has a friend more or less, or keeps one in another way.
    Contact {
        /// Whose list.
        owner: AccountId,
        /// Who is on it, or was.
        peer: AccountId,
    },
    /// To both: friendship was asked for, or the request was decided.
    Request {
        /// Which.
        id: i64,
        /// Who asked.
        from: AccountId,
        /// Who was asked.
        to: AccountId,
    },
    /// To its friends, who see another name or picture, and to itself, for any change of its profile.
    Profile {
        /// Whose.
        account: AccountId,
        /// Its name, as it reads it itself.
        name: String,
        /// The picture.
        avatar: String,
        /// What each of the friends who are told calls it.
        names: Vec<(AccountId, String)>,
    },
    /// To the group: it changed.
    Group {
        /// As it is now.
        group: Group,
        /// It has another name.
        name: bool,
        /// It has another picture.
        avatar: bool,
        /// It was silenced, or not any more.
        mute_all: bool,
    },
    /// To the group: somebody manages it, or not any more.
    Manager {
        /// Which.
        group: ConversationId,
        /// Who.
        account: AccountId,
        /// Whether it does.
        on: bool,
    },
    /// To the reader, and to the other one of a direct conversation: everything up to here was seen.
    Read {
        /// As the reader names the conversation; `None`: its inbox.
        to: Option<To>,
        /// Which.
        conversation: ConversationId,
        /// Who read.
        reader: AccountId,
        /// When.
        read_ms: Millis,
        /// The newest message then; 0 when there was none.
        mid: Mid,
        /// Its place in the conversation.
        seq: Seq,
    },
    /// To the other one of a direct conversation: everything up to here arrived at a native device.
    Delivered {
        /// Which.
        conversation: ConversationId,
        /// At whom.
        account: AccountId,
        /// The newest place that did.
        seq: Seq,
    },
    /// To one account: how it keeps a conversation in its list.
    View {
        /// As its owner names the conversation; `None`: its inbox.
        to: Option<To>,
        /// Which.
        conversation: ConversationId,
        /// Not listed.
        hidden: bool,
        /// Listed first.
        pinned: bool,
        /// What it has not seen.
        unread: i64,
    },
    /// To one account, or to all who could see it: a message is gone.
    Deleted {
        /// As the one who deleted it names the conversation.
        to: To,
        /// Which.
        mid: Mid,
        /// Where it was said.
        conversation: ConversationId,
        /// Its place there.
        seq: Seq,
        /// When it was said.
        created_ms: Millis,
        /// By whom.
        by: AccountId,
        /// For all, or for that one alone.
        for_all: bool,
    },
    /// To a merchant: somebody who is no friend began to talk to it.
    Stranger {
        /// Who, as the merchant reads its name.
        who: Named,
        /// Its picture.
        avatar: String,
    },
    /// To everybody: the operator flipped switches.
    Switches(Arc<Switches>),
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
