//! Looking at a group, member by member (pop.md §3.5).
use super::store;
use crate::{
    AccountId, App, ConversationId, Millis, Rate, Refusal, Result,
    accounts::Caller,
    conversations::{Group, Membership, State, store as log},
    messages,
};

/// A member, as another account sees it.
#[derive(Clone, Debug)]
pub struct Seat {
    /// Row number: who came first has the smaller one.
    pub index: i64,
    /// Who.
    pub account: AccountId,
    /// Its nickname, or username.
    pub nickname: String,
    /// What the viewer calls it; empty: nothing else.
    pub remark: String,
    /// Its picture.
    pub avatar: String,
    /// Whether it manages the group.
    pub manager: bool,
    /// Until when it may not speak.
    pub muted_until: Millis,
}

/// A group as the caller sees it; without a membership for one who only thinks of joining.
///
/// # Errors
/// [`Refusal::NoSuchGroup`], [`Refusal::TooOften`].
pub async fn look(app: &App, caller: Caller, id: ConversationId) -> Result<(Group, Option<Membership>)> {
    app.limiter.take(Rate::Lookup, caller.id, app.now())?;
    app.read(move |_, tx| {
        Box::pin(async move {
            let group = messages::store::group(tx, id).await?.filter(|group| group.status != 0);
            let group = group.ok_or(Refusal::NoSuchGroup)?;
            let membership = log::membership(tx, id, caller.id).await?;
            Ok((group, membership.filter(|m| m.state == State::Active)))
        })
    })
    .await
}

/// The name of a member, as the group sees it.
pub async fn name_in(app: &App, id: ConversationId, account: AccountId) -> Result<String> {
    app.read(move |_, tx| Box::pin(async move { Ok(store::face_in(tx, id, account).await?.0) })).await
}

/// The first `limit` members with a number greater than `after`, without these accounts.
///
/// # Errors
/// [`Refusal::NotMember`].
pub async fn seats(
    app: &App,
    caller: Caller,
    id: ConversationId,
    after: i64,
    limit: i64,
    without: Vec<AccountId>,
) -> Result<Vec<Seat>> {
    app.read(move |_, tx| {
        Box::pin(async move {
            super::active(tx, id, caller.id).await?;
            let mut seats = store::seats(tx, id, caller.id, after, limit + without.len() as i64).await?;
            seats.retain(|seat| !without.contains(&seat.account));
            seats.truncate(limit as usize);
            Ok(seats)
        })
    })
    .await
}
