//! Groups as the pop dialect keeps them: made of people by number, led by an owner and managers, with
//! members who can be silenced (pop.md §3.5).
use super::{
    found,
    joining::{self, Asking},
    live, refreshed, rules, store, tell_left,
};
use crate::{
    AccountId, App, Audience, Change, ConversationId, Event, Joined, Rate, Refusal, Result, Seq,
    accounts::{self, Account, Caller, Door, Role},
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
/// [`Refusal::CreateGroupOff`], [`Refusal::NotAllowed`] for visitors, [`Refusal::GroupFull`], [`Refusal::NoSuchPerson`], [`Refusal::NotFriends`],
/// [`Refusal::TooOften`].
pub async fn make(app: &App, caller: Caller, wish: Wish) -> Result<Group> {
    super::check_may_make(app, caller)?;
    if caller.account_role == Role::Visitor {
        return Err(Refusal::NotAllowed.into());
    }
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

/// What became of those who were brought; who was there already is in neither list.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct Brought {
    pub joined: Vec<AccountId>,
    pub waiting: Vec<AccountId>,
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
) -> Result<Brought> {
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
                return Ok(Brought::default());
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
                let (by, name) = (inviter, Some(me.name.clone()));
                let asking = Asking { by, inviter: name, text: String::new(), invite: None };
                joining::wait(&app, tx, &group, person, last, asking).await?;
            }
            if !members.is_empty() {
                let told = enter_all(&app, tx, &group, &members, me, last).await?;
                // In the pop dialect a group is in nobody's list until somebody speaks.
                for person in members.iter().filter(|_| caller.door == Door::Pop) {
                    crate::history::store::set_hidden(tx, id, person.id, Some(told)).await?;
                }
            }
            let ids = |people: &[Account]| people.iter().map(|person| person.id).collect();
            Ok(Brought { joined: ids(&members), waiting: ids(&waiting) })
        })
    })
    .await
}

/// Makes these people members, and tells everybody: the place of the notice.
async fn enter_all(
    app: &App,
    tx: &mut Tx,
    group: &Group,
    people: &[Account],
    by: Named,
    last: Seq,
) -> Result<Seq> {
    let (id, now) = (group.id, app.now());
    for person in people {
        log::enter(tx, id, person.id, State::Active, last, now).await?;
    }
    let group = refreshed(app, tx, group).await?;
    let notice = Notice::Invited { people: people.iter().map(Named::of).collect() };
    let accounts: Vec<_> = people.iter().map(|person| person.id).collect();
    let inviter = by.id;
    let joined = Joined { group, accounts, by, notice: notice.clone() };
    app.emit(tx, Event::Joined(Arc::new(joined)));
    Ok(messages::post_group(app, tx, id, Entry::notice(inviter, notice)).await?.message.seq)
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
/// when none of them is in it; [`Refusal::TooOften`].
pub async fn put_out(app: &App, caller: Caller, id: ConversationId, ids: Vec<AccountId>) -> Result<()> {
    accounts::native::may_tell(app, caller)?;
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

/// Leaves a group that somebody else owns; whether the caller was there.
///
/// # Errors
/// [`Refusal::OwnerStays`], [`Refusal::TooOften`].
pub async fn quit(app: &App, caller: Caller, id: ConversationId) -> Result<bool> {
    accounts::native::may_tell(app, caller)?;
    app.write(move |app, tx| {
        Box::pin(async move {
            let Some(last) = log::lock(tx, id).await? else { return Ok(false) };
            let Some(group) = messages::store::group(tx, id).await?.filter(|group| group.status != 0) else {
                return Ok(false);
            };
            if group.owner == caller.id {
                return Err(Refusal::OwnerStays.into());
            }
            let Some(membership) = log::membership(tx, id, caller.id).await? else { return Ok(false) };
            super::go(&app, tx, &group, &membership, last).await?;
            refreshed(&app, tx, &group).await?;
            Ok(true)
        })
    })
    .await
}

/// Ends a group that the caller owns.
///
/// # Errors
/// [`Refusal::NoSuchGroup`], [`Refusal::NotAllowed`], [`Refusal::TooOften`].
pub async fn end(app: &App, caller: Caller, id: ConversationId) -> Result<()> {
    accounts::native::may_tell(app, caller)?;
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

/// What is changed about a group; `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Redress {
    /// Its name. Owner and managers.
    pub name: Option<String>,
    /// Its picture. Owner and managers.
    pub avatar: Option<String>,
    /// Who may speak: with `true` only owner and managers. Owner and managers.
    pub mute_all: Option<bool>,
    /// The owner's word to all. The owner.
    pub announcement: Option<String>,
    /// Who may join, as [`super::Change::JoinPolicy`]. The owner.
    pub join_policy: Option<i64>,
}

impl Redress {
    fn cleaned(mut self, app: &App) -> Self {
        for text in [&mut self.name, &mut self.announcement].into_iter().flatten() {
            *text = app.censor().clean(text).into_owned();
        }
        self
    }

    /// Without what the group has already.
    fn beyond(self, group: &Group) -> Self {
        Redress {
            name: self.name.filter(|name| *name != group.name),
            avatar: self.avatar.filter(|avatar| !group.avatar_custom || *avatar != group.avatar),
            mute_all: self.mute_all.filter(|on| *on != group.mute_all),
            announcement: self.announcement.filter(|text| *text != group.announcement),
            join_policy: self.join_policy.filter(|policy| *policy != group.join_policy),
        }
    }
}

/// Changes a group, all of it or nothing, and tells its members. In the pop dialect a name that stays is told
/// as well.
///
/// # Errors
/// [`Refusal::NoSuchGroup`], [`Refusal::NotAllowed`] for whoever neither owns nor manages it,
/// [`Refusal::OwnerOnly`], [`Refusal::TooOften`].
pub async fn redress(app: &App, caller: Caller, id: ConversationId, wish: Redress) -> Result<()> {
    accounts::native::may_tell(app, caller)?;
    app.write(move |app, tx| {
        Box::pin(async move {
            log::lock(tx, id).await?.ok_or(Refusal::NoSuchGroup)?;
            let (mut group, _) = led(tx, id, caller.id).await?;
            if (wish.announcement.is_some() || wish.join_policy.is_some()) && group.owner != caller.id {
                return Err(Refusal::OwnerOnly.into());
            }
            let mut wish = wish.cleaned(&app);
            if caller.door != Door::Pop {
                wish = wish.beyond(&group);
            }
            if wish == Redress::default() {
                return Ok(());
            }
            let Redress { name, avatar, mute_all, announcement, join_policy } = wish;
            let (mut notices, now) = (Vec::new(), app.now());
            if let Some(name) = name.clone() {
                store::change(tx, id, &super::Change::Name(name.clone()), now).await?;
                group.name.clone_from(&name);
                notices.push(Notice::GroupRenamed { name });
            }
            if let Some(avatar) = &avatar {
                store::set_avatar(tx, id, avatar, now).await?;
                (group.avatar, group.avatar_custom) = (avatar.clone(), true);
            }
            if let Some(policy) = join_policy {
                store::change(tx, id, &super::Change::JoinPolicy(policy), now).await?;
                group.join_policy = policy;
            }
            if let Some(text) = announcement {
                store::change(tx, id, &super::Change::Announcement(text.clone()), now).await?;
                group.announcement.clone_from(&text);
                notices.push(Notice::Announced { text });
            }
            if let Some(on) = mute_all.filter(|on| *on != group.mute_all) {
                store::set_mute_all(tx, id, on, now).await?;
                group.mute_all = on;
                notices.push(Notice::MutedAll { on });
            }
            let silenced = notices.iter().any(|notice| matches!(notice, Notice::MutedAll { .. }));
            changed(&app, tx, group, name.is_some(), avatar.is_some(), silenced);
            for notice in notices {
                messages::post_group(&app, tx, id, Entry::notice(caller.id, notice)).await?;
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
    super::set_names(app, caller, id, None, Some(alias)).await
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
pub(super) async fn led(tx: &mut Tx, id: ConversationId, leader: AccountId) -> Result<(Group, Membership)> {
    let group = live(tx, id).await?;
    let membership = super::active(tx, id, leader).await.map_err(|_| Refusal::NotAllowed)?;
    let leads = group.owner == leader || membership.rank == Rank::Manager;
    if leads { Ok((group, membership)) } else { Err(Refusal::NotAllowed.into()) }
}
