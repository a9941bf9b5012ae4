//! Complaints (egg.md §4 #48 to #52): `msg` carries the text, `data` the payload.
use crate::{
    Egg,
    envelope::{Fail, Json},
    extract::{Call, Users},
    input::Input,
    params::{Nothing, Params},
};
use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use im_api_common::civil::iso;
use im_core::{
    Error, Refusal,
    accounts::Account,
    support::complaints::{self, Complaint, Draft},
};
use serde::Serialize;
use serde_json::{Value, json};

pub fn router() -> Router<Egg> {
    Router::new()
        .route("/chat/complaint/create", post(create))
        .route("/chat/complaint/list", get(list))
        .route("/chat/complaint/detail/{id}", get(detail))
        .route("/chat/complaint/update/{id}", post(update))
        .route("/chat/complaint/delete/{id}", post(delete))
}

/// Why a call failed, in its own envelope.
struct Failed(String);

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        (StatusCode::BAD_REQUEST, Json(json!({ "msg": self.0, "data": {} }))).into_response()
    }
}

type Answered = Result<Json<Value>, Failed>;

fn answer(text: &str, data: impl Serialize) -> Answered {
    Ok(Json(json!({ "msg": text, "data": data })))
}

/// What a refusal is called; `otherwise` says the rest.
fn failed(otherwise: &'static str) -> impl Fn(Error) -> Failed {
    move |error| {
        let text = match error {
            Error::Refused(Refusal::NoSuchRecord) => "投诉记录不存在",
            Error::Refused(Refusal::InProgress) => "该投诉已开始处理，无法修改",
            Error::Refused(Refusal::TooOften { .. }) => "操作过于频繁，请稍后再试",
            Error::Refused(_) => otherwise,
            Error::Internal(cause) => {
                tracing::error!(error = %cause, "a call of complaints failed");
                otherwise
            }
        };
        Failed(text.to_owned())
    }
}

fn view(author: &Account, complaint: &Complaint) -> Value {
    json!({
        "id": complaint.id,
        "target_id": complaint.target_id,
        "target_type": complaint.target_kind,
        "target_name": complaint.target_name,
        "reason": complaint.reason,
        "content": complaint.content,
        "images": serde_json::from_str::<Value>(&complaint.images).unwrap_or_else(|_| json!([])),
        "status": complaint.status,
        "admin_reply": complaint.reply,
        "create_time": iso(complaint.created_ms),
        "update_time": iso(complaint.updated_ms),
        "user": {
            "id": author.id,
            "uuid": author.uuid,
            "username": author.username,
            "nickname": author.nickname,
            "avatar": author.avatar,
        },
    })
}

/// The fields of a complaint; what is required is checked by the call.
struct Fields {
    id: i64,
    target_id: Option<i64>,
    target_kind: Option<String>,
    target_name: String,
    reason: Option<String>,
    content: Option<String>,
    images: Option<String>,
    excerpt: String,
}

impl Params for Fields {
    fn read(input: &Input) -> Result<Self, Fail> {
        let number = |name| input.text(name).and_then(|text| text.parse().ok());
        let cut = |name, chars| input.words(name).map(|text| text.chars().take(chars).collect::<String>());
        Ok(Fields {
            id: number("id").unwrap_or(0),
            target_id: number("target_id").filter(|id| *id > 0),
            target_kind: input.text("target_type").filter(|kind| kind == "group" || kind == "single"),
            target_name: cut("target_name", 255).unwrap_or_default(),
            reason: cut("reason", 500),
            content: cut("content", 5_000),
            images: list_of(input, "images"),
            excerpt: list_of(input, "complaint_chatinfo").unwrap_or_else(|| "[]".into()),
        })
    }
}

/// A JSON list, or the text of one; anything else is as good as not sent.
fn list_of(input: &Input, name: &str) -> Option<String> {
    let text = input.text(name)?;
    serde_json::from_str::<Vec<Value>>(&text).is_ok().then_some(text)
}

/// #48 `POST /api/chat/complaint/create`.
async fn create(State(egg): State<Egg>, Call { caller, params, .. }: Call<Users, Fields>) -> Answered {
    let (Some(target_id), Some(target_kind), Some(reason)) =
        (params.target_id, params.target_kind, params.reason)
    else {
        return Err(Failed("缺少必要参数".into()));
    };
    let draft = Draft {
        target_id,
        target_kind,
        target_name: params.target_name,
        reason,
        content: params.content.unwrap_or_default(),
        images: params.images.unwrap_or_else(|| "[]".into()),
        excerpt: params.excerpt,
    };
    let complaint = complaints::create(&egg.app, caller, draft).await.map_err(failed("投诉提交失败"))?;
    answer("投诉提交成功", json!({ "id": complaint.id }))
}

/// #49 `GET /api/chat/complaint/list`.
async fn list(State(egg): State<Egg>, call: Call<Users, Nothing>) -> Answered {
    let (author, found) = complaints::list(&egg.app, call.caller).await.map_err(failed("获取失败"))?;
    answer("获取成功", found.iter().map(|complaint| view(&author, complaint)).collect::<Vec<_>>())
}

/// #50 `GET /api/chat/complaint/detail/:id`.
async fn detail(State(egg): State<Egg>, Call { caller, params, .. }: Call<Users, Fields>) -> Answered {
    let (author, found) =
        complaints::detail(&egg.app, caller, params.id).await.map_err(failed("获取失败"))?;
    answer("获取成功", view(&author, &found))
}

/// #51 `POST /api/chat/complaint/update/:id`.
async fn update(State(egg): State<Egg>, Call { caller, params, .. }: Call<Users, Fields>) -> Answered {
    let updated = complaints::update(&egg.app, caller, params.id, params.content, params.images).await;
    updated.map_err(failed("更新失败"))?;
    answer("更新成功", json!({}))
}

/// #52 `POST /api/chat/complaint/delete/:id`.
async fn delete(State(egg): State<Egg>, Call { caller, params, .. }: Call<Users, Fields>) -> Answered {
    complaints::delete(&egg.app, caller, params.id).await.map_err(failed("删除失败"))?;
    answer("删除成功", json!({}))
}
