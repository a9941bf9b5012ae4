//! Groups: making, showing, joining, leaving, the owner's rights (egg.md §4 #21, #23–#28, #35–#38, §6.6).
use crate::{kit::*, shape};
use reqwest::Method;
use serde_json::{Value, json};

const BANNED: &str = "群不存在或被封禁";
const NO_RIGHT: &str = "群不存在或者被封禁或者你无权操作";

async fn create(who: &Person, edges: Value) -> Answer {
    who.post("/api/chat/group/create", json!({ "userIds": edges })).await
}

async fn info(who: &Person, group: i64) -> Value {
    who.get(&format!("/api/chat/groupinfo/{group}")).await.ok()
}

/// The numbers of the active members.
async fn members(who: &Person, group: i64) -> Vec<i64> {
    let info = info(who, group).await;
    info["group_users"].as_array().unwrap().iter().map(|member| member["user_id"].as_i64().unwrap()).collect()
}

async fn invite(who: &Person, group: i64, user: i64, inviter: i64) -> Answer {
    let body =
        json!({ "group_id": group, "user_id": user, "inviteuser_id": inviter, "addGroupDesc": "你好" });
    who.post("/api/chat/groupInviteUser", body).await
}

/// Joins by itself, as the client does from a QR code.
async fn join(who: &Person, group: i64) -> Answer {
    invite(who, group, who.id, -1).await
}

async fn policy(owner: &Person, group: i64, policy: i64) {
    let body = json!({ "group_id": group, "addGroupSet": policy });
    assert_eq!(owner.post("/api/chat/groupAddUserSet", body).await.ok(), json!("设置成功"));
}

async fn decide(who: &Person, group: i64, user: i64, verdict: &str) -> Answer {
    let body = json!({ "group_id": group, "user_id": user, "type": verdict });
    who.post("/api/chat/groupAgreeOrNo", body).await
}

async fn kick(who: &Person, group: i64, user: i64) -> Answer {
    who.post("/api/chat/groupDeleteUser", json!({ "group_id": group, "user_id": user })).await
}

async fn leave(who: &Person, group: i64) -> Answer {
    who.post("/api/chat/groupDeleteOrQuit", json!({ "id": group })).await
}

async fn set(who: &Person, field: &str, value: &str) {
    let body = json!({ "fieldname": field, "fieldValue": value });
    who.post("/api/chat/updateUserinfo", body).await.ok();
}

/// A group row of #23 and #24 with these members.
fn group_row(group_users: Value) -> Value {
    json!({
        "create_time": "2025-08-19 11:33:54", "id": 33, "uuid": "436937ea-ea54-4866-ae14-c87085219744", "user_id": 6,
        "name": "", "avatar": "", "remark": "", "invite_confirm": 0, "status": 1, "order": 50,
        "group_users": group_users,
    })
}

#[tokio::test]
async fn a_new_group_is_named_and_pictured_after_its_members() {
    let im = Im::start().await;
    let (ann, bob, vis) = (im.user("ann1").await, im.user("bob1").await, im.visitor(1).await);
    set(&bob, "nickname", "阿波").await;
    for (who, avatar) in [(&ann, "/a.png"), (&bob, "/b.png"), (&vis, "/v.png")] {
        set(who, "avatar", avatar).await;
    }
    // Chosen in another order than that of their numbers.
    let edges = [im.befriend(&ann, &vis).await.0, im.befriend(&ann, &bob).await.0];
    assert_eq!(create(&ann, json!(edges)).await.ok(), json!("ok"));

    let list = ann.get("/api/chat/grouplist/1").await.ok();
    let mine = json!([{ "group_id": 33, "user_id": 6, "nickname": "", "avatar": "" }]);
    shape::same(&list, &json!([group_row(mine)]));
    let row = &list[0];
    let found = json!([row["name"], row["avatar"], row["remark"], row["invite_confirm"], row["status"]]);
    assert_eq!(found, json!([format!("ann1、阿波、{}", vis.name), "/a.png,/b.png,/v.png", "", 0, 1]));
    assert_eq!(
        row["group_users"],
        json!([{ "group_id": row["id"], "user_id": ann.id, "nickname": "", "avatar": "" }])
    );

    let group = row["id"].as_i64().unwrap();
    let info = info(&ann, group).await;
    let user = json!({
        "id": 6, "username": "", "avatar": "", "nickname": "", "role": "user",
        "uuid": "fe047323-c8e3-4305-b014-3d8c7d24f001",
    });
    let member = json!({
        "create_time": "2025-08-19 11:33:54", "id": 137, "group_id": 33, "user_id": 6, "nickname": "", "avatar": "",
        "status": 1, "order": 50, "groupId": 33, "user": user,
    });
    shape::same(&info, &group_row(json!([member])));
    for key in ["id", "uuid", "name", "avatar", "remark", "create_time", "user_id"] {
        assert_eq!(info[key], row[key], "{key}");
    }
    assert_eq!(info["user_id"], ann.id);
    assert_eq!(members(&ann, group).await, [ann.id, bob.id, vis.id]);
    let last = &info["group_users"][2];
    let found = json!([last["groupId"], last["user"]["id"], last["user"]["role"], last["user"]["uuid"]]);
    assert_eq!(found, json!([group, vis.id, "visitor", vis.uuid]));
}

#[tokio::test]
async fn the_chosen_friends_arrive_in_every_form_of_an_array() {
    let im = Im::start().await;
    let (ann, bob, carol) = (im.user("ann1").await, im.user("bob1").await, im.user("carol").await);
    let (b, c) = (im.befriend(&ann, &bob).await.0, im.befriend(&ann, &carol).await.0);
    let path = "/api/chat/group/create";
    let json_bodies = [
        json!([b, c]),
        json!([b.to_string(), c.to_string()]),
        json!(format!("[{b},{c}]")),
        json!(format!("{b},{c}")),
        json!([b, c, b, c, 999_999]),
    ];
    let forms = [
        vec![("userIds", format!("{b},{c}"))],
        vec![("userIds", format!("[{b},{c}]"))],
        vec![("userIds", b.to_string()), ("userIds", c.to_string())],
        vec![("userIds[]", b.to_string()), ("userIds[]", c.to_string())],
        vec![("userIds[0]", b.to_string()), ("userIds[1]", c.to_string())],
    ];
    for body in json_bodies {
        assert_eq!(create(&ann, body.clone()).await.ok(), json!("ok"), "{body}");
        let newest = ann.get("/api/chat/grouplist/1").await.ok()[0]["id"].as_i64().unwrap();
        assert_eq!(members(&ann, newest).await, [ann.id, bob.id, carol.id], "{body}");
        leave(&ann, newest).await.ok();
    }
    for form in forms {
        let made = answer(ann.request(Method::POST, path).form(&form)).await;
        assert_eq!(made.ok(), json!("ok"), "{form:?}");
        let newest = ann.get("/api/chat/grouplist/1").await.ok()[0]["id"].as_i64().unwrap();
        assert_eq!(members(&ann, newest).await, [ann.id, bob.id, carol.id], "{form:?}");
        leave(&ann, newest).await.ok();
    }
}

#[tokio::test]
async fn a_group_needs_friends_of_ones_own() {
    let im = Im::start().await;
    let (ann, bob, gone, black) =
        (im.user("ann1").await, im.user("bob1").await, im.user("gone").await, im.user("black").await);
    let (theirs, _) = im.befriend(&bob, &black).await;
    let (disabled, _) = im.befriend(&ann, &gone).await;
    let (blocked, _) = im.befriend(&ann, &black).await;
    let (cut, reverse) = im.befriend(&ann, &bob).await;
    im_core::accounts::set_enabled(im.app(), "gone".into(), false).await.unwrap();
    ann.post(&format!("/api/chat/setblackgoodfriend/{}", black.id), json!({})).await.ok();
    im.sql("update edge set status = 0 where id = $1", cut).await;
    let choose = "请选择加入群聊的用户";
    let cases = [
        (json!([]), 400, choose),
        (json!([theirs]), 400, choose),
        (json!([reverse]), 400, choose),
        (json!([blocked]), 400, choose),
        (json!([cut]), 400, choose),
        (json!([999_999, 0, -1]), 400, choose),
        (json!([disabled]), 400, "用户不存在，无法加入群聊"),
        (json!(""), 422, "userIds不能为空"),
    ];
    for (edges, status, text) in cases {
        create(&ann, edges).await.fails(status, text);
    }
    ann.post("/api/chat/group/create", json!({})).await.fails(422, "userIds不能为空");
    assert_eq!(ann.get("/api/chat/grouplist/1").await.ok(), json!([]));
    // One usable row is enough.
    im.sql("update edge set status = 1 where id = $1", cut).await;
    create(&ann, json!([theirs, disabled, blocked, cut])).await.ok();
    let group = ann.get("/api/chat/grouplist/1").await.ok()[0]["id"].as_i64().unwrap();
    assert_eq!(members(&ann, group).await, [ann.id, bob.id]);
}

#[tokio::test]
async fn names_are_cut_at_fifty_and_pictures_at_nine() {
    let im = Im::start().await;
    let ann = im.user("ann1").await;
    let mut friends = Vec::new();
    for n in 0..10 {
        let friend = im.user(&format!("friend_{n}")).await;
        set(&friend, "avatar", &format!("/{n}.png")).await;
        friends.push(friend);
    }
    set(&ann, "avatar", "/me.png").await;
    let group = im.group(&ann, &friends.iter().collect::<Vec<_>>()).await;
    let row = info(&ann, group).await;
    let whole = "ann1、friend_0、friend_1、friend_2、friend_3、friend_4、friend_5";
    assert_eq!(row["name"], whole.chars().take(50).collect::<String>());
    assert_eq!(row["avatar"], "/me.png,/0.png,/1.png,/2.png,/3.png,/4.png,/5.png,/6.png,/7.png");
    assert_eq!(row["group_users"].as_array().unwrap().len(), 11);
}

#[tokio::test]
async fn my_groups_come_in_pages_newest_first() {
    let im = Im::start().await;
    let (ann, bob, vis) = (im.user("ann1").await, im.user("bob1").await, im.visitor(1).await);
    let mut groups = Vec::new();
    for _ in 0..4 {
        groups.insert(0, im.group(&ann, &[&bob]).await);
    }
    join(&vis, groups[1]).await.ok();
    policy(&ann, groups[2], 1).await;
    join(&vis, groups[2]).await.ok();
    // The seed writes the limit into the path.
    let cases = [
        ("1", &groups[..]),
        ("1?limit=3", &groups[..3]),
        ("2?limit=3", &groups[3..]),
        ("3?limit=3", &[]),
        ("1&limit=3", &groups[..3]),
        ("2&limit=3", &groups[3..]),
        ("1&limit=3?limit=1", &groups[..1]),
        ("1?limit=x", &groups[..]),
        ("1?limit=0", &groups[..1]),
    ];
    for (query, expected) in cases {
        for who in [&ann, &bob] {
            let list = who.get(&format!("/api/chat/grouplist/{query}")).await.ok();
            let found: Vec<_> =
                list.as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect();
            assert_eq!(found, expected, "{query}");
        }
    }
    // Only where one is a member, not where one waits.
    let list = vis.get("/api/chat/grouplist/1").await.ok();
    assert_eq!((list.as_array().unwrap().len(), &list[0]["id"]), (1, &json!(groups[1])));
    im.sql("update chat_group set status = 2 where id = $1", groups[1]).await;
    assert_eq!(vis.get("/api/chat/grouplist/1").await.ok(), json!([]));
}

#[tokio::test]
async fn whoever_may_ask_to_join_may_look_first() {
    let im = Im::start().await;
    let (ann, bob) = (im.user("ann1").await, im.user("bob1").await);
    let (eve, vis) = (im.user("eve1").await, im.visitor(1).await);
    let group = im.group(&ann, &[&bob]).await;
    for who in [&ann, &bob, &eve, &vis] {
        let row = info(who, group).await;
        shape::covers(
            &row["group_users"][0],
            &json!({ "user_id": 1, "nickname": "", "avatar": "", "user": {} }),
        );
        assert_eq!(members(who, group).await, [ann.id, bob.id]);
    }
    let path = format!("/api/chat/groupinfo/{group}");
    eve.get("/api/chat/groupinfo/999999").await.fails(400, BANNED);
    eve.get("/api/chat/groupinfo/0").await.fails(422, "群id 的数值 必须 在 1 和 10000000000000000 之间");
    eve.get("/api/chat/groupinfo/x").await.fails(422, "群id 的值 `x` 的类型不是 `int`");
    im.sql("update chat_group set status = 2 where id = $1", group).await;
    ann.get(&path).await.fails(400, BANNED);
    im.sql("update chat_group set status = 1 where id = $1", group).await;
    leave(&ann, group).await.ok();
    bob.get(&path).await.fails(400, BANNED);
}

#[tokio::test]
async fn what_is_the_owners_is_refused_to_everybody_else() {
    let im = Im::start().await;
    let (ann, bob, eve) = (im.user("ann1").await, im.user("bob1").await, im.user("eve1").await);
    let group = im.group(&ann, &[&bob]).await;
    // route, the fields besides the group's number, name of that number, text
    let routes = [
        ("groupUpdateName", json!({ "name": "新" }), "id", "只有群主才能修改群名称"),
        ("groupremark", json!({ "remark": "新" }), "id", "只有群主才能修改群公告"),
        ("groupDeleteUser", json!({ "user_id": bob.id }), "group_id", "只有群主才能操作"),
        ("groupAddUserSet", json!({ "addGroupSet": 1 }), "group_id", NO_RIGHT),
        ("groupAgreeOrNo", json!({ "user_id": bob.id, "type": "agree" }), "group_id", NO_RIGHT),
    ];
    let call = |who: &Person, route: &str, mut body: Value, key: &str, group: i64| {
        body[key] = json!(group);
        let (who, path) = (who.clone(), format!("/api/chat/{route}"));
        async move { who.post(&path, body).await }
    };
    for (route, body, key, text) in &routes {
        for who in [&bob, &eve] {
            call(who, route, body.clone(), key, group).await.fails(400, text);
        }
        call(&ann, route, body.clone(), key, 999_999).await.fails(400, text);
    }
    im.sql("update chat_group set status = 2 where id = $1", group).await;
    for (route, body, key, text) in &routes {
        call(&ann, route, body.clone(), key, group).await.fails(400, text);
    }
    // A locked group is closed to its members, too.
    leave(&bob, group).await.fails(400, "群不存在");
    let nickname = json!({ "id": group, "nickname": "小名" });
    bob.post("/api/chat/groupnickname", nickname).await.fails(400, "你不在该群聊中，无法修改昵称");
    im.sql("update chat_group set status = 1 where id = $1", group).await;
    let row = info(&ann, group).await;
    assert_eq!((&row["remark"], &row["invite_confirm"]), (&json!(""), &json!(0)));
    assert_eq!(members(&ann, group).await, [ann.id, bob.id]);
}

#[tokio::test]
async fn an_owner_names_the_group_and_announces() {
    let im = Im::start().await;
    let (ann, bob) = (im.user("ann1").await, im.user("bob1").await);
    let group = im.group(&ann, &[&bob]).await;
    let (name, remark) = ("群".repeat(20), "告".repeat(500));
    let cases = [
        ("groupUpdateName", json!({ "id": group, "name": name })),
        ("groupremark", json!({ "id": group, "remark": remark })),
        ("groupnickname", json!({ "id": group, "nickname": name })),
    ];
    for (route, body) in cases {
        assert_eq!(ann.post(&format!("/api/chat/{route}"), body).await.ok(), json!("ok"), "{route}");
    }
    let row = info(&bob, group).await;
    assert_eq!((&row["name"], &row["remark"]), (&json!(name), &json!(remark)));
    assert_eq!(row["group_users"][0]["nickname"], name);
    assert_eq!(ann.get("/api/chat/grouplist/1").await.ok()[0]["group_users"][0]["nickname"], name);

    let (long, verbose) = (format!("{name}群"), format!("{remark}告"));
    let cases = [
        ("groupUpdateName", json!({ "name": "x" }), "群id不能为空"),
        ("groupUpdateName", json!({ "id": group }), "群名称不能为空"),
        ("groupUpdateName", json!({ "id": group, "name": long }), "群名称 的长度 必须 在 1 和 20 之间"),
        ("groupremark", json!({ "remark": "x" }), "群id不能为空"),
        ("groupremark", json!({ "id": group, "remark": "" }), "群公告不能为空"),
        ("groupremark", json!({ "id": group, "remark": verbose }), "群公告 的长度 必须 在 1 和 500 之间"),
        ("groupnickname", json!({ "nickname": "x" }), "群id不能为空"),
        ("groupnickname", json!({ "id": group, "nickname": "" }), "群昵称不能为空"),
        ("groupnickname", json!({ "id": group, "nickname": long }), "群昵称 的长度 必须 在 1 和 20 之间"),
        ("groupDeleteOrQuit", json!({}), "群id不能为空"),
        ("groupDeleteUser", json!({}), "群id不能为空"),
        ("groupDeleteUser", json!({ "group_id": group }), "群成员id不能为空"),
        ("groupAgreeOrNo", json!({}), "群id不能为空"),
        ("groupAgreeOrNo", json!({ "group_id": group }), "进群的用户id不能为空"),
        ("groupAgreeOrNo", json!({ "group_id": group, "user_id": 1 }), "同意或者拒绝不能为空"),
        (
            "groupAgreeOrNo",
            json!({ "group_id": group, "user_id": 1, "type": "yes" }),
            "同意或者拒绝 的值 `yes` 必须在 [`agree`、`no`] 中",
        ),
        ("groupInviteUser", json!({}), "群id不能为空"),
        ("groupInviteUser", json!({ "group_id": group }), "用户id不能为空"),
        ("groupAddUserSet", json!({}), "群id不能为空"),
        ("groupAddUserSet", json!({ "group_id": group }), "进群设置属性值不能为空"),
    ];
    for (route, body, text) in cases {
        ann.post(&format!("/api/chat/{route}"), body).await.fails(422, text);
    }
}

#[tokio::test]
async fn only_members_have_a_name_in_the_group() {
    let im = Im::start().await;
    let (ann, vis, eve) = (im.user("ann1").await, im.visitor(1).await, im.user("eve1").await);
    let group = im.group(&ann, &[&vis]).await;
    policy(&ann, group, 1).await;
    join(&eve, group).await.ok();
    let call = |who: &Person, id: i64| {
        let who = who.clone();
        async move { who.post("/api/chat/groupnickname", json!({ "id": id, "nickname": "小名" })).await }
    };
    assert_eq!(call(&vis, group).await.ok(), json!("ok"));
    assert_eq!(info(&ann, group).await["group_users"][1]["nickname"], "小名");
    for (who, id) in [(&eve, group), (&ann, 999_999)] {
        call(who, id).await.fails(400, "你不在该群聊中，无法修改昵称");
    }
}

#[tokio::test]
async fn members_leave_and_the_owner_dissolves() {
    let im = Im::start().await;
    let (ann, bob, vis, eve) =
        (im.user("ann1").await, im.user("bob1").await, im.visitor(1).await, im.user("eve1").await);
    let group = im.group(&ann, &[&bob, &vis]).await;
    leave(&ann, 999_999).await.fails(400, "群不存在");
    leave(&eve, group).await.fails(400, "你不在该群聊中，操作失败");
    for (who, left) in [(&bob, vec![ann.id, vis.id]), (&vis, vec![ann.id])] {
        assert_eq!(leave(who, group).await.ok(), json!("ok"));
        assert_eq!(members(&ann, group).await, left);
        assert_eq!(who.get("/api/chat/grouplist/1").await.ok(), json!([]));
        leave(who, group).await.fails(400, "你不在该群聊中，操作失败");
    }
    // Who left may come back; who waits may withdraw, and apply again.
    assert_eq!(join(&bob, group).await.ok(), json!("加群成功"));
    assert_eq!(members(&ann, group).await, [ann.id, bob.id]);
    policy(&ann, group, 1).await;
    for _ in 0..2 {
        assert_eq!(join(&eve, group).await.ok(), json!("等待群主同意"));
        assert_eq!(leave(&eve, group).await.ok(), json!("ok"));
    }
    assert_eq!(leave(&ann, group).await.ok(), json!("ok"));
    for who in [&ann, &bob] {
        assert_eq!(who.get("/api/chat/grouplist/1").await.ok(), json!([]));
        leave(who, group).await.fails(400, "群不存在");
        who.get(&format!("/api/chat/groupinfo/{group}")).await.fails(400, BANNED);
        join(who, group).await.fails(400, "群不存在或者被封禁");
    }
}

#[tokio::test]
async fn an_owner_removes_whom_it_likes_but_itself() {
    let im = Im::start().await;
    let (ann, bob, carol, eve) =
        (im.user("ann1").await, im.user("bob1").await, im.user("carol").await, im.user("eve1").await);
    for (who, avatar) in [(&ann, "/a.png"), (&bob, "/b.png"), (&carol, "/c.png"), (&eve, "/e.png")] {
        set(who, "avatar", avatar).await;
    }
    let group = im.group(&ann, &[&bob, &carol]).await;
    kick(&ann, group, ann.id).await.fails(400, "群主不能删除自己");
    assert_eq!(kick(&ann, group, bob.id).await.ok(), json!("删除群成员成功"));
    assert_eq!(members(&ann, group).await, [ann.id, carol.id]);
    assert_eq!(info(&ann, group).await["avatar"], "/a.png,/c.png");
    bob.send(group, "group", "hi").await.fails(400, "您不在群里，无法发消息");
    for stranger in [bob.id, eve.id, 999_999] {
        assert_eq!(kick(&ann, group, stranger).await.ok(), json!("删除群成员成功"));
    }
    // An applicant goes too, and the removed one may come back, now as the last.
    policy(&ann, group, 1).await;
    join(&eve, group).await.ok();
    kick(&ann, group, eve.id).await.ok();
    decide(&ann, group, eve.id, "agree").await.fails(400, "非法操作");
    policy(&ann, group, 0).await;
    for (who, avatar) in [(&eve, "/a.png,/c.png,/e.png"), (&bob, "/a.png,/c.png,/e.png,/b.png")] {
        assert_eq!(join(who, group).await.ok(), json!("加群成功"));
        assert_eq!(info(&ann, group).await["avatar"], avatar);
    }
    assert_eq!(members(&ann, group).await, [ann.id, carol.id, eve.id, bob.id]);
}

#[tokio::test]
async fn the_join_policy_decides_who_comes_in() {
    let im = Im::start().await;
    let (ann, bob) = (im.user("ann1").await, im.user("bob1").await);
    let group = im.group(&ann, &[&bob]).await;
    let (joined, waits, sign_in) = ("加群成功", "等待群主同意", "请先登录再申请进群");
    // policy, who invites (0: comes by itself), newcomer is a visitor, answer
    let cases = [
        (0, 0, false, joined),
        (0, 0, true, joined),
        (0, bob.id, true, joined),
        (0, ann.id, true, joined),
        (1, 0, false, waits),
        (1, 0, true, waits),
        (1, bob.id, false, waits),
        (1, bob.id, true, waits),
        (1, ann.id, false, joined),
        (1, ann.id, true, joined),
        (2, 0, false, joined),
        (2, 0, true, sign_in),
        (2, bob.id, false, joined),
        (2, bob.id, true, sign_in),
        (2, ann.id, true, joined),
        (3, 0, true, joined),
        (10, bob.id, false, joined),
    ];
    for (n, (rule, inviter, is_visitor, text)) in cases.into_iter().enumerate() {
        policy(&ann, group, rule).await;
        let new = if is_visitor { im.visitor(n as u32).await } else { im.user(&format!("user_{n}")).await };
        let got = match inviter {
            0 => join(&new, group).await,
            id if id == ann.id => invite(&ann, group, new.id, id).await,
            id => invite(&bob, group, new.id, id).await,
        };
        if text == sign_in {
            got.fails(400, text)
        } else {
            assert_eq!(got.ok(), json!(text), "{n}")
        }
        assert_eq!(members(&ann, group).await.contains(&new.id), text == joined, "{n}");
        assert_eq!(info(&ann, group).await["invite_confirm"], rule);
    }
}

#[tokio::test]
async fn a_join_policy_is_a_number_up_to_ten() {
    let im = Im::start().await;
    let (ann, bob) = (im.user("ann1").await, im.user("bob1").await);
    let group = im.group(&ann, &[&bob]).await;
    let range = "进群设置属性值 的数值 必须 大于等于 `0` 小于等于 `10`";
    for (value, text) in
        [(json!(11), range), (json!(-1), range), (json!("a"), "进群设置属性值 的值 `a` 的类型不是 `int`")]
    {
        let body = json!({ "group_id": group, "addGroupSet": value });
        ann.post("/api/chat/groupAddUserSet", body).await.fails(422, text);
    }
    for value in 0..=10 {
        policy(&ann, group, value).await;
        assert_eq!(info(&ann, group).await["invite_confirm"], value);
    }
}

#[tokio::test]
async fn invitations_are_checked_in_their_order() {
    let im = Im::start().await;
    let (ann, bob, eve, gone) =
        (im.user("ann1").await, im.user("bob1").await, im.user("eve1").await, im.user("gone").await);
    im_core::accounts::set_enabled(im.app(), "gone".into(), false).await.unwrap();
    let group = im.group(&ann, &[&bob]).await;
    let (banned, forged) = ("群不存在或者被封禁", "非法操作");
    let nobody = "加群的用户不存在或已被封禁，无法加入群聊";
    // who calls, group, user, inviter, text
    let cases = [
        (&eve, 999_999, eve.id, -1, banned),
        (&eve, 999_999, bob.id, ann.id, banned),
        // Nobody invites in another's name, or without being a member.
        (&eve, group, eve.id, ann.id, forged),
        (&bob, group, eve.id, ann.id, forged),
        (&eve, group, eve.id, eve.id, forged),
        (&eve, group, gone.id, eve.id, forged),
        (&eve, group, gone.id, -1, forged),
        (&eve, group, bob.id, 0, forged),
        (&eve, group, bob.id, 999_999, forged),
        // Then whom.
        (&ann, group, bob.id, ann.id, "用户已经在群里"),
        (&bob, group, bob.id, -1, "用户已经在群里"),
        (&ann, group, 999_999, ann.id, nobody),
        (&bob, group, gone.id, bob.id, nobody),
    ];
    for (who, group, user, inviter, text) in cases {
        invite(who, group, user, inviter).await.fails(400, text);
    }
    policy(&ann, group, 1).await;
    join(&eve, group).await.ok();
    let waiting = "已申请加入群聊，正在等待群主同意";
    join(&eve, group).await.fails(400, waiting);
    invite(&bob, group, eve.id, bob.id).await.fails(400, waiting);
    invite(&ann, group, eve.id, ann.id).await.fails(400, waiting);
    // Who waits is no member, and invites nobody.
    let carol = im.user("carol").await;
    invite(&eve, group, carol.id, eve.id).await.fails(400, forged);
    eve.send(group, "group", "hi").await.fails(400, "您不在群里，无法发消息");
    // A member who does not say who invites is the inviter; a text that is too long is dropped.
    let body = json!({ "group_id": group, "user_id": carol.id, "addGroupDesc": "长".repeat(501) });
    assert_eq!(ann.post("/api/chat/groupInviteUser", body).await.ok(), json!("加群成功"));
    im.sql("update chat_group set status = 2 where id = $1", group).await;
    join(&im.user("dave").await, group).await.fails(400, banned);
}

#[tokio::test]
async fn an_owner_lets_applicants_in_or_not() {
    let im = Im::start().await;
    let (ann, bob) = (im.user("ann1").await, im.user("bob1").await);
    let (yes, no, gone) = (im.user("yes1").await, im.visitor(1).await, im.user("gone").await);
    set(&yes, "avatar", "/y.png").await;
    let group = im.group(&ann, &[&bob]).await;
    policy(&ann, group, 1).await;
    for who in [&yes, &no, &gone] {
        assert_eq!(join(who, group).await.ok(), json!("等待群主同意"));
        assert_eq!(who.get("/api/chat/grouplist/1").await.ok(), json!([]));
    }
    for user in [bob.id, 999_999] {
        decide(&ann, group, user, "agree").await.fails(400, "非法操作");
    }
    assert_eq!(decide(&ann, group, yes.id, "agree").await.ok(), json!("处理成功"));
    assert_eq!(members(&ann, group).await, [ann.id, bob.id, yes.id]);
    assert!(info(&ann, group).await["avatar"].as_str().unwrap().ends_with(",/y.png"));
    assert_eq!(decide(&ann, group, no.id, "no").await.ok(), json!("处理成功"));
    for (user, verdict) in [(yes.id, "agree"), (yes.id, "no"), (no.id, "agree")] {
        decide(&ann, group, user, verdict).await.fails(400, "非法操作");
    }
    assert_eq!(join(&no, group).await.ok(), json!("等待群主同意"));
    // Nothing changes for who was disabled meanwhile.
    im_core::accounts::set_enabled(im.app(), "gone".into(), false).await.unwrap();
    decide(&ann, group, gone.id, "agree").await.fails(400, "用户不存在或者被封禁");
    im_core::accounts::set_enabled(im.app(), "gone".into(), true).await.unwrap();
    assert_eq!(decide(&ann, group, gone.id, "agree").await.ok(), json!("处理成功"));
    assert_eq!(members(&ann, group).await, [ann.id, bob.id, yes.id, gone.id]);
}

#[tokio::test]
async fn a_full_group_takes_nobody_more() {
    let im = Im::with(|settings| settings.chat.group_members = 3).await;
    let (ann, bob, carol, dave) =
        (im.user("ann1").await, im.user("bob1").await, im.user("carol").await, im.user("dave").await);
    let full = "群成员人数已达上限";
    let mut edges = Vec::new();
    for friend in [&bob, &carol, &dave] {
        edges.push(im.befriend(&ann, friend).await.0);
    }
    create(&ann, json!(edges)).await.fails(400, full);
    let group = im.group(&ann, &[&bob]).await;
    policy(&ann, group, 1).await;
    // However many apply and are let in, the group does not grow beyond its size.
    for who in [&carol, &dave] {
        join(who, group).await;
        decide(&ann, group, who.id, "agree").await;
    }
    assert_eq!(members(&ann, group).await.len(), 3);
    policy(&ann, group, 0).await;
    kick(&ann, group, dave.id).await.ok();
    join(&dave, group).await.fails(400, full);
    invite(&ann, group, dave.id, ann.id).await.fails(400, full);
    leave(&carol, group).await.ok();
    join(&dave, group).await.ok();
}

#[tokio::test]
async fn ten_who_join_at_once_are_ten_members_and_one_invited_ten_times_is_one() {
    let im = Im::start().await;
    let (ann, bob, eve) = (im.user("ann1").await, im.user("bob1").await, im.user("eve1").await);
    let group = im.group(&ann, &[&bob]).await;
    let mut crowd = Vec::new();
    for n in 0..10 {
        crowd.push(im.visitor(n).await);
    }
    let answers = futures_util::future::join_all(crowd.iter().map(|who| join(who, group))).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    let answers = futures_util::future::join_all((0..10).map(|_| invite(&ann, group, eve.id, ann.id))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.fails(400, "用户已经在群里");
    }
    assert_eq!(members(&ann, group).await.len(), 13);
}

#[tokio::test]
async fn ten_who_want_the_last_place_get_it_once() {
    let im = Im::with(|settings| settings.chat.group_members = 3).await;
    let (ann, bob) = (im.user("ann1").await, im.user("bob1").await);
    let group = im.group(&ann, &[&bob]).await;
    let mut crowd = Vec::new();
    for n in 0..10 {
        crowd.push(im.visitor(n).await);
    }
    let answers = futures_util::future::join_all(crowd.iter().map(|who| join(who, group))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.fails(400, "群成员人数已达上限");
    }
    assert_eq!(members(&ann, group).await.len(), 3);
}

#[tokio::test]
async fn who_leaves_and_comes_back_starts_anew() {
    let im = Im::start().await;
    let (ann, bob) = (im.user("ann1").await, im.user("bob1").await);
    let group = im.group(&ann, &[&bob]).await;
    bob.post("/api/chat/groupnickname", json!({ "id": group, "nickname": "小名" })).await.ok();
    let before = info(&ann, group).await["group_users"][1].clone();
    leave(&bob, group).await.ok();
    im.pass(60_000);
    join(&bob, group).await.ok();
    let after = info(&ann, group).await["group_users"][1].clone();
    assert_eq!((&after["user_id"], &after["nickname"]), (&json!(bob.id), &json!("")));
    assert_ne!(after["create_time"], before["create_time"]);
}
