//! Visitors: the signature, the device's row, becoming a user (egg.md §3, §4 #13–#15).
use crate::{accounts::user_row, kit::*, shape};
use reqwest::Method;
use serde_json::{Value, json};

const REGISTER: &str = "/api/visitorRegister";
const CONVERT: &str = "/api/visitorregChat";
const LOGIN: &str = "/api/visitorloginChat";
const OFTEN: &str = "请求过于频繁，请1个小时后再试";

/// A body that all three routes take.
fn body(device_id: &str, timestamp: Value) -> Value {
    json!({ "username": "ann1", "password": "123456", "deviceId": device_id, "timestamp": timestamp })
}

async fn send(im: &Im, path: &str, sign: Option<&str>, body: &Value) -> Answer {
    let request = im.request(Method::POST, path).json(body);
    answer(sign.into_iter().fold(request, |request, sign| request.header("X-Security-Sign", sign))).await
}

#[tokio::test]
async fn the_published_signatures_are_accepted() {
    let im = Im::start().await;
    let vectors = [
        (
            "8d1a344c-bf16-5425-adbc-d12f49cfa332",
            1_752_835_449_008,
            "a5b40139b65b13cf214d05c27dece58ebe840d888b12272f0ccd15ea72e68998",
        ),
        (
            "00000000-0000-5000-8000-000000000001",
            1_700_000_000_000,
            "a2248f9e3ed3574880309506c3b537e33b72b64a4d732666eff98a6f695c498f",
        ),
        (
            "abcdefgh_ijkl-5mno-8pqr-stuvwxyz0123",
            1_767_225_600_123,
            "4ce72b4ce80da0461a97371354c458146d2b83c5a43567be432491787c9064e5",
        ),
    ];
    for (device_id, timestamp, signature) in vectors {
        assert_eq!(sign(device_id, &timestamp.to_string()), signature);
        im.pass(timestamp - im.now());
        let row = send(&im, REGISTER, Some(signature), &body(device_id, json!(timestamp))).await.ok();
        assert_eq!(row["username"], format!("VIS{}", &device_id[..8]));
    }
}

#[tokio::test]
async fn the_salt_is_the_installations() {
    let im = Im::with(|settings| settings.egg.sign_salt = "another".into()).await;
    im.signed(REGISTER, &device(1), json!({})).await.fails(400, "非法签名");
}

#[tokio::test]
async fn a_device_gets_one_visitor() {
    let im = Im::start().await;
    let statistics =
        json!({ "uniplatform": "web", "devicemodel": "m", "deviceos": "os", "devicebrand": "b" });
    let row = im.signed(REGISTER, &device(7), statistics.clone()).await.ok();
    shape::same(&row, &user_row());
    assert_eq!((&row["role"], &row["username"]), (&json!("visitor"), &json!("VIS00000007")));
    assert_eq!(row["devicefingeruuid"], device(7));
    for (key, value) in statistics.as_object().unwrap() {
        assert_eq!(&row[key], value);
    }
    // What does not fit is not kept, and is no error.
    let odd =
        json!({ "uniplatform": "w", "devicemodel": "m".repeat(51), "deviceos": "", "devicebrand": "c" });
    let again = im.signed(REGISTER, &device(7), odd).await.ok();
    for key in ["id", "uuid", "username", "create_time", "devicefingeruuid", "role"] {
        assert_eq!(again[key], row[key], "{key}");
    }
    assert_eq!((&again["uniplatform"], &again["devicemodel"]), (&json!(""), &json!("")));
    assert_eq!(again["devicebrand"], "c");
    assert_ne!(again["token"], row["token"]);
    for row in [row, again] {
        Person::new(&im, row).get("/api/chat/grouplist/1").await.ok();
    }
    let other = im.visitor(8).await;
    assert_ne!(other.name, "VIS00000007");
}

#[tokio::test]
async fn a_visitor_keeps_its_five_newest_sessions() {
    let im = Im::start().await;
    let mut sessions = Vec::new();
    for _ in 0..6 {
        sessions.push(im.visitor(1).await);
    }
    sessions[0].get("/api/chat/grouplist/1").await.fails(400, "Token 令牌不合法！");
    for session in &sessions[1..] {
        session.get("/api/chat/grouplist/1").await.ok();
    }
}

#[tokio::test]
async fn the_checks_come_in_their_order_on_all_three_routes() {
    let im = Im::start().await;
    im.user("ann1").await;
    let (now, id) = (im.now(), device(1));
    let right = |device_id: &str, at: i64| Some(sign(device_id, &at.to_string()));
    let upper = right(&id, now).map(|sign| sign.to_uppercase());
    let (short, long) = ("a".repeat(35), "a".repeat(201));
    let (longish, dotted) = ("a".repeat(37), format!("{}.", "a".repeat(35)));
    let length = "设备指纹 的长度 必须 在 36 和 200 之间";
    let (old, early, odd) = ("请求已过期", "非法签名", "无效标识");
    // signature, device, timestamp, status, text
    let cases: [(Option<String>, &str, Value, u16, &str); 16] = [
        (None, &short, json!(now), 400, "非法访问"),
        (Some(String::new()), &id, json!(now), 400, "非法访问"),
        (Some("x".into()), &short, json!(now), 422, length),
        (Some("x".into()), &long, json!(now), 422, length),
        (Some("x".into()), "", json!(now), 422, "设备指纹不能为空"),
        (Some("x".into()), &id, json!(""), 422, "时间戳不能为空"),
        (Some("x".into()), &id, json!("soon"), 422, "时间戳 的值 `soon` 的类型不是 `int`"),
        (Some("x".into()), &id, json!(now - 900_000), 400, early),
        (upper, &id, json!(now), 400, early),
        (right(&id, now - 1), &id, json!(now), 400, early),
        (right(&id, now - 300_001), &id, json!(now - 300_001), 400, old),
        (right(&id, now + 300_001), &id, json!(now + 300_001), 400, old),
        (right(&longish, now - 300_001), &longish, json!(now - 300_001), 400, old),
        (right(&longish, now), &longish, json!(now), 400, odd),
        (right(&dotted, now), &dotted, json!(now), 400, odd),
        (right("设".repeat(36).as_str(), now), &"设".repeat(36), json!(now), 400, odd),
    ];
    for path in [REGISTER, CONVERT, LOGIN] {
        for (signature, device_id, timestamp, status, text) in &cases {
            send(&im, path, signature.as_deref(), &body(device_id, timestamp.clone()))
                .await
                .fails(*status, text);
        }
    }
    // Exactly five minutes off is on time, and a number may come as text.
    for at in [json!(now - 300_000), json!(now + 300_000), json!(now.to_string())] {
        let text = at.as_str().map_or_else(|| at.to_string(), str::to_owned);
        send(&im, REGISTER, Some(&sign(&id, &text)), &body(&id, at)).await.ok();
    }
    // The names come first where there are any.
    let nameless = json!({ "deviceId": "short", "timestamp": now });
    for path in [CONVERT, LOGIN] {
        send(&im, path, Some("x"), &nameless).await.fails(422, "账号不能为空");
        let mut named = nameless.clone();
        named["username"] = json!("ann1");
        send(&im, path, Some("x"), &named).await.fails(422, "密码不能为空");
        named["password"] = json!("123");
        send(&im, path, Some("x"), &named).await.fails(422, "密码 的长度 必须 在 6 和 20 之间");
        named["username"] = json!("abc");
        send(&im, path, Some("x"), &named).await.fails(422, "账号 的长度 必须 在 4 和 20 之间");
    }
}

#[tokio::test]
async fn a_device_signs_in_five_times_an_hour_by_whichever_route() {
    let im = Im::with(|settings| settings.limits.enabled = true).await;
    im.user("ann1").await;
    let (id, now) = (device(1), im.now());
    let names = |name: &str, password: &str| json!({ "username": name, "password": password });
    // What fails before the signature and the device are known does not count.
    for _ in 0..6 {
        send(&im, REGISTER, Some("x"), &body(&id, json!(now))).await.fails(400, "非法签名");
        let old = now - 300_001;
        let late = sign(&id, &old.to_string());
        send(&im, REGISTER, Some(&late), &body(&id, json!(old))).await.fails(400, "请求已过期");
    }
    im.signed(REGISTER, &id, json!({})).await.ok();
    im.signed(LOGIN, &id, names("ann1", "123456")).await.ok();
    im.signed(LOGIN, &id, names("ann1", "wrong-one")).await.fails(400, "账户或密码错误");
    im.signed(CONVERT, &id, names("ann1", "123456")).await.fails(400, "该账号已存在，请换一个账号注册");
    im.signed(REGISTER, &id, json!({})).await.ok();
    im.pass(30 * 60_000);
    for path in [REGISTER, CONVERT, LOGIN] {
        im.signed(path, &id, names("new1", "123456")).await.fails(400, OFTEN);
    }
    im.signed(REGISTER, &device(2), json!({})).await.ok();
    // The hour began with the first call, and refusals did not prolong it.
    im.pass(30 * 60_000 - 1);
    im.signed(REGISTER, &id, json!({})).await.fails(400, OFTEN);
    im.pass(1);
    im.signed(REGISTER, &id, json!({})).await.ok();
}

#[tokio::test]
async fn an_address_signs_in_so_many_devices_an_hour() {
    let im = Im::with(|settings| {
        settings.limits.enabled = true;
        settings.limits.visitor_per_address_hour = 3;
    })
    .await;
    for n in 1..=3 {
        im.visitor(n).await;
    }
    im.signed(REGISTER, &device(4), json!({})).await.fails(400, OFTEN);
    im.pass(60 * 60_000);
    im.visitor(4).await;
}

#[tokio::test]
async fn a_visitor_becomes_a_user_and_keeps_everything() {
    let im = Im::start().await;
    let (owner, vis) = (im.user("owner").await, im.visitor(1).await);
    let group = im.group(&owner, &[&vis]).await;
    let row = im.signed(CONVERT, &device(1), json!({ "username": "ann1", "password": "123456" })).await.ok();
    shape::same(&row, &user_row());
    assert_eq!((&row["role"], &row["username"]), (&json!("user"), &json!("ann1")));
    for key in ["id", "uuid", "avatar", "nickname", "devicefingeruuid", "create_time"] {
        assert_eq!(row[key], vis.row[key], "{key}");
    }
    let ann = Person::new(&im, row);
    assert_eq!(ann.get("/api/chat/grouplist/1").await.ok()[0]["id"], group);
    assert_eq!(ann.get("/api/chat/goodfriendlist/1").await.ok()["count"], 1);
    // The visitor's session lives on, with a visitor's rights.
    vis.get("/api/chat/grouplist/1").await.ok();
    vis.get("/api/chat/goodfriendlist/1").await.fails(400, "您没有权限访问，请先注册或登录");
    // The device starts anew: a device id never opens an account.
    let fresh = im.visitor(1).await;
    assert_ne!(fresh.id, ann.id);
    assert_eq!((&fresh.row["role"], fresh.name.as_str()), (&json!("visitor"), "VIS00000001"));
    ann.get("/api/chat/goodfriendlist/1").await.ok();
    // And registers once more, as somebody else.
    let other =
        im.signed(CONVERT, &device(1), json!({ "username": "bob1", "password": "123456" })).await.ok();
    assert_eq!(other["id"], fresh.id);
    let login = json!({ "username": "ann1", "password": "123456" });
    assert_eq!(im.post("/api/loginChat", login).await.ok()["id"], ann.id);
}

#[tokio::test]
async fn registering_on_an_unknown_device_makes_a_plain_user() {
    let im = Im::start().await;
    for (n, name) in [(1, "ann1"), (2, "bob1")] {
        let row =
            im.signed(CONVERT, &device(n), json!({ "username": name, "password": "123456" })).await.ok();
        shape::same(&row, &user_row());
        assert_eq!((&row["role"], &row["devicefingeruuid"]), (&json!("user"), &json!("")));
    }
    // Nobody's account is taken over by its device id.
    assert_eq!(im.visitor(1).await.row["role"], "visitor");
}

#[tokio::test]
async fn a_refused_registration_leaves_the_visitor_as_it_was() {
    let im = Im::start().await;
    im.user("ann1").await;
    let vis = im.visitor(1).await;
    let odd = "账号只能由4-20位字母、数字、下划线组成";
    for (name, text) in [
        ("ann1", "该账号已存在，请换一个账号注册"),
        ("Ann1", "该账号已存在，请换一个账号注册"),
        ("an-n", odd),
    ] {
        im.signed(CONVERT, &device(1), json!({ "username": name, "password": "123456" }))
            .await
            .fails(400, text);
    }
    let again = im.visitor(1).await;
    assert_eq!((again.id, again.name, &again.row["role"]), (vis.id, vis.name, &json!("visitor")));
}

#[tokio::test]
async fn a_taken_visitor_name_gets_a_longer_tail() {
    let im = Im::start().await;
    im.user("VIS00000001").await;
    let first = im.visitor(1).await.name;
    let second = im.signed(REGISTER, "00000001-1111-5000-8000-000000000001", json!({})).await.ok();
    let second = second["username"].as_str().unwrap().to_owned();
    for name in [&first, &second] {
        assert!(name.starts_with("VIS") && (4..=20).contains(&name.len()) && name != "VIS00000001", "{name}");
    }
    assert_ne!(first, second);
}

#[tokio::test]
async fn signing_in_to_an_account_leaves_the_devices_visitor_alone() {
    let im = Im::start().await;
    let (ann, vis) = (im.user("ann1").await, im.visitor(1).await);
    let row = im.signed(LOGIN, &device(1), json!({ "username": "ann1", "password": "123456" })).await.ok();
    shape::same(&row, &user_row());
    assert_eq!(
        (&row["id"], &row["role"], &row["devicefingeruuid"]),
        (&json!(ann.id), &json!("user"), &json!(""))
    );
    ann.get("/api/chat/grouplist/1").await.fails(400, "Token 令牌不合法！");
    vis.get("/api/chat/grouplist/1").await.ok();
    assert_eq!(im.visitor(1).await.id, vis.id);
    let cases = [("ann1", "wrong-one", "账户或密码错误"), ("nobody", "123456", "账号不存在或者被禁用")];
    for (name, password, text) in cases {
        im.signed(LOGIN, &device(1), json!({ "username": name, "password": password }))
            .await
            .fails(400, text);
    }
}

#[tokio::test]
async fn nobody_signs_in_to_a_visitor_by_password() {
    let im = Im::start().await;
    let vis = im.visitor(1).await;
    for password in ["123456", "000000", "        "] {
        let names = json!({ "username": vis.name, "password": password });
        im.post("/api/loginChat", names.clone()).await.fails(400, "账户或密码错误");
        im.signed(LOGIN, &device(1), names).await.fails(400, "账户或密码错误");
    }
}

#[tokio::test]
async fn a_disabled_visitor_stays_out() {
    let im = Im::start().await;
    let vis = im.visitor(1).await;
    im_core::accounts::set_enabled(im.app(), vis.name.clone(), false).await.unwrap();
    im.signed(REGISTER, &device(1), json!({})).await.fails(400, "账号不存在或者被禁用");
    let names = json!({ "username": "ann1", "password": "123456" });
    im.signed(CONVERT, &device(1), names).await.fails(400, "账号不存在或者被禁用");
}

#[tokio::test]
async fn a_device_that_comes_ten_times_at_once_is_one_visitor() {
    let im = Im::start().await;
    let id = device(1);
    let calls = (0..10).map(|_| im.signed(REGISTER, &id, json!({})));
    let rows: Vec<_> = futures_util::future::join_all(calls).await.into_iter().map(Answer::ok).collect();
    assert!(rows.iter().all(|row| row["id"] == rows[0]["id"]), "{rows:?}");
}

#[tokio::test]
async fn an_address_is_the_proxys_word_only_where_there_is_a_proxy() {
    for behind_proxy in [false, true] {
        let im = Im::with(|settings| {
            settings.limits.enabled = true;
            settings.limits.visitor_per_address_hour = 2;
            settings.server.behind_proxy = behind_proxy;
        })
        .await;
        for n in 0..4 {
            let (id, at) = (device(n), json!(im.now()));
            let request =
                im.request(Method::POST, REGISTER).header("X-Security-Sign", sign(&id, &at.to_string()));
            let request = request.header("X-Forwarded-For", format!("198.51.100.{n}")).json(&body(&id, at));
            let got = answer(request).await;
            if behind_proxy || n < 2 { drop(got.ok()) } else { got.fails(400, OFTEN) }
        }
    }
}
