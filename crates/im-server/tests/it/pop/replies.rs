//! The texts of a merchant (§3.2). What is answered with them is in `support.rs`.
use super::kit::*;
use serde_json::{Value, json};

const NOT_MEMBER: &str = "仅会员可以操作";

async fn merchant(im: &Im) -> Pop {
    let shop = im.pop("shop").await;
    im.member(&shop, true).await;
    shop
}

fn text(kind: i64, title: &str, content: &str) -> Form {
    form! { "type": kind, "title": title, "content": content }
}

async fn add(who: &Pop, kind: i64, title: &str, more: Form) -> i64 {
    let mut fields = text(kind, title, "content");
    fields.extend(more);
    who.post("reply/add", fields).await.ok()["id"].as_i64().unwrap()
}

async fn all(who: &Pop) -> Value {
    who.get("reply/get", form! {}).await.ok()
}

#[tokio::test]
async fn texts_are_listed_by_type_as_the_contract_shows() {
    let im = start().await;
    let shop = merchant(&im).await;
    assert_eq!(all(&shop).await, json!({ "1": [], "2": [], "3": [] }));
    let fields = form! {
        "type": 3, "title": "When <open>?", "content": "9 to 5 & \"more\"", "keyword": "open,hours", "weights": 7,
        "is_default": 1, "is_show": 0,
    };
    let id = shop.post("reply/add", fields).await.ok()["id"].as_i64().unwrap();
    let plain = add(&shop, 1, "Welcome", form! {}).await;
    let expected = json!({
        "1": [{
            "id": plain, "type": 1, "title": "Welcome", "keyword": "", "content": "content", "is_show": 1,
            "weights": 100, "is_default": 0,
        }],
        "2": [],
        "3": [{
            "id": id, "type": 3, "title": "When &lt;open&gt;?", "keyword": "open,hours",
            "content": "9 to 5 &amp; &quot;more&quot;", "is_show": 0, "weights": 7, "is_default": 1,
        }],
    });
    for family in ["web", "h5", "api"] {
        assert_eq!(shop.get(&format!("/{family}/reply/get"), form! {}).await.ok(), expected);
    }
}

#[tokio::test]
async fn the_heaviest_text_comes_first_and_one_is_the_default() {
    let im = start().await;
    let shop = merchant(&im).await;
    let light = add(&shop, 1, "a", form! { "weights": 0, "is_default": 1 }).await;
    let first = add(&shop, 1, "b", form! {}).await;
    let second = add(&shop, 1, "c", form! { "is_default": 1 }).await;
    let heavy = add(&shop, 1, "d", form! { "weights": 100_000 }).await;
    let other = add(&shop, 2, "e", form! { "is_default": 1 }).await;
    let listed = all(&shop).await;
    let rows: Vec<_> =
        listed["1"].as_array().unwrap().iter().map(|row| json!([row["id"], row["is_default"]])).collect();
    assert_eq!(rows, [json!([heavy, 0]), json!([first, 0]), json!([second, 1]), json!([light, 0])]);
    assert_eq!((&listed["2"][0]["id"], &listed["2"][0]["is_default"]), (&json!(other), &json!(1)));
    // By an update, too.
    let mut fields = text(1, "d", "x");
    fields.extend(form! { "rid": heavy, "is_default": 1 });
    shop.post("reply/update", fields).await.done();
    let listed = all(&shop).await;
    let defaults = listed["1"].as_array().unwrap().iter().filter(|row| row["is_default"] == 1);
    assert_eq!(defaults.map(|row| row["id"].clone()).collect::<Vec<_>>(), [json!(heavy)]);
}

#[tokio::test]
async fn an_update_keeps_what_it_does_not_name() {
    let im = start().await;
    let shop = merchant(&im).await;
    let id = add(&shop, 3, "a", form! { "keyword": "k", "weights": 5, "is_default": 1, "is_show": 0 }).await;
    let mut fields = text(3, "new", "other");
    fields.push(("rid".into(), id.to_string()));
    shop.post("reply/update", fields).await.done();
    let expected = json!({
        "id": id, "type": 3, "title": "new", "keyword": "k", "content": "other", "is_show": 0, "weights": 5,
        "is_default": 1,
    });
    assert_eq!(all(&shop).await["3"], json!([expected]));
    shop.post("reply/delete", form! { "rid": id }).await.done();
    assert_eq!(all(&shop).await["3"], json!([]));
    shop.post("reply/delete", form! { "rid": id }).await.fails(3, NO_ROW);
}

#[tokio::test]
async fn texts_are_checked() {
    let im = start().await;
    let shop = merchant(&im).await;
    let id = add(&shop, 1, "a", form! {}).await;
    let with = |name: &str, value: &str| {
        let mut fields = text(1, "t", "c");
        fields.retain(|(key, _)| key != name);
        fields.push((name.into(), value.into()));
        fields
    };
    let without = |name: &str| {
        let mut fields = text(1, "t", "c");
        fields.retain(|(key, _)| key != name);
        fields
    };
    let cases = [
        (without("type"), 1),
        (without("title"), 1),
        (without("content"), 1),
        (with("title", ""), 1),
        (with("type", "4"), 2),
        (with("type", "0"), 2),
        (with("type", "x"), 2),
        (with("weights", "-1"), 2),
        (with("weights", "100001"), 2),
        (with("weights", "x"), 2),
        (with("is_default", "2"), 2),
        (with("is_show", "x"), 2),
    ];
    for action in ["reply/add", "reply/update"] {
        for (fields, code) in &cases {
            println!("{action} {fields:?}");
            let mut fields = fields.clone();
            fields.push(("rid".into(), id.to_string()));
            shop.post(action, fields).await.fails(*code, if *code == 1 { MISSING } else { BAD });
        }
        for (name, length) in [("title", 256), ("content", 5_001), ("keyword", 256)] {
            let mut fields = with(name, &"长".repeat(length));
            fields.push(("rid".into(), id.to_string()));
            let reply = shop.post(action, fields).await;
            assert!([2, 913].contains(&reply.code()), "{name}: {}", reply.body);
        }
    }
    shop.post("reply/update", text(1, "t", "c")).await.fails(1, MISSING);
    shop.post("reply/delete", form! {}).await.fails(1, MISSING);
    let mut longest = with("content", &"长".repeat(5_000));
    longest.push(("keyword".into(), "长".repeat(255)));
    shop.post("reply/add", longest).await.ok();
}

#[tokio::test]
async fn texts_are_changed_by_their_owner_alone() {
    let im = start().await;
    let (shop, other, tom) = (merchant(&im).await, im.pop("other").await, im.pop("tom").await);
    im.member(&other, true).await;
    let id = add(&shop, 1, "a", form! {}).await;
    let mut update = text(1, "stolen", "c");
    update.push(("rid".into(), id.to_string()));
    for (action, fields) in
        [("reply/add", text(1, "t", "c")), ("reply/update", update), ("reply/delete", form! { "rid": id })]
    {
        tom.post(action, fields.clone()).await.fails(907, NOT_MEMBER);
        if action != "reply/add" {
            other.post(action, fields).await.fails(3, NO_ROW);
        }
    }
    // A seat reads the texts of its merchant and changes none.
    let seat = form! { "username": "seat", "nickname": "Seat", "password": PASSWORD };
    shop.post("user/open_user", seat).await.ok();
    let seat = im.sign_in("seat", PASSWORD).await;
    assert_eq!(all(&seat).await, all(&shop).await);
    seat.post("reply/delete", form! { "rid": id }).await.fails(914, "没有权限");
    seat.post("reply/add", text(1, "t", "c")).await.fails(914, "没有权限");
    assert_eq!(all(&shop).await["1"][0]["title"], "a");
    assert_eq!(all(&tom).await, json!({ "1": [], "2": [], "3": [] }));
}

#[tokio::test]
async fn anybody_reads_the_public_questions_of_a_merchant() {
    let im = start().await;
    let (shop, tom) = (merchant(&im).await, im.pop("tom").await);
    let shown = add(&shop, 3, "shown", form! {}).await;
    add(&shop, 3, "hidden", form! { "is_show": 0 }).await;
    add(&shop, 1, "welcome", form! {}).await;
    add(&shop, 2, "quick", form! {}).await;
    let seen = tom.get("reply/get", form! { "uid": shop.uid }).await.ok();
    assert_eq!(seen["3"].as_array().unwrap().len(), 1, "{seen}");
    assert_eq!(seen["3"][0]["id"], shown);
    for kind in ["1", "2"] {
        assert!(seen[kind].as_array().is_none_or(Vec::is_empty), "{seen}");
    }
}

#[tokio::test]
async fn two_hundred_texts_are_enough() {
    let im = start().await;
    let shop = merchant(&im).await;
    for n in 0..200 {
        add(&shop, 2, &n.to_string(), form! {}).await;
    }
    assert_eq!(shop.post("reply/add", text(2, "t", "c")).await.code(), 913);
}
