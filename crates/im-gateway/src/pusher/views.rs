//! The data of events (pop.md §4.6). Every text in it is escaped.
use super::{
    content,
    notices::{REVOKED, notice},
    text::{cut, escape},
};
use im_core::{
    AccountId, ConversationId, Millis,
    conversations::Group,
    messages::{Body, Place, Posted, Quoted, To},
    switches::Switches,
};
use serde::Serialize;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// Characters of a quoted message at most.
const QUOTE_CHARS: usize = 200;
/// Row number of the settings, which clients expect.
const SETTINGS_ID: &str = "2";

/// Seconds, as all times of this dialect are.
pub fn seconds(at: Millis) -> i64 {
    at.0.div_euclid(1_000)
}

/// The kind of a conversation and its number, as the one reads it who names it `to`.
pub fn named(to: To) -> (&'static str, i64) {
    match to {
        To::Account(id) => ("friend", id.0),
        To::Group(id) => ("group", id.0),
    }
}

/// The picture of a group; not escaped.
pub fn group_avatar(group: &Group) -> Cow<'_, str> {
    if group.avatar_custom {
        Cow::Borrowed(&group.avatar)
    } else {
        Cow::Owned(format!("/h5/group/avatar?uid={}", group.faces))
    }
}

/// What a quoted message says now, escaped.
pub fn quote_content(quoted: &Quoted) -> String {
    match &quoted.said {
        Some((body, raw)) => escape(cut(&content::say(body, raw.as_deref()), QUOTE_CHARS)).into_owned(),
        None => REVOKED.to_owned(),
    }
}

/// What everybody may know of the settings (pop.md §3.8), with this application key.
pub fn settings_object(switches: &Switches, appkey: &str, ws_address: &str) -> Map<String, Value> {
    let mut all = Map::new();
    all.insert("id".into(), SETTINGS_ID.into());
    for (name, text) in switches.texts() {
        let text = match name {
            "dirty_words" => continue,
            "ws_address" => {
                all.insert("appkey".into(), appkey.into());
                if text.is_empty() { ws_address } else { &text }
            }
            _ => &text,
        };
        all.insert(name.into(), escape(text).into_owned().into());
    }
    all
}

/// A message, or the line of a notice.
#[derive(Serialize)]
pub struct MessageView<'a> {
    from: String,
    from_name: Cow<'a, str>,
    from_avatar: Cow<'a, str>,
    to: String,
    to_name: Cow<'a, str>,
    to_avatar: Cow<'a, str>,
    content: String,
    timestamp: i64,
    r#type: &'static str,
    sub_type: &'static str,
    mid: i64,
    quote_mid: i64,
    quote_content: String,
    #[serde(rename = "uniqueId", skip_serializing_if = "Option::is_none")]
    unique_id: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auto: Option<u8>,
}

impl<'a> MessageView<'a> {
    /// The entry as its receivers read it; `None` when it is no message for this dialect.
    pub fn of(posted: &'a Posted) -> Option<Self> {
        let (message, sender) = (&posted.message, &posted.sender);
        let (from_name, to, to_name, to_avatar, r#type) = match &posted.place {
            Place::Direct { peer, sender_alias, .. } => {
                (sender_alias, peer.id.0, &peer.name, Cow::Borrowed(peer.avatar.as_str()), "friend")
            }
            Place::Group(group) => (&sender.name, group.id.0, &group.name, group_avatar(group), "group"),
            Place::Inbox(_) => return None,
        };
        let (content, sub_type, from_avatar) = match &message.body {
            Body::Notice(what) => (notice(what, sender.id, &sender.name)?, "notice", ""),
            body => {
                let content = content::say(body, message.raw.as_deref());
                (escape(&content).into_owned(), "message", sender.avatar.as_str())
            }
        };
        Some(MessageView {
            from: sender.id.to_string(),
            from_name: escape(from_name),
            from_avatar: escape(from_avatar),
            to: to.to_string(),
            to_name: escape(to_name),
            to_avatar: escaped(to_avatar),
            content,
            timestamp: seconds(message.created_ms),
            r#type,
            sub_type,
            mid: message.mid.0,
            quote_mid: posted.quote.as_ref().map_or(0, |quote| quote.mid.0),
            quote_content: posted.quote.as_ref().map(quote_content).unwrap_or_default(),
            unique_id: posted.echo.as_deref().map(escape),
            auto: matches!(message.body, Body::Auto { .. }).then_some(1),
        })
    }
}

/// A user as the receiver calls it: `addFriend`, `updateFriend`, `tempSession`.
#[derive(Serialize)]
pub struct FaceView<'a> {
    uid: i64,
    name: Cow<'a, str>,
    avatar: Cow<'a, str>,
}

impl<'a> FaceView<'a> {
    /// The account under this name and picture.
    pub fn new(id: AccountId, name: &'a str, avatar: &'a str) -> Self {
        FaceView { uid: id.0, name: escape(name), avatar: escape(avatar) }
    }
}

/// A group, whole or what changed of it: `addGroup`, `removeGroup`, `updateGroup`.
#[derive(Default, Serialize)]
pub struct GroupChange<'a> {
    gid: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    groupname: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    avatar: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    forbidden_all: Option<u8>,
}

impl<'a> GroupChange<'a> {
    /// Its number alone.
    pub fn of(id: ConversationId) -> Self {
        GroupChange { gid: id.0, ..GroupChange::default() }
    }

    /// With its name and its picture, and who did something.
    pub fn by(group: &'a Group, who: AccountId) -> Self {
        GroupChange { uid: Some(who.0), ..GroupChange::of(group.id).with(group, true, true, false) }
    }

    /// With a line of text, escaped already.
    pub fn saying(self, content: Option<String>) -> Self {
        GroupChange { content, ..self }
    }

    /// With what changed.
    pub fn with(self, group: &'a Group, name: bool, avatar: bool, mute_all: bool) -> Self {
        GroupChange {
            groupname: name.then(|| escape(&group.name)),
            avatar: avatar.then(|| escaped(group_avatar(group))),
            forbidden_all: mute_all.then_some(u8::from(group.mute_all)),
            ..self
        }
    }
}

fn escaped(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => escape(text),
        Cow::Owned(text) => Cow::Owned(escape(&text).into_owned()),
    }
}
