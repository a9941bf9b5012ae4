//! People without an account.
use crate::{
    V1,
    accounts::new_user,
    extract::{Address, Body, Signed},
    fields::maybe_text,
    problem::Fail,
    reply::{Made, made},
    sessions::{Device, SignedView},
};
use axum::extract::State;
use im_core::{App, accounts::native::Arrival, visitors};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn router() -> OpenApiRouter<V1> {
    OpenApiRouter::new().routes(routes!(create)).routes(routes!(register))
}

/// A device without an account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Visit)]
struct VisitBody {
    /// At least 22 url-safe characters that the client made at random and keeps: whoever has them is this visitor.
    #[schema(min_length = 22, max_length = 200, pattern = "^[A-Za-z0-9_-]+$", format = Password)]
    device_secret: String,
    device: Option<Device>,
    #[schema(max_length = 30)]
    nickname: Option<String>,
}

/// `POST /v1/visitors`: comes without an account; the same secret comes back as the same visitor.
#[utoipa::path(post, path = "/v1/visitors", security(()), request_body = VisitBody,
    responses((status = 201, body = SignedView)))]
async fn create(
    State(app): State<App>,
    Address(address): Address,
    Body(body): Body<VisitBody>,
) -> Made<SignedView> {
    let VisitBody { device_secret: secret, device, nickname } = body;
    let nickname = maybe_text("nickname", nickname.as_deref(), 0..=30)?;
    let url_safe = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    if !(22..=200).contains(&secret.len()) || !secret.bytes().all(url_safe) {
        return Err(Fail::invalid_because("device_secret", "22 to 200 url-safe characters"));
    }
    let arrival = Arrival { device: Device::read(device)?, address };
    made(visitors::visit(&app, secret, nickname, arrival).await?.into())
}

/// The name and password of a visitor that registers.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VisitorRegistration)]
struct RegisterBody {
    /// 4 to 20 letters, digits and underscores.
    #[schema(min_length = 4, max_length = 20, pattern = "^[A-Za-z0-9_]+$")]
    username: String,
    #[schema(min_length = 6, max_length = 64, format = Password)]
    password: String,
    #[schema(max_length = 30)]
    nickname: Option<String>,
}

/// `POST /v1/visitors/register`: the calling visitor becomes a user; the same account, with a new session.
#[utoipa::path(post, path = "/v1/visitors/register", request_body = RegisterBody,
    responses((status = 201, body = SignedView)))]
async fn register(
    State(app): State<App>,
    Signed(caller): Signed,
    Address(address): Address,
    Body(body): Body<RegisterBody>,
) -> Made<SignedView> {
    let new = new_user(body.username, body.password, body.nickname)?;
    let arrival = Arrival { address, ..Arrival::default() };
    made(visitors::become_user(&app, caller, new, arrival).await?.into())
}
