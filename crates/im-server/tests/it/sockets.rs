//! The WebSocket itself: handshake, heartbeats, hints, several sockets of one person, and how they
//! end (egg.md §5).
use crate::{
    kit::*,
    raw::{self, Heard, Raw},
    template::{assert_fits, enc},
};
use futures_util::{SinkExt, StreamExt, future::join_all};
use serde_json::{Value, json};

/// Checks that exactly one heartbeat is answered now: the clock's step tells it from earlier ones.
async fn beats(im: &Im, socket: &mut Socket) {
    im.pass(1);
    socket.send(r#"{"type":"ping"}"#).await;
    assert_eq!(socket.frame().await, json!({ "type": "pong", "timestamp": im.now() }));
}

#[tokio::test]
async fn a_refused_handshake_is_told_inside_the_socket() {
    let im = Im::with(|settings| settings.chat.session_days = 10).await;
    let gone = im.user("gone").await;
    gone.post("/api/chat/logout", json!({})).await.ok();
    let displaced = im.user("displaced").await;
    im.login("displaced").await;
    let ended = im.user("ended").await;
    im_core::accounts::set_enabled(im.app(), "ended".into(), false).await.unwrap();
    let visitor = im.visitor(1).await;
    for _ in 0..5 {
        im.visitor(1).await;
    }
    let lapsed = im.user("lapsed").await;
    im.pass(11 * 24 * 60 * 60 * 1_000);
    let disabled = im.user("disabled").await;
    // The row alone says it; its sessions were not ended.
    im.sql("update account set status = 0 where id = $1", disabled.id).await;

    let (none, bad) = ("缺少 token 参数", "Token 不合法");
    let with = |token: &str| format!("?token={token}");
    let cases = [
        (String::new(), none),
        ("?".into(), none),
        (with(""), none),
        ("?tokens=x".into(), none),
        (with("x"), bad),
        (with("%00"), bad),
        (with("%ff%fe"), bad),
        (with(&"A".repeat(43)), bad),
        (with(&"A".repeat(3_000)), bad),
        (with("eyJhbGciOiJub25lIn0.eyJpZCI6MSwicm9sZSI6InVzZXIifQ."), bad),
        (with(&format!("{}A", disabled.token)), bad),
        (with(&gone.token), bad),
        (with(&displaced.token), bad),
        (with(&visitor.token), bad),
        (with(&lapsed.token), bad),
        (with(&ended.token), bad), // disabling ended its sessions
        (with(&disabled.token), "你已被管理员禁用"),
    ];
    let told = join_all(cases.iter().map(|(query, _)| async {
        let mut socket = im.socket(query).await; // 101 first, always
        let frame = socket.frame().await;
        (frame, socket.end().await)
    }))
    .await;
    for ((query, text), (frame, code)) in cases.iter().zip(told) {
        assert_eq!(frame, json!({ "msg": "fail", "data": text }), "{query}");
        assert!(code.is_some(), "{query}: a clean close stands behind it");
    }
}

#[tokio::test]
async fn a_good_handshake_is_welcomed_first() {
    let im = Im::start().await;
    for person in [im.user("anna").await, im.visitor(1).await] {
        let token = &person.token;
        for query in [format!("?token={token}"), format!("?from=h5&token={token}&x=")] {
            let mut socket = im.socket(&query).await;
            let welcome =
                json!({ "type": "system", "data": "欢迎您访问我们的系统！", "timestamp": im.now() });
            assert_eq!(socket.frame().await, welcome);
        }
    }
}

#[tokio::test]
async fn a_ping_follows_the_handshake_at_once() {
    let im = Im::with(|settings| settings.egg.onboarding_hints = false).await;
    let ann = im.user("anna").await;
    let mut raw = Raw::open(&im, &ann.token).await;
    let (mut welcomed, mut pinged) = (false, false);
    while !(welcomed && pinged) {
        match raw.next().await {
            Heard::Ping(_) => pinged = true,
            Heard::Text(frame) if frame["type"] == "system" => welcomed = true,
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn heartbeats_of_every_client_are_answered() {
    let im = Im::start().await;
    let (ann, gone) = (im.user("anna").await, im.user("gone").await);
    gone.post("/api/chat/logout", json!({})).await.ok();
    let mut socket = ann.connect().await;
    let with_token = |token: &str| json!({ "type": "ping", "token": token, "timestamp": 1 }).to_string();
    let cases = [
        (r#"{"type":"ping"}"#.to_owned(), true),
        (r#" { "type" : "ping" , "timestamp" : 1753934390663 } "#.into(), true),
        ("ping".into(), true),
        (with_token(&ann.token), true),
        (with_token("x"), false),
        (with_token(&gone.token), false),
        (r#"{"type":"pong"}"#.into(), false),
        ("pong".into(), false),
    ];
    for (said, answered) in cases {
        im.pass(1);
        socket.send(&said).await;
        if answered {
            assert_eq!(socket.frame().await, json!({ "type": "pong", "timestamp": im.now() }), "{said}");
        }
        beats(&im, &mut socket).await;
    }
    socket.0.send(Frame::Ping(vec![7, 7].into())).await.unwrap();
    let answer = tokio::time::timeout(PATIENCE, socket.0.next()).await.unwrap().unwrap().unwrap();
    assert_eq!(answer, Frame::Pong(vec![7, 7].into()), "a protocol ping");
}

#[tokio::test]
async fn junk_is_ignored_and_the_socket_stays() {
    let im = Im::start().await;
    let (ann, bob) = (im.user("anna").await, im.user("bobby").await);
    let mut socket = ann.connect().await;
    let texts = [
        String::new(),
        " ".into(),
        "{".into(),
        "null".into(),
        "0".into(),
        "[]".into(),
        "{}".into(),
        "PING".into(),
        "\"ping\"".into(),
        r#"{"type":null}"#.into(),
        r#"{"type":["ping"]}"#.into(),
        r#"{"type":"bind","token":"x"}"#.into(),
        r#"{"type":"close"}"#.into(),
        json!({ "type": "singleChat", "data": { "to_id": bob.id, "from_id": ann.id, "data": "x" } })
            .to_string(),
        "\u{0}\u{feff}\u{202e}".into(),
        "[".repeat(2_000),
        "雁".repeat(2_000),
    ];
    for text in texts {
        socket.send(&text).await;
        beats(&im, &mut socket).await;
    }
    let binary: [&[u8]; 4] = [b"", b"ping", br#"{"type":"ping"}"#, &[0xff, 0, 0xc3, 0x28]];
    for bytes in binary {
        socket.0.send(Frame::binary(bytes.to_vec())).await.unwrap();
        beats(&im, &mut socket).await;
    }
    socket.0.send(Frame::Pong(b"never asked".to_vec().into())).await.unwrap();
    beats(&im, &mut socket).await;
}

#[tokio::test]
async fn silence_is_no_reason_to_close_but_a_dead_line_is() {
    let im = Im::with(|settings| {
        settings.egg.onboarding_hints = false;
        settings.egg.ping_interval_s = 1;
        settings.egg.dead_after_s = 2;
    })
    .await;
    let (ann, bob) = (im.user("anna").await, im.user("bobby").await);
    let quiet = async {
        // Its library answers the protocol's pings; the app says nothing at all.
        let mut socket = Raw::open_proven(&im, &ann).await;
        let mut beats = 0;
        while beats < 4 {
            match socket.next().await {
                Heard::Ping(payload) => socket.write(raw::PONG, &payload).await,
                Heard::Text(frame) => {
                    assert_eq!(frame, json!({ "type": "ping" }));
                    beats += 1;
                }
                other => panic!("{other:?}"),
            }
        }
    };
    let dead = async {
        let mut socket = Raw::open_proven(&im, &bob).await;
        assert_eq!(socket.end().await, None, "dropped, without a close frame: the client comes back");
    };
    tokio::join!(quiet, dead);
}

/// The hints of egg.md §5.6 as the socket of `person` tells them.
async fn hints(im: &Im, person: &Person) -> Vec<Value> {
    let mut socket = im.socket(&format!("?token={}", person.token)).await;
    assert_eq!(socket.frame().await["type"], "system");
    socket.send("ping").await;
    let mut hints = Vec::new();
    loop {
        let frame = socket.frame().await;
        if frame["type"] == "pong" {
            return hints;
        }
        let envelope = json!({ "type": "singleChat", "data": frame["data"], "timestamp": im.now() });
        assert_eq!(frame, envelope);
        hints.push(frame["data"].clone());
    }
}

const SETTINGS: &str = "/pages/setpageInfo/setpageInfo";

/// A hint as egg.md §5.6 prints it.
fn hint(
    im: &Im,
    to: &Person,
    (name, avatar): (&str, &str),
    (x, from, text, url): (&str, &str, &str, String),
) -> Value {
    let icon = match x {
        "groupList" => "/public/icons/qunliaoNoticeIcon.png".to_owned(),
        "friendsList" => "/public/icons/friendList.png".into(),
        "myQrcode" => "/public/icons/myQrcode1.png".into(),
        "visitorLogin" => "/public/icons/kefu.png".into(),
        "userInfoSet" => avatar.to_owned(),
        same => format!("/public/icons/{same}.png"),
    };
    let key = format!("redirect-{x}-{}", to.id);
    json!({
        "id": "<uuid>", "from_avatar": icon, "from_name": from, "from_id": key, "to_id": to.id, "to_name": name,
        "to_avatar": avatar, "chatType": "single", "type": "text",
        "data": { "data": text, "dataType": false, "otherData": null },
        "redirect": { "url": url, "type": "navigateTo" }, "options": {}, "create_time": im.now(),
        "isremove": 0, "group": {}, "msgidKey": key,
    })
}

fn setting(action: &str, title: &str) -> String {
    format!("{SETTINGS}?action={action}&title={}", enc(title))
}

/// All hints of a user with groups and friends, in order.
fn hints_of_user(im: &Im, to: &Person, face: (&str, &str)) -> Vec<Value> {
    let (name, avatar) = face;
    let qrcode = format!(
        "{}&id={}&name={}&avatar={}&chatType=single",
        setting("groupQrcode", "我的二维码"),
        to.id,
        enc(name),
        enc(avatar)
    );
    let picture = format!(
        "{}&redirectUrl={}&redirectType=switchTab",
        setting("userinfoSet", "账号信息设置"),
        enc("/pages/xiaoxi/xiaoxi")
    );
    let groups = format!("/pages/applyMyfriend/applyMyfriend?action=grouplist&title={}", enc("我的群聊列表"));
    let all = [
        ("setPassword", "修改密码", "您可以点击这里，修改密码", setting("setPassword", "修改密码")),
        ("groupList", "我的群聊", "可查看我加入的群聊列表", groups),
        ("friendsList", "我的通讯录", "可查看我的通讯录好友", "/pages/friendsList/friendsList".into()),
        ("userInfoSet", "头像设置", "不满意你的头像可以更换", picture),
        (
            "whoCanChatMe",
            "聊天消息条数限制",
            "谁可以和我聊天，可向我发几条消息",
            setting("chatset", "和我聊天设置"),
        ),
        ("myQrcode", "我的二维码", "展示给别人加你为好友", qrcode),
        ("search", "搜索加好友", "搜索账号加好友或聊天", "/pages/search/search".into()),
        (
            "applyAddMeFriendSet",
            "加我为好友时是否需要我验证",
            "默认不需要，您可以去设置",
            setting("applyAddMeFriendSet", "申请加我为好友设置"),
        ),
        (
            "AskAndAnswerSet",
            "问答设置",
            "当您不在线时，自动回答客户的常见问题",
            setting("AskAndAnswerSet", "问答设置"),
        ),
    ];
    all.into_iter().map(|row| hint(im, to, face, row)).collect()
}

fn assert_hints(told: &[Value], expected: &[Value]) {
    let names = |hints: &[Value]| hints.iter().map(|hint| hint["from_name"].clone()).collect::<Vec<_>>();
    assert_eq!(names(told), names(expected));
    for (told, expected) in told.iter().zip(expected) {
        assert_fits(told, expected);
    }
}

#[tokio::test]
async fn a_user_gets_the_hints_that_concern_it_in_order() {
    let im = Im::start().await;
    let (ann, bob) = (im.user("anna").await, im.user("bobby").await);
    let avatar = ann.row["avatar"].as_str().unwrap().to_owned();
    let all = hints_of_user(&im, &ann, ("anna", &avatar));
    let without = |gone: &[usize]| -> Vec<Value> {
        all.iter().enumerate().filter(|(n, _)| !gone.contains(n)).map(|(_, hint)| hint.clone()).collect()
    };
    let (groups, friends) = (1, 2);

    assert_hints(&hints(&im, &ann).await, &without(&[groups, friends]));
    im.befriend(&ann, &bob).await;
    assert_hints(&hints(&im, &ann).await, &without(&[groups]));
    let group = im.group(&ann, &[&bob]).await;
    assert_hints(&hints(&im, &ann).await, &all);
    ann.post(&format!("/api/chat/setblackgoodfriend/{}", bob.id), json!({})).await.ok();
    assert_hints(&hints(&im, &ann).await, &without(&[friends]));
    ann.post("/api/chat/groupDeleteOrQuit", json!({ "id": group })).await.ok();
    assert_hints(&hints(&im, &ann).await, &without(&[groups, friends]));
}

#[tokio::test]
async fn hints_carry_names_and_pictures_of_today_encoded() {
    let im = Im::start().await;
    let ann = im.user("anna").await;
    let (name, avatar) = ("安&娜 #1?=%", "https://x.example/a b.png?u=1&v=%20");
    for (field, value) in [("nickname", name), ("avatar", avatar)] {
        let change = json!({ "fieldname": field, "fieldValue": value });
        ann.post("/api/chat/updateUserinfo", change).await.ok();
    }
    let mut expected = hints_of_user(&im, &ann, (name, avatar));
    expected.drain(1..3); // no group, no friend
    assert_hints(&hints(&im, &ann).await, &expected);
}

#[tokio::test]
async fn a_visitor_gets_its_own_hints() {
    let im = Im::start().await;
    let (ann, visitor) = (im.user("anna").await, im.visitor(1).await);
    let (name, avatar) = (visitor.name.as_str(), visitor.row["avatar"].as_str().unwrap());
    let user = hints_of_user(&im, &visitor, (name, avatar));
    let login = hint(
        &im,
        &visitor,
        (name, avatar),
        (
            "visitorLogin",
            "登录提示",
            "欢迎您，登录可以获取更多功能！",
            "/pages/loginCenter/loginCenter".into(),
        ),
    );
    let (groups, chat) = (user[1].clone(), user[4].clone());
    assert_hints(&hints(&im, &visitor).await, &[chat.clone(), login.clone()]);

    // Waiting for the owner's consent is no membership yet.
    let group = im.group(&ann, &[&im.user("bobby").await]).await;
    ann.post("/api/chat/groupAddUserSet", json!({ "group_id": group, "addGroupSet": 1 })).await.ok();
    let join = json!({ "group_id": group, "user_id": visitor.id, "inviteuser_id": -1 });
    assert_eq!(visitor.post("/api/chat/groupInviteUser", join).await.ok(), "等待群主同意");
    assert_hints(&hints(&im, &visitor).await, &[chat.clone(), login.clone()]);
    let agree = json!({ "group_id": group, "user_id": visitor.id, "type": "agree" });
    ann.post("/api/chat/groupAgreeOrNo", agree).await.ok();
    assert_hints(&hints(&im, &visitor).await, &[groups, chat, login]);
}

#[tokio::test]
async fn the_pictures_of_the_hints_are_served() {
    let im = Im::start().await;
    let (ann, bob, visitor) = (im.user("anna").await, im.user("bobby").await, im.visitor(1).await);
    im.group(&ann, &[&bob]).await;
    let mut pictures: Vec<String> = vec!["/public/icons/group.png".into()];
    for person in [&ann, &visitor] {
        let told = hints(&im, person).await;
        pictures.extend(told.iter().map(|hint| hint["from_avatar"].as_str().unwrap().to_owned()));
    }
    assert!(pictures.len() >= 12, "{pictures:?}");
    for picture in pictures {
        let file = im.get(&picture).await;
        assert_eq!(
            (file.status, file.headers["content-type"].as_bytes()),
            (200, &b"image/png"[..]),
            "{picture}"
        );
        assert!(file.bytes.starts_with(b"\x89PNG\r\n\x1a\n"), "{picture}");
    }
}

#[tokio::test]
async fn an_operator_may_switch_the_hints_off() {
    let im = Im::with(|settings| settings.egg.onboarding_hints = false).await;
    for person in [im.user("anna").await, im.visitor(1).await] {
        assert_eq!(hints(&im, &person).await, Vec::<Value>::new());
    }
}

#[tokio::test]
async fn a_new_picture_refreshes_its_hint_while_another_socket_is_open() {
    let im = Im::start().await;
    let (ann, visitor) = (im.user("anna").await, im.visitor(1).await);
    let change = |field: &str, value: &str| json!({ "fieldname": field, "fieldValue": value });
    let refreshed = |told: Vec<Value>| -> Vec<Value> {
        told.into_iter().filter(|hint| hint["redirect"].get("doaction").is_some()).collect()
    };
    let path = "/api/chat/updateUserinfo";

    ann.post(path, change("avatar", "/public/uploads/alone.png")).await.ok();
    assert_eq!(refreshed(hints(&im, &ann).await), Vec::<Value>::new(), "no other socket is open");

    im.pass(61_000);
    let open = ann.connect().await;
    assert_eq!(refreshed(hints(&im, &ann).await), Vec::<Value>::new(), "the change is a minute old");
    ann.post(path, change("nickname", "安娜")).await.ok();
    assert_eq!(refreshed(hints(&im, &ann).await), Vec::<Value>::new(), "the name is no picture");

    let avatar = "/public/uploads/new.png";
    ann.post(path, change("avatar", avatar)).await.ok();
    let mut expected = hints_of_user(&im, &ann, ("安娜", avatar)).remove(3);
    expected["from_name"] = json!("头像更换成功");
    expected["data"]["data"] = json!("不满意你的头像可以继续更换");
    expected["redirect"]["doaction"] = json!("avatar");
    let told = refreshed(hints(&im, &ann).await);
    assert_eq!(told.len(), 1);
    assert_fits(&told[0], &expected);

    im.pass(60_001);
    assert_eq!(refreshed(hints(&im, &ann).await), Vec::<Value>::new(), "a minute after it");
    open.leave().await;

    let open = visitor.connect().await;
    visitor.post(path, change("avatar", avatar)).await.ok();
    assert_eq!(refreshed(hints(&im, &visitor).await), Vec::<Value>::new(), "visitors have no such hint");
    open.leave().await;
}

/// Lets strangers write to `person` as much as they like.
async fn open_to_all(person: &Person) {
    let all = json!({ "sendCount": 2, "needFollow": false });
    let settings = json!({ "userset": { "chatset": { "visitor": all, "user": all } } });
    person.post("/api/chat/userset", settings).await.ok();
}

#[tokio::test]
async fn only_the_newest_socket_is_told_and_an_older_one_takes_its_place() {
    let im = Im::start().await;
    let (ann, bob) = (im.user("anna").await, im.user("bobby").await);
    open_to_all(&bob).await;
    let mut first = bob.connect().await;
    let mut second = bob.connect().await;
    let mut third = bob.connect().await;
    for text in ["one", "two"] {
        ann.say(&bob, text).await.ok();
        assert_eq!(third.text().await, text);
    }
    second.leave().await; // closing an older one changes nothing
    ann.say(&bob, "three").await.ok();
    assert_eq!(third.text().await, "three");
    first.nothing().await;

    third.leave().await;
    ann.say(&bob, "four").await.ok();
    assert_eq!(first.text().await, "four");
    second = bob.connect().await;
    ann.say(&bob, "five").await.ok();
    assert_eq!(second.text().await, "five");
    first.nothing().await; // open all the while: it has the same token
    second.nothing().await;
}

#[tokio::test]
async fn a_socket_that_is_refused_does_not_take_the_place_of_a_good_one() {
    let im = Im::start().await;
    let (ann, bob) = (im.user("anna").await, im.user("bobby").await);
    let mut socket = bob.connect().await;
    let mut refused = im.socket(&format!("?token={}x", bob.token)).await;
    assert_eq!(refused.frame().await["data"], "Token 不合法");
    ann.say(&bob, "hi").await.ok();
    assert_eq!(socket.text().await, "hi");
}

#[tokio::test]
async fn a_newer_login_closes_all_sockets_of_a_user_cleanly() {
    let im = Im::start().await;
    let (ann, bob) = (im.user("anna").await, im.user("bobby").await);
    let (mut phone, mut again) = (bob.connect().await, bob.connect().await);
    let newer = im.login("bobby").await;
    for socket in [&mut phone, &mut again] {
        let told = json!({ "msg": "force_logout", "data": "你的账号在其他设备登录" });
        assert_eq!(socket.frame().await, told);
        assert_eq!(socket.end().await, Some(4001));
    }
    let mut tablet = newer.connect().await;
    ann.say(&newer, "hi").await.ok();
    assert_eq!(tablet.text().await, "hi");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_opens_during_a_newer_login_does_not_outlive_it() {
    let im = Im::start().await;
    let mut phone = im.user("anna").await;
    for round in 0..40 {
        let open = async {
            // Around the moment at which the login commits.
            tokio::time::sleep(std::time::Duration::from_micros(round * 500)).await;
            im.socket(&format!("?token={}", phone.token)).await
        };
        let (mut old, newer) = tokio::join!(open, im.login("anna"));
        assert!(old.end().await.is_some(), "round {round}: closed cleanly, before or after it was welcomed");
        phone = newer;
    }
}

#[tokio::test]
async fn a_user_may_have_several_devices_where_the_operator_allows_it() {
    let im = Im::with(|settings| settings.chat.sessions_per_user = 2).await;
    let ann = im.user("anna").await;
    let bob = im.user("bobby").await;
    open_to_all(&bob).await;
    let mut phone = bob.connect().await;
    let second = im.login("bobby").await;
    let mut tablet = second.connect().await;
    phone.nothing().await;
    ann.say(&bob, "one").await.ok();
    assert_eq!(tablet.text().await, "one"); // one socket per user all the same
    phone.nothing().await;
    im.login("bobby").await;
    assert_eq!(phone.frame().await["msg"], "force_logout");
    assert_eq!(phone.end().await, Some(4001));
    tablet.nothing().await;
}

#[tokio::test]
async fn a_visitors_socket_is_left_alone_by_newer_logins() {
    let im = Im::start().await;
    let ann = im.user("anna").await;
    let first = im.visitor(1).await;
    open_to_all(&first).await;
    let mut oldest = first.connect().await;
    let second = im.visitor(1).await;
    assert_eq!(first.id, second.id);
    ann.say(&first, "one").await.ok();
    assert_eq!(oldest.text().await, "one"); // its token is still one of the latest five
    let mut newest = second.connect().await;
    ann.say(&first, "two").await.ok();
    assert_eq!(newest.text().await, "two");
    for _ in 0..4 {
        im.visitor(1).await;
    }
    newest.leave().await; // the token of `oldest` has been displaced meanwhile
    ann.say(&first, "three").await.ok();
    beats(&im, &mut oldest).await;
    let third = im.visitor(1).await;
    let mut newest = third.connect().await;
    third.drain().await;
    assert_eq!(newest.text().await, "three");
    beats(&im, &mut oldest).await;
}

#[tokio::test]
async fn the_socket_of_a_visitor_who_registered_is_told_nothing_more() {
    let im = Im::start().await;
    let ann = im.user("anna").await;
    let visitor = im.visitor(1).await;
    open_to_all(&visitor).await;
    let mut old = visitor.connect().await;
    ann.say(&visitor, "before").await.ok();
    assert_eq!(old.text().await, "before");
    let account = json!({ "username": "newcomer", "password": "123456" });
    let row = im.signed("/api/visitorregChat", &device(1), account).await.ok();
    let user = Person::new(&im, row);
    assert_eq!((user.id, &user.row["role"]), (visitor.id, &json!("user")));

    ann.say(&user, "waits").await.ok();
    old.nothing().await; // open, but not online
    let mut new = user.connect().await;
    user.drain().await;
    assert_eq!(new.text().await, "waits");
    ann.say(&user, "after").await.ok();
    assert_eq!(new.text().await, "after");
    old.nothing().await;
    new.leave().await;
    ann.say(&user, "later").await.ok();
    old.nothing().await; // no fall-back to it
    let mut again = user.connect().await;
    user.drain().await;
    assert_eq!(again.text().await, "later");

    // A leftover token still opens a socket; it is not told either.
    let mut leftover = visitor.connect().await;
    ann.say(&user, "last").await.ok();
    assert_eq!(again.text().await, "last");
    leftover.nothing().await;
}

#[tokio::test]
async fn what_is_said_after_a_logout_waits_for_the_next_login() {
    let im = Im::start().await;
    let (ann, bob) = (im.user("anna").await, im.user("bobby").await);
    let mut left = bob.connect().await;
    bob.post("/api/chat/logout", json!({})).await.ok();
    ann.say(&bob, "hi").await.ok();
    let back = im.login("bobby").await;
    let mut socket = back.connect().await;
    back.drain().await;
    assert_eq!(socket.text().await, "hi");
    // The server may leave the old socket alone or close it; it must not be told.
    let _ = left.0.send(Frame::text("ping")).await;
    while let Ok(Some(Ok(frame))) = tokio::time::timeout(PATIENCE, left.0.next()).await {
        let Frame::Text(text) = frame else { continue };
        let frame: Value = serde_json::from_str(&text).unwrap();
        assert_ne!(frame["type"], "singleChat", "{frame}");
        if frame["type"] == "pong" {
            break;
        }
    }
}

#[tokio::test]
async fn sockets_of_a_changed_password_and_of_a_disabled_account_are_closed_cleanly() {
    let im = Im::with(|settings| settings.chat.sessions_per_user = 3).await;
    let phone = im.user("anna").await;
    let tablet = im.login("anna").await;
    let (mut on_phone, mut on_tablet) = (phone.connect().await, tablet.connect().await);
    let change = json!({ "oldpassword": "123456", "newpassword": "abcdef", "checknewpassword": "abcdef" });
    assert_eq!(tablet.post("/api/chat/setPassword", change).await.ok(), "修改密码成功");
    assert!(on_phone.end().await.is_some(), "the other device");
    on_tablet.nothing().await; // the one that changed it stays

    im_core::accounts::set_enabled(im.app(), "anna".into(), false).await.unwrap();
    assert!(on_tablet.end().await.is_some(), "disabled");
}

#[tokio::test]
async fn a_restart_drops_sockets_without_a_close_frame() {
    let mut im = Im::start().await;
    let (ann, visitor) = (im.user("anna").await, im.visitor(1).await);
    let mut sockets = [ann.connect().await, visitor.connect().await];
    im.restart().await;
    for socket in &mut sockets {
        assert_eq!(socket.end().await, None, "a close frame would sign the user out");
    }
    for person in [&ann, &visitor] {
        im.again(person).connect().await.nothing().await;
    }
}

#[tokio::test]
async fn a_close_is_answered() {
    let im = Im::start().await;
    let ann = im.user("anna").await;
    let mut raw = Raw::open_proven(&im, &ann).await;
    raw.write(raw::CLOSE, &1000_u16.to_be_bytes()).await;
    assert!(raw.end().await.is_some());
}

#[tokio::test]
async fn no_other_path_upgrades() {
    let im = Im::start().await;
    let ann = im.user("anna").await;
    for path in ["/", "/ws/", "/wss", "/ws/chat", "/WS", "//ws", "/socket.io/", "/api/ws", "/public/ws"] {
        let (status, _) = raw::exchange(&im, raw::upgrade(&format!("{path}?token={}", ann.token))).await;
        let page = path == "/" && status == 200; // the web chat, where it was built
        assert!(page || status == 404, "{path}: {status}");
    }
    // Without the upgrade headers there is nothing to talk about.
    let plain = im.get(&format!("/ws?token={}", ann.token)).await;
    assert!((400..500).contains(&plain.status), "{}", plain.status);
}

#[tokio::test]
async fn frames_that_break_the_protocol_harm_nobody() {
    let im = Im::start().await;
    let (ann, bob) = (im.user("anna").await, im.user("bobby").await);
    let mut bystander = bob.connect().await;
    let mut many = Vec::new();
    for _ in 0..64 {
        many.extend([0x00, 0xff]); // a masked continuation of 1 MiB
        many.extend(1_u64.wrapping_shl(20).to_be_bytes());
        many.extend([0; 4]);
        many.extend(vec![b'x'; 1 << 20]);
    }
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("2^62 bytes", [&[0x81, 0xff][..], &(1_u64 << 62).to_be_bytes(), &[0; 4], b"{"].concat()),
        ("2^64 - 1 bytes", [&[0x82, 0xff][..], &u64::MAX.to_be_bytes(), &[0; 4], b"x"].concat()),
        ("1 GiB", [&[0x81, 0xff][..], &(1_u64 << 30).to_be_bytes(), &[0; 4], b"x"].concat()),
        ("64 MiB in pieces", [&[0x01, 0x81, 0, 0, 0, 0, b'x'][..], &many].concat()),
        ("no mask", vec![0x81, 0x04, b'p', b'i', b'n', b'g']),
        ("a reserved bit", vec![0xf1, 0x80, 0, 0, 0, 0]),
        ("a reserved opcode", vec![0x8b, 0x80, 0, 0, 0, 0]),
        ("a ping of 126 bytes", [&[0x89, 0xfe, 0, 126, 0, 0, 0, 0][..], &[0; 126]].concat()),
        ("a ping in pieces", vec![0x09, 0x80, 0, 0, 0, 0]),
        ("a continuation of nothing", vec![0x80, 0x80, 0, 0, 0, 0]),
        ("a close of one byte", vec![0x88, 0x81, 0, 0, 0, 0, 3]),
        ("a close with a reserved code", vec![0x88, 0x82, 0, 0, 0, 0, 0x03, 0xee]),
        ("no WebSocket at all", b"GET / HTTP/1.1\r\nHost: im\r\n\r\n".to_vec()),
    ];
    for (what, bytes) in &cases {
        let mut raw = Raw::open_proven(&im, &ann).await;
        raw.bytes(bytes).await;
        raw.end().await; // it is over with this socket
        beats(&im, &mut bystander).await;
        let _ = what;
    }
    // Not text, though it says so: ignored or the end of this socket, nothing more.
    let mut raw = Raw::open_proven(&im, &ann).await;
    raw.write(raw::TEXT, &[0xc3, 0x28]).await;
    raw.cut().await;
    ann.say(&bob, "still here").await.ok();
    assert_eq!(bystander.text().await, "still here");
}
