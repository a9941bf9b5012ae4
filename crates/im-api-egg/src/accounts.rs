//! Registering, signing in and out, people (egg.md §4 #1 to #4, #16, #18, #34, #39, #41).
use crate::{
    Egg,
    envelope::{Fail, Reply, Worded, ok},
    extract::{Befrienders, Call, Everyone, Open, Users},
    params::{Nothing, int, params, text},
    views,
};
use axum::{
    Router,
    extract::State,
    routing::{get, post},
};
use im_core::{
    AccountId, Refusal,
    accounts::{self, Change, Door},
    contacts, profiles,
};
use serde_json::{Value, json};

pub fn router() -> Router<Egg> {
    Router::new()
        .route("/regChat", post(register))
        .route("/loginChat", post(login))
        .route("/userinfo/{uuid}", get(profile))
        .route("/chat/logout", post(logout))
        .route("/chat/searchUser", post(search))
        .route("/chat/userset", post(set_privacy))
        .route("/chat/updateUserinfo", post(change_profile))
        .route("/chat/getUserSetInfo", post(approach))
        .route("/chat/setPassword", post(change_password))
}

params! {
    struct Credentials {
        username: String = text("username", "账号").length(4, 20),
        password: String = text("password", "密码").length(6, 20),
    }
}

/// What a sign-in says when it is our failure.
pub(crate) const NOT_SIGNED_IN: &str = "登录失败";

/// #1 `POST /api/regChat`: makes a user and signs it in.
async fn register(State(egg): State<Egg>, call: Open<Credentials>) -> Reply<Value> {
    let Credentials { username, password } = call.params;
    let signed = accounts::register(&egg.app, username, password, &call.address)
        .await
        .or_apologise(NOT_SIGNED_IN, &[])?;
    ok(views::signed_in(&egg.style, &signed))
}

/// #2 `POST /api/loginChat`.
async fn login(State(egg): State<Egg>, call: Open<Credentials>) -> Reply<Value> {
    let Credentials { username, password } = call.params;
    let signed = accounts::login(&egg.app, username, password, &call.address, Door::Egg)
        .await
        .or_apologise(NOT_SIGNED_IN, &[])?;
    ok(views::signed_in(&egg.style, &signed))
}

/// #3 `POST /api/chat/logout`.
async fn logout(State(egg): State<Egg>, call: Call<Users, Nothing>) -> Reply<bool> {
    accounts::logout(&egg.app, call.caller).await?;
    ok(true)
}

params! {
    struct Search {
        keyword: String = text("keyword", "搜索关键词").length(1, 50),
    }
}

/// #4 `POST /api/chat/searchUser`.
async fn search(State(egg): State<Egg>, call: Call<Users, Search>) -> Reply<Vec<views::PersonView>> {
    let found = accounts::search(&egg.app, call.caller, call.params.keyword).await?;
    ok(found.iter().map(Into::into).collect())
}

params! {
    struct Uuid {
        uuid: String = text("uuid", "uuid值").length(36, 36),
    }
}

/// #16 `GET /api/userinfo/:uuid`: public; null for somebody unknown.
async fn profile(State(egg): State<Egg>, call: Open<Uuid>) -> Reply<Option<Value>> {
    let found = accounts::profile(&egg.app, call.params.uuid).await?;
    ok(found.map(|account| {
        json!({
            "id": account.id,
            "uuid": account.uuid,
            "username": account.username,
            "nickname": account.nickname,
            "avatar": account.avatar,
            "role": account.role,
            "userset": account.privacy,
            "userinfo": views::about(&account),
        })
    }))
}

params! {
    struct Privacy {
        userset: String = text("userset", "用户设置").at_least(2),
    }
}

/// #18 `POST /api/chat/userset`.
async fn set_privacy(State(egg): State<Egg>, call: Call<Befrienders, Privacy>) -> Reply<&'static str> {
    profiles::change(&egg.app, call.caller, Change::Privacy(call.params.userset)).await?;
    ok("ok")
}

params! {
    struct Field {
        name: String = text("fieldname", "修改类型").length(1, 30),
        value: String = text("fieldValue", "修改结果").at_least(1),
    }
}

/// #34 `POST /api/chat/updateUserinfo`: changes one field.
async fn change_profile(State(egg): State<Egg>, call: Call<Everyone, Field>) -> Reply<&'static str> {
    let Field { name, value } = call.params;
    let length = value.chars().count();
    let change = match (name.as_str(), value.as_str()) {
        ("username", _) => return Err(Fail::refused("账号不可修改")),
        ("nickname", _) if length > 30 => return Err(Fail::refused("昵称长度不能超过30个字符")),
        ("nickname", _) => Change::Nickname(value),
        ("avatar", _) if length > 1000 => return Err(Fail::refused("头像地址过长不能超过1000个字符")),
        ("avatar", _) => Change::Avatar(value),
        ("invite_confirm", "0") => Change::FriendPolicy(0),
        ("invite_confirm", "1") => Change::FriendPolicy(1),
        ("invite_confirm", _) => return Err(Fail::refused("添加我为好友设置值错误")),
        _ => return Err(Fail::refused("修改类型错误")),
    };
    let changed = profiles::change(&egg.app, call.caller, change).await;
    changed.or_say(&[(Refusal::NoSuchAccount, "用户不存在，无法修改信息")])?;
    ok("更新成功")
}

params! {
    struct Whose {
        user: i64 = int("userid", "用户id").at_least(1),
    }
}

/// #39 `POST /api/chat/getUserSetInfo`: how somebody may be approached.
async fn approach(State(egg): State<Egg>, call: Call<Everyone, Whose>) -> Reply<Value> {
    let found = contacts::approach(&egg.app, call.caller, AccountId(call.params.user)).await;
    let found = found.or_say(&[(Refusal::NoSuchPerson, "用户不存在或者为游客，无法加为好友")])?;
    ok(json!({
        "id": found.account.id,
        "userset": found.account.privacy,
        "invite_confirm": found.account.friend_policy,
        "uuid": found.account.uuid,
        "isgoodfriend": found.theirs.is_some(),
        "isgoodfriend_status": found.theirs.is_none_or(|edge| !edge.blocked && edge.status == 1),
    }))
}

params! {
    struct Passwords {
        old: String = text("oldpassword", "原始密码"),
        new: String = text("newpassword", "新密码").length(6, 20),
        again: String = text("checknewpassword", "确认新密码"),
    }
}

/// #41 `POST /api/chat/setPassword`.
async fn change_password(State(egg): State<Egg>, call: Call<Users, Passwords>) -> Reply<&'static str> {
    let Passwords { old, new, again } = call.params;
    if new != again {
        return Err(Fail::refused("新密码与确认新密码不一致"));
    }
    let changed = accounts::change_password(&egg.app, call.caller, old, new).await;
    changed.or_say(&[
        (Refusal::NoSuchAccount, "用户不存在，无法修改密码"),
        (Refusal::WrongPassword, "原始密码错误，无法修改密码"),
    ])?;
    ok("修改密码成功")
}
