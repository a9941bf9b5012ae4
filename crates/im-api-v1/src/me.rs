//! The caller's own account.
use crate::{
    V1,
    accounts::password,
    extract::{Body, Signed},
    people::{About, Person, told},
    reply::{Done, Reply, done, ok},
};
use axum::extract::State;
use im_core::{
    App, Refusal,
    accounts::{
        self, Account, Change,
        privacy::{self, Allowance, Privacy, PrivacyChange},
    },
    profiles,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn router() -> OpenApiRouter<V1> {
    OpenApiRouter::new()
        .routes(routes!(show, change))
        .routes(routes!(set_password))
        .routes(routes!(show_privacy, change_privacy))
}

/// The caller's account.
#[derive(Serialize, ToSchema)]
pub struct Me {
    #[serde(flatten)]
    person: Person,
    /// The name it signs in with.
    username: String,
    /// What others read; may be empty.
    nickname: String,
    #[serde(flatten)]
    about: About,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Date)]
    birthday: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mobile: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    created_ms: i64,
    /// Whether it serves customers.
    merchant: bool,
}

impl From<&Account> for Me {
    fn from(account: &Account) -> Self {
        Me {
            person: account.into(),
            username: account.username.clone(),
            nickname: account.nickname.clone(),
            about: account.into(),
            birthday: told(account.about.birthday.clone()),
            mobile: told(account.mobile.clone()),
            email: told(account.email.clone()),
            created_ms: account.created_ms.0,
            merchant: account.merchant,
        }
    }
}

/// `GET /v1/me`: the caller's account.
#[utoipa::path(get, path = "/v1/me", responses((status = 200, body = Me)))]
async fn show(State(app): State<App>, Signed(caller): Signed) -> Reply<Me> {
    let account = accounts::find(&app, caller.id).await?.ok_or(Refusal::BadToken)?;
    ok((&account).into())
}

/// What is changed; an empty text takes a field away.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ProfileChange)]
struct ProfileBody {
    #[schema(max_length = 30)]
    nickname: Option<String>,
    /// A path of this server, or an address of the web.
    #[schema(max_length = 1000)]
    avatar: Option<String>,
    #[schema(max_length = 500)]
    bio: Option<String>,
    #[schema(max_length = 100)]
    gender: Option<String>,
    #[schema(format = Date)]
    birthday: Option<String>,
    #[schema(max_length = 100)]
    location: Option<String>,
    /// An address of the web.
    #[schema(max_length = 1000)]
    website: Option<String>,
}

/// `PATCH /v1/me`: changes the profile; friends are told of a name or a picture.
#[utoipa::path(patch, path = "/v1/me", request_body = ProfileBody, responses((status = 200, body = Me)))]
async fn change(State(app): State<App>, Signed(caller): Signed, Body(body): Body<ProfileBody>) -> Reply<Me> {
    let changes = [
        body.nickname.map(Change::Nickname),
        body.avatar.map(Change::Avatar),
        body.bio.map(Change::Bio),
        body.gender.map(Change::Gender),
        body.birthday.map(Change::Birthday),
        body.location.map(Change::Location),
        body.website.map(Change::Website),
    ];
    let account = profiles::edit(&app, caller, changes.into_iter().flatten().collect()).await?;
    ok((&account).into())
}

/// The password of today and of tomorrow.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PasswordChange)]
struct PasswordBody {
    #[schema(format = Password)]
    old: String,
    #[schema(min_length = 6, max_length = 64, format = Password)]
    new: String,
}

/// `PUT /v1/me/password`: changes the password and ends all other sessions.
#[utoipa::path(put, path = "/v1/me/password", request_body = PasswordBody, responses((status = 204)))]
async fn set_password(
    State(app): State<App>,
    Signed(caller): Signed,
    Body(body): Body<PasswordBody>,
) -> Done {
    accounts::change_password(&app, caller, body.old, password("new", body.new)?).await?;
    done()
}

/// How much somebody may send before friendship.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Allowance)]
enum AllowanceView {
    Nothing,
    /// One message.
    One,
    Anything,
}

impl From<Allowance> for AllowanceView {
    fn from(allowance: Allowance) -> Self {
        match allowance {
            Allowance::Nothing => AllowanceView::Nothing,
            Allowance::One => AllowanceView::One,
            Allowance::Anything => AllowanceView::Anything,
        }
    }
}

impl From<AllowanceView> for Allowance {
    fn from(allowance: AllowanceView) -> Self {
        match allowance {
            AllowanceView::Nothing => Allowance::Nothing,
            AllowanceView::One => Allowance::One,
            AllowanceView::Anything => Allowance::Anything,
        }
    }
}

/// Who may come near the caller.
#[derive(Serialize, ToSchema)]
#[schema(as = Privacy)]
struct PrivacyView {
    /// What users who are no friends may send.
    strangers: AllowanceView,
    /// What visitors may send.
    visitors: AllowanceView,
    /// Whether the caller is asked before somebody becomes its friend.
    approve_friends: bool,
}

impl From<Privacy> for PrivacyView {
    fn from(privacy: Privacy) -> Self {
        let Privacy { strangers, visitors, approve_friends } = privacy;
        PrivacyView { strangers: strangers.into(), visitors: visitors.into(), approve_friends }
    }
}

/// `GET /v1/me/privacy`: who may come near.
#[utoipa::path(get, path = "/v1/me/privacy", responses((status = 200, body = PrivacyView)))]
async fn show_privacy(State(app): State<App>, Signed(caller): Signed) -> Reply<PrivacyView> {
    let account = accounts::find(&app, caller.id).await?.ok_or(Refusal::BadToken)?;
    ok(Privacy::of(&account).into())
}

/// What is changed about who may come near.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PrivacyChange)]
struct PrivacyBody {
    strangers: Option<AllowanceView>,
    visitors: Option<AllowanceView>,
    approve_friends: Option<bool>,
}

/// `PATCH /v1/me/privacy`: changes who may come near.
#[utoipa::path(patch, path = "/v1/me/privacy", request_body = PrivacyBody,
    responses((status = 200, body = PrivacyView)))]
async fn change_privacy(
    State(app): State<App>,
    Signed(caller): Signed,
    Body(body): Body<PrivacyBody>,
) -> Reply<PrivacyView> {
    let change = PrivacyChange {
        strangers: body.strangers.map(Into::into),
        visitors: body.visitors.map(Into::into),
        approve_friends: body.approve_friends,
    };
    ok(privacy::set(&app, caller, change).await?.into())
}
