//! Three dialects, one server: what one says, the two others hear.
use super::*;
use crate::{
    kit::said,
    pop::kit::{self as pop, form},
};
use serde_json::json;

#[tokio::test]
async fn a_message_of_each_dialect_arrives_in_the_two_others() {
    let im = pop::start().await;
    let (ann, egg, tom) = (im.native("anna").await, im.user("bert").await, im.pop("tom").await);
    for other in [egg.id, tom.uid] {
        im.key().post("friend/add", form! { "login_uid": ann.id, "friend_uid": other }).await.done();
    }
    im.key().post("friend/add", form! { "login_uid": egg.id, "friend_uid": tom.uid }).await.done();
    let made = ann.post("/groups", json!({ "name": "三", "members": [egg.id, tom.uid] })).await.made();
    let group = made["id"].as_i64().unwrap();
    let (mut at_ann, mut at_egg) = (im.connect(&ann).await, egg.connect().await);
    egg.drain().await; // the group's beginning waits for it
    let mut at_tom = tom.listen_to(group).await;
    let own = format!("group-{group}");
    let mut heard_by_egg = async |text: &str| {
        loop {
            let push = at_egg.push().await;
            if push["type"] != "systemNotice" {
                assert_eq!((said(&push).as_str(), &push["to_id"]), (text, &json!(group)), "{push}");
                return;
            }
        }
    };
    at_ann.say(group, "native").await;
    assert_eq!(text(&at_ann.entry().await), "native");
    heard_by_egg("native").await;
    assert_eq!(at_tom.said(&own).await, "native");
    egg.send(group, "group", "egg").await.ok();
    let heard = at_ann.entry().await;
    assert_eq!((text(&heard), &heard["sender"]["id"]), ("egg", &json!(egg.id)));
    assert_eq!(at_tom.said(&own).await, "egg");
    tom.shout(group, "pop").await.ok();
    let heard = at_ann.entry().await;
    assert_eq!((text(&heard), &heard["sender"]["id"]), ("pop", &json!(tom.uid)));
    heard_by_egg("pop").await;
}

#[tokio::test]
async fn two_people_of_different_dialects_share_one_log() {
    let im = pop::start().await;
    let (ann, egg, tom) = (im.native("anna").await, im.user("bert").await, im.pop("tom").await);
    for other in [egg.id, tom.uid] {
        im.key().post("friend/add", form! { "login_uid": ann.id, "friend_uid": other }).await.done();
    }
    let (with_egg, with_tom) = (talk(&ann, egg.id).await, talk(&ann, tom.uid).await);
    let (mut at_ann, mut at_egg, mut at_tom) =
        (im.connect(&ann).await, egg.connect().await, tom.listen().await);
    egg.drain().await;
    let sent = at_ann.say(with_egg, "to egg").await;
    while at_egg.text().await != "to egg" {}
    at_ann.say(with_tom, "to pop").await;
    assert_eq!(at_tom.said(&format!("user-{}", tom.uid)).await, "to pop");
    egg.send(ann.id, "single", "from egg").await.ok();
    while text(&at_ann.entry().await) != "from egg" {}
    let words = form! { "to": ann.id, "type": "friend", "content": "from pop" };
    let mid = pop::mid(tom.post("message/send", words).await);
    let heard = at_ann.entry().await;
    assert_eq!((text(&heard), &heard["id"]), ("from pop", &json!(mid)));
    // What is taken back in one is taken back in all.
    let said = format!("/conversations/{with_egg}/messages/{}", sent["seq"]);
    ann.post(&format!("{said}/revoke"), Value::Null).await.done();
    while at_egg.push().await["actionType"] != "revoke" {}
    tom.post("message/revoke", form! { "type": "friend", "id": ann.id, "mid": mid }).await.done();
    let revoked = loop {
        let entry = at_ann.entry().await;
        if entry["conversation"] == with_tom {
            break entry;
        }
    };
    assert_eq!(revoked["body"], json!({ "type": "revoked", "of": heard["seq"] }));
}
