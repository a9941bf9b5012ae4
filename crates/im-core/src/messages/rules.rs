//! Who may write to whom, and for how long one may take it back (egg.md §6.5, §6.7).
use super::{
    Body, Draft, To,
    store::{Known, Route},
};
use crate::{
    AccountId, Millis, Refusal,
    accounts::{
        Role,
        privacy::{Allowance, allowance},
    },
    conversations::direct_name,
};

/// How long after its window a message may still be revoked: the client counted by its own clock.
pub const REVOKE_GRACE_MS: i64 = 10_000;

/// Refuses what nobody should store.
pub fn check_draft(draft: &Draft, most_chars: usize) -> Result<(), Refusal> {
    let text = match &draft.body {
        Body::Text(text) | Body::Other(text) => text,
        Body::Image(url) | Body::Audio(url) | Body::Video(url) | Body::File(url) => url,
        Body::Auto { .. } | Body::Notice(_) => return Err(Refusal::BadMessage), // not for clients to say
    };
    let longest = draft.raw.as_ref().map_or(text.len(), |raw| raw.len().max(text.len()));
    // A character is four bytes at most; the exact count is made for the few long ones only.
    if longest > most_chars
        && [Some(text), draft.raw.as_ref()].iter().flatten().any(|t| t.chars().count() > most_chars)
    {
        return Err(Refusal::BadMessage);
    }
    Ok(())
}

/// Whether anything can be sent to `route.peer` at all.
pub fn reachable(route: &Route) -> Result<(), Refusal> {
    if route.peer_enabled { Ok(()) } else { Err(Refusal::NoSuchPerson) }
}

/// Whether `route.sender`, whose account has this role, may write to `route.peer`.
pub fn may_write(route: &Route, role: Role) -> Result<(), Refusal> {
    reachable(route)?;
    match &route.friend {
        Some(friend) if friend.blocked => Err(Refusal::Blocked),
        Some(friend) if friend.status != 1 => Err(Refusal::Cut),
        Some(_) => Ok(()),
        None => match allowance(&route.privacy, role) {
            Allowance::Anything => Ok(()),
            Allowance::One if !route.has_written => Ok(()),
            Allowance::One => Err(Refusal::OneMessageOnly),
            Allowance::Nothing => Err(Refusal::FriendsOnly),
        },
    }
}

/// Whether `caller` may take back this message, said where it claims.
pub fn may_revoke(known: &Known, caller: AccountId, to: To) -> Result<(), Refusal> {
    let there = match to {
        To::Account(peer) => known.conversation_name == direct_name(caller, peer),
        To::Group(group) => known.conversation == group,
    };
    let own = known.sender == caller && !matches!(known.body, Body::Notice(_));
    if own && there { Ok(()) } else { Err(Refusal::NotAllowed) }
}

/// Whether something of `then` is still within `window_ms`.
pub fn in_time(then: Millis, now: Millis, window_ms: i64) -> Result<(), Refusal> {
    if now.0 - then.0 > window_ms { Err(Refusal::TooLate) } else { Ok(()) }
}
