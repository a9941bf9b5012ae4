//! What a client is told, one JSON object per frame.
use super::{entry::EntryView, problem::Problem};
use crate::ws::Frame;
use im_core::{AccountId, ConversationId, Mid, Millis, Seq, SessionId, live::Head};
use serde::{Serialize, Serializer};
use serde_json::Number;
use std::collections::BTreeMap;

/// The client's number for what is answered.
type Id<'a> = &'a Option<Number>;

/// A frame.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[rustfmt::skip]
pub enum Told<'a> {
    // answers
    Welcome { #[serde(skip_serializing_if = "Option::is_none")] id: Id<'a>,
              account: AccountId, session: SessionId, now_ms: Millis, heartbeat_s: u64 },
    Pong { #[serde(skip_serializing_if = "Option::is_none")] id: Id<'a> },
    Done { id: &'a Number },
    Entries { #[serde(skip_serializing_if = "Option::is_none")] id: Id<'a>,
              conversation: ConversationId, items: &'a [EntryView], last_seq: Seq, first_seq: Seq },
    Synced { #[serde(skip_serializing_if = "Option::is_none")] id: Id<'a>,
             #[serde(serialize_with = "by_number")] heads: &'a [Head],
             #[serde(skip_serializing_if = "BTreeMap::is_empty")] gone: BTreeMap<ConversationId, Vec<Seq>> },
    Sent { #[serde(skip_serializing_if = "Option::is_none")] id: Id<'a>,
           conversation: ConversationId, seq: Seq, entry: Mid, created_ms: Millis },
    Problem { #[serde(skip_serializing_if = "Option::is_none")] id: Id<'a>,
              #[serde(flatten)] problem: &'a Problem },
    // news
    Entry { entry: &'a EntryView },
    Read { conversation: ConversationId, account: AccountId, seq: Seq },
    Delivered { conversation: ConversationId, account: AccountId, seq: Seq },
    Typing { conversation: ConversationId, account: AccountId },
    Presence { account: AccountId, online: bool,
               #[serde(skip_serializing_if = "Option::is_none")] since_ms: Option<Millis> },
    Conversation { conversation: ConversationId },
    Left { conversation: ConversationId },
    Deleted { conversation: ConversationId, seq: Seq },
    Contact { account: AccountId },
    Request { id: i64 },
    Profile { account: AccountId, name: &'a str, avatar: &'a str },
    Settings,
}

impl Told<'_> {
    /// As it stands on the wire.
    pub fn frame(&self) -> Frame {
        Frame::json(self)
    }
}

/// `{"12":57,…}`
fn by_number<S: Serializer>(heads: &[Head], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(heads.iter().map(|head| (head.conversation, head.last)))
}
