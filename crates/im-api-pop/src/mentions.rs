//! Who is mentioned in a group (pop.md §5.5).
use crate::{
    call::Call,
    envelope::Fail,
    messages::content,
    views::{Text, seconds},
};
use im_core::{
    AccountId, App,
    accounts::Caller,
    conversations::Group,
    groups,
    history::{self, Shown},
    messages::{Body, To},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What calls everybody, when the owner or a manager says it.
const EVERYBODY: &str = "所有人";

/// People whom one message may name by number.
const NAMED: usize = 50;

/// Those whom a text names by number, kept beside it.
#[derive(Serialize, Deserialize)]
struct Naming {
    at: Vec<i64>,
}

/// What is kept of `at`, by which a message in a group names people; it is no parameter elsewhere.
pub fn named(call: &Call, to: To) -> Result<Option<String>, Fail> {
    let To::Group(_) = to else { return Ok(None) };
    let Some(at) = call.maybe_list("at")? else { return Ok(None) };
    if at.len() > NAMED { Err(Fail::too_long()) } else { Ok(serde_json::to_string(&Naming { at }).ok()) }
}

/// The unread messages of a group that mention the caller.
pub async fn of(app: &App, caller: Caller, group: &Group) -> Result<Vec<Value>, Fail> {
    let news = history::news(app, caller, To::Group(group.id)).await?;
    let name = groups::name_in(app, group.id, caller.id).await?;
    let mut mentions = Vec::new();
    for shown in &news {
        let Body::Text(text) = &shown.body else { continue };
        let named = numbers(shown).contains(&caller.id.0) || has_name(text, &name);
        let called = named || (has_name(text, EVERYBODY) && leads(app, group, shown.sender).await?);
        if called {
            mentions.push(json!({
                "mid": shown.mid,
                "from": shown.sender.to_string(),
                "name": Text(&shown.name),
                "content": content(shown),
                "timestamp": seconds(shown.created_ms),
            }));
        }
    }
    Ok(mentions)
}

async fn leads(app: &App, group: &Group, who: AccountId) -> Result<bool, Fail> {
    Ok(who == group.owner || groups::leads(app, None, group.id, who).await?)
}

fn numbers(shown: &Shown) -> Vec<i64> {
    let kept = shown.raw.as_deref().and_then(|raw| serde_json::from_str::<Naming>(raw).ok());
    kept.map(|naming| naming.at).unwrap_or_default()
}

/// Whether the text has `@name`, followed by white space or nothing.
fn has_name(text: &str, name: &str) -> bool {
    !name.is_empty()
        && text.split('@').skip(1).any(|rest| {
            rest.strip_prefix(name).is_some_and(|rest| rest.chars().next().is_none_or(char::is_whitespace))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_counts_when_it_ends() {
        let cases = [
            ("@tom", true),
            ("hi @tom and", true),
            ("@tommy", false),
            ("@tommy @tom\n", true),
            ("tom", false),
            ("@ tom", false),
        ];
        for (text, mentioned) in cases {
            assert_eq!(has_name(text, "tom"), mentioned, "{text}");
        }
        assert!(!has_name("@ ", ""));
    }
}
