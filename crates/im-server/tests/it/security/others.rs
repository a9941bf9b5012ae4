//! Other people's rows (rows 12 to 14, 18, 31).
use super::*;

// Rows 12, 13, 14, 31: other people's rows.

#[tokio::test]
async fn nobody_takes_back_what_another_said() {
    let im = Im::start().await;
    let (ann, bob, eve) = (im.user("anna").await, im.user("bobby").await, im.user("evelyn").await);
    for (a, b) in [(&ann, &bob), (&ann, &eve), (&bob, &eve)] {
        im.befriend(a, b).await;
    }
    let group = im.group(&ann, &[&bob, &eve]).await;
    let single = ann.say(&bob, "mine").await.ok();
    let grouped = ann.send(group, "group", "mine too").await.ok();
    let notice = {
        let mut socket = bob.connect().await;
        bob.drain().await;
        let mut notice = socket.push().await;
        while notice["chatType"] != "group" {
            notice = socket.push().await;
        }
        socket.close().await;
        notice
    };
    assert_eq!(notice["type"], "systemNotice");
    let mut sockets = Vec::new();
    for person in [&ann, &bob, &eve] {
        let mut socket = person.connect().await;
        person.drain().await;
        // All are friends of each other: somebody says where the old news end.
        let other = if person.id == ann.id { &bob } else { &ann };
        other.say(person, "begin").await.ok();
        while said(&socket.push().await) != "begin" {}
        sockets.push(socket);
    }
    let claim = |message: &Value, to: i64, chat_type: &str| {
        json!({
            "to_id": to, "to_name": "x", "to_avatar": "/public/icons/avatar.png", "id": message["id"],
            "chatType": chat_type, "create_time": im.now(), "from_id": message["from_id"],
        })
    };
    let old = {
        let mut old = claim(&single, bob.id, "single");
        old["create_time"] = json!(im.now() - 300_001);
        old
    };
    let ahead = {
        let mut ahead = claim(&single, bob.id, "single");
        ahead["create_time"] = json!(im.now() + 300_001);
        ahead
    };
    let cases = [
        (&eve, claim(&single, bob.id, "single"), 400, "非法操作"), // a stranger's message
        (&eve, claim(&single, ann.id, "single"), 400, "非法操作"),
        (&bob, claim(&single, ann.id, "single"), 400, "非法操作"), // the receiver is not its sender
        (&bob, claim(&single, bob.id, "single"), 400, "非法操作"),
        (&ann, claim(&single, eve.id, "single"), 400, "非法操作"), // said to somebody else
        (&ann, claim(&single, group, "group"), 400, "非法操作"),
        (&ann, claim(&grouped, bob.id, "single"), 400, "非法操作"),
        (&bob, claim(&grouped, group, "group"), 400, "非法操作"),
        (&eve, claim(&grouped, group, "group"), 400, "非法操作"),
        (&ann, claim(&notice, group, "group"), 400, "非法操作"), // notices are nobody's
        (&ann, old, 400, "消息超过5分钟，不能撤回"),
    ];
    for (who, body, status, text) in cases {
        who.post("/api/chat/revokeMessage", body.clone()).await.fails(status, text);
    }
    let answer = ann.post("/api/chat/revokeMessage", ahead).await;
    refused(&answer, "from the future");
    assert_eq!(answer.status, 422);

    // The time that is stored decides, whatever the client claims.
    im.pass(311_000);
    let late = claim(&single, bob.id, "single");
    ann.post("/api/chat/revokeMessage", late).await.fails(400, "消息超过5分钟，不能撤回");
    bob.say(&ann, "the end").await.ok();
    ann.say(&bob, "the end").await.ok();
    ann.say(&eve, "the end").await.ok();
    for socket in &mut sockets {
        assert_eq!(socket.text().await, "the end", "nobody was told of any revoke");
    }
    // An unknown id of a group needs a member, of a person somebody who exists.
    let stranger = im.user("stranger").await;
    let unknown = json!({ "id": "00000000-0000-4000-8000-000000000000" });
    stranger
        .post("/api/chat/revokeMessage", claim(&unknown, group, "group"))
        .await
        .fails(400, "你不在该群聊中，操作失败");
    stranger.post("/api/chat/revokeMessage", claim(&unknown, 99_999, "group")).await.fails(400, "群不存在");
    let nobody = claim(&unknown, 99_999, "single");
    let text = "对方不存在或者被禁用，不能发消息";
    stranger.post("/api/chat/revokeMessage", nobody).await.fails(400, text);
}

#[tokio::test]
async fn nobody_invites_in_anothers_name() {
    let im = Im::start().await;
    let (ann, bob, eve, dora) =
        (im.user("anna").await, im.user("bobby").await, im.user("evelyn").await, im.user("dora").await);
    let visitor = im.visitor(1).await;
    let group = im.group(&ann, &[&bob]).await;
    let policy = |n: i64| json!({ "group_id": group, "addGroupSet": n });
    ann.post("/api/chat/groupAddUserSet", policy(1)).await.ok();
    let before = rows(&ann, group).await;
    let claim =
        |who: i64, inviter: Value| json!({ "group_id": group, "user_id": who, "inviteuser_id": inviter });
    let cases = [
        (&eve, claim(eve.id, json!(ann.id))), // the owner invited me
        (&eve, claim(eve.id, json!(bob.id))),
        (&eve, claim(eve.id, json!(eve.id))), // I invited me, who am outside
        (&eve, claim(dora.id, json!(ann.id))),
        (&eve, claim(dora.id, json!(eve.id))),
        (&eve, claim(dora.id, json!(-1))), // she comes by herself
        (&eve, claim(dora.id, json!(0))),
        (&eve, json!({ "group_id": group, "user_id": dora.id })),
        (&bob, claim(eve.id, json!(ann.id))), // a member in the owner's name
        (&bob, claim(visitor.id, json!(ann.id.to_string()))),
        (&visitor, claim(visitor.id, json!(ann.id))),
        (&visitor, claim(bob.id, json!(ann.id))),
    ];
    for (who, body) in cases {
        who.post("/api/chat/groupInviteUser", body).await.fails(400, "非法操作");
    }
    assert_eq!(rows(&ann, group).await, before);

    // Waiting is not being in: the applicant can neither speak nor bring others, nor decide.
    let join = claim(eve.id, json!(-1));
    assert_eq!(eve.post("/api/chat/groupInviteUser", join).await.ok(), "等待群主同意");
    eve.post("/api/chat/groupInviteUser", claim(dora.id, json!(eve.id))).await.fails(400, "非法操作");
    eve.send(group, "group", "hi").await.fails(400, "您不在群里，无法发消息");
    let agree = json!({ "group_id": group, "user_id": eve.id, "type": "agree" });
    for who in [&eve, &bob] {
        who.post("/api/chat/groupAgreeOrNo", agree.clone())
            .await
            .fails(400, "群不存在或者被封禁或者你无权操作");
    }
    let qrcode = eve.get(&format!("/api/chat/groupQrcode/{group}")).await;
    qrcode.fails(400, "群不存在或被封禁或者您不在该群聊中");
    assert_eq!(rows(&ann, group).await, before);

    // Disabled meanwhile: nothing changes, on either answer.
    im_core::accounts::set_enabled(im.app(), "evelyn".into(), false).await.unwrap();
    ann.post("/api/chat/groupAgreeOrNo", agree.clone()).await.fails(400, "用户不存在或者被封禁");
    assert_eq!(rows(&ann, group).await, before);
    im_core::accounts::set_enabled(im.app(), "evelyn".into(), true).await.unwrap();
    assert_eq!(ann.post("/api/chat/groupAgreeOrNo", agree.clone()).await.ok(), "处理成功");
    ann.post("/api/chat/groupAgreeOrNo", agree).await.fails(400, "非法操作");

    ann.post("/api/chat/groupAddUserSet", policy(2)).await.ok();
    let join = claim(visitor.id, json!(-1));
    visitor.post("/api/chat/groupInviteUser", join).await.fails(400, "请先登录再申请进群");
    bob.post("/api/chat/groupInviteUser", claim(visitor.id, json!(bob.id)))
        .await
        .fails(400, "请先登录再申请进群");
}

#[tokio::test]
async fn a_group_is_made_of_ones_own_friends_only() {
    let im = Im::start().await;
    let (ann, bob, eve) = (im.user("anna").await, im.user("bobby").await, im.user("evelyn").await);
    let (of_ann, of_bob) = im.befriend(&ann, &bob).await;
    let nobody = "请选择加入群聊的用户";
    let lists = [
        json!([of_ann]),
        json!([of_bob, of_ann]),
        json!([]),
        json!([0, -1, 999_999]),
        json!(["x", null, {}, [], true, 1.5]),
        json!("1) or (1=1"),
        json!("[[1]]"),
        json!({ "0": of_ann }),
        json!([i64::MAX, i64::MIN, 1e300]),
        json!(vec![of_ann; 10_000]),
    ];
    for list in lists {
        let what = list.to_string().chars().take(60).collect::<String>();
        let answer = eve.post("/api/chat/group/create", json!({ "userIds": list })).await;
        refused(&answer, &what);
    }
    eve.post("/api/chat/group/create", json!({ "userIds": [of_ann] })).await.fails(400, nobody);
    for person in [&ann, &bob, &eve] {
        assert_eq!(person.get("/api/chat/grouplist/1").await.ok(), json!([]));
    }
    ann.post(&format!("/api/chat/setblackgoodfriend/{}", bob.id), json!({})).await.ok();
    ann.post("/api/chat/group/create", json!({ "userIds": [of_ann] })).await.fails(400, nobody);
}

#[tokio::test]
async fn only_its_owner_rules_a_group() {
    let im = Im::start().await;
    let (ann, bob, eve) = (im.user("anna").await, im.user("bobby").await, im.user("evelyn").await);
    let group = im.group(&ann, &[&bob]).await;
    let before = rows(&ann, group).await;
    let own = "群不存在或者被封禁或者你无权操作";
    let cases = [
        ("groupUpdateName", json!({ "id": group, "name": "mine" }), "只有群主才能修改群名称"),
        ("groupremark", json!({ "id": group, "remark": "mine" }), "只有群主才能修改群公告"),
        ("groupDeleteUser", json!({ "group_id": group, "user_id": bob.id }), "只有群主才能操作"),
        ("groupDeleteUser", json!({ "group_id": group, "user_id": ann.id }), "只有群主才能操作"),
        ("groupAddUserSet", json!({ "group_id": group, "addGroupSet": 0 }), own),
        ("groupAgreeOrNo", json!({ "group_id": group, "user_id": eve.id, "type": "agree" }), own),
    ];
    for who in [&bob, &eve] {
        for (path, body, text) in &cases {
            who.post(&format!("/api/chat/{path}"), body.clone()).await.fails(400, text);
        }
    }
    let outside = [
        ("groupnickname", json!({ "id": group, "nickname": "x" }), "你不在该群聊中，无法修改昵称"),
        ("groupDeleteOrQuit", json!({ "id": group }), "你不在该群聊中，操作失败"),
    ];
    for (path, body, text) in outside {
        eve.post(&format!("/api/chat/{path}"), body).await.fails(400, text);
    }
    eve.send(group, "group", "hi").await.fails(400, "您不在群里，无法发消息");
    assert_eq!(rows(&ann, group).await, before);

    // Locked by the operator: nobody can do anything, the owner neither.
    im.sql("update chat_group set status = 2 where id = $1", group).await;
    for (path, body, text) in &cases {
        ann.post(&format!("/api/chat/{path}"), body.clone()).await.fails(400, text);
    }
    ann.send(group, "group", "hi").await.fails(400, "群不存在或者已解散或者被封禁，无法发消息");
    ann.get(&format!("/api/chat/groupinfo/{group}")).await.fails(400, "群不存在或被封禁");
    ann.get(&format!("/api/chat/groupQrcode/{group}")).await.fails(400, "群不存在或被封禁或者您不在该群聊中");
    let join = json!({ "group_id": group, "user_id": eve.id, "inviteuser_id": -1 });
    eve.post("/api/chat/groupInviteUser", join).await.fails(400, "群不存在或者被封禁");
    assert_eq!(ann.get("/api/chat/grouplist/1").await.ok(), json!([]));
}

#[tokio::test]
async fn a_row_number_opens_nobody_elses_row() {
    let im = Im::start().await;
    let (ann, bob, eve) = (im.user("anna").await, im.user("bobby").await, im.user("evelyn").await);
    let group = im.group(&ann, &[&bob]).await;
    let dora = im.user("dora").await;
    dora.post("/api/chat/applyfriend", json!({ "friend_id": ann.id })).await.ok();
    let request = ann.get("/api/chat/listapplyfriend/1").await.ok()["alldata"][0]["id"].clone();
    let complaint =
        json!({ "target_id": eve.id, "target_type": "single", "reason": "spam", "content": "private" });
    let complaint = ann.post("/api/chat/complaint/create", complaint).await.body["data"]["id"].clone();
    let answer = json!({ "ask": "q", "answer": "a", "type": "single", "create_userId": ann.id });
    ann.post("/api/chat/askanswer/create", answer).await;
    let list = json!({ "type": "single", "userId": ann.id });
    let stored = ann.post("/api/chat/askanswer/list", list.clone()).await.body["data"][0]["id"].clone();
    let before = rows(&ann, group).await;
    assert!(request.is_i64() && complaint.is_i64() && stored.is_i64(), "{before}");

    // who, path, body
    let agree = json!({ "status": "agree" });
    let refusals = [
        (&eve, format!("handleapply/{request}"), agree.clone(), "申请不存在或已处理"),
        (&dora, format!("handleapply/{request}"), agree, "申请不存在或已处理"), // nobody agrees for the other
        (&eve, format!("setblackgoodfriend/{}", ann.id), json!({}), "好友不存在"),
        (&eve, format!("deletegoodfriend/{}", ann.id), json!({}), "不是好友关系，无权操作"),
        (&eve, format!("isApplyfriend/{}", dora.uuid), json!({}), "用户申请信息不存在"),
    ];
    for (who, path, body, text) in refusals {
        who.post(&format!("/api/chat/{path}"), body).await.fails(400, text);
    }
    eve.get(&format!("/api/chat/getgoodfriendinfo/{}", ann.id)).await.fails(400, "好友不存在");
    for (method, path) in [("GET", "detail"), ("POST", "update"), ("POST", "delete")] {
        let path = format!("/api/chat/complaint/{path}/{complaint}");
        let request = eve.request(method.parse().unwrap(), &path).json(&json!({ "content": "changed" }));
        let got = crate::kit::answer(request).await;
        assert_eq!((got.status, &got.body), (400, &json!({ "msg": "投诉记录不存在", "data": {} })), "{path}");
    }
    assert_eq!(eve.get("/api/chat/complaint/list").await.body["data"], json!([]));

    let forged = |id: &Value, owner: i64| json!({ "id": id, "ask": "q", "answer": "hacked", "type": "single", "create_userId": owner, "userId": owner });
    for owner in [ann.id, eve.id] {
        for op in ["update", "delete", "detail"] {
            let got = eve.post(&format!("/api/chat/askanswer/{op}"), forged(&stored, owner)).await;
            assert_eq!(got.status, 200, "{op}");
            assert!(matches!(got.body["code"].as_i64(), Some(400 | 404)), "{op} {owner}: {}", got.body);
        }
    }
    for op in ["create", "list"] {
        let got = eve.post(&format!("/api/chat/askanswer/{op}"), forged(&stored, ann.id)).await;
        assert!(matches!(got.body["code"].as_i64(), Some(400 | 404)), "{op}: {}", got.body);
    }
    assert_eq!(rows(&ann, group).await, before);
}

// Row 18: questions and answers.

#[tokio::test]
async fn stored_answers_are_neither_paths_nor_patterns() {
    let im = Im::start().await;
    let (ann, bob) = (im.user("anna").await, im.user("bobby").await);
    let post = |op: &str, body: Value| {
        let (ann, path) = (&ann, format!("/api/chat/askanswer/{op}"));
        async move { ann.post(&path, body).await }
    };
    for kind in ["../../../etc/passwd", "..", "single/../group", "\u{0}", "", "x"] {
        for op in ["create", "list", "search", "detail", "update", "delete"] {
            let body = json!({
                "id": 1, "ask": "q", "answer": "a", "type": kind, "create_userId": ann.id, "userId": ann.id,
            });
            let got = post(op, body).await;
            assert_eq!(got.status, 200, "{op} {kind:?}");
            assert!(matches!(got.body["code"].as_i64(), Some(400 | 404)), "{op} {kind:?}: {}", got.body);
        }
    }
    for owner in
        [json!("../1"), json!("1 or 1=1"), json!({ "a": 1 }), json!(-1), json!(9e99), json!("9".repeat(40))]
    {
        for op in ["create", "list", "search"] {
            let body = json!({
                "ask": "q", "answer": "a", "type": "single", "create_userId": owner, "userId": owner,
            });
            let got = post(op, body).await;
            assert_eq!(got.status, 200, "{op} {owner}");
            assert!(matches!(got.body["code"].as_i64(), Some(400 | 404)), "{op} {owner}: {}", got.body);
        }
    }
    let create = json!({ "ask": "price", "answer": "ten", "type": "single", "create_userId": ann.id });
    assert_eq!(post("create", create).await.body["code"], 200);
    let evil = ["(a+)+$", "[", "\\", ".*", "^", "%", "_", "' or 1=1 --", "*", "(?:", "a{1000000}", "\u{0}"];
    let long = "(a|a)* ".repeat(5_000);
    for ask in evil.into_iter().chain([long.as_str()]) {
        let body = json!({ "ask": ask, "type": "single", "create_userId": ann.id });
        let begun = std::time::Instant::now();
        let got = bob.post("/api/chat/askanswer/search", body).await;
        let what: String = ask.chars().take(20).collect();
        assert_eq!(got.status, 200, "{what}");
        assert!(matches!(got.body["code"].as_i64(), Some(400 | 404)), "{what}: {}", got.body);
        assert!(begun.elapsed() < PATIENCE / 2, "{what}");
    }
}
