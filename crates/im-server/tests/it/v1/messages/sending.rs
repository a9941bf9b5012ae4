//! Sending: shapes, refusals, quotes, mentions.
use super::{super::kit::*, *};
use futures_util::future::join_all;

#[tokio::test]
async fn what_is_said_is_answered_and_read_to_the_letter() {
    let im = Im::start().await;
    let (ann, bob, _, room) = people(&im).await;
    let bodies = [
        json!({"type": "text", "text": "你好 <b>\n"}),
        json!({"type": "image", "url": "/public/a.png", "thumb": "/public/t.png", "width": 640, "height": 480,
               "size_bytes": 99, "name": "a.png"}),
        json!({"type": "audio", "url": "https://x.example/a.mp3", "duration_ms": 1500, "size_bytes": 7}),
        json!({"type": "video", "url": "/v.mp4", "cover": "/c.png", "width": 1, "height": 2, "duration_ms": 3,
               "size_bytes": 4}),
        json!({"type": "file", "url": "/f.zip", "name": "f.zip", "size_bytes": 1}),
    ];
    for (n, body) in bodies.iter().enumerate() {
        let wish = json!({ "client_id": format!("c{n}"), "body": body });
        let entry = ann.v1.post(&format!("/conversations/{room}/messages"), wish).await.made();
        let expected = json!({
            "id": entry["id"], "conversation": room, "seq": entry["seq"], "kind": "message", "created_ms": im.now(),
            "sender": { "id": ann.id(), "name": "anna", "avatar": ann.egg.row["avatar"] },
            "client_id": format!("c{n}"), "body": body, "changed_seq": 0,
        });
        assert_eq!(entry, expected);
        assert!(entry["id"].as_i64().is_some_and(|id| id > 0));
        for who in [&ann, &bob] {
            assert_eq!(at(&who.v1, room, entry["seq"].as_i64().unwrap()).await, entry);
        }
    }
    assert_eq!(log(&bob.v1, room).await[0]["body"], json!({ "type": "befriended" }));
    assert_eq!(log(&bob.v1, room).await[0]["kind"], "notice");
}

#[tokio::test]
async fn what_cannot_be_taken_is_named() {
    let im = Im::with(|settings| settings.chat.message_chars = 100).await;
    let (ann, _, _, room) = people(&im).await;
    let before = log(&ann.v1, room).await.len();
    let path = format!("/conversations/{room}/messages");
    let text = |text: &str| json!({ "type": "text", "text": text });
    let cases = [
        (json!({ "body": text("") }), "invalid", "body.text"),
        (json!({ "body": text(" \t\n") }), "invalid", "body.text"),
        (json!({ "body": text("a\0b") }), "invalid", "body.text"),
        (json!({ "body": { "type": "text" } }), "invalid", "body.text"),
        (json!({ "body": { "type": "text", "text": 7 } }), "invalid", "body.text"),
        (json!({ "body": { "type": "text", "text": "x", "html": "y" } }), "invalid", "body.html"),
        (json!({ "body": { "type": "text", "text": "x", "url": "/a" } }), "invalid", "body.url"),
        (json!({ "body": { "type": "audio", "url": "/a", "width": 1 } }), "invalid", "body.width"),
        (json!({ "body": { "type": "image" } }), "invalid", "body.url"),
        (json!({ "body": { "type": "image", "url": "/a", "width": "1" } }), "invalid", "body.width"),
        (json!({ "body": { "text": "x" } }), "invalid", "body.type"),
        (json!({ "body": { "type": "notice", "text": "x" } }), "invalid", "body.type"),
        (json!({ "body": "x" }), "invalid", "body"),
        (json!({ "body": { "type": "other", "text": "x" } }), "invalid", "body.type"),
        (json!({ "body": { "type": "auto", "text": "x" } }), "invalid", "body.type"),
        (json!({ "body": { "type": "image", "url": "javascript:alert(1)" } }), "invalid", "body.url"),
        (json!({ "body": { "type": "file", "url": "data:text/html,x" } }), "invalid", "body.url"),
        (json!({ "body": { "type": "image", "url": "//evil.example/x" } }), "invalid", "body.url"),
        (json!({ "body": { "type": "image", "url": "/a", "thumb": "vbscript:x" } }), "invalid", "body.thumb"),
        (
            json!({ "body": { "type": "video", "url": "/a", "cover": "file:///etc" } }),
            "invalid",
            "body.cover",
        ),
        (json!({ "body": { "type": "image", "url": "/a", "width": -1 } }), "invalid", "body.width"),
        (json!({ "body": text("x"), "client_id": "" }), "invalid", "client_id"),
        (json!({ "body": text("x"), "client_id": "x".repeat(65) }), "invalid", "client_id"),
        (json!({ "body": text("x"), "mentions": vec![1; 201] }), "invalid", "mentions"),
        (json!({ "body": text("x"), "mentions": ["1"] }), "invalid", "mentions[0]"),
        (json!({ "body": text("x"), "quote": "1" }), "invalid", "quote"),
        (json!({ "body": text("x"), "extra": 1 }), "invalid", "extra"),
        (json!({ "client_id": "x" }), "invalid", "body"),
        (json!({ "body": text(&"雁".repeat(101)) }), "bad_message", ""),
    ];
    for (body, code, field) in cases {
        let answer = ann.v1.post(&path, body.clone()).await;
        let problem = answer.problem(422, code);
        if !field.is_empty() {
            assert_eq!(problem["field"], field, "{body}");
        }
    }
    ann.v1.post(&path, json!({ "body": text(&"雁".repeat(100)) })).await.made();
    assert_eq!(log(&ann.v1, room).await.len(), before + 1, "what is refused leaves no hole");
}

#[tokio::test]
async fn a_stranger_cannot_tell_what_exists() {
    let im = Im::start().await;
    let (ann, bob, eve, room) = people(&im).await;
    let group = im.group(&ann.egg, &[&bob.egg]).await;
    let gone = im.group(&bob.egg, &[&ann.egg]).await;
    let (seq, there) = (said(&ann.v1, room, "secret").await, said(&ann.v1, group, "secret").await);
    im.sql("update chat_group set status = 0 where id = $1", gone).await;
    let text = json!({ "body": { "type": "text", "text": "x" } });
    for (room, seq) in [(room, seq), (group, there), (gone, 1), (999_999, 1), (0, 1), (-1, 1), (i64::MAX, 1)]
    {
        let to = |rest: &str| format!("/conversations/{room}{rest}");
        let one = |rest: &str| path(room, seq) + rest;
        let answers = [
            eve.v1.get(&to("/entries")).await,
            eve.v1.post(&to("/messages"), text.clone()).await,
            eve.v1.patch(&one(""), json!({ "text": "x" })).await,
            eve.v1.delete(&one("?for=me")).await,
            eve.v1.delete(&one("?for=all")).await,
            eve.v1.post(&one("/revoke"), json!({})).await,
            eve.v1.put(&one("/reactions/👍"), Value::Null).await,
            eve.v1.delete(&one("/reactions/👍")).await,
            eve.v1.get(&one("/receipts")).await,
            eve.v1.post("/messages/forward", json!({ "from": room, "seqs": [seq], "to": [room] })).await,
        ];
        for answer in &answers {
            answer.problem(404, "not_member");
        }
    }
    for path in ["/conversations/x/entries", "/conversations/1/messages/99999999999999999999"] {
        assert_eq!(eve.v1.get(path).await.status / 100, 4);
    }
    assert_eq!(im.get(&format!("/v1/conversations/{room}/entries")).await.status, 401);
}

#[tokio::test]
async fn who_may_not_write_is_told_why() {
    let im = Im::start().await;
    let (ann, bob, eve, room) = people(&im).await;
    let group = im.group(&ann.egg, &[&bob.egg, &eve.egg]).await;
    let text = json!({ "body": { "type": "text", "text": "x" } });
    let to = |room: i64| format!("/conversations/{room}/messages");
    bob.egg.post(&format!("/api/chat/setblackgoodfriend/{}", ann.id()), json!({})).await.ok();
    ann.v1.post(&to(room), text.clone()).await.problem(403, "blocked");
    im.sql("update membership set muted_until_ms = 9000000000000 where account_id = $1 and conversation_id in (select id from chat_group)", bob.id()).await;
    bob.v1.post(&to(group), text.clone()).await.problem(403, "muted");
    im.sql("update chat_group set mute_all = 1 where id = $1", group).await;
    eve.v1.post(&to(group), text.clone()).await.problem(403, "muted_all");
    ann.v1.post(&to(group), text.clone()).await.made();
    im.sql("update chat_group set status = 2 where id = $1", group).await;
    eve.v1.post(&to(group), text.clone()).await.problem(403, "group_locked");
    eve.v1.get(&format!("/conversations/{group}/entries")).await.view();
    im.sql("update chat_group set status = 1, mute_all = 0 where id = $1", group).await;
    eve.egg.post("/api/chat/groupDeleteOrQuit", json!({ "id": group })).await.ok();
    eve.v1.post(&to(group), text.clone()).await.problem(404, "not_member");
    eve.v1.get(&format!("/conversations/{group}/entries")).await.problem(404, "not_member");
}

#[tokio::test]
async fn quotes_name_a_place_that_the_sender_sees() {
    let im = Im::start().await;
    let (ann, bob, eve, room) = people(&im).await;
    im.befriend(&ann.egg, &eve.egg).await;
    let elsewhere = direct(&ann.v1, &eve.v1).await;
    let seq = said(&bob.v1, room, "question").await;
    let quoting = |seq: i64| json!({ "body": { "type": "text", "text": "answer" }, "quote": seq });
    let to = format!("/conversations/{room}/messages");
    let answer = ann.v1.post(&to, quoting(seq)).await.made();
    let quote = json!({ "seq": seq, "sender_id": bob.id(), "body": { "type": "text", "text": "question" } });
    assert_eq!(answer["quote"], quote);
    let place = answer["seq"].as_i64().unwrap();
    assert_eq!(at(&bob.v1, room, place).await["quote"], quote);
    // What is not there, a notice, something hidden, something taken back.
    for seq in [0, -1, 1, 9_999, i64::MAX] {
        ann.v1.post(&to, quoting(seq)).await.problem(404, "no_such_message");
    }
    ann.v1
        .post(&format!("/conversations/{elsewhere}/messages"), quoting(seq))
        .await
        .problem(404, "no_such_message");
    ann.v1.delete(&path(room, seq)).await.done();
    ann.v1.post(&to, quoting(seq)).await.problem(404, "no_such_message");
    // Who deleted it for itself sees no more of it in the quote; the other does.
    assert_eq!(at(&ann.v1, room, place).await["quote"], json!({ "seq": seq, "body": null }));
    assert_eq!(at(&bob.v1, room, place).await["quote"], quote);
    bob.v1.post(&(path(room, seq) + "/revoke"), json!({})).await.done();
    assert_eq!(at(&bob.v1, room, place).await["quote"], json!({ "seq": seq, "body": null }));
    bob.v1.post(&to, quoting(seq)).await.problem(404, "no_such_message");
    // What one cleared is gone for that one, and not for the other.
    let seq = said(&bob.v1, room, "another question").await;
    ann.v1.post(&format!("/conversations/{room}/clear"), json!({})).await.done();
    ann.v1.post(&to, quoting(seq)).await.problem(404, "no_such_message");
    bob.v1.post(&to, quoting(seq)).await.made();
    let seq = said(&bob.v1, room, "and one more").await;
    ann.v1.post(&to, quoting(seq)).await.made();
}

#[tokio::test]
async fn mentions_count_for_members_and_everybody_for_who_leads() {
    let im = Im::start().await;
    let (ann, bob, cat, group) = trio(&im).await;
    let eve = Both::new(&im, "evee").await;
    let text = json!({ "type": "text", "text": "hey" });
    let to = format!("/conversations/{group}/messages");
    let wish = json!({ "body": text, "mentions": [cat.id(), eve.id(), bob.id(), bob.id(), ann.id(), 0, -5] });
    let entry = ann.v1.post(&to, wish).await.made();
    let mut both = [bob.id(), cat.id()];
    both.sort_unstable();
    assert_eq!(entry["mentions"], json!(both));
    assert!(entry.get("mention_all").is_none());
    assert_eq!(at(&cat.v1, group, entry["seq"].as_i64().unwrap()).await, entry);
    let all = json!({ "body": text, "mention_all": true });
    bob.v1.post(&to, all.clone()).await.problem(403, "not_allowed");
    assert_eq!(ann.v1.post(&to, all.clone()).await.made()["mention_all"], true);
    im.sql("update membership set role = 'manager' where account_id = $1 and conversation_id in (select id from chat_group)", bob.id()).await;
    assert_eq!(bob.v1.post(&to, all.clone()).await.made()["mention_all"], true);
    let room = direct(&ann.v1, &bob.v1).await;
    ann.v1.post(&format!("/conversations/{room}/messages"), all).await.problem(403, "not_allowed");
}

#[tokio::test]
async fn twenty_senders_leave_no_hole() {
    let im = Im::start().await;
    let (ann, bob, cat, group) = trio(&im).await;
    let senders = [&ann, &bob, &cat];
    let sent = join_all((0..60).map(|n| {
        let who = senders[n % 3];
        let body = match n % 5 {
            0 => json!({ "body": { "type": "text", "text": "" } }), // refused
            1 => json!({ "body": { "type": "text", "text": "x" }, "quote": 9_999 }), // refused on the way
            _ => json!({ "client_id": format!("{n}"), "body": { "type": "text", "text": n.to_string() } }),
        };
        async move { who.v1.post(&format!("/conversations/{group}/messages"), body).await.status }
    }))
    .await;
    assert_eq!(sent.iter().filter(|status| **status == 201).count(), 36);
    let log = log(&bob.v1, group).await;
    assert_eq!(log.iter().filter(|entry| entry["kind"] == "message").count(), 36);
}

#[tokio::test]
async fn dirty_words_are_starred_in_what_is_said_and_in_what_it_becomes() {
    let im = Im::start().await;
    let (ann, bob, _, room) = people(&im).await;
    im_core::switches::flip(im.app(), vec![("dirty_words".into(), "fool".into())]).await.unwrap();
    let entry = say(&ann.v1, room, "you fool").await;
    assert_eq!(entry["body"]["text"], "you ****");
    let seq = entry["seq"].as_i64().unwrap();
    ann.v1.patch(&path(room, seq), json!({ "text": "a FOOL" })).await.view();
    assert_eq!(at(&bob.v1, room, seq).await["body"]["text"], "a ****");
}
