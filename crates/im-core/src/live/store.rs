//! The SQL of what sockets ask; it reads memberships, edges and accounts at once.
use super::*;
use im_db::{Engine, Tx, params};

type Db<T> = im_db::Result<T>;

/// The groups in which `account` is an active member, locked ones as well: they may be opened again.
pub async fn groups_of(tx: &mut Tx, account: AccountId) -> Db<Vec<ConversationId>> {
    let sql = "select m.conversation_id from membership m join chat_group g on g.id = m.conversation_id
               where m.account_id = $1 and m.state = 'active' and g.status <> 0";
    tx.all(sql, params![account], |row| row.get("conversation_id")).await
}

pub async fn heads(tx: &mut Tx, account: AccountId) -> Db<Vec<Head>> {
    let sql = "select c.id, c.last_seq from membership m join conversation c on c.id = m.conversation_id
                 left join chat_group g on g.id = c.id
               where m.account_id = $1 and m.state = 'active' and coalesce(g.status, 1) <> 0
               order by c.id";
    tx.all(sql, params![account], |row| Ok(Head { conversation: row.get("id")?, last: row.get("last_seq")? }))
        .await
}

/// The newest entries that `account` deleted for itself, the newest conversation first.
pub async fn gone(tx: &mut Tx, account: AccountId, limit: i64) -> Db<Vec<(ConversationId, Seq)>> {
    let sql = "select conversation_id, seq from hidden_message where account_id = $1
               order by conversation_id desc, seq desc limit $2";
    tx.all(sql, params![account, limit], |row| Ok((row.get("conversation_id")?, row.get("seq")?))).await
}

/// The name of a direct conversation that `account` is in, and in which something was said.
pub async fn direct_of(tx: &mut Tx, id: ConversationId, account: AccountId) -> Db<Option<String>> {
    let sql = "select c.name from conversation c
                 join membership m on m.conversation_id = c.id and m.account_id = $2 and m.state = 'active'
               where c.id = $1 and c.kind = 'direct' and c.last_seq > 0";
    tx.maybe(sql, params![id, account], |row| row.get("name")).await
}

/// Whether one of the two has blocked the other, or the operator has cut them.
pub async fn are_apart(tx: &mut Tx, a: AccountId, b: AccountId) -> Db<bool> {
    let sql = "select id from edge where (blocked = 1 or status = 0)
                 and ((owner_id = $1 and peer_id = $2) or (owner_id = $2 and peer_id = $1)) limit 1";
    Ok(tx.maybe(sql, params![a, b], |row| row.get::<i64>("id")).await?.is_some())
}

pub async fn watchable(tx: &mut Tx, me: AccountId, accounts: &[i64]) -> Db<Vec<(AccountId, Millis)>> {
    macro_rules! watchable {
        ($listed:literal) => {
            concat!(
                "select a.id, a.offline_ms from account a
                 where a.id <> $2 and (
                     exists (select 1 as one from edge e where e.owner_id = $2 and e.peer_id = a.id)
                     or exists (select 1 as one from conversation c where c.last_seq > 0 and c.name = 'direct:'
                       || cast(case when a.id < $2 then a.id else $2 end as text) || ':'
                       || cast(case when a.id < $2 then $2 else a.id end as text)))
                   and not exists (select 1 as one from edge b
                     where b.owner_id = a.id and b.peer_id = $2 and b.blocked = 1)
                   and a.id in ",
                $listed
            )
        };
    }
    let sql = match tx.engine() {
        Engine::Sqlite => watchable!("(select value from json_each($1))"),
        Engine::Postgres => watchable!(
            "(select cast(value as bigint) from json_array_elements_text(cast(cast($1 as text) as json)))"
        ),
    };
    let accounts = serde_json::json!(accounts).to_string();
    tx.all(sql, params![&accounts, me], |row| Ok((row.get("id")?, row.get("offline_ms")?))).await
}

/// Whom `account` has blocked.
pub async fn blocked_by(tx: &mut Tx, account: AccountId) -> Db<Vec<AccountId>> {
    let sql = "select peer_id from edge where owner_id = $1 and blocked = 1";
    tx.all(sql, params![account], |row| row.get("peer_id")).await
}
