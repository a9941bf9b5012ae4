//! What becomes of a message: edited, taken back, deleted, reacted to.
use super::{super::kit::*, *};
use futures_util::future::join_all;

const WINDOW: i64 = 900_000;

#[tokio::test]
async fn an_edit_shows_in_its_message_and_as_an_entry() {
    let im = Im::with(|settings| settings.v1.access_s = 86_400).await;
    let (ann, bob, _, room) = people(&im).await;
    let seq = said(&ann.v1, room, "one").await;
    im.pass(WINDOW);
    let edited = ann.v1.patch(&path(room, seq), json!({ "text": "two" })).await.view();
    let change = seq + 1;
    assert_eq!((&edited["seq"], &edited["body"]["text"]), (&json!(seq), &json!("two")));
    assert_eq!((&edited["edited_ms"], &edited["changed_seq"]), (&json!(im.now()), &json!(change)));
    assert_eq!(at(&bob.v1, room, seq).await, edited);
    let entry = at(&bob.v1, room, change).await;
    let body = json!({ "type": "edited", "of": seq, "body": { "type": "text", "text": "two" } });
    assert_eq!(
        (&entry["kind"], &entry["body"], &entry["sender"]["id"]),
        (&json!("change"), &body, &json!(ann.id()))
    );
    // The same text changes nothing.
    assert_eq!(ann.v1.patch(&path(room, seq), json!({ "text": "two" })).await.view(), edited);
    assert_eq!(log(&bob.v1, room).await.len() as i64, change);
    im.pass(1);
    ann.v1.patch(&path(room, seq), json!({ "text": "three" })).await.problem(403, "too_late");
}

#[tokio::test]
async fn what_was_edited_away_or_taken_back_stands_nowhere() {
    let im = Im::start().await;
    let (ann, bob, _, room) = people(&im).await;
    let seq = said(&ann.v1, room, "secret-1").await;
    for text in ["secret-2", "harmless"] {
        ann.v1.patch(&path(room, seq), json!({ "text": text })).await.view();
    }
    let all = json!(log(&bob.v1, room).await).to_string();
    assert!(!all.contains("secret") && all.contains("harmless"), "{all}");
    ann.v1.post(&(path(room, seq) + "/revoke"), json!({})).await.done();
    let all = log(&bob.v1, room).await;
    assert!(!json!(all).to_string().contains("harmless"), "{all:?}");
    let change = all.iter().find(|entry| entry["body"]["type"] == "edited").unwrap();
    assert_eq!(change["body"], json!({ "type": "edited", "of": seq }));
}

#[tokio::test]
async fn who_may_edit_what() {
    let im = Im::start().await;
    let (ann, bob, cat, group) = trio(&im).await;
    let to = format!("/conversations/{group}/messages");
    let picture = json!({ "body": { "type": "image", "url": "/a.png" } });
    let picture = ann.v1.post(&to, picture).await.made()["seq"].as_i64().unwrap();
    let seq = said(&ann.v1, group, "mine").await;
    let text = json!({ "text": "x" });
    bob.v1.patch(&path(group, seq), text.clone()).await.problem(403, "not_allowed");
    ann.v1.patch(&path(group, picture), text.clone()).await.problem(403, "not_allowed");
    for (seq, body, status, code) in [
        (1, json!({ "text": "x" }), 404, "no_such_message"), // a notice
        (0, json!({ "text": "x" }), 404, "no_such_message"),
        (seq, json!({ "text": " " }), 422, "invalid"),
        (seq, json!({ "text": 5 }), 422, "invalid"),
        (seq, json!({ "text": "x", "url": "/" }), 422, "invalid"),
    ] {
        ann.v1.patch(&path(group, seq), body).await.problem(status, code);
    }
    let own = said(&cat.v1, group, "mine").await;
    im.sql("update chat_group set mute_all = 1 where id = $1", group).await;
    cat.v1.patch(&path(group, own), text.clone()).await.problem(403, "muted_all");
    cat.v1.put(&(path(group, seq) + "/reactions/👍"), Value::Null).await.problem(403, "muted_all");
    im.sql("update chat_group set mute_all = 0 where id = $1", group).await;
    cat.v1.delete(&(path(group, own) + "?for=all")).await.done();
    cat.v1.patch(&path(group, own), text.clone()).await.problem(404, "no_such_message");
    let room = direct(&ann.v1, &bob.v1).await;
    let seq = said(&ann.v1, room, "mine").await;
    bob.egg.post(&format!("/api/chat/setblackgoodfriend/{}", ann.id()), json!({})).await.ok();
    ann.v1.patch(&path(room, seq), text).await.problem(403, "blocked");
    ann.v1.put(&(path(room, seq) + "/reactions/👍"), Value::Null).await.problem(403, "blocked");
}

#[tokio::test]
async fn a_message_is_taken_back_within_its_window_and_by_who_leads_always() {
    let im = Im::start().await;
    let (ann, bob, cat, group) = trio(&im).await;
    let (own, other, late) =
        (said(&bob.v1, group, "a").await, said(&bob.v1, group, "b").await, said(&ann.v1, group, "c").await);
    let revoke = |seq: i64| path(group, seq) + "/revoke";
    cat.v1.post(&revoke(own), json!({})).await.problem(403, "not_allowed");
    im.pass(300_000);
    bob.v1.post(&revoke(own), json!({})).await.done();
    im.pass(1);
    bob.v1.post(&revoke(other), json!({})).await.problem(403, "too_late");
    ann.v1.post(&revoke(other), json!({})).await.done();
    ann.v1.post(&revoke(late), json!({})).await.done();
    let entries = log(&cat.v1, group).await.len();
    ann.v1.post(&revoke(late), json!({})).await.done(); // again: nothing
    assert_eq!(log(&cat.v1, group).await.len(), entries);
    ann.v1.post(&revoke(1), json!({})).await.problem(403, "not_allowed"); // a notice
    let shown = at(&cat.v1, group, own).await;
    let change = late + 1;
    let expected = json!({
        "id": shown["id"], "conversation": group, "seq": own, "kind": "message", "created_ms": shown["created_ms"],
        "sender": shown["sender"], "revoked": true, "changed_seq": change,
    });
    assert_eq!(shown, expected);
    let entry = at(&cat.v1, group, change).await;
    assert_eq!(
        (&entry["kind"], &entry["body"]),
        (&json!("change"), &json!({ "type": "revoked", "of": own }))
    );
}

#[tokio::test]
async fn deleting_leaves_the_place_alone() {
    let im = Im::start().await;
    let (ann, bob, _, room) = people(&im).await;
    let (mine, all) = (said(&ann.v1, room, "for me").await, said(&ann.v1, room, "for all").await);
    ann.v1.put(&(path(room, mine) + "/reactions/👍"), Value::Null).await.done();
    let before = at(&bob.v1, room, mine).await;
    for _ in 0..2 {
        ann.v1.delete(&path(room, mine)).await.done();
    }
    let gone = json!({
        "id": before["id"], "conversation": room, "seq": mine, "kind": "gone", "created_ms": before["created_ms"],
        "changed_seq": before["changed_seq"],
    });
    assert_eq!(at(&ann.v1, room, mine).await, gone);
    assert_eq!(at(&bob.v1, room, mine).await, before);
    bob.v1.delete(&(path(room, all) + "?for=all")).await.problem(403, "not_allowed");
    bob.v1.delete(&(path(room, all) + "?for=everyone")).await.problem(422, "invalid");
    ann.v1.delete(&(path(room, all) + "?for=all")).await.done();
    let change = log(&bob.v1, room).await.last().unwrap().clone();
    assert_eq!(change["body"], json!({ "type": "deleted", "of": all }));
    for who in [&ann, &bob] {
        let shown = at(&who.v1, room, all).await;
        assert_eq!((&shown["kind"], &shown["changed_seq"]), (&json!("gone"), &change["seq"]));
        assert!(shown.get("body").is_none() && shown.get("sender").is_none());
    }
    ann.v1.put(&(path(room, mine) + "/reactions/👍"), Value::Null).await.problem(404, "no_such_message");
}

#[tokio::test]
async fn reactions_come_and_go() {
    let im = Im::start().await;
    let (ann, bob, _, room) = people(&im).await;
    let seq = said(&ann.v1, room, "one").await;
    let to = |emoji: &str| format!("{}/reactions/{emoji}", path(room, seq));
    for (who, emoji) in [(&bob, "👍"), (&ann, "👍"), (&bob, "❤️"), (&bob, "👍")] {
        who.v1.put(&to(emoji), Value::Null).await.done(); // all in the same millisecond
    }
    let shown = at(&ann.v1, room, seq).await;
    let expected = json!([
        { "emoji": "👍", "accounts": [bob.id(), ann.id()] }, { "emoji": "❤️", "accounts": [bob.id()] }
    ]);
    assert_eq!((&shown["reactions"], &shown["changed_seq"]), (&expected, &json!(seq + 3)));
    let entry = at(&ann.v1, room, seq + 1).await;
    let body = json!({ "type": "reacted", "of": seq, "emoji": "👍", "on": true });
    assert_eq!(
        (&entry["kind"], &entry["body"], &entry["sender"]["id"]),
        (&json!("change"), &body, &json!(bob.id()))
    );
    for _ in 0..2 {
        bob.v1.delete(&to("👍")).await.done();
    }
    let shown = at(&bob.v1, room, seq).await;
    let expected =
        json!([{ "emoji": "👍", "accounts": [ann.id()] }, { "emoji": "❤️", "accounts": [bob.id()] }]);
    assert_eq!((&shown["reactions"], &shown["changed_seq"]), (&expected, &json!(seq + 4)));
    assert_eq!(at(&ann.v1, room, seq + 4).await["body"]["on"], false);
    assert_eq!(log(&ann.v1, room).await.len() as i64, seq + 4);
    ann.v1.post(&(path(room, seq) + "/revoke"), json!({})).await.done();
    assert!(at(&ann.v1, room, seq).await.get("reactions").is_none());
    ann.v1.put(&to("👍"), Value::Null).await.problem(404, "no_such_message");
}

#[tokio::test]
async fn reactions_have_limits() {
    let im = Im::start().await;
    let (ann, bob, cat) =
        (Both::new(&im, "anna").await, Both::new(&im, "bobb").await, Both::new(&im, "catt").await);
    let (dan, eve) = (Both::new(&im, "dann").await, Both::new(&im, "evee").await);
    let group = im.group(&ann.egg, &[&bob.egg, &cat.egg, &dan.egg, &eve.egg]).await;
    let seq = said(&ann.v1, group, "one").await;
    let to = |emoji: &str| format!("{}/reactions/{emoji}", path(group, seq));
    for bad in ["a", "1", "ok", "%3Cb%3E", "%20", "好", "👍a", &"👍".repeat(9)] {
        ann.v1.put(&to(bad), Value::Null).await.problem(422, "invalid");
        ann.v1.delete(&to(bad)).await.problem(422, "invalid");
    }
    // Six at once: five of one person.
    let six = ["😀", "😁", "😂", "🤣", "😃", "😄"];
    let answers = join_all(six.iter().map(|emoji| {
        let (who, path) = (&ann.v1, to(emoji));
        async move { who.put(&path, Value::Null).await }
    }))
    .await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 204).count(), 5);
    answers.iter().find(|answer| answer.status != 204).unwrap().problem(403, "too_many");
    let shown = at(&ann.v1, group, seq).await;
    let there = shown["reactions"][0]["emoji"].as_str().unwrap();
    ann.v1.delete(&to(there)).await.done();
    ann.v1.put(&to("🇨🇳"), Value::Null).await.done();
    // Twenty of four people; the fifth may only join in.
    for (n, who) in [&bob, &cat, &dan].iter().enumerate() {
        for m in 0..5 {
            let one = char::from_u32(0x1F400 + (n * 5 + m) as u32).unwrap();
            who.v1.put(&to(&one.to_string()), Value::Null).await.done();
        }
    }
    eve.v1.put(&to("👍"), Value::Null).await.problem(403, "too_many");
    eve.v1.put(&to("🇨🇳"), Value::Null).await.done();
    let shown = at(&eve.v1, group, seq).await;
    assert_eq!(shown["reactions"].as_array().unwrap().len(), 20);
    assert_eq!(log(&eve.v1, group).await.last().unwrap()["seq"], shown["changed_seq"]);
}
