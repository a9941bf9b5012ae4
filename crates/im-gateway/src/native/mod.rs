//! The native protocol: one socket per device, on which everything is told and much can be asked
//! (docs/protocol/sync.md).
//!
//! An event is encoded once and the same bytes go to all who are told. Nothing is proven here: a device
//! knows the places of the log that it holds, says what arrived, and asks for what it missed.

mod acks;
pub mod entry;
mod events;
mod frames;
mod jobs;
mod place;
mod presence;
pub mod problem;
mod rooms;
mod said;
mod socket;

pub use entry::{BodyView, EntryView};

use crate::{hub::Hub, ws::Upgrade};
use acks::Acks;
use axum::{
    extract::State,
    http::{
        StatusCode,
        header::{CONTENT_TYPE, UPGRADE},
    },
    response::{IntoResponse, Response},
};
use dashmap::DashMap;
use im_core::{AccountId, ConversationId};
use place::{Seat, Socket};
use problem::{HttpProblem, Problem};
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize},
    },
};
use tokio::sync::Semaphore;

/// The sockets of the native protocol on this node.
pub(crate) struct Native {
    seats: DashMap<AccountId, Seat>,
    /// Who hears a group: the sockets of its members.
    rooms: DashMap<ConversationId, Vec<Arc<Socket>>>,
    /// Who follows the coming and going of an account: sockets by their number.
    watchers: DashMap<AccountId, HashMap<u64, Arc<Socket>>>,
    acks: Acks,
    /// How many more sockets may wait for their hello.
    strangers: Semaphore,
    next: AtomicU64,
    open: AtomicUsize,
}

impl Native {
    /// Without sockets; `strangers` of them may wait for their hello at once.
    pub fn new(strangers: usize) -> Self {
        Native {
            seats: DashMap::default(),
            rooms: DashMap::default(),
            watchers: DashMap::default(),
            acks: Acks::default(),
            strangers: Semaphore::new(strangers.min(Semaphore::MAX_PERMITS)),
            next: AtomicU64::default(),
            open: AtomicUsize::default(),
        }
    }
}

/// `GET /v1/socket`. Who opens it says so in the first frame.
pub(crate) async fn open(State(hub): State<Arc<Hub>>, upgrade: Result<Upgrade, StatusCode>) -> Response {
    match upgrade {
        Ok(upgrade) => upgrade.grant(move |ws| socket::serve(hub, ws)),
        Err(_) => {
            let headers = [(CONTENT_TYPE, "application/problem+json"), (UPGRADE, "websocket")];
            let problem = HttpProblem::from(Problem::upgrade_required());
            (StatusCode::UPGRADE_REQUIRED, headers, problem.json()).into_response()
        }
    }
}
