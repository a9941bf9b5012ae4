//! One name, one message: what a client sends again because it got no answer.
use super::{super::kit::*, *};
use futures_util::future::join_all;

fn wish(name: &str, text: &str) -> Value {
    json!({ "client_id": name, "body": { "type": "text", "text": text } })
}

#[tokio::test]
async fn ten_retries_at_once_leave_one_row_and_no_hole() {
    let im = Im::start().await;
    let (ann, bob, _, room) = people(&im).await;
    let group = im.group(&ann.egg, &[&bob.egg]).await;
    for room in [room, group] {
        let before = log(&bob.v1, room).await.len();
        let to = format!("/conversations/{room}/messages");
        let answers = join_all((0..10).map(|_| ann.v1.post(&to, wish("a1", "once")))).await;
        let made: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
        assert_eq!(made.len(), 1);
        for answer in &answers {
            assert!(matches!(answer.status, 200 | 201), "{}", answer.body);
            assert_eq!(answer.body, made[0].body);
        }
        said(&bob.v1, room, "next").await;
        assert_eq!(log(&bob.v1, room).await.len(), before + 2);
    }
}

#[tokio::test]
async fn another_content_under_the_same_name_is_refused() {
    let im = Im::start().await;
    let (ann, bob, _, room) = people(&im).await;
    let to = format!("/conversations/{room}/messages");
    let first = ann.v1.post(&to, wish("a1", "one")).await.made();
    let quoted =
        json!({ "client_id": "a1", "body": { "type": "text", "text": "one" }, "quote": first["seq"] });
    let mentioning =
        json!({ "client_id": "a1", "body": { "type": "text", "text": "one" }, "mentions": [bob.id()] });
    for other in [wish("a1", "two"), quoted, mentioning] {
        ann.v1.post(&to, other).await.problem(409, "client_id_taken");
    }
    assert_eq!(ann.v1.post(&to, wish("a1", "one")).await.view(), first);
    // A name is its sender's, in one conversation.
    bob.v1.post(&to, wish("a1", "mine")).await.made();
    let group = im.group(&ann.egg, &[&bob.egg]).await;
    ann.v1.post(&format!("/conversations/{group}/messages"), wish("a1", "there")).await.made();
    // Without a name everything is new.
    let nameless = json!({ "body": { "type": "text", "text": "one" } });
    ann.v1.post(&to, nameless.clone()).await.made();
    ann.v1.post(&to, nameless).await.made();
}

#[tokio::test]
async fn a_retry_is_answered_when_nothing_could_be_sent_any_more() {
    let im = Im::start().await;
    let (ann, bob, cat, group) = trio(&im).await;
    let room = direct(&ann.v1, &bob.v1).await;
    let (here, there) =
        (format!("/conversations/{room}/messages"), format!("/conversations/{group}/messages"));
    let first = ann.v1.post(&here, wish("a1", "one")).await.made();
    let second = cat.v1.post(&there, wish("a1", "one")).await.made();
    bob.egg.post(&format!("/api/chat/setblackgoodfriend/{}", ann.id()), json!({})).await.ok();
    ann.v1.post(&here, wish("a2", "two")).await.problem(403, "blocked");
    assert_eq!(ann.v1.post(&here, wish("a1", "one")).await.view(), first);
    ann.v1.post(&here, wish("a1", "two")).await.problem(409, "client_id_taken");
    cat.egg.post("/api/chat/groupDeleteOrQuit", json!({ "id": group })).await.ok();
    cat.v1.post(&there, wish("a2", "two")).await.problem(404, "not_member");
    assert_eq!(cat.v1.post(&there, wish("a1", "one")).await.view(), second);
}

#[tokio::test]
async fn a_retry_finds_its_message_whatever_became_of_it() {
    let im = Im::start().await;
    let (ann, _, _, room) = people(&im).await;
    let to = format!("/conversations/{room}/messages");
    im_core::switches::flip(im.app(), vec![("dirty_words".into(), "fool".into())]).await.unwrap();
    let starred = ann.v1.post(&to, wish("a0", "fool")).await.made();
    im_core::switches::flip(im.app(), vec![("dirty_words".into(), "".into())]).await.unwrap();
    assert_eq!(ann.v1.post(&to, wish("a0", "fool")).await.view(), starred);
    let seq = ann.v1.post(&to, wish("a1", "one")).await.made()["seq"].as_i64().unwrap();
    let edited = ann.v1.patch(&path(room, seq), json!({ "text": "two" })).await.view();
    assert_eq!(ann.v1.post(&to, wish("a1", "one")).await.view(), edited);
    ann.v1.post(&(path(room, seq) + "/revoke"), json!({})).await.done();
    let again = ann.v1.post(&to, wish("a1", "one")).await.view();
    assert_eq!((&again["revoked"], again.get("body")), (&json!(true), None));
    assert_eq!(again["seq"], seq);
}
