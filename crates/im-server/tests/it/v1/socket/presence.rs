//! Who is there.
use super::{super::kit::*, *};
use serde_json::json;

fn state(account: i64, online: bool) -> impl Fn(&Value) -> bool {
    move |frame| frame["type"] == "presence" && frame["account"] == account && frame["online"] == online
}

#[tokio::test]
async fn friends_are_followed_as_they_come_and_go() {
    let im = Im::start().await;
    let (ann, bob, eve) = (im.native("anna").await, im.native("bert").await, im.native("evil").await);
    friends(&im, &ann, &bob).await;
    let mut at_ann = im.connect(&ann).await;
    let ids = json!([bob.id, eve.id, ann.id, 999_999, -1]);
    at_ann.asks(json!({ "type": "watch", "accounts": ids }), "done").await;
    let first = at_ann.frame().await;
    assert!(state(bob.id, false)(&first) && first.get("since_ms").is_none(), "{first}");
    let at_bob = im.connect(&bob).await;
    let at_eve = im.connect(&eve).await;
    assert!(state(bob.id, true)(&at_ann.next("presence").await));
    at_bob.close().await;
    let went = at_ann.next("presence").await;
    assert!(state(bob.id, false)(&went) && went["since_ms"].as_i64().unwrap() > 0, "{went}");
    at_eve.close().await;
    // Somebody who signs in by another door is there as well.
    let egg = im.login("bert").await;
    let at_egg = egg.connect().await;
    assert!(state(bob.id, true)(&at_ann.next("presence").await));
    drop(at_egg);
    // Nobody is followed any more.
    at_ann.asks(json!({ "type": "watch", "accounts": [] }), "done").await;
    let _at_bob = im.connect(&bob).await;
    assert!(at_ann.rest(&im).await.iter().all(|frame| frame["type"] == "presence"));
}

#[tokio::test]
async fn who_blocked_me_is_not_seen() {
    let im = Im::start().await;
    let (ann, bob, cat) = (im.native("anna").await, im.native("bert").await, im.native("cleo").await);
    friends(&im, &ann, &bob).await;
    friends(&im, &ann, &cat).await;
    let mut at_ann = im.connect(&ann).await;
    at_ann.asks(json!({ "type": "watch", "accounts": [bob.id, cat.id] }), "done").await;
    bob.patch(&format!("/contacts/{}", ann.id), json!({ "blocked": true })).await.view();
    at_ann.rest(&im).await;
    let (_at_bob, _at_cat) = (im.connect(&bob).await, im.connect(&cat).await);
    assert!(state(cat.id, true)(&at_ann.frame().await));
    at_ann.asks(json!({ "type": "watch", "accounts": [bob.id] }), "done").await;
    at_ann.nothing(&im).await;
}

#[tokio::test]
async fn pop_friends_hear_of_native_people() {
    use crate::pop::kit::{self, form};
    let im = kit::start().await;
    let tom = im.pop("tom").await;
    let ann = im.native("anna").await;
    im.key().post("friend/add", form! { "login_uid": tom.uid, "friend_uid": ann.id }).await.done();
    let mut at_tom = tom.listen().await;
    let _at_ann = im.connect(&ann).await;
    let told = at_tom.event("userState", &format!("user-{}", tom.uid)).await;
    assert_eq!((&told["uid"], &told["state"]), (&json!(ann.id), &json!("online")));
}
