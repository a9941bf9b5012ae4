//! Signing in through the native API: a short access token, and a refresh token that changes with each use.
use super::{
    Account, Caller, Change, Device, Door, Role, check_username, create, devices::Described, note_login,
    passwords, registration, sessions, store, verify,
};
use crate::{AccountId, App, Error, Millis, Rate, Refusal, Result, SessionEnd, SessionId, secrets};
use hmac::{Hmac, KeyInit, Mac};
use im_db::Tx;
use sha2::{Digest, Sha256};

/// A refresh token that was used is good for so long once more: its answer may have been lost.
const GRACE_MS: i64 = 30_000;
/// Bytes with which all refresh tokens of a session begin: it knows its own, however old they are.
const FAMILY: usize = 16;
/// The name of the secret that the next tokens are made with.
const SECRET: &str = "v1_tokens";

/// Where a session begins.
#[derive(Clone, Debug, Default)]
pub struct Arrival {
    /// The device, as it describes itself.
    pub device: Described,
    /// Where the call comes from, as limits count it.
    pub address: String,
}

/// The tokens of a session; stored hashed.
#[derive(Debug)]
pub struct Tokens {
    /// Opens the API.
    pub access: String,
    /// Until when.
    pub access_until: Millis,
    /// Gets the next tokens.
    pub refresh: String,
    /// Until when, unless the session is used.
    pub refresh_until: Millis,
}

/// An account that just signed in.
#[derive(Debug)]
pub struct Granted {
    /// The account as it is now.
    pub account: Account,
    /// Its session.
    pub session: SessionId,
    /// What opens it.
    pub tokens: Tokens,
}

/// What a new user brings.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Unique, ignoring case.
    pub username: String,
    /// In clear.
    pub password: String,
    /// What others read; none, where it is left as it is.
    pub nickname: Option<String>,
}

impl NewUser {
    pub(crate) fn check(&self, app: &App) -> Result<()> {
        registration::check_open(app)?;
        Ok(check_username(&self.username)?)
    }
}

/// Makes a user, who wants to be asked before it is somebody's friend, and signs it in.
///
/// # Errors
/// [`Refusal::RegisterOff`], [`Refusal::UsernameMalformed`], [`Refusal::UsernameTaken`], [`Refusal::TooOften`].
pub async fn register(app: &App, new: NewUser, arrival: Arrival) -> Result<Granted> {
    new.check(app)?;
    app.limiter.take(Rate::Register, arrival.address.as_str(), app.now())?;
    let hash = passwords::hash(new.password).await?;
    app.write(move |app, tx| {
        Box::pin(async move {
            let id = create(&app, tx, &new.username, &hash, Role::User, &Device::default()).await?;
            introduce(&app, tx, id, new.nickname.as_deref().unwrap_or_default()).await?;
            begin(&app, tx, id, &arrival).await
        })
    })
    .await
}

/// Signs in with name and password.
///
/// # Errors
/// [`Refusal::WrongPassword`], also where nobody has the name; [`Refusal::AccountDisabled`] when the password is
/// right; [`Refusal::TooOften`] after many failures of this account from this address.
pub async fn login(app: &App, username: String, password: String, arrival: Arrival) -> Result<Granted> {
    let verified = verify(app, username, password, &arrival.address, Door::V1).await?;
    app.write(move |app, tx| {
        Box::pin(async move {
            verified.confirm(&app, tx).await?;
            begin(&app, tx, verified.id, &arrival).await
        })
    })
    .await
}

/// Names a new account, and lets it be asked before it is somebody's friend.
async fn introduce(app: &App, tx: &mut Tx, id: AccountId, nickname: &str) -> Result<()> {
    let nickname = app.censor().clean(nickname).into_owned();
    for change in [Change::Nickname(nickname), Change::FriendPolicy(1)] {
        store::change(tx, id, &change, app.now()).await?;
    }
    Ok(())
}

/// Counts a change through the native API that others are told of. The other dialects have their own limits.
pub(crate) fn may_tell(app: &App, caller: Caller) -> Result<()> {
    if caller.door == Door::V1 {
        app.limiter.take(Rate::Ask, caller.id, app.now())?;
    }
    Ok(())
}

/// Begins a session of an account whose right to it was checked, and ends the oldest beyond what it may have.
pub(crate) async fn begin(app: &App, tx: &mut Tx, id: AccountId, arrival: &Arrival) -> Result<Granted> {
    let now = app.now();
    let account = note_login(tx, id, now).await?;
    let tokens = Tokens::of(app, sessions::encode(&rand::random()), sessions::encode(&rand::random()));
    let device = arrival.device.text();
    let about = (device.as_str(), arrival.address.as_str());
    let session = store::insert_native(tx, id, &tokens.hashes()?, account.role, about, now).await?;
    sessions::displace(app, tx, id, account.role, Door::V1).await?;
    Ok(Granted { account, session, tokens })
}

/// Ends what the visitor had open in the native API: it is a user now.
pub(crate) async fn end_visits(app: &App, tx: &mut Tx, id: AccountId) -> Result<()> {
    let visits = store::sessions_of(tx, id, Role::Visitor, Door::V1).await?;
    sessions::end(app, tx, id, &visits, SessionEnd::Replaced).await
}

/// What showing a refresh token comes to.
enum Refreshed {
    Granted(Box<Granted>),
    Stolen,
}

/// Exchanges a refresh token for the next tokens. Showing the one before again within half a minute gives the
/// same answer, which may have been lost; later, or with one that is older, it ends the session, because two
/// have the token.
///
/// # Errors
/// [`Refusal::BadToken`], [`Refusal::AccountDisabled`], [`Refusal::TooOften`].
pub async fn refresh(app: &App, token: String, address: String) -> Result<Granted> {
    app.limiter.take(Rate::Login, address.as_str(), app.now())?;
    let refreshed = app.write(move |app, tx| {
        Box::pin(async move {
            let (hash, family) = (sessions::hash(&token), family(&token));
            let (hash, family) = hash.zip(family).ok_or(Refusal::BadToken)?;
            let found = store::lock_by_family(tx, &family).await?.ok_or(Refusal::BadToken)?;
            let (now, caller) = (app.now(), found.session.caller);
            if !sessions::is_live(&app, &found.session, now) {
                return Err(Refusal::BadToken.into());
            }
            let present = found.refresh_hash == hash;
            let lost = found.previous_hash.is_some_and(|previous| previous == hash)
                && now <= found.rotated_ms.plus(GRACE_MS);
            if !present && !lost {
                sessions::end(&app, tx, caller.id, &[caller.session], SessionEnd::Replaced).await?;
                return Ok(Refreshed::Stolen);
            }
            if !found.session.enabled {
                return Err(Refusal::AccountDisabled.into());
            }
            let mut tokens = next(&app, tx, &token).await?;
            if present {
                store::rotate(tx, caller.session, &tokens.hashes()?, &address, now).await?;
                sessions::forget(&app, tx, vec![found.access_hash]);
            } else {
                // The same as before: they follow from the token that was shown.
                tokens.access_until = found.session.access_until.unwrap_or(now);
                tokens.refresh_until = found.session.seen_ms.plus(sessions::lifetime_ms(&app, Door::V1));
            }
            let account = store::by_id(tx, caller.id).await?.ok_or(Refusal::BadToken)?;
            Ok(Refreshed::Granted(Box::new(Granted { account, session: caller.session, tokens })))
        })
    });
    match refreshed.await? {
        Refreshed::Granted(granted) => Ok(*granted),
        Refreshed::Stolen => Err(Refusal::BadToken.into()),
    }
}

/// The tokens that follow a refresh token: always the same, and nobody else can make them.
async fn next(app: &App, tx: &mut Tx, token: &str) -> Result<Tokens> {
    let secret = secrets::kept_within(tx, SECRET).await?;
    let derive = |what: &[u8]| -> Result<[u8; 32]> {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_err(Error::internal)?;
        mac.update(what);
        mac.update(token.as_bytes());
        Ok(mac.finalize().into_bytes().into())
    };
    let shown = sessions::decode(token).ok_or(Refusal::BadToken)?;
    let mut refresh = derive(b"refresh:")?;
    refresh[..FAMILY].copy_from_slice(&shown[..FAMILY]);
    Ok(Tokens::of(app, sessions::encode(&derive(b"access:")?), sessions::encode(&refresh)))
}

/// What is stored of a refresh token's family.
fn family(token: &str) -> Option<sessions::Hash> {
    Some(Sha256::digest(&sessions::decode(token)?[..FAMILY]).into())
}

impl Tokens {
    fn of(app: &App, access: String, refresh: String) -> Self {
        let now = app.now();
        let access_until = now.plus(app.v1.access_s.saturating_mul(1_000));
        let refresh_until = now.plus(sessions::lifetime_ms(app, Door::V1));
        Tokens { access, access_until, refresh, refresh_until }
    }

    fn hashes(&self) -> Result<store::TokenHashes> {
        let hash = |token: &str| sessions::hash(token).ok_or(Refusal::BadToken);
        let (access, refresh) = (hash(&self.access)?, hash(&self.refresh)?);
        let family = family(&self.refresh).ok_or(Refusal::BadToken)?;
        Ok(store::TokenHashes { access, access_until: self.access_until, refresh, family })
    }
}
