//! Conversations: the list, how the caller keeps each, how far it has read.
use crate::{
    V1,
    extract::{Body, Path, Query, Signed},
    groups::GroupBrief,
    page,
    people::Person,
    problem::Fail,
    reply::{Done, Items, Reply, done, ok},
};
use axum::{Json, extract::State, http::StatusCode};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use im_core::{
    AccountId, App, ConversationId, Millis, Seq,
    accounts::Caller,
    conversations,
    history::{self, Keep},
    overview::listing::{self, Conversation, Counterpart, Place},
};
use im_gateway::{native::entry::EntryView, pusher::group_avatar};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn router() -> OpenApiRouter<V1> {
    OpenApiRouter::new()
        .routes(routes!(list, open))
        .routes(routes!(show, keep))
        .routes(routes!(clear))
        .routes(routes!(read))
        .routes(routes!(delivered))
}

/// What a conversation is.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConversationKind {
    /// With one other.
    Direct,
    /// A group.
    Group,
    /// What only the caller is told.
    Inbox,
}

/// A conversation by its face.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConversationBrief)]
pub struct BriefView {
    #[schema(value_type = i64)]
    id: ConversationId,
    kind: ConversationKind,
    /// What the caller calls it.
    name: String,
    avatar: String,
}

impl From<&Conversation> for BriefView {
    fn from(conversation: &Conversation) -> Self {
        let (kind, avatar) = match &conversation.with {
            Counterpart::Direct { peer, .. } => (ConversationKind::Direct, peer.avatar.clone()),
            Counterpart::Group(outlook) => {
                (ConversationKind::Group, group_avatar(&outlook.group).to_string())
            }
            Counterpart::Inbox => (ConversationKind::Inbox, String::new()),
        };
        BriefView { id: conversation.id, kind, name: conversation.name.clone(), avatar }
    }
}

/// A conversation as the caller keeps it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Conversation)]
pub struct ConversationView {
    #[serde(flatten)]
    brief: BriefView,
    /// The other one of a direct conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    peer: Option<Person>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    group: Option<GroupBrief>,
    /// The newest place.
    #[schema(value_type = i64)]
    last_seq: Seq,
    /// What the caller cleared lies before it.
    #[schema(value_type = i64)]
    first_seq: Seq,
    /// The caller has seen everything up to here.
    #[schema(value_type = i64)]
    read_seq: Seq,
    /// Messages that it has not seen.
    #[schema(maximum = 999)]
    unread: i64,
    /// Some of them call the caller by name, or everybody.
    mentioned: bool,
    /// Shown as if something were unread.
    marked_unread: bool,
    /// Stands before the others.
    pinned: bool,
    /// Makes no noise.
    quiet: bool,
    /// Not listed until something new comes.
    hidden: bool,
    /// The other one has seen everything up to here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i64)]
    peer_read_seq: Option<Seq>,
    /// Everything up to here has arrived at the other one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i64)]
    peer_delivered_seq: Option<Seq>,
    /// The newest entry that may be shown.
    #[schema(required)]
    last: Option<EntryView>,
    /// When something was last said or done.
    #[schema(value_type = i64)]
    updated_ms: Millis,
}

impl ConversationView {
    /// What the core knows, now.
    pub fn of(conversation: Conversation, now: Millis) -> Self {
        let brief = BriefView::from(&conversation);
        let (peer, reach, group) = match conversation.with {
            Counterpart::Direct { peer, reach } => (Some(peer.into()), reach, None),
            Counterpart::Group(outlook) => (None, None, Some(GroupBrief::of(&outlook, now))),
            Counterpart::Inbox => (None, None, None),
        };
        ConversationView {
            brief,
            peer,
            group,
            last_seq: conversation.last_seq,
            first_seq: conversation.first_seq,
            read_seq: conversation.read_seq,
            unread: conversation.unread,
            mentioned: conversation.mentioned,
            marked_unread: conversation.marked_unread,
            pinned: conversation.pinned,
            quiet: conversation.quiet,
            hidden: conversation.hidden,
            peer_read_seq: reach.map(|reach| reach.read),
            peer_delivered_seq: reach.map(|reach| reach.delivered),
            last: conversation.last.as_ref().map(EntryView::from),
            updated_ms: conversation.updated_ms,
        }
    }
}

/// The conversation as it is now.
pub async fn shown(app: &App, caller: Caller, id: ConversationId) -> Result<ConversationView, Fail> {
    Ok(ConversationView::of(listing::one(app, caller, id).await?, app.now()))
}

/// Which page of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    /// Entries at most.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<i64>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Also the hidden ones, and those in which nothing was ever said.
    hidden: Option<bool>,
}

/// The caller's conversations: the pinned ones first, then those in which something was said last.
#[utoipa::path(
    get, path = "/v1/conversations", params(ListQuery), responses((status = 200, body = Items<ConversationView>))
)]
async fn list(
    State(app): State<App>,
    Signed(caller): Signed,
    Query(query): Query<ListQuery>,
) -> Reply<Items<ConversationView>> {
    let limit = page::limit(query.limit)?;
    let after = query.cursor.as_deref().map(place).transpose()?;
    let page = listing::list(&app, caller, after, limit, query.hidden.unwrap_or(false)).await?;
    let now = app.now();
    let items = page.conversations.into_iter().map(|one| ConversationView::of(one, now)).collect();
    ok(Items { items, next: page.next.map(cursor) })
}

fn cursor(place: Place) -> String {
    let numbers = [i64::from(place.pinned), place.updated_ms.0, place.id.0];
    BASE64_URL_SAFE_NO_PAD.encode(numbers.map(i64::to_be_bytes).concat())
}

fn place(cursor: &str) -> Result<Place, Fail> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).unwrap_or_default();
    let numbers = bytes.chunks_exact(8).filter_map(|chunk| Some(i64::from_be_bytes(chunk.try_into().ok()?)));
    match numbers.collect::<Vec<_>>()[..] {
        [pinned @ (0 | 1), updated_ms, id] if bytes.len() == 24 => {
            Ok(Place { pinned: pinned == 1, updated_ms: Millis(updated_ms), id: ConversationId(id) })
        }
        _ => Err(Fail::invalid("cursor")),
    }
}

/// With whom to talk.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Open {
    account: i64,
}

/// The conversation with somebody, whether anything was said in it or not.
#[utoipa::path(
    post, path = "/v1/conversations", request_body = Open,
    responses(
        (status = 200, body = ConversationView),
        (status = 201, description = "It is new", body = ConversationView)
    )
)]
async fn open(
    State(app): State<App>,
    Signed(caller): Signed,
    Body(body): Body<Open>,
) -> Result<(StatusCode, Json<ConversationView>), Fail> {
    let (conversation, new) = listing::open(&app, caller, AccountId(body.account)).await?;
    let status = if new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(ConversationView::of(conversation, app.now()))))
}

/// A conversation of the caller, listed or not.
#[utoipa::path(
    get, path = "/v1/conversations/{id}", params(("id" = i64, Path)),
    responses((status = 200, body = ConversationView))
)]
async fn show(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(id): Path<i64>,
) -> Reply<ConversationView> {
    ok(shown(&app, caller, ConversationId(id)).await?)
}

/// How to keep a conversation; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KeepConversation {
    pinned: Option<bool>,
    quiet: Option<bool>,
    hidden: Option<bool>,
    marked_unread: Option<bool>,
}

/// Changes how the caller keeps a conversation.
#[utoipa::path(
    patch, path = "/v1/conversations/{id}", params(("id" = i64, Path)), request_body = KeepConversation,
    responses((status = 200, body = ConversationView))
)]
async fn keep(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(id): Path<i64>,
    Body(body): Body<KeepConversation>,
) -> Reply<ConversationView> {
    let KeepConversation { pinned, quiet, hidden, marked_unread } = body;
    let keep = Keep { pinned, quiet, hidden, marked_unread, ..Keep::default() };
    history::keep_by_id(&app, caller, ConversationId(id), keep).await?;
    ok(shown(&app, caller, ConversationId(id)).await?)
}

/// Shows nothing of what was said so far to the caller any more; others keep it.
#[utoipa::path(
    post, path = "/v1/conversations/{id}/clear", params(("id" = i64, Path)), responses((status = 204))
)]
async fn clear(State(app): State<App>, Signed(caller): Signed, Path(id): Path<i64>) -> Done {
    history::clear(&app, caller, ConversationId(id)).await?;
    done()
}

/// A place in a conversation.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UpTo {
    #[schema(minimum = 0)]
    seq: i64,
}

impl UpTo {
    fn seq(&self) -> Result<Seq, Fail> {
        if self.seq < 0 { Err(Fail::invalid("seq")) } else { Ok(Seq(self.seq)) }
    }
}

/// How far the caller has read.
#[derive(Serialize, ToSchema)]
#[schema(as = Progress)]
struct ProgressView {
    #[schema(value_type = i64)]
    read_seq: Seq,
    #[schema(maximum = 999)]
    unread: i64,
}

/// Notes that the caller has seen everything up to a place. It only moves forward.
#[utoipa::path(
    put, path = "/v1/conversations/{id}/read", params(("id" = i64, Path)), request_body = UpTo,
    responses((status = 200, body = ProgressView))
)]
async fn read(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(id): Path<i64>,
    Body(body): Body<UpTo>,
) -> Reply<ProgressView> {
    let progress = history::read_to(&app, caller, ConversationId(id), body.seq()?).await?;
    ok(ProgressView { read_seq: progress.read, unread: progress.unread })
}

/// Notes that everything up to a place has arrived at the caller. It only moves forward.
#[utoipa::path(
    put, path = "/v1/conversations/{id}/delivered", params(("id" = i64, Path)), request_body = UpTo,
    responses((status = 204))
)]
async fn delivered(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(id): Path<i64>,
    Body(body): Body<UpTo>,
) -> Done {
    conversations::delivered(&app, caller, ConversationId(id), body.seq()?).await?;
    done()
}
