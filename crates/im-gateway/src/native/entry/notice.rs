//! What happened, and what changed, in the native API.
use super::{BodyView, NamedView};
use im_core::messages::{Body, Face, Notice};
use serde::Serialize;
use utoipa::ToSchema;

/// Something that happened, by or for the sender of the entry.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[schema(as = NoticeBody)]
#[allow(missing_docs)] // the contract has a table of them
pub enum NoticeView {
    /// The two became friends.
    Befriended,
    /// The sender asks for friendship.
    FriendAsked,
    /// A group begins.
    GroupCreated { people: Vec<NamedView> },
    /// The sender brought others in.
    Invited { people: Vec<NamedView> },
    /// The sender put others out.
    Removed { people: Vec<NamedView> },
    /// Somebody may not speak for so long; 0 lifts it.
    Muted { who: NamedView, seconds: i64 },
    /// Nobody but owner and managers may speak, or all may again.
    MutedAll { on: bool },
    /// The group has a new name.
    GroupRenamed { name: String },
    /// The owner says something to all.
    Announced { text: String },
    /// The group ends.
    GroupDissolved,
    /// Somebody came in, by itself or by the one of this name.
    Joined {
        who: NamedView,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        inviter: Option<String>,
    },
    /// Somebody waits to be let in.
    JoinAsked {
        group: NamedView,
        who: NamedView,
        invited: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        inviter: Option<String>,
        text: String,
    },
    /// The sender went.
    MemberLeft { group: NamedView, who: NamedView },
    /// The group belongs to somebody else.
    OwnerChanged { from: NamedView, to: NamedView },
}

/// A change of the older entry at the place `of`.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[schema(as = ChangeBody)]
#[allow(missing_docs)] // the contract has a table of them
pub enum ChangeView {
    /// It was taken back. `of` is 0 where the server does not know the message.
    Revoked { of: i64 },
    /// It is gone for all.
    Deleted { of: i64 },
    /// It has another text: the newest one, whichever change this is; left out when the message is gone.
    Edited {
        of: i64,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        body: Option<BodyView>,
    },
    /// The sender put an emoji to it, or took it away.
    Reacted { of: i64, emoji: String, on: bool },
}

impl NoticeView {
    pub(super) fn of(notice: &Notice, sender: &Face) -> Option<Self> {
        let all = |people: &[_]| people.iter().map(NamedView::from).collect();
        let named = |id: i64, name: &str| NamedView { id, name: name.to_owned() };
        Some(match notice {
            Notice::Befriended => NoticeView::Befriended,
            Notice::FriendAsked => NoticeView::FriendAsked,
            Notice::GroupCreated { people } => NoticeView::GroupCreated { people: all(people) },
            Notice::Invited { people } => NoticeView::Invited { people: all(people) },
            Notice::Removed { people } => NoticeView::Removed { people: all(people) },
            Notice::Muted { who, seconds } => NoticeView::Muted { who: who.into(), seconds: *seconds },
            Notice::MutedAll { on } => NoticeView::MutedAll { on: *on },
            Notice::GroupRenamed { name } => NoticeView::GroupRenamed { name: name.clone() },
            Notice::Announced { text } => NoticeView::Announced { text: text.clone() },
            Notice::GroupDissolved => NoticeView::GroupDissolved,
            Notice::Joined { account, name, inviter } => {
                NoticeView::Joined { who: named(account.0, name), inviter: inviter.clone() }
            }
            Notice::JoinAsked { group, applicant, invited, inviter, text } => NoticeView::JoinAsked {
                group: named(group.id.0, &group.name),
                who: named(applicant.id.0, &applicant.name),
                invited: *invited,
                inviter: inviter.clone(),
                text: text.clone(),
            },
            Notice::MemberLeft { group, name, .. } => NoticeView::MemberLeft {
                group: named(group.id.0, &group.name),
                who: named(sender.id.0, name),
            },
            Notice::OwnerChanged { from, to } => {
                NoticeView::OwnerChanged { from: from.into(), to: to.into() }
            }
            Notice::Revoked { .. } | Notice::Edited { .. } | Notice::Reacted { .. } => return None,
        })
    }
}

impl ChangeView {
    pub(super) fn of(notice: &Notice) -> Option<Self> {
        Some(match notice {
            Notice::Revoked { seq, deleted, .. } => match (seq.unwrap_or_default().0, deleted) {
                (of, false) => ChangeView::Revoked { of },
                (of, true) => ChangeView::Deleted { of },
            },
            Notice::Edited { seq, text, .. } => {
                let body = text.clone().map(|text| BodyView::of(&Body::Text(text), None));
                ChangeView::Edited { of: seq.0, body }
            }
            Notice::Reacted { seq, emoji, on, .. } => {
                ChangeView::Reacted { of: seq.0, emoji: emoji.clone(), on: *on }
            }
            _ => return None,
        })
    }
}
