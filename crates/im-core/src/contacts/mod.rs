//! Friends: asking, deciding, remarks, stars, blocks.

mod applying;
mod asking;
mod book;
pub mod initials;
mod relation;
pub(crate) mod store;

use crate::{
    AccountId, App, Audience, Change, Event, Millis, Rate, Refusal, Result,
    accounts::{self, Account, Caller},
    conversations,
    messages::{self, Entry, Notice},
};
pub use applying::{Asked, Decided, add, apply, edge, remark, request, requests_of, settle};
pub use asking::{Asking, Outcome, answer, ask_or_befriend, asked_and_asking};
pub use book::{Contact, Keeping, book, keep};
use im_db::{Row, Tx};
pub use relation::Relation;
pub(crate) use relation::relation;
use std::{collections::HashMap, sync::Arc};

/// How `owner` keeps `peer` among its friends. A friendship is two edges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Row number; clients choose friends for a group by it.
    pub id: i64,
    /// Whose list.
    pub owner: AccountId,
    /// Who is on it.
    pub peer: AccountId,
    /// What the owner calls the peer; may be empty.
    pub remark: String,
    /// Starred by the owner.
    pub starred: bool,
    /// Blocked by the owner: the peer cannot write.
    pub blocked: bool,
    /// The peer may see the owner's moments.
    pub shows_me: bool,
    /// The owner wants to see the peer's moments.
    pub shows_peer: bool,
    /// 1, or 0 when the operator cut it.
    pub status: i64,
}

/// Where a friend request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestState {
    /// Undecided.
    Pending,
    /// Said no.
    Refuse,
    /// Said yes.
    Agree,
    /// Put aside.
    Ignore,
}

impl RequestState {
    /// As it stands in the database and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            RequestState::Pending => "pending",
            RequestState::Refuse => "refuse",
            RequestState::Agree => "agree",
            RequestState::Ignore => "ignore",
        }
    }

    /// The state of this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Pending, Self::Refuse, Self::Agree, Self::Ignore]
            .into_iter()
            .find(|state| state.as_str() == name)
    }
}

impl im_db::Column for RequestState {
    fn read(row: &Row<'_>, name: &str) -> im_db::Result<Self> {
        Ok(Self::parse(&row.get::<String>(name)?).unwrap_or(Self::Pending))
    }
}

/// Somebody asked somebody for friendship.
#[derive(Clone, Debug)]
pub struct Request {
    /// Row number.
    pub id: i64,
    /// Who asked.
    pub from: AccountId,
    /// Who was asked.
    pub to: AccountId,
    /// What was said with it.
    pub text: String,
    /// Where it stands.
    pub state: RequestState,
    /// When.
    pub created_ms: Millis,
    /// When it was decided, or asked.
    pub updated_ms: Millis,
}

/// Asks `to` for friendship.
///
/// # Errors
/// [`Refusal::AddFriendOff`], [`Refusal::Yourself`], [`Refusal::NoSuchPerson`], [`Refusal::AlreadyAsked`],
/// [`Refusal::TooOften`].
pub async fn ask(app: &App, caller: Caller, to: AccountId, text: String) -> Result<()> {
    if !app.switches().add_friend {
        return Err(Refusal::AddFriendOff.into());
    }
    app.limiter.take(Rate::Ask, caller.id, app.now())?;
    app.write(move |app, tx| {
        Box::pin(async move {
            check_new(tx, caller.id, to).await?;
            if store::open_request(tx, caller.id, to).await? {
                return Err(Refusal::AlreadyAsked.into());
            }
            let text = app.censor().clean(&text).into_owned();
            pend(&app, tx, caller.id, to, &text).await
        })
    })
    .await
}

/// Becomes friends at once with somebody who does not want to be asked.
///
/// # Errors
/// As [`ask`], and [`Refusal::MustAsk`].
pub async fn befriend(app: &App, caller: Caller, friend: AccountId, text: String) -> Result<()> {
    if !app.switches().add_friend {
        return Err(Refusal::AddFriendOff.into());
    }
    app.limiter.take(Rate::Ask, caller.id, app.now())?;
    app.write(move |app, tx| {
        Box::pin(async move {
            let person = check_new(tx, caller.id, friend).await?;
            if person.friend_policy != 0 {
                return Err(Refusal::MustAsk.into());
            }
            if store::open_request(tx, caller.id, friend).await? {
                return Err(Refusal::AlreadyAsked.into());
            }
            let text = app.censor().clean(&text).into_owned();
            let agreed = RequestState::Agree;
            let request = store::insert_request(tx, caller.id, friend, &text, agreed, app.now()).await?;
            tell_request(&app, tx, request, caller.id, friend);
            let mine = accounts::by_id(tx, caller.id).await?.map(|account| account.nickname);
            make_friends(&app, tx, caller.id, friend, ["", &mine.unwrap_or_default()]).await
        })
    })
    .await
}

/// Decides a request that was made to the caller; `remark` is what the caller will call the other.
///
/// # Errors
/// [`Refusal::NoSuchRequest`].
pub async fn decide(
    app: &App,
    caller: Caller,
    request: i64,
    state: RequestState,
    remark: String,
) -> Result<()> {
    app.write(move |app, tx| {
        Box::pin(async move {
            if state == RequestState::Agree
                && let Some(found) = store::request(tx, request).await?.filter(|found| found.to == caller.id)
            {
                conversations::lock_pair(tx, caller.id, found.from, app.now()).await?; // before the request
            }
            let from = store::decide(tx, request, caller.id, state, app.now())
                .await?
                .ok_or(Refusal::NoSuchRequest)?;
            tell_request(&app, tx, request, from, caller.id);
            if state == RequestState::Agree {
                let mine = accounts::by_id(tx, caller.id).await?.map(|account| account.nickname);
                make_friends(&app, tx, caller.id, from, [&remark, &mine.unwrap_or_default()]).await?;
            }
            Ok(())
        })
    })
    .await
}

/// A page of the requests made to the caller, newest first, each with who asked.
pub struct Requests {
    /// The page.
    pub page: Vec<(Request, Account)>,
    /// Undecided ones on all pages.
    pub pending: i64,
}

/// The requests made to the caller; `page` counts from 1.
pub async fn requests(app: &App, caller: Caller, page: i64, limit: i64) -> Result<Requests> {
    let skip = (page - 1).saturating_mul(limit);
    app.read(move |_, tx| {
        Box::pin(async move {
            let mut found = Vec::new();
            for request in store::requests_to(tx, caller.id, skip, limit).await? {
                if let Some(account) = accounts::by_id(tx, request.from).await? {
                    found.push((request, account));
                }
            }
            Ok(Requests { page: found, pending: store::count_pending(tx, caller.id).await? })
        })
    })
    .await
}

/// The undecided request that the account with this public id made to the caller.
///
/// # Errors
/// [`Refusal::NoSuchPerson`], [`Refusal::NoSuchRequest`].
pub async fn request_from(app: &App, caller: Caller, uuid: String) -> Result<Request> {
    app.read(move |_, tx| {
        Box::pin(async move {
            let from =
                accounts::by_uuid(tx, &uuid).await?.filter(|a| a.enabled).ok_or(Refusal::NoSuchPerson)?;
            Ok(store::pending_request(tx, from.id, caller.id).await?.ok_or(Refusal::NoSuchRequest)?)
        })
    })
    .await
}

/// A friend as the list shows it.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Friend {
    pub edge: i64,
    pub id: AccountId,
    pub uuid: String,
    pub username: String,
    pub nickname: String,
    pub avatar: String,
    pub merchant: bool,
    pub remark: String,
}

impl Friend {
    /// The remark, else the nickname, else the username.
    pub fn name(&self) -> &str {
        if self.remark.is_empty() { accounts::display(&self.nickname, &self.username) } else { &self.remark }
    }
}

/// A page of the caller's friends in the order in which they were made; `page` counts from 1.
pub async fn friends(app: &App, caller: Caller, page: i64, limit: i64) -> Result<Vec<Friend>> {
    let skip = (page - 1).saturating_mul(limit);
    app.read(move |_, tx| Box::pin(async move { Ok(store::friends(tx, caller.id, skip, limit).await?) }))
        .await
}

/// The caller's edge to `friend`, and the friend.
///
/// # Errors
/// [`Refusal::NotFriends`].
pub async fn friend(app: &App, caller: Caller, friend: AccountId) -> Result<(Edge, Account)> {
    app.read(move |_, tx| {
        Box::pin(async move {
            let edge = store::edge(tx, caller.id, friend).await?.ok_or(Refusal::NotFriends)?;
            let account = accounts::by_id(tx, friend).await?.ok_or(Refusal::NotFriends)?;
            Ok((edge, account))
        })
    })
    .await
}

/// As [`friend`], for one that the caller did not block.
///
/// # Errors
/// [`Refusal::NotFriends`].
pub async fn unblocked(app: &App, caller: Caller, friend: AccountId) -> Result<(Edge, Account)> {
    let found = self::friend(app, caller, friend).await?;
    if found.0.blocked { Err(Refusal::NotFriends.into()) } else { Ok(found) }
}

/// A flag on the caller's edge.
#[derive(Clone, Copy, Debug)]
pub enum Flag {
    /// Turns the block on or off.
    ToggleBlocked,
    /// Turns the star on or off; not while blocked.
    ToggleStarred,
    /// Who sees whose moments; not while blocked.
    Visibility {
        /// The peer sees the caller's.
        shows_me: bool,
        /// The caller sees the peer's.
        shows_peer: bool,
    },
}

/// Changes a flag of the caller's edge to `friend`.
///
/// # Errors
/// [`Refusal::NotFriends`].
pub async fn set_flag(app: &App, caller: Caller, friend: AccountId, flag: Flag) -> Result<()> {
    app.write(move |app, tx| {
        Box::pin(async move {
            if !store::set_flag(tx, caller.id, friend, flag, app.now()).await? {
                return Err(Refusal::NotFriends.into());
            }
            tell_contact(&app, tx, caller.id, friend);
            Ok(())
        })
    })
    .await
}

/// Ends a friendship on both sides and forgets its requests; the conversation stays.
///
/// # Errors
/// [`Refusal::NotFriends`], [`Refusal::TooOften`].
pub async fn unfriend(app: &App, caller: Caller, friend: AccountId) -> Result<()> {
    accounts::native::may_tell(app, caller)?;
    app.write(move |app, tx| {
        Box::pin(async move {
            store::edge(tx, caller.id, friend).await?.ok_or(Refusal::NotFriends)?;
            store::unfriend(tx, caller.id, friend).await?;
            conversations::part(tx, caller.id, friend).await?;
            let (both, change) = (vec![caller.id, friend], Change::Unfriended(caller.id, friend));
            app.emit(tx, Event::Changed(Audience::Accounts(both), Arc::new(change)));
            Ok(())
        })
    })
    .await
}

/// How somebody may be approached by the caller.
pub struct Approach {
    /// Whom.
    pub account: Account,
    /// The edge from that person to the caller.
    pub theirs: Option<Edge>,
}

/// How the user `id` may be approached.
///
/// # Errors
/// [`Refusal::NoSuchPerson`], also for a visitor.
pub async fn approach(app: &App, caller: Caller, id: AccountId) -> Result<Approach> {
    app.limiter.take(Rate::Lookup, caller.id, app.now())?;
    app.read(move |_, tx| {
        Box::pin(async move {
            let account = accounts::user(tx, id).await?;
            Ok(Approach { account, theirs: store::edge(tx, id, caller.id).await? })
        })
    })
    .await
}

/// Who has `id` among its friends.
pub async fn circle(app: &App, id: AccountId) -> Result<Vec<AccountId>> {
    app.read(move |_, tx| Box::pin(async move { Ok(store::circle(tx, id).await?) })).await
}

/// What each friend of `id` calls it; empty where it has no remark.
pub(crate) async fn remarks_on(tx: &mut Tx, id: AccountId) -> Result<Vec<(AccountId, String)>> {
    Ok(store::remarks_on(tx, id).await?)
}

/// The remark that `owner` keeps on `peer`; `None` when they are no friends.
pub(crate) async fn remark_on(tx: &mut Tx, owner: AccountId, peer: AccountId) -> Result<Option<String>> {
    Ok(store::edge(tx, owner, peer).await?.map(|edge| edge.remark))
}

/// The remarks that `owner` keeps on those of these accounts that are its friends.
pub(crate) async fn remarks_by(
    tx: &mut Tx,
    owner: AccountId,
    peers: &[i64],
) -> Result<HashMap<AccountId, String>> {
    let (Some(first), Some(last)) = (peers.iter().min(), peers.iter().max()) else {
        return Ok(HashMap::new());
    };
    Ok(store::remarks_by(tx, owner, *first, *last).await?.into_iter().collect())
}

/// Whether the account has a friend that it did not block.
pub(crate) async fn has_friends(tx: &mut Tx, id: AccountId) -> Result<bool> {
    Ok(store::has_friends(tx, id).await?)
}

/// The friends behind the caller's own edges of these numbers, each once, enabled ones only; and
/// whether any edge was usable at all.
pub(crate) async fn chosen(tx: &mut Tx, owner: AccountId, edges: &[i64]) -> Result<(bool, Vec<Account>)> {
    let (mut usable, mut people) = (false, Vec::<Account>::new());
    for id in edges {
        let Some(edge) = store::edge_by_id(tx, *id).await? else { continue };
        if edge.owner != owner || edge.blocked || edge.status != 1 {
            continue;
        }
        usable = true;
        if people.iter().any(|known| known.id == edge.peer) {
            continue;
        }
        people.extend(accounts::by_id(tx, edge.peer).await?.filter(|account| account.enabled));
    }
    people.sort_by_key(|account| account.id);
    Ok((usable, people))
}

/// Checks that the two differ and that `to` can be asked.
async fn check_new(tx: &mut Tx, from: AccountId, to: AccountId) -> Result<Account> {
    if from == to {
        return Err(Refusal::Yourself.into());
    }
    accounts::person(tx, to).await
}

/// Keeps a request until `to` decides it, and tells both.
async fn pend(app: &App, tx: &mut Tx, from: AccountId, to: AccountId, text: &str) -> Result<()> {
    let pending = RequestState::Pending;
    let request = store::insert_request(tx, from, to, text, pending, app.now()).await?;
    tell_request(app, tx, request, from, to);
    messages::post_inbox(app, tx, to, Entry::notice(from, Notice::FriendAsked)).await.map(drop)
}

/// Tells the devices of `owner` that its list changed.
fn tell_contact(app: &App, tx: &mut Tx, owner: AccountId, peer: AccountId) {
    let change = Arc::new(Change::Contact { owner, peer });
    app.emit(tx, Event::Changed(Audience::Accounts(vec![owner]), change));
}

/// Tells both that a request was made or decided.
fn tell_request(app: &App, tx: &mut Tx, id: i64, from: AccountId, to: AccountId) {
    let change = Arc::new(Change::Request { id, from, to });
    app.emit(tx, Event::Changed(Audience::Accounts(vec![from, to]), change));
}

/// Makes both edges, where they are missing, and tells both. `me` agreed; what it calls the other one
/// comes first in `remarks`, then what the other one calls it.
pub(crate) async fn make_friends(
    app: &App,
    tx: &mut Tx,
    me: AccountId,
    other: AccountId,
    remarks: [&str; 2],
) -> Result<()> {
    let now = app.now();
    conversations::lock_pair(tx, me, other, now).await?; // both may be befriending each other at once
    store::insert_edge(tx, me, other, remarks[0], now).await?;
    store::insert_edge(tx, other, me, remarks[1], now).await?;
    tell_contact(app, tx, me, other);
    tell_contact(app, tx, other, me);
    let told = Entry::notice(me, Notice::Befriended);
    messages::post_direct(app, tx, other, told, &|_| Ok(())).await.map(drop)
}
