//! What is told while it happens.
use super::{super::kit::*, *};
use serde_json::json;

#[tokio::test]
async fn a_message_reaches_every_device_of_both_and_is_answered_once_it_is_on_disk() {
    let im = Im::start().await;
    let (ann, bob) = (im.native("anna").await, im.native("bert").await);
    let talk = friends(&im, &ann, &bob).await;
    let tablet = im.native_login("anna").await;
    let (mut phone, mut tablet, mut at_bob) =
        (im.connect(&ann).await, im.connect(&tablet).await, im.connect(&bob).await);
    let frame = json!({ "type": "send", "conversation": talk, "client_id": "c1",
                        "body": { "type": "text", "text": "hi" } });
    let sent = phone.asks(frame.clone(), "sent").await;
    let heard = at_bob.entry().await;
    assert_eq!(
        (&heard["seq"], &heard["id"], &heard["created_ms"]),
        (&sent["seq"], &sent["entry"], &sent["created_ms"])
    );
    assert_eq!(
        (&heard["client_id"], text(&heard), &heard["sender"]["id"]),
        (&json!("c1"), "hi", &json!(ann.id))
    );
    assert_eq!((phone.entry().await, tablet.entry().await), (heard.clone(), heard.clone()));
    let path = format!("/conversations/{talk}/entries?around={}&limit=1", sent["seq"]);
    assert_eq!(bob.get(&path).await.view()["items"][0], heard);
    // The same again is the same message, on whatever device; something else is not.
    assert_eq!(tablet_again(&mut tablet, &frame).await, (sent["seq"].clone(), sent["entry"].clone()));
    let body = json!({ "client_id": "c1", "body": { "type": "text", "text": "hi" } });
    let again = ann.post(&format!("/conversations/{talk}/messages"), body).await.view();
    assert_eq!(again["seq"], sent["seq"]);
    let mut other = frame.clone();
    other["body"]["text"] = json!("ho");
    phone.refused(other, "client_id_taken").await;
    for wire in [&mut phone, &mut tablet, &mut at_bob] {
        wire.nothing(&im).await;
    }
}

async fn tablet_again(tablet: &mut super::super::wire::Wire, frame: &Value) -> (Value, Value) {
    let sent = tablet.asks(frame.clone(), "sent").await;
    (sent["seq"].clone(), sent["entry"].clone())
}

#[tokio::test]
async fn a_group_hears_what_is_said_by_quotes_and_mentions() {
    let im = Im::start().await;
    let (ann, bob, cat) = (im.native("anna").await, im.native("bert").await, im.native("cleo").await);
    friends(&im, &ann, &bob).await;
    friends(&im, &ann, &cat).await;
    let mut at_bob = im.connect(&bob).await;
    let group = group(&ann, &[&bob, &cat]).await;
    assert_eq!(at_bob.next("conversation").await["conversation"], group);
    assert_eq!(at_bob.entry().await["body"]["type"], "group_created");
    let mut at_cat = im.connect(&cat).await;
    let sent = at_cat.say(group, "who is there?").await;
    assert_eq!(text(&at_bob.entry().await), "who is there?");
    at_bob
        .asks(
            json!({ "type": "send", "conversation": group, "client_id": "b1", "quote": sent["seq"],
                    "mentions": [cat.id], "body": { "type": "text", "text": "me" } }),
            "sent",
        )
        .await;
    at_cat.entry().await; // its own
    let heard = at_cat.entry().await;
    assert_eq!((&heard["quote"]["seq"], &heard["mentions"]), (&sent["seq"], &json!([cat.id])));
    let call = json!({ "type": "send", "conversation": group, "client_id": "b2", "mention_all": true,
                       "body": { "type": "text", "text": "all" } });
    at_bob.refused(call, "not_allowed").await;
}

#[tokio::test]
async fn changes_are_told_as_entries() {
    let im = Im::start().await;
    let (ann, bob) = (im.native("anna").await, im.native("bert").await);
    let talk = friends(&im, &ann, &bob).await;
    let mut at_bob = im.connect(&bob).await;
    let of = say(&ann, talk, "one").await["seq"].as_i64().unwrap();
    let at = format!("/conversations/{talk}/messages/{of}");
    assert_eq!(at_bob.entry().await["seq"], of);
    ann.patch(&at, json!({ "text": "two" })).await.view();
    let edited = json!({ "type": "edited", "of": of, "body": { "type": "text", "text": "two" } });
    assert_eq!(at_bob.entry().await["body"], edited);
    ann.put(&format!("{at}/reactions/👍"), Value::Null).await.done();
    let reacted = json!({ "type": "reacted", "of": of, "emoji": "👍", "on": true });
    assert_eq!(at_bob.entry().await["body"], reacted);
    ann.delete(&format!("{at}/reactions/👍")).await.done();
    assert_eq!(at_bob.entry().await["body"]["on"], false);
    ann.post(&format!("{at}/revoke"), Value::Null).await.done();
    let revoked = at_bob.entry().await;
    assert_eq!(
        (&revoked["kind"], &revoked["body"]),
        (&json!("change"), &json!({ "type": "revoked", "of": of }))
    );
    let gone = say(&ann, talk, "three").await["seq"].clone();
    at_bob.entry().await;
    ann.delete(&format!("/conversations/{talk}/messages/{gone}?for=all")).await.done();
    assert_eq!(at_bob.entry().await["body"], json!({ "type": "deleted", "of": gone }));
    at_bob.nothing(&im).await;
}

#[tokio::test]
async fn what_i_do_on_one_device_is_told_to_the_others() {
    let im = Im::start().await;
    let (ann, bob) = (im.native("anna").await, im.native("bert").await);
    let talk = friends(&im, &ann, &bob).await;
    let said = say(&bob, talk, "hi").await["seq"].clone();
    let (mut at_ann, mut at_bob) = (im.connect(&ann).await, im.connect(&bob).await);
    ann.delete(&format!("/conversations/{talk}/messages/{said}?for=me")).await.done();
    let deleted = at_ann.next("deleted").await;
    assert_eq!((&deleted["conversation"], &deleted["seq"]), (&json!(talk), &said));
    ann.patch(&format!("/conversations/{talk}"), json!({ "pinned": true })).await.view();
    assert_eq!(at_ann.next("conversation").await["conversation"], talk);
    ann.patch(&format!("/contacts/{}", bob.id), json!({ "remark": "老鲍" })).await.view();
    assert_eq!(at_ann.next("contact").await["account"], bob.id);
    at_bob.nothing(&im).await;
}

#[tokio::test]
async fn reading_and_arriving_is_told_to_the_other_one_and_to_my_devices() {
    let im = Im::start().await;
    let (ann, bob) = (im.native("anna").await, im.native("bert").await);
    let talk = friends(&im, &ann, &bob).await;
    let (mut phone, mut tablet, mut at_bob) =
        (im.connect(&ann).await, im.connect(&im.native_login("anna").await).await, im.connect(&bob).await);
    let seq = at_bob.say(talk, "hi").await["seq"].clone();
    phone.asks(json!({ "type": "ack", "conversation": talk, "seq": seq }), "done").await;
    let told = json!({ "type": "delivered", "conversation": talk, "account": ann.id, "seq": seq });
    assert_eq!(at_bob.next("delivered").await, told);
    phone.asks(json!({ "type": "read", "conversation": talk, "seq": seq }), "done").await;
    let told = json!({ "type": "read", "conversation": talk, "account": ann.id, "seq": seq });
    for wire in [&mut phone, &mut tablet, &mut at_bob] {
        assert_eq!(wire.next("read").await, told);
    }
    assert_eq!(ann.get(&format!("/conversations/{talk}")).await.view()["unread"], 0);
    let held = bob.get(&format!("/conversations/{talk}")).await.view();
    assert_eq!((&held["peer_read_seq"], &held["peer_delivered_seq"]), (&seq, &seq));
    // Only forward, and not beyond the end.
    phone.asks(json!({ "type": "read", "conversation": talk, "seq": 1 }), "done").await;
    phone.refused(json!({ "type": "read", "conversation": talk, "seq": 999 }), "invalid").await;
    for wire in [&mut phone, &mut tablet, &mut at_bob] {
        wire.nothing(&im).await;
    }
}

#[tokio::test]
async fn friendship_names_and_switches_are_told() {
    let im = Im::start().await;
    let (ann, bob) = (im.native("anna").await, im.native("bert").await);
    let (mut at_ann, mut at_bob) = (im.connect(&ann).await, im.connect(&bob).await);
    ann.post("/contacts/requests", json!({ "account": bob.id, "text": "it's me" })).await.made();
    let id = at_bob.next("request").await["id"].clone();
    assert_eq!(at_ann.next("request").await["id"], id);
    bob.post(&format!("/contacts/requests/{id}/accept"), json!({})).await.view();
    for (wire, other) in [(&mut at_ann, &bob), (&mut at_bob, &ann)] {
        let all = wire.rest(&im).await;
        let has = |frame: Value| assert!(all.contains(&frame), "{frame} is not among {all:?}");
        has(json!({ "type": "contact", "account": other.id }));
        has(json!({ "type": "request", "id": id }));
        assert!(all.iter().any(|frame| frame["entry"]["body"]["type"] == "befriended"), "{all:?}");
    }
    ann.patch("/me", json!({ "nickname": "安安" })).await.view();
    for wire in [&mut at_ann, &mut at_bob] {
        let told = wire.next("profile").await;
        assert_eq!((&told["account"], &told["name"]), (&json!(ann.id), &json!("安安")));
        assert!(told["avatar"].is_string());
    }
    // What nobody sees in a list is news to one's own devices only; what one allows is no news.
    ann.patch("/me", json!({ "bio": "北雁南飞" })).await.view();
    assert_eq!(at_ann.next("profile").await["name"], "安安");
    ann.patch("/me/privacy", json!({ "approve_friends": false })).await.view();
    ann.patch("/me", json!({})).await.view();
    for wire in [&mut at_ann, &mut at_bob] {
        wire.nothing(&im).await;
    }
    ann.delete(&format!("/contacts/{}", bob.id)).await.done();
    assert_eq!(at_ann.next("contact").await["account"], bob.id);
    assert_eq!(at_bob.next("contact").await["account"], ann.id);
    im_core::switches::flip(im.app(), vec![("stranger_chat".into(), "off".into())]).await.unwrap();
    assert_eq!(at_bob.next("settings").await, json!({ "type": "settings" }));
}

#[tokio::test]
async fn who_comes_and_goes_hears_a_group_for_as_long() {
    let im = Im::start().await;
    let (ann, bob, cat) = (im.native("anna").await, im.native("bert").await, im.native("cleo").await);
    friends(&im, &ann, &bob).await;
    friends(&im, &ann, &cat).await;
    let group = group(&ann, &[&bob]).await;
    let (mut at_bob, mut at_cat) = (im.connect(&bob).await, im.connect(&cat).await);
    ann.post(&format!("/groups/{group}/members"), json!({ "accounts": [cat.id] })).await.view();
    assert_eq!(at_cat.next("conversation").await["conversation"], group);
    say(&ann, group, "welcome").await;
    loop {
        if text(&at_cat.entry().await) == "welcome" {
            break;
        }
    }
    ann.delete(&format!("/groups/{group}/members/{}", bob.id)).await.done();
    assert_eq!(at_bob.next("left").await["conversation"], group);
    say(&ann, group, "without Bert").await;
    at_bob.nothing(&im).await;
    ann.patch(&format!("/groups/{group}"), json!({ "name": "北" })).await.view();
    at_cat.rest(&im).await;
    ann.delete(&format!("/groups/{group}")).await.done();
    assert_eq!(at_cat.next("left").await["conversation"], group);
    at_cat.nothing(&im).await;
}

#[tokio::test]
async fn nobody_types_to_whom_nothing_was_said() {
    let im = Im::start().await;
    let (ann, bob) = (im.native("anna").await, im.native("bert").await);
    let talk = talk(&ann, bob.id).await;
    let (mut at_ann, mut at_bob) = (im.connect(&ann).await, im.connect(&bob).await);
    let types = json!({ "type": "typing", "conversation": talk });
    at_ann.asks(types.clone(), "done").await;
    at_bob.nothing(&im).await;
    say(&ann, talk, "hi").await;
    at_bob.asks(types, "done").await;
    assert_eq!(at_ann.next("typing").await["account"], bob.id);
}

#[tokio::test]
async fn who_types_is_shown_to_the_others_and_to_nobody_else() {
    let im = Im::start().await;
    let (ann, bob, cat) = (im.native("anna").await, im.native("bert").await, im.native("cleo").await);
    let talk = friends(&im, &ann, &bob).await;
    friends(&im, &ann, &cat).await;
    let group = group(&ann, &[&bob, &cat]).await;
    let (mut at_ann, mut tablet) = (im.connect(&ann).await, im.connect(&ann).await);
    let (mut at_bob, mut at_cat) = (im.connect(&bob).await, im.connect(&cat).await);
    let types = |conversation: i64| json!({ "type": "typing", "conversation": conversation });
    at_ann.asks(types(talk), "done").await;
    let told = json!({ "type": "typing", "conversation": talk, "account": ann.id });
    assert_eq!(at_bob.frame().await, told);
    // Again within two seconds, on whatever device, says nothing new.
    at_ann.asks(types(talk), "done").await;
    tablet.asks(types(talk), "done").await;
    at_ann.asks(types(group), "done").await;
    for wire in [&mut at_bob, &mut at_cat] {
        assert_eq!(wire.frame().await["conversation"], group);
    }
    // A conversation of others, and one across a block.
    at_cat.asks(types(talk), "done").await;
    bob.patch(&format!("/contacts/{}", ann.id), json!({ "blocked": true })).await.view();
    at_bob.rest(&im).await;
    at_bob.asks(types(talk), "done").await;
    for wire in [&mut at_ann, &mut tablet, &mut at_bob, &mut at_cat] {
        wire.nothing(&im).await;
    }
}
