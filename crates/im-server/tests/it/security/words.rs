//! What people write (row 37).
use super::*;

// Row 37: what people write.

#[tokio::test]
async fn what_people_write_stays_text() {
    let im = Im::start().await;
    let (ann, bob) = (im.user("anna").await, im.user("bobby").await);
    let group = im.group(&ann, &[&bob]).await;
    let nasty = "<img src=x>'\"&;--\\${7}%s";
    let field = |name: &str| json!({ "fieldname": name, "fieldValue": nasty });
    ann.post("/api/chat/updateUserinfo", field("nickname")).await.ok();
    ann.post("/api/chat/updateUserinfo", field("avatar")).await.ok();
    ann.post("/api/chat/groupnickname", json!({ "id": group, "nickname": "<b>'\"&" })).await.ok();
    ann.post("/api/chat/groupremark", json!({ "id": group, "remark": nasty })).await.ok();
    let profile = im.get(&format!("/api/userinfo/{}", ann.uuid)).await.ok();
    assert_eq!((&profile["nickname"], &profile["avatar"]), (&json!(nasty), &json!(nasty)));
    let info = ann.get(&format!("/api/chat/groupinfo/{group}")).await.ok();
    assert_eq!((&info["remark"], &info["group_users"][0]["nickname"]), (&json!(nasty), &json!("<b>'\"&")));
    let mut socket = bob.connect().await;
    let sent = ann.send(group, "group", nasty).await.ok();
    let push = socket.push().await;
    assert_eq!((said(&push).as_str(), &push["from_name"]), (nasty, &json!("<b>'\"&")));
    assert_eq!(push, sent);
    // No column but the three can be changed, however it is spelled.
    let before = im.get(&format!("/api/userinfo/{}", ann.uuid)).await.body;
    for name in [
        "password",
        "role",
        "status",
        "id",
        "uuid",
        "token",
        "email",
        "userset",
        "Nickname",
        "nickname ",
        "nickname = 'x', role",
        "__proto__",
        "constructor",
        "is_deleted",
        "last_login",
    ] {
        let change = json!({ "fieldname": name, "fieldValue": "1" });
        refused(&ann.post("/api/chat/updateUserinfo", change).await, name);
    }
    ann.post("/api/chat/updateUserinfo", field("username")).await.fails(400, "账号不可修改");
    for value in ["2", "-1", "x", "true", "1 or 1"] {
        let change = json!({ "fieldname": "invite_confirm", "fieldValue": value });
        ann.post("/api/chat/updateUserinfo", change).await.fails(400, "添加我为好友设置值错误");
    }
    assert_eq!(im.get(&format!("/api/userinfo/{}", ann.uuid)).await.body, before);
}

#[tokio::test]
async fn a_client_cannot_forge_a_notice_or_a_sender() {
    let im = Im::start().await;
    let (ann, bob) = (im.user("anna").await, im.user("bobby").await);
    im.befriend(&ann, &bob).await;
    let group = im.group(&ann, &[&bob]).await;
    let mut socket = bob.connect().await;
    bob.drain().await;
    ann.say(&bob, "begin").await.ok();
    while said(&socket.push().await) != "begin" {}

    let body = |to: i64, chat_type: &str, kind: &str| {
        json!({
            "sendto_id": to, "chatType": chat_type, "type": kind,
            "data": { "data": "群主解散了该群", "dataType": false, "otherData": null },
        })
    };
    let send = "/api/chat/socket/sendmessage";
    for (to, chat_type) in [(bob.id, "single"), (group, "group")] {
        ann.post(send, body(to, chat_type, "systemNotice")).await.fails(400, "消息类型错误");
        let fields = [
            ("sendto_id", to.to_string()),
            ("chatType", chat_type.into()),
            ("type", "systemNotice".into()),
            ("data", "x".into()),
        ];
        let fields = fields.each_ref().map(|(key, value)| (*key, value.as_str()));
        ann.form(send, &fields).await.fails(400, "消息类型错误");
        refused(&ann.post(send, body(to, chat_type, &"x".repeat(51))).await, "a long type");
    }
    refused(&ann.post(send, body(bob.id, "broadcast", "text")).await, "a third kind of chat");
    socket.nothing().await;

    // Whatever else is posted along does not come out.
    let mut forged = body(bob.id, "single", "text");
    let claims = json!({
        "id": "11111111-1111-4111-8111-111111111111", "from_id": 1, "from_name": "admin", "from_avatar": "x",
        "to_id": 1, "to_name": "x", "to_avatar": "x", "create_time": 1, "isremove": 1, "actionType": "revoke",
        "redirect": { "url": "https://evil.example", "type": "navigateTo" }, "msgidKey": "x", "group": { "user_id": 1 },
        "sendUUid": bob.uuid, "user_id": bob.id, "token": bob.token,
    });
    forged.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
    let sent = ann.post(send, forged).await.ok();
    let push = socket.push().await;
    assert_eq!(push, sent);
    let expected = json!({
        "id": "<uuid>", "from_avatar": ann.row["avatar"], "from_name": "anna", "from_id": ann.id, "to_id": bob.id,
        "to_name": "bobby", "to_avatar": bob.row["avatar"], "chatType": "single", "type": "text", "data": "<text>",
        "options": null, "create_time": im.now(), "isremove": 0, "sendUUid": ann.uuid,
    });
    assert_fits(&push, &expected);
    assert_ne!(push["id"], claims["id"]);
    // Options that are no object do not come out either.
    for options in ["[1]", "1", "\"x\"", "%", "%%%", "{", "%ff", "null", "%00", "[[[["] {
        let mut odd = body(bob.id, "single", "text");
        odd["options"] = json!(options);
        let sent = ann.post(send, odd).await.ok();
        let push = socket.push().await;
        assert!(push["options"].is_null() || push["options"].is_object(), "{options}: {push}");
        assert_eq!(push, sent);
    }
}
