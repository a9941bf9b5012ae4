//! Beyond the seed: passwords, stored answers, complaints (egg.md §4 #41–#52).
use crate::{kit::*, shape};
use reqwest::Method;
use serde_json::{Value, json};

const PASSWORD: &str = "/api/chat/setPassword";
const INCOMPLETE: &str = "参数不完整";
const NO_ANSWER: &str = "问答不存在";
const NO_COMPLAINT: &str = "投诉记录不存在";

async fn login(im: &Im, name: &str, password: &str) -> Answer {
    im.post("/api/loginChat", json!({ "username": name, "password": password })).await
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions() {
    let im = Im::with(|settings| settings.chat.sessions_per_user = 3).await;
    let ann = im.user("ann1").await;
    let other = Person::new(&im, login(&im, "ann1", "123456").await.ok());
    let body = json!({ "oldpassword": "123456", "newpassword": "654321", "checknewpassword": "654321" });
    assert_eq!(ann.post(PASSWORD, body).await.ok(), json!("修改密码成功"));
    other.get("/api/chat/grouplist/1").await.fails(400, "Token 令牌不合法！");
    ann.get("/api/chat/grouplist/1").await.ok();
    login(&im, "ann1", "123456").await.fails(400, "账户或密码错误");
    login(&im, "ann1", "654321").await.ok();
}

#[tokio::test]
async fn a_password_is_changed_by_who_knows_it() {
    let im = Im::start().await;
    let (ann, vis) = (im.user("ann1").await, im.visitor(1).await);
    let body = |old: &str, new: &str, again: &str| json!({ "oldpassword": old, "newpassword": new, "checknewpassword": again });
    let length = "新密码 的长度 必须 在 6 和 20 之间";
    let (long, differ) = ("a".repeat(21), "新密码与确认新密码不一致");
    let cases = [
        (body("", "", ""), 422, "原始密码不能为空"),
        (body("123456", "", ""), 422, "新密码不能为空"),
        (body("123456", "654321", ""), 422, "确认新密码不能为空"),
        (body("123456", "12345", "12345"), 422, length),
        (body("123456", &long, &long), 422, length),
        (body("123456", "654321", "654322"), 400, differ),
        (body("1234567", "654321", "654322"), 400, differ),
        (body("1234567", "654321", "654321"), 400, "原始密码错误，无法修改密码"),
    ];
    for (body, status, text) in cases {
        ann.post(PASSWORD, body).await.fails(status, text);
    }
    login(&im, "ann1", "123456").await.ok();
    vis.post(PASSWORD, body("123456", "654321", "654321")).await.fails(400, "您没有权限访问，请先注册或登录");
}

/// Calls one of the routes of questions and answers, which always answer with status 200.
async fn answers(who: &Person, operation: &str, body: &Value) -> Value {
    let got = who.post(&format!("/api/chat/askanswer/{operation}"), body.clone()).await;
    assert_eq!(got.status, 200, "{operation} {body}: {}", got.body);
    got.body
}

fn record(who: &Person, ask: &str, answer: &str) -> Value {
    json!({ "ask": ask, "answer": answer, "type": "single", "create_userId": who.id })
}

#[tokio::test]
async fn stored_answers_are_kept_newest_first() {
    let im = Im::start().await;
    let ann = im.user("ann1").await;
    let mine = json!({ "type": "single", "userId": ann.id });
    assert_eq!(answers(&ann, "list", &mine).await, json!({ "code": 200, "msg": "获取成功", "data": [] }));
    for (ask, answer) in [("怎么退货", "七天内"), ("几点开门", "九点")] {
        let made = answers(&ann, "create", &record(&ann, ask, answer)).await;
        assert_eq!((&made["code"], &made["msg"]), (&json!(200), &json!("问答创建成功")));
        im.pass(1_000);
    }
    // The same question again replaces its answer.
    let again = answers(&ann, "create", &record(&ann, "怎么退货", "十天内")).await;
    assert_eq!((&again["code"], &again["msg"]), (&json!(200), &json!("问答已更新")));
    let list = answers(&ann, "list", &mine).await;
    let sample = json!({
        "id": 1, "ask": "", "answer": "", "type": "single", "create_userId": 6, "create_time": 1, "update_time": 1,
        "likeCount": 0, "liked": false,
    });
    shape::same(&list, &json!({ "code": 200, "msg": "", "data": [sample] }));
    let found: Vec<_> =
        list["data"].as_array().unwrap().iter().map(|r| json!([r["ask"], r["answer"]])).collect();
    assert_eq!(json!(found), json!([["几点开门", "九点"], ["怎么退货", "十天内"]]));
    let older = &list["data"][1];
    assert_eq!((&older["create_userId"], &older["type"]), (&json!(ann.id), &json!("single")));
    assert_eq!(older["update_time"].as_i64().unwrap() - older["create_time"].as_i64().unwrap(), 2_000);

    // Numbers may come as text, and the body as a form.
    let id = older["id"].clone();
    for id in [id.clone(), json!(id.to_string())] {
        let detail =
            answers(&ann, "detail", &json!({ "id": id, "type": "single", "create_userId": ann.id })).await;
        assert_eq!(detail, json!({ "code": 200, "msg": "获取成功", "data": older }));
    }
    let (number, owner) = (id.to_string(), ann.id.to_string());
    let fields = [
        ("id", number.as_str()),
        ("ask", "退货"),
        ("answer", "不行"),
        ("type", "single"),
        ("create_userId", &owner),
    ];
    let updated = ann.form("/api/chat/askanswer/update", &fields).await;
    assert_eq!(
        (updated.status, &updated.body["code"], &updated.body["msg"]),
        (200, &json!(200), &json!("更新成功"))
    );
    let detail = answers(&ann, "detail", &json!({ "id": id })).await;
    assert_eq!((&detail["data"]["ask"], &detail["data"]["answer"]), (&json!("退货"), &json!("不行")));
    let deleted = answers(&ann, "delete", &json!({ "id": id })).await;
    assert_eq!((&deleted["code"], &deleted["msg"]), (&json!(200), &json!("删除成功")));
    assert_eq!(answers(&ann, "list", &mine).await["data"].as_array().unwrap().len(), 1);
    // Answers for groups are another list.
    let mut of_groups = record(&ann, "群问", "群答");
    of_groups["type"] = json!("group");
    assert_eq!(answers(&ann, "create", &of_groups).await["code"], 200);
    assert_eq!(answers(&ann, "list", &mine).await["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn stored_answers_are_their_owners() {
    let im = Im::start().await;
    let (ann, eve) = (im.user("ann1").await, im.user("eve1").await);
    answers(&ann, "create", &record(&ann, "问", "答")).await;
    let mine = json!({ "type": "single", "userId": ann.id });
    let id = answers(&ann, "list", &mine).await["data"][0]["id"].clone();
    let with = |changes: Value| {
        let mut body = record(&ann, "问", "新");
        body["id"] = id.clone();
        for (key, value) in changes.as_object().unwrap() {
            body[key] = value.clone();
        }
        body
    };
    // A stranger's call is refused, in whosever name.
    for owner in [ann.id, eve.id] {
        for operation in ["update", "delete", "detail"] {
            let got = answers(&eve, operation, &with(json!({ "create_userId": owner }))).await;
            assert!([json!(400), json!(404)].contains(&got["code"]), "{operation}: {got}");
        }
    }
    for (operation, body) in [("create", record(&ann, "问", "偷")), ("list", mine.clone())] {
        let got = answers(&eve, operation, &body).await;
        assert!([json!(400), json!(404)].contains(&got["code"]), "{operation}: {got}");
        assert!(got.get("data").is_none_or(|data| !data.to_string().contains('答')), "{got}");
    }
    assert_eq!(answers(&ann, "list", &mine).await["data"][0]["answer"], "答");
    // What is not there, or not all there.
    let gone = json!({ "id": 1 });
    let (missing, empty) = (json!({}), json!({ "ask": "" }));
    let cases = [
        ("create", with(json!({ "ask": "" })), 400, INCOMPLETE),
        ("create", with(json!({ "answer": "" })), 400, INCOMPLETE),
        ("create", with(json!({ "type": "" })), 400, INCOMPLETE),
        ("create", with(json!({ "type": "../../x" })), 400, INCOMPLETE),
        ("create", with(json!({ "create_userId": "" })), 400, INCOMPLETE),
        ("create", missing.clone(), 400, INCOMPLETE),
        ("update", missing.clone(), 400, INCOMPLETE),
        ("update", with(empty), 400, INCOMPLETE),
        ("update", with(json!({ "id": "" })), 400, INCOMPLETE),
        ("update", with(gone.clone()), 404, NO_ANSWER),
        ("delete", missing.clone(), 400, INCOMPLETE),
        ("delete", with(gone.clone()), 404, NO_ANSWER),
        ("detail", missing.clone(), 400, INCOMPLETE),
        ("detail", with(gone), 404, NO_ANSWER),
        ("list", missing.clone(), 400, INCOMPLETE),
        ("list", json!({ "type": "single" }), 400, INCOMPLETE),
        ("search", missing, 400, INCOMPLETE),
        ("search", json!({ "type": "single", "create_userId": ann.id }), 400, INCOMPLETE),
    ];
    for (operation, body, code, text) in cases {
        let got = answers(&ann, operation, &body).await;
        assert_eq!((&got["code"], &got["msg"]), (&json!(code), &json!(text)), "{operation} {body}");
    }
    // Who is not signed in gets the usual answer all the same.
    im.post("/api/chat/askanswer/list", mine).await.fails(400, "您没有权限访问即时通讯接口");
}

#[tokio::test]
async fn the_best_stored_answer_is_found() {
    let im = Im::start().await;
    let (ann, eve) = (im.user("ann1").await, im.user("eve1").await);
    let ask = |question: &str| json!({ "type": "single", "create_userId": ann.id, "ask": question });
    let none = answers(&eve, "search", &ask("hi")).await;
    assert_eq!((&none["code"], &none["msg"]), (&json!(404), &json!("暂无问答数据")));
    for (question, text) in
        [("怎么退货", "七天内可退"), ("发货时间", "当天发货"), ("opening hours", "9 to 5")]
    {
        answers(&ann, "create", &record(&ann, question, text)).await;
        im.pass(1_000);
    }
    // question, answer; found by its words
    for (question, text) in [("怎么退货", "七天内可退"), ("发货", "当天发货"), ("HOURS opening", "9 to 5")]
    {
        for who in [&ann, &eve] {
            let found = answers(who, "search", &ask(question)).await;
            assert_eq!((&found["code"], &found["msg"]), (&json!(200), &json!("搜索成功")), "{question}");
            assert_eq!(found["data"]["answer"], text, "{question}");
            assert!(score(&found).is_some_and(|score| score >= 5.0), "{found}");
        }
    }
    let loose = answers(&eve, "search", &ask("请问怎么退货呢")).await;
    assert_eq!((&loose["code"], &loose["msg"]), (&json!(200), &json!("找到相关回答")));
    assert_eq!((&loose["data"]["answer"], score(&loose)), (&json!("七天内可退"), Some(5.0)));
    for question in ["天气如何", "(.*)+$", "[", "%"] {
        let found = answers(&eve, "search", &ask(question)).await;
        assert_eq!((&found["code"], &found["msg"]), (&json!(404), &json!("未找到相关问答")), "{question}");
    }
}

/// How well an answer fits, said beside the record or in it.
fn score(found: &Value) -> Option<f64> {
    found["score"].as_f64().or_else(|| found["data"]["score"].as_f64())
}

/// Calls a complaint route: status, text, payload.
async fn complaint(who: &Person, method: Method, route: &str, body: Value) -> (u16, String, Value) {
    let request = who.request(method.clone(), &format!("/api/chat/complaint/{route}"));
    let got = answer(if method == Method::POST { request.json(&body) } else { request }).await;
    let text = got.body["msg"].as_str().unwrap_or_default().to_owned();
    assert!(
        got.status == 200 || (got.status, &got.body["data"]) == (400, &json!({})),
        "{route}: {}",
        got.body
    );
    (got.status, text, got.body["data"].clone())
}

#[tokio::test]
async fn a_complaint_lives_from_filing_to_deletion() {
    let im = Im::start().await;
    let ann = im.user("ann1").await;
    let (get, post) = (Method::GET, Method::POST);
    let (status, text, list) = complaint(&ann, get.clone(), "list", json!({})).await;
    assert_eq!((status, text.as_str(), list), (200, "获取成功", json!([])));
    let full = json!({
        "target_id": 33, "target_type": "group", "target_name": "<b>群</b>", "reason": "广告", "content": "内容",
        "images": ["/public/a.png", "/public/b.png"], "complaint_chatinfo": [{ "data": "excerpt" }],
    });
    let short = json!({ "target_id": "7", "target_type": "single", "reason": "骚扰" });
    let mut ids = Vec::new();
    for body in [full, short] {
        let (status, text, data) = complaint(&ann, post.clone(), "create", body).await;
        assert_eq!((status, text.as_str()), (200, "投诉提交成功"));
        shape::same(&data, &json!({ "id": 1 }));
        ids.push(data["id"].as_i64().unwrap());
    }
    let sample = json!({
        "id": 1, "target_id": 33, "target_type": "group", "target_name": "", "reason": "", "content": "text|null",
        "status": 0, "admin_reply": "text|null", "create_time": "2025-07-14T04:32:58.000Z",
        "update_time": "2025-07-14T04:32:58.000Z",
        "user": { "id": 1, "uuid": "edda71aa-4a31-4ba8-9025-8fdc0dc3c0fa", "username": "", "nickname": "", "avatar": "" },
    });
    let (_, _, list) = complaint(&ann, get.clone(), "list", json!({})).await;
    shape::covers(&list, &json!([sample]));
    assert_eq!(json!([list[0]["id"], list[1]["id"]]), json!([ids[1], ids[0]]));
    assert_eq!(
        json!([list[0]["images"], list[0]["target_id"], list[0]["target_type"]]),
        json!([[], 7, "single"])
    );
    assert_eq!(list[1]["images"], json!(["/public/a.png", "/public/b.png"]));
    let found = json!([list[1]["target_name"], list[1]["reason"], list[1]["content"], list[1]["status"]]);
    assert_eq!(found, json!(["<b>群</b>", "广告", "内容", 0]));
    assert_eq!(list[1]["user"]["id"], ann.id);
    assert!(!list.to_string().contains("excerpt") && !list.to_string().contains("chatinfo"), "{list}");

    let first = ids[0];
    let (status, text, detail) = complaint(&ann, get.clone(), &format!("detail/{first}"), json!({})).await;
    assert_eq!((status, text.as_str(), &detail), (200, "获取成功", &list[1]));
    // What is not sent stays.
    let changes = [
        (json!({ "content": "新" }), json!(["新", ["/public/a.png", "/public/b.png"]])),
        (json!({ "images": ["/public/c.png"] }), json!(["新", ["/public/c.png"]])),
        (json!({ "images": [] }), json!(["新", []])),
        (json!({}), json!(["新", []])),
    ];
    for (change, expected) in changes {
        let (status, text, data) = complaint(&ann, post.clone(), &format!("update/{first}"), change).await;
        assert_eq!((status, text.as_str(), data), (200, "更新成功", json!({})));
        let (_, _, detail) = complaint(&ann, get.clone(), &format!("detail/{first}"), json!({})).await;
        assert_eq!(json!([detail["content"], detail["images"]]), expected);
    }
    let (status, text, data) = complaint(&ann, post.clone(), &format!("delete/{first}"), json!({})).await;
    assert_eq!((status, text.as_str(), data), (200, "删除成功", json!({})));
    let (_, _, list) = complaint(&ann, get.clone(), "list", json!({})).await;
    assert_eq!(list.as_array().unwrap().len(), 1);
    for (method, route) in [(&get, "detail"), (&post, "update"), (&post, "delete")] {
        let (status, text, _) = complaint(&ann, method.clone(), &format!("{route}/{first}"), json!({})).await;
        assert_eq!((status, text.as_str()), (400, NO_COMPLAINT), "{route}");
    }
}

#[tokio::test]
async fn a_complaint_is_its_authors_until_somebody_works_on_it() {
    let im = Im::start().await;
    let (ann, eve, vis) = (im.user("ann1").await, im.user("eve1").await, im.visitor(1).await);
    let (get, post) = (Method::GET, Method::POST);
    let body = json!({ "target_id": 33, "target_type": "group", "reason": "广告" });
    for key in ["target_id", "target_type", "reason"] {
        let mut lacking = body.clone();
        lacking[key] = json!("");
        let (status, text, _) = complaint(&ann, post.clone(), "create", lacking.clone()).await;
        assert_eq!((status, text.as_str()), (400, "缺少必要参数"), "{key}");
        lacking.as_object_mut().unwrap().remove(key);
        let (status, text, _) = complaint(&ann, post.clone(), "create", lacking).await;
        assert_eq!((status, text.as_str()), (400, "缺少必要参数"), "{key}");
    }
    let (_, _, made) = complaint(&ann, post.clone(), "create", body.clone()).await;
    let id = made["id"].as_i64().unwrap();
    let routes = [(&get, "detail"), (&post, "update"), (&post, "delete")];
    for (method, route) in routes {
        for number in [id.to_string(), "999999".into()] {
            let (status, text, _) =
                complaint(&eve, method.clone(), &format!("{route}/{number}"), json!({})).await;
            assert_eq!((status, text.as_str()), (400, NO_COMPLAINT), "{route}");
        }
    }
    assert_eq!(complaint(&eve, get.clone(), "list", json!({})).await.2, json!([]));
    im.sql("update complaint set status = 1, reply = '在看' where id = $1", id).await;
    let (status, text, _) =
        complaint(&ann, post.clone(), &format!("update/{id}"), json!({ "content": "x" })).await;
    assert_eq!((status, text.as_str()), (400, "该投诉已开始处理，无法修改"));
    let (_, _, detail) = complaint(&ann, get, &format!("detail/{id}"), json!({})).await;
    assert_eq!(json!([detail["status"], detail["admin_reply"]]), json!([1, "在看"]));
    assert_eq!(complaint(&ann, post, &format!("delete/{id}"), json!({})).await.0, 200);
    vis.post("/api/chat/complaint/create", body.clone()).await.fails(400, "您没有权限访问，请先注册或登录");
    im.post("/api/chat/complaint/create", body).await.fails(400, "您没有权限访问即时通讯接口");
}

#[tokio::test]
async fn two_answers_of_one_moment_are_two_records() {
    let im = Im::start().await;
    let (ann, bob) = (im.user("ann1").await, im.user("bob1").await);
    for who in [&ann, &bob] {
        for ask in ["一", "二", "三"] {
            assert_eq!(answers(who, "create", &record(who, ask, "答")).await["msg"], "问答创建成功");
        }
    }
    let mut ids = Vec::new();
    for who in [&ann, &bob] {
        let list = answers(who, "list", &json!({ "type": "single", "userId": who.id })).await;
        ids.extend(list["data"].as_array().unwrap().iter().map(|record| record["id"].as_i64().unwrap()));
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 6);
    assert!(ids.iter().all(|id| id.abs_diff(im.now()) < 1_000), "{ids:?}");
}

#[tokio::test]
async fn a_complaint_may_come_as_a_form() {
    let im = Im::start().await;
    let ann = im.user("ann1").await;
    let images = r#"["/public/a.png"]"#;
    let fields = [("target_id", "7"), ("target_type", "single"), ("reason", "骚扰"), ("images", images)];
    let made = ann.form("/api/chat/complaint/create", &fields).await;
    assert_eq!((made.status, &made.body["msg"]), (200, &json!("投诉提交成功")));
    let id = made.body["data"]["id"].as_i64().unwrap();
    let images = r#"["/public/b.png","/public/c.png"]"#;
    let changed = ann.form(&format!("/api/chat/complaint/update/{id}"), &[("images", images)]).await;
    assert_eq!((changed.status, &changed.body["msg"]), (200, &json!("更新成功")));
    let (_, _, detail) = complaint(&ann, Method::GET, &format!("detail/{id}"), json!({})).await;
    assert_eq!(detail["images"], json!(["/public/b.png", "/public/c.png"]));
    for (key, value) in [("target_id", "seven"), ("target_id", "0"), ("target_type", "planet")] {
        let mut body = json!({ "target_id": 7, "target_type": "single", "reason": "骚扰" });
        body[key] = json!(value);
        let (status, text, _) = complaint(&ann, Method::POST, "create", body).await;
        assert_eq!((status, text.as_str()), (400, "缺少必要参数"), "{key} {value}");
    }
}
