//! Who may write to whom, and for how long one may take it back (egg.md §6.5, §6.7).
use super::{
    Body, Draft, To,
    store::{GroupRoute, Known, Route},
};
use crate::{
    AccountId, Millis, Refusal,
    accounts::{
        Role,
        privacy::{Allowance, allowance},
    },
    conversations::direct_name,
    switches::Switches,
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

/// Whether people, or groups, may be written to.
pub fn chat_is_on(to: To, switches: &Switches) -> Result<(), Refusal> {
    match to {
        To::Account(_) if !switches.private_chat => Err(Refusal::PrivateChatOff),
        To::Group(_) if !switches.group_chat => Err(Refusal::GroupChatOff),
        _ => Ok(()),
    }
}

/// Whether messages of this kind may be sent.
/// `raw` is what the sender's dialect shows of it.
pub fn kind_is_on(body: &Body, raw: Option<&str>, switches: &Switches) -> Result<(), Refusal> {
    let on = match body {
        Body::Audio(_) => switches.voice,
        Body::Image(_) => switches.upload_img,
        Body::Video(_) | Body::File(_) => switches.upload_file,
        Body::Text(_) | Body::Other(_) | Body::Auto { .. } | Body::Notice(_) => true,
    };
    let text = if let Body::Text(text) = body { Some(text.as_str()) } else { raw };
    let emoji = !switches.emoji && text.is_some_and(has_emoji);
    if on && !emoji { Ok(()) } else { Err(Refusal::KindOff) }
}

/// Whether a text holds `[表情N]`, N from 0 to 100 (pop.md §5.1).
fn has_emoji(text: &str) -> bool {
    text.split("[表情").skip(1).any(|rest| {
        let number = rest.split_once(']').map_or("", |(number, _)| number);
        number.bytes().all(|b| b.is_ascii_digit()) && number.parse::<u64>().is_ok_and(|n| n <= 100)
    })
}

/// Whether a member may speak now.
pub fn may_speak(route: &GroupRoute, now: Millis) -> Result<(), Refusal> {
    match route {
        _ if route.muted_until > now => Err(Refusal::Muted),
        _ if route.group.mute_all && !route.leads() => Err(Refusal::MutedAll),
        _ => Ok(()),
    }
}

/// Whether a member may call everybody, if it does.
pub fn may_call(route: &GroupRoute, everyone: bool) -> Result<(), Refusal> {
    if everyone && !route.leads() { Err(Refusal::NotAllowed) } else { Ok(()) }
}

/// Bytes of an emoji at most: families have 25, flags 28.
pub const EMOJI_BYTES: usize = 32;

/// Whether a text is made of emoji and what joins them, and of nothing else that could be read.
pub fn is_emoji(text: &str) -> bool {
    let joins = |c: char| matches!(c, '\u{200D}' | '\u{FE0E}' | '\u{FE0F}' | '\u{E0020}'..='\u{E007F}');
    let key = |c: char| matches!(c, '0'..='9' | '#' | '*');
    let pictured = |c: char| {
        matches!(c, '\u{A9}' | '\u{AE}' | '\u{203C}' | '\u{2049}' | '\u{20E3}' | '\u{2122}' | '\u{2139}'
            | '\u{2190}'..='\u{21FF}' | '\u{2300}'..='\u{23FF}' | '\u{24C2}' | '\u{25A0}'..='\u{27BF}'
            | '\u{2934}'..='\u{2935}' | '\u{2B00}'..='\u{2BFF}' | '\u{3030}' | '\u{303D}' | '\u{3297}'
            | '\u{3299}' | '\u{1F000}'..='\u{1FAFF}')
    };
    text.len() <= EMOJI_BYTES
        && text.chars().any(pictured)
        && text.chars().all(|c| joins(c) || key(c) || pictured(c))
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
