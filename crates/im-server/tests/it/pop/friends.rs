//! Friends (§3.4) and temporary sessions (§6.3).
use super::kit::*;
use crate::template::assert_fits;
use serde_json::{Value, json};

const ALREADY: &str = "已经是好友";
const NO_STRANGERS: &str = "不是好友，无法发起会话";

async fn list(who: &Pop) -> Value {
    who.get("friend/getlist", form! {}).await.ok()
}

async fn temps(who: &Pop) -> Value {
    who.get("friend/get_temp_list", form! {}).await.ok()
}

/// The uids in a list, by initial.
fn uids(list: &Value) -> Vec<(String, Vec<String>)> {
    let groups = list.as_object().unwrap().iter();
    groups.map(|(initial, of)| (initial.clone(), of.as_object().unwrap().keys().cloned().collect())).collect()
}

#[tokio::test]
async fn an_application_becomes_a_friendship() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    let apply = form! { "friend_uid": jerry.uid, "postscript": "it's <me> & \"you\"" };
    tom.post("friend/apply", apply).await.done();
    assert_eq!(jerry.get("friend/applycount", form! {}).await.ok(), 1);
    assert_eq!(tom.get("friend/applycount", form! {}).await.ok(), 0);
    let rows = jerry.get("friend/applylist", form! {}).await.ok();
    let row = json!({
        "nid": "<id>", "from": tom.uid, "to": jerry.uid, "type": "add_friend", "data": "<text>",
        "operation": "not_operated", "timestamp": im.seconds(), "nickname": "Tom", "avatar": AVATAR,
    });
    assert_fits(&rows, &json!([row]));
    // JSON within a string: its own quotes are not escaped, the text is.
    let data: Value = serde_json::from_str(rows[0]["data"].as_str().unwrap()).unwrap();
    assert_eq!(data, json!({ "postscript": "it&#039;s &lt;me&gt; &amp; &quot;you&quot;" }));
    let nid = rows[0]["nid"].as_i64().unwrap();
    let mut detail = row.clone();
    detail["username"] = json!("tom");
    assert_fits(&jerry.get("friend/applydetail", form! { "nid": nid }).await.ok(), &detail);
    assert_eq!(tom.get("friend/applylist", form! {}).await.ok(), json!([]));

    jerry.post("friend/agree", form! { "nid": nid }).await.done();
    jerry.post("friend/agree", form! { "nid": nid }).await.says(0, "已经操作成功");
    jerry.post("friend/refuse", form! { "nid": nid }).await.fails(210, "非法操作");
    assert_eq!(jerry.get("friend/applycount", form! {}).await.ok(), 0);
    assert_eq!(jerry.get("friend/applylist", form! {}).await.ok()[0]["operation"], "agree");
    let entry = |other: &Pop, name: &str| {
        let initial = name[..1].to_owned();
        json!({ initial.clone(): { other.uid.to_string(): {
            "uid": other.uid, "avatar": AVATAR, "state": "offline", "name": name, "initials": initial, "is_member": 0,
        } } })
    };
    assert_eq!(list(&tom).await, entry(&jerry, "Jerry"));
    assert_eq!(list(&jerry).await, entry(&tom, "Tom"));
    // Who agrees says so.
    let first = tom.with(&jerry).await;
    assert_eq!(contents(&first), ["我通过了你的好友请求，我们来聊天吧"]);
    assert_eq!(
        (&first[0]["from"], &first[0]["sub_type"]),
        (&json!(jerry.uid.to_string()), &json!("message"))
    );
    assert_eq!((tom.unread("friend", jerry.uid).await, jerry.unread("friend", tom.uid).await), (1, 0));
    tom.post("friend/apply", form! { "friend_uid": jerry.uid }).await.says(0, ALREADY);
}

#[tokio::test]
async fn an_application_is_refused_by_a_word() {
    let im = start().await;
    let (tom, jerry, eve) = (im.pop("tom").await, im.pop("jerry").await, im.pop("eve").await);
    let nid = tom.applies(&jerry).await;
    for action in ["friend/agree", "friend/refuse"] {
        for other in [&eve, &tom] {
            other.post(action, form! { "nid": nid }).await.fails(3, NO_ROW);
        }
        jerry.post(action, form! { "nid": 999_999 }).await.fails(3, NO_ROW);
        jerry.post(action, form! {}).await.fails(1, MISSING);
        jerry.post(action, form! { "nid": "x" }).await.fails(2, BAD);
    }
    jerry.post("friend/refuse", form! { "nid": nid }).await.done();
    jerry.post("friend/refuse", form! { "nid": nid }).await.says(0, "已经操作成功");
    jerry.post("friend/agree", form! { "nid": nid }).await.fails(210, "非法操作");
    assert_eq!(list(&tom).await, json!({}));
    assert!(tom.with(&jerry).await.is_empty());
    // Asked again, it is another application.
    let again = tom.applies(&jerry).await;
    assert!(again > nid);
    let rows = jerry.get("friend/applylist", form! {}).await.ok();
    assert_eq!(rows.as_array().unwrap().len(), 1);
    jerry.post("friend/agree", form! { "nid": again }).await.done();
    assert_eq!(uids(&list(&tom).await), [("J".to_owned(), vec![jerry.uid.to_string()])]);
}

#[tokio::test]
async fn applications_of_both_are_settled_by_one() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    let (to_jerry, to_tom) = (tom.applies(&jerry).await, jerry.applies(&tom).await);
    assert_ne!(to_jerry, to_tom);
    tom.post("friend/agree", form! { "nid": to_tom }).await.done();
    for (who, nid) in [(&tom, to_tom), (&jerry, to_jerry)] {
        let row = who.get("friend/applydetail", form! { "nid": nid }).await.ok();
        assert_eq!(row["operation"], "agree");
        assert_eq!(who.get("friend/applycount", form! {}).await.ok(), 0);
    }
}

#[tokio::test]
async fn applying_is_checked() {
    let im = start().await;
    let (tom, jerry, gone) = (im.pop("tom").await, im.pop("jerry").await, im.pop("gone").await);
    im.state(gone.uid, "disabled").await;
    let cases = [
        (form! {}, 1, MISSING),
        (form! { "friend_uid": "0" }, 1, MISSING),
        (form! { "friend_uid": "x" }, 2, BAD),
        (form! { "friend_uid": tom.uid }, 2, BAD),
        (form! { "friend_uid": 999_999 }, 101, NOBODY),
        (form! { "friend_uid": gone.uid }, 101, NOBODY),
    ];
    for (fields, code, text) in cases {
        println!("{fields:?}");
        tom.post("friend/apply", fields).await.fails(code, text);
    }
    let long = "长".repeat(256);
    let reply = tom.post("friend/apply", form! { "friend_uid": jerry.uid, "postscript": long }).await;
    assert!([2, 913].contains(&reply.code()), "{}", reply.body);
    im.switch(form! { "add_friend": "off" }).await;
    tom.post("friend/apply", form! { "friend_uid": jerry.uid }).await.fails(202, "系统禁用了加好友");
    im.switch(form! { "add_friend": "on" }).await;
    assert_eq!(jerry.get("friend/applylist", form! {}).await.ok(), json!([]));
    let fits = "长".repeat(255);
    tom.post("friend/apply", form! { "friend_uid": jerry.uid, "postscript": fits }).await.done();
}

#[tokio::test]
async fn thirty_applications_in_an_hour_are_enough() {
    let im = with(|s| s.limits.enabled = true).await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    let apply = || tom.post("friend/apply", form! { "friend_uid": jerry.uid });
    for _ in 0..30 {
        apply().await.done();
    }
    apply().await.fails(912, OFTEN);
    im.pass(3_600_001);
    apply().await.done();
}

#[tokio::test]
async fn applications_come_newest_first_and_are_read_by_their_receiver_alone() {
    let im = start().await;
    let tom = im.pop("tom").await;
    let mut nids = Vec::new();
    for name in ["jerry", "spike", "tyke"] {
        nids.insert(0, im.pop(name).await.applies(&tom).await);
    }
    let found = |rows: Value| -> Vec<i64> {
        rows.as_array().unwrap().iter().map(|row| row["nid"].as_i64().unwrap()).collect()
    };
    assert_eq!(found(tom.get("friend/applylist", form! {}).await.ok()), nids);
    assert_eq!(found(tom.get("friend/applylist", form! { "limit": 2 }).await.ok()), nids[..2]);
    assert_eq!(tom.get("friend/applycount", form! {}).await.ok(), 3);
    assert_eq!(tom.overview().await["mine"]["unread_friend_apply_count"], 3);
    let eve = im.pop("eve").await;
    for nid in [nids[0], 999_999] {
        assert_eq!(eve.get("friend/applydetail", form! { "nid": nid }).await.ok(), json!([]));
    }
    tom.get("friend/applydetail", form! {}).await.fails(1, MISSING);
}

#[tokio::test]
async fn a_key_makes_friends_without_asking() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    let nid = tom.applies(&jerry).await;
    let add = |a: i64, b: i64| {
        let key = im.key();
        async move { key.post("friend/add", form! { "login_uid": a, "friend_uid": b }).await }
    };
    add(jerry.uid, tom.uid).await.done();
    add(tom.uid, jerry.uid).await.says(0, ALREADY);
    assert_eq!(jerry.get("friend/applydetail", form! { "nid": nid }).await.ok()["operation"], "agree");
    assert_eq!((uids(&list(&tom).await).len(), uids(&list(&jerry).await).len()), (1, 1));
    add(tom.uid, tom.uid).await.fails(2, BAD);
    add(tom.uid, 999_999).await.fails(101, NOBODY);
    add(999_999, tom.uid).await.fails(101, NOBODY);
    im.key().post("friend/add", form! { "login_uid": tom.uid }).await.fails(1, MISSING);
    im.key().post("friend/add", form! { "friend_uid": tom.uid }).await.fails(1, MISSING);
}

#[tokio::test]
async fn friends_are_listed_by_the_letter_of_what_they_are_called() {
    let im = start().await;
    let tom = im.pop("tom").await;
    // nickname, letter
    let cases = [
        ("猫猫", "M"),
        ("喵星人", "M"),
        ("小老鼠", "X"),
        ("apple", "A"),
        ("Bob", "B"),
        ("9 lives", "#"),
        ("😀", "#"),
        ("ひと", "#"),
        ("<b>", "#"),
        ("单于", "S"),
        ("曾先生", "Z"),
        ("解先生", "X"),
        ("仇先生", "Q"),
        ("查先生", "Z"),
        ("éa", "#"),
        ("_x", "#"),
    ];
    for (n, (nickname, _)) in cases.iter().enumerate() {
        let uid = im.account(&format!("u{n}"), nickname).await;
        im.key().post("friend/add", form! { "login_uid": tom.uid, "friend_uid": uid }).await.done();
    }
    let listed = list(&tom).await;
    let mut seen = 0;
    for (initial, of) in listed.as_object().unwrap() {
        for (uid, friend) in of.as_object().unwrap() {
            let name = friend["name"].as_str().unwrap();
            let expected = cases.iter().find(|(nickname, _)| escaped(nickname) == name).unwrap().1;
            assert_eq!((initial.as_str(), &friend["initials"]), (expected, &json!(expected)), "{name}");
            assert_eq!(friend["uid"].to_string(), *uid);
            seen += 1;
        }
    }
    assert_eq!(seen, cases.len());
    let letters: Vec<_> = listed.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(letters, ["A", "B", "M", "Q", "S", "X", "Z", "#"], "A to Z, then #");
    assert_eq!(tom.overview().await["friend"], listed);
}

#[tokio::test]
async fn a_remark_is_ones_own_name_for_a_friend() {
    let im = start().await;
    let (tom, jerry, eve) = (im.pop("tom").await, im.pop("jerry").await, im.pop("eve").await);
    im.pals(&[&tom, &jerry]).await;
    let remark =
        |uid: i64, text: &str| tom.post("friend/remark", form! { "friend_uid": uid, "remark": text });
    remark(jerry.uid, "奶酪'大盗").await.done();
    let entry = list(&tom).await["N"][jerry.uid.to_string()].clone();
    assert_eq!((&entry["name"], &entry["initials"]), (&json!("奶酪&#039;大盗"), &json!("N")));
    assert_eq!(list(&jerry).await["T"][tom.uid.to_string()]["name"], "Tom", "nobody else sees it");
    let seen = tom.get("user/get", form! { "uid": jerry.uid }).await.ok();
    assert_eq!((&seen["remark"], &seen["nickname"]), (&json!("奶酪&#039;大盗"), &json!("Jerry")));
    remark(jerry.uid, "").await.done();
    assert_eq!(list(&tom).await["J"][jerry.uid.to_string()]["name"], "Jerry");
    remark(jerry.uid, &"长".repeat(85)).await.done();
    remark(jerry.uid, &"长".repeat(86)).await.fails(2, "长度不能大于255个字节");
    assert_eq!(remark(tom.uid, "me").await.code(), 2);
    remark(999_999, "x").await.fails(101, NOBODY);
    remark(eve.uid, "not a friend").await.done();
    assert_eq!(tom.get("user/get", form! { "uid": eve.uid }).await.ok()["remark"], "");
    tom.post("friend/remark", form! { "friend_uid": jerry.uid }).await.fails(1, MISSING);
    tom.post("friend/remark", form! { "remark": "x" }).await.fails(1, MISSING);
}

#[tokio::test]
async fn a_friend_who_is_deleted_goes_from_both_lists_and_the_history_stays() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    im.pals(&[&tom, &jerry]).await;
    tom.post("friend/remark", form! { "friend_uid": jerry.uid, "remark": "Mouse" }).await.done();
    mid(tom.say(&jerry, "before").await);
    for _ in 0..2 {
        tom.post("friend/delete", form! { "friend_uid": jerry.uid }).await.done();
        assert_eq!((list(&tom).await, list(&jerry).await), (json!({}), json!({})));
    }
    assert_eq!(contents(&tom.with(&jerry).await), ["before"]);
    assert_eq!(contents(&jerry.with(&tom).await), ["before"]);
    assert_eq!(
        (temps(&tom).await, temps(&jerry).await),
        (json!({}), json!({})),
        "not before the next message"
    );
    mid(jerry.say(&tom, "still there?").await);
    assert_eq!((uids(&temps(&tom).await).len(), uids(&temps(&jerry).await).len()), (1, 1));
    // Friends again, the remark is gone.
    im.pals(&[&tom, &jerry]).await;
    assert_eq!(list(&tom).await["J"][jerry.uid.to_string()]["name"], "Jerry");
    tom.post("friend/delete", form! {}).await.fails(1, MISSING);
    tom.post("friend/delete", form! { "friend_uid": 999_999 }).await.done();
}

#[tokio::test]
async fn how_a_conversation_is_kept_is_changed_field_by_field() {
    let im = start().await;
    let (tom, jerry, spike) = (im.pop("tom").await, im.pop("jerry").await, im.pop("spike").await);
    im.pals(&[&tom, &jerry]).await;
    mid(jerry.say(&tom, "from a friend").await);
    mid(spike.say(&tom, "from a stranger").await);
    for other in [&jerry, &spike] {
        let update = |field: &'static str, value: String| {
            tom.post("friend/update", form! { "friend_uid": other.uid, field: value })
        };
        let key = format!("friend{}", other.uid);
        let entry = || async { tom.overview().await["chatting"][&key].clone() };
        update("top", "1".into()).await.done();
        update("unread_count", "0".into()).await.done();
        assert_eq!(json!([entry().await["top"], entry().await["unread_count"]]), json!([1, 0]));
        // Marked unread again; it never counts more than was said.
        update("unread_count", "1".into()).await.done();
        update("top", "0".into()).await.done();
        assert_eq!(json!([entry().await["top"], entry().await["unread_count"]]), json!([0, 1]));
        update("state", "hidden".into()).await.done();
        assert_eq!(entry().await, Value::Null);
        update("state", "chatting".into()).await.done();
        assert_eq!(entry().await["id"], other.uid);
        update("last_read_time", im.seconds().to_string()).await.done();
        update("last_read_time", (im.seconds() + 60).to_string()).await.done();
        for (field, value) in [
            ("state", "gone".into()),
            ("top", "2".into()),
            ("unread_count", "-1".into()),
            ("last_read_time", (im.seconds() + 3_600).to_string()),
            ("last_read_time", "x".into()),
        ] {
            println!("{field} {value}");
            update(field, value).await.fails(2, BAD);
        }
    }
    let cases = [
        (form! {}, 1, MISSING),
        (form! { "friend_uid": jerry.uid }, 1, MISSING),
        (form! { "top": 1 }, 1, MISSING),
        (form! { "friend_uid": tom.uid, "top": 1 }, 2, BAD),
    ];
    for (fields, code, text) in cases {
        tom.post("friend/update", fields).await.fails(code, text);
    }
    // Without a row there is nothing to change.
    let eve = im.pop("eve").await;
    tom.post("friend/update", form! { "friend_uid": eve.uid, "top": 1 }).await.done();
    assert_eq!(tom.overview().await["chatting"][format!("friend{}", eve.uid)], Value::Null);
}

#[tokio::test]
async fn strangers_who_talk_have_a_temporary_session() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    assert_eq!(temps(&tom).await, json!({}));
    mid(tom.say(&jerry, "hi").await);
    let entry = |other: &Pop, name: &str| {
        let initial = name[..1].to_owned();
        json!({ initial.clone(): { other.uid.to_string(): {
            "uid": other.uid, "avatar": AVATAR, "state": "offline", "name": name, "initials": initial, "is_member": 0,
        } } })
    };
    assert_eq!(temps(&tom).await, entry(&jerry, "Jerry"));
    assert_eq!(temps(&jerry).await, entry(&tom, "Tom"));
    assert_eq!((list(&tom).await, list(&jerry).await), (json!({}), json!({})));
    let kept = jerry.overview().await["chatting"][format!("friend{}", tom.uid)].clone();
    assert_eq!((&kept["type"], &kept["unread_count"]), (&json!("friend"), &json!(1)));
    // Friends have none, and the counters stay.
    im.pals(&[&tom, &jerry]).await;
    assert_eq!((temps(&tom).await, temps(&jerry).await), (json!({}), json!({})));
    assert_eq!(jerry.unread("friend", tom.uid).await, 1);
    assert_eq!(contents(&jerry.with(&tom).await)[0], "hi");
}

#[tokio::test]
async fn without_stranger_chat_old_sessions_are_read_and_nothing_is_sent() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    mid(tom.say(&jerry, "before").await);
    im.switch(form! { "stranger_chat": "off" }).await;
    tom.say(&jerry, "after").await.fails(84, NO_STRANGERS);
    jerry.say(&tom, "after").await.fails(84, NO_STRANGERS);
    assert_eq!(contents(&jerry.with(&tom).await), ["before"]);
    assert_eq!(uids(&temps(&jerry).await).len(), 1);
    let spike = im.pop("spike").await;
    tom.post("friend/open_temp", form! { "friend_uid": spike.uid }).await.fails(84, NO_STRANGERS);
}

#[tokio::test]
async fn a_temporary_session_can_be_opened_before_anything_is_said() {
    let im = start().await;
    let (tom, jerry, spike) = (im.pop("tom").await, im.pop("jerry").await, im.pop("spike").await);
    im.member(&jerry, true).await;
    let open = |uid: i64| tom.post("friend/open_temp", form! { "friend_uid": uid });
    for _ in 0..2 {
        let opened = open(jerry.uid).await.ok();
        let expected = json!({ "uid": jerry.uid, "name": "Jerry", "avatar": AVATAR, "is_member": 1 });
        assert_eq!(opened, expected);
    }
    assert_eq!(temps(&tom).await["J"][jerry.uid.to_string()]["is_member"], 1);
    im.pals(&[&tom, &spike]).await;
    assert_eq!(open(spike.uid).await.ok()["uid"], spike.uid);
    assert_eq!(temps(&tom).await["S"], Value::Null);
    open(999_999).await.fails(101, NOBODY);
    assert_eq!(open(tom.uid).await.code(), 2);
    tom.post("friend/open_temp", form! {}).await.fails(1, MISSING);
}

#[tokio::test]
async fn strangers_are_not_asked_for_one_by_one() {
    let im = with(|s| s.limits.enabled = true).await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    let open = |uid: i64| tom.post("friend/open_temp", form! { "friend_uid": uid });
    im.pals(&[&tom, &jerry]).await;
    for n in 0..30 {
        open(999_000 + n).await.fails(101, NOBODY);
    }
    open(999_999).await.fails(912, OFTEN);
    tom.get("user/get", form! { "uid": 999_999 }).await.fails(912, OFTEN);
    open(jerry.uid).await.ok();
    im.pass(60_001);
    open(999_999).await.fails(101, NOBODY);
}

#[tokio::test]
async fn nobody_puts_itself_into_everybodys_list() {
    let limits = |s: &mut im_server::Settings| {
        s.limits.enabled = true;
        s.limits.pop_open_per_hour = 1;
    };
    let im = with(limits).await;
    let (tom, jerry, spike) = (im.pop("tom").await, im.pop("jerry").await, im.pop("spike").await);
    let open = |uid: i64| tom.post("friend/open_temp", form! { "friend_uid": uid });
    open(jerry.uid).await.ok();
    open(spike.uid).await.fails(912, OFTEN);
    assert_eq!(temps(&spike).await, json!({}));
    open(jerry.uid).await.ok();
    im.pass(3_600_001);
    open(spike.uid).await.ok();
}
