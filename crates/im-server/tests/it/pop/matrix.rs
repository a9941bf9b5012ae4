//! Every action of §1.3: which families have it, who may call it, and how.
use super::kit::*;
use reqwest::Method;

#[derive(Clone, Copy, PartialEq)]
enum Does {
    /// Answers GET and POST.
    Read,
    /// Takes its parameters from the body of a POST.
    Write,
    /// Answers a picture.
    Image,
}
use Does::{Image, Read, Write};

/// The action; whether `/api`, `/web` and `/h5` have it (`●` must, `○` may, `K` for server keys only,
/// `—` not); what it does; whether it wants a credential.
const ACTIONS: &[(&str, &str, Does, bool)] = &[
    ("service/send_sms", "●●●", Write, false),
    ("service/forget_pass", "●●●", Write, false),
    ("user/send_sms_pass", "●●●", Write, true),
    ("login/join", "●●●", Write, false),
    ("login/check", "—●●", Write, false),
    ("login/logout", "—●●", Write, false),
    ("login/logincaptcha", "—●●", Image, false),
    ("login/joincaptcha", "—●●", Image, false),
    ("user/add", "K——", Read, true),
    ("user/open_user", "●●●", Write, true),
    ("user/get", "●●●", Read, true),
    ("user/detail", "○●●", Read, true),
    ("user/getbyname", "○●●", Read, true),
    ("user/getbyuid", "○●●", Read, true),
    ("user/multiGet", "●●●", Read, true),
    ("user/update", "●●●", Write, true),
    ("user/updatepassword", "●●●", Write, true),
    ("user/setmember", "K——", Write, true),
    ("friend/apply", "●●●", Write, true),
    ("friend/agree", "●●●", Write, true),
    ("friend/refuse", "●●●", Write, true),
    ("friend/remark", "●●●", Write, true),
    ("friend/delete", "●●●", Write, true),
    ("friend/update", "●●●", Write, true),
    ("friend/add", "K——", Write, true),
    ("friend/applylist", "●●●", Read, true),
    ("friend/getlist", "●●●", Read, true),
    ("friend/get_temp_list", "●●●", Read, true),
    ("friend/applycount", "●●●", Read, true),
    ("friend/applydetail", "●●●", Read, true),
    ("friend/open_temp", "○○○", Write, true),
    ("group/create", "●●●", Write, true),
    ("group/delete", "●●●", Write, true),
    ("group/memberadd", "●●●", Write, true),
    ("group/memberdel", "●●●", Write, true),
    ("group/join", "●●●", Write, true),
    ("group/remark", "●●●", Write, true),
    ("group/manager", "●●●", Write, true),
    ("group/forbiddenuser", "●●●", Write, true),
    ("group/forbiddenall", "●●●", Write, true),
    ("group/leave", "●●●", Write, true),
    ("group/memberupdate", "●●●", Write, true),
    ("group/ismanager", "●●●", Read, true),
    ("group/members", "●●●", Read, true),
    ("group/detail", "●●●", Read, true),
    ("group/update", "●●●", Write, true),
    ("group/forbiddengroup", "○○○", Write, true),
    ("group/chattinggroup", "○○○", Write, true),
    ("group/avatar", "○●●", Image, false),
    ("message/send", "●●●", Write, true),
    ("message/revoke", "●●●", Write, true),
    ("message/delete", "●●●", Write, true),
    ("message/updateLastReadTime", "●●●", Write, true),
    ("message/get", "●●●", Read, true),
    ("message/unreadcount", "●●●", Read, true),
    ("reply/get", "●●●", Read, true),
    ("reply/add", "●●●", Write, true),
    ("reply/update", "●●●", Write, true),
    ("reply/delete", "●●●", Write, true),
    ("upload/avatar", "●●●", Write, true),
    ("upload/img", "●●●", Write, true),
    ("upload/file", "●●●", Write, true),
    ("upload/groupavatar", "○○○", Write, true),
    ("qrcode/get", "●●●", Image, false),
    ("pop/get", "●●●", Read, true),
    ("pop/getsetting", "●●●", Read, false),
    ("pop/delchat", "●●●", Write, true),
    ("pop/setsetting", "K——", Write, true),
];
const FAMILIES: [&str; 3] = ["api", "web", "h5"];

/// Each action with its path in each family, and the mark of the family.
fn places() -> impl Iterator<Item = (String, char, Does, bool)> {
    ACTIONS.iter().flat_map(|&(action, marks, does, guarded)| {
        let families = FAMILIES.iter().zip(marks.chars());
        families.map(move |(family, mark)| (format!("/{family}/{action}"), mark, does, guarded))
    })
}

fn methods(does: Does) -> &'static [Method] {
    match does {
        Read => &[Method::GET, Method::POST],
        Write => &[Method::POST],
        Image => &[Method::GET],
    }
}

#[tokio::test]
async fn every_action_answers_in_its_families_and_nowhere_else() {
    let im = start().await;
    let tom = im.pop("tom").await;
    let key = im.key();
    for (path, mark, does, _) in places() {
        if path.ends_with("/logout") {
            continue; // which would end the session
        }
        for method in methods(does) {
            let reply = if path.starts_with("/api") {
                let who = form! { "login_uid": tom.uid };
                call(key.request(method.clone(), &path), method, &who).await
            } else {
                tom.copy().call(method.clone(), &path, form! {}).await
            };
            match mark {
                '—' => reply.unknown(),
                '●' | 'K' => {
                    let answered = reply.status == 200 && ![-1, 3, 404].contains(&reply.code());
                    assert!(answered, "{method} {path}: {} {}", reply.status, reply.body);
                }
                _ => assert!(reply.status < 500, "{method} {path}: {}", reply.body),
            }
        }
    }
}

#[tokio::test]
async fn without_a_credential_only_the_open_actions_answer() {
    let im = start().await;
    for (path, mark, does, guarded) in places() {
        if !['●', 'K'].contains(&mark) {
            continue;
        }
        for method in methods(does) {
            let reply = im.nobody(method.clone(), &path, form! {}).await;
            if guarded {
                println!("{method} {path}");
                reply.fails(-1, LOGIN);
            } else {
                assert!(reply.status == 200 && reply.code() != -1, "{method} {path}: {}", reply.body);
            }
        }
    }
}

#[tokio::test]
async fn an_action_for_server_keys_is_refused_to_sessions() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    let cases = [
        ("/api/user/add", form! { "username": "x", "nickname": "x", "password": PASSWORD }),
        ("/api/friend/add", form! { "friend_uid": jerry.uid }),
        ("/api/user/setmember", form! { "uid": tom.uid, "is_member": 1 }),
        ("/api/pop/setsetting", form! { "voice": "off" }),
    ];
    for (path, fields) in cases {
        tom.post(path, fields).await.fails(3, ILLEGAL);
    }
    assert_eq!(tom.overview().await["mine"]["is_member"], 0);
    assert_eq!(tom.get("friend/getlist", form! {}).await.ok(), serde_json::json!({}));
}

#[tokio::test]
async fn a_get_on_a_write_lacks_its_parameters_and_does_nothing() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    im.pals(&[&tom, &jerry]).await;
    // Whatever the writes read, it is there, in the wrong place.
    let fields = form! {
        "friend_uid": jerry.uid, "to": jerry.uid, "id": jerry.uid, "uid": jerry.uid, "gid": 1, "mid": 1, "nid": 1,
        "rid": 1, "type": "friend", "content": "hi", "ty": 1, "remark": "x", "state": "hidden", "nickname": "x",
        "username": "tom", "password": PASSWORD, "phone": "13800000000", "title": "x", "value": 1, "time": 1,
    };
    for (path, mark, does, _) in places() {
        if does != Write || mark != '●' || path.starts_with("/api") {
            continue;
        }
        println!("{path}");
        tom.get(&path, fields.clone()).await.fails(1, MISSING);
    }
    assert!(tom.with(&jerry).await.is_empty());
    assert_eq!(tom.overview().await["mine"]["nickname"], "Tom");
    assert_eq!(tom.get("friend/getlist", form! {}).await.ok()["J"][jerry.uid.to_string()]["name"], "Jerry");
}

/// Every parameter that any action reads.
const PARAMETERS: [&str; 44] = [
    "phone",
    "type",
    "captcha",
    "code",
    "username",
    "newpass",
    "nickname",
    "password",
    "sign",
    "avatar",
    "password1",
    "password2",
    "password_old",
    "title",
    "content",
    "keyword",
    "weights",
    "is_default",
    "is_show",
    "rid",
    "uid",
    "nid",
    "friend_uid",
    "postscript",
    "remark",
    "limit",
    "state",
    "last_read_time",
    "unread_count",
    "top",
    "members",
    "groupname",
    "gid",
    "index",
    "exclude",
    "pinyin",
    "simple",
    "at",
    "value",
    "time",
    "to",
    "quote_mid",
    "id",
    "mid",
];

#[tokio::test]
async fn whatever_an_action_is_given_it_answers_in_the_envelope() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    im.pals(&[&tom, &jerry]).await;
    let long = "长".repeat(500);
    let odd =
        ["", "x", "-1", "1", "9223372036854775807", "1'--", "[]", "{\"a\":1}", "\u{0}", "😀\r\n", &long];
    for (path, mark, does, _) in places() {
        if mark == '—' || does == Image || path.ends_with("/logout") {
            continue;
        }
        for value in odd {
            let mut fields: Form = PARAMETERS.map(|name| (name.into(), value.into())).to_vec();
            fields.push(("login_uid".into(), tom.uid.to_string()));
            let reply = if path.starts_with("/api") {
                im.key().post(&path, fields).await
            } else {
                tom.copy().post(&path, fields).await
            };
            assert!([200, 404].contains(&reply.status), "{path} {value:?}: {}", reply.body);
            reply.envelope(reply.status);
            assert_ne!(reply.code(), 500, "{path} {value:?}");
        }
        // A list where one value belongs, and an object.
        for body in [
            serde_json::json!([1, 2]),
            serde_json::json!({ "uid": {}, "gid": [1], "type": null, "to": true }),
        ] {
            let request = tom.copy().request(Method::POST, &path).json(&body);
            let reply = Reply(answer(request).await);
            assert!(reply.status < 500, "{path} {body}: {}", reply.body);
            reply.envelope(reply.status);
        }
    }
    assert_eq!(im.sign_in("jerry", PASSWORD).await.uid, jerry.uid, "and it still serves");
}

#[tokio::test]
async fn names_of_actions_have_no_case_and_may_end_in_a_slash() {
    let im = start().await;
    let tom = im.pop("tom").await;
    for path in ["/web/pop/get", "/web/POP/GET", "/web/pop/get/", "/h5/Pop/Get", "/api/pop/get/"] {
        assert_eq!(tom.get(path, form! {}).await.ok()["mine"]["uid"], tom.uid, "{path}");
    }
    for path in ["/web/user/multiGet", "/web/user/multiget", "/api/user/multiGet", "/h5/user/MULTIGET/"] {
        assert_eq!(tom.get(path, form! { "uid[]": tom.uid }).await.ok()[0]["uid"], tom.uid, "{path}");
    }
}

#[tokio::test]
async fn what_is_no_action_is_said_to_be_none() {
    let im = start().await;
    let tom = im.pop("tom").await;
    let paths = [
        "/web/friend/nothing",
        "/h5/nothing/get",
        "/web/pop/get/more",
        "/api/friend/nothing",
        "/h5/user/add",
        "/web",
        "/web/",
        "/h5",
        "/h5/",
        "/api/user",
        "/api/pop",
        "/api/pop/",
    ];
    for path in paths {
        for method in [Method::GET, Method::POST] {
            tom.call(method.clone(), path, form! {}).await.unknown();
            im.nobody(method, path, form! {}).await.unknown();
        }
    }
}
