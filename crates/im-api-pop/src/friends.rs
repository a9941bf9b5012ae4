//! Friends, applications and temporary sessions (pop.md §3.4, §6.3).
use crate::{
    Pop,
    action::{Action, Who},
    call::Call,
    envelope::{Fail, Reply, done, ok, said},
    run,
    views::{Text, flag, seconds},
};
use im_core::{
    AccountId, Millis, Refusal, accounts,
    contacts::{self, Asked, Decided, Friend, RequestState, initials},
    history::{self, Keep},
    messages::To,
    overview,
    support::service,
};
use serde_json::{Map, Value, json};
use std::sync::Arc;

pub const ACTIONS: &[Action] = &[
    Action::write("friend/apply", run!(apply)),
    Action::write("friend/agree", run!(agree)),
    Action::write("friend/refuse", run!(refuse)),
    Action::write("friend/add", run!(add)).in_api().by(Who::KeyForUser),
    Action::write("friend/remark", run!(remark)),
    Action::write("friend/delete", run!(delete)),
    Action::write("friend/update", run!(update)),
    Action::write("friend/open_temp", run!(open)),
    Action::read("friend/applylist", run!(applications)),
    Action::read("friend/applydetail", run!(application)),
    Action::read("friend/applycount", run!(count)),
    Action::read("friend/getlist", run!(friends)),
    Action::read("friend/get_temp_list", run!(strangers)),
];

/// What is said where the state asked for stands already.
const ALREADY_FRIENDS: &str = "已经是好友";
const ALREADY_DECIDED: &str = "已经操作成功";
/// Characters of an application's text at most.
const POSTSCRIPT_CHARS: usize = 255;
/// Bytes of a name that somebody alone reads.
const REMARK_BYTES: usize = 255;
/// Applications listed at most.
const APPLICATIONS: i64 = 500;
/// How far a client's clock may be ahead, in seconds.
const AHEAD_S: i64 = 60;

/// `friend/apply`: asks for friendship.
async fn apply(call: Call) -> Reply {
    let friend = call.id("friend_uid")?;
    let text = call.maybe_text("postscript")?.unwrap_or_default();
    if text.chars().count() > POSTSCRIPT_CHARS {
        return Err(Fail::invalid());
    }
    match contacts::apply(call.app(), call.caller()?, AccountId(friend), text).await? {
        Decided::Now => done(),
        Decided::Before => said(ALREADY_FRIENDS),
    }
}

/// `friend/agree`: takes an application.
async fn agree(call: Call) -> Reply {
    settle(call, true).await
}

/// `friend/refuse`: refuses an application.
async fn refuse(call: Call) -> Reply {
    settle(call, false).await
}

async fn settle(call: Call, agree: bool) -> Reply {
    let nid = call.id("nid")?;
    match contacts::settle(call.app(), call.caller()?, nid, agree, String::new()).await? {
        Decided::Now => done(),
        Decided::Before => said(ALREADY_DECIDED),
    }
}

/// `friend/add`: makes two accounts friends without asking.
async fn add(call: Call) -> Reply {
    let friend = call.id("friend_uid")?;
    match contacts::add(call.app(), call.caller()?, AccountId(friend)).await? {
        Decided::Now => done(),
        Decided::Before => said(ALREADY_FRIENDS),
    }
}

/// `friend/remark`: what the caller calls a friend.
async fn remark(call: Call) -> Reply {
    let (friend, remark) = (call.id("friend_uid")?, short(call.given("remark")?)?);
    contacts::remark(call.app(), call.caller()?, AccountId(friend), remark).await?;
    done()
}

/// A name that the caller alone reads.
pub fn short(remark: String) -> Result<String, Fail> {
    if remark.len() > REMARK_BYTES { Err(Fail::new(2, "长度不能大于255个字节")) } else { Ok(remark) }
}

/// `friend/delete`: ends a friendship; without one nothing happens.
async fn delete(call: Call) -> Reply {
    let friend = call.id("friend_uid")?;
    match contacts::unfriend(call.app(), call.caller()?, AccountId(friend)).await {
        Err(im_core::Error::Refused(Refusal::NotFriends)) => done(),
        ended => {
            ended?;
            done()
        }
    }
}

/// `friend/update`: how the caller keeps a conversation with somebody.
async fn update(call: Call) -> Reply {
    let friend = AccountId(call.id("friend_uid")?);
    let caller = call.caller()?;
    if friend == caller.id {
        return Err(Fail::invalid());
    }
    let keep = Keep { pinned: call.flag("top")?, unread: unread(&call)?, ..keep(&call)? };
    if keep == Keep::default() {
        return Err(Fail::missing());
    }
    history::keep(call.app(), caller, To::Account(friend), keep).await?;
    done()
}

fn unread(call: &Call) -> Result<Option<i64>, Fail> {
    call.number_in("unread_count", 0..=i64::MAX)
}

/// What `friend/update` and `group/memberupdate` have in common: `state`, `last_read_time`.
pub fn keep(call: &Call) -> Result<Keep, Fail> {
    let hidden = match call.maybe_text("state")?.as_deref() {
        None | Some("") => None,
        Some("chatting") => Some(false),
        Some("hidden") => Some(true),
        Some(_) => return Err(Fail::invalid()),
    };
    let latest = call.app().now().0.div_euclid(1_000) + AHEAD_S;
    let read = call.number_in("last_read_time", 0..=latest)?;
    let read_until = read.map(|second| Millis(second * 1_000 + 999));
    Ok(Keep { hidden, read_until, ..Keep::default() })
}

/// `friend/open_temp`: begins a temporary session; answers whom the caller talks to.
async fn open(call: Call) -> Reply {
    let friend = AccountId(call.id("friend_uid")?);
    let hub = call.pop.hub.clone();
    let online: service::Online = Arc::new(move |id| hub.is_online(id));
    let opened = service::open(call.app(), call.caller()?, friend, online).await?;
    ok(json!({
        "uid": opened.account.id,
        "name": Text(&opened.name),
        "avatar": Text(&opened.account.avatar),
        "is_member": flag(opened.account.merchant),
    }))
}

/// `friend/applylist`: applications to the caller, newest first.
async fn applications(call: Call) -> Reply {
    let limit = call.number("limit")?.filter(|limit| (1..=APPLICATIONS).contains(limit));
    let asked = contacts::requests_of(call.app(), call.caller()?, limit.unwrap_or(APPLICATIONS)).await?;
    ok(asked.iter().map(application_of).collect::<Vec<_>>())
}

/// `friend/applydetail`: one of them.
async fn application(call: Call) -> Reply {
    let nid = call.id("nid")?;
    match contacts::request(call.app(), call.caller()?, nid).await? {
        Some(asked) => {
            let mut row = application_of(&asked);
            row["username"] = json!(Text(&asked.username));
            ok(row)
        }
        None => done(),
    }
}

fn application_of(asked: &Asked) -> Value {
    let request = &asked.request;
    // Clients parse it: its quotes stay, what was written in it is escaped.
    let data = json!({ "postscript": Text(&request.text) }).to_string();
    let operation = match request.state {
        RequestState::Pending | RequestState::Ignore => "not_operated",
        RequestState::Agree => "agree",
        RequestState::Refuse => "refuse",
    };
    json!({
        "nid": request.id,
        "from": request.from,
        "to": request.to,
        "type": "add_friend",
        "data": data,
        "operation": operation,
        "timestamp": seconds(request.created_ms),
        "nickname": Text(accounts::display(&asked.nickname, &asked.username)),
        "avatar": Text(&asked.avatar),
    })
}

/// `friend/applycount`: how many applications wait for the caller.
async fn count(call: Call) -> Reply {
    ok(overview::requests(call.app(), call.caller()?).await?)
}

/// `friend/getlist`: the address book.
async fn friends(call: Call) -> Reply {
    let friends = overview::friends(call.app(), call.caller()?).await?;
    ok(address_book(&call.pop, friends))
}

/// `friend/get_temp_list`: those with whom the caller talks without being friends.
async fn strangers(call: Call) -> Reply {
    let strangers = overview::strangers(call.app(), call.caller()?).await?;
    ok(address_book(&call.pop, strangers))
}

/// People under their initials, by number.
pub fn address_book(pop: &Pop, friends: Vec<Friend>) -> Map<String, Value> {
    let mut book = Map::new();
    for (initial, people) in initials::grouped(friends, |friend| friend.name()) {
        let page: Map<_, _> = people
            .iter()
            .map(|friend| {
                let row = json!({
                    "uid": friend.id,
                    "avatar": Text(&friend.avatar),
                    "state": pop.state(friend.id),
                    "name": Text(friend.name()),
                    "initials": initial.to_string(),
                    "is_member": flag(friend.merchant),
                });
                (friend.id.to_string(), row)
            })
            .collect();
        book.insert(initial.to_string(), page.into());
    }
    book
}
