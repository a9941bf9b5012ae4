//! The slips of the published description, and what is served instead (§11), line by line.
use super::{files::*, kit::*};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn data_is_always_there_even_where_the_samples_omit_it() {
    let sms = Sms::start(|_| {}).await;
    sms.ask("13800000001", "register").await.done();
    sms.ask("1", "register").await.fails(901, "手机号码格式不正确");
    let im = &sms.im;
    im.nobody(Method::POST, "/web/login/check", form! {}).await.fails(1, MISSING);
}

#[tokio::test]
async fn an_action_described_twice_behaves_once() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    let said = mid(tom.say(&jerry, "hi").await);
    assert_eq!(
        tom.get("/web/friend/get_temp_list", form! {}).await.ok(),
        tom.get("/api/friend/get_temp_list", form! { "login_uid": tom.uid }).await.ok()
    );
    let delete = form! { "id": jerry.uid, "type": "friend", "mid": said, "ty": 1 };
    tom.post("/api/message/delete", delete).await.done();
    assert!(tom.with(&jerry).await.is_empty());
}

#[tokio::test]
async fn joining_takes_all_parameters_not_just_those_called_new() {
    let im = start().await;
    let new = form! { "phone": "13800000001", "code": "123456" };
    im.nobody(Method::POST, "/api/login/join", new).await.fails(1, MISSING);
}

#[tokio::test]
async fn the_path_with_a_choice_in_it_is_served_in_every_family() {
    let sms = Sms::start(|_| {}).await;
    for (n, family) in ["web", "h5", "api"].into_iter().enumerate() {
        let fields = form! { "phone": format!("1380000000{n}"), "type": "register" };
        sms.im.nobody(Method::POST, &format!("/{family}/service/send_sms"), fields).await.done();
    }
}

#[tokio::test]
async fn one_word_has_two_meanings_as_described() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    let notice = tom.applies(&jerry).await;
    let public = tom.overview().await["mine"]["nid"].as_i64().unwrap();
    assert!(notice < 1_000_000 && (1_000_000..100_000_000).contains(&public), "{notice} {public}");
}

#[tokio::test]
async fn lists_are_valid_json_with_is_member_on_every_entry() {
    let im = start().await;
    let (tom, jerry, shop) = (im.pop("tom").await, im.pop("jerry").await, im.pop("shop").await);
    im.member(&shop, true).await;
    im.pals(&[&tom, &jerry, &shop]).await;
    let list = tom.get("friend/getlist", form! {}).await.ok();
    assert_eq!(list["J"][jerry.uid.to_string()]["is_member"], 0);
    assert_eq!(list["S"][shop.uid.to_string()]["is_member"], 1);
}

#[tokio::test]
async fn numbers_and_texts_are_mixed_exactly_as_described() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    im.pals(&[&tom, &jerry]).await;
    let made = tom.post("group/create", form! { "members[]": jerry.uid }).await.ok();
    assert!(made["gid"].is_string());
    let gid: i64 = made["gid"].as_str().unwrap().parse().unwrap();
    let detail = tom.get("group/detail", form! { "gid": gid }).await.ok();
    assert_eq!(json!([detail["info"]["gid"], detail["info"]["uid"]]), json!([gid, tom.uid]));
    let sent = tom.shout(gid, "hi").await.ok();
    assert!(sent["mid"].is_i64(), "{sent}");
    let line = tom.history("group", gid).await.pop().unwrap();
    assert_eq!((&line["from"], &line["mid"]), (&json!(tom.uid.to_string()), &sent["mid"]));
    let data = tom.overview().await;
    let item = &data["chatting"][format!("group{gid}")]["items"][0];
    assert_eq!(json!([item["from"], item["to"]]), json!([tom.uid.to_string(), gid.to_string()]));
    assert_eq!(data["setting"]["id"], 2);
    assert_eq!(tom.get("pop/getsetting", form! {}).await.ok()["id"], "2");
    let spike = im.pop("spike").await;
    spike.applies(&tom).await;
    let row = tom.get("friend/applylist", form! {}).await.ok()[0].clone();
    assert_eq!(json!([row["from"], row["to"]]), json!([spike.uid, tom.uid]));
}

#[tokio::test]
async fn is_manager_is_an_object_by_get_and_by_post() {
    let im = start().await;
    let tom = im.pop("tom").await;
    let gid = im.circle(&[&tom, &im.pop("jerry").await]).await;
    let fields = form! { "gid": gid, "uid": tom.uid };
    let expected = json!({ "is_manager": 1 });
    assert_eq!(tom.get("group/ismanager", fields.clone()).await.ok(), expected);
    assert_eq!(tom.post("group/ismanager", fields).await.ok(), expected);
}

#[tokio::test]
async fn a_mute_below_a_thousand_million_is_a_length() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    let gid = im.circle(&[&tom, &jerry]).await;
    for absolute in [false, true] {
        let time = if absolute { im.seconds() + 60 } else { 60 };
        tom.post("group/forbiddenuser", form! { "gid": gid, "uid": jerry.uid, "time": time }).await.done();
        assert_eq!(jerry.shout(gid, "hm").await.code(), 4);
        im.pass(62_000);
        mid(jerry.shout(gid, "free").await);
    }
}

#[tokio::test]
async fn the_count_of_unread_messages_is_a_number() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    mid(tom.say(&jerry, "hi").await);
    let fields = form! { "id": tom.uid, "type": "friend" };
    assert_eq!(jerry.get("message/unreadcount", fields).await.ok(), json!(1));
}

#[tokio::test]
async fn a_file_has_either_separator_and_keeps_its_own() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    for content in ["file[a.pdf\t7 KB](//h/a.pdf)", "file[a.pdf|7 KB](//h/a.pdf)"] {
        mid(tom.say(&jerry, content).await);
        assert_eq!(jerry.with(&tom).await.pop().unwrap()["content"], content);
    }
}

#[tokio::test]
async fn every_conversation_counts_and_only_groups_have_url_and_key() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    let gid = im.circle(&[&tom, &jerry]).await;
    mid(jerry.say(&tom, "hi").await);
    let chatting = tom.overview().await["chatting"].clone();
    let (friend, group) = (&chatting[format!("friend{}", jerry.uid)], &chatting[format!("group{gid}")]);
    assert!(friend["unread_count"].is_i64() && group["unread_count"].is_i64());
    assert!(friend.get("url").is_none() && friend.get("key").is_none(), "{friend}");
    assert_eq!(
        json!([group["url"], group["key"]]),
        json!([format!("/pop/group/chat/{gid}"), format!("group-{gid}")])
    );
}

#[tokio::test]
async fn both_settings_have_the_same_keys_and_no_list_of_words() {
    let im = start().await;
    let tom = im.pop("tom").await;
    im.switch(form! { "dirty_words": "word" }).await;
    let mut of_overview = tom.overview().await["setting"].clone();
    let own = tom.get("pop/getsetting", form! {}).await.ok();
    assert_eq!(of_overview["dirty_words"], "");
    of_overview.as_object_mut().unwrap().remove("dirty_words");
    of_overview["id"] = json!("2");
    assert_eq!(of_overview, own);
}

#[tokio::test]
async fn uploads_need_a_credential_and_no_login_uid() {
    let im = start().await;
    let tom = im.pop("tom").await;
    for action in ["img", "file"] {
        let name = if action == "img" { "a.png" } else { "a.wav" };
        let bytes = if action == "img" { PNG.to_vec() } else { wav() };
        let path = format!("/api/upload/{action}");
        upload(im.request(Method::POST, &path), name, &bytes).await.fails(-1, LOGIN);
        upload(im.key().request(Method::POST, &path), name, &bytes).await.ok();
        upload(tom.request(Method::POST, &path), name, &bytes).await.ok();
    }
}

#[tokio::test]
async fn updating_a_friend_takes_the_parameters_that_make_sense() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    im.pals(&[&tom, &jerry]).await;
    mid(jerry.say(&tom, "hi").await);
    let fields = form! { "friend_uid": jerry.uid, "state": "hidden" };
    tom.post("friend/update", fields).await.done();
    assert_eq!(tom.overview().await["chatting"], json!({}));
    let by_number = form! { "friend_uid": jerry.uid, "state": tom.uid };
    tom.post("friend/update", by_number).await.fails(2, BAD);
}

#[tokio::test]
async fn texts_of_replies_are_texts_and_shown_means_shown() {
    let im = start().await;
    let shop = im.pop("shop").await;
    im.member(&shop, true).await;
    let fields = form! { "type": 2, "title": "7269454", "content": "7269454", "is_show": 0 };
    shop.post("reply/add", fields).await.ok();
    let row = shop.get("reply/get", form! {}).await.ok()["2"][0].clone();
    assert_eq!(json!([row["title"], row["content"], row["is_show"]]), json!(["7269454", "7269454", 0]));
    assert_ne!(row["content"], Value::from(7_269_454));
}
