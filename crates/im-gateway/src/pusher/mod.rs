//! The push of the pop dialect: the Pusher Channels protocol, version 7 (pop.md §4).
//!
//! A socket subscribes to channels; an event is encoded once per channel and the same bytes go to
//! all who listen. Nothing is proven here and nothing is sent again: clients of this dialect load
//! what they missed.

mod address;
mod auth;
mod channels;
pub mod content;
mod events;
mod frames;
mod handshake;
mod keys;
pub mod notices;
mod online;
mod place;
mod rooms;
mod socket;
#[cfg(test)]
mod tests;
pub mod text;
pub mod trigger;
mod views;

pub use address::redirect;
pub use auth::Forbidden;
pub use keys::Keys;
pub use notices::REVOKED;
pub use views::{group_avatar, quote_content, seconds, settings_object};

pub(crate) use handshake::open;
pub(crate) use online::Online;

use axum::http::HeaderMap;
use dashmap::DashMap;
use im_api_common::address::Network;
use im_core::{AccountId, App, Result, settings::Secret};
use parking_lot::Mutex;
use place::Socket;
use rooms::Rooms;
use std::sync::{
    Arc,
    atomic::{AtomicU64, AtomicUsize},
};

im_core::settings! {
    /// The push of the pop dialect, which speaks the Pusher Channels protocol.
    pub struct Push {
        /// Number of the application in the addresses of the trigger API.
        app_id: String = "1024".into(),
        /// Key of the application, letters and digits; empty: made at random at the first start.
        app_key: String = String::new(),
        /// Secret of the application, for back ends that sign or trigger; empty: made at random.
        app_secret: Secret = Secret::default(),
        /// What clients connect to, such as wss://im.example.com:443; empty: as each request says.
        ws_address: String = String::new(),
        /// Address of the trigger API's own listener, such as 127.0.0.1:3232; empty: switched off.
        trigger_listen: String = String::new(),
        /// Seconds for which a socket key is good that a server key asked for.
        server_ticket_s: i64 = 86_400,
    }
}

/// The channels and sockets of this dialect on this node.
pub struct Pusher {
    keys: Keys,
    settings: Push,
    network: Network,
    rooms: Rooms,
    /// The open sockets by number.
    open: DashMap<u64, Arc<Socket>>,
    /// The sockets that belong to an account, or that it asked signatures for.
    seats: DashMap<AccountId, Vec<Arc<Socket>>>,
    next: AtomicU64,
    count: AtomicUsize,
    /// The address by which the last socket came: most come by the same, and share it.
    address: Mutex<Arc<str>>,
}

impl Pusher {
    /// Without sockets; makes the keys that there are not yet.
    pub async fn load(app: &App, settings: Push, network: Network) -> Result<Self> {
        let keys = Keys::load(app, &settings).await?;
        Ok(Pusher::new(keys, settings, network))
    }

    fn new(keys: Keys, settings: Push, network: Network) -> Self {
        Pusher {
            keys,
            settings,
            network,
            rooms: Rooms::default(),
            open: DashMap::new(),
            seats: DashMap::new(),
            next: AtomicU64::new(1),
            count: AtomicUsize::new(0),
            address: Mutex::new(Arc::from("")),
        }
    }

    /// The application's key, and the keys of callers.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// What a client that sent these headers connects to: scheme, host and port, and no path, which
    /// older clients would drop.
    pub fn ws_address(&self, headers: &HeaderMap) -> String {
        match self.settings.ws_address.as_str() {
            "" => address::socket_base(&self.network.base(headers)),
            set => set.to_owned(),
        }
    }

    /// Whether one of `account`'s own sockets listens to what is addressed to it.
    pub(crate) fn hears(&self, account: AccountId) -> bool {
        self.rooms.hears(account)
    }

    /// Whether the page that sent these headers may use the session cookie.
    fn trusts_page(&self, app: &App, headers: &HeaderMap) -> bool {
        self.network.trusts_page(headers, &app.pop.cors_origins)
    }

    /// The same address as text that sockets share.
    fn shared_address(&self, headers: &HeaderMap) -> Arc<str> {
        let address = self.ws_address(headers);
        let mut last = self.address.lock();
        if **last != *address {
            *last = address.into();
        }
        last.clone()
    }
}
