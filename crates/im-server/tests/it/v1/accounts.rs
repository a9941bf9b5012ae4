//! Registering, visitors, the caller's profile and privacy.
use super::kit::*;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn who_registers_is_signed_in() {
    let im = Im::start().await;
    let body = json!({ "username": "Anna", "password": PASSWORD, "nickname": " 安娜 ",
        "device": { "name": "Pixel", "platform": "android" } });
    let signed = im.post("/v1/accounts", body).await.made();
    let account = &signed["account"];
    assert_eq!(
        (&account["username"], &account["nickname"], &account["name"]),
        (&json!("Anna"), &json!("安娜"), &json!("安娜"))
    );
    assert_eq!((&account["role"], &account["merchant"]), (&json!("user"), &json!(false)));
    assert_eq!(account.get("bio"), None, "what is not told is left out");
    assert_eq!(signed["access_expires_ms"], im.now() + 900_000);
    assert_eq!(signed["refresh_expires_ms"], im.now() + 30 * 86_400_000);
    let anna = Native::new(&im, signed);
    assert_eq!(anna.get("/me").await.view(), anna.signed["account"]);
}

#[tokio::test]
async fn registering_says_what_does_not_fit() {
    let im = Im::start().await;
    im.native("anna").await;
    let long = "x".repeat(65);
    let cases = [
        (json!({ "username": "ANNA", "password": PASSWORD }), 409, "username_taken", Value::Null),
        (json!({ "username": "ann", "password": PASSWORD }), 422, "username_malformed", Value::Null),
        (json!({ "username": "an na", "password": PASSWORD }), 422, "username_malformed", Value::Null),
        (json!({ "username": "berta", "password": "12345" }), 422, "invalid", json!("password")),
        (json!({ "username": "berta", "password": long }), 422, "invalid", json!("password")),
        (json!({ "username": "berta" }), 422, "invalid", json!("password")),
        (json!({ "username": 7, "password": PASSWORD }), 422, "invalid", json!("username")),
        (json!({ "username": "berta", "password": PASSWORD, "admin": true }), 422, "invalid", json!("admin")),
        (
            json!({ "username": "berta", "password": PASSWORD, "nickname": "n".repeat(31) }),
            422,
            "invalid",
            json!("nickname"),
        ),
        (
            json!({ "username": "berta", "password": PASSWORD, "device": { "name": "d".repeat(101) } }),
            422,
            "invalid",
            json!("device.name"),
        ),
        (
            json!({ "username": "berta", "password": PASSWORD, "device": { "os": "x" } }),
            422,
            "invalid",
            json!("device.os"),
        ),
        (json!([]), 422, "invalid", json!(".")),
    ];
    for (body, status, code, field) in cases {
        let answer = im.post("/v1/accounts", body.clone()).await;
        assert_eq!(answer.problem(status, code)["field"], field, "{body}");
    }
    assert_eq!(
        im.post("/v1/accounts", json!({ "username": "berta", "password": "密".repeat(64) })).await.status,
        201
    );
}

#[tokio::test]
async fn registering_can_be_switched_off() {
    let im = Im::start().await;
    let visitor = im.native_visitor(1).await;
    im_core::switches::flip(im.app(), vec![("register".into(), "off".into())]).await.unwrap();
    let body = json!({ "username": "anna", "password": PASSWORD });
    im.post("/v1/accounts", body.clone()).await.problem(403, "register_off");
    visitor.post("/visitors/register", body).await.problem(403, "register_off");
    assert_eq!(im.get("/v1/settings").await.view()["registration"], false);
}

#[tokio::test]
async fn a_device_secret_brings_the_same_visitor_back() {
    let im = Im::start().await;
    let (first, again, other) =
        (im.native_visitor(1).await, im.native_visitor(1).await, im.native_visitor(2).await);
    assert_eq!(first.id, again.id);
    assert_ne!(first.id, other.id);
    assert_eq!(first.signed["account"]["role"], "visitor");
    let cases = ["short", "with spaces in it, and long enough", "äöüäöüäöüäöüäöüäöüäöü_-", &"x".repeat(201)];
    for secret in cases {
        let answer = im.post("/v1/visitors", json!({ "device_secret": secret })).await;
        assert_eq!(answer.problem(422, "invalid")["field"], "device_secret", "{secret}");
    }
}

#[tokio::test]
async fn device_ids_of_the_other_door_open_nothing_here() {
    let im = Im::start().await;
    let device = crate::kit::device(1);
    let egg = im.visitor(1).await;
    let native = Native::new(&im, im.post("/v1/visitors", json!({ "device_secret": device })).await.made());
    assert_ne!(egg.id, native.id);
    // What is stored of the secret is no device id either.
    let stored = format!("v1:{}", im_core::secrets::sha256_hex(&device));
    let answer = im.signed("/api/visitorRegister", &stored, json!({})).await;
    assert_ne!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn a_visitor_becomes_a_user_and_stays_who_it_is() {
    let im = Im::start().await;
    let visitor = im.native_visitor(1).await;
    let body = json!({ "username": "anna", "password": PASSWORD, "nickname": "Anna" });
    let anna = Native::new(&im, visitor.post("/visitors/register", body.clone()).await.made());
    assert_eq!((anna.id, &anna.uuid), (visitor.id, &visitor.uuid));
    assert_eq!(
        (&anna.signed["account"]["role"], &anna.signed["account"]["name"]),
        (&json!("user"), &json!("Anna"))
    );
    visitor.get("/me").await.problem(401, "bad_token");
    refresh(&im, &visitor.refresh).await.problem(401, "bad_token");
    assert_eq!(im.native_login("anna").await.id, anna.id);
    anna.post("/visitors/register", body.clone()).await.problem(403, "not_allowed");
    // The secret opens no user's account: it makes a new visitor.
    let next = im.native_visitor(1).await;
    assert_ne!(next.id, anna.id);
    next.post("/visitors/register", body).await.problem(409, "username_taken");
    assert_eq!(next.get("/me").await.view()["role"], "visitor");
}

#[tokio::test]
async fn what_a_visitor_set_stays_when_it_registers() {
    let im = Im::start().await;
    // what it sets, what it is called then
    for (n, (nickname, name)) in [(None, "雁过"), (Some("Anna"), "Anna")].into_iter().enumerate() {
        let visitor = im.native_visitor(n as u32).await;
        visitor.patch("/me", json!({ "nickname": "雁过", "bio": "south" })).await.view();
        let privacy = json!({ "strangers": "nothing", "approve_friends": n == 1 });
        let privacy = visitor.patch("/me/privacy", privacy).await.view();
        let mut body = json!({ "username": format!("anna_{n}"), "password": PASSWORD });
        if let Some(nickname) = nickname {
            body["nickname"] = json!(nickname);
        }
        let anna = Native::new(&im, visitor.post("/visitors/register", body).await.made());
        let me = anna.get("/me").await.view();
        assert_eq!((&me["name"], &me["bio"], &me["role"]), (&json!(name), &json!("south"), &json!("user")));
        assert_eq!(anna.get("/me/privacy").await.view(), privacy);
    }
}

async fn refresh(im: &Im, token: &str) -> Answer {
    im.post("/v1/sessions/refresh", json!({ "refresh_token": token })).await
}

#[tokio::test]
async fn visitors_can_be_switched_off() {
    let im = Im::with(|settings| settings.v1.visitors = false).await;
    let body = json!({ "device_secret": "a".repeat(22) });
    im.post("/v1/visitors", body).await.problem(403, "not_allowed");
    assert_eq!(im.get("/v1/settings").await.view()["visitors"], false);
}

#[tokio::test]
async fn a_profile_changes_all_of_it_or_nothing() {
    let im = Im::start().await;
    let anna = im.native("anna").await;
    let body = json!({ "nickname": "Änna", "avatar": "https://example.com/a.png", "bio": "hi\nthere",
        "gender": "female", "birthday": "1990-12-31", "location": "上海", "website": "https://example.com" });
    let me = anna.patch("/me", body.clone()).await.view();
    for (key, value) in body.as_object().unwrap() {
        assert_eq!(&me[key], value, "{key}");
    }
    assert_eq!(me["name"], "Änna");
    let cases = [
        (json!({ "bio": "new", "nickname": "n".repeat(31) }), "nickname"),
        (json!({ "bio": "new", "avatar": "javascript:alert(1)" }), "avatar"),
        (json!({ "bio": "new", "avatar": "" }), "avatar"),
        (json!({ "bio": "b".repeat(501) }), "bio"),
        (json!({ "bio": "nul\0" }), "bio"),
        (json!({ "bio": "new", "birthday": "1990-02-30" }), "birthday"),
        (json!({ "bio": "new", "website": "ftp://example.com" }), "website"),
        (json!({ "bio": "new", "username": "other" }), "username"),
    ];
    for (body, field) in cases {
        assert_eq!(anna.patch("/me", body.clone()).await.problem(422, "invalid")["field"], field, "{body}");
    }
    assert_eq!(anna.get("/me").await.view(), me);
    let cleared =
        anna.patch("/me", json!({ "nickname": "", "bio": "", "birthday": "", "website": "" })).await.view();
    assert_eq!((&cleared["name"], &cleared["nickname"]), (&json!("anna"), &json!("")));
    assert!(["bio", "birthday", "website"].iter().all(|key| cleared.get(key).is_none()), "{cleared}");
    assert_eq!(anna.patch("/me", json!({})).await.view(), cleared);
}

#[tokio::test]
async fn friends_at_another_door_hear_of_a_new_name() {
    let im = crate::pop::kit::start().await;
    let anna = im.native("anna").await;
    let tom = im.pop("tomm").await;
    let friends = crate::pop::kit::form! { "login_uid": tom.uid, "friend_uid": anna.id };
    im.key().post("friend/add", friends).await.ok();
    let mut socket = tom.listen().await;
    anna.patch("/me", json!({ "nickname": "Anna B.", "bio": "hi" })).await.view();
    let told = socket.event("updateFriend", &format!("user-{}", tom.uid)).await;
    assert_eq!((&told["uid"], &told["name"]), (&json!(anna.id), &json!("Anna B.")), "{told}");
}

#[tokio::test]
async fn privacy_is_typed_and_leaves_what_other_clients_store() {
    let im = Im::start().await;
    let anna = im.native("anna").await;
    let usual = json!({ "strangers": "one", "visitors": "one", "approve_friends": true });
    assert_eq!(anna.get("/me/privacy").await.view(), usual);
    let egg = im.login("anna").await;
    let stored = r#"{"theme":"dark","chatset":{"visitor":{"sendCount":"2","x":1},"user":{"sendCount":2}}}"#;
    egg.post("/api/chat/userset", json!({ "userset": stored })).await.ok();
    let changed = anna.patch("/me/privacy", json!({ "strangers": "nothing" })).await.view();
    let expected = json!({ "strangers": "nothing", "visitors": "anything", "approve_friends": true });
    assert_eq!(changed, expected);
    let row = im.login("anna").await.row;
    let kept = row["userset"].as_str().unwrap_or_else(|| panic!("{row}"));
    let wanted = json!({ "theme": "dark",
        "chatset": { "visitor": { "sendCount": "2", "x": 1 }, "user": { "sendCount": 0 } } });
    assert_eq!(serde_json::from_str::<Value>(kept).unwrap(), wanted);
    for body in [json!({ "strangers": "some" }), json!({ "colour": "red" }), json!({ "approve_friends": 1 })]
    {
        anna.patch("/me/privacy", body).await.problem(422, "invalid");
    }
    assert_eq!(anna.get("/me/privacy").await.view(), changed);
}

#[tokio::test]
async fn a_new_password_ends_all_other_sessions() {
    let im = Im::start().await;
    let anna = im.native("anna").await;
    let other = im.native_login("anna").await;
    let egg = im.login("anna").await;
    anna.put("/me/password", json!({ "old": "wrong1", "new": "654321" }))
        .await
        .problem(403, "wrong_password");
    anna.put("/me/password", json!({ "old": PASSWORD, "new": "short" })).await.problem(422, "invalid");
    other.get("/me").await.view();
    anna.put("/me/password", json!({ "old": PASSWORD, "new": "654321" })).await.done();
    anna.get("/me").await.view();
    other.get("/me").await.problem(401, "bad_token");
    refresh(&im, &other.refresh).await.problem(401, "bad_token");
    assert_ne!(egg.post("/api/chat/getfriendsapply/1", json!({})).await.status, 200);
    let body = |password: &str| json!({ "username": "anna", "password": password });
    im.post("/v1/sessions", body(PASSWORD)).await.problem(403, "wrong_password");
    im.post("/v1/sessions", body("654321")).await.made();
    im.native_visitor(1)
        .await
        .put("/me/password", json!({ "old": "", "new": "654321" }))
        .await
        .problem(403, "wrong_password");
}

#[tokio::test]
async fn registrations_and_visits_are_limited() {
    let im = Im::with(|settings| {
        settings.limits.enabled = true;
        settings.limits.register_per_address_hour = 1;
        settings.limits.visitor_per_device_hour = 1;
    })
    .await;
    im.native("anna").await;
    let body = json!({ "username": "berta", "password": PASSWORD });
    let answer = im.post("/v1/accounts", body.clone()).await;
    assert_eq!(answer.problem(429, "too_often")["retry_after_s"], 3_600);
    assert_eq!(answer.headers["retry-after"], "3600");
    im.pass(3_600_000);
    im.post("/v1/accounts", body).await.made();
    im.native_visitor(1).await;
    im.post("/v1/visitors", json!({ "device_secret": format!("secret-{:032x}", 1) }))
        .await
        .problem(429, "too_often");
    im.native_visitor(2).await;
}

#[tokio::test]
async fn a_body_is_json_of_a_size() {
    let im = Im::start().await;
    let anna = im.native("anna").await;
    let patch = |kind: &'static str, body: Vec<u8>| {
        let request = anna.request(Method::PATCH, "/me").header("content-type", kind).body(body);
        answer(request)
    };
    patch("application/json; charset=utf-8", b"{}".to_vec()).await.view();
    patch("application/json", b"".to_vec()).await.problem(400, "malformed");
    patch("application/json", b"{} {}".to_vec()).await.problem(400, "malformed");
    patch("application/json", b"{\"bio\":\"\xff\"}".to_vec()).await.problem(400, "malformed");
    patch("application/json", b"{".to_vec()).await.problem(400, "malformed");
    patch("application/json", vec![b'['; 200_000]).await.problem(422, "invalid");
    patch("application/x-www-form-urlencoded", b"bio=hi".to_vec())
        .await
        .problem(415, "unsupported_media_type");
    patch("application/json", vec![b' '; (1 << 20) + 1]).await.problem(413, "too_large");
    let answer = anna.put("/me", json!({})).await;
    answer.problem(405, "method_not_allowed");
    assert!(answer.headers["allow"].to_str().unwrap().contains("PATCH"), "{:?}", answer.headers);
    anna.get("/nowhere").await.problem(404, "not_found");
    im.get("/v1").await.problem(404, "not_found");
    im.get("/v1/").await.problem(404, "not_found");
}

#[tokio::test]
async fn the_installation_has_the_name_that_its_operator_gave_it() {
    let im = Im::start().await;
    for (given, shown) in
        [(None, None), (Some("雁阵"), Some("雁阵")), (Some(" "), None), (Some("泡泡IM"), None)]
    {
        if let Some(name) = given {
            im_core::switches::flip(im.app(), vec![("app_name".into(), name.into())]).await.unwrap();
        }
        let settings = im.get("/v1/settings").await.view();
        assert_eq!(settings.get("name").and_then(|name| name.as_str()), shown, "{given:?}");
    }
}
