//! Passing messages on.
use super::{super::kit::*, *};
use futures_util::future::join_all;

fn wish(from: i64, seqs: &[i64], to: &[i64]) -> Value {
    json!({ "from": from, "seqs": seqs, "to": to })
}

#[tokio::test]
async fn what_is_passed_on_says_who_said_it_first() {
    let im = Im::start().await;
    let (ann, bob, eve, room) = people(&im).await;
    im.befriend(&bob.egg, &eve.egg).await;
    let (next, group) = (direct(&bob.v1, &eve.v1).await, im.group(&bob.egg, &[&ann.egg]).await);
    let picture = json!({ "type": "image", "url": "/a.png", "width": 3, "name": "a.png" });
    let to = format!("/conversations/{room}/messages");
    let seqs = [
        ann.v1.post(&to, json!({ "body": picture })).await.made()["seq"].as_i64().unwrap(),
        said(&ann.v1, room, "words").await,
    ];
    let answer = bob.v1.post("/messages/forward", wish(room, &seqs, &[group, next])).await.made();
    let items = answer["items"].as_array().unwrap();
    let told: Vec<_> =
        items.iter().map(|item| (item["conversation"].as_i64().unwrap(), &item["body"])).collect();
    let words = json!({ "type": "text", "text": "words" });
    assert_eq!(told, [(group, &picture), (group, &words), (next, &picture), (next, &words)]);
    for item in items {
        assert_eq!(item["forwarded"], json!({ "id": ann.id(), "name": "anna" }));
        assert_eq!(item["sender"]["id"], bob.id());
        let (room, seq) = (item["conversation"].as_i64().unwrap(), item["seq"].as_i64().unwrap());
        assert_eq!(&at(&bob.v1, room, seq).await, item);
    }
    // Passed on again it is still the first author's, and nobody puts words into that mouth.
    let seq = items[3]["seq"].as_i64().unwrap();
    im.befriend(&eve.egg, &ann.egg).await;
    let home = direct(&eve.v1, &ann.v1).await;
    let again = eve.v1.post("/messages/forward", wish(next, &[seq], &[home])).await.made();
    assert_eq!(again["items"][0]["forwarded"]["id"], ann.id());
    let copy = path(home, again["items"][0]["seq"].as_i64().unwrap());
    eve.v1.patch(&copy, json!({ "text": "other" })).await.problem(403, "not_allowed");
}

#[tokio::test]
async fn all_of_it_everywhere_or_nothing() {
    let im = Im::start().await;
    let (ann, bob, eve, room) = people(&im).await;
    im.befriend(&ann.egg, &eve.egg).await;
    let (next, group) = (direct(&ann.v1, &eve.v1).await, im.group(&ann.egg, &[&bob.egg]).await);
    let (one, back, gone, hidden) = (
        said(&bob.v1, room, "one").await,
        said(&bob.v1, room, "back").await,
        said(&bob.v1, room, "gone").await,
        said(&bob.v1, room, "hidden").await,
    );
    bob.v1.post(&(path(room, back) + "/revoke"), json!({})).await.done();
    bob.v1.delete(&(path(room, gone) + "?for=all")).await.done();
    ann.v1.delete(&path(room, hidden)).await.done();
    let foreign = im.group(&bob.egg, &[&eve.egg]).await;
    let secret = said(&bob.v1, foreign, "secret").await;
    eve.egg.post(&format!("/api/chat/setblackgoodfriend/{}", ann.id()), json!({})).await.ok();
    let before = (log(&ann.v1, next).await.len(), log(&ann.v1, group).await.len());
    let cases = [
        (wish(room, &[one, back], &[group]), 404, "no_such_message"),
        (wish(room, &[one, gone], &[group]), 404, "no_such_message"),
        (wish(room, &[one, hidden], &[group]), 404, "no_such_message"),
        (wish(room, &[one, 1], &[group]), 404, "no_such_message"), // a notice
        (wish(room, &[one, 9_999], &[group]), 404, "no_such_message"),
        (wish(foreign, &[secret], &[group]), 404, "not_member"),
        (wish(room, &[one], &[group, foreign]), 404, "not_member"),
        (wish(room, &[one], &[group, 9_999]), 404, "not_member"),
        (wish(room, &[one], &[group, next]), 403, "blocked"),
        (wish(room, &[one], &[next, group]), 403, "blocked"),
        (wish(room, &[], &[group]), 422, "invalid"),
        (wish(room, &[one], &[]), 422, "invalid"),
        (wish(room, &[one, one], &[group]), 422, "invalid"),
        (wish(room, &[one], &[group, group]), 422, "invalid"),
        (wish(room, &(1..=51).collect::<Vec<_>>(), &[group]), 422, "invalid"),
        (wish(room, &[one], &(1..=11).collect::<Vec<_>>()), 422, "invalid"),
        (wish(room, &(1..=41).collect::<Vec<_>>(), &[1, 2, 3, 4, 5]), 422, "invalid"),
    ];
    for (body, status, code) in cases {
        ann.v1.post("/messages/forward", body.clone()).await.problem(status, code);
        assert_eq!((log(&ann.v1, next).await.len(), log(&ann.v1, group).await.len()), before, "{body}");
    }
    ann.v1.post("/messages/forward", wish(room, &[one], &[group])).await.made();
}

#[tokio::test]
async fn several_tries_pass_on_once() {
    let im = Im::start().await;
    let (ann, bob, eve, room) = people(&im).await;
    let groups = [im.group(&ann.egg, &[&bob.egg]).await, im.group(&bob.egg, &[&ann.egg, &eve.egg]).await];
    let seqs = [said(&ann.v1, room, "one").await, said(&bob.v1, room, "two").await];
    let named = |to: &[i64]| {
        let mut body = wish(room, &seqs, to);
        body["client_id"] = json!("f".repeat(64));
        body
    };
    let lengths = || async { [log(&bob.v1, groups[0]).await.len(), log(&bob.v1, groups[1]).await.len()] };
    let before = lengths().await;
    // To the same places in either order: nobody waits for ever.
    let there = [groups[1], groups[0]];
    let tries =
        (0..10).map(|n| ann.v1.post("/messages/forward", named(if n % 2 == 0 { &groups } else { &there })));
    let answers = join_all(tries).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 201)));
    assert_eq!(lengths().await, before.map(|length| length + 2));
    bob.v1.post(&(path(room, seqs[1]) + "/revoke"), json!({})).await.done();
    let again = ann.v1.post("/messages/forward", named(&groups)).await.view();
    assert_eq!(again["items"][1]["body"]["text"], "two");
    let mut other = named(&groups);
    other["seqs"] = json!([seqs[0]]);
    assert_eq!(ann.v1.post("/messages/forward", other).await.status, 200);
    let third = im.group(&ann.egg, &[&eve.egg]).await;
    ann.v1.post("/messages/forward", named(&[groups[0], third])).await.problem(404, "no_such_message");
}
