//! Users (§3.3), registration and passwords without SMS (§3.1).
use super::kit::*;
use crate::template::assert_fits;
use reqwest::Method;
use serde_json::{Value, json};

const TAKEN: &str = "用户名已经存在";
const NAME: &str = "用户名只能包含字母和数字，长度小于60";
const PASSWORDS: &str = "密码长度须为6-64位";
const NOT_MEMBER: &str = "仅会员可以操作";

fn person(username: &str, nickname: &str, password: &str) -> Form {
    form! { "username": username, "nickname": nickname, "password": password }
}

/// What is wrong with these, whoever makes the account.
fn wrong() -> Vec<(Form, i64, &'static str)> {
    vec![
        (form! {}, 1, MISSING),
        (form! { "username": "a", "nickname": "a" }, 1, MISSING),
        (form! { "username": "a", "password": PASSWORD }, 1, MISSING),
        (form! { "nickname": "a", "password": PASSWORD }, 1, MISSING),
        (person("", "a", PASSWORD), 1, MISSING),
        (person("a b", "a", PASSWORD), 112, NAME),
        (person("a_b", "a", PASSWORD), 112, NAME),
        (person("汤姆", "a", PASSWORD), 112, NAME),
        (person("<b>", "a", PASSWORD), 112, NAME),
        (person(&"a".repeat(61), "a", PASSWORD), 112, NAME),
        (person("tom", "a", PASSWORD), 111, TAKEN),
        (person("TOM", "a", PASSWORD), 111, TAKEN),
        (person("a", &"长".repeat(65), PASSWORD), 2, BAD),
        (person("a", "a", "12345"), 906, PASSWORDS),
        (person("a", "a", &"1".repeat(65)), 906, PASSWORDS),
    ]
}

#[tokio::test]
async fn somebody_joins_and_is_not_signed_in_by_it() {
    let im = start().await;
    im.account("tom", "Tom").await;
    for (n, family) in ["api", "web", "h5"].into_iter().enumerate() {
        let mut fields = person(&format!("user{n}"), "新<人>", PASSWORD);
        fields.extend(
            form! { "sign": "hi & bye", "avatar": "//evil.example/a.png", "captcha": "", "phone": "" },
        );
        let browser = Pop::stranger(&im);
        let data = browser.post(&format!("/{family}/login/join"), fields).await.ok();
        assert_fits(&data, &json!({ "uid": "<id>" }));
        browser.get("pop/get", form! {}).await.fails(-1, LOGIN);
        let mine = im.sign_in(&format!("user{n}"), PASSWORD).await.overview().await["mine"].clone();
        assert_eq!(json!([mine["uid"], mine["nickname"]]), json!([data["uid"], "新&lt;人&gt;"]));
        assert_eq!(json!([mine["sign"], mine["avatar"]]), json!(["hi &amp; bye", AVATAR]));
    }
    for (fields, code, text) in wrong() {
        println!("{fields:?}");
        im.nobody(Method::POST, "/h5/login/join", fields).await.fails(code, text);
    }
    let mut fields = person("a", "a", PASSWORD);
    fields.extend(form! { "sign": "长".repeat(86) });
    assert_eq!(im.nobody(Method::POST, "/h5/login/join", fields).await.code(), 2);
    im.switch(form! { "register": "off" }).await;
    im.nobody(Method::POST, "/web/login/join", person("a", "a", PASSWORD)).await.fails(916, "系统关闭了注册");
    im.switch(form! { "register": "on" }).await;
    let long = person(&"a".repeat(60), &"长".repeat(64), &"1".repeat(64));
    im.nobody(Method::POST, "/web/login/join", long).await.ok();
}

#[tokio::test]
async fn a_key_adds_users_by_get_and_by_post() {
    let im = start().await;
    im.account("tom", "Tom").await;
    for (n, method) in [Method::GET, Method::POST].into_iter().enumerate() {
        let mut fields = person(&format!("user{n}"), "新人", PASSWORD);
        fields.extend(form! { "avatar": "https://h/a.png?x=1&y=2", "sign": "s" });
        let reply = call(im.key().request(method.clone(), "user/add"), &method, &fields).await;
        assert_eq!(reply.header("cache-control"), "no-store");
        let uid = reply.ok()["uid"].as_i64().unwrap();
        let seen = im.key().get("user/get", form! { "uid": uid }).await.ok();
        assert_eq!(json!([seen["sign"], seen["avatar"]]), json!(["s", "https://h/a.png?x=1&amp;y=2"]));
        for (fields, code, text) in wrong() {
            println!("{method} {fields:?}");
            call(im.key().request(method.clone(), "user/add"), &method, &fields).await.fails(code, text);
        }
        for avatar in ["javascript:alert(1)", "data:image/png;base64,x", "ftp://h/a", "/a\"onerror=x"] {
            let mut fields = person("b", "b", PASSWORD);
            fields.extend(form! { "avatar": avatar });
            call(im.key().request(method.clone(), "user/add"), &method, &fields).await.fails(2, BAD);
        }
    }
    let mut empty = person("plain", "plain", PASSWORD);
    empty.extend(form! { "avatar": "" });
    let uid = im.key().post("user/add", empty).await.ok()["uid"].clone();
    assert_eq!(im.key().get("user/get", form! { "uid": uid }).await.ok()["avatar"], AVATAR);
}

#[tokio::test]
async fn adding_users_by_get_can_be_switched_off() {
    let im = with(|s| s.pop.allow_get_user_add = false).await;
    let fields = person("tom", "Tom", PASSWORD);
    let reply = im.key().get("user/add", fields.clone()).await;
    reply.fails(1, MISSING);
    im.key().post("user/add", fields).await.ok();
}

#[tokio::test]
async fn everybody_has_a_short_number_that_never_changes() {
    let im = start().await;
    let mut seen = std::collections::HashSet::new();
    for n in 0..10 {
        let tom = im.pop(&format!("u{n}")).await;
        let nid = tom.overview().await["mine"]["nid"].as_i64().unwrap();
        assert!((1_000_000..=9_999_999).contains(&nid), "{nid}");
        assert!(seen.insert(nid), "{nid} twice");
        tom.post("user/update", form! { "nickname": "x" }).await.done();
        assert_eq!(tom.overview().await["mine"]["nid"], nid);
        let found = tom.get("user/getbyname", form! { "username": nid }).await.ok();
        assert_eq!(found["uid"], tom.uid);
    }
    let mut nids: Vec<_> = seen.into_iter().collect();
    nids.sort_unstable();
    assert!(nids.windows(2).any(|two| two[1] - two[0] > 1_000), "not counted up: {nids:?}");
}

#[tokio::test]
async fn a_profile_is_what_the_contract_shows() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    let row = json!({
        "uid": jerry.uid, "username": "jerry", "nickname": "Jerry", "nid": "<id>", "is_member": 0, "sign": "",
        "avatar": AVATAR, "state": "offline", "logout_timestamp": 0, "account_state": "normal",
    });
    let with = |is_friend: bool, remark: &str| {
        let mut row = row.clone();
        row["is_friend"] = json!(is_friend);
        row["remark"] = json!(remark);
        row
    };
    let ask = |action: &'static str, fields: Form| tom.get(action, fields);
    let nid = jerry.overview().await["mine"]["nid"].clone();
    let calls = || {
        [
            ("user/get", form! { "uid": jerry.uid }),
            ("user/get", form! { "username": "jerry" }),
            ("user/get", form! { "username": "jerry", "uid": jerry.uid }),
            ("user/detail", form! { "uid": jerry.uid }),
            ("user/getbyuid", form! { "uid": jerry.uid }),
            ("user/getbyname", form! { "username": "jerry" }),
            ("user/getbyname", form! { "username": nid }),
        ]
    };
    for (action, fields) in calls() {
        println!("{action} {fields:?}");
        assert_fits(&ask(action, fields).await.ok(), &with(false, ""));
    }
    im.pals(&[&tom, &jerry]).await;
    tom.post("friend/remark", form! { "friend_uid": jerry.uid, "remark": "M<>" }).await.done();
    for (action, fields) in calls() {
        assert_fits(&ask(action, fields).await.ok(), &with(true, "M&lt;&gt;"));
    }
    // A key sees a friend only through somebody's eyes.
    let key = im.key();
    assert_fits(&key.get("user/get", form! { "uid": jerry.uid }).await.ok(), &row);
    let fields = form! { "uid": jerry.uid, "login_uid": tom.uid };
    assert_fits(&key.get("user/get", fields).await.ok(), &with(true, "M&lt;&gt;"));
    let cases = [
        ("user/get", form! {}, 1, MISSING),
        ("user/get", form! { "uid": 999_999 }, 101, NOBODY),
        ("user/get", form! { "username": "nobody" }, 101, NOBODY),
        ("user/get", form! { "uid": tom.uid, "username": "jerry" }, 101, NOBODY),
        ("user/detail", form! {}, 1, MISSING),
        ("user/detail", form! { "uid": 999_999 }, 101, NOBODY),
        ("user/getbyuid", form! {}, 2, "非法参数"),
        ("user/getbyname", form! {}, 2, "非法参数"),
        ("user/getbyname", form! { "username": "jerr" }, 101, NOBODY),
        ("user/getbyname", form! { "username": "%" }, 101, NOBODY),
        ("user/getbyname", form! { "username": "1" }, 101, NOBODY),
    ];
    for (action, fields, code, text) in cases {
        println!("{action} {fields:?}");
        ask(action, fields).await.fails(code, text);
    }
}

#[tokio::test]
async fn a_username_of_digits_goes_before_the_short_number() {
    let im = start().await;
    let tom = im.pop("tom").await;
    let nid = tom.overview().await["mine"]["nid"].as_i64().unwrap();
    let other = im.account(&nid.to_string(), "Digits").await;
    let found = tom.get("user/getbyname", form! { "username": nid }).await.ok();
    assert_eq!(found["uid"], other);
}

#[tokio::test]
async fn only_a_key_may_try_a_password_by_a_question() {
    let im = start().await;
    let tom = im.pop("tom").await;
    let ask = |username: &str, password: &str| form! { "username": username, "password": password };
    let key = im.key();
    assert_eq!(key.get("user/get", ask("tom", PASSWORD)).await.ok()["uid"], tom.uid);
    assert_eq!(key.post("user/get", ask("tom", PASSWORD)).await.ok()["uid"], tom.uid);
    let cases = [
        (ask("tom", "654321"), 101, "用户不存在或者密码错误"),
        (ask("nobody", PASSWORD), 101, "用户不存在或者密码错误"),
        (form! { "uid": tom.uid, "password": PASSWORD }, 1, MISSING),
    ];
    for (fields, code, text) in cases {
        key.get("user/get", fields).await.fails(code, text);
    }
    for family in ["api", "web", "h5"] {
        let path = format!("/{family}/user/get");
        tom.get(&path, ask("tom", PASSWORD)).await.fails(3, ILLEGAL);
    }
}

#[tokio::test]
async fn nobody_reads_phone_or_password_in_a_profile() {
    let sms = Sms::start(|_| {}).await;
    let im = &sms.im;
    let uid = sms.join("tom", "13800000001").await;
    let tom = im.sign_in("tom", PASSWORD).await;
    let answers = [
        im.key().get("user/get", form! { "uid": uid }).await.ok(),
        tom.get("user/detail", form! { "uid": uid }).await.ok(),
        tom.get("user/multiGet", form! { "uid[]": uid }).await.ok(),
        tom.overview().await,
    ];
    for answer in answers {
        let text = answer.to_string();
        for secret in ["13800000001", "argon2", "password", "phone"] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    }
}

#[tokio::test]
async fn strangers_see_less_when_profiles_are_closed() {
    let im = start().await;
    let (tom, jerry, spike) = (im.pop("tom").await, im.pop("jerry").await, im.pop("spike").await);
    jerry.post("user/update", form! { "sign": "secret" }).await.done();
    im.pals(&[&spike, &jerry]).await;
    im.switch(form! { "member_detail": "off" }).await;
    let seen = |answer: Value| json!([answer["username"], answer["sign"], answer["nickname"]]);
    let (full, less) = (json!(["jerry", "secret", "Jerry"]), json!(["j***", "", "Jerry"]));
    for (who, expected) in [(&tom, &less), (&spike, &full), (&jerry, &full)] {
        for (action, fields) in [
            ("user/get", form! { "uid": jerry.uid }),
            ("user/detail", form! { "uid": jerry.uid }),
            ("user/getbyname", form! { "username": "jerry" }),
        ] {
            assert_eq!(seen(who.get(action, fields).await.ok()), *expected, "{} {action}", who.name);
        }
    }
    assert_eq!(seen(im.key().get("user/get", form! { "uid": jerry.uid }).await.ok()), full);
    let many = tom.get("user/multiGet", form! { "uid[]": jerry.uid }).await.ok();
    assert_eq!(seen(many[0].clone()), less);
}

#[tokio::test]
async fn many_users_come_in_the_order_of_their_numbers() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    let fields = form! { "uid[]": jerry.uid, "uid[]": 999_999, "uid[]": tom.uid, "uid[]": jerry.uid };
    let found = tom.get("user/multiGet", fields).await.ok();
    let row = |person: &Pop, nickname: &str| {
        json!({
            "uid": person.uid, "username": person.name, "nickname": nickname, "sign": "", "avatar": AVATAR,
            "state": "offline", "logout_timestamp": 0,
        })
    };
    assert_eq!(found, json!([row(&tom, "Tom"), row(&jerry, "Jerry")]));
    let many =
        |count: i64| (1..=count).map(|n| ("uid[]".to_owned(), (100_000 + n).to_string())).collect::<Form>();
    assert_eq!(tom.get("user/multiGet", many(100)).await.ok(), json!([]));
    tom.get("user/multiGet", many(101)).await.fails(913, "内容过长");
}

#[tokio::test]
async fn everybody_who_is_looked_up_counts() {
    let im = with(|s| s.limits.enabled = true).await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    im.pals(&[&tom, &jerry]).await;
    let known = form! { "uid[]": tom.uid, "uid[]": jerry.uid };
    let strangers = (1..=30).map(|n| ("uid[]".to_owned(), (100_000 + n).to_string())).collect::<Form>();
    let all = [known.clone(), strangers].concat();
    assert_eq!(tom.get("user/multiGet", all).await.ok().as_array().unwrap().len(), 2);
    tom.get("user/multiGet", form! { "uid[]": 999_999 }).await.fails(912, OFTEN);
    tom.get("user/get", form! { "uid": 999_999 }).await.fails(912, OFTEN);
    tom.get("user/multiGet", known).await.ok();
    im.pass(60_001);
    tom.get("user/multiGet", form! { "uid[]": 999_999 }).await.ok();
}

#[tokio::test]
async fn friends_do_not_hear_of_a_profile_all_the_time() {
    let limits = |s: &mut im_server::Settings| {
        s.limits.enabled = true;
        s.limits.ask_per_minute = 2;
    };
    let im = with(limits).await;
    let tom = im.pop("tom").await;
    let rename = || tom.post("user/update", form! { "nickname": "Tom" });
    for _ in 0..2 {
        rename().await.done();
    }
    rename().await.fails(912, OFTEN);
    // What an integration says about an account is not refused.
    im.state(tom.uid, "disabled").await;
    im.state(tom.uid, "normal").await;
}

#[tokio::test]
async fn one_changes_ones_own_profile() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    let update = |fields: Form| tom.post("user/update", fields);
    update(form! { "nickname": "猫<猫>", "sign": "大懒猫", "avatar": "//im.test/a.png?a=1&b=2" })
        .await
        .done();
    let mine = tom.overview().await["mine"].clone();
    let found = json!([mine["nickname"], mine["sign"], mine["avatar"]]);
    assert_eq!(found, json!(["猫&lt;猫&gt;", "大懒猫", "//im.test/a.png?a=1&amp;b=2"]));
    // What is left out stays; a sign may be emptied.
    update(form! { "sign": "" }).await.done();
    let mine = tom.overview().await["mine"].clone();
    assert_eq!(json!([mine["nickname"], mine["sign"]]), json!(["猫&lt;猫&gt;", ""]));
    let cases = [
        (form! {}, 1, MISSING),
        (form! { "username": "boss" }, 1, MISSING),
        (form! { "nickname": "长".repeat(65) }, 2, BAD),
        (form! { "account_state": "disabled" }, 3, ILLEGAL),
        (form! { "account_state": "normal", "nickname": "x" }, 3, ILLEGAL),
        (form! { "avatar": "javascript:alert(1)" }, 2, BAD),
        (form! { "avatar": "JAVASCRIPT:alert(1)" }, 2, BAD),
        (form! { "avatar": "//h/javascript.png" }, 2, BAD),
        (form! { "avatar": "/a\"x" }, 2, BAD),
        (form! { "avatar": "/a'x" }, 2, BAD),
        (form! { "avatar": "/a\nx" }, 2, BAD),
        (form! { "avatar": "a.png" }, 2, BAD),
    ];
    for (fields, code, text) in cases {
        println!("{fields:?}");
        update(fields).await.fails(code, text);
    }
    assert_eq!(update(form! { "sign": "长".repeat(86) }).await.code(), 2);
    assert_eq!(tom.overview().await["mine"]["nickname"], "猫&lt;猫&gt;");
    // Fields that nobody may set are no fields.
    update(form! { "sign": "x", "is_member": 1, "nid": 1, "uid": jerry.uid, "login_uid": jerry.uid })
        .await
        .done();
    assert_eq!(tom.overview().await["mine"]["is_member"], 0);
    assert_eq!(jerry.overview().await["mine"]["sign"], "");
    let by_key = form! { "login_uid": jerry.uid, "account_state": "gone" };
    im.key().post("user/update", by_key).await.fails(2, BAD);
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions() {
    let im = start().await;
    let (tom, phone) = (im.pop("tom").await, im.sign_in("tom", PASSWORD).await);
    let change = |one: &str, two: &str, old: &str| {
        tom.post("user/updatepassword", form! { "password1": one, "password2": two, "password_old": old })
    };
    change("new password", "new passwort", PASSWORD).await.fails(904, "两次输入的密码不一致");
    change("new password", "new password", "654321").await.fails(905, "旧密码不正确");
    change("12345", "12345", PASSWORD).await.fails(906, PASSWORDS);
    change("new password", "", PASSWORD).await.fails(1, MISSING);
    change("new password", "new password", "").await.fails(1, MISSING);
    phone.overview().await;
    let odd = " <p>&amp;'\" ";
    change(odd, odd, PASSWORD).await.done();
    assert_eq!(tom.overview().await["mine"]["uid"], tom.uid);
    phone.get("pop/get", form! {}).await.fails(-1, LOGIN);
    im.sign_in("tom", odd).await;
    let old = form! { "username": "tom", "password": PASSWORD };
    im.nobody(Method::POST, "/web/login/check", old).await.fails(101, "用户不存在或者密码错误");
    // A key resets it without knowing the old one.
    let reset = form! { "login_uid": tom.uid, "password1": PASSWORD, "password2": PASSWORD };
    im.key().post("user/updatepassword", reset).await.done();
    im.sign_in("tom", PASSWORD).await;
    tom.get("pop/get", form! {}).await.fails(-1, LOGIN);
}

#[tokio::test]
async fn a_merchant_opens_seats() {
    let im = with(|s| s.pop.max_sub_users = 2).await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    let seat = |who: &Pop, name: &str| {
        let (who, fields) = (who.clone(), person(name, "Seat", PASSWORD));
        async move { who.post("user/open_user", fields).await }
    };
    seat(&tom, "seat1").await.fails(907, NOT_MEMBER);
    im.member(&tom, true).await;
    for (fields, code, text) in wrong() {
        tom.post("user/open_user", fields).await.fails(code, text);
    }
    let uid = seat(&tom, "seat1").await.ok()["uid"].as_i64().unwrap();
    let list = tom.get("friend/getlist", form! {}).await.ok();
    assert_eq!(list["S"][uid.to_string()]["name"], "Seat");
    let seat1 = im.sign_in("seat1", PASSWORD).await;
    assert_eq!(seat1.uid, uid);
    assert_eq!(seat1.overview().await["mine"]["is_member"], 0);
    assert_eq!(seat1.get("friend/getlist", form! {}).await.ok()["T"][tom.uid.to_string()]["is_member"], 1);
    seat(&seat1, "seat9").await.fails(907, NOT_MEMBER);
    seat(&tom, "seat2").await.ok();
    assert_eq!(seat(&tom, "seat3").await.code(), 913);
    // A seat that was made a member still opens none; a merchant no more opens none.
    im.member(&tom, false).await;
    seat(&tom, "seat4").await.fails(907, NOT_MEMBER);
    // The seats go with their merchant.
    im.state(tom.uid, "disabled").await;
    seat1.get("pop/get", form! {}).await.fails(-1, LOGIN);
    let login = form! { "username": "seat1", "password": PASSWORD };
    im.nobody(Method::POST, "/web/login/check", login).await.fails(85, "该账户被禁用");
    assert_eq!(jerry.overview().await["mine"]["uid"], jerry.uid);
}

#[tokio::test]
async fn who_is_a_member_is_decided_by_a_key() {
    let im = start().await;
    let tom = im.pop("tom").await;
    let set = |fields: Form| {
        let key = im.key();
        async move { key.post("user/setmember", fields).await }
    };
    set(form! { "uid": tom.uid, "is_member": 1 }).await.done();
    assert_eq!(tom.overview().await["mine"]["is_member"], 1);
    set(form! { "uid": tom.uid, "is_member": 0 }).await.done();
    assert_eq!(tom.overview().await["mine"]["is_member"], 0);
    set(form! { "uid": tom.uid, "is_member": 2 }).await.fails(2, BAD);
    set(form! { "uid": tom.uid }).await.fails(1, MISSING);
    set(form! { "is_member": 1 }).await.fails(1, MISSING);
    set(form! { "uid": 999_999, "is_member": 1 }).await.fails(101, NOBODY);
}

#[tokio::test]
async fn thirty_searches_in_a_minute_are_enough() {
    let im = with(|s| s.limits.enabled = true).await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    let search = |who: &Pop| {
        let who = who.clone();
        async move { who.get("user/getbyname", form! { "username": "nobody" }).await }
    };
    for _ in 0..30 {
        search(&tom).await.fails(101, NOBODY);
    }
    search(&tom).await.fails(912, OFTEN);
    search(&jerry).await.fails(101, NOBODY);
    im.pass(60_001);
    search(&tom).await.fails(101, NOBODY);
}
