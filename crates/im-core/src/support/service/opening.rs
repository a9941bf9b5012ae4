//! Coming to a desk before saying anything (pop.md §6.3, §6.7).
use super::{Visit, store};
use crate::{
    AccountId, App, Rate, Refusal, Result,
    accounts::{self, Account, Caller},
    contacts, conversations,
    messages::Named,
};
use im_db::Tx;
use std::sync::Arc;

/// How long a customer comes back to the same seat.
const STICKY_MS: i64 = 7 * 24 * 60 * 60 * 1_000;

/// Tells who is online.
pub type Online = Arc<dyn Fn(AccountId) -> bool + Send + Sync>;

/// Whom the caller talks to now.
pub struct Opened {
    /// The one that was asked for, or a seat in its place.
    pub account: Account,
    /// What the caller calls it.
    pub name: String,
}

/// Opens a conversation with somebody who is no friend, so that both have it in their lists. A desk
/// welcomes its customer, and may hand it to a seat that is online.
///
/// # Errors
/// [`Refusal::Yourself`], [`Refusal::NoSuchPerson`], [`Refusal::StrangersOff`], [`Refusal::Blocked`];
/// [`Refusal::TooOften`] for who asks for many strangers, there or not, or opens many conversations.
pub async fn open(app: &App, caller: Caller, to: AccountId, online: Online) -> Result<Opened> {
    app.write(move |app, tx| {
        Box::pin(async move {
            if to == caller.id {
                return Err(Refusal::Yourself.into());
            }
            let me = accounts::person(tx, caller.id).await?;
            let edge = contacts::store::edge(tx, caller.id, to).await?;
            if edge.is_none() {
                app.limiter.take(Rate::PopLookup, caller.id, app.now())?;
            }
            let asked = accounts::person(tx, to).await?;
            if let Some(edge) = edge {
                let name = if edge.remark.is_empty() { asked.display().to_owned() } else { edge.remark };
                return Ok(Opened { account: asked, name });
            }
            if !app.switches().stranger_chat {
                return Err(Refusal::StrangersOff.into());
            }
            let account = seat(&app, tx, &me, asked, &online).await?;
            if contacts::store::edge(tx, account.id, caller.id).await?.is_some_and(|edge| edge.blocked) {
                return Err(Refusal::Blocked.into());
            }
            begin(&app, tx, &me, &account).await?;
            Ok(Opened { name: account.display().to_owned(), account })
        })
    })
    .await
}

/// The one who serves a customer that asked for `asked`.
async fn seat(
    app: &App,
    tx: &mut Tx,
    customer: &Account,
    asked: Account,
    online: &Online,
) -> Result<Account> {
    let serves = asked.merchant && app.pop.assign_mode == "round_robin";
    if !serves || desk(customer).is_some() {
        return Ok(asked);
    }
    let (merchant, since) = (asked.id, app.now().plus(-STICKY_MS));
    tx.turn(format!("seats:{merchant}")).await; // two who come at once do not get the same free seat
    let known = store::seat_of(tx, merchant, customer.id, since).await?;
    let free = match known {
        Some(seat) => Some(seat),
        None => {
            let seats = store::seats(tx, merchant, since).await?;
            let there = seats.into_iter().filter(|(seat, ..)| online(*seat));
            there.min_by_key(|(_, open, last)| (*open, *last)).map(|(seat, ..)| seat)
        }
    };
    let Some(free) = free else { return Ok(asked) };
    if known.is_none() {
        store::assign(tx, merchant, customer.id, free, app.now()).await?;
    }
    accounts::person(tx, free).await
}

/// Lists the conversation for both; a desk hears of a new customer and welcomes it.
async fn begin(app: &App, tx: &mut Tx, me: &Account, other: &Account) -> Result<()> {
    conversations::lock_pair(tx, me.id, other.id, app.now()).await?;
    let id = conversations::direct(tx, me.id, other.id, app.now()).await?;
    let begun = store::begun(tx, id, other.id).await?;
    if !begun {
        app.limiter.take(Rate::PopOpen, me.id, app.now())?;
        store::begin(tx, id).await?;
    }
    let (Some(merchant), None) = (desk(other), desk(me)) else { return Ok(()) };
    let visit = Visit {
        conversation: id,
        at: app.now(),
        said: None,
        question: None,
        customer: Named::of(me),
        customer_avatar: me.avatar.clone(),
        seat: other.id,
        merchant,
    };
    if !begun {
        visit.announce(app, tx);
    }
    match store::session(tx, id, other.id, me.id).await? {
        Some(session) => visit.welcome(app, tx, &session).await,
        None => Ok(()),
    }
}

/// The merchant for which an account speaks, if it serves customers.
fn desk(account: &Account) -> Option<AccountId> {
    if account.merchant { Some(account.id) } else { account.parent }
}
