//! Coming into a group: by itself, by invitation, with the owner's consent.
use super::{live, owned, refreshed, rules, store};
use crate::{
    AccountId, App, ConversationId, Event, Joined, Rate, Refusal, Result, Seq,
    accounts::{self, Account, Caller, Role},
    conversations::{Group, State, store as log},
    messages::{self, Applicant, Entry, Named, Notice},
};
use im_db::Tx;
use std::sync::Arc;

/// A claim to bring somebody into a group.
#[derive(Clone, Debug)]
pub struct Invitation {
    /// The group.
    pub group: ConversationId,
    /// Who shall come in.
    pub account: AccountId,
    /// Who claims to invite; nobody for one who comes by itself.
    pub inviter: Option<AccountId>,
    /// What is said with it.
    pub text: String,
}

/// What became of an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A member now.
    Joined,
    /// Waits for the owner.
    Waiting,
}

/// Brings the caller or somebody else into a group.
///
/// # Errors
/// In this order: [`Refusal::NoSuchGroup`], [`Refusal::NotAllowed`], [`Refusal::JoinOff`], [`Refusal::AlreadyWaiting`],
/// [`Refusal::AlreadyMember`], [`Refusal::NoSuchPerson`], [`Refusal::SignInToJoin`],
/// [`Refusal::GroupFull`].
pub async fn invite(app: &App, caller: Caller, claim: Invitation) -> Result<Outcome> {
    app.limiter.take(Rate::Ask, caller.id, app.now())?;
    app.write(move |app, tx| {
        Box::pin(async move {
            let id = claim.group;
            let last = log::lock(tx, id).await?.ok_or(Refusal::NoSuchGroup)?;
            let group = live(tx, id).await?;
            let callers = log::membership(tx, id, caller.id).await?.map(|m| m.state);
            let inviter = rules::inviter(&claim, caller.id, callers)?;
            if inviter.is_none() && !app.switches().qrcode_group {
                return Err(Refusal::JoinOff.into());
            }
            match log::membership(tx, id, claim.account).await?.map(|m| m.state) {
                Some(State::Pending) => return Err(Refusal::AlreadyWaiting.into()),
                Some(_) => return Err(Refusal::AlreadyMember.into()),
                None => {}
            }
            let newcomer = accounts::person(tx, claim.account).await?;
            let state = rules::admission(&group, inviter, newcomer.role)?;
            if log::count_members(tx, id).await? >= app.chat.group_members {
                return Err(Refusal::GroupFull.into());
            }
            let inviter_name = match inviter {
                Some(inviter) if caller.account_role == Role::User => {
                    Some(store::face_in(tx, id, inviter).await?.0)
                }
                _ => None,
            };
            if state == State::Active {
                let told = Joining { last, newcomer: &newcomer, inviter: inviter_name };
                let () = join(&app, tx, &group, told).await?;
                return Ok(Outcome::Joined);
            }
            let asking = Asking { by: inviter, inviter: inviter_name, text: claim.text, invite: None };
            wait(&app, tx, &group, &newcomer, last, asking).await?;
            Ok(Outcome::Waiting)
        })
    })
    .await
}

/// Lets an applicant in, or not.
///
/// # Errors
/// [`Refusal::OwnerOnly`], [`Refusal::NotAllowed`] when nobody of this number waits,
/// [`Refusal::NoSuchPerson`] when the applicant is disabled meanwhile (nothing changes then);
/// [`Refusal::TooOften`].
pub async fn decide(
    app: &App,
    caller: Caller,
    id: ConversationId,
    applicant: AccountId,
    agree: bool,
) -> Result<()> {
    accounts::native::may_tell(app, caller)?;
    app.write(move |app, tx| {
        Box::pin(async move {
            let last = log::lock(tx, id).await?.ok_or(Refusal::OwnerOnly)?;
            let group = owned(tx, id, caller.id).await?;
            let waiting = log::membership(tx, id, applicant).await?.filter(|m| m.state == State::Pending);
            waiting.ok_or(Refusal::NotAllowed)?;
            let newcomer = accounts::person(tx, applicant).await?;
            if agree {
                join(&app, tx, &group, Joining { last, newcomer: &newcomer, inviter: None }).await
            } else {
                store::give_back(tx, id, applicant).await?;
                log::leave(tx, id, applicant, last, app.now()).await?;
                Ok(())
            }
        })
    })
    .await
}

/// How somebody came to ask.
pub(super) struct Asking {
    pub by: Option<AccountId>,
    /// Who invited, by name, when that is a registered user.
    pub inviter: Option<String>,
    pub text: String,
    /// The invitation by link that it used.
    pub invite: Option<i64>,
}

/// Lets a newcomer wait for the owner's consent, and tells the owner.
pub(super) async fn wait(
    app: &App,
    tx: &mut Tx,
    group: &Group,
    newcomer: &Account,
    last: Seq,
    asking: Asking,
) -> Result<()> {
    log::enter(tx, group.id, newcomer.id, State::Pending, last, app.now()).await?;
    store::set_asked(tx, group.id, newcomer.id, &asking).await?;
    let asked = Notice::JoinAsked {
        group: Box::new(group.clone()),
        applicant: Box::new(Applicant {
            id: newcomer.id,
            uuid: newcomer.uuid.clone(),
            name: newcomer.display().to_owned(),
            avatar: newcomer.avatar.clone(),
            role: newcomer.role,
        }),
        invited: asking.by.is_some(),
        inviter: asking.inviter,
        text: asking.text,
    };
    messages::post_inbox(app, tx, group.owner, Entry::notice(newcomer.id, asked)).await.map(drop)
}

pub(super) struct Joining<'a> {
    pub last: Seq,
    pub newcomer: &'a Account,
    pub inviter: Option<String>,
}

/// Makes the newcomer an active member and tells everybody, the newcomer too.
pub(super) async fn join(app: &App, tx: &mut Tx, group: &Group, how: Joining<'_>) -> Result<()> {
    let (id, account) = (group.id, how.newcomer.id);
    log::enter(tx, id, account, State::Active, how.last, app.now()).await?;
    let group = refreshed(app, tx, group).await?;
    let by = Named::of(how.newcomer);
    let notice = Notice::Joined { account, name: by.name.clone(), inviter: how.inviter };
    let joined = Joined { group, accounts: vec![account], by, notice: notice.clone() };
    app.emit(tx, Event::Joined(Arc::new(joined)));
    messages::post_group(app, tx, id, Entry::notice(account, notice)).await.map(drop)
}
