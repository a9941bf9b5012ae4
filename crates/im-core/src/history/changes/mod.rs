//! Changing what was said: another text, an emoji put to it.
pub(super) mod store;

use super::{Line, entries, lock, store::held};
use crate::{
    App, ConversationId, Refusal, Result, Seq,
    accounts::Caller,
    messages::{self, At, Body, Draft, Entry, Notice, To},
};
use im_db::Tx;
use std::borrow::Cow;
use store::Target;

/// Different emoji at one message at most: what fits below it.
const KINDS: i64 = 20;
/// Emoji of one person at one message at most.
const OWN: i64 = 5;

/// Changes the text of a message of the caller, and tells the others; the same text again changes nothing.
///
/// # Errors
/// [`Refusal::NotMember`], [`Refusal::NoSuchMessage`], [`Refusal::NotAllowed`] for what is no text or was said
/// by somebody else, [`Refusal::TooLate`], and what refuses to [`messages::send`].
pub async fn edit(app: &App, caller: Caller, id: ConversationId, seq: Seq, text: String) -> Result<Line> {
    let to = messages::find(app, caller, id).await?;
    let text = match app.censor().clean(&text) {
        Cow::Owned(clean) => clean,
        Cow::Borrowed(_) => text,
    };
    let draft = Draft::new(to, Body::Text(text.clone()), None);
    messages::check(app, &draft)?;
    messages::count(app, caller)?;
    app.write(move |app, tx| {
        Box::pin(async move {
            let now = app.now();
            let target = open_target(tx, caller, to, seq).await?;
            let Body::Text(before) = &target.body else { return Err(Refusal::NotAllowed.into()) };
            // Words of somebody else are passed on as they are.
            if target.sender != caller.id || target.extra.forwarded.is_some() {
                return Err(Refusal::NotAllowed.into());
            }
            messages::in_time(target.created_ms, now, app.chat.edit_window_ms)?;
            if *before != text {
                let mid = target.mid;
                let edited = Notice::Edited { mid, seq, text: Some(text) };
                let kind = messages::kind_is_on(&draft.body, None, &app.switches());
                let entry = Entry::notice(caller.id, edited);
                let told = messages::speak(&app, tx, caller, to, entry, kind).await?;
                store::set_body(tx, mid, &draft.body, told.message.seq, now).await?;
            }
            let line = entries::lines(tx, caller.id, &[target.mid]).await?.pop();
            Ok(line.ok_or(Refusal::NoSuchMessage)?)
        })
    })
    .await
}

/// Puts an emoji to a message, or takes the caller's away (`on`: false), and tells the others; doing it twice
/// changes nothing.
///
/// # Errors
/// [`Refusal::Invalid`] for what is no emoji, [`Refusal::NotMember`], [`Refusal::NoSuchMessage`],
/// [`Refusal::TooMany`], and what refuses to [`messages::send`].
pub async fn react(
    app: &App,
    caller: Caller,
    id: ConversationId,
    seq: Seq,
    emoji: String,
    on: bool,
) -> Result<()> {
    let to = messages::find(app, caller, id).await?;
    if !messages::is_emoji(&emoji) {
        return Err(Refusal::Invalid("emoji").into());
    }
    messages::check(app, &Draft::new(to, Body::Text(emoji.clone()), None))?;
    messages::count(app, caller)?;
    app.write(move |app, tx| {
        Box::pin(async move {
            let target = open_target(tx, caller, to, seq).await?;
            let mid = target.mid;
            let there = store::reacted(tx, mid, caller.id, &emoji).await?;
            if there.done == on {
                return Ok(());
            }
            if on && (there.own >= OWN || (there.kinds >= KINDS && !there.known)) {
                return Err(Refusal::TooMany.into());
            }
            let entry = Entry::notice(caller.id, Notice::Reacted { mid, seq, emoji: emoji.clone(), on });
            let change = messages::speak(&app, tx, caller, to, entry, Ok(())).await?.message.seq;
            match on {
                true => store::react(tx, mid, caller.id, &emoji, change).await?,
                false => store::unreact(tx, mid, caller.id, &emoji).await?,
            }
            Ok(messages::store::set_changed(tx, mid, change).await?)
        })
    })
    .await
}

/// A message that the caller sees, in a conversation that nobody else changes meanwhile.
async fn open_target(tx: &mut Tx, caller: Caller, to: To, seq: Seq) -> Result<Target> {
    lock(tx, caller, to).await?;
    let held = held(tx, caller.id, to).await?.ok_or(Refusal::NotMember)?;
    let target = store::target(tx, held.conversation, At::Seq(seq), caller.id).await?;
    let seen = |target: &Target| target.kind == 0 && !(target.revoked || target.deleted || target.hidden);
    Ok(target.filter(seen).ok_or(Refusal::NoSuchMessage)?)
}
