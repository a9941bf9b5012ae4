//! Tokens, passwords, devices (rows 1 to 9, 24, 29).
use super::*;

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
