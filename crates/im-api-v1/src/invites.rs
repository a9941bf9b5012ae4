//! Invitations to groups, by link.
use crate::{
    V1,
    extract::{Address, Body, Path, Signed},
    fields::number,
    groups::Seat,
    reply::{Done, Items, Made, Reply, done, made, ok},
};
use axum::{extract::State, http::HeaderMap};
use im_core::{
    AccountId, App, ConversationId, Millis,
    groups::{self, Entrance, Invite, Terms},
};
use im_gateway::pusher::group_avatar;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Seconds for which an invitation may be good: a year.
const LONGEST_S: i64 = 365 * 24 * 60 * 60;
/// People that one invitation may let in.
const MOST_USES: i64 = 100_000;

pub fn router() -> OpenApiRouter<V1> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(take_back))
        .routes(routes!(show))
        .routes(routes!(join))
}

/// An invitation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Invite)]
pub struct InviteView {
    id: i64,
    token: String,
    /// What people open.
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i64)]
    expires_ms: Option<Millis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i64)]
    uses_left: Option<i64>,
    /// Who made it.
    #[schema(value_type = i64)]
    by: AccountId,
    #[schema(value_type = i64)]
    created_ms: Millis,
}

impl InviteView {
    fn of(invite: Invite, base: &str) -> Self {
        InviteView {
            id: invite.id,
            url: format!("{base}/i/{}", invite.token),
            token: invite.token,
            expires_ms: invite.expires_ms,
            uses_left: invite.uses_left,
            by: invite.by,
            created_ms: invite.created_ms,
        }
    }
}

/// How long an invitation is good, and for how many.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewInvite {
    /// Left out: until it is taken back.
    #[schema(minimum = 1, maximum = 31_536_000)]
    expires_s: Option<i64>,
    /// Left out: however many.
    #[schema(minimum = 1, maximum = 100_000)]
    uses: Option<i64>,
}

/// Makes an invitation: owner and managers, and members of an open group. It is good as long as who made it
/// may invite.
#[utoipa::path(
    post, path = "/v1/groups/{id}/invites", params(("id" = i64, Path)), request_body = NewInvite,
    responses((status = 201, body = InviteView))
)]
async fn create(
    State(v1): State<V1>,
    seat: Seat,
    headers: HeaderMap,
    Body(body): Body<NewInvite>,
) -> Made<InviteView> {
    let expires_s = body.expires_s.map(|seconds| number("expires_s", seconds, 1..=LONGEST_S)).transpose()?;
    let uses = body.uses.map(|uses| number("uses", uses, 1..=MOST_USES)).transpose()?;
    let terms = Terms { expires_ms: expires_s.map(|seconds| seconds * 1_000), uses };
    let invite = groups::issue(&v1.app, seat.caller, seat.group, terms).await?;
    made(InviteView::of(invite, &v1.network.base(&headers)))
}

/// The invitations to a group that are still good: members see their own.
#[utoipa::path(
    get, path = "/v1/groups/{id}/invites", params(("id" = i64, Path)),
    responses((status = 200, body = Items<InviteView>))
)]
async fn list(State(v1): State<V1>, seat: Seat, headers: HeaderMap) -> Reply<Items<InviteView>> {
    let base = v1.network.base(&headers);
    let invites = groups::invites(&v1.app, seat.caller, seat.group).await?;
    ok(invites.into_iter().map(|invite| InviteView::of(invite, &base)).collect())
}

/// Takes an invitation back: members their own.
#[utoipa::path(
    delete, path = "/v1/groups/{id}/invites/{invite}", params(("id" = i64, Path), ("invite" = i64, Path)),
    responses((status = 204))
)]
async fn take_back(State(app): State<App>, seat: Seat) -> Done {
    groups::take_back(&app, seat.caller, seat.group, seat.of()?).await?;
    done()
}

/// What the holder of an invitation sees of the group.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InvitedGroup)]
struct InvitedView {
    name: String,
    avatar: String,
    /// How many are in it.
    members: i64,
}

/// What became of coming in.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = JoinOutcome)]
enum JoinOutcome {
    Joined,
    /// For the owner's consent.
    Waiting,
    /// In the group already.
    Member,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InvitePreview)]
struct PreviewView {
    group: InvitedView,
    /// `member` for who shows a token and is in the group already.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(inline, value_type = JoinOutcome)]
    outcome: Option<JoinOutcome>,
}

/// What an invitation leads to: open to whoever holds it.
#[utoipa::path(
    get, path = "/v1/invites/{token}", params(("token" = String, Path)), security((), ("bearer" = [])),
    responses((status = 200, body = PreviewView))
)]
async fn show(
    State(app): State<App>,
    signed: Option<Signed>,
    Address(address): Address,
    Path(token): Path<String>,
) -> Reply<PreviewView> {
    let caller = signed.map(|signed| signed.0);
    let Entrance { group, members, member } = groups::knock(&app, caller, &address, token).await?;
    let avatar = group_avatar(&group).to_string();
    ok(PreviewView {
        group: InvitedView { name: group.name, avatar, members },
        outcome: member.then_some(JoinOutcome::Member),
    })
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InviteJoined)]
struct JoinedView {
    outcome: JoinOutcome,
    /// The group's, for members.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i64)]
    conversation: Option<ConversationId>,
}

/// Comes into a group by an invitation. What the group wants of newcomers holds here as well.
#[utoipa::path(
    post, path = "/v1/invites/{token}/join", params(("token" = String, Path)),
    responses((status = 200, body = JoinedView))
)]
async fn join(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(token): Path<String>,
) -> Reply<JoinedView> {
    let (group, outcome) = groups::come_in(&app, caller, token).await?;
    let outcome = match outcome {
        None => JoinOutcome::Member,
        Some(groups::Outcome::Joined) => JoinOutcome::Joined,
        Some(groups::Outcome::Waiting) => JoinOutcome::Waiting,
    };
    let inside = !matches!(outcome, JoinOutcome::Waiting);
    ok(JoinedView { outcome, conversation: inside.then_some(group) })
}
