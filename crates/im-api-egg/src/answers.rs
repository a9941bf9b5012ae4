//! Stored questions and answers (egg.md §4 #42 to #47): always status 200, with a code in the body.
use crate::{
    Egg,
    envelope::{Fail, Json},
    extract::{Call, Users},
    input::Input,
    params::Params,
};
use axum::{Router, extract::State, routing::post};
use im_core::{
    AccountId, Error, Refusal,
    accounts::Caller,
    support::{
        Fit,
        answers::{self, Answer, Stored},
    },
};
use serde_json::{Value, json};

/// Characters of a question or answer at most.
const LONGEST: usize = 2_000;

pub fn router() -> Router<Egg> {
    Router::new()
        .route("/chat/askanswer/create", post(create))
        .route("/chat/askanswer/update", post(update))
        .route("/chat/askanswer/delete", post(delete))
        .route("/chat/askanswer/list", post(list))
        .route("/chat/askanswer/detail", post(detail))
        .route("/chat/askanswer/search", post(search))
}

/// Everything that the six calls name; each takes what it needs.
struct Fields {
    id: Option<i64>,
    ask: Option<String>,
    answer: Option<String>,
    scope: Option<String>,
    /// Whose records.
    owner: Option<i64>,
}

impl Params for Fields {
    fn read(input: &Input) -> Result<Self, Fail> {
        let number = |name| input.text(name).and_then(|text| text.parse().ok());
        let sized = |name| input.words(name).filter(|text| text.chars().count() <= LONGEST);
        Ok(Fields {
            id: number("id"),
            ask: sized("ask"),
            answer: sized("answer"),
            scope: input.text("type").filter(|scope| scope == "single" || scope == "group"),
            owner: number("create_userId").or_else(|| number("userId")),
        })
    }
}

/// Why one of the calls failed, in its own envelope.
struct Failed(i64, &'static str);

const INCOMPLETE: Failed = Failed(400, "参数不完整");
const UNKNOWN: Failed = Failed(404, "问答不存在");

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(Refusal::NoSuchRecord) => UNKNOWN,
            Error::Refused(Refusal::TooOften { .. }) => Failed(400, "操作过于频繁，请稍后再试"),
            Error::Refused(_) => INCOMPLETE,
            Error::Internal(cause) => {
                tracing::error!(error = %cause, "a call of questions and answers failed");
                Failed(500, "服务器错误")
            }
        }
    }
}

type Answered = Json<Value>;

fn answered(result: Result<Value, Failed>) -> Answered {
    Json(result.unwrap_or_else(|Failed(code, text)| json!({ "code": code, "msg": text })))
}

fn said(text: &str) -> Value {
    json!({ "code": 200, "msg": text })
}

fn record(answer: &Answer) -> Value {
    json!({
        "id": answer.id,
        "ask": answer.ask,
        "answer": answer.answer,
        "type": answer.scope,
        "create_userId": answer.owner,
        "create_time": answer.created_ms,
        "update_time": answer.updated_ms,
        "likeCount": answer.likes,
        "liked": false,
    })
}

/// Others' records are not there.
fn own(caller: Caller, owner: Option<i64>) -> Result<(), Failed> {
    match owner {
        Some(owner) if owner != caller.id.0 => Err(UNKNOWN),
        _ => Ok(()),
    }
}

/// #42 `POST /api/chat/askanswer/create`.
async fn create(State(egg): State<Egg>, Call { caller, params, .. }: Call<Users, Fields>) -> Answered {
    answered(
        async {
            let Fields {
                ask: Some(ask), answer: Some(answer), scope: Some(scope), owner: Some(owner), ..
            } = params
            else {
                return Err(INCOMPLETE);
            };
            own(caller, Some(owner))?;
            Ok(match answers::create(&egg.app, caller, scope, ask, answer).await?.1 {
                Stored::New => said("问答创建成功"),
                Stored::Replaced => said("问答已更新"),
            })
        }
        .await,
    )
}

/// #43 `POST /api/chat/askanswer/update`.
async fn update(State(egg): State<Egg>, Call { caller, params, .. }: Call<Users, Fields>) -> Answered {
    answered(
        async {
            let Fields {
                id: Some(id),
                ask: Some(ask),
                answer: Some(answer),
                scope: Some(_),
                owner: Some(owner),
            } = params
            else {
                return Err(INCOMPLETE);
            };
            own(caller, Some(owner))?;
            answers::update(&egg.app, caller, id, Some(ask), Some(answer)).await?;
            Ok(said("更新成功"))
        }
        .await,
    )
}

/// #44 `POST /api/chat/askanswer/delete`.
async fn delete(State(egg): State<Egg>, Call { caller, params, .. }: Call<Users, Fields>) -> Answered {
    answered(
        async {
            own(caller, params.owner)?;
            answers::delete(&egg.app, caller, params.id.ok_or(INCOMPLETE)?).await?;
            Ok(said("删除成功"))
        }
        .await,
    )
}

/// #45 `POST /api/chat/askanswer/list`.
async fn list(State(egg): State<Egg>, Call { caller, params, .. }: Call<Users, Fields>) -> Answered {
    answered(
        async {
            let (Some(scope), Some(owner)) = (params.scope, params.owner) else { return Err(INCOMPLETE) };
            own(caller, Some(owner))?;
            let found = answers::list(&egg.app, caller.id, scope).await?;
            let records: Vec<_> = found.iter().map(record).collect();
            Ok(json!({ "code": 200, "msg": "获取成功", "data": records }))
        }
        .await,
    )
}

/// #46 `POST /api/chat/askanswer/detail`.
async fn detail(State(egg): State<Egg>, Call { caller, params, .. }: Call<Users, Fields>) -> Answered {
    answered(
        async {
            own(caller, params.owner)?;
            let found = answers::detail(&egg.app, caller, params.id.ok_or(INCOMPLETE)?).await?;
            Ok(json!({ "code": 200, "msg": "获取成功", "data": record(&found) }))
        }
        .await,
    )
}

/// #47 `POST /api/chat/askanswer/search`: among anybody's records.
async fn search(State(egg): State<Egg>, Call { caller, params, .. }: Call<Users, Fields>) -> Answered {
    answered(
        async {
            let (Some(scope), Some(owner), Some(ask)) = (params.scope, params.owner, params.ask) else {
                return Err(INCOMPLETE);
            };
            let found = answers::search(&egg.app, caller, AccountId(owner), scope, ask).await;
            let found = found.map_err(|error| match error {
                Error::Refused(Refusal::NoSuchRecord) => Failed(404, "暂无问答数据"),
                other => other.into(),
            })?;
            let (answer, fit) = found.ok_or(Failed(404, "未找到相关问答"))?;
            let (text, score) = match fit {
                Fit::Scored(score) => ("搜索成功", score),
                Fit::Loose => ("找到相关回答", 5.0),
            };
            Ok(json!({ "code": 200, "msg": text, "data": record(&answer), "score": score }))
        }
        .await,
    )
}
