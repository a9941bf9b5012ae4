//! What the egg dialect says of what happened (egg.md §4, §5.5).
use super::{
    MessageView, Style,
    content::{kept, words},
    message::{GroupView, between, frame, group_of_push},
};
use im_core::{
    AccountId,
    conversations::Group,
    messages::{Applicant, Named, Notice, Place, Posted},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Everything that `encodeURIComponent` encodes.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// The few characters that would break a link. The rest of a name stays as it is: one of the
/// clients shows it without decoding.
fn enc_reserved(name: &str) -> String {
    name.chars().fold(String::new(), |mut link, c| {
        if matches!(c, '%' | '&' | '#' | '=' | '?' | '+' | ' ') || c.is_ascii_control() {
            link.push_str(&format!("%{:02X}", u32::from(c)));
        } else {
            link.push(c);
        }
        link
    })
}

/// `encodeURIComponent`.
pub fn enc(text: &str) -> String {
    utf8_percent_encode(text, COMPONENT).to_string()
}

/// What the client claimed about the receiver of a revoke, which the answer and the push repeat.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Shown {
    /// The receiver's or group's name.
    pub to_name: String,
    /// The receiver's or group's picture.
    pub to_avatar: String,
}

pub(super) fn view(style: &Style, posted: &Posted, notice: &Notice, viewer: AccountId) -> MessageView {
    let me = &posted.sender.name;
    let ms = posted.message.created_ms.0;
    match notice {
        Notice::Befriended => befriended(posted, viewer),
        Notice::FriendAsked => {
            let key = format!("redirect-applyFriend-{}", posted.sender.id);
            let mut view = prompt(style, posted, "好友申请提醒", key);
            view.data = words(&format!("用户[{me}]申请添加您为好友，请尽快处理"));
            view.redirect =
                Some(json!({ "url": "/pages/applyMyfriend/applyMyfriend", "type": "navigateTo" }));
            view
        }
        Notice::GroupCreated { .. } => {
            spoken(style, posted, &format!("{me}创建了一个群，大家可以开始聊天了"))
        }
        Notice::GroupRenamed { name } => {
            let mut view = spoken(style, posted, &format!("群名称修改为：{name}"));
            view.to_name = name.clone();
            view
        }
        Notice::Announced { text } => spoken(style, posted, &format!("[公告] \n\n {text}")),
        Notice::GroupDissolved => {
            let when = style.offset.readable(posted.message.created_ms);
            spoken(style, posted, &format!("群主于 {when} 解散了该群"))
        }
        Notice::MemberLeft { group, name, avatar } => {
            let when = style.offset.readable(posted.message.created_ms);
            let mut view = spoken(style, posted, &format!("{name}于 {when} 已退出群聊"));
            view.from_name = name.clone();
            view.from_avatar = avatar.clone();
            in_group(view, style, group)
        }
        Notice::Joined { account, name, inviter } => {
            let mut view = spoken(style, posted, &format!("{}[{name}] 加入了群聊", who(inviter.as_deref())));
            view.from_avatar = style.icon("group");
            view.from_name = "加群申请提醒".into();
            view.from_id = format!("redirect-applyAddGroup{}-{account}-{ms}", view.to_id).into();
            if let Place::Group(group) = &posted.place {
                view.group = Some(group_of_join(style, group));
            }
            view
        }
        Notice::JoinAsked { group, applicant, invited, inviter, text } => {
            let asked = Asked { group, applicant, invited: *invited, inviter: inviter.as_deref(), text };
            join_asked(style, posted, &asked)
        }
        Notice::Invited { people } => {
            spoken(style, posted, &format!("{}[{}] 加入了群聊", who(Some(me)), names(people)))
        }
        Notice::Removed { people } => {
            spoken(style, posted, &format!("[{me}]将 [{}] 移出了群聊", names(people)))
        }
        Notice::Muted { who, seconds: 0 } => spoken(style, posted, &format!("[{}] 被解除禁言", who.name)),
        Notice::Muted { who, seconds } => {
            let minutes = (seconds + 59) / 60;
            spoken(style, posted, &format!("[{}] 被禁言 {minutes}分钟", who.name))
        }
        Notice::MutedAll { on: true } => spoken(style, posted, &format!("[{me}] 设置全群禁言")),
        Notice::MutedAll { on: false } => spoken(style, posted, &format!("[{me}] 解除全群禁言")),
        Notice::OwnerChanged { to, .. } => {
            spoken(style, posted, &format!("[{me}]将群主转让给 [{}]", to.name))
        }
        Notice::Revoked { message, .. } => revoked(style, posted, message),
        // Never sent: clients of this dialect can neither change what they have nor show an emoji to it.
        Notice::Edited { .. } | Notice::Reacted { .. } => spoken(style, posted, ""),
    }
}

/// A line in a group, by its sender.
fn spoken(style: &Style, posted: &Posted, text: &str) -> MessageView {
    let mut view = frame(style, posted);
    view.r#type = "systemNotice".into();
    view.data = words(text);
    view
}

/// A text with a link, under a heading of its own.
fn prompt(style: &Style, posted: &Posted, heading: &str, key: String) -> MessageView {
    let mut view = frame(style, posted);
    view.r#type = "text".into();
    view.from_avatar = style.icon("group");
    view.from_name = heading.into();
    view.from_id = key.clone().into();
    view.msgid_key = Some(key);
    view
}

fn in_group(mut view: MessageView, style: &Style, group: &Group) -> MessageView {
    view.chat_type = "group";
    view.to_id = group.id.0;
    view.to_name = group.name.clone();
    view.to_avatar = group.avatar.clone();
    view.group = Some(group_of_push(style, group));
    view
}

/// Each of the two reads it from the other.
fn befriended(posted: &Posted, viewer: AccountId) -> MessageView {
    let agreed = &posted.sender;
    let mut view = match &posted.place {
        Place::Direct { peer, peer_alias, .. } if viewer == agreed.id => {
            between(posted, (peer, peer_alias), (agreed, &agreed.name))
        }
        Place::Direct { peer, peer_alias, .. } => between(posted, (agreed, &agreed.name), (peer, peer_alias)),
        Place::Group(_) | Place::Inbox(_) => between(posted, (agreed, &agreed.name), (agreed, &agreed.name)),
    };
    view.data = words("我们已经是好友了，可以开始聊天了");
    view
}

fn revoked(style: &Style, posted: &Posted, message: &str) -> MessageView {
    let gap = if matches!(posted.place, Place::Group(_)) { " " } else { "" };
    let mut view = spoken(style, posted, &format!("{}{gap}撤回了一条消息", posted.sender.name));
    view.id = message.to_owned();
    view.from_name = posted.sender.name.clone();
    view.action_type = Some("revoke");
    view.group = Some(Value::Null);
    if let Some(shown) = posted.message.raw.as_deref().and_then(kept::<Shown>) {
        view.to_name = shown.to_name;
        view.to_avatar = shown.to_avatar;
    }
    view
}

fn who(inviter: Option<&str>) -> String {
    inviter.map(|name| format!("[{name}]邀请 ")).unwrap_or_default()
}

/// The row that tells of a newcomer, with places for the people that clients look for and ignore.
fn group_of_join(style: &Style, group: &Group) -> Value {
    let nobody = json!({ "username": "", "nickname": "", "avatar": "" });
    let mut row = json!(GroupView::short(style, group));
    row["status"] = 1.into(); // as in `group_of_push`
    if let Some(columns) = row.as_object_mut() {
        columns.remove("order");
        columns.insert("user".into(), nobody.clone());
        let member =
            json!({ "nickname": "", "avatar": "", "user_id": group.owner, "status": 1, "user": nobody });
        columns.insert("group_users".into(), json!([member]));
    }
    row
}

fn names(people: &[Named]) -> String {
    people.iter().map(|person| person.name.as_str()).collect::<Vec<_>>().join("、")
}

struct Asked<'a> {
    group: &'a Group,
    applicant: &'a Applicant,
    invited: bool,
    inviter: Option<&'a str>,
    text: &'a str,
}

fn join_asked(style: &Style, posted: &Posted, asked: &Asked<'_>) -> MessageView {
    let Asked { group, applicant, .. } = asked;
    let ms = posted.message.created_ms.0;
    let key = format!("redirect-applyAddGroup{}-{}-{ms}", group.id, applicant.id);
    let desc = json!({
        "addGroupUserType": if asked.invited { "邀请进群" } else { "用户自主进群" },
        "inviteUser": asked.inviter.unwrap_or_default(),
        "addGroupTime": ms,
        "addGroupDesc": asked.text,
        "addGroupUserRole": applicant.role,
        "msgidKey": key,
    });
    let url = format!(
        "/pages/setpageInfo/setpageInfo?action=applyAddGroup&title={}&id={}&name={}&avatar={}&chatType=group\
         &applyUserid={}&applyUsername={}&applyUseruuid={}&applyUseravatar={}&applydesc={}",
        enc("加群申请"),
        group.id,
        enc(&group.name),
        enc(&group.avatar),
        applicant.id,
        enc_reserved(&applicant.name),
        applicant.uuid,
        enc(&applicant.avatar),
        enc(&desc.to_string()),
    );
    let mut view = prompt(style, posted, "加群处理", key);
    let who = who(asked.inviter);
    view.data = words(&format!("请处理申请 {who}[{}] 加入了群[{}]", applicant.name, group.name));
    view.redirect = Some(json!({ "url": url, "type": "navigateTo", "desc": desc }));
    view.group = Some(json!({}));
    view
}
