//! Who may write to somebody: the JSON that clients store, and what it means (egg.md §6.5).
use super::Role;
use crate::Refusal;
use serde_json::Value;

/// Characters of the settings at most.
const LONGEST: usize = 10_000;

/// How much a stranger may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowance {
    /// Nothing before friendship.
    Nothing,
    /// One message before friendship.
    One,
    /// As much as they like.
    Anything,
}

/// Refuses what clients could not parse.
pub fn check(text: &str) -> Result<(), Refusal> {
    let object = text.chars().count() <= LONGEST
        && serde_json::from_str::<Value>(text).is_ok_and(|value| value.is_object());
    if object { Ok(()) } else { Err(Refusal::PrivacyMalformed) }
}

/// What the owner of `settings` allows a stranger of this role. Odd settings mean one message.
pub fn allowance(settings: &str, stranger: Role) -> Allowance {
    let count = serde_json::from_str::<Value>(settings).ok().and_then(|all| {
        let of_role = all.get("chatset")?.get(stranger.as_str())?.clone();
        let count = of_role.get("sendCount").unwrap_or(&of_role); // older clients store the bare number
        count.as_i64().or_else(|| count.as_str()?.parse().ok())
    });
    match count {
        Some(0) => Allowance::Nothing,
        Some(2) => Allowance::Anything,
        _ => Allowance::One,
    }
}
