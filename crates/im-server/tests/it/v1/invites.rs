//! Invitations by link.
use super::kit::*;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

/// An owner, a member, and their group.
async fn group(im: &Im) -> (Native, Native, i64) {
    let (ann, bob) = (im.native("anna").await, im.native("bobby").await);
    im.native_befriend(&ann, &bob).await;
    let made = ann.post("/groups", json!({ "name": "雁群", "members": [bob.id] })).await.made();
    (ann, bob, made["id"].as_i64().unwrap())
}

async fn invite(who: &Native, group: i64, terms: Value) -> Value {
    who.post(&format!("/groups/{group}/invites"), terms).await.made()
}

fn token(invite: &Value) -> &str {
    invite["token"].as_str().unwrap()
}

async fn join(who: &Native, invite: &Value) -> Answer {
    who.post(&format!("/invites/{}/join", token(invite)), json!(null)).await
}

async fn listed(who: &Native, group: i64) -> Vec<i64> {
    let all = who.get(&format!("/groups/{group}/invites")).await.view();
    all["items"].as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn a_link_shows_the_group_and_lets_people_in() {
    let im = Im::start().await;
    let (ann, bob, group) = group(&im).await;
    let eve = im.native("eve1").await;
    let made = invite(&ann, group, json!({ "expires_s": 3_600, "uses": 2 })).await;
    assert_eq!((token(&made).len(), &made["by"], &made["uses_left"]), (32, &json!(ann.id), &json!(2)));
    assert_eq!(made["expires_ms"], im.now() + 3_600_000);
    assert!(made["url"].as_str().unwrap().ends_with(&format!("/i/{}", token(&made))), "{made}");

    let shown = |who: &Native| {
        let (who, path) = (who.clone(), format!("/invites/{}", token(&made)));
        async move { who.get(&path).await.view() }
    };
    let preview = shown(&eve).await;
    assert_eq!((&preview["group"]["name"], &preview["group"]["members"]), (&json!("雁群"), &json!(2)));
    assert_eq!(preview.get("outcome"), None);
    assert_eq!(preview["group"].as_object().unwrap().len(), 3, "no more than that: {preview}");
    assert_eq!(shown(&bob).await["outcome"], "member");
    // Who holds the link need not be anybody. A token that is shown must be good.
    let open = format!("/v1/invites/{}", token(&made));
    assert_eq!(im.get(&open).await.view(), preview);
    answer(im.request(Method::GET, &open).bearer_auth("x")).await.problem(401, "bad_token");
    im.post(&format!("{open}/join"), json!(null)).await.problem(401, "bad_token");

    assert_eq!(join(&bob, &made).await.view(), json!({ "outcome": "member", "conversation": group }));
    assert_eq!(join(&eve, &made).await.view(), json!({ "outcome": "joined", "conversation": group }));
    assert_eq!(join(&eve, &made).await.view()["outcome"], "member", "a retry costs nothing");
    let left = ann.get(&format!("/groups/{group}/invites")).await.view()["items"][0]["uses_left"].clone();
    assert_eq!(left, 1);
    assert_eq!(ann.get(&format!("/groups/{group}")).await.view()["members"], 3);
}

#[tokio::test]
async fn what_is_used_up_taken_back_or_too_old_opens_nothing() {
    let im = Im::start().await;
    let (ann, bob, group) = group(&im).await;
    let (eve, dan, joe) = (im.native("eve1").await, im.native("dan1").await, im.native("joe1").await);
    let (once, brief, back) = (
        invite(&ann, group, json!({ "uses": 1 })).await,
        invite(&ann, group, json!({ "expires_s": 60 })).await,
        invite(&ann, group, json!({})).await,
    );
    let of_bob = invite(&bob, group, json!({})).await;
    join(&eve, &once).await.view();
    assert_eq!(join(&eve, &once).await.view()["outcome"], "member", "the last use was its own");
    let path = |invite: &Value| format!("/groups/{group}/invites/{}", invite["id"]);
    bob.delete(&path(&back)).await.problem(404, "no_such_invite"); // a member's own only
    assert_eq!(listed(&bob, group).await, [of_bob["id"].as_i64().unwrap()]);
    assert_eq!(listed(&ann, group).await.len(), 3, "used up ones are gone");
    ann.delete(&path(&back)).await.done();
    ann.delete(&path(&back)).await.problem(404, "no_such_invite");
    im.pass(60_000);
    for dead in [&once, &brief, &back, &json!({ "token": "0".repeat(32) }), &json!({ "token": "雁" })] {
        join(&dan, dead).await.problem(404, "no_such_invite");
        dan.get(&format!("/invites/{}", token(dead))).await.problem(404, "no_such_invite");
        im.get(&format!("/v1/invites/{}", token(dead))).await.problem(404, "no_such_invite");
    }
    // Who is out of the group invites nobody any more.
    ann.delete(&format!("/groups/{group}/members/{}", bob.id)).await.done();
    join(&dan, &of_bob).await.problem(404, "no_such_invite");
    // And a group that ended has no door.
    let last = invite(&ann, group, json!({})).await;
    im.sql("update chat_group set status = 2 where id = $1", group).await;
    join(&joe, &last).await.problem(403, "group_locked");
    im.sql("update chat_group set status = 1 where id = $1", group).await;
    ann.delete(&format!("/groups/{group}")).await.done();
    join(&joe, &last).await.problem(404, "no_such_invite");
}

#[tokio::test]
async fn strangers_look_at_so_many_invitations() {
    let im = Im::with(|settings| {
        (settings.limits.enabled, settings.limits.invite_per_address_minute) = (true, 2);
    })
    .await;
    let (ann, _, group) = group(&im).await;
    let made = invite(&ann, group, json!({})).await;
    let open = format!("/v1/invites/{}", token(&made));
    im.get(&open).await.view();
    im.get("/v1/invites/0").await.problem(404, "no_such_invite");
    let refused = im.get(&open).await;
    assert_eq!(refused.problem(429, "too_often")["retry_after_s"], 60);
    ann.get(open.trim_start_matches("/v1")).await.view();
    im.pass(60_000);
    im.get(&open).await.view();
}

#[tokio::test]
async fn what_the_group_wants_of_newcomers_holds_for_links() {
    let im = Im::with(|settings| settings.chat.group_members = 3).await;
    let (ann, bob, group) = group(&im).await;
    let (eve, dan, visitor) = (im.native("eve1").await, im.native("dan1").await, im.native_visitor(1).await);
    let of_bob = invite(&bob, group, json!({})).await;
    let policy = async |policy: &str| {
        ann.patch(&format!("/groups/{group}"), json!({ "join_policy": policy })).await.view();
    };
    policy("users").await;
    let of_ann = invite(&ann, group, json!({ "uses": 2 })).await;
    join(&visitor, &of_ann).await.problem(403, "sign_in_to_join");
    join(&eve, &of_bob).await.problem(404, "no_such_invite"); // its maker may not invite now
    bob.post(&format!("/groups/{group}/invites"), json!({})).await.problem(403, "not_allowed");

    policy("approval").await;
    assert_eq!(join(&eve, &of_ann).await.view(), json!({ "outcome": "waiting" }));
    assert_eq!(join(&eve, &of_ann).await.view()["outcome"], "waiting");
    let waiting = ann.get(&format!("/groups/{group}/requests")).await.view();
    assert_eq!(waiting["items"][0]["inviter"]["id"], ann.id);
    assert_eq!(waiting["items"].as_array().unwrap().len(), 1);
    let left = ann.get(&format!("/groups/{group}/invites")).await.view();
    assert_eq!(left["items"][0]["uses_left"], 1, "who waits has used one");
    join(&dan, &of_ann).await.problem(403, "group_full"); // the one who waits holds a place
    let decide = format!("/groups/{group}/requests/{}/refuse", eve.id);
    ann.post(&decide, json!(null)).await.done();
    policy("open").await;
    assert_eq!(join(&dan, &of_ann).await.view()["outcome"], "joined");
    join(&eve, &of_bob).await.problem(403, "group_full");
}

#[tokio::test]
async fn who_waits_holds_a_use_until_it_is_refused() {
    let im = Im::start().await;
    let (ann, _, group) = group(&im).await;
    let (eve, dan) = (im.native("eve1").await, im.native("dan1").await);
    ann.patch(&format!("/groups/{group}"), json!({ "join_policy": "approval" })).await.view();
    let once = invite(&ann, group, json!({ "uses": 1 })).await;
    let decide = |who: &Native, verdict: &str| format!("/groups/{group}/requests/{}/{verdict}", who.id);
    for (asks, comes_later) in [(&eve, &dan), (&dan, &eve)] {
        assert_eq!(join(asks, &once).await.view()["outcome"], "waiting");
        assert_eq!(join(asks, &once).await.view()["outcome"], "waiting", "a retry costs nothing");
        join(comes_later, &once).await.problem(404, "no_such_invite");
        ann.post(&decide(asks, "refuse"), json!(null)).await.done();
        let left = ann.get(&format!("/groups/{group}/invites")).await.view()["items"][0]["uses_left"].clone();
        assert_eq!(left, 1);
    }
    join(&eve, &once).await.view();
    ann.post(&decide(&eve, "accept"), json!(null)).await.done();
    join(&dan, &once).await.problem(404, "no_such_invite");
}

#[tokio::test]
async fn terms_have_limits() {
    let im = Im::start().await;
    let (ann, bob, group) = group(&im).await;
    let path = format!("/groups/{group}/invites");
    for terms in [
        json!({ "uses": 0 }),
        json!({ "uses": -1 }),
        json!({ "uses": 100_001 }),
        json!({ "expires_s": 0 }),
        json!({ "expires_s": 31_536_001 }),
        json!({ "expires_s": i64::MAX }),
        json!({ "for": "ever" }),
    ] {
        ann.post(&path, terms).await.problem(422, "invalid");
    }
    for _ in 0..50 {
        invite(&bob, group, json!({ "expires_s": 60 })).await;
    }
    ann.post(&path, json!({})).await.problem(403, "too_many");
    im.pass(60_000);
    ann.post(&path, json!({})).await.made();
}

#[tokio::test]
async fn one_use_lets_in_one_however_many_knock_at_once() {
    let im = Im::start().await;
    let (ann, _, group) = group(&im).await;
    let mut people = Vec::new();
    for n in 0..8 {
        people.push(im.native(&format!("guest_{n}")).await);
    }
    for round in 0..3 {
        let made = invite(&ann, group, json!({ "uses": 2 })).await;
        let mut all = JoinSet::new();
        for who in people.clone() {
            let made = made.clone();
            all.spawn(async move { (join(&who, &made).await.status, who) });
        }
        let all = all.join_all().await;
        let came: Vec<_> = all.iter().filter(|(status, _)| *status == 200).map(|(_, who)| who).collect();
        assert_eq!(came.len(), 2, "round {round}");
        assert!(all.iter().all(|(status, _)| [200, 404].contains(status)));
        assert_eq!(ann.get(&format!("/groups/{group}")).await.view()["members"], 4);
        for who in came {
            who.post(&format!("/groups/{group}/leave"), json!(null)).await.done();
        }
    }
}

#[tokio::test]
async fn one_who_joins_twice_at_once_uses_one() {
    let im = Im::start().await;
    let (ann, _, group) = group(&im).await;
    let eve = im.native("eve1").await;
    let made = invite(&ann, group, json!({ "uses": 5 })).await;
    let mut all = JoinSet::new();
    for _ in 0..6 {
        let (eve, made) = (eve.clone(), made.clone());
        all.spawn(async move { join(&eve, &made).await.view()["outcome"].as_str().unwrap().to_owned() });
    }
    let outcomes = all.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| *outcome == "joined").count(), 1, "{outcomes:?}");
    let left = ann.get(&format!("/groups/{group}/invites")).await.view()["items"][0]["uses_left"].clone();
    assert_eq!(left, 4);
}
