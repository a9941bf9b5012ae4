//! The SQL of accounts.
mod sessions;

use super::*;
use im_db::{Engine, params};
pub use sessions::*;

type Db<T> = im_db::Result<T>;

macro_rules! account_where {
    ($condition:literal) => {
        concat!(
            "select id, uuid, username, nickname, avatar, role, status, privacy, friend_policy,
               mobile, email, gender, birthday, bio, location, website, device_id, platform, device_model,
               device_os, device_brand, nid, merchant, parent_id, offline_ms, created_ms, updated_ms, login_ms
             from account where ",
            $condition
        )
    };
}

fn read_account(row: &Row<'_>) -> Db<Account> {
    Ok(Account {
        id: row.get("id")?,
        uuid: row.get("uuid")?,
        username: row.get("username")?,
        nickname: row.get("nickname")?,
        avatar: row.get("avatar")?,
        role: row.get("role")?,
        enabled: row.get::<i64>("status")? == 1,
        privacy: row.get("privacy")?,
        friend_policy: row.get("friend_policy")?,
        mobile: row.get("mobile")?,
        email: row.get("email")?,
        about: About {
            gender: row.get("gender")?,
            birthday: row.get("birthday")?,
            bio: row.get("bio")?,
            location: row.get("location")?,
            website: row.get("website")?,
        },
        device: Device {
            id: row.get("device_id")?,
            platform: row.get("platform")?,
            model: row.get("device_model")?,
            os: row.get("device_os")?,
            brand: row.get("device_brand")?,
        },
        nid: row.get("nid")?,
        merchant: row.get("merchant")?,
        parent: row.get::<Option<i64>>("parent_id")?.map(AccountId),
        offline_ms: row.get("offline_ms")?,
        created_ms: row.get("created_ms")?,
        updated_ms: row.get("updated_ms")?,
        login_ms: row.get::<Option<i64>>("login_ms")?.map(Millis),
    })
}

/// The account `id`, enabled or not.
pub async fn by_id(tx: &mut Tx, id: AccountId) -> Db<Option<Account>> {
    tx.maybe(account_where!("id = $1"), params![id], read_account).await
}

/// The accounts of these numbers that there are, enabled or not, in ascending order.
pub async fn by_ids(tx: &mut Tx, ids: &[i64]) -> Db<Vec<Account>> {
    let sql = match tx.engine() {
        Engine::Sqlite => account_where!("id in (select value from json_each($1)) order by id"),
        Engine::Postgres => account_where!(
            "id in (select cast(value as bigint)
                    from json_array_elements_text(cast(cast($1 as text) as json))) order by id"
        ),
    };
    tx.all(sql, params![&serde_json::json!(ids).to_string()], read_account).await
}

/// The account with this public id, enabled or not.
pub async fn by_uuid(tx: &mut Tx, uuid: &str) -> Db<Option<Account>> {
    tx.maybe(account_where!("uuid = $1"), params![uuid], read_account).await
}

pub async fn id_by_username(tx: &mut Tx, username: &str) -> Db<Option<AccountId>> {
    let sql = "select id from account where username_key = $1";
    tx.maybe(sql, params![&username.to_lowercase()], |row| row.get("id")).await
}

pub async fn username_exists(tx: &mut Tx, username: &str) -> Db<bool> {
    Ok(id_by_username(tx, username).await?.is_some())
}

pub async fn visitor_by_device(tx: &mut Tx, device_id: &str) -> Db<Option<Account>> {
    let sql = account_where!("device_id = $1 and device_id <> '' and role = 'visitor'");
    tx.maybe(sql, params![device_id], read_account).await
}

/// Users whose name contains `keyword`, which is text and not a pattern.
pub async fn search(tx: &mut Tx, me: AccountId, keyword: &str, limit: i64) -> Db<Vec<Account>> {
    let mut pattern = String::from("%");
    for c in keyword.to_lowercase().chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    let sql = account_where!(
        "username_key like $2 escape '\\' and status = 1 and role = 'user' and id <> $1 order by id limit $3"
    );
    tx.all(sql, params![me, &pattern, limit], read_account).await
}

/// The account of this name, enabled or not.
pub async fn by_username(tx: &mut Tx, username: &str) -> Db<Option<Account>> {
    tx.maybe(account_where!("username_key = $1"), params![&username.to_lowercase()], read_account).await
}

/// The account with this public number, enabled or not.
pub async fn by_nid(tx: &mut Tx, nid: i64) -> Db<Option<Account>> {
    tx.maybe(account_where!("nid = $1"), params![nid], read_account).await
}

pub async fn id_by_mobile(tx: &mut Tx, mobile: &str) -> Db<Option<AccountId>> {
    let sql = "select id from account where mobile = $1";
    tx.maybe(sql, params![mobile], |row| row.get("id")).await
}

/// Writes what a new user brings besides its name and password.
pub async fn describe(tx: &mut Tx, id: AccountId, new: &NewUser, about: Origin<'_>) -> Db<()> {
    let sql = "update account set nickname = $2, avatar = $3, bio = $4, mobile = $5, parent_id = $6,
                 privacy = $7, friend_policy = 1 where id = $1";
    let (phone, parent) = (about.phone, about.parent.map(|id| id.0));
    let params = params![id, &new.nickname, &new.avatar, &new.sign, phone, parent, registration::OPEN];
    tx.run(sql, params).await.map(drop)
}

pub async fn set_merchant(tx: &mut Tx, id: AccountId, merchant: bool, now: Millis) -> Db<bool> {
    let sql = "update account set merchant = $2, updated_ms = $3 where id = $1";
    Ok(tx.run(sql, params![id, merchant, now]).await? > 0)
}

/// The seats of a merchant; its row is locked until the unit of work ends.
pub async fn count_seats(tx: &mut Tx, merchant: AccountId) -> Db<i64> {
    tx.run("update account set status = status where id = $1", params![merchant]).await?;
    let sql = "select count(*) as n from account where parent_id = $1";
    tx.one(sql, params![merchant], |row| row.get("n")).await
}

pub async fn seats(tx: &mut Tx, merchant: AccountId) -> Db<Vec<AccountId>> {
    tx.all("select id from account where parent_id = $1", params![merchant], |row| row.get("id")).await
}

pub struct NewAccount<'a> {
    pub username: &'a str,
    pub hash: &'a str,
    pub role: Role,
    pub device: &'a Device,
    pub avatar: &'a str,
}

/// `None` when the username or the device is taken.
pub async fn insert(tx: &mut Tx, new: NewAccount<'_>, now: Millis) -> Db<Option<AccountId>> {
    let sql =
        "insert into account (uuid, username, username_key, password_hash, role, avatar, device_id, platform,
                 device_model, device_os, device_brand, nid, created_ms, updated_ms)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)
               on conflict do nothing returning id";
    let nid = free_nid(tx).await?;
    let uuid = uuid::Uuid::new_v4().to_string();
    let (device, key) = (new.device, new.username.to_lowercase());
    let params = params![
        &uuid,
        new.username,
        &key,
        new.hash,
        new.role.as_str(),
        new.avatar,
        &device.id,
        &device.platform,
        &device.model,
        &device.os,
        &device.brand,
        nid,
        now
    ];
    tx.maybe(sql, params, |row| row.get("id")).await
}

/// A public number that nobody has: seven digits, and eight once most of those are given
/// (pop.md §6.2).
async fn free_nid(tx: &mut Tx) -> Db<i64> {
    const TRIES: usize = 8; // all taken: more than half of the seven digits are, nearly surely
    for digits in [1_000_000..10_000_000, 10_000_000..100_000_000i64] {
        for _ in 0..TRIES {
            let nid = rand::random_range(digits.clone());
            let sql = "select id from account where nid = $1";
            if tx.maybe(sql, params![nid], |row| row.get::<i64>("id")).await?.is_none() {
                return Ok(nid);
            }
        }
    }
    Err(im_db::Error::Missing)
}

/// Stores what a visitor's device says of itself.
/// Whether it still is a visitor.
pub async fn describe_device(tx: &mut Tx, id: AccountId, device: &Device, now: Millis) -> Db<bool> {
    let sql = "update account set platform = $2, device_model = $3, device_os = $4, device_brand = $5,
                 updated_ms = $6 where id = $1 and role = 'visitor'";
    let params = params![id, &device.platform, &device.model, &device.os, &device.brand, now];
    Ok(tx.run(sql, params).await? > 0)
}

/// Whether it still was a visitor.
pub async fn convert(tx: &mut Tx, id: AccountId, username: &str, hash: &str, now: Millis) -> Db<bool> {
    let sql = "update account set role = 'user', username = $2, username_key = $3, password_hash = $4, updated_ms = $5
               where id = $1 and role = 'visitor'";
    Ok(tx.run(sql, params![id, username, &username.to_lowercase(), hash, now]).await? > 0)
}

pub async fn change(tx: &mut Tx, id: AccountId, change: &Change, now: Millis) -> Result<()> {
    macro_rules! set {
        ($what:literal) => {
            concat!("update account set ", $what, ", updated_ms = $3 where id = $1")
        };
    }
    let (sql, value): (_, im_db::Value<'_>) = match change {
        Change::Nickname(text) => (set!("nickname = $2"), text.into()),
        Change::Avatar(text) => (set!("avatar = $2, avatar_ms = $3"), text.into()),
        Change::Bio(text) => (set!("bio = $2"), text.into()),
        Change::Gender(text) => (set!("gender = $2"), text.into()),
        Change::Birthday(text) => (set!("birthday = nullif($2, '')"), text.into()),
        Change::Location(text) => (set!("location = nullif($2, '')"), text.into()),
        Change::Website(text) => (set!("website = nullif($2, '')"), text.into()),
        Change::FriendPolicy(policy) => (set!("friend_policy = $2"), (*policy).into()),
        Change::Privacy(text) => (set!("privacy = $2"), text.into()),
    };
    let touched = tx.run(sql, &[id.into(), value, now.into()]).await?;
    if touched == 0 { Err(Refusal::NoSuchAccount.into()) } else { Ok(()) }
}

/// When the picture was last changed.
pub async fn avatar_changed(tx: &mut Tx, id: AccountId) -> Db<Millis> {
    let sql = "select avatar_ms from account where id = $1";
    Ok(tx.maybe(sql, params![id], |row| row.get("avatar_ms")).await?.unwrap_or_default())
}

/// 1 enabled, 0 disabled.
pub async fn set_status(tx: &mut Tx, id: AccountId, status: i64, now: Millis) -> Db<()> {
    tx.run("update account set status = $2, updated_ms = $3 where id = $1", params![id, status, now])
        .await
        .map(drop)
}

/// Accounts that were changed since then.
pub async fn changed_since(tx: &mut Tx, since: Millis) -> Db<Vec<AccountId>> {
    tx.all("select id from account where updated_ms >= $1", params![since], |row| row.get("id")).await
}

pub async fn set_offline(tx: &mut Tx, id: AccountId, now: Millis) -> Db<()> {
    tx.run("update account set offline_ms = $2 where id = $1", params![id, now]).await.map(drop)
}

pub async fn set_login(tx: &mut Tx, id: AccountId, now: Millis) -> Db<()> {
    tx.run("update account set login_ms = $2 where id = $1", params![id, now]).await.map(drop)
}

pub struct Credential {
    pub id: AccountId,
    pub password_hash: String,
    pub enabled: bool,
}

/// The way into the account `username`.
pub async fn credential(tx: &mut Tx, username: &str) -> Result<Option<Credential>> {
    let sql = "select id, password_hash, status from account where username_key = $1";
    let read = |row: &Row<'_>| {
        let enabled = row.get::<i64>("status")? == 1;
        Ok(Credential { id: row.get("id")?, password_hash: row.get("password_hash")?, enabled })
    };
    Ok(tx.maybe(sql, params![&username.to_lowercase()], read).await?)
}

pub async fn password_hash(tx: &mut Tx, id: AccountId) -> Result<Option<String>> {
    let sql = "select password_hash from account where id = $1";
    Ok(tx.maybe(sql, params![id], |row| row.get("password_hash")).await?)
}

/// The hash, with the row locked until the unit of work ends.
pub async fn lock_password(tx: &mut Tx, id: AccountId) -> Result<Option<String>> {
    let sql = "update account set password_hash = password_hash where id = $1 returning password_hash";
    Ok(tx.maybe(sql, params![id], |row| row.get("password_hash")).await?)
}

pub async fn set_password(tx: &mut Tx, id: AccountId, hash: &str, now: Millis) -> Db<()> {
    let sql = "update account set password_hash = $2, updated_ms = $3 where id = $1";
    tx.run(sql, params![id, hash, now]).await.map(drop)
}
