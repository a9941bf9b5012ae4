//! What happened, as an entry of the log.
use crate::{AccountId, accounts::Role, conversations::Group};
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
    /// Group: it begins.
    GroupCreated,
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
    },
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
