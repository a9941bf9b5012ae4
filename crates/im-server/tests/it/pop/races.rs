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
