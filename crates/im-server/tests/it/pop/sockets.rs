//! How sockets of the push service behave (§4.1 to §4.5, §4.7) and the trigger API (§4.8).
use super::{digest::*, kit::*};
use crate::template::assert_fits;
use reqwest::Method;
use serde_json::{Value, json};

const FORBIDDEN: &[u8] = b"Forbidden";

/// A server whose push service has the keys of the contract's test vectors.
async fn known() -> Im {
    configured("[push]\napp_key = \"k\"\napp_secret = \"s3cr3t\"\n", |_| {}).await
}

/// What the auth endpoint answers for a channel: the `auth` and, for presence, the `channel_data`.
pub async fn auth(who: &Pop, socket: &str, channel: &str) -> Value {
    let fields = form! { "socket_id": socket, "channel_name": channel };
    let reply = who.post("/h5/push/auth", fields).await;
    assert_eq!(reply.status, 200, "{channel}: {:?}", String::from_utf8_lossy(&reply.bytes));
    reply.body.clone()
}

async fn succeeds(socket: &mut Push, channel: &str, auth: Value) -> Value {
    let frame = socket.wants(channel, auth).await;
    assert_eq!(frame["event"], "pusher_internal:subscription_succeeded", "{frame}");
    serde_json::from_str(frame["data"].as_str().unwrap()).unwrap()
}

fn error(message: &str) -> Value {
    json!({ "event": "pusher:error", "data": { "code": "<any>", "message": message } })
}

#[tokio::test]
async fn sockets_open_on_every_path_that_clients_build() {
    let im = start().await;
    let tom = im.pop("tom").await;
    let key = tom.appkey().await;
    let own = format!("user-{}", tom.uid);
    let paths = [
        format!("/app/{key}"),
        format!("/app/{key}?protocol=7&client=js&version=8.6.0&flash=false"),
        format!("/app/{key}?protocol=5"),
        format!("/app/{key}?protocol=6"),
        format!("/ws/app/{key}"),
        format!("/some/where/app/{key}?protocol=7"),
    ];
    let mut ids = std::collections::HashSet::new();
    for path in paths {
        println!("{path}");
        let mut socket = Push::knock(&im.base, &path, &[]).await.unwrap();
        socket.subscribe(&own).await;
        assert!(ids.insert(socket.id.clone()), "{} twice", socket.id);
    }
}

#[tokio::test]
async fn sockets_are_closed_with_the_code_that_tells_why() {
    let im = start().await;
    let tom = im.pop("tom").await;
    let key = tom.appkey().await;
    let base = key.split('.').next().unwrap();
    let cases = [
        ("/app/unknown".to_owned(), 4001),
        (format!("/app/{base}x"), 4001),
        (format!("/app/{key}?protocol=4"), 4007),
        (format!("/app/{key}?protocol=8"), 4007),
    ];
    for (path, code) in cases {
        assert_eq!(Push::knock(&im.base, &path, &[]).await.err(), Some(code), "{path}");
    }
    // A ticket that nobody gave: no session, nobody's socket.
    let forged = format!("{base}.{}", "A".repeat(key.len() - base.len() - 1));
    assert!(
        [Some(4001), Some(4009)].contains(&Push::knock(&im.base, &format!("/app/{forged}"), &[]).await.err())
    );
}

#[tokio::test]
async fn a_socket_answers_each_frame_as_the_protocol_says() {
    let im = start().await;
    let tom = im.pop("tom").await;
    let mut socket = tom.push().await;
    let pong = json!({ "event": "pusher:pong", "data": "{}" });
    assert_eq!(socket.ask(json!({ "event": "pusher:ping", "data": {} })).await, pong);
    assert_eq!(socket.ask(json!({ "event": "pusher:ping" })).await, pong);
    assert_eq!(socket.ask(json!({ "event": "pusher:ping", "data": "{}" })).await, pong);
    let cases = [
        (json!({ "data": {} }), "Empty event"),
        (json!({ "event": "pusher:subscribe", "data": {} }), "Empty channel"),
        (json!({ "event": "pusher:subscribe" }), "Empty channel"),
        (json!({ "event": "pusher:subscribe", "data": { "channel": "" } }), "Empty channel"),
        (json!({ "event": "pusher:unsubscribe", "data": {} }), "Empty channel"),
        (json!({ "event": "pusher:whatever", "data": {} }), "Unknown event"),
        (json!({ "event": "pusher:signin", "data": { "auth": "x", "user_data": "{}" } }), "Unknown event"),
    ];
    for (frame, message) in cases {
        println!("{frame}");
        assert_fits(&socket.ask(frame).await, &error(message));
    }
    // Silence for these; the pong behind them proves it.
    use futures_util::SinkExt;
    use tokio_tungstenite::tungstenite::Message;
    for text in ["not JSON", "{\"event\":\"pusher:pong\",\"data\":{}}", "\u{feff}", "{\"event\":"] {
        socket.ws.send(Message::text(text)).await.unwrap();
    }
    socket.send(json!({ "event": "pusher:unsubscribe", "data": { "channel": "global" } })).await;
    assert_eq!(socket.ask(json!({ "event": "pusher:ping", "data": {} })).await, pong);
}

#[tokio::test]
async fn subscribing_twice_delivers_once_and_unsubscribing_ends_it() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    im.pals(&[&tom, &jerry]).await;
    let own = format!("user-{}", tom.uid);
    let mut socket = tom.listen().await;
    socket.send(json!({ "event": "pusher:subscribe", "data": { "channel": own } })).await;
    mid(jerry.say(&tom, "1").await);
    let mut messages = 0;
    while messages == 0 {
        messages += usize::from(socket.any().await.event == "message");
    }
    mid(jerry.say(&tom, "2").await);
    loop {
        let pushed = socket.any().await;
        if pushed.event == "message" {
            assert_eq!(pushed.data["content"], "2");
            break;
        }
    }
    socket.send(json!({ "event": "pusher:unsubscribe", "data": { "channel": own } })).await;
    assert_eq!(socket.ask(json!({ "event": "pusher:ping", "data": {} })).await["event"], "pusher:pong");
    mid(jerry.say(&tom, "3").await);
    socket.nothing(&im).await;
}

#[tokio::test]
async fn channels_are_for_those_whom_they_concern() {
    let im = start().await;
    let (tom, jerry, eve) = (im.pop("tom").await, im.pop("jerry").await, im.pop("eve").await);
    let gid = im.circle(&[&tom, &jerry]).await;
    let base = im.nobody(Method::GET, "/web/pop/getsetting", form! {}).await.ok()["appkey"].clone();
    let mut anonymous = Push::open(&im.base, base.as_str().unwrap()).await;
    let mut of_eve = eve.push().await;
    for socket in [&mut anonymous, &mut of_eve] {
        socket.subscribe("global").await;
        let channels = [
            format!("user-{}", tom.uid),
            format!("group-{gid}"),
            format!("private-user-{}", tom.uid),
            format!("private-group-{gid}"),
            format!("presence-group-{gid}"),
            "group-999999".into(),
            "user-0".into(),
            "user-x".into(),
            "private-anything".into(),
            "anything".into(),
            "cache-x".into(),
            "global2".into(),
            format!("user-{} ", tom.uid),
            format!("user-0{}", tom.uid),
            format!("user-+{}", tom.uid),
        ];
        for channel in channels {
            println!("{channel}");
            socket.refused(&channel, json!({})).await;
        }
    }
    mid(tom.shout(gid, "secret").await);
    mid(tom.say(&jerry, "secret").await);
    of_eve.nothing(&im).await;
    anonymous.nothing(&im).await;
    let mut own = tom.push().await;
    for channel in [format!("user-{}", tom.uid), format!("group-{gid}"), "global".into()] {
        own.subscribe(&channel).await;
    }
}

#[tokio::test]
async fn a_socket_belongs_to_whoever_its_handshake_names() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    let (key_of_tom, key_of_jerry) = (tom.appkey().await, jerry.appkey().await);
    let base = key_of_tom.split('.').next().unwrap();
    let (cookie, token) = (tom.cookie(), &tom.token);
    let host = im.base.clone();
    let evil = "https://evil.example";
    // path, headers, whose it is
    type Case<'a> = (String, Vec<(&'static str, &'a str)>, Option<&'a Pop>);
    let many = format!("PHPSID=; PHPSID=captcha.x; {cookie}");
    let cases: [Case<'_>; 8] = [
        (format!("/app/{base}"), vec![("Cookie", &many)], Some(&tom)),
        (format!("/app/{key_of_tom}"), vec![], Some(&tom)),
        (format!("/app/{base}"), vec![("Cookie", &cookie)], Some(&tom)),
        (format!("/app/{base}"), vec![("Cookie", &cookie), ("Origin", &host)], Some(&tom)),
        (format!("/app/{base}?token={token}"), vec![], Some(&tom)),
        (format!("/app/{key_of_jerry}?token={token}"), vec![("Cookie", &cookie)], Some(&jerry)),
        (format!("/app/{base}"), vec![], None),
        (format!("/app/{key_of_tom}"), vec![("Origin", evil)], Some(&tom)),
    ];
    for (n, (path, headers, owner)) in cases.into_iter().enumerate() {
        println!("case {n}");
        let mut socket = Push::knock(&im.base, &path, &headers).await.unwrap();
        for person in [&tom, &jerry] {
            let channel = format!("user-{}", person.uid);
            if owner.is_some_and(|owner| owner.uid == person.uid) {
                socket.subscribe(&channel).await;
            } else {
                socket.refused(&channel, json!({})).await;
            }
        }
    }
    // A page of another origin that holds the cookie gets no socket of its owner.
    if let Ok(mut socket) =
        Push::knock(&im.base, &format!("/app/{base}"), &[("Cookie", &cookie), ("Origin", evil)]).await
    {
        socket.refused(&format!("user-{}", tom.uid), json!({})).await;
    }
}

#[tokio::test]
async fn the_end_of_a_session_closes_its_sockets_and_no_others() {
    let im = start().await;
    im.account("tom", "Tom").await;
    let jerry = im.pop("jerry").await;
    let mut bystander = jerry.listen().await;
    for how in ["logout", "password", "reset", "disable"] {
        let (page, phone) = (im.sign_in("tom", PASSWORD).await, im.sign_in("tom", PASSWORD).await);
        let (mut at_page, mut at_phone) = (page.listen().await, phone.listen().await);
        let key = page.appkey().await;
        let passwords = form! { "password1": PASSWORD, "password2": PASSWORD, "password_old": PASSWORD };
        match how {
            "logout" => page.post("login/logout", form! {}).await.done(),
            "password" => phone.post("user/updatepassword", passwords).await.done(),
            "reset" => {
                let mut fields = passwords;
                fields.push(("login_uid".into(), page.uid.to_string()));
                im.key().post("user/updatepassword", fields).await.done();
            }
            _ => im.state(page.uid, "disabled").await,
        }
        assert_eq!(at_page.closed().await, 4009, "{how}");
        let ended = ["reset", "disable"].contains(&how);
        if ended {
            assert_eq!(at_phone.closed().await, 4009, "{how}");
        } else {
            at_phone.nothing(&im).await;
        }
        let again = Push::knock(&im.base, &format!("/app/{key}"), &[]).await.err();
        assert!([Some(4001), Some(4009)].contains(&again), "{how}: {again:?}");
    }
    bystander.nothing(&im).await;
}

#[tokio::test]
async fn what_a_server_key_asked_for_ends_with_the_password() {
    let sms = Sms::start(|_| {}).await;
    let (im, phone) = (&sms.im, "13800000001");
    let uid = sms.join("tom", phone).await;
    let channel = format!("user-{uid}");
    let acting = |mut fields: Form| {
        fields.push(("login_uid".into(), uid.to_string()));
        fields
    };
    let appkey = || async {
        let data = im.key().get("pop/get", acting(form! {})).await.ok();
        data["setting"]["appkey"].as_str().unwrap().to_owned()
    };
    for how in ["by key", "forgotten", "by its owner", "disabled"] {
        let key = appkey().await;
        let mut socket = Push::open(&im.base, &key).await;
        socket.subscribe(&channel).await;
        // No other change ends it.
        im.key().post("user/update", acting(form! { "sign": how })).await.done();
        Push::open(&im.base, &key).await.subscribe(&channel).await;
        let passwords = form! { "password1": PASSWORD, "password2": PASSWORD, "password_old": PASSWORD };
        match how {
            "by key" => im.key().post("user/updatepassword", acting(passwords)).await.done(),
            "forgotten" => {
                let code = sms.code(phone, "forget").await;
                let fields = form! { "phone": phone, "code": code, "username": "tom", "newpass": PASSWORD };
                im.nobody(Method::POST, "/web/service/forget_pass", fields).await.done();
            }
            "by its owner" => {
                let tom = im.sign_in("tom", PASSWORD).await;
                tom.post("user/send_sms_pass", form! { "phone": phone, "type": "retrieve" }).await.done();
                let mut fields = passwords;
                fields.push(("code".into(), sms.sent(phone, 3).await.pop().unwrap()));
                tom.post("user/updatepassword", fields).await.done();
            }
            _ => im.state(uid, "disabled").await,
        }
        assert_eq!(socket.closed().await, 4009, "{how}");
        let again = Push::knock(&im.base, &format!("/app/{key}"), &[]).await.err();
        assert_eq!(again, Some(4009), "{how}");
    }
}

#[tokio::test]
async fn an_operators_new_password_ends_what_a_server_key_asked_for() {
    let im = start().await;
    let (uid, other) = (im.account("tom", "Tom").await, im.account("jerry", "Jerry").await);
    let appkey = async |uid: i64| {
        let data = im.key().get("pop/get", form! { "login_uid": uid }).await.ok();
        data["setting"]["appkey"].as_str().unwrap().to_owned()
    };
    let mut of_tom = Push::open(&im.base, &appkey(uid).await).await;
    let mut of_jerry = Push::open(&im.base, &appkey(other).await).await;
    let elsewhere = im_server::open_core(im.settings()).await.unwrap();
    let fields = form! { "login_uid": other, "sign": "changed too" };
    im.key().post("user/update", fields).await.done();
    im_core::accounts::reset_password(&elsewhere, "tom".into(), "654321".into()).await.unwrap();
    assert_eq!(of_tom.closed().await, 4009);
    of_jerry.nothing(&im).await;
}

#[tokio::test]
async fn a_stopping_server_asks_its_clients_to_come_back() {
    let mut im = start().await;
    let tom = im.pop("tom").await;
    let (mut socket, key) = (tom.listen().await, tom.appkey().await);
    im.restart().await;
    assert_eq!(socket.closed().await, 4200);
    let mut again = Push::open(&im.base, &key).await;
    again.subscribe(&format!("user-{}", tom.uid)).await;
}

#[tokio::test]
async fn the_signatures_are_those_of_the_contract() {
    let im = known().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    let gid = im.circle(&[&tom, &jerry]).await;
    let own = format!("private-user-{}", tom.uid);
    let signed = json!({ "auth": format!("k:{}", hmac("s3cr3t", &format!("1.1:{own}"))) });
    for path in ["/plugin/webman/push/auth", "/h5/push/auth", "/web/push/auth", "/pusher/auth"] {
        let fields = form! { "socket_id": "1.1", "channel_name": own };
        let reply = tom.post(path, fields.clone()).await;
        assert_eq!((reply.status, &reply.body), (200, &signed), "{path}");
        let request = im.request(Method::POST, path).header("token", &tom.token);
        assert_eq!(call(request, &Method::POST, &fields).await.body, signed, "{path}");
        let reply = im.nobody(Method::POST, path, fields).await;
        assert_eq!((reply.status, &*reply.bytes), (403, FORBIDDEN), "{path}");
    }
    for channel in [format!("user-{}", tom.uid), format!("group-{gid}"), format!("private-group-{gid}")] {
        let expected = format!("k:{}", hmac("s3cr3t", &format!("1.1:{channel}")));
        assert_eq!(auth(&tom, "1.1", &channel).await, json!({ "auth": expected }));
    }
    let channel = format!("presence-group-{gid}");
    let answer = auth(&tom, "1.1", &channel).await;
    let data = answer["channel_data"].as_str().unwrap();
    let user: Value = serde_json::from_str(data).unwrap();
    assert_eq!(
        user,
        json!({ "user_id": tom.uid.to_string(), "user_info": { "name": "Tom", "avatar": AVATAR } })
    );
    assert_eq!(answer["auth"], format!("k:{}", hmac("s3cr3t", &format!("1.1:{channel}:{data}"))));
}

#[tokio::test]
async fn nothing_is_signed_for_whom_it_does_not_concern() {
    let im = known().await;
    let (tom, jerry, eve) = (im.pop("tom").await, im.pop("jerry").await, im.pop("eve").await);
    let gid = im.circle(&[&tom, &jerry]).await;
    let own = format!("private-user-{}", eve.uid);
    let cases = [
        ("1.1", format!("private-user-{}", tom.uid)),
        ("1.1", format!("user-{}", tom.uid)),
        ("1.1", format!("private-group-{gid}")),
        ("1.1", format!("group-{gid}")),
        ("1.1", format!("presence-group-{gid}")),
        ("1.1", "private-anything".into()),
        ("1.1", "private-user-x".into()),
        ("1.1", String::new()),
        ("1.1", format!("{own}:x")),
        ("1.1", format!("{own} ")),
        ("1.1", format!("private-user-{}", "9".repeat(165))),
        ("", own.clone()),
        ("1", own.clone()),
        ("1.1.1", own.clone()),
        ("a.b", own.clone()),
        ("1.1:private-user-1", own.clone()),
        ("1.1\n", own.clone()),
    ];
    for (socket, channel) in cases {
        println!("{socket:?} {channel}");
        let fields = form! { "socket_id": socket, "channel_name": channel };
        let reply = eve.post("/web/push/auth", fields).await;
        assert_eq!((reply.status, &*reply.bytes), (403, FORBIDDEN));
    }
    assert_eq!(eve.post("/web/push/auth", form! {}).await.status, 403);
}

#[tokio::test]
async fn a_signature_opens_one_channel_on_one_socket() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    let base = im.nobody(Method::GET, "/web/pop/getsetting", form! {}).await.ok()["appkey"].clone();
    let mut socket = Push::open(&im.base, base.as_str().unwrap()).await;
    let (own, private) = (format!("user-{}", tom.uid), format!("private-user-{}", tom.uid));
    let (for_own, for_private) = (auth(&tom, &socket.id, &own).await, auth(&tom, &socket.id, &private).await);
    let elsewhere = auth(&tom, "1.1", &private).await;
    let flipped = json!({ "auth": for_private["auth"].as_str().unwrap().replacen(['a', 'b', '1'], "0", 1) });
    for (channel, auth) in [
        (&private, json!({})),
        (&private, elsewhere),
        (&private, for_own.clone()),
        (&private, flipped),
        (&private, json!({ "auth": "" })),
        (&private, json!({ "auth": 5 })),
        (&own, for_private.clone()),
        (&format!("user-{}", jerry.uid), for_own.clone()),
    ] {
        println!("{channel} {auth}");
        socket.refused(channel, auth).await;
    }
    succeeds(&mut socket, &private, for_private).await;
    succeeds(&mut socket, &own, for_own).await;
    mid(jerry.say(&tom, "hi").await);
    let mut channels = Vec::new();
    while channels.len() < 2 {
        let pushed = socket.any().await;
        if pushed.event == "message" {
            channels.push(pushed.channel);
        }
    }
    channels.sort();
    assert_eq!(channels, [private, own]);
}

#[tokio::test]
async fn presence_tells_who_of_a_group_is_there() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    let gid = im.circle(&[&tom, &jerry]).await;
    let channel = format!("presence-group-{gid}");
    let mut at_tom = tom.push().await;
    let allowed = auth(&tom, &at_tom.id, &channel).await;
    // Without channel_data, or with that of somebody else, there is no place in the list.
    at_tom.refused(&channel, json!({ "auth": allowed["auth"] })).await;
    let other = json!({ "auth": allowed["auth"], "channel_data": "{\"user_id\":\"1\"}" });
    at_tom.refused(&channel, other).await;
    let info = |name: &str| json!({ "name": name, "avatar": AVATAR });
    let (t, j) = (tom.uid.to_string(), jerry.uid.to_string());
    let data = succeeds(&mut at_tom, &channel, allowed).await;
    let alone = json!({ "presence": { "count": 1, "ids": [t], "hash": { t.clone(): info("Tom") } } });
    assert_eq!(data, alone);
    let mut sockets = [jerry.push().await, jerry.push().await];
    for socket in &mut sockets {
        let allowed = auth(&jerry, &socket.id, &channel).await;
        let data = succeeds(socket, &channel, allowed).await;
        let mut ids: Vec<_> = data["presence"]["ids"].as_array().unwrap().clone();
        ids.sort_by_key(|id| id.as_str().unwrap().parse::<i64>().unwrap());
        assert_eq!((&data["presence"]["count"], ids), (&json!(2), vec![json!(t), json!(j)]));
        assert_eq!(data["presence"]["hash"], json!({ t.clone(): info("Tom"), j.clone(): info("Jerry") }));
    }
    let added = at_tom.any().await;
    assert_eq!(added.event, "pusher_internal:member_added");
    assert_eq!(added.data, json!({ "user_id": j, "user_info": info("Jerry") }));
    // Jerry goes with the last socket.
    let [first, second] = sockets;
    first.close().await;
    at_tom.nothing(&im).await;
    second.close().await;
    let removed = at_tom.any().await;
    assert_eq!(removed.event, "pusher_internal:member_removed");
    assert_eq!(removed.data, json!({ "user_id": j }));
}

#[tokio::test]
async fn clients_talk_to_each_other_where_they_may() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    let gid = im.circle(&[&tom, &jerry]).await;
    let (private, presence) = (format!("private-group-{gid}"), format!("presence-group-{gid}"));
    let (mut at_tom, mut at_jerry) = (tom.listen_to(gid).await, jerry.push().await);
    let typing =
        |channel: &str| json!({ "event": "client-typing", "channel": channel, "data": { "on": "<b>" } });
    let refusal = "Client event rejected - ";
    let only = format!("{refusal}only supported on private and presence channels");
    let not_here = format!("{refusal}you didn't subscribe this channel");
    let prefix = format!("{refusal}client events must be prefixed by 'client-'");
    assert_fits(&at_tom.ask(typing(&format!("group-{gid}"))).await, &error(&only));
    assert_fits(&at_tom.ask(typing(&private)).await, &error(&not_here));
    for (socket, who) in [(&mut at_tom, &tom), (&mut at_jerry, &jerry)] {
        let allowed = auth(who, &socket.id, &private).await;
        succeeds(socket, &private, allowed).await;
    }
    let odd = json!({ "event": "typing", "channel": private, "data": {} });
    assert_fits(&at_tom.ask(odd).await, &error(&prefix));
    at_tom.send(typing(&private)).await;
    let heard = at_jerry.any().await;
    assert_eq!((heard.event.as_str(), heard.channel.as_str()), ("client-typing", private.as_str()));
    assert_eq!(heard.data["on"], "<b>");
    at_tom.nothing(&im).await;
    for (socket, who) in [(&mut at_tom, &tom), (&mut at_jerry, &jerry)] {
        let allowed = auth(who, &socket.id, &presence).await;
        succeeds(socket, &presence, allowed).await;
    }
    while at_tom.any().await.event != "pusher_internal:member_added" {}
    at_tom.send(typing(&presence)).await;
    let frame = at_jerry.frame().await.unwrap();
    assert_eq!((&frame["channel"], &frame["user_id"]), (&json!(presence), &json!(tom.uid.to_string())));
    // Nothing of it is kept.
    assert!(tom.history("group", gid).await.iter().all(|line| line["sub_type"] == "notice"));
}

#[tokio::test]
async fn a_client_that_chatters_is_told_to_stop() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    let gid = im.circle(&[&tom, &jerry]).await;
    let channel = format!("private-group-{gid}");
    let mut socket = tom.push().await;
    let allowed = auth(&tom, &socket.id, &channel).await;
    succeeds(&mut socket, &channel, allowed).await;
    for n in 0..40 {
        socket.send(json!({ "event": "client-x", "channel": channel, "data": { "n": n } })).await;
    }
    let answer = socket.frame().await;
    let code = match &answer {
        Ok(frame) => frame["data"]["code"].as_u64(),
        Err(code) => Some(u64::from(*code)),
    };
    assert_eq!(code, Some(4301), "{answer:?}");
}

#[tokio::test]
async fn frames_and_client_events_have_a_size() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    let gid = im.circle(&[&tom, &jerry]).await;
    let channel = format!("private-group-{gid}");
    let (mut at_tom, mut at_jerry) = (tom.push().await, jerry.push().await);
    for (socket, who) in [(&mut at_tom, &tom), (&mut at_jerry, &jerry)] {
        let allowed = auth(who, &socket.id, &channel).await;
        succeeds(socket, &channel, allowed).await;
    }
    let event =
        |length: usize| json!({ "event": "client-x", "channel": channel, "data": "x".repeat(length) });
    at_tom.send(event(9_000)).await;
    assert_eq!(at_jerry.any().await.data, json!("x".repeat(9_000)));
    let refusal = at_tom.ask(event(20_000)).await;
    assert_eq!(refusal["event"], "pusher:error", "{refusal}");
    at_jerry.nothing(&im).await;
    // Beyond 64 KiB the socket itself ends.
    at_tom.send(event(70_000)).await;
    use futures_util::StreamExt;
    let ended = tokio::time::timeout(PATIENCE, async {
        loop {
            match at_tom.ws.next().await {
                None | Some(Err(_)) => return true,
                Some(Ok(frame)) if frame.is_close() => return true,
                Some(Ok(_)) => {}
            }
        }
    });
    assert!(ended.await.unwrap());
    at_jerry.nothing(&im).await;
}

#[tokio::test]
async fn twenty_sockets_are_enough_for_one_person() {
    let im = start().await;
    let tom = im.pop("tom").await;
    let path = format!("/app/{}", tom.appkey().await);
    let mut open = Vec::new();
    for _ in 0..20 {
        open.push(Push::knock(&im.base, &path, &[]).await.unwrap());
    }
    let over = Push::knock(&im.base, &path, &[]).await.err();
    assert!([Some(4004), Some(4100)].contains(&over), "{over:?}");
    open.pop().unwrap().close().await;
    let mut again = Push::knock(&im.base, &path, &[]).await.unwrap();
    again.subscribe("global").await;
}

/// A server with a trigger listener on a port of its own; its address.
async fn with_trigger() -> (Im, String) {
    // Free a moment ago, and nobody else asks for it now.
    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let lines =
        format!("[push]\napp_key = \"k\"\napp_secret = \"s3cr3t\"\ntrigger_listen = \"127.0.0.1:{port}\"\n");
    (configured(&lines, |_| {}).await, format!("http://127.0.0.1:{port}"))
}

/// The query that signs a call of the trigger API.
fn signed(method: &str, path: &str, query: &[(&str, &str)], body: &str, time: i64, secret: &str) -> String {
    let mut fields: Vec<(String, String)> =
        query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    fields.extend(form! { "auth_key": "k", "auth_timestamp": time, "auth_version": "1.0" });
    if !body.is_empty() {
        fields.push(("body_md5".into(), md5(body.as_bytes())));
    }
    fields.sort();
    let joined = fields.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
    format!("{joined}&auth_signature={}", hmac(secret, &format!("{method}\n{path}\n{joined}")))
}

#[tokio::test]
async fn the_signing_of_these_tests_is_that_of_the_contract() {
    let body = r#"{"name":"message","channels":["user-9"],"data":"{\"a\":1}"}"#;
    let query = signed("POST", "/apps/1024/events", &[], body, 1_700_000_000, "s3cr3t");
    assert!(query.ends_with("8d590ddadc22d125bd41d79ab6bcb8f47dff3d8d8877f27da5fa5e79c0a6d37c"), "{query}");
}

#[tokio::test]
async fn back_ends_trigger_events_and_ask_who_listens() {
    let (im, trigger) = with_trigger().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    let gid = im.circle(&[&tom, &jerry]).await;
    let own = format!("user-{}", tom.uid);
    let mut sockets = [tom.listen_to(gid).await, tom.listen().await];
    let post = |path: &'static str, body: Value| {
        let (body, trigger, http) = (body.to_string(), trigger.clone(), im.http.clone());
        let query = signed("POST", path, &[], &body, im.seconds(), "s3cr3t");
        async move { answer(http.post(format!("{trigger}{path}?{query}")).body(body)).await }
    };
    let data = json!({ "a": "<b> 你好" }).to_string();
    for body in [
        json!({ "name": "hello", "channels": [own], "data": data }),
        json!({ "name": "hello", "channel": own, "data": data }),
    ] {
        let reply = post("/apps/1024/events", body).await;
        assert_eq!((reply.status, &reply.body), (200, &json!({})));
        for socket in &mut sockets {
            assert_eq!(socket.event("hello", &own).await, json!({ "a": "<b> 你好" }), "as it was given");
        }
    }
    let except = json!({ "name": "only", "channels": [own], "data": "1", "socket_id": sockets[0].id });
    post("/apps/1024/events", except).await;
    sockets[1].event("only", &own).await;
    sockets[0].nothing(&im).await;
    let batch = json!({ "batch": [
        { "channel": own, "name": "first", "data": "1" },
        { "channel": format!("group-{gid}"), "name": "second", "data": "2" },
    ] });
    assert_eq!(post("/apps/1024/batch_events", batch).await.status, 200);
    sockets[0].event("first", &own).await;
    sockets[0].event("second", &format!("group-{gid}")).await;
    // Asking.
    let get = |path: String, query: Vec<(&'static str, &'static str)>| {
        let (trigger, http) = (trigger.clone(), im.http.clone());
        let query = signed("GET", &path, &query, "", im.seconds(), "s3cr3t");
        async move { answer(http.get(format!("{trigger}{path}?{query}"))).await.body }
    };
    let channels = get("/apps/1024/channels".into(), vec![("filter_by_prefix", "user-")]).await;
    assert_eq!(channels, json!({ "channels": { own.clone(): {} } }));
    let all = get("/apps/1024/channels".into(), vec![("info", "subscription_count")]).await;
    assert_eq!(all["channels"][&own]["subscription_count"], 2);
    let one = get(format!("/apps/1024/channels/{own}"), vec![("info", "subscription_count")]).await;
    assert_eq!(one, json!({ "occupied": true, "subscription_count": 2 }));
    let none = get("/apps/1024/channels/user-999999".into(), vec![]).await;
    assert_eq!(none["occupied"], false);
    let presence = format!("presence-group-{gid}");
    let allowed = auth(&tom, &sockets[0].id, &presence).await;
    succeeds(&mut sockets[0], &presence, allowed).await;
    let users = get(format!("/apps/1024/channels/{presence}/users"), vec![]).await;
    assert_eq!(users, json!({ "users": [{ "id": tom.uid.to_string() }] }));
}

#[tokio::test]
async fn the_trigger_api_believes_only_what_is_signed_now() {
    let (im, trigger) = with_trigger().await;
    let tom = im.pop("tom").await;
    let mut socket = tom.listen().await;
    let body = json!({ "name": "x", "channels": [format!("user-{}", tom.uid)], "data": "1" }).to_string();
    let (path, now) = ("/apps/1024/events", im.seconds());
    let good = signed("POST", path, &[], &body, now, "s3cr3t");
    let other_key = good.replace("auth_key=k&", "auth_key=other&");
    let without_key = good.replace("auth_key=k&", "");
    let no_md5 = {
        let joined = format!("auth_key=k&auth_timestamp={now}&auth_version=1.0");
        format!("{joined}&auth_signature={}", hmac("s3cr3t", &format!("POST\n{path}\n{joined}")))
    };
    // path, query, body, status, text ("" for any)
    let cases = [
        (path, without_key, body.clone(), 400, "Bad Request"),
        (path, other_key, body.clone(), 401, "Invalid app_key"),
        (path, signed("POST", path, &[], &body, now, "guess"), body.clone(), 401, "Invalid signature"),
        (path, good.clone(), body.replace('1', "2"), 401, ""),
        (path, signed("GET", path, &[], &body, now, "s3cr3t"), body.clone(), 401, "Invalid signature"),
        (
            path,
            signed("POST", "/apps/1024/batch_events", &[], &body, now, "s3cr3t"),
            body.clone(),
            401,
            "Invalid signature",
        ),
        (path, signed("POST", path, &[], &body, now - 601, "s3cr3t"), body.clone(), 401, ""),
        (path, signed("POST", path, &[], &body, now + 601, "s3cr3t"), body.clone(), 401, ""),
        (path, no_md5, body.clone(), 401, ""),
        ("/apps", good.clone(), body.clone(), 400, "Bad Request"),
    ];
    for (n, (path, query, body, status, text)) in cases.into_iter().enumerate() {
        let reply = answer(im.http.post(format!("{trigger}{path}?{query}")).body(body)).await;
        let said = String::from_utf8_lossy(&reply.bytes).into_owned();
        assert_eq!(reply.status, status, "case {n}: {said}");
        assert!(text.is_empty() || said == text, "case {n}: {said}");
        assert!(!said.contains(&hmac("s3cr3t", "")[..8]) && !said.contains("s3cr3t"));
    }
    socket.nothing(&im).await;
    // The version may be left out; and other routes are not on this listener, nor these on the other.
    let without_version = {
        let joined = format!("auth_key=k&auth_timestamp={now}&body_md5={}", md5(body.as_bytes()));
        format!("{joined}&auth_signature={}", hmac("s3cr3t", &format!("POST\n{path}\n{joined}")))
    };
    let reply = answer(im.http.post(format!("{trigger}{path}?{without_version}")).body(body.clone())).await;
    assert_eq!(reply.status, 200);
    assert_eq!(socket.any().await.event, "x");
    let public = answer(im.http.post(format!("{}{path}?{good}", im.base)).body(body)).await;
    assert_eq!(public.status, 404);
    assert_eq!(
        answer(im.http.get(format!("{trigger}/web/pop/getsetting"))).await.body["code"].as_i64(),
        None
    );
    let limits = [
        json!({ "name": "n".repeat(201), "channels": ["global"], "data": "1" }),
        json!({ "name": "n", "channels": ["global"], "data": "1".repeat(10_241) }),
        json!({ "name": "n", "channels": vec!["global"; 101], "data": "1" }),
        json!({ "name": "n", "data": "1" }),
        json!({}),
    ];
    for body in limits {
        let body = body.to_string();
        let query = signed("POST", path, &[], &body, now, "s3cr3t");
        let reply = answer(im.http.post(format!("{trigger}{path}?{query}")).body(body)).await;
        assert!((400..500).contains(&reply.status), "{}", reply.status);
    }
}
