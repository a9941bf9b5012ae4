//! Groups: who may do what, and what others hear of it.
use super::kit::*;
use crate::{kit::said, pop::kit::start as start_pop};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

/// A group with one of each kind in it.
struct Circle {
    owner: Native,
    manager: Native,
    member: Native,
    /// Somebody to act on.
    other: Native,
    /// A friend of everybody who is not in it.
    friend: Native,
    stranger: Native,
}

impl Circle {
    async fn gather(im: &Im) -> Circle {
        let circle = Circle {
            owner: im.native("owner").await,
            manager: im.native("manager").await,
            member: im.native("member").await,
            other: im.native("other").await,
            friend: im.native("friend").await,
            stranger: im.native("stranger").await,
        };
        for one in [&circle.owner, &circle.manager, &circle.member] {
            im.native_befriend(one, &circle.friend).await;
        }
        for one in [&circle.manager, &circle.member, &circle.other] {
            im.native_befriend(&circle.owner, one).await;
        }
        circle
    }

    /// A new group of all but the friend and the stranger.
    async fn group(&self) -> i64 {
        let members = json!([self.manager.id, self.member.id, self.other.id]);
        let made = self.owner.post("/groups", json!({ "name": "雁群", "members": members })).await.made();
        let id = made["id"].as_i64().unwrap();
        let path = format!("/groups/{id}/members/{}", self.manager.id);
        self.owner.patch(&path, json!({ "role": "manager" })).await.done();
        id
    }

    fn roles(&self) -> [(&'static str, &Native); 4] {
        [
            ("owner", &self.owner),
            ("manager", &self.manager),
            ("member", &self.member),
            ("stranger", &self.stranger),
        ]
    }
}

async fn act(who: &Native, method: &Method, path: &str, body: &Value) -> Answer {
    let request = who.request(method.clone(), path);
    answer(if body.is_null() { request } else { request.json(body) }).await
}

async fn members(who: &Native, group: i64) -> Vec<i64> {
    let all = who.get(&format!("/groups/{group}/members")).await.view();
    all["items"].as_array().unwrap().iter().map(|row| row["account"]["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn a_new_group_has_those_who_were_chosen() {
    let im = Im::start().await;
    let circle = Circle::gather(&im).await;
    let (owner, group) = (&circle.owner, circle.group().await);
    let seen = owner.get(&format!("/groups/{group}")).await.view();
    assert_eq!(
        (&seen["name"], &seen["members"], &seen["role"]),
        (&json!("雁群"), &json!(4), &json!("owner"))
    );
    assert_eq!((&seen["owner"], &seen["status"]), (&json!(owner.id), &json!("normal")));
    assert_eq!((&seen["join_policy"], &seen["mute_all"]), (&json!("open"), &json!(false)));
    assert!(seen["avatar"].as_str().unwrap().starts_with('/'), "{seen}");
    assert_eq!(circle.manager.get(&format!("/groups/{group}")).await.view()["role"], "manager");

    let all = owner.get(&format!("/groups/{group}/members?limit=3")).await.view();
    let roles: Vec<_> =
        all["items"].as_array().unwrap().iter().map(|row| row["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["owner", "manager", "member"]);
    let rest = format!("/groups/{group}/members?limit=3&cursor={}", all["next"].as_str().unwrap());
    let rest = owner.get(&rest).await.view();
    assert_eq!((&rest["items"][0]["account"]["id"], &rest["next"]), (&json!(circle.other.id), &json!(null)));

    let cases = [
        (json!({ "members": [circle.stranger.id] }), 403, "not_friends"),
        (json!({ "members": [999_999] }), 404, "no_such_person"),
        (json!({ "members": vec![1; 201] }), 422, "invalid"),
        (json!({ "name": "", "members": [] }), 422, "invalid"),
        (json!({ "name": "x".repeat(61), "members": [] }), 422, "invalid"),
        (json!({ "name": "x" }), 422, "invalid"),
    ];
    for (body, status, code) in cases {
        owner.post("/groups", body).await.problem(status, code);
    }
    im.native_visitor(1).await.post("/groups", json!({ "members": [] })).await.problem(403, "not_allowed");
}

#[tokio::test]
async fn who_may_do_what_is_a_table() {
    let im = Im::start().await;
    let circle = Circle::gather(&im).await;
    let (other, friend) = (circle.other.id, circle.friend.id);
    let (get, post, patch, delete) = (Method::GET, Method::POST, Method::PATCH, Method::DELETE);
    let (to_other, no) = (format!("/members/{other}"), json!(null));
    let owner_only = [200, 403, 403, 404];
    let leaders = [200, 200, 403, 404];
    let members = [200, 200, 200, 404];
    // method, what follows the group, body, what owner, manager, member and stranger get; 200 is any success
    let cases = [
        (&get, "", &no, members),
        (&get, "/members", &no, members),
        (&patch, "", &json!({ "name": "another" }), leaders),
        (&patch, "", &json!({ "avatar": "/public/icons/a.png" }), leaders),
        (&patch, "", &json!({ "mute_all": true }), leaders),
        (&patch, "", &json!({ "announcement": "hear" }), [200, 403, 403, 404]),
        (&patch, "", &json!({ "join_policy": "approval" }), owner_only),
        (&patch, "/me", &json!({ "nickname": "me", "alias": "mine" }), members),
        (&post, "/members", &json!({ "accounts": [friend] }), members),
        (&patch, &to_other, &json!({ "role": "manager" }), owner_only),
        (&patch, &to_other, &json!({ "mute_s": 60 }), leaders),
        (&delete, &to_other, &no, owner_only),
        (&get, "/requests", &no, owner_only),
        (&post, "/owner", &json!({ "account": other }), owner_only),
        (&post, "/invites", &json!({}), members),
        (&get, "/invites", &no, members),
        (&post, "/leave", &no, [403, 200, 200, 404]),
        (&delete, "", &no, owner_only),
    ];
    for (method, path, body, expected) in cases {
        for ((role, who), status) in circle.roles().into_iter().zip(expected) {
            let group = circle.group().await;
            let answered = act(who, method, &format!("/groups/{group}{path}"), body).await;
            let got = if answered.status < 300 { 200 } else { answered.status };
            assert_eq!(got, status, "{role}: {method} {path} {body}: {}", answered.body);
            if status == 404 {
                answered.problem(404, "not_member");
                let nothing = act(who, method, &format!("/groups/999999{path}"), body).await;
                assert_eq!(nothing.body, answered.body, "a stranger cannot tell whether there is a group");
            }
        }
    }
}

#[tokio::test]
async fn a_change_of_a_group_is_whole_or_not_at_all() {
    let im = Im::start().await;
    let circle = Circle::gather(&im).await;
    let (group, other) = (circle.group().await, circle.other.id);
    let path = format!("/groups/{group}");
    let wish = json!({ "name": "by a manager", "announcement": "not its own" });
    circle.manager.patch(&path, wish).await.problem(403, "owner_only");
    let wish = json!({ "name": "新名", "announcement": "公告", "join_policy": "users", "mute_all": true });
    let changed = circle.owner.patch(&path, wish).await.view();
    let shown = ["name", "announcement", "join_policy", "mute_all"].map(|key| changed[key].clone());
    assert_eq!(shown, [json!("新名"), json!("公告"), json!("users"), json!(true)]);
    // A manager may silence, but makes nobody a manager.
    let both = json!({ "role": "manager", "mute_s": 60 });
    let to_other = format!("/groups/{group}/members/{other}");
    circle.manager.patch(&to_other, both.clone()).await.problem(403, "owner_only");
    let seen = circle.other.get(&path).await.view();
    assert_eq!((&seen["role"], seen.get("muted_until_ms")), (&json!("member"), None));
    circle.owner.patch(&to_other, both).await.done();
    let seen = circle.other.get(&path).await.view();
    assert_eq!(
        (&seen["role"], seen["muted_until_ms"].as_i64()),
        (&json!("manager"), Some(im.now() + 60_000))
    );
    // Managers do not silence each other, and nobody the owner.
    circle.manager.patch(&to_other, json!({ "mute_s": 0 })).await.problem(403, "not_allowed");
    let to_owner = format!("/groups/{group}/members/{}", circle.owner.id);
    circle.manager.patch(&to_owner, json!({ "mute_s": 60 })).await.problem(403, "not_allowed");
    circle.owner.patch(&to_owner, json!({ "role": "member" })).await.problem(403, "yourself");
    circle.owner.delete(&to_owner).await.problem(403, "yourself");
    let bad = [
        (path.as_str(), json!({ "avatar": "javascript:alert(1)" })),
        (&path, json!({ "avatar": "//evil.example/a.png" })),
        (&path, json!({ "name": " " })),
        (&path, json!({ "announcement": "x".repeat(2_001) })),
        (&path, json!({ "join_policy": "anything" })),
        (&to_other, json!({ "mute_s": -1 })),
        (&to_other, json!({ "mute_s": 31_536_001 })),
        (&to_other, json!({ "role": "owner" })),
    ];
    for (path, body) in bad {
        circle.owner.patch(path, body).await.problem(422, "invalid");
    }
    let own = json!({ "nickname": "老大", "alias": "我的群" });
    let seen = circle.owner.patch(&format!("{path}/me"), own).await.view();
    assert_eq!((&seen["nickname"], &seen["alias"]), (&json!("老大"), &json!("我的群")));
    assert_eq!(circle.member.get(&path).await.view().get("alias"), None);
}

#[tokio::test]
async fn a_group_that_is_given_away_belongs_to_the_other_one() {
    let im = Im::start().await;
    let circle = Circle::gather(&im).await;
    let group = circle.group().await;
    let (owner, heir) = (&circle.owner, &circle.manager);
    let path = format!("/groups/{group}/owner");
    for (who, status, code) in
        [(circle.stranger.id, 404, "not_member"), (owner.id, 403, "yourself"), (999_999, 404, "not_member")]
    {
        owner.post(&path, json!({ "account": who })).await.problem(status, code);
    }
    let given = owner.post(&path, json!({ "account": heir.id })).await.view();
    assert_eq!(
        (&given["owner"], &given["role"], &given["members"]),
        (&json!(heir.id), &json!("member"), &json!(4))
    );
    assert_eq!(heir.get(&format!("/groups/{group}")).await.view()["role"], "owner");
    owner.delete(&format!("/groups/{group}")).await.problem(403, "not_allowed");
    owner.post(&path, json!({ "account": owner.id })).await.problem(403, "owner_only");
    owner.post(&format!("/groups/{group}/leave"), json!(null)).await.done();
    heir.delete(&format!("/groups/{group}")).await.done();
    for who in [owner, heir, &circle.member] {
        who.get(&format!("/groups/{group}")).await.problem(404, "not_member");
    }
}

#[tokio::test]
async fn the_owner_decides_who_comes_in_where_it_approves() {
    let im = Im::start().await;
    let circle = Circle::gather(&im).await;
    let (owner, friend, group) = (&circle.owner, &circle.friend, circle.group().await);
    owner.patch(&format!("/groups/{group}"), json!({ "join_policy": "approval" })).await.view();
    let bring = format!("/groups/{group}/members");
    let brought =
        circle.member.post(&bring, json!({ "accounts": [friend.id, circle.member.id, owner.id] })).await;
    brought.problem(403, "not_friends"); // not a friend of itself
    let brought = circle.member.post(&bring, json!({ "accounts": [friend.id, owner.id] })).await.view();
    assert_eq!(brought, json!({ "joined": [], "waiting": [friend.id] }));
    friend.get(&format!("/groups/{group}")).await.problem(404, "not_member");

    let requests = format!("/groups/{group}/requests");
    let waiting = owner.get(&requests).await.view();
    assert_eq!(waiting["items"][0]["account"]["id"], friend.id);
    assert_eq!(waiting["items"][0]["inviter"]["id"], circle.member.id);
    assert_eq!(owner.get(&format!("/groups/{group}")).await.view()["members"], 4, "who waits is not in it");
    let decide = |who: i64, verdict: &str| format!("{requests}/{who}/{verdict}");
    circle.manager.post(&decide(friend.id, "accept"), json!(null)).await.problem(403, "owner_only");
    circle.stranger.post(&decide(friend.id, "accept"), json!(null)).await.problem(404, "not_member");
    owner.post(&decide(circle.stranger.id, "accept"), json!(null)).await.problem(404, "no_such_request");
    owner.post(&decide(friend.id, "refuse"), json!(null)).await.done();
    owner.post(&decide(friend.id, "accept"), json!(null)).await.problem(404, "no_such_request");

    circle.member.post(&bring, json!({ "accounts": [friend.id] })).await.view();
    owner.post(&decide(friend.id, "accept"), json!(null)).await.done();
    assert!(members(friend, group).await.contains(&friend.id));
    assert_eq!(owner.get(&requests).await.view()["items"], json!([]));
    // The owner's own guests need nobody's consent, and the heir decides after it.
    owner.delete(&format!("/groups/{group}/members/{}", friend.id)).await.done();
    circle.member.post(&bring, json!({ "accounts": [friend.id] })).await.view();
    owner.post(&format!("/groups/{group}/owner"), json!({ "account": circle.manager.id })).await.view();
    assert_eq!(circle.manager.get(&requests).await.view()["items"][0]["account"]["id"], friend.id);
    let guest = circle.manager.post(&bring, json!({ "accounts": [friend.id] })).await.view();
    assert_eq!(guest, json!({ "joined": [friend.id], "waiting": [] }));
}

#[tokio::test]
async fn a_locked_group_is_seen_and_left_but_not_changed() {
    let im = Im::start().await;
    let circle = Circle::gather(&im).await;
    let group = circle.group().await;
    im.sql("update chat_group set status = 2 where id = $1", group).await;
    let path = format!("/groups/{group}");
    assert_eq!(circle.owner.get(&path).await.view()["status"], "locked");
    assert_eq!(members(&circle.member, group).await.len(), 4);
    circle.owner.patch(&path, json!({ "name": "x" })).await.problem(403, "group_locked");
    circle.owner.delete(&path).await.problem(403, "group_locked");
    circle.stranger.patch(&path, json!({ "name": "x" })).await.problem(404, "not_member");
    circle.member.post(&format!("{path}/leave"), json!(null)).await.done();
    circle.member.post(&format!("{path}/leave"), json!(null)).await.problem(404, "not_member");
}

#[tokio::test]
async fn what_is_done_to_a_group_is_heard_in_the_other_dialects() {
    let im = start_pop().await;
    let circle = Circle::gather(&im).await;
    let (egg, pop) = (im.login("member").await, im.sign_in("manager", PASSWORD).await);
    let (mut at_egg, mut at_pop) = (egg.connect().await, pop.listen().await);
    let group = circle.group().await;
    let heard = at_egg.push().await;
    assert_eq!((&heard["chatType"], &heard["to_id"]), (&json!("group"), &json!(group)), "{heard}");
    let added = at_pop.event("addGroup", &format!("user-{}", pop.uid)).await;
    assert_eq!(added["gid"], group, "{added}");

    let mut in_group = pop.listen_to(group).await;
    circle.owner.patch(&format!("/groups/{group}"), json!({ "name": "新名" })).await.view();
    assert_eq!(said(&at_egg.push().await), "群名称修改为：新名");
    assert_eq!(in_group.event("updateGroup", &format!("group-{group}")).await["groupname"], "新名");
    circle.owner.post(&format!("/groups/{group}/owner"), json!({ "account": pop.uid })).await.view();
    assert_eq!(said(&at_egg.push().await), "[owner]将群主转让给 [manager]");
    let line = loop {
        let message = in_group.event("message", &format!("group-{group}")).await["content"].to_string();
        if !message.contains("修改") {
            break message;
        }
    };
    assert!(line.contains("将群主转让给") && line.contains("manager"), "{line}");
    // The heir dissolves it in its own dialect.
    pop.post("group/delete", crate::pop::kit::form! { "gid": group }).await.done();
    circle.member.get(&format!("/groups/{group}")).await.problem(404, "not_member");
}

#[tokio::test]
async fn who_gives_a_group_away_while_it_ends_leaves_nothing_between() {
    let im = Im::start().await;
    let circle = Circle::gather(&im).await;
    for _ in 0..8 {
        let group = circle.group().await;
        let mut all = JoinSet::new();
        let (owner, manager, heir) = (circle.owner.clone(), circle.manager.clone(), circle.manager.id);
        all.spawn(async move {
            owner.post(&format!("/groups/{group}/owner"), json!({ "account": heir })).await.status
        });
        for who in [circle.owner.clone(), manager] {
            all.spawn(async move { who.delete(&format!("/groups/{group}")).await.status });
        }
        let leaver = circle.manager.clone();
        all.spawn(async move { leaver.post(&format!("/groups/{group}/leave"), json!(null)).await.status });
        for status in all.join_all().await {
            assert!([200, 204, 403, 404].contains(&status), "{status}");
        }
        // Either it is gone, or whoever owns it is in it.
        for who in [&circle.owner, &circle.manager] {
            let seen = who.get(&format!("/groups/{group}")).await;
            if seen.status == 200 {
                let owner = seen.body["owner"].as_i64().unwrap();
                assert!(members(who, group).await.contains(&owner), "{}", seen.body);
            }
        }
    }
}
