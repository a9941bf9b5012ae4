//! Conversations, who is in them, and what each member has received.

mod delivered;
pub(crate) mod store;

use crate::{
    AccountId, App, Audience, Change, ConversationId, Event, Millis, Rate, Refusal, Result, Seq,
    accounts::Caller,
};
pub use delivered::{Delivered, Ranges};
use im_db::{Row, Tx};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A group: a conversation of many, with an owner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// Number; also the number of the conversation.
    pub id: ConversationId,
    /// Public id that cannot be guessed.
    pub uuid: String,
    /// The one who may change it.
    pub owner: AccountId,
    /// What it is called.
    pub name: String,
    /// Up to nine avatars, joined by commas; or a picture that was chosen.
    pub avatar: String,
    /// Whether the picture was chosen.
    #[serde(default)]
    pub avatar_custom: bool,
    /// The numbers of the first nine members, joined by commas.
    #[serde(default)]
    pub faces: String,
    /// Only the owner and managers may speak.
    #[serde(default)]
    pub mute_all: bool,
    /// The owner's notice to all; may be empty.
    pub announcement: String,
    /// 0: anybody may join; 1: the owner approves; 2: registered users only.
    pub join_policy: i64,
    /// 1: normal; 2: locked; 0: dissolved.
    pub status: i64,
    /// When it was made.
    pub created_ms: Millis,
    /// When it was last changed.
    pub updated_ms: Millis,
}

/// How an account belongs to a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Reads and writes.
    Active,
    /// Waits for the owner's consent.
    Pending,
    /// Silenced by the operator.
    Muted,
    /// Was a member; what was said until then is still to be delivered.
    Left,
}

impl State {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            State::Active => "active",
            State::Pending => "pending",
            State::Muted => "muted",
            State::Left => "left",
        }
    }
}

impl im_db::Column for State {
    fn read(row: &Row<'_>, name: &str) -> im_db::Result<Self> {
        Ok(match row.get::<String>(name)?.as_str() {
            "active" => State::Active,
            "pending" => State::Pending,
            "muted" => State::Muted,
            _ => State::Left,
        })
    }
}

/// What a member of a group may do; the owner is named by the group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rank {
    /// Speaks.
    Member,
    /// Silences and renames as well.
    Manager,
}

impl Rank {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Rank::Member => "member",
            Rank::Manager => "manager",
        }
    }
}

impl im_db::Column for Rank {
    fn read(row: &Row<'_>, name: &str) -> im_db::Result<Self> {
        Ok(if row.get::<String>(name)? == "manager" { Rank::Manager } else { Rank::Member })
    }
}

/// An account's place in a conversation.
#[derive(Clone, Debug)]
pub struct Membership {
    /// Row number: who came first has the smaller one.
    pub id: i64,
    /// The conversation.
    pub conversation: ConversationId,
    /// The member.
    pub account: AccountId,
    /// How it belongs.
    pub state: State,
    /// The member's name here; empty: as everywhere.
    pub nickname: String,
    /// The member's picture here; empty: as everywhere.
    pub avatar: String,
    /// What it may do.
    pub rank: Rank,
    /// What the member calls the group; empty: as everybody.
    pub alias: String,
    /// Until when it may not speak.
    pub muted_until: Millis,
    /// When it came.
    pub created_ms: Millis,
}

/// What arrived at one member of one conversation.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// The conversation.
    pub conversation: ConversationId,
    /// The member.
    pub account: AccountId,
    /// What arrived, or is not for this member.
    pub ranges: Ranges,
}

/// Stores what arrived. Cursors only move forward; telling the same twice is harmless.
pub async fn record(app: &App, mut receipts: Vec<Receipt>) -> Result<()> {
    receipts.sort_by_key(|receipt| (receipt.conversation, receipt.account)); // one order for row locks
    app.write(move |app, tx| {
        Box::pin(async move {
            for receipt in &receipts {
                record_one(&app, tx, receipt).await?;
            }
            Ok(())
        })
    })
    .await
}

async fn record_one(app: &App, tx: &mut Tx, receipt: &Receipt) -> Result<()> {
    // Nearly always the next messages arrived, in order: one statement, and no look at what was before.
    if let Some((first, last)) = receipt.ranges.single()
        && store::advance(tx, receipt.conversation, receipt.account, first, last).await?
    {
        return Ok(());
    }
    let cap = app.chat.offline_messages;
    let known = store::delivered(tx, receipt.conversation, receipt.account, cap).await?;
    let Some((mut delivered, fallen)) = known else {
        return Ok(()); // the membership is gone, and with it what waits
    };
    for (first, last) in receipt.ranges.iter() {
        delivered.add(first, last);
    }
    // What fell off the end of the queue waits no more.
    delivered.add(Seq(1), fallen);
    Ok(store::set_delivered(tx, receipt.conversation, receipt.account, &delivered).await?)
}

/// What arrived at the native devices of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acked {
    /// The conversation.
    pub conversation: ConversationId,
    /// The member.
    pub account: AccountId,
    /// Everything up to here.
    pub seq: Seq,
}

/// Notes what arrived at native devices, and tells the other one of a direct conversation, unless one
/// blocks the other. Places only move forward, never beyond the newest entry, and only those of members;
/// answers which moved.
pub async fn ack(app: &App, mut acks: Vec<(ConversationId, AccountId, Seq)>) -> Result<Vec<Acked>> {
    acks.sort_unstable(); // one order for row locks
    app.write(move |app, tx| {
        Box::pin(async move {
            let mut moved = Vec::new();
            for (conversation, account, seq) in acks {
                let Some(other) = store::set_acked(tx, conversation, account, seq).await? else { continue };
                moved.push(Acked { conversation, account, seq });
                if let Some(other) = other {
                    let delivered = Change::Delivered { conversation, account, seq };
                    let to = Audience::Accounts(vec![other]);
                    app.emit(tx, Event::Changed(to, Arc::new(delivered)));
                }
            }
            Ok(moved)
        })
    })
    .await
}

/// The same for one place that the caller names.
///
/// # Errors
/// [`Refusal::NotMember`], [`Refusal::Invalid`] beyond the newest entry, [`Refusal::TooOften`].
pub async fn delivered(app: &App, caller: Caller, id: ConversationId, seq: Seq) -> Result<()> {
    app.limiter.take(Rate::Read, caller.id, app.now())?;
    let last =
        app.read(move |_, tx| Box::pin(async move { Ok(store::last_for(tx, id, caller.id).await?) })).await?;
    if seq > last.ok_or(Refusal::NotMember)? {
        return Err(Refusal::Invalid("seq").into());
    }
    ack(app, vec![(id, caller.id, seq)]).await.map(drop)
}

/// Whether something may wait for `account`.
pub async fn is_awaited(app: &App, account: AccountId) -> Result<bool> {
    app.read(move |_, tx| Box::pin(async move { Ok(store::is_awaited(tx, account).await?) })).await
}

/// The direct conversation of two accounts, if there is one.
pub(crate) async fn between(tx: &mut Tx, a: AccountId, b: AccountId) -> Result<Option<ConversationId>> {
    Ok(store::by_name(tx, &direct_name(a, b)).await?)
}

/// The direct conversation of two accounts, made on first use.
pub(crate) async fn direct(tx: &mut Tx, a: AccountId, b: AccountId, now: Millis) -> Result<ConversationId> {
    let name = direct_name(a, b);
    if let Some(known) = store::by_name(tx, &name).await? {
        return Ok(known);
    }
    let id = store::insert(tx, &name, "direct").await?;
    for account in [a, b] {
        store::add_member(tx, id, account, State::Active, Seq(0), now).await?;
    }
    Ok(id)
}

/// Lets no other unit of work touch what is between the two until this one ends.
pub(crate) async fn lock_pair(tx: &mut Tx, a: AccountId, b: AccountId, now: Millis) -> Result<()> {
    if !store::lock_by_name(tx, &direct_name(a, b)).await? {
        direct(tx, a, b, now).await?;
    }
    Ok(())
}

/// Notes that the two have no more to do with each other than strangers: what lies between them is not
/// listed until one of them says something.
pub(crate) async fn part(tx: &mut Tx, a: AccountId, b: AccountId) -> Result<()> {
    Ok(store::part(tx, &direct_name(a, b)).await?)
}

/// The conversation in which `account` is told what concerns nobody else, made on first use.
pub(crate) async fn inbox(tx: &mut Tx, account: AccountId, now: Millis) -> Result<ConversationId> {
    let name = format!("inbox:{account}");
    tx.turn(&name).await; // two who make it at once would hold its row without its turn
    if let Some(known) = store::by_name(tx, &name).await? {
        return Ok(known);
    }
    let id = store::insert(tx, &name, "inbox").await?;
    store::add_member(tx, id, account, State::Active, Seq(0), now).await?;
    Ok(id)
}

/// The name under which a direct conversation is found from both sides.
pub(crate) fn direct_name(a: AccountId, b: AccountId) -> String {
    format!("direct:{}:{}", a.min(b), a.max(b))
}

/// The two accounts of a direct conversation's name.
pub(crate) fn parties(name: &str) -> Option<(AccountId, AccountId)> {
    let (low, high) = name.strip_prefix("direct:")?.split_once(':')?;
    Some((AccountId(low.parse().ok()?), AccountId(high.parse().ok()?)))
}
