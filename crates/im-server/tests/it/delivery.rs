//! The offline queue and what counts as delivered (egg.md §5.7): nothing is lost, nothing comes
//! twice, everything comes in order.
use crate::{
    kit::*,
    raw::{Heard, Raw},
};
use futures_util::{StreamExt, future::join_all};
use serde_json::{Value, json};
use std::collections::HashMap;
use tokio::sync::mpsc;

/// A server without hints, so that all pushes are messages.
async fn start() -> Im {
    Im::with(|settings| settings.egg.onboarding_hints = false).await
}

/// A user to whom strangers may write as much as they like.
async fn listener(im: &Im, name: &str) -> Person {
    let person = im.user(name).await;
    let all = json!({ "sendCount": 2, "needFollow": false });
    let settings = json!({ "userset": { "chatset": { "visitor": all, "user": all } } });
    person.post("/api/chat/userset", settings).await.ok();
    person
}

/// Sends these texts one after the other.
async fn say_all(from: &Person, to: &Person, texts: &[&str]) {
    for text in texts {
        from.say(to, text).await.ok();
    }
}

/// The texts up to `last`, without the notices between them.
#[track_caller]
fn until<'a>(socket: &'a mut Socket, last: &'a str) -> impl Future<Output = Vec<String>> + 'a {
    let pushes = pushes_until(socket, last);
    async move { pushes.await.iter().filter(|push| push["type"] != "systemNotice").map(said).collect() }
}

/// The pushes up to the one that says `last`, which is left out.
#[track_caller]
fn pushes_until<'a>(socket: &'a mut Socket, last: &'a str) -> impl Future<Output = Vec<Value>> + 'a {
    let mut pushes = Vec::new();
    async move {
        loop {
            let push = socket.push().await;
            if said(&push) == last {
                return pushes;
            }
            pushes.push(push);
        }
    }
}

/// What waits for `to`, on a new socket; `from` says where it ends.
async fn waiting_for(to: &Person, from: &Person) -> Vec<String> {
    let mut socket = to.connect().await;
    to.drain().await;
    from.say(to, "the end").await.ok();
    let texts = until(&mut socket, "the end").await;
    socket.leave().await;
    texts
}

#[tokio::test]
async fn what_waits_comes_oldest_first_over_all_conversations() {
    let im = start().await;
    let (ann, carl) = (im.user("anna").await, im.user("carla").await);
    let bob = listener(&im, "bobby").await;
    let group = im.group(&ann, &[&bob, &carl]).await;
    let start = im.now();
    for n in 0..12 {
        im.pass(1_000);
        let text = n.to_string();
        match n % 4 {
            0 => ann.say(&bob, &text).await.ok(),
            1 => carl.send(group, "group", &text).await.ok(),
            2 => carl.say(&bob, &text).await.ok(),
            _ => ann.send(group, "group", &text).await.ok(),
        };
    }
    im.pass(60_000);
    let mut socket = bob.connect().await;
    bob.drain().await;
    ann.say(&bob, "the end").await.ok();
    let mut n = 0;
    loop {
        let frame = socket.frame().await;
        if frame["data"]["type"] == "systemNotice" {
            continue;
        }
        assert_eq!((&frame["type"], &frame["timestamp"]), (&json!("singleChat"), &json!(im.now())));
        if said(&frame["data"]) == "the end" {
            break;
        }
        assert_eq!(said(&frame["data"]), n.to_string());
        n += 1;
        assert_eq!(frame["data"]["create_time"], start + n * 1_000, "when it was said");
    }
    assert_eq!(n, 12);
}

#[tokio::test]
async fn what_waits_is_told_as_it_was_said() {
    let im = start().await;
    let ann = im.user("anna").await;
    let bob = listener(&im, "bobby").await;
    let group = im.group(&ann, &[&bob]).await;
    let single = ann.say(&bob, "single").await.ok();
    let grouped = ann.send(group, "group", "grouped").await.ok();
    let nickname = json!({ "fieldname": "nickname", "fieldValue": "安娜" });
    ann.post("/api/chat/updateUserinfo", nickname).await.ok();
    let mut socket = bob.connect().await;
    bob.drain().await;
    ann.say(&bob, "the end").await.ok();
    let told = pushes_until(&mut socket, "the end").await;
    let told: Vec<_> = told.into_iter().filter(|push| push["type"] != "systemNotice").collect();
    let without_names = |mut message: Value| {
        // A name may be the one of today; everything else is the answer that the sender got.
        for key in ["from_name", "from_avatar"] {
            assert!(message[key].is_string(), "{message}");
            message[key] = Value::Null;
        }
        message
    };
    assert_eq!(told.len(), 2);
    for (told, said) in told.into_iter().zip([single, grouped]) {
        assert_eq!(without_names(told), without_names(said));
    }
}

#[tokio::test]
async fn connecting_alone_brings_nothing() {
    let im = start().await;
    let (ann, bob) = (im.user("anna").await, listener(&im, "bobby").await);
    say_all(&ann, &bob, &["one", "two"]).await;
    for _ in 0..3 {
        let mut socket = bob.connect().await;
        socket.nothing().await;
        socket.leave().await;
    }
    let mut socket = bob.connect().await;
    ann.say(&bob, "overtakes").await.ok();
    assert_eq!(socket.text().await, "overtakes"); // nothing is being fetched: at once
    bob.drain().await;
    ann.say(&bob, "the end").await.ok();
    assert_eq!(until(&mut socket, "the end").await, ["one", "two"]);
}

#[tokio::test]
async fn fetching_without_a_socket_keeps_the_queue() {
    let im = start().await;
    let (ann, bob) = (im.user("anna").await, listener(&im, "bobby").await);
    say_all(&ann, &bob, &["one", "two"]).await;
    for _ in 0..3 {
        bob.drain().await;
    }
    bob.connect().await.leave().await;
    bob.drain().await;
    assert_eq!(waiting_for(&bob, &ann).await, ["one", "two"]);
    assert_eq!(waiting_for(&bob, &ann).await, [""; 0]);
}

#[tokio::test]
async fn what_arrived_does_not_come_again() {
    let im = start().await;
    let (ann, bob) = (im.user("anna").await, listener(&im, "bobby").await);
    let mut socket = bob.connect().await;
    for text in ["one", "two", "three"] {
        ann.say(&bob, text).await.ok();
        assert_eq!(socket.text().await, text);
    }
    bob.drain().await;
    bob.drain().await;
    socket.nothing().await;
    socket.leave().await;
    assert_eq!(waiting_for(&bob, &ann).await, [""; 0]);
}

#[tokio::test]
async fn twenty_fetches_at_once_bring_everything_once() {
    let im = start().await;
    let (ann, bob) = (im.user("anna").await, listener(&im, "bobby").await);
    let texts: Vec<String> = (0..60).map(|n| n.to_string()).collect();
    for text in &texts {
        ann.say(&bob, text).await.ok();
    }
    let mut socket = bob.connect().await;
    join_all((0..20).map(|_| bob.drain())).await;
    bob.drain().await;
    ann.say(&bob, "the end").await.ok();
    assert_eq!(until(&mut socket, "the end").await, texts);
    bob.drain().await;
    ann.say(&bob, "really").await.ok();
    assert_eq!(until(&mut socket, "really").await, [""; 0]);
}

#[tokio::test]
async fn only_the_newest_socket_gets_what_waited() {
    let im = start().await;
    let (ann, bob) = (im.user("anna").await, listener(&im, "bobby").await);
    say_all(&ann, &bob, &["one", "two"]).await;
    let mut older = bob.connect().await;
    let mut newer = bob.connect().await;
    join_all((0..4).map(|_| bob.drain())).await;
    ann.say(&bob, "the end").await.ok();
    assert_eq!(until(&mut newer, "the end").await, ["one", "two"]);
    older.nothing().await;
}

#[tokio::test]
async fn messages_sent_while_a_queue_is_fetched_come_behind_it() {
    let im = start().await;
    let (ann, bob) = (im.user("anna").await, listener(&im, "bobby").await);
    let mut expected: Vec<String> = (0..150).map(|n| n.to_string()).collect();
    for text in &expected {
        ann.say(&bob, text).await.ok();
    }
    // A phone that reads but proves nothing yet: the fetch cannot be over.
    let mut phone = Raw::open_proven(&im, &bob).await;
    bob.drain().await;
    let mut heard = phone.texts(1).await;
    for n in 150..160 {
        ann.say(&bob, &n.to_string()).await.ok();
        expected.push(n.to_string());
    }
    heard.extend(phone.texts_proven(159).await);
    assert_eq!(heard, expected);
}

/// Twenty people who each say ten things to `bob`, all at once.
async fn twenty_talk(im: &Im, bob: &Person) {
    let senders = join_all((0..20).map(|n| async move { im.user(&format!("sender{n}")).await })).await;
    join_all(senders.iter().map(|sender| async move {
        for n in 0..10 {
            sender.say(bob, &format!("{} {n}", sender.name)).await.ok();
        }
    }))
    .await;
}

#[tokio::test]
async fn twenty_senders_at_once_leave_no_gap_and_no_duplicate() {
    let im = start().await;
    let (ann, bob) = (im.user("anna").await, listener(&im, "bobby").await);
    let mut socket = bob.connect().await;
    bob.drain().await;
    let listen = async {
        let mut next: HashMap<String, usize> = HashMap::new();
        for _ in 0..200 {
            let text = socket.text().await;
            let (who, n) = text.split_once(' ').unwrap();
            let expected = next.entry(who.to_owned()).or_default();
            assert_eq!(n, expected.to_string(), "{who}");
            *expected += 1;
        }
    };
    tokio::join!(twenty_talk(&im, &bob), listen);
    socket.nothing().await;
    socket.leave().await;
    assert_eq!(waiting_for(&bob, &ann).await, [""; 0]);
}

/// Reads a socket in the background; what it says comes out of the channel.
fn listen(mut socket: Socket, heard: mpsc::Sender<String>) {
    tokio::spawn(async move {
        while let Some(Ok(frame)) = socket.0.next().await {
            let Frame::Text(text) = frame else { continue };
            let frame: Value = serde_json::from_str(&text).unwrap();
            if frame["type"] == "singleChat" {
                heard.send(said(&frame["data"])).await.unwrap();
            }
        }
    });
}

#[tokio::test]
async fn new_sockets_and_fetches_among_many_senders_leave_no_gap_and_no_duplicate() {
    let im = start().await;
    let (ann, bob) = (im.user("anna").await, listener(&im, "bobby").await);
    let (heard, mut texts) = mpsc::channel(1_000);
    let collect = async {
        let mut all = Vec::new();
        for round in 0..6 {
            // The client opens a socket and leaves the older ones open; both are read.
            listen(im.socket(&format!("?token={}", bob.token)).await, heard.clone());
            bob.drain().await;
            let enough = if round == 5 { 200 } else { round * 25 + 10 };
            while all.len() < enough {
                let text = tokio::time::timeout(PATIENCE, texts.recv()).await;
                all.push(text.unwrap_or_else(|_| panic!("{} of 200 came", all.len())).unwrap());
            }
        }
        all
    };
    let ((), mut all) = tokio::join!(twenty_talk(&im, &bob), collect);
    ann.say(&bob, "the end").await.ok();
    while let Some(text) = texts.recv().await {
        if text == "the end" {
            break;
        }
        all.push(text);
    }
    all.sort();
    let mut expected: Vec<String> =
        (0..20).flat_map(|who| (0..10).map(move |n| format!("sender{who} {n}"))).collect();
    expected.sort();
    assert_eq!(all, expected);
}

#[tokio::test]
async fn what_no_pong_proved_comes_again_in_order() {
    let im = start().await;
    let (ann, bob) = (im.user("anna").await, listener(&im, "bobby").await);
    let mut phone = Raw::open_proven(&im, &bob).await;
    say_all(&ann, &bob, &["proven 1", "proven 2"]).await;
    assert_eq!(phone.texts_proven(2).await, ["proven 1", "proven 2"]);
    say_all(&ann, &bob, &["lost 1", "lost 2", "lost 3"]).await;
    assert_eq!(phone.texts(3).await, ["lost 1", "lost 2", "lost 3"]); // read, but nobody knows it
    phone.cut().await;
    say_all(&ann, &bob, &["away 1", "away 2"]).await;

    let mut phone = bob.connect().await;
    phone.nothing().await; // not by connecting
    bob.drain().await;
    ann.say(&bob, "the end").await.ok();
    assert_eq!(until(&mut phone, "the end").await, ["lost 1", "lost 2", "lost 3", "away 1", "away 2"]);
    phone.leave().await;
    assert_eq!(waiting_for(&bob, &ann).await, [""; 0]);
}

#[tokio::test]
async fn what_one_socket_lost_comes_to_another_that_is_open() {
    let im = start().await;
    let (ann, bob) = (im.user("anna").await, listener(&im, "bobby").await);
    // The newer one dies, the older one asks.
    let mut older = bob.connect().await;
    let mut newer = Raw::open_proven(&im, &bob).await;
    say_all(&ann, &bob, &["one", "two"]).await;
    assert_eq!(newer.texts(2).await, ["one", "two"]);
    newer.cut().await;
    older.nothing().await;
    bob.drain().await;
    ann.say(&bob, "three").await.ok();
    assert_eq!(until(&mut older, "three").await, ["one", "two"]);
    older.leave().await;

    // The older one dies, the newer one asks.
    let mut older = Raw::open_proven(&im, &bob).await;
    say_all(&ann, &bob, &["four", "five"]).await;
    assert_eq!(older.texts(2).await, ["four", "five"]);
    let mut newer = bob.connect().await;
    older.cut().await;
    bob.drain().await;
    ann.say(&bob, "six").await.ok();
    assert_eq!(until(&mut newer, "six").await, ["four", "five"]);
    newer.leave().await;
    assert_eq!(waiting_for(&bob, &ann).await, [""; 0]);
}

#[tokio::test]
async fn a_fetch_that_dies_is_repeated_by_the_next_one() {
    let im = start().await;
    let (ann, carl) = (im.user("anna").await, im.user("carla").await);
    let bob = listener(&im, "bobby").await;
    for n in 0..30 {
        let from = if n % 3 == 0 { &carl } else { &ann };
        from.say(&bob, &n.to_string()).await.ok();
    }
    let expected: Vec<String> = (0..30).map(|n| n.to_string()).collect();
    for _ in 0..3 {
        let mut phone = Raw::open_proven(&im, &bob).await;
        bob.drain().await;
        assert_eq!(phone.texts(5).await, expected[..5]);
        phone.cut().await;
    }
    // Closed as it should be, but never a word that anything arrived.
    let mut phone = Raw::open_proven(&im, &bob).await;
    bob.drain().await;
    assert_eq!(phone.texts(5).await, expected[..5]);
    phone.close().await;
    assert_eq!(waiting_for(&bob, &ann).await, expected);
    assert_eq!(waiting_for(&bob, &ann).await, [""; 0]);
}

#[tokio::test]
async fn what_a_dead_line_swallowed_comes_again_once_it_was_given_up() {
    let im = Im::with(|settings| {
        settings.egg.onboarding_hints = false;
        settings.egg.ping_interval_s = 1;
        settings.egg.dead_after_s = 2;
    })
    .await;
    let (ann, bob) = (im.user("anna").await, listener(&im, "bobby").await);
    let mut tunnel = Raw::open_proven(&im, &bob).await;
    say_all(&ann, &bob, &["one", "two"]).await; // the phone is in a tunnel
    assert_eq!(tunnel.end().await, None);
    say_all(&ann, &bob, &["three"]).await;
    assert_eq!(waiting_for(&bob, &ann).await, ["one", "two", "three"]);
}

#[tokio::test]
async fn a_socket_that_answers_no_ping_is_taken_at_its_write() {
    let im = start().await;
    let (ann, bob) = (im.user("anna").await, listener(&im, "bobby").await);
    say_all(&ann, &bob, &["waited 1", "waited 2"]).await;
    // Some stacks never answer a ping. They are served after a moment of grace.
    let mut mute = Raw::open(&im, &bob.token).await;
    bob.drain().await;
    assert_eq!(mute.texts(2).await, ["waited 1", "waited 2"]);
    say_all(&ann, &bob, &["live 1", "live 2"]).await;
    assert_eq!(mute.texts(2).await, ["live 1", "live 2"]);
    mute.close().await;
    assert_eq!(waiting_for(&bob, &ann).await, [""; 0]);

    let mut mute = Raw::open(&im, &bob.token).await;
    say_all(&ann, &bob, &["live 3", "live 4"]).await;
    assert_eq!(mute.texts(2).await, ["live 3", "live 4"]);
    mute.cut().await; // written is delivered, whatever happens afterwards
    assert_eq!(waiting_for(&bob, &ann).await, [""; 0]);
}

#[tokio::test]
async fn what_a_new_socket_did_not_live_to_hear_is_kept() {
    let im = start().await;
    let (ann, bob) = (im.user("anna").await, listener(&im, "bobby").await);
    say_all(&ann, &bob, &["one"]).await;
    let mut silent = Raw::open(&im, &bob.token).await;
    assert!(matches!(silent.next().await, Heard::Text(_) | Heard::Ping(_)));
    bob.drain().await;
    say_all(&ann, &bob, &["two"]).await;
    silent.cut().await; // before its moment of grace was over
    assert_eq!(waiting_for(&bob, &ann).await, ["one", "two"]);
}

#[tokio::test]
async fn a_reader_that_does_not_read_loses_nothing() {
    let im = start().await;
    let (ann, bob) = (im.user("anna").await, listener(&im, "bobby").await);
    let mut carls = im.user("carla").await.connect().await;
    let stuck = Raw::open_narrow(&im, &bob.token).await;
    let long = "雁".repeat(15_000);
    let texts: Vec<String> = (0..200).map(|n| format!("{n} {long}")).collect();
    for text in &texts {
        ann.say(&bob, text).await.ok(); // nobody who sends has to wait for him
    }
    carls.nothing().await;
    stuck.cut().await;
    let mut socket = bob.connect().await;
    bob.drain().await;
    ann.say(&bob, "the end").await.ok();
    let heard = until(&mut socket, "the end").await;
    // A mute socket is taken at its write, so the first ones may count as delivered; all others come.
    assert!(!heard.is_empty() && texts.ends_with(&heard), "{} of {}", heard.len(), texts.len());
}

#[tokio::test]
async fn a_reader_that_stops_reading_gets_everything_that_it_did_not_prove() {
    let im = start().await;
    let (ann, bob) = (im.user("anna").await, listener(&im, "bobby").await);
    let stuck = Raw::open_proven(&im, &bob).await;
    let long = "雁".repeat(15_000);
    let texts: Vec<String> = (0..200).map(|n| format!("{n} {long}")).collect();
    for text in &texts {
        ann.say(&bob, text).await.ok();
    }
    stuck.cut().await;
    assert_eq!(waiting_for(&bob, &ann).await, texts);
}

#[tokio::test]
async fn queue_and_tokens_survive_a_restart() {
    let mut im = start().await;
    let (ann, bob) = (im.user("anna").await, listener(&im, "bobby").await);
    let visitor = im.visitor(1).await;
    let group = im.group(&ann, &[&bob]).await;
    ann.say(&bob, "one").await.ok();
    visitor.say(&bob, "two").await.ok();
    ann.send(group, "group", "three").await.ok();
    ann.say(&visitor, "four").await.ok();
    let mut unproven = Raw::open_proven(&im, &visitor).await;
    visitor.drain().await;
    assert_eq!(unproven.texts(1).await, ["four"]);

    im.restart().await;
    assert_eq!(unproven.end().await, None);
    let (ann, bob, visitor) = (im.again(&ann), im.again(&bob), im.again(&visitor));
    ann.say(&bob, "five").await.ok();
    assert_eq!(waiting_for(&bob, &ann).await, ["one", "two", "three", "five"]);
    let mut socket = visitor.connect().await;
    visitor.drain().await;
    assert_eq!(socket.text().await, "four");
    socket.leave().await;

    im.restart().await;
    let (ann, bob) = (im.again(&ann), im.again(&bob));
    assert_eq!(waiting_for(&bob, &ann).await, [""; 0]);
}

#[tokio::test]
async fn what_was_proven_just_before_a_restart_does_not_come_again() {
    let mut im = start().await;
    let (ann, bob) = (im.user("anna").await, listener(&im, "bobby").await);
    let mut socket = bob.connect().await;
    for text in ["one", "two", "three"] {
        ann.say(&bob, text).await.ok();
        assert_eq!(socket.text().await, text);
    }
    socket.nothing().await; // so the server has read the pong
    im.restart().await;
    let (ann, bob) = (im.again(&ann), im.again(&bob));
    assert_eq!(waiting_for(&bob, &ann).await, [""; 0]);
}

#[tokio::test]
async fn whoever_is_no_member_any_more_still_gets_what_was_said_before() {
    let im = start().await;
    let ann = im.user("anna").await;
    let (kicked, left, stays) =
        (listener(&im, "kicked").await, listener(&im, "lefty").await, listener(&im, "stays").await);
    let group = im.group(&ann, &[&kicked, &left, &stays]).await;
    ann.send(group, "group", "before").await.ok();
    let kick = json!({ "group_id": group, "user_id": kicked.id });
    ann.post("/api/chat/groupDeleteUser", kick).await.ok();
    left.post("/api/chat/groupDeleteOrQuit", json!({ "id": group })).await.ok();
    ann.send(group, "group", "after").await.ok();
    assert_eq!(waiting_for(&kicked, &ann).await, ["before"]);
    ann.post("/api/chat/groupDeleteOrQuit", json!({ "id": group })).await.ok();
    assert_eq!(waiting_for(&left, &ann).await, ["before"]);
    let mut socket = stays.connect().await;
    stays.drain().await;
    ann.say(&stays, "the end").await.ok();
    let told: Vec<String> = pushes_until(&mut socket, "the end").await.iter().map(said).collect();
    let end = told.last().unwrap();
    assert!(end.starts_with("群主于 ") && end.ends_with(" 解散了该群"), "{told:?}");
    assert_eq!(told[told.len() - 3..told.len() - 1], ["before", "after"]);
}

#[tokio::test]
async fn whoever_comes_later_or_comes_back_does_not_get_what_was_said_meanwhile() {
    let im = start().await;
    let ann = im.user("anna").await;
    let (late, back, visitor) =
        (listener(&im, "later").await, listener(&im, "back").await, im.visitor(1).await);
    let group = im.group(&ann, &[&back]).await;
    ann.send(group, "group", "one").await.ok();
    let kick = json!({ "group_id": group, "user_id": back.id });
    ann.post("/api/chat/groupDeleteUser", kick).await.ok();
    ann.send(group, "group", "two").await.ok();
    for who in [&late, &back, &visitor] {
        let join = json!({ "group_id": group, "user_id": who.id, "inviteuser_id": -1 });
        assert_eq!(who.post("/api/chat/groupInviteUser", join).await.ok(), "加群成功");
    }
    ann.send(group, "group", "three").await.ok();
    assert_eq!(waiting_for(&late, &ann).await, ["three"]);
    assert_eq!(waiting_for(&back, &ann).await, ["one", "three"]);
    let mut socket = visitor.connect().await;
    visitor.drain().await;
    let first = socket.push().await;
    assert!(
        said(&first).ends_with("加入了群聊"),
        "the first that a newcomer reads is its own coming: {first}"
    );
    assert_eq!(socket.text().await, "three");
}

#[tokio::test]
async fn a_waiting_applicant_gets_nothing_of_the_time_before() {
    let im = start().await;
    let ann = im.user("anna").await;
    let (bob, late) = (im.user("bobby").await, listener(&im, "later").await);
    let group = im.group(&ann, &[&bob]).await;
    ann.post("/api/chat/groupAddUserSet", json!({ "group_id": group, "addGroupSet": 1 })).await.ok();
    let join = json!({ "group_id": group, "user_id": late.id, "inviteuser_id": -1 });
    late.post("/api/chat/groupInviteUser", join).await.ok();
    ann.send(group, "group", "while he waits").await.ok();
    assert_eq!(waiting_for(&late, &ann).await, [""; 0]);
    let agree = json!({ "group_id": group, "user_id": late.id, "type": "agree" });
    ann.post("/api/chat/groupAgreeOrNo", agree).await.ok();
    ann.send(group, "group", "welcome").await.ok();
    assert_eq!(waiting_for(&late, &ann).await, ["welcome"]);
}

#[tokio::test]
async fn a_group_message_reaches_every_member_once_and_all_in_the_same_order() {
    let im = start().await;
    let ann = im.user("anna").await;
    let mut members = Vec::new();
    for n in 0..5 {
        members.push(im.user(&format!("member{n}")).await);
    }
    let group = im.group(&ann, &members.iter().collect::<Vec<_>>()).await;
    let mut sockets = Vec::new();
    for member in &members {
        let mut socket = member.connect().await;
        member.drain().await;
        ann.say(member, "begin").await.ok();
        until(&mut socket, "begin").await;
        sockets.push(socket);
    }
    let mut second = members[0].connect().await;
    std::mem::swap(&mut second, &mut sockets[0]); // the newer one is told
    // All members talk at once; nobody hears oneself.
    join_all(members.iter().map(|member| async move {
        for n in 0..20 {
            member.send(group, "group", &format!("{} {n}", member.name)).await.ok();
        }
    }))
    .await;
    ann.send(group, "group", "the end").await.ok();
    let mut orders = Vec::new();
    for (member, socket) in members.iter().zip(&mut sockets) {
        let heard = until(socket, "the end").await;
        assert_eq!(heard.len(), 80, "{}", member.name);
        assert!(heard.iter().all(|text| !text.starts_with(&format!("{} ", member.name))));
        orders.push(heard);
    }
    second.nothing().await;
    // Without the two's own messages, any two members heard the same in the same order.
    let common = |order: &[String]| -> Vec<String> {
        let own = |text: &&String| !text.starts_with("member0 ") && !text.starts_with("member1 ");
        order.iter().filter(own).cloned().collect()
    };
    assert_eq!(common(&orders[0]), common(&orders[1]));
    for member in 0..5 {
        for order in &orders {
            let of_one: Vec<&String> =
                order.iter().filter(|text| text.starts_with(&format!("member{member} "))).collect();
            for (n, text) in of_one.iter().enumerate() {
                assert_eq!(**text, format!("member{member} {n}"));
            }
        }
    }
    // Ann was away: she finds all of it, in the order that the others heard.
    let mut socket = ann.connect().await;
    ann.drain().await;
    members[0].send(group, "group", "finis").await.ok();
    let heard = until(&mut socket, "finis").await;
    assert_eq!(heard.len(), 100);
    assert_eq!(common(&heard), common(&orders[0]));
}

#[tokio::test]
async fn people_online_and_away_in_one_group_get_the_same() {
    let im = start().await;
    let (ann, bob, carl) =
        (im.user("anna").await, listener(&im, "bobby").await, listener(&im, "carla").await);
    let group = im.group(&ann, &[&bob, &carl]).await;
    let mut online = bob.connect().await;
    bob.drain().await;
    ann.say(&bob, "begin").await.ok();
    until(&mut online, "begin").await;
    for text in ["one", "two", "three"] {
        ann.send(group, "group", text).await.ok();
        assert_eq!(online.text().await, text);
    }
    assert_eq!(waiting_for(&carl, &ann).await, ["one", "two", "three"]);
    assert_eq!(waiting_for(&bob, &ann).await, [""; 0]);
}

#[tokio::test]
async fn a_message_and_its_revoke_come_in_order() {
    let im = start().await;
    let (ann, bob) = (im.user("anna").await, listener(&im, "bobby").await);
    let sent = ann.say(&bob, "oops").await.ok();
    let mut revoke = sent.clone();
    revoke["to_name"] = json!("bobby");
    ann.post("/api/chat/revokeMessage", revoke).await.ok();
    let mut socket = bob.connect().await;
    bob.drain().await;
    ann.say(&bob, "the end").await.ok();
    let told = pushes_until(&mut socket, "the end").await;
    // Both in order, or neither of them.
    if !told.is_empty() {
        assert_eq!(
            (told.len(), &told[0]["type"], &told[1]["actionType"]),
            (2, &json!("text"), &json!("revoke"))
        );
        assert_eq!(told[0]["id"], told[1]["id"]);
    }
}

#[tokio::test]
async fn the_queue_keeps_the_newest_for_a_while() {
    let im = Im::with(|settings| {
        settings.egg.onboarding_hints = false;
        settings.chat.offline_messages = 5;
        settings.chat.offline_days = 3;
    })
    .await;
    let (ann, bob) = (im.user("anna").await, listener(&im, "bobby").await);
    for n in 0..9 {
        ann.say(&bob, &n.to_string()).await.ok();
    }
    let mut socket = bob.connect().await;
    bob.drain().await;
    for n in 4..9 {
        assert_eq!(socket.text().await, n.to_string());
    }
    socket.nothing().await;
    socket.leave().await;

    let day = 24 * 60 * 60 * 1_000;
    ann.say(&bob, "old").await.ok();
    im.pass(2 * day);
    ann.say(&bob, "young").await.ok();
    im.pass(day + 1_000);
    assert_eq!(waiting_for(&bob, &ann).await, ["young"]);
}

#[tokio::test]
async fn the_queue_of_a_visitor_comes_to_the_account_it_becomes() {
    let im = start().await;
    let (ann, visitor) = (im.user("anna").await, im.visitor(1).await);
    let group = im.group(&ann, &[&im.user("bobby").await, &visitor]).await;
    ann.say(&visitor, "single").await.ok();
    ann.send(group, "group", "grouped").await.ok();
    let account = json!({ "username": "newcomer", "password": "123456" });
    let user = Person::new(&im, im.signed("/api/visitorregChat", &device(1), account).await.ok());
    assert_eq!(waiting_for(&user, &ann).await, ["single", "grouped"]);
}

#[tokio::test]
async fn a_queue_is_its_owners_alone() {
    let im = start().await;
    let (ann, bob, eve) = (im.user("anna").await, listener(&im, "bobby").await, im.user("evelyn").await);
    say_all(&ann, &bob, &["one"]).await;
    let mut eves = eve.connect().await;
    let bodies = [json!({ "userid": bob.id, "user_id": bob.id, "id": bob.id }), json!({ "uuid": bob.uuid })];
    for body in bodies {
        eve.post("/api/chat/chatGetmessageOffLine", body).await.ok();
        eves.nothing().await;
    }
    assert_eq!(waiting_for(&bob, &ann).await, ["one"]);
}

#[tokio::test]
async fn sockets_that_come_and_go_lose_nothing() {
    let im = start().await;
    let (ann, bob) = (im.user("anna").await, listener(&im, "bobby").await);
    let (ann, bob) = (&ann, &bob);
    let talk = async {
        for n in 0..120 {
            ann.say(bob, &n.to_string()).await.ok();
        }
    };
    let flap = async {
        let mut heard: Vec<usize> = Vec::new();
        let mut note = |text: &str| {
            let frame: Value = serde_json::from_str(text).unwrap();
            if frame["type"] == "singleChat" {
                heard.push(said(&frame["data"]).parse().unwrap());
            }
            frame["type"] == "pong"
        };
        for round in 0..12 {
            let mut socket = im.socket(&format!("?token={}", bob.token)).await;
            bob.drain().await;
            for _ in 0..round % 4 {
                socket.send("ping").await;
                while let Some(Ok(frame)) = socket.0.next().await {
                    if matches!(frame, Frame::Text(text) if note(&text)) {
                        break;
                    }
                }
            }
            if round % 3 > 0 {
                let _ = socket.0.close(None).await;
                while let Some(Ok(frame)) = socket.0.next().await {
                    if let Frame::Text(text) = frame {
                        note(&text);
                    }
                }
            } // else it breaks off
        }
        heard
    };
    let (_, mut heard) = tokio::join!(talk, flap);
    heard.extend(waiting_for(bob, ann).await.iter().map(|text| text.parse::<usize>().unwrap()));
    // What was read without a proof may come again; nothing may be missing.
    let mut missing: Vec<usize> = (0..120).collect();
    missing.retain(|n| !heard.contains(n));
    assert_eq!(missing, [0; 0]);
}
