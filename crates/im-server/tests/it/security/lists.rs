//! Lists, profiles, settings, floods (rows 22, 23, 25, 26, 33 to 35).
use super::*;

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
        ["/api/nothing", "/api", "/api/", "/nothing", "/api/regChat/", "/api/regchat", "/api/userinfo"]
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
