//! Breaking in (egg.md §10.2): every hole of the reference, tried. Whatever is tried, nothing
//! changes, and the answer is a refusal that clients understand: never a 500, never silence.
use crate::{
    kit::*,
    raw,
    template::{assert_fits, enc},
};
use reqwest::{
    Method,
    multipart::{Form, Part},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const GONE: &str = "Token 令牌不合法！";
const VISITORS_NOT: &str = "您没有权限访问，请先注册或登录";

/// Checks that an answer is a failure that clients can show.
#[track_caller]
fn refused(answer: &Answer, what: impl std::fmt::Display) {
    let text = answer.body["data"].as_str().unwrap_or_default();
    assert!((400..500).contains(&answer.status), "{what}: {} {}", answer.status, answer.body);
    assert_eq!(answer.body, json!({ "msg": "fail", "data": text }), "{what}");
    assert!(!text.is_empty(), "{what}");
}

/// Checks that the server is alive after an answer, whatever it said, and told nothing of its inside.
#[track_caller]
fn survived(answer: &Answer, what: impl std::fmt::Display) {
    assert!(answer.status < 500, "{what}: {} {}", answer.status, answer.body);
    assert!(answer.body["data"] != Value::Null || answer.status == 200, "{what}: {:?}", answer.bytes);
    let text = answer.body.to_string().to_lowercase();
    for inside in ["sqlite", "postgres", "constraint", "panicked", "syntax error", "select "] {
        assert!(!text.contains(inside), "{what}: {text}");
    }
}

/// Everything that the owner can see of its rows, for a comparison.
async fn rows(owner: &Person, group: i64) -> Value {
    let list = json!({ "type": "single", "userId": owner.id });
    json!({
        "profile": owner.get(&format!("/api/userinfo/{}", owner.uuid)).await.body,
        "settings": owner.post("/api/chat/getUserSetInfo", json!({ "userid": owner.id })).await.body,
        "friends": owner.get("/api/chat/goodfriendlist/1").await.body,
        "requests": owner.get("/api/chat/listapplyfriend/1").await.body,
        "groups": owner.get("/api/chat/grouplist/1").await.body,
        "group": owner.get(&format!("/api/chat/groupinfo/{group}")).await.body,
        "complaints": owner.get("/api/chat/complaint/list").await.body,
        "answers": owner.post("/api/chat/askanswer/list", list).await.body,
    })
}

// Rows 1, 2, 3, 4, 5, 9, 24: tokens and passwords.

#[tokio::test]
async fn a_token_says_nothing_and_a_row_shows_no_secret() {
    let im = Im::start().await;
    let (ann, visitor) = (im.user("anna").await, im.visitor(1).await);
    let again = im.login("anna").await;
    for person in [&ann, &visitor, &again] {
        let token = &person.token;
        assert!(token.len() == 43 && token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)));
        let row = person.row.as_object().unwrap();
        assert!(!row.keys().any(|key| key.contains("password") || key.contains("hash")), "{row:?}");
    }
    assert_ne!(ann.token, again.token);
    // sha256("123456") and argon2's mark
    let text = again.row.to_string();
    assert!(!text.contains("8d969eef") && !text.contains("$argon2"), "{text}");
}

#[tokio::test]
async fn no_secret_lies_readable_in_the_data_directory() {
    let mut im = Im::start().await;
    let body = json!({ "username": "anna", "password": "Tr0ub4dor-and-3" });
    let ann = Person::new(&im, im.post("/api/regChat", body).await.ok());
    let visitor = im.visitor(1).await;
    im.restart().await;
    let unsalted_bytes = Sha256::digest("Tr0ub4dor-and-3");
    let unsalted: String = unsalted_bytes.iter().map(|b| format!("{b:02x}")).collect();
    let mut folders = vec![im.data().to_path_buf()];
    let secrets = [
        "Tr0ub4dor-and-3".as_bytes(),
        unsalted.as_bytes(),
        &unsalted_bytes,
        ann.token.as_bytes(),
        visitor.token.as_bytes(),
    ];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            for secret in secrets {
                let found = bytes.windows(secret.len()).any(|window| window == secret);
                assert!(!found, "{:?} in {}", String::from_utf8_lossy(secret), path.display());
            }
        }
    }
}

#[tokio::test]
async fn a_forged_token_is_refused_wherever_it_is_put() {
    let im = Im::start().await;
    let ann = im.user("anna").await;
    let mut flipped = ann.token.clone().into_bytes();
    flipped[20] = if flipped[20] == b'A' { b'B' } else { b'A' };
    let header = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";
    let payload = "eyJpZCI6MSwidXNlcm5hbWUiOiJhbm5hIiwicm9sZSI6InVzZXIiLCJzdGF0dXMiOjF9";
    let tokens = [
        "x".to_owned(),
        "undefined".into(),
        "null".into(),
        "0".into(),
        "1".into(),
        "' or 1=1 --".into(),
        String::from_utf8(flipped).unwrap(),
        ann.token[..42].to_owned(),
        format!("{}A", ann.token),
        format!("{}=", ann.token),
        format!(" {}.", ann.token),
        ann.token.to_uppercase() + "_",
        "A".repeat(43),
        "A".repeat(4_000),
        format!("{header}.{payload}.3q2-7w"),
        format!("eyJhbGciOiJub25lIn0.{payload}."),
        "..".into(),
        ann.uuid.clone(),
        ann.id.to_string(),
    ];
    let path = "/api/chat/chatGetmessageOffLine";
    for token in &tokens {
        let post = |path: &str| im.request(Method::POST, path);
        answer(post(path).header("token", token.trim()).json(&json!({}))).await.fails(400, GONE);
        answer(post(&format!("{path}?token={}", enc(token)))).await.fails(400, GONE);
        answer(post(path).json(&json!({ "token": token }))).await.fails(400, GONE);
        answer(post(path).form(&[("token", token)])).await.fails(400, GONE);
        answer(im.request(Method::GET, &format!("/api/chat/groupQrcode/1?token={}", enc(token))))
            .await
            .fails(400, GONE);
    }
    // Bytes that are no text, and values that are no token.
    let header = reqwest::header::HeaderValue::from_bytes(b"\xff\xfe\x80").unwrap();
    answer(im.request(Method::POST, path).header("token", header)).await.fails(400, GONE);
    answer(im.request(Method::POST, &format!("{path}?token=%ff%00%fe"))).await.fails(400, GONE);
    for token in [json!(1), json!(true), json!({ "$ne": null }), json!([ann.id]), json!("\u{0}")] {
        let answer = im.post(path, json!({ "token": token })).await;
        refused(&answer, &token);
    }
    // The first that is not empty counts: a good one behind a bad one does not help.
    let both = im.request(Method::POST, &format!("{path}?token={}", ann.token)).header("token", "x");
    answer(both).await.fails(400, GONE);
    let empty = im.request(Method::POST, &format!("{path}?token={}", ann.token)).header("token", "");
    answer(empty).await.ok();
    for nothing in [json!({}), json!({ "token": "" }), json!({ "token": null })] {
        im.post(path, nothing).await.fails(400, "您没有权限访问即时通讯接口");
    }
}

#[tokio::test]
async fn a_token_ends_with_what_ends_it() {
    let im = Im::start().await;
    let path = "/api/chat/chatGetmessageOffLine";
    for (n, end) in ["logout", "newer login", "disabled"].into_iter().enumerate() {
        let name = format!("user{n}");
        let user = im.user(&name).await;
        user.post(path, json!({})).await.ok(); // looked up and remembered
        match end {
            "logout" => assert_eq!(user.post("/api/chat/logout", json!({})).await.ok(), true),
            "newer login" => drop(im.login(&name).await),
            _ => im_core::accounts::set_enabled(im.app(), name.clone(), false).await.unwrap(),
        }
        let after = user.post(path, json!({})).await;
        let texts = [GONE, "当前用户不存在或者已被禁用"];
        refused(&after, end);
        assert!(texts.contains(&after.body["data"].as_str().unwrap()), "{end}: {}", after.body);
        if end != "disabled" {
            after.fails(400, GONE);
            user.post("/api/chat/logout", json!({})).await.fails(400, GONE);
        } else {
            let login = json!({ "username": name, "password": "123456" });
            im.post("/api/loginChat", login).await.fails(400, "账号不存在或者被禁用");
        }
    }
}

#[tokio::test]
async fn a_changed_password_ends_all_sessions_but_the_one_that_changed_it() {
    let im = Im::with(|settings| settings.chat.sessions_per_user = 5).await;
    let first = im.user("anna").await;
    let (second, third) = (im.login("anna").await, im.login("anna").await);
    let path = "/api/chat/chatGetmessageOffLine";
    for person in [&first, &second, &third] {
        person.post(path, json!({})).await.ok();
    }
    let change = |old: &str, new: &str, check: &str| json!({ "oldpassword": old, "newpassword": new, "checknewpassword": check });
    let cases = [
        (change("123457", "abcdef", "abcdef"), 400, "原始密码错误，无法修改密码"),
        (change("123456", "abcdef", "abcdeg"), 400, "新密码与确认新密码不一致"),
    ];
    for (body, status, text) in cases {
        second.post("/api/chat/setPassword", body).await.fails(status, text);
    }
    refused(&second.post("/api/chat/setPassword", change("123456", "abc", "abc")).await, "too short");
    for person in [&first, &second, &third] {
        person.post(path, json!({})).await.ok(); // nothing happened yet
    }
    second.post("/api/chat/setPassword", change("123456", "abcdef", "abcdef")).await.ok();
    first.post(path, json!({})).await.fails(400, GONE);
    third.post(path, json!({})).await.fails(400, GONE);
    second.post(path, json!({})).await.ok();
    let login = |password: &str| json!({ "username": "anna", "password": password });
    im.post("/api/loginChat", login("123456")).await.fails(400, "账户或密码错误");
    im.post("/api/loginChat", login("abcdef")).await.ok();
}

#[tokio::test]
async fn a_session_lapses_after_long_silence_and_not_before() {
    let mut im = Im::with(|settings| settings.chat.session_days = 10).await;
    let (active, silent) = (im.user("active").await, im.user("silent").await);
    let day = 24 * 60 * 60 * 1_000;
    let path = "/api/chat/chatGetmessageOffLine";
    for _ in 0..3 {
        im.pass(6 * day);
        im.restart().await; // nothing is remembered from before
        im.again(&active).post(path, json!({})).await.ok();
    }
    im.again(&silent).post(path, json!({})).await.fails(400, GONE);
    im.pass(11 * day);
    im.restart().await;
    im.again(&active).post(path, json!({})).await.fails(400, GONE);
}

#[tokio::test]
async fn guessing_a_password_is_slowed_down_for_the_guesser() {
    let im = Im::with(|settings| settings.limits.enabled = true).await;
    im.user("anna").await;
    let guess =
        |password: &str| im.post("/api/loginChat", json!({ "username": "anna", "password": password }));
    for _ in 0..10 {
        guess("abcdef").await.fails(400, "账户或密码错误");
    }
    guess("abcdef").await.fails(400, "操作过于频繁，请稍后再试");
    guess("123456").await.fails(400, "操作过于频繁，请稍后再试");
    im.pass(16 * 60 * 1_000);
    guess("123456").await.ok();
}

// Rows 6, 7, 8, 29: devices.

#[tokio::test]
async fn a_device_id_opens_no_registered_account() {
    let im = Im::start().await;
    let visitor = im.visitor(1).await;
    let account = |name: &str| json!({ "username": name, "password": "123456" });
    let ann = Person::new(&im, im.signed("/api/visitorregChat", &device(1), account("anna")).await.ok());
    assert_eq!(ann.id, visitor.id);
    let mut socket = ann.connect().await;
    let before = im.get(&format!("/api/userinfo/{}", ann.uuid)).await.body;

    // Whoever knows the device id gets a visitor of his own ...
    let eve = im.visitor(1).await;
    assert_ne!((eve.id, &eve.uuid), (ann.id, &ann.uuid));
    assert_eq!(eve.row["role"], "visitor");
    // ... may register it under another name, and again, but never as the account ...
    im.signed("/api/visitorregChat", &device(1), account("anna"))
        .await
        .fails(400, "该账号已存在，请换一个账号注册");
    for name in ["evelyn", "evelyn2"] {
        let other = Person::new(&im, im.signed("/api/visitorregChat", &device(1), account(name)).await.ok());
        assert_ne!(other.id, ann.id);
    }
    // ... and the account does not notice.
    assert_eq!(im.get(&format!("/api/userinfo/{}", ann.uuid)).await.body, before);
    ann.post("/api/chat/chatGetmessageOffLine", json!({})).await.ok();
    socket.nothing().await;
    assert_eq!(im.login("anna").await.id, ann.id);
}

#[tokio::test]
async fn a_signature_fits_one_device_and_one_moment() {
    let im = Im::start().await;
    let now = im.now();
    let good = sign(&device(1), &now.to_string());
    let body = |device: &str, timestamp: Value| json!({ "deviceId": device, "timestamp": timestamp });
    let cases = [
        (good.clone(), body(&device(2), json!(now)), "非法签名"),
        (good.clone(), body(&device(1), json!(now + 1)), "非法签名"),
        (good.to_uppercase(), body(&device(1), json!(now)), "非法签名"),
        (good[..63].to_owned(), body(&device(1), json!(now)), "非法签名"),
        (format!("{good}0"), body(&device(1), json!(now)), "非法签名"),
        ("0".repeat(64), body(&device(1), json!(now)), "非法签名"),
        (String::new(), body(&device(1), json!(now)), "非法访问"),
        (
            sign(&device(1), &(now - 300_001).to_string()),
            body(&device(1), json!(now - 300_001)),
            "请求已过期",
        ),
        (
            sign(&device(1), &(now + 300_001).to_string()),
            body(&device(1), json!(now + 300_001)),
            "请求已过期",
        ),
    ];
    for path in ["/api/visitorRegister", "/api/visitorregChat", "/api/visitorloginChat"] {
        for (sign, body, text) in &cases {
            let mut body = body.clone();
            body["username"] = json!("anna");
            body["password"] = json!("123456");
            let post = im.request(Method::POST, path).header("X-Security-Sign", sign).json(&body);
            answer(post).await.fails(400, text);
        }
    }
    im.post("/api/visitorRegister", body(&device(1), json!(now))).await.fails(400, "非法访问");
}

#[tokio::test]
async fn plain_registrations_do_not_collide_and_names_are_unique_whatever_their_case() {
    let im = Im::start().await;
    im.user("anna").await;
    im.user("bobby").await; // both without a device
    for name in ["anna", "Anna", "ANNA"] {
        let body = json!({ "username": name, "password": "123456" });
        im.post("/api/regChat", body.clone()).await.fails(400, "该账号已存在，请换一个账号注册");
        im.signed("/api/visitorregChat", &device(1), body).await.fails(400, "该账号已存在，请换一个账号注册");
    }
    for name in
        ["ann a", "anna;", "安娜安娜", "anna\u{0}", "an\u{202e}na", "anna%", "a.nna", "<b>ann", "ＡＮＮＡ"]
    {
        let body = json!({ "username": name, "password": "123456" });
        refused(&im.post("/api/regChat", body).await, name);
    }
}

// Row 11: what a visitor may call.

#[tokio::test]
async fn a_visitor_reaches_its_own_routes_and_nothing_beside_them() {
    let im = Im::start().await;
    let (ann, visitor) = (im.user("anna").await, im.visitor(1).await);
    let id = ann.id;
    let allowed = [
        ("POST", "/api/chat/socket/sendmessage".to_owned()),
        ("POST", "/api/chat/chatGetmessageOffLine".into()),
        ("GET", "/api/chat/grouplist/1".into()),
        ("GET", "/api/chat/groupinfo/1".into()),
        ("POST", "/api/chat/groupnickname".into()),
        ("POST", "/api/chat/groupDeleteOrQuit".into()),
        ("GET", "/api/chat/groupQrcode/1".into()),
        ("POST", "/api/chat/uploadStreamSingleToServerDiy/chatImgs".into()),
        ("POST", "/api/chat/uploadAliyun".into()),
        ("POST", "/api/chat/getVideoScreenshot".into()),
        ("POST", "/api/chat/revokeMessage".into()),
        ("POST", "/api/chat/updateUserinfo".into()),
        ("POST", "/api/chat/groupInviteUser".into()),
        ("POST", "/api/chat/getUserSetInfo".into()),
        ("POST", "/api/chat/autoAddFriendAndAgree".into()),
        ("POST", "/api/chat/applyfriend".into()),
        ("POST", "/api/chat/userset".into()),
        ("POST", format!("/api/chat/ismygoodfriend/{id}")),
        ("POST", format!("/api/chat/deletegoodfriend/{id}")),
    ];
    let forbidden = [
        ("POST", "/api/chat/logout".to_owned()),
        ("POST", "/api/chat/searchUser".into()),
        ("GET", "/api/chat/listapplyfriend/1".into()),
        ("POST", "/api/chat/handleapply/1".into()),
        ("GET", "/api/chat/goodfriendlist/1".into()),
        ("GET", format!("/api/chat/getgoodfriendinfo/{id}")),
        ("POST", format!("/api/chat/setblackgoodfriend/{id}")),
        ("POST", format!("/api/chat/setstargoodfriend/{id}")),
        ("POST", format!("/api/chat/setmeOrfriendCanSee/{id}")),
        ("POST", format!("/api/chat/isApplyfriend/{}", ann.uuid)),
        ("POST", "/api/chat/group/create".into()),
        ("POST", "/api/chat/groupUpdateName".into()),
        ("POST", "/api/chat/groupremark".into()),
        ("POST", "/api/chat/groupDeleteUser".into()),
        ("POST", "/api/chat/groupAddUserSet".into()),
        ("POST", "/api/chat/groupAgreeOrNo".into()),
        ("POST", "/api/chat/setPassword".into()),
        ("POST", "/api/chat/askanswer/create".into()),
        ("POST", "/api/chat/askanswer/update".into()),
        ("POST", "/api/chat/askanswer/delete".into()),
        ("POST", "/api/chat/askanswer/list".into()),
        ("POST", "/api/chat/askanswer/detail".into()),
        ("POST", "/api/chat/askanswer/search".into()),
        ("POST", "/api/chat/complaint/create".into()),
        ("GET", "/api/chat/complaint/list".into()),
        ("GET", "/api/chat/complaint/detail/1".into()),
        ("POST", "/api/chat/complaint/update/1".into()),
        ("POST", "/api/chat/complaint/delete/1".into()),
    ];
    let call = |method: &str, path: &str| {
        let method: Method = method.parse().unwrap();
        let request = visitor.request(method.clone(), path);
        answer(if method == Method::POST { request.json(&json!({})) } else { request })
    };
    for (method, path) in &allowed {
        let answer = call(method, path).await;
        survived(&answer, path);
        assert_ne!(answer.status, 404, "{path}");
        assert_ne!(answer.body["data"], VISITORS_NOT, "{path}");
    }
    for (method, path) in &forbidden {
        call(method, path).await.fails(400, VISITORS_NOT);
    }
    // What only begins like a route of a visitor is no route of a visitor.
    let tricks = [
        "/api/chat/usersetX",
        "/api/chat/userset/",
        "/api/chat/userset/list",
        "/api/chat/userset/../searchUser",
        "/api/chat/userset/%2e%2e/searchUser",
        "/api/chat/userset%2f..%2fsearchUser",
        "/api/chat/userset;/searchUser",
        "/api/chat/userset%00",
        "/api/chat/userset?/../searchUser",
        "/api/chat//searchUser",
        "//api/chat/searchUser",
        "/api/chat/./searchUser",
        "/api//chat/searchUser",
        "/API/chat/searchUser",
        "/api/chat/SearchUser",
        "/api/chat/search%55ser",
        "/api/chat/groupinfo",
        "/api/chat/groupinfoX/1",
        "/api/chat/groupinfo/1/2",
        "/api/chat/socket/sendmessageX",
        "/api/chat/groupInviteUserX",
        "/api/chat/getUserSetInfo/1",
        "/api/chat/autoAddFriendAndAgree/../groupDeleteUser",
        "/api/chat/revokeMessage/../setPassword",
    ];
    for path in tricks {
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH"] {
            let (status, body) = raw::exchange(
                &im,
                format!(
                    "{method} {path} HTTP/1.1\r\nHost: im\r\ntoken: {}\r\nContent-Type: application/json\r\n\
                     Content-Length: 17\r\nConnection: close\r\n\r\n{{\"keyword\":\"ann\"}}",
                    visitor.token
                ),
            )
            .await;
            let text = String::from_utf8_lossy(&body);
            let own = path.starts_with("/api/chat/userset?") && method == "POST"; // that is the route itself
            assert!(matches!(status, 400 | 404) || own && status == 422, "{method} {path}: {status} {text}");
            assert!(!text.contains("anna") && text.contains("\"fail\""), "{method} {path}: {text}");
        }
    }
    // Another method is no way in either.
    for (method, path) in allowed.iter().chain(&forbidden) {
        let other = if *method == "POST" { "GET" } else { "POST" };
        let answer = call(other, path).await;
        assert!(matches!(answer.status, 400 | 404 | 405), "{other} {path}: {}", answer.status);
        assert_eq!(answer.body["msg"], "fail", "{other} {path}");
    }
}

#[tokio::test]
async fn an_operator_may_close_friendship_to_visitors() {
    let im = Im::with(|settings| settings.egg.visitor_may_befriend = false).await;
    let (ann, visitor) = (im.user("anna").await, im.visitor(1).await);
    let cases = [
        ("/api/chat/applyfriend".to_owned(), json!({ "friend_id": ann.id })),
        ("/api/chat/userset".into(), json!({ "userset": "{}" })),
        (format!("/api/chat/ismygoodfriend/{}", ann.id), json!({})),
        (format!("/api/chat/deletegoodfriend/{}", ann.id), json!({})),
    ];
    for (path, body) in cases {
        visitor.post(&path, body.clone()).await.fails(400, VISITORS_NOT);
        assert_ne!(ann.post(&path, body).await.body["data"], VISITORS_NOT);
    }
    assert_eq!(ann.get("/api/chat/listapplyfriend/1").await.ok()["pendingCount"], 0);
}

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

// Rows 19, 20: media.

#[tokio::test]
async fn a_cover_is_taken_of_videos_of_our_own_only() {
    let im = Im::start().await;
    let ann = im.user("anna").await;
    // Whoever comes here was called by the server.
    let trap = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let trap_url = format!("http://{}/public/uploads/a.mp4", trap.local_addr().unwrap());
    let base = &im.base;
    let database = im.data().join("hongyan.db").display().to_string();
    let addresses = [
        trap_url.clone(),
        trap_url.replace("127.0.0.1", "localhost"),
        trap_url.replace("127.0.0.1", "127.1"),
        trap_url.replace("127.0.0.1", "2130706433"),
        trap_url.replace("127.0.0.1", "[::ffff:127.0.0.1]"),
        trap_url.replacen("http", "https", 1),
        trap_url.replacen("http://", &format!("http://{}@", &base[7..]), 1),
        trap_url.replacen("http", "ftp", 1),
        format!("concat:{trap_url}|{trap_url}"),
        format!("{base}/public/uploads/a.mp4|{trap_url}"),
        format!("{base}@{}/public/uploads/a.mp4", trap.local_addr().unwrap()),
        format!("{base}/public/../hongyan.db"),
        format!("{base}/public/uploads/../../hongyan.db"),
        format!("{base}/public/uploads/%2e%2e/%2e%2e/hongyan.db"),
        format!("{base}/public/uploads/..%5c..%5chongyan.db"),
        format!("{base}/api/chat/groupQrcode/1?token={}", ann.token),
        format!("file://{database}"),
        format!("file:{database}"),
        database,
        "/etc/passwd".into(),
        "file:///etc/passwd".into(),
        "FILE:///etc/passwd".into(),
        "subfile,,start,0,end,64,,:/etc/passwd".into(),
        "data:video/mp4;base64,AAAA".into(),
        "pipe:0".into(),
        "-i /etc/passwd".into(),
        "http://169.254.169.254/latest/meta-data".into(),
        "http://[::1]/x.mp4".into(),
        "http://0/x.mp4".into(),
        "gopher://127.0.0.1:6379/_FLUSHALL".into(),
        "javascript:alert(1)".into(),
        "http://".into(),
        "\u{0}".into(),
        "x".repeat(100_000),
    ];
    let path = "/api/chat/getVideoScreenshot";
    for address in &addresses {
        let what: String = address.chars().take(80).collect();
        let got = ann.post(path, json!({ "videoUrl": address, "time": 20, "width": 260 })).await;
        refused(&got, &what);
        let text = got.body["data"].as_str().unwrap();
        assert!(text.starts_with("截图处理失败: ") || text == "视频地址不能为空", "{what}: {text}");
        assert!(!text.contains("ffmpeg version") && !text.contains("root:"), "{what}: {text}");
    }
    let called = tokio::time::timeout(std::time::Duration::from_millis(50), trap.accept()).await;
    assert!(called.is_err(), "the server called {:?}", called.unwrap().unwrap().1);

    // The other parameters are no way in either.
    let own = format!("{base}/public/uploads/none.mp4");
    for (key, value) in [
        ("format", json!("../../x")),
        ("format", json!("png;rm")),
        ("format", json!("svg")),
        ("format", json!("php")),
        ("time", json!(-1)),
        ("time", json!("1;2")),
        ("time", json!("00:00:01")),
        ("time", json!(i64::MAX)),
        ("width", json!(-1)),
        ("width", json!(3_841)),
        ("width", json!("1:flags=x")),
        ("width", json!(i64::MAX)),
    ] {
        let mut body = json!({ "videoUrl": own, "time": 20, "width": 260, "format": "png" });
        body[key] = value.clone();
        refused(&ann.post(path, body).await, format!("{key}={value}"));
    }
    assert_eq!(im.get("/public/uploads/Diy/VideoScreenshot/").await.status, 404);
}

async fn upload(who: &Person, folder: &str, name: &str, mime: &str, bytes: &[u8]) -> Answer {
    let part = Part::bytes(bytes.to_vec()).file_name(name.to_owned()).mime_str(mime).unwrap();
    let path = format!("/api/chat/uploadStreamSingleToServerDiy/{folder}");
    answer(who.request(Method::POST, &path).multipart(Form::new().part("file", part))).await
}

const PNG: &[u8] = include_bytes!("../../../im-api-egg/icons/group.png");

#[tokio::test]
async fn an_upload_stays_in_its_folder_and_runs_nowhere() {
    let im = Im::start().await;
    let ann = im.user("anna").await;
    let long = "a".repeat(51);
    let folders = [
        "..",
        ".",
        "_",
        "a_",
        "_a",
        "a__b",
        ".._.._etc",
        "a_.._b",
        "%2e%2e",
        "%2e%2e%2fetc",
        "a%2Fb",
        "a%5Cb",
        "a%00",
        "a%20b",
        "~",
        "a.b",
        "a_b_c_d_e_f",
        "%E5%9B%BE",
        "a;b",
        "a$b",
        &long,
    ];
    for folder in folders {
        // A path that leaves the route altogether is no route.
        let got = upload(&ann, folder, "a.png", "image/png", PNG).await;
        refused(&got, folder);
        assert!(matches!(got.status, 400 | 404), "{folder}");
    }
    let names = [
        "a.html",
        "a.htm",
        "a.svg",
        "a.js",
        "a.jsx",
        "a.css",
        "a.less",
        "a.xml",
        "a.php",
        "a.exe",
        "a.sh",
        "a",
        ".png",
        "a.png.html",
        "a.PNG.HTML",
        "a.png\u{0}.html",
        "a.png/",
        "a.",
        "a.png.",
    ];
    for name in names {
        let got = upload(&ann, "chatImgs", name, "text/html", b"<script>alert(1)</script>").await;
        refused(&got, name);
        let text = got.body["data"].as_str().unwrap();
        assert!(text.starts_with("Invalid filename: ") || name.contains('\0'), "{name}: {text}");
    }
    for name in ["../../a.png", "..\\..\\a.png", "/etc/a.png", "C:\\a.png", "a\u{202e}gnp.png", "'\"<>.png"] {
        let got = upload(&ann, "chatImgs", name, "image/png", PNG).await;
        if got.status != 200 {
            refused(&got, name);
            continue;
        }
        let url = got.body["data"]["url"].as_str().unwrap().to_owned();
        let rest = url.strip_prefix("/public/uploads/Diy/chatImgs/").unwrap();
        assert!(rest.bytes().all(|b| b.is_ascii_digit() || b"/_.png".contains(&b)), "{name}: {url}");
        assert_eq!(im.get(&url).await.bytes, PNG);
    }
    // A page under a picture's name is refused, or it is served as anything but a page.
    let page = b"<!doctype html><html><script>alert(1)</script></html>";
    for (name, bytes) in [
        ("a.png", &page[..]),
        ("a.txt", page),
        ("a.json", page),
        ("a.jpg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("a.pdf", b"%PDF-1.4 <script>"),
    ] {
        let got = upload(&ann, "chatImgs", name, "image/png", bytes).await;
        if got.status != 200 {
            refused(&got, name);
            continue;
        }
        let url = got.body["data"]["url"].as_str().unwrap();
        let file = im.get(url).await;
        let kind = file.headers["content-type"].to_str().unwrap();
        assert!(!kind.contains("html") && !kind.contains("svg") && !kind.contains("xml"), "{name}: {kind}");
        assert_eq!(file.headers["x-content-type-options"], "nosniff", "{name}");
    }
    // Nothing was written anywhere else.
    let strays: Vec<_> = std::fs::read_dir(im.data())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".png") || name.ends_with(".html"))
        .collect();
    assert_eq!(strays, [""; 0]);
}

#[tokio::test]
async fn nothing_outside_of_public_is_served() {
    let im = Im::start().await;
    let ann = im.user("anna").await;
    upload(&ann, "chatImgs", "a.png", "image/png", PNG).await.ok();
    let depth = "../".repeat(12);
    let mut paths: Vec<String> = [
        "/public/../hongyan.db",
        "/public/uploads/../../hongyan.db",
        "/public/%2e%2e/hongyan.db",
        "/public/%2e%2e%2fhongyan.db",
        "/public/..%2fhongyan.db",
        "/public/..%5chongyan.db",
        "/public/..\\hongyan.db",
        "/public/%252e%252e/hongyan.db",
        "/public/%c0%ae%c0%ae/hongyan.db",
        "/public//hongyan.db",
        "/public/./hongyan.db",
        "/public/hongyan.db",
        "/public/hongyan.db-wal",
        "/public/uploads/hongyan.db",
        "/public//etc/passwd",
        "/public/uploads//etc/passwd",
        "/public/%2fetc%2fpasswd",
        "/public/uploads/%2fetc/passwd",
        "/public/file:///etc/passwd",
        "/public/uploads/a%00.png",
        "/public/%00",
        "/public/%ff%fe",
        "/public/%",
        "/public/%zz",
        "/public",
        "/public/",
        "/public/uploads",
        "/public/uploads/",
        "/public/uploads/Diy/",
        "/public/uploads/Diy/chatImgs",
        "/public/icons",
        "/public/icons/",
        "/public/icons/..%2f..%2fCargo.toml",
        "/public/icons/.hidden",
        "/hongyan.db",
        "/../hongyan.db",
        "/.git/config",
        "/etc/passwd",
    ]
    .into_iter()
    .map(str::to_owned)
    .collect();
    paths.push(format!("/public/{depth}etc/passwd"));
    paths.push(format!("/public/uploads/{}etc/passwd", depth.replace('.', "%2e")));
    paths.push(format!("/public/{}", "a/".repeat(3_000)));
    for path in &paths {
        let (status, body) = raw::get(&im, path).await;
        let text = String::from_utf8_lossy(&body);
        assert!((400..500).contains(&status), "{path}: {status} {text}");
        let leak = ["SQLite format", "root:", "[package]", "chatImgs", ".png\""];
        assert!(!leak.iter().any(|leak| text.contains(leak)), "{path}: {text}");
    }
}

// Rows 22, 25: lists.

#[tokio::test]
async fn wildcards_are_letters() {
    let im = Im::with(|settings| settings.chat.search_results = 3).await;
    let ann = im.user("anna").await;
    for name in ["bobby_1", "bobbyx1", "bobby22", "bobby33", "bobby44"] {
        im.user(name).await;
    }
    im.visitor(1).await;
    let cases: [(&str, &[&str]); 12] = [
        ("%", &[]),
        ("%%", &[]),
        ("_", &["bobby_1"]),
        ("y_1", &["bobby_1"]),
        ("\\", &[]),
        ("\\_", &[]),
        ("b%y", &[]),
        ("'", &[]),
        ("' or '1'='1", &[]),
        ("*", &[]),
        ("BOBBY", &["bobby_1", "bobbyx1", "bobby22"]), // the first ones, no more
        ("anna", &[]),                                 // not oneself
    ];
    for (keyword, names) in cases {
        let found = ann.post("/api/chat/searchUser", json!({ "keyword": keyword })).await.ok();
        let found: Vec<_> =
            found.as_array().unwrap().iter().map(|row| row["username"].as_str().unwrap()).collect();
        assert_eq!(found, names, "{keyword}");
    }
    for keyword in ["\u{0}".to_owned(), "x\u{0}y".into(), "雁".repeat(51), "VIS".into()] {
        let got = ann.post("/api/chat/searchUser", json!({ "keyword": keyword })).await;
        survived(&got, &keyword);
        assert!(got.status != 200 || got.body["data"] == json!([]), "{keyword}: {}", got.body);
    }
}

#[tokio::test]
async fn pages_far_away_are_empty_and_impossible_ones_are_refused() {
    let im = Im::start().await;
    let (ann, bob) = (im.user("anna").await, im.user("bobby").await);
    im.group(&ann, &[&bob]).await;
    ann.post("/api/chat/applyfriend", json!({ "friend_id": im.user("dora").await.id })).await.ok();
    let lists = ["goodfriendlist", "listapplyfriend", "grouplist"];
    for list in lists {
        for page in
            ["0", "-1", "-9223372036854775808", "x", "1.5", "1e3", "%00", "%20", "9".repeat(30).as_str()]
        {
            let got = ann.get(&format!("/api/chat/{list}/{page}")).await;
            refused(&got, format!("{list} {page}"));
            assert_eq!(got.status, 422, "{list} {page}");
        }
        for page in ["2", "1000000000", "9999999999999999"] {
            let far = ann.get(&format!("/api/chat/{list}/{page}")).await.ok();
            let empty = [
                json!([]),
                json!({ "count": 0, "rows": [] }),
                json!({ "alldata": [], "pendingCount": far["pendingCount"] }),
            ];
            assert!(empty.contains(&far), "{list} {page}: {far}");
        }
        for limit in
            ["0", "-1", "-99999", "1000000000", "99999999999999999999", "x", "", "1.5", "%00", "1;drop"]
        {
            let got = ann.get(&format!("/api/chat/{list}/1?limit={limit}")).await;
            assert_eq!(got.status, 200, "{list} limit={limit}: {}", got.body);
        }
    }
}

// Rows 23, 35: what is public.

#[tokio::test]
async fn a_profile_shows_what_strangers_may_know() {
    let im = Im::start().await;
    let (ann, bob, visitor) = (im.user("anna").await, im.user("bobby").await, im.visitor(1).await);
    let group = im.group(&ann, &[&bob, &visitor]).await;
    let shown = [
        im.get(&format!("/api/userinfo/{}", ann.uuid)).await.ok(),
        im.get(&format!("/api/userinfo/{}", visitor.uuid)).await.ok(),
        bob.post("/api/chat/searchUser", json!({ "keyword": "anna" })).await.ok(),
        bob.get(&format!("/api/chat/getgoodfriendinfo/{}", ann.id)).await.ok(),
        bob.get("/api/chat/goodfriendlist/1").await.ok(),
        bob.post("/api/chat/getUserSetInfo", json!({ "userid": ann.id })).await.ok(),
        bob.get(&format!("/api/chat/groupinfo/{group}")).await.ok(),
        visitor.get(&format!("/api/chat/groupinfo/{group}")).await.ok(),
    ];
    for shown in &shown {
        let text = shown.to_string();
        let secrets = [
            ann.token.as_str(),
            "password",
            "mobile",
            "email",
            "devicefinger",
            "last_login",
            "_ip",
            "openid",
        ];
        for secret in secrets {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    }
    for profile in &shown[..2] {
        assert_fits(&profile["userinfo"], &json!({ "id": "<id>", "gender": "unknown", "...": true }));
    }
    for uuid in
        ["00000000-0000-4000-8000-000000000000".to_owned(), "%".repeat(36), "x".repeat(36), "'".repeat(36)]
    {
        let got = im.get(&format!("/api/userinfo/{}", enc(&uuid))).await;
        assert_eq!((got.status, got.body), (200, json!({ "msg": "ok", "data": null })), "{uuid}");
    }
    for uuid in ["1".to_owned(), ann.uuid[..35].to_owned(), format!("{}x", ann.uuid), "..".into()] {
        refused(&im.get(&format!("/api/userinfo/{}", enc(&uuid).replace('.', "%2e"))).await, &uuid);
    }
}

// Row 26: settings that others must read.

#[tokio::test]
async fn settings_that_would_break_others_are_refused() {
    let im = Im::start().await;
    let (ann, bob) = (im.user("anna").await, im.user("bobby").await);
    let good = r#"{"chatset":{"visitor":{"sendCount":0},"user":{"sendCount":2}},"theme":"dark"}"#;
    bob.post("/api/chat/userset", json!({ "userset": good })).await.ok();
    let stored = || async { im.get(&format!("/api/userinfo/{}", bob.uuid)).await.ok()["userset"].clone() };
    let garbage = [
        json!("xx"),
        json!("null"),
        json!("[]"),
        json!("[{}]"),
        json!("12"),
        json!("\"{}\""),
        json!("{"),
        json!("{}{}"),
        json!("{'a':1}"),
        json!("{\"a\":1,}"),
        json!([1]),
        json!(12),
        json!(true),
        json!(null),
        json!(""),
        json!("{\"a\":\"\\ud800\"}"),
        json!("[".repeat(5_000)),
        json!(format!("{}1{}", "{\"a\":".repeat(1_000), "}".repeat(1_000))),
        json!({ "a": "x".repeat(10_001) }),
    ];
    for settings in garbage {
        let what: String = settings.to_string().chars().take(40).collect();
        refused(&bob.post("/api/chat/userset", json!({ "userset": settings })).await, what);
        assert_eq!(stored().await, good);
    }
    refused(&bob.form("/api/chat/userset", &[("userset", "a=1")]).await, "a form");
    // Odd but harmless: nobody's send may fail on it.
    let odd = [
        json!({}),
        json!({ "chatset": null }),
        json!({ "chatset": "x" }),
        json!({ "chatset": [] }),
        json!({ "chatset": { "user": {} } }),
        json!({ "chatset": { "user": { "sendCount": "x" } } }),
        json!({ "chatset": { "user": { "sendCount": 9e99 } } }),
        json!({ "chatset": { "user": { "sendCount": -1 } } }),
        json!({ "chatset": { "user": { "sendCount": [2] } } }),
        json!({ "a\u{0}b": "\u{0}" }),
    ];
    let limit = "在成为好友之前，对方只允许向他发一条消息";
    ann.say(&bob, "the one").await.ok();
    for settings in odd {
        survived(&bob.post("/api/chat/userset", json!({ "userset": settings })).await, &settings);
        let readable = stored().await;
        assert!(serde_json::from_str::<Value>(readable.as_str().unwrap()).unwrap().is_object(), "{readable}");
        let got = ann.say(&bob, "more").await;
        if readable.as_str() != Some(good) {
            got.fails(400, limit); // odd settings mean one message
        }
    }
}

// Row 33: floods.

#[tokio::test]
async fn a_flood_is_stopped_and_nothing_of_it_is_delivered() {
    let im = Im::with(|settings| settings.limits.enabled = true).await;
    let (ann, bob) = (im.user("anna").await, im.user("bobby").await);
    im.befriend(&ann, &bob).await;
    let mut socket = bob.connect().await;
    bob.drain().await;
    assert_eq!(socket.text().await, "我们已经是好友了，可以开始聊天了");
    let often = "操作过于频繁，请稍后再试";
    for n in 0..20 {
        ann.say(&bob, &n.to_string()).await.ok();
    }
    for n in 20..30 {
        ann.say(&bob, &n.to_string()).await.fails(400, often);
    }
    im.pass(1_001); // the next second
    ann.say(&bob, "20").await.ok();
    for n in 0..21 {
        assert_eq!(socket.text().await, n.to_string());
    }
    // The minute has a limit as well, and others are not concerned.
    let mut sent = 21;
    while sent < 300 {
        im.pass(1_001);
        let burst = 20.min(300 - sent);
        for _ in 0..burst {
            ann.say(&bob, "x").await.ok();
        }
        sent += burst;
    }
    im.pass(1_001);
    ann.say(&bob, "too much").await.fails(400, often);
    bob.say(&ann, "fine").await.ok();
    im.pass(60_000);
    ann.say(&bob, "again").await.ok();

    // Asking people for things is limited too.
    let eve = im.user("evelyn").await;
    let mut refusals = 0;
    for _ in 0..130 {
        let apply = json!({ "friend_id": bob.id });
        let got = eve.post("/api/chat/applyfriend", apply).await;
        refusals += i32::from(got.body["data"] == often);
        if got.status != 200 {
            refused(&got, "applyfriend");
        }
    }
    assert_eq!(refusals, 10);
}

// Row 34, and the shape of refusals.

#[tokio::test]
async fn an_unknown_route_says_so() {
    let im = Im::start().await;
    let ann = im.user("anna").await;
    for path in
        ["/api/nothing", "/api", "/api/", "/nothing", "/", "/api/regChat/", "/api/regchat", "/api/userinfo"]
    {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let got = answer(ann.request(method.clone(), path)).await;
            assert_eq!(
                (got.status, &got.body),
                (404, &json!({ "msg": "fail", "data": "404 错误" })),
                "{method} {path}"
            );
        }
    }
    for path in ["/api/chat", "/api/chat/", "/api/chat/nothing", "/api/chat/groupinfo/1/2"] {
        let got = im.get(path).await;
        assert!(matches!(got.status, 400 | 404), "{path}: {}", got.status);
        refused(&got, path);
        let got = ann.get(path).await;
        assert_eq!((got.status, &got.body["data"]), (404, &json!("404 错误")), "{path}");
    }
}

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

// Bodies that are none.

#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused() {
    let im = Im::start().await;
    let ann = im.user("anna").await;
    let json = "application/json";
    let form = "application/x-www-form-urlencoded";
    let deep = format!("{}1{}", "{\"a\":".repeat(200_000), "}".repeat(200_000));
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        (json, b"{".to_vec()),
        (json, b"{\"fieldname\":}".to_vec()),
        (json, b"\xff\xfe{}".to_vec()),
        (json, b"{\"fieldname\":\"nickname\",\"fieldValue\":\"\xff\xfe\"}".to_vec()),
        (json, b"{\"fieldname\":\"nickname\",\"fieldValue\":\"a".to_vec()),
        (json, "[".repeat(500_000).into_bytes()),
        (json, deep.clone().into_bytes()),
        (json, format!("{{\"fieldname\":\"nickname\",\"fieldValue\":{}", deep).into_bytes()),
        (json, b"nickname".to_vec()),
        (json, b"[]".to_vec()),
        (json, b"null".to_vec()),
        (json, b"\"x\"".to_vec()),
        (json, b"{}{}".to_vec()),
        (json, vec![0; 1_000]),
        (form, b"fieldname=password&fieldValue=%".to_vec()),
        (form, b"fieldname[a][b][c]=1&fieldValue[]=2&fieldname=".to_vec()),
        (form, b"&&&===".to_vec()),
        (form, b"%00=%00&\xff\xfe".to_vec()),
        (form, format!("fieldname{}=1", "[a]".repeat(50_000)).into_bytes()),
        ("text/plain", b"x".to_vec()),
        ("application/xml", b"<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>".to_vec()),
        ("application/json; charset=utf-16", b"{\0}\0".to_vec()),
        ("multipart/form-data", b"x".to_vec()),
        ("multipart/form-data; boundary=x", b"--y\r\n\r\n".to_vec()),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: form-data; name=\"fieldname\"\r\n\r\n".to_vec(),
        ),
        ("\u{fe}", b"{}".to_vec()),
    ];
    for (kind, body) in bodies {
        let what = format!("{kind}: {}", String::from_utf8_lossy(&body[..body.len().min(60)]));
        let kind = reqwest::header::HeaderValue::from_bytes(kind.as_bytes()).unwrap();
        let path = "/api/chat/updateUserinfo";
        let request = ann.request(Method::POST, path).header("content-type", kind.clone()).body(body.clone());
        refused(&answer(request).await, &what);
        let request = im.request(Method::POST, "/api/loginChat").header("content-type", kind).body(body);
        refused(&answer(request).await, &what);
    }
    // Too much.
    let long = "x".repeat(1_100_000);
    for request in [
        ann.request(Method::POST, "/api/chat/updateUserinfo")
            .json(&json!({ "fieldname": "nickname", "fieldValue": long })),
        ann.request(Method::POST, "/api/chat/updateUserinfo")
            .form(&[("fieldname", "nickname"), ("fieldValue", &long)]),
        im.request(Method::POST, "/api/loginChat").json(&json!({ "username": long, "password": long })),
    ] {
        let got = answer(request).await;
        refused(&got, "1.1 MB");
        assert_eq!(got.status, 413);
    }
    // A megabyte that fits is judged by the parameters.
    let most = "x".repeat(1_000_000);
    let got =
        ann.post("/api/chat/updateUserinfo", json!({ "fieldname": "nickname", "fieldValue": most })).await;
    got.fails(400, "昵称长度不能超过30个字符");
    let profile = im.get(&format!("/api/userinfo/{}", ann.uuid)).await.ok();
    assert_eq!(profile["nickname"], "");
    // Without a token the body is not even looked at.
    let stranger = im.request(Method::POST, "/api/chat/searchUser").header("content-type", json).body("{");
    refused(&answer(stranger).await, "no token, no body");
}

#[tokio::test]
async fn a_number_that_is_no_row_is_refused() {
    let im = Im::start().await;
    let (ann, bob) = (im.user("anna").await, im.user("bobby").await);
    let group = im.group(&ann, &[&bob]).await;
    let before = rows(&ann, group).await;
    let avatar = "/public/icons/avatar.png";
    let routes = [
        ("applyfriend", "friend_id", json!({})),
        ("autoAddFriendAndAgree", "friend_id", json!({})),
        ("socket/sendmessage", "sendto_id", json!({ "chatType": "single", "type": "text", "data": "x" })),
        ("socket/sendmessage", "sendto_id", json!({ "chatType": "group", "type": "text", "data": "x" })),
        ("groupUpdateName", "id", json!({ "name": "x" })),
        ("groupremark", "id", json!({ "remark": "x" })),
        ("groupnickname", "id", json!({ "nickname": "x" })),
        ("groupDeleteOrQuit", "id", json!({})),
        ("groupDeleteUser", "group_id", json!({ "user_id": bob.id })),
        ("groupDeleteUser", "user_id", json!({ "group_id": group + 1_000 })),
        ("groupInviteUser", "group_id", json!({ "user_id": ann.id })),
        ("groupInviteUser", "user_id", json!({ "group_id": group })),
        ("groupAddUserSet", "group_id", json!({ "addGroupSet": 0 })),
        ("groupAddUserSet", "addGroupSet", json!({ "group_id": group + 1_000 })),
        ("groupAgreeOrNo", "group_id", json!({ "user_id": bob.id, "type": "no" })),
        ("groupAgreeOrNo", "user_id", json!({ "group_id": group, "type": "no" })),
        ("getUserSetInfo", "userid", json!({})),
        (
            "revokeMessage",
            "to_id",
            json!({
                "to_name": "x", "to_avatar": avatar, "id": "x", "chatType": "single", "create_time": im.now(),
            }),
        ),
        (
            "revokeMessage",
            "create_time",
            json!({ "to_id": bob.id, "to_name": "x", "to_avatar": avatar, "id": "x", "chatType": "single" }),
        ),
    ];
    let numbers = [
        json!(0),
        json!(-1),
        json!("-9223372036854775808"),
        json!(9_999_999_999_999_i64),
        json!(i64::MAX),
        json!(u64::MAX),
        json!("9223372036854775808"),
        json!("99999999999999999999999999"),
        json!("1e3"),
        json!(1.5),
        json!(1e300),
        json!("0x1"),
        json!("１"),
        json!(" 1 "),
        json!("1;drop table account"),
        json!("NaN"),
        json!("Infinity"),
        json!(true),
        json!(null),
        json!(""),
        json!([1]),
        json!({ "id": 1 }),
    ];
    for (path, key, rest) in &routes {
        for number in &numbers {
            let zero = *key == "addGroupSet" && *number == 0;
            let mut body = rest.clone();
            body[*key] = number.clone();
            let got = ann.post(&format!("/api/chat/{path}"), body).await;
            let what = format!("{path} {key}={number}");
            refused(&got, if zero { format!("{what} (of a group that is not there)") } else { what });
        }
    }
    let paths = [
        ("POST", "handleapply/{}"),
        ("GET", "getgoodfriendinfo/{}"),
        ("POST", "setblackgoodfriend/{}"),
        ("POST", "setstargoodfriend/{}"),
        ("POST", "setmeOrfriendCanSee/{}"),
        ("POST", "ismygoodfriend/{}"),
        ("POST", "deletegoodfriend/{}"),
        ("GET", "groupinfo/{}"),
        ("GET", "groupQrcode/{}"),
        ("GET", "groupQrcode/{}?chatType=single"),
    ];
    let numbers = [
        "0",
        "-1",
        "99999999999",
        "9223372036854775807",
        "9223372036854775808",
        "99999999999999999999999999",
        "1.5",
        "1e3",
        "abc",
        "%00",
        "%20",
        "null",
        "%EF%BC%91",
        "1%3Bdrop",
        "%ff",
        "%2e%2e",
        "1%0a",
    ];
    for (method, path) in paths {
        for number in numbers {
            let path = format!("/api/chat/{}", path.replace("{}", number));
            let body = json!({ "status": "agree", "friendlookme": 1, "melookfriend": 1 });
            let request = ann.request(method.parse().unwrap(), &path).json(&body);
            refused(&answer(request).await, &path);
        }
    }
    for (method, path) in [("GET", "detail"), ("POST", "update"), ("POST", "delete")] {
        for number in numbers {
            let path = format!("/api/chat/complaint/{path}/{number}");
            let got = answer(ann.request(method.parse().unwrap(), &path).json(&json!({}))).await;
            assert!((400..500).contains(&got.status), "{path}: {} {}", got.status, got.body);
            assert!(got.body["msg"].is_string(), "{path}: {}", got.body);
        }
    }
    assert_eq!(rows(&ann, group).await, before);
}

#[tokio::test]
async fn a_nul_byte_hurts_nobody() {
    let im = Im::start().await;
    let (ann, bob) = (im.user("anna").await, im.user("bobby").await);
    im.befriend(&ann, &bob).await;
    let group = im.group(&ann, &[&bob]).await;
    let nul = "a\u{0}b";
    let said = json!({ "data": nul, "dataType": false, "otherData": { "k": nul } });
    let options = enc(&json!({ "k": nul }).to_string());
    let bodies = [
        ("updateUserinfo", json!({ "fieldname": "nickname", "fieldValue": nul })),
        ("updateUserinfo", json!({ "fieldname": "avatar", "fieldValue": nul })),
        ("updateUserinfo", json!({ "fieldname": nul, "fieldValue": nul })),
        ("userset", json!({ "userset": { "k": nul } })),
        ("userset", json!({ "userset": format!("{{\"k\":\"{nul}\"}}") })),
        ("searchUser", json!({ "keyword": nul })),
        ("applyfriend", json!({ "friend_id": bob.id, "nickname": nul })),
        (
            "socket/sendmessage",
            json!({ "sendto_id": bob.id, "chatType": "single", "type": "text", "data": said }),
        ),
        (
            "socket/sendmessage",
            json!({ "sendto_id": bob.id, "chatType": "single", "type": "text", "data": nul }),
        ),
        (
            "socket/sendmessage",
            json!({ "sendto_id": bob.id, "chatType": "single", "type": nul, "data": said }),
        ),
        (
            "socket/sendmessage",
            json!({ "sendto_id": group, "chatType": "group", "type": "image", "data": said }),
        ),
        (
            "socket/sendmessage",
            json!({ "sendto_id": bob.id, "chatType": "single", "type": "text", "data": "x", "options": options }),
        ),
        ("groupUpdateName", json!({ "id": group, "name": nul })),
        ("groupremark", json!({ "id": group, "remark": nul })),
        ("groupnickname", json!({ "id": group, "nickname": nul })),
        (
            "groupInviteUser",
            json!({ "group_id": group, "user_id": bob.id, "inviteuser_id": -1, "addGroupDesc": nul }),
        ),
        ("group/create", json!({ "userIds": [nul] })),
        (
            "revokeMessage",
            json!({
                "to_id": bob.id, "to_name": nul, "to_avatar": format!("{nul}/123456789"), "id": nul,
                "chatType": "single", "create_time": im.now(),
            }),
        ),
        ("setPassword", json!({ "oldpassword": nul, "newpassword": nul, "checknewpassword": nul })),
        ("askanswer/create", json!({ "ask": nul, "answer": nul, "type": "single", "create_userId": ann.id })),
        ("askanswer/search", json!({ "ask": nul, "type": "single", "create_userId": ann.id })),
        (
            "complaint/create",
            json!({
                "target_id": bob.id, "target_type": "single", "target_name": nul, "reason": nul, "content": nul,
                "images": [nul], "complaint_chatinfo": [{ "k": nul }],
            }),
        ),
        ("getVideoScreenshot", json!({ "videoUrl": nul, "time": 1, "format": nul })),
    ];
    for (path, body) in bodies {
        let got = ann.post(&format!("/api/chat/{path}"), body.clone()).await;
        survived(&got, format!("{path} {body}"));
        assert_ne!(got.body["code"], 500, "{path}: {}", got.body);
        assert!(got.body["msg"].is_string(), "{path}: {:?}", got.bytes);
    }
    for body in [
        json!({ "username": nul, "password": "123456" }),
        json!({ "username": "dora\u{0}", "password": "123456" }),
        json!({ "username": "dora", "password": "1234\u{0}56" }),
    ] {
        for path in ["/api/regChat", "/api/loginChat"] {
            survived(&im.post(path, body.clone()).await, format!("{path} {body}"));
        }
        for path in ["/api/visitorregChat", "/api/visitorloginChat"] {
            survived(&im.signed(path, &device(1), body.clone()).await, format!("{path} {body}"));
        }
    }
    let described =
        json!({ "uniplatform": "w\u{0}b", "devicemodel": nul, "deviceos": nul, "devicebrand": nul });
    survived(
        &im.signed("/api/visitorRegister", &device(2), described).await,
        "a device that describes itself",
    );
    survived(
        &im.signed("/api/visitorRegister", &format!("{}\u{0}", &device(3)[1..]), json!({})).await,
        "a device id",
    );
    for path in [
        format!("/api/userinfo/{}", "%00".repeat(36)),
        "/api/chat/groupQrcode/1?type=%00&http=%00&chatType=%00".into(),
        format!("/api/chat/groupQrcode/{group}?type=H5&http=%00&chatType=group"),
    ] {
        let got = ann.get(&path).await;
        assert!(got.status < 500, "{path}: {} {}", got.status, got.body);
    }
    let got = ann.post(&format!("/api/chat/isApplyfriend/{}", "%00".repeat(36)), json!({})).await;
    survived(&got, "isApplyfriend");
    survived(&upload(&ann, "chatImgs", "a\u{0}.png", "image/png", PNG).await, "a file name");

    // What was taken can be read again by everybody concerned.
    for path in ["goodfriendlist/1", "listapplyfriend/1", "grouplist/1", "complaint/list"] {
        let got = bob.get(&format!("/api/chat/{path}")).await;
        assert_eq!(got.status, 200, "{path}: {}", got.body);
    }
    let mut socket = bob.connect().await;
    bob.drain().await;
    ann.say(&bob, "the end").await.ok();
    while crate::kit::said(&socket.push().await) != "the end" {}
}
