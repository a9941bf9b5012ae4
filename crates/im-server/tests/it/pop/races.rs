//! What happens at once in life, at once: ten try, and it happened once.
use super::kit::*;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

/// How many try.
const CROWD: usize = 10;

/// The codes of ten calls made at once, sorted.
async fn crowd<F: Future<Output = Reply>>(call: impl Fn(usize) -> F) -> Vec<i64> {
    let mut codes: Vec<i64> = join_all((0..CROWD).map(call)).await.iter().map(Reply::code).collect();
    codes.sort_unstable();
    codes
}

#[tokio::test]
async fn a_name_is_taken_once() {
    let im = start().await;
    let codes = crowd(|n| {
        let username = if n % 2 == 0 { "tom" } else { "TOM" };
        let fields = form! { "username": username, "nickname": n, "password": PASSWORD };
        im.nobody(Method::POST, "/web/login/join", fields)
    })
    .await;
    assert_eq!(codes, [0, 111, 111, 111, 111, 111, 111, 111, 111, 111]);
}

#[tokio::test]
async fn a_code_is_good_once() {
    let sms = Sms::start(|_| {}).await;
    let phone = "13800000001";
    let code = sms.code(phone, "register").await;
    let codes = crowd(|n| {
        let fields = form! {
            "username": format!("u{n}"), "nickname": n, "password": PASSWORD, "phone": phone, "code": code,
        };
        sms.im.nobody(Method::POST, "/web/login/join", fields)
    })
    .await;
    assert_eq!((codes[0], codes.iter().filter(|code| **code == 0).count()), (0, 1), "{codes:?}");
    assert!(codes[1..].iter().all(|code| [903, 918].contains(code)), "{codes:?}");
}

#[tokio::test]
async fn an_application_is_settled_once() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    let nid = tom.applies(&jerry).await;
    let mut at_tom = tom.listen().await;
    let codes = crowd(|_| jerry.post("friend/agree", form! { "nid": nid })).await;
    assert_eq!(codes, [0; CROWD]);
    let own = format!("user-{}", tom.uid);
    assert_eq!(at_tom.event("addFriend", &own).await["uid"], jerry.uid);
    at_tom.event("message", &own).await;
    at_tom.nothing(&im).await;
    assert_eq!(tom.with(&jerry).await.len(), 1);
}

#[tokio::test]
async fn two_who_asked_each_other_agree_at_once() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    for _ in 0..10 {
        let (to_jerry, to_tom) = (tom.applies(&jerry).await, jerry.applies(&tom).await);
        let (key, add) = (im.key(), form! { "login_uid": tom.uid, "friend_uid": jerry.uid });
        let (a, b, c) = tokio::join!(
            tom.post("friend/agree", form! { "nid": to_tom }),
            jerry.post("friend/agree", form! { "nid": to_jerry }),
            key.post("friend/add", add),
        );
        assert_eq!([a.code(), b.code(), c.code()], [0; 3]);
        for who in [&tom, &jerry] {
            assert_eq!(who.get("friend/applylist", form! {}).await.ok()[0]["operation"], "agree");
        }
        tom.post("friend/delete", form! { "friend_uid": jerry.uid }).await.done();
    }
}

#[tokio::test]
async fn agreed_and_refused_at_once_it_is_one_of_both() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    for _ in 0..5 {
        let nid = tom.applies(&jerry).await;
        let fields = form! { "nid": nid };
        let (agreed, refused) =
            tokio::join!(jerry.post("friend/agree", fields.clone()), jerry.post("friend/refuse", fields));
        let mut codes = [agreed.code(), refused.code()];
        codes.sort_unstable();
        assert_eq!(codes, [0, 210]);
        let friends = tom.get("friend/getlist", form! {}).await.ok() != json!({});
        assert_eq!(friends, agreed.code() == 0);
        tom.post("friend/delete", form! { "friend_uid": jerry.uid }).await.done();
    }
}

#[tokio::test]
async fn a_group_is_joined_once() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    let gid = im.circle(&[&tom, &im.pop("spike").await]).await;
    let lines = tom.history("group", gid).await.len();
    let codes = crowd(|_| jerry.post("group/join", form! { "gid": gid })).await;
    assert_eq!(codes, [0; CROWD]);
    assert_eq!(tom.history("group", gid).await.len(), lines + 1);
}

#[tokio::test]
async fn a_message_is_taken_back_once() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    im.pals(&[&tom, &jerry]).await;
    let said = mid(tom.say(&jerry, "oops").await);
    let mut at_jerry = jerry.listen().await;
    let fields = form! { "type": "friend", "id": jerry.uid, "mid": said };
    assert_eq!(crowd(|_| tom.post("message/revoke", fields.clone())).await, [0; CROWD]);
    at_jerry.event("revoke", &format!("user-{}", jerry.uid)).await;
    at_jerry.nothing(&im).await;
}

#[tokio::test]
async fn a_customer_who_writes_ten_times_at_once_is_welcomed_once() {
    let im = start().await;
    let (shop, tom) = (im.pop("shop").await, im.pop("tom").await);
    im.member(&shop, true).await;
    let welcome = form! { "type": 1, "title": "hi", "content": "Welcome" };
    shop.post("reply/add", welcome).await.ok();
    let mut at_tom = tom.listen().await;
    let codes = crowd(|n| {
        let (tom, shop) = (tom.clone(), shop.clone());
        async move { tom.say(&shop, &n.to_string()).await }
    })
    .await;
    assert_eq!(codes, [0; CROWD]);
    let own = format!("user-{}", tom.uid);
    for _ in 0..=CROWD {
        at_tom.event("message", &own).await;
    }
    at_tom.nothing(&im).await;
    let read = tom.with(&shop).await;
    assert_eq!(contents(&read).iter().filter(|content| **content == "Welcome").count(), 1);
}

#[tokio::test]
async fn one_text_of_a_kind_is_the_default_whoever_comes_last() {
    let im = start().await;
    let shop = im.pop("shop").await;
    im.member(&shop, true).await;
    let codes =
        crowd(|n| shop.post("reply/add", form! { "type": 1, "title": n, "content": "x", "is_default": 1 }))
            .await;
    assert_eq!(codes, [0; CROWD]);
    let listed = shop.get("reply/get", form! {}).await.ok();
    let defaults = listed["1"].as_array().unwrap().iter().filter(|row| row["is_default"] == 1).count();
    assert_eq!((listed["1"].as_array().unwrap().len(), defaults), (CROWD, 1));
}

#[tokio::test]
async fn seats_do_not_exceed_their_number() {
    let im = with(|s| s.pop.max_sub_users = 3).await;
    let shop = im.pop("shop").await;
    im.member(&shop, true).await;
    let codes = crowd(|n| {
        let fields = form! { "username": format!("seat{n}"), "nickname": n, "password": PASSWORD };
        shop.post("user/open_user", fields)
    })
    .await;
    assert_eq!(codes, [0, 0, 0, 913, 913, 913, 913, 913, 913, 913]);
}

/// What somebody of a crowd does in its `n`-th step, with the next one of the crowd and a group.
fn step(n: usize, other: i64, gid: i64, last: i64) -> (&'static str, Form) {
    let direct = || form! { "type": "friend", "id": other, "mid": last };
    let group = || form! { "type": "group", "id": gid, "mid": last };
    let send = |to: i64, kind: &str| form! { "to": to, "type": kind, "content": format!("price {n}") };
    let ty = |mut fields: Form| {
        fields.push(("ty".into(), (1 + n % 2).to_string()));
        fields
    };
    match n % 23 {
        0 => ("friend/apply", form! { "friend_uid": other }),
        1 | 5 | 9 | 13 => ("message/send", send(other, "friend")),
        2 | 10 => ("message/send", send(gid, "group")),
        3 => ("friend/open_temp", form! { "friend_uid": other }),
        4 => ("group/join", form! { "gid": gid }),
        6 => ("message/revoke", direct()),
        7 => ("message/updateLastReadTime", direct()),
        8 => ("friend/delete", form! { "friend_uid": other }),
        11 => ("message/delete", ty(direct())),
        12 => ("group/leave", form! { "gid": gid }),
        14 => ("group/memberadd", form! { "gid": gid, "members[]": other }),
        15 => ("user/update", form! { "nickname": format!("N{n}") }),
        16 => ("message/revoke", group()),
        17 => ("group/memberdel", form! { "gid": gid, "members[]": other }),
        18 => ("friend/update", form! { "friend_uid": other, "top": n % 2, "unread_count": 0 }),
        19 => ("pop/delchat", direct()),
        20 => ("group/forbiddenall", form! { "gid": gid, "value": 0 }),
        21 => ("message/delete", ty(group())),
        _ => ("group/update", form! { "gid": gid, "groupname": format!("G{n}") }),
    }
}

#[tokio::test]
async fn a_crowd_that_does_everything_at_once_is_answered_and_agrees_afterwards() {
    let im = start().await;
    let mut people = Vec::new();
    for n in 0..6 {
        people.push(im.pop(&format!("p{n}")).await);
    }
    im.member(&people[0], true).await;
    for (kind, content) in [(1, "Welcome"), (3, "cheap")] {
        let fields = form! { "type": kind, "title": "price", "keyword": "price", "content": content };
        people[0].post("reply/add", fields).await.ok();
    }
    let gid = im.circle(&people.iter().collect::<Vec<_>>()).await;
    let lives = (0..people.len()).map(|who| {
        let people = &people;
        let key = im.key();
        async move {
            let mut last = 1;
            for n in 0..46 {
                let me = &people[who];
                let other = people[(who + 1 + n % (people.len() - 1)) % people.len()].uid;
                let (action, fields) = step(n + 7 * who, other, gid, last);
                let reply = me.post(action, fields).await;
                reply.envelope(200);
                assert_ne!(reply.code(), 500, "{} {action}", me.name);
                last = reply.body["data"]["mid"].as_i64().unwrap_or(last);
                if n % 10 == who {
                    let fields = form! { "login_uid": me.uid, "friend_uid": other };
                    key.post("friend/add", fields).await.envelope(200);
                }
                let waiting = me.get("friend/applylist", form! { "limit": 1 }).await.ok();
                if let Some(nid) = waiting[0]["nid"].as_i64() {
                    let settle = if n % 2 == 0 { "friend/agree" } else { "friend/refuse" };
                    me.post(settle, form! { "nid": nid }).await.envelope(200);
                }
            }
        }
    });
    join_all(lives).await;
    // Friendship is mutual, and both sides read the same numbers in the same order.
    for a in &people {
        let friends = a.get("friend/getlist", form! {}).await.ok().to_string();
        for b in people.iter().filter(|b| b.uid != a.uid) {
            let theirs = b.get("friend/getlist", form! {}).await.ok().to_string();
            let holds = |list: &str, uid: i64| list.contains(&format!("\"uid\":{uid},"));
            assert_eq!(holds(&friends, b.uid), holds(&theirs, a.uid), "{} and {}", a.name, b.name);
            let mids: Vec<i64> = a.with(b).await.iter().map(|line| line["mid"].as_i64().unwrap()).collect();
            assert!(mids.is_sorted_by(|x, y| x < y), "{mids:?}");
            let unread = a.unread("friend", b.uid).await;
            let shown = &a.overview().await["chatting"][format!("friend{}", b.uid)]["unread_count"];
            assert!(shown.is_null() || *shown == unread, "{} and {}: {shown} {unread}", a.name, b.name);
        }
    }
}
