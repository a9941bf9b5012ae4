//! What a socket does not do, and how it says so.
use super::{super::kit::*, *};
use serde_json::json;

#[tokio::test]
async fn what_cannot_be_understood_is_refused_and_the_socket_stays() {
    let im = Im::start().await;
    let (ann, bob) = (im.native("anna").await, im.native("bert").await);
    let talk = friends(&im, &ann, &bob).await;
    let mut wire = im.connect(&ann).await;
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let long = "x".repeat(65);
    let texts = [
        "",
        "x",
        "null",
        "[]",
        "7",
        "{}",
        r#"{"type":7}"#,
        r#"{"type":"fly"}"#,
        r#"{"type":"ping","x":1}"#,
        r#"{"type":"ping","type":"ping"}"#,
        r#"{"type":"ping","id":"7"}"#,
        r#"{"type":"ping"} x"#,
        r#"{"type":"hello","token":"x"}"#,
        r#"{"type":"ack","conversation":"1","seq":1}"#,
        r#"{"type":"ack","conversation":1.5,"seq":1}"#,
        r#"{"type":"read","conversation":1,"seq":1e40}"#,
        r#"{"type":"sync","positions":[1]}"#,
        r#"{"type":"sync","positions":{"x":1}}"#,
        r#"{"type":"send","conversation":1,"client_id":"a","body":{"type":"text"}}"#,
        r#"{"type":"send","conversation":1,"client_id":"a","body":{"type":"poem","text":"x"}}"#,
        &deep,
    ];
    for text in texts {
        wire.text(text).await;
        let answer = wire.frame().await;
        assert_eq!(
            (&answer["type"], &answer["code"]),
            (&json!("problem"), &json!("malformed")),
            "{text:.60}"
        );
        assert!(answer["title"].is_string() && answer["status"] == 400, "{answer}");
    }
    // The number is told where it can be read.
    wire.text(r#"{"id":7.5,"type":"fly"}"#).await;
    assert_eq!(wire.frame().await["id"], 7.5);
    let text = |body: Value| json!({ "type": "send", "conversation": talk, "client_id": "a", "body": body });
    let hi = json!({ "type": "text", "text": "hi" });
    let fields = [
        (json!({ "type": "ack", "conversation": talk }), "seq"),
        (json!({ "type": "ack", "seq": 1 }), "conversation"),
        (json!({ "type": "ack", "conversation": talk, "seq": -1 }), "seq"),
        (json!({ "type": "read", "conversation": talk }), "seq"),
        (json!({ "type": "read", "conversation": talk, "seq": 1_000 }), "seq"),
        (json!({ "type": "typing" }), "conversation"),
        (json!({ "type": "sync" }), "positions"),
        (json!({ "type": "watch" }), "accounts"),
        (json!({ "type": "watch", "accounts": vec![1; 501] }), "accounts"),
        (json!({ "type": "range", "conversation": talk }), "before"),
        (json!({ "type": "range", "conversation": talk, "before": 0 }), "before"),
        (json!({ "type": "range", "conversation": talk, "after": -1 }), "after"),
        (json!({ "type": "range", "conversation": talk, "after": 1, "before": 1 }), "after"),
        (json!({ "type": "range", "conversation": talk, "after": 1, "limit": 0 }), "limit"),
        (json!({ "type": "range", "conversation": talk, "after": 1, "limit": 201 }), "limit"),
        (json!({ "type": "range", "after": 1 }), "conversation"),
        (json!({ "type": "send", "conversation": talk, "client_id": "a" }), "body"),
        (json!({ "type": "send", "conversation": talk, "body": hi }), "client_id"),
        (json!({ "type": "send", "conversation": talk, "client_id": "", "body": hi }), "client_id"),
        (json!({ "type": "send", "conversation": talk, "client_id": long, "body": hi }), "client_id"),
        (text(json!({ "type": "text", "text": "" })), "body.text"),
        (text(json!({ "type": "image", "url": "javascript:alert(1)" })), "body.url"),
        (text(json!({ "type": "auto", "text": "x" })), "body.type"),
    ];
    for (frame, field) in fields {
        let answer = wire.refused(frame.clone(), "invalid").await;
        assert_eq!((&answer["field"], &answer["status"]), (&json!(field), &json!(422)), "{frame}");
    }
    wire.asks(json!({ "type": "ping" }), "pong").await;
    wire.nothing(&im).await;
}

#[tokio::test]
async fn the_conversations_of_others_do_not_exist() {
    let im = Im::start().await;
    let (ann, bob, eve) = (im.native("anna").await, im.native("bert").await, im.native("evil").await);
    let talk = friends(&im, &ann, &bob).await;
    let group = group(&ann, &[&bob]).await;
    say(&ann, talk, "secret").await;
    let (mut wire, mut at_ann, mut at_bob) =
        (im.connect(&eve).await, im.connect(&ann).await, im.connect(&bob).await);
    for conversation in [talk, group, 999_999, 0, -5, i64::MAX] {
        let body = json!({ "type": "text", "text": "hi" });
        let frames = [
            json!({ "type": "send", "conversation": conversation, "client_id": "e1", "body": body }),
            json!({ "type": "range", "conversation": conversation, "after": 0 }),
            json!({ "type": "read", "conversation": conversation, "seq": 1 }),
        ];
        for frame in frames {
            let answer = wire.ask(frame.clone()).await;
            assert_eq!(
                (&answer["type"], &answer["status"]),
                (&json!("problem"), &json!(404)),
                "{frame} {answer}"
            );
        }
        for kind in ["typing", "ack"] {
            wire.asks(json!({ "type": kind, "conversation": conversation, "seq": 1 }), "done").await;
        }
    }
    let positions = json!({ talk.to_string(): 0, group.to_string(): 0, "999999": 0, "-1": 5 });
    let synced = wire.asks(json!({ "type": "sync", "positions": positions }), "synced").await;
    for conversation in [talk, group] {
        assert!(synced["heads"].get(conversation.to_string()).is_none(), "{synced}");
    }
    for wire in [&mut wire, &mut at_ann, &mut at_bob] {
        wire.nothing(&im).await;
    }
}

#[tokio::test]
async fn what_the_rules_forbid_is_refused_by_its_name() {
    let im = Im::start().await;
    let (ann, bob) = (im.native("anna").await, im.native("bert").await);
    let talk = friends(&im, &ann, &bob).await;
    bob.patch(&format!("/contacts/{}", ann.id), json!({ "blocked": true })).await.view();
    let mut wire = im.connect(&ann).await;
    let frame = json!({ "type": "send", "conversation": talk, "client_id": "a1",
                        "body": { "type": "text", "text": "hi" } });
    let answer = wire.refused(frame.clone(), "blocked").await;
    assert_eq!(answer["status"], 403);
    assert!(answer.get("field").is_none() && answer["type"] == "problem");
    // What was refused was not said: it may be said later under the same name.
    bob.patch(&format!("/contacts/{}", ann.id), json!({ "blocked": false })).await.view();
    wire.asks(frame, "sent").await;
}
