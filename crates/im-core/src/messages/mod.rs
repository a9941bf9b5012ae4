//! The log: sending, revoking, and what still waits for somebody.

mod addressing;
mod extra;
mod notice;
mod post;
mod rules;
pub(crate) mod store;
#[cfg(test)]
mod tests;
mod waiting;

use crate::{
    AccountId, App, Audience, ConversationId, Mid, Millis, Rate, Refusal, Result, Seq,
    accounts::{Caller, Door, Role},
    conversations::{self, Group},
};
pub(crate) use addressing::Addresses;
pub use addressing::find;
pub(crate) use addressing::veiled;
pub(crate) use extra::digest;
pub use extra::{At, Extra};
use im_db::Tx;
pub use notice::{Applicant, Named, Notice};
pub(crate) use post::{Entry, post_direct, post_group, post_inbox, say_in_group};
pub(crate) use rules::{in_time, is_emoji, kind_is_on, reachable};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, sync::Arc};
use uuid::Uuid;
pub use waiting::{Page, pending};

/// What a message says, in words that every dialect can translate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// Plain text, as typed.
    Text(String),
    /// A picture, by its address.
    Image(String),
    /// A voice message, by its address.
    Audio(String),
    /// A video, by its address.
    Video(String),
    /// Any other file, by its address.
    File(String),
    /// Something that only the sender's dialect knows; the text is the best that others can show.
    Other(String),
    /// An answer given for its sender by the questions and answers it stored.
    Auto {
        /// The answer.
        text: String,
        /// The question as it was put, in the words of the asker's dialect.
        asked: Option<String>,
    },
    /// Something that happened in the conversation.
    Notice(Notice),
}

/// An entry of a conversation's log.
#[derive(Clone, Debug)]
pub struct Message {
    /// Place in the installation's log.
    pub mid: Mid,
    /// Public id.
    pub uuid: Uuid,
    /// Where it was said.
    pub conversation: ConversationId,
    /// Place in the conversation's log.
    pub seq: Seq,
    /// Who said or did it.
    pub sender: AccountId,
    /// What.
    pub body: Body,
    /// What the sender's dialect needs to say it again to the letter, in that dialect's form.
    pub raw: Option<String>,
    /// When.
    pub created_ms: Millis,
    /// The sender's own name for it, by which a retry finds it.
    pub client_id: Option<String>,
    /// Whom it mentions, and where it comes from.
    pub extra: Extra,
}

/// An account as others see it in one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Face {
    /// Number.
    pub id: AccountId,
    /// Public id.
    pub uuid: String,
    /// User or visitor.
    pub role: Role,
    /// The name in this place.
    pub name: String,
    /// The picture in this place.
    pub avatar: String,
    /// The merchant for which it serves customers; known of the two in a direct conversation only.
    pub desk: Option<AccountId>,
}

/// Where an entry stands, with what clients show around it.
#[derive(Clone, Debug)]
pub enum Place {
    /// Between the sender and one other.
    Direct {
        /// The other one.
        peer: Face,
        /// What the other one calls the sender.
        sender_alias: String,
        /// What the sender calls the other one.
        peer_alias: String,
    },
    /// In a group.
    Group(Arc<Group>),
    /// In the inbox of this account.
    Inbox(Face),
}

/// An entry with everything that is needed to show it.
#[derive(Clone, Debug)]
pub struct Posted {
    /// The entry.
    pub message: Message,
    /// Who is shown as its author.
    pub sender: Face,
    /// Where it stands.
    pub place: Place,
    /// The message that it answers to.
    pub quote: Option<Quoted>,
    /// A mark by which the sending device knows its own message again; told, not kept.
    pub echo: Option<String>,
}

/// A message as another one quotes it.
#[derive(Clone, Debug)]
pub struct Quoted {
    /// Its place in the installation's log.
    pub mid: Mid,
    /// The same in its conversation.
    pub seq: Seq,
    /// Who said it.
    pub sender: AccountId,
    /// What it says; `None` when it was taken back.
    pub said: Option<(Body, Option<String>)>,
}

impl Posted {
    /// Who is told.
    pub fn audience(&self) -> Audience {
        match &self.place {
            Place::Direct { peer, .. } => Audience::Accounts(vec![self.sender.id, peer.id]),
            Place::Group(group) => Audience::Group(group.id),
            Place::Inbox(owner) => Audience::Accounts(vec![owner.id]),
        }
    }
}

/// Whom a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// One account.
    Account(AccountId),
    /// A group.
    Group(ConversationId),
}

/// A message that wants to be sent.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Whom it is for.
    pub to: To,
    /// What it says.
    pub body: Body,
    /// The same in the sender's dialect, where `body` does not say it all.
    pub raw: Option<String>,
    /// The message of the same conversation that it answers to.
    pub quote: Option<At>,
    /// A mark of the sending device, told with the message and not kept.
    pub echo: Option<String>,
    /// The sender's own name for it: of several tries to send it one is kept.
    pub client_id: Option<String>,
    /// Whom it mentions, or everybody; who is no member is left out.
    pub extra: Extra,
}

impl Draft {
    /// A message that quotes nothing.
    pub fn new(to: To, body: Body, raw: Option<String>) -> Self {
        Draft { to, body, raw, quote: None, echo: None, client_id: None, extra: Extra::default() }
    }

    /// A number for what it says: another try says the same.
    pub fn digest(&self) -> i64 {
        digest(&(&self.body, &self.raw, self.quote, &self.extra))
    }
}

/// Appends a message to the log and tells who is online. The answer is given once it is on disk.
///
/// # Errors
/// Both: [`Refusal::BadMessage`], [`Refusal::PrivateChatOff`] or [`Refusal::GroupChatOff`], [`Refusal::TooOften`].
/// Direct: [`Refusal::StrangersOff`], [`Refusal::NoSuchPerson`], [`Refusal::Blocked`], [`Refusal::Cut`],
/// [`Refusal::FriendsOnly`], [`Refusal::OneMessageOnly`]. Group: [`Refusal::NoSuchGroup`], [`Refusal::NotMember`],
/// [`Refusal::Muted`], [`Refusal::GroupLocked`], [`Refusal::MutedAll`]. Then both: [`Refusal::KindOff`],
/// [`Refusal::NotAllowed`] for a call to everybody, [`Refusal::NoSuchMessage`] for a quote,
/// [`Refusal::ClientIdTaken`] when the sender said something under this name before.
pub async fn send(app: &App, caller: Caller, draft: Draft) -> Result<Arc<Posted>> {
    check(app, &draft)?;
    count(app, caller)?;
    app.write(move |app, tx| {
        Box::pin(async move {
            let named = draft.client_id.clone().map(|name| (name, draft.digest()));
            say(&app, tx, caller, draft, named).await
        })
    })
    .await
}

/// What can be said of a draft without looking at the database.
pub(crate) fn check(app: &App, draft: &Draft) -> Result<()> {
    rules::check_draft(draft, app.chat.message_chars)?;
    Ok(rules::chat_is_on(draft.to, &app.switches())?)
}

/// Appends a draft that was checked and counted, under this name and with a digest of what it says.
pub(crate) async fn say(
    app: &App,
    tx: &mut Tx,
    caller: Caller,
    draft: Draft,
    named: Option<(String, i64)>,
) -> Result<Arc<Posted>> {
    let Draft { to, body, raw, quote, echo, extra, .. } = moderated(app, draft);
    let (client_id, digest) = named.unzip();
    let kind = rules::kind_is_on(&body, raw.as_deref(), &app.switches());
    // Who writes in the pop dialect has the conversation open, and reads what is in it.
    let seen = caller.door == Door::Pop;
    let entry = Entry { quote, echo, seen, client_id, digest, extra, ..Entry::said(caller.id, body, raw) };
    let posted = speak(app, tx, caller, to, entry, kind).await?;
    if posted.sender.desk.is_some() && matches!(posted.place, Place::Direct { .. }) {
        // A person serves: no automatic answer for a while.
        conversations::store::set_answered(tx, &posted.message).await?;
    }
    Ok(posted)
}

/// Logs what somebody says, or changes of what was said, who may speak there. `also` is one more reason
/// not to, which comes last.
pub(crate) async fn speak(
    app: &App,
    tx: &mut Tx,
    caller: Caller,
    to: To,
    entry: Entry,
    also: Result<(), Refusal>,
) -> Result<Arc<Posted>> {
    let (now, everyone) = (app.now(), entry.extra.everyone);
    match to {
        To::Account(peer) => {
            if !app.switches().stranger_chat && !store::is_friend_of(tx, caller.id, peer).await? {
                return Err(Refusal::StrangersOff.into()); // also where there is nobody
            }
            let may = |route: &store::Route| {
                rules::may_write(route, caller.account_role)?;
                also?;
                if everyone { Err(Refusal::NotAllowed) } else { Ok(()) }
            };
            post_direct(app, tx, peer, entry, &may).await
        }
        To::Group(group) => {
            let may = |route: &store::GroupRoute| {
                rules::may_speak(route, now).and(also).and(rules::may_call(route, everyone))
            };
            say_in_group(app, tx, group, entry, &may).await
        }
    }
}

/// Counts a message of the caller, or a change to one.
pub(crate) fn count(app: &App, caller: Caller) -> Result<()> {
    let now = app.now();
    if caller.door == Door::Pop {
        return Ok(app.limiter.take(Rate::PopSend, caller.id, now)?);
    }
    app.limiter.take(Rate::SendBurst, caller.id, now)?;
    Ok(app.limiter.take(Rate::Send, caller.id, now)?)
}

/// The draft without dirty words. A dialect's own form that would still hold them is dropped.
fn moderated(app: &App, mut draft: Draft) -> Draft {
    if let Body::Text(text) | Body::Other(text) = &mut draft.body
        && let Cow::Owned(clean) = app.censor().clean(text)
    {
        (*text, draft.raw) = (clean, None);
    }
    draft
}

/// A wish to take a message back.
#[derive(Clone, Debug)]
pub struct Revocation {
    /// Public id of the message as the client knows it; any text.
    pub uuid: String,
    /// Where it was said.
    pub to: To,
    /// When it was sent, by the client's clock.
    pub claimed_ms: Millis,
    /// Kept with the notice for the dialect.
    pub raw: Option<String>,
}

/// Takes a message back and tells the others; taking it back twice changes nothing and tells
/// nobody. A message that is not in the log cannot be checked: its notice is sent as it is, and
/// receivers ignore an id that they do not have (egg.md §6.7).
///
/// # Errors
/// [`Refusal::TooLate`], [`Refusal::NotAllowed`], [`Refusal::NoSuchPerson`],
/// [`Refusal::NoSuchGroup`], [`Refusal::NotMember`].
pub async fn revoke(app: &App, caller: Caller, wish: Revocation) -> Result<Arc<Posted>> {
    let now = app.now();
    rules::in_time(wish.claimed_ms, now, app.chat.revoke_window_ms)?;
    count(app, caller)?;
    app.write(move |app, tx| {
        Box::pin(async move {
            match wish.to {
                To::Account(peer) => tx.turn(conversations::direct_name(caller.id, peer)).await,
                To::Group(id) => tx.turn(id).await,
            }
            let known = match Uuid::parse_str(&wish.uuid) {
                Ok(uuid) => store::by_uuid(tx, uuid).await?,
                Err(_) => None,
            };
            if let Some(known) = &known {
                rules::may_revoke(known, caller.id, wish.to)?;
                let grace = app.chat.revoke_window_ms + rules::REVOKE_GRACE_MS;
                rules::in_time(known.created_ms, now, grace)?;
            }
            let (mid, seq) = known.as_ref().map(|known| (known.mid, known.seq)).unzip();
            let revoked = Notice::Revoked { message: wish.uuid, mid, seq, deleted: false };
            let entry = Entry::said(caller.id, Body::Notice(revoked), wish.raw);
            let again = match &known {
                Some(known) => !store::set_revoked(tx, known.mid, now).await?,
                None => false,
            };
            let posted = match (again, wish.to) {
                (false, To::Account(peer)) => post_direct(&app, tx, peer, entry, &rules::reachable).await,
                (false, To::Group(group)) => post_group(&app, tx, group, entry).await,
                (true, to) => return post::unposted(tx, to, entry, now).await,
            }?;
            if let Some(mid) = mid {
                store::set_changed(tx, mid, posted.message.seq).await?;
            }
            Ok(posted)
        })
    })
    .await
}
