//! What happened, as an entry of the log.
use crate::{
    AccountId, Mid, Seq,
    accounts::{Account, Role},
    conversations::Group,
};
use serde::{Deserialize, Serialize};

/// Something that happened in a conversation. It holds what the moment knew and a later reader
/// could not find out; each dialect writes its own text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// Direct: the two became friends; the sender is who agreed.
    Befriended,
    /// Inbox: the sender asks for friendship.
    FriendAsked,
    /// Group: it begins; its owner is the sender.
    GroupCreated {
        /// Who is in it beside the owner.
        people: Vec<Named>,
    },
    /// Group: the sender brought others in.
    Invited {
        /// Whom.
        people: Vec<Named>,
    },
    /// Group: the sender put others out.
    Removed {
        /// Whom.
        people: Vec<Named>,
    },
    /// Group: somebody may not speak for a while.
    Muted {
        /// Who.
        who: Named,
        /// For how many seconds from now; 0 lifts it.
        seconds: i64,
    },
    /// Group: nobody but its owner and managers may speak, or all may again.
    MutedAll {
        /// Whether it is silent.
        on: bool,
    },
    /// Group: it has a new name.
    GroupRenamed {
        /// The new name.
        name: String,
    },
    /// Group: the owner says something to all.
    Announced {
        /// The text.
        text: String,
    },
    /// Group: it ends.
    GroupDissolved,
    /// Group: somebody came in.
    Joined {
        /// Who.
        account: AccountId,
        /// Under which name.
        name: String,
        /// Who invited, by name; nobody when it came by itself or was let in by the owner.
        inviter: Option<String>,
    },
    /// Group: it belongs to somebody else now; the sender gave it away.
    OwnerChanged {
        /// Who owned it.
        from: Named,
        /// Who owns it.
        to: Named,
    },
    /// Inbox of the owner: somebody waits to be let in.
    JoinAsked {
        /// The group as it was then.
        group: Box<Group>,
        /// Who waits.
        applicant: Box<Applicant>,
        /// Whether somebody invited.
        invited: bool,
        /// Who invited, by name, when that is a registered user.
        inviter: Option<String>,
        /// What was said about it.
        text: String,
    },
    /// Inbox of the owner: the sender went.
    MemberLeft {
        /// The group as it was then.
        group: Box<Group>,
        /// The sender's name there.
        name: String,
        /// The sender's picture there.
        avatar: String,
    },
    /// Direct or group: the sender took a message back.
    Revoked {
        /// Public id of the message.
        message: String,
        /// Its place in the log, where the message is known.
        #[serde(default)]
        mid: Option<Mid>,
        /// The same in its conversation.
        #[serde(default)]
        seq: Option<Seq>,
        /// Gone without a trace, instead of shown as taken back.
        #[serde(default)]
        deleted: bool,
    },
    /// Direct or group: the sender changed the text of a message.
    Edited {
        /// Its place in the installation's log.
        mid: Mid,
        /// The same in its conversation.
        seq: Seq,
        /// What it says now. Not kept here: who takes the message back later takes this back as well.
        #[serde(skip)]
        text: Option<String>,
    },
    /// Direct or group: the sender put an emoji to a message, or took it away.
    Reacted {
        /// The message's place in the installation's log.
        mid: Mid,
        /// The same in its conversation.
        seq: Seq,
        /// Which.
        emoji: String,
        /// Whether it is there now.
        on: bool,
    },
}

impl Notice {
    /// Whether it changes another entry, instead of being one to be shown.
    pub fn is_change(&self) -> bool {
        matches!(self, Notice::Revoked { .. } | Notice::Edited { .. } | Notice::Reacted { .. })
    }
}

/// Somebody, by the name of that moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Named {
    /// Number.
    pub id: AccountId,
    /// Name.
    pub name: String,
}

impl Named {
    /// The account by the name that others read.
    pub fn of(account: &Account) -> Self {
        Named { id: account.id, name: account.display().to_owned() }
    }
}

/// Somebody who wants into a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Applicant {
    /// Number.
    pub id: AccountId,
    /// Public id.
    pub uuid: String,
    /// Name.
    pub name: String,
    /// Picture.
    pub avatar: String,
    /// User or visitor.
    pub role: Role,
}
