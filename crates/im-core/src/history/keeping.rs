//! What somebody has seen, and how it keeps a conversation in its list.
use super::{Held, first, lock, store};
use crate::{
    AccountId, App, Audience, Change, ConversationId, Event, Mid, Millis, Rate, Refusal, Result, Seq,
    accounts::Caller,
    conversations::{parties, store as log},
    messages::To,
};
use im_db::Tx;
use std::sync::Arc;

/// How far somebody has read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Everything up to here was seen.
    pub read: Seq,
    /// What was not, up to [`super::UNREAD`].
    pub unread: i64,
}

/// Notes that the caller has seen everything up to now.
pub async fn mark_read(app: &App, caller: Caller, to: To) -> Result<()> {
    app.write(move |app, tx| {
        Box::pin(async move {
            lock(tx, caller, to).await?;
            match store::held(tx, caller.id, to).await? {
                Some(held) => see(&app, tx, caller.id, &held, held.last).await,
                None => Ok(()),
            }
        })
    })
    .await
}

/// Notes that the caller has seen everything up to `seq`. What was seen before stays seen.
///
/// # Errors
/// [`Refusal::NotMember`], [`Refusal::Invalid`] beyond the newest entry, [`Refusal::TooOften`].
pub async fn read_to(app: &App, caller: Caller, id: ConversationId, seq: Seq) -> Result<Progress> {
    app.limiter.take(Rate::Read, caller.id, app.now())?;
    // Several devices say the same: only the first of them waits for its turn to write.
    if let Some(known) = app.read(move |_, tx| Box::pin(read_already(tx, caller.id, id, seq))).await? {
        return Ok(known);
    }
    app.write(move |app, tx| {
        Box::pin(async move {
            let held = hold(tx, caller.id, id).await?;
            if seq > held.last {
                return Err(Refusal::Invalid("seq").into());
            }
            let read = seq.max(held.read);
            see(&app, tx, caller.id, &held, read).await?;
            if held.marked_unread && read == held.read {
                store::set_marked(tx, id, caller.id, false).await?;
                tell(&app, tx, caller.id, &held, Keep::default(), read).await?;
            }
            Ok(Progress { read, unread: store::unread(tx, &held, caller.id, read).await? })
        })
    })
    .await
}

/// How far `me` has read, when `seq` says nothing new.
async fn read_already(tx: &mut Tx, me: AccountId, id: ConversationId, seq: Seq) -> Result<Option<Progress>> {
    let held = store::held_by_id(tx, me, id).await?.ok_or(Refusal::NotMember)?;
    if seq > held.read || held.marked_unread {
        return Ok(None);
    }
    Ok(Some(Progress { read: held.read, unread: store::unread(tx, &held, me, held.read).await? }))
}

/// Shows nothing of what was said so far to the caller any more. Others keep it.
///
/// # Errors
/// [`Refusal::NotMember`], [`Refusal::TooOften`].
pub async fn clear(app: &App, caller: Caller, id: ConversationId) -> Result<()> {
    app.limiter.take(Rate::Keep, caller.id, app.now())?;
    app.write(move |app, tx| {
        Box::pin(async move {
            let held = hold(tx, caller.id, id).await?;
            see(&app, tx, caller.id, &held, held.last).await?; // nothing is unread that is not shown
            store::set_cleared(tx, id, caller.id, held.last).await?;
            tell(&app, tx, caller.id, &held, Keep::default(), held.last).await
        })
    })
    .await
}

/// How somebody keeps a conversation; what is `None` stays.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Keep {
    /// Whether it is out of the list until the next message.
    pub hidden: Option<bool>,
    /// Whether it stands before the others.
    pub pinned: Option<bool>,
    /// Whether its messages make no noise.
    pub quiet: Option<bool>,
    /// Whether it is shown as if something were unread, until it is read.
    pub marked_unread: Option<bool>,
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
            match store::held(tx, caller.id, to).await? {
                Some(held) => change(&app, tx, caller.id, &held, keep).await,
                None => Ok(()),
            }
        })
    })
    .await
}

/// The same for a conversation by its number.
///
/// # Errors
/// [`Refusal::NotMember`], [`Refusal::TooOften`].
pub async fn keep_by_id(app: &App, caller: Caller, id: ConversationId, keep: Keep) -> Result<()> {
    app.limiter.take(Rate::Keep, caller.id, app.now())?;
    app.write(move |app, tx| {
        Box::pin(async move {
            let held = hold(tx, caller.id, id).await?;
            change(&app, tx, caller.id, &held, keep).await
        })
    })
    .await
}

/// What `me` holds of a conversation, which nobody else changes meanwhile.
async fn hold(tx: &mut Tx, me: AccountId, id: ConversationId) -> Result<Held> {
    let name = log::name(tx, id).await?.ok_or(Refusal::NotMember)?;
    match parties(&name) {
        Some(_) => log::lock_by_name(tx, &name).await.map(drop)?, // as senders do
        None => log::lock(tx, id).await.map(drop)?,
    }
    Ok(store::held_by_id(tx, me, id).await?.ok_or(Refusal::NotMember)?)
}

async fn change(app: &App, tx: &mut Tx, me: AccountId, held: &Held, keep: Keep) -> Result<()> {
    let id = held.conversation;
    if let Some(hidden) = keep.hidden {
        store::set_hidden(tx, id, me, hidden.then_some(held.last)).await?;
    }
    if let Some(pinned) = keep.pinned {
        store::set_pinned(tx, id, me, pinned).await?;
    }
    if let Some(quiet) = keep.quiet {
        store::set_quiet(tx, id, me, quiet).await?;
    }
    let read = match (keep.unread, keep.read_until) {
        (Some(0), _) => Some(held.last),
        (Some(count), _) => Some(store::place_before_news(tx, held, me, count).await?),
        (None, Some(until)) => {
            let after = first(tx, held, |(_, at)| at > until).await?;
            Some(Seq(after.0 - 1).max(held.cleared))
        }
        (None, None) => None,
    };
    if let Some(read) = read {
        see(app, tx, me, held, read).await?;
    }
    if let Some(marked) = keep.marked_unread {
        store::set_marked(tx, id, me, marked).await?;
    }
    tell(app, tx, me, held, keep, read.unwrap_or(held.read)).await
}

/// Tells `me` how it keeps the conversation from now on.
async fn tell(app: &App, tx: &mut Tx, me: AccountId, held: &Held, keep: Keep, read: Seq) -> Result<()> {
    let id = held.conversation;
    let unread = store::unread(tx, held, me, read).await?;
    let hidden = match (keep.hidden, held.hidden) {
        (Some(hidden), _) => hidden,
        (None, Some(behind)) => behind >= store::newest(tx, held, me).await?,
        (None, None) => false,
    };
    let pinned = keep.pinned.unwrap_or(held.pinned);
    let view = Change::View { to: held.to, conversation: id, hidden, pinned, unread };
    app.emit(tx, Event::Changed(Audience::Accounts(vec![me]), Arc::new(view)));
    Ok(())
}

/// Moves the read position of a locked conversation, and tells those who may know: the other one only of
/// what it did not know, and not across a block.
async fn see(app: &App, tx: &mut Tx, me: AccountId, held: &Held, read: Seq) -> Result<()> {
    if read == held.read {
        return Ok(());
    }
    let now = app.now();
    store::set_read(tx, held, me, read, now).await?;
    let mid = store::at(tx, held.conversation, read).await?.map_or(Mid(0), |(mid, _)| mid);
    let told = match held.to {
        Some(To::Account(peer)) if read > held.read && !store::is_blocked(tx, me, peer).await? => {
            vec![peer, me]
        }
        _ => vec![me],
    };
    let read = Change::Read {
        to: held.to,
        conversation: held.conversation,
        reader: me,
        read_ms: now,
        mid,
        seq: read,
    };
    app.emit(tx, Event::Changed(Audience::Accounts(told), Arc::new(read)));
    Ok(())
}
