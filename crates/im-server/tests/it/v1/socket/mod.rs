//! The socket (docs/protocol/sync.md), frame by frame.
mod cross;
mod ends;
mod limits;
mod live;
mod presence;
mod refusals;
mod syncing;

use super::kit::{Im, Native};
use serde_json::{Value, json};

/// The direct conversation of two people who are friends now.
pub async fn friends(im: &Im, a: &Native, b: &Native) -> i64 {
    im.native_befriend(a, b).await;
    talk(a, b.id).await
}

/// The direct conversation with an account.
pub async fn talk(a: &Native, with: i64) -> i64 {
    let answer = a.post("/conversations", json!({ "account": with })).await;
    assert!(matches!(answer.status, 200 | 201), "{}", answer.body);
    answer.body["id"].as_i64().unwrap()
}

/// A group of these people, all of them friends of the first.
pub async fn group(owner: &Native, others: &[&Native]) -> i64 {
    let members: Vec<_> = others.iter().map(|other| other.id).collect();
    let made = owner.post("/groups", json!({ "name": "雁群", "members": members })).await.made();
    made["id"].as_i64().unwrap()
}

/// Says a text over HTTP; the entry.
pub async fn say(who: &Native, conversation: i64, text: &str) -> Value {
    let body = json!({ "body": { "type": "text", "text": text } });
    who.post(&format!("/conversations/{conversation}/messages"), body).await.made()
}

/// What an entry says.
pub fn text(entry: &Value) -> &str {
    entry["body"]["text"].as_str().unwrap_or_default()
}
