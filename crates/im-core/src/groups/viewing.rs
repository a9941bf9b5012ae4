//! Looking at a group, member by member (pop.md §3.5).
use super::store;
use crate::{
    AccountId, App, ConversationId, Millis, Rate, Refusal, Result,
    accounts::{self, Account, Caller},
    conversations::{Group, Membership, State, store as log},
    messages,
};
use im_db::Tx;
use std::collections::HashMap;

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

/// A group as one of its members sees it.
#[derive(Clone, Debug)]
pub struct Outlook {
    /// The group, locked or not.
    pub group: Group,
    /// The member.
    pub membership: Membership,
    /// How many are in it.
    pub members: i64,
}

impl Outlook {
    /// `owner`, `manager` or `member`.
    pub fn role(&self) -> &'static str {
        role(&self.group, &self.membership)
    }
}

/// What a member is in its group: `owner`, `manager` or `member`.
pub fn role(group: &Group, membership: &Membership) -> &'static str {
    if group.owner == membership.account { "owner" } else { membership.rank.as_str() }
}

/// A group as the caller, who is in it, sees it.
///
/// # Errors
/// [`Refusal::NotMember`].
pub async fn outlook(app: &App, caller: Caller, id: ConversationId) -> Result<Outlook> {
    app.read(move |_, tx| {
        Box::pin(async move {
            let (group, membership) = inside(tx, id, caller.id).await?;
            Ok(Outlook { group, membership, members: store::size(tx, id).await? })
        })
    })
    .await
}

/// That the caller is in a group where something may be done. Others cannot tell whether there is one.
///
/// # Errors
/// [`Refusal::NotMember`], [`Refusal::GroupLocked`].
pub async fn standing(app: &App, caller: Caller, id: ConversationId) -> Result<()> {
    let group = app.read(move |_, tx| Box::pin(async move { inside(tx, id, caller.id).await }));
    if group.await?.0.status == 1 { Ok(()) } else { Err(Refusal::GroupLocked.into()) }
}

async fn inside(tx: &mut Tx, id: ConversationId, account: AccountId) -> Result<(Group, Membership)> {
    let group = messages::store::group(tx, id).await?.filter(|group| group.status != 0);
    let group = group.ok_or(Refusal::NotMember)?; // the same for who cannot know that there is none
    Ok((group, super::active(tx, id, account).await?))
}

/// The first `limit` members behind the row `after`, who came first comes first, with their group.
///
/// # Errors
/// [`Refusal::NotMember`].
pub async fn roster(
    app: &App,
    caller: Caller,
    id: ConversationId,
    after: i64,
    limit: i64,
) -> Result<(Group, Vec<(Account, Membership)>)> {
    app.read(move |_, tx| {
        Box::pin(async move {
            let (group, _) = inside(tx, id, caller.id).await?;
            let members = store::memberships(tx, id, after, limit).await?;
            let ids = members.iter().map(|member| member.account.0).collect();
            let mut people = people(tx, ids).await?;
            let seated = members.into_iter().filter_map(|one| Some((people.remove(&one.account)?, one)));
            Ok((group, seated.collect()))
        })
    })
    .await
}

async fn people(tx: &mut Tx, ids: Vec<i64>) -> Result<HashMap<AccountId, Account>> {
    Ok(accounts::by_ids(tx, &ids).await?.into_iter().map(|one| (one.id, one)).collect())
}

/// Somebody waits to be let in.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// Row number: who asked first has the smaller one.
    pub index: i64,
    /// Who.
    pub account: AccountId,
    /// What was said with it.
    pub text: String,
    /// Who invited, when somebody did.
    pub inviter: Option<AccountId>,
    /// Since when.
    pub created_ms: Millis,
}

/// Who waits to be let into the caller's group, behind the row `after`; with everybody who is named there.
///
/// # Errors
/// [`Refusal::OwnerOnly`].
pub async fn waiting(
    app: &App,
    caller: Caller,
    id: ConversationId,
    after: i64,
    limit: i64,
) -> Result<(Vec<Waiting>, HashMap<AccountId, Account>)> {
    app.read(move |_, tx| {
        Box::pin(async move {
            super::owned(tx, id, caller.id).await?;
            let waiting = store::waiting(tx, id, after, limit).await?;
            let named = waiting.iter().flat_map(|one| [Some(one.account), one.inviter]).flatten();
            let ids = named.map(|id| id.0).collect();
            let people = people(tx, ids).await?;
            Ok((waiting, people))
        })
    })
    .await
}
