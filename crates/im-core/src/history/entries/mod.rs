//! The log itself, by place: every entry, as one of its readers finds it now.
mod quoted;
pub(super) mod store;

use super::store as reading;
use crate::{
    AccountId, App, ConversationId, Mid, Millis, Rate, Refusal, Result, Seq,
    accounts::Caller,
    messages::{self, At, Body, Face, Message, Notice, Quoted, To},
};
use im_db::Tx;
use std::collections::HashMap;

/// Entries of a page at most.
pub const MOST: i64 = 200;
/// Bytes of a page, about; a single entry may be larger.
pub const PAGE_BYTES: usize = 128 * 1024;
/// Readers of a message who are named at most.
const READERS: usize = 200;

/// An entry as an account reads it. Of what it may not see there is the place alone.
#[derive(Clone, Debug)]
pub struct Line {
    /// The entry; its body is empty where [`Since`] says that it is gone or revoked.
    pub message: Message,
    /// Who is shown as its author.
    pub sender: Face,
    /// The message that it answers to.
    pub quote: Option<Quoted>,
    /// What became of it.
    pub since: Since,
}

/// What became of an entry since it was posted.
#[derive(Clone, Debug, Default)]
pub struct Since {
    /// Deleted, for all or for the reader; or before what the reader cleared.
    pub gone: bool,
    /// Taken back.
    pub revoked: bool,
    /// When its text was last changed.
    pub edited_ms: Option<Millis>,
    /// The place of the newest change; 0 when there was none.
    pub changed: Seq,
    /// The emoji at it, oldest first.
    pub reactions: Vec<Reaction>,
}

/// An emoji at a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reaction {
    /// Which.
    pub emoji: String,
    /// Who put it there, in that order.
    pub accounts: Vec<AccountId>,
}

/// Which part of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Its end.
    Newest,
    /// Right before this place.
    Before(Seq),
    /// Right behind this place.
    After(Seq),
    /// On both sides of this place.
    Around(Seq),
}

/// A part of a log without holes.
#[derive(Clone, Debug)]
pub struct Slice {
    /// In the order of their places.
    pub entries: Vec<Line>,
    /// The newest place of the conversation.
    pub last: Seq,
    /// The oldest place that the reader did not clear; one behind `last` when nothing was said since.
    pub first: Seq,
}

/// A part of the log of a conversation, at most `limit` entries ([`MOST`]) and about [`PAGE_BYTES`] of them,
/// one entry at least.
///
/// # Errors
/// [`Refusal::NotMember`], [`Refusal::TooOften`].
pub async fn entries(app: &App, caller: Caller, id: ConversationId, part: Part, limit: i64) -> Result<Slice> {
    app.limiter.take(Rate::Lookup, caller.id, app.now())?;
    slice(app, caller, id, part, limit).await
}

/// The same for a caller that has paid for it already, once for many.
///
/// # Errors
/// [`Refusal::NotMember`].
pub async fn slice(app: &App, caller: Caller, id: ConversationId, part: Part, limit: i64) -> Result<Slice> {
    app.read(move |_, tx| {
        Box::pin(async move {
            let (last, cleared) = store::extent(tx, id, caller.id).await?.ok_or(Refusal::NotMember)?;
            let first = Seq(cleared.0 + 1);
            let (from, to) = part.places(first, last, limit.clamp(1, MOST));
            let mut found = Vec::new();
            if let Some((from, to)) = fitting(tx, id, part, (from, to)).await? {
                found = store::range(tx, caller.id, id, from, to).await?;
                complete(tx, caller.id, &mut found).await?;
            }
            Ok(Slice { entries: found, last, first })
        })
    })
    .await
}

/// These entries of whatever conversations, as `viewer` finds them, in this order; those that there are.
pub(crate) async fn lines(tx: &mut Tx, viewer: AccountId, mids: &[Mid]) -> Result<Vec<Line>> {
    if mids.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = store::by_mids(tx, viewer, mids).await?;
    complete(tx, viewer, &mut found).await?;
    let mut by_mid: HashMap<_, _> = found.into_iter().map(|line| (line.message.mid, line)).collect();
    Ok(mids.iter().filter_map(|mid| by_mid.remove(mid)).collect())
}

impl Part {
    /// The places that it means in a log that is shown from `first` to `last`: it has no holes.
    fn places(self, first: Seq, last: Seq, limit: i64) -> (Seq, Seq) {
        let ending = |end: i64| {
            let end = end.min(last.0);
            (end.saturating_sub(limit - 1).max(first.0), end)
        };
        let beginning = |start: i64| {
            let start = start.max(first.0);
            (start, start.saturating_add(limit - 1).min(last.0))
        };
        let (from, to) = match self {
            Part::Newest => ending(last.0),
            Part::Before(seq) => ending(seq.0.saturating_sub(1)),
            Part::After(seq) => beginning(seq.0.saturating_add(1)),
            Part::Around(seq) => ending(beginning(seq.0.saturating_sub(limit / 2)).1),
        };
        (Seq(from), Seq(to))
    }
}

/// Of these places those that make a page: what is large stays in the database until its turn comes.
async fn fitting(
    tx: &mut Tx,
    id: ConversationId,
    part: Part,
    (from, to): (Seq, Seq),
) -> Result<Option<(Seq, Seq)>> {
    if from > to {
        return Ok(None);
    }
    let mut sizes = store::sizes(tx, id, from, to).await?;
    let edited: Vec<_> = sizes.iter().filter_map(|size| size.edited).collect();
    if !edited.is_empty() {
        let said = store::said_bytes(tx, &edited).await?;
        for size in &mut sizes {
            size.bytes += size.edited.and_then(|mid| said.get(&mid)).copied().unwrap_or_default();
        }
    }
    let fit = fit(&sizes, part, PAGE_BYTES);
    Ok(fit.first().zip(fit.last()).map(|(first, last)| (first.seq, last.seq)))
}

/// What is nearest to the place that was asked for, about `bytes` of it.
fn fit(sizes: &[store::Size], part: Part, bytes: usize) -> &[store::Size] {
    let (mut from, mut to) = (0, sizes.len());
    let mut total: usize = sizes.iter().map(|size| size.bytes).sum();
    let middle = match part {
        Part::Newest | Part::Before(_) => sizes.len(),
        Part::After(_) => 0,
        Part::Around(seq) => sizes.partition_point(|size| size.seq < seq),
    };
    while total > bytes && to - from > 1 {
        if middle.saturating_sub(from) > to.saturating_sub(middle + 1) {
            total -= sizes[from].bytes;
            from += 1;
        } else {
            to -= 1;
            total -= sizes[to].bytes;
        }
    }
    &sizes[from..to]
}

/// Adds what stands elsewhere: emoji, the texts that changes made, the places of what older entries took back.
async fn complete(tx: &mut Tx, viewer: AccountId, lines: &mut [Line]) -> Result<()> {
    let changed = |line: &&Line| line.since.changed.0 > 0 && !line.since.gone && !line.since.revoked;
    let changed: Vec<_> = lines.iter().filter(changed).map(|line| line.message.mid).collect();
    if !changed.is_empty() {
        let mut reactions = store::reactions(tx, &changed).await?;
        for line in lines.iter_mut() {
            line.since.reactions = reactions.remove(&line.message.mid).unwrap_or_default();
        }
    }
    let edited = |line: &Line| match &line.message.body {
        Body::Notice(Notice::Edited { mid, .. }) => Some(*mid),
        _ => None,
    };
    let edited: Vec<_> = lines.iter().filter_map(edited).collect();
    let texts: HashMap<_, _> = match edited.is_empty() {
        true => HashMap::new(),
        false => store::by_mids(tx, viewer, &edited).await?.into_iter().filter_map(text_of).collect(),
    };
    for line in lines {
        let id = line.message.conversation;
        match &mut line.message.body {
            Body::Notice(Notice::Edited { mid, text, .. }) => *text = texts.get(mid).cloned(),
            Body::Notice(Notice::Revoked { mid: Some(mid), seq: seq @ None, .. }) => {
                *seq = reading::seq_of(tx, id, *mid).await?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn text_of(line: Line) -> Option<(Mid, String)> {
    match line.message.body {
        Body::Text(text) if !line.since.gone && !line.since.revoked => Some((line.message.mid, text)),
        _ => None,
    }
}

/// How far a message came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipts {
    /// Members beside its sender, who were there when it was said.
    pub members: usize,
    /// At how many of them it arrived.
    pub delivered: usize,
    /// How many have seen it.
    pub read: usize,
    /// Who has, the first of them.
    pub readers: Vec<AccountId>,
}

/// How far a message of the caller came. Across a block nobody learns what arrived and what was seen.
///
/// # Errors
/// [`Refusal::NotMember`], [`Refusal::NoSuchMessage`], [`Refusal::NotAllowed`] for somebody else's.
pub async fn receipts(app: &App, caller: Caller, id: ConversationId, seq: Seq) -> Result<Receipts> {
    let to = messages::find(app, caller, id).await?;
    app.read(move |_, tx| {
        Box::pin(async move {
            let held = reading::held(tx, caller.id, to).await?.ok_or(Refusal::NotMember)?;
            let target =
                super::changes::store::target(tx, held.conversation, At::Seq(seq), caller.id).await?;
            let target = target.filter(|target| target.kind == 0 && !target.deleted && !target.hidden);
            let target = target.ok_or(Refusal::NoSuchMessage)?;
            if target.sender != caller.id {
                return Err(Refusal::NotAllowed.into());
            }
            let all = store::arrived(tx, held.conversation, caller.id, target.created_ms).await?;
            let secret = match to {
                To::Account(peer) => reading::is_blocked(tx, caller.id, peer).await?,
                To::Group(_) => false,
            };
            let seen = |one: &&store::Arrived| !secret && one.read >= seq;
            let came = |one: &&store::Arrived| {
                !secret && (one.read >= seq || one.acked >= seq || one.delivered.has(seq))
            };
            let readers: Vec<_> = all.iter().filter(seen).map(|one| one.account).collect();
            Ok(Receipts {
                members: all.len(),
                delivered: all.iter().filter(came).count(),
                read: readers.len(),
                readers: readers.into_iter().take(READERS).collect(),
            })
        })
    })
    .await
}

#[cfg(test)]
mod tests;
