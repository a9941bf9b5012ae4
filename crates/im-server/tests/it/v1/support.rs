//! Stored answers, complaints, and a merchant's texts.
use super::kit::*;
use crate::pop::kit::start as start_pop;
use serde_json::{Value, json};

async fn ids(who: &Native, path: &str) -> Vec<i64> {
    let all = who.get(path).await.view();
    all["items"].as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn answers_are_stored_replaced_changed_and_removed_by_their_owner() {
    let im = Im::start().await;
    let (ann, eve) = (im.native("anna").await, im.native("eve1").await);
    let new = |ask: &str, answer: &str| json!({ "scope": "direct", "ask": ask, "answer": answer });
    let first = ann.post("/answers", new("几点开门", "九点")).await.made();
    let again = ann.post("/answers", new("几点开门", "十点")).await.view();
    assert_eq!((&again["id"], &again["answer"]), (&first["id"], &json!("十点")));
    let second = ann.post("/answers", new("在哪里", "这里")).await.made();
    assert_eq!(ids(&ann, "/answers?scope=direct").await.len(), 2);
    assert!(ids(&ann, "/answers?scope=group").await.is_empty());
    let path = format!("/answers/{}", second["id"]);
    let changed = ann.patch(&path, json!({ "answer": "那里" })).await.view();
    assert_eq!((&changed["ask"], &changed["answer"]), (&json!("在哪里"), &json!("那里")));
    // Asking the same as another record replaces that one.
    ann.patch(&path, json!({ "ask": "几点开门" })).await.view();
    assert_eq!(ids(&ann, "/answers?scope=direct").await, [second["id"].as_i64().unwrap()]);
    eve.patch(&path, json!({ "answer": "mine" })).await.problem(404, "no_such_record");
    eve.patch(&path, json!({ "ask": "几点开门" })).await.problem(404, "no_such_record");
    eve.delete(&path).await.problem(404, "no_such_record");
    assert_eq!(ids(&ann, "/answers?scope=direct").await.len(), 1);
    ann.delete(&path).await.done();
    ann.delete(&path).await.problem(404, "no_such_record");
    for body in [
        json!({ "scope": "direct", "ask": "", "answer": "x" }),
        json!({ "scope": "direct", "ask": "x", "answer": "x".repeat(2_001) }),
        json!({ "scope": "all", "ask": "x", "answer": "x" }),
        json!({ "ask": "x", "answer": "x" }),
    ] {
        ann.post("/answers", body).await.problem(422, "invalid");
    }
    ann.get("/answers").await.problem(422, "invalid");
}

#[tokio::test]
async fn a_complaint_may_be_changed_until_somebody_works_on_it() {
    let im = Im::start().await;
    let (ann, eve) = (im.native("anna").await, im.native("eve1").await);
    let body = json!({
        "target": "direct", "target_id": eve.id, "reason": "spam", "content": "again and again",
        "images": ["/public/uploads/a.png"], "excerpt": ["buy!", "buy!"],
    });
    let made = ann.post("/complaints", body.clone()).await.made();
    assert_eq!((&made["status"], &made["images"]), (&json!("new"), &json!(["/public/uploads/a.png"])));
    let path = format!("/complaints/{}", made["id"]);
    let changed = ann.patch(&path, json!({ "images": [] })).await.view();
    assert_eq!((&changed["content"], &changed["images"]), (&json!("again and again"), &json!([])));
    eve.patch(&path, json!({ "content": "never" })).await.problem(404, "no_such_record");
    assert!(ids(&eve, "/complaints").await.is_empty());
    im.sql("update complaint set status = 1, reply = 'seen' where id = $1", made["id"].as_i64().unwrap())
        .await;
    ann.patch(&path, json!({ "content": "more" })).await.problem(403, "in_progress");
    let seen = ann.get("/complaints").await.view()["items"][0].clone();
    assert_eq!((&seen["status"], &seen["reply"]), (&json!("in_progress"), &json!("seen")));
    ann.delete(&path).await.done();
    assert!(ids(&ann, "/complaints").await.is_empty());
    let with = |key: &str, value: Value| {
        let mut body = body.clone();
        body[key] = value;
        body
    };
    for body in [
        with("target_id", json!(0)),
        with("reason", json!("")),
        with("images", json!(["javascript:alert(1)"])),
        with("images", json!(vec!["/a"; 10])),
        with("excerpt", json!(vec!["a"; 51])),
        with("target", json!("everybody")),
    ] {
        ann.post("/complaints", body).await.problem(422, "invalid");
    }
}

#[tokio::test]
async fn a_merchant_keeps_texts_and_others_read_what_it_shows() {
    let im = start_pop().await;
    let (shop, eve) = (im.native("shop1").await, im.native("eve1").await);
    let new = |kind: &str, title: &str| json!({ "kind": kind, "title": title, "content": "text" });
    shop.post("/replies", new("quick", "a")).await.problem(403, "merchants_only");
    let merchant = im.sign_in("shop1", PASSWORD).await;
    im.member(&merchant, true).await;
    let quick = shop.post("/replies", new("quick", "a")).await.made();
    assert_eq!(
        (&quick["shown"], &quick["weight"], &quick["default"]),
        (&json!(true), &json!(100), &json!(false))
    );
    let answer = shop.post("/replies", new("answer", "opening hours")).await.made();
    let path = format!("/replies/{}", answer["id"]);
    let changed = shop.patch(&path, json!({ "weight": 7, "default": true })).await.view();
    assert_eq!((&changed["title"], &changed["weight"]), (&json!("opening hours"), &json!(7)));
    let other = json!({ "kind": "answer", "title": "b", "content": "c", "default": true });
    let other = shop.post("/replies", other).await.made();
    let all = shop.get("/replies").await.view();
    let defaults = all["items"].as_array().unwrap().iter().filter(|row| row["default"] == true);
    assert_eq!(defaults.map(|row| &row["id"]).collect::<Vec<_>>(), [&other["id"]], "one of a kind");

    let shown = format!("/replies?merchant={}", shop.id);
    assert_eq!(ids(&eve, &shown).await.len(), 2, "its answers, not what its staff inserts");
    shop.patch(&path, json!({ "shown": false })).await.view();
    assert_eq!(ids(&eve, &shown).await, [other["id"].as_i64().unwrap()]);
    assert!(ids(&eve, "/replies").await.is_empty());
    eve.patch(&path, json!({ "title": "x" })).await.problem(403, "merchants_only");
    eve.delete(&path).await.problem(403, "merchants_only");
    shop.delete(&path).await.done();
    shop.delete(&path).await.problem(404, "no_such_record");
    for body in [
        json!({ "kind": "other", "title": "a", "content": "b" }),
        json!({ "kind": "quick", "title": "a", "content": "" }),
        json!({ "kind": "quick", "title": "a", "content": "b", "weight": -1 }),
        json!({ "kind": "quick", "title": "a", "content": "x".repeat(5_001) }),
    ] {
        shop.post("/replies", body).await.problem(422, "invalid");
    }
}
