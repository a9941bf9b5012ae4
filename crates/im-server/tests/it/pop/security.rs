//! Breaking in (§9): every hole of the original, tried, in the order of the contract.
use super::{digest::sha256, files::*, kit::*};
use reqwest::Method;
use serde_json::{Value, json};

/// What runs in a page that trusts its server.
const SCRIPTS: [&str; 8] = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"><svg onload=alert(1)>",
    "' onmouseover='alert(1)",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&amp;#60;b&#62;",
    "</textarea><iframe src=//evil.example>",
    "<a href=\"data:text/html,x\">x</a>",
];

/// Every text of an answer.
fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            // JSON in a string is read as JSON by clients (notice.data).
            match serde_json::from_str::<Value>(text) {
                Ok(inner @ Value::Object(_)) => texts(&inner, found),
                _ => found.push(text.clone()),
            }
        }
        Value::Array(all) => all.iter().for_each(|value| texts(value, found)),
        Value::Object(all) => all.values().for_each(|value| texts(value, found)),
        _ => {}
    }
}

/// Checks that no text of an answer is raw, and that the script stands in it, escaped once.
#[track_caller]
fn harmless(value: &Value, script: &str, place: &str) {
    let mut all = Vec::new();
    texts(value, &mut all);
    for text in &all {
        assert!(!text.contains(['<', '>', '"', '\'']), "{place}: raw text {text}");
    }
    let once = escaped(script);
    assert!(all.iter().any(|text| text.contains(&once)), "{place}: {once} is nowhere in {value}");
    let twice = escaped(&once);
    assert!(!all.iter().any(|text| text.contains(&twice)), "{place}: escaped twice: {value}");
}

/// The key of a conversation with a person.
fn chat(other: &Pop) -> String {
    format!("friend{}", other.uid)
}

#[tokio::test]
async fn hole_1_nobody_acts_for_another() {
    let im = start().await;
    let (tom, eve) = (im.pop("tom").await, im.pop("eve").await);
    let as_tom = |path: &'static str| {
        let fields = form! { "login_uid": tom.uid, "nickname": "owned", "to": eve.uid, "type": "friend", "content": "x" };
        (path, fields)
    };
    for (path, fields) in [as_tom("/api/user/update"), as_tom("/api/message/send"), as_tom("/api/pop/get")] {
        im.nobody(Method::POST, path, fields.clone()).await.fails(-1, LOGIN);
        eve.post(path, fields.clone()).await.fails(3, ILLEGAL);
        let request = im.request(Method::POST, path).header("X-Api-Key", "guess");
        call(request, &Method::POST, &fields).await.fails(3, ILLEGAL);
    }
    // Named once in the address and once in the body.
    let path = format!("/api/user/update?login_uid={}", eve.uid);
    let reply = eve.post(&path, form! { "login_uid": tom.uid, "nickname": "owned" }).await;
    reply.fails(3, ILLEGAL);
    assert_eq!(tom.overview().await["mine"]["nickname"], "Tom");
}

#[tokio::test]
async fn hole_2_passwords_by_get_are_for_keys_alone() {
    let im = start().await;
    let tom = im.pop("tom").await;
    let fields = form! { "username": "tom", "password": PASSWORD };
    im.nobody(Method::GET, "/api/user/get", fields.clone()).await.fails(-1, LOGIN);
    tom.get("/api/user/get", fields.clone()).await.fails(3, ILLEGAL);
    let new = form! { "username": "x", "nickname": "x", "password": PASSWORD };
    im.nobody(Method::GET, "/api/user/add", new.clone()).await.fails(-1, LOGIN);
    tom.get("/api/user/add", new).await.fails(3, ILLEGAL);
    assert_eq!(im.key().get("user/get", fields).await.header("cache-control"), "no-store");
}

#[tokio::test]
async fn holes_3_and_4_sessions_make_no_friends_and_change_no_states() {
    let im = start().await;
    let (tom, eve) = (im.pop("tom").await, im.pop("eve").await);
    eve.post("/api/friend/add", form! { "friend_uid": tom.uid }).await.fails(3, ILLEGAL);
    eve.post("/web/friend/add", form! { "friend_uid": tom.uid }).await.unknown();
    assert_eq!(eve.get("friend/getlist", form! {}).await.ok(), json!({}));
    for state in ["disabled", "normal"] {
        for uid in [tom.uid, eve.uid] {
            let fields = form! { "account_state": state, "login_uid": uid, "uid": uid };
            for path in ["/web/user/update", "/h5/user/update", "/api/user/update"] {
                eve.post(path, fields.clone()).await.fails(3, ILLEGAL);
            }
        }
    }
    assert_eq!(tom.overview().await["mine"]["uid"], tom.uid);
}

#[tokio::test]
async fn holes_5_to_7_channels_are_guarded_and_no_signature_is_told() {
    let im = configured("[push]\napp_key = \"k\"\napp_secret = \"s3cr3t\"\n", |_| {}).await;
    let (tom, eve) = (im.pop("tom").await, im.pop("eve").await);
    let mut socket = eve.push().await;
    for channel in [format!("user-{}", tom.uid), format!("private-user-{}", tom.uid)] {
        let right = super::digest::hmac("s3cr3t", &format!("{}:{channel}", socket.id));
        let frame = socket.wants(&channel, json!({ "auth": "k:0000" })).await;
        assert_eq!(frame["event"], "pusher:subscription_error");
        assert!(!frame.to_string().contains(&right), "the right signature is told: {frame}");
        let fields = form! { "socket_id": socket.id, "channel_name": channel };
        let reply = eve.post("/plugin/webman/push/auth", fields).await;
        assert_eq!(reply.status, 403);
        assert!(!String::from_utf8_lossy(&reply.bytes).contains(&right));
    }
}

#[tokio::test]
async fn hole_8_scripts_come_back_as_text_everywhere() {
    for script in SCRIPTS {
        println!("{script}");
        stored(script).await;
    }
}

/// Puts a script into every field of text, and looks at everything that anybody sees.
async fn stored(script: &str) {
    let im = start().await;
    let (tom, jerry, spike) = (im.called("tom", script).await, im.pop("jerry").await, im.pop("spike").await);
    im.member(&tom, true).await;
    let mut at_jerry = jerry.listen().await;
    let profile = form! { "sign": script, "nickname": script };
    tom.post("user/update", profile).await.done();
    tom.post("friend/apply", form! { "friend_uid": jerry.uid, "postscript": script }).await.done();
    let list = jerry.get("friend/applylist", form! {}).await.ok();
    harmless(&list, script, "applylist");
    let nid = list[0]["nid"].as_i64().unwrap();
    harmless(&jerry.get("friend/applydetail", form! { "nid": nid }).await.ok(), script, "applydetail");
    jerry.post("friend/agree", form! { "nid": nid }).await.done();
    assert_eq!(at_jerry.any().await.event, "friendApply");
    harmless(&at_jerry.event("addFriend", &format!("user-{}", jerry.uid)).await, script, "addFriend");
    harmless(&at_jerry.event("message", &format!("user-{}", jerry.uid)).await, script, "to_name");

    let said = mid(tom.say(&jerry, script).await);
    harmless(&at_jerry.event("message", &format!("user-{}", jerry.uid)).await, script, "message");
    let quote = form! {
        "to": jerry.uid, "type": "friend", "content": script, "quote_mid": said, "uniqueId": script,
    };
    mid(tom.post("message/send", quote).await);
    let quoted = at_jerry.event("message", &format!("user-{}", jerry.uid)).await;
    harmless(&quoted, script, "quote");
    assert_eq!(
        json!([quoted["quote_content"], quoted["uniqueId"]]),
        json!([escaped(script), escaped(script)])
    );
    for line in jerry.with(&tom).await.iter().skip(1) {
        harmless(line, script, "history");
    }
    for (action, fields) in [
        ("user/get", form! { "uid": tom.uid }),
        ("user/detail", form! { "uid": tom.uid }),
        ("user/getbyname", form! { "username": "tom" }),
        ("user/multiGet", form! { "uid[]": tom.uid }),
        ("friend/getlist", form! {}),
        ("pop/get", form! {}),
    ] {
        let mut data = jerry.get(action, fields).await.ok();
        data.as_object_mut().map(|all| all.remove("setting"));
        harmless(&data, script, action);
    }
    jerry.post("friend/remark", form! { "friend_uid": tom.uid, "remark": script }).await.done();
    harmless(&jerry.get("friend/getlist", form! {}).await.ok(), script, "remark");

    let made = tom.post("group/create", form! { "members[]": jerry.uid, "groupname": script }).await.ok();
    harmless(&made, script, "group/create");
    let gid: i64 = made["gid"].as_str().unwrap().parse().unwrap();
    let own = format!("user-{}", jerry.uid);
    harmless(&at_jerry.event("addGroup", &own).await, script, "addGroup");
    harmless(&at_jerry.event("message", &own).await, script, "the notice");
    jerry.post("group/remark", form! { "gid": gid, "remark": script }).await.done();
    tom.post("group/update", form! { "gid": gid, "groupname": format!("{script}2") }).await.done();
    for (action, fields) in [
        ("group/members", form! { "gid": gid }),
        ("group/members", form! { "gid": gid, "pinyin": 1 }),
        ("group/detail", form! { "gid": gid }),
        ("group/detail", form! { "gid": gid, "simple": 1 }),
        ("group/detail", form! { "gid": gid, "at": 1 }),
        ("message/get", form! { "id": gid, "type": "group" }),
    ] {
        harmless(&jerry.get(action, fields).await.ok(), script, action);
    }
    let mut data = jerry.overview().await;
    data.as_object_mut().unwrap().remove("setting");
    harmless(&data, script, "overview");

    let fields = form! { "type": 3, "title": script, "content": script, "keyword": script };
    tom.post("reply/add", fields).await.ok();
    harmless(&tom.get("reply/get", form! {}).await.ok(), script, "reply/get");
    harmless(&jerry.get("reply/get", form! { "uid": tom.uid }).await.ok(), script, "public reply/get");
    let opened = spike.post("friend/open_temp", form! { "friend_uid": tom.uid }).await.ok();
    harmless(&opened, script, "open_temp");
    harmless(&spike.get("friend/get_temp_list", form! {}).await.ok(), script, "temp list");
    im.switch(form! { "app_name": script }).await;
    let mut setting = jerry.get("pop/getsetting", form! {}).await.ok();
    setting.as_object_mut().unwrap().retain(|key, _| key == "app_name");
    harmless(&setting, script, "app_name");
    let name = format!("{}.txt", script.replace(['/', '\\'], "_"));
    let data = upload(tom.request(Method::POST, "upload/file"), &name, b"x").await.ok();
    let name = data["name"].as_str().unwrap();
    assert!(!name.contains(['<', '>', '"', '\'']), "{name}");
}

#[tokio::test]
async fn hole_9_uploads_stay_where_they_belong() {
    let im = start().await;
    let tom = im.pop("tom").await;
    let data = upload(tom.request(Method::POST, "upload/img"), "../../../x.png", PNG).await.ok();
    assert_eq!(data["name"], "x.png");
    let src = data["src"].as_str().unwrap();
    assert!(!src.contains("x.png") && !src.contains(".."), "{src}");
    for path in [
        "/upload/../hongyan.db",
        "/upload/images/../../hongyan.db",
        "/upload/%2e%2e/hongyan.db",
        "/upload/images/..%2f..%2fhongyan.db",
        "/upload//etc/passwd",
        "/upload/images/",
        "/upload/",
        "/static/../Cargo.toml",
        "/static/%2e%2e/%2e%2e/etc/passwd",
    ] {
        let answer = bare_get(&im, path).await;
        assert!(answer.starts_with("HTTP/1.1 4"), "{path}: {answer}");
    }
}

/// The head of the answer to a path that no library would send.
async fn bare_get(im: &Im, path: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(im.base.trim_start_matches("http://")).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = [0; 200];
    let read = tokio::time::timeout(PATIENCE, stream.read(&mut head)).await.expect("no answer").unwrap();
    String::from_utf8_lossy(&head[..read]).into_owned()
}

#[tokio::test]
async fn holes_10_and_11_pictures_fetch_nothing() {
    let im = start().await;
    let tom = im.pop("tom").await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let trap = format!("http://{}/a.png", listener.local_addr().unwrap());
    tom.post("user/update", form! { "avatar": trap }).await.done();
    let mosaic = im.nobody(Method::GET, "/h5/group/avatar", form! { "uid": tom.uid }).await;
    let code = tom.get("qrcode/get", form! { "content": trap }).await;
    for picture in [&mosaic, &code] {
        assert_eq!((picture.status, picture.header("content-type")), (200, "image/png"));
    }
    let content = format!("![]({trap}) [{trap}]({trap})");
    mid(tom.say(&im.pop("jerry").await, &content).await);
    // Nobody came while all that was answered.
    let came = tokio::time::timeout(std::time::Duration::from_millis(50), listener.accept()).await;
    assert!(came.is_err(), "somebody fetched {trap}");
    // A foreign picture is the default one, as for somebody who does not exist.
    let default = im.nobody(Method::GET, "/h5/group/avatar", form! { "uid": 999_999 }).await;
    assert_eq!(sha256(&mosaic.bytes), sha256(&default.bytes));
}

#[tokio::test]
async fn hole_13_what_exists_is_told_to_nobody_who_guesses() {
    let im = start().await;
    im.account("tom", "Tom").await;
    let eve = im.pop("eve").await;
    let login = |name: &'static str| {
        im.nobody(Method::POST, "/web/login/check", form! { "username": name, "password": "654321" })
    };
    assert_eq!(login("tom").await.body, login("nobody").await.body);
    for (known, unknown) in [(form! { "username": "tom" }, form! { "username": "nobody" })] {
        assert_eq!(eve.get("user/getbyname", known).await.code(), 0);
        eve.get("user/getbyname", unknown).await.fails(101, NOBODY);
    }
    for fields in [form! { "username": "t%" }, form! { "username": "_om" }, form! { "username": "t*m" }] {
        eve.get("user/getbyname", fields).await.fails(101, NOBODY);
    }
}

#[tokio::test]
async fn hole_13_numbers_are_not_looked_up_one_by_one_for_long() {
    let im = with(|s| s.limits.enabled = true).await;
    let (tom, eve) = (im.pop("tom").await, im.pop("eve").await);
    for action in ["user/get", "user/detail", "user/getbyuid"] {
        let mut refused = None;
        for n in 0..200 {
            let reply = eve.get(action, form! { "uid": 1_000 + n }).await;
            if reply.code() == 912 {
                refused = Some(n);
                break;
            }
            reply.fails(101, NOBODY);
        }
        assert!(refused.is_some(), "{action}: two hundred numbers in a second");
        im.pass(60_001);
    }
    // A key is not counted so.
    for n in 0..200 {
        im.key().get("user/get", form! { "uid": 1_000 + n }).await.fails(101, NOBODY);
    }
    assert_eq!(tom.overview().await["mine"]["uid"], tom.uid);
}

#[tokio::test]
async fn hole_14_groups_and_conversations_of_others_are_closed() {
    let im = start().await;
    let (tom, jerry, eve) = (im.pop("tom").await, im.pop("jerry").await, im.pop("eve").await);
    let gid = im.circle(&[&tom, &jerry]).await;
    let (said, shouted) = (mid(tom.say(&jerry, "secret").await), mid(tom.shout(gid, "secret").await));
    let before = (tom.with(&jerry).await, tom.history("group", gid).await);
    let mut answers = Vec::new();
    for (action, fields) in [
        ("message/get", form! { "id": gid, "type": "group" }),
        ("message/get", form! { "id": tom.uid, "type": "friend" }),
        ("message/get", form! { "id": tom.uid, "type": "friend", "mid": said + 1 }),
        ("message/unreadcount", form! { "id": gid, "type": "group" }),
        ("group/members", form! { "gid": gid }),
        ("group/members", form! { "gid": gid, "pinyin": 1 }),
        ("group/detail", form! { "gid": gid }),
        ("group/detail", form! { "gid": gid, "at": 1 }),
        ("group/detail", form! { "gid": gid, "at": 1, "simple": 1 }),
    ] {
        answers.push(eve.get(action, fields).await.body.clone());
    }
    for kind in ["friend", "group"] {
        for id in [tom.uid, jerry.uid, eve.uid, gid] {
            for mid in [said, shouted] {
                let fields = form! { "type": kind, "id": id, "mid": mid, "ty": 2, "to": id, "content": "x", "quote_mid": mid };
                for action in ["message/revoke", "message/delete", "message/send"] {
                    let reply = eve.post(action, fields.clone()).await;
                    assert_ne!(reply.code(), 0, "{action} {kind} {id} {mid}");
                    answers.push(reply.body.clone());
                }
            }
        }
    }
    for action in [
        "group/update",
        "group/forbiddenall",
        "group/delete",
        "group/memberdel",
        "group/manager",
        "group/forbiddenuser",
    ] {
        let fields = form! { "gid": gid, "groupname": "owned", "value": 1, "members[]": jerry.uid, "uid": jerry.uid, "time": 60 };
        for who in [&eve, &jerry] {
            let reply = who.post(action, fields.clone()).await;
            assert_ne!(reply.code(), 0, "{action} by {}", who.name);
        }
    }
    for answer in answers {
        assert!(!answer.to_string().contains("secret"), "{answer}");
    }
    assert_eq!((tom.with(&jerry).await, tom.history("group", gid).await), before);
}

#[tokio::test]
async fn hole_16_reading_changes_nothing_but_what_is_read() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    let gid = im.circle(&[&tom, &jerry]).await;
    mid(jerry.say(&tom, "1").await);
    mid(jerry.shout(gid, "2").await);
    let before = tom.overview().await;
    for (action, fields) in [
        ("friend/getlist", form! {}),
        ("friend/applylist", form! {}),
        ("group/members", form! { "gid": gid }),
        ("group/detail", form! { "gid": gid, "at": 1 }),
        ("message/unreadcount", form! { "id": jerry.uid, "type": "friend" }),
        ("reply/get", form! {}),
        ("pop/get", form! {}),
        ("user/get", form! { "uid": jerry.uid }),
    ] {
        tom.get(action, fields).await.ok();
    }
    assert_eq!(tom.overview().await, before);
}

#[tokio::test]
async fn hole_17_secrets_are_in_no_answer() {
    let lines = "[push]\napp_key = \"k\"\napp_secret = \"s3cr3tPush\"\n";
    let im = configured(lines, |s| s.pop.legacy_api_token = "s3cr3tOld".into()).await;
    let tom = im.pop("tom").await;
    im.switch(form! { "dirty_words": "s3cr3tWord" }).await;
    let mut socket = tom.push().await;
    socket.subscribe("global").await;
    im.switch(form! { "dirty_words": "s3cr3tWord2" }).await;
    let answers = [
        tom.overview().await,
        tom.get("pop/getsetting", form! {}).await.ok(),
        im.key().get("pop/getsetting", form! {}).await.ok(),
        socket.event("settingChange", "global").await,
    ];
    for answer in answers {
        let text = answer.to_string();
        assert!(!text.contains("s3cr3t") && !text.contains(KEY), "{text}");
    }
}

#[tokio::test]
async fn hole_20_events_are_triggered_on_their_own_listener_or_not_at_all() {
    let im = configured("[push]\napp_key = \"k\"\napp_secret = \"s3cr3t\"\n", |_| {}).await;
    for path in ["/apps/1024/events", "/apps/1024/batch_events", "/apps/1024/channels"] {
        for method in [Method::GET, Method::POST] {
            let reply = answer(im.request(method, path)).await;
            assert_eq!(reply.status, 404, "{path}");
        }
    }
}

#[tokio::test]
async fn hole_21_nobody_listens_to_everything() {
    let im = start().await;
    let eve = im.pop("eve").await;
    let mut socket = eve.push().await;
    for channel in
        ["admin", "monitor", "all", "user-", "group-", "user-*", "*", "private-admin", "presence-all"]
    {
        socket.refused(channel, json!({})).await;
    }
}

#[tokio::test]
async fn hole_22_odd_parameters_are_refused_and_never_reach_the_database() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    im.pals(&[&tom, &jerry]).await;
    mid(tom.say(&jerry, "hi").await);
    let odd = [
        "1 or 1=1",
        "1;drop table account",
        "1'--",
        "1)",
        "9223372036854775808",
        "-1",
        "0x1",
        "1\u{0}",
        "%00",
        "[]",
        "{}",
        "NaN",
    ];
    for id in odd {
        let calls = [
            ("message/get", form! { "id": id, "type": "friend" }),
            ("message/get", form! { "id": jerry.uid, "type": "friend", "mid": id }),
            ("user/get", form! { "uid": id }),
            ("user/multiGet", form! { "uid[]": id }),
            ("group/members", form! { "gid": id }),
            ("group/detail", form! { "gid": id }),
            ("friend/applydetail", form! { "nid": id }),
            ("message/unreadcount", form! { "id": id, "type": "group" }),
        ];
        for (action, fields) in calls {
            let reply = tom.get(action, fields).await;
            let text = reply.body.to_string().to_lowercase();
            assert_eq!(reply.status, 200, "{action} {id}: {text}");
            for inside in ["sqlite", "postgres", "constraint", "panicked", "syntax error", "select "] {
                assert!(!text.contains(inside), "{action} {id}: {text}");
            }
            assert_ne!(reply.code(), 500, "{action} {id}");
        }
    }
    assert_eq!(contents(&tom.with(&jerry).await), ["hi"]);
    let fields = form! { "nickname": "x", "is_member": 1, "parent_uid": 1, "nid": 5, "account_state[]": "normal", "role": "admin" };
    tom.post("user/update", fields).await;
    assert_eq!(tom.overview().await["mine"]["is_member"], 0);
}

#[tokio::test]
async fn hole_24_whoever_is_removed_listens_no_more_on_any_channel() {
    let im = start().await;
    let (tom, jerry, spike) = (im.pop("tom").await, im.pop("jerry").await, im.pop("spike").await);
    let gid = im.circle(&[&tom, &jerry, &spike]).await;
    let mut socket = spike.push().await;
    let channels = [format!("private-group-{gid}"), format!("presence-group-{gid}")];
    for channel in &channels {
        let auth = super::sockets::auth(&spike, &socket.id, channel).await;
        let frame = socket.wants(channel, auth).await;
        assert_eq!(frame["event"], "pusher_internal:subscription_succeeded");
    }
    socket.subscribe(&format!("group-{gid}")).await;
    let old = super::sockets::auth(&spike, &socket.id, &channels[0]).await;
    tom.post("group/memberdel", form! { "gid": gid, "members[]": spike.uid }).await.done();
    mid(tom.shout(gid, "secret").await);
    im.switch(form! { "app_name": "end" }).await;
    socket.send(json!({ "event": "pusher:subscribe", "data": { "channel": "global" } })).await;
    loop {
        let frame = socket.frame().await.unwrap();
        assert!(!frame.to_string().contains("secret"), "{frame}");
        if frame["channel"] == "global" {
            break;
        }
    }
    socket.nothing(&im).await;
    // The signature of yesterday opens nothing.
    socket.refused(&channels[0], old).await;
    let fields = form! { "socket_id": socket.id, "channel_name": channels[0] };
    assert_eq!(spike.post("/web/push/auth", fields).await.status, 403);
    assert!(spike.overview().await["chatting"].get(chat(&tom)).is_none_or(Value::is_object));
}
