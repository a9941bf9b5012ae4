//! The SQL of sessions.
use super::*;
use crate::accounts::sessions::Hash;
use im_db::Column;

pub struct Session {
    pub caller: Caller,
    pub enabled: bool,
    pub seen_ms: Millis,
    /// When the token ends, where that is before the session does.
    pub access_until: Option<Millis>,
}

macro_rules! session_where {
    ($condition:literal) => {
        concat!(
            "select s.id as session_id, s.role as session_role, s.door, s.seen_ms, s.access_until_ms, a.id, a.role, a.status
             from session s join account a on a.id = s.account_id where ",
            $condition
        )
    };
}

fn read_session(row: &Row<'_>) -> Db<Session> {
    Ok(Session {
        caller: Caller {
            id: row.get("id")?,
            session: row.get("session_id")?,
            door: row.get("door")?,
            role: row.get("session_role")?,
            account_role: row.get("role")?,
        },
        enabled: row.get::<i64>("status")? != 0,
        seen_ms: row.get("seen_ms")?,
        access_until: row.get::<Option<i64>>("access_until_ms")?.map(Millis),
    })
}

pub async fn session(tx: &mut Tx, hash: &Hash) -> Result<Option<Session>> {
    Ok(tx.maybe(session_where!("s.token_hash = $1"), params![&hash[..]], read_session).await?)
}

pub async fn session_by_id(tx: &mut Tx, id: SessionId) -> Result<Option<Session>> {
    Ok(tx.maybe(session_where!("s.id = $1"), params![id], read_session).await?)
}

/// The role of a session that has not ended.
pub async fn session_role(tx: &mut Tx, id: SessionId) -> Db<Option<Role>> {
    tx.maybe("select role from session where id = $1", params![id], |row| row.get("role")).await
}

pub async fn insert_session(
    tx: &mut Tx,
    id: AccountId,
    hash: &Hash,
    role: Role,
    door: Door,
    now: Millis,
) -> Db<()> {
    let sql = "insert into session (account_id, token_hash, role, door, created_ms, seen_ms)
               values ($1, $2, $3, $4, $5, $5)";
    tx.run(sql, params![id, &hash[..], role.as_str(), door.as_str(), now]).await.map(drop)
}

/// Sessions of one role and dialect, newest first.
pub async fn sessions_of(tx: &mut Tx, id: AccountId, role: Role, door: Door) -> Db<Vec<SessionId>> {
    let sql = "select id from session where account_id = $1 and role = $2 and door = $3 order by id desc";
    tx.all(sql, params![id, role.as_str(), door.as_str()], |row| SessionId::read(row, "id")).await
}

pub async fn all_sessions_of(tx: &mut Tx, id: AccountId) -> Db<Vec<SessionId>> {
    tx.all("select id from session where account_id = $1", params![id], |row| row.get("id")).await
}

pub async fn session_hashes_of(tx: &mut Tx, id: AccountId) -> Db<Vec<Vec<u8>>> {
    tx.all("select token_hash from session where account_id = $1", params![id], |row| row.get("token_hash"))
        .await
}

/// Returns the hash that the session had.
pub async fn delete_session(tx: &mut Tx, id: SessionId) -> Db<Option<Vec<u8>>> {
    tx.maybe("delete from session where id = $1 returning token_hash", params![id], |row| {
        row.get("token_hash")
    })
    .await
}

pub async fn set_seen(tx: &mut Tx, id: SessionId, now: Millis) -> Result<()> {
    tx.run("update session set seen_ms = $2 where id = $1", params![id, now]).await?;
    Ok(())
}

/// What the native API stores of a new session, or of one whose tokens change.
pub struct TokenHashes {
    pub access: Hash,
    pub access_until: Millis,
    pub refresh: Hash,
    /// Of what all refresh tokens of the session have in common.
    pub family: Hash,
}

pub async fn insert_native(
    tx: &mut Tx,
    id: AccountId,
    hashes: &TokenHashes,
    role: Role,
    (device, address): (&str, &str),
    now: Millis,
) -> Db<SessionId> {
    let sql = "insert into session (account_id, token_hash, role, door, created_ms, seen_ms, refresh_hash,
                 access_until_ms, device, address, family_hash)
               values ($1, $2, $3, $4, $5, $5, $6, $7, $8, $9, $10) returning id";
    let TokenHashes { access, access_until, refresh, family } = hashes;
    let (role, door) = (role.as_str(), Door::V1.as_str());
    let params =
        params![id, &access[..], role, door, now, &refresh[..], *access_until, device, address, &family[..]];
    tx.one(sql, params, |row| row.get("id")).await
}

/// A session of which a refresh token was shown, whichever.
pub struct Refreshing {
    pub session: Session,
    pub access_hash: Vec<u8>,
    /// The hash of the present one.
    pub refresh_hash: Vec<u8>,
    /// The hash of the one before.
    pub previous_hash: Option<Vec<u8>>,
    pub rotated_ms: Millis,
}

/// The session of a family of refresh tokens; its row is locked until the unit of work ends.
pub async fn lock_by_family(tx: &mut Tx, family: &Hash) -> Db<Option<Refreshing>> {
    let sql = "update session set rotated_ms = rotated_ms where family_hash = $1
               returning id, token_hash, refresh_hash, previous_hash, rotated_ms";
    let read = |row: &Row<'_>| {
        let hashes: (_, _, _) = (row.get("token_hash")?, row.get("refresh_hash")?, row.get("previous_hash")?);
        Ok((row.get::<SessionId>("id")?, hashes, row.get("rotated_ms")?))
    };
    let Some((id, hashes, rotated_ms)) = tx.maybe(sql, params![&family[..]], read).await? else {
        return Ok(None);
    };
    let (access_hash, refresh_hash, previous_hash) = hashes;
    let session = tx.one(session_where!("s.id = $1"), params![id], read_session).await?;
    Ok(Some(Refreshing { session, access_hash, refresh_hash, previous_hash, rotated_ms }))
}

/// Gives a session new tokens; its refresh token becomes the previous one.
pub async fn rotate(tx: &mut Tx, id: SessionId, hashes: &TokenHashes, address: &str, now: Millis) -> Db<()> {
    let sql = "update session set previous_hash = refresh_hash, refresh_hash = $2, token_hash = $3,
                 access_until_ms = $4, address = $5, rotated_ms = $6, seen_ms = $6 where id = $1";
    let TokenHashes { access, access_until, refresh, .. } = hashes;
    let params = params![id, &refresh[..], &access[..], *access_until, address, now];
    tx.run(sql, params).await.map(drop)
}

/// The sessions of an account, as they are listed: lately seen first.
pub async fn devices(tx: &mut Tx, id: AccountId, limit: i64) -> Db<Vec<devices::Listed>> {
    let sql = "select id, door, device, address, created_ms, seen_ms from session where account_id = $1
               order by seen_ms desc, id desc limit $2";
    tx.all(sql, params![id, limit], |row| {
        Ok(devices::Listed {
            id: row.get("id")?,
            door: row.get("door")?,
            device: devices::Described::read(&row.get::<String>("device")?),
            address: row.get("address")?,
            created_ms: row.get("created_ms")?,
            seen_ms: row.get("seen_ms")?,
        })
    })
    .await
}
