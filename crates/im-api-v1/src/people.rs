//! People as others see them.
use crate::{
    V1,
    extract::{Path, Query, Signed},
    problem::Fail,
    reply::{Items, Reply, ok},
};
use axum::extract::State;
use im_core::{
    AccountId, App,
    accounts::{Account, Role},
    live,
    overview::listing,
    profiles::{self, Sight, Who},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

/// People that one call may ask for.
const MOST: usize = 100;

pub fn router() -> OpenApiRouter<V1> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show)).routes(routes!(presence))
}

/// What an account is.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Role)]
pub enum RoleView {
    /// Somebody with a name and a password.
    User,
    /// A device without an account.
    Visitor,
}

impl From<Role> for RoleView {
    fn from(role: Role) -> Self {
        match role {
            Role::User => RoleView::User,
            Role::Visitor => RoleView::Visitor,
        }
    }
}

/// Somebody as everybody sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Person {
    /// Number.
    pub id: i64,
    /// Public id that cannot be guessed.
    pub uuid: String,
    /// The nickname, or the username of who has none.
    pub name: String,
    /// Address or path of a picture.
    pub avatar: String,
    pub role: RoleView,
    /// Seven or eight digits that people print and dictate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nid: Option<i64>,
}

impl From<&Account> for Person {
    fn from(account: &Account) -> Self {
        Person {
            id: account.id.0,
            uuid: account.uuid.clone(),
            name: account.display().to_owned(),
            avatar: account.avatar.clone(),
            role: account.role.into(),
            nid: (account.nid > 0).then_some(account.nid),
        }
    }
}

impl From<listing::Person> for Person {
    fn from(person: listing::Person) -> Self {
        Person {
            id: person.id.0,
            uuid: person.uuid,
            name: person.name,
            avatar: person.avatar,
            role: person.role.into(),
            nid: (person.nid > 0).then_some(person.nid),
        }
    }
}

/// What somebody tells about itself; what is not told is left out.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct About {
    #[serde(skip_serializing_if = "Option::is_none")]
    bio: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gender: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    website: Option<String>,
}

impl From<&Account> for About {
    fn from(account: &Account) -> Self {
        let about = account.about.clone();
        About {
            bio: told(about.bio),
            gender: told(Some(about.gender)).filter(|gender| gender != "unknown"),
            location: told(about.location),
            website: told(about.website),
        }
    }
}

/// What was told, unless it is nothing.
pub fn told(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// Somebody as the caller sees it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PersonDetails)]
struct PersonView {
    #[serde(flatten)]
    person: Person,
    /// The name it signs in with.
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(flatten)]
    about: About,
    relation: RelationView,
    /// Where the two talk, once they have.
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation: Option<i64>,
}

/// How the caller and somebody stand to each other.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Relation)]
struct RelationView {
    friend: bool,
    /// What the caller calls it; may be empty.
    remark: String,
    starred: bool,
    /// It cannot write to the caller.
    blocked: bool,
    /// It may see the caller's moments.
    shows_me: bool,
    /// The caller sees its moments.
    shows_them: bool,
    /// Whether friendship is asked for, and by whom.
    requested: Requested,
    /// That request.
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<i64>,
}

/// Who asked for friendship.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Requested {
    None,
    /// The caller did.
    Sent,
    /// The other one did.
    Received,
}

impl From<Sight> for PersonView {
    fn from(sight: Sight) -> Self {
        let Sight { profile, relation, conversation } = sight;
        let account = &profile.account;
        let request = relation.request;
        let requested = match &request {
            None => Requested::None,
            Some(request) if request.from == account.id => Requested::Received,
            Some(_) => Requested::Sent,
        };
        let edge = relation.edge.as_ref();
        PersonView {
            person: account.into(),
            username: (!profile.reduced).then(|| account.username.clone()),
            about: if profile.reduced { About::default() } else { account.into() },
            relation: RelationView {
                friend: edge.is_some(),
                remark: edge.map(|edge| edge.remark.clone()).unwrap_or_default(),
                starred: edge.is_some_and(|edge| edge.starred),
                blocked: edge.is_some_and(|edge| edge.blocked),
                shows_me: edge.is_some_and(|edge| edge.shows_me),
                shows_them: edge.is_some_and(|edge| edge.shows_peer),
                requested,
                request: request.map(|request| request.id),
            },
            conversation: conversation.map(|id| id.0),
        }
    }
}

/// Numbers of accounts.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct IdsQuery {
    /// Up to 100 numbers with commas between them.
    #[param(example = "1,2")]
    ids: String,
}

impl IdsQuery {
    fn read(&self) -> Result<Vec<i64>, Fail> {
        let ids: Option<Vec<i64>> = self.ids.split(',').map(|id| id.trim().parse().ok()).collect();
        let ids = ids.ok_or_else(|| Fail::invalid("ids"))?;
        if ids.len() > MOST {
            return Err(Fail::invalid_because("ids", format!("{MOST} at most")));
        }
        Ok(ids)
    }
}

/// `GET /v1/accounts?ids=1,2`: several people; those that there are not are left out.
#[utoipa::path(get, path = "/v1/accounts", params(IdsQuery), responses((status = 200, body = Items<Person>)))]
async fn list(
    State(app): State<App>,
    Signed(caller): Signed,
    Query(query): Query<IdsQuery>,
) -> Reply<Items<Person>> {
    let people = profiles::people(&app, caller, query.read()?).await?;
    ok(people.iter().map(Person::from).collect())
}

/// `GET /v1/accounts/{account}`: somebody, by number or uuid.
#[utoipa::path(get, path = "/v1/accounts/{account}",
    params(("account" = String, Path, description = "Number or uuid")),
    responses((status = 200, body = PersonView)))]
async fn show(State(app): State<App>, Signed(caller): Signed, Path(who): Path<String>) -> Reply<PersonView> {
    let who = match who.parse() {
        Ok(id) => Who::Id(AccountId(id)),
        Err(_) => Who::Uuid(who),
    };
    ok(profiles::sight(&app, caller, who).await?.into())
}

/// Whether somebody is online.
#[derive(Serialize, ToSchema)]
struct Presence {
    account: i64,
    online: bool,
    /// When it went offline, if it ever did.
    #[serde(skip_serializing_if = "Option::is_none")]
    since_ms: Option<i64>,
}

/// `GET /v1/presence?ids=`: who of these is online. Only friends and people whom the caller talks to; others
/// are left out.
#[utoipa::path(get, path = "/v1/presence", params(IdsQuery), responses((status = 200, body = Items<Presence>)))]
async fn presence(
    State(v1): State<V1>,
    Signed(caller): Signed,
    Query(query): Query<IdsQuery>,
) -> Reply<Items<Presence>> {
    let known = live::watchable(&v1.app, caller, query.read()?).await?;
    let presence = known.into_iter().map(|(account, offline)| {
        let online = v1.hub.is_online(account);
        let since_ms = (!online && offline.0 > 0).then_some(offline.0);
        Presence { account: account.0, online, since_ms }
    });
    ok(presence.collect())
}
