//! The address book: friends as their owner keeps them, in the order of its letters.
use super::{Edge, initials, store, tell_contact};
use crate::{
    AccountId, App, Millis, Refusal, Result,
    accounts::{self, Account, Caller},
};
use std::collections::HashMap;

/// Friends in a book at most.
const MOST: i64 = 10_000;

/// A friend as the caller keeps it.
#[derive(Clone, Debug)]
pub struct Contact {
    /// Who.
    pub account: Account,
    /// How.
    pub edge: Edge,
    /// The letter under which it stands: `A` to `Z`, or `#`.
    pub initial: char,
    /// Since when they are friends.
    pub created_ms: Millis,
}

impl Contact {
    fn of(account: Account, edge: Edge, created_ms: Millis) -> Self {
        let initial = initials::initial(shown(&account, &edge));
        Contact { account, edge, initial, created_ms }
    }
}

/// The remark, else what everybody reads.
fn shown<'a>(account: &'a Account, edge: &'a Edge) -> &'a str {
    if edge.remark.is_empty() { account.display() } else { &edge.remark }
}

/// The caller's friends by their letters, within a letter by the spelling of the name that it reads.
pub async fn book(app: &App, caller: Caller) -> Result<Vec<Contact>> {
    let rows = app.read(move |_, tx| {
        Box::pin(async move {
            let edges = store::edges(tx, caller.id, MOST).await?;
            let ids: Vec<_> = edges.iter().map(|(edge, _)| edge.peer.0).collect();
            let people = accounts::by_ids(tx, &ids).await?;
            let mut people: HashMap<_, _> = people.into_iter().map(|one| (one.id, one)).collect();
            let found =
                edges.into_iter().filter_map(|(edge, made)| Some((people.remove(&edge.peer)?, edge, made)));
            Ok(found.collect::<Vec<_>>())
        })
    });
    let rows = rows.await?.into_iter();
    let contacts: Vec<_> = rows.map(|(account, edge, made)| Contact::of(account, edge, made)).collect();
    let headings = initials::grouped(contacts, |contact| shown(&contact.account, &contact.edge));
    Ok(headings.into_iter().flat_map(|(_, contacts)| contacts).collect())
}

/// What the caller changes about a friend; `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Keeping {
    /// What it calls the friend; empty: as everybody.
    pub remark: Option<String>,
    /// Starred; not while blocked.
    pub starred: Option<bool>,
    /// May not write.
    pub blocked: Option<bool>,
    /// May see the caller's moments; not while blocked.
    pub shows_me: Option<bool>,
    /// The caller sees its moments; not while blocked.
    pub shows_peer: Option<bool>,
}

/// Changes how the caller keeps a friend, all of it or nothing, and tells its devices.
///
/// # Errors
/// [`Refusal::NotFriends`]; [`Refusal::NotAllowed`] for a star or a sight of one that is blocked;
/// [`Refusal::TooOften`].
pub async fn keep(app: &App, caller: Caller, friend: AccountId, keeping: Keeping) -> Result<Contact> {
    accounts::native::may_tell(app, caller)?;
    app.write(move |app, tx| {
        Box::pin(async move {
            let (mut edge, made) =
                store::held_edge(tx, caller.id, friend).await?.ok_or(Refusal::NotFriends)?;
            let account = accounts::by_id(tx, friend).await?.ok_or(Refusal::NotFriends)?;
            let before = edge.clone();
            let Keeping { remark, starred, blocked, shows_me, shows_peer } = keeping;
            edge.blocked = blocked.unwrap_or(edge.blocked);
            if edge.blocked && (starred.is_some() || shows_me.is_some() || shows_peer.is_some()) {
                return Err(Refusal::NotAllowed.into());
            }
            edge.remark = remark.unwrap_or(edge.remark);
            edge.starred = starred.unwrap_or(edge.starred);
            edge.shows_me = shows_me.unwrap_or(edge.shows_me);
            edge.shows_peer = shows_peer.unwrap_or(edge.shows_peer);
            if edge != before {
                store::rewrite(tx, &edge, app.now()).await?;
                tell_contact(&app, tx, caller.id, friend);
            }
            Ok(Contact::of(account, edge, made))
        })
    })
    .await
}
