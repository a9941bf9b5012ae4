//! Rows as this dialect spells them (egg.md §4.0, §7).
use im_api_common::civil::iso;
use im_core::{
    accounts::{About, Account, SignedIn},
    contacts::{Edge, Request},
};
use im_gateway::egg::{ORDER, Style};
use serde::Serialize;
use serde_json::{Value, json};

/// The row of who just signed in ("UserSelf").
pub fn signed_in(style: &Style, signed: &SignedIn) -> Value {
    let account = &signed.account;
    json!({
        "create_time": style.offset.datetime(account.created_ms),
        "id": account.id,
        "uuid": account.uuid,
        "username": account.username,
        "nickname": account.nickname,
        "avatar": account.avatar,
        "devicefingeruuid": account.device.id,
        "uniplatform": account.device.platform,
        "devicemodel": account.device.model,
        "deviceos": account.device.os,
        "devicebrand": account.device.brand,
        "userset": account.privacy,
        "invite_confirm": account.friend_policy,
        "mobile": account.mobile,
        "email": account.email,
        "status": i64::from(account.enabled),
        "last_login": account.login_ms.map(iso),
        "last_login_ip": null,
        "register_time": iso(account.created_ms),
        "register_ip": null,
        "is_deleted": 0,
        "wechat_openid": null,
        "qq_openid": null,
        "weibo_uid": null,
        "role": signed.role,
        "is_email_verified": 0,
        "is_mobile_verified": 0,
        "order": ORDER,
        "update_time": iso(account.updated_ms),
        "token": signed.token,
    })
}

/// Somebody as lists show them.
#[derive(Serialize)]
pub struct PersonView {
    id: i64,
    username: String,
    avatar: String,
    role: &'static str,
    uuid: String,
    nickname: String,
}

impl From<&Account> for PersonView {
    fn from(account: &Account) -> Self {
        PersonView {
            id: account.id.0,
            username: account.username.clone(),
            avatar: account.avatar.clone(),
            role: account.role.as_str(),
            uuid: account.uuid.clone(),
            nickname: account.nickname.clone(),
        }
    }
}

/// What somebody tells about himself; never null (egg.md §7.2).
pub fn about(account: &Account) -> Value {
    let About { gender, birthday, bio, location, website } = &account.about;
    json!({
        "id": account.id,
        "gender": gender,
        "birthday": birthday,
        "bio": bio,
        "location": location,
        "website": website,
    })
}

/// A row of the friend list.
pub fn edge(edge: &Edge) -> Value {
    json!({
        "id": edge.id,
        "user_id": edge.owner,
        "friend_id": edge.peer,
        "nickname": edge.remark,
        "friendlookme": i64::from(edge.shows_me),
        "melookfriend": i64::from(edge.shows_peer),
        "ismystarfriend": i64::from(edge.starred),
        "isblack": i64::from(edge.blocked),
        "status": edge.status,
    })
}

/// A friend request, without its times.
pub fn request(request: &Request) -> Value {
    json!({
        "id": request.id,
        "user_id": request.from,
        "friend_id": request.to,
        "nickname": request.text,
        "friendlookme": 1,
        "melookfriend": 1,
        "ismystarfriend": 0,
        "isblack": 0,
        "status": request.state.as_str(),
        "userId": request.from,
    })
}

/// A page of a list: `?limit=` within reason.
pub fn page_size(limit: i64) -> i64 {
    limit.clamp(1, 2_000)
}
