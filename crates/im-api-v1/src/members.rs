//! Who is in a group, who shall be, and who waits.
use crate::{
    V1,
    extract::{Body, Path, Query, Signed},
    fields::{maybe_text, number},
    groups::{GroupRole, GroupView, Seat, people, shown},
    page::{PageQuery, page},
    people::Person,
    problem::Fail,
    reply::{Done, Items, Reply, done, ok},
};
use axum::extract::State;
use im_core::{
    AccountId, App, ConversationId, Error, Millis, Refusal,
    groups::{self, Place},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Characters of what somebody is called in a group, and of what it calls the group.
const NICKNAME: usize = 60;
const ALIAS: usize = 60;
/// Seconds for which somebody can be silenced: a year.
const LONGEST_MUTE_S: i64 = 365 * 24 * 60 * 60;

pub fn router() -> OpenApiRouter<V1> {
    OpenApiRouter::new()
        .routes(routes!(list, bring))
        .routes(routes!(change, put_out))
        .routes(routes!(change_me))
        .routes(routes!(waiting))
        .routes(routes!(accept))
        .routes(routes!(refuse))
}

/// Somebody in a group.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Member)]
pub struct MemberView {
    account: Person,
    /// What it is called there; empty: as everywhere.
    nickname: String,
    role: GroupRole,
    /// It may not speak until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i64)]
    muted_until_ms: Option<Millis>,
    #[schema(value_type = i64)]
    joined_ms: Millis,
    #[serde(skip)]
    place: i64,
}

/// The members of a group that the caller is in; who came first comes first.
#[utoipa::path(
    get, path = "/v1/groups/{id}/members", params(("id" = i64, Path), PageQuery),
    responses((status = 200, body = Items<MemberView>))
)]
async fn list(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(id): Path<i64>,
    Query(query): Query<PageQuery>,
) -> Reply<Items<MemberView>> {
    let (limit, after) = (query.limit()?, query.after()?.unwrap_or(0));
    let (group, members) = groups::roster(&app, caller, ConversationId(id), after, limit).await?;
    let now = app.now();
    let view = members.into_iter().map(|(account, own)| MemberView {
        account: Person::from(&account),
        role: GroupRole::of(groups::role(&group, &own)),
        muted_until_ms: Some(own.muted_until).filter(|until| *until > now),
        joined_ms: own.created_ms,
        place: own.id,
        nickname: own.nickname,
    });
    ok(page(view.collect(), limit, |member| member.place))
}

/// Whom to bring into a group.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BringMembers {
    /// Friends of the caller.
    #[schema(max_items = 200)]
    accounts: Vec<i64>,
}

/// What became of them; who was in the group already is in neither list.
#[derive(Serialize, ToSchema)]
#[schema(as = MembersBrought)]
struct BroughtView {
    #[schema(value_type = Vec<i64>)]
    joined: Vec<AccountId>,
    /// Until the owner lets them in.
    #[schema(value_type = Vec<i64>)]
    waiting: Vec<AccountId>,
}

/// Brings friends of the caller into a group.
#[utoipa::path(
    post, path = "/v1/groups/{id}/members", params(("id" = i64, Path)), request_body = BringMembers,
    responses((status = 200, body = BroughtView))
)]
async fn bring(State(app): State<App>, seat: Seat, Body(body): Body<BringMembers>) -> Reply<BroughtView> {
    let ids = people("accounts", body.accounts)?;
    let brought = groups::bring(&app, seat.caller, seat.group, ids, false).await?;
    ok(BroughtView { joined: brought.joined, waiting: brought.waiting })
}

/// Puts somebody out of a group that the caller owns.
#[utoipa::path(
    delete, path = "/v1/groups/{id}/members/{account}", params(("id" = i64, Path), ("account" = i64, Path)),
    responses((status = 204))
)]
async fn put_out(State(app): State<App>, seat: Seat) -> Done {
    groups::put_out(&app, seat.caller, seat.group, vec![AccountId(seat.of()?)]).await?;
    done()
}

/// What a member becomes.
#[derive(Clone, Copy, Deserialize, PartialEq, ToSchema)]
#[serde(rename_all = "snake_case")]
enum GivenRole {
    Manager,
    Member,
}

/// What changes about a member; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangeMember {
    /// The owner decides.
    role: Option<GivenRole>,
    /// Seconds for which it may not speak; 0: it may again. The owner decides, and managers over members.
    #[schema(minimum = 0, maximum = 31_536_000)]
    mute_s: Option<i64>,
}

/// Changes what a member may do.
#[utoipa::path(
    patch, path = "/v1/groups/{id}/members/{account}", params(("id" = i64, Path), ("account" = i64, Path)),
    request_body = ChangeMember, responses((status = 204))
)]
async fn change(State(app): State<App>, seat: Seat, Body(body): Body<ChangeMember>) -> Done {
    let mute_s = body.mute_s.map(|seconds| number("mute_s", seconds, 0..=LONGEST_MUTE_S)).transpose()?;
    let place = Place {
        manager: body.role.map(|role| role == GivenRole::Manager),
        mute_ms: mute_s.map(|seconds| seconds * 1_000),
    };
    groups::place(&app, seat.caller, seat.group, AccountId(seat.of()?), place).await?;
    done()
}

/// What the caller is called in a group, and what it calls the group; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangeOwnMember {
    /// Empty: as everywhere.
    #[schema(max_length = 60)]
    nickname: Option<String>,
    /// Empty: as everybody.
    #[schema(max_length = 60)]
    alias: Option<String>,
}

/// Changes names that the caller chooses for itself.
#[utoipa::path(
    patch, path = "/v1/groups/{id}/me", params(("id" = i64, Path)), request_body = ChangeOwnMember,
    responses((status = 200, body = GroupView))
)]
async fn change_me(
    State(app): State<App>,
    seat: Seat,
    Body(body): Body<ChangeOwnMember>,
) -> Reply<GroupView> {
    let nickname = maybe_text("nickname", body.nickname.as_deref(), 0..=NICKNAME)?;
    let alias = maybe_text("alias", body.alias.as_deref(), 0..=ALIAS)?;
    groups::set_names(&app, seat.caller, seat.group, nickname, alias).await?;
    shown(&app, seat.caller, seat.group).await
}

/// Somebody waits to be let in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JoinRequest)]
pub struct WaitingView {
    account: Person,
    text: String,
    /// Who invited, where somebody did.
    #[serde(skip_serializing_if = "Option::is_none")]
    inviter: Option<Person>,
    #[schema(value_type = i64)]
    created_ms: Millis,
    #[serde(skip)]
    place: i64,
}

/// Who waits to be let into a group that the caller owns; who asked first comes first.
#[utoipa::path(
    get, path = "/v1/groups/{id}/requests", params(("id" = i64, Path), PageQuery),
    responses((status = 200, body = Items<WaitingView>))
)]
async fn waiting(
    State(app): State<App>,
    seat: Seat,
    Query(query): Query<PageQuery>,
) -> Reply<Items<WaitingView>> {
    let (limit, after) = (query.limit()?, query.after()?.unwrap_or(0));
    let (waiting, people) = groups::waiting(&app, seat.caller, seat.group, after, limit).await?;
    let view = waiting.into_iter().filter_map(|one| {
        Some(WaitingView {
            account: Person::from(people.get(&one.account)?),
            text: one.text,
            inviter: one.inviter.and_then(|inviter| people.get(&inviter)).map(Person::from),
            created_ms: one.created_ms,
            place: one.index,
        })
    });
    ok(page(view.collect(), limit, |one| one.place))
}

/// Lets one who waits into a group that the caller owns.
#[utoipa::path(
    post, path = "/v1/groups/{id}/requests/{account}/accept",
    params(("id" = i64, Path), ("account" = i64, Path)), responses((status = 204))
)]
async fn accept(State(app): State<App>, seat: Seat) -> Done {
    decide(&app, &seat, true).await
}

/// Refuses one who waits.
#[utoipa::path(
    post, path = "/v1/groups/{id}/requests/{account}/refuse",
    params(("id" = i64, Path), ("account" = i64, Path)), responses((status = 204))
)]
async fn refuse(State(app): State<App>, seat: Seat) -> Done {
    decide(&app, &seat, false).await
}

async fn decide(app: &App, seat: &Seat, agree: bool) -> Done {
    let decided = groups::decide(app, seat.caller, seat.group, AccountId(seat.of()?), agree).await;
    decided.map_err(|error| match error {
        Error::Refused(Refusal::NotAllowed) => Fail::from(Refusal::NoSuchRequest), // nobody of this number waits
        other => other.into(),
    })?;
    done()
}
