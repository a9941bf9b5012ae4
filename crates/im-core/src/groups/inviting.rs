//! Invitations by link: whoever holds one may come in, as far as the group lets anybody in.
use super::{
    joining::{self, Asking, Joining, Outcome},
    managing::led,
    rules, store, viewing,
};
use crate::{
    AccountId, App, ConversationId, Millis, Rate, Refusal, Result,
    accounts::{self, Caller},
    conversations::{Group, State, store as log},
    messages,
    secrets::hex,
};
use im_db::Tx;

/// Invitations of one group at most.
const MOST: i64 = 50;

/// A link that lets people in.
#[derive(Clone, Debug)]
pub struct Invite {
    /// Row number.
    pub id: i64,
    /// The group.
    pub group: ConversationId,
    /// What the link holds: 128 random bits in hexadecimal digits.
    pub token: String,
    /// Who made it.
    pub by: AccountId,
    /// When.
    pub created_ms: Millis,
    /// Until when it is good; `None`: for good.
    pub expires_ms: Option<Millis>,
    /// How many may still come in by it, or ask to; `None`: however many.
    pub uses_left: Option<i64>,
}

/// How long an invitation is good, and for how many.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs)]
pub struct Terms {
    pub expires_ms: Option<i64>,
    pub uses: Option<i64>,
}

/// What the holder of an invitation sees of the group.
#[derive(Clone, Debug)]
pub struct Entrance {
    /// The group.
    pub group: Group,
    /// How many are in it.
    pub members: i64,
    /// Whether who asks is in it.
    pub member: bool,
}

/// Makes an invitation.
///
/// # Errors
/// [`Refusal::NoSuchGroup`], [`Refusal::NotMember`], [`Refusal::NotAllowed`] for members of a group that is
/// not open, [`Refusal::JoinOff`], [`Refusal::TooMany`], [`Refusal::TooOften`].
pub async fn issue(app: &App, caller: Caller, id: ConversationId, terms: Terms) -> Result<Invite> {
    if !app.switches().qrcode_group {
        return Err(Refusal::JoinOff.into());
    }
    app.limiter.take(Rate::Ask, caller.id, app.now())?;
    app.write(move |app, tx| {
        Box::pin(async move {
            log::lock(tx, id).await?.ok_or(Refusal::NoSuchGroup)?;
            may_invite(tx, id, caller.id).await?;
            let now = app.now();
            store::sweep_invites(tx, id, now).await?;
            if store::count_invites(tx, id).await? >= MOST {
                return Err(Refusal::TooMany.into());
            }
            let invite = Invite {
                id: 0,
                group: id,
                token: hex(&rand::random::<[u8; 16]>()),
                by: caller.id,
                created_ms: now,
                expires_ms: terms.expires_ms.map(|ms| now.plus(ms)),
                uses_left: terms.uses,
            };
            Ok(Invite { id: store::insert_invite(tx, &invite).await?, ..invite })
        })
    })
    .await
}

/// The invitations that are still good: who leads the group sees all, a member its own.
///
/// # Errors
/// As [`issue`].
pub async fn invites(app: &App, caller: Caller, id: ConversationId) -> Result<Vec<Invite>> {
    app.read(move |app, tx| {
        Box::pin(async move {
            let leads = may_invite(tx, id, caller.id).await?;
            let mut all = store::invites(tx, id, app.now()).await?;
            all.retain(|invite| leads || invite.by == caller.id);
            Ok(all)
        })
    })
    .await
}

/// Takes an invitation back: who leads the group any, a member its own.
///
/// # Errors
/// As [`issue`], and [`Refusal::NoSuchInvite`].
pub async fn take_back(app: &App, caller: Caller, id: ConversationId, invite: i64) -> Result<()> {
    app.write(move |_, tx| {
        Box::pin(async move {
            log::lock(tx, id).await?.ok_or(Refusal::NoSuchGroup)?;
            super::live(tx, id).await?;
            super::active(tx, id, caller.id).await?;
            // Who may not invite any more may still take back what it made.
            let by = if led(tx, id, caller.id).await.is_ok() { None } else { Some(caller.id) };
            let gone = store::delete_invite(tx, id, invite, by).await?;
            if gone { Ok(()) } else { Err(Refusal::NoSuchInvite.into()) }
        })
    })
    .await
}

/// What an invitation leads to, for whoever holds it; `caller` is `None` for who has not signed in.
///
/// # Errors
/// [`Refusal::NoSuchInvite`], [`Refusal::GroupLocked`], [`Refusal::TooOften`].
pub async fn knock(app: &App, caller: Option<Caller>, address: &str, token: String) -> Result<Entrance> {
    match caller {
        Some(caller) => app.limiter.take(Rate::Lookup, caller.id, app.now())?,
        None => app.limiter.take(Rate::Knock, address, app.now())?,
    }
    app.read(move |app, tx| {
        Box::pin(async move {
            let (group, invite) = good(&app, tx, &token).await?;
            let membership = match caller {
                Some(caller) => log::membership(tx, group.id, caller.id).await?,
                None => None,
            };
            let member = membership.is_some_and(|membership| membership.state == State::Active);
            if !member && invite.uses_left == Some(0) {
                return Err(Refusal::NoSuchInvite.into());
            }
            Ok(Entrance { members: store::size(tx, group.id).await?, group, member })
        })
    })
    .await
}

/// Comes in by an invitation: the group, and what became of it; `None` for who is in it already. An
/// invitation with a number of uses loses one when somebody came in or waits, and has it again when that one
/// is refused.
///
/// # Errors
/// [`Refusal::NoSuchInvite`], [`Refusal::GroupLocked`], [`Refusal::JoinOff`], [`Refusal::NotAllowed`] for who
/// was silenced by the operator, [`Refusal::SignInToJoin`], [`Refusal::GroupFull`], [`Refusal::TooOften`].
pub async fn come_in(app: &App, caller: Caller, token: String) -> Result<(ConversationId, Option<Outcome>)> {
    if !app.switches().qrcode_group {
        return Err(Refusal::JoinOff.into());
    }
    app.limiter.take(Rate::PopJoin, caller.id, app.now())?;
    app.write(move |app, tx| {
        Box::pin(async move {
            // Which group, before it is locked; what holds then is read again.
            let id = store::invite(tx, &token).await?.ok_or(Refusal::NoSuchInvite)?.group;
            let last = log::lock(tx, id).await?.ok_or(Refusal::NoSuchInvite)?;
            let (group, invite) = good(&app, tx, &token).await?;
            match log::membership(tx, id, caller.id).await?.map(|m| m.state) {
                Some(State::Active) => return Ok((id, None)),
                Some(State::Pending) => return Ok((id, Some(Outcome::Waiting))),
                Some(_) => return Err(Refusal::NotAllowed.into()),
                None => {}
            }
            if invite.uses_left == Some(0) {
                return Err(Refusal::NoSuchInvite.into());
            }
            let newcomer = accounts::person(tx, caller.id).await?;
            let state = rules::admission(&group, None, newcomer.role)?;
            if log::count_members(tx, id).await? >= app.chat.group_members {
                return Err(Refusal::GroupFull.into());
            }
            let inviter = Some(store::face_in(tx, id, invite.by).await?.0);
            store::use_invite(tx, invite.id).await?;
            if state == State::Pending {
                let (by, text) = (Some(invite.by), String::new());
                let asking = Asking { by, inviter, text, invite: Some(invite.id) };
                joining::wait(&app, tx, &group, &newcomer, last, asking).await?;
                return Ok((id, Some(Outcome::Waiting)));
            }
            joining::join(&app, tx, &group, Joining { last, newcomer: &newcomer, inviter }).await?;
            Ok((id, Some(Outcome::Joined)))
        })
    })
    .await
}

/// The invitation and its group, while it is not too old and who made it may still invite. Whether it is
/// used up is for the caller to see.
async fn good(app: &App, tx: &mut Tx, token: &str) -> Result<(Group, Invite)> {
    let invite = store::invite(tx, token).await?.ok_or(Refusal::NoSuchInvite)?;
    if invite.expires_ms.is_some_and(|until| until <= app.now()) {
        return Err(Refusal::NoSuchInvite.into());
    }
    let group = messages::store::group(tx, invite.group).await?.ok_or(Refusal::NoSuchInvite)?;
    match group.status {
        1 => {}
        2 => return Err(Refusal::GroupLocked.into()),
        _ => return Err(Refusal::NoSuchInvite.into()),
    }
    may_invite(tx, invite.group, invite.by).await.map_err(|_| Refusal::NoSuchInvite)?;
    Ok((group, invite))
}

/// Whether `account` leads the group; others may invite where the group is open.
async fn may_invite(tx: &mut Tx, id: ConversationId, account: AccountId) -> Result<bool> {
    let group = super::live(tx, id).await?;
    let membership = super::active(tx, id, account).await?;
    let leads = viewing::role(&group, &membership) != "member";
    if leads || group.join_policy != 1 && group.join_policy != 2 {
        Ok(leads)
    } else {
        Err(Refusal::NotAllowed.into())
    }
}
