//! Sessions: opaque tokens, stored hashed, looked up through a small cache.
use super::{Caller, Door, Role, store};
use crate::{AccountId, App, Event, Millis, Refusal, Result, SessionEnd, SessionId};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use im_db::Tx;
use sha2::{Digest, Sha256};
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// Bytes of randomness in a token.
const TOKEN_BYTES: usize = 32;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
/// A session's "last seen" is written this often at most.
const SEEN_EVERY_MS: i64 = 60 * 60 * 1_000;

/// Sessions of one account in the pop dialect, which has no rule of its own; a newer one ends the oldest.
const POP_SESSIONS: usize = 20;

pub(crate) type Hash = [u8; 32];

/// How long a look-up is good on our own clock, which may be moved; the cache itself goes by the machine's.
const CACHED_MS: u64 = 30_000;

/// Sessions looked up lately. An entry lives half a minute, so that what another process changed
/// (an operator's command, another node) is seen soon even without an event.
pub(crate) struct Cache {
    callers: moka::sync::Cache<Hash, Known>,
    /// Counts removals: a look-up that began before a removal must not bring the entry back.
    removals: AtomicU64,
}

/// A session that was looked up.
#[derive(Clone, Copy)]
struct Known {
    caller: Caller,
    looked_up: Millis,
    /// When its token ends, where that is before the session does.
    until: Option<Millis>,
}

impl Known {
    fn holds(&self, now: Millis) -> bool {
        now.0.abs_diff(self.looked_up.0) < CACHED_MS && self.until.is_none_or(|until| now < until)
    }
}

impl Default for Cache {
    fn default() -> Self {
        let callers = moka::sync::Cache::builder()
            .max_capacity(200_000)
            .time_to_live(Duration::from_millis(CACHED_MS))
            .build();
        Cache { callers, removals: AtomicU64::new(0) }
    }
}

/// Who holds `token`, which was given at this door.
///
/// # Errors
/// [`Refusal::BadToken`], [`Refusal::AccountDisabled`].
pub async fn authenticate(app: &App, token: &str, door: Door) -> Result<Caller> {
    let caller = holder(app, token).await?;
    if caller.door == door { Ok(caller) } else { Err(Refusal::BadToken.into()) }
}

async fn holder(app: &App, token: &str) -> Result<Caller> {
    let hash = hash(token).ok_or(Refusal::BadToken)?;
    let now = app.now();
    if let Some(known) = app.sessions.callers.get(&hash).filter(|known| known.holds(now)) {
        return Ok(known.caller);
    }
    let removals = app.sessions.removals.load(Ordering::Acquire);
    let found = app.read(move |_, tx| Box::pin(async move { store::session(tx, &hash).await })).await?;
    let session = found.filter(|session| is_live(app, session, now)).ok_or(Refusal::BadToken)?;
    if session.access_until.is_some_and(|until| until <= now) {
        return Err(Refusal::BadToken.into());
    }
    if !session.enabled {
        return Err(Refusal::AccountDisabled.into());
    }
    let caller = session.caller;
    if now.0 - session.seen_ms.0 > SEEN_EVERY_MS {
        let seen =
            app.write(move |_, tx| Box::pin(async move { store::set_seen(tx, caller.session, now).await }));
        if let Err(e) = seen.await {
            tracing::warn!(error = %e, "a session's last use is not noted");
        }
    }
    app.sessions.callers.insert(hash, Known { caller, looked_up: now, until: session.access_until });
    if app.sessions.removals.load(Ordering::Acquire) != removals {
        app.sessions.callers.invalidate(&hash); // something ended meanwhile, perhaps this
    }
    Ok(caller)
}

pub(super) fn is_live(app: &App, session: &store::Session, now: Millis) -> bool {
    session.seen_ms > now.plus(-lifetime_ms(app, session.caller.door))
}

/// How long a session lives without being used.
pub(super) fn lifetime_ms(app: &App, door: Door) -> i64 {
    match door {
        Door::Egg => app.chat.session_days.saturating_mul(DAY_MS),
        Door::Pop => app.pop.session_ttl_s.saturating_mul(1_000),
        Door::V1 => app.v1.refresh_s.saturating_mul(1_000),
    }
}

/// The caller behind a session of this number, while it lives.
///
/// # Errors
/// [`Refusal::BadToken`], [`Refusal::AccountDisabled`].
pub async fn by_id(app: &App, id: SessionId) -> Result<Caller> {
    let found = app.read(move |_, tx| Box::pin(async move { store::session_by_id(tx, id).await })).await?;
    let now = app.now();
    let session = found.filter(|session| is_live(app, session, now)).ok_or(Refusal::BadToken)?;
    if session.enabled { Ok(session.caller) } else { Err(Refusal::AccountDisabled.into()) }
}

/// Accounts that were changed since `since`, by whatever process.
pub async fn changed_since(app: &App, since: Millis) -> Result<Vec<AccountId>> {
    app.read(move |_, tx| Box::pin(async move { Ok(store::changed_since(tx, since).await?) })).await
}

/// The live sessions of an account; `None` when it is disabled or gone.
pub async fn live(app: &App, id: AccountId) -> Result<Option<Vec<SessionId>>> {
    app.read(move |_, tx| {
        Box::pin(async move {
            let enabled = store::by_id(tx, id).await?.is_some_and(|account| account.enabled);
            if enabled { Ok(Some(store::all_sessions_of(tx, id).await?)) } else { Ok(None) }
        })
    })
    .await
}

/// Begins a session and ends the oldest ones beyond what the role may have.
pub(crate) async fn begin(
    app: &App,
    tx: &mut Tx,
    id: AccountId,
    role: Role,
    door: Door,
    now: Millis,
) -> Result<String> {
    let token = encode(&rand::random());
    let hash = hash(&token).ok_or(Refusal::BadToken)?;
    store::insert_session(tx, id, &hash, role, door, now).await?;
    displace(app, tx, id, role, door).await?;
    Ok(token)
}

/// Ends the oldest sessions of this door beyond what the role may have.
pub(super) async fn displace(app: &App, tx: &mut Tx, id: AccountId, role: Role, door: Door) -> Result<()> {
    let most = match (door, role) {
        (Door::Pop, _) => POP_SESSIONS,
        (Door::V1, _) => app.v1.sessions_per_account,
        (Door::Egg, Role::User) => app.chat.sessions_per_user,
        (Door::Egg, Role::Visitor) => app.chat.sessions_per_visitor,
    };
    let newest_first = store::sessions_of(tx, id, role, door).await?;
    let displaced: Vec<_> = newest_first.into_iter().skip(most.max(1)).collect();
    end(app, tx, id, &displaced, SessionEnd::Replaced).await
}

/// Ends these sessions of `id`. A new password is told even where there were none: what server keys
/// asked for ends with the old one.
pub(crate) async fn end(
    app: &App,
    tx: &mut Tx,
    id: AccountId,
    sessions: &[SessionId],
    why: SessionEnd,
) -> Result<()> {
    let mut hashes = Vec::with_capacity(sessions.len());
    for session in sessions {
        hashes.extend(store::delete_session(tx, *session).await?);
    }
    if !sessions.is_empty() || why == SessionEnd::PasswordChanged {
        forget(app, tx, hashes);
        app.emit(tx, Event::SessionsEnded(id, sessions.to_vec(), why));
    }
    Ok(())
}

/// Ends all sessions of the caller's account but the one that calls.
pub(crate) async fn end_others(app: &App, tx: &mut Tx, caller: Caller, why: SessionEnd) -> Result<()> {
    let mut others = store::all_sessions_of(tx, caller.id).await?;
    others.retain(|session| *session != caller.session);
    end(app, tx, caller.id, &others, why).await
}

/// Ends all sessions of `id`.
pub(crate) async fn end_all(app: &App, tx: &mut Tx, id: AccountId, why: SessionEnd) -> Result<()> {
    let all = store::all_sessions_of(tx, id).await?;
    end(app, tx, id, &all, why).await
}

/// Makes the sessions of a disabled account useless at once, and tells its sockets.
pub(crate) async fn suspend(app: &App, tx: &mut Tx, id: AccountId) -> Result<()> {
    forget_cached(app, tx, id).await?;
    let all = store::all_sessions_of(tx, id).await?;
    app.emit(tx, Event::SessionsEnded(id, all, SessionEnd::Disabled));
    Ok(())
}

/// Lets the sessions of `id` be looked up anew (its role changed).
pub(crate) async fn forget_cached(app: &App, tx: &mut Tx, id: AccountId) -> Result<()> {
    let hashes = store::session_hashes_of(tx, id).await?;
    forget(app, tx, hashes);
    Ok(())
}

pub(super) fn forget(app: &App, tx: &mut Tx, hashes: Vec<Vec<u8>>) {
    let app = app.clone();
    tx.after_commit(move || {
        app.sessions.removals.fetch_add(1, Ordering::AcqRel);
        for hash in hashes {
            if let Ok(hash) = Hash::try_from(hash) {
                app.sessions.callers.invalidate(&hash);
            }
        }
    });
}

/// A token as clients hold it.
pub(super) fn encode(token: &[u8; TOKEN_BYTES]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(token)
}

/// The bytes of a token; `None` for a text that no token of ours looks like.
pub(super) fn decode(token: &str) -> Option<[u8; TOKEN_BYTES]> {
    BASE64_URL_SAFE_NO_PAD.decode(token).ok()?.try_into().ok()
}

/// What is stored of a token; `None` for a text that no token of ours looks like.
pub(super) fn hash(token: &str) -> Option<Hash> {
    Some(Sha256::digest(decode(token)?).into())
}
