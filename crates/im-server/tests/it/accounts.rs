//! Accounts: registering, signing in and out, profiles (egg.md §2, §4 #1–#3, #16, #18, #34).
use crate::{kit::*, shape};
use reqwest::Method;
use serde_json::{Value, json};

const GONE: &str = "Token 令牌不合法！";

/// The row of somebody who just signed in (§4.0).
pub fn user_row() -> Value {
    json!({
        "create_time": "2025-07-18 18:44:09",
        "id": 47,
        "uuid": "0d4e20a9-28b6-45d0-9dc6-18cf09d2aa1b",
        "username": "my01",
        "nickname": "",
        "avatar": "/public/icons/avatar.png",
        "devicefingeruuid": "",
        "uniplatform": "",
        "devicemodel": "",
        "deviceos": "",
        "devicebrand": "",
        "userset": "",
        "invite_confirm": 0,
        "mobile": null,
        "email": null,
        "status": 1,
        "last_login": "2025-07-18T10:44:09.000Z",
        "last_login_ip": "text|null",
        "register_time": "2025-07-18T10:44:09.000Z",
        "register_ip": "text|null",
        "is_deleted": 0,
        "wechat_openid": null,
        "qq_openid": null,
        "weibo_uid": null,
        "role": "user",
        "is_email_verified": 0,
        "is_mobile_verified": 0,
        "order": 50,
        "update_time": "2025-07-18T10:44:09.000Z",
        "token": "opaque",
    })
}

async fn login(im: &Im, name: &str, password: &str) -> Answer {
    im.post("/api/loginChat", json!({ "username": name, "password": password })).await
}

/// How the public profile shows somebody.
async fn profile(im: &Im, uuid: &str) -> Value {
    im.get(&format!("/api/userinfo/{uuid}")).await.ok()
}

/// What a call with this token that everybody may make answers.
async fn call(im: &Im, token: &str) -> Answer {
    answer(im.request(Method::GET, "/api/chat/grouplist/1").header("token", token)).await
}

#[tokio::test]
async fn registering_answers_the_whole_row_and_signs_in() {
    let im = Im::start().await;
    // 2025-07-18T10:44:09.000Z
    im.pass(1_752_835_449_000 - im.now());
    let row = im.post("/api/regChat", json!({ "username": "Ann_01", "password": "123456" })).await.ok();
    shape::same(&row, &user_row());
    let expected = [
        ("username", json!("Ann_01")),
        ("nickname", json!("")),
        ("avatar", json!("/public/icons/avatar.png")),
        ("devicefingeruuid", json!("")),
        ("userset", json!("")),
        ("invite_confirm", json!(0)),
        ("status", json!(1)),
        ("role", json!("user")),
        ("order", json!(50)),
        ("create_time", json!("2025-07-18 18:44:09")),
        ("register_time", json!("2025-07-18T10:44:09.000Z")),
        ("last_login", json!("2025-07-18T10:44:09.000Z")),
        ("update_time", json!("2025-07-18T10:44:09.000Z")),
    ];
    for (key, value) in expected {
        assert_eq!(row[key], value, "{key}");
    }
    let token = row["token"].as_str().unwrap();
    let is_url_safe = |c: char| c.is_ascii_alphanumeric() || "-_.~".contains(c);
    assert!(token.len() >= 43 && token.chars().all(is_url_safe), "{token}");
    assert_eq!(call(&im, token).await.ok(), json!([]));
}

#[tokio::test]
async fn logging_in_answers_the_same_row_and_ends_the_older_session() {
    let im = Im::start().await;
    let ann = im.user("ann1").await;
    im.pass(3_600_000);
    let row = login(&im, "ann1", "123456").await.ok();
    shape::same(&row, &user_row());
    for key in ["id", "uuid", "username", "avatar", "create_time", "register_time"] {
        assert_eq!(row[key], ann.row[key], "{key}");
    }
    assert_ne!(row["last_login"], ann.row["last_login"]);
    assert_ne!(row["token"], ann.row["token"]);
    call(&im, &ann.token).await.fails(400, GONE);
    call(&im, row["token"].as_str().unwrap()).await.ok();
}

#[tokio::test]
async fn an_installation_may_allow_several_devices() {
    let im = Im::with(|settings| settings.chat.sessions_per_user = 2).await;
    let first = im.user("ann1").await.token;
    let mut later = Vec::new();
    for _ in 0..2 {
        later.push(login(&im, "ann1", "123456").await.ok()["token"].as_str().unwrap().to_owned());
    }
    call(&im, &first).await.fails(400, GONE);
    for token in later {
        call(&im, &token).await.ok();
    }
}

#[tokio::test]
async fn a_username_is_taken_in_whatever_case() {
    let im = Im::start().await;
    let ann = im.user("Ann1").await;
    for name in ["Ann1", "ann1", "ANN1"] {
        let body = json!({ "username": name, "password": "123456" });
        im.post("/api/regChat", body.clone()).await.fails(400, "该账号已存在，请换一个账号注册");
        im.signed("/api/visitorregChat", &device(1), body).await.fails(400, "该账号已存在，请换一个账号注册");
        assert_eq!(login(&im, name, "123456").await.ok()["id"], ann.id);
    }
}

#[tokio::test]
async fn names_and_passwords_have_bounds() {
    let im = Im::start().await;
    let long = "a".repeat(20);
    let (too_long, short) = (format!("{long}a"), "账号 的长度 必须 在 4 和 20 之间");
    let odd = "账号只能由4-20位字母、数字、下划线组成";
    let secret = "密码 的长度 必须 在 6 和 20 之间";
    // name, password, status, text
    let cases = [
        ("", "123456", 422, "账号不能为空"),
        ("abc", "123456", 422, short),
        (&too_long, "123456", 422, short),
        ("abcd", "", 422, "密码不能为空"),
        ("abcd", "12345", 422, secret),
        ("abcd", "123456789012345678901", 422, secret),
        ("ab cd", "123456", 400, odd),
        ("ab-cd", "123456", 400, odd),
        ("阿祖阿祖", "123456", 400, odd),
        ("abc😀", "123456", 400, odd),
        ("<b>x</b>", "123456", 400, odd),
        ("abcd", "123456", 200, ""),
        ("A_9z", "密码密码密码", 200, ""),
        (&long, "12345678901234567890", 200, ""),
    ];
    for (name, password, status, text) in cases {
        let got = im.post("/api/regChat", json!({ "username": name, "password": password })).await;
        if status == 200 {
            got.ok();
            assert_eq!(login(&im, name, password).await.ok()["username"], name);
        } else {
            got.fails(status, text);
        }
    }
}

#[tokio::test]
async fn a_login_says_what_is_wrong() {
    let im = Im::start().await;
    im.user("ann1").await;
    im.user("gone").await;
    im_core::accounts::set_enabled(im.app(), "gone".into(), false).await.unwrap();
    let cases = [
        ("ann1", "1234567", 400, "账户或密码错误"),
        ("nobody", "123456", 400, "账号不存在或者被禁用"),
        ("an n-1", "123456", 400, "账号不存在或者被禁用"),
        ("gone", "123456", 400, "账号不存在或者被禁用"),
        ("gone", "1234567", 400, "账号不存在或者被禁用"),
        ("an", "123456", 422, "账号 的长度 必须 在 4 和 20 之间"),
        ("", "", 422, "账号不能为空"),
        ("ann1", "", 422, "密码不能为空"),
        ("ann1", "12345", 422, "密码 的长度 必须 在 6 和 20 之间"),
    ];
    for (name, password, status, text) in cases {
        login(&im, name, password).await.fails(status, text);
    }
    im_core::accounts::set_enabled(im.app(), "gone".into(), true).await.unwrap();
    login(&im, "gone", "123456").await.ok();
}

#[tokio::test]
async fn many_wrong_passwords_close_the_account_for_a_quarter_of_an_hour() {
    let im = Im::with(|settings| {
        settings.limits.enabled = true;
        settings.limits.login_failures_per_quarter_hour = 10;
    })
    .await;
    im.user("ann1").await;
    im.user("bob1").await;
    for _ in 0..10 {
        login(&im, "ann1", "wrong-one").await.fails(400, "账户或密码错误");
    }
    login(&im, "ann1", "wrong-one").await.fails(400, "操作过于频繁，请稍后再试");
    login(&im, "ANN1", "123456").await.fails(400, "操作过于频繁，请稍后再试");
    login(&im, "bob1", "123456").await.ok();
    im.pass(15 * 60_000);
    login(&im, "ann1", "123456").await.ok();
}

#[tokio::test]
async fn signing_out_ends_the_session() {
    let im = Im::start().await;
    let (ann, bob) = (im.user("ann1").await, im.user("bob1").await);
    assert_eq!(ann.post("/api/chat/logout", json!({})).await.ok(), json!(true));
    ann.post("/api/chat/logout", json!({})).await.fails(400, GONE);
    call(&im, &ann.token).await.fails(400, GONE);
    call(&im, &bob.token).await.ok();
    login(&im, "ann1", "123456").await.ok();
}

#[tokio::test]
async fn a_session_lapses_after_a_year_without_a_call() {
    let im = Im::start().await;
    let (ann, bob) = (im.user("ann1").await, im.user("bob1").await);
    im.pass(364 * 86_400_000);
    call(&im, &bob.token).await.ok();
    im.pass(2 * 86_400_000);
    call(&im, &ann.token).await.fails(400, GONE);
    call(&im, &bob.token).await.ok();
}

#[tokio::test]
async fn a_session_survives_a_restart_and_nothing_of_it_is_readable_on_disk() {
    let mut im = Im::start().await;
    let ann = im.user("ann1").await;
    im.restart().await;
    call(&im, &ann.token).await.ok();
    let mut folders = vec![im.data().to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            let found = bytes.windows(ann.token.len()).any(|window| window == ann.token.as_bytes());
            assert!(!found, "the token stands in {}", path.display());
        }
    }
}

#[tokio::test]
async fn a_disabled_account_is_shut_out_at_once() {
    let im = Im::start().await;
    let ann = im.user("ann1").await;
    call(&im, &ann.token).await.ok();
    im_core::accounts::set_enabled(im.app(), "ann1".into(), false).await.unwrap();
    // Its sessions ended with it, so it may be told either.
    let got = call(&im, &ann.token).await;
    let text = got.body["data"].as_str().unwrap();
    assert_eq!((got.status, &got.body["msg"]), (400, &json!("fail")));
    assert!([GONE, "当前用户不存在或者已被禁用"].contains(&text), "{text}");
    login(&im, "ann1", "123456").await.fails(400, "账号不存在或者被禁用");
}

#[tokio::test]
async fn a_live_session_of_a_disabled_account_is_told_so() {
    let im = Im::start().await;
    let ann = im.user("ann1").await;
    im.sql("update account set status = 0 where id = $1", ann.id).await;
    call(&im, &ann.token).await.fails(400, "当前用户不存在或者已被禁用");
}

#[tokio::test]
async fn a_profile_is_public_by_its_uuid() {
    let im = Im::start().await;
    let (ann, vis) = (im.user("ann1").await, im.visitor(1).await);
    im.user("gone").await;
    let sample = json!({
        "id": 1,
        "uuid": "edda71aa-4a31-4ba8-9025-8fdc0dc3c0fa",
        "username": "my01",
        "nickname": "魂牵一梦",
        "avatar": "/public/icons/avatar.png",
        "role": "user",
        "userset": "",
        "userinfo": { "id": 1, "gender": "unknown", "birthday": null, "bio": null, "location": null, "website": null },
    });
    for person in [&ann, &vis] {
        let shown = profile(&im, &person.uuid).await;
        shape::same(&shown, &sample);
        for key in ["id", "uuid", "username", "nickname", "avatar", "role", "userset"] {
            assert_eq!(shown[key], person.row[key], "{key}");
        }
        assert_eq!(shown["userinfo"]["gender"], "unknown");
    }
    assert_eq!(profile(&im, "edda71aa-4a31-4ba8-9025-8fdc0dc3c0fa").await, Value::Null);
    im_core::accounts::set_enabled(im.app(), "ann1".into(), false).await.unwrap();
    assert_eq!(profile(&im, &ann.uuid).await, Value::Null);
    for odd in ["abc", &format!("{}0", ann.uuid)] {
        im.get(&format!("/api/userinfo/{odd}")).await.fails(422, "uuid值 的长度 必须 在 36 和 36 之间");
    }
}

#[tokio::test]
async fn a_profile_field_changes_within_its_bounds() {
    let im = Im::start().await;
    let (ann, vis) = (im.user("ann1").await, im.visitor(1).await);
    let set = |person: Person, field: &'static str, value: Value| async move {
        person.post("/api/chat/updateUserinfo", json!({ "fieldname": field, "fieldValue": value })).await
    };
    let (name, url) = ("昵".repeat(30), format!("https://a.example/{}", "a".repeat(1000 - 18)));
    for person in [&ann, &vis] {
        for (field, value) in [
            ("nickname", name.as_str()),
            ("nickname", "<b>\"&'</b>"),
            ("nickname", "阿祖"),
            ("avatar", &url),
            ("avatar", "/a.png"),
        ] {
            assert_eq!(set(person.clone(), field, json!(value)).await.ok(), json!("更新成功"));
            assert_eq!(profile(&im, &person.uuid).await[field], value);
        }
    }
    for value in [json!(1), json!("0"), json!("1")] {
        assert_eq!(set(ann.clone(), "invite_confirm", value).await.ok(), json!("更新成功"));
    }
    let row = login(&im, "ann1", "123456").await.ok();
    let expected = json!([row["nickname"], row["avatar"], row["invite_confirm"]]);
    assert_eq!(expected, json!(["阿祖", "/a.png", 1]));

    let ann = Person::new(&im, row);
    let cases = [
        ("username", json!("other1"), 400, "账号不可修改"),
        ("nickname", json!(format!("{name}昵")), 400, "昵称长度不能超过30个字符"),
        ("avatar", json!(format!("{url}a")), 400, "头像地址过长不能超过1000个字符"),
        ("invite_confirm", json!(2), 400, "添加我为好友设置值错误"),
        ("invite_confirm", json!("yes"), 400, "添加我为好友设置值错误"),
        ("invite_confirm", json!("-1"), 400, "添加我为好友设置值错误"),
        ("password", json!("123456"), 400, "修改类型错误"),
        ("role", json!("admin"), 400, "修改类型错误"),
        ("status", json!(1), 400, "修改类型错误"),
        ("", json!("x"), 422, "修改类型不能为空"),
        ("nickname", json!(""), 422, "修改结果不能为空"),
    ];
    for (field, value, status, text) in cases {
        set(ann.clone(), field, value).await.fails(status, text);
    }
    let long = json!({ "fieldname": "f".repeat(31), "fieldValue": "x" });
    ann.post("/api/chat/updateUserinfo", long).await.fails(422, "修改类型 的长度 必须 在 1 和 30 之间");
    assert_eq!(profile(&im, &ann.uuid).await["nickname"], "阿祖");
}

#[tokio::test]
async fn privacy_settings_are_kept_as_the_client_wrote_them() {
    let im = Im::start().await;
    let (ann, vis) = (im.user("ann1").await, im.visitor(1).await);
    let text = r#"{"theme":"dark","chatset":{"visitor":{"sendCount":0,"needFollow":false},"user":{"sendCount":2,"needFollow":false}}}"#;
    for person in [&ann, &vis] {
        let body = json!({ "userset": text });
        assert_eq!(person.post("/api/chat/userset", body).await.ok(), json!("ok"));
        assert_eq!(profile(&im, &person.uuid).await["userset"], text);
    }
    // An object is stored as its text, its keys in their order.
    let object: Value = serde_json::from_str(text).unwrap();
    ann.post("/api/chat/userset", json!({ "userset": { "b": 1, "a": object } })).await.ok();
    let stored = profile(&im, &ann.uuid).await["userset"].as_str().unwrap().to_owned();
    assert_eq!(stored, format!(r#"{{"b":1,"a":{text}}}"#));

    let long = format!(r#"{{"a":"{}"}}"#, "a".repeat(10_000));
    let malformed = "用户设置格式错误";
    let cases = [
        (json!("not json"), 400, malformed),
        (json!("[1,2]"), 400, malformed),
        (json!("12"), 400, malformed),
        (json!("\"{}\""), 400, malformed),
        (json!("{\"a\":"), 400, malformed),
        (json!(long), 400, malformed),
        (json!([1, 2]), 400, malformed),
        (json!("1"), 422, "用户设置 的长度 必须 在 2 和 10000000 之间"),
        (json!(""), 422, "用户设置不能为空"),
    ];
    for (userset, status, text) in cases {
        ann.post("/api/chat/userset", json!({ "userset": userset })).await.fails(status, text);
    }
    assert_eq!(profile(&im, &ann.uuid).await["userset"], stored);
}

#[tokio::test]
async fn ten_people_who_want_one_name_get_one_account() {
    let im = Im::start().await;
    let calls = (0..10).map(|_| im.post("/api/regChat", json!({ "username": "same", "password": "123456" })));
    let answers = futures_util::future::join_all(calls).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.fails(400, "该账号已存在，请换一个账号注册");
    }
}

#[tokio::test]
async fn ten_logins_at_once_leave_one_session() {
    let im = Im::start().await;
    im.user("ann1").await;
    let rows = futures_util::future::join_all((0..10).map(|_| login(&im, "ann1", "123456"))).await;
    let mut live = 0;
    for row in rows {
        let token = row.ok()["token"].as_str().unwrap().to_owned();
        live += usize::from(call(&im, &token).await.status == 200);
    }
    assert_eq!(live, 1);
}

#[tokio::test]
async fn a_password_of_the_older_kind_is_taken_and_kept_better() {
    let im = Im::start().await;
    let ann = im.user("ann1").await;
    let old = "update account set password_hash = '8d969eef6ecad3c29a3a629280e686cf0c3f5d5a86aff3ca12020c923adc6c92'
               where id = $1";
    im.sql(old, ann.id).await;
    login(&im, "ann1", "654321").await.fails(400, "账户或密码错误");
    login(&im, "ann1", "123456").await.ok();
    im.sql("update account set status = 1 where id = $1 and password_hash like '_argon2id_%'", ann.id).await;
    login(&im, "ann1", "123456").await.ok();
}

#[tokio::test]
async fn times_and_pictures_are_the_installations() {
    let im = Im::with(|settings| {
        settings.egg.time_zone = "-03:30".into();
        settings.chat.default_avatar = "https://cdn.example.com/face.png".into();
    })
    .await;
    im.pass(1_752_835_449_000 - im.now());
    let row = im.user("ann1").await.row;
    let found = json!([row["create_time"], row["register_time"], row["avatar"]]);
    assert_eq!(
        found,
        json!(["2025-07-18 07:14:09", "2025-07-18T10:44:09.000Z", "https://cdn.example.com/face.png"])
    );
}
