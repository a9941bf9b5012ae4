//! What the other dialects hear of native messages and their changes, and the other way round.
use super::{super::kit::*, *};
use crate::kit::said as words;

/// The cursor of a member, and whether anything stands beyond it.
async fn cursor(im: &Im, room: i64, account: i64) -> (i64, String, i64) {
    let sql = "select m.delivered_seq, m.delivered_above, c.last_seq from membership m
               join conversation c on c.id = m.conversation_id where m.conversation_id = $1 and m.account_id = $2";
    let unit = im.app().db.read::<_, im_db::Error, _>(move |tx| {
        Box::pin(async move {
            let read = |row: &im_db::Row<'_>| {
                Ok((row.get("delivered_seq")?, row.get("delivered_above")?, row.get("last_seq")?))
            };
            tx.one(sql, im_db::params![room, account], read).await
        })
    });
    unit.await.unwrap()
}

/// Waits until everything counts as delivered.
async fn caught_up(im: &Im, room: i64, account: i64) {
    let patience = std::time::Instant::now();
    loop {
        let (floor, above, last) = cursor(im, room, account).await;
        if floor == last {
            assert_eq!(above, "");
            return;
        }
        assert!(patience.elapsed() < PATIENCE, "the cursor stays at {floor} ({above}) of {last}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_egg_client_gets_its_messages_and_nothing_of_fifty_reactions() {
    let im = Im::start().await;
    let (ann, bob, _, room) = people(&im).await;
    let mut phone = bob.egg.connect().await;
    bob.egg.drain().await;
    let _ = phone.push().await; // they are friends
    phone.leave().await;
    let seq = said(&ann.v1, room, "first").await;
    for n in 0..50 {
        let to = format!("{}/reactions/👍", path(room, seq));
        match n % 2 {
            0 => ann.v1.put(&to, Value::Null).await.done(),
            _ => ann.v1.delete(&to).await.done(),
        }
        if n % 10 == 0 {
            said(&ann.v1, room, &format!("between {n}")).await;
        }
    }
    ann.v1.patch(&path(room, seq), json!({ "text": "first, edited" })).await.view();
    let mut phone = bob.egg.connect().await;
    bob.egg.drain().await;
    let mut heard = Vec::new();
    for _ in 0..6 {
        heard.push(words(&phone.push().await));
    }
    let between = [0, 10, 20, 30, 40].map(|n| format!("between {n}"));
    assert_eq!(heard[0], "first, edited");
    assert_eq!(heard[1..], between);
    phone.nothing().await;
    // Online, changes are silent as well, and leave no hole behind what comes next.
    ann.v1.put(&format!("{}/reactions/🐱", path(room, seq)), Value::Null).await.done();
    bob.v1.put(&format!("{}/reactions/🐶", path(room, seq)), Value::Null).await.done();
    said(&ann.v1, room, "last").await;
    assert_eq!(phone.text().await, "last");
    phone.leave().await;
    caught_up(&im, room, bob.id()).await;
    let mut phone = bob.egg.connect().await;
    bob.egg.drain().await;
    phone.nothing().await;
}

#[tokio::test]
async fn an_egg_client_hears_native_messages_in_its_own_words() {
    let im = Im::start().await;
    let (ann, bob, _, room) = people(&im).await;
    let mut phone = bob.egg.connect().await;
    let to = format!("/conversations/{room}/messages");
    let film = json!({ "type": "video", "url": "/v.mp4", "cover": "/c.png", "duration_ms": 5 });
    ann.v1.post(&to, json!({ "body": film })).await.made();
    let push = phone.push().await;
    assert_eq!((&push["type"], words(&push)), (&json!("video"), "/v.mp4".to_owned()));
    let entry = say(&ann.v1, room, "hi").await;
    let push = phone.push().await;
    assert_eq!((&push["type"], words(&push)), (&json!("text"), "hi".to_owned()));
    ann.v1.post(&(path(room, entry["seq"].as_i64().unwrap()) + "/revoke"), json!({})).await.done();
    let revoke = phone.push().await;
    assert_eq!((&revoke["actionType"], &revoke["id"]), (&json!("revoke"), &push["id"]));
    // And back: a revoke of egg names the place.
    let message = bob.egg.say(&ann.egg, "oops").await.ok();
    let wish = json!({
        "to_id": message["to_id"], "to_name": message["to_name"], "to_avatar": "/public/icons/avatar.png",
        "id": message["id"], "chatType": "single", "create_time": message["create_time"],
    });
    bob.egg.post("/api/chat/revokeMessage", wish.clone()).await.ok();
    let all = log(&ann.v1, room).await;
    let [.., oops, revoked] = &all[..] else { panic!("{all:?}") };
    assert_eq!((&oops["revoked"], &oops["changed_seq"]), (&json!(true), &revoked["seq"]));
    assert_eq!(revoked["body"], json!({ "type": "revoked", "of": oops["seq"] }));
    // One that the server does not know.
    let mut unknown = wish;
    unknown["id"] = json!("10d0c78a-0133-4be8-9b18-879f9682b246");
    bob.egg.post("/api/chat/revokeMessage", unknown).await.ok();
    assert_eq!(log(&ann.v1, room).await.last().unwrap()["body"], json!({ "type": "revoked", "of": 0 }));
}

#[tokio::test]
async fn what_other_dialects_said_is_read() {
    let im = Im::start().await;
    let (ann, bob, _, room) = people(&im).await;
    let send = |kind: &str, data: &str, other: Value| {
        let data = json!({ "data": data, "dataType": kind, "otherData": other });
        json!({ "sendto_id": ann.id(), "chatType": "single", "type": kind, "data": data })
    };
    let cases = [
        (send("image", "/a.png", json!({})), json!({ "type": "image", "url": "/a.png" })),
        (send("image", "javascript:x", json!({})), json!({ "type": "other", "text": "javascript:x" })),
        (
            send("audio", "/a.mp3", json!({ "duration": 2 })),
            json!({ "type": "audio", "url": "/a.mp3", "duration_ms": 2000 }),
        ),
        (
            send("video", "/p.png", json!({ "videoData": "/v.mp4", "duration": 1.5 })),
            json!({ "type": "video", "url": "/v.mp4", "cover": "/p.png", "duration_ms": 1500 }),
        ),
        (send("card", "a card", json!(null)), json!({ "type": "other", "text": "a card" })),
    ];
    for (wish, body) in cases {
        bob.egg.post("/api/chat/socket/sendmessage", wish).await.ok();
        assert_eq!(log(&ann.v1, room).await.last().unwrap()["body"], body);
    }
}

#[tokio::test]
async fn a_pop_client_reads_the_edited_text_and_is_pushed_nothing_of_changes() {
    use crate::pop::kit as pop;
    let im = pop::start().await;
    let (tom, jerry) = (im.pop("tomm").await, im.pop("jerry").await);
    im.pals(&[&tom, &jerry]).await;
    let native = im.native_login("tomm").await;
    let other = im.native_login("jerry").await;
    let room = direct(&native, &other).await;
    let mut ear = jerry.listen().await;
    let seq = said(&native, room, "one").await;
    assert_eq!(ear.said(&format!("user-{}", jerry.uid)).await, "one");
    native.put(&format!("{}/reactions/👍", path(room, seq)), Value::Null).await.done();
    native.patch(&path(room, seq), json!({ "text": "two" })).await.view();
    ear.nothing(&im).await;
    assert_eq!(pop::contents(&jerry.with(&tom).await), ["two"]);
    assert_eq!(jerry.unread("friend", tom.uid).await, 1);
    said(&native, room, "three").await;
    assert_eq!(jerry.unread("friend", tom.uid).await, 2);
    // What pop takes back or deletes names its place.
    let mid = pop::mid(jerry.say(&tom, "four").await);
    let wish = pop::form! { "id": tom.uid, "type": "friend", "mid": mid, "ty": 2 };
    jerry.post("message/delete", wish).await.done();
    let all = log(&native, room).await;
    let [.., gone, deleted] = &all[..] else { panic!("{all:?}") };
    assert_eq!(gone["kind"], "gone");
    assert_eq!(deleted["body"], json!({ "type": "deleted", "of": gone["seq"] }));
}

#[tokio::test]
async fn emoji_and_edits_push_nothing_out_of_the_queue() {
    let im = Im::with(|settings| {
        settings.egg.onboarding_hints = false;
        settings.chat.offline_messages = 5;
    })
    .await;
    let (ann, bob, _, room) = people(&im).await;
    let mut phone = bob.egg.connect().await;
    bob.egg.drain().await;
    let _ = phone.push().await; // they are friends
    phone.leave().await;
    caught_up(&im, room, bob.id()).await;
    let emoji = path(room, said(&ann.v1, room, "0").await) + "/reactions/👍";
    for n in 1..9 {
        for _ in 0..3 {
            ann.v1.put(&emoji, Value::Null).await.done();
            ann.v1.delete(&emoji).await.done();
        }
        let seq = said(&ann.v1, room, &n.to_string()).await;
        ann.v1.patch(&path(room, seq), json!({ "text": format!("{n}!") })).await.view();
    }
    for _ in 0..9 {
        ann.v1.put(&emoji, Value::Null).await.done();
        ann.v1.delete(&emoji).await.done();
    }
    // The newest five messages wait, whatever came between them, and none before them.
    let mut phone = bob.egg.connect().await;
    bob.egg.drain().await;
    for n in 4..9 {
        assert_eq!(phone.text().await, format!("{n}!"));
    }
    phone.leave().await;
    caught_up(&im, room, bob.id()).await;
}
