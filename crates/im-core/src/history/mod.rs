//! Reading: what was said, what is news, what was seen, and how somebody keeps a conversation in its
//! list. In the pop dialect the server knows all of this (pop.md §3.6).

pub(crate) mod store;
mod undo;

use crate::{
    AccountId, App, Audience, Change, ConversationId, Event, Mid, Millis, Rate, Refusal, Result, Seq,
    accounts::Caller,
    conversations::{direct_name, store as log},
    messages::{Body, Quoted, To},
};
use im_db::Tx;
use std::sync::Arc;
pub use undo::{delete, take_back};

/// Unread messages are counted up to here; nobody reads a greater number.
pub const UNREAD: i64 = 999;

/// A message as one account reads it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Its place in the log.
    pub mid: Mid,
    /// Who said it.
    pub sender: AccountId,
    /// What the reader calls the sender.
    pub name: String,
    /// The sender's picture.
    pub avatar: String,
    /// What was said.
    pub body: Body,
    /// The same in the sender's dialect.
    pub raw: Option<String>,
    /// When.
    pub created_ms: Millis,
    /// Whether it was taken back.
    pub revoked: bool,
    /// What it answers to.
    pub quote: Option<Quoted>,
}

/// What somebody holds of a conversation.
pub(crate) struct Held {
    pub conversation: ConversationId,
    /// The newest place.
    pub last: Seq,
    /// Seen up to here.
    pub read: Seq,
    /// Not listed until something comes behind this place.
    pub hidden: Option<Seq>,
    pub pinned: bool,
    /// May have said something behind what it has seen.
    pub own_unseen: bool,
}

/// The newest `limit` messages, those before `mid` when it is given, oldest first. Looking at the
/// newest ones marks the conversation as read. Between people who never spoke there is nothing.
///
/// # Errors
/// [`Refusal::NotMember`] for a group that the caller is not in.
pub async fn page(app: &App, caller: Caller, to: To, mid: Option<Mid>, limit: i64) -> Result<Vec<Shown>> {
    let (mut shown, news) = app
        .read(move |_, tx| {
            Box::pin(async move {
                let Some(held) = store::held(tx, caller.id, to).await? else { return nothing(to) };
                let before = match mid {
                    Some(mid) => place_of(tx, &held, mid).await?,
                    None => Seq(held.last.0 + 1),
                };
                let shown = store::before(tx, held.conversation, caller.id, before, limit).await?;
                Ok((shown, mid.is_none() && held.read < held.last))
            })
        })
        .await?;
    if news {
        mark_read(app, caller, to).await?;
    }
    shown.reverse();
    Ok(shown)
}

fn nothing(to: To) -> Result<(Vec<Shown>, bool)> {
    match to {
        To::Account(_) => Ok((Vec::new(), false)),
        To::Group(_) => Err(Refusal::NotMember.into()),
    }
}

/// What the caller has not seen, oldest first, up to [`UNREAD`] places back.
///
/// # Errors
/// [`Refusal::NotMember`] for a group that the caller is not in.
pub async fn news(app: &App, caller: Caller, to: To) -> Result<Vec<Shown>> {
    app.read(move |_, tx| {
        Box::pin(async move {
            let Some(held) = store::held(tx, caller.id, to).await? else { return Ok(nothing(to)?.0) };
            let (count, end) = ((held.last.0 - held.read.0).min(UNREAD), Seq(held.last.0 + 1));
            let mut news = store::before(tx, held.conversation, caller.id, end, count).await?;
            let oldest = store::at(tx, held.conversation, held.read).await?.map_or(Mid(0), |(mid, _)| mid);
            news.retain(|shown| shown.mid > oldest && shown.sender != caller.id && !shown.revoked);
            news.reverse();
            Ok(news)
        })
    })
    .await
}

/// How much the caller has not seen, up to [`UNREAD`]; nothing where it is not.
pub async fn unread(app: &App, caller: Caller, to: To) -> Result<i64> {
    app.read(move |_, tx| {
        Box::pin(async move {
            match store::held(tx, caller.id, to).await? {
                Some(held) => Ok(store::unread(tx, &held, caller.id, held.read).await?),
                None => Ok(0),
            }
        })
    })
    .await
}

/// Notes that the caller has seen everything up to now.
pub async fn mark_read(app: &App, caller: Caller, to: To) -> Result<()> {
    app.write(move |app, tx| {
        Box::pin(async move {
            lock(tx, caller, to).await?;
            match store::held(tx, caller.id, to).await? {
                Some(held) => see(&app, tx, caller.id, to, &held, held.last).await,
                None => Ok(()),
            }
        })
    })
    .await
}

/// Lets nobody else change the conversation meanwhile.
async fn lock(tx: &mut Tx, caller: Caller, to: To) -> Result<()> {
    match to {
        To::Account(peer) => log::lock_by_name(tx, &direct_name(caller.id, peer)).await.map(drop)?,
        To::Group(id) => log::lock(tx, id).await.map(drop)?,
    }
    Ok(())
}

/// How somebody keeps a conversation; what is `None` stays.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Keep {
    /// Whether it is out of the list until the next message.
    pub hidden: Option<bool>,
    /// Whether it stands before the others.
    pub pinned: Option<bool>,
    /// Everything up to this moment was seen.
    pub read_until: Option<Millis>,
    /// So many of the newest messages were not seen.
    pub unread: Option<i64>,
}

/// Changes how the caller keeps a conversation; nothing happens where it is not.
///
/// # Errors
/// [`Refusal::TooOften`].
pub async fn keep(app: &App, caller: Caller, to: To, keep: Keep) -> Result<()> {
    app.limiter.take(Rate::Keep, caller.id, app.now())?;
    app.write(move |app, tx| {
        Box::pin(async move {
            lock(tx, caller, to).await?;
            let Some(held) = store::held(tx, caller.id, to).await? else { return Ok(()) };
            let (id, me) = (held.conversation, caller.id);
            if let Some(hidden) = keep.hidden {
                store::set_hidden(tx, id, me, hidden.then_some(held.last)).await?;
            }
            if let Some(pinned) = keep.pinned {
                store::set_pinned(tx, id, me, pinned).await?;
            }
            let read = match (keep.unread, keep.read_until) {
                (Some(0), _) => Some(held.last),
                (Some(count), _) => Some(store::place_before_news(tx, &held, me, count).await?),
                (None, Some(until)) => {
                    let after = first(tx, &held, |(_, at)| at > until).await?;
                    Some(Seq(after.0 - 1))
                }
                (None, None) => None,
            };
            if let Some(read) = read {
                see(&app, tx, me, to, &held, read).await?;
            }
            let unread = store::unread(tx, &held, me, read.unwrap_or(held.read)).await?;
            let hidden = match (keep.hidden, held.hidden) {
                (Some(hidden), _) => hidden,
                (None, Some(behind)) => behind >= store::newest(tx, id, me).await?,
                (None, None) => false,
            };
            let view = Change::View { to, hidden, pinned: keep.pinned.unwrap_or(held.pinned), unread };
            app.emit(tx, Event::Changed(Audience::Accounts(vec![me]), Arc::new(view)));
            Ok(())
        })
    })
    .await
}

/// Moves the read position of a locked conversation, and tells those who may know: the other one only of
/// what it did not know, and not across a block.
async fn see(app: &App, tx: &mut Tx, me: AccountId, to: To, held: &Held, read: Seq) -> Result<()> {
    if read == held.read {
        return Ok(());
    }
    let now = app.now();
    store::set_read(tx, held, me, read, now).await?;
    let mid = store::at(tx, held.conversation, read).await?.map_or(Mid(0), |(mid, _)| mid);
    let told = match to {
        To::Account(peer) if read > held.read && !store::is_blocked(tx, me, peer).await? => vec![peer, me],
        To::Account(_) | To::Group(_) => vec![me],
    };
    let read = Change::Read { to, reader: me, read_ms: now, mid };
    app.emit(tx, Event::Changed(Audience::Accounts(told), Arc::new(read)));
    Ok(())
}

/// The place of a message, or where it would stand if it is none of this conversation's.
async fn place_of(tx: &mut Tx, held: &Held, mid: Mid) -> Result<Seq> {
    match store::seq_of(tx, held.conversation, mid).await? {
        Some(seq) => Ok(seq),
        None => first(tx, held, |(at, _)| at >= mid).await,
    }
}

/// The first place whose message is `late`, which all behind it are too; one behind the newest when
/// there is none. Places have no hole, so it takes a look at a few of them.
async fn first(tx: &mut Tx, held: &Held, late: impl Fn((Mid, Millis)) -> bool) -> Result<Seq> {
    let (mut low, mut high) = (1, held.last.0 + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        match store::at(tx, held.conversation, Seq(middle)).await? {
            Some(at) if late(at) => high = middle,
            _ => low = middle + 1,
        }
    }
    Ok(Seq(low))
}
