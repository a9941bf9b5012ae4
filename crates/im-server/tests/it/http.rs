//! What holds for every route: envelopes, bodies, validation, tokens, CORS (egg.md §1, §2).
use crate::kit::*;
use reqwest::{Method, RequestBuilder, multipart::Form};
use serde_json::{Value, json};

const NO_TOKEN: &str = "您没有权限访问即时通讯接口";
const BAD_TOKEN: &str = "Token 令牌不合法！";
const SIGN_IN: &str = "您没有权限访问，请先注册或登录";
const OFTEN: &str = "操作过于频繁，请稍后再试";
const ZERO_UUID: &str = "00000000-0000-4000-8000-000000000000";

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers.get(name).map_or("", |value| value.to_str().unwrap())
}

/// A failure in the standard envelope, whatever its text.
#[track_caller]
fn is_failure(answer: &Answer, status: u16) {
    let Answer { body, .. } = answer;
    let keys: Vec<_> = body.as_object().map(|body| body.keys().collect()).unwrap_or_default();
    assert_eq!((answer.status, &body["msg"], keys.len()), (status, &json!("fail"), 2), "{body}");
    assert!(body["data"].as_str().is_some_and(|text| !text.is_empty()), "{body}");
}

#[tokio::test]
async fn a_preflight_needs_no_token_and_allows_what_is_asked() {
    let im = Im::start().await;
    let paths = [
        "/api/regChat",
        "/api/visitorRegister",
        "/api/chat/searchUser",
        "/api/chat/socket/sendmessage",
        "/api/chat/uploadAliyun",
        "/api/chat/grouplist/1",
        "/api/chat/nothing",
        "/api/nothing",
    ];
    for path in paths {
        for asked in ["token,x-security-sign,content-type", "token", "x-whatever"] {
            let request = im.request(Method::OPTIONS, path).header("Origin", "http://h5.example");
            let request = request.header("Access-Control-Request-Method", "POST");
            let got = answer(request.header("Access-Control-Request-Headers", asked)).await;
            assert!([200, 204].contains(&got.status), "{path}: {}", got.status);
            assert_eq!(header(&got, "access-control-allow-origin"), "*");
            let allowed = header(&got, "access-control-allow-headers").to_lowercase();
            let is_allowed = |name: &str| allowed.split(',').any(|header| header.trim() == name);
            assert!(asked.split(',').all(is_allowed), "{path} {asked}: {allowed}");
            let methods = header(&got, "access-control-allow-methods");
            for method in ["GET", "PUT", "POST", "DELETE", "PATCH"] {
                assert!(methods == "*" || methods.contains(method), "{path}: {methods}");
            }
        }
    }
}

#[tokio::test]
async fn every_answer_may_be_read_by_a_page_of_another_origin() {
    let im = Im::start().await;
    let (ann, vis) = (im.user("ann1").await, im.visitor(1).await);
    let unsigned = |method, path: &str| im.request(method, path);
    let large = "x".repeat(1_100_000);
    let cases: Vec<(RequestBuilder, u16)> = vec![
        (unsigned(Method::POST, "/api/chat/logout"), 400),
        (unsigned(Method::POST, "/api/regChat").json(&json!({})), 422),
        (unsigned(Method::POST, "/api/loginChat").header("Content-Type", "application/json").body("{"), 400),
        (unsigned(Method::POST, "/api/loginChat").json(&json!({ "username": large })), 413),
        (unsigned(Method::POST, "/api/visitorRegister").json(&json!({})), 400),
        (unsigned(Method::GET, "/api/nothing"), 404),
        (ann.request(Method::GET, "/api/chat/nothing"), 404),
        (ann.request(Method::GET, "/api/chat/groupinfo/9"), 400),
        (ann.request(Method::GET, "/api/chat/grouplist/1"), 200),
        (ann.request(Method::GET, "/api/chat/groupQrcode/1?chatType=single"), 200),
        (vis.request(Method::POST, "/api/chat/logout"), 400),
        (unsigned(Method::GET, "/public/icons/avatar.png"), 200),
        (unsigned(Method::GET, "/public/nothing.png"), 404),
    ];
    for (request, status) in cases {
        let got = answer(request.header("Origin", "http://h5.example")).await;
        assert_eq!((got.status, header(&got, "access-control-allow-origin")), (status, "*"), "{}", got.body);
    }
}

#[tokio::test]
async fn answers_are_json_in_utf_8() {
    let im = Im::start().await;
    let ann = im.user("ann1").await;
    let answers = [
        ann.get("/api/chat/grouplist/1").await,
        ann.get("/api/chat/groupinfo/9").await,
        ann.post("/api/chat/searchUser", json!({})).await,
        ann.post("/api/chat/askanswer/list", json!({})).await,
        ann.get("/api/chat/complaint/list").await,
        ann.get("/api/chat/nothing").await,
        im.get("/api/chat/grouplist/1").await,
    ];
    for got in answers {
        let kind = header(&got, "content-type").to_lowercase().replace(' ', "");
        assert_eq!(kind, "application/json;charset=utf-8", "{}", got.body);
        assert!(got.headers.get("set-cookie").is_none());
    }
}

#[tokio::test]
async fn a_body_may_be_json_or_a_form_of_either_kind() {
    let im = Im::start().await;
    let (ann, bob) = (im.user("ann1").await, im.user("bob1").await);
    let post = |path: &str| ann.request(Method::POST, path);
    let path = "/api/chat/searchUser";
    let bodies = [
        post(path).json(&json!({ "keyword": "bob" })),
        post(path).form(&[("keyword", "bob")]),
        post(path).multipart(Form::new().text("keyword", "bob")),
        post(path).header("Content-Type", "application/json; charset=UTF-8").body(r#"{"keyword":"bob"}"#),
        post(path).header("Content-Type", "APPLICATION/JSON").body(r#"{"keyword":"bob","further":{"a":[]}}"#),
        post(path)
            .header("Content-Type", "application/x-www-form-urlencoded;charset=utf-8")
            .body("keyword=b%6fb&x"),
        post(path).query(&[("keyword", "bob")]),
        post(path).query(&[("keyword", "bob")]).json(&json!({ "keyword": "" })),
        post(path).query(&[("keyword", "eve")]).json(&json!({ "keyword": "bob" })),
    ];
    for request in bodies {
        let found = answer(request).await.ok();
        assert_eq!((found.as_array().unwrap().len(), &found[0]["id"]), (1, &json!(bob.id)));
    }
    // Numbers and text are one, and so are a plus and a space where they should be.
    let set = "/api/chat/updateUserinfo";
    let long = "我是 安 + 😀";
    for request in [
        post(set).json(&json!({ "fieldname": "nickname", "fieldValue": long })),
        post(set).form(&[("fieldname", "nickname"), ("fieldValue", long)]),
        post(set).multipart(Form::new().text("fieldname", "nickname").text("fieldValue", long)),
    ] {
        answer(request).await.ok();
        assert_eq!(im.get(&format!("/api/userinfo/{}", ann.uuid)).await.ok()["nickname"], long);
    }
    for value in [json!(12), json!("12"), json!(1.5), json!(true)] {
        ann.post(set, json!({ "fieldname": "nickname", "fieldValue": value })).await.ok();
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        assert_eq!(im.get(&format!("/api/userinfo/{}", ann.uuid)).await.ok()["nickname"], text);
    }
    // No body at all is a body without fields.
    let nothing = "/api/chat/chatGetmessageOffLine";
    let empty = [
        post(nothing),
        post(nothing).json(&json!({})),
        post(nothing).body(""),
        post(nothing).form(&[("", "")]),
        post(nothing).header("Content-Type", "application/json").body(""),
        post(nothing).header("Content-Type", "application/x-www-form-urlencoded").body(""),
        post(nothing).header("Content-Type", "text/plain").body("whatever"),
    ];
    for request in empty {
        assert_eq!(answer(request).await.ok(), json!("ok"));
    }
}

#[tokio::test]
async fn a_parameter_is_taken_from_the_path_first() {
    let im = Im::start().await;
    let (ann, bob) = (im.user("ann1").await, im.user("bob1").await);
    im.befriend(&ann, &bob).await;
    let path = format!("/api/chat/ismygoodfriend/{}?id=999998", bob.id);
    assert_eq!(ann.post(&path, json!({ "id": 999_999 })).await.ok()["friend_id"], bob.id);
    // A GET looks into its query.
    let path = "/api/chat/grouplist/1?page=999&limit=1";
    im.group(&ann, &[&bob]).await;
    assert_eq!(ann.get(path).await.ok().as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_first_parameter_that_fails_is_named() {
    let im = Im::start().await;
    let ann = im.user("ann1").await;
    let (long, range) = ("a".repeat(51), "我申请添加的好友id 的数值 必须 在 1 和 10000000000000000 之间");
    let names = "账号 的长度 必须 在 4 和 20 之间";
    let no_int = |value: &str| format!("我申请添加的好友id 的值 `{value}` 的类型不是 `int`");
    // route, body, text; "" for one that is not refused by validation
    let cases: Vec<(&str, Value, String)> = vec![
        ("/api/regChat", json!({}), "账号不能为空".into()),
        // Null is text like any other: four letters, so the next one is asked for.
        ("/api/regChat", json!({ "username": null }), "密码不能为空".into()),
        ("/api/regChat", json!({ "password": "1" }), "账号不能为空".into()),
        ("/api/regChat", json!({ "username": "abc", "password": "1" }), names.into()),
        (
            "/api/regChat",
            json!({ "username": "abcd", "password": "1" }),
            "密码 的长度 必须 在 6 和 20 之间".into(),
        ),
        ("/api/chat/applyfriend", json!({}), "我申请添加的好友id不能为空".into()),
        ("/api/chat/applyfriend", json!({ "friend_id": "" }), "我申请添加的好友id不能为空".into()),
        ("/api/chat/applyfriend", json!({ "friend_id": 0 }), range.into()),
        ("/api/chat/applyfriend", json!({ "friend_id": "-7" }), range.into()),
        ("/api/chat/applyfriend", json!({ "friend_id": "99999999999999999" }), range.into()),
        ("/api/chat/applyfriend", json!({ "friend_id": "9".repeat(40) }), range.into()),
        ("/api/chat/applyfriend", json!({ "friend_id": "1.5" }), no_int("1.5")),
        ("/api/chat/applyfriend", json!({ "friend_id": 1.5 }), no_int("1.5")),
        ("/api/chat/applyfriend", json!({ "friend_id": "1e3" }), no_int("1e3")),
        ("/api/chat/applyfriend", json!({ "friend_id": "abc" }), no_int("abc")),
        ("/api/chat/applyfriend", json!({ "friend_id": " 1" }), no_int(" 1")),
        ("/api/chat/applyfriend", json!({ "friend_id": true }), no_int("true")),
        ("/api/chat/applyfriend", json!({ "friend_id": "+999999", "nickname": long }), String::new()),
        ("/api/chat/searchUser", json!({ "keyword": long }), "搜索关键词 的长度 必须 在 1 和 50 之间".into()),
        ("/api/chat/userset", json!({ "userset": "1" }), "用户设置 的长度 必须 在 2 和 10000000 之间".into()),
        (
            "/api/chat/groupAddUserSet",
            json!({ "group_id": 1, "addGroupSet": 11 }),
            "进群设置属性值 的数值 必须 大于等于 `0` 小于等于 `10`".into(),
        ),
        (
            "/api/chat/handleapply/1",
            json!({ "status": "x" }),
            "处理状态 的值 `x` 必须在 [`pending`、`refuse`、`agree`、`ignore`] 中".into(),
        ),
        ("/api/chat/handleapply/x", json!({ "status": "x" }), "申请表的id 的值 `x` 的类型不是 `int`".into()),
    ];
    for (path, body, text) in cases {
        let got = ann.post(path, body.clone()).await;
        if text.is_empty() { got.fails(400, "添加的好友不存在") } else { got.fails(422, &text) }
    }
}

#[tokio::test]
async fn lengths_are_counted_in_characters() {
    let im = Im::start().await;
    let ann = im.user("ann1").await;
    let set = |value: String| {
        let ann = ann.clone();
        async move { ann.post("/api/chat/searchUser", json!({ "keyword": value })).await }
    };
    set("群".repeat(50)).await.ok();
    set("群".repeat(51)).await.fails(422, "搜索关键词 的长度 必须 在 1 和 50 之间");
    // Two of the reference's units make one of these; either count is right.
    set("😀".repeat(25)).await.ok();
    set("😀".repeat(51)).await.fails(422, "搜索关键词 的长度 必须 在 1 和 50 之间");
}

#[tokio::test]
async fn a_body_that_is_none_is_refused_in_the_envelope() {
    let im = Im::start().await;
    let deep = "[".repeat(100_000);
    let bodies: [&[u8]; 9] = [
        b"{",
        b"{\"username\":",
        b"{'username':1}",
        b"nonsense",
        b"{\"username\":\"a\"}}",
        b"\xff\xfe",
        b"{\"a\":\"\xff\"}",
        b"{\"username\":NaN}",
        deep.as_bytes(),
    ];
    for body in bodies {
        let request = im.request(Method::POST, "/api/loginChat").header("Content-Type", "application/json");
        is_failure(&answer(request.body(body.to_vec())).await, 400);
    }
    // JSON that is no object has no fields.
    for body in ["[]", "[1]", "\"x\"", "1", "null", "true"] {
        let request = im.request(Method::POST, "/api/loginChat").header("Content-Type", "application/json");
        let got = answer(request.body(body)).await;
        assert!([400, 422].contains(&got.status) && got.body["data"].is_string(), "{body}: {}", got.body);
    }
    // A form is never malformed.
    for body in ["%", "%zz=1", "&&&", "=", "a[b[c=1", "username=%ff%fe", "a[9999999999]=1", "username[x]=1"] {
        let request = im.request(Method::POST, "/api/loginChat");
        let request = request.header("Content-Type", "application/x-www-form-urlencoded").body(body);
        let got = answer(request).await;
        assert!([400, 422].contains(&got.status) && got.body["data"].is_string(), "{body}: {}", got.body);
    }
}

#[tokio::test]
async fn a_body_has_a_megabyte() {
    let im = Im::start().await;
    im.user("ann1").await;
    let body = |size: usize| json!({ "username": "ann1", "password": "123456", "padding": "x".repeat(size) });
    im.post("/api/loginChat", body(1_000_000)).await.ok();
    is_failure(&im.post("/api/loginChat", body(1_100_000)).await, 413);
    let large = "x".repeat(1_100_000);
    is_failure(&answer(im.request(Method::POST, "/api/loginChat").form(&[("username", &large)])).await, 413);
    let ann = Person::new(&im, im.post("/api/loginChat", body(0)).await.ok());
    is_failure(&ann.post("/api/chat/searchUser", body(1_100_000)).await, 413);
}

#[tokio::test]
async fn an_unknown_route_is_told_so() {
    let im = Im::start().await;
    let ann = im.user("ann1").await;
    let nothing = "404 错误";
    for path in ["/api/nothing", "/api", "/api/", "/api/regChat/x", "/api/userinfo", "/api/userinfo/"] {
        im.get(path).await.fails(404, nothing);
        im.post(path, json!({})).await.fails(404, nothing);
    }
    let paths =
        ["/api/chat", "/api/chat/", "/api/chat/nothing", "/api/chat/grouplist", "/api/chat/groupinfo/1/2"];
    for path in paths {
        ann.get(path).await.fails(404, nothing);
        // Without a token it is either that or the token that is missed.
        let got = im.get(path).await;
        assert!(
            [(400, NO_TOKEN), (404, nothing)].contains(&(got.status, got.body["data"].as_str().unwrap())),
            "{path}"
        );
    }
    // A route with another method is no route, and does nothing.
    let other = [
        (Method::GET, "/api/regChat?username=bob1&password=123456"),
        (Method::GET, "/api/chat/logout"),
        (Method::PUT, "/api/chat/logout"),
        (Method::DELETE, "/api/chat/logout"),
        (Method::POST, "/api/chat/grouplist/1"),
    ];
    for (method, path) in other {
        let got = answer(ann.request(method.clone(), path)).await;
        assert!([404, 405].contains(&got.status), "{method} {path}: {}", got.status);
        is_failure(&got, got.status);
    }
    ann.get("/api/chat/grouplist/1").await.ok();
    im.user("bob1").await;
}

#[tokio::test]
async fn a_token_is_read_from_the_header_then_the_query_then_the_body() {
    let im = Im::start().await;
    let ann = im.user("ann1").await;
    let (get, post) = (Method::GET, Method::POST);
    let (list, search) = ("/api/chat/grouplist/1", "/api/chat/searchUser");
    let token = ann.token.as_str();
    let request = |method: &Method, path: &str| im.request(method.clone(), path);
    let body = json!({ "token": token, "keyword": "x" });
    // request, text of the failure
    let cases = [
        (request(&get, list).header("token", token), ""),
        (request(&get, list).header("Token", token), ""),
        (request(&get, list).query(&[("token", token)]), ""),
        (request(&get, list).header("token", "").query(&[("token", token)]), ""),
        (request(&post, search).json(&body), ""),
        (request(&post, search).form(&[("token", token), ("keyword", "x")]), ""),
        (request(&post, search).header("token", "").json(&body), ""),
        (request(&post, search).header("token", token).json(&json!({ "token": "bad", "keyword": "x" })), ""),
        (request(&get, list).header("token", "bad").query(&[("token", token)]), BAD_TOKEN),
        (request(&post, search).header("token", "bad").json(&body), BAD_TOKEN),
        (request(&get, list).query(&[("token", "bad")]), BAD_TOKEN),
        (request(&post, search).json(&json!({ "token": "bad", "keyword": "x" })), BAD_TOKEN),
        (request(&get, list), NO_TOKEN),
        (request(&get, list).header("token", ""), NO_TOKEN),
        (request(&get, list).query(&[("token", "")]), NO_TOKEN),
        (request(&get, list).header("Authorization", format!("Bearer {token}")), NO_TOKEN),
        (request(&get, list).header("Cookie", format!("token={token}")), NO_TOKEN),
        (request(&post, search).json(&json!({ "token": "" })), NO_TOKEN),
    ];
    for (request, text) in cases {
        let got = answer(request).await;
        if text.is_empty() { drop(got.ok()) } else { got.fails(400, text) }
    }
}

#[tokio::test]
async fn a_token_that_is_not_ours_is_refused_before_anything_else() {
    let im = Im::start().await;
    let ann = im.user("ann1").await;
    let mut tampered = ann.token.clone().into_bytes();
    tampered[7] = if tampered[7] == b'a' { b'b' } else { b'a' };
    // {"alg":"none"} and the payload of the published samples, with and without a signature.
    let none = "eyJhbGciOiJub25lIn0.eyJpZCI6MSwidXNlcm5hbWUiOiJhbm4xIiwicm9sZSI6InVzZXIifQ.";
    let signed = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpZCI6MSwiaWF0IjoxNzUyMzc4ODgwfQ.HF-f4FirC8v3hfhGU2z9MB8NWOnNuILTOiVgrGZWVcI";
    let tokens = [
        String::from_utf8(tampered).unwrap(),
        ann.token[1..].to_owned(),
        format!("{}A", ann.token),
        ann.token.to_uppercase(),
        "A".repeat(43),
        "A".repeat(4_000),
        none.to_owned(),
        signed.to_owned(),
        "undefined".into(),
        "null".into(),
        "' or 1=1 --".into(),
        "%00".into(),
    ];
    for token in tokens {
        for (method, path) in [(Method::GET, "/api/chat/groupinfo/x"), (Method::POST, "/api/chat/searchUser")]
        {
            answer(im.request(method, path).header("token", &token)).await.fails(400, BAD_TOKEN);
        }
    }
    im.get("/api/chat/groupinfo/x").await.fails(400, NO_TOKEN);
}

/// Every route that needs a token, and whether a visitor may call it (§2.6).
const ROUTES: [(&str, &str, bool); 48] = [
    ("POST", "socket/sendmessage", true),
    ("POST", "chatGetmessageOffLine", true),
    ("GET", "grouplist/1", true),
    ("GET", "grouplist/1&limit=3", true),
    ("GET", "groupinfo/1", true),
    ("POST", "groupnickname", true),
    ("POST", "groupDeleteOrQuit", true),
    ("GET", "groupQrcode/1", true),
    ("POST", "uploadStreamSingleToServerDiy/chatImgs", true),
    ("POST", "uploadAliyun", true),
    ("POST", "getVideoScreenshot", true),
    ("POST", "revokeMessage", true),
    ("POST", "updateUserinfo", true),
    ("POST", "groupInviteUser", true),
    ("POST", "getUserSetInfo", true),
    ("POST", "autoAddFriendAndAgree", true),
    ("POST", "applyfriend", true),
    ("POST", "userset", true),
    ("POST", "ismygoodfriend/1", true),
    ("POST", "deletegoodfriend/1", true),
    ("POST", "logout", false),
    ("POST", "searchUser", false),
    ("GET", "listapplyfriend/1", false),
    ("POST", "handleapply/1", false),
    ("GET", "goodfriendlist/1", false),
    ("GET", "getgoodfriendinfo/1", false),
    ("POST", "setblackgoodfriend/1", false),
    ("POST", "setstargoodfriend/1", false),
    ("POST", "setmeOrfriendCanSee/1", false),
    ("POST", "isApplyfriend/00000000-0000-4000-8000-000000000000", false),
    ("POST", "group/create", false),
    ("POST", "groupUpdateName", false),
    ("POST", "groupremark", false),
    ("POST", "groupDeleteUser", false),
    ("POST", "groupAddUserSet", false),
    ("POST", "groupAgreeOrNo", false),
    ("POST", "setPassword", false),
    ("POST", "askanswer/create", false),
    ("POST", "askanswer/update", false),
    ("POST", "askanswer/delete", false),
    ("POST", "askanswer/list", false),
    ("POST", "askanswer/detail", false),
    ("POST", "askanswer/search", false),
    ("POST", "complaint/create", false),
    ("GET", "complaint/list", false),
    ("GET", "complaint/detail/1", false),
    ("POST", "complaint/update/1", false),
    ("POST", "complaint/delete/1", false),
];

/// Those of [`ROUTES`] that an installation may close to visitors.
const BEFRIENDING: [&str; 4] = ["applyfriend", "userset", "ismygoodfriend/1", "deletegoodfriend/1"];

async fn bare(who: &Person, method: &str, route: &str) -> Answer {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    answer(who.request(method, &format!("/api/chat/{route}"))).await
}

#[tokio::test]
async fn a_visitor_may_call_the_routes_on_the_list_and_no_others() {
    let im = Im::start().await;
    let (ann, vis) = (im.user("ann1").await, im.visitor(1).await);
    for (method, route, may) in ROUTES {
        let got = bare(&vis, method, route).await;
        if may {
            assert_ne!(got.body["data"], SIGN_IN, "{route}")
        } else {
            got.fails(400, SIGN_IN)
        }
        assert_ne!(got.status, 404, "{route}");
        // Everybody needs a token, and none of it is closed to a user.
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        answer(im.request(method.clone(), &format!("/api/chat/{route}"))).await.fails(400, NO_TOKEN);
        if route != "logout" {
            assert_ne!(bare(&ann, method.as_str(), route).await.body["data"], SIGN_IN, "{route}");
        }
    }
    // The routes are meant exactly: nothing opens by its beginning.
    for route in
        ["usersetX", "userset/x", "groupinfoX/1", "groupinfo/1/2", "uploadAliyun/x", "socket/sendmessageX"]
    {
        let got = bare(&vis, "POST", route).await;
        assert!([400, 404].contains(&got.status), "{route}: {}", got.body);
        is_failure(&got, got.status);
    }
}

#[tokio::test]
async fn an_installation_may_keep_visitors_from_making_friends() {
    let im = Im::with(|settings| settings.egg.visitor_may_befriend = false).await;
    let (ann, vis) = (im.user("ann1").await, im.visitor(1).await);
    for (method, route, may) in ROUTES {
        let got = bare(&vis, method, route).await;
        let may = may && !BEFRIENDING.contains(&route);
        if may {
            assert_ne!(got.body["data"], SIGN_IN, "{route}")
        } else {
            got.fails(400, SIGN_IN)
        }
        if BEFRIENDING.contains(&route) {
            assert_ne!(bare(&ann, method, route).await.body["data"], SIGN_IN, "{route}");
        }
    }
}

#[tokio::test]
async fn the_public_routes_need_no_token_and_ignore_a_wrong_one() {
    let im = Im::start().await;
    im.user("ann1").await;
    let names = json!({ "username": "ann1", "password": "123456" });
    let call = |path: &str, body: &Value| {
        let request = im.request(Method::POST, path).header("token", "bad").json(body);
        async move { answer(request).await }
    };
    call("/api/loginChat", &names).await.ok();
    call("/api/regChat", &json!({ "username": "bob1", "password": "123456" })).await.ok();
    for path in ["/api/visitorRegister", "/api/visitorregChat", "/api/visitorloginChat"] {
        call(path, &names).await.fails(400, "非法访问");
    }
    let profile = im.request(Method::GET, &format!("/api/userinfo/{ZERO_UUID}")).header("token", "bad");
    assert_eq!(answer(profile).await.ok(), json!(null));
}

#[tokio::test]
async fn who_does_too_much_is_slowed_down() {
    let im = Im::with(|settings| {
        let limits = &mut settings.limits;
        limits.enabled = true;
        (limits.ask_per_minute, limits.lookup_per_minute, limits.upload_per_minute) = (3, 3, 3);
        limits.search_per_minute = 3;
        limits.register_per_address_hour = 2;
    })
    .await;
    let (ann, bob) = (im.user("ann1").await, im.user("bob1").await);
    let names = json!({ "username": "carol", "password": "123456" });
    im.post("/api/regChat", names.clone()).await.fails(400, OFTEN);
    // One of each kind of limit; each answers something else until it is reached.
    let limited = [
        ("applyfriend", json!({ "friend_id": 999_999 })),
        ("searchUser", json!({ "keyword": "x" })),
        ("uploadStreamSingleToServerDiy/chatImgs", json!({})),
    ];
    for (route, body) in limited {
        let path = format!("/api/chat/{route}");
        if route.starts_with("upload") {
            for n in 0..4 {
                let part = reqwest::multipart::Part::bytes(b"x".to_vec()).file_name("a.txt");
                let got =
                    answer(ann.request(Method::POST, &path).multipart(Form::new().part("file", part))).await;
                if n < 3 { drop(got.ok()) } else { got.fails(400, OFTEN) }
            }
            continue;
        }
        for _ in 0..3 {
            assert_ne!(ann.post(&path, body.clone()).await.body["data"], OFTEN, "{route}");
        }
        ann.post(&path, body.clone()).await.fails(400, OFTEN);
        assert_ne!(bob.post(&path, body.clone()).await.body["data"], OFTEN, "{route}");
        im.pass(60_000);
        assert_ne!(ann.post(&path, body).await.body["data"], OFTEN, "{route}");
    }
    im.pass(60 * 60_000);
    im.post("/api/regChat", names).await.ok();
}

#[tokio::test]
async fn an_operator_sees_how_the_server_is() {
    let im = Im::start().await;
    im.user("ann1").await;
    for path in ["/healthz", "/readyz"] {
        assert_eq!(im.get(path).await.status, 200, "{path}");
    }
    // What the whole world asks comes through a proxy, and is not answered.
    let request = im.request(Method::GET, "/metrics").header("X-Forwarded-For", "198.51.100.1");
    assert_eq!(answer(request).await.status, 403);
    let metrics = im.get("/metrics").await;
    assert_eq!(metrics.status, 200);
    let text = String::from_utf8(metrics.bytes).unwrap();
    assert!(text.lines().any(|line| line.starts_with("hongyan_")), "{text}");
    assert!(!text.contains("ann1"), "{text}");
}

#[tokio::test]
async fn a_failure_of_the_database_tells_nobody_why() {
    let im = Im::start().await;
    let (ann, bob) = (im.user("ann1").await, im.user("bob1").await);
    let group = im.group(&ann, &[&bob]).await;
    let names = json!({ "username": "ann1", "password": "123456" });
    let complaint = json!({ "target_id": 1, "target_type": "group", "reason": "x" });
    let answers = json!({ "type": "single", "userId": ann.id, "create_userId": ann.id, "ask": "x", "answer": "x", "id": 1 });
    let (internal, system) = ("Internal Server Error", "系统异常，请稍后再试");
    let fail = |text: &str| json!({ "msg": "fail", "data": text });
    let said = |text: &str| json!({ "msg": text, "data": {} });
    // what breaks, and then: route, body (none: GET), status, answer
    let cases = [
        ("drop table complaint", "complaint/list", json!(null), 400, said("获取失败")),
        ("", "complaint/detail/1", json!(null), 400, said("获取失败")),
        ("", "complaint/create", complaint, 400, said("投诉提交失败")),
        ("", "complaint/update/1", json!({}), 400, said("更新失败")),
        ("", "complaint/delete/1", json!({}), 400, said("删除失败")),
        (
            "drop table answer",
            "askanswer/list",
            answers.clone(),
            200,
            json!({ "code": 500, "msg": "服务器错误" }),
        ),
        ("", "askanswer/detail", answers.clone(), 200, json!({ "code": 500, "msg": "服务器错误" })),
        ("", "askanswer/search", answers, 200, json!({ "code": 500, "msg": "服务器错误" })),
        ("drop table friend_request", "listapplyfriend/1", json!(null), 500, fail(internal)),
        ("", "applyfriend", json!({ "friend_id": bob.id }), 500, fail(internal)),
        ("", "handleapply/1", json!({ "status": "agree" }), 400, fail(system)),
        ("", "autoAddFriendAndAgree", json!({ "friend_id": bob.id }), 400, fail(system)),
        ("drop table chat_group", "groupremark", json!({ "id": group, "remark": "x" }), 500, fail(internal)),
        ("", &format!("groupinfo/{group}"), json!(null), 500, fail(internal)),
        ("drop table session", "../loginChat", names.clone(), 400, fail("登录失败")),
        ("", "../regChat", json!({ "username": "carol", "password": "123456" }), 400, fail("登录失败")),
    ];
    let mut wrong = Vec::new();
    for (breaks, route, body, status, said) in cases {
        if !breaks.is_empty() {
            let unit = im.app().db.write::<u64, im_db::Error, _>(move |tx| Box::pin(tx.run(breaks, &[])));
            unit.await.unwrap();
        }
        let path = match route.strip_prefix("../") {
            Some(open) => format!("/api/{open}"),
            None => format!("/api/chat/{route}"),
        };
        let got = if body.is_null() { ann.get(&path).await } else { ann.post(&path, body).await };
        if (got.status, &got.body) != (status, &said) {
            wrong.push(format!("{route}: {} {}", got.status, got.body));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn odd_characters_break_nothing() {
    let im = Im::start().await;
    let (ann, bob) = (im.user("ann1").await, im.user("bob1").await);
    let group = im.group(&ann, &[&bob]).await;
    let odd = "a\0b\u{202e}\u{feff}\u{1f469}\u{200d}\u{1f52c}'\"\\%_$1";
    let content = json!({ "data": odd, "dataType": false, "otherData": { odd: odd } });
    let message = |to: i64, kind: &str| json!({ "sendto_id": to, "chatType": kind, "type": odd, "data": content, "options": { odd: odd } });
    let revoke = json!({
        "to_id": bob.id, "to_name": odd, "to_avatar": format!("/avatar/{odd}"), "id": odd, "chatType": "single",
        "create_time": im.now(),
    });
    let complaint = json!({
        "target_id": 1, "target_type": "single", "reason": odd, "target_name": odd, "content": odd, "images": [odd],
        "complaint_chatinfo": [{ odd: odd }],
    });
    let cases = [
        ("regChat", json!({ "username": odd, "password": odd })),
        ("loginChat", json!({ "username": odd, "password": odd })),
        ("chat/searchUser", json!({ "keyword": odd })),
        ("chat/applyfriend", json!({ "friend_id": bob.id, "nickname": odd })),
        ("chat/userset", json!({ "userset": { odd: odd } })),
        ("chat/updateUserinfo", json!({ "fieldname": "nickname", "fieldValue": odd })),
        ("chat/updateUserinfo", json!({ "fieldname": "avatar", "fieldValue": odd })),
        ("chat/updateUserinfo", json!({ "fieldname": odd, "fieldValue": odd })),
        ("chat/socket/sendmessage", message(bob.id, "single")),
        ("chat/socket/sendmessage", message(group, "group")),
        ("chat/groupUpdateName", json!({ "id": group, "name": odd })),
        ("chat/groupremark", json!({ "id": group, "remark": odd })),
        ("chat/groupnickname", json!({ "id": group, "nickname": odd })),
        ("chat/revokeMessage", revoke),
        ("chat/getVideoScreenshot", json!({ "videoUrl": odd, "time": odd, "format": odd })),
        ("chat/setPassword", json!({ "oldpassword": odd, "newpassword": odd, "checknewpassword": odd })),
        (
            "chat/askanswer/create",
            json!({ "ask": odd, "answer": odd, "type": "single", "create_userId": ann.id }),
        ),
        ("chat/askanswer/search", json!({ "ask": odd, "type": "single", "create_userId": ann.id })),
        ("chat/complaint/create", complaint),
    ];
    for (route, body) in cases {
        let got = ann.post(&format!("/api/{route}"), body).await;
        assert!([200, 400, 422].contains(&got.status), "{route}: {} {}", got.status, got.body);
        assert_ne!(got.body["code"], 500, "{route}: {}", got.body);
    }
    let lists = ["grouplist/1", "goodfriendlist/1", "complaint/list", &format!("groupinfo/{group}")];
    for route in lists {
        assert_eq!(bob.get(&format!("/api/chat/{route}")).await.status, 200, "{route}");
    }
    for path in
        ["/api/userinfo/%ff", "/api/userinfo/%00", "/api/chat/groupinfo/%ff", "/api/chat/grouplist/%26%3d"]
    {
        let got = ann.get(path).await;
        assert!((400..500).contains(&got.status), "{path}: {}", got.status);
        is_failure(&got, got.status);
    }
}
