//! Complaints about people and groups.
use super::Scope;
use crate::{
    V1,
    extract::{Body, Path, Signed},
    fields::{address, maybe_text, number, text},
    problem::Fail,
    reply::{Done, Items, Made, Reply, done, made, ok},
};
use axum::extract::State;
use im_core::{
    App, Millis,
    support::complaints::{self, Complaint, Draft},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Characters of a complaint's reason, its text, and the name of what it is about.
const REASON: usize = 500;
const CONTENT: usize = 5_000;
const TARGET: usize = 255;
/// Pictures of a complaint, and lines that it repeats.
const IMAGES: usize = 9;
const LINES: usize = 50;

pub fn router() -> OpenApiRouter<V1> {
    OpenApiRouter::new()
        .routes(routes!(list_complaints, complain))
        .routes(routes!(change_complaint, withdraw_complaint))
}

/// Where a complaint stands.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ComplaintStatus {
    New,
    InProgress,
    Done,
    Closed,
}

/// A complaint as its author sees it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Complaint)]
struct ComplaintView {
    id: i64,
    target: Scope,
    target_id: i64,
    target_name: String,
    reason: String,
    content: String,
    images: Vec<String>,
    status: ComplaintStatus,
    /// What the operator says.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String)]
    reply: Option<String>,
    #[schema(value_type = i64)]
    created_ms: Millis,
    #[schema(value_type = i64)]
    updated_ms: Millis,
}

impl From<Complaint> for ComplaintView {
    fn from(complaint: Complaint) -> Self {
        ComplaintView {
            id: complaint.id,
            target: Scope::of_core(&complaint.target_kind),
            target_id: complaint.target_id,
            target_name: complaint.target_name,
            reason: complaint.reason,
            content: complaint.content,
            images: serde_json::from_str(&complaint.images).unwrap_or_default(), // other doors store other lists
            status: match complaint.status {
                0 => ComplaintStatus::New,
                1 => ComplaintStatus::InProgress,
                2 => ComplaintStatus::Done,
                _ => ComplaintStatus::Closed,
            },
            reply: complaint.reply,
            created_ms: complaint.created_ms,
            updated_ms: complaint.updated_ms,
        }
    }
}

/// The caller's complaints, the newest first.
#[utoipa::path(get, path = "/v1/complaints", responses((status = 200, body = Items<ComplaintView>)))]
async fn list_complaints(State(app): State<App>, Signed(caller): Signed) -> Reply<Items<ComplaintView>> {
    let (_, all) = complaints::list(&app, caller).await?;
    ok(all.into_iter().map(ComplaintView::from).collect())
}

/// A complaint about a person or a group.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewComplaint {
    target: Scope,
    #[schema(minimum = 1)]
    target_id: i64,
    #[schema(max_length = 255)]
    target_name: Option<String>,
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
    #[schema(max_length = 5000)]
    content: Option<String>,
    /// Addresses of pictures.
    #[schema(max_items = 9)]
    images: Option<Vec<String>>,
    /// What was said, as the author repeats it.
    #[schema(max_items = 50)]
    excerpt: Option<Vec<String>>,
}

/// Complains.
#[utoipa::path(
    post, path = "/v1/complaints", request_body = NewComplaint, responses((status = 201, body = ComplaintView))
)]
async fn complain(
    State(app): State<App>,
    Signed(caller): Signed,
    Body(body): Body<NewComplaint>,
) -> Made<ComplaintView> {
    let line = |line: &String| text("excerpt", line, 0..=CONTENT);
    let draft = Draft {
        target_id: number("target_id", body.target_id, 1..=i64::MAX)?,
        target_kind: body.target.as_core(),
        target_name: text("target_name", body.target_name.as_deref().unwrap_or_default(), 0..=TARGET)?,
        reason: text("reason", &body.reason, 1..=REASON)?,
        content: text("content", body.content.as_deref().unwrap_or_default(), 0..=CONTENT)?,
        images: pictures(body.images.unwrap_or_default())?,
        excerpt: list("excerpt", body.excerpt.unwrap_or_default(), LINES, line)?,
    };
    made(complaints::create(&app, caller, draft).await?.into())
}

fn pictures(images: Vec<String>) -> Result<String, Fail> {
    list("images", images, IMAGES, |image| address("images", image))
}

/// A list as the core keeps it: the text of a JSON array.
fn list(
    field: &'static str,
    all: Vec<String>,
    most: usize,
    check: impl Fn(&String) -> Result<String, Fail>,
) -> Result<String, Fail> {
    if all.len() > most {
        return Err(Fail::invalid_because(field, format!("{most} at most")));
    }
    let all = all.iter().map(check).collect::<Result<Vec<_>, _>>()?;
    Ok(serde_json::json!(all).to_string())
}

/// What changes about a complaint; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangeComplaint {
    #[schema(max_length = 5000)]
    content: Option<String>,
    #[schema(max_items = 9)]
    images: Option<Vec<String>>,
}

/// Changes a complaint that nobody works on yet.
#[utoipa::path(
    patch, path = "/v1/complaints/{id}", params(("id" = i64, Path)), request_body = ChangeComplaint,
    responses((status = 200, body = ComplaintView))
)]
async fn change_complaint(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(id): Path<i64>,
    Body(body): Body<ChangeComplaint>,
) -> Reply<ComplaintView> {
    let content = maybe_text("content", body.content.as_deref(), 0..=CONTENT)?;
    let images = body.images.map(pictures).transpose()?;
    ok(complaints::update(&app, caller, id, content, images).await?.into())
}

/// Takes a complaint out of the caller's list; the operator still has it.
#[utoipa::path(delete, path = "/v1/complaints/{id}", params(("id" = i64, Path)), responses((status = 204)))]
async fn withdraw_complaint(State(app): State<App>, Signed(caller): Signed, Path(id): Path<i64>) -> Done {
    complaints::delete(&app, caller, id).await?;
    done()
}
