//! Sending and revoking over HTTP: answers and refusals (egg.md §4 #20, #22, #32, §6). What is
//! pushed is in `sockets.rs`.
use crate::{kit::*, shape};
use serde_json::{Value, json};

const SEND: &str = "/api/chat/socket/sendmessage";
const REVOKE: &str = "/api/chat/revokeMessage";
const NOBODY: &str = "对方不存在或者被禁用，不能发消息";
const ONE_ONLY: &str = "在成为好友之前，对方只允许向他发一条消息";
const LATE: &str = "消息超过5分钟，不能撤回";

async fn set(who: &Person, field: &str, value: &str) {
    let body = json!({ "fieldname": field, "fieldValue": value });
    who.post("/api/chat/updateUserinfo", body).await.ok();
}

async fn privacy(who: &Person, chatset: Value) {
    let body = json!({ "userset": json!({ "chatset": chatset }).to_string() });
    who.post("/api/chat/userset", body).await.ok();
}

async fn block(who: &Person, friend: &Person) {
    who.post(&format!("/api/chat/setblackgoodfriend/{}", friend.id), json!({})).await.ok();
}

/// A message to `to` in the words of the client.
fn draft(to: i64, chat_type: &str) -> Value {
    let data = json!({ "data": "你好，阿祖", "dataType": false, "otherData": null });
    json!({ "sendto_id": to, "chatType": chat_type, "type": "text", "data": data })
}

/// The wish to take `message` back, as the client posts it: its own item and more.
fn wish(message: &Value) -> Value {
    json!({
        "to_id": message["to_id"], "to_name": message["to_name"], "to_avatar": "/public/icons/avatar.png",
        "id": message["id"], "chatType": message["chatType"], "create_time": message["create_time"],
        "type": "text", "data": { "data": "hi" }, "from_id": 999_999, "from_name": "eve", "isremove": 0,
    })
}

fn sample() -> Value {
    json!({
        "id": "10d0c78a-0133-4be8-9b18-879f9682b246", "from_avatar": "", "from_name": "my06", "from_id": 6, "to_id": 10,
        "to_name": "my10", "to_avatar": "", "chatType": "single", "type": "text", "data": "{}", "options": null,
        "create_time": 1_753_934_390_663_i64, "isremove": 0, "sendUUid": "10d0c78a-0133-4be8-9b18-879f9682b246",
    })
}

#[tokio::test]
async fn sending_answers_the_message() {
    let im = Im::start().await;
    let (ann, vis) = (im.user("ann1").await, im.visitor(1).await);
    set(&ann, "avatar", "/a.png").await;
    for (from, to) in [(&ann, &vis), (&vis, &ann)] {
        let message = from.post(SEND, draft(to.id, "single")).await.ok();
        shape::same(&message, &sample());
        let expected = json!({
            "id": message["id"],
            "from_avatar": if from.id == ann.id { json!("/a.png") } else { vis.row["avatar"].clone() },
            "from_name": from.name, "from_id": from.id, "to_id": to.id, "to_name": to.name,
            "to_avatar": if to.id == ann.id { json!("/a.png") } else { vis.row["avatar"].clone() },
            "chatType": "single", "type": "text",
            "data": "{\"data\":\"你好，阿祖\",\"dataType\":false,\"otherData\":null}",
            "options": null, "create_time": im.now(), "isremove": 0, "sendUUid": from.uuid,
        });
        assert_eq!(message, expected);
    }
}

#[tokio::test]
async fn names_are_those_that_the_two_gave_each_other() {
    let im = Im::start().await;
    let (ann, bob) = (im.user("ann1").await, im.user("bob1").await);
    set(&bob, "nickname", "老波").await;
    ann.post("/api/chat/applyfriend", json!({ "friend_id": bob.id })).await.ok();
    let request = bob.get("/api/chat/listapplyfriend/1").await.ok()["alldata"][0]["id"].clone();
    let agree = json!({ "status": "agree", "nickname": "安妮" });
    bob.post(&format!("/api/chat/handleapply/{request}"), agree).await.ok();
    // Ann calls Bob by the nickname he had when they became friends, whatever he is called now.
    set(&bob, "nickname", "新波").await;
    // from, to, from_name, to_name
    let cases = [(&ann, &bob, "安妮", "老波"), (&bob, &ann, "老波", "安妮")];
    for (from, to, from_name, to_name) in cases {
        let message = from.say(to, "hi").await.ok();
        assert_eq!((&message["from_name"], &message["to_name"]), (&json!(from_name), &json!(to_name)));
    }
    // Strangers read what each calls itself.
    let carol = im.user("carol").await;
    let message = bob.say(&carol, "hi").await.ok();
    assert_eq!((&message["from_name"], &message["to_name"]), (&json!("新波"), &json!("carol")));
    let message = carol.say(&bob, "hi").await.ok();
    assert_eq!((&message["from_name"], &message["to_name"]), (&json!("carol"), &json!("新波")));
}

#[tokio::test]
async fn sending_to_a_group_answers_the_message_with_the_group() {
    let im = Im::start().await;
    let (ann, vis) = (im.user("ann1").await, im.visitor(1).await);
    let group = im.group(&ann, &[&vis]).await;
    let nickname = json!({ "id": group, "nickname": "小名" });
    vis.post("/api/chat/groupnickname", nickname).await.ok();
    ann.post("/api/chat/groupremark", json!({ "id": group, "remark": "公告" })).await.ok();
    for (from, name) in [(&ann, "ann1"), (&vis, "小名")] {
        let message = from.post(SEND, draft(group, "group")).await.ok();
        let mut with_group = sample();
        with_group["group"] = json!({
            "id": 33, "uuid": "436937ea-ea54-4866-ae14-c87085219744", "user_id": 6, "name": "", "avatar": "",
            "remark": "", "invite_confirm": 0, "status": 1, "order": 50, "create_time": "2025-08-19 11:33:54",
            "update_time": "2025-07-14T04:32:58.000Z", "group_users": [],
        });
        shape::same(&message, &with_group);
        let found =
            json!([message["from_name"], message["from_id"], message["chatType"], message["sendUUid"]]);
        assert_eq!(found, json!([name, from.id, "group", from.uuid]));
        let shown = ann.get(&format!("/api/chat/groupinfo/{group}")).await.ok();
        for (key, of_group) in [("to_id", "id"), ("to_name", "name"), ("to_avatar", "avatar")] {
            assert_eq!(message[key], shown[of_group], "{key}");
        }
        for key in ["id", "uuid", "user_id", "name", "avatar", "remark", "invite_confirm", "create_time"] {
            assert_eq!(message["group"][key], shown[key], "{key}");
        }
    }
}

#[tokio::test]
async fn the_content_is_text_of_json_however_it_came() {
    let im = Im::start().await;
    let (ann, bob) = (im.user("ann1").await, im.user("bob1").await);
    im.befriend(&ann, &bob).await;
    let plain = r#"{"data":"hi","dataType":false,"otherData":null}"#;
    let wrapped = |text: &str| json!({ "data": text, "dataType": false, "otherData": null }).to_string();
    let odd = r#"{"z":1,"data":"😀 \" \\ \n <b>","dataType":"emoji","otherData":{"type":"iconMenus","b":2,"a":[1,null]}}"#;
    let cases = [
        (json!(serde_json::from_str::<Value>(odd).unwrap()), odd.to_owned()),
        (json!(plain), plain.to_owned()),
        (json!("just text"), wrapped("just text")),
        (json!("{broken"), wrapped("{broken")),
        (json!("引号\"和\\反斜线\n"), wrapped("引号\"和\\反斜线\n")),
    ];
    for (data, expected) in cases {
        let mut body = draft(bob.id, "single");
        body["data"] = data.clone();
        let message = ann.post(SEND, body).await.ok();
        let (found, expected): (Value, Value) = (
            serde_json::from_str(message["data"].as_str().unwrap()).unwrap(),
            serde_json::from_str(&expected).unwrap(),
        );
        assert_eq!(found, expected, "{data}");
    }
    let to = bob.id.to_string();
    let fields = [
        ("sendto_id", to.as_str()),
        ("chatType", "single"),
        ("type", "image"),
        ("data", plain),
        ("options", ""),
    ];
    let message = ann.form(SEND, &fields).await.ok();
    assert_eq!(json!([message["data"], message["type"], message["options"]]), json!([plain, "image", null]));
}

#[tokio::test]
async fn options_are_decoded_or_null() {
    let im = Im::start().await;
    let (ann, bob) = (im.user("ann1").await, im.user("bob1").await);
    im.befriend(&ann, &bob).await;
    let cases = [
        (json!("%7B%22a%22%3A%22%E4%BD%A0%22%7D"), json!({ "a": "你" })),
        (json!(r#"{"a":"你"}"#), json!({ "a": "你" })),
        (json!({ "a": "你" }), json!({ "a": "你" })),
        (json!("%7B%7D"), json!({})),
        (json!("%7B%22url%22%3A%22a%2520b%22%7D"), json!({ "url": "a%20b" })),
        (json!("{broken"), json!(null)),
        (json!("%7B%ZZ"), json!(null)),
        (json!("%FF%FE"), json!(null)),
        (json!(""), json!(null)),
        (json!(null), json!(null)),
    ];
    for (options, expected) in cases {
        let mut body = draft(bob.id, "single");
        body["options"] = options.clone();
        assert_eq!(ann.post(SEND, body).await.ok()["options"], expected, "{options}");
    }
}

#[tokio::test]
async fn a_message_is_checked_before_it_is_sent() {
    let im = Im::with(|settings| settings.chat.message_chars = 2_000).await;
    let (ann, bob, gone) = (im.user("ann1").await, im.user("bob1").await, im.user("gone").await);
    im_core::accounts::set_enabled(im.app(), "gone".into(), false).await.unwrap();
    let with = |key: &str, value: Value| {
        let mut body = draft(bob.id, "single");
        body[key] = value;
        body
    };
    let kinds = "接收类型 的值 `pair` 必须在 [`single`、`group`] 中";
    let cases = [
        (with("sendto_id", json!("")), 422, "接收人/群的id值不能为空"),
        (with("sendto_id", json!("x")), 422, "接收人/群的id值 的值 `x` 的类型不是 `int`"),
        (with("sendto_id", json!(0)), 422, "接收人/群的id值 的数值 必须 在 1 和 10000000000000000 之间"),
        (with("chatType", json!("")), 422, "接收类型不能为空"),
        (with("chatType", json!("pair")), 422, kinds),
        (with("type", json!("")), 422, "消息类型不能为空"),
        (with("data", json!("")), 422, "消息内容不能为空"),
        (with("type", json!("systemNotice")), 400, "消息类型错误"),
        (with("sendto_id", json!(999_999)), 400, NOBODY),
        (with("sendto_id", json!(gone.id)), 400, NOBODY),
        (with("sendto_id", json!(ann.id)), 400, NOBODY),
    ];
    for (body, status, text) in cases {
        ann.post(SEND, body).await.fails(status, text);
    }
    for body in [with("type", json!("t".repeat(51))), with("data", json!("长".repeat(2_001)))] {
        let got = ann.post(SEND, body).await;
        assert!([400, 422].contains(&got.status) && got.body["data"].is_string(), "{}", got.body);
    }
    // None of these counted as the one message that a stranger may send.
    ann.say(&bob, "hi").await.ok();
    ann.say(&bob, "hi").await.fails(400, ONE_ONLY);
    // A message's kind is free, up to fifty characters.
    im.befriend(&ann, &bob).await;
    for kind in ["iconMenus", "image", "audio", "video", "自定义", &"t".repeat(50)] {
        assert_eq!(ann.post(SEND, with("type", json!(kind))).await.ok()["type"], kind);
    }
}

#[tokio::test]
async fn a_receivers_settings_decide_how_much_a_stranger_may_send() {
    let im = Im::start().await;
    let friends_only = "对方设置成：需要您先成为他的好友才能发消息";
    let sign_in = "你们不是好友关系，对方设置成：先登录才能发消息";
    let count = |visitor: Value, user: Value| json!({ "visitor": { "sendCount": visitor }, "user": { "sendCount": user } });
    // settings, answers to the first and to the second message of a user, the same of a visitor
    let cases = [
        (None, ["", ONE_ONLY], ["", ONE_ONLY]),
        (Some(json!(null)), ["", ONE_ONLY], ["", ONE_ONLY]),
        (Some(json!({})), ["", ONE_ONLY], ["", ONE_ONLY]),
        (Some(count(json!(0), json!(0))), [friends_only; 2], [sign_in; 2]),
        (Some(count(json!(1), json!(1))), ["", ONE_ONLY], ["", ONE_ONLY]),
        (Some(count(json!(2), json!(2))), ["", ""], ["", ""]),
        (Some(count(json!(0), json!(2))), ["", ""], [sign_in; 2]),
        (Some(count(json!(2), json!(0))), [friends_only; 2], ["", ""]),
        (Some(count(json!("0"), json!("2"))), ["", ""], [sign_in; 2]),
        (Some(count(json!(3), json!(-1))), ["", ONE_ONLY], ["", ONE_ONLY]),
        (Some(count(json!(null), json!("many"))), ["", ONE_ONLY], ["", ONE_ONLY]),
        (Some(json!({ "visitor": 0, "user": 0 })), [friends_only; 2], [sign_in; 2]),
        (Some(json!({ "visitor": 2, "user": "2" })), ["", ""], ["", ""]),
        (Some(json!({ "visitor": { "needFollow": true } })), ["", ONE_ONLY], ["", ONE_ONLY]),
        (Some(json!("odd")), ["", ONE_ONLY], ["", ONE_ONLY]),
    ];
    let (user, visitor) = (im.user("sender").await, im.visitor(1).await);
    for (n, (chatset, to_user, to_visitor)) in cases.into_iter().enumerate() {
        let target = im.user(&format!("target_{n}")).await;
        if let Some(chatset) = chatset {
            privacy(&target, chatset).await;
        }
        for (who, texts) in [(&user, to_user), (&visitor, to_visitor)] {
            for text in texts {
                let got = who.say(&target, "hi").await;
                if text.is_empty() { drop(got.ok()) } else { got.fails(400, text) }
            }
        }
    }
    // What an import left behind is read kindly.
    let target = im.user("imported").await;
    im.sql("update account set privacy = '{broken' where id = $1", target.id).await;
    user.say(&target, "hi").await.ok();
    user.say(&target, "hi").await.fails(400, ONE_ONLY);
    // A visitor is written to under its own settings.
    privacy(&visitor, json!({ "user": { "sendCount": 0 } })).await;
    user.say(&visitor, "hi").await.fails(400, friends_only);
}

#[tokio::test]
async fn friends_write_as_much_as_they_like() {
    let im = Im::start().await;
    let (ann, bob, vis) = (im.user("ann1").await, im.user("bob1").await, im.visitor(1).await);
    privacy(&bob, json!({ "visitor": { "sendCount": 0 }, "user": { "sendCount": 0 } })).await;
    for friend in [&ann, &vis] {
        im.befriend(friend, &bob).await;
        for _ in 0..3 {
            friend.say(&bob, "hi").await.ok();
        }
    }
}

#[tokio::test]
async fn only_messages_of_the_stranger_count() {
    let im = Im::start().await;
    let (ann, bob) = (im.user("ann1").await, im.user("bob1").await);
    // A notice is no message, and neither is what the other one said.
    im.befriend(&ann, &bob).await;
    ann.post(&format!("/api/chat/deletegoodfriend/{}", bob.id), json!({})).await.ok();
    bob.say(&ann, "hi").await.ok();
    let message = ann.say(&bob, "hi").await.ok();
    ann.say(&bob, "hi").await.fails(400, ONE_ONLY);
    bob.say(&ann, "hi").await.fails(400, ONE_ONLY);
    // Nor does it come back with a revocation, or tomorrow.
    ann.post(REVOKE, wish(&message)).await.ok();
    im.pass(86_400_000);
    ann.say(&bob, "hi").await.fails(400, ONE_ONLY);
}

#[tokio::test]
async fn who_is_blocked_or_cut_cannot_write() {
    let im = Im::start().await;
    let (ann, bob, vis) = (im.user("ann1").await, im.user("bob1").await, im.visitor(1).await);
    // who, texts when blocked and when cut
    let cases = [
        (&ann, "对方把你拉黑了，不能发送消息", "系统把你们拉黑了，不能发送消息"),
        (&vis, "对方把你拉黑了，不能发消息", "系统把你们拉黑了，不能发消息"),
    ];
    privacy(&bob, json!({ "visitor": { "sendCount": 2 }, "user": { "sendCount": 2 } })).await;
    for (who, blocked, cut) in cases {
        let (_, edge) = im.befriend(who, &bob).await;
        let message = who.say(&bob, "hi").await.ok();
        block(&bob, who).await;
        who.say(&bob, "hi").await.fails(400, blocked);
        // The one who blocks may still write, and what was said may still be taken back.
        bob.say(who, "hi").await.ok();
        who.post(REVOKE, wish(&message)).await.ok();
        im.sql("update edge set status = 0 where id = $1", edge).await;
        who.say(&bob, "hi").await.fails(400, blocked);
        block(&bob, who).await;
        who.say(&bob, "hi").await.fails(400, cut);
        im.sql("update edge set status = 1 where id = $1", edge).await;
        who.say(&bob, "hi").await.ok();
    }
}

#[tokio::test]
async fn a_group_hears_its_members_only() {
    let im = Im::start().await;
    let (ann, bob, eve) = (im.user("ann1").await, im.user("bob1").await, im.user("eve1").await);
    let group = im.group(&ann, &[&bob]).await;
    let (no_group, no_member) = ("群不存在或者已解散或者被封禁，无法发消息", "您不在群里，无法发消息");
    eve.send(group, "group", "hi").await.fails(400, no_member);
    bob.send(999_999, "group", "hi").await.fails(400, no_group);
    let shown = ann.get(&format!("/api/chat/groupinfo/{group}")).await.ok();
    let membership = shown["group_users"][1]["id"].as_i64().unwrap();
    im.sql("update membership set state = 'muted' where id = $1", membership).await;
    bob.send(group, "group", "hi").await.fails(400, no_member);
    im.sql("update membership set state = 'active' where id = $1", membership).await;
    bob.send(group, "group", "hi").await.ok();
    im.sql("update chat_group set status = 2 where id = $1", group).await;
    bob.send(group, "group", "hi").await.fails(400, no_group);
    im.sql("update chat_group set status = 1 where id = $1", group).await;
    ann.post("/api/chat/groupDeleteOrQuit", json!({ "id": group })).await.ok();
    for who in [&ann, &bob, &eve] {
        who.send(group, "group", "hi").await.fails(400, no_group);
    }
}

#[tokio::test]
async fn a_conversation_of_two_is_no_group() {
    let im = Im::start().await;
    let (ann, bob) = (im.user("ann1").await, im.user("bob1").await);
    im.befriend(&ann, &bob).await;
    for _ in 0..3 {
        ann.say(&bob, "hi").await.ok();
    }
    for id in 1..20 {
        ann.send(id, "group", "hi").await.fails(400, "群不存在或者已解散或者被封禁，无法发消息");
        let look = ann.get(&format!("/api/chat/groupinfo/{id}")).await;
        look.fails(400, "群不存在或被封禁");
    }
}

#[tokio::test]
async fn who_sends_too_fast_is_slowed_down() {
    let im = Im::with(|settings| {
        settings.limits.enabled = true;
        settings.limits.send_per_second = 3;
        settings.limits.send_per_minute = 5;
    })
    .await;
    let (ann, bob) = (im.user("ann1").await, im.user("bob1").await);
    im.befriend(&ann, &bob).await;
    let often = "操作过于频繁，请稍后再试";
    let expected = ["", "", "", often];
    for text in expected {
        let got = ann.say(&bob, "hi").await;
        if text.is_empty() { drop(got.ok()) } else { got.fails(400, text) }
    }
    bob.say(&ann, "hi").await.ok();
    im.pass(1_000);
    ann.say(&bob, "hi").await.ok();
    ann.say(&bob, "hi").await.ok();
    ann.say(&bob, "hi").await.fails(400, often);
    im.pass(60_000);
    ann.say(&bob, "hi").await.ok();
}

#[tokio::test]
async fn fetching_what_waits_is_ok_without_a_socket() {
    let im = Im::start().await;
    for person in [im.user("ann1").await, im.visitor(1).await] {
        person.drain().await;
        assert_eq!(person.form("/api/chat/chatGetmessageOffLine", &[]).await.ok(), json!("ok"));
    }
}

#[tokio::test]
async fn a_revocation_answers_the_notice() {
    let im = Im::start().await;
    let (ann, bob) = (im.user("ann1").await, im.user("bob1").await);
    let group = im.group(&ann, &[&bob]).await;
    set(&ann, "nickname", "安妮").await;
    let sample = json!({
        "id": "10d0c78a-0133-4be8-9b18-879f9682b246", "from_avatar": "", "from_name": "my06", "from_id": 6, "to_id": 7,
        "to_name": "", "to_avatar": "", "chatType": "single", "type": "systemNotice", "actionType": "revoke",
        "data": { "data": "", "dataType": false, "otherData": null }, "options": {},
        "create_time": 1_756_799_978_402_i64, "isremove": 0, "group": null,
    });
    let nickname = json!({ "id": group, "nickname": "群安" });
    // to, kind of chat, name, text
    let cases = [
        (bob.id, "single", "安妮", "安妮撤回了一条消息"),
        (group, "group", "安妮", "安妮 撤回了一条消息"),
        (group, "group", "群安", "群安 撤回了一条消息"),
    ];
    for (to, kind, name, text) in cases {
        if name == "群安" {
            ann.post("/api/chat/groupnickname", nickname.clone()).await.ok();
        }
        let message = ann.send(to, kind, "hi").await.ok();
        im.pass(60_000);
        let mut wish = wish(&message);
        wish["to_name"] = json!("欧泰");
        // Again is fine too: the client may not have got the answer.
        for _ in 0..2 {
            let notice = ann.post(REVOKE, wish.clone()).await.ok();
            shape::same(&notice, &sample);
            let expected = json!({
                "id": message["id"], "from_avatar": ann.row["avatar"], "from_name": name, "from_id": ann.id,
                "to_id": to, "to_name": "欧泰", "to_avatar": wish["to_avatar"], "chatType": kind,
                "type": "systemNotice", "actionType": "revoke",
                "data": { "data": text, "dataType": false, "otherData": null },
                "options": {}, "create_time": im.now(), "isremove": 0, "group": null,
            });
            assert_eq!(notice, expected);
        }
    }
}

#[tokio::test]
async fn a_message_is_taken_back_within_five_minutes_by_who_sent_it() {
    let im = Im::start().await;
    let (ann, bob, eve) = (im.user("ann1").await, im.user("bob1").await, im.user("eve1").await);
    let group = im.group(&ann, &[&bob, &eve]).await;
    let direct = ann.say(&bob, "hi").await.ok();
    let public = ann.send(group, "group", "hi").await.ok();
    let other = ann.post("/api/chat/group/create", json!({ "userIds": [ann.edge(&bob).await] })).await;
    other.ok();
    let second = ann.get("/api/chat/grouplist/1").await.ok()[0]["id"].clone();
    let with = |message: &Value, changes: Value| {
        let mut wish = wish(message);
        for (key, value) in changes.as_object().unwrap() {
            wish[key] = value.clone();
        }
        wish
    };
    let forged = "非法操作";
    let cases = [
        // Somebody else's, or said elsewhere.
        (&bob, with(&direct, json!({ "to_id": ann.id })), forged),
        (&bob, with(&direct, json!({})), forged),
        (&bob, with(&public, json!({})), forged),
        (&ann, with(&direct, json!({ "to_id": eve.id })), forged),
        (&ann, with(&direct, json!({ "to_id": group, "chatType": "group" })), forged),
        (&ann, with(&public, json!({ "to_id": second })), forged),
        (&ann, with(&public, json!({ "to_id": bob.id, "chatType": "single" })), forged),
        (&ann, with(&direct, json!({ "create_time": im.now() - 300_001 })), LATE),
    ];
    for (who, wish, text) in cases {
        who.post(REVOKE, wish).await.fails(400, text);
    }
    // The stored time decides, with ten seconds for a client's slow clock.
    im.pass(305_000);
    for message in [&direct, &public] {
        ann.post(REVOKE, with(message, json!({}))).await.fails(400, LATE);
    }
    ann.post(REVOKE, with(&direct, json!({ "create_time": im.now() - 300_000 }))).await.ok();
    im.pass(6_000);
    ann.post(REVOKE, with(&public, json!({ "create_time": im.now() }))).await.fails(400, LATE);
}

#[tokio::test]
async fn an_unknown_message_is_taken_back_as_told() {
    let im = Im::start().await;
    let (ann, bob, eve, gone) =
        (im.user("ann1").await, im.user("bob1").await, im.user("eve1").await, im.user("gone").await);
    im_core::accounts::set_enabled(im.app(), "gone".into(), false).await.unwrap();
    let group = im.group(&ann, &[&bob]).await;
    let wish = |to: i64, kind: &str, id: &str, at: i64| {
        wish(&json!({ "to_id": to, "to_name": "x", "id": id, "chatType": kind, "create_time": at }))
    };
    let (now, uuid) = (im.now(), "594fe1bd-4943-466b-a787-8bb2e5e864ce");
    for id in [uuid, "7", "local-1", &"x".repeat(100)] {
        for (to, kind) in [(bob.id, "single"), (group, "group")] {
            let notice = ann.post(REVOKE, wish(to, kind, id, now)).await.ok();
            assert_eq!((&notice["id"], &notice["actionType"]), (&json!(id), &json!("revoke")));
        }
    }
    // A client's clock may be five minutes fast.
    ann.post(REVOKE, wish(bob.id, "single", uuid, now + 300_000)).await.ok();
    ann.post(REVOKE, wish(bob.id, "single", uuid, now - 300_000)).await.ok();
    let cases = [
        (&ann, wish(bob.id, "single", uuid, now - 300_001), LATE),
        (&ann, wish(999_999, "single", uuid, now), NOBODY),
        (&ann, wish(gone.id, "single", uuid, now), NOBODY),
        (&ann, wish(999_999, "group", uuid, now), "群不存在"),
        (&eve, wish(group, "group", uuid, now), "你不在该群聊中，操作失败"),
    ];
    for (who, wish, text) in cases {
        who.post(REVOKE, wish).await.fails(400, text);
    }
}

#[tokio::test]
async fn a_revocation_is_checked_in_the_order_of_its_fields() {
    let im = Im::start().await;
    let (ann, bob) = (im.user("ann1").await, im.user("bob1").await);
    let group = im.group(&ann, &[&bob]).await;
    let valid = json!({
        "to_id": bob.id, "to_name": "x", "to_avatar": "/avatar.png", "id": "7", "chatType": "single",
        "create_time": im.now(),
    });
    let long = |n: usize| format!("/{}", "a".repeat(n - 1));
    // what is wrong from here on, text
    let mut body = json!({});
    let cases = [
        (
            "to_id",
            json!(0),
            "接收者id或者群id不能为空",
            "接收者id或者群id 的数值 必须 在 1 和 10000000000000000 之间",
        ),
        (
            "to_name",
            json!("名".repeat(51)),
            "接收者或者群名称不能为空",
            "接收者或者群名称 的长度 必须 在 1 和 50 之间",
        ),
        ("to_avatar", json!("/short"), "接收者或者群头像不能为空", "接收者或者群头像 的长度 必须 在 10 和 "),
        ("id", json!(""), "消息uuid不能为空", "消息uuid不能为空"),
        ("chatType", json!("x"), "聊天类型不能为空", "聊天类型 的值 `x` 必须在 [`single`、`group`] 中"),
        ("create_time", json!("x"), "消息发送时间不能为空", "消息发送时间 的值 `x` 的类型不是 `int`"),
    ];
    for (key, wrong, missing, text) in cases {
        ann.post(REVOKE, body.clone()).await.fails(422, missing);
        body[key] = wrong;
        let got = ann.post(REVOKE, body.clone()).await;
        assert!(got.status == 422 && got.body["data"].as_str().unwrap().starts_with(text), "{}", got.body);
        body[key] = valid[key].clone();
    }
    ann.post(REVOKE, valid.clone()).await.ok();
    for at in [999_999_999_999, im.now() + 300_001] {
        body["create_time"] = json!(at);
        let got = ann.post(REVOKE, body.clone()).await;
        let text = got.body["data"].as_str().unwrap_or_default();
        assert!(
            got.status == 422 && text.starts_with("消息发送时间 的数值 必须 在 1000000000000 和 "),
            "{}",
            got.body
        );
    }
    // A group's picture is a list of pictures, and may be longer.
    for (to, kind, most) in [(bob.id, "single", 1000), (group, "group", 4000)] {
        let mut body = valid.clone();
        (body["to_id"], body["chatType"], body["to_avatar"]) = (json!(to), json!(kind), json!(long(most)));
        ann.post(REVOKE, body.clone()).await.ok();
        body["to_avatar"] = json!(long(most + 1));
        let text = format!("接收者或者群头像 的长度 必须 在 10 和 {most} 之间");
        ann.post(REVOKE, body).await.fails(422, &text);
    }
}

#[tokio::test]
async fn a_stranger_who_sends_ten_at_once_is_heard_once() {
    let im = Im::start().await;
    let (ann, bob) = (im.user("ann1").await, im.user("bob1").await);
    let answers = futures_util::future::join_all((0..10).map(|_| ann.say(&bob, "hi"))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.fails(400, ONE_ONLY);
    }
}
