//! Questions that somebody stored, with their answers.
use super::Scope;
use crate::{
    V1,
    extract::{Body, Path, Query, Signed},
    fields::{maybe_text, text},
    reply::{Done, Items, Made, Reply, done, ok},
};
use axum::{Json, extract::State, http::StatusCode};
use im_core::{
    App, Millis,
    support::answers::{self, Answer, Stored},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

/// Characters of a question or an answer.
const LONGEST: usize = 2_000;

pub fn router() -> OpenApiRouter<V1> {
    OpenApiRouter::new()
        .routes(routes!(list_answers, add_answer))
        .routes(routes!(change_answer, remove_answer))
}

/// A question that somebody stored, with its answer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StoredAnswer)]
struct AnswerView {
    id: i64,
    scope: Scope,
    ask: String,
    answer: String,
    #[schema(value_type = i64)]
    created_ms: Millis,
    #[schema(value_type = i64)]
    updated_ms: Millis,
}

impl From<Answer> for AnswerView {
    fn from(answer: Answer) -> Self {
        AnswerView {
            id: answer.id,
            scope: Scope::of_core(&answer.scope),
            ask: answer.ask,
            answer: answer.answer,
            created_ms: answer.created_ms,
            updated_ms: answer.updated_ms,
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct AnswersQuery {
    scope: Scope,
}

/// The caller's stored answers, the newest first.
#[utoipa::path(
    get, path = "/v1/answers", params(AnswersQuery), responses((status = 200, body = Items<AnswerView>))
)]
async fn list_answers(
    State(app): State<App>,
    Signed(caller): Signed,
    Query(query): Query<AnswersQuery>,
) -> Reply<Items<AnswerView>> {
    let all = answers::list(&app, caller.id, query.scope.as_core()).await?;
    ok(all.into_iter().map(AnswerView::from).collect())
}

/// A question with its answer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewAnswer {
    scope: Scope,
    #[schema(min_length = 1, max_length = 2000)]
    ask: String,
    #[schema(min_length = 1, max_length = 2000)]
    answer: String,
}

/// Stores an answer; one to the same question is replaced (200).
#[utoipa::path(
    post, path = "/v1/answers", request_body = NewAnswer,
    responses((status = 201, body = AnswerView), (status = 200, body = AnswerView))
)]
async fn add_answer(
    State(app): State<App>,
    Signed(caller): Signed,
    Body(body): Body<NewAnswer>,
) -> Made<AnswerView> {
    let (ask, answer) = (text("ask", &body.ask, 1..=LONGEST)?, text("answer", &body.answer, 1..=LONGEST)?);
    let (answer, stored) = answers::create(&app, caller, body.scope.as_core(), ask, answer).await?;
    let status = if stored == Stored::New { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(answer.into())))
}

/// What changes about a stored answer; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangeAnswer {
    #[schema(min_length = 1, max_length = 2000)]
    ask: Option<String>,
    #[schema(min_length = 1, max_length = 2000)]
    answer: Option<String>,
}

/// Changes a stored answer.
#[utoipa::path(
    patch, path = "/v1/answers/{id}", params(("id" = i64, Path)), request_body = ChangeAnswer,
    responses((status = 200, body = AnswerView))
)]
async fn change_answer(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(id): Path<i64>,
    Body(body): Body<ChangeAnswer>,
) -> Reply<AnswerView> {
    let ask = maybe_text("ask", body.ask.as_deref(), 1..=LONGEST)?;
    let answer = maybe_text("answer", body.answer.as_deref(), 1..=LONGEST)?;
    ok(answers::update(&app, caller, id, ask, answer).await?.into())
}

/// Removes a stored answer.
#[utoipa::path(delete, path = "/v1/answers/{id}", params(("id" = i64, Path)), responses((status = 204)))]
async fn remove_answer(State(app): State<App>, Signed(caller): Signed, Path(id): Path<i64>) -> Done {
    answers::delete(&app, caller, id).await?;
    done()
}
