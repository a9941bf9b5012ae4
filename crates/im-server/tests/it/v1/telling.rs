//! What others are told of a change: when there is one, and not too often.
use super::{
    kit::*,
    socket::{friends, group},
};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn nobody_is_told_of_what_stays() {
    let im = Im::start().await;
    let (ann, bob) = (im.native("anna").await, im.native("bert").await);
    friends(&im, &ann, &bob).await;
    let group = group(&ann, &[&bob]).await;
    let (path, member) = (format!("/groups/{group}"), format!("/groups/{group}/members/{}", bob.id));
    let (own, contact) = (format!("{path}/me"), format!("/contacts/{}", bob.id));
    let all = json!({ "name": "北雁", "avatar": "/public/a.png", "announcement": "南飞", "mute_all": true,
                      "join_policy": "approval" });
    let changes = [
        (&path, all),
        (&member, json!({ "role": "manager" })),
        (&own, json!({ "nickname": "安", "alias": "雁" })),
        (&contact, json!({ "remark": "老鲍", "starred": true, "shows_me": false })),
    ];
    for (path, body) in &changes {
        let status = ann.patch(path, body.clone()).await.status;
        assert!([200, 204].contains(&status), "{body}");
    }
    let (mut at_ann, mut at_bob) = (im.connect(&ann).await, im.connect(&bob).await);
    let speaks = (&member, json!({ "mute_s": 0 }));
    for (path, body) in changes.iter().map(|(path, body)| (*path, body.clone())).chain([speaks]) {
        for body in [body, json!({})] {
            let status = ann.patch(path, body.clone()).await.status;
            assert!([200, 204].contains(&status), "{body}");
        }
    }
    for wire in [&mut at_ann, &mut at_bob] {
        wire.nothing(&im).await;
    }
    // What does change is told.
    ann.patch(&own, json!({ "nickname": "安", "alias": "群" })).await.view();
    assert_eq!(at_ann.frame().await, json!({ "type": "conversation", "conversation": group }));
    ann.patch(&contact, json!({ "remark": "老鲍", "starred": false })).await.view();
    assert_eq!(at_ann.frame().await, json!({ "type": "contact", "account": bob.id }));
    at_bob.nothing(&im).await;
    ann.patch(&member, json!({ "mute_s": 60 })).await.done();
    assert_eq!(at_bob.entry().await["body"]["type"], "muted");
    ann.patch(&member, json!({ "mute_s": 0 })).await.done();
    assert_eq!(at_bob.entry().await["body"]["seconds"], 0);
    ann.patch(&path, json!({ "name": "南雁", "announcement": "南飞" })).await.view();
    assert_eq!(at_bob.entry().await["body"]["type"], "group_renamed");
    assert!(at_bob.rest(&im).await.iter().all(|frame| frame["type"] != "entry"));
}

#[tokio::test]
async fn what_others_are_told_of_is_counted() {
    let im = Im::with(|settings| {
        settings.limits.enabled = true;
        settings.limits.ask_per_minute = 1;
    })
    .await;
    let (ann, bob) = (im.native("anna").await, im.native("bert").await);
    friends(&im, &ann, &bob).await;
    let group = group(&ann, &[&bob]).await;
    let path = |rest: &str| format!("/groups/{group}{rest}");
    let (member, contact) = (path(&format!("/members/{}", bob.id)), format!("/contacts/{}", bob.id));
    let (post, patch, delete) = (Method::POST, Method::PATCH, Method::DELETE);
    let cases = [
        (&patch, path(""), json!({ "name": "x" })),
        (&patch, path("/me"), json!({ "nickname": "x" })),
        (&patch, member.clone(), json!({ "mute_s": 1 })),
        (&delete, member, Value::Null),
        (&post, path("/owner"), json!({ "account": bob.id })),
        (&post, path("/requests/1/accept"), Value::Null),
        (&post, path("/requests/1/refuse"), Value::Null),
        (&post, path("/leave"), Value::Null),
        (&delete, path(""), Value::Null),
        (&patch, contact.clone(), json!({ "remark": "x" })),
        (&delete, contact, Value::Null),
        (&post, "/contacts/requests/1/accept".into(), json!({})),
        (&post, "/contacts/requests/1/refuse".into(), Value::Null),
    ];
    for (method, path, body) in cases {
        im.pass(60_000);
        ann.patch(&format!("/groups/{group}/me"), json!({})).await.view();
        let request = ann.request(method.clone(), &path);
        let refused = answer(if body.is_null() { request } else { request.json(&body) }).await;
        assert_eq!(refused.problem(429, "too_often")["retry_after_s"], 60, "{method} {path}");
    }
    // The other doors count as before.
    let egg = im.login("anna").await;
    for _ in 0..3 {
        let fields = [("id", group.to_string()), ("nickname", "安".into())];
        let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
        egg.form("/api/chat/groupnickname", &fields).await.ok();
    }
}

#[tokio::test]
async fn who_is_brought_into_a_group_finds_it() {
    let im = Im::start().await;
    let (ann, bob, cat) = (im.native("anna").await, im.native("bert").await, im.native("cleo").await);
    friends(&im, &ann, &bob).await;
    friends(&im, &ann, &cat).await;
    let group = group(&ann, &[&bob]).await;
    ann.post(&format!("/groups/{group}/members"), json!({ "accounts": [cat.id] })).await.view();
    let listed = cat.get("/conversations").await.view();
    let row = listed["items"].as_array().unwrap().iter().find(|row| row["id"] == group);
    let row = row.unwrap_or_else(|| panic!("{listed}"));
    assert_eq!((&row["hidden"], &row["last"]["body"]["type"]), (&json!(false), &json!("invited")));
}
