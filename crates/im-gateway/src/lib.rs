//! Sockets: who is online, what is pushed to them, and what has provably arrived.
//!
//! The path of a push: the core commits and publishes an [`Event`](im_core::Event) → the bus →
//! [`Hub`] finds the sockets and encodes once → a socket's outbox → its task writes what waits in
//! one go and asks for a Pong → the Pong moves the receiver's cursor.
//!
//! The sockets of the pop dialect listen to channels instead of groups, and prove nothing; those of the
//! native protocol ask for what they missed.

mod bus;
mod desk;
mod drain;
pub mod egg;
mod hub;
pub mod native;
mod outbox;
pub mod pusher;
mod receipts;
mod socket;
mod ws;

pub use bus::{Feed, InProcess, in_process};
pub use hub::Hub;

use axum::{
    Router,
    extract::{RawQuery, State},
    response::Response,
    routing::{any, get},
};
use std::sync::Arc;
use ws::Upgrade;

/// `GET /ws?token=…` (egg.md §5), `GET /app/{key}` (pop.md §4) and `GET /v1/socket` (sync.md).
pub fn router(hub: Arc<Hub>) -> Router {
    Router::new()
        .route("/ws", any(open))
        .route("/app/{key}", get(pusher::open))
        .route("/v1/socket", get(native::open))
        .with_state(hub)
}

async fn open(State(hub): State<Arc<Hub>>, upgrade: Upgrade, RawQuery(query): RawQuery) -> Response {
    // Not decoded: clients do not encode the token either, and it has URL-safe characters only.
    let query = query.unwrap_or_default();
    let token =
        query.split('&').find_map(|pair| pair.strip_prefix("token=")).filter(|token| !token.is_empty());
    // The socket has its place before its client hears that it is open: what the client asks for
    // then finds it.
    let greeting = socket::greet(&hub, token.map(str::to_owned)).await;
    upgrade.grant(move |ws| socket::serve(hub, ws, greeting))
}
