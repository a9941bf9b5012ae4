//! Taking messages back, and deleting them (pop.md §3.6).
use super::{Held, changes::store as changes, lock, store};
use crate::{
    App, Audience, Change, ConversationId, Event, Millis, Refusal, Result, Seq,
    accounts::{Caller, Door},
    conversations::State,
    messages::{self, At, Entry, Notice, To},
};
use changes::Target;
use im_db::Tx;
use std::sync::Arc;
use uuid::Uuid;

/// Takes a message back: all read that it is gone. Taking it back twice changes nothing. Who leads a group
/// may do it to whatever was said there; one's own is subject to the window of the caller's dialect.
///
/// # Errors
/// [`Refusal::NoSuchMessage`], [`Refusal::NotAllowed`], [`Refusal::TooLate`]; in groups [`Refusal::NotMember`],
/// [`Refusal::GroupLocked`], [`Refusal::Muted`]; [`Refusal::TooOften`].
pub async fn take_back(app: &App, caller: Caller, to: To, at: At) -> Result<()> {
    messages::count(app, caller)?;
    app.write(move |app, tx| {
        Box::pin(async move {
            let now = app.now();
            lock(tx, caller, to).await?; // of two who do it at once, the second finds it done
            let Standing { held, leads, muted } = stand(tx, caller, to, now).await?;
            if muted {
                return Err(Refusal::Muted.into());
            }
            let target = changes::target(tx, held.conversation, at, caller.id).await?;
            let target =
                target.filter(|target| !target.deleted && !target.hidden).ok_or(Refusal::NoSuchMessage)?;
            let own = target.sender == caller.id;
            if target.kind != 0 || !(own || leads) {
                return Err(Refusal::NotAllowed.into());
            }
            if target.revoked {
                return Ok(());
            }
            let window_ms = match caller.door {
                Door::Pop => app.pop.revoke_window_s.saturating_mul(1_000),
                _ if leads => 0,
                _ => app.chat.revoke_window_ms,
            };
            if own && window_ms > 0 {
                messages::in_time(target.created_ms, now, window_ms)?;
            }
            messages::store::set_revoked(tx, target.mid, now).await?;
            tell(&app, tx, caller, to, &target, false).await
        })
    })
    .await
}

/// As [`take_back`], where only the conversation is known.
///
/// # Errors
/// As [`take_back`].
pub async fn take_back_in(app: &App, caller: Caller, id: ConversationId, seq: Seq) -> Result<()> {
    let to = messages::find(app, caller, id).await?;
    take_back(app, caller, to, At::Seq(seq)).await
}

/// As [`delete`], where only the conversation is known.
///
/// # Errors
/// As [`delete`].
pub async fn delete_in(app: &App, caller: Caller, id: ConversationId, seq: Seq, for_all: bool) -> Result<()> {
    let to = messages::find(app, caller, id).await?;
    delete(app, caller, to, At::Seq(seq), for_all).await
}

/// Deletes a message, for the caller alone or for all. Deleting it twice changes nothing.
///
/// # Errors
/// [`Refusal::NoSuchMessage`], [`Refusal::NotAllowed`]; in groups [`Refusal::NotMember`],
/// [`Refusal::GroupLocked`].
pub async fn delete(app: &App, caller: Caller, to: To, at: At, for_all: bool) -> Result<()> {
    messages::count(app, caller)?;
    app.write(move |app, tx| {
        Box::pin(async move {
            let now = app.now();
            lock(tx, caller, to).await?;
            let nothing = if caller.door == Door::Pop { Refusal::NoSuchMessage } else { Refusal::NotMember };
            let held = store::held(tx, caller.id, to).await?.ok_or(nothing)?;
            let target = changes::target(tx, held.conversation, at, caller.id).await?;
            let target = target.ok_or(Refusal::NoSuchMessage)?;
            if !for_all {
                if target.deleted {
                    return Err(Refusal::NoSuchMessage.into());
                }
                if !target.hidden {
                    changes::hide(tx, held.conversation, target.seq, caller.id).await?;
                    let (conversation, by) = (held.conversation, caller.id);
                    let Target { mid, seq, created_ms, .. } = target;
                    let gone = Change::Deleted { to, conversation, mid, seq, created_ms, by, for_all };
                    app.emit(tx, Event::Changed(Audience::Accounts(vec![caller.id]), Arc::new(gone)));
                }
                return Ok(());
            }
            let Standing { leads, .. } = stand(tx, caller, to, now).await?;
            if target.sender != caller.id && !leads {
                return Err(Refusal::NotAllowed.into());
            }
            if target.deleted {
                return Ok(());
            }
            changes::set_deleted(tx, target.mid, now).await?;
            tell(&app, tx, caller, to, &target, true).await
        })
    })
    .await
}

/// How somebody stands in a conversation.
struct Standing {
    held: Held,
    /// May undo what others said.
    leads: bool,
    muted: bool,
}

async fn stand(tx: &mut Tx, caller: Caller, to: To, now: Millis) -> Result<Standing> {
    let (leads, muted) = match to {
        To::Account(_) => (false, false),
        To::Group(id) => {
            let route = messages::store::group_route(tx, id, caller.id).await?;
            let route = route.filter(|route| route.state == Some(State::Active) && route.group.status != 0);
            let route = route.ok_or(Refusal::NotMember)?;
            if route.group.status != 1 {
                return Err(Refusal::GroupLocked.into());
            }
            (route.leads(), route.muted_until > now)
        }
    };
    let held = store::held(tx, caller.id, to).await?.ok_or(Refusal::NoSuchMessage)?;
    Ok(Standing { held, leads, muted })
}

/// Logs that the message is gone, for every dialect to say in its way.
async fn tell(app: &App, tx: &mut Tx, caller: Caller, to: To, target: &Target, deleted: bool) -> Result<()> {
    let message = Uuid::from_slice(&target.uuid).unwrap_or_default().to_string();
    let (mid, seq) = (Some(target.mid), Some(target.seq));
    let entry = Entry::notice(caller.id, Notice::Revoked { message, mid, seq, deleted });
    let told = match to {
        To::Account(peer) => messages::post_direct(app, tx, peer, entry, &|_| Ok(())).await,
        To::Group(group) => messages::post_group(app, tx, group, entry).await,
    }?;
    Ok(messages::store::set_changed(tx, target.mid, told.message.seq).await?)
}
