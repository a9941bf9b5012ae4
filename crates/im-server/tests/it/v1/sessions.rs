//! Sessions: signing in and out, tokens that rotate, and the list of devices.
use super::kit::*;
use reqwest::Method;
use serde_json::{Value, json};

async fn refresh(im: &Im, token: &str) -> Answer {
    im.post("/v1/sessions/refresh", json!({ "refresh_token": token })).await
}

async fn refreshed(im: &Im, token: &str) -> Native {
    Native::new(im, refresh(im, token).await.view())
}

#[tokio::test]
async fn signing_in_does_not_tell_who_exists() {
    let im = Im::start().await;
    let anna = im.native("anna").await;
    assert_eq!(im.native_login("ANNA").await.id, anna.id);
    for (username, password) in [("anna", "wrong-one"), ("nobody", PASSWORD), ("", "")] {
        let body = json!({ "username": username, "password": password });
        im.post("/v1/sessions", body).await.problem(403, "wrong_password");
    }
    let nul = im.post("/v1/sessions", json!({ "username": "anna\0", "password": PASSWORD })).await;
    assert_eq!(nul.problem(422, "invalid")["field"], "username");
}

#[tokio::test]
async fn failures_are_counted_as_at_the_other_doors() {
    let im = Im::with(|settings| {
        settings.limits.enabled = true;
        settings.limits.login_failures_per_quarter_hour = 2;
    })
    .await;
    im.native("anna").await;
    let with = |password: &str| im.post("/v1/sessions", json!({ "username": "anna", "password": password }));
    for _ in 0..2 {
        with("wrong-one").await.problem(403, "wrong_password");
    }
    let refused = with(PASSWORD).await;
    assert_eq!(refused.problem(429, "too_often")["retry_after_s"], 900);
    im.pass(15 * 60_000);
    with(PASSWORD).await.made();
}

#[tokio::test]
async fn a_token_opens_its_own_door_only() {
    let im = Im::start().await;
    let anna = im.native("anna").await;
    let egg = im.login("anna").await;
    let calls = |token: &str| answer(im.request(Method::GET, "/v1/me").bearer_auth(token));
    let garbage = ["", "x", "Bearer", &"A".repeat(43), &anna.refresh, &egg.token];
    for token in garbage {
        let refused = calls(token).await;
        refused.problem(401, "bad_token");
        assert_eq!(refused.headers["www-authenticate"], "Bearer");
    }
    im.get("/v1/me").await.problem(401, "bad_token");
    let basic = im.request(Method::GET, "/v1/me").header("authorization", format!("Basic {}", anna.token));
    answer(basic).await.problem(401, "bad_token");
    let lower = im.request(Method::GET, "/v1/me").header("authorization", format!("bearer {}", anna.token));
    answer(lower).await.view();
    let native_at_egg =
        answer(im.request(Method::GET, "/api/chat/grouplist/1").header("token", &anna.token)).await;
    assert_ne!(native_at_egg.status, 200);
}

#[tokio::test]
async fn tokens_rotate() {
    let im = Im::start().await;
    let first = im.native("anna").await;
    im.pass(1_000);
    let second = refreshed(&im, &first.refresh).await;
    assert_eq!((second.id, second.session), (first.id, first.session));
    assert_ne!((&second.token, &second.refresh), (&first.token, &first.refresh));
    assert_eq!(second.signed["access_expires_ms"], im.now() + 900_000);
    second.get("/me").await.view();
    first.get("/me").await.problem(401, "bad_token");
    let third = refreshed(&im, &second.refresh).await;
    third.get("/me").await.view();
    for token in ["", "nonsense", &"A".repeat(43), &third.token] {
        refresh(&im, token).await.problem(401, "bad_token");
    }
}

#[tokio::test]
async fn a_lost_answer_is_given_again() {
    let im = Im::start().await;
    let first = im.native("anna").await;
    let lost = refreshed(&im, &first.refresh).await;
    im.pass(30_000);
    let again = refresh(&im, &first.refresh).await.view();
    assert_eq!(again, lost.signed, "the same answer, so that both who got one can go on");
    refreshed(&im, &lost.refresh).await.get("/me").await.view();
}

#[tokio::test]
async fn tabs_that_refresh_at_once_get_the_same_tokens() {
    let im = Im::start().await;
    let first = im.native("anna").await;
    let (a, b, c) = tokio::join!(
        refresh(&im, &first.refresh),
        refresh(&im, &first.refresh),
        refresh(&im, &first.refresh)
    );
    let (a, b, c) = (a.view(), b.view(), c.view());
    assert_eq!((&a, &a), (&b, &c));
    Native::new(&im, a).get("/me").await.view();
}

#[tokio::test]
async fn a_token_that_is_used_twice_was_stolen() {
    let im = Im::start().await;
    let first = im.native("anna").await;
    let other = im.native_login("anna").await;
    let second = refreshed(&im, &first.refresh).await;
    im.pass(30_001);
    refresh(&im, &first.refresh).await.problem(401, "bad_token");
    second.get("/me").await.problem(401, "bad_token");
    refresh(&im, &second.refresh).await.problem(401, "bad_token");
    other.get("/me").await.view();
}

#[tokio::test]
async fn a_thief_that_goes_on_refreshing_is_found_as_well() {
    let im = Im::start().await;
    im.native("anna").await;
    for rotations in 2..5 {
        let first = im.native_login("anna").await;
        let mut thief = refreshed(&im, &first.refresh).await;
        for _ in 1..rotations {
            thief = refreshed(&im, &thief.refresh).await;
        }
        refresh(&im, &first.refresh).await.problem(401, "bad_token");
        thief.get("/me").await.problem(401, "bad_token");
        refresh(&im, &thief.refresh).await.problem(401, "bad_token");
    }
}

#[tokio::test]
async fn a_token_like_one_of_a_session_ends_it_and_any_other_ends_nothing() {
    let im = Im::start().await;
    let (anna, other) = (im.native("anna").await, im.native_login("anna").await);
    let with = |place: usize| {
        let mut token = anna.refresh.clone().into_bytes();
        token[place] = if token[place] == b'A' { b'B' } else { b'A' };
        String::from_utf8(token).unwrap()
    };
    refresh(&im, &with(0)).await.problem(401, "bad_token"); // of no session
    anna.get("/me").await.view();
    refresh(&im, &with(40)).await.problem(401, "bad_token");
    anna.get("/me").await.problem(401, "bad_token");
    other.get("/me").await.view();
}

#[tokio::test]
async fn access_ends_also_for_who_is_remembered() {
    let im = Im::start().await;
    let anna = im.native("anna").await;
    im.pass(890_000);
    anna.get("/me").await.view(); // now the session is cached
    im.pass(9_999);
    anna.get("/me").await.view();
    im.pass(1);
    anna.get("/me").await.problem(401, "bad_token");
    refreshed(&im, &anna.refresh).await.get("/me").await.view();
}

#[tokio::test]
async fn a_session_ends_when_nobody_uses_it() {
    let im = Im::start().await;
    let (used, unused) = (im.native("anna").await, im.native_login("anna").await);
    im.pass(29 * 86_400_000);
    let used = refreshed(&im, &used.refresh).await;
    im.pass(86_400_000);
    refresh(&im, &unused.refresh).await.problem(401, "bad_token");
    let used = refreshed(&im, &used.refresh).await;
    let listed = used.get("/sessions").await.view();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1, "{listed}");
}

#[tokio::test]
async fn sessions_of_all_doors_are_listed_and_ended() {
    let im = Im::start().await;
    let device = json!({ "name": "Pixel 9", "platform": "android" });
    let anna = im.native("anna").await;
    let body = json!({ "username": "anna", "password": PASSWORD, "device": device });
    let phone = Native::new(&im, im.post("/v1/sessions", body).await.made());
    let egg = im.login("anna").await;
    let berta = im.native("berta").await;
    let listed = anna.get("/sessions").await.view();
    let items = listed["items"].as_array().unwrap();
    assert_eq!(items.len(), 3, "{listed}");
    let of = |id: i64| items.iter().find(|one| one["id"] == id).unwrap();
    assert_eq!((&of(anna.session)["current"], &of(phone.session)["current"]), (&json!(true), &json!(false)));
    assert_eq!((&of(phone.session)["device"], &of(anna.session)["device"]), (&device, &json!({})));
    assert_eq!(of(phone.session)["address"], "127.0.0.1");
    let doors: Vec<_> = items.iter().map(|one| one["door"].as_str().unwrap()).collect();
    assert_eq!(doors.iter().filter(|door| **door == "v1").count(), 2, "{doors:?}");
    assert!(doors.contains(&"egg"), "{doors:?}");

    let others = format!("/sessions/{}", berta.session);
    anna.delete(&others).await.problem(404, "no_such_record");
    anna.delete("/sessions/nonsense").await.problem(404, "not_found");
    berta.get("/me").await.view();
    anna.delete(&format!("/sessions/{}", phone.session)).await.done();
    phone.get("/me").await.problem(401, "bad_token");
    refresh(&im, &phone.refresh).await.problem(401, "bad_token");
    anna.delete("/sessions").await.done();
    assert_ne!(egg.get("/api/chat/grouplist/1").await.status, 200);
    anna.get("/me").await.view();
    anna.delete("/sessions/current").await.done();
    anna.get("/me").await.problem(401, "bad_token");
    refresh(&im, &anna.refresh).await.problem(401, "bad_token");
}

#[tokio::test]
async fn a_newer_session_ends_the_oldest() {
    let im = Im::with(|settings| settings.v1.sessions_per_account = 2).await;
    let first = im.native("anna").await;
    let second = im.native_login("anna").await;
    let egg = im.login("anna").await;
    let third = im.native_login("anna").await;
    first.get("/me").await.problem(401, "bad_token");
    second.get("/me").await.view();
    third.get("/me").await.view();
    assert_eq!(egg.get("/api/chat/grouplist/1").await.status, 200, "each door counts its own");
}

#[tokio::test]
async fn a_disabled_account_stays_outside() {
    let im = Im::start().await;
    let anna = im.native("anna").await;
    let visitor = im.native_visitor(1).await;
    for name in ["anna".to_owned(), visitor.name.clone()] {
        im_core::accounts::set_enabled(im.app(), name, false).await.unwrap();
    }
    anna.get("/me").await.problem(403, "account_disabled");
    refresh(&im, &anna.refresh).await.problem(403, "account_disabled");
    let body = |password: &str| json!({ "username": "anna", "password": password });
    im.post("/v1/sessions", body(PASSWORD)).await.problem(403, "account_disabled");
    im.post("/v1/sessions", body("wrong-one")).await.problem(403, "wrong_password");
    let secret = json!({ "device_secret": format!("secret-{:032x}", 1) });
    im.post("/v1/visitors", secret).await.problem(403, "account_disabled");
    im_core::accounts::set_enabled(im.app(), "anna".into(), true).await.unwrap();
    anna.get("/me").await.problem(401, "bad_token");
    im.native_login("anna").await.get("/me").await.view();
}

#[tokio::test]
async fn tokens_outlive_a_restart() {
    let mut im = Im::start().await;
    let anna = im.native("anna").await;
    let lost = refreshed(&im, &anna.refresh).await;
    im.restart().await;
    let again = refresh(&im, &anna.refresh).await.view();
    assert_eq!(again, lost.signed);
    Native::new(&im, again).get("/me").await.view();
}

#[tokio::test]
async fn pages_of_any_origin_may_call_with_a_token() {
    let im = Im::start().await;
    let anna = im.native("anna").await;
    let origin = "https://app.example.com";
    let asked = im
        .request(Method::OPTIONS, "/v1/me")
        .header("origin", origin)
        .header("access-control-request-method", "PATCH")
        .header("access-control-request-headers", "authorization,content-type");
    let asked = answer(asked).await;
    assert!(asked.status < 300, "{}", asked.status);
    let header = |answer: &Answer, name: &str| {
        answer.headers.get(name).map(|value| value.to_str().unwrap().to_owned())
    };
    assert_eq!(header(&asked, "access-control-allow-origin").as_deref(), Some("*"));
    assert!(header(&asked, "access-control-allow-headers").unwrap().contains("authorization"));
    assert!(header(&asked, "access-control-allow-methods").unwrap().contains("PATCH"));
    let me = answer(anna.request(Method::GET, "/me").header("origin", origin)).await;
    assert_eq!(header(&me, "access-control-allow-origin").as_deref(), Some("*"));
    assert_eq!(header(&me, "access-control-allow-credentials"), None, "no cookie opens anything here");
    let refused = answer(im.request(Method::GET, "/v1/me").header("origin", origin)).await;
    assert_eq!(header(&refused, "access-control-allow-origin").as_deref(), Some("*"));
    assert_eq!(refused.body["code"], Value::from("bad_token"));
}
