//! Finding messages and people.
use crate::{
    V1,
    conversations::BriefView,
    extract::{Query, Signed},
    page,
    people::Person,
    reply::{Items, Reply, ok},
};
use axum::extract::State;
use im_core::{App, ConversationId, Mid, search};
use im_gateway::native::entry::EntryView;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn router() -> OpenApiRouter<V1> {
    OpenApiRouter::new().routes(routes!(messages)).routes(routes!(people))
}

/// What to look for in messages.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct MessagesQuery {
    /// Words that must all be there; the last one may be the beginning of a word.
    #[param(max_length = 200)]
    q: String,
    /// Look into this one alone.
    conversation: Option<i64>,
    /// Entries at most.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<i64>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// A message that was found.
#[derive(Serialize, ToSchema)]
#[schema(as = Hit)]
struct HitView {
    entry: EntryView,
    conversation: BriefView,
}

/// Messages that the caller can see, newest first. A page may be short of its limit and not be the last.
#[utoipa::path(
    get, path = "/v1/search/messages", params(MessagesQuery), responses((status = 200, body = Items<HitView>))
)]
async fn messages(
    State(app): State<App>,
    Signed(caller): Signed,
    Query(query): Query<MessagesQuery>,
) -> Reply<Items<HitView>> {
    let limit = page::limit(query.limit)? as usize;
    let before = query.cursor.as_deref().map(page::read).transpose()?.map(Mid);
    let within = query.conversation.map(ConversationId);
    let found = search::messages(&app, caller, &query.q, within, before, limit).await?;
    let hits = found.hits.iter();
    let items = hits.map(|(line, room)| HitView { entry: line.into(), conversation: room.into() }).collect();
    ok(Items { items, next: found.next.map(|mid| page::write(mid.0)) })
}

/// Whom to look for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct PeopleQuery {
    /// A part of the username, or the whole public number.
    #[param(min_length = 1, max_length = 200)]
    q: String,
}

/// Users by their username or public number.
#[utoipa::path(
    get, path = "/v1/search/people", params(PeopleQuery), responses((status = 200, body = Items<Person>))
)]
async fn people(
    State(app): State<App>,
    Signed(caller): Signed,
    Query(query): Query<PeopleQuery>,
) -> Reply<Items<Person>> {
    let found = search::people(&app, caller, &query.q).await?;
    ok(found.iter().map(Person::from).collect())
}
