//! A merchant's texts: welcomes, what its staff inserts, answers to questions.
use crate::{
    V1,
    extract::{Body, Path, Query, Signed},
    fields::{maybe_text, number, text},
    problem::Fail,
    reply::{Done, Items, Made, Reply, done, made, ok},
};
use axum::extract::State;
use im_core::{
    AccountId, App,
    support::replies::{self, Draft},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

/// Characters of a title or of keywords, and of a text.
const TITLE: usize = 255;
const CONTENT: usize = 5_000;
const HEAVIEST: i64 = 100_000;

pub fn router() -> OpenApiRouter<V1> {
    OpenApiRouter::new().routes(routes!(list_replies, add_reply)).routes(routes!(change_reply, remove_reply))
}

/// What a text is for.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ReplyKind {
    /// Said to a new customer.
    Welcome,
    /// For the staff to insert.
    Quick,
    /// The answer to a question, which is the title.
    Answer,
}

impl ReplyKind {
    fn of_core(kind: replies::Kind) -> Self {
        match kind {
            replies::Kind::Welcome => ReplyKind::Welcome,
            replies::Kind::Quick => ReplyKind::Quick,
            replies::Kind::Answer => ReplyKind::Answer,
        }
    }

    fn as_core(self) -> replies::Kind {
        match self {
            ReplyKind::Welcome => replies::Kind::Welcome,
            ReplyKind::Quick => replies::Kind::Quick,
            ReplyKind::Answer => replies::Kind::Answer,
        }
    }
}

/// A text that a merchant stored.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StoredReply)]
struct ReplyView {
    id: i64,
    kind: ReplyKind,
    title: String,
    /// Words by which a question is known.
    keyword: String,
    content: String,
    /// Whether it is in use.
    shown: bool,
    /// Heavier ones come first.
    weight: i64,
    /// The one of its kind that is taken first.
    default: bool,
}

impl From<replies::Reply> for ReplyView {
    fn from(reply: replies::Reply) -> Self {
        ReplyView {
            id: reply.id,
            kind: ReplyKind::of_core(reply.kind),
            title: reply.title,
            keyword: reply.keyword,
            content: reply.content,
            shown: reply.shown,
            weight: reply.weight,
            default: reply.is_default,
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct RepliesQuery {
    /// The answers that this merchant shows to everybody, instead of the caller's texts.
    merchant: Option<i64>,
}

/// The texts that the caller works with: its own, or for a seat its merchant's. By kind, the heaviest first.
#[utoipa::path(
    get, path = "/v1/replies", params(RepliesQuery), responses((status = 200, body = Items<ReplyView>))
)]
async fn list_replies(
    State(app): State<App>,
    Signed(caller): Signed,
    Query(query): Query<RepliesQuery>,
) -> Reply<Items<ReplyView>> {
    let all = match query.merchant {
        Some(merchant) => replies::shown_answers(&app, AccountId(merchant)).await?,
        None => replies::list(&app, caller).await?,
    };
    ok(all.into_iter().map(ReplyView::from).collect())
}

/// A text to be stored.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewReply {
    kind: ReplyKind,
    #[schema(max_length = 255)]
    title: String,
    #[schema(min_length = 1, max_length = 5000)]
    content: String,
    #[schema(max_length = 255)]
    keyword: Option<String>,
    shown: Option<bool>,
    #[schema(minimum = 0, maximum = 100_000)]
    weight: Option<i64>,
    default: Option<bool>,
}

/// Stores a text of the caller, who is a merchant.
#[utoipa::path(
    post, path = "/v1/replies", request_body = NewReply, responses((status = 201, body = ReplyView))
)]
async fn add_reply(
    State(app): State<App>,
    Signed(caller): Signed,
    Body(body): Body<NewReply>,
) -> Made<ReplyView> {
    let NewReply { kind, title, content, keyword, shown, weight, default } = body;
    let (kind, title, content) = (Some(kind), Some(title), Some(content));
    let change = ChangeReply { kind, title, content, keyword, shown, weight, default };
    made(replies::add(&app, caller, change.draft()?).await?.into())
}

/// What changes about a text; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangeReply {
    kind: Option<ReplyKind>,
    #[schema(max_length = 255)]
    title: Option<String>,
    #[schema(min_length = 1, max_length = 5000)]
    content: Option<String>,
    #[schema(max_length = 255)]
    keyword: Option<String>,
    shown: Option<bool>,
    #[schema(minimum = 0, maximum = 100_000)]
    weight: Option<i64>,
    default: Option<bool>,
}

impl ChangeReply {
    fn draft(self) -> Result<Draft, Fail> {
        Ok(Draft {
            kind: self.kind.map(ReplyKind::as_core),
            title: maybe_text("title", self.title.as_deref(), 0..=TITLE)?,
            content: self.content.map(|content| text("content", &content, 1..=CONTENT)).transpose()?,
            keyword: maybe_text("keyword", self.keyword.as_deref(), 0..=TITLE)?,
            shown: self.shown,
            weight: self.weight.map(|weight| number("weight", weight, 0..=HEAVIEST)).transpose()?,
            is_default: self.default,
        })
    }
}

/// Changes a text of the caller.
#[utoipa::path(
    patch, path = "/v1/replies/{id}", params(("id" = i64, Path)), request_body = ChangeReply,
    responses((status = 200, body = ReplyView))
)]
async fn change_reply(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(id): Path<i64>,
    Body(body): Body<ChangeReply>,
) -> Reply<ReplyView> {
    ok(replies::update(&app, caller, id, body.draft()?).await?.into())
}

/// Removes a text of the caller.
#[utoipa::path(delete, path = "/v1/replies/{id}", params(("id" = i64, Path)), responses((status = 204)))]
async fn remove_reply(State(app): State<App>, Signed(caller): Signed, Path(id): Path<i64>) -> Done {
    replies::delete(&app, caller, id).await?;
    done()
}
