//! Groups as the pop dialect keeps them: made of people by number, led by an owner and managers, with
//! members who can be silenced (pop.md §3.5).
use super::{
    found,
    joining::{self, Asking},
    live, refreshed, rules, store, tell_left,
};
use crate::{
    AccountId, App, Audience, Change, ConversationId, Event, Joined, Millis, Rate, Refusal, Result, Seq,
    accounts::{self, Account, Caller},
    contacts,
    conversations::{Group, Membership, Rank, State, store as log},
    messages::{self, Entry, Named, Notice},
};
use im_db::Tx;
use std::sync::Arc;

/// A group that somebody wants to make.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Who shall be in it beside the one who makes it.
    pub members: Vec<AccountId>,
    /// What it shall be called; otherwise its first members give it a name.
    pub name: Option<String>,
    /// A picture of its own.
    pub avatar: Option<String>,
    /// Whether the members need not be friends of the one who makes it: a server key says so.
    pub trusted: bool,
}

/// Makes a group of the caller and others.
///
/// # Errors
/// [`Refusal::CreateGroupOff`], [`Refusal::GroupFull`], [`Refusal::NoSuchPerson`], [`Refusal::NotFriends`],
/// [`Refusal::TooOften`].
pub async fn make(app: &App, caller: Caller, wish: Wish) -> Result<Group> {
    super::check_may_make(app, caller)?;
    if wish.members.len() as i64 >= app.chat.group_members {
        return Err(Refusal::GroupFull.into());
    }
    app.write(move |app, tx| {
        Box::pin(async move {
            let mut people = vec![accounts::person(tx, caller.id).await?];
            let others: Vec<_> = wish.members.iter().copied().filter(|id| *id != caller.id).collect();
            people.extend(chosen(tx, caller, &others, wish.trusted).await?);
            let name = match &wish.name {
                Some(name) => app.censor().clean(name).into_owned(),
                None => rules::title_of(people.iter().map(|person| person.display())),
            };
            found(&app, tx, &name, wish.avatar.as_deref(), &people).await
        })
    })
    .await
}

/// These people, who all exist; the caller's friends, unless it is trusted.
async fn chosen(tx: &mut Tx, caller: Caller, ids: &[AccountId], trusted: bool) -> Result<Vec<Account>> {
    let mut people = Vec::with_capacity(ids.len());
    for id in ids {
        people.push(accounts::person(tx, *id).await?);
    }
    if !trusted {
        for id in ids {
            contacts::store::edge(tx, caller.id, *id).await?.ok_or(Refusal::NotFriends)?;
        }
    }
    Ok(people)
}

/// Brings others into a group; who is in it already stays as it is. Where the owner approves, they wait.
///
/// # Errors
/// [`Refusal::NoSuchGroup`], [`Refusal::NotMember`], [`Refusal::NoSuchPerson`], [`Refusal::NotFriends`],
/// [`Refusal::GroupFull`], [`Refusal::TooOften`].
pub async fn bring(
    app: &App,
    caller: Caller,
    id: ConversationId,
    ids: Vec<AccountId>,
    trusted: bool,
) -> Result<()> {
    app.limiter.take(Rate::Ask, caller.id, app.now())?;
    app.write(move |app, tx| {
        Box::pin(async move {
            let last = log::lock(tx, id).await?.ok_or(Refusal::NoSuchGroup)?;
            let group = live(tx, id).await?;
            super::active(tx, id, caller.id).await?;
            let mut newcomers = Vec::new();
            for person in chosen(tx, caller, &ids, trusted).await? {
                let state = log::membership(tx, id, person.id).await?.map(|m| m.state);
                match state {
                    None | Some(State::Pending) => newcomers.push(person),
                    Some(_) => {}
                }
            }
            if newcomers.is_empty() {
                return Ok(());
            }
            if log::count_members(tx, id).await? + newcomers.len() as i64 > app.chat.group_members {
                return Err(Refusal::GroupFull.into());
            }
            let inviter = Some(caller.id);
            let (mut waiting, mut members) = (Vec::new(), Vec::new());
            for person in newcomers {
                match rules::admission(&group, inviter, person.role) {
                    Ok(State::Active) => members.push(person),
                    _ => waiting.push(person),
                }
            }
            let me = Named { id: caller.id, name: store::face_in(tx, id, caller.id).await?.0 };
            for person in &waiting {
                let asking = Asking { invited: true, inviter: Some(me.name.clone()), text: String::new() };
                joining::wait(&app, tx, &group, person, last, asking).await?;
            }
            if members.is_empty() { Ok(()) } else { enter_all(&app, tx, &group, &members, me, last).await }
        })
    })
    .await
}

/// Makes these people members, and tells everybody. The group is not in their lists until somebody
/// speaks.
async fn enter_all(
    app: &App,
    tx: &mut Tx,
    group: &Group,
    people: &[Account],
    by: Named,
    last: Seq,
) -> Result<()> {
    let (id, now) = (group.id, app.now());
    for person in people {
        log::enter(tx, id, person.id, State::Active, last, now).await?;
    }
    let group = refreshed(app, tx, group).await?;
    let notice = Notice::Invited { people: people.iter().map(Named::of).collect() };
    let accounts: Vec<_> = people.iter().map(|person| person.id).collect();
    let inviter = by.id;
    let joined = Joined { group, accounts: accounts.clone(), by, notice: notice.clone() };
    app.emit(tx, Event::Joined(Arc::new(joined)));
    let told = messages::post_group(app, tx, id, Entry::notice(inviter, notice)).await?.message.seq;
    for account in accounts {
        crate::history::store::set_hidden(tx, id, account, Some(told)).await?;
    }
    Ok(())
}

/// Comes into a group by its number; who is in it, or waits, stays as it is.
///
/// # Errors
/// [`Refusal::JoinOff`], [`Refusal::NoSuchGroup`], [`Refusal::SignInToJoin`], [`Refusal::GroupFull`],
/// [`Refusal::TooOften`].
pub async fn join(app: &App, caller: Caller, id: ConversationId) -> Result<()> {
    app.limiter.take(Rate::PopJoin, caller.id, app.now())?;
    let claim = super::Invitation { group: id, account: caller.id, inviter: None, text: String::new() };
    match super::invite(app, caller, claim).await {
        Err(crate::Error::Refused(Refusal::AlreadyMember | Refusal::AlreadyWaiting)) => Ok(()),
        other => other.map(drop),
    }
}

/// Puts members out of a group that the caller owns, and tells the group.
///
/// # Errors
/// [`Refusal::OwnerOnly`], also for a group that does not exist; [`Refusal::Yourself`], [`Refusal::NotMember`]
/// when none of them is in it.
pub async fn put_out(app: &App, caller: Caller, id: ConversationId, ids: Vec<AccountId>) -> Result<()> {
    app.write(move |app, tx| {
        Box::pin(async move {
            let last = log::lock(tx, id).await?.ok_or(Refusal::OwnerOnly)?;
            let group = super::owned(tx, id, caller.id).await?;
            if ids.contains(&caller.id) {
                return Err(Refusal::Yourself.into());
            }
            let mut people = Vec::new();
            for account in ids {
                let member = log::membership(tx, id, account).await?.is_some();
                if member && log::leave(tx, id, account, last, app.now()).await? {
                    people.push(Named { id: account, name: store::face_in(tx, id, account).await?.0 });
                }
            }
            if people.is_empty() {
                return Err(Refusal::NotMember.into());
            }
            let group = refreshed(&app, tx, &group).await?;
            tell_left(&app, tx, group, people.iter().map(|person| person.id).collect(), caller.id);
            let notice = Notice::Removed { people };
            messages::post_group(&app, tx, id, Entry::notice(caller.id, notice)).await.map(drop)
        })
    })
    .await
}

/// Leaves a group that somebody else owns; nothing happens where the caller is not.
///
/// # Errors
/// [`Refusal::OwnerStays`].
pub async fn quit(app: &App, caller: Caller, id: ConversationId) -> Result<()> {
    app.write(move |app, tx| {
        Box::pin(async move {
            let Some(last) = log::lock(tx, id).await? else { return Ok(()) };
            let Some(group) = messages::store::group(tx, id).await?.filter(|group| group.status != 0) else {
                return Ok(());
            };
            if group.owner == caller.id {
                return Err(Refusal::OwnerStays.into());
            }
            let Some(membership) = log::membership(tx, id, caller.id).await? else { return Ok(()) };
            super::go(&app, tx, &group, &membership, last).await?;
            refreshed(&app, tx, &group).await.map(drop)
        })
    })
    .await
}

/// Ends a group that the caller owns.
///
/// # Errors
/// [`Refusal::NoSuchGroup`], [`Refusal::NotAllowed`].
pub async fn end(app: &App, caller: Caller, id: ConversationId) -> Result<()> {
    app.write(move |app, tx| {
        Box::pin(async move {
            log::lock(tx, id).await?.ok_or(Refusal::NoSuchGroup)?;
            let group = live(tx, id).await?;
            if group.owner != caller.id {
                return Err(Refusal::NotAllowed.into());
            }
            super::dissolve(&app, tx, &group).await
        })
    })
    .await
}

/// Gives a group another name or picture; `None` stays.
///
/// # Errors
/// [`Refusal::NoSuchGroup`], [`Refusal::NotAllowed`] for whoever neither owns nor manages it.
pub async fn redress(
    app: &App,
    caller: Caller,
    id: ConversationId,
    name: Option<String>,
    avatar: Option<String>,
) -> Result<()> {
    app.write(move |app, tx| {
        Box::pin(async move {
            log::lock(tx, id).await?.ok_or(Refusal::NoSuchGroup)?;
            let (mut group, _) = led(tx, id, caller.id).await?;
            let name = name.map(|name| app.censor().clean(&name).into_owned());
            if let Some(name) = &name {
                store::change(tx, id, &super::Change::Name(name.clone()), app.now()).await?;
                group.name.clone_from(name);
            }
            if let Some(avatar) = &avatar {
                store::set_avatar(tx, id, avatar, app.now()).await?;
                (group.avatar, group.avatar_custom) = (avatar.clone(), true);
            }
            changed(&app, tx, group, name.is_some(), avatar.is_some(), false);
            if let Some(name) = name {
                let notice = Entry::notice(caller.id, Notice::GroupRenamed { name });
                messages::post_group(&app, tx, id, notice).await?;
            }
            Ok(())
        })
    })
    .await
}

pub(super) fn changed(app: &App, tx: &mut Tx, group: Group, name: bool, avatar: bool, mute_all: bool) {
    let (to, change) = (Audience::Group(group.id), Change::Group { group, name, avatar, mute_all });
    app.emit(tx, Event::Changed(to, Arc::new(change)));
}

/// What the caller alone calls the group; empty: as everybody.
///
/// # Errors
/// [`Refusal::NotMember`].
pub async fn set_alias(app: &App, caller: Caller, id: ConversationId, alias: String) -> Result<()> {
    app.write(move |app, tx| {
        Box::pin(async move {
            super::active(tx, id, caller.id).await?;
            Ok(store::set_alias(tx, id, caller.id, &alias, app.now()).await?)
        })
    })
    .await
}

/// Makes a member a manager, or takes it back.
///
/// # Errors
/// [`Refusal::OwnerOnly`], [`Refusal::NotMember`], [`Refusal::Yourself`].
pub async fn set_manager(
    app: &App,
    caller: Caller,
    id: ConversationId,
    account: AccountId,
    on: bool,
) -> Result<()> {
    app.write(move |app, tx| {
        Box::pin(async move {
            log::lock(tx, id).await?.ok_or(Refusal::OwnerOnly)?;
            super::owned(tx, id, caller.id).await?;
            let member = super::active(tx, id, account).await?;
            if account == caller.id {
                return Err(Refusal::Yourself.into());
            }
            let rank = if on { Rank::Manager } else { Rank::Member };
            if member.rank != rank {
                store::set_rank(tx, id, account, rank, app.now()).await?;
                let change = Change::Manager { group: id, account, on };
                app.emit(tx, Event::Changed(Audience::Group(id), Arc::new(change)));
            }
            Ok(())
        })
    })
    .await
}

/// Whether `account` owns or manages the group. Members may ask, and who is trusted.
///
/// # Errors
/// [`Refusal::NotMember`].
pub async fn leads(
    app: &App,
    caller: Option<Caller>,
    id: ConversationId,
    account: AccountId,
) -> Result<bool> {
    app.read(move |_, tx| {
        Box::pin(async move {
            if let Some(caller) = caller {
                super::active(tx, id, caller.id).await?;
            }
            let route = messages::store::group_route(tx, id, account).await?;
            Ok(route.is_some_and(|route| route.state == Some(State::Active) && route.leads()))
        })
    })
    .await
}

/// Silences a member for a while; 0 or less lets it speak again.
///
/// # Errors
/// [`Refusal::NotAllowed`] for who leads no such group, or would silence who leads it;
/// [`Refusal::NoSuchPerson`], [`Refusal::NotMember`].
pub async fn mute(app: &App, caller: Caller, id: ConversationId, account: AccountId, ms: i64) -> Result<()> {
    app.write(move |app, tx| {
        Box::pin(async move {
            log::lock(tx, id).await?.ok_or(Refusal::NotAllowed)?;
            let (group, _) = led(tx, id, caller.id).await.map_err(|_| Refusal::NotAllowed)?;
            accounts::by_id(tx, account).await?.ok_or(Refusal::NoSuchPerson)?;
            let member = super::active(tx, id, account).await?;
            let own = group.owner == caller.id;
            if group.owner == account || (member.rank == Rank::Manager && !own) {
                return Err(Refusal::NotAllowed.into());
            }
            let until = if ms > 0 { app.now().plus(ms) } else { Millis(0) };
            store::set_muted(tx, id, account, until, app.now()).await?;
            let who = Named { id: account, name: store::face_in(tx, id, account).await?.0 };
            let notice = Notice::Muted { who, seconds: ms.max(0).div_euclid(1_000) };
            messages::post_group(&app, tx, id, Entry::notice(caller.id, notice)).await.map(drop)
        })
    })
    .await
}

/// Silences all but those who lead the group, or lets all speak again.
///
/// # Errors
/// [`Refusal::NotAllowed`], also for a group that does not exist.
pub async fn mute_all(app: &App, caller: Caller, id: ConversationId, on: bool) -> Result<()> {
    app.write(move |app, tx| {
        Box::pin(async move {
            log::lock(tx, id).await?.ok_or(Refusal::NotAllowed)?;
            let (mut group, _) = led(tx, id, caller.id).await.map_err(|_| Refusal::NotAllowed)?;
            store::set_mute_all(tx, id, on, app.now()).await?;
            group.mute_all = on;
            changed(&app, tx, group, false, false, true);
            let notice = Entry::notice(caller.id, Notice::MutedAll { on });
            messages::post_group(&app, tx, id, notice).await.map(drop)
        })
    })
    .await
}

/// The live group and the membership of one who owns or manages it.
async fn led(tx: &mut Tx, id: ConversationId, leader: AccountId) -> Result<(Group, Membership)> {
    let group = live(tx, id).await?;
    let membership = super::active(tx, id, leader).await.map_err(|_| Refusal::NotAllowed)?;
    let leads = group.owner == leader || membership.rank == Rank::Manager;
    if leads { Ok((group, membership)) } else { Err(Refusal::NotAllowed.into()) }
}
