//! Putting an entry into a conversation's log: the one way in.
use super::{Body, Message, Place, Posted, To, store};
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
}

impl Entry {
    /// A notice, which every dialect words by itself.
    pub fn notice(sender: AccountId, notice: super::Notice) -> Self {
        Entry { sender, body: Body::Notice(notice), raw: None }
    }
}

/// A rule that may refuse once the route is known.
pub(crate) type May<'a> = &'a (dyn Fn(&store::Route) -> Result<(), Refusal> + Sync);

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
    if !route.has_written && !matches!(entry.body, Body::Notice(_) | Body::Auto { .. }) {
        log::set_has_written(tx, conversation, entry.sender).await?;
    }
    let place = route.place();
    finish(app, tx, conversation, seq, entry, route.sender, place, now).await
}

/// Logs an entry in a group, said or done by an active member.
///
/// # Errors
/// [`Refusal::NoSuchGroup`], [`Refusal::NotMember`].
pub(crate) async fn post_group(
    app: &App,
    tx: &mut Tx,
    id: ConversationId,
    entry: Entry,
) -> Result<Arc<Posted>> {
    tx.turn(id).await;
    let (seq, route) = tx.two(log::next_seq(id), store::group_route_of(id, entry.sender)).await?;
    let route = route.filter(|(group, ..)| group.status == 1);
    let (seq, (group, sender, state)) = seq.zip(route).ok_or(Refusal::NoSuchGroup)?;
    if state != Some(State::Active) {
        return Err(Refusal::NotMember.into());
    }
    finish(app, tx, id, seq, entry, sender, Place::Group(Arc::new(group)), app.now()).await
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
    finish(app, tx, inbox, seq, entry, sender, place, now).await
}

/// What posting would answer, without posting: the repeated revoke of a message.
pub(super) async fn unposted(tx: &mut Tx, to: To, entry: Entry, now: Millis) -> Result<Arc<Posted>> {
    let (conversation, sender, place) = match to {
        To::Account(peer) => {
            let route = store::route(tx, entry.sender, peer).await?.ok_or(Refusal::NoSuchPerson)?;
            (ConversationId(0), route.sender.clone(), route.place())
        }
        To::Group(id) => {
            let (group, sender, _) =
                store::group_route(tx, id, entry.sender).await?.ok_or(Refusal::NoSuchGroup)?;
            (id, sender, Place::Group(Arc::new(group)))
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
    };
    Ok(Arc::new(Posted { message, sender, place, quote: None, echo: None }))
}

#[allow(clippy::too_many_arguments)] // one private step of the three ways in
async fn finish(
    app: &App,
    tx: &mut Tx,
    conversation: ConversationId,
    seq: Seq,
    entry: Entry,
    sender: super::Face,
    place: Place,
    now: Millis,
) -> Result<Arc<Posted>> {
    let uuid = message_uuid(now);
    let mut message = Message {
        mid: Mid(0),
        uuid,
        conversation,
        seq,
        sender: entry.sender,
        body: entry.body,
        raw: entry.raw,
        created_ms: now,
    };
    message.mid = store::insert(tx, &message).await?;
    let posted = Arc::new(Posted { message, sender, place, quote: None, echo: None });
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
