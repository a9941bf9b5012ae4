//! Asking for friendship, and looking at what was asked from both sides.
use super::{
    Request, RequestState,
    applying::{approach, settle, unite},
    pend, store, tell_request,
};
use crate::{
    AccountId, App, Rate, Refusal, Result,
    accounts::{self, Account, Caller, Role},
    conversations,
};
use im_db::Tx;
use std::collections::HashMap;

/// What became of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The other one decides.
    Asked,
    /// Friends, just now or before.
    Friends,
}

/// A request with both sides of it.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Asking {
    pub request: Request,
    pub from: Account,
    pub to: Account,
}

/// Asks `to` for friendship, which who does not want to be asked gives at once. What was asked before is
/// forgotten.
///
/// # Errors
/// [`Refusal::AddFriendOff`], [`Refusal::NotAllowed`] for visitors, [`Refusal::Yourself`], [`Refusal::NoSuchPerson`], [`Refusal::Blocked`],
/// [`Refusal::TooOften`].
pub async fn ask_or_befriend(app: &App, caller: Caller, to: AccountId, text: String) -> Result<Outcome> {
    if !app.switches().add_friend {
        return Err(Refusal::AddFriendOff.into());
    }
    if caller.account_role == Role::Visitor && !app.v1.visitors_may_befriend {
        return Err(Refusal::NotAllowed.into());
    }
    app.limiter.take(Rate::PopApply, caller.id, app.now())?;
    app.write(move |app, tx| {
        Box::pin(async move {
            let open = accounts::by_id(tx, to).await?.is_some_and(|person| person.friend_policy == 0);
            if open && to != caller.id {
                // The pair before the requests, here as everywhere: see `settle`.
                conversations::lock_pair(tx, caller.id, to, app.now()).await?;
            }
            let Some(person) = approach(tx, caller, to).await? else { return Ok(Outcome::Friends) };
            let text = app.censor().clean(&text).into_owned();
            if !open || person.friend_policy != 0 {
                pend(&app, tx, caller.id, to, &text).await?;
                return Ok(Outcome::Asked);
            }
            let agreed = RequestState::Agree;
            let request = store::insert_request(tx, caller.id, to, &text, agreed, app.now()).await?;
            tell_request(&app, tx, request, caller.id, to);
            unite(&app, tx, caller.id, to, "").await?;
            Ok(Outcome::Friends)
        })
    })
    .await
}

/// Decides a request that was made to the caller, for good, and answers it as it is now. Saying the same
/// again changes nothing.
///
/// # Errors
/// [`Refusal::NoSuchRequest`], [`Refusal::Decided`], [`Refusal::NoSuchPerson`] when who asked is gone,
/// [`Refusal::TooOften`].
pub async fn answer(app: &App, caller: Caller, id: i64, agree: bool, remark: String) -> Result<Asking> {
    accounts::native::may_tell(app, caller)?;
    settle(app, caller, id, agree, remark).await?;
    app.read(move |_, tx| {
        Box::pin(async move {
            let request = store::request(tx, id).await?.ok_or(Refusal::NoSuchRequest)?;
            Ok(with_people(tx, vec![request]).await?.pop().ok_or(Refusal::NoSuchRequest)?)
        })
    })
    .await
}

/// The requests that the caller made or was made, the newest first, from below the number `before`.
pub async fn asked_and_asking(app: &App, caller: Caller, before: i64, limit: i64) -> Result<Vec<Asking>> {
    app.read(move |_, tx| {
        Box::pin(async move {
            let requests = store::requests_around(tx, caller.id, before, limit).await?;
            with_people(tx, requests).await
        })
    })
    .await
}

async fn with_people(tx: &mut Tx, requests: Vec<Request>) -> Result<Vec<Asking>> {
    let ids: Vec<_> = requests.iter().flat_map(|one| [one.from.0, one.to.0]).collect();
    let people: HashMap<_, _> =
        accounts::by_ids(tx, &ids).await?.into_iter().map(|one| (one.id, one)).collect();
    let asking = requests.into_iter().filter_map(|request| {
        let (from, to) = (people.get(&request.from)?.clone(), people.get(&request.to)?.clone());
        Some(Asking { request, from, to })
    });
    Ok(asking.collect())
}
