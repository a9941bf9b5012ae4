//! Users: made, looked up, changed (pop.md §3.3).
use crate::{
    Pop,
    action::{Action, DISABLED, Who},
    call::Call,
    envelope::{Fail, Reply, Worded, done, ok},
    fields, run,
    views::{Text, flag, seconds},
};
use im_core::{
    AccountId, Refusal,
    accounts::{self, Account, registration},
    profiles::{self, Changes, Profile, Sought, Viewer},
    support::seats,
};
use serde::Serialize;
use serde_json::json;

pub const ACTIONS: &[Action] = &[
    Action::write("user/add", run!(add)).in_api().by(Who::Key).by_get(),
    Action::write("user/open_user", run!(open_seat)),
    Action::read("user/get", run!(get)).by(Who::UserOrKey).telling_disabled(DISABLED),
    Action::read("user/detail", run!(detail)).by(Who::UserOrKey),
    Action::read("user/getbyuid", run!(by_uid)).by(Who::UserOrKey),
    Action::read("user/getbyname", run!(by_name)).by(Who::UserOrKey),
    Action::read("user/multiGet", run!(many)).by(Who::UserOrKey),
    Action::write("user/update", run!(update)).of_disabled_too(),
    Action::write("user/setmember", run!(set_member)).in_api().by(Who::Key).of_operators(),
];

/// Users that one call may ask for.
const MANY: usize = 100;

/// `user/add`: makes a user.
async fn add(call: Call) -> Reply {
    if !call.is_post && !call.app().pop.allow_get_user_add {
        return Err(Fail::missing());
    }
    let uid = registration::add(call.app(), fields::new_user_with_picture(&call)?).await?;
    ok(json!({ "uid": uid }))
}

/// `user/open_user`: a merchant opens a seat for its staff.
async fn open_seat(call: Call) -> Reply {
    let uid = seats::open(call.app(), call.caller()?, fields::new_user_with_picture(&call)?).await?;
    ok(json!({ "uid": uid }))
}

/// `user/get`: somebody by number or name; for keys also a check of a password.
async fn get(call: Call) -> Reply {
    let uid = call.maybe_id("uid")?.map(AccountId);
    let username = call.maybe_text("username")?.filter(|name| !name.is_empty());
    let password = call.maybe_secret("password")?;
    if password.is_some() && !call.identity.by_key() {
        return Err(Fail::refused());
    }
    let sought = match (uid, username, password) {
        (None, None, _) | (_, None, Some(_)) => return Err(Fail::missing()),
        (uid, Some(username), Some(password)) => Sought::Id(verified(&call, uid, username, password).await?),
        (Some(id), Some(name), None) => Sought::Both(id, name),
        (None, Some(name), None) => Sought::Username(name),
        (Some(id), None, None) => Sought::Id(id),
    };
    show(call, sought).await
}

async fn verified(
    call: &Call,
    uid: Option<AccountId>,
    username: String,
    password: String,
) -> Result<AccountId, Fail> {
    const WRONG: &str = "用户不存在或者密码错误";
    let checked = accounts::check_password(call.app(), username, password, &call.address).await;
    let id = checked.or_say(&[(Refusal::NoSuchAccount, 101, WRONG), (Refusal::WrongPassword, 101, WRONG)])?;
    if uid.is_none_or(|uid| uid == id) { Ok(id) } else { Err(Fail::new(101, WRONG)) }
}

/// `user/detail`: somebody by number.
async fn detail(call: Call) -> Reply {
    let sought = Sought::Id(AccountId(call.id("uid")?));
    show(call, sought).await
}

/// `user/getbyuid`: the same, with another refusal.
async fn by_uid(call: Call) -> Reply {
    let uid = call.maybe_id("uid")?.ok_or(Fail::new(2, "非法参数"))?;
    show(call, Sought::Id(AccountId(uid))).await
}

/// `user/getbyname`: somebody by name, or by public number.
async fn by_name(call: Call) -> Reply {
    let name = call.maybe_text("username")?.filter(|name| !name.is_empty());
    let name = name.ok_or(Fail::new(2, "非法参数"))?;
    show(call, Sought::Name(name)).await
}

/// `user/multiGet`: several by number.
async fn many(call: Call) -> Reply {
    let ids = call.list("uid")?;
    if ids.len() > MANY {
        return Err(Fail::too_long());
    }
    let people = profiles::many(call.app(), viewer(&call), ids).await?;
    ok(people.iter().map(|profile| Face::of(&call.pop, profile)).collect::<Vec<_>>())
}

/// `user/update`: what a user changes about itself; whether it may sign in is a key's to say.
async fn update(call: Call) -> Reply {
    let caller = call.caller()?;
    let state = call.maybe_text("account_state")?;
    if state.is_some() && !call.identity.by_key() {
        return Err(Fail::refused());
    }
    if call.identity.disabled && state.is_none() {
        return Err(Fail::new(85, DISABLED));
    }
    let enabled = match state.as_deref() {
        None => None,
        Some("normal") => Some(true),
        Some("disabled") => Some(false),
        Some(_) => return Err(Fail::invalid()),
    };
    let nickname = call.maybe_text("nickname")?.map(fields::nickname).transpose()?;
    let avatar = call.maybe_text("avatar")?.map(fields::url).transpose()?;
    let sign = call.maybe_text("sign")?.map(fields::sign).transpose()?;
    let changes = Changes { nickname, avatar, sign, enabled };
    if changes.is_empty() {
        return Err(Fail::missing());
    }
    profiles::update(call.app(), caller.id, changes).await?;
    done()
}

/// `user/setmember`: makes somebody a merchant, or not any more.
async fn set_member(call: Call) -> Reply {
    let (uid, on) = (AccountId(call.id("uid")?), call.flag("is_member")?.ok_or_else(Fail::missing)?);
    profiles::set_merchant(call.app(), uid, on).await?;
    done()
}

fn viewer(call: &Call) -> Viewer {
    let user = call.identity.user.map(|caller| caller.id);
    match user {
        Some(id) if !call.identity.by_key() => Viewer::User(id),
        user => Viewer::Key(user),
    }
}

async fn show(call: Call, sought: Sought) -> Reply {
    let profile = profiles::look(call.app(), viewer(&call), sought).await?;
    ok(Whole::of(&call.pop, &profile))
}

/// Somebody in a list.
#[derive(Serialize)]
struct Face<'a> {
    uid: AccountId,
    username: Text<String>,
    nickname: Text<&'a str>,
    sign: Text<&'a str>,
    avatar: Text<&'a str>,
    state: &'static str,
    logout_timestamp: i64,
}

impl<'a> Face<'a> {
    fn of(pop: &Pop, profile: &'a Profile) -> Self {
        let account = &profile.account;
        Face {
            uid: account.id,
            username: Text(username(account, profile.reduced)),
            nickname: Text(nickname(account, profile.reduced)),
            sign: Text(if profile.reduced { "" } else { account.about.bio.as_deref().unwrap_or_default() }),
            avatar: Text(&account.avatar),
            state: pop.state(account.id),
            logout_timestamp: seconds(account.offline_ms),
        }
    }
}

/// The whole of somebody.
#[derive(Serialize)]
struct Whole<'a> {
    #[serde(flatten)]
    face: Face<'a>,
    nid: i64,
    is_member: i64,
    account_state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_friend: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remark: Option<Text<&'a str>>,
}

impl<'a> Whole<'a> {
    fn of(pop: &Pop, profile: &'a Profile) -> Self {
        let account = &profile.account;
        let seen = profile.has_viewer;
        Whole {
            face: Face::of(pop, profile),
            nid: account.nid,
            is_member: flag(account.merchant),
            account_state: if account.enabled { "normal" } else { "disabled" },
            is_friend: seen.then_some(profile.remark.is_some()),
            remark: seen.then(|| Text(profile.remark.as_deref().unwrap_or_default())),
        }
    }
}

/// The username, of which strangers may see the first character only.
fn username(account: &Account, reduced: bool) -> String {
    match account.username.chars().next() {
        Some(first) if reduced => format!("{first}***"),
        _ => account.username.clone(),
    }
}

/// The nickname; a username in its place stays hidden where it is hidden.
fn nickname(account: &Account, reduced: bool) -> &str {
    if reduced { &account.nickname } else { account.display() }
}
