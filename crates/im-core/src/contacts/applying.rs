//! Asking for friendship as the pop dialect does: again and again, with one open request of a kind
//! (pop.md §3.4).
use super::{Edge, Request, RequestState, check_new, make_friends, pend, store, tell_contact, tell_request};
use crate::{
    AccountId, App, Audience, Change, Event, Rate, Refusal, Result,
    accounts::{self, Account, Caller, Door},
    conversations,
    messages::{self, Body, Entry},
};
use im_db::Tx;
use std::sync::Arc;

/// What a new friend reads from who agreed. Native clients show the notice that the two are friends.
const GREETING: &str = "我通过了你的好友请求，我们来聊天吧";

/// Whether something changed, or was so already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// Just now.
    Now,
    /// Before.
    Before,
}

/// A request with who asked.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Asked {
    pub request: Request,
    pub username: String,
    pub nickname: String,
    pub avatar: String,
}

/// Asks `to` for friendship; what was asked before is forgotten. Friends are friends already.
///
/// # Errors
/// [`Refusal::AddFriendOff`], [`Refusal::Yourself`], [`Refusal::NoSuchPerson`], [`Refusal::Blocked`],
/// [`Refusal::TooOften`].
pub async fn apply(app: &App, caller: Caller, to: AccountId, text: String) -> Result<Decided> {
    if !app.switches().add_friend {
        return Err(Refusal::AddFriendOff.into());
    }
    app.limiter.take(Rate::PopApply, caller.id, app.now())?;
    app.write(move |app, tx| {
        Box::pin(async move {
            if approach(tx, caller, to).await?.is_none() {
                return Ok(Decided::Before);
            }
            let text = app.censor().clean(&text).into_owned();
            pend(&app, tx, caller.id, to, &text).await?;
            Ok(Decided::Now)
        })
    })
    .await
}

/// Who is to be asked, with what was asked before forgotten; `None` when they are friends already.
pub(super) async fn approach(tx: &mut Tx, caller: Caller, to: AccountId) -> Result<Option<Account>> {
    let person = check_new(tx, caller.id, to).await?;
    if store::edge(tx, to, caller.id).await?.is_some_and(|edge| edge.blocked) {
        return Err(Refusal::Blocked.into());
    }
    if store::edge(tx, caller.id, to).await?.is_some() {
        return Ok(None);
    }
    store::forget_requests(tx, caller.id, to).await?;
    Ok(Some(person))
}

/// Decides a request that was made to the caller, for good; `remark` is what it will call a new friend.
///
/// # Errors
/// [`Refusal::NoSuchRequest`], [`Refusal::Decided`], [`Refusal::NoSuchPerson`] when who asked is gone.
pub async fn settle(app: &App, caller: Caller, request: i64, agree: bool, remark: String) -> Result<Decided> {
    app.write(move |app, tx| {
        Box::pin(async move {
            let found = store::request(tx, request).await?.filter(|found| found.to == caller.id);
            let from = found.ok_or(Refusal::NoSuchRequest)?.from;
            if agree {
                // The pair before the request, here as everywhere: the other way round two could wait for
                // each other.
                conversations::lock_pair(tx, caller.id, from, app.now()).await?;
            }
            let wanted = if agree { RequestState::Agree } else { RequestState::Refuse };
            if !store::settle(tx, request, wanted, app.now()).await? {
                // Read again: another unit of work may have decided it just now.
                let state = store::request(tx, request).await?.map(|found| found.state);
                return if state == Some(wanted) {
                    Ok(Decided::Before)
                } else {
                    Err(Refusal::Decided.into())
                };
            }
            tell_request(&app, tx, request, from, caller.id);
            if !agree {
                let told = Arc::new(Change::FriendRefused { by: caller.id, request });
                app.emit(tx, Event::Changed(Audience::Accounts(vec![from]), told));
                return Ok(Decided::Now);
            }
            accounts::person(tx, from).await?;
            unite(&app, tx, caller.id, from, &remark).await?;
            if caller.door != Door::V1 {
                let greeting = Body::Text(GREETING.into());
                let entry = Entry { seen: true, ..Entry::said(caller.id, greeting, None) };
                messages::post_direct(&app, tx, from, entry, &|_| Ok(())).await?;
            }
            Ok(Decided::Now)
        })
    })
    .await
}

/// Makes both friends, and agrees to whatever they still ask of each other.
pub(super) async fn unite(
    app: &App,
    tx: &mut Tx,
    me: AccountId,
    other: AccountId,
    remark: &str,
) -> Result<()> {
    make_friends(app, tx, me, other, [remark, ""]).await?;
    for (request, from, to) in store::agree_all(tx, me, other, app.now()).await? {
        tell_request(app, tx, request, from, to);
    }
    Ok(())
}

/// Makes two accounts friends, for an operator who knows that they want to be.
///
/// # Errors
/// [`Refusal::Yourself`], [`Refusal::NoSuchPerson`].
pub async fn add(app: &App, caller: Caller, friend: AccountId) -> Result<Decided> {
    app.write(move |app, tx| {
        Box::pin(async move {
            check_new(tx, caller.id, friend).await?;
            if store::edge(tx, caller.id, friend).await?.is_some() {
                return Ok(Decided::Before);
            }
            unite(&app, tx, caller.id, friend, "").await?;
            Ok(Decided::Now)
        })
    })
    .await
}

/// Sets what the caller calls a friend; for others nothing changes.
///
/// # Errors
/// [`Refusal::Yourself`], [`Refusal::NoSuchPerson`].
pub async fn remark(app: &App, caller: Caller, friend: AccountId, remark: String) -> Result<()> {
    app.write(move |app, tx| {
        Box::pin(async move {
            if friend == caller.id {
                return Err(Refusal::Yourself.into());
            }
            accounts::by_id(tx, friend).await?.ok_or(Refusal::NoSuchPerson)?;
            if store::set_remark(tx, caller.id, friend, &remark, app.now()).await? {
                tell_contact(&app, tx, caller.id, friend);
            }
            Ok(())
        })
    })
    .await
}

/// The newest requests made to the caller, newest first.
pub async fn requests_of(app: &App, caller: Caller, limit: i64) -> Result<Vec<Asked>> {
    app.read(move |_, tx| {
        Box::pin(async move { Ok(store::requests_with_askers(tx, caller.id, limit).await?) })
    })
    .await
}

/// A request made to the caller.
pub async fn request(app: &App, caller: Caller, id: i64) -> Result<Option<Asked>> {
    app.read(move |_, tx| {
        Box::pin(async move {
            let Some(request) = store::request(tx, id).await?.filter(|found| found.to == caller.id) else {
                return Ok(None);
            };
            let asker = accounts::by_id(tx, request.from).await?;
            Ok(asker.map(|asker| Asked {
                request,
                username: asker.username,
                nickname: asker.nickname,
                avatar: asker.avatar,
            }))
        })
    })
    .await
}

/// The caller's edge to `peer`, if they are friends.
pub async fn edge(app: &App, caller: Caller, peer: AccountId) -> Result<Option<Edge>> {
    app.read(move |_, tx| Box::pin(async move { Ok(store::edge(tx, caller.id, peer).await?) })).await
}
