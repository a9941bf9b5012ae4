//! Friends, and asking for friendship.
use crate::{
    V1,
    extract::{Body, Path, Query, Signed},
    fields::{maybe_text, text},
    page::{PageQuery, page},
    people::Person,
    reply::{Done, Items, Made, Reply, done, made, ok},
};
use axum::extract::State;
use im_core::{
    AccountId, App, Millis,
    contacts::{self, Asking, Contact, Keeping, RequestState},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Characters of what the caller calls a friend, and of what is said with a request.
const REMARK: usize = 60;
const TEXT: usize = 255;

pub fn router() -> OpenApiRouter<V1> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(change, remove))
        .routes(routes!(requests, ask))
        .routes(routes!(accept))
        .routes(routes!(refuse))
}

/// A friend as the caller keeps it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Contact)]
pub struct ContactView {
    account: Person,
    /// What the caller calls it; empty: as everybody.
    remark: String,
    starred: bool,
    /// It cannot write to the caller.
    blocked: bool,
    /// It may see the caller's moments.
    shows_me: bool,
    /// The caller sees its moments.
    shows_them: bool,
    /// The letter under which it stands, or `#`.
    #[schema(example = "H")]
    initial: char,
    #[schema(value_type = i64)]
    created_ms: Millis,
}

impl From<Contact> for ContactView {
    fn from(contact: Contact) -> Self {
        let edge = contact.edge;
        ContactView {
            account: Person::from(&contact.account),
            remark: edge.remark,
            starred: edge.starred,
            blocked: edge.blocked,
            shows_me: edge.shows_me,
            shows_them: edge.shows_peer,
            initial: contact.initial,
            created_ms: contact.created_ms,
        }
    }
}

/// All friends, by their letters, then by the spelling of the name that the caller reads.
#[utoipa::path(get, path = "/v1/contacts", responses((status = 200, body = Items<ContactView>)))]
async fn list(State(app): State<App>, Signed(caller): Signed) -> Reply<Items<ContactView>> {
    ok(contacts::book(&app, caller).await?.into_iter().map(ContactView::from).collect())
}

/// What changes about a friend; what is left out stays. Of one that is blocked, only the remark and the block.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangeContact {
    #[schema(max_length = 60)]
    remark: Option<String>,
    starred: Option<bool>,
    blocked: Option<bool>,
    shows_me: Option<bool>,
    shows_them: Option<bool>,
}

/// Changes how the caller keeps a friend.
#[utoipa::path(
    patch, path = "/v1/contacts/{account}", params(("account" = i64, Path)), request_body = ChangeContact,
    responses((status = 200, body = ContactView))
)]
async fn change(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(account): Path<i64>,
    Body(body): Body<ChangeContact>,
) -> Reply<ContactView> {
    let keeping = Keeping {
        remark: maybe_text("remark", body.remark.as_deref(), 0..=REMARK)?,
        starred: body.starred,
        blocked: body.blocked,
        shows_me: body.shows_me,
        shows_peer: body.shows_them,
    };
    ok(contacts::keep(&app, caller, AccountId(account), keeping).await?.into())
}

/// Ends a friendship, on both sides. The conversation stays.
#[utoipa::path(
    delete, path = "/v1/contacts/{account}", params(("account" = i64, Path)),
    responses((status = 204))
)]
async fn remove(State(app): State<App>, Signed(caller): Signed, Path(account): Path<i64>) -> Done {
    contacts::unfriend(&app, caller, AccountId(account)).await?;
    done()
}

/// Whom to ask for friendship.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AskContact {
    account: i64,
    /// What is said with it.
    #[schema(max_length = 255)]
    text: Option<String>,
}

/// What became of asking.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    /// The other one decides.
    Asked,
    /// Friends now, or before.
    Friends,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ContactAsked)]
struct AskedView {
    outcome: Outcome,
}

/// Asks for friendship. Who does not want to be asked is a friend at once.
#[utoipa::path(
    post, path = "/v1/contacts/requests", request_body = AskContact, responses((status = 201, body = AskedView))
)]
async fn ask(
    State(app): State<App>,
    Signed(caller): Signed,
    Body(body): Body<AskContact>,
) -> Made<AskedView> {
    let said = text("text", body.text.as_deref().unwrap_or_default(), 0..=TEXT)?;
    let outcome = match contacts::ask_or_befriend(&app, caller, AccountId(body.account), said).await? {
        contacts::Outcome::Asked => Outcome::Asked,
        contacts::Outcome::Friends => Outcome::Friends,
    };
    made(AskedView { outcome })
}

/// Where a request stands.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RequestStateView {
    Pending,
    Accepted,
    Refused,
    /// Put aside: it may still be decided.
    Ignored,
}

/// Somebody asked somebody for friendship; one of the two is the caller.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ContactRequest)]
pub struct RequestView {
    id: i64,
    from: Person,
    to: Person,
    text: String,
    state: RequestStateView,
    #[schema(value_type = i64)]
    created_ms: Millis,
}

impl From<Asking> for RequestView {
    fn from(asking: Asking) -> Self {
        let request = asking.request;
        RequestView {
            id: request.id,
            from: Person::from(&asking.from),
            to: Person::from(&asking.to),
            text: request.text,
            state: match request.state {
                RequestState::Pending => RequestStateView::Pending,
                RequestState::Agree => RequestStateView::Accepted,
                RequestState::Refuse => RequestStateView::Refused,
                RequestState::Ignore => RequestStateView::Ignored,
            },
            created_ms: request.created_ms,
        }
    }
}

/// Requests that the caller made and was made, the newest first.
#[utoipa::path(
    get, path = "/v1/contacts/requests", params(PageQuery), responses((status = 200, body = Items<RequestView>))
)]
async fn requests(
    State(app): State<App>,
    Signed(caller): Signed,
    Query(query): Query<PageQuery>,
) -> Reply<Items<RequestView>> {
    let (limit, before) = (query.limit()?, query.after()?.unwrap_or(i64::MAX));
    let found = contacts::asked_and_asking(&app, caller, before, limit).await?;
    ok(page(found.into_iter().map(RequestView::from).collect(), limit, |request| request.id))
}

/// What goes with agreeing.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AcceptContact {
    /// What the caller will call the friend.
    #[schema(max_length = 60)]
    remark: Option<String>,
}

/// Agrees to a request that was made to the caller: the two are friends.
#[utoipa::path(
    post, path = "/v1/contacts/requests/{id}/accept", params(("id" = i64, Path)), request_body = AcceptContact,
    responses((status = 200, body = RequestView))
)]
async fn accept(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(id): Path<i64>,
    Body(body): Body<AcceptContact>,
) -> Reply<RequestView> {
    let remark = text("remark", body.remark.as_deref().unwrap_or_default(), 0..=REMARK)?;
    ok(contacts::answer(&app, caller, id, true, remark).await?.into())
}

/// Refuses a request that was made to the caller.
#[utoipa::path(
    post, path = "/v1/contacts/requests/{id}/refuse", params(("id" = i64, Path)),
    responses((status = 200, body = RequestView))
)]
async fn refuse(State(app): State<App>, Signed(caller): Signed, Path(id): Path<i64>) -> Reply<RequestView> {
    ok(contacts::answer(&app, caller, id, false, String::new()).await?.into())
}
