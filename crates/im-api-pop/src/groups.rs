//! Groups (pop.md §3.5).
use crate::{
    action::{Action, Who},
    call::Call,
    envelope::{Fail, Reply, Worded, done, ok, said},
    friends::{keep, short},
    run,
    views::{Text, flag, seconds},
};
use im_core::{
    AccountId, ConversationId, Error, Refusal,
    contacts::initials,
    conversations::{Group, Membership, Rank},
    groups::{self, Redress, Seat, Wish},
    history::{self, Keep},
    messages::To,
};
use im_gateway::pusher;
use serde_json::{Map, Value, json};

pub const ACTIONS: &[Action] = &[
    Action::write("group/create", run!(create)),
    Action::write("group/delete", run!(delete)),
    Action::write("group/memberadd", run!(bring)),
    Action::write("group/memberdel", run!(put_out)),
    Action::write("group/join", run!(join)),
    Action::write("group/leave", run!(leave)),
    Action::write("group/remark", run!(remark)),
    Action::write("group/update", run!(update)),
    Action::write("group/manager", run!(manager)),
    Action::write("group/forbiddenuser", run!(mute)),
    Action::write("group/forbiddenall", run!(mute_all)),
    Action::write("group/forbiddengroup", run!(silence)),
    Action::write("group/chattinggroup", run!(unsilence)),
    Action::write("group/memberupdate", run!(member_update)),
    Action::read("group/ismanager", run!(is_manager)).by(Who::UserOrKey),
    Action::read("group/members", run!(members)),
    Action::read("group/detail", run!(detail)),
];

/// What callers are told who ask for a group that only members see.
const NOT_MEMBER: &str = "参数非法，不是该群成员";
const NO_USER: &str = "参数非法，用户不存在";
/// Characters of a group's name at most.
const NAME_CHARS: usize = 60;
/// Members that `group/detail` shows.
const FACES: i64 = 15;
/// Members of a page of `group/members`, unless the caller wants another number.
const PAGE: i64 = 500;
/// Members of a page at most.
const LONGEST_PAGE: i64 = 1_000;
/// From here on a `time` is a moment, below it a number of seconds (pop.md §3.5).
const MOMENT: i64 = 1_000_000_000;
/// For how long somebody can be silenced.
const LONGEST_MUTE_S: i64 = 365 * 24 * 60 * 60;

/// `group/create`: a group of the caller and its friends.
async fn create(call: Call) -> Reply {
    let members = chosen(&call)?.unwrap_or_default();
    let trusted = call.identity.by_key();
    let avatar = if trusted { avatar(&call)? } else { None };
    let wish = Wish { members, name: name(&call)?, avatar, trusted };
    let made = groups::make(call.app(), call.caller()?, wish).await;
    let group = made.or_say(&[(Refusal::NoSuchPerson, 2, NO_USER), (Refusal::NotFriends, 2, "参数非法")])?;
    ok(json!({
        "gid": group.id.to_string(),
        "groupname": Text(&group.name),
        "avatar": Text(pusher::group_avatar(&group)),
    }))
}

/// Whom a call is about, if it says so: no more than a group holds.
fn chosen(call: &Call) -> Result<Option<Vec<AccountId>>, Fail> {
    let Some(members) = call.maybe_list("members")? else { return Ok(None) };
    let fits = i64::try_from(members.len()).is_ok_and(|count| count <= call.app().chat.group_members);
    if fits { Ok(Some(members.into_iter().map(AccountId).collect())) } else { Err(Fail::too_long()) }
}

/// A group's name, if one is given.
fn name(call: &Call) -> Result<Option<String>, Fail> {
    let name = call.maybe_text("groupname")?.filter(|name| !name.is_empty());
    let fits = name.as_ref().is_none_or(|name| name.chars().count() <= NAME_CHARS);
    if fits { Ok(name) } else { Err(Fail::invalid()) }
}

/// A picture's address, if one is given.
fn avatar(call: &Call) -> Result<Option<String>, Fail> {
    let avatar = call.maybe_text("avatar")?.filter(|avatar| !avatar.is_empty());
    if avatar.as_deref().is_none_or(pusher::content::good_url) { Ok(avatar) } else { Err(Fail::invalid()) }
}

/// `group/delete`: ends a group.
async fn delete(call: Call) -> Reply {
    match groups::end(call.app(), call.caller()?, gid(&call)?).await {
        Err(Error::Refused(Refusal::NoSuchGroup)) => said("记录不存在"),
        ended => {
            ended?;
            done()
        }
    }
}

fn gid(call: &Call) -> Result<ConversationId, Fail> {
    Ok(ConversationId(call.id("gid")?))
}

/// `group/memberadd`: brings friends into a group.
async fn bring(call: Call) -> Reply {
    let (gid, members) = (gid(&call)?, chosen(&call)?.ok_or_else(Fail::missing)?);
    let brought = groups::bring(call.app(), call.caller()?, gid, members, call.identity.by_key()).await;
    brought.or_say(&[
        (Refusal::NotMember, 2, "参数非法，非本群人员不得拉人进群"),
        (Refusal::NoSuchPerson, 2, NO_USER),
        (Refusal::NotFriends, 2, "参数非法"),
    ])?;
    done()
}

/// `group/memberdel`: puts members out.
async fn put_out(call: Call) -> Reply {
    let (gid, members) = (gid(&call)?, chosen(&call)?.ok_or_else(Fail::missing)?);
    let gone = groups::put_out(call.app(), call.caller()?, gid, members).await;
    gone.or_say(&[
        (Refusal::OwnerOnly, 2, "参数非法，群不存在或者非群创建人"),
        (Refusal::Yourself, 2, "参数非法，不能删除创建人自己"),
        (Refusal::NotMember, 2, "该用户已经被移出群"),
    ])?;
    done()
}

/// `group/join`: comes in by the group's number.
async fn join(call: Call) -> Reply {
    groups::join(call.app(), call.caller()?, gid(&call)?).await?;
    done()
}

/// `group/leave`: goes.
async fn leave(call: Call) -> Reply {
    groups::quit(call.app(), call.caller()?, gid(&call)?).await?;
    done()
}

/// `group/remark`: what the caller calls a group.
async fn remark(call: Call) -> Reply {
    let (gid, remark) = (gid(&call)?, short(call.given("remark")?)?);
    groups::set_alias(call.app(), call.caller()?, gid, remark).await?;
    done()
}

/// `group/update`: another name or picture.
async fn update(call: Call) -> Reply {
    let (gid, name, avatar) = (gid(&call)?, name(&call)?, avatar(&call)?);
    if name.is_none() && avatar.is_none() {
        return Err(Fail::missing());
    }
    let wish = Redress { name, avatar, ..Redress::default() };
    match groups::redress(call.app(), call.caller()?, gid, wish).await {
        Err(Error::Refused(Refusal::NoSuchGroup)) => said("记录不存在"),
        changed => {
            changed?;
            done()
        }
    }
}

/// `group/manager`: makes a member a manager, or takes it back.
async fn manager(call: Call) -> Reply {
    let (gid, member) = (gid(&call)?, AccountId(call.id("uid")?));
    let on = call.flag("value")?.ok_or_else(Fail::missing)?;
    groups::set_manager(call.app(), call.caller()?, gid, member, on).await?;
    done()
}

/// `group/ismanager`: whether somebody leads a group.
async fn is_manager(call: Call) -> Reply {
    let (gid, member) = (gid(&call)?, AccountId(call.id("uid")?));
    let asker = if call.identity.by_key() { None } else { Some(call.caller()?) };
    let leads = groups::leads(call.app(), asker, gid, member).await?;
    ok(json!({ "is_manager": flag(leads) }))
}

/// `group/forbiddenuser`: silences a member. `time` is a moment, or how long.
async fn mute(call: Call) -> Reply {
    let (gid, member) = (gid(&call)?, AccountId(call.id("uid")?));
    let time = call.number_in("time", 0..=i64::MAX)?.ok_or_else(Fail::missing)?;
    let now = seconds(call.app().now());
    let length_s = if time >= MOMENT { time - now } else { time };
    if length_s > LONGEST_MUTE_S {
        return Err(Fail::invalid());
    }
    let muted = groups::mute(call.app(), call.caller()?, gid, member, length_s.max(0) * 1_000).await;
    muted.or_say(&[
        (Refusal::NotAllowed, 2, "参数非法，群不存在或者非群创建人"),
        (Refusal::NoSuchPerson, 2, NO_USER),
    ])?;
    done()
}

/// `group/forbiddenall`: silences everybody else.
async fn mute_all(call: Call) -> Reply {
    let on = call.flag("value")?.ok_or_else(Fail::missing)?;
    set_silence(call, on).await
}

/// `group/forbiddengroup`: the same in older words.
async fn silence(call: Call) -> Reply {
    set_silence(call, true).await
}

/// `group/chattinggroup`: lets everybody speak again.
async fn unsilence(call: Call) -> Reply {
    set_silence(call, false).await
}

async fn set_silence(call: Call, on: bool) -> Reply {
    groups::mute_all(call.app(), call.caller()?, gid(&call)?, on).await?;
    done()
}

/// `group/memberupdate`: how the caller keeps a group's conversation.
async fn member_update(call: Call) -> Reply {
    let (gid, keep) = (gid(&call)?, keep(&call)?);
    if keep == Keep::default() {
        return Err(Fail::missing());
    }
    history::keep(call.app(), call.caller()?, To::Group(gid), keep).await?;
    done()
}

/// `group/members`: a page of members, by number or under their initials.
async fn members(call: Call) -> Reply {
    let gid = gid(&call)?;
    let limit = call.number("limit")?.unwrap_or(PAGE).clamp(1, LONGEST_PAGE);
    let after = call.number("index")?.unwrap_or(0);
    let without = call.maybe_list("exclude")?.unwrap_or_default().into_iter().map(AccountId).collect();
    let caller = call.caller()?;
    let seats = groups::seats(call.app(), caller, gid, after, limit, without).await?;
    let (group, _) = groups::look(call.app(), caller, gid).await?;
    let pinyin = call.maybe_text("pinyin")?.is_some_and(|text| !matches!(text.as_str(), "" | "0" | "false"));
    if !pinyin {
        return ok(by_number(&group, &seats));
    }
    let book: Map<_, _> = initials::grouped(seats, called)
        .into_iter()
        .map(|(initial, seats)| (initial.to_string(), by_number(&group, &seats).into()))
        .collect();
    ok(book)
}

/// What the viewer calls a member.
fn called(seat: &Seat) -> &str {
    if seat.remark.is_empty() { &seat.nickname } else { &seat.remark }
}

fn by_number(group: &Group, seats: &[Seat]) -> Map<String, Value> {
    let row = |seat: &Seat| {
        json!({
            "uid": seat.account,
            "avatar": Text(&seat.avatar),
            "nickname": Text(&seat.nickname),
            "name": Text(called(seat)),
            "index": seat.index,
            "is_manager": flag(seat.manager),
            "is_owner": flag(seat.account == group.owner),
            "forbidden": seconds(seat.muted_until),
        })
    };
    seats.iter().map(|seat| (seat.account.to_string(), row(seat))).collect()
}

/// `group/detail`: a group and its first members; `simple=1`: for whoever thinks of joining.
async fn detail(call: Call) -> Reply {
    let (gid, caller) = (gid(&call)?, call.caller()?);
    let looked = groups::look(call.app(), caller, gid).await;
    let (group, membership) = looked.or_say(&[(Refusal::NoSuchGroup, 701, "群不存在")])?;
    let info = info(&group, membership.as_ref(), caller.id);
    if call.flag("simple")? == Some(true) {
        return ok(info);
    }
    let seats = groups::seats(call.app(), caller, gid, 0, FACES, Vec::new()).await;
    let seats = seats.or_say(&[(Refusal::NotMember, 2, NOT_MEMBER)])?;
    let row = |seat: &Seat| {
        json!({
            "uid": seat.account,
            "avatar": Text(&seat.avatar),
            "nickname": Text(&seat.nickname),
            "remark": Text(&seat.remark),
        })
    };
    let members: Map<_, _> = seats.iter().map(|seat| (seat.account.to_string(), row(seat))).collect();
    let mut data = json!({ "info": info, "members": members });
    if call.flag("at")? == Some(true) {
        data["at"] = crate::mentions::of(call.app(), caller, &group).await?.into();
    }
    ok(data)
}

fn info(group: &Group, membership: Option<&Membership>, viewer: AccountId) -> Value {
    let leads = group.owner == viewer || membership.is_some_and(|own| own.rank == Rank::Manager);
    json!({
        "gid": group.id,
        "groupname": Text(&group.name),
        "uid": group.owner,
        "avatar": Text(pusher::group_avatar(group)),
        "state": if group.status == 1 { "normal" } else { "disabled" },
        "timestamp": seconds(group.created_ms),
        "remark": Text(membership.map_or("", |own| &own.alias)),
        "forbidden_all": flag(group.mute_all),
        "is_manager": flag(leads),
    })
}
