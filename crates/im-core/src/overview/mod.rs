//! What somebody sees first: profile, address book, groups and the list of conversations at once
//! (pop.md §3.8); and the list of conversations of the native API.

pub mod listing;
mod store;

use crate::{
    AccountId, App, Refusal, Result,
    accounts::{self, Account, Caller},
    contacts::{self, Friend},
    conversations::Group,
    history::Shown,
};
use im_db::Tx;

/// Conversations listed at most.
const CHATS: i64 = 200;
/// Friends, strangers or groups told at most.
const PEOPLE: i64 = 10_000;

/// Everything that a client begins with.
pub struct Overview {
    /// The caller.
    pub account: Account,
    /// Friend requests that wait for the caller.
    pub requests: i64,
    /// The address book.
    pub friends: Vec<Friend>,
    /// All groups, with what the caller calls them.
    pub groups: Vec<(Group, String)>,
    /// The list of conversations.
    pub chats: Vec<Chat>,
}

/// A conversation in the list.
pub struct Chat {
    /// With whom.
    pub with: With,
    /// Whether it stands before the others.
    pub pinned: bool,
    /// What was not seen, up to [`crate::history::UNREAD`].
    pub unread: i64,
    /// The newest message that the caller can see.
    pub last: Option<Shown>,
}

/// With whom a conversation is.
pub enum With {
    /// A friend, or a stranger.
    Account(Peer),
    /// A group.
    Group {
        /// Which.
        group: Box<Group>,
        /// What the caller calls it; empty: as everybody.
        alias: String,
    },
}

/// The other one.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Number.
    pub id: AccountId,
    /// What the caller calls it.
    pub name: String,
    /// Picture.
    pub avatar: String,
}

/// What the caller begins with. Changes nothing.
///
/// # Errors
/// [`Refusal::NoSuchAccount`].
pub async fn of(app: &App, caller: Caller) -> Result<Overview> {
    app.read(move |_, tx| {
        Box::pin(async move {
            Ok(Overview {
                account: accounts::by_id(tx, caller.id).await?.ok_or(Refusal::NoSuchAccount)?,
                requests: contacts::store::count_open(tx, caller.id).await?,
                friends: contacts::store::friends(tx, caller.id, 0, PEOPLE).await?,
                groups: store::groups(tx, caller.id).await?,
                chats: store::chats(tx, caller.id, CHATS).await?,
            })
        })
    })
    .await
}

/// The caller's friends.
pub async fn friends(app: &App, caller: Caller) -> Result<Vec<Friend>> {
    app.read(move |_, tx| {
        Box::pin(async move { Ok(contacts::store::friends(tx, caller.id, 0, PEOPLE).await?) })
    })
    .await
}

/// Those with whom the caller talks without being friends (pop.md §6.3).
pub async fn strangers(app: &App, caller: Caller) -> Result<Vec<Friend>> {
    app.read(move |_, tx| Box::pin(async move { Ok(store::strangers(tx, caller.id).await?) })).await
}

/// How many friend requests wait for the caller.
pub async fn requests(app: &App, caller: Caller) -> Result<i64> {
    app.read(move |_, tx| Box::pin(async move { Ok(contacts::store::count_open(tx, caller.id).await?) }))
        .await
}
