//! The overview and the settings (§3.8).
use super::kit::*;
use reqwest::Method;
use serde_json::{Value, json};

/// Keys of getsetting with their defaults; `Null` for any text.
fn settings() -> Value {
    json!({
        "id": "2", "voice": "on", "audio": "off", "video": "off", "prompt_tone": "on", "group_chat": "on",
        "private_chat": "on", "add_friend": "on", "create_group": "on", "upload_file": "on", "upload_img": "on",
        "emoji": "on", "member_detail": "on", "stranger_chat": "on", "appkey": null, "ws_address": null,
        "app_name": "泡泡IM", "register": "on", "register_captcha": "off", "login_captcha": "off",
        "explore_url": "", "qrcode_friend": "on", "qrcode_group": "on", "qrcode_scan": "on",
    })
}

/// Puts the expected texts where the template has none.
fn filled(mut template: Value, from: &Value) -> Value {
    for key in ["appkey", "ws_address"] {
        assert!(from[key].as_str().is_some_and(|text| !text.is_empty()), "{key}: {from}");
        template[key] = from[key].clone();
    }
    template
}

#[tokio::test]
async fn the_overview_is_the_sample_of_the_contract() {
    let im = start().await;
    let (tom, jerry) = (im.called("tom", "猫猫").await, im.called("jerry", "小老鼠").await);
    let mimi = im.called("mimi", "喵星人").await;
    let gid = im.circle(&[&tom, &jerry, &mimi]).await;
    tom.post("user/update", form! { "sign": "大懒猫" }).await.done();
    let said = mid(tom.say(&jerry, "hi <b>").await);
    let shouted = mid(mimi.shout(gid, "pdf").await);
    let now = im.seconds();
    let friend = |person: &Pop, name: &str, initial: &str| {
        json!({
            "uid": person.uid, "avatar": AVATAR, "state": "offline", "name": name, "initials": initial,
            "is_member": 0,
        })
    };
    let (groupname, avatar) =
        ("群聊(猫猫,小老鼠,喵星人)", format!("/h5/group/avatar?uid={},{},{}", tom.uid, jerry.uid, mimi.uid));
    let data = tom.overview().await;
    let mut setting = filled(settings(), &data["setting"]);
    setting["id"] = json!(2);
    setting["dirty_words"] = json!("");
    let expected = json!({
        "mine": {
            "uid": tom.uid, "username": "tom", "sign": "大懒猫", "nickname": "猫猫", "avatar": AVATAR,
            "unread_friend_apply_count": 0, "nid": data["mine"]["nid"], "is_member": 0,
        },
        "friend": {
            "M": { mimi.uid.to_string(): friend(&mimi, "喵星人", "M") },
            "X": { jerry.uid.to_string(): friend(&jerry, "小老鼠", "X") },
        },
        "group": [{ "gid": gid, "avatar": avatar, "name": groupname, "uid": tom.uid }],
        "chatting": {
            format!("friend{}", jerry.uid): {
                "type": "friend", "id": jerry.uid, "avatar": AVATAR, "name": "小老鼠", "unread_count": 0, "top": 0,
                "items": [{
                    "mid": said, "from": tom.uid.to_string(), "to": jerry.uid.to_string(),
                    "content": "hi &lt;b&gt;", "timestamp": now, "sub_type": "message", "avatar": AVATAR,
                }],
            },
            format!("friend{}", mimi.uid): data["chatting"][format!("friend{}", mimi.uid)],
            format!("group{gid}"): {
                "type": "group", "id": gid, "url": format!("/pop/group/chat/{gid}"), "avatar": avatar,
                "name": groupname, "unread_count": 1, "key": format!("group-{gid}"), "top": 0,
                "items": [{
                    "mid": shouted, "from": mimi.uid.to_string(), "to": gid.to_string(), "content": "pdf",
                    "sub_type": "message", "timestamp": now, "avatar": AVATAR, "name": "喵星人",
                }],
            },
        },
        "setting": setting,
    });
    assert!(data["mine"]["nid"].is_i64());
    let mut seen = data.clone();
    // A friend with whom nothing was said yet may be listed or not.
    let mut expected = expected;
    for side in [&mut seen, &mut expected] {
        side["chatting"].as_object_mut().unwrap().remove(&format!("friend{}", mimi.uid));
    }
    assert_eq!(seen, expected);
    // Asking changes nothing, and all families say the same.
    for family in ["web", "h5", "api"] {
        assert_eq!(tom.get(&format!("/{family}/pop/get"), form! {}).await.ok(), data);
    }
}

#[tokio::test]
async fn an_empty_overview_has_empty_objects_and_an_empty_list() {
    let im = start().await;
    let data = im.pop("tom").await.overview().await;
    assert_eq!(json!([data["friend"], data["group"], data["chatting"]]), json!([{}, [], {}]));
}

#[tokio::test]
async fn conversations_are_called_by_the_callers_own_names() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    im.pals(&[&tom, &jerry]).await;
    tom.post("friend/remark", form! { "friend_uid": jerry.uid, "remark": "Mouse" }).await.done();
    mid(jerry.say(&tom, "squeak").await);
    let name = |data: Value, other: &Pop| data["chatting"][format!("friend{}", other.uid)]["name"].clone();
    assert_eq!(name(tom.overview().await, &jerry), "Mouse");
    assert_eq!(name(jerry.overview().await, &tom), "Tom");
}

#[tokio::test]
async fn unread_and_pinned_conversations_come_before_newer_ones() {
    let im = start().await;
    let tom = im.pop("tom").await;
    let mut friends = Vec::new();
    for n in 0..4 {
        let friend = im.pop(&format!("f{n}")).await;
        im.pals(&[&tom, &friend]).await;
        mid(friend.say(&tom, "hi").await);
        im.pass(1_000);
        friends.push(friend);
    }
    // f0 is pinned, f1 unread, f2 and f3 are read.
    for n in [0, 2, 3] {
        tom.post("message/updateLastReadTime", form! { "id": friends[n].uid, "type": "friend" }).await.done();
    }
    tom.post("friend/update", form! { "friend_uid": friends[0].uid, "top": 1 }).await.done();
    let data = tom.overview().await;
    let keys: Vec<_> = data["chatting"].as_object().unwrap().keys().cloned().collect();
    let key = |n: usize| format!("friend{}", friends[n].uid);
    assert_eq!(keys[2..], [key(3), key(2)]);
    assert!(keys[..2].contains(&key(0)) && keys[..2].contains(&key(1)), "{keys:?}");
}

#[tokio::test]
async fn a_conversation_put_away_comes_back_with_the_next_message() {
    let im = start().await;
    let (tom, jerry, eve) = (im.pop("tom").await, im.pop("jerry").await, im.pop("eve").await);
    let gid = im.circle(&[&tom, &jerry]).await;
    mid(jerry.say(&tom, "1").await);
    mid(eve.say(&tom, "2").await);
    mid(jerry.shout(gid, "3").await);
    for (kind, id, from) in [("friend", jerry.uid, &jerry), ("friend", eve.uid, &eve), ("group", gid, &jerry)]
    {
        let key = format!("{kind}{id}");
        let shown = || async { tom.overview().await["chatting"].get(&key).is_some() };
        assert!(shown().await, "{key}");
        for _ in 0..2 {
            tom.post("pop/delchat", form! { "id": id, "type": kind }).await.done();
            assert!(!shown().await, "{key}");
        }
        assert!(!tom.history(kind, id).await.is_empty(), "nothing is deleted");
        let reply =
            if kind == "group" { from.shout(gid, "again").await } else { from.say(&tom, "again").await };
        mid(reply);
        assert!(shown().await, "{key}");
    }
    for (fields, code, text) in [
        (form! { "id": jerry.uid }, 1, MISSING),
        (form! { "type": "friend" }, 1, MISSING),
        (form! { "id": jerry.uid, "type": "x" }, 2, BAD),
    ] {
        tom.post("pop/delchat", fields).await.fails(code, text);
    }
    tom.post("pop/delchat", form! { "id": 999_999, "type": "friend" }).await.done();
}

#[tokio::test]
async fn the_settings_are_texts_and_open_to_everybody() {
    let im = start().await;
    let tom = im.pop("tom").await;
    for family in ["api", "web", "h5"] {
        let path = format!("/{family}/pop/getsetting");
        let open = im.nobody(Method::GET, &path, form! {}).await.ok();
        assert_eq!(open, filled(settings(), &open));
        let own = tom.get(&path, form! {}).await.ok();
        assert_eq!(own["appkey"], tom.appkey().await);
        let ticket = own["appkey"].as_str().unwrap().strip_prefix(open["appkey"].as_str().unwrap());
        let ticket = ticket.and_then(|rest| rest.strip_prefix('.')).unwrap();
        assert!(ticket.len() >= 22, "128 bits: {ticket}");
        assert!(ticket.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)), "{ticket}");
        let address = open["ws_address"].as_str().unwrap();
        assert!(address.starts_with("ws://") || address.starts_with("wss://"), "{address}");
        assert_eq!(own["ws_address"], open["ws_address"]);
    }
}

#[tokio::test]
async fn an_app_key_belongs_to_a_session() {
    let im = start().await;
    let (tom, phone) = (im.pop("tom").await, im.sign_in("tom", PASSWORD).await);
    assert_eq!(tom.appkey().await, tom.appkey().await);
    assert_ne!(tom.appkey().await, phone.appkey().await);
    let by_key = im.key().get("pop/get", form! { "login_uid": tom.uid }).await.ok();
    let by_key = by_key["setting"]["appkey"].as_str().unwrap().to_owned();
    let mut push = Push::open(&im.base, &by_key).await;
    push.subscribe(&format!("user-{}", tom.uid)).await;
}

#[tokio::test]
async fn a_key_with_the_right_changes_settings() {
    let im = start().await;
    let tom = im.pop("tom").await;
    let set = |fields: Form| {
        let key = im.key();
        async move { key.post("pop/setsetting", fields).await }
    };
    let on_off = [
        "voice",
        "audio",
        "video",
        "prompt_tone",
        "group_chat",
        "private_chat",
        "add_friend",
        "create_group",
        "upload_file",
        "upload_img",
        "emoji",
        "member_detail",
        "stranger_chat",
        "register",
        "register_captcha",
        "login_captcha",
        "qrcode_friend",
        "qrcode_group",
        "qrcode_scan",
    ];
    for name in on_off {
        for value in ["off", "on"] {
            set(form! { name: value }).await.done();
            assert_eq!(tom.get("pop/getsetting", form! {}).await.ok()[name], value, "{name}");
        }
        for value in ["On", "1", "true", ""] {
            assert_eq!(set(form! { name: value }).await.code(), 2, "{name}={value}");
        }
    }
    set(form! { "app_name": "A & <B>", "explore_url": "https://h/?a=1&b=2" }).await.done();
    let shown = tom.get("pop/getsetting", form! {}).await.ok();
    assert_eq!(shown["explore_url"], "https://h/?a=1&amp;b=2");
    assert_eq!(shown["app_name"], "A &amp; &lt;B&gt;");
    for url in ["javascript:alert(1)", "ftp://h/", "//h/x", "data:x"] {
        set(form! { "explore_url": url }).await.fails(2, BAD);
    }
    // Of several, none is taken when one is wrong; the key and the number are not for setting.
    assert_eq!(set(form! { "app_name": "other", "voice": "perhaps" }).await.code(), 2);
    let before = tom.get("pop/getsetting", form! {}).await.ok();
    let reply = set(form! { "id": 5, "appkey": "mine", "voice": "on" }).await;
    assert!([0, 2].contains(&reply.code()));
    let after = tom.get("pop/getsetting", form! {}).await.ok();
    assert_eq!(
        json!([after["id"], after["appkey"], after["app_name"]]),
        json!(["2", before["appkey"], "A &amp; &lt;B&gt;"])
    );
}

#[tokio::test]
async fn settings_outlive_a_restart_and_dirty_words_are_told_to_nobody() {
    let mut im = start().await;
    im.switch(form! { "dirty_words": "secretword", "voice": "off" }).await;
    im.restart().await;
    let tom = im.pop("tom").await;
    let answers = [
        tom.overview().await,
        tom.get("pop/getsetting", form! {}).await.ok(),
        im.key().get("pop/getsetting", form! {}).await.ok(),
        im.nobody(Method::GET, "/web/pop/getsetting", form! {}).await.ok(),
    ];
    for answer in answers {
        assert!(!answer.to_string().contains("secretword"), "{answer}");
        let setting = if answer["setting"].is_object() { &answer["setting"] } else { &answer };
        assert_eq!(setting["voice"], "off");
    }
}
