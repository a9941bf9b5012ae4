//! The pop dialect: one tree of actions under `/api`, `/web` and `/h5` (docs/dialects/pop.md).
//!
//! An action is a line in the table of its module ([`action::Action`]) and a handler:
//!
//! ```ignore
//! pub const ACTIONS: &[Action] = &[
//!     Action::write("friend/remark", run!(remark)),
//!     Action::write("friend/add", run!(add)).in_api().by(Who::KeyForUser),
//!     Action::read("friend/applylist", run!(applications)),
//! ];
//!
//! /// `friend/remark`: what the caller calls a friend.
//! async fn remark(call: Call) -> Reply {
//!     let (friend, remark) = (call.id("friend_uid")?, call.given("remark")?);
//!     let done = contacts::remark(call.app(), call.caller()?, AccountId(friend), remark).await;
//!     done.or_say(&[(Refusal::Yourself, 2, "参数非法")])?;
//!     done()
//! }
//! ```
//!
//! 1. [`dispatch`] finds the action, reads the body, asks [`identity`] who calls and whether it may, and
//!    hands a [`call::Call`] to the handler. The table says family, method, credential and scope; no
//!    handler looks at them.
//! 2. The handler reads its parameters (`call.id`, `text`, `number`, `flag`, `list` … refuse with code 1
//!    and 2 by themselves), calls the core once, and answers with [`envelope::ok`], [`envelope::done`]
//!    (nothing to return) or [`envelope::said`] (done, with a text of its own).
//! 3. `?` turns a refusal of the core into the dialect's code and text ([`envelope`], exhaustively);
//!    `or_say` gives some of them another code or text in this action.
//! 4. Whatever people wrote leaves through [`views::Text`], which escapes it, once (pop.md §1.6).

mod action;
mod call;
mod dispatch;
mod envelope;
mod friends;
mod groups;
mod identity;
mod input;
mod keys;
mod mentions;
mod messages;
mod origin;
mod overview;
mod settings;
mod views;

mod captcha;
mod faces;
mod fields;
mod login;
mod public;
mod push;
mod qrcode;
mod recovery;
mod replies;
mod uploads;
mod users;

use action::Action;
use axum::{Router, http::HeaderMap};
use captcha::Captchas;
use faces::Faces;
use fields::Phones;
use im_api_common::{
    address::{Network, is_near, reachable},
    civil::Offset,
};
use im_core::{AccountId, App};
use im_gateway::Hub;
use im_media::Store;
use keys::Keys;
use std::{borrow::Cow, net::SocketAddr, ops::Deref, sync::Arc};
pub use uploads::Upload;

/// What the actions work with.
pub struct Parts {
    /// The core.
    pub app: App,
    /// Who is online.
    pub hub: Arc<Hub>,
    /// Files.
    pub store: Arc<Store>,
    /// The network around the server.
    pub network: Network,
    /// What may be uploaded.
    pub upload: Upload,
    /// The installation's own time, by which files are filed.
    pub offset: Offset,
    /// Where the server listens.
    pub address: SocketAddr,
}

impl Parts {
    /// The host that the settings name.
    fn configured_host(&self) -> Option<&str> {
        let url = self.network.public_url.split_once("://").map(|(_, host)| host.trim_end_matches('/'));
        Some(&*self.app.pop.public_host).filter(|host| !host.is_empty()).or(url)
    }
}

/// The state of the dialect's handlers.
#[derive(Clone)]
pub(crate) struct Pop(Arc<Inner>);

/// [`Parts`], and what is made of them once.
pub(crate) struct Inner {
    parts: Parts,
    keys: Keys,
    phones: Phones,
    captchas: Captchas,
    faces: Faces,
    /// Where others reach this machine, as far as it knows itself.
    home: SocketAddr,
}

impl Deref for Pop {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0.parts
    }
}

impl Pop {
    /// `"online"` or `"offline"`.
    pub(crate) fn state(&self, id: AccountId) -> &'static str {
        if self.hub.is_online(id) { "online" } else { "offline" }
    }

    /// Host, with its port, in the addresses of uploaded files. Where no setting says it, a request may, but
    /// only one that names this machine: everybody would follow an address that one client made up.
    fn public_host<'a>(&'a self, asked: &'a HeaderMap) -> Cow<'a, str> {
        let (asked, home) = (self.network.host(asked), self.0.home);
        match self.configured_host() {
            Some(host) => host.into(),
            None if is_near(asked, home.ip()) => asked.into(),
            None => home.to_string().into(),
        }
    }

    /// What a telephone number looks like.
    fn phones(&self) -> &Phones {
        &self.0.phones
    }

    /// Captchas that were shown.
    fn captchas(&self) -> &Captchas {
        &self.0.captchas
    }

    /// Pictures of groups.
    fn faces(&self) -> &Faces {
        &self.0.faces
    }

    /// The server keys.
    fn keys(&self) -> &Keys {
        &self.0.keys
    }
}

/// All actions, module by module.
fn actions() -> impl Iterator<Item = &'static Action> {
    let tables = [
        login::ACTIONS,
        recovery::ACTIONS,
        users::ACTIONS,
        friends::ACTIONS,
        groups::ACTIONS,
        messages::ACTIONS,
        overview::ACTIONS,
        replies::ACTIONS,
        uploads::ACTIONS,
        faces::ACTIONS,
        qrcode::ACTIONS,
        settings::ACTIONS,
        push::ACTIONS,
    ];
    tables.into_iter().flatten()
}

/// All routes of the dialect.
///
/// # Errors
/// Says which setting of `[pop]` cannot be understood, or that the database does not answer.
pub async fn router(parts: Parts) -> Result<Router, Box<dyn std::error::Error + Send + Sync>> {
    let keys = Keys::parse(&parts.app.pop)?;
    let phones = Phones::parse(&parts.app.pop.phone_pattern)?;
    let captchas = Captchas::load(&parts.app).await?;
    let home = reachable(parts.address);
    if parts.configured_host().is_none() {
        tracing::warn!(
            "neither pop.public_host nor server.public_url is set: uploaded files get the addresses //{home}/…, \
             or those of the requests that name this machine"
        );
    }
    let pop = Pop(Arc::new(Inner { parts, keys, phones, captchas, faces: Faces::default(), home }));
    Ok(dispatch::router(actions()).merge(public::router()).with_state(pop))
}
