//! The channels that there are (pop.md §4.4).
use im_core::{AccountId, ConversationId};
use std::fmt;

/// A channel. What is not in this list cannot be subscribed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// What is addressed to one user.
    User(AccountId),
    /// What is said and changes in a group.
    Group(ConversationId),
    /// What all are told.
    Global,
    /// The same as [`Channel::User`], for clients that ask for permission.
    PrivateUser(AccountId),
    /// The same as [`Channel::Group`], likewise.
    PrivateGroup(ConversationId),
    /// Who of a group is there.
    PresenceGroup(ConversationId),
}

/// Who has a right to a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Everybody.
    Everybody,
    /// One user.
    Only(AccountId),
    /// The members of a group.
    Members(ConversationId),
}

impl Channel {
    /// The channel of this name; numbers are written in one way only.
    pub fn parse(name: &str) -> Option<Channel> {
        let number = |text: &str| {
            let plain = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
            text.parse::<i64>().ok().filter(|_| plain)
        };
        let (kind, id) = name.rsplit_once('-').unwrap_or((name, ""));
        match kind {
            "global" if id.is_empty() && name == "global" => Some(Channel::Global),
            "user" => number(id).map(|id| Channel::User(AccountId(id))),
            "group" => number(id).map(|id| Channel::Group(ConversationId(id))),
            "private-user" => number(id).map(|id| Channel::PrivateUser(AccountId(id))),
            "private-group" => number(id).map(|id| Channel::PrivateGroup(ConversationId(id))),
            "presence-group" => number(id).map(|id| Channel::PresenceGroup(ConversationId(id))),
            _ => None,
        }
    }

    /// The channel that carries the same events.
    pub fn mirror(self) -> Option<Channel> {
        match self {
            Channel::User(id) => Some(Channel::PrivateUser(id)),
            Channel::Group(id) => Some(Channel::PrivateGroup(id)),
            _ => None,
        }
    }

    /// The channels of a group.
    pub fn of_group(id: ConversationId) -> [Channel; 3] {
        [Channel::Group(id), Channel::PrivateGroup(id), Channel::PresenceGroup(id)]
    }

    /// Who has a right to it.
    pub fn right(self) -> Right {
        match self {
            Channel::Global => Right::Everybody,
            Channel::User(id) | Channel::PrivateUser(id) => Right::Only(id),
            Channel::Group(id) | Channel::PrivateGroup(id) | Channel::PresenceGroup(id) => Right::Members(id),
        }
    }

    /// Whether a subscription must be signed, and clients may speak.
    pub fn is_guarded(self) -> bool {
        matches!(self, Channel::PrivateUser(_) | Channel::PrivateGroup(_) | Channel::PresenceGroup(_))
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Channel::User(id) => write!(f, "user-{id}"),
            Channel::Group(id) => write!(f, "group-{id}"),
            Channel::Global => f.write_str("global"),
            Channel::PrivateUser(id) => write!(f, "private-user-{id}"),
            Channel::PrivateGroup(id) => write!(f, "private-group-{id}"),
            Channel::PresenceGroup(id) => write!(f, "presence-group-{id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_has_one_name() {
        for name in
            ["user-9", "group-51", "global", "private-user-9", "private-group-51", "presence-group-51"]
        {
            assert_eq!(Channel::parse(name).map(|channel| channel.to_string()).as_deref(), Some(name));
        }
        let others =
            ["", "user", "user-", "user-0", "user-09", "user-+9", "user--9", "user-9 ", "User-9", "global-"];
        for name in
            others.iter().chain(&["presence-user-9", "private-global", "user-99999999999999999999", "x-1"])
        {
            assert_eq!(Channel::parse(name), None, "{name}");
        }
    }
}
