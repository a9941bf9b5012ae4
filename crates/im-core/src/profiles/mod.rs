//! People as others see them, and what they change about themselves (pop.md §3.3).
mod editing;
mod sight;

use crate::{
    AccountId, App, Audience, Change as Told, Event, Rate, Refusal, Result,
    accounts::{self, Account, Caller, Change, privacy},
    contacts,
};
pub use editing::edit;
use im_db::Tx;
pub use sight::{Sight, Who, people, sight};
use std::{collections::HashMap, sync::Arc};

/// Who looks.
#[derive(Clone, Copy, Debug)]
pub enum Viewer {
    /// A user.
    User(AccountId),
    /// An integration, for a user whom it named or for nobody. It sees everything.
    Key(Option<AccountId>),
}

impl Viewer {
    fn id(self) -> Option<AccountId> {
        match self {
            Viewer::User(id) => Some(id),
            Viewer::Key(id) => id,
        }
    }
}

/// Who is looked for.
#[derive(Clone, Debug)]
pub enum Sought {
    /// By number.
    Id(AccountId),
    /// By username, whatever its case.
    Username(String),
    /// By username, or else by public number.
    Name(String),
    /// By both.
    Both(AccountId, String),
}

/// Somebody as a viewer sees it.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Who.
    pub account: Account,
    /// What the viewer calls it, when they are friends.
    pub remark: Option<String>,
    /// Whether there is a viewer who could be a friend.
    pub has_viewer: bool,
    /// Whether the viewer is a user, and neither a friend nor the one itself.
    pub stranger: bool,
    /// Whether the operator hides details from this viewer.
    pub reduced: bool,
}

/// The profile of whom `viewer` looks for, enabled or not.
///
/// # Errors
/// [`Refusal::NoSuchPerson`]; [`Refusal::TooOften`] for a user who looks at many strangers.
pub async fn look(app: &App, viewer: Viewer, sought: Sought) -> Result<Profile> {
    let profile = app.read(move |app, tx| {
        Box::pin(async move {
            match find(tx, &sought).await? {
                Some(account) => seen_by(&app, tx, viewer, account).await.map(Some),
                None => Ok(None),
            }
        })
    });
    let profile = profile.await?;
    if let Viewer::User(id) = viewer
        && profile.as_ref().is_none_or(|profile| profile.stranger)
    {
        app.limiter.take(Rate::PopLookup, id, app.now())?;
    }
    Ok(profile.ok_or(Refusal::NoSuchPerson)?)
}

async fn seen_by(app: &App, tx: &mut Tx, viewer: Viewer, account: Account) -> Result<Profile> {
    let remark = match viewer.id() {
        Some(id) => contacts::remark_on(tx, id, account.id).await?,
        None => None,
    };
    Ok(Profile::of(app, viewer, account, remark))
}

impl Profile {
    fn of(app: &App, viewer: Viewer, account: Account, remark: Option<String>) -> Self {
        let stranger = remark.is_none() && matches!(viewer, Viewer::User(id) if id != account.id);
        let reduced = stranger && !app.switches().member_detail;
        Profile { account, remark, has_viewer: viewer.id().is_some(), stranger, reduced }
    }
}

/// The accounts of these numbers that there are, in ascending order.
///
/// # Errors
/// [`Refusal::TooOften`] for a user who looks at many strangers, there or not.
pub async fn many(app: &App, viewer: Viewer, ids: Vec<i64>) -> Result<Vec<Profile>> {
    let asked = ids.len();
    let found = app.read(move |app, tx| {
        Box::pin(async move {
            let mut remarks = match viewer.id() {
                Some(id) => contacts::remarks_by(tx, id, &ids).await?,
                None => HashMap::new(),
            };
            let accounts = accounts::by_ids(tx, &ids).await?.into_iter();
            let seen = accounts.map(|account| {
                let remark = remarks.remove(&account.id);
                Profile::of(&app, viewer, account, remark)
            });
            Ok(seen.collect::<Vec<_>>())
        })
    });
    let found = found.await?;
    if let Viewer::User(id) = viewer {
        let known = found.iter().filter(|profile| !profile.stranger).count();
        let strangers = u32::try_from(asked - known).unwrap_or(u32::MAX);
        app.limiter.take_many(Rate::PopLookup, id, strangers, app.now())?;
    }
    Ok(found)
}

/// The pictures of these accounts, in the order asked; empty for one that there is not.
pub async fn avatars(app: &App, ids: Vec<i64>) -> Result<Vec<String>> {
    app.read(move |_, tx| {
        Box::pin(async move {
            let found = accounts::by_ids(tx, &ids).await?.into_iter();
            let mut found: HashMap<_, _> = found.map(|account| (account.id.0, account.avatar)).collect();
            Ok(ids.iter().map(|id| found.remove(id).unwrap_or_default()).collect())
        })
    })
    .await
}

async fn find(tx: &mut Tx, sought: &Sought) -> Result<Option<Account>> {
    Ok(match sought {
        Sought::Id(id) => accounts::by_id(tx, *id).await?,
        Sought::Username(name) => accounts::by_username(tx, name).await?,
        Sought::Both(id, name) => accounts::by_username(tx, name).await?.filter(|account| account.id == *id),
        Sought::Name(name) => match accounts::by_username(tx, name).await? {
            None if name.bytes().all(|b| b.is_ascii_digit()) => match name.parse() {
                Ok(nid) => accounts::by_nid(tx, nid).await?,
                Err(_) => None,
            },
            found => found,
        },
    })
}

/// What is changed about an account.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// What others read as the name.
    pub nickname: Option<String>,
    /// The picture.
    pub avatar: Option<String>,
    /// What it tells about itself.
    pub sign: Option<String>,
    /// Whether it may sign in: an integration's word.
    pub enabled: Option<bool>,
}

impl Changes {
    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        self.nickname.is_none() && self.avatar.is_none() && self.sign.is_none() && self.enabled.is_none()
    }
}

/// Changes the account `id` and tells its friends what they see of it.
///
/// # Errors
/// [`Refusal::NoSuchAccount`]; [`Refusal::TooOften`], but for who says whether it may sign in.
pub async fn update(app: &App, id: AccountId, changes: Changes) -> Result<()> {
    if changes.enabled.is_none() {
        app.limiter.take(Rate::Ask, id, app.now())?;
    }
    app.write(move |app, tx| {
        Box::pin(async move {
            let Changes { nickname, avatar, sign, enabled } = changes;
            let seen = nickname.is_some() || avatar.is_some();
            let told = seen || sign.is_some();
            let nickname = nickname.map(|text| app.censor().clean(&text).into_owned());
            let all = [nickname.map(Change::Nickname), avatar.map(Change::Avatar), sign.map(Change::Bio)];
            for change in all.into_iter().flatten() {
                accounts::write_profile(tx, id, &change, app.now()).await?;
            }
            if let Some(enabled) = enabled {
                accounts::switch_account(&app, tx, id, enabled).await?;
            }
            if told { tell(&app, tx, id, seen).await } else { Ok(()) }
        })
    })
    .await
}

/// Changes one field of the caller's profile, and tells its friends what they see of it.
///
/// # Errors
/// [`Refusal::PrivacyMalformed`], [`Refusal::NoSuchAccount`], [`Refusal::TooOften`].
pub async fn change(app: &App, caller: Caller, mut change: Change) -> Result<()> {
    match &mut change {
        Change::Privacy(text) => privacy::check(text)?,
        Change::Nickname(name) => *name = app.censor().clean(name).into_owned(),
        Change::Avatar(_) | Change::Bio(_) | Change::FriendPolicy(_) => {}
        Change::Gender(_) | Change::Birthday(_) | Change::Location(_) | Change::Website(_) => {
            editing::check(&change)?;
        }
    }
    let (seen, told) = (change.is_seen(), change.is_profile());
    if seen {
        app.limiter.take(Rate::Ask, caller.id, app.now())?; // all friends are told
    }
    app.write(move |app, tx| {
        Box::pin(async move {
            accounts::write_profile(tx, caller.id, &change, app.now()).await?;
            if told { tell(&app, tx, caller.id, seen).await } else { Ok(()) }
        })
    })
    .await
}

/// Makes an account a merchant, or not any more.
///
/// # Errors
/// [`Refusal::NoSuchPerson`].
pub async fn set_merchant(app: &App, id: AccountId, merchant: bool) -> Result<()> {
    app.write(move |app, tx| {
        Box::pin(async move {
            let found = accounts::set_merchant(tx, id, merchant, app.now()).await?;
            if found { Ok(()) } else { Err(Refusal::NoSuchPerson.into()) }
        })
    })
    .await
}

/// Tells the account's own devices that its profile changed, and its friends when it is something that they
/// see.
async fn tell(app: &App, tx: &mut Tx, id: AccountId, seen: bool) -> Result<()> {
    let account = accounts::by_id(tx, id).await?.ok_or(Refusal::NoSuchAccount)?;
    let remarks = if seen { contacts::remarks_on(tx, id).await? } else { Vec::new() };
    let name = |remark: String| if remark.is_empty() { account.display().to_owned() } else { remark };
    let names: Vec<_> = remarks.into_iter().map(|(friend, remark)| (friend, name(remark))).collect();
    let told = names.iter().map(|(friend, _)| *friend).chain([id]).collect();
    let (name, avatar) = (account.display().to_owned(), account.avatar);
    let change = Told::Profile { account: id, name, avatar, names };
    app.emit(tx, Event::Changed(Audience::Accounts(told), Arc::new(change)));
    Ok(())
}
