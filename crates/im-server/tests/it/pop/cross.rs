//! Two dialects, one server: what one says, the other hears in its own words (§8).
use super::{files::*, kit::*};
use crate::kit::{Person, Socket, said};
use serde_json::{Value, json};

/// Sends a message of a kind through the egg dialect.
async fn egg_send(from: &Person, to: i64, chat_type: &str, kind: &str, data: &str, other: Value) -> Value {
    let body = json!({
        "sendto_id": to, "chatType": chat_type, "type": kind,
        "data": { "data": data, "dataType": false, "otherData": other },
    });
    from.post("/api/chat/socket/sendmessage", body).await.ok()
}

/// The next push on the egg socket that is a message, not a notice.
async fn egg_heard(socket: &mut Socket) -> Value {
    loop {
        let push = socket.push().await;
        if push["type"] != "systemNotice" {
            return push;
        }
    }
}

/// The next message of this channel on the pop socket.
async fn pop_heard(socket: &mut Push, channel: &str) -> Value {
    loop {
        let pushed = socket.any().await;
        if pushed.event == "message" && pushed.channel == channel && pushed.data["sub_type"] == "message" {
            return pushed.data;
        }
    }
}

async fn pals(im: &Im) -> (Person, Pop) {
    let (ann, tom) = (im.user("ann1").await, im.pop("tom").await);
    im.key().post("friend/add", form! { "login_uid": tom.uid, "friend_uid": ann.id }).await.done();
    (ann, tom)
}

#[tokio::test]
async fn an_application_of_one_dialect_is_agreed_to_in_the_other() {
    let im = start().await;
    let (ann, bob) = (im.user("ann1").await, im.user("bob1").await);
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    let mut at_tom = tom.listen().await;
    // From egg to pop.
    ann.post("/api/chat/applyfriend", json!({ "friend_id": tom.uid, "nickname": "it's Ann" })).await.ok();
    assert_eq!(at_tom.event("friendApply", &format!("user-{}", tom.uid)).await, json!({ "uid": ann.id }));
    let row = tom.get("friend/applylist", form! {}).await.ok()[0].clone();
    assert_eq!((&row["from"], &row["nickname"]), (&json!(ann.id), &json!("ann1")));
    tom.post("friend/agree", form! { "nid": row["nid"] }).await.done();
    assert_eq!(ann.post(&format!("/api/chat/ismygoodfriend/{}", tom.uid), json!({})).await.status, 200);
    // From pop to egg.
    jerry.post("friend/apply", form! { "friend_uid": bob.id, "postscript": "hello" }).await.done();
    let request = bob.get("/api/chat/listapplyfriend/1").await.ok()["alldata"][0]["id"].clone();
    bob.post(&format!("/api/chat/handleapply/{request}"), json!({ "status": "agree" })).await.ok();
    let list = jerry.get("friend/getlist", form! {}).await.ok();
    assert_eq!(list["B"][bob.id.to_string()]["name"], "bob1");
}

#[tokio::test]
async fn words_and_files_are_heard_in_the_other_dialect_and_kept_once() {
    let im = start().await;
    let (ann, tom) = pals(&im).await;
    let (mut at_ann, mut at_tom) = (ann.connect().await, tom.listen().await);
    let own = format!("user-{}", tom.uid);
    // What pop says, and the kind and the data that egg hears.
    let cases = [
        ("hi <b> & 你好", "text", "hi <b> & 你好"),
        ("![图片](//im.test/a.png)", "image", "//im.test/a.png"),
        ("voice(//im.test/a.wav)", "audio", "//im.test/a.wav"),
        ("file[a.mp4\t7 KB](//im.test/a.mp4)", "video", "//im.test/a.mp4"),
        ("file[a.pdf\t7 KB](//im.test/a.pdf)", "file", "//im.test/a.pdf"),
    ];
    for (content, kind, data) in cases {
        let fields = form! { "to": ann.id, "type": "friend", "content": content };
        let sent = mid(tom.post("message/send", fields).await);
        let heard = egg_heard(&mut at_ann).await;
        assert_eq!((&heard["type"], &heard["from_id"]), (&json!(kind), &json!(tom.uid)), "{heard}");
        assert!(said(&heard).contains(data), "{content}: {heard}");
        let echo = pop_heard(&mut at_tom, &own).await;
        assert_eq!((&echo["mid"], &echo["content"]), (&json!(sent), &json!(escaped(content))));
    }
    // What egg says, and the content that pop hears.
    let cases = [
        ("text", "hi <b>", "hi &lt;b&gt;".to_owned()),
        ("image", "https://h/a.png", "![](https://h/a.png)".into()),
        ("audio", "https://h/a.mp3", "voice(https://h/a.mp3)".into()),
    ];
    for (kind, data, content) in cases {
        egg_send(&ann, tom.uid, "single", kind, data, Value::Null).await;
        let heard = pop_heard(&mut at_tom, &own).await;
        assert_eq!(
            (&heard["content"], &heard["from"]),
            (&json!(content), &json!(ann.id.to_string())),
            "{kind}"
        );
    }
    for (kind, data) in [("video", "https://h/a.mp4"), ("file", "https://h/a.pdf")] {
        let other = json!({ "name": "a", "size": 7, "poster": "" });
        egg_send(&ann, tom.uid, "single", kind, data, other).await;
        let heard = pop_heard(&mut at_tom, &own).await["content"].as_str().unwrap().to_owned();
        assert!(heard.starts_with("file[") && heard.ends_with(&format!("]({data})")), "{kind}: {heard}");
    }
    egg_send(&ann, tom.uid, "single", "自定义", "{\"x\":1}", Value::Null).await;
    let heard = pop_heard(&mut at_tom, &own).await["content"].as_str().unwrap().to_owned();
    assert!(!heard.is_empty() && !heard.contains(['<', '"']), "{heard}");
    // One log: ten lines, and one unread count.
    let lines = tom.history("friend", ann.id).await;
    assert_eq!(lines.iter().filter(|line| line["sub_type"] == "message").count(), 11);
    assert_eq!(tom.unread("friend", ann.id).await, 6);
    tom.get("message/get", form! { "id": ann.id, "type": "friend" }).await.ok();
    assert_eq!(tom.unread("friend", ann.id).await, 0);
}

#[tokio::test]
async fn a_real_recording_travels_from_pop_to_egg() {
    let im = start().await;
    let (ann, tom) = pals(&im).await;
    let mut at_ann = ann.connect().await;
    let data = upload(tom.request(reqwest::Method::POST, "upload/file"), "a.wav", &wav()).await.ok();
    let src = data["src"].as_str().unwrap();
    let fields = form! { "to": ann.id, "type": "friend", "content": format!("voice({src})") };
    mid(tom.post("message/send", fields).await);
    let heard = egg_heard(&mut at_ann).await;
    assert_eq!(heard["type"], "audio");
    assert!(said(&heard).ends_with(src.trim_start_matches('/').split_once('/').unwrap().1), "{heard}");
    let path = src.strip_prefix(&format!("//{HOST}")).unwrap();
    assert_eq!(im.get(path).await.bytes, wav());
}

#[tokio::test]
async fn what_is_taken_back_in_one_dialect_is_gone_in_the_other() {
    let im = start().await;
    let (ann, tom) = pals(&im).await;
    let (mut at_ann, mut at_tom) = (ann.connect().await, tom.listen().await);
    let own = format!("user-{}", tom.uid);
    // By egg.
    let message = egg_send(&ann, tom.uid, "single", "text", "oops", Value::Null).await;
    let mid_of_ann = pop_heard(&mut at_tom, &own).await["mid"].as_i64().unwrap();
    let wish = json!({
        "to_id": tom.uid, "to_name": "Tom", "to_avatar": "/public/icons/avatar.png", "id": message["id"], "chatType": "single",
        "create_time": message["create_time"], "type": "text", "data": { "data": "oops" },
    });
    ann.post("/api/chat/revokeMessage", wish).await.ok();
    let data = at_tom.event("revoke", &own).await;
    assert_eq!((&data["mid"], &data["uid"]), (&json!(mid_of_ann), &json!(ann.id)));
    let line = tom.history("friend", ann.id).await.pop().unwrap();
    assert_eq!((&line["content"], &line["sub_type"]), (&json!("此消息已撤回"), &json!("notice")));
    // By pop.
    let fields = form! { "to": ann.id, "type": "friend", "content": "oops too" };
    let sent = mid(tom.post("message/send", fields).await);
    let id = egg_heard(&mut at_ann).await["id"].clone();
    tom.post("message/revoke", form! { "type": "friend", "id": ann.id, "mid": sent }).await.done();
    loop {
        let push = at_ann.push().await;
        if push["type"] == "systemNotice" && push.to_string().contains(id.as_str().unwrap()) {
            break;
        }
    }
}

#[tokio::test]
async fn a_group_of_either_dialect_is_a_group_in_both() {
    let im = start().await;
    let (ann, tom) = pals(&im).await;
    let (mut at_ann, mut at_tom) = (ann.connect().await, tom.listen().await);
    let own = format!("user-{}", tom.uid);
    // Made in egg.
    let gid = {
        let friend = ann.post(&format!("/api/chat/ismygoodfriend/{}", tom.uid), json!({})).await.ok();
        let edge = friend["id"].clone();
        ann.post("/api/chat/group/create", json!({ "userIds": [edge] })).await.ok();
        ann.get("/api/chat/grouplist/1").await.ok()[0]["id"].as_i64().unwrap()
    };
    assert_eq!(at_tom.event("addGroup", &own).await["gid"], gid);
    assert_eq!(tom.overview().await["group"][0]["gid"], gid);
    while at_tom.any().await.event != "message" {}
    at_tom.subscribe(&format!("group-{gid}")).await;
    egg_send(&ann, gid, "group", "text", "from egg", Value::Null).await;
    assert_eq!(pop_heard(&mut at_tom, &format!("group-{gid}")).await["content"], "from egg");
    mid(tom.shout(gid, "from pop").await);
    loop {
        let heard = egg_heard(&mut at_ann).await;
        if said(&heard) == "from pop" {
            assert_eq!((&heard["chatType"], &heard["to_id"]), (&json!("group"), &json!(gid)));
            break;
        }
    }
    assert_eq!(pop_heard(&mut at_tom, &format!("group-{gid}")).await["content"], "from pop");
    assert_eq!(tom.unread("group", gid).await, 0);
    ann.post("/api/chat/groupUpdateName", json!({ "id": gid, "name": "renamed" })).await.ok();
    let update = at_tom.event("updateGroup", &format!("group-{gid}")).await;
    assert_eq!(update["groupname"], "renamed");
    // Made in pop.
    let made = tom.post("group/create", form! { "members[]": ann.id, "groupname": "of pop" }).await.ok();
    let gid: i64 = made["gid"].as_str().unwrap().parse().unwrap();
    let shown = ann.get(&format!("/api/chat/groupinfo/{gid}")).await.ok();
    assert_eq!((&shown["name"], &shown["user_id"]), (&json!("of pop"), &json!(tom.uid)));
    egg_send(&ann, gid, "group", "text", "hello", Value::Null).await;
    assert_eq!(tom.unread("group", gid).await, 1);
    let line = tom.history("group", gid).await.pop().unwrap();
    assert_eq!((&line["content"], &line["name"]), (&json!("hello"), &json!("ann1")));
    // Muted in pop, silent in egg.
    tom.post("group/forbiddenall", form! { "gid": gid, "value": 1 }).await.done();
    let body = json!({ "sendto_id": gid, "chatType": "group", "type": "text", "data": { "data": "x" } });
    assert_eq!(ann.post("/api/chat/socket/sendmessage", body).await.status, 400);
    tom.post("group/delete", form! { "gid": gid }).await.done();
    let list = ann.get("/api/chat/grouplist/1").await.ok();
    assert!(list.as_array().unwrap().iter().all(|group| group["id"] != gid), "{list}");
}

#[tokio::test]
async fn whoever_is_blocked_in_egg_is_blocked_in_pop() {
    let im = start().await;
    let (ann, tom) = pals(&im).await;
    ann.post(&format!("/api/chat/setblackgoodfriend/{}", tom.uid), json!({})).await.ok();
    let fields = form! { "to": ann.id, "type": "friend", "content": "hi" };
    tom.post("message/send", fields).await.fails(84, "不是好友，无法发起会话");
    tom.post("friend/delete", form! { "friend_uid": ann.id }).await.done();
}

#[tokio::test]
async fn whoever_set_in_egg_who_may_write_is_heeded_in_pop() {
    let im = start().await;
    let (ann, tom) = (im.user("ann1").await, im.pop("tom").await);
    let fields = || form! { "to": ann.id, "type": "friend", "content": "hi" };
    // What Ann set, and the codes of a stranger's three messages. Who came by egg and set nothing
    // hears one message of a stranger; who came by pop hears all.
    let cases = [(None, [0, 84, 84]), (Some(2), [0, 0, 0]), (Some(0), [84, 84, 84])];
    for (count, expected) in cases {
        if let Some(count) = count {
            let chatset = json!({ "chatset": { "user": { "sendCount": count } } });
            ann.post("/api/chat/userset", json!({ "userset": chatset.to_string() })).await.ok();
        }
        for code in expected {
            assert_eq!(tom.post("message/send", fields()).await.code(), code, "{count:?}");
        }
    }
}

#[tokio::test]
async fn a_group_that_asks_its_owner_is_joined_with_the_owners_consent() {
    let im = start().await;
    let (ann, tom) = pals(&im).await;
    let jerry = im.pop("jerry").await;
    // Of the two dialects egg alone can set it.
    let gid = {
        let friend = ann.post(&format!("/api/chat/ismygoodfriend/{}", tom.uid), json!({})).await.ok();
        ann.post("/api/chat/group/create", json!({ "userIds": [friend["id"]] })).await.ok();
        ann.get("/api/chat/grouplist/1").await.ok()[0]["id"].as_i64().unwrap()
    };
    ann.post("/api/chat/groupAddUserSet", json!({ "group_id": gid, "addGroupSet": 1 })).await.ok();
    jerry.post("group/join", form! { "gid": gid }).await.done();
    assert_eq!(jerry.overview().await["group"], json!([]), "the owner decides");
    jerry.shout(gid, "hi").await.fails(2, "不是群组成员无法发言");
    let verdict = json!({ "group_id": gid, "user_id": jerry.uid, "type": "agree" });
    ann.post("/api/chat/groupAgreeOrNo", verdict).await.ok();
    assert_eq!(jerry.overview().await["group"][0]["gid"], gid);
    mid(jerry.shout(gid, "hi").await);
}

#[tokio::test]
async fn whoever_is_there_in_egg_is_there_in_pop() {
    let im = start().await;
    let (ann, tom) = pals(&im).await;
    let mut at_tom = tom.listen().await;
    let state = || async { tom.get("user/get", form! { "uid": ann.id }).await.ok()["state"].clone() };
    assert_eq!(state().await, "offline");
    let socket = ann.connect().await;
    let own = format!("user-{}", tom.uid);
    let online = at_tom.event("userState", &own).await;
    assert_eq!((&online["uid"], &online["state"]), (&json!(ann.id), &json!("online")));
    assert_eq!(state().await, "online");
    socket.close().await;
    let offline = at_tom.event("userState", &own).await;
    assert_eq!((&offline["uid"], &offline["state"]), (&json!(ann.id), &json!("offline")));
    assert_eq!(state().await, "offline");
}

#[tokio::test]
async fn an_account_of_one_dialect_is_found_and_shown_in_the_other() {
    let im = start().await;
    let (ann, tom) = (im.user("ann1").await, im.pop("tommy").await);
    let seen = tom.get("user/getbyname", form! { "username": "ann1" }).await.ok();
    assert_eq!(
        (&seen["uid"], &seen["nickname"]),
        (&json!(ann.id), &json!("ann1")),
        "no nickname: the username"
    );
    let nid = seen["nid"].as_i64().unwrap();
    assert!((1_000_000..100_000_000).contains(&nid), "{nid}");
    assert_eq!(tom.get("user/getbyname", form! { "username": nid }).await.ok()["uid"], ann.id);
    let found = ann.post("/api/chat/searchUser", json!({ "keyword": "tommy" })).await.ok();
    assert_eq!((&found[0]["id"], &found[0]["nickname"]), (&json!(tom.uid), &json!("Tommy")));
    // One password, two doors, whose sessions do not push each other out.
    let again = im.sign_in("ann1", PASSWORD).await;
    assert_eq!(again.overview().await["mine"]["uid"], ann.id);
    im.login("tommy").await;
    assert_eq!(tom.overview().await["mine"]["uid"], tom.uid);
    assert_eq!(ann.get("/api/chat/grouplist/1").await.status, 200);
}
