//! The message object of the egg dialect (egg.md §6.1).
use super::{Style, content::Content, notices};
use im_api_common::civil::iso;
use im_core::{
    AccountId,
    conversations::Group,
    messages::{Body, Face, Place, Posted},
};
use serde::Serialize;
use serde_json::{Value, json};

/// A message as the wire has it.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)] // egg.md §6.1 has a table of them
pub struct MessageView {
    pub id: String,
    pub from_avatar: String,
    pub from_name: String,
    /// A number; a text for notices that open a conversation of their own.
    pub from_id: Value,
    pub to_id: i64,
    pub to_name: String,
    pub to_avatar: String,
    #[serde(rename = "chatType")]
    pub chat_type: &'static str,
    pub r#type: String,
    #[serde(rename = "actionType", skip_serializing_if = "Option::is_none")]
    pub action_type: Option<&'static str>,
    /// JSON text for what people say, an object for notices.
    pub data: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect: Option<Value>,
    pub options: Value,
    pub create_time: i64,
    pub isremove: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<Value>,
    #[serde(rename = "msgidKey", skip_serializing_if = "Option::is_none")]
    pub msgid_key: Option<String>,
    #[serde(rename = "sendUUid", skip_serializing_if = "Option::is_none")]
    pub send_uuid: Option<String>,
}

/// A group row as the wire has it (egg.md §7.5).
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct GroupView {
    pub create_time: String,
    pub id: i64,
    pub uuid: String,
    pub user_id: i64,
    pub name: String,
    pub avatar: String,
    pub remark: String,
    pub invite_confirm: i64,
    pub status: i64,
    pub order: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_time: Option<String>,
}

/// What `order` is everywhere: the reference sorts by it, nothing sets it.
pub const ORDER: i64 = 50;

impl GroupView {
    /// The row with every column.
    pub fn new(style: &Style, group: &Group) -> Self {
        GroupView {
            create_time: style.offset.datetime(group.created_ms),
            id: group.id.0,
            uuid: group.uuid.clone(),
            user_id: group.owner.0,
            name: group.name.clone(),
            avatar: group.avatar.clone(),
            remark: group.announcement.clone(),
            invite_confirm: group.join_policy,
            status: group.status,
            order: ORDER,
            update_time: Some(iso(group.updated_ms)),
        }
    }

    /// The row without `update_time`, as lists have it.
    pub fn short(style: &Style, group: &Group) -> Self {
        GroupView { update_time: None, ..GroupView::new(style, group) }
    }
}

/// The group of a push. Its members are left out: a message would grow with the group, and
/// clients read the row only.
pub(super) fn group_of_push(style: &Style, group: &Group) -> Value {
    let mut row = json!(GroupView::new(style, group));
    row["status"] = 1.into(); // what waits of a dissolved group was said while it lived
    row["group_users"] = json!([]);
    row
}

/// `posted` as `viewer` sees it. Who said something sees what its receivers see.
pub fn view(style: &Style, posted: &Posted, viewer: AccountId) -> MessageView {
    match &posted.message.body {
        Body::Notice(notice) => notices::view(style, posted, notice, viewer),
        Body::Auto { text, asked: Some(asked) } => auto(posted, text, asked, viewer),
        body => {
            let content = Content::of(body, posted.message.raw.as_deref());
            let mut view = frame(style, posted);
            view.r#type = content.r#type;
            view.data = content.data.into();
            view.options = content.options;
            view.send_uuid = Some(posted.sender.uuid.clone());
            view
        }
    }
}

/// Everything but what is said: who, where, when.
pub(super) fn frame(style: &Style, posted: &Posted) -> MessageView {
    let sender = &posted.sender;
    match &posted.place {
        Place::Direct { peer, sender_alias, peer_alias } => {
            between(posted, (sender, sender_alias), (peer, peer_alias))
        }
        Place::Inbox(owner) => between(posted, (sender, &sender.name), (owner, &owner.name)),
        Place::Group(group) => MessageView {
            to_id: group.id.0,
            to_name: group.name.clone(),
            to_avatar: group.avatar.clone(),
            chat_type: "group",
            group: Some(group_of_push(style, group)),
            ..between(posted, (sender, &sender.name), (sender, ""))
        },
    }
}

/// A notice between two people, from one to the other, each with a name.
pub(super) fn between(posted: &Posted, from: (&Face, &str), to: (&Face, &str)) -> MessageView {
    MessageView {
        id: posted.message.uuid.to_string(),
        from_avatar: from.0.avatar.clone(),
        from_name: from.1.to_owned(),
        from_id: from.0.id.0.into(),
        to_id: to.0.id.0,
        to_name: to.1.to_owned(),
        to_avatar: to.0.avatar.clone(),
        chat_type: "single",
        r#type: "systemNotice".into(),
        action_type: None,
        data: Value::Null,
        redirect: None,
        options: json!({}),
        create_time: posted.message.created_ms.0,
        isremove: 0,
        group: None,
        msgid_key: None,
        send_uuid: None,
    }
}

/// An automatic answer: the asker reads a message, the one in whose name it was given reads what
/// was answered for it (egg.md §4 #47).
fn auto(posted: &Posted, answer: &str, asked: &str, viewer: AccountId) -> MessageView {
    let Place::Direct { peer: asker, sender_alias, peer_alias } = &posted.place else {
        return between(posted, (&posted.sender, &posted.sender.name), (&posted.sender, &posted.sender.name));
    };
    let (answerer, answerer_name, asker_name) = (&posted.sender, sender_alias.as_str(), peer_alias.as_str());
    let question = Content::of(&Body::Text(String::new()), Some(asked));
    let said = |text: &str| {
        let mut object: Value = serde_json::from_str(&question.data).unwrap_or_default();
        if !object.is_object() {
            object = super::content::words("");
        }
        object["data"] = text.into();
        object
    };
    if viewer == answerer.id {
        let mut view = between(posted, (asker, asker_name), (answerer, answerer_name));
        view.data = said(&format!(
            "系统根据您设置的问答数据，挑选了最接近的答案，回复给对方，回复内容是：\n\n {answer}"
        ));
        view.send_uuid = Some(asker.uuid.clone());
        return view;
    }
    let mut view = between(posted, (answerer, answerer_name), (asker, asker_name));
    view.r#type = question.r#type.clone();
    view.data = said(answer).to_string().into();
    view.send_uuid = Some(answerer.uuid.clone());
    view
}
