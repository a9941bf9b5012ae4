//! Groups: making, joining, leaving, and what their owner may do.

mod inviting;
mod joining;
mod managing;
mod ranking;
mod rules;
mod store;
mod viewing;

use crate::{
    AccountId, App, Audience, Change as Told, ConversationId, Event, Joined, Left, Rate, Refusal, Result,
    Seq,
    accounts::{self, Account, Caller},
    contacts,
    conversations::{Group, Membership, State, store as log},
    messages::{self, Entry, Named, Notice},
};
use im_db::Tx;
pub use inviting::{Entrance, Invite, Terms, come_in, invites, issue, knock, take_back};
pub use joining::{Invitation, Outcome, decide, invite};
pub use managing::{
    Brought, Redress, Wish, bring, end, join, make, mute_all, put_out, quit, redress, set_alias,
};
pub use ranking::{Place, hand_over, leads, mute, place, set_manager};
use std::sync::Arc;
pub use store::Member;
pub use viewing::{Outlook, Seat, Waiting, look, name_in, outlook, role, roster, seats, standing, waiting};

/// Makes a group of the caller and the friends behind these edges of its own.
///
/// # Errors
/// [`Refusal::NobodyChosen`] when no edge is usable, [`Refusal::NoSuchPerson`] when no friend is
/// enabled, [`Refusal::GroupFull`].
pub async fn create(app: &App, caller: Caller, edges: Vec<i64>) -> Result<Group> {
    check_may_make(app, caller)?;
    if edges.len() as i64 >= app.chat.group_members {
        return Err(Refusal::GroupFull.into());
    }
    app.write(move |app, tx| {
        Box::pin(async move {
            let (usable, mut people) = contacts::chosen(tx, caller.id, &edges).await?;
            if !usable {
                return Err(Refusal::NobodyChosen.into());
            }
            if people.is_empty() {
                return Err(Refusal::NoSuchPerson.into());
            }
            people.insert(0, accounts::person(tx, caller.id).await?);
            let name = rules::name_of(people.iter().map(|person| person.display()));
            found(&app, tx, &name, None, &people).await
        })
    })
    .await
}

/// The groups in which the caller is an active member, newest first; `page` counts from 1.
pub async fn mine(app: &App, caller: Caller, page: i64, limit: i64) -> Result<Vec<(Group, Membership)>> {
    let skip = (page - 1).saturating_mul(limit);
    app.read(move |_, tx| Box::pin(async move { Ok(store::groups_of(tx, caller.id, skip, limit).await?) }))
        .await
}

/// A group and its active members, in the order in which they came. Anybody may look: the page
/// that asks to join shows it.
///
/// # Errors
/// [`Refusal::NoSuchGroup`], [`Refusal::TooOften`].
pub async fn info(app: &App, caller: Caller, id: ConversationId) -> Result<(Group, Vec<Member>)> {
    app.limiter.take(Rate::Lookup, caller.id, app.now())?;
    app.read(move |_, tx| {
        Box::pin(async move {
            let group = live(tx, id).await?;
            let members = store::members(tx, id).await?;
            if members.is_empty() { Err(Refusal::NoSuchGroup.into()) } else { Ok((group, members)) }
        })
    })
    .await
}

/// A group that the caller is an active member of.
///
/// # Errors
/// [`Refusal::NoSuchGroup`], [`Refusal::NotMember`].
pub async fn joined(app: &App, caller: Caller, id: ConversationId) -> Result<Group> {
    app.read(move |_, tx| {
        Box::pin(async move {
            let group = live(tx, id).await?;
            active(tx, id, caller.id).await?;
            Ok(group)
        })
    })
    .await
}

/// What an owner may change.
#[derive(Clone, Debug)]
pub enum Change {
    /// The name; all members are told.
    Name(String),
    /// The announcement; all members are told.
    Announcement(String),
    /// Who may join: 0 anybody, 1 the owner approves, 2 registered users only, 3 to 10 as 0.
    JoinPolicy(i64),
}

/// Changes a group that the caller owns.
///
/// # Errors
/// [`Refusal::OwnerOnly`], also for a group that does not exist.
pub async fn change(app: &App, caller: Caller, id: ConversationId, change: Change) -> Result<()> {
    app.limiter.take(Rate::Ask, caller.id, app.now())?;
    app.write(move |app, tx| {
        Box::pin(async move {
            log::lock(tx, id).await?.ok_or(Refusal::OwnerOnly)?;
            let group = owned(tx, id, caller.id).await?;
            let clean = |text: String| app.censor().clean(&text).into_owned();
            let change = match change {
                Change::Name(name) => Change::Name(clean(name)),
                Change::Announcement(text) => Change::Announcement(clean(text)),
                policy @ Change::JoinPolicy(_) => policy,
            };
            store::change(tx, id, &change, app.now()).await?;
            let notice = match change {
                Change::Name(name) => {
                    managing::changed(&app, tx, Group { name: name.clone(), ..group }, true, false, false);
                    Notice::GroupRenamed { name }
                }
                Change::Announcement(text) => {
                    let group = Group { announcement: text.clone(), ..group };
                    managing::changed(&app, tx, group, false, false, false);
                    Notice::Announced { text }
                }
                Change::JoinPolicy(join_policy) => {
                    managing::changed(&app, tx, Group { join_policy, ..group }, false, false, false);
                    return Ok(());
                }
            };
            messages::post_group(&app, tx, id, Entry::notice(caller.id, notice)).await.map(drop)
        })
    })
    .await
}

/// Names the caller in a group, and the group for the caller alone; `None` stays, empty is as everybody.
///
/// # Errors
/// [`Refusal::NotMember`], [`Refusal::TooOften`].
pub async fn set_names(
    app: &App,
    caller: Caller,
    id: ConversationId,
    nickname: Option<String>,
    alias: Option<String>,
) -> Result<()> {
    accounts::native::may_tell(app, caller)?;
    app.write(move |app, tx| {
        Box::pin(async move {
            let before = active(tx, id, caller.id).await?;
            let group = messages::store::group(tx, id).await?.ok_or(Refusal::NotMember)?;
            let mut to = None;
            if let Some(alias) = alias {
                store::set_alias(tx, id, caller.id, &alias, app.now()).await?;
                to = (alias != before.alias).then(|| Audience::Accounts(vec![caller.id]));
            }
            if let Some(nickname) = nickname {
                live(tx, id).await.map_err(|_| Refusal::NotMember)?;
                let nickname = app.censor().clean(&nickname).into_owned();
                store::set_nickname(tx, id, caller.id, &nickname, app.now()).await?;
                to = (nickname != before.nickname).then_some(Audience::Group(id)).or(to);
            }
            if let Some(to) = to {
                let change = Told::Group { group, name: false, avatar: false, mute_all: false };
                app.emit(tx, Event::Changed(to, Arc::new(change)));
            }
            Ok(())
        })
    })
    .await
}

/// Names the caller in a group.
///
/// # Errors
/// [`Refusal::NotMember`].
pub async fn set_nickname(app: &App, caller: Caller, id: ConversationId, nickname: String) -> Result<()> {
    set_names(app, caller, id, Some(nickname), None).await
}

/// Leaves a group; its owner dissolves it. A waiting applicant withdraws, and nobody is told.
///
/// # Errors
/// [`Refusal::NoSuchGroup`], [`Refusal::NotMember`].
pub async fn leave(app: &App, caller: Caller, id: ConversationId) -> Result<()> {
    app.write(move |app, tx| {
        Box::pin(async move {
            let last = log::lock(tx, id).await?.ok_or(Refusal::NoSuchGroup)?;
            let group = live(tx, id).await?;
            let membership = log::membership(tx, id, caller.id).await?.ok_or(Refusal::NotMember)?;
            if group.owner == caller.id {
                return dissolve(&app, tx, &group).await;
            }
            go(&app, tx, &group, &membership, last).await
        })
    })
    .await
}

/// Counts the making of a group, and refuses it where groups are not made.
fn check_may_make(app: &App, caller: Caller) -> Result<()> {
    if !app.switches().create_group {
        return Err(Refusal::CreateGroupOff.into());
    }
    Ok(app.limiter.take(Rate::Ask, caller.id, app.now())?)
}

/// Makes a group of these people; the first one owns it. Without a picture it gets one of theirs.
async fn found(
    app: &App,
    tx: &mut Tx,
    name: &str,
    avatar: Option<&str>,
    people: &[Account],
) -> Result<Group> {
    let (owner, now) = (&people[0], app.now());
    let faces = rules::faces_of(people.iter().map(|person| person.id));
    let theirs = rules::avatar_of(people.iter().map(|person| person.avatar.as_str()));
    let mut group = store::insert(tx, owner.id, name, avatar.unwrap_or(&theirs), &faces, now).await?;
    if let Some(avatar) = avatar {
        store::set_avatar(tx, group.id, avatar, now).await?;
        group.avatar_custom = true;
    }
    for person in people {
        log::add_member(tx, group.id, person.id, State::Active, Seq(0), now).await?;
    }
    let notice = Notice::GroupCreated { people: people[1..].iter().map(Named::of).collect() };
    let joined = Joined {
        group: group.clone(),
        accounts: people.iter().map(|person| person.id).collect(),
        by: Named::of(owner),
        notice: notice.clone(),
    };
    app.emit(tx, Event::Joined(Arc::new(joined)));
    if people.len() > 1 {
        messages::post_group(app, tx, group.id, Entry::notice(owner.id, notice)).await?;
    }
    Ok(group)
}

/// Puts the group's picture together anew, and tells the group if it is another one now.
async fn refreshed(app: &App, tx: &mut Tx, group: &Group) -> Result<Group> {
    let now = store::refresh_faces(tx, group, app.now()).await?;
    if now.faces != group.faces && !now.avatar_custom {
        managing::changed(app, tx, now.clone(), false, true, false);
    }
    Ok(now)
}

fn tell_left(app: &App, tx: &mut Tx, group: Group, accounts: Vec<AccountId>, by: AccountId) {
    app.emit(tx, Event::Left(Arc::new(Left { group, accounts, by })));
}

/// Ends a membership for one who goes by itself, and tells the owner; of an applicant nobody is told.
async fn go(app: &App, tx: &mut Tx, group: &Group, membership: &Membership, last: Seq) -> Result<()> {
    let (id, who) = (group.id, membership.account);
    if membership.state != State::Pending {
        let (name, avatar) = store::face_in(tx, id, who).await?;
        let left = Notice::MemberLeft { group: Box::new(group.clone()), name, avatar };
        messages::post_inbox(app, tx, group.owner, Entry::notice(who, left)).await?;
    }
    log::leave(tx, id, who, last, app.now()).await?;
    tell_left(app, tx, group.clone(), vec![who], who);
    Ok(())
}

async fn dissolve(app: &App, tx: &mut Tx, group: &Group) -> Result<()> {
    let told = Entry::notice(group.owner, Notice::GroupDissolved);
    let posted = messages::post_group(app, tx, group.id, told).await?;
    log::leave_all(tx, group.id, posted.message.seq, app.now()).await?;
    store::set_status(tx, group.id, 0, app.now()).await?;
    app.emit(tx, Event::Dissolved(Arc::new(group.clone())));
    Ok(())
}

/// Removes a member or applicant; nobody is told. Removing who is not there succeeds.
///
/// # Errors
/// [`Refusal::OwnerOnly`], [`Refusal::Yourself`].
pub async fn remove(app: &App, caller: Caller, id: ConversationId, member: AccountId) -> Result<()> {
    app.write(move |app, tx| {
        Box::pin(async move {
            let last = log::lock(tx, id).await?.ok_or(Refusal::OwnerOnly)?;
            let group = owned(tx, id, caller.id).await?;
            if member == caller.id {
                return Err(Refusal::Yourself.into());
            }
            if log::leave(tx, id, member, last, app.now()).await? {
                let group = refreshed(&app, tx, &group).await?;
                tell_left(&app, tx, group, vec![member], caller.id);
            }
            Ok(())
        })
    })
    .await
}

/// The group, if it is neither dissolved nor locked.
async fn live(tx: &mut Tx, id: ConversationId) -> Result<Group> {
    let group = messages::store::group(tx, id).await?.filter(|group| group.status == 1);
    Ok(group.ok_or(Refusal::NoSuchGroup)?)
}

/// The live group that `owner` owns.
async fn owned(tx: &mut Tx, id: ConversationId, owner: AccountId) -> Result<Group> {
    let group = messages::store::group(tx, id).await?;
    Ok(group.filter(|group| group.status == 1 && group.owner == owner).ok_or(Refusal::OwnerOnly)?)
}

/// The active membership of `account`.
async fn active(tx: &mut Tx, id: ConversationId, account: AccountId) -> Result<Membership> {
    let membership = log::membership(tx, id, account).await?;
    Ok(membership.filter(|m| m.state == State::Active).ok_or(Refusal::NotMember)?)
}
