//! Who may write to somebody: the JSON that clients store, and what it means (egg.md §6.5).
use super::{Account, Caller, Change, Role, store};
use crate::{App, Refusal, Result};
use serde_json::{Map, Value, json};

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

impl Allowance {
    /// As clients store it.
    fn count(self) -> i64 {
        match self {
            Allowance::Nothing => 0,
            Allowance::One => 1,
            Allowance::Anything => 2,
        }
    }
}

/// Who may come near an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Privacy {
    /// What users who are no friends may send.
    pub strangers: Allowance,
    /// What visitors may send.
    pub visitors: Allowance,
    /// Whether it is asked before somebody becomes its friend.
    pub approve_friends: bool,
}

impl Privacy {
    /// That of an account.
    pub fn of(account: &Account) -> Self {
        Privacy {
            strangers: allowance(&account.privacy, Role::User),
            visitors: allowance(&account.privacy, Role::Visitor),
            approve_friends: account.friend_policy != 0,
        }
    }
}

/// What is changed about it; `None` stays.
#[derive(Clone, Copy, Debug, Default)]
pub struct PrivacyChange {
    /// What users who are no friends may send.
    pub strangers: Option<Allowance>,
    /// What visitors may send.
    pub visitors: Option<Allowance>,
    /// Whether it is asked before somebody becomes its friend.
    pub approve_friends: Option<bool>,
}

/// Changes the caller's privacy, and leaves whatever else its clients store with it. Answers with what holds now.
///
/// # Errors
/// [`Refusal::NoSuchAccount`].
pub async fn set(app: &App, caller: Caller, change: PrivacyChange) -> Result<Privacy> {
    app.write(move |app, tx| {
        Box::pin(async move {
            store::lock_password(tx, caller.id).await?; // one change at a time
            let mut account = store::by_id(tx, caller.id).await?.ok_or(Refusal::NoSuchAccount)?;
            for (role, allowed) in [(Role::User, change.strangers), (Role::Visitor, change.visitors)] {
                if let Some(allowed) = allowed {
                    account.privacy = allowing(&account.privacy, role, allowed);
                }
            }
            if let Some(approve) = change.approve_friends {
                account.friend_policy = i64::from(approve);
            }
            let policy = Change::FriendPolicy(account.friend_policy);
            for change in [Change::Privacy(account.privacy.clone()), policy] {
                store::change(tx, caller.id, &change, app.now()).await?;
            }
            Ok(Privacy::of(&account))
        })
    })
    .await
}

/// `settings` with another allowance for strangers of this role.
fn allowing(settings: &str, stranger: Role, allowed: Allowance) -> String {
    let object = |value: Option<Value>| match value {
        Some(Value::Object(object)) => object,
        _ => Map::new(),
    };
    let mut all = object(serde_json::from_str(settings).ok());
    let mut roles = object(all.remove("chatset"));
    let mut role = object(roles.remove(stranger.as_str()));
    role.insert("sendCount".into(), json!(allowed.count()));
    roles.insert(stranger.as_str().into(), Value::Object(role));
    all.insert("chatset".into(), Value::Object(roles));
    Value::Object(all).to_string()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_allowance_leaves_what_else_is_stored() {
        let cases = [
            ("", r#"{"chatset":{"user":{"sendCount":0}}}"#),
            ("garbage", r#"{"chatset":{"user":{"sendCount":0}}}"#),
            (r#"{"theme":"dark","chatset":7}"#, r#"{"theme":"dark","chatset":{"user":{"sendCount":0}}}"#),
            (
                r#"{"chatset":{"user":{"x":1,"sendCount":"2"},"visitor":2}}"#,
                r#"{"chatset":{"user":{"x":1,"sendCount":0},"visitor":2}}"#,
            ),
        ];
        for (before, after) in cases {
            let changed = allowing(before, Role::User, Allowance::Nothing);
            let value = |text: &str| serde_json::from_str::<Value>(text).unwrap();
            assert_eq!(value(&changed), value(after), "{before}");
            assert_eq!(allowance(&changed, Role::User), Allowance::Nothing);
        }
    }
}
