//! People as others see them, and who is online.
use super::kit::*;
use serde_json::json;

#[tokio::test]
async fn people_are_asked_for_by_number() {
    let im = Im::start().await;
    let (anna, berta) = (im.native("anna").await, im.native("berta").await);
    berta.patch("/me", json!({ "nickname": "Berta", "bio": "secret" })).await.view();
    let people = anna.get(&format!("/accounts?ids={},999999,{}", berta.id, anna.id)).await.view();
    let names: Vec<_> = people["items"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, [&json!("Berta"), &json!("anna")]);
    assert_eq!(people["next"], json!(null));
    let person = &people["items"][0];
    let keys: Vec<_> = person.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["id", "uuid", "name", "avatar", "role", "nid"], "nothing that is not everybody's");
    let many = (1..=101).map(|id| id.to_string()).collect::<Vec<_>>().join(",");
    for query in ["", "?ids=", "?ids=x", "?ids=1,,2", &format!("?ids={many}"), "?ids=1&what=2", "?ids=%00"] {
        anna.get(&format!("/accounts{query}")).await.problem(422, "invalid");
    }
}

#[tokio::test]
async fn a_person_is_shown_with_how_one_stands_to_it() {
    let im = Im::start().await;
    let (anna, berta) = (im.native("anna").await, im.native("berta").await);
    berta.patch("/me", json!({ "bio": "hello", "birthday": "1990-12-31" })).await.view();
    let path = format!("/accounts/{}", berta.uuid);
    let seen = anna.get(&path).await.view();
    assert_eq!(
        (&seen["id"], &seen["username"], &seen["bio"]),
        (&json!(berta.id), &json!("berta"), &json!("hello"))
    );
    assert_eq!(seen.get("birthday"), None);
    let nothing = json!({ "friend": false, "remark": "", "starred": false, "blocked": false,
        "shows_me": false, "shows_them": false, "requested": "none" });
    assert_eq!(seen["relation"], nothing);
    assert_eq!(seen.get("conversation"), None);
    assert_eq!(anna.get(&format!("/accounts/{}", berta.id)).await.view(), seen);
    for who in ["999999", "nobody", "-1", "00000000-0000-4000-8000-000000000000"] {
        anna.get(&format!("/accounts/{who}")).await.problem(404, "no_such_person");
    }
    im_core::accounts::set_enabled(im.app(), "berta".into(), false).await.unwrap();
    anna.get(&path).await.problem(404, "no_such_person");
}

#[tokio::test]
async fn details_can_be_kept_from_strangers() {
    let im = Im::start().await;
    let (anna, berta) = (im.native("anna").await, im.native("berta").await);
    berta.patch("/me", json!({ "bio": "hello" })).await.view();
    im_core::switches::flip(im.app(), vec![("member_detail".into(), "off".into())]).await.unwrap();
    let seen = anna.get(&format!("/accounts/{}", berta.id)).await.view();
    assert_eq!((seen.get("bio"), seen.get("username")), (None, None));
    assert_eq!(berta.get(&format!("/accounts/{}", berta.id)).await.view()["bio"], "hello");
}

#[tokio::test]
async fn presence_is_for_who_knows_each_other() {
    let im = Im::start().await;
    let (anna, berta, clara) = (im.native("anna").await, im.native("berta").await, im.native("clara").await);
    // Friends through another door are friends here.
    let (a, b) = (im.login("anna").await, im.login("berta").await);
    for native in [&anna, &berta] {
        native.patch("/me/privacy", json!({ "approve_friends": false })).await.view();
    }
    im.befriend(&a, &b).await;
    let path = format!("/presence?ids={},{},{}", berta.id, clara.id, anna.id);
    let offline = json!([{ "account": berta.id, "online": false }]);
    assert_eq!(anna.get(&path).await.view()["items"], offline);
    let phone = b.connect().await;
    let online = json!([{ "account": berta.id, "online": true }]);
    assert_eq!(anna.get(&path).await.view()["items"], online);
    phone.leave().await;
    clara.get(&path).await.view()["items"].as_array().unwrap().is_empty().then_some(()).unwrap();
}

#[tokio::test]
async fn settings_need_no_token() {
    let im = Im::start().await;
    let settings = im.get("/v1/settings").await.view();
    assert_eq!((&settings["registration"], &settings["visitors"]), (&json!(true), &json!(true)));
    assert_eq!(settings["message_chars"], im.settings().chat.message_chars);
    assert_eq!(settings["upload_bytes"], im.settings().media.upload_limit_bytes);
    im_core::switches::flip(im.app(), vec![("app_name".into(), "Here".into())]).await.unwrap();
    assert_eq!(im.get("/v1/settings").await.view()["name"], "Here");
}
