//! Breaking in (egg.md §10.2): every hole of the reference, tried. Whatever is tried, nothing
//! changes, and the answer is a refusal that clients understand: never a 500, never silence.
mod bodies;
mod identity;
mod lists;
mod media;
mod others;
mod visitors;
mod words;

use crate::{
    kit::*,
    raw,
    template::{assert_fits, enc},
};
use reqwest::{
    Method,
    multipart::{Form, Part},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const GONE: &str = "Token 令牌不合法！";
const VISITORS_NOT: &str = "您没有权限访问，请先注册或登录";

/// Checks that an answer is a failure that clients can show.
#[track_caller]
fn refused(answer: &Answer, what: impl std::fmt::Display) {
    let text = answer.body["data"].as_str().unwrap_or_default();
    assert!((400..500).contains(&answer.status), "{what}: {} {}", answer.status, answer.body);
    assert_eq!(answer.body, json!({ "msg": "fail", "data": text }), "{what}");
    assert!(!text.is_empty(), "{what}");
}

/// Checks that the server is alive after an answer, whatever it said, and told nothing of its inside.
#[track_caller]
fn survived(answer: &Answer, what: impl std::fmt::Display) {
    assert!(answer.status < 500, "{what}: {} {}", answer.status, answer.body);
    assert!(answer.body["data"] != Value::Null || answer.status == 200, "{what}: {:?}", answer.bytes);
    let text = answer.body.to_string().to_lowercase();
    for inside in ["sqlite", "postgres", "constraint", "panicked", "syntax error", "select "] {
        assert!(!text.contains(inside), "{what}: {text}");
    }
}

/// Everything that the owner can see of its rows, for a comparison.
async fn rows(owner: &Person, group: i64) -> Value {
    let list = json!({ "type": "single", "userId": owner.id });
    json!({
        "profile": owner.get(&format!("/api/userinfo/{}", owner.uuid)).await.body,
        "settings": owner.post("/api/chat/getUserSetInfo", json!({ "userid": owner.id })).await.body,
        "friends": owner.get("/api/chat/goodfriendlist/1").await.body,
        "requests": owner.get("/api/chat/listapplyfriend/1").await.body,
        "groups": owner.get("/api/chat/grouplist/1").await.body,
        "group": owner.get(&format!("/api/chat/groupinfo/{group}")).await.body,
        "complaints": owner.get("/api/chat/complaint/list").await.body,
        "answers": owner.post("/api/chat/askanswer/list", list).await.body,
    })
}

async fn upload(who: &Person, folder: &str, name: &str, mime: &str, bytes: &[u8]) -> Answer {
    let part = Part::bytes(bytes.to_vec()).file_name(name.to_owned()).mime_str(mime).unwrap();
    let path = format!("/api/chat/uploadStreamSingleToServerDiy/{folder}");
    answer(who.request(Method::POST, &path).multipart(Form::new().part("file", part))).await
}

const PNG: &[u8] = include_bytes!("../../../../im-api-egg/icons/group.png");
