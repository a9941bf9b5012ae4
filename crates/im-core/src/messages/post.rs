//! Putting an entry into a conversation's log: the one way in.
use super::{At, Body, Extra, Message, Place, Posted, To, store};
use crate::{
    AccountId, App, ConversationId, Event, Mid, Millis, Refusal, Result, Seq,
    conversations::{self, State, store as log},
};
use im_db::Tx;
use std::sync::Arc;
use uuid::Uuid;

/// What is to be logged.
pub(crate) struct Entry {
    pub sender: AccountId,
    pub body: Body,
    pub raw: Option<String>,
    pub quote: Option<At>,
    pub echo: Option<String>,
    /// The sender's own name for it, and a number for what is said under that name.
    pub client_id: Option<String>,
    pub digest: Option<i64>,
    pub extra: Extra,
    /// Whether saying it shows that its sender has seen everything before.
    pub seen: bool,
}

impl Entry {
    /// A notice, which every dialect words by itself.
    pub fn notice(sender: AccountId, notice: super::Notice) -> Self {
        Entry::said(sender, Body::Notice(notice), None)
    }

    /// Something said, quoting nothing.
    pub fn said(sender: AccountId, body: Body, raw: Option<String>) -> Self {
        let (client_id, digest, extra) = (None, None, Extra::default());
        Entry { sender, body, raw, quote: None, echo: None, client_id, digest, extra, seen: false }
    }
}

/// A rule that may refuse once the route is known.
pub(crate) type May<'a> = &'a (dyn Fn(&store::Route) -> Result<(), Refusal> + Sync);

/// The same in a group.
pub(crate) type MayInGroup<'a> = &'a (dyn Fn(&store::GroupRoute) -> Result<(), Refusal> + Sync);

/// Logs an entry between its sender and `peer`.
///
/// # Errors
/// [`Refusal::NoSuchPerson`], and what `may` says.
pub(crate) async fn post_direct(
    app: &App,
    tx: &mut Tx,
    peer: AccountId,
    entry: Entry,
    may: May<'_>,
) -> Result<Arc<Posted>> {
    let now = app.now();
    if peer == entry.sender {
        return Err(Refusal::NoSuchPerson.into());
    }
    // The place comes first: it locks the conversation, so what the route says holds until commit.
    let name = conversations::direct_name(entry.sender, peer);
    tx.turn(&name).await;
    let ask = || (log::next_seq_by_name(&name), store::route_of(entry.sender, peer, &name));
    let (seq, route) = ask();
    let (mut place, mut route) = tx.two(seq, route).await?;
    if place.is_none() && route.is_some() {
        conversations::direct(tx, entry.sender, peer, now).await?;
        let (seq, again) = ask();
        (place, route) = tx.two(seq, again).await?;
    }
    let ((conversation, seq), route) = place.zip(route).ok_or(Refusal::NoSuchPerson)?;
    may(&route)?;
    let place = route.place();
    let by_itself = matches!(entry.body, Body::Auto { .. });
    let noted = route.own_unseen && (route.has_written || by_itself);
    let slot = Slot { conversation, seq, now, noted };
    finish(app, tx, slot, entry, route.sender, place).await
}

/// Logs what an active member did to a group.
///
/// # Errors
/// [`Refusal::NoSuchGroup`], [`Refusal::NotMember`].
pub(crate) async fn post_group(
    app: &App,
    tx: &mut Tx,
    id: ConversationId,
    entry: Entry,
) -> Result<Arc<Posted>> {
    say_in_group(app, tx, id, entry, &|_| Ok(())).await
}

/// Logs an entry in a group, said or done by an active member whom `may` lets speak.
///
/// # Errors
/// [`Refusal::NoSuchGroup`], [`Refusal::GroupLocked`], [`Refusal::NotMember`], and what `may` says.
pub(crate) async fn say_in_group(
    app: &App,
    tx: &mut Tx,
    id: ConversationId,
    entry: Entry,
    may: MayInGroup<'_>,
) -> Result<Arc<Posted>> {
    tx.turn(id).await;
    let (seq, route) = tx.two(log::next_seq(id), store::group_route_of(id, entry.sender)).await?;
    let route = route.filter(|route| route.group.status != 0);
    let (seq, route) = seq.zip(route).ok_or(Refusal::NoSuchGroup)?;
    let member = route.state == Some(State::Active);
    match route.group.status {
        1 if member => may(&route)?,
        1 => return Err(Refusal::NotMember.into()),
        _ if member => {
            // Who is muted is told that first (pop.md §3.6).
            let muted = may(&route).is_err_and(|why| why == Refusal::Muted);
            return Err(if muted { Refusal::Muted } else { Refusal::GroupLocked }.into());
        }
        _ => return Err(Refusal::NoSuchGroup.into()),
    }
    let place = Place::Group(Arc::new(route.group));
    let slot = Slot { conversation: id, seq, now: app.now(), noted: route.own_unseen };
    finish(app, tx, slot, entry, route.sender, place).await
}

/// Logs an entry that only `owner` is told of.
pub(crate) async fn post_inbox(
    app: &App,
    tx: &mut Tx,
    owner: AccountId,
    entry: Entry,
) -> Result<Arc<Posted>> {
    let now = app.now();
    let inbox = conversations::inbox(tx, owner, now).await?;
    tx.turn(inbox).await;
    let (seq, sender) = tx.two(log::next_seq(inbox), store::face_of_account(entry.sender)).await?;
    let (seq, sender) = seq.zip(sender).ok_or(Refusal::NoSuchPerson)?;
    let place = Place::Inbox(store::face(tx, owner).await?);
    finish(app, tx, Slot { conversation: inbox, seq, now, noted: true }, entry, sender, place).await
}

/// What posting would answer, without posting: the repeated revoke of a message.
pub(super) async fn unposted(tx: &mut Tx, to: To, entry: Entry, now: Millis) -> Result<Arc<Posted>> {
    let (conversation, sender, place) = match to {
        To::Account(peer) => {
            let route = store::route(tx, entry.sender, peer).await?.ok_or(Refusal::NoSuchPerson)?;
            (ConversationId(0), route.sender.clone(), route.place())
        }
        To::Group(id) => {
            let route = store::group_route(tx, id, entry.sender).await?.ok_or(Refusal::NoSuchGroup)?;
            (id, route.sender, Place::Group(Arc::new(route.group)))
        }
    };
    let message = Message {
        mid: Mid(0),
        uuid: Uuid::nil(),
        conversation,
        seq: Seq(0),
        sender: entry.sender,
        body: entry.body,
        raw: entry.raw,
        created_ms: now,
        client_id: None,
        extra: Extra::default(),
    };
    Ok(Arc::new(Posted { message, sender, place, quote: None, echo: None }))
}

/// A place in a log, taken now.
struct Slot {
    conversation: ConversationId,
    seq: Seq,
    now: Millis,
    /// Whether the sender's membership says already what writing without reading makes of it.
    noted: bool,
}

async fn finish(
    app: &App,
    tx: &mut Tx,
    slot: Slot,
    entry: Entry,
    sender: super::Face,
    place: Place,
) -> Result<Arc<Posted>> {
    let Slot { conversation, seq, now, noted } = slot;
    let quote = match entry.quote {
        Some(at) => {
            Some(store::quotable(tx, conversation, at, entry.sender).await?.ok_or(Refusal::NoSuchMessage)?)
        }
        None => None,
    };
    let mut extra = entry.extra;
    if extra.everyone || !extra.mentions.is_empty() {
        let (wished, everyone) = (&extra.mentions, extra.everyone);
        extra.mentions = store::mention(tx, conversation, seq, entry.sender, wished, everyone).await?;
    }
    let mut message = Message {
        mid: Mid(0),
        uuid: message_uuid(now),
        conversation,
        seq,
        sender: entry.sender,
        body: entry.body,
        raw: entry.raw,
        created_ms: now,
        client_id: entry.client_id,
        extra,
    };
    let quoted = quote.as_ref().map(|quote| quote.mid);
    // Who said it before is refused, which gives the place back: the log has no hole.
    let mid = store::insert(tx, &message, quoted, entry.digest).await?;
    message.mid = mid.ok_or(Refusal::ClientIdTaken)?;
    if entry.seen {
        log::set_seen(tx, conversation, message.sender, seq, now).await?;
    } else if !noted && store::kind(&message.body) == 0 {
        let by_itself = matches!(message.body, Body::Auto { .. });
        log::set_said(tx, conversation, message.sender, by_itself).await?;
    }
    let posted = Arc::new(Posted { message, sender, place, quote, echo: entry.echo });
    app.emit(tx, Event::Posted(posted.audience(), posted.clone()));
    metrics::counter!("hongyan_messages_total").increment(1);
    Ok(posted)
}

/// A v4 UUID that begins with the time: 74 random bits are left, and the unique index grows at its
/// end instead of everywhere.
fn message_uuid(now: Millis) -> Uuid {
    let mut bytes: [u8; 16] = rand::random();
    bytes[..6].copy_from_slice(&now.0.to_be_bytes()[2..]);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}
