//! Taking messages back, and deleting them (pop.md §3.6).
use super::{Held, lock, store};
use crate::{
    App, Audience, Change, Event, Mid, Millis, Refusal, Result,
    accounts::Caller,
    conversations::State,
    messages::{self, Entry, Notice, To},
};
use im_db::Tx;
use std::sync::Arc;
use uuid::Uuid;

/// Takes a message back: all read that it is gone. Taking it back twice changes nothing.
///
/// # Errors
/// [`Refusal::NoSuchMessage`], [`Refusal::NotAllowed`], [`Refusal::TooLate`]; in groups [`Refusal::NotMember`],
/// [`Refusal::GroupLocked`], [`Refusal::Muted`]; [`Refusal::TooOften`].
pub async fn take_back(app: &App, caller: Caller, to: To, mid: Mid) -> Result<()> {
    messages::count(app, caller)?;
    app.write(move |app, tx| {
        Box::pin(async move {
            let now = app.now();
            lock(tx, caller, to).await?; // of two who do it at once, the second finds it done
            let Standing { held, leads, muted } = stand(tx, caller, to, now).await?;
            if muted {
                return Err(Refusal::Muted.into());
            }
            let target = store::target(tx, held.conversation, mid, caller.id).await?;
            let target =
                target.filter(|target| !target.deleted && !target.hidden).ok_or(Refusal::NoSuchMessage)?;
            let own = target.sender == caller.id;
            if target.kind != 0 || !(own || leads) {
                return Err(Refusal::NotAllowed.into());
            }
            if target.revoked {
                return Ok(());
            }
            let window_ms = app.pop.revoke_window_s.saturating_mul(1_000);
            if own && window_ms > 0 && now.0 - target.created_ms.0 > window_ms {
                return Err(Refusal::TooLate.into());
            }
            messages::store::set_revoked(tx, mid, now).await?;
            tell(&app, tx, caller, to, &target, mid, false).await
        })
    })
    .await
}

/// Deletes a message, for the caller alone or for all. Deleting it twice changes nothing.
///
/// # Errors
/// [`Refusal::NoSuchMessage`], [`Refusal::NotAllowed`]; in groups [`Refusal::NotMember`],
/// [`Refusal::GroupLocked`].
pub async fn delete(app: &App, caller: Caller, to: To, mid: Mid, for_all: bool) -> Result<()> {
    messages::count(app, caller)?;
    app.write(move |app, tx| {
        Box::pin(async move {
            let now = app.now();
            lock(tx, caller, to).await?;
            let held = store::held(tx, caller.id, to).await?.ok_or(Refusal::NoSuchMessage)?;
            let target = store::target(tx, held.conversation, mid, caller.id).await?;
            let target = target.ok_or(Refusal::NoSuchMessage)?;
            if !for_all {
                if target.deleted {
                    return Err(Refusal::NoSuchMessage.into());
                }
                if !target.hidden {
                    store::hide(tx, held.conversation, target.seq, caller.id).await?;
                    let gone = Change::Deleted { to, mid, by: caller.id, for_all };
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
            store::set_deleted(tx, mid, now).await?;
            tell(&app, tx, caller, to, &target, mid, true).await
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
async fn tell(
    app: &App,
    tx: &mut Tx,
    caller: Caller,
    to: To,
    target: &store::Target,
    mid: Mid,
    deleted: bool,
) -> Result<()> {
    let message = Uuid::from_slice(&target.uuid).unwrap_or_default().to_string();
    let entry = Entry::notice(caller.id, Notice::Revoked { message, mid: Some(mid), deleted });
    match to {
        To::Account(peer) => messages::post_direct(app, tx, peer, entry, &|_| Ok(())).await,
        To::Group(group) => messages::post_group(app, tx, group, entry).await,
    }
    .map(drop)
}
