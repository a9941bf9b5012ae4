//! Friends: asking, deciding, the book.
use super::{
    kit::*,
    socket::{say, talk},
};
use crate::pop::kit::{form, start as start_pop};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

async fn ask(who: &Native, whom: &Native, text: &str) -> Answer {
    who.post("/contacts/requests", json!({ "account": whom.id, "text": text })).await
}

async fn requests(who: &Native) -> Vec<Value> {
    who.get("/contacts/requests").await.view()["items"].as_array().unwrap().clone()
}

async fn decide(who: &Native, request: &Value, verdict: &str) -> Answer {
    who.post(&format!("/contacts/requests/{}/{verdict}", request["id"]), json!({})).await
}

/// Whom somebody has in its book, in order, with the letters.
async fn book(who: &Native) -> Vec<(String, i64)> {
    let all = who.get("/contacts").await.view();
    let row =
        |row: &Value| (row["initial"].as_str().unwrap().to_owned(), row["account"]["id"].as_i64().unwrap());
    all["items"].as_array().unwrap().iter().map(row).collect()
}

#[tokio::test]
async fn a_request_is_seen_by_both_and_accepted_under_a_name() {
    let im = Im::start().await;
    let (ann, bob) = (im.native("anna").await, im.native("bobby").await);
    assert_eq!(ask(&ann, &bob, " 你好 ").await.made(), json!({ "outcome": "asked" }));
    let (sent, received) = (requests(&ann).await, requests(&bob).await);
    assert_eq!(sent, received);
    let request = &sent[0];
    assert_eq!((&request["from"]["id"], &request["to"]["id"]), (&json!(ann.id), &json!(bob.id)));
    assert_eq!((&request["state"], &request["text"]), (&json!("pending"), &json!("你好")));

    let path = format!("/contacts/requests/{}/accept", request["id"]);
    let answered = bob.post(&path, json!({ "remark": "Annie" })).await.view();
    assert_eq!(answered["state"], "accepted");
    assert_eq!(bob.post(&path, json!({})).await.view()["state"], "accepted", "said twice");
    decide(&bob, request, "refuse").await.problem(409, "decided");
    assert_eq!(requests(&ann).await[0]["state"], "accepted");

    let of_bob = bob.get("/contacts").await.view()["items"][0].clone();
    assert_eq!((&of_bob["remark"], &of_bob["initial"]), (&json!("Annie"), &json!("A")));
    assert_eq!(of_bob["account"]["name"], "anna", "the name is everybody's, not the remark");
    assert_eq!(book(&ann).await, [("B".to_owned(), bob.id)]);
    assert_eq!(ask(&ann, &bob, "").await.made(), json!({ "outcome": "friends" }));
}

#[tokio::test]
async fn a_refused_request_may_be_made_again_and_nobody_else_decides() {
    let im = Im::start().await;
    let (ann, bob, eve) = (im.native("anna").await, im.native("bobby").await, im.native("eve1").await);
    ask(&ann, &bob, "one").await.made();
    let first = requests(&ann).await[0].clone();
    for stranger in [&ann, &eve] {
        decide(stranger, &first, "accept").await.problem(404, "no_such_request");
        decide(stranger, &first, "refuse").await.problem(404, "no_such_request");
    }
    assert!(requests(&eve).await.is_empty());
    assert_eq!(decide(&bob, &first, "refuse").await.view()["state"], "refused");
    assert!(book(&ann).await.is_empty());
    assert_eq!(ask(&ann, &bob, "two").await.made()["outcome"], "asked");
    let again = requests(&bob).await;
    assert_eq!((again.len(), &again[0]["text"]), (1, &json!("two")), "what was asked before is forgotten");
}

#[tokio::test]
async fn what_cannot_be_asked_is_said_why() {
    let im = Im::start().await;
    let (ann, bob) = (im.native("anna").await, im.native("bobby").await);
    im.native_befriend(&ann, &bob).await;
    bob.patch(&format!("/contacts/{}", ann.id), json!({ "blocked": true })).await.view();
    let long = "x".repeat(256);
    let cases = [
        (json!({ "account": ann.id }), 403, "yourself"),
        (json!({ "account": 999_999 }), 404, "no_such_person"),
        (json!({ "account": bob.id }), 403, "blocked"),
        (json!({ "account": bob.id, "text": long }), 422, "invalid"),
        (json!({ "account": "x" }), 422, "invalid"),
        (json!({}), 422, "invalid"),
        (json!({ "account": bob.id, "more": 1 }), 422, "invalid"),
    ];
    for (body, status, code) in cases {
        ann.post("/contacts/requests", body).await.problem(status, code);
    }
    ann.get("/contacts/requests?cursor=nonsense!").await.problem(422, "invalid");
    ann.get("/contacts/requests?limit=0").await.problem(422, "invalid");
    ann.post("/contacts/requests/x/accept", json!({})).await.problem(404, "not_found");
    im.get("/v1/contacts").await.problem(401, "bad_token");
}

#[tokio::test]
async fn who_does_not_want_to_be_asked_is_a_friend_at_once() {
    let im = Im::start().await;
    let (ann, bob) = (im.native("anna").await, im.native("bobby").await);
    bob.patch("/me/privacy", json!({ "approve_friends": false })).await.view();
    ask(&bob, &ann, "from the other side").await.made();
    assert_eq!(ask(&ann, &bob, "").await.made(), json!({ "outcome": "friends" }));
    assert_eq!((book(&ann).await.len(), book(&bob).await.len()), (1, 1));
    for request in requests(&ann).await {
        assert_eq!(request["state"], "accepted", "what the two asked of each other is agreed to: {request}");
    }
}

#[tokio::test]
async fn requests_come_in_pages_newest_first() {
    let im = Im::start().await;
    let ann = im.native("anna").await;
    for n in 0..5 {
        let other = im.native(&format!("other_{n}")).await;
        if n % 2 == 0 {
            ask(&ann, &other, "").await.made()
        } else {
            ask(&other, &ann, "").await.made()
        };
    }
    let (mut seen, mut path) = (Vec::new(), "/contacts/requests?limit=2".to_owned());
    loop {
        let page = ann.get(&path).await.view();
        seen.extend(page["items"].as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/contacts/requests?limit=2&cursor={next}");
    }
    assert_eq!(seen.len(), 5);
    assert!(seen.is_sorted_by(|a, b| a > b), "{seen:?}");
}

#[tokio::test]
async fn the_book_is_in_the_order_of_pinyin_and_of_the_name_that_its_owner_reads() {
    let im = Im::start().await;
    let ann = im.native("anna").await;
    let mut ids = Vec::new();
    // nickname, remark
    for (n, (nickname, remark)) in
        [("张三", ""), ("9 lives", ""), ("曾先生", ""), ("bob", ""), ("zed", "阿祖"), ("安", "")]
            .into_iter()
            .enumerate()
    {
        let friend = im.native(&format!("friend_{n}")).await;
        friend.patch("/me", json!({ "nickname": nickname })).await.view();
        im.native_befriend(&ann, &friend).await;
        if !remark.is_empty() {
            ann.patch(&format!("/contacts/{}", friend.id), json!({ "remark": remark })).await.view();
        }
        ids.push(friend.id);
    }
    let expected = [("A", 5), ("A", 4), ("B", 3), ("Z", 2), ("Z", 0), ("#", 1)];
    let expected: Vec<_> = expected.iter().map(|(letter, n)| (letter.to_string(), ids[*n])).collect();
    assert_eq!(book(&ann).await, expected);
}

#[tokio::test]
async fn how_a_friend_is_kept_is_changed_whole_or_not_at_all() {
    let im = Im::start().await;
    let (ann, bob, eve) = (im.native("anna").await, im.native("bobby").await, im.native("eve1").await);
    im.native_befriend(&ann, &bob).await;
    let path = format!("/contacts/{}", bob.id);
    let kept =
        ann.patch(&path, json!({ "remark": "Bobby", "starred": true, "shows_them": false })).await.view();
    let flags = |kept: &Value| {
        ["starred", "blocked", "shows_me", "shows_them"].map(|flag| kept[flag].as_bool().unwrap())
    };
    assert_eq!((flags(&kept), &kept["remark"]), ([true, false, true, false], &json!("Bobby")));
    let blocked = ann.patch(&path, json!({ "blocked": true })).await.view();
    assert_eq!(flags(&blocked), [true, true, true, false]);
    ann.patch(&path, json!({ "starred": false, "remark": "lost" })).await.problem(403, "not_allowed");
    assert_eq!(ann.patch(&path, json!({})).await.view()["remark"], "Bobby");
    let back = ann.patch(&path, json!({ "blocked": false, "starred": false })).await.view();
    assert_eq!(flags(&back), [false, false, true, false]);
    ann.patch(&path, json!({ "remark": "x".repeat(61) })).await.problem(422, "invalid");
    eve.patch(&path, json!({ "starred": true })).await.problem(403, "not_friends");
    // What one keeps is nothing of the other's.
    assert_eq!(flags(&bob.get("/contacts").await.view()["items"][0]), [false, false, true, true]);

    eve.delete(&path).await.problem(403, "not_friends");
    ann.delete(&path).await.done();
    ann.delete(&path).await.problem(403, "not_friends");
    assert_eq!((book(&ann).await.len(), book(&bob).await.len()), (0, 0));
    assert!(requests(&bob).await.is_empty());
}

#[tokio::test]
async fn visitors_ask_where_the_operator_lets_them() {
    for (may, status) in [(true, 201), (false, 403)] {
        let im = Im::with(|settings| settings.v1.visitors_may_befriend = may).await;
        let (ann, visitor) = (im.native("anna").await, im.native_visitor(1).await);
        assert_eq!(ask(&visitor, &ann, "").await.status, status);
    }
}

#[tokio::test]
async fn too_many_requests_are_refused_with_a_time() {
    let im = Im::with(|settings| {
        settings.limits.enabled = true;
        settings.limits.pop_apply_per_hour = 2;
    })
    .await;
    let (ann, bob) = (im.native("anna").await, im.native("bobby").await);
    ask(&ann, &bob, "").await.made();
    ask(&ann, &bob, "").await.made();
    let refused = ask(&ann, &bob, "").await;
    assert!(refused.problem(429, "too_often")["retry_after_s"].as_i64().unwrap() > 0);
}

#[tokio::test]
async fn what_native_people_do_is_heard_in_the_other_dialects() {
    let im = start_pop().await;
    let (ann, bob) = (im.native("anna").await, im.native("bobby").await);
    let (egg_bob, pop_bob) = (im.login("bobby").await, im.sign_in("bobby", PASSWORD).await);
    let (mut at_egg, mut at_pop) = (egg_bob.connect().await, pop_bob.listen().await);
    ask(&ann, &bob, "hello").await.made();
    let heard = at_egg.push().await;
    assert_eq!(heard["from_name"], "好友申请提醒", "{heard}");
    assert_eq!(at_pop.event("friendApply", &format!("user-{}", bob.id)).await, json!({ "uid": ann.id }));
    // An egg client sees the request, and what it decides is seen here.
    let rows = egg_bob.get("/api/chat/listapplyfriend/1").await.ok();
    assert_eq!((&rows["pendingCount"], &rows["alldata"][0]["user"]["id"]), (&json!(1), &json!(ann.id)));
    let request = requests(&bob).await[0].clone();
    assert_eq!(request["id"], rows["alldata"][0]["id"]);
    decide(&bob, &request, "accept").await.view();
    let added = at_pop.event("addFriend", &format!("user-{}", bob.id)).await;
    assert_eq!(added["uid"], ann.id, "{added}");
    // Who accepts here says nothing by it: what is heard next is what was said.
    let room = talk(&bob, ann.id).await;
    say(&bob, room, "hi").await;
    assert_eq!(at_pop.said(&format!("user-{}", bob.id)).await, "hi");
    let log = ann.get(&format!("/conversations/{room}/entries")).await.view()["items"].clone();
    let said: Vec<_> = log.as_array().unwrap().iter().map(|entry| &entry["body"]["type"]).collect();
    assert_eq!(said, ["befriended", "text"], "{log}");
    let list = pop_bob.get("friend/getlist", form! {}).await.ok();
    assert_eq!(list["A"][ann.id.to_string()]["name"], "anna");
    ann.delete(&format!("/contacts/{}", bob.id)).await.done();
    let removed = at_pop.event("removeFriend", &format!("user-{}", bob.id)).await;
    assert_eq!(removed, json!({ "uid": ann.id }));
}

#[tokio::test]
async fn people_who_ask_decide_and_part_at_once_end_in_one_state() {
    let im = Im::start().await;
    for round in 0..6 {
        let (ann, bob) =
            (im.native(&format!("anna_{round}")).await, im.native(&format!("bobby_{round}")).await);
        for one in [&ann, &bob] {
            let policy = json!({ "approve_friends": round % 2 == 0 });
            one.patch("/me/privacy", policy).await.view();
        }
        ask(&bob, &ann, "").await.made();
        let request = requests(&ann).await[0]["id"].clone();
        let mut all = JoinSet::new();
        for verdict in ["accept", "refuse", "accept"] {
            let (ann, path) = (ann.clone(), format!("/contacts/requests/{request}/{verdict}"));
            all.spawn(async move { ann.post(&path, json!({})).await.status });
        }
        for (one, other) in [(&ann, &bob), (&bob, &ann)] {
            let (one, other) = (one.clone(), other.id);
            all.spawn(
                async move { one.post("/contacts/requests", json!({ "account": other })).await.status },
            );
        }
        for status in all.join_all().await {
            assert!([200, 201, 404, 409].contains(&status), "{status}");
        }
        let (of_ann, of_bob) = (book(&ann).await.len(), book(&bob).await.len());
        assert_eq!(of_ann, of_bob, "a friendship has two sides");
    }
    let odd = im.native("odd1").await;
    answer(odd.request(Method::PUT, "/contacts/requests")).await.problem(405, "method_not_allowed");
}
