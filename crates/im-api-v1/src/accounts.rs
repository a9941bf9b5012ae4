//! New accounts.
use crate::{
    V1,
    extract::{Address, Body},
    fields::maybe_text,
    problem::Fail,
    reply::{Made, made},
    sessions::{Device, SignedView},
};
use axum::extract::State;
use im_core::{
    App,
    accounts::native::{self, Arrival, NewUser},
};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn router() -> OpenApiRouter<V1> {
    OpenApiRouter::new().routes(routes!(create))
}

/// A new user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewAccount)]
struct NewAccountBody {
    /// 4 to 20 letters, digits and underscores.
    #[schema(min_length = 4, max_length = 20, pattern = "^[A-Za-z0-9_]+$")]
    username: String,
    #[schema(min_length = 6, max_length = 64, format = Password)]
    password: String,
    #[schema(max_length = 30)]
    nickname: Option<String>,
    device: Option<Device>,
}

/// Refuses a password that is too short or too long: 6 to 64 characters.
pub fn password(field: &str, password: String) -> Result<String, Fail> {
    let fits = (6..=64).contains(&password.chars().count());
    if fits { Ok(password) } else { Err(Fail::invalid_because(field, "6 to 64 characters")) }
}

/// What a new user brings, checked.
pub fn new_user(username: String, secret: String, nickname: Option<String>) -> Result<NewUser, Fail> {
    let nickname = maybe_text("nickname", nickname.as_deref(), 0..=30)?;
    Ok(NewUser { username, password: password("password", secret)?, nickname })
}

/// `POST /v1/accounts`: registers, and signs in.
#[utoipa::path(post, path = "/v1/accounts", security(()), request_body = NewAccountBody,
    responses((status = 201, body = SignedView)))]
async fn create(
    State(app): State<App>,
    Address(address): Address,
    Body(body): Body<NewAccountBody>,
) -> Made<SignedView> {
    let device = Device::read(body.device)?;
    let new = new_user(body.username, body.password, body.nickname)?;
    made(native::register(&app, new, Arrival { device, address }).await?.into())
}
