//! Groups: what they are, and what those who lead them change.
use crate::{
    V1,
    conversations::{self, ConversationView},
    extract::{Body, Path, Signed},
    fields::{address, maybe_text, text},
    problem::Fail,
    reply::{Done, Made, Reply, done, made, ok},
};
use axum::{
    extract::{FromRequestParts, State},
    http::request::Parts,
};
use im_core::{
    AccountId, App, ConversationId, Millis, Refusal,
    accounts::Caller,
    groups::{self, Outlook, Redress, Wish},
};
use im_gateway::pusher::group_avatar;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Characters of a group's name, and of what its owner says to all.
const NAME: usize = 60;
const ANNOUNCEMENT: usize = 2_000;
/// People that are named in one call at most.
pub const PEOPLE: usize = 200;

pub fn router() -> OpenApiRouter<V1> {
    OpenApiRouter::new()
        .routes(routes!(create))
        .routes(routes!(show, change, dissolve))
        .routes(routes!(leave))
        .routes(routes!(hand_over))
}

/// The caller in a group where something may be done; nobody else can tell whether there is one.
pub struct Seat {
    pub caller: Caller,
    pub group: ConversationId,
    /// What follows the group's number in the path, if anything does.
    pub of: Option<String>,
}

impl Seat {
    /// The number that follows the group's in the path.
    pub fn of(&self) -> Result<i64, Fail> {
        self.of.as_deref().and_then(|text| text.parse().ok()).ok_or_else(Fail::not_found)
    }
}

impl FromRequestParts<V1> for Seat {
    type Rejection = Fail;

    async fn from_request_parts(parts: &mut Parts, v1: &V1) -> Result<Self, Fail> {
        let Signed(caller) = Signed::from_request_parts(parts, v1).await?;
        let Path(path) = Path::<Vec<(String, String)>>::from_request_parts(parts, v1).await?;
        let mut path = path.into_iter().map(|(_, text)| text);
        let id = path.next().and_then(|id| id.parse().ok()).ok_or_else(Fail::not_found)?;
        let group = ConversationId(id);
        groups::standing(&v1.app, caller, group).await?;
        Ok(Seat { caller, group, of: path.next() })
    }
}

/// What somebody is in a group.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GroupRole {
    Owner,
    Manager,
    Member,
}

impl GroupRole {
    /// The role of this name in the core.
    pub fn of(name: &str) -> Self {
        match name {
            "owner" => GroupRole::Owner,
            "manager" => GroupRole::Manager,
            _ => GroupRole::Member,
        }
    }
}

/// Who may come in.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JoinPolicy {
    /// Anybody.
    Open,
    /// Whom the owner lets in.
    Approval,
    /// Registered users.
    Users,
}

impl JoinPolicy {
    /// The policy of this number in the core.
    pub fn of(number: i64) -> Self {
        match number {
            1 => JoinPolicy::Approval,
            2 => JoinPolicy::Users,
            _ => JoinPolicy::Open,
        }
    }

    fn number(self) -> i64 {
        match self {
            JoinPolicy::Open => 0,
            JoinPolicy::Approval => 1,
            JoinPolicy::Users => 2,
        }
    }
}

/// Whether anything may be done in a group.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GroupStatus {
    Normal,
    /// By the operator: nobody may speak or change anything.
    Locked,
}

/// What a conversation's row says of its group.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GroupBrief {
    #[schema(value_type = i64)]
    pub owner: AccountId,
    /// How many are in it.
    pub members: i64,
    /// What the caller is in it.
    pub role: GroupRole,
    /// Only owner and managers may speak.
    pub mute_all: bool,
    /// The caller may not speak until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i64)]
    pub muted_until_ms: Option<Millis>,
    pub announcement: String,
    pub join_policy: JoinPolicy,
    pub status: GroupStatus,
}

impl GroupBrief {
    /// What a member of a group sees of it, now.
    pub fn of(outlook: &Outlook, now: Millis) -> Self {
        let group = &outlook.group;
        GroupBrief {
            owner: group.owner,
            members: outlook.members,
            role: GroupRole::of(outlook.role()),
            mute_all: group.mute_all,
            muted_until_ms: Some(outlook.membership.muted_until).filter(|until| *until > now),
            announcement: group.announcement.clone(),
            join_policy: JoinPolicy::of(group.join_policy),
            status: if group.status == 1 { GroupStatus::Normal } else { GroupStatus::Locked },
        }
    }
}

/// A group as the caller, who is in it, sees it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Group)]
pub struct GroupView {
    #[schema(value_type = i64)]
    id: ConversationId,
    name: String,
    avatar: String,
    #[schema(value_type = i64)]
    created_ms: Millis,
    /// What the caller alone calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    alias: Option<String>,
    /// What the caller is called there.
    #[serde(skip_serializing_if = "Option::is_none")]
    nickname: Option<String>,
    #[serde(flatten)]
    brief: GroupBrief,
}

impl GroupView {
    fn of(outlook: &Outlook, now: Millis) -> Self {
        let (group, own) = (&outlook.group, &outlook.membership);
        let given = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        GroupView {
            id: group.id,
            name: group.name.clone(),
            avatar: group_avatar(group).to_string(),
            created_ms: group.created_ms,
            alias: given(&own.alias),
            nickname: given(&own.nickname),
            brief: GroupBrief::of(outlook, now),
        }
    }
}

/// Answers with the group as it is now.
pub async fn shown(app: &App, caller: Caller, id: ConversationId) -> Reply<GroupView> {
    ok(GroupView::of(&groups::outlook(app, caller, id).await?, app.now()))
}

/// A group to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewGroup {
    /// Left out: it is called after its first members.
    #[schema(min_length = 1, max_length = 60)]
    name: Option<String>,
    /// Friends of the caller.
    #[schema(max_items = 200)]
    members: Vec<i64>,
}

/// Makes a group of the caller and its friends.
#[utoipa::path(
    post, path = "/v1/groups", request_body = NewGroup, responses((status = 201, body = ConversationView))
)]
async fn create(
    State(app): State<App>,
    Signed(caller): Signed,
    Body(body): Body<NewGroup>,
) -> Made<ConversationView> {
    let name = maybe_text("name", body.name.as_deref(), 1..=NAME)?;
    let members = people("members", body.members)?;
    let wish = Wish { members, name, avatar: None, trusted: false };
    let group = groups::make(&app, caller, wish).await?;
    made(conversations::shown(&app, caller, group.id).await?)
}

/// Whom a call names, each once.
pub fn people(field: &'static str, mut ids: Vec<i64>) -> Result<Vec<AccountId>, Fail> {
    if ids.len() > PEOPLE {
        return Err(Fail::invalid_because(field, format!("{PEOPLE} at most")));
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(ids.into_iter().map(AccountId).collect())
}

/// A group that the caller is in.
#[utoipa::path(
    get, path = "/v1/groups/{id}", params(("id" = i64, Path)), responses((status = 200, body = GroupView))
)]
async fn show(State(app): State<App>, Signed(caller): Signed, Path(id): Path<i64>) -> Reply<GroupView> {
    shown(&app, caller, ConversationId(id)).await
}

/// What changes about a group; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangeGroup {
    /// Owner and managers.
    #[schema(min_length = 1, max_length = 60)]
    name: Option<String>,
    /// Owner and managers.
    avatar: Option<String>,
    /// The owner; every change of it is told to all.
    #[schema(max_length = 2000)]
    announcement: Option<String>,
    /// The owner.
    join_policy: Option<JoinPolicy>,
    /// Owner and managers.
    mute_all: Option<bool>,
}

/// Changes a group that the caller leads.
#[utoipa::path(
    patch, path = "/v1/groups/{id}", params(("id" = i64, Path)), request_body = ChangeGroup,
    responses((status = 200, body = GroupView))
)]
async fn change(State(app): State<App>, seat: Seat, Body(body): Body<ChangeGroup>) -> Reply<GroupView> {
    let wish = Redress {
        name: maybe_text("name", body.name.as_deref(), 1..=NAME)?,
        avatar: body.avatar.as_deref().map(|avatar| address("avatar", avatar)).transpose()?,
        mute_all: body.mute_all,
        announcement: body
            .announcement
            .map(|said| text("announcement", &said, 0..=ANNOUNCEMENT))
            .transpose()?,
        join_policy: body.join_policy.map(JoinPolicy::number),
    };
    groups::redress(&app, seat.caller, seat.group, wish).await?;
    shown(&app, seat.caller, seat.group).await
}

/// Dissolves a group that the caller owns.
#[utoipa::path(delete, path = "/v1/groups/{id}", params(("id" = i64, Path)), responses((status = 204)))]
async fn dissolve(State(app): State<App>, seat: Seat) -> Done {
    groups::end(&app, seat.caller, seat.group).await?;
    done()
}

/// Leaves a group that somebody else owns, or asks no longer to come in.
#[utoipa::path(post, path = "/v1/groups/{id}/leave", params(("id" = i64, Path)), responses((status = 204)))]
async fn leave(State(app): State<App>, Signed(caller): Signed, Path(id): Path<i64>) -> Done {
    if !groups::quit(&app, caller, ConversationId(id)).await? {
        return Err(Refusal::NotMember.into());
    }
    done()
}

/// Who shall own a group.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewOwner {
    account: i64,
}

/// Gives a group that the caller owns to another member.
#[utoipa::path(
    post, path = "/v1/groups/{id}/owner", params(("id" = i64, Path)), request_body = NewOwner,
    responses((status = 200, body = GroupView))
)]
async fn hand_over(State(app): State<App>, seat: Seat, Body(body): Body<NewOwner>) -> Reply<GroupView> {
    groups::hand_over(&app, seat.caller, seat.group, AccountId(body.account)).await?;
    shown(&app, seat.caller, seat.group).await
}
