//! Who is calling (§2): sessions, their cookie, server keys, and `login_uid`.
use super::files::{PNG, upload};
use super::kit::*;
use reqwest::Method;
use serde_json::{Value, json};

const WRONG: &str = "用户不存在或者密码错误";
const DAY: i64 = 24 * 3_600_000;

async fn who(request: reqwest::RequestBuilder) -> Reply {
    call(request, &Method::GET, &form! {}).await
}

/// The uid that the server takes the caller for.
#[track_caller]
fn uid(reply: Reply) -> i64 {
    reply.ok()["mine"]["uid"].as_i64().unwrap()
}

#[tokio::test]
async fn signing_in_answers_the_uid_and_a_token_and_sets_a_careful_cookie() {
    let im = start().await;
    let uid = im.account("tom", "Tom").await;
    for family in ["web", "h5"] {
        let browser = Pop::stranger(&im);
        let fields = form! { "username": "tom", "password": PASSWORD, "captcha": "ignored" };
        let reply = browser.post(&format!("/{family}/login/check"), fields).await;
        let [(cookie, attributes)] = &reply.cookies()[..] else { panic!("one cookie: {:?}", reply.headers) };
        let value = cookie.strip_prefix("PHPSID=").unwrap();
        assert!(value.len() >= 22, "128 bits at least: {value}");
        for attribute in ["httponly", "path=/", "samesite=lax"] {
            assert!(attributes.iter().any(|a| a == attribute), "{attribute}: {attributes:?}");
        }
        assert!(!attributes.iter().any(|a| a == "secure"), "not over plain HTTP: {attributes:?}");
        let data = reply.ok();
        assert_eq!(data["uid"], uid);
        assert!(data["token"].as_str().unwrap().len() >= 22, "{data}");
        assert_eq!(data.as_object().unwrap().len(), 2, "{data}");
        assert_eq!(self::uid(browser.get("pop/get", form! {}).await), uid);
    }
}

#[tokio::test]
async fn the_cookie_has_the_configured_name_and_is_secure_over_tls() {
    let im = with(|s| {
        s.pop.session_cookie = "sid".into();
        s.server.behind_proxy = true;
    })
    .await;
    im.account("tom", "Tom").await;
    let fields = form! { "username": "tom", "password": PASSWORD };
    for (scheme, secure) in [("https", true), ("http", false)] {
        let request = im.request(Method::POST, "/web/login/check").header("X-Forwarded-Proto", scheme);
        let reply = call(request, &Method::POST, &fields).await;
        let (cookie, attributes) = reply.cookies().remove(0);
        assert!(cookie.starts_with("sid="), "{cookie}");
        assert_eq!(attributes.iter().any(|a| a == "secure"), secure, "{scheme}: {attributes:?}");
    }
}

#[tokio::test]
async fn a_sign_in_that_fails_says_the_same_for_every_cause() {
    let im = start().await;
    let tom = im.account("tom", "Tom").await;
    im.account("gone", "Gone").await;
    let gone = im.sign_in("gone", PASSWORD).await;
    im.state(gone.uid, "disabled").await;
    let cases = [
        (form! { "username": "tom", "password": "654321" }, 101, WRONG),
        (form! { "username": "nobody", "password": PASSWORD }, 101, WRONG),
        (form! { "username": "to'm--", "password": PASSWORD }, 101, WRONG),
        (form! { "username": "tom", "password": " 123456" }, 101, WRONG),
        (form! { "username": "gone", "password": PASSWORD }, 85, "该账户被禁用"),
        (form! { "username": "gone", "password": "654321" }, 101, WRONG),
        (form! { "username": "tom" }, 1, MISSING),
        (form! { "password": PASSWORD }, 1, MISSING),
        (form! { "username": "", "password": PASSWORD }, 1, MISSING),
    ];
    for (fields, code, text) in cases {
        let reply = im.nobody(Method::POST, "/web/login/check", fields).await;
        reply.fails(code, text);
        assert!(reply.cookies().is_empty(), "{:?}", reply.headers);
    }
    // The name has no case.
    assert_eq!(im.sign_in("TOM", PASSWORD).await.uid, tom);
}

#[tokio::test]
async fn signing_in_takes_a_new_session_id_whatever_the_browser_brought() {
    let im = start().await;
    im.account("tom", "Tom").await;
    let fields = form! { "username": "tom", "password": PASSWORD };
    // An attacker's cookie.
    let chosen = "PHPSID=0123456789abcdef0123456789abcdef";
    let request = im.request(Method::POST, "/web/login/check").header("Cookie", chosen);
    let (given, _) = call(request, &Method::POST, &fields).await.cookies().remove(0);
    assert_ne!(given, chosen);
    who(im.request(Method::GET, "/web/pop/get").header("Cookie", chosen)).await.fails(-1, LOGIN);
    // The cookie of a captcha, and that of an earlier session.
    let browser = Pop::stranger(&im);
    browser.get("login/logincaptcha", form! {}).await;
    let mut seen = vec![browser.cookie()];
    assert!(!seen[0].is_empty());
    for _ in 0..2 {
        browser.post("login/check", fields.clone()).await.ok();
        assert!(!seen.contains(&browser.cookie()));
        seen.push(browser.cookie());
    }
    who(im.request(Method::GET, "/web/pop/get").header("Cookie", &seen[0])).await.fails(-1, LOGIN);
}

#[tokio::test]
async fn one_session_serves_all_three_families() {
    let im = start().await;
    let tom = im.pop("tom").await;
    for family in ["web", "h5", "api"] {
        assert_eq!(uid(tom.get(&format!("/{family}/pop/get"), form! {}).await), tom.uid);
    }
}

#[tokio::test]
async fn the_first_credential_that_is_valid_speaks() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    let spike = im.pop("spike").await;
    let dead = im.sign_in("tom", PASSWORD).await;
    dead.post("login/logout", form! {}).await.done();
    let bearer = |person: &Pop| format!("Bearer {}", person.token);
    // token, Authorization, Cookie, who it is
    let cases = [
        (tom.token.clone(), bearer(&jerry), spike.cookie(), tom.uid),
        (String::new(), bearer(&jerry), spike.cookie(), jerry.uid),
        (String::new(), String::new(), spike.cookie(), spike.uid),
        ("garbage".into(), bearer(&jerry), spike.cookie(), jerry.uid),
        (dead.token.clone(), "Bearer garbage".into(), spike.cookie(), spike.uid),
        (dead.token.clone(), "Basic dG9tOjEyMzQ1Ng==".into(), format!("a=b; {}; c=d", tom.cookie()), tom.uid),
        (String::new(), bearer(&tom), "PHPSID=garbage".into(), tom.uid),
    ];
    for (token, authorization, cookie, expected) in cases {
        let mut request = im.request(Method::GET, "/h5/pop/get");
        for (name, value) in [("token", &token), ("Authorization", &authorization), ("Cookie", &cookie)] {
            if !value.is_empty() {
                request = request.header(name, value);
            }
        }
        assert_eq!(uid(who(request).await), expected, "{token} {authorization} {cookie}");
    }
    for header in [("token", "garbage"), ("Authorization", "Bearer"), ("Cookie", "PHPSID="), ("token", "")] {
        let request = im.request(Method::GET, "/web/pop/get").header(header.0, header.1);
        who(request).await.fails(-1, LOGIN);
    }
}

#[tokio::test]
async fn a_token_in_the_address_counts_for_pictures_only() {
    let im = start().await;
    let tom = im.pop("tom").await;
    let token = ("token", tom.token.as_str());
    for path in ["/web/pop/get", "/h5/friend/getlist", "/api/pop/get", "/web/message/get"] {
        who(im.request(Method::GET, path).query(&[token])).await.fails(-1, LOGIN);
    }
    // Content of other hosts wants a credential.
    let content = ("content", "https://elsewhere.example/x");
    let request = im.request(Method::GET, "/h5/qrcode/get").query(&[content]);
    who(request).await.fails(-1, LOGIN);
    let request = im.request(Method::GET, "/h5/qrcode/get").query(&[content, token]);
    assert_eq!(who(request).await.header("content-type"), "image/png");
}

#[tokio::test]
async fn web_and_h5_ignore_login_uid() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    for family in ["web", "h5"] {
        let path = format!("/{family}/pop/get");
        assert_eq!(uid(tom.get(&path, form! { "login_uid": jerry.uid }).await), tom.uid);
        assert_eq!(uid(tom.post(&path, form! { "login_uid": "x" }).await), tom.uid);
    }
    let fields = form! { "login_uid": jerry.uid, "to": jerry.uid, "type": "friend", "content": "who am I?" };
    let sent = mid(tom.post("message/send", fields).await);
    let read = jerry.with(&tom).await;
    assert_eq!((&read[0]["mid"], &read[0]["from"]), (&json!(sent), &json!(tom.uid.to_string())));
}

#[tokio::test]
async fn api_takes_a_key_with_login_uid_or_a_session_and_refuses_the_rest() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    let get = || im.request(Method::GET, "/api/pop/get");
    let with = |key: &str, login_uid: &str| get().header("X-Api-Key", key).query(&[("login_uid", login_uid)]);
    let own = |login_uid: i64| get().header("token", &tom.token).query(&[("login_uid", login_uid)]);
    assert_eq!(uid(who(with(KEY, &jerry.uid.to_string())).await), jerry.uid);
    assert_eq!(uid(who(own(tom.uid)).await), tom.uid);
    assert_eq!(uid(who(get().header("Cookie", tom.cookie())).await), tom.uid);
    let (other, almost) = ("0".repeat(32), format!("{KEY}0"));
    let cases = [
        (get(), -1, LOGIN),
        (get().query(&[("login_uid", tom.uid)]), -1, LOGIN),
        (with(&other, &tom.uid.to_string()), 3, ILLEGAL),
        (with(&almost, &tom.uid.to_string()), 3, ILLEGAL),
        (with(&KEY[..31], &tom.uid.to_string()), 3, ILLEGAL),
        (own(jerry.uid), 3, ILLEGAL),
        (with(KEY, ""), 1, MISSING),
        (with(KEY, "0"), 1, MISSING),
        (get().header("X-Api-Key", KEY), 1, MISSING),
        (with(KEY, "999999"), 101, NOBODY),
        (with(KEY, "x"), 2, BAD),
        (with(KEY, "1 or 1=1"), 2, BAD),
    ];
    for (n, (request, code, text)) in cases.into_iter().enumerate() {
        println!("case {n}");
        who(request).await.fails(code, text);
    }
    // A key is for /api alone.
    for path in ["/web/pop/get", "/h5/pop/get"] {
        let request = im.request(Method::GET, path).header("X-Api-Key", KEY);
        who(request.query(&[("login_uid", tom.uid)])).await.fails(-1, LOGIN);
    }
}

#[tokio::test]
async fn a_key_needs_nobody_to_act_for_where_nobody_acts() {
    let im = start().await;
    let uid = im.account("tom", "Tom").await;
    let key = im.key();
    assert_eq!(key.get("user/get", form! { "uid": uid }).await.ok()["uid"], uid);
    assert_eq!(key.get("user/multiGet", form! { "uid[]": uid }).await.ok()[0]["uid"], uid);
    assert!(key.get("pop/getsetting", form! {}).await.ok().is_object());
    key.post("user/setmember", form! { "uid": uid, "is_member": 1 }).await.done();
    key.post("pop/setsetting", form! { "voice": "on" }).await.done();
    let content = form! { "content": "https://elsewhere.example/x" };
    assert_eq!(key.get("qrcode/get", content).await.header("content-type"), "image/png");
    for action in ["upload/img", "upload/file"] {
        assert!(upload(key.request(Method::POST, action), "a.png", PNG).await.ok()["src"].is_string());
    }
    upload(key.request(Method::POST, "upload/avatar"), "a.png", PNG).await.fails(1, MISSING);
}

#[tokio::test]
async fn a_key_does_only_what_its_scopes_allow_from_where_it_may() {
    let secret = |n: u8| format!("{n:032x}");
    let hash: String = {
        use sha2::{Digest, Sha256};
        Sha256::digest(secret(5)).iter().map(|b| format!("{b:02x}")).collect()
    };
    let im = with(|s| {
        let keys = [
            format!("id=reader secret={} scopes=read", secret(1)),
            format!("id=writer secret={} scopes=read,write", secret(2)),
            format!("id=admin secret={} scopes=read,write,admin ips=127.0.0.0/8", secret(3)),
            format!("id=away secret={} scopes=read,write,admin ips=10.0.0.0/8,::1", secret(4)),
            format!("id=hashed secret=sha256:{hash} scopes=read"),
        ];
        s.pop.api_keys.extend(keys.iter().map(|key| key.as_str().into()));
    })
    .await;
    let tom = im.pop("tom").await;
    // the key, may read, may write, may administer
    let cases = [
        (1, true, false, false),
        (2, true, true, false),
        (3, true, true, true),
        (4, false, false, false),
        (5, true, false, false),
    ];
    for (n, reads, writes, administers) in cases {
        let key = im.holding(&secret(n));
        let calls = [
            (reads, key.get("pop/get", form! { "login_uid": tom.uid }).await),
            (writes, key.post("user/update", form! { "login_uid": tom.uid, "sign": n }).await),
            (administers, key.post("user/setmember", form! { "uid": tom.uid, "is_member": 0 }).await),
            (administers, key.post("pop/setsetting", form! { "voice": "on" }).await),
        ];
        for (may, reply) in calls {
            println!("key {n}, {may}");
            if may { assert_eq!(reply.code(), 0, "{}", reply.body) } else { reply.fails(3, ILLEGAL) }
        }
    }
    assert_eq!(tom.overview().await["mine"]["sign"], "3");
    im.holding(&hash).get("pop/get", form! { "login_uid": tom.uid }).await.fails(3, ILLEGAL);
}

#[tokio::test]
async fn the_old_kind_of_key_is_a_signed_time_and_off_unless_wanted() {
    let legacy = with(|s| s.pop.legacy_api_token = "old secret".into()).await;
    let today = start().await;
    for (im, on) in [(&legacy, true), (&today, false)] {
        let uid = im.account("tom", "Tom").await;
        let now = im.seconds();
        // when, with which secret, may it
        let cases = [
            (now, "old secret", on),
            (now - 299, "old secret", on),
            (now + 299, "old secret", on),
            (now - 301, "old secret", false),
            (now + 301, "old secret", false),
            (now, "", false),
            (now, "another", false),
        ];
        for (time, secret, may) in cases {
            let token = super::digest::md5(format!("{time}{secret}").as_bytes());
            let fields = form! { "timestamp": time, "pop_token": token, "login_uid": uid };
            let reply = im.nobody(Method::GET, "pop/get", fields).await;
            println!("{time} {secret} {on}");
            match (may, on) {
                (true, _) => assert_eq!(self::uid(reply), uid),
                (_, true) => reply.fails(3, ILLEGAL),
                _ => assert!([-1, 3].contains(&reply.code()), "{}", reply.body),
            }
        }
    }
}

#[tokio::test]
async fn pages_of_other_origins_cannot_post_with_the_cookie() {
    let im = with(|s| s.pop.cors_origins = vec!["https://friend.example".into()]).await;
    let tom = im.pop("tom").await;
    let host = im.base.trim_start_matches("http://").to_owned();
    let post = |origin: &str| {
        let request = tom.request(Method::POST, "user/update");
        if origin.is_empty() { request } else { request.header("Origin", origin) }
    };
    // Origin, Host when it is another, may it
    let cases = [
        ("", "", true),
        (&*format!("http://{host}"), "", true),
        ("https://im.example.com", "im.example.com", true),
        ("https://im.example.com:8443", "im.example.com:8443", true),
        ("https://friend.example", "", true),
        ("https://evil.example", "", false),
        ("https://evil.example", "im.example.com", false),
        ("https://im.example.com.evil.example", "im.example.com", false),
        ("https://friend.example.evil.example", "", false),
        ("null", "", false),
        ("garbage", "", false),
    ];
    for (n, (origin, host, may)) in cases.into_iter().enumerate() {
        let mut request = post(origin);
        if !host.is_empty() {
            request = request.header("Host", host);
        }
        let reply = call(request, &Method::POST, &form! { "sign": n }).await;
        println!("{origin} on {host}");
        if may { reply.done() } else { reply.fails(2, ILLEGAL) }
    }
    // Who sends a token is no page that was tricked, and reading changes nothing.
    let request = im.request(Method::POST, "/web/user/update").header("token", &tom.token);
    let request = request.header("Origin", "https://evil.example");
    call(request, &Method::POST, &form! { "sign": "token" }).await.done();
    let request = tom.request(Method::GET, "pop/get").header("Origin", "https://evil.example");
    assert_eq!(who(request).await.ok()["mine"]["sign"], "token");
}

#[tokio::test]
async fn calls_with_a_key_carry_no_cors_headers() {
    let im = with(|s| s.pop.cors_origins = vec!["https://friend.example".into()]).await;
    let uid = im.account("tom", "Tom").await;
    let request = im.key().request(Method::GET, "pop/get").header("Origin", "https://friend.example");
    let reply = call(request, &Method::GET, &form! { "login_uid": uid }).await;
    assert!(!reply.headers.contains_key("access-control-allow-origin"), "{:?}", reply.headers);
    reply.ok();
}

#[tokio::test]
async fn calls_with_an_old_key_carry_no_cors_headers_either() {
    let friend = "https://friend.example";
    let im = with(|s| {
        s.pop.cors_origins = vec![friend.into()];
        s.pop.legacy_api_token = "old secret".into();
    });
    let im = im.await;
    let uid = im.account("tom", "Tom").await;
    let now = im.seconds();
    for (secret, code) in [("old secret", 0), ("another", 3)] {
        let token = super::digest::md5(format!("{now}{secret}").as_bytes());
        let fields = form! { "timestamp": now, "pop_token": token, "login_uid": uid };
        let request = im.request(Method::GET, "/api/pop/get").header("Origin", friend);
        let reply = call(request, &Method::GET, &fields).await;
        assert_eq!((reply.code(), reply.header("access-control-allow-origin")), (code, ""));
    }
}

#[tokio::test]
async fn pages_of_configured_origins_may_read_with_the_cookie_and_no_others() {
    let im = with(|s| s.pop.cors_origins = vec!["https://friend.example".into()]).await;
    let tom = im.pop("tom").await;
    for (origin, may) in [("https://friend.example", true), ("https://evil.example", false), ("null", false)]
    {
        let reply = who(tom.request(Method::GET, "pop/get").header("Origin", origin)).await;
        assert_eq!(reply.header("access-control-allow-origin"), if may { origin } else { "" });
        assert_eq!(reply.header("access-control-allow-credentials"), if may { "true" } else { "" });
    }
}

#[tokio::test]
async fn logging_out_ends_this_session_alone() {
    let im = start().await;
    let (tom, phone) = (im.pop("tom").await, im.sign_in("tom", PASSWORD).await);
    let copy = tom.copy();
    tom.post("login/logout", form! { "logout_uid": tom.uid + 1 }).await.fails(2, "非法参数");
    tom.post("login/logout", form! { "logout_uid": tom.uid }).await.done();
    for browser in [&tom, &copy] {
        browser.get("pop/get", form! {}).await.fails(-1, LOGIN);
    }
    who(im.request(Method::GET, "/web/pop/get").header("token", &tom.token)).await.fails(-1, LOGIN);
    assert_eq!(uid(phone.get("pop/get", form! {}).await), tom.uid);
    // Who is not signed in is signed out.
    Pop::stranger(&im).post("login/logout", form! {}).await.done();
    copy.post("login/logout", form! { "logout_uid": 5 }).await.done();
    phone.post("/h5/login/logout", form! {}).await.done();
    phone.get("pop/get", form! {}).await.fails(-1, LOGIN);
}

#[tokio::test]
async fn a_session_ends_after_seven_days_without_a_call() {
    let mut im = start().await;
    let tom = im.pop("tom").await;
    for _ in 0..3 {
        im.pass(6 * DAY);
        assert_eq!(uid(tom.get("pop/get", form! {}).await), tom.uid);
    }
    im.pass(7 * DAY + 1_000);
    im.restart().await; // nothing is remembered from before
    let tom = im.moved(&tom);
    tom.get("pop/get", form! {}).await.fails(-1, LOGIN);
    tom.post("user/update", form! { "sign": "late" }).await.fails(-1, LOGIN);
}

#[tokio::test]
async fn sessions_outlive_a_restart() {
    let mut im = start().await;
    let tom = im.pop("tom").await;
    let key = tom.appkey().await;
    im.restart().await;
    let tom = im.moved(&tom);
    assert_eq!(uid(tom.get("pop/get", form! {}).await), tom.uid);
    assert_eq!(tom.appkey().await, key, "the app key lives as long as the session");
}

#[tokio::test]
async fn whoever_is_disabled_is_signed_out_and_may_come_back_later() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    im.state(tom.uid, "disabled").await;
    tom.get("pop/get", form! {}).await.fails(-1, LOGIN);
    tom.say(&jerry, "hi").await.fails(-1, LOGIN);
    // A key that acts for somebody disabled changes nothing either.
    let by_key = |action: &'static str, mut fields: Form| {
        fields.push(("login_uid".into(), tom.uid.to_string()));
        let key = im.key();
        async move { key.post(action, fields).await }
    };
    by_key("user/update", form! { "nickname": "x" }).await.fails(85, "该账户被禁用");
    by_key("friend/apply", form! { "friend_uid": jerry.uid }).await.fails(85, "该账户被禁用");
    let send = form! { "to": jerry.uid, "type": "friend", "content": "hi" };
    by_key("message/send", send).await.fails(85, "该账户已经被禁用");
    im.state(tom.uid, "normal").await;
    tom.get("pop/get", form! {}).await.fails(-1, LOGIN);
    assert_eq!(im.sign_in("tom", PASSWORD).await.uid, tom.uid);
}

#[tokio::test]
async fn ten_wrong_passwords_close_the_door_for_a_quarter_of_an_hour() {
    let im = with(|s| s.limits.enabled = true).await;
    im.account("tom", "Tom").await;
    let attempt = |password: &'static str| {
        im.nobody(Method::POST, "/web/login/check", form! { "username": "tom", "password": password })
    };
    for _ in 0..10 {
        attempt("654321").await.fails(101, WRONG);
    }
    attempt("654321").await.fails(912, OFTEN);
    attempt(PASSWORD).await.fails(912, OFTEN);
    // Somebody else comes in from the same address.
    im.account("jerry", "Jerry").await;
    im.sign_in("jerry", PASSWORD).await;
    im.pass(15 * 60_000 + 1_000);
    attempt(PASSWORD).await.ok();
}

#[tokio::test]
async fn a_captcha_is_asked_for_only_when_it_is_switched_on() {
    let im = start().await;
    im.account("tom", "Tom").await;
    let right = form! { "username": "tom", "password": PASSWORD };
    let with = |captcha: &str| form! { "username": "tom", "password": PASSWORD, "captcha": captcha };
    im.switch(form! { "login_captcha": "on", "register_captcha": "on" }).await;
    let browser = Pop::stranger(&im);
    for path in ["/web/login/logincaptcha", "/h5/login/joincaptcha"] {
        let reply = browser.get(path, form! { "rand": "0.5" }).await;
        assert_eq!((reply.status, reply.header("content-type")), (200, "image/png"));
        assert!(reply.bytes.starts_with(b"\x89PNG\r\n\x1a\n"));
        assert_eq!(reply.header("cache-control"), "no-store");
    }
    let [(_, attributes)] = &browser.get("login/logincaptcha", form! {}).await.cookies()[..] else {
        panic!("an anonymous session is in a cookie")
    };
    assert!(attributes.contains(&"httponly".into()), "{attributes:?}");
    for fields in [right.clone(), with("")] {
        assert_eq!(browser.post("login/check", fields).await.code(), 1);
    }
    browser.get("login/logincaptcha", form! {}).await;
    browser.post("login/check", with("?#!-")).await.fails(1, "验证码不正确");
    let join = form! { "username": "spike", "nickname": "Spike", "password": PASSWORD, "captcha": "?#!-" };
    browser.post("login/join", join.clone()).await.fails(1, "验证码不正确");
    // An anonymous session is nobody.
    browser.get("pop/get", form! {}).await.fails(-1, LOGIN);
    im.switch(form! { "login_captcha": "off", "register_captcha": "off" }).await;
    browser.post("login/join", join).await.ok();
    browser.post("login/check", right).await.ok();
}

#[tokio::test]
async fn a_captcha_does_not_sign_anybody_out() {
    let im = start().await;
    let tom = im.pop("tom").await;
    for path in ["/web/login/logincaptcha", "/h5/login/joincaptcha"] {
        assert_eq!(tom.get(path, form! {}).await.header("content-type"), "image/png");
        assert_eq!(uid(tom.get("pop/get", form! {}).await), tom.uid);
    }
}

#[tokio::test]
async fn parameters_come_in_every_encoding_that_clients_use() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    let path = "message/send";
    let mut request = tom.request(Method::POST, path);
    request = request.json(&json!({ "to": jerry.uid, "type": "friend", "content": "json" }));
    mid(Reply(answer(request).await));
    let parts = reqwest::multipart::Form::new();
    let parts = parts.text("to", jerry.uid.to_string()).text("type", "friend").text("content", "multipart");
    mid(Reply(answer(tom.request(Method::POST, path).multipart(parts)).await));
    // The body wins over the address, and spaces around numbers are no matter.
    let request = tom.request(Method::POST, &format!("{path}?content=address&to=1"));
    let fields = form! { "to": format!(" {} ", jerry.uid), "type": "friend", "content": "body" };
    mid(call(request, &Method::POST, &fields).await);
    assert_eq!(contents(&jerry.with(&tom).await), ["json", "multipart", "body"]);
}

#[tokio::test]
async fn numbers_are_decimal_and_an_identifier_is_never_zero() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    let send = |to: &str| tom.post("message/send", form! { "to": to, "type": "friend", "content": "hi" });
    for to in ["", "0"] {
        send(to).await.fails(1, MISSING);
    }
    let max = "99999999999999999999999";
    for to in ["x", "1.5", "0x10", "1e3", "-", "１", "+", "1 2", max, "9'--", "null", "[]"] {
        println!("{to}");
        send(to).await.fails(2, BAD);
    }
    mid(send(&format!("  {} ", jerry.uid)).await);
    // A flag may be zero.
    let update = |field: &'static str, value: &str| {
        tom.post("friend/update", form! { "friend_uid": jerry.uid, field: value })
    };
    update("top", "0").await.done();
    update("unread_count", "0").await.done();
    update("top", "x").await.fails(2, BAD);
}

#[tokio::test]
async fn lists_come_in_every_spelling() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    let (a, b) = (tom.uid, jerry.uid);
    let queries = [
        format!("uid[]={a}&uid[]={b}"),
        format!("uid[0]={a}&uid[1]={b}"),
        format!("uid%5B%5D={a}&uid%5B%5D={b}"),
        format!("uid={a}&uid={b}"),
        format!("uid={a},{b}"),
        format!("uid[]={b}&uid[]={a}&uid[]={b}"),
        format!("uid[]={a}&uid[]={b}&uid[]=999999"),
    ];
    let uids = |data: Value| -> Vec<i64> {
        data.as_array().unwrap().iter().map(|user| user["uid"].as_i64().unwrap()).collect()
    };
    for query in queries {
        println!("{query}");
        let data = tom.get(&format!("/web/user/multiGet?{query}"), form! {}).await.ok();
        assert_eq!(uids(data), [a, b]);
    }
    let request = tom.request(Method::POST, "user/multiGet").json(&json!({ "uid": [a, b.to_string()] }));
    assert_eq!(uids(Reply(answer(request).await).ok()), [a, b]);
    assert_eq!(uids(tom.get("user/multiGet", form! { "uid[]": b }).await.ok()), [b]);
    for wrong in ["abc", "1;2", "1,x"] {
        tom.get("user/multiGet", form! { "uid": wrong }).await.fails(2, BAD);
    }
    tom.get("user/multiGet", form! {}).await.fails(1, MISSING);
}

#[tokio::test]
async fn a_body_beyond_all_measure_is_refused_in_the_envelope() {
    let im = start().await;
    let tom = im.pop("tom").await;
    let content = "x".repeat(8 << 20);
    let reply = tom.post("message/send", form! { "to": 1, "type": "friend", "content": content }).await;
    reply.envelope(413);
    assert_eq!(reply.code(), 413, "{}", reply.body);
}
