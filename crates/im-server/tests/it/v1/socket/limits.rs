//! How much, how often, and what happens meanwhile.
use super::{super::kit::*, *};
use serde_json::json;

#[tokio::test]
async fn an_account_has_so_many_sockets_and_the_others_are_told() {
    let im = Im::start().await;
    let ann = im.native("anna").await;
    let mut open = Vec::new();
    for _ in 0..64 {
        open.push(im.connect(&ann).await);
    }
    let mut wire = im.wire().await;
    wire.send(json!({ "type": "hello", "token": ann.token })).await;
    assert_eq!(wire.frame().await["code"], "too_many");
    assert_eq!(wire.end().await, Some(1013));
    let last = open.pop().unwrap();
    last.close().await;
    let mut wire = im.connect(&ann).await;
    wire.nothing(&im).await;
}

#[tokio::test]
async fn so_many_sockets_wait_for_their_hello_and_the_others_are_sent_away() {
    let im = Im::with(|settings| settings.v1.hello_sockets = 2).await;
    let ann = im.native("anna").await;
    let (mut first, second) = (im.wire().await, im.wire().await);
    sent_away(&im).await;
    // Who said hello makes room, and so does who goes.
    first.hello(&ann.token).await;
    let mut fourth = im.wire().await;
    sent_away(&im).await;
    second.close().await;
    let mut fifth = im.connect(&ann).await;
    for wire in [&mut first, &mut fifth] {
        wire.nothing(&im).await;
    }
    fourth.hello(&ann.token).await;
}

async fn sent_away(im: &Im) {
    let mut wire = im.wire().await;
    assert_eq!(wire.frame().await["code"], "too_many");
    assert_eq!(wire.end().await, Some(1013));
}

#[tokio::test]
async fn a_frame_has_so_many_bytes() {
    let im = Im::start().await;
    let (ann, bob) = (im.native("anna").await, im.native("bert").await);
    let talk = friends(&im, &ann, &bob).await;
    let mut wire = im.connect(&ann).await;
    let long = "雁".repeat(66_000);
    wire.say(talk, &long).await;
    assert_eq!(text(&wire.entry().await), long);
    let body = json!({ "type": "text", "text": "x".repeat(256 * 1024) });
    wire.send(json!({ "type": "send", "conversation": talk, "client_id": "a", "body": body })).await;
    assert_eq!(wire.end().await, None);
}

#[tokio::test]
async fn messages_that_come_too_fast_are_refused_with_the_time_to_wait() {
    let im = Im::with(|settings| {
        (settings.limits.enabled, settings.limits.send_per_second) = (true, 3);
    })
    .await;
    let (ann, bob) = (im.native("anna").await, im.native("bert").await);
    let talk = friends(&im, &ann, &bob).await;
    let mut wire = im.connect(&ann).await;
    let frame = |n: i32| {
        json!({ "type": "send", "conversation": talk, "client_id": format!("c{n}"),
                "body": { "type": "text", "text": format!("{n}") } })
    };
    for n in 0..3 {
        wire.asks(frame(n), "sent").await;
    }
    let refused = wire.refused(frame(3), "too_often").await;
    assert_eq!((&refused["retry_after_s"], &refused["status"]), (&json!(1), &json!(429)));
    im.pass(1_000);
    wire.asks(frame(3), "sent").await;
}

#[tokio::test]
async fn what_is_said_at_once_is_answered_in_order() {
    let im = Im::start().await;
    let (ann, bob) = (im.native("anna").await, im.native("bert").await);
    let talk = friends(&im, &ann, &bob).await;
    let (mut wire, mut at_bob) = (im.connect(&ann).await, im.connect(&bob).await);
    let many = 200;
    for n in 0..many {
        let body = json!({ "type": "text", "text": n.to_string() });
        let client_id = format!("c{n}");
        wire.send(
            json!({ "type": "send", "id": n, "conversation": talk, "client_id": client_id, "body": body }),
        )
        .await;
    }
    let mut last = 0;
    for n in 0..many {
        let sent = wire.next("sent").await;
        assert_eq!(sent["id"], n);
        assert!(sent["seq"].as_i64().unwrap() > last, "{sent}");
        last = sent["seq"].as_i64().unwrap();
        assert_eq!(text(&at_bob.entry().await), n.to_string());
    }
}

#[tokio::test]
async fn a_slow_message_keeps_nothing_else_waiting() {
    let im = Im::start().await;
    let (ann, bob) = (im.native("anna").await, im.native("bert").await);
    let talk = friends(&im, &ann, &bob).await;
    let mut wire = im.connect(&ann).await;
    // Nobody can write to the database until we let go.
    let (begun, let_go) = (tokio::sync::oneshot::channel::<()>(), std::sync::mpsc::channel::<()>());
    let postgres = im.app().db.engine() == im_db::Engine::Postgres;
    if postgres {
        wire.asks(json!({ "type": "ping" }), "pong").await;
        return; // writers do not wait for each other there
    }
    let (says_begun, waits) = (begun.0, let_go.1);
    let app = im.app().clone();
    let stuck = tokio::spawn(async move {
        let unit = app.db.write::<(), im_db::Error, _>(move |_| {
            Box::pin(async move {
                let _ = says_begun.send(());
                let _ = waits.recv();
                Ok(())
            })
        });
        unit.await.unwrap();
    });
    begun.1.await.unwrap();
    let body = json!({ "type": "text", "text": "slow" });
    wire.send(json!({ "type": "send", "id": 1, "conversation": talk, "client_id": "a", "body": body })).await;
    wire.send(json!({ "type": "range", "id": 2, "conversation": talk, "after": 0 })).await;
    wire.send(json!({ "type": "ack", "id": 3, "conversation": talk, "seq": 1 })).await;
    wire.send(json!({ "type": "ping", "id": 4 })).await;
    assert_eq!(wire.frame().await, json!({ "type": "done", "id": 3 }));
    assert_eq!(wire.frame().await, json!({ "type": "pong", "id": 4 }));
    wire.nothing(&im).await; // a push came through
    let_go.0.send(()).unwrap();
    stuck.await.unwrap();
    assert_eq!(wire.next("sent").await["id"], 1);
    assert_eq!(wire.next("entries").await["id"], 2);
}

#[tokio::test]
async fn who_says_much_and_reads_nothing_is_not_served_for_ever() {
    let im = Im::start().await;
    let ann = im.native("anna").await;
    let mut wire = im.connect(&ann).await;
    // Each answer is longer than its question: what nobody reads fills the line, then the outbox.
    let question = "x".repeat(10);
    let flood = async {
        loop {
            use futures_util::SinkExt;
            let frame = tokio_tungstenite::tungstenite::Message::text(question.clone());
            if wire.stream.send(frame).await.is_err() {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE * 3, flood).await.expect("it is dropped");
    let mut again = im.connect(&ann).await;
    again.nothing(&im).await;
}
