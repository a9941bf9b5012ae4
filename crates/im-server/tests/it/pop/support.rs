//! Customer service (§6): welcome, questions answered by themselves, people who take over, seats.
use super::kit::*;
use im_server::Settings;
use serde_json::Value;

/// A merchant `shop` and a customer `tom`; FAQ without pauses that a test would have to wait for.
async fn shop_with(change: impl FnOnce(&mut Settings)) -> (Im, Pop, Pop) {
    let im = with(|s| {
        s.chat.auto_reply_delay_ms = 0;
        change(s);
    })
    .await;
    let (shop, tom) = (im.pop("shop").await, im.pop("tom").await);
    im.member(&shop, true).await;
    (im, shop, tom)
}

async fn shop() -> (Im, Pop, Pop) {
    shop_with(|_| {}).await
}

async fn reply(shop: &Pop, kind: i64, title: &str, content: &str, more: Form) {
    let mut fields = form! { "type": kind, "title": title, "content": content };
    fields.extend(more);
    shop.post("reply/add", fields).await.ok();
}

/// The next messages on a socket, as who said what by itself or not.
async fn heard(socket: &mut Push, count: usize) -> Vec<(String, bool)> {
    let mut all = Vec::new();
    while all.len() < count {
        let pushed = socket.any().await;
        if pushed.event == "message" {
            let auto = pushed.data.get("auto").is_some_and(|auto| *auto == 1);
            all.push((pushed.data["content"].as_str().unwrap().to_owned(), auto));
        }
    }
    all
}

fn said(text: &str, auto: bool) -> (String, bool) {
    (text.to_owned(), auto)
}

/// Passes what keeps automatic answers apart.
fn breathe(im: &Im) {
    im.pass(2_001);
}

#[tokio::test]
async fn a_customers_first_message_is_welcomed_once() {
    let (im, shop, tom) = shop().await;
    reply(&shop, 1, "hi", "not the default", form! { "weights": 900 }).await;
    reply(&shop, 1, "hi", "Welcome & <b>", form! { "is_default": 1 }).await;
    let (mut at_shop, mut at_tom) = (shop.listen().await, tom.listen().await);
    mid(tom.say(&shop, "hello").await);
    let expected = [said("hello", false), said("Welcome &amp; &lt;b&gt;", true)];
    assert_eq!(heard(&mut at_tom, 2).await, expected);
    assert_eq!(heard(&mut at_shop, 2).await, expected);
    let read = tom.with(&shop).await;
    assert_eq!(contents(&read), ["hello", "Welcome &amp; &lt;b&gt;"]);
    assert_eq!((&read[1]["from"], &read[1]["sub_type"]), (&shop.uid.to_string().into(), &"message".into()));
    breathe(&im);
    mid(tom.say(&shop, "again").await);
    assert_eq!(heard(&mut at_tom, 1).await, [said("again", false)]);
    at_tom.nothing(&im).await;
    // Words keep the session awake; a day of silence lets it begin anew.
    im.pass(23 * 3_600_000);
    mid(tom.say(&shop, "still here").await);
    im.pass(23 * 3_600_000);
    mid(tom.say(&shop, "still").await);
    im.pass(24 * 3_600_000 + 1_000);
    mid(tom.say(&shop, "back").await);
    let expected = [
        said("still here", false),
        said("still", false),
        said("back", false),
        said("Welcome &amp; &lt;b&gt;", true),
    ];
    assert_eq!(heard(&mut at_tom, 4).await, expected);
}

#[tokio::test]
async fn opening_the_session_is_welcomed_too_and_only_then() {
    let (im, shop, tom) = shop().await;
    reply(&shop, 1, "hi", "Welcome", form! {}).await;
    let mut at_tom = tom.listen().await;
    for n in 0..2 {
        tom.post("friend/open_temp", form! { "friend_uid": shop.uid }).await.ok();
        if n == 0 {
            assert_eq!(heard(&mut at_tom, 1).await, [said("Welcome", true)]);
        }
    }
    mid(tom.say(&shop, "hello").await);
    assert_eq!(heard(&mut at_tom, 1).await, [said("hello", false)]);
    at_tom.nothing(&im).await;
}

#[tokio::test]
async fn the_welcome_is_the_default_or_else_the_heaviest_that_is_shown() {
    let (im, shop, tom) = shop().await;
    reply(&shop, 1, "a", "hidden default", form! { "is_default": 1, "is_show": 0 }).await;
    reply(&shop, 1, "b", "light", form! { "weights": 1 }).await;
    reply(&shop, 1, "c", "heavy", form! { "weights": 500 }).await;
    reply(&shop, 1, "d", "as heavy, later", form! { "weights": 500 }).await;
    let mut at_tom = tom.listen().await;
    mid(tom.say(&shop, "hello").await);
    assert_eq!(heard(&mut at_tom, 2).await, [said("hello", false), said("heavy", true)]);
    at_tom.nothing(&im).await;
}

#[tokio::test]
async fn only_customers_of_a_merchant_are_welcomed() {
    let (im, shop, tom) = shop().await;
    reply(&shop, 1, "hi", "Welcome", form! {}).await;
    let (other, friend) = (im.pop("other").await, im.pop("friend").await);
    im.member(&other, true).await;
    im.pals(&[&shop, &friend]).await;
    let seat = form! { "username": "seat", "nickname": "Seat", "password": PASSWORD };
    shop.post("user/open_user", seat).await.ok();
    let seat = im.sign_in("seat", PASSWORD).await;
    let mut at_shop = shop.listen().await;
    for who in [&other, &friend, &seat] {
        mid(who.say(&shop, &who.name).await);
        assert_eq!(heard(&mut at_shop, 1).await, [said(&who.name, false)]);
        at_shop.nothing(&im).await;
    }
    // What the merchant says to somebody is no customer's message either.
    mid(shop.say(&tom, "an offer").await);
    assert_eq!(heard(&mut at_shop, 1).await, [said("an offer", false)]);
    at_shop.nothing(&im).await;
    // No merchant any more: no welcome.
    im.member(&shop, false).await;
    let late = im.pop("late").await;
    mid(late.say(&shop, "hello").await);
    assert_eq!(heard(&mut at_shop, 1).await, [said("hello", false)]);
    at_shop.nothing(&im).await;
}

#[tokio::test]
async fn questions_are_answered_by_the_best_match() {
    let (im, shop, tom) = shop().await;
    for (title, keyword, content, more) in [
        ("Opening hours", "open,hours", "9 to 5", form! {}),
        ("Where are you?", "address|street 在哪", "Main street", form! {}),
        ("退货", "退货，退款", "Send it back", form! {}),
        ("price", "price", "cheap", form! { "weights": 1 }),
        ("the price list", "price", "ask for it", form! { "weights": 200 }),
        ("secret", "secret", "hidden", form! { "is_show": 0 }),
        ("ship", "", "short title", form! {}),
        ("abc", "", "too short to be found inside", form! {}),
    ] {
        let mut fields = form! { "keyword": keyword };
        fields.extend(more);
        reply(&shop, 3, title, content, fields).await;
    }
    let mut at_tom = tom.listen().await;
    // question, answer ("" for none)
    let cases = [
        ("opening hours", "9 to 5"),
        ("ＯＰＥＮＩＮＧ　ＨＯＵＲＳ！！", "9 to 5"),
        ("When do you open?", "9 to 5"),
        ("where are you", "Main street"),
        ("你们在哪？", "Main street"),
        ("which STREET", "Main street"),
        ("我要退款", "Send it back"),
        ("price", "cheap"),
        ("what is the price of it", "ask for it"),
        ("secret", ""),
        ("can you ship it to me", "short title"),
        ("abc", "too short to be found inside"),
        ("xabcx", ""),
        ("nothing fits", ""),
        ("![open](/a.png)", ""),
        ("voice(/open.wav)", ""),
        ("file[open.pdf\t1 KB](/open.pdf)", ""),
    ];
    for (question, answer) in cases {
        println!("{question}");
        breathe(&im);
        im.pass(3_600_000); // each in an hour of its own
        mid(tom.say(&shop, question).await);
        assert_eq!(heard(&mut at_tom, 1).await, [said(question, false)]);
        if answer.is_empty() {
            at_tom.nothing(&im).await;
        } else {
            assert_eq!(heard(&mut at_tom, 1).await, [said(answer, true)]);
        }
    }
}

#[tokio::test]
async fn an_answer_stands_behind_the_welcome() {
    let (im, shop, tom) = shop().await;
    reply(&shop, 1, "hi", "Welcome", form! {}).await;
    reply(&shop, 3, "price", "cheap", form! {}).await;
    let mut at_tom = tom.listen().await;
    mid(tom.say(&shop, "price").await);
    let expected = [said("price", false), said("Welcome", true), said("cheap", true)];
    assert_eq!(heard(&mut at_tom, 3).await, expected);
    at_tom.nothing(&im).await;
}

#[tokio::test]
async fn friends_of_a_merchant_are_answered_and_merchants_are_not() {
    let (im, shop, tom) = shop().await;
    reply(&shop, 3, "price", "cheap", form! {}).await;
    let other = im.pop("other").await;
    im.member(&other, true).await;
    im.pals(&[&shop, &tom, &other]).await;
    let mut at_shop = shop.listen().await;
    mid(tom.say(&shop, "price").await);
    assert_eq!(heard(&mut at_shop, 2).await, [said("price", false), said("cheap", true)]);
    breathe(&im);
    mid(other.say(&shop, "price").await);
    assert_eq!(heard(&mut at_shop, 1).await, [said("price", false)]);
    at_shop.nothing(&im).await;
    // In a group nobody answers by itself.
    let gid = im.circle(&[&shop, &tom]).await;
    let mut in_group = tom.listen_to(gid).await;
    mid(tom.shout(gid, "price").await);
    assert_eq!(in_group.said(&format!("group-{gid}")).await, "price");
    in_group.nothing(&im).await;
}

#[tokio::test]
async fn automatic_answers_pause_for_two_seconds_and_end_at_twenty_an_hour() {
    let (im, shop, tom) = shop_with(|s| s.limits.enabled = true).await;
    reply(&shop, 3, "price", "cheap", form! {}).await;
    let mut at_tom = tom.listen().await;
    mid(tom.say(&shop, "price").await);
    assert_eq!(heard(&mut at_tom, 2).await[1], said("cheap", true));
    mid(tom.say(&shop, "price").await);
    assert_eq!(heard(&mut at_tom, 1).await, [said("price", false)]);
    at_tom.nothing(&im).await;
    for _ in 1..20 {
        breathe(&im);
        mid(tom.say(&shop, "price").await);
        assert_eq!(heard(&mut at_tom, 2).await[1], said("cheap", true));
    }
    breathe(&im);
    mid(tom.say(&shop, "price").await);
    assert_eq!(heard(&mut at_tom, 1).await, [said("price", false)]);
    at_tom.nothing(&im).await;
    im.pass(3_600_000);
    mid(tom.say(&shop, "price").await);
    assert_eq!(heard(&mut at_tom, 2).await[1], said("cheap", true));
}

#[tokio::test]
async fn a_person_who_takes_over_is_not_interrupted() {
    let (im, shop, tom) = shop().await;
    reply(&shop, 3, "price", "cheap", form! {}).await;
    let jerry = im.pop("jerry").await;
    let (mut at_tom, mut at_jerry) = (tom.listen().await, jerry.listen().await);
    mid(tom.say(&shop, "price").await);
    assert_eq!(heard(&mut at_tom, 2).await[1], said("cheap", true), "its own answers are no take-over");
    mid(shop.say(&tom, "I am here").await);
    im.pass(599_000);
    mid(tom.say(&shop, "price").await);
    assert_eq!(heard(&mut at_tom, 2).await, [said("I am here", false), said("price", false)]);
    at_tom.nothing(&im).await;
    // Other customers are still served.
    mid(jerry.say(&shop, "price").await);
    assert_eq!(heard(&mut at_jerry, 2).await[1], said("cheap", true));
    im.pass(2_000);
    mid(tom.say(&shop, "price").await);
    assert_eq!(heard(&mut at_tom, 2).await[1], said("cheap", true));
}

#[tokio::test]
async fn two_merchants_never_answer_each_other_for_ever() {
    let (im, shop, _) = shop().await;
    let (other, customer) = (im.pop("other").await, im.pop("customer").await);
    for merchant in [&shop, &other] {
        im.member(merchant, true).await;
        reply(merchant, 1, "hi", "price?", form! {}).await;
        reply(merchant, 3, "price", "what is your price?", form! { "keyword": "price" }).await;
    }
    let mut at_other = other.listen().await;
    mid(shop.say(&other, "price").await);
    assert_eq!(heard(&mut at_other, 1).await, [said("price", false)]);
    at_other.nothing(&im).await;
    let mut at_customer = customer.listen().await;
    mid(customer.say(&shop, "price").await);
    assert_eq!(heard(&mut at_customer, 3).await.iter().filter(|(_, auto)| *auto).count(), 2);
    at_customer.nothing(&im).await;
}

#[tokio::test]
async fn quick_replies_are_never_sent_by_the_server() {
    let (im, shop, tom) = shop().await;
    reply(&shop, 2, "price", "quick", form! { "keyword": "price", "is_default": 1 }).await;
    let mut at_tom = tom.listen().await;
    mid(tom.say(&shop, "price").await);
    assert_eq!(heard(&mut at_tom, 1).await, [said("price", false)]);
    at_tom.nothing(&im).await;
}

/// Opens a seat and signs it in.
async fn seat(im: &Im, shop: &Pop, name: &str) -> Pop {
    let fields = form! { "username": name, "nickname": name, "password": PASSWORD };
    shop.post("user/open_user", fields).await.ok();
    im.sign_in(name, PASSWORD).await
}

async fn assigned(customer: &Pop, shop: &Pop) -> i64 {
    let data = customer.post("friend/open_temp", form! { "friend_uid": shop.uid }).await.ok();
    data["uid"].as_i64().unwrap()
}

#[tokio::test]
async fn a_merchant_serves_itself_unless_seats_are_assigned() {
    let (im, shop, tom) = shop().await;
    let seat1 = seat(&im, &shop, "seat1").await;
    let _online = seat1.listen().await;
    assert_eq!(assigned(&tom, &shop).await, shop.uid);
}

#[tokio::test]
async fn customers_go_round_the_seats_that_are_there_and_stay_with_theirs() {
    let (im, shop, tom) = shop_with(|s| s.pop.assign_mode = "round_robin".into()).await;
    reply(&shop, 1, "hi", "Welcome", form! {}).await;
    reply(&shop, 3, "price", "cheap", form! {}).await;
    assert_eq!(assigned(&tom, &shop).await, shop.uid, "nobody else is there");
    let mut seats = Vec::new();
    for name in ["seat1", "seat2", "seat3"] {
        seats.push(seat(&im, &shop, name).await);
    }
    let mut online = vec![seats[0].listen().await, seats[1].listen().await];
    let mut served = Vec::new();
    for n in 0..4 {
        let customer = im.pop(&format!("c{n}")).await;
        im.pass(1_000);
        served.push((assigned(&customer, &shop).await, customer));
    }
    let of = |seat: &Pop| served.iter().filter(|(uid, _)| *uid == seat.uid).count();
    assert_eq!((of(&seats[0]), of(&seats[1]), of(&seats[2])), (2, 2, 0));
    // The seat speaks with the words of its merchant.
    let (uid, customer) = &served[0];
    let list = customer.get("friend/get_temp_list", form! {}).await.ok();
    assert!(list.to_string().contains(&format!("\"{uid}\"")), "{list}");
    let mut at_customer = customer.listen().await;
    let ask = form! { "to": uid, "type": "friend", "content": "price" };
    mid(customer.post("message/send", ask).await);
    assert_eq!(heard(&mut at_customer, 2).await, [said("price", false), said("cheap", true)]);
    assert_eq!(contents(&customer.history("friend", *uid).await)[0], "Welcome");
    // A seat that comes later gets the next; a known customer stays, for a week.
    online.push(seats[2].listen().await);
    for (uid, customer) in &served {
        assert_eq!(assigned(customer, &shop).await, *uid);
    }
    let next = im.pop("next").await;
    assert_eq!(assigned(&next, &shop).await, seats[2].uid);
    im.pass(6 * 24 * 3_600_000);
    let again = im.sign_in("next", PASSWORD).await;
    assert_eq!(assigned(&again, &shop).await, seats[2].uid);
}

#[tokio::test]
async fn what_a_customer_sees_of_a_seat_is_a_person() {
    let (im, shop, tom) = shop_with(|s| s.pop.assign_mode = "round_robin".into()).await;
    let seat1 = seat(&im, &shop, "seat1").await;
    let _online = seat1.listen().await;
    let data = tom.post("friend/open_temp", form! { "friend_uid": shop.uid }).await.ok();
    let expected: Value =
        serde_json::json!({ "uid": seat1.uid, "name": "seat1", "avatar": AVATAR, "is_member": 0 });
    assert_eq!(data, expected);
}
