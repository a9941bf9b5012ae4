//! The frames of the egg dialect (egg.md §5, §6.1 to §6.3).

pub mod content;
mod hints;
mod message;
mod notices;
#[cfg(test)]
mod tests;

pub(crate) use hints::hints;
pub use message::{GroupView, MessageView, ORDER, view};
pub use notices::{Shown, enc};

use crate::ws::Frame;
use im_api_common::civil::Offset;
use im_core::{
    AccountId,
    messages::{Body, Notice, Place, Posted},
};
use serde::Serialize;

im_core::settings! {
    /// The egg dialect. Its clients cannot be changed, so most of this is best left alone.
    pub struct Egg {
        /// Whether visitors may ask for friendship and keep friends.
        visitor_may_befriend: bool = true,
        /// Whether a new socket is sent the clickable hints that fill an empty client.
        onboarding_hints: bool = true,
        /// The constant in the signature of visitor calls; the clients ship it.
        sign_salt: String = "45ncashdaksh2!#@3nxjdas*_259".into(),
        /// Milliseconds for which a signature is good.
        sign_valid_ms: i64 = 300_000,
        /// Milliseconds that a client's clock may be ahead.
        sign_ahead_ms: i64 = 300_000,
        /// Where the pictures of notices and hints are.
        icons: String = "/public/icons/".into(),
        /// Offset of the local times that clients show.
        time_zone: String = "+08:00".into(),
        /// Seconds between two heartbeats of the server.
        ping_interval_s: u64 = 30,
        /// Seconds of silence after which a peer that used to answer is gone.
        dead_after_s: u64 = 90,
        /// Bytes of a JSON or form body at most.
        body_bytes: usize = 1_048_576,
    }
}

/// What frames are written with.
#[derive(Clone, Debug)]
pub struct Style {
    /// Where the pictures are.
    pub icons: String,
    /// In which local time texts are.
    pub offset: Offset,
}

impl Style {
    pub(crate) fn icon(&self, name: &str) -> String {
        format!("{}{name}.png", self.icons)
    }
}

/// Who gets which frame of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// Not for this account; there is nothing to deliver.
    Nothing,
    /// The same frame as for everybody.
    Shared,
    /// A frame of this account's own.
    Own,
}

/// Which frame of `posted` the account `viewer` gets (egg.md §5.5).
pub fn variant(posted: &Posted, viewer: AccountId) -> Variant {
    let mine = posted.message.sender == viewer;
    let direct = matches!(posted.place, Place::Direct { .. });
    match &posted.message.body {
        Body::Auto { asked: Some(_), .. } | Body::Notice(Notice::Befriended) => Variant::Own,
        Body::Notice(Notice::Revoked { .. }) if direct && mine => Variant::Nothing,
        Body::Notice(Notice::Edited { .. } | Notice::Reacted { .. }) => Variant::Nothing,
        Body::Notice(_) => Variant::Shared,
        _ if mine => Variant::Nothing,
        _ => Variant::Shared,
    }
}

/// A push.
pub(crate) fn push(style: &Style, posted: &Posted, viewer: AccountId, now_ms: i64) -> Frame {
    envelope(&view(style, posted, viewer), now_ms)
}

fn envelope(data: &impl Serialize, now_ms: i64) -> Frame {
    #[derive(Serialize)]
    struct Envelope<'a, T> {
        r#type: &'static str,
        data: &'a T,
        timestamp: i64,
    }
    Frame::json(&Envelope { r#type: "singleChat", data, timestamp: now_ms })
}
