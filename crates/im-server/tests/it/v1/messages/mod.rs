//! The log of a conversation: what is said, read by place, changed, passed on.
mod changes;
mod dialects;
mod forwarding;
mod reading;
mod receipts;
mod retries;
mod sending;
mod sizes;

use super::kit::{Im, Native};
use crate::kit::Person;
use serde_json::{Value, json};

/// Somebody who has an egg client and a native one.
pub struct Both {
    pub egg: Person,
    pub v1: Native,
}

impl Both {
    pub async fn new(im: &Im, name: &str) -> Both {
        Both { egg: im.user(name).await, v1: im.native_login(name).await }
    }

    pub fn id(&self) -> i64 {
        self.v1.id
    }
}

/// Three people; the first two are friends. Where they talk.
pub async fn people(im: &Im) -> (Both, Both, Both, i64) {
    let (ann, bob, eve) =
        (Both::new(im, "anna").await, Both::new(im, "bobb").await, Both::new(im, "evee").await);
    im.befriend(&ann.egg, &bob.egg).await;
    let room = direct(&ann.v1, &bob.v1).await;
    (ann, bob, eve, room)
}

/// A group of three; the first owns it.
pub async fn trio(im: &Im) -> (Both, Both, Both, i64) {
    let (ann, bob, cat) =
        (Both::new(im, "anna").await, Both::new(im, "bobb").await, Both::new(im, "catt").await);
    let room = im.group(&ann.egg, &[&bob.egg, &cat.egg]).await;
    (ann, bob, cat, room)
}

/// The conversation of two.
pub async fn direct(a: &Native, b: &Native) -> i64 {
    let answer = a.post("/conversations", json!({ "account": b.id })).await;
    assert!(matches!(answer.status, 200 | 201), "{}", answer.body);
    answer.body["id"].as_i64().unwrap()
}

/// Says a text; answers the entry.
pub async fn say(who: &Native, room: i64, text: &str) -> Value {
    let body = json!({ "body": { "type": "text", "text": text } });
    who.post(&format!("/conversations/{room}/messages"), body).await.made()
}

/// The place of what is said.
pub async fn said(who: &Native, room: i64, text: &str) -> i64 {
    say(who, room, text).await["seq"].as_i64().unwrap()
}

/// The whole log as somebody reads it; checks that it has no hole.
pub async fn log(who: &Native, room: i64) -> Vec<Value> {
    let page = who.get(&format!("/conversations/{room}/entries?limit=200")).await.view();
    let items = page["items"].as_array().unwrap().clone();
    let seqs: Vec<_> = items.iter().map(|item| item["seq"].as_i64().unwrap()).collect();
    let first = page["first_seq"].as_i64().unwrap();
    assert_eq!(seqs, (first..first + items.len() as i64).collect::<Vec<_>>());
    assert_eq!(items.last().map_or(first - 1, |last| last["seq"].as_i64().unwrap()), page["last_seq"]);
    items
}

/// The entry at a place, as somebody reads it.
pub async fn at(who: &Native, room: i64, seq: i64) -> Value {
    let page = who.get(&format!("/conversations/{room}/entries?after={}&limit=1", seq - 1)).await.view();
    assert_eq!(page["items"][0]["seq"], seq);
    page["items"][0].clone()
}

/// The address of a message.
pub fn path(room: i64, seq: i64) -> String {
    format!("/conversations/{room}/messages/{seq}")
}
