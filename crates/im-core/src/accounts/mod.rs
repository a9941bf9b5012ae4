//! People: registering, signing in, profile, privacy.

mod callers;
pub mod devices;
pub mod native;
mod passwords;
pub mod privacy;
pub mod recovery;
pub mod registration;
pub mod sessions;
mod store;
#[cfg(test)]
mod tests;

use crate::{
    AccountId, App, Error, Event, Millis, Rate, Refusal, Result, SessionEnd, SessionId, secrets::sha256_hex,
};
pub use callers::{Caller, Door};
use im_db::{Row, Tx};
use registration::{NewUser, Origin};
use serde::{Deserialize, Serialize};
pub use store::{by_id, by_uuid, set_status};

/// What an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Somebody with a name and a password.
    User,
    /// A device without an account, known by its device id.
    Visitor,
}

impl Role {
    /// As it stands in the database and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::User => "user",
            Role::Visitor => "visitor",
        }
    }
}

impl im_db::Column for Role {
    fn read(row: &Row<'_>, name: &str) -> im_db::Result<Self> {
        Ok(if row.get::<String>(name)? == "visitor" { Role::Visitor } else { Role::User })
    }
}

/// Everything about an account but its password.
#[derive(Clone, Debug)]
pub struct Account {
    /// Number, the same in every dialect.
    pub id: AccountId,
    /// Public id that cannot be guessed.
    pub uuid: String,
    /// Unique, ignoring case.
    pub username: String,
    /// What others read; may be empty.
    pub nickname: String,
    /// Address or path of a picture; never empty.
    pub avatar: String,
    /// User or visitor.
    pub role: Role,
    /// Whether it may sign in.
    pub enabled: bool,
    /// Who may write to it, as the client stored it: empty or a JSON object.
    pub privacy: String,
    /// 0: friends at once; 1: asks its owner.
    pub friend_policy: i64,
    /// Telephone number.
    pub mobile: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// What its owner tells about himself.
    pub about: About,
    /// The device of a visitor (kept when the visitor registers).
    pub device: Device,
    /// Seven or eight digits that people print and dictate.
    pub nid: i64,
    /// Whether it serves customers (pop.md §6.1: a member).
    pub merchant: bool,
    /// The merchant whose seat it is.
    pub parent: Option<AccountId>,
    /// When it last went offline; 0 when it never did.
    pub offline_ms: Millis,
    /// When it was made.
    pub created_ms: Millis,
    /// When it was last changed.
    pub updated_ms: Millis,
    /// When it last signed in.
    pub login_ms: Option<Millis>,
}

/// What somebody tells about himself; imports and operators write it.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct About {
    pub gender: String,
    pub birthday: Option<String>,
    pub bio: Option<String>,
    pub location: Option<String>,
    pub website: Option<String>,
}

/// A device as it describes itself.
#[derive(Clone, Debug, Default)]
pub struct Device {
    /// Its own id; empty when unknown.
    pub id: String,
    /// `web`, `mp-weixin`, `app` …
    pub platform: String,
    /// Model.
    pub model: String,
    /// Operating system.
    pub os: String,
    /// Brand.
    pub brand: String,
}

impl Account {
    /// What others read as its name.
    pub fn display(&self) -> &str {
        display(&self.nickname, &self.username)
    }
}

/// The nickname, or the username of who has none.
pub fn display<'a>(nickname: &'a str, username: &'a str) -> &'a str {
    if nickname.is_empty() { username } else { nickname }
}

/// An account that just signed in, and the token of its new session (said once, stored hashed).
pub struct SignedIn {
    /// The account as it is now.
    pub account: Account,
    /// URL-safe and opaque.
    pub token: String,
    /// The role of the session.
    pub role: Role,
}

/// Makes a user and signs it in. `address` is where the call comes from.
///
/// # Errors
/// [`Refusal::RegisterOff`], [`Refusal::UsernameMalformed`], [`Refusal::UsernameTaken`], [`Refusal::TooOften`].
pub async fn register(app: &App, username: String, password: String, address: &str) -> Result<SignedIn> {
    registration::check_open(app)?;
    check_username(&username)?;
    app.limiter.take(Rate::Register, address, app.now())?;
    let hash = passwords::hash(password).await?;
    app.write(move |app, tx| {
        Box::pin(async move {
            let id = create(&app, tx, &username, &hash, Role::User, &Device::default()).await?;
            sign_in(&app, tx, id, Door::Egg).await
        })
    })
    .await
}

/// Signs in with name and password.
///
/// # Errors
/// [`Refusal::NoSuchAccount`] (in the egg dialect also when disabled), [`Refusal::WrongPassword`],
/// [`Refusal::AccountDisabled`] when the password is right, and [`Refusal::TooOften`] after many
/// failures of this account from this address.
pub async fn login(
    app: &App,
    username: String,
    password: String,
    address: &str,
    door: Door,
) -> Result<SignedIn> {
    let verified = verify(app, username, password, address, door).await?;
    app.write(move |app, tx| {
        Box::pin(async move {
            verified.confirm(&app, tx).await?;
            sign_in(&app, tx, verified.id, door).await
        })
    })
    .await
}

/// The account whose name and password these are, without signing it in.
///
/// # Errors
/// As [`login`] through the pop dialect.
pub async fn check_password(
    app: &App,
    username: String,
    password: String,
    address: &str,
) -> Result<AccountId> {
    Ok(verify(app, username, password, address, Door::Pop).await?.id)
}

/// An account whose password was right a moment ago.
struct Verified {
    id: AccountId,
    hash: String,
    verdict: passwords::Verdict,
}

impl Verified {
    /// Checks that the password still is right, and stores the hash of an old installation anew.
    async fn confirm(&self, app: &App, tx: &mut Tx) -> Result<()> {
        unchanged(tx, self.id, &self.hash).await?;
        if let passwords::Verdict::Legacy { rehashed } = &self.verdict {
            store::set_password(tx, self.id, rehashed, app.now()).await?;
        }
        Ok(())
    }
}

async fn verify(
    app: &App,
    username: String,
    password: String,
    address: &str,
    door: Door,
) -> Result<Verified> {
    let attempts = format!("{}@{address}", username.to_lowercase());
    app.limiter.check(Rate::LoginFailure, attempts.as_str(), app.now())?;
    app.limiter.take(Rate::Login, address, app.now())?;
    let found =
        app.read(move |_, tx| Box::pin(async move { store::credential(tx, &username).await })).await?;
    let found = found.filter(|credential| credential.enabled || door != Door::Egg);
    // Without an account the same work, so that the time does not tell who exists.
    let hash = found.as_ref().map(|credential| credential.password_hash.clone()).unwrap_or_default();
    let verdict = passwords::verify(password, hash.clone()).await?;
    let refused = match (&found, &verdict) {
        // The native API does not tell who exists.
        (None, _) if door != Door::V1 => Some(Refusal::NoSuchAccount),
        (None, _) => Some(Refusal::WrongPassword),
        (_, passwords::Verdict::Wrong) => Some(Refusal::WrongPassword),
        _ => None,
    };
    if let Some(refusal) = refused {
        app.limiter.take(Rate::LoginFailure, attempts.as_str(), app.now())?;
        return Err(refusal.into());
    }
    app.limiter.forget(Rate::LoginFailure, attempts);
    let credential = found.ok_or(Refusal::NoSuchAccount)?;
    if !credential.enabled {
        return Err(Refusal::AccountDisabled.into());
    }
    Ok(Verified { id: credential.id, hash, verdict })
}

/// Ends the caller's session.
pub async fn logout(app: &App, caller: Caller) -> Result<()> {
    app.write(move |app, tx| {
        Box::pin(
            async move { sessions::end(&app, tx, caller.id, &[caller.session], SessionEnd::SignedOut).await },
        )
    })
    .await
}

/// Changes the caller's password and ends all of its other sessions.
///
/// # Errors
/// [`Refusal::NoSuchAccount`], [`Refusal::WrongPassword`].
pub async fn change_password(app: &App, caller: Caller, old: String, new: String) -> Result<()> {
    app.limiter.check(Rate::LoginFailure, caller.id, app.now())?;
    let hash =
        app.read(move |_, tx| Box::pin(async move { store::password_hash(tx, caller.id).await })).await?;
    let hash = hash.ok_or(Refusal::NoSuchAccount)?;
    if let passwords::Verdict::Wrong = passwords::verify(old, hash.clone()).await? {
        app.limiter.take(Rate::LoginFailure, caller.id, app.now())?;
        return Err(Refusal::WrongPassword.into());
    }
    let new_hash = passwords::hash(new).await?;
    app.write(move |app, tx| {
        Box::pin(async move {
            unchanged(tx, caller.id, &hash).await?;
            store::set_password(tx, caller.id, &new_hash, app.now()).await?;
            sessions::end_others(&app, tx, caller, SessionEnd::PasswordChanged).await
        })
    })
    .await
}

/// Checks that the password verified a moment ago still is the password, and lets nobody change it
/// until this unit of work ends.
async fn unchanged(tx: &mut Tx, id: AccountId, verified: &str) -> Result<()> {
    let now = store::lock_password(tx, id).await?;
    if now.as_deref() == Some(verified) { Ok(()) } else { Err(Refusal::WrongPassword.into()) }
}

/// Sets a password from outside (the operator) and ends all sessions of the account.
///
/// # Errors
/// [`Refusal::NoSuchAccount`].
pub async fn reset_password(app: &App, username: String, new: String) -> Result<()> {
    let hash = passwords::hash(new).await?;
    app.write(move |app, tx| {
        Box::pin(async move {
            let id = store::id_by_username(tx, &username).await?.ok_or(Refusal::NoSuchAccount)?;
            store::set_password(tx, id, &hash, app.now()).await?;
            sessions::end_all(&app, tx, id, SessionEnd::PasswordChanged).await
        })
    })
    .await
}

/// What changes whenever the password of an account does: to be compared, and told to nobody. `None`
/// for an account that nobody may come into.
pub async fn generation(app: &App, id: AccountId) -> Result<Option<String>> {
    app.read(move |_, tx| {
        Box::pin(async move {
            let enabled = store::by_id(tx, id).await?.is_some_and(|account| account.enabled);
            let hash = if enabled { store::password_hash(tx, id).await? } else { None };
            Ok(hash.map(|hash| sha256_hex(&hash)))
        })
    })
    .await
}

/// Disables an account, whose sessions are good for nothing from now on, or enables it again; then it
/// signs in anew.
///
/// # Errors
/// [`Refusal::NoSuchAccount`].
pub async fn set_enabled(app: &App, username: String, enabled: bool) -> Result<()> {
    app.write(move |app, tx| {
        Box::pin(async move {
            let id = store::id_by_username(tx, &username).await?.ok_or(Refusal::NoSuchAccount)?;
            switch_account(&app, tx, id, enabled).await
        })
    })
    .await
}

/// Disables or enables `id`; a merchant takes its seats along when it goes (pop.md §6.7).
pub(crate) async fn switch_account(app: &App, tx: &mut Tx, id: AccountId, enabled: bool) -> Result<()> {
    let mut all = vec![id];
    if !enabled {
        all.extend(store::seats(tx, id).await?);
    }
    for id in all {
        store::set_status(tx, id, i64::from(enabled), app.now()).await?;
        if enabled {
            sessions::end_all(app, tx, id, SessionEnd::Disabled).await?;
        } else {
            // The sessions stay until then, so that who holds one is told why it is out.
            sessions::suspend(app, tx, id).await?;
        }
    }
    Ok(())
}

/// Users whose username contains `keyword`, oldest first; never visitors, never the caller.
pub async fn search(app: &App, caller: Caller, keyword: String) -> Result<Vec<Account>> {
    app.limiter.take(Rate::Search, caller.id, app.now())?;
    let limit = app.chat.search_results;
    app.read(move |_, tx| Box::pin(async move { Ok(store::search(tx, caller.id, &keyword, limit).await?) }))
        .await
}

/// The account `id`, enabled or not.
pub async fn find(app: &App, id: AccountId) -> Result<Option<Account>> {
    app.read(move |_, tx| Box::pin(async move { Ok(store::by_id(tx, id).await?) })).await
}

/// The enabled account behind a public id.
pub async fn profile(app: &App, uuid: String) -> Result<Option<Account>> {
    let found = app.read(move |_, tx| Box::pin(async move { Ok(store::by_uuid(tx, &uuid).await?) })).await?;
    Ok(found.filter(|account| account.enabled))
}

/// The enabled account `id`, for whoever wants to show it.
///
/// # Errors
/// [`Refusal::NoSuchPerson`], [`Refusal::TooOften`].
pub async fn card(app: &App, caller: Caller, id: AccountId) -> Result<Account> {
    app.limiter.take(Rate::Lookup, caller.id, app.now())?;
    app.read(move |_, tx| Box::pin(async move { person(tx, id).await })).await
}

/// A field of the profile that its owner may change.
#[derive(Clone, Debug)]
pub enum Change {
    /// What others read as the name.
    Nickname(String),
    /// The picture.
    Avatar(String),
    /// What its owner tells about himself.
    Bio(String),
    /// `male`, `female` or what else is said.
    Gender(String),
    /// `1990-12-31`; empty: not told.
    Birthday(String),
    /// Where it is.
    Location(String),
    /// Its page.
    Website(String),
    /// 0: friends at once, 1: asks first.
    FriendPolicy(i64),
    /// Who may write: see [`privacy`].
    Privacy(String),
}

impl Change {
    /// Whether others see it at once, in their lists.
    pub(crate) fn is_seen(&self) -> bool {
        matches!(self, Change::Nickname(_) | Change::Avatar(_))
    }

    /// Whether it is about the person, and not about what the person allows.
    pub(crate) fn is_profile(&self) -> bool {
        !matches!(self, Change::Privacy(_) | Change::FriendPolicy(_))
    }
}

/// Notes that an account has just gone offline, and tells when.
pub async fn went_offline(app: &App, id: AccountId) -> Result<Millis> {
    let now = app.now();
    app.write(move |_, tx| Box::pin(async move { Ok(store::set_offline(tx, id, now).await?) })).await?;
    Ok(now)
}

/// The enabled user `id` (not a visitor).
///
/// # Errors
/// [`Refusal::NoSuchPerson`].
pub(crate) async fn user(tx: &mut Tx, id: AccountId) -> Result<Account> {
    let found = store::by_id(tx, id).await?.filter(|account| account.enabled && account.role == Role::User);
    Ok(found.ok_or(Refusal::NoSuchPerson)?)
}

/// The enabled account `id`.
///
/// # Errors
/// [`Refusal::NoSuchPerson`].
pub(crate) async fn person(tx: &mut Tx, id: AccountId) -> Result<Account> {
    let found = store::by_id(tx, id).await?.filter(|account| account.enabled);
    Ok(found.ok_or(Refusal::NoSuchPerson)?)
}

/// 4 to 20 letters, digits and underscores.
pub(crate) fn check_username(name: &str) -> Result<(), Refusal> {
    let fits = (4..=20).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if fits { Ok(()) } else { Err(Refusal::UsernameMalformed) }
}

/// Makes the row of a new account.
pub(crate) async fn create(
    app: &App,
    tx: &mut Tx,
    username: &str,
    hash: &str,
    role: Role,
    device: &Device,
) -> Result<AccountId> {
    let new = store::NewAccount { username, hash, role, device, avatar: &app.chat.default_avatar };
    Ok(store::insert(tx, new, app.now()).await?.ok_or(Refusal::UsernameTaken)?)
}

/// Makes a session for an account whose right to it was checked.
pub(crate) async fn sign_in(app: &App, tx: &mut Tx, id: AccountId, door: Door) -> Result<SignedIn> {
    let now = app.now();
    let account = note_login(tx, id, now).await?;
    let token = sessions::begin(app, tx, id, account.role, door, now).await?;
    Ok(SignedIn { role: account.role, account, token })
}

/// The account that signs in just now.
async fn note_login(tx: &mut Tx, id: AccountId, now: Millis) -> Result<Account> {
    store::set_login(tx, id, now).await?;
    Ok(store::by_id(tx, id).await?.filter(|account| account.enabled).ok_or(Refusal::NoSuchAccount)?)
}

/// Turns a visitor's row into a user's: same ids, same friends, groups and messages.
pub(crate) async fn convert(app: &App, tx: &mut Tx, id: AccountId, username: &str, hash: &str) -> Result<()> {
    if let Some(taken) = store::id_by_username(tx, username).await?
        && taken != id
    {
        return Err(Refusal::UsernameTaken.into());
    }
    let converted = store::convert(tx, id, username, hash, app.now()).await.map_err(|e| match e {
        im_db::Error::Exists => Error::from(Refusal::UsernameTaken),
        other => other.into(),
    })?;
    if !converted {
        return Err(Refusal::UsernameTaken.into()); // the same device registered at the same moment
    }
    sessions::forget_cached(app, tx, id).await?;
    app.emit(tx, Event::Converted(id));
    Ok(())
}

pub(crate) use passwords::hash as hash_password;
pub(crate) use store::{
    avatar_changed, by_ids, by_nid, by_username, change as write_profile, count_seats, describe_device,
    session_role, set_merchant, username_exists, visitor_by_device,
};
