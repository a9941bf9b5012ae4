//! Reading the log by place.
use super::{super::kit::*, *};

async fn page(who: &Native, room: i64, query: &str) -> (Vec<i64>, i64, i64) {
    let page = who.get(&format!("/conversations/{room}/entries{query}")).await.view();
    let seqs = page["items"].as_array().unwrap().iter().map(|item| item["seq"].as_i64().unwrap()).collect();
    (seqs, page["first_seq"].as_i64().unwrap(), page["last_seq"].as_i64().unwrap())
}

#[tokio::test]
async fn every_place_is_there_whichever_part_is_asked_for() {
    let im = Im::start().await;
    let (ann, bob, _, room) = people(&im).await;
    for n in 0..59 {
        said(&ann.v1, room, &n.to_string()).await;
    }
    let all = |from: i64, to: i64| ((from..=to).collect::<Vec<_>>(), 1, 60);
    let cases = [
        ("", all(11, 60)),
        ("?limit=5", all(56, 60)),
        ("?limit=200", all(1, 60)),
        ("?before=11", all(1, 10)),
        ("?before=11&limit=3", all(8, 10)),
        ("?before=9999&limit=3", all(58, 60)),
        ("?before=1", all(1, 0)),
        ("?before=-5", all(1, 0)),
        ("?after=0&limit=3", all(1, 3)),
        ("?after=-7&limit=3", all(1, 3)),
        ("?after=58", all(59, 60)),
        ("?after=60", all(1, 0)),
        ("?after=9223372036854775807", all(1, 0)),
        ("?before=-9223372036854775808", all(1, 0)),
        ("?around=30&limit=4", all(28, 31)),
        ("?around=1&limit=4", all(1, 4)),
        ("?around=60&limit=4", all(57, 60)),
        ("?around=9223372036854775807&limit=4", all(57, 60)),
    ];
    for (query, expected) in cases {
        assert_eq!(page(&bob.v1, room, query).await, expected, "{query}");
    }
    for query in [
        "?limit=0",
        "?limit=201",
        "?limit=x",
        "?before=1&after=1",
        "?cursor=1",
        "?after=99999999999999999999",
    ] {
        bob.v1.get(&format!("/conversations/{room}/entries{query}")).await.problem(422, "invalid");
    }
}

#[tokio::test]
async fn what_was_cleared_is_not_shown_again() {
    let im = Im::start().await;
    let (ann, bob, _, room) = people(&im).await;
    let old = said(&bob.v1, room, "old secret").await;
    let quoting = json!({ "body": { "type": "text", "text": "answer" }, "quote": old });
    ann.v1.post(&format!("/conversations/{room}/clear"), json!({})).await.done();
    assert_eq!(page(&ann.v1, room, "").await, (vec![], old + 1, old));
    let answer = bob.v1.post(&format!("/conversations/{room}/messages"), quoting).await.made();
    let shown = at(&ann.v1, room, old + 1).await;
    assert_eq!(shown["quote"], json!({ "seq": old, "body": null }));
    assert_eq!(answer["quote"]["body"]["text"], "old secret");
    for query in ["", "?before=999", "?after=0", "?around=1"] {
        assert_eq!(page(&ann.v1, room, query).await, (vec![old + 1], old + 1, old + 1), "{query}");
        assert!(page(&bob.v1, room, query).await.0.contains(&old));
    }
    ann.v1.put(&(path(room, old) + "/reactions/👍"), Value::Null).await.problem(404, "no_such_message");
    let copy = json!({ "from": room, "seqs": [old], "to": [room] });
    ann.v1.post("/messages/forward", copy).await.problem(404, "no_such_message");
    bob.v1.patch(&path(room, old), json!({ "text": "new secret" })).await.view();
    assert!(!json!(log(&ann.v1, room).await).to_string().contains("secret"));
}

#[tokio::test]
async fn notices_carry_their_facts() {
    let im = Im::start().await;
    let (ann, bob, cat, group) = trio(&im).await;
    let mut people = [(bob.id(), "bobb"), (cat.id(), "catt")];
    people.sort_unstable();
    let entry = at(&ann.v1, group, 1).await;
    assert_eq!((&entry["kind"], &entry["body"]["type"]), (&json!("notice"), &json!("group_created")));
    let mut created: Vec<_> = entry["body"]["people"].as_array().unwrap().clone();
    created.sort_by_key(|person| person["id"].as_i64());
    assert_eq!(json!(created), json!(people.map(|(id, name)| json!({ "id": id, "name": name }))));
    ann.egg.post("/api/chat/groupDeleteUser", json!({ "group_id": group, "user_id": cat.id() })).await;
    cat.egg.post("/api/chat/groupDeleteOrQuit", json!({ "id": group })).await;
    // What only the owner is told stands in its inbox, which nobody can write to.
    let sql = "select id from conversation where name = $1";
    let name = format!("inbox:{}", ann.id());
    let unit = im.app().db.read::<Option<i64>, im_db::Error, _>(move |tx| {
        Box::pin(async move { tx.maybe(sql, im_db::params![&name], |row| row.get("id")).await })
    });
    if let Some(inbox) = unit.await.unwrap() {
        for entry in log(&ann.v1, inbox).await {
            assert_eq!(entry["kind"], "notice");
        }
        let text = json!({ "body": { "type": "text", "text": "x" } });
        ann.v1.post(&format!("/conversations/{inbox}/messages"), text).await.problem(404, "not_member");
        bob.v1.get(&format!("/conversations/{inbox}/entries")).await.problem(404, "not_member");
    }
}
