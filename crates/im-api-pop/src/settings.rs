//! What an operator flips while the server runs, and what clients are told of it (pop.md §3.8).
use crate::{
    action::{Action, Who},
    call::Call,
    envelope::{Fail, Reply, done, ok},
    run,
};
use im_core::switches::{self, Switches};
use im_gateway::pusher::settings_object;
use serde_json::{Map, Value};

pub const ACTIONS: &[Action] = &[
    Action::read("pop/getsetting", run!(get)).by(Who::Anyone),
    Action::write("pop/setsetting", run!(set)).in_api().by(Who::Key).of_operators(),
];

/// `pop/getsetting`: the settings. The app key is the caller's own, and for nobody the application's.
async fn get(call: Call) -> Reply {
    ok(object(&call).await?)
}

/// The settings as `pop/get` has them: with a number that is one, and without the words that are starred out.
pub async fn of_client(call: &Call) -> Result<Map<String, Value>, Fail> {
    let mut all = object(call).await?;
    let id = all.get("id").and_then(|id| id.as_str()?.parse::<i64>().ok());
    all.insert("id".into(), id.into());
    all.insert("dirty_words".into(), "".into());
    Ok(all)
}

async fn object(call: &Call) -> Result<Map<String, Value>, Fail> {
    let pusher = call.pop.hub.pusher();
    let key = match call.identity.user {
        Some(caller) => pusher.keys().of(call.app(), caller).await?,
        None => pusher.keys().base().to_owned(),
    };
    Ok(settings_object(&call.app().switches(), &key, &pusher.ws_address(&call.headers)))
}

/// `pop/setsetting`: flips switches.
async fn set(call: Call) -> Reply {
    let mut tried = Switches::default();
    let mut changes = Vec::new();
    for (name, _) in Switches::default().texts() {
        let Some(text) = call.maybe_text(name)? else { continue };
        let fits = match name {
            "explore_url" => is_link(&text, &["http://", "https://"]),
            "ws_address" => is_link(&text, &["ws://", "wss://"]),
            _ => true,
        };
        if !fits || !tried.set(name, &text) {
            return Err(Fail::invalid());
        }
        changes.push((name.to_owned(), text));
    }
    if changes.is_empty() {
        return Err(Fail::missing());
    }
    switches::flip(call.app(), changes).await?;
    done()
}

/// Nothing, or an address of one of these kinds.
fn is_link(text: &str, kinds: &[&str]) -> bool {
    text.is_empty() || kinds.iter().any(|kind| text.starts_with(kind))
}
