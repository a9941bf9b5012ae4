//! Sockets: who is online, what is pushed to them, and what has provably arrived.
//!
//! The path of a push: the core commits and publishes an [`Event`](im_core::Event) → the bus →
//! [`Hub`] finds the sockets and encodes once → a socket's outbox → its task writes what waits in
//! one go and asks for a Pong → the Pong moves the receiver's cursor.

mod bus;
mod desk;
mod drain;
pub mod egg;
mod hub;
mod outbox;
mod receipts;
mod socket;

pub use bus::{Feed, InProcess, in_process};
pub use hub::Hub;

use axum::{
    Router,
    extract::{RawQuery, State, WebSocketUpgrade, ws::rejection::WebSocketUpgradeRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::any,
};
use std::sync::Arc;

/// Bytes of a frame from a client at most; clients send heartbeats only.
const CLIENT_FRAME_BYTES: usize = 64 * 1024;

/// `GET /ws?token=…` (egg.md §5).
pub fn router(hub: Arc<Hub>) -> Router {
    Router::new().route("/ws", any(open)).with_state(hub)
}

async fn open(
    State(hub): State<Arc<Hub>>,
    RawQuery(query): RawQuery,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let Ok(upgrade) = upgrade else { return StatusCode::NOT_FOUND.into_response() };
    // Not decoded: clients do not encode the token either, and it has URL-safe characters only.
    let query = query.unwrap_or_default();
    let token =
        query.split('&').find_map(|pair| pair.strip_prefix("token=")).filter(|token| !token.is_empty());
    // The socket has its place before its client hears that it is open: what the client asks for
    // then finds it.
    let greeting = socket::greet(&hub, token.map(str::to_owned)).await;
    upgrade
        // The defaults keep 133 KiB per idle socket; these keep about two.
        .read_buffer_size(1024)
        .write_buffer_size(16 * 1024)
        .max_write_buffer_size(1024 * 1024)
        .max_frame_size(CLIENT_FRAME_BYTES)
        .max_message_size(CLIENT_FRAME_BYTES)
        .on_upgrade(move |ws| socket::serve(hub, ws, greeting))
}
