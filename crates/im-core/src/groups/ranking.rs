//! Who may do what in a group: managers, silence, and whose group it is.
use super::{
    managing::{changed, led},
    store,
};
use crate::{
    AccountId, App, Audience, Change, ConversationId, Event, Millis, Refusal, Result,
    accounts::{self, Caller, Door},
    conversations::{Rank, State, store as log},
    messages::{self, Entry, Named, Notice},
};
use im_db::Tx;
use std::sync::Arc;

/// Makes a member a manager, or takes it back.
///
/// # Errors
/// [`Refusal::OwnerOnly`], [`Refusal::NotMember`], [`Refusal::Yourself`].
pub async fn set_manager(
    app: &App,
    caller: Caller,
    id: ConversationId,
    account: AccountId,
    on: bool,
) -> Result<()> {
    place(app, caller, id, account, Place { manager: Some(on), mute_ms: None }).await
}

/// What is changed about a member; `None` stays.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place {
    /// Whether it manages the group. The owner decides.
    pub manager: Option<bool>,
    /// For how long it is silenced; 0 or less lets it speak again. Who leads the group decides.
    pub mute_ms: Option<i64>,
}

/// Changes what a member may do, both or nothing.
///
/// # Errors
/// As [`set_manager`] and [`mute`], and [`Refusal::TooOften`].
pub async fn place(
    app: &App,
    caller: Caller,
    id: ConversationId,
    account: AccountId,
    place: Place,
) -> Result<()> {
    accounts::native::may_tell(app, caller)?;
    app.write(move |app, tx| {
        Box::pin(async move {
            if let Some(on) = place.manager {
                rank(&app, tx, caller, id, account, on).await?;
            }
            match place.mute_ms {
                Some(ms) => silence(&app, tx, caller, id, account, ms).await,
                None => Ok(()),
            }
        })
    })
    .await
}

async fn rank(
    app: &App,
    tx: &mut Tx,
    caller: Caller,
    id: ConversationId,
    account: AccountId,
    on: bool,
) -> Result<()> {
    log::lock(tx, id).await?.ok_or(Refusal::OwnerOnly)?;
    super::owned(tx, id, caller.id).await?;
    let member = super::active(tx, id, account).await?;
    if account == caller.id {
        return Err(Refusal::Yourself.into());
    }
    let rank = if on { Rank::Manager } else { Rank::Member };
    if member.rank != rank {
        store::set_rank(tx, id, account, rank, app.now()).await?;
        let change = Change::Manager { group: id, account, on };
        app.emit(tx, Event::Changed(Audience::Group(id), Arc::new(change)));
    }
    Ok(())
}

/// Whether `account` owns or manages the group. Members may ask, and who is trusted.
///
/// # Errors
/// [`Refusal::NotMember`].
pub async fn leads(
    app: &App,
    caller: Option<Caller>,
    id: ConversationId,
    account: AccountId,
) -> Result<bool> {
    app.read(move |_, tx| {
        Box::pin(async move {
            if let Some(caller) = caller {
                super::active(tx, id, caller.id).await?;
            }
            let route = messages::store::group_route(tx, id, account).await?;
            Ok(route.is_some_and(|route| route.state == Some(State::Active) && route.leads()))
        })
    })
    .await
}

/// Silences a member for a while; 0 or less lets it speak again.
///
/// # Errors
/// [`Refusal::NotAllowed`] for who leads no such group, or would silence who leads it;
/// [`Refusal::NoSuchPerson`], [`Refusal::NotMember`].
pub async fn mute(app: &App, caller: Caller, id: ConversationId, account: AccountId, ms: i64) -> Result<()> {
    place(app, caller, id, account, Place { manager: None, mute_ms: Some(ms) }).await
}

async fn silence(
    app: &App,
    tx: &mut Tx,
    caller: Caller,
    id: ConversationId,
    account: AccountId,
    ms: i64,
) -> Result<()> {
    log::lock(tx, id).await?.ok_or(Refusal::NotAllowed)?;
    let (group, _) = led(tx, id, caller.id).await.map_err(|_| Refusal::NotAllowed)?;
    accounts::by_id(tx, account).await?.ok_or(Refusal::NoSuchPerson)?;
    let member = super::active(tx, id, account).await?;
    let own = group.owner == caller.id;
    if group.owner == account || (member.rank == Rank::Manager && !own) {
        return Err(Refusal::NotAllowed.into());
    }
    if caller.door != Door::Pop && ms <= 0 && member.muted_until <= app.now() {
        return Ok(()); // it may speak; the pop dialect tells that again
    }
    let until = if ms > 0 { app.now().plus(ms) } else { Millis(0) };
    store::set_muted(tx, id, account, until, app.now()).await?;
    let who = Named { id: account, name: store::face_in(tx, id, account).await?.0 };
    let notice = Notice::Muted { who, seconds: ms.max(0).div_euclid(1_000) };
    messages::post_group(app, tx, id, Entry::notice(caller.id, notice)).await.map(drop)
}

/// Gives a group that the caller owns to another member, and tells the group. Who gave it away stays a
/// member.
///
/// # Errors
/// [`Refusal::OwnerOnly`], [`Refusal::Yourself`], [`Refusal::NotMember`], [`Refusal::NoSuchPerson`] when the
/// heir is disabled; [`Refusal::TooOften`].
pub async fn hand_over(app: &App, caller: Caller, id: ConversationId, heir: AccountId) -> Result<()> {
    accounts::native::may_tell(app, caller)?;
    app.write(move |app, tx| {
        Box::pin(async move {
            log::lock(tx, id).await?.ok_or(Refusal::OwnerOnly)?;
            let mut group = super::owned(tx, id, caller.id).await?;
            if heir == caller.id {
                return Err(Refusal::Yourself.into());
            }
            super::active(tx, id, heir).await?;
            accounts::person(tx, heir).await?;
            let now = app.now();
            store::set_owner(tx, id, heir, now).await?;
            // What the old owner was before it owned the group counts no more, and nobody silences an owner.
            store::set_rank(tx, id, caller.id, Rank::Member, now).await?;
            store::set_rank(tx, id, heir, Rank::Member, now).await?;
            store::set_muted(tx, id, heir, Millis(0), now).await?;
            group.owner = heir;
            changed(&app, tx, group, false, false, false);
            let from = Named { id: caller.id, name: store::face_in(tx, id, caller.id).await?.0 };
            let to = Named { id: heir, name: store::face_in(tx, id, heir).await?.0 };
            let notice = Entry::notice(caller.id, Notice::OwnerChanged { from, to });
            messages::post_group(&app, tx, id, notice).await.map(drop)
        })
    })
    .await
}
