//! Signing in, staying signed in, and where one is.
use crate::{
    V1,
    extract::{Address, Body, Path, Signed},
    me::Me,
    problem::Fail,
    reply::{Done, Items, Made, Reply, done, made, ok},
};
use axum::extract::State;
use im_core::{
    App, SessionId,
    accounts::{
        self, Door,
        devices::{self, Described, Listed},
        native::{self, Arrival, Granted},
    },
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn router() -> OpenApiRouter<V1> {
    OpenApiRouter::new()
        .routes(routes!(create, list, end_others))
        .routes(routes!(refresh))
        .routes(routes!(end_current))
        .routes(routes!(end))
}

/// The device that a client runs on, as it describes it and the list of sessions shows it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Device {
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    name: Option<String>,
    /// `web`, `ios`, `desktop` …
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 30)]
    platform: Option<String>,
}

impl Device {
    /// What was said, if it fits.
    pub fn read(body: Option<Self>) -> Result<Described, Fail> {
        let Some(Device { name, platform }) = body else { return Ok(Described::default()) };
        let fits = |text: &Option<String>, most| {
            text.as_deref()
                .is_none_or(|text| text.chars().count() <= most && !text.chars().any(char::is_control))
        };
        match (fits(&name, 100), fits(&platform, 30)) {
            (true, true) => Ok(Described { name, platform }),
            (false, _) => Err(Fail::invalid("device.name")),
            (_, false) => Err(Fail::invalid("device.platform")),
        }
    }
}

/// An account that just signed in, and what opens its session.
#[derive(Serialize, ToSchema)]
#[schema(as = Signed)]
pub struct SignedView {
    account: Me,
    session: i64,
    /// For `Authorization: Bearer`.
    access_token: String,
    access_expires_ms: i64,
    /// Gets the next pair of tokens, once.
    refresh_token: String,
    /// Later when the session is used.
    refresh_expires_ms: i64,
}

impl From<Granted> for SignedView {
    fn from(granted: Granted) -> Self {
        let Granted { account, session, tokens } = granted;
        SignedView {
            account: (&account).into(),
            session: session.0,
            access_token: tokens.access,
            access_expires_ms: tokens.access_until.0,
            refresh_token: tokens.refresh,
            refresh_expires_ms: tokens.refresh_until.0,
        }
    }
}

/// Name and password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Credentials)]
struct SignInBody {
    username: String,
    #[schema(format = Password)]
    password: String,
    device: Option<Device>,
}

/// `POST /v1/sessions`: signs in.
#[utoipa::path(post, path = "/v1/sessions", security(()), request_body = SignInBody,
    responses((status = 201, body = SignedView)))]
async fn create(
    State(app): State<App>,
    Address(address): Address,
    Body(body): Body<SignInBody>,
) -> Made<SignedView> {
    let device = Device::read(body.device)?;
    made(native::login(&app, body.username, body.password, Arrival { device, address }).await?.into())
}

/// A refresh token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Refresh)]
struct RefreshBody {
    refresh_token: String,
}

/// `POST /v1/sessions/refresh`: the next pair of tokens. The same token shown again within half a minute gets the
/// same answer; later it ends the session, because two have it.
#[utoipa::path(post, path = "/v1/sessions/refresh", security(()), request_body = RefreshBody,
    responses((status = 200, body = SignedView)))]
async fn refresh(
    State(app): State<App>,
    Address(address): Address,
    Body(body): Body<RefreshBody>,
) -> Reply<SignedView> {
    ok(native::refresh(&app, body.refresh_token, address).await?.into())
}

/// The API through which a session speaks.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Door)]
enum DoorView {
    Egg,
    Pop,
    V1,
}

/// Where the caller is signed in.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
struct SessionView {
    id: i64,
    door: DoorView,
    device: Device,
    /// The network address that it signed in from; empty where that is not kept.
    address: String,
    created_ms: i64,
    /// When it was last used, by the hour.
    seen_ms: i64,
    /// The one that asks.
    current: bool,
}

impl SessionView {
    fn of(session: Listed, current: SessionId) -> Self {
        let door = match session.door {
            Door::Egg => DoorView::Egg,
            Door::Pop => DoorView::Pop,
            Door::V1 => DoorView::V1,
        };
        let Described { name, platform } = session.device;
        SessionView {
            id: session.id.0,
            door,
            device: Device { name, platform },
            address: session.address,
            created_ms: session.created_ms.0,
            seen_ms: session.seen_ms.0,
            current: session.id == current,
        }
    }
}

/// `GET /v1/sessions`: where the caller is signed in, through any API; lately used first.
#[utoipa::path(get, path = "/v1/sessions", responses((status = 200, body = Items<SessionView>)))]
async fn list(State(app): State<App>, Signed(caller): Signed) -> Reply<Items<SessionView>> {
    let all = devices::list(&app, caller).await?;
    ok(all.into_iter().map(|one| SessionView::of(one, caller.session)).collect())
}

/// `DELETE /v1/sessions`: signs out everywhere else.
#[utoipa::path(delete, path = "/v1/sessions", responses((status = 204)))]
async fn end_others(State(app): State<App>, Signed(caller): Signed) -> Done {
    devices::end_others(&app, caller).await?;
    done()
}

/// `DELETE /v1/sessions/current`: signs out.
#[utoipa::path(delete, path = "/v1/sessions/current", responses((status = 204)))]
async fn end_current(State(app): State<App>, Signed(caller): Signed) -> Done {
    accounts::logout(&app, caller).await?;
    done()
}

/// `DELETE /v1/sessions/{id}`: signs out somewhere.
#[utoipa::path(delete, path = "/v1/sessions/{id}", params(("id" = i64, Path)), responses((status = 204)))]
async fn end(State(app): State<App>, Signed(caller): Signed, Path(id): Path<i64>) -> Done {
    devices::end(&app, caller, SessionId(id)).await?;
    done()
}
