//! SMS, registration by phone and lost passwords (§3.1).
use super::kit::*;
use reqwest::Method;

const PHONE: &str = "13800000001";
const OTHER: &str = "13800000002";
const FORMAT: &str = "手机号码格式不正确";
const TOO_OFTEN: &str = "发送过于频繁，请稍后再试";
const WRONG: &str = "手机验证码不正确或已过期";
const TAKEN: &str = "手机号已被注册";

async fn forget(im: &Im, phone: &str, code: &str, username: &str, newpass: &str) -> Reply {
    let fields = form! { "phone": phone, "code": code, "username": username, "newpass": newpass };
    im.nobody(Method::POST, "/web/service/forget_pass", fields).await
}

async fn join(im: &Im, username: &str, phone: &str, code: &str) -> Reply {
    let fields = form! {
        "username": username, "nickname": username, "password": PASSWORD, "phone": phone, "code": code,
    };
    im.nobody(Method::POST, "/web/login/join", fields).await
}

/// A code of six digits that is not this one.
fn not(code: &str) -> String {
    let number: u32 = code.parse().unwrap();
    format!("{:06}", (number + 1) % 1_000_000)
}

#[tokio::test]
async fn a_code_of_six_digits_goes_to_the_phone_and_nowhere_else() {
    let sms = Sms::start(|_| {}).await;
    for (n, family) in ["api", "web", "h5"].into_iter().enumerate() {
        let phone = format!("1390000000{n}");
        let fields = form! { "phone": phone, "type": "register" };
        let reply = sms.im.nobody(Method::POST, &format!("/{family}/service/send_sms"), fields).await;
        let codes = sms.sent(&phone, 1).await;
        assert_eq!(codes.len(), 1);
        assert!(!String::from_utf8_lossy(&reply.bytes).contains(&codes[0]));
        reply.done();
    }
}

#[tokio::test]
async fn asking_for_a_code_is_checked() {
    let sms = Sms::start(|_| {}).await;
    let im = &sms.im;
    let cases = [
        (form! {}, 1, MISSING),
        (form! { "phone": PHONE }, 1, MISSING),
        (form! { "type": "register" }, 1, MISSING),
        (form! { "phone": PHONE, "type": "x" }, 2, BAD),
        (form! { "phone": "12800000001", "type": "register" }, 901, FORMAT),
        (form! { "phone": "1380000000", "type": "register" }, 901, FORMAT),
        (form! { "phone": "138000000011", "type": "forget" }, 901, FORMAT),
        (form! { "phone": "+8613800000001", "type": "register" }, 901, FORMAT),
        (form! { "phone": "138 00000001", "type": "register" }, 901, FORMAT),
        (form! { "phone": "１３８00000001", "type": "register" }, 901, FORMAT),
    ];
    for (fields, code, text) in cases {
        println!("{fields:?}");
        im.nobody(Method::POST, "/h5/service/send_sms", fields).await.fails(code, text);
    }
    im.switch(form! { "register": "off" }).await;
    sms.ask(PHONE, "register").await.fails(916, "系统关闭了注册");
    sms.ask(PHONE, "forget").await.done();
    im.switch(form! { "register": "on" }).await;
    sms.settle().await;
    assert!(sms.codes(PHONE).is_empty());
}

#[tokio::test]
async fn who_joins_proves_the_phone() {
    let sms = Sms::start(|_| {}).await;
    let im = &sms.im;
    join(im, "tom", "", "").await.fails(1, MISSING);
    join(im, "tom", PHONE, "").await.fails(1, MISSING);
    join(im, "tom", "123", "123456").await.fails(901, FORMAT);
    join(im, "tom", PHONE, "123456").await.fails(903, WRONG);
    let code = sms.code(PHONE, "register").await;
    join(im, "tom", PHONE, &not(&code)).await.fails(903, WRONG);
    join(im, "tom", OTHER, &code).await.fails(903, WRONG);
    join(im, "tom", PHONE, &code).await.ok();
    im.sign_in("tom", PASSWORD).await;
    join(im, "jerry", PHONE, &code).await.fails(903, WRONG);
    // That a phone is known is told only to whoever holds it: no code is sent.
    im.pass(61_000);
    sms.ask(PHONE, "register").await.done();
    assert_eq!(sms.codes(PHONE).len(), 1);
}

#[tokio::test]
async fn a_phone_that_was_taken_meanwhile_is_said_to_be_taken() {
    let sms = Sms::start(|_| {}).await;
    let first = sms.code(PHONE, "register").await;
    // The same code serves whoever comes first; a second code for the same phone ends the first.
    im_join(&sms, "tom", &first).await.ok();
    im_join(&sms, "jerry", &first).await.fails(903, WRONG);
    let im = &sms.im;
    let spike = sms.code(OTHER, "register").await;
    let statement = "update account set mobile = '13800000002' where id = $1";
    let tom = im.sign_in("tom", PASSWORD).await;
    im.sql(statement, tom.uid).await;
    join(im, "spike", OTHER, &spike).await.fails(918, TAKEN);
}

async fn im_join(sms: &Sms, username: &str, code: &str) -> Reply {
    join(&sms.im, username, PHONE, code).await
}

#[tokio::test]
async fn a_code_lives_five_minutes_and_takes_five_guesses() {
    let sms = Sms::start(|_| {}).await;
    let im = &sms.im;
    let code = sms.code(PHONE, "register").await;
    im.pass(301_000);
    join(im, "tom", PHONE, &code).await.fails(903, WRONG);
    let code = sms.code(PHONE, "register").await;
    for _ in 0..5 {
        join(im, "tom", PHONE, &not(&code)).await.fails(903, WRONG);
    }
    join(im, "tom", PHONE, &code).await.fails(903, WRONG);
    // Only the newest code of a kind is alive.
    im.pass(61_000);
    let old = sms.code(PHONE, "register").await;
    im.pass(61_000);
    let new = sms.code(PHONE, "register").await;
    if old != new {
        join(im, "tom", PHONE, &old).await.fails(903, WRONG);
    }
    join(im, "tom", PHONE, &new).await.ok();
}

#[tokio::test]
async fn a_code_is_good_for_its_own_purpose_only() {
    let sms = Sms::start(|_| {}).await;
    let im = &sms.im;
    sms.join("tom", PHONE).await;
    im.pass(61_000);
    let code = sms.code(OTHER, "register").await;
    forget(im, PHONE, &code, "tom", "654321").await.fails(903, WRONG);
    let code = sms.code(PHONE, "forget").await;
    join(im, "jerry", PHONE, &code).await.fails(903, WRONG);
    forget(im, PHONE, &code, "tom", "654321").await.done();
}

#[tokio::test]
async fn a_lost_password_is_replaced_and_every_session_ends() {
    let sms = Sms::start(|_| {}).await;
    let im = &sms.im;
    sms.join("tom", PHONE).await;
    im.account("jerry", "Jerry").await;
    let tom = im.sign_in("tom", PASSWORD).await;
    tom.overview().await;
    im.pass(61_000);
    let code = sms.code(PHONE, "forget").await;
    // Whatever does not fit is told by the same words.
    forget(im, PHONE, &not(&code), "tom", "654321").await.fails(903, WRONG);
    forget(im, PHONE, &code, "jerry", "654321").await.fails(903, WRONG);
    forget(im, PHONE, &code, "nobody", "654321").await.fails(903, WRONG);
    forget(im, OTHER, &code, "tom", "654321").await.fails(903, WRONG);
    for (fields, code, text) in [
        (form! { "phone": PHONE, "code": "1", "username": "tom" }, 1, MISSING),
        (form! { "phone": PHONE, "code": "1", "newpass": "654321" }, 1, MISSING),
        (form! { "phone": PHONE, "username": "tom", "newpass": "654321" }, 1, MISSING),
        (form! { "code": "1", "username": "tom", "newpass": "654321" }, 1, MISSING),
        (form! { "phone": "123", "code": "1", "username": "tom", "newpass": "654321" }, 901, FORMAT),
    ] {
        im.nobody(Method::POST, "/api/service/forget_pass", fields).await.fails(code, text);
    }
    forget(im, PHONE, &code, "tom", "12345").await.fails(906, "密码长度须为6-64位");
    forget(im, PHONE, &code, "tom", "654321").await.done();
    tom.get("pop/get", form! {}).await.fails(-1, LOGIN);
    im.sign_in("tom", "654321").await;
    forget(im, PHONE, &code, "tom", "another1").await.fails(903, WRONG);
}

#[tokio::test]
async fn an_unknown_phone_is_answered_like_a_known_one() {
    let sms = Sms::start(|_| {}).await;
    sms.join("tom", PHONE).await;
    sms.im.pass(61_000);
    for phone in [PHONE, OTHER] {
        sms.ask(phone, "forget").await.done();
        sms.ask(phone, "register").await.done();
    }
    sms.sent(PHONE, 2).await;
    sms.sent(OTHER, 1).await;
    sms.settle().await;
    assert_eq!((sms.codes(PHONE).len(), sms.codes(OTHER).len()), (2, 1));
}

#[tokio::test]
async fn changing_a_password_takes_a_code_from_the_own_phone() {
    let sms = Sms::start(|_| {}).await;
    let im = &sms.im;
    sms.join("tom", PHONE).await;
    let (tom, plain) = (im.sign_in("tom", PASSWORD).await, im.pop("plain").await);
    let retrieve = |who: &Pop, phone: &str, kind: &str| {
        let (who, fields) = (who.clone(), form! { "phone": phone, "type": kind });
        async move { who.post("user/send_sms_pass", fields).await }
    };
    let change = |who: &Pop, code: &str| {
        let mut fields = form! { "password1": "654321", "password2": "654321", "password_old": PASSWORD };
        if !code.is_empty() {
            fields.push(("code".into(), code.into()));
        }
        let who = who.clone();
        async move { who.post("user/updatepassword", fields).await }
    };
    im.pass(61_000);
    retrieve(&tom, PHONE, "x").await.fails(2, BAD);
    retrieve(&tom, "123", "retrieve").await.fails(901, FORMAT);
    tom.post("user/send_sms_pass", form! { "phone": PHONE }).await.fails(1, MISSING);
    retrieve(&plain, PHONE, "retrieve").await.done();
    retrieve(&tom, OTHER, "retrieve").await.done();
    sms.settle().await;
    assert_eq!((sms.codes(PHONE).len(), sms.codes(OTHER).len()), (1, 0), "to the own phone only");
    retrieve(&tom, PHONE, "retrieve").await.done();
    let code = sms.sent(PHONE, 2).await.pop().unwrap();
    change(&tom, "").await.fails(1, MISSING);
    change(&tom, &not(&code)).await.fails(903, WRONG);
    change(&tom, &code).await.done();
    im.sign_in("tom", "654321").await;
    // Who has no phone needs no code.
    change(&plain, "").await.done();
}

#[tokio::test]
async fn sms_are_throttled_by_phone_and_by_address() {
    let sms = Sms::start(|s| s.limits.enabled = true).await;
    let im = &sms.im;
    // once a minute
    sms.ask(PHONE, "register").await.done();
    sms.ask(PHONE, "register").await.fails(902, TOO_OFTEN);
    sms.ask(PHONE, "forget").await.fails(902, TOO_OFTEN);
    // five in an hour
    for _ in 0..4 {
        im.pass(61_000);
        sms.ask(PHONE, "register").await.done();
    }
    im.pass(61_000);
    sms.ask(PHONE, "register").await.fails(902, TOO_OFTEN);
    // ten in a day
    im.pass(3_600_000);
    for _ in 0..5 {
        im.pass(61_000);
        sms.ask(PHONE, "register").await.done();
    }
    im.pass(3_601_000);
    sms.ask(PHONE, "register").await.fails(902, TOO_OFTEN);
    im.pass(24 * 3_600_000);
    sms.ask(PHONE, "register").await.done();
    // twenty in an hour from one address, whatever the phones
    im.pass(3_601_000);
    for n in 0..20 {
        sms.ask(&format!("137000000{n:02}"), "register").await.done();
    }
    sms.ask("13600000000", "register").await.fails(902, TOO_OFTEN);
}

#[tokio::test]
async fn a_phone_that_nobody_has_is_throttled_like_any_other() {
    let sms = Sms::start(|s| s.limits.enabled = true).await;
    sms.ask(PHONE, "forget").await.done();
    sms.ask(PHONE, "forget").await.fails(902, TOO_OFTEN);
    sms.settle().await;
    assert!(sms.codes(PHONE).is_empty());
}

/// While the database is busy, a phone to which a code goes would be answered later than another.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_time_of_an_answer_does_not_tell_who_has_the_phone() {
    let sms = Sms::start(|_| {}).await;
    let im = &sms.im;
    sms.join("tom", PHONE).await;
    let tom = im.sign_in("tom", PASSWORD).await;
    let (busy, begun) = tokio::sync::oneshot::channel();
    let (end, ended) = std::sync::mpsc::channel::<()>();
    let db = im.app().db.clone();
    let work = tokio::spawn(async move {
        db.write::<(), im_db::Error, _>(move |tx| {
            Box::pin(async move {
                // The rows that codes would be written to, and on SQLite every other row.
                for (phone, purpose) in [(PHONE, "forget"), (PHONE, "retrieve"), (OTHER, "register")] {
                    let sql =
                        "insert into sms_code (phone, purpose, code_hash, created_ms) values ($1, $2, '', 0)
                               on conflict (phone, purpose) do update set created_ms = 0";
                    tx.run(sql, im_db::params![phone, purpose]).await?;
                }
                busy.send(()).unwrap();
                ended.recv().unwrap();
                Ok(())
            })
        })
        .await
    });
    begun.await.unwrap();
    let answered = async {
        sms.ask(PHONE, "forget").await.done();
        sms.ask(OTHER, "forget").await.done();
        sms.ask(OTHER, "register").await.done();
        tom.post("user/send_sms_pass", form! { "phone": PHONE, "type": "retrieve" }).await.done();
    };
    let answered = tokio::time::timeout(PATIENCE, answered).await;
    end.send(()).unwrap();
    work.await.unwrap().unwrap();
    answered.expect("answers wait for nothing");
    assert_eq!((sms.sent(PHONE, 3).await.len(), sms.sent(OTHER, 1).await.len()), (3, 1));
}

#[tokio::test]
async fn a_code_keeps_its_leading_zeros_and_may_come_as_a_number() {
    let sms = Sms::start(|_| {}).await;
    let im = &sms.im;
    let code = sms.code(PHONE, "register").await;
    if let Some(short) = code.strip_prefix('0') {
        join(im, "tom", PHONE, short).await.fails(903, WRONG);
    }
    let number: serde_json::Value = code.parse::<u64>().unwrap().into();
    let code = if code.starts_with('0') { code.into() } else { number };
    let phone: u64 = PHONE.parse().unwrap();
    let body = serde_json::json!({
        "username": "tom", "nickname": "Tom", "password": PASSWORD, "phone": phone, "code": code,
    });
    let request = im.request(Method::POST, "/web/login/join").json(&body);
    Reply(answer(request).await).ok();
}

#[tokio::test]
async fn without_a_provider_joining_needs_no_phone() {
    let im = start().await;
    let fields = form! { "phone": PHONE, "type": "register" };
    let reply = im.nobody(Method::POST, "/web/service/send_sms", fields).await;
    reply.envelope(200);
    join(&im, "tom", "", "").await.ok();
    forget(&im, PHONE, "123456", "tom", "654321").await.fails(903, WRONG);
    im.sign_in("tom", PASSWORD).await;
}

#[tokio::test]
async fn the_pattern_of_phones_is_configured() {
    let sms = Sms::start(|s| s.pop.phone_pattern = r"^\+49\d{6,11}$".into()).await;
    sms.ask(PHONE, "register").await.fails(901, FORMAT);
    let code = sms.code("+4915112345", "register").await;
    assert_eq!(code.len(), 6);
}
