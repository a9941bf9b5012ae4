//! The native API (docs/dialects/v1.md): typed JSON for clients of our own. The routes and the OpenAPI
//! document come out of the same annotations.

mod accounts;
mod contacts;
mod conversations;
mod extract;
mod fields;
mod groups;
mod invites;
mod me;
mod members;
mod messages;
mod openapi;
mod page;
mod people;
mod problem;
mod qrcode;
mod reply;
mod search;
mod sessions;
mod settings;
mod support;
mod uploads;
mod visitors;

use axum::{Router, extract::FromRef, http::Method, routing::any};
use im_api_common::address::Network;
use im_core::App;
use im_gateway::Hub;
use im_media::{Covers, Store};
pub use openapi::document;
use problem::Fail;
use std::{ops::Deref, sync::Arc, time::Duration};
use tower_http::cors::{AllowHeaders, Any, CorsLayer};
use utoipa_axum::router::OpenApiRouter;

/// What the routes work with.
pub struct Parts {
    /// The core.
    pub app: App,
    /// Who is online.
    pub hub: Arc<Hub>,
    /// Files.
    pub store: Arc<Store>,
    /// Pictures out of videos.
    pub covers: Arc<Covers>,
    /// The network around the server.
    pub network: Network,
    /// Bytes of an upload at most.
    pub upload_bytes: u64,
}

/// The state of the handlers.
#[derive(Clone)]
pub(crate) struct V1(Arc<Parts>);

impl Deref for V1 {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl FromRef<V1> for App {
    fn from_ref(v1: &V1) -> App {
        v1.app.clone()
    }
}

/// The routes of each feature. Its name is the tag of its operations, and stands before their ids.
fn features() -> Vec<(&'static str, OpenApiRouter<V1>)> {
    vec![
        ("sessions", sessions::router()),
        ("visitors", visitors::router()),
        ("accounts", accounts::router()),
        ("me", me::router()),
        ("people", people::router()),
        ("conversations", conversations::router()),
        ("messages", messages::router()),
        ("search", search::router()),
        ("contacts", contacts::router()),
        ("groups", groups::router()),
        ("members", members::router()),
        ("invites", invites::router()),
        ("uploads", uploads::router()),
        ("support", support::router()),
        ("qrcode", qrcode::router()),
        ("settings", settings::router()),
    ]
}

/// All routes below `/v1`, but the socket's, which is the gateway's.
pub fn router(parts: Parts) -> Router {
    let (routes, document) = openapi::join(features());
    // Pages of any origin may call: a token opens the door, never a cookie.
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::PUT, Method::POST, Method::PATCH, Method::DELETE])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([axum::http::header::RETRY_AFTER])
        .max_age(Duration::from_secs(600));
    routes
        .merge(openapi::router(document))
        .route("/v1", any(nothing))
        .route("/v1/", any(nothing))
        .route("/v1/{*rest}", any(nothing))
        .method_not_allowed_fallback(async || Fail::method_not_allowed())
        .layer(cors)
        .with_state(V1(Arc::new(parts)))
}

async fn nothing() -> Fail {
    Fail::not_found()
}
