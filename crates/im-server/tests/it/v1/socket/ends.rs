//! How a socket begins and ends.
use super::{super::kit::*, *};
use crate::v1::wire::Wire;
use futures_util::SinkExt;
use serde_json::json;
use tokio_tungstenite::tungstenite::{Bytes, Message as Frame};

/// The problem that a refused hello is told, and the close code.
async fn turned_away(mut wire: Wire) -> (String, Option<u16>) {
    let told = wire.frame().await;
    assert_eq!(told["type"], "problem", "{told}");
    (told["code"].as_str().unwrap().to_owned(), wire.end().await)
}

async fn hello(im: &Im, text: &str) -> (String, Option<u16>) {
    let mut wire = im.wire().await;
    wire.text(text).await;
    turned_away(wire).await
}

#[tokio::test]
async fn a_hello_is_welcomed() {
    let im = Im::start().await;
    let ann = im.native("anna").await;
    let mut wire = im.wire().await;
    wire.stream.send(Frame::Ping(Bytes::from_static(b"x"))).await.unwrap();
    wire.send(json!({ "type": "hello", "id": 1, "token": ann.token })).await;
    let welcome = wire.frame().await;
    let expected = json!({ "type": "welcome", "id": 1, "account": ann.id, "session": ann.session,
                           "now_ms": im.now(), "heartbeat_s": 30 });
    assert_eq!(welcome, expected);
    wire.send(json!({ "type": "ping" })).await;
    assert_eq!(wire.frame().await, json!({ "type": "pong" }));
    // Without an upgrade there is nothing to see.
    let answer = im.get("/v1/socket").await;
    answer.problem(426, "upgrade_required");
}

#[tokio::test]
async fn a_hello_that_is_not_good_is_told_why() {
    let im = Im::start().await;
    let (ann, egg) = (im.native("anna").await, im.user("bert").await);
    let forged = "A".repeat(ann.token.len());
    let with = |token: &str| json!({ "type": "hello", "token": token }).to_string();
    let cases = [
        ("nonsense".to_owned(), "malformed"),
        (r#"{"type":"ping"}"#.into(), "malformed"),
        (r#"{"type":"hello"}"#.into(), "invalid"),
        (r#"{"type":"hello","token":7}"#.into(), "malformed"),
        (with(""), "bad_token"),
        (with(&forged), "bad_token"),
        (with(&ann.refresh), "bad_token"),
        (with(&egg.token), "bad_token"),
    ];
    for (text, code) in cases {
        assert_eq!(hello(&im, &text).await, (code.to_owned(), Some(4401)), "{text}");
    }
    // Before anybody is known, frames are short.
    let mut wire = im.wire().await;
    wire.text(&with(&"x".repeat(5_000))).await;
    assert_eq!(wire.end().await, None);
    // The access token is over, the session is not.
    let open = im.connect(&ann).await;
    im.pass(900_001);
    assert_eq!(hello(&im, &with(&ann.token)).await, ("bad_token".to_owned(), Some(4401)));
    let fresh = im.post("/v1/sessions/refresh", json!({ "refresh_token": ann.refresh })).await.view();
    im.welcomed(fresh["access_token"].as_str().unwrap()).await.nothing(&im).await;
    let mut open = open;
    open.asks(json!({ "type": "ping" }), "pong").await;
    im_core::accounts::set_enabled(im.app(), "anna".into(), false).await.unwrap();
    let fresh = with(fresh["access_token"].as_str().unwrap());
    assert_eq!(hello(&im, &fresh).await, ("account_disabled".to_owned(), Some(4003)));
}

#[tokio::test]
async fn who_says_nothing_is_not_waited_for() {
    let im = Im::with(|settings| settings.v1.hello_s = 1).await;
    assert_eq!(turned_away(im.wire().await).await, ("malformed".to_owned(), Some(4401)));
}

#[tokio::test]
async fn a_socket_ends_with_its_session_and_is_told_why() {
    let im = Im::with(|settings| settings.v1.sessions_per_account = 2).await;
    let ann = im.native("anna").await;
    let other = im.native_login("anna").await;
    let (mut first, mut second) = (im.connect(&ann).await, im.connect(&other).await);
    let ended = |reason: &str| json!({ "type": "ended", "reason": reason });
    // A third session displaces the oldest.
    let third = im.native_login("anna").await;
    assert_eq!((first.frame().await, first.end().await), (ended("replaced"), Some(4001)));
    other.delete("/sessions/current").await.done();
    assert_eq!((second.frame().await, second.end().await), (ended("signed_out"), Some(4001)));
    let fourth = im.native_login("anna").await;
    let (mut third_wire, mut fourth_wire) = (im.connect(&third).await, im.connect(&fourth).await);
    third.put("/me/password", json!({ "old": PASSWORD, "new": "654321" })).await.done();
    assert_eq!((fourth_wire.frame().await, fourth_wire.end().await), (ended("password_changed"), Some(4002)));
    third_wire.nothing(&im).await;
    im_core::accounts::set_enabled(im.app(), "anna".into(), false).await.unwrap();
    assert_eq!((third_wire.frame().await, third_wire.end().await), (ended("disabled"), Some(4003)));
}

#[tokio::test]
async fn a_visitor_who_registers_comes_back_as_a_user() {
    let im = Im::start().await;
    let visitor = im.native_visitor(1).await;
    let mut wire = im.connect(&visitor).await;
    let signed =
        visitor.post("/visitors/register", json!({ "username": "anna", "password": PASSWORD })).await.made();
    assert_eq!(wire.frame().await, json!({ "type": "ended", "reason": "converted" }));
    assert_eq!(wire.end().await, Some(4001));
    let user = Native::new(&im, signed);
    assert_eq!(user.id, visitor.id);
    im.connect(&user).await.nothing(&im).await;
}

#[tokio::test]
async fn a_server_that_stops_drops_its_sockets_and_finds_them_again() {
    let mut im = Im::start().await;
    let (ann, bob) = (im.native("anna").await, im.native("bert").await);
    let talk = friends(&im, &ann, &bob).await;
    let mut wire = im.connect(&ann).await;
    let seq = wire.say(talk, "hi").await["seq"].clone();
    wire.asks(json!({ "type": "ack", "conversation": talk, "seq": seq }), "done").await;
    im.restart().await;
    assert_eq!(wire.end().await, None);
    let mut wire = im.welcomed(&ann.token).await;
    let synced = wire.asks(json!({ "type": "sync", "positions": {} }), "synced").await;
    assert_eq!(synced["heads"][talk.to_string()], seq);
}

#[tokio::test]
async fn a_session_that_is_over_gets_no_socket_even_while_it_says_hello() {
    let im = Im::start().await;
    let ann = im.native("anna").await;
    for _ in 0..8 {
        let device = im.native_login("anna").await;
        let mut wire = im.wire().await;
        wire.send(json!({ "type": "hello", "token": device.token })).await;
        device.delete("/sessions/current").await.done();
        // Either it was refused, or it is told that it is over.
        let mut last = wire.frame().await;
        if last["type"] == "welcome" {
            last = wire.frame().await;
            assert_eq!(
                (last, wire.end().await),
                (json!({ "type": "ended", "reason": "signed_out" }), Some(4001))
            );
        } else {
            assert_eq!((&last["code"], wire.end().await), (&json!("bad_token"), Some(4401)));
        }
    }
    im.connect(&ann).await.nothing(&im).await;
}
