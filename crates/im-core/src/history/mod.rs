//! Reading: what was said, what is news, what was seen, and how somebody keeps a conversation in its
//! list. In the pop dialect the server knows all of this (pop.md §3.6).

mod again;
mod changes;
mod entries;
mod forwarding;
mod keeping;
pub(crate) mod store;
mod undo;

use crate::{
    AccountId, App, ConversationId, Mid, Millis, Refusal, Result, Seq,
    accounts::Caller,
    conversations::{direct_name, store as log},
    messages::{Body, Quoted, To},
};
pub(crate) use again::{Try, sent};
pub use changes::{edit, react};
pub(crate) use entries::lines;
pub use entries::{Line, MOST, PAGE_BYTES, Part, Reaction, Receipts, Since, Slice, entries, receipts, slice};
pub use forwarding::{Forward, Forwarded, forward};
use im_db::Tx;
pub use keeping::{Keep, Progress, clear, keep, keep_by_id, mark_read, read_to};
pub use undo::{delete, delete_in, take_back, take_back_in};

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
    /// As its holder names it; `None`: its inbox.
    pub to: Option<To>,
    /// The newest place.
    pub last: Seq,
    /// Seen up to here.
    pub read: Seq,
    /// Not listed until something comes behind this place.
    pub hidden: Option<Seq>,
    pub pinned: bool,
    /// Shown as if something were unread.
    pub marked_unread: bool,
    /// Not shown up to here; always seen.
    pub cleared: Seq,
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
                let shown = store::before(tx, &held, caller.id, before, limit).await?;
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
            let mut news = store::before(tx, &held, caller.id, end, count).await?;
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

/// Lets nobody else change the conversation meanwhile.
async fn lock(tx: &mut Tx, caller: Caller, to: To) -> Result<()> {
    match to {
        To::Account(peer) => log::lock_by_name(tx, &direct_name(caller.id, peer)).await.map(drop)?,
        To::Group(id) => log::lock(tx, id).await.map(drop)?,
    }
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
