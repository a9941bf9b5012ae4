//! Finding what was said.
//!
//! The index says which messages may be answers, newest first; each of them is looked at before it is
//! told. What the index has not seen yet is looked at as it stands in the log, so a message is found as
//! soon as it was sent.

mod index;
mod names;
mod store;
#[cfg(test)]
mod tests;
mod words;

use crate::{
    App, ConversationId, Mid, Rate, Refusal, Result,
    accounts::{self, Account, Caller},
    history::{self, Line},
    overview::listing::{self, Conversation},
};
use im_db::Tx;
pub use index::{catch_up, follow};
use std::collections::HashMap;
use words::Question;

/// Characters of a question at most.
const QUESTION_CHARS: usize = 200;
/// Conversations that are searched at once: those in which something was said last.
const ROOMS: i64 = 1_000;
/// Entries at the end of the log that are looked at without an index, while it is behind.
const TAIL: i64 = 20_000;
/// Messages that are looked at for one page; then the page ends, full or not.
const LOOKED: usize = 2_000;
/// Bytes of them, likewise.
const LOOKED_BYTES: usize = 4 * 1024 * 1024;
/// Messages that the index is asked for at once.
const CHUNK: usize = 100;
/// Bytes of messages that are read at once, about.
const READ_BYTES: usize = 512 * 1024;

/// What was found, newest first.
pub struct Found {
    /// The messages, each with its conversation.
    pub hits: Vec<(Line, Conversation)>,
    /// The place behind which the search goes on; `None` at its end.
    pub next: Option<Mid>,
}

/// A message that may be an answer.
#[derive(Clone)]
struct Candidate {
    mid: Mid,
    conversation: ConversationId,
    /// About so many are told of it.
    bytes: usize,
}

/// What looking has come to.
struct Looked {
    /// The answers, newest first.
    hits: Vec<Candidate>,
    /// Bytes that may still be looked at.
    room: usize,
}

/// Messages before the place `before` that answer `question`, of one conversation or of all, as far as the
/// caller may see them: `limit` of them, and about [`history::PAGE_BYTES`], at most.
///
/// # Errors
/// [`Refusal::NotMember`] of `within`, [`Refusal::Invalid`] for a question that is too long, [`Refusal::TooOften`].
pub async fn messages(
    app: &App,
    caller: Caller,
    question: &str,
    within: Option<ConversationId>,
    before: Option<Mid>,
    limit: usize,
) -> Result<Found> {
    if question.chars().count() > QUESTION_CHARS {
        return Err(Refusal::Invalid("q").into());
    }
    app.limiter.take(Rate::Search, caller.id, app.now())?;
    let question = Question::of(question);
    app.read(move |_, tx| {
        Box::pin(async move {
            let rooms = store::rooms(tx, caller.id, within, ROOMS).await?;
            if within.is_some() && rooms.is_empty() {
                return Err(Refusal::NotMember.into());
            }
            let Some(question) = question.filter(|_| !rooms.is_empty()) else {
                return Ok(Found { hits: Vec::new(), next: None });
            };
            let before = before.unwrap_or(Mid(i64::MAX));
            let search = Search { caller, question, rooms, within };
            let (hits, next) = page(search.run(tx, before, limit).await?, limit);
            Ok(Found { hits: shown(tx, caller, hits).await?, next })
        })
    })
    .await
}

struct Search {
    caller: Caller,
    question: Question,
    rooms: Vec<i64>,
    within: Option<ConversationId>,
}

impl Search {
    /// The newest answers before `before`, more than `limit` if there are, and where looking stopped.
    async fn run(&self, tx: &mut Tx, before: Mid, limit: usize) -> Result<(Vec<Candidate>, Option<Mid>)> {
        let (me, within) = (self.caller.id, self.within);
        let (indexed, newest) = store::ends(tx).await?;
        let tail = indexed.max(Mid(newest.0 - TAIL));
        let mut looked = Looked { hits: Vec::new(), room: LOOKED_BYTES };
        let fresh = store::tail(tx, me, within, tail, before, LOOKED).await?;
        let end = fresh.last().map(|last| last.mid).filter(|_| fresh.len() == LOOKED);
        let stopped = self.look(tx, &fresh, &mut looked).await?.or(end);
        if stopped.is_some() || looked.hits.len() > limit {
            return Ok((looked.hits, stopped));
        }
        // What was edited since stands in the index with its old words.
        let mut edited = store::edited(tx, me, within, tail, before, LOOKED).await?;
        edited.retain(|one| one.mid <= indexed);
        let (mut upto, mut count) = (before.min(Mid(indexed.0 + 1)), 0);
        loop {
            let mut chunk = store::indexed_like(tx, me, &self.question, &self.rooms, upto, CHUNK).await?;
            count += chunk.len();
            let last = chunk.last().map(|last| last.mid).filter(|_| chunk.len() == CHUNK);
            chunk.extend(edited.extract_if(.., |one| last.is_none_or(|last| one.mid >= last)));
            chunk.sort_unstable_by_key(|one| std::cmp::Reverse(one.mid));
            chunk.dedup_by_key(|one| one.mid);
            let stopped = self.look(tx, &chunk, &mut looked).await?;
            match stopped.or(last) {
                Some(last) if stopped.is_none() && looked.hits.len() <= limit && count < LOOKED => {
                    upto = last
                }
                end => return Ok((looked.hits, end)),
            }
        }
    }

    /// Looks at these, newest first; answers the last of them when there is no room for more.
    async fn look(&self, tx: &mut Tx, mut rest: &[Candidate], looked: &mut Looked) -> Result<Option<Mid>> {
        while let Some(first) = rest.first() {
            let mut bytes = first.bytes;
            let more = rest[1..].iter().take_while(|next| {
                bytes += next.bytes;
                bytes <= READ_BYTES
            });
            let (batch, others) = rest.split_at(1 + more.count());
            let mids: Vec<_> = batch.iter().map(|one| one.mid).collect();
            let words = store::words(tx, &mids).await?;
            let fits = |one: &&Candidate| words.get(&one.mid).is_some_and(|words| self.question.fits(words));
            looked.hits.extend(batch.iter().filter(fits).cloned());
            looked.room = looked.room.saturating_sub(batch.iter().map(|one| one.bytes).sum());
            if looked.room == 0 {
                return Ok(batch.last().map(|last| last.mid));
            }
            rest = others;
        }
        Ok(None)
    }
}

/// The newest of the answers, and the place behind which the next ones stand; looking stopped at `end`.
fn page((mut hits, end): (Vec<Candidate>, Option<Mid>), limit: usize) -> (Vec<Candidate>, Option<Mid>) {
    let (found, mut room) = (hits.len(), history::PAGE_BYTES);
    let fits = hits.iter().take(limit).take_while(|hit| {
        let first_or_fits = room > 0;
        room = room.saturating_sub(hit.bytes);
        first_or_fits
    });
    hits.truncate(fits.count());
    let next = if hits.len() < found { hits.last().map(|last| last.mid) } else { end };
    (hits, next)
}

/// The answers as the caller reads them.
async fn shown(tx: &mut Tx, caller: Caller, hits: Vec<Candidate>) -> Result<Vec<(Line, Conversation)>> {
    let mids: Vec<_> = hits.iter().map(|hit| hit.mid).collect();
    let mut places: Vec<_> = hits.iter().map(|hit| hit.conversation).collect();
    places.sort_unstable();
    places.dedup();
    let faces = listing::faces(tx, caller.id, &places).await?.into_iter();
    let faces: HashMap<_, _> = faces.map(|face| (face.id, face)).collect();
    let lines = history::lines(tx, caller.id, &mids).await?.into_iter();
    let placed = lines.filter_map(|line| {
        let face = faces.get(&line.message.conversation)?.clone();
        Some((line, face))
    });
    Ok(placed.collect())
}

/// Users whose username contains `question`, and the one whose public number it is.
///
/// # Errors
/// [`Refusal::Invalid`] for a question that is empty or too long, [`Refusal::TooOften`].
pub async fn people(app: &App, caller: Caller, question: &str) -> Result<Vec<Account>> {
    let question = question.trim().to_owned();
    if question.is_empty() || question.chars().count() > QUESTION_CHARS {
        return Err(Refusal::Invalid("q").into());
    }
    let nid = Some(&question).filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
    let nid = nid.and_then(|text| text.parse().ok());
    let mut found = accounts::search(app, caller, question).await?;
    if let Some(nid) = nid {
        let named = app.read(move |_, tx| Box::pin(async move { Ok(accounts::by_nid(tx, nid).await?) }));
        let named = named.await?.filter(|account| account.enabled && account.role == accounts::Role::User);
        let new = named.filter(|one| one.id != caller.id && found.iter().all(|account| account.id != one.id));
        found.splice(0..0, new);
    }
    Ok(found)
}
