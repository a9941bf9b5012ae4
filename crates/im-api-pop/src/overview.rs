//! What a client begins with (pop.md §3.8).
use crate::{
    action::Action,
    call::Call,
    envelope::{Reply, done, ok},
    friends::address_book,
    messages::{addressee, content, sub_type},
    run, settings,
    views::{Text, flag, seconds},
};
use im_core::{
    AccountId, ConversationId,
    accounts::Account,
    conversations::Group,
    history::{self, Keep, Shown},
    overview::{self, Chat, With},
};
use im_gateway::pusher;
use serde_json::{Map, Value, json};

pub const ACTIONS: &[Action] =
    &[Action::read("pop/get", run!(begin)), Action::write("pop/delchat", run!(hide))];

/// `pop/get`: everything at once.
async fn begin(call: Call) -> Reply {
    let caller = call.caller()?;
    let all = overview::of(call.app(), caller).await?;
    let groups: Vec<_> = all.groups.iter().map(|(group, alias)| group_row(group, alias)).collect();
    let chatting: Map<_, _> = all.chats.iter().map(|chat| chat_row(caller.id, chat)).collect();
    ok(json!({
        "mine": mine(&all.account, all.requests),
        "friend": address_book(&call.pop, all.friends),
        "group": groups,
        "chatting": chatting,
        "setting": settings::of_client(&call).await?,
    }))
}

fn mine(account: &Account, requests: i64) -> Value {
    json!({
        "uid": account.id,
        "username": Text(&account.username),
        "sign": Text(account.about.bio.as_deref().unwrap_or_default()),
        "nickname": Text(account.display()),
        "avatar": Text(&account.avatar),
        "unread_friend_apply_count": requests,
        "nid": account.nid,
        "is_member": flag(account.merchant),
    })
}

fn group_row(group: &Group, alias: &str) -> Value {
    json!({
        "gid": group.id,
        "avatar": Text(pusher::group_avatar(group)),
        "name": Text(called(group, alias)),
        "uid": group.owner,
    })
}

fn called<'a>(group: &'a Group, alias: &'a str) -> &'a str {
    if alias.is_empty() { &group.name } else { alias }
}

fn chat_row(me: AccountId, chat: &Chat) -> (String, Value) {
    let (unread, top) = (chat.unread, flag(chat.pinned));
    match &chat.with {
        With::Account(peer) => {
            let items: Vec<_> = chat.last.iter().map(|last| direct_item(me, peer.id, last)).collect();
            let row = json!({
                "type": "friend",
                "id": peer.id,
                "avatar": Text(&peer.avatar),
                "name": Text(&peer.name),
                "unread_count": unread,
                "top": top,
                "items": items,
            });
            (format!("friend{}", peer.id), row)
        }
        With::Group { group, alias } => {
            let items: Vec<_> = chat.last.iter().map(|last| group_item(group.id, last)).collect();
            let row = json!({
                "type": "group",
                "id": group.id,
                "url": format!("/pop/group/chat/{}", group.id),
                "avatar": Text(pusher::group_avatar(group)),
                "name": Text(called(group, alias)),
                "unread_count": unread,
                "key": format!("group-{}", group.id),
                "top": top,
                "items": items,
            });
            (format!("group{}", group.id), row)
        }
    }
}

fn direct_item(me: AccountId, peer: AccountId, last: &Shown) -> Value {
    let to = if last.sender == me { peer } else { me };
    item(&to.to_string(), last)
}

fn group_item(group: ConversationId, last: &Shown) -> Value {
    let mut item = item(&group.to_string(), last);
    item["name"] = json!(Text(&last.name));
    item
}

fn item(to: &str, last: &Shown) -> Value {
    json!({
        "mid": last.mid,
        "from": last.sender.to_string(),
        "to": to,
        "content": content(last),
        "timestamp": seconds(last.created_ms),
        "sub_type": sub_type(last),
        "avatar": Text(&last.avatar),
    })
}

/// `pop/delchat`: out of the list until the next message.
async fn hide(call: Call) -> Reply {
    let to = addressee(&call, "id")?;
    let keep = Keep { hidden: Some(true), ..Keep::default() };
    history::keep(call.app(), call.caller()?, to, keep).await?;
    done()
}
