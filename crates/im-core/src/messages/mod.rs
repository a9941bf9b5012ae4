//! The log: sending, revoking, and what still waits for somebody.

mod notice;
mod post;
mod rules;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use crate::{
    AccountId, App, Audience, ConversationId, Mid, Millis, Rate, Refusal, Result, Seq,
    accounts::{Caller, Door, Role},
    conversations::{self, Group},
};
pub use notice::{Applicant, Named, Notice};
pub(crate) use post::{Entry, post_direct, post_group, post_inbox, say_in_group};
pub(crate) use rules::reachable;
use serde::{Deserialize, Serialize};
use std::{
    borrow::Cow,
    collections::{HashMap, hash_map},
    sync::Arc,
};
use uuid::Uuid;

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
    /// Its place in the log.
    pub mid: Mid,
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
    pub quote: Option<Mid>,
    /// A mark of the sending device, told with the message and not kept.
    pub echo: Option<String>,
}

impl Draft {
    /// A message that quotes nothing.
    pub fn new(to: To, body: Body, raw: Option<String>) -> Self {
        Draft { to, body, raw, quote: None, echo: None }
    }
}

/// Appends a message to the log and tells who is online. The answer is given once it is on disk.
///
/// # Errors
/// Both: [`Refusal::BadMessage`], [`Refusal::PrivateChatOff`] or [`Refusal::GroupChatOff`], [`Refusal::TooOften`].
/// Direct: [`Refusal::StrangersOff`], [`Refusal::NoSuchPerson`], [`Refusal::Blocked`], [`Refusal::Cut`],
/// [`Refusal::FriendsOnly`], [`Refusal::OneMessageOnly`]. Group: [`Refusal::NoSuchGroup`], [`Refusal::NotMember`],
/// [`Refusal::Muted`], [`Refusal::GroupLocked`], [`Refusal::MutedAll`]. Then both: [`Refusal::KindOff`],
/// [`Refusal::NoSuchMessage`] for a quote.
pub async fn send(app: &App, caller: Caller, draft: Draft) -> Result<Arc<Posted>> {
    rules::check_draft(&draft, app.chat.message_chars)?;
    let switches = app.switches();
    rules::chat_is_on(draft.to, &switches)?;
    count(app, caller)?;
    app.write(move |app, tx| {
        Box::pin(async move {
            let Draft { to, body, raw, quote, echo } = moderated(&app, draft);
            let kind = rules::kind_is_on(&body, raw.as_deref(), &switches);
            let now = app.now();
            // Who writes in the pop dialect has the conversation open, and reads what is in it.
            let entry = Entry { sender: caller.id, body, raw, quote, echo, seen: caller.door == Door::Pop };
            match to {
                To::Account(peer) => {
                    if !switches.stranger_chat && !store::is_friend_of(tx, caller.id, peer).await? {
                        return Err(Refusal::StrangersOff.into()); // also where there is nobody
                    }
                    let may = |route: &store::Route| {
                        rules::may_write(route, caller.account_role)?;
                        kind
                    };
                    let posted = post_direct(&app, tx, peer, entry, &may).await?;
                    if posted.sender.desk.is_some() {
                        // A person serves: no automatic answer for a while.
                        conversations::store::set_answered(tx, &posted.message).await?;
                    }
                    Ok(posted)
                }
                To::Group(group) => {
                    let may = |route: &store::GroupRoute| rules::may_speak(route, now).and(kind);
                    say_in_group(&app, tx, group, entry, &may).await
                }
            }
        })
    })
    .await
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
            let known = match Uuid::parse_str(&wish.uuid) {
                Ok(uuid) => store::by_uuid(tx, uuid).await?,
                Err(_) => None,
            };
            if let Some(known) = &known {
                rules::may_revoke(known, caller.id, wish.to)?;
                let grace = app.chat.revoke_window_ms + rules::REVOKE_GRACE_MS;
                rules::in_time(known.created_ms, now, grace)?;
            }
            let mid = known.as_ref().map(|known| known.mid);
            let revoked = Notice::Revoked { message: wish.uuid, mid, deleted: false };
            let entry = Entry::said(caller.id, Body::Notice(revoked), wish.raw);
            let again = match &known {
                Some(known) => !store::set_revoked(tx, known.mid, now).await?,
                None => false,
            };
            match (again, wish.to) {
                (false, To::Account(peer)) => post_direct(&app, tx, peer, entry, &rules::reachable).await,
                (false, To::Group(group)) => post_group(&app, tx, group, entry).await,
                (true, to) => post::unposted(tx, to, entry, now).await,
            }
        })
    })
    .await
}

/// A piece of what waits for somebody.
pub struct Page {
    /// What did not arrive yet, oldest first.
    pub entries: Vec<Arc<Posted>>,
    /// Entries that were looked at.
    pub read: usize,
    /// The place from which to go on; `None` at the end.
    pub next: Option<Mid>,
}

/// What waits for `account` beyond the place `after`. Looks at `limit` entries at most, and at about
/// `bytes` (one entry at least).
pub async fn pending(app: &App, account: AccountId, after: Mid, limit: i64, bytes: usize) -> Result<Page> {
    let since = app.now().plus(-app.chat.offline_days.saturating_mul(24 * 60 * 60 * 1_000));
    app.read(move |app, tx| {
        Box::pin(async move {
            let cap = app.chat.offline_messages;
            let mut rows = store::pending(tx, account, after, since, cap, limit).await?;
            let found = rows.len();
            let mut room = bytes;
            let fits = rows.iter().take_while(|row| {
                let first_or_fits = room > 0;
                room = room.saturating_sub(row.bytes);
                first_or_fits
            });
            rows.truncate(fits.count());
            let more = rows.len() < found || found as i64 == limit;
            let next = rows.last().filter(|_| more).map(|row| row.message.mid);
            let read = rows.len();
            let mut entries = Vec::with_capacity(rows.len());
            let (mut groups, mut routes) = (HashMap::new(), HashMap::new());
            for row in rows.into_iter().filter(|row| !row.delivered.has(row.message.seq)) {
                let (message, sender) = (row.message, row.sender);
                let place = match conversations::parties(&row.conversation_name) {
                    Some((a, b)) => {
                        let peer = if a == sender.id { b } else { a };
                        let key = (sender.id, peer);
                        if let hash_map::Entry::Vacant(unknown) = routes.entry(key) {
                            unknown.insert(store::route(tx, sender.id, peer).await?);
                        }
                        let Some(Some(route)) = routes.get(&key) else { continue };
                        route.place()
                    }
                    None if row.is_group => {
                        let id = message.conversation;
                        if let hash_map::Entry::Vacant(unknown) = groups.entry(id) {
                            unknown.insert(store::group(tx, id).await?.map(Arc::new));
                        }
                        let Some(Some(group)) = groups.get(&id) else { continue };
                        Place::Group(group.clone())
                    }
                    None => Place::Inbox(store::face(tx, account).await?),
                };
                entries.push(Arc::new(Posted { message, sender, place, quote: None, echo: None }));
            }
            Ok(Page { entries, read, next })
        })
    })
    .await
}
