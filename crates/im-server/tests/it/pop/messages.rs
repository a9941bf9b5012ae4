//! Messages (§3.6, §5): sending, reading, quoting, taking back. What is pushed is in `push.rs`.
use super::kit::*;
use crate::template::assert_fits;
use serde_json::{Value, json};

const NO_MEMBER: &str = "参数非法，不是该群成员";
const REVOKED: &str = "此消息已撤回";
const TYPE_OFF: &str = "系统禁用了该消息类型";
const TOO_LONG: &str = "内容过长";
const NOT_FRIENDS: &str = "不是好友，无法发起会话";

async fn pair(im: &Im) -> (Pop, Pop) {
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    im.pals(&[&tom, &jerry]).await;
    (tom, jerry)
}

fn to(other: &Pop, mid: i64) -> Form {
    form! { "type": "friend", "id": other.uid, "mid": mid }
}

fn of(gid: i64, mid: i64) -> Form {
    form! { "type": "group", "id": gid, "mid": mid }
}

fn ty(mut fields: Form, ty: i64) -> Form {
    fields.push(("ty".into(), ty.to_string()));
    fields
}

#[tokio::test]
async fn a_message_is_read_by_both_as_the_contract_shows_it() {
    let im = start().await;
    let (tom, jerry) = pair(&im).await;
    let first = mid(tom.say(&jerry, "你好 <b>\"Jerry\" & 'co'</b>").await);
    let second = mid(jerry.say(&tom, "hi").await);
    assert!(second > first);
    for (reader, other) in [(&tom, &jerry), (&jerry, &tom)] {
        let read = reader.get("message/get", form! { "id": other.uid, "type": "friend" }).await.ok();
        let line = |mid: i64, from: &Pop, content: &str| {
            json!({
                "mid": mid, "from": from.uid.to_string(), "avatar": AVATAR, "timestamp": im.seconds(),
                "content": content, "sub_type": "message", "quote_mid": 0, "quote_content": "", "...": true,
            })
        };
        let shown = "你好 &lt;b&gt;&quot;Jerry&quot; &amp; &#039;co&#039;&lt;/b&gt;";
        assert_fits(&read, &json!([line(first, &tom, shown), line(second, &jerry, "hi")]));
    }
}

#[tokio::test]
async fn a_group_is_told_who_speaks_by_the_readers_own_name_for_them() {
    let im = start().await;
    let (tom, jerry, spike) = (im.pop("tom").await, im.pop("jerry").await, im.pop("spike").await);
    let gid = im.circle(&[&tom, &jerry, &spike]).await;
    tom.post("friend/remark", form! { "friend_uid": jerry.uid, "remark": "小<鼠>" }).await.done();
    let said = mid(jerry.shout(gid, "squeak").await);
    for (reader, name) in [(&tom, "小&lt;鼠&gt;"), (&spike, "Jerry"), (&jerry, "Jerry")] {
        let last = reader.history("group", gid).await.pop().unwrap();
        assert_eq!((&last["mid"], &last["name"]), (&json!(said), &json!(name)));
        assert_eq!(last["from"], jerry.uid.to_string());
    }
}

#[tokio::test]
async fn a_message_is_checked_in_the_order_of_the_contract() {
    let im = start().await;
    let (tom, jerry, gone) = (im.pop("tom").await, im.pop("jerry").await, im.pop("gone").await);
    im.state(gone.uid, "disabled").await;
    let j = jerry.uid;
    let long = "长".repeat(10_001);
    let id65 = "u".repeat(65);
    let cases = [
        (form! {}, 1, MISSING),
        (form! { "to": j, "type": "friend" }, 1, MISSING),
        (form! { "to": j, "content": "hi" }, 1, MISSING),
        (form! { "type": "friend", "content": "hi" }, 1, MISSING),
        (form! { "to": j, "type": "pair", "content": "hi" }, 2, BAD),
        (form! { "to": j, "type": "Friend", "content": "hi" }, 2, BAD),
        (form! { "to": "x", "type": "friend", "content": "hi" }, 2, BAD),
        (form! { "to": j, "type": "friend", "content": "" }, 2, "发送内容不能为空"),
        (form! { "to": j, "type": "friend", "content": long }, 913, TOO_LONG),
        (form! { "to": j, "type": "friend", "content": "hi", "quote_mid": 999_999 }, 404, NO_MESSAGE),
        (form! { "to": j, "type": "friend", "content": "hi", "uniqueId": id65 }, 913, TOO_LONG),
        (form! { "to": 999_999, "type": "friend", "content": "hi" }, 101, NOBODY),
        (form! { "to": tom.uid, "type": "friend", "content": "hi" }, 101, NOBODY),
        (form! { "to": gone.uid, "type": "friend", "content": "hi" }, 101, NOBODY),
        (form! { "to": 999_999, "type": "group", "content": "hi" }, 2, "不是群组成员无法发言"),
    ];
    for (fields, code, text) in cases {
        let shown = format!("{fields:.99?}");
        println!("{}", &shown.chars().take(200).collect::<String>());
        tom.post("message/send", fields).await.fails(code, text);
    }
    assert!(jerry.with(&tom).await.is_empty());
    // What is odd, and may be said.
    for content in [" ", "0", &*"长".repeat(10_000), "\u{0}x", "😀"] {
        mid(tom.say(&jerry, content).await);
    }
}

#[tokio::test]
async fn switches_decide_what_may_be_said_to_whom() {
    let im = start().await;
    let (tom, jerry, spike) = (im.pop("tom").await, im.pop("jerry").await, im.pop("spike").await);
    let gid = im.circle(&[&tom, &jerry]).await;
    let (none, emoji) = ("hi", "so [表情3] so");
    let (image, voice, file) = ("![图片](/a.png)", "voice(//h/a.wav)", "file[a.pdf\t7 KB](//h/a.pdf)");
    // switch, content, to a friend, to a stranger, to a group
    let cases = [
        ("private_chat", none, 83, 83, 0, "系统设置了禁止私聊"),
        ("group_chat", none, 0, 0, 83, "系统设置了禁止群聊"),
        ("stranger_chat", none, 0, 84, 0, NOT_FRIENDS),
        ("emoji", emoji, 915, 915, 915, TYPE_OFF),
        ("emoji", "[表情] [表情x] [表情999]", 0, 0, 0, ""),
        ("voice", voice, 915, 915, 915, TYPE_OFF),
        ("upload_img", image, 915, 915, 915, TYPE_OFF),
        ("upload_img", "![x](x) ![](/a.png)", 915, 915, 915, TYPE_OFF),
        ("upload_img", "voice(x ![](/a.png)", 915, 915, 915, TYPE_OFF),
        ("upload_img", "![x](x) is no picture", 0, 0, 0, ""),
        ("upload_file", file, 915, 915, 915, TYPE_OFF),
        ("upload_file", "file[a.mp4|7 KB](/a.mp4)", 915, 915, 915, TYPE_OFF),
        ("upload_file", image, 0, 0, 0, ""),
        ("upload_img", voice, 0, 0, 0, ""),
        ("voice", file, 0, 0, 0, ""),
        ("voice", "my voice is gone", 0, 0, 0, ""),
    ];
    for (switch, content, friend, stranger, group, text) in cases {
        println!("{switch}: {content}");
        im.switch(form! { switch: "off" }).await;
        let replies = [
            (friend, tom.say(&jerry, content).await),
            (stranger, tom.say(&spike, content).await),
            (group, tom.shout(gid, content).await),
        ];
        for (code, reply) in replies {
            if code == 0 {
                mid(reply);
            } else {
                reply.fails(code, text);
            }
        }
        im.switch(form! { switch: "on" }).await;
    }
}

#[tokio::test]
async fn the_history_comes_in_pages_from_the_newest_back() {
    let im = start().await;
    let (tom, jerry) = pair(&im).await;
    let mut mids = Vec::new();
    for n in 0..105 {
        mids.push(mid(tom.say(&jerry, &n.to_string()).await));
    }
    let get = |fields: Form| {
        let mut all = form! { "id": tom.uid, "type": "friend" };
        all.extend(fields);
        let jerry = &jerry;
        async move {
            let data = jerry.get("message/get", all).await.ok();
            data.as_array().unwrap().iter().map(|m| m["mid"].as_i64().unwrap()).collect::<Vec<_>>()
        }
    };
    assert_eq!(get(form! {}).await, mids[85..]);
    for (limit, found) in
        [("5", 5), ("100", 100), ("101", 100), ("9999", 100), ("0", 20), ("-3", 20), ("1", 1)]
    {
        assert_eq!(get(form! { "limit": limit }).await, mids[105 - found..], "{limit}");
    }
    // Strictly before the bound, whether or not a message has that number.
    assert_eq!(get(form! { "mid": mids[85] }).await, mids[65..85]);
    assert_eq!(get(form! { "mid": mids[3], "limit": 100 }).await, mids[..3]);
    assert!(get(form! { "mid": mids[0] }).await.is_empty());
    assert_eq!(get(form! { "mid": mids[104] + 1_000, "limit": 2 }).await, mids[103..]);
}

#[tokio::test]
async fn reading_checks_what_it_is_asked_for() {
    let im = start().await;
    let (tom, jerry) = pair(&im).await;
    let spike = im.pop("spike").await;
    let gid = im.circle(&[&tom, &jerry]).await;
    mid(tom.shout(gid, "secret").await);
    let cases = [
        (form! {}, 1, MISSING),
        (form! { "id": jerry.uid }, 1, MISSING),
        (form! { "type": "friend" }, 1, MISSING),
        (form! { "id": jerry.uid, "type": "x" }, 2, BAD),
        (form! { "id": "x", "type": "friend" }, 2, BAD),
        (form! { "id": jerry.uid, "type": "friend", "limit": "x" }, 2, BAD),
        (form! { "id": jerry.uid, "type": "friend", "mid": "x" }, 2, BAD),
        (form! { "id": gid, "type": "group" }, 2, NO_MEMBER),
        (form! { "id": 999_999, "type": "group" }, 2, NO_MEMBER),
    ];
    for (fields, code, text) in cases {
        println!("{fields:?}");
        spike.get("message/get", fields).await.fails(code, text);
    }
    let unknown = form! { "id": 999_999, "type": "friend" };
    assert_eq!(spike.get("message/get", unknown).await.ok(), json!([]));
}

#[tokio::test]
async fn unread_counts_what_others_said_since_it_was_read() {
    let im = start().await;
    let (tom, jerry) = pair(&im).await;
    let (t, j) = (tom.uid, jerry.uid);
    assert_eq!(jerry.unread("friend", t).await, 0);
    for n in 0..3 {
        mid(tom.say(&jerry, &n.to_string()).await);
    }
    assert_eq!((jerry.unread("friend", t).await, tom.unread("friend", j).await), (3, 0));
    // Older pages do not read, the newest page does.
    jerry.get("message/get", form! { "id": t, "type": "friend", "mid": 1_000_000 }).await.ok();
    jerry.overview().await;
    assert_eq!(jerry.unread("friend", t).await, 3);
    jerry.get("message/get", form! { "id": t, "type": "friend", "limit": 1 }).await.ok();
    assert_eq!(jerry.unread("friend", t).await, 0);
    // In the same second as the last reading.
    mid(tom.say(&jerry, "4").await);
    assert_eq!(jerry.unread("friend", t).await, 1);
    jerry.post("message/updateLastReadTime", form! { "id": t, "type": "friend" }).await.done();
    assert_eq!(jerry.unread("friend", t).await, 0);
    // Whoever answers has read.
    mid(tom.say(&jerry, "5").await);
    mid(jerry.say(&tom, "6").await);
    assert_eq!((jerry.unread("friend", t).await, tom.unread("friend", j).await), (0, 1));
}

#[tokio::test]
async fn unread_counts_no_lines_that_nobody_said() {
    let im = start().await;
    let (tom, jerry, spike) = (im.pop("tom").await, im.pop("jerry").await, im.pop("spike").await);
    let gid = im.circle(&[&tom, &jerry]).await;
    assert_eq!(jerry.unread("group", gid).await, 0, "the notice of the beginning");
    let first = mid(tom.shout(gid, "1").await);
    let second = mid(tom.shout(gid, "2").await);
    assert_eq!((jerry.unread("group", gid).await, tom.unread("group", gid).await), (2, 0));
    tom.post("message/revoke", of(gid, first)).await.done();
    assert_eq!(jerry.unread("group", gid).await, 1);
    jerry.post("message/delete", ty(of(gid, second), 1)).await.done();
    assert_eq!(jerry.unread("group", gid).await, 0);
    for (kind, id) in [("friend", spike.uid), ("friend", 999_999), ("group", 999_999)] {
        assert_eq!(jerry.unread(kind, id).await, 0);
    }
    assert_eq!(spike.unread("group", gid).await, 0);
}

#[tokio::test]
async fn reading_states_are_checked() {
    let im = start().await;
    let (tom, jerry) = pair(&im).await;
    for action in ["message/unreadcount", "message/updateLastReadTime"] {
        let cases = [
            (form! { "type": "friend" }, 1, MISSING),
            (form! { "id": jerry.uid }, 1, MISSING),
            (form! { "id": jerry.uid, "type": "both" }, 2, BAD),
        ];
        for (fields, code, text) in cases {
            tom.post(action, fields).await.fails(code, text);
        }
    }
    let own = form! { "id": tom.uid, "type": "friend" };
    assert_eq!(tom.post("message/updateLastReadTime", own).await.code(), 2);
}

#[tokio::test]
async fn a_quote_shows_what_the_quoted_message_says_now() {
    let im = start().await;
    let (tom, jerry) = pair(&im).await;
    let long = format!("<b>{}", "长".repeat(300));
    let quoted = mid(tom.say(&jerry, &long).await);
    let quote = |what: i64| {
        form! { "to": tom.uid, "type": "friend", "content": "what?", "quote_mid": what }
    };
    let answer = mid(jerry.post("message/send", quote(quoted)).await);
    let last = || async { tom.with(&jerry).await.pop().unwrap() };
    let shown = last().await;
    let cut: String = long.chars().take(200).collect();
    assert_eq!((&shown["mid"], &shown["quote_mid"]), (&json!(answer), &json!(quoted)));
    assert_eq!(shown["quote_content"], escaped(&cut));
    tom.post("message/revoke", to(&jerry, quoted)).await.done();
    assert_eq!(last().await["quote_content"], REVOKED);
    assert_eq!(last().await["content"], "what?");
}

#[tokio::test]
async fn only_a_visible_message_of_the_same_conversation_is_quoted() {
    let im = start().await;
    let (tom, jerry, spike) = (im.pop("tom").await, im.pop("jerry").await, im.pop("spike").await);
    let gid = im.circle(&[&tom, &jerry, &spike]).await;
    let elsewhere = mid(tom.say(&spike, "for spike").await);
    let in_group = mid(tom.shout(gid, "for all").await);
    let hidden = mid(tom.say(&jerry, "hidden").await);
    tom.post("message/delete", ty(to(&jerry, hidden), 1)).await.done();
    let revoked = mid(tom.say(&jerry, "revoked").await);
    tom.post("message/revoke", to(&jerry, revoked)).await.done();
    let quote = |what: i64| form! { "to": jerry.uid, "type": "friend", "content": "x", "quote_mid": what };
    for what in [elsewhere, in_group, hidden, 999_999] {
        println!("{what}");
        tom.post("message/send", quote(what)).await.fails(404, NO_MESSAGE);
    }
    // A notice is no message that could be quoted.
    let reply = tom.post("message/send", quote(revoked)).await;
    assert!([2, 404].contains(&reply.code()), "{}", reply.body);
    tom.post("message/send", quote(0)).await.ok();
}

#[tokio::test]
async fn the_author_takes_a_message_back() {
    let im = start().await;
    let (tom, jerry, spike) = (im.pop("tom").await, im.pop("jerry").await, im.pop("spike").await);
    im.pals(&[&tom, &jerry, &spike]).await;
    let said = mid(tom.say(&jerry, "oops").await);
    let cases = [
        (&jerry, to(&tom, said), 2, ILLEGAL),
        (&tom, to(&spike, said), 404, NO_MESSAGE),
        (&spike, to(&tom, said), 404, NO_MESSAGE),
        (&spike, to(&jerry, said), 404, NO_MESSAGE),
        (&tom, to(&jerry, 999_999), 404, NO_MESSAGE),
        (&tom, form! { "type": "friend", "id": jerry.uid }, 1, MISSING),
        (&tom, form! { "type": "friend", "mid": said }, 1, MISSING),
        (&tom, form! { "id": jerry.uid, "mid": said }, 1, MISSING),
        (&tom, form! { "id": jerry.uid, "mid": said, "type": "x" }, 2, BAD),
    ];
    for (who, fields, code, text) in cases {
        println!("{} {fields:?}", who.name);
        who.post("message/revoke", fields).await.fails(code, text);
    }
    assert_eq!(contents(&jerry.with(&tom).await), ["oops"]);
    for _ in 0..2 {
        tom.post("message/revoke", to(&jerry, said)).await.done();
        for (reader, other) in [(&tom, &jerry), (&jerry, &tom)] {
            let line = reader.with(other).await.pop().unwrap();
            let found = (&line["mid"], &line["content"], &line["sub_type"]);
            assert_eq!(found, (&json!(said), &json!(REVOKED), &json!("notice")));
            let item = &reader.overview().await["chatting"][format!("friend{}", other.uid)]["items"][0];
            assert_eq!((&item["content"], &item["sub_type"]), (&json!(REVOKED), &json!("notice")));
        }
    }
}

#[tokio::test]
async fn in_a_group_author_owner_and_managers_take_messages_back() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    let (spike, tyke, eve) = (im.pop("spike").await, im.pop("tyke").await, im.pop("eve").await);
    let gid = im.circle(&[&tom, &jerry, &spike, &tyke]).await;
    tom.post("group/manager", form! { "gid": gid, "uid": jerry.uid, "value": 1 }).await.done();
    // author, who takes it back, what is said
    let cases = [
        (&spike, &spike, 0, ""),
        (&spike, &jerry, 0, ""),
        (&spike, &tom, 0, ""),
        (&spike, &tyke, 2, ILLEGAL),
        (&tom, &spike, 2, ILLEGAL),
        (&spike, &eve, 2, "不是群组成员，无法撤回"),
    ];
    for (author, who, code, text) in cases {
        let said = mid(author.shout(gid, "hm").await);
        let reply = who.post("message/revoke", of(gid, said)).await;
        println!("{} takes back what {} said", who.name, author.name);
        if code == 0 { reply.done() } else { reply.fails(code, text) }
    }
    let said = mid(tyke.shout(gid, "rude").await);
    tom.post("group/forbiddenuser", form! { "gid": gid, "uid": tyke.uid, "time": 3_600 }).await.done();
    tyke.post("message/revoke", of(gid, said)).await.fails(4, "已被禁言，无法撤回");
    // A line that told of the group is nobody's to take back.
    let notices = tom.history("group", gid).await;
    let notice = notices.iter().find(|line| line["sub_type"] == "notice").unwrap();
    let fields = of(gid, notice["mid"].as_i64().unwrap());
    tom.post("message/revoke", fields).await.fails(2, ILLEGAL);
}

#[tokio::test]
async fn the_time_for_taking_back_is_unlimited_unless_configured() {
    const LATE: &str = "只能撤回5分钟内的消息";
    let free = start().await;
    let bound = with(|s| s.pop.revoke_window_s = 300).await;
    for (im, limited) in [(&free, false), (&bound, true)] {
        let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
        let gid = im.circle(&[&tom, &jerry]).await;
        let (old, of_group) = (mid(tom.say(&jerry, "1").await), mid(jerry.shout(gid, "2").await));
        im.pass(299_000);
        let late = mid(tom.say(&jerry, "3").await);
        im.pass(2_000);
        for (who, fields) in [(&tom, to(&jerry, old)), (&jerry, of(gid, of_group))] {
            let reply = who.post("message/revoke", fields).await;
            if limited { reply.fails(505, LATE) } else { reply.done() }
        }
        tom.post("message/revoke", to(&jerry, late)).await.done();
        // The owner keeps order for as long as it takes.
        tom.post("message/revoke", of(gid, of_group)).await.done();
    }
    let im = with(|s| s.pop.revoke_window_s = 120).await;
    let (tom, jerry) = pair(&im).await;
    let old = mid(tom.say(&jerry, "1").await);
    im.pass(121_000);
    tom.post("message/revoke", to(&jerry, old)).await.fails(505, "只能撤回2分钟内的消息");
}

#[tokio::test]
async fn a_message_is_deleted_for_oneself_or_for_everybody() {
    let im = start().await;
    let (tom, jerry) = pair(&im).await;
    let mids =
        [mid(tom.say(&jerry, "1").await), mid(tom.say(&jerry, "2").await), mid(tom.say(&jerry, "3").await)];
    let last = |who: Value, other: &Pop| who["chatting"][format!("friend{}", other.uid)]["items"].clone();
    // For oneself: the other one still has it.
    for _ in 0..2 {
        jerry.post("message/delete", ty(to(&tom, mids[2]), 1)).await.done();
        assert_eq!(contents(&jerry.with(&tom).await), ["1", "2"]);
        assert_eq!(contents(&tom.with(&jerry).await), ["1", "2", "3"]);
        assert_eq!(last(jerry.overview().await, &tom)[0]["content"], "2");
        assert_eq!(last(tom.overview().await, &jerry)[0]["content"], "3");
        assert_eq!(jerry.unread("friend", tom.uid).await, 2);
    }
    // For everybody: by the author alone.
    jerry.post("message/delete", ty(to(&tom, mids[1]), 2)).await.fails(2, ILLEGAL);
    for _ in 0..2 {
        tom.post("message/delete", ty(to(&jerry, mids[1]), 2)).await.done();
        assert_eq!(contents(&jerry.with(&tom).await), ["1"]);
        assert_eq!(contents(&tom.with(&jerry).await), ["1", "3"]);
        assert_eq!(last(jerry.overview().await, &tom)[0]["content"], "1");
    }
    for (mid, who, other) in [(mids[0], &tom, &jerry), (mids[2], &tom, &jerry), (mids[0], &jerry, &tom)] {
        who.post("message/delete", ty(to(other, mid), 1)).await.done();
    }
    for (who, other) in [(&tom, &jerry), (&jerry, &tom)] {
        assert!(who.with(other).await.is_empty());
        assert_eq!(last(who.overview().await, other), json!([]));
        assert_eq!(who.unread("friend", other.uid).await, 0);
    }
}

#[tokio::test]
async fn deleting_is_checked() {
    let im = start().await;
    let (tom, jerry, spike) = (im.pop("tom").await, im.pop("jerry").await, im.pop("spike").await);
    let gid = im.circle(&[&tom, &jerry, &spike]).await;
    let (said, shouted) = (mid(tom.say(&jerry, "1").await), mid(spike.shout(gid, "2").await));
    let eve = im.pop("eve").await;
    let cases = [
        (&tom, to(&jerry, said), 1, MISSING),
        (&tom, ty(to(&jerry, said), 3), 2, BAD),
        (&tom, ty(to(&jerry, said), 0), 2, BAD),
        (&tom, form! { "type": "friend", "id": jerry.uid, "ty": 1 }, 1, MISSING),
        (&tom, form! { "id": jerry.uid, "mid": said, "ty": 1 }, 1, MISSING),
        (&tom, ty(to(&spike, said), 1), 404, NO_MESSAGE),
        (&tom, ty(to(&jerry, shouted), 1), 404, NO_MESSAGE),
        (&tom, ty(of(gid, said), 1), 404, NO_MESSAGE),
        (&eve, ty(to(&tom, said), 1), 404, NO_MESSAGE),
        (&jerry, ty(of(gid, shouted), 2), 2, ILLEGAL),
    ];
    for (who, fields, code, text) in cases {
        println!("{} {fields:?}", who.name);
        who.post("message/delete", fields).await.fails(code, text);
    }
    for kind in [1, 2] {
        let reply = eve.post("message/delete", ty(of(gid, shouted), kind)).await;
        assert!([2, 404].contains(&reply.code()), "a stranger to the group: {}", reply.body);
    }
    // The owner and managers tidy up.
    tom.post("message/delete", ty(of(gid, shouted), 2)).await.done();
    assert!(!contents(&spike.history("group", gid).await).contains(&"2"));
    let again = mid(spike.shout(gid, "3").await);
    tom.post("group/manager", form! { "gid": gid, "uid": jerry.uid, "value": 1 }).await.done();
    jerry.post("message/delete", ty(of(gid, again), 2)).await.done();
    assert!(!contents(&spike.history("group", gid).await).contains(&"3"));
}

#[tokio::test]
async fn content_is_kept_as_it_was_sent_and_escaped_once() {
    let im = start().await;
    let (tom, jerry) = pair(&im).await;
    let contents = [
        "plain",
        "  spaces around  ",
        "[表情5][表情999]",
        "![](//im.test/upload/images/202104/a.png)",
        "![图片](/a.png)",
        "file[a b.pdf\t7.15 KB](//im.test/upload/files/202104/a.pdf)",
        "file[a.mp4|7.15 KB](https://h/a.mp4)",
        "voice(//im.test/upload/files/202104/a.wav)",
        "see [this](/h5/x) and [that](https://h/?a=1&b=2)",
        "https://example.com/?a=1&b=2",
        "&amp; &lt; <script>alert('1')</script> \"q\"",
        "line 1\nline 2\ttab",
        "😀 鸿雁",
        "a%20b+c",
    ];
    for content in contents {
        mid(tom.say(&jerry, content).await);
    }
    let read = jerry.with(&tom).await;
    for (line, content) in read.iter().zip(contents) {
        assert_eq!(line["content"], escaped(content));
    }
    assert_eq!(read.len(), contents.len());
}

#[tokio::test]
async fn a_form_with_a_dangerous_address_is_inert_text() {
    let im = start().await;
    let (tom, jerry) = pair(&im).await;
    let image = regex_free("![", "](");
    let contents = [
        "![x](javascript:alert(1))",
        "![x](JaVaScRiPt:alert(1))",
        "![](data:text/html,x)",
        "voice(javascript:1)",
        "file[a\tb](javascript:1)",
        "[click](javascript:alert(1))",
        "[click](/x\"onmouseover=alert)",
        "[click](//h/javascript)",
        "![x](ftp://h/a.png)",
    ];
    for content in contents {
        mid(tom.say(&jerry, content).await);
        let shown = jerry.with(&tom).await.pop().unwrap()["content"].as_str().unwrap().to_owned();
        println!("{content} -> {shown}");
        assert!(!image(&shown), "still a picture: {shown}");
        assert!(!client_links(&shown), "still a link: {shown}");
    }
}

/// Whether a client would show a picture.
fn regex_free(open: &'static str, middle: &'static str) -> impl Fn(&str) -> bool {
    move |text| {
        let after = text.split_once(open).and_then(|(_, rest)| rest.split_once(middle));
        after.is_some_and(|(_, rest)| rest.contains(')'))
    }
}

/// Whether a client would make anything of the text that can be followed.
fn client_links(text: &str) -> bool {
    let voice = text.starts_with("voice(") && text.ends_with(')');
    let link = text.split_once('[').and_then(|(_, rest)| rest.split_once("]("));
    voice || link.is_some_and(|(_, rest)| rest.contains(')'))
}

#[tokio::test]
async fn nobody_can_write_a_line_that_looks_like_a_notice() {
    let im = start().await;
    let (tom, jerry) = pair(&im).await;
    let fields = form! {
        "to": jerry.uid, "type": "friend", "sub_type": "notice", "auto": 1, "timestamp": 5, "from": jerry.uid,
        "content": "[Jerry]({POPBASEURI}user/detail/1) 加入了群聊",
    };
    mid(tom.post("message/send", fields).await);
    let line = jerry.with(&tom).await.pop().unwrap();
    assert_eq!((&line["sub_type"], &line["timestamp"]), (&json!("message"), &json!(im.seconds())));
    assert_eq!(line["from"], tom.uid.to_string());
    assert_eq!(line["content"], "[Jerry]({\u{200b}POPBASEURI}user/detail/1) 加入了群聊");
}

#[tokio::test]
async fn dirty_words_are_starred_out_before_anything_is_stored() {
    let im = start().await;
    let (tom, jerry) = pair(&im).await;
    im.switch(form! { "dirty_words": "坏蛋\n darn ,超级坏蛋\r\n\n,a<b" }).await;
    let cases = [
        ("你是坏蛋吗", "你是**吗"),
        ("你是超级坏蛋吗", "你是****吗"),
        ("Darn DARN darning", "**** **** ****ing"),
        ("坏 蛋", "坏 蛋"),
        ("坏蛋坏蛋", "****"),
        ("a<b", "***"),
        ("![darn](//h/darn.png)", "![****](//h/darn.png)"),
        ("voice(//h/darn.wav)", "voice(//h/darn.wav)"),
        ("file[darn.pdf\t7 KB](//h/darn.pdf)", "file[****.pdf\t7 KB](//h/darn.pdf)"),
        ("![](/darn) see /darn now", "![](/darn) see /**** now"),
        ("/darn ![](/darn)![](/darn)", "/**** ![](/darn)![](/****)"),
        ("fine", "fine"),
    ];
    for (said, read) in cases {
        mid(tom.say(&jerry, said).await);
        for (who, other) in [(&tom, &jerry), (&jerry, &tom)] {
            assert_eq!(who.with(other).await.pop().unwrap()["content"], escaped(read), "{said}");
        }
    }
    tom.post("user/update", form! { "nickname": "darn 坏蛋" }).await.done();
    assert_eq!(tom.overview().await["mine"]["nickname"], "**** **");
    let made = tom.post("group/create", form! { "groupname": "坏蛋 club" }).await.ok();
    assert_eq!(made["groupname"], "** club");
    let spike = im.pop("spike").await;
    spike.post("friend/apply", form! { "friend_uid": tom.uid, "postscript": "坏蛋" }).await.done();
    let row = tom.get("friend/applylist", form! {}).await.ok()[0].clone();
    let data: Value = serde_json::from_str(row["data"].as_str().unwrap()).unwrap();
    assert_eq!(data["postscript"], "**");
    // Switched off again, old messages stay as they are.
    im.switch(form! { "dirty_words": "" }).await;
    assert_eq!(tom.overview().await["setting"]["dirty_words"], "");
    mid(tom.say(&jerry, "坏蛋").await);
    let read = jerry.with(&tom).await;
    assert_eq!((&read[0]["content"], &read[read.len() - 1]["content"]), (&json!("你是**吗"), &json!("坏蛋")));
}

#[tokio::test]
async fn whom_a_message_names_stays_named_when_its_words_are_starred_out() {
    let im = start().await;
    let (tom, jerry) = pair(&im).await;
    let gid = im.circle(&[&tom, &jerry]).await;
    im.switch(form! { "dirty_words": "坏蛋" }).await;
    let fields = form! { "to": gid, "type": "group", "content": "坏蛋 psst", "at[]": jerry.uid };
    let said = mid(tom.post("message/send", fields).await);
    let data = jerry.get("group/detail", form! { "gid": gid, "at": 1 }).await.ok();
    assert_eq!(data["at"].as_array().map(Vec::len), Some(1));
    assert_eq!((&data["at"][0]["mid"], &data["at"][0]["content"]), (&json!(said), &json!("** psst")));
}

#[tokio::test]
async fn a_message_names_fifty_people_at_most_and_only_in_a_group() {
    let im = start().await;
    let (tom, jerry) = pair(&im).await;
    let gid = im.circle(&[&tom, &jerry]).await;
    let send = |to: i64, kind: &str, at: &str| {
        let fields = form! { "to": to, "type": kind, "content": "psst", "at": at };
        let tom = tom.clone();
        async move { tom.post("message/send", fields).await }
    };
    let others = |count: i64| (1..=count).map(|n| format!("{},", 1_000 + n)).collect::<String>();
    let fifty = format!("{}{}", others(49), jerry.uid);
    send(gid, "group", &format!("{}{}", others(50), jerry.uid)).await.fails(913, "内容过长");
    let named = mid(send(gid, "group", &fifty).await);
    let data = jerry.get("group/detail", form! { "gid": gid, "at": 1 }).await.ok();
    assert_eq!(data["at"][0]["mid"], named);
    for at in [others(51), "nobody".into()] {
        mid(send(jerry.uid, "friend", &at).await);
    }
}

#[tokio::test]
async fn two_messages_with_one_unique_id_are_two_messages() {
    let im = start().await;
    let (tom, jerry) = pair(&im).await;
    let send = || {
        tom.post(
            "message/send",
            form! { "to": jerry.uid, "type": "friend", "content": "same", "uniqueId": "1683100000" },
        )
    };
    assert_ne!(mid(send().await), mid(send().await));
    assert_eq!(contents(&jerry.with(&tom).await), ["same", "same"]);
}

#[tokio::test]
async fn twenty_messages_in_ten_seconds_are_enough() {
    let im = with(|s| s.limits.enabled = true).await;
    let (tom, jerry) = pair(&im).await;
    for n in 0..20 {
        mid(tom.say(&jerry, &n.to_string()).await);
    }
    tom.say(&jerry, "20").await.fails(912, OFTEN);
    mid(jerry.say(&tom, "another person may").await);
    im.pass(10_001);
    mid(tom.say(&jerry, "21").await);
}

#[tokio::test]
async fn people_who_write_at_once_leave_no_gap_and_lose_nothing() {
    let im = start().await;
    let (tom, jerry) = pair(&im).await;
    let sends = (0..20).map(|n| {
        let (from, to) = if n % 2 == 0 { (&tom, &jerry) } else { (&jerry, &tom) };
        async move { mid(from.say(to, &n.to_string()).await) }
    });
    let mut answered = futures_util::future::join_all(sends).await;
    answered.sort_unstable();
    let read: Vec<_> = tom.with(&jerry).await.iter().map(|m| m["mid"].as_i64().unwrap()).collect();
    assert_eq!(read, answered);
    answered.dedup();
    assert_eq!(answered.len(), 20);
}

#[tokio::test]
async fn who_is_muted_or_no_member_does_not_speak_in_a_group() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    let (spike, eve) = (im.pop("spike").await, im.pop("eve").await);
    let gid = im.circle(&[&tom, &jerry, &spike]).await;
    eve.shout(gid, "hi").await.fails(2, "不是群组成员无法发言");
    tom.post("group/manager", form! { "gid": gid, "uid": jerry.uid, "value": 1 }).await.done();
    tom.post("group/forbiddenuser", form! { "gid": gid, "uid": spike.uid, "time": 60 }).await.done();
    spike.shout(gid, "hi").await.fails(4, "已被禁言，无法发送消息");
    im.pass(61_000);
    mid(spike.shout(gid, "free again").await);
    tom.post("group/forbiddenall", form! { "gid": gid, "value": 1 }).await.done();
    spike.shout(gid, "hi").await.fails(200, "全群禁言，无法发送消息");
    mid(jerry.shout(gid, "a manager").await);
    mid(tom.shout(gid, "the owner").await);
    tom.post("group/forbiddenall", form! { "gid": gid, "value": 0 }).await.done();
    mid(spike.shout(gid, "hi").await);
}
