//! The egg dialect: the HTTP routes that existing uni-app clients call (docs/dialects/egg.md).

mod accounts;
mod answers;
mod complaints;
mod contacts;
mod envelope;
mod extract;
mod groups;
mod input;
mod media;
mod messages;
mod params;
mod public;
mod qrcode;
mod views;
mod visitors;

use axum::{Router, http::Method};
use im_api_common::address::Network;
use im_core::App;
use im_gateway::{Hub, egg};
use im_media::{Covers, Store};
use std::{ops::Deref, sync::Arc};
use tower_http::cors::{AllowHeaders, Any, CorsLayer};

/// What the routes work with.
pub struct Parts {
    /// The core.
    pub app: App,
    /// Who is online.
    pub hub: Arc<Hub>,
    /// The dialect's settings.
    pub settings: egg::Egg,
    /// How texts are written.
    pub style: egg::Style,
    /// Files.
    pub store: Arc<Store>,
    /// Pictures out of videos.
    pub covers: Arc<Covers>,
    /// The network around the server.
    pub network: Network,
    /// Bytes of an upload at most.
    pub upload_bytes: u64,
}

/// The state of the dialect's handlers.
#[derive(Clone)]
pub(crate) struct Egg(Arc<Parts>);

impl Deref for Egg {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// All routes of the dialect, `/public/…` included.
pub fn router(parts: Parts) -> Router {
    let egg = Egg(Arc::new(parts));
    // H5 clients run on another origin and use no cookies (egg.md §1.3).
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::PUT, Method::POST, Method::DELETE, Method::PATCH])
        .allow_headers(AllowHeaders::mirror_request())
        .max_age(std::time::Duration::from_secs(600));
    let routes = Router::new()
        .merge(accounts::router())
        .merge(visitors::router())
        .merge(contacts::router())
        .merge(messages::router())
        .merge(groups::router())
        .merge(qrcode::router())
        .merge(media::router())
        .merge(answers::router())
        .merge(complaints::router());
    Router::new()
        .nest("/api", routes.fallback(envelope::not_found))
        .merge(public::router())
        .method_not_allowed_fallback(envelope::not_found)
        .fallback(envelope::not_found)
        .layer(cors)
        .with_state(egg)
}
