//! A clock that jumps: it is set right after hours, or wrong for a day. Times may look odd then; the
//! order of what was said, who hears it, and who may come in do not depend on it.
use crate::{
    chance::{Playing, seeds},
    kit::*,
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use std::collections::HashSet;

const SECOND: i64 = 1_000;
const HOUR: i64 = 3_600 * SECOND;
const DAY: i64 = 24 * HOUR;
const LATE: &str = "消息超过5分钟，不能撤回";

async fn start() -> Im {
    Im::with(|settings| settings.egg.onboarding_hints = false).await
}

/// A wish to take `message` back from `to`, with this time of sending.
fn revoke(message: &Value, to: i64, chat_type: &str, create_time: i64) -> Value {
    json!({ "to_id": to, "to_name": "somebody", "to_avatar": "/public/icons/avatar.png", "id": message["id"],
            "chatType": chat_type, "create_time": create_time })
}

/// The ids of what comes up to the text `last`, with how it is told: revokes have the id of their message.
async fn heard(socket: &mut Socket, last: &str) -> Vec<(String, bool)> {
    let mut heard = Vec::new();
    loop {
        let push = socket.push().await;
        let revoked = push["actionType"] == "revoke";
        if said(&push) == last {
            return heard;
        }
        if revoked || push["type"] != "systemNotice" {
            heard.push((push["id"].as_str().unwrap().to_owned(), revoked));
        }
    }
}

#[tokio::test]
async fn what_is_said_while_the_clock_jumps_comes_once_and_in_the_order_in_which_it_was_said() {
    for seed in seeds(1) {
        let _playing = Playing(seed);
        let mut rng = StdRng::seed_from_u64(seed);
        let mut im = start().await;
        let (mut ann, mut bob) = (im.user("anna").await, im.user("bobby").await);
        let group = im.group(&ann, &[&bob]).await;
        let (mut told, mut got, mut ids) = (Vec::new(), Vec::new(), HashSet::new());
        let mut socket: Option<Socket> = None;
        for n in 0..120 {
            im.pass([0, 0, SECOND, -SECOND, -HOUR, DAY, -DAY, HOUR][rng.random_range(0..8)]);
            if rng.random_bool(0.05) {
                if let Some(open) = socket.take() {
                    open.leave().await; // proven, so that nothing may come twice
                }
                im.restart().await; // with a clock that may be behind
                (ann, bob) = (im.again(&ann), im.again(&bob));
            }
            if socket.is_none() && rng.random_bool(0.2) {
                let mut fresh = bob.connect().await;
                bob.drain().await;
                ann.say(&bob, &format!("end {n}")).await.ok();
                got.extend(heard(&mut fresh, &format!("end {n}")).await);
                fresh.nothing().await;
                socket = Some(fresh);
            }
            let (to, chat_type) = if rng.random_bool(0.5) { (bob.id, "single") } else { (group, "group") };
            let sent = ann.send(to, chat_type, &format!("line {n}")).await.ok();
            let id = sent["id"].as_str().unwrap().to_owned();
            assert_eq!(sent["create_time"], im.now());
            assert!(ids.insert(id.clone()), "{id} was given before");
            told.push((id.clone(), false));
            if rng.random_bool(0.2) {
                ann.post("/api/chat/revokeMessage", revoke(&sent, to, chat_type, im.now())).await.ok();
                told.push((id, true));
            }
            if let Some(mut open) = socket.take() {
                let end = format!("mark {n}");
                ann.say(&bob, &end).await.ok();
                got.extend(heard(&mut open, &end).await);
                // A socket stays for a while, and is left when everything on it is proven.
                if rng.random_bool(0.8) { socket = Some(open) } else { open.leave().await }
            }
        }
        if let Some(open) = socket {
            open.leave().await;
        }
        let mut last = bob.connect().await;
        bob.drain().await;
        ann.say(&bob, "the end").await.ok();
        got.extend(heard(&mut last, "the end").await);
        let differs = got.iter().zip(&told).position(|(got, told)| got != told);
        assert_eq!((got.len(), differs), (told.len(), None), "{:?}", &got[differs.unwrap_or_default()..]);
        last.nothing().await;
    }
}

#[tokio::test]
async fn ids_stay_unique_while_time_stands_still_or_repeats() {
    let im = start().await;
    let ann = im.user("anna").await;
    let bob = im.user("bobby").await;
    im.befriend(&ann, &bob).await;
    let mut ids = HashSet::new();
    for n in 0..3 {
        let burst: Vec<_> = (0..50).map(|line| (line, ann.clone())).collect();
        let sent = burst.iter().map(|(line, ann)| {
            let text = format!("{n} {line}");
            let bob = &bob;
            async move { ann.say(bob, &text).await.ok() }
        });
        for message in futures_util::future::join_all(sent).await {
            assert_eq!(message["create_time"], im.now());
            assert!(ids.insert(message["id"].as_str().unwrap().to_owned()));
        }
        im.pass(if n == 0 { 1 } else { -1 }); // the third burst is said in the time of the first
    }
    let mut socket = bob.connect().await;
    bob.drain().await;
    ann.say(&bob, "the end").await.ok();
    let came: Vec<_> = heard(&mut socket, "the end").await;
    assert_eq!(came.len(), ids.len());
    assert!(came.iter().all(|(id, _)| ids.remove(id)), "each comes once");
}

#[tokio::test]
async fn what_waits_outlives_a_clock_that_was_months_ahead() {
    let im = start().await;
    let (ann, bob) = (im.user("anna").await, im.user("bobby").await);
    im.befriend(&ann, &bob).await;
    let mut socket = bob.connect().await;
    bob.drain().await;
    ann.say(&bob, "the beginning").await.ok();
    heard(&mut socket, "the beginning").await;
    socket.leave().await;
    for text in ["one", "two"] {
        ann.say(&bob, text).await.ok();
    }
    im.pass(100 * DAY); // longer than anything waits
    let mut socket = bob.connect().await;
    bob.drain().await;
    ann.say(&bob, "in the future").await.ok();
    assert_eq!(socket.text().await, "in the future");
    socket.leave().await;
    im.pass(-100 * DAY);
    ann.say(&bob, "three").await.ok();
    let mut socket = bob.connect().await;
    bob.drain().await;
    for text in ["one", "two", "three"] {
        assert_eq!(socket.text().await, text);
    }
    bob.drain().await;
    ann.say(&bob, "the end").await.ok();
    assert_eq!(socket.text().await, "the end");
}

#[tokio::test]
async fn the_window_of_a_revoke_is_sane_on_a_clock_that_jumps() {
    let im = start().await;
    let (ann, bob) = (im.user("anna").await, im.user("bobby").await);
    im.befriend(&ann, &bob).await;
    let take_back = |message: &Value, create_time: i64| {
        ann.post("/api/chat/revokeMessage", revoke(message, bob.id, "single", create_time))
    };
    let old = ann.say(&bob, "before").await.ok();
    let then = im.now();
    // An hour back: the message is of the future. Its sender may take it back; a client that names
    // the future is told so.
    im.pass(-HOUR);
    let given = take_back(&old, then).await;
    let latest = im.now() + 300_000;
    given.fails(422, &format!("消息发送时间 的数值 必须 在 1000000000000 和 {latest} 之间"));
    let young = ann.say(&bob, "an hour back").await.ok();
    take_back(&young, im.now()).await.ok();
    take_back(&old, im.now()).await.ok();
    // Right again: what was said an hour ago by the clock is too old, whatever the client claims.
    let late = ann.say(&bob, "said too early").await.ok();
    im.pass(HOUR);
    take_back(&late, im.now()).await.fails(400, LATE);
    take_back(&late, im.now() - HOUR).await.fails(400, LATE);
    // A day ahead and back: within its window again.
    let fresh = ann.say(&bob, "after").await.ok();
    im.pass(DAY);
    take_back(&fresh, im.now()).await.fails(400, LATE);
    im.pass(-DAY);
    take_back(&fresh, im.now()).await.ok();
}

#[tokio::test]
async fn a_clock_that_jumps_locks_nobody_out() {
    let limits = |settings: &mut im_server::Settings| {
        settings.limits.enabled = true;
        settings.limits.send_per_second = 3;
        settings.limits.login_failures_per_quarter_hour = 2;
    };
    let mut im = Im::with(limits).await;
    let often = "操作过于频繁，请稍后再试";
    let mut ann = im.user("anna").await;
    let mut bob = im.user("bobby").await;
    im.befriend(&ann, &bob).await;
    let wrong = json!({ "username": "bobby", "password": "wrong!" });
    for jump in [-HOUR, DAY, -DAY, 2 * HOUR, -HOUR] {
        for n in 0..3 {
            ann.say(&bob, &n.to_string()).await.ok();
        }
        ann.say(&bob, "too often").await.fails(400, often);
        for _ in 0..2 {
            im.post("/api/loginChat", wrong.clone()).await.fails(400, "账户或密码错误");
        }
        im.post("/api/loginChat", wrong.clone()).await.fails(400, often);
        for _ in 0..5 {
            im.signed("/api/visitorRegister", &device(1), json!({})).await.ok();
        }
        let sixth = im.signed("/api/visitorRegister", &device(1), json!({})).await;
        sixth.fails(400, "请求过于频繁，请1个小时后再试");
        // No window is longer than it was when it began; sessions outlive every jump.
        im.pass(jump);
        ann.say(&bob, "again").await.ok();
        bob.get("/api/chat/goodfriendlist/1").await.ok();
        bob = im.login("bobby").await;
        let before = im.now() - 200 * SECOND;
        im.signed("/api/visitorRegister", &device(1), json!({})).await.ok();
        // A signature of a client with the time of before is judged by the server's time alone.
        let body = json!({ "deviceId": device(2), "timestamp": before - jump });
        let signature = sign(&device(2), &(before - jump).to_string());
        let request =
            im.request(reqwest::Method::POST, "/api/visitorRegister").header("X-Security-Sign", signature);
        answer(request.json(&body)).await.fails(400, "请求已过期");
        im.restart().await; // the counters begin anew, the sessions do not
        (ann, bob) = (im.again(&ann), im.again(&bob));
        ann.get("/api/chat/goodfriendlist/1").await.ok();
    }
}

#[tokio::test]
async fn a_socket_hears_and_proves_whatever_the_clock_says() {
    let im = Im::with(|settings| {
        settings.egg.onboarding_hints = false;
        settings.chat.session_days = 1_000; // a session of 365 days would rightly end in the longest jump
    })
    .await;
    let (ann, bob) = (im.user("anna").await, im.user("bobby").await);
    im.befriend(&ann, &bob).await;
    let mut socket = bob.connect().await;
    bob.drain().await;
    ann.say(&bob, "the beginning").await.ok();
    heard(&mut socket, "the beginning").await;
    for jump in [-HOUR, DAY, -DAY, 400 * DAY, -400 * DAY] {
        im.pass(jump);
        let text = format!("{jump}");
        let sent = ann.say(&bob, &text).await.ok();
        let frame = socket.frame().await;
        assert_eq!((said(&frame["data"]), &frame["timestamp"]), (text, &json!(im.now())));
        assert_eq!(frame["data"]["create_time"], sent["create_time"]);
        socket.send(r#"{"type":"ping"}"#).await;
        assert_eq!(socket.frame().await["timestamp"], im.now());
    }
    socket.leave().await;
    let mut socket = bob.connect().await;
    bob.drain().await;
    ann.say(&bob, "the end").await.ok();
    assert_eq!(socket.text().await, "the end");
}
