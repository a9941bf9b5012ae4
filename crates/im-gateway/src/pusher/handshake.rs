//! Who opens a socket (pop.md §4.3).
use super::{
    frames,
    keys::{Keyed, Ticket},
    place::Socket,
    socket,
};
use crate::{hub::Hub, ws::Upgrade};
use axum::{
    extract::{Path, Query, State, rejection::QueryRejection},
    http::HeaderMap,
    response::Response,
};
use im_api_common::cookies::cookies;
use im_core::{
    AccountId, Error,
    accounts::{self, Caller, Door, sessions},
};
use serde::Deserialize;
use std::sync::Arc;

/// What may stand behind the key.
#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    protocol: Option<String>,
    token: Option<String>,
}

/// Why a socket is closed at once: code and text.
pub(super) struct Refused(pub u16, pub &'static str);

const UNKNOWN: Refused = Refused(frames::UNKNOWN_KEY, "Application does not exist");
const UNAUTHORISED: Refused = Refused(frames::NOT_AUTHORISED, "Connection is unauthorized");

/// A socket's place in the hub; dropping it takes the socket away.
pub(super) struct Place {
    hub: Arc<Hub>,
    pub socket: Arc<Socket>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.hub.pusher.remove(&self.socket);
        if let Some(owner) = self.socket.owner {
            self.hub.may_be_gone(owner.id);
        }
    }
}

/// `GET /app/{key}`. The upgrade is always granted: a client that may not come in is told inside.
pub(crate) async fn open(
    State(hub): State<Arc<Hub>>,
    Path(key): Path<String>,
    asked: Result<Query<Asked>, QueryRejection>,
    headers: HeaderMap,
    upgrade: Upgrade,
) -> Response {
    let asked = asked.map(|Query(asked)| asked).unwrap_or_default();
    let guest = Box::pin(admit(&hub, &key, &asked, &headers)).await;
    upgrade.grant(move |ws| socket::serve(hub, ws, guest))
}

async fn admit(hub: &Arc<Hub>, key: &str, asked: &Asked, headers: &HeaderMap) -> Result<Place, Refused> {
    if hub.is_stopping() {
        return Err(Refused(frames::RESTART, "Server restarts"));
    }
    if !matches!(asked.protocol.as_deref(), None | Some("" | "5" | "6" | "7")) {
        return Err(Refused(frames::UNSUPPORTED, "Unsupported protocol version"));
    }
    let keyed = hub.pusher.keys.read(key, hub.app.now()).ok_or(UNKNOWN)?;
    let who = find(hub, keyed, asked, headers).await?;
    let address = hub.pusher.shared_address(headers);
    let mark = match keyed {
        Keyed::Holder(Ticket::Account(_, _, mark)) => Some(mark),
        _ => None,
    };
    let socket = hub.pusher.place(who, mark, address, hub.uptime_ms());
    let socket = socket.ok_or(Refused(frames::TOO_MANY, "Over connection quota"))?;
    let place = Place { hub: hub.clone(), socket };
    // Looked up again: what ended before the socket had its place has not ended the socket.
    if who.is_some() && find(hub, keyed, asked, headers).await?.is_none() {
        return Err(UNAUTHORISED);
    }
    Ok(place)
}

/// Whose socket it is: the key's, that of the first cookie that is good, the token's; or nobody's.
async fn find(
    hub: &Hub,
    keyed: Keyed,
    asked: &Asked,
    headers: &HeaderMap,
) -> Result<Option<Caller>, Refused> {
    match keyed {
        Keyed::Holder(Ticket::Session(session, account)) => {
            let caller = known(sessions::by_id(&hub.app, session).await)?;
            caller.filter(|caller| caller.id == account).map(Some).ok_or(UNAUTHORISED)
        }
        Keyed::Holder(Ticket::Account(account, _, mark)) => {
            let now = known(hub.pusher.keys.mark(&hub.app, account).await)?.flatten();
            let caller = if now == Some(mark) { acting(hub, account).await? } else { None };
            caller.map(Some).ok_or(UNAUTHORISED)
        }
        Keyed::Base => {
            let tokens = session_cookies(hub, headers).chain(asked.token.as_deref());
            for token in tokens {
                let found = known(sessions::authenticate(&hub.app, token, Door::Pop).await)?;
                if found.is_some() {
                    return Ok(found);
                }
            }
            Ok(None)
        }
    }
}

/// The caller as a server key has it that acts as `account`.
async fn acting(hub: &Hub, account: AccountId) -> Result<Option<Caller>, Refused> {
    let found = known(accounts::find(&hub.app, account).await)?.flatten().filter(|account| account.enabled);
    Ok(found.map(|account| Caller::acting_for(&account)))
}

/// The session cookies, where the page may use them.
fn session_cookies<'a>(hub: &'a Hub, headers: &'a HeaderMap) -> impl Iterator<Item = &'a str> {
    let trusted = hub.pusher.trusts_page(&hub.app, headers);
    cookies(headers, &hub.app.pop.session_cookie).filter(move |_| trusted)
}

/// A refusal finds nobody; our own failure sends the client away for a while.
fn known<T>(found: im_core::Result<T>) -> Result<Option<T>, Refused> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(Error::Refused(_)) => Ok(None),
        Err(e) => {
            tracing::error!(error = %e, "a socket could not be opened");
            Err(Refused(frames::LATER, "Over capacity"))
        }
    }
}
