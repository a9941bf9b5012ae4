//! The list of conversations, page by page, each with what a client shows of it.

mod store;

use crate::{
    AccountId, App, ConversationId, Mid, Millis, Rate, Refusal, Result, Seq,
    accounts::{self, Caller, Role},
    conversations,
    groups::Outlook,
    history::{self, Line},
};
use im_db::Tx;
use std::collections::HashMap;

/// A conversation as one of its members keeps it.
#[derive(Clone, Debug)]
pub struct Conversation {
    /// Which.
    pub id: ConversationId,
    /// With whom.
    pub with: Counterpart,
    /// What the member calls it.
    pub name: String,
    /// Its picture; of a group up to nine, joined by commas.
    pub avatar: String,
    /// The newest place.
    pub last_seq: Seq,
    /// What was cleared lies before it.
    pub first_seq: Seq,
    /// Everything up to here was seen.
    pub read_seq: Seq,
    /// What was not, up to [`history::UNREAD`].
    pub unread: i64,
    /// Whether something unread calls the member by name, or all.
    pub mentioned: bool,
    /// Shown as if something were unread.
    pub marked_unread: bool,
    /// Stands before the others.
    pub pinned: bool,
    /// Makes no noise.
    pub quiet: bool,
    /// Not listed until something new comes.
    pub hidden: bool,
    /// The newest entry that may be shown.
    pub last: Option<Line>,
    /// When something was last said or done, or the membership began.
    pub updated_ms: Millis,
}

/// With whom a conversation is.
#[derive(Clone, Debug)]
pub enum Counterpart {
    /// One other.
    Direct {
        /// Who.
        peer: Person,
        /// How much of it the other one has; `None` where one of the two blocks the other.
        reach: Option<Reach>,
    },
    /// A group.
    Group(Box<Outlook>),
    /// Nobody: what only the member is told.
    Inbox,
}

/// How much of a conversation somebody has.
#[derive(Clone, Copy, Debug)]
pub struct Reach {
    /// Seen up to here.
    pub read: Seq,
    /// Arrived up to here.
    pub delivered: Seq,
}

/// Somebody as everybody sees them.
#[derive(Clone, Debug)]
pub struct Person {
    /// Number.
    pub id: AccountId,
    /// Public id.
    pub uuid: String,
    /// Nickname, else username.
    pub name: String,
    /// Picture.
    pub avatar: String,
    /// User or visitor.
    pub role: Role,
    /// The number that people print and dictate.
    pub nid: i64,
}

impl Conversation {
    /// About how many bytes it is to its reader, without its newest entry.
    fn bytes(&self) -> usize {
        let announcement = match &self.with {
            Counterpart::Group(outlook) => outlook.group.announcement.len(),
            Counterpart::Direct { .. } | Counterpart::Inbox => 0,
        };
        256 + self.name.len() + self.avatar.len() + announcement
    }

    /// Where it stands in the list.
    pub fn place(&self) -> Place {
        Place { pinned: self.pinned, updated_ms: self.updated_ms, id: self.id }
    }
}

/// A place in the list, which the pinned ones begin and the newest of the others follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Among those that stand before the others.
    pub pinned: bool,
    /// When something was last said.
    pub updated_ms: Millis,
    /// The one that stands there.
    pub id: ConversationId,
}

/// A part of the list.
pub struct Page {
    /// In the order of the list.
    pub conversations: Vec<Conversation>,
    /// The place behind which the list goes on; `None` at its end.
    pub next: Option<Place>,
}

/// The caller's conversations behind `after`, with `all` also those that are hidden and those in which
/// nothing was ever said: `limit` of them, and about [`history::PAGE_BYTES`], at most, one at least.
///
/// # Errors
/// [`Refusal::TooOften`].
pub async fn list(app: &App, caller: Caller, after: Option<Place>, limit: i64, all: bool) -> Result<Page> {
    app.limiter.take(Rate::Lookup, caller.id, app.now())?;
    app.read(move |_, tx| {
        Box::pin(async move {
            let mut found = store::page(tx, caller.id, after, limit, all).await?;
            let read = found.len();
            let mut room = history::PAGE_BYTES;
            let fits = found.iter().take_while(|(conversation, _, bytes)| {
                let first_or_fits = room > 0;
                room = room.saturating_sub(conversation.bytes() + bytes);
                first_or_fits
            });
            found.truncate(fits.count());
            let more = found.len() < read || read as i64 == limit;
            let next = found.last().filter(|_| more).map(|(last, ..)| last.place());
            Ok(Page { conversations: complete(tx, caller.id, found).await?, next })
        })
    })
    .await
}

/// One conversation of the caller, listed or not.
///
/// # Errors
/// [`Refusal::NotMember`].
pub async fn one(app: &App, caller: Caller, id: ConversationId) -> Result<Conversation> {
    app.read(move |_, tx| Box::pin(async move { kept(tx, caller.id, id).await })).await
}

/// The conversation with another one, made on first use; and whether it is new.
///
/// # Errors
/// [`Refusal::Yourself`], [`Refusal::NoSuchPerson`], [`Refusal::TooOften`] for many new ones.
pub async fn open(app: &App, caller: Caller, with: AccountId) -> Result<(Conversation, bool)> {
    if with == caller.id {
        return Err(Refusal::Yourself.into());
    }
    let known = app.read(move |_, tx| {
        Box::pin(async move {
            match conversations::between(tx, caller.id, with).await? {
                Some(id) => kept(tx, caller.id, id).await.map(Some),
                None => Ok(None),
            }
        })
    });
    if let Some(known) = known.await? {
        return Ok((known, false));
    }
    app.limiter.take(Rate::PopOpen, caller.id, app.now())?;
    app.write(move |app, tx| {
        Box::pin(async move {
            accounts::person(tx, with).await?;
            tx.turn(conversations::direct_name(caller.id, with)).await; // of two at once, one makes it
            let new = conversations::between(tx, caller.id, with).await?.is_none();
            let id = conversations::direct(tx, caller.id, with, app.now()).await?;
            Ok((kept(tx, caller.id, id).await?, new))
        })
    })
    .await
}

/// These conversations of `me`, without their newest entries.
pub(crate) async fn faces(tx: &mut Tx, me: AccountId, ids: &[ConversationId]) -> Result<Vec<Conversation>> {
    let found = store::several(tx, me, ids).await?;
    Ok(found.into_iter().map(|(conversation, ..)| conversation).collect())
}

async fn kept(tx: &mut Tx, me: AccountId, id: ConversationId) -> Result<Conversation> {
    let found = store::one(tx, me, id).await?.ok_or(Refusal::NotMember)?;
    complete(tx, me, vec![found]).await?.pop().ok_or_else(|| Refusal::NotMember.into())
}

/// Adds the newest entries, all at once.
async fn complete(
    tx: &mut Tx,
    me: AccountId,
    found: Vec<(Conversation, Option<Mid>, usize)>,
) -> Result<Vec<Conversation>> {
    let mids: Vec<_> = found.iter().filter_map(|(_, last, _)| *last).collect();
    let lines = history::lines(tx, me, &mids).await?;
    let mut lines: HashMap<_, _> = lines.into_iter().map(|line| (line.message.mid, line)).collect();
    let complete = found.into_iter().map(|(conversation, last, _)| {
        let last = last.and_then(|mid| lines.remove(&mid));
        Conversation { last, ..conversation }
    });
    Ok(complete.collect())
}
