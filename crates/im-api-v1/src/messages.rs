//! The log of a conversation, and saying things in it.
use crate::{
    V1,
    extract::{Body, Path, Query, Signed},
    page::limit,
    problem::Fail,
    reply::{Done, Items, Made, Reply, done, ok},
};
use axum::{Json, extract::State, http::StatusCode};
use im_core::{
    App, ConversationId, Seq,
    history::{self, Forward, Forwarded, Part},
    messages,
    support::service::{Said, say_once},
};
use im_gateway::native::entry::{BodyView, EntryView, Saying};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn router() -> OpenApiRouter<V1> {
    OpenApiRouter::new()
        .routes(routes!(entries))
        .routes(routes!(send))
        .routes(routes!(edit, delete))
        .routes(routes!(revoke))
        .routes(routes!(react, unreact))
        .routes(routes!(receipts))
        .routes(routes!(forward))
}

/// Which part of a log: its end, unless one of the places is named.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct PartQuery {
    /// Right before this place.
    before: Option<i64>,
    /// Right behind this place.
    after: Option<i64>,
    /// On both sides of this place.
    around: Option<i64>,
    /// Entries at most.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<i64>,
}

impl PartQuery {
    fn part(&self) -> Result<Part, Fail> {
        match (self.before, self.after, self.around) {
            (None, None, None) => Ok(Part::Newest),
            (Some(seq), None, None) => Ok(Part::Before(Seq(seq))),
            (None, Some(seq), None) => Ok(Part::After(Seq(seq))),
            (None, None, Some(seq)) => Ok(Part::Around(Seq(seq))),
            _ => Err(Fail::invalid_because("query", "one of before, after and around")),
        }
    }
}

/// A part of a log without holes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Entries)]
struct EntriesView {
    /// In the order of their places; fewer than asked for when they are very large.
    items: Vec<EntryView>,
    /// The newest place of the conversation.
    last_seq: i64,
    /// The oldest place that the caller did not clear.
    first_seq: i64,
}

/// `GET /v1/conversations/{id}/entries`: a part of the log, ascending.
#[utoipa::path(get, path = "/v1/conversations/{id}/entries",
    params(("id" = i64, Path), PartQuery), responses((status = 200, body = EntriesView)))]
async fn entries(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(id): Path<i64>,
    Query(query): Query<PartQuery>,
) -> Reply<EntriesView> {
    let (part, limit) = (query.part()?, limit(query.limit)?);
    let slice = history::entries(&app, caller, ConversationId(id), part, limit).await?;
    ok(EntriesView {
        items: slice.entries.iter().map(EntryView::from).collect(),
        last_seq: slice.last.0,
        first_seq: slice.first.0,
    })
}

/// A message that wants to be sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SendBody {
    /// The client's name for it, up to 64 characters: of several tries with one name, one is kept.
    client_id: Option<String>,
    /// What it says.
    body: BodyView,
    /// The place of the message that it answers to.
    quote: Option<i64>,
    /// Members whom it mentions, up to 200; others are left out.
    #[serde(default)]
    mentions: Vec<i64>,
    /// It calls everybody; for owner and managers.
    #[serde(default)]
    mention_all: bool,
}

/// `POST /v1/conversations/{id}/messages`: says something. A try that was made before is answered with the
/// first message (200).
#[utoipa::path(post, path = "/v1/conversations/{id}/messages", params(("id" = i64, Path)),
    request_body = SendBody,
    responses((status = 201, body = EntryView), (status = 200, body = EntryView)))]
async fn send(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(id): Path<i64>,
    Body(body): Body<SendBody>,
) -> Made<EntryView> {
    let SendBody { client_id, body, quote, mentions, mention_all } = body;
    let saying = Saying { client_id, body, quote: quote.map(Seq), mentions, mention_all };
    let to = messages::find(&app, caller, ConversationId(id)).await?;
    let draft = saying.into_draft(to).map_err(Fail::invalid)?;
    Ok(match say_once(&app, caller, draft).await? {
        Said::New(posted) => (StatusCode::CREATED, Json(EntryView::of(&posted))),
        Said::Again(line) => (StatusCode::OK, Json(EntryView::from(&*line))),
    })
}

/// A new text.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EditBody {
    /// What the message shall say.
    text: String,
}

/// `PATCH /v1/conversations/{id}/messages/{seq}`: changes the text of a message of one's own.
#[utoipa::path(patch, path = "/v1/conversations/{id}/messages/{seq}",
    params(("id" = i64, Path), ("seq" = i64, Path)), request_body = EditBody,
    responses((status = 200, body = EntryView)))]
async fn edit(
    State(app): State<App>,
    Signed(caller): Signed,
    Path((id, seq)): Path<(i64, i64)>,
    Body(EditBody { text }): Body<EditBody>,
) -> Reply<EntryView> {
    if (BodyView::Text { text: text.clone() }).into_parts().is_err() {
        return Err(Fail::invalid("text"));
    }
    let line = history::edit(&app, caller, ConversationId(id), Seq(seq), text).await?;
    ok(EntryView::from(&line))
}

/// For whom a message is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum For {
    /// The caller alone.
    #[default]
    Me,
    /// Everybody; one's own, or any for owner and managers.
    All,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct DeleteQuery {
    /// For whom: `me` unless it is said.
    #[serde(default, rename = "for")]
    #[param(inline)]
    for_whom: For,
}

/// `DELETE /v1/conversations/{id}/messages/{seq}`: deletes an entry without a trace.
#[utoipa::path(delete, path = "/v1/conversations/{id}/messages/{seq}",
    params(("id" = i64, Path), ("seq" = i64, Path), DeleteQuery), responses((status = 204)))]
async fn delete(
    State(app): State<App>,
    Signed(caller): Signed,
    Path((id, seq)): Path<(i64, i64)>,
    Query(query): Query<DeleteQuery>,
) -> Done {
    history::delete_in(&app, caller, ConversationId(id), Seq(seq), query.for_whom == For::All).await?;
    done()
}

/// `POST /v1/conversations/{id}/messages/{seq}/revoke`: takes a message back.
#[utoipa::path(post, path = "/v1/conversations/{id}/messages/{seq}/revoke",
    params(("id" = i64, Path), ("seq" = i64, Path)), responses((status = 204)))]
async fn revoke(State(app): State<App>, Signed(caller): Signed, Path((id, seq)): Path<(i64, i64)>) -> Done {
    history::take_back_in(&app, caller, ConversationId(id), Seq(seq)).await?;
    done()
}

/// `PUT /v1/conversations/{id}/messages/{seq}/reactions/{emoji}`: puts an emoji to a message.
#[utoipa::path(put, path = "/v1/conversations/{id}/messages/{seq}/reactions/{emoji}",
    params(("id" = i64, Path), ("seq" = i64, Path), ("emoji" = String, Path)), responses((status = 204)))]
async fn react(
    State(app): State<App>,
    Signed(caller): Signed,
    Path((id, seq, emoji)): Path<(i64, i64, String)>,
) -> Done {
    history::react(&app, caller, ConversationId(id), Seq(seq), emoji, true).await?;
    done()
}

/// `DELETE /v1/conversations/{id}/messages/{seq}/reactions/{emoji}`: takes one's emoji away.
#[utoipa::path(delete, path = "/v1/conversations/{id}/messages/{seq}/reactions/{emoji}",
    params(("id" = i64, Path), ("seq" = i64, Path), ("emoji" = String, Path)), responses((status = 204)))]
async fn unreact(
    State(app): State<App>,
    Signed(caller): Signed,
    Path((id, seq, emoji)): Path<(i64, i64, String)>,
) -> Done {
    history::react(&app, caller, ConversationId(id), Seq(seq), emoji, false).await?;
    done()
}

/// How far a message came.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Receipts)]
struct ReceiptsView {
    /// Members beside its sender, who were there when it was said.
    members: usize,
    /// At how many of them it arrived.
    delivered: usize,
    /// How many have seen it.
    read: usize,
    /// Who has, up to 200 of them.
    readers: Vec<i64>,
}

/// `GET /v1/conversations/{id}/messages/{seq}/receipts`: how far a message of one's own came.
#[utoipa::path(get, path = "/v1/conversations/{id}/messages/{seq}/receipts",
    params(("id" = i64, Path), ("seq" = i64, Path)), responses((status = 200, body = ReceiptsView)))]
async fn receipts(
    State(app): State<App>,
    Signed(caller): Signed,
    Path((id, seq)): Path<(i64, i64)>,
) -> Reply<ReceiptsView> {
    let receipts = history::receipts(&app, caller, ConversationId(id), Seq(seq)).await?;
    ok(ReceiptsView {
        members: receipts.members,
        delivered: receipts.delivered,
        read: receipts.read,
        readers: receipts.readers.iter().map(|reader| reader.0).collect(),
    })
}

/// What is to be passed on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ForwardBody {
    /// The conversation where it was said.
    from: i64,
    /// Its places there, up to 50; those times the conversations are 200 at most.
    seqs: Vec<i64>,
    /// The conversations where it is said again, up to 10.
    to: Vec<i64>,
    /// The client's name for the whole of it, up to 64 characters.
    client_id: Option<String>,
}

/// `POST /v1/messages/forward`: says messages again elsewhere, all of them or none. Answers them by
/// conversation, then by place, as they were named; a try that was made before is answered with 200.
#[utoipa::path(post, path = "/v1/messages/forward", request_body = ForwardBody,
    responses((status = 201, body = Items<EntryView>), (status = 200, body = Items<EntryView>)))]
async fn forward(
    State(app): State<App>,
    Signed(caller): Signed,
    Body(body): Body<ForwardBody>,
) -> Made<Items<EntryView>> {
    let ForwardBody { from, seqs, to, client_id } = body;
    if client_id.as_deref().is_some_and(|id| !EntryView::takes_name(id)) {
        return Err(Fail::invalid("client_id"));
    }
    let (from, seqs) = (ConversationId(from), seqs.into_iter().map(Seq).collect());
    let to = to.into_iter().map(ConversationId).collect();
    Ok(match history::forward(&app, caller, Forward { from, seqs, to, client_id }).await? {
        Forwarded::New(posted) => {
            (StatusCode::CREATED, Json(posted.iter().map(|posted| EntryView::of(posted)).collect()))
        }
        Forwarded::Again(lines) => (StatusCode::OK, Json(lines.iter().map(EntryView::from).collect())),
    })
}
