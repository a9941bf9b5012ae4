//! A past for a server that does not run: people, groups and messages, written straight into its file.
use crate::{Result, server::Place};
use rusqlite::{Connection, params};
use std::path::Path;

/// Conversations of people who are not online; half of the messages are theirs.
const OTHERS: i64 = 10_000;
/// Friends of somebody in each of its groups.
const TOGETHER: i64 = 20;

fn open(database: &Path) -> rusqlite::Result<Connection> {
    let db = Connection::open(database)?;
    db.execute_batch("pragma synchronous = off; pragma cache_size = -500000; pragma foreign_keys = on;")?;
    Ok(db)
}

/// To the disk, so that the server's first flush does not wait for all of it.
fn flush(db: &Connection) -> rusqlite::Result<()> {
    db.execute_batch("pragma synchronous = full; pragma wal_checkpoint(truncate)")
}

/// Adds messages to the database of a server that does not run: half to the conversations that are
/// there, half to new ones. All of it has long been delivered.
pub async fn fill(place: &Place, millions: i64) -> Result<()> {
    let database = place.database();
    // On a thread of its own, so that the program can be stopped meanwhile.
    let filling = tokio::task::spawn_blocking(move || say(&database, millions * 1_000_000));
    Ok(filling.await??)
}

/// In one transaction. `cross join` keeps SQLite from turning the joins round, which would take hours.
fn say(database: &Path, messages: i64) -> rusqlite::Result<()> {
    let mut db = open(database)?;
    let tx = db.transaction()?;
    let started: i64 = tx.query_row("select max(created_ms) from account", [], |row| row.get(0))?;
    let day_ms = 24 * 60 * 60 * 1000;
    let from = started - 90 * day_ms;
    // Two people for each new conversation. Their names cannot be registered: they hold a dash.
    tx.execute(
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 2 * ?1)
         insert into account (uuid, username, username_key, role, avatar, created_ms, updated_ms)
         select 'past-' || i, 'past-' || i, 'past-' || i, 'user', '/public/icons/avatar.png', ?2, ?2 from n",
        params![OTHERS, from],
    )?;
    let first: i64 =
        tx.query_row("select id from account where username = 'past-1'", [], |row| row.get(0))?;
    tx.execute("create temp table old as select id from conversation where kind <> 'inbox'", [])?;
    tx.execute(
        "with recursive n(i) as (select 0 union all select i + 1 from n where i < ?1 - 1)
         insert into conversation (name, kind) select 'direct:' || (?2 + 2 * i) || ':' || (?2 + 2 * i + 1), 'direct' from n",
        params![OTHERS, first],
    )?;
    tx.execute(
        "insert into membership (conversation_id, account_id, state, has_written, delivered_seq, created_ms, updated_ms)
         select c.id, a.id, 'active', 1, 0, ?2, ?2 from account a
         cross join conversation c on c.name = 'direct:' || (a.id - (a.id - ?1) % 2) || ':' || (a.id - (a.id - ?1) % 2 + 1)
         where a.id >= ?1 and a.id < ?1 + 2 * ?3",
        params![first, from, OTHERS],
    )?;
    // Who has which numbers: message i of a half goes to conversation i modulo their count.
    tx.execute_batch(
        "create temp table place (half integer, n integer, id integer, last_seq integer, sender integer,
           primary key (half, n)) without rowid;
         insert into place
           select half, row_number() over (partition by half order by id) - 1, id, last_seq, sender from (
             select c.id not in (select id from temp.old) as half, c.id, c.last_seq,
               (select max(account_id) from membership m where m.conversation_id = c.id) as sender
             from conversation c where c.kind <> 'inbox');
         create temp table size as select half, count(*) as places from place group by half;",
    )?;
    tx.execute(
        "with recursive n(i) as (select 0 union all select i + 1 from n where i < ?1 - 1)
         insert into message (uuid, conversation_id, seq, sender_id, body, raw, created_ms)
         select unhex(printf('%012x', ?2 + i * ?3 / ?1) || printf('4%03x8%015x', i % 4096, i)), p.id,
           p.last_seq + 1 + (i / 2) / s.places, p.sender,
           '{\"text\":\"What was said long ago, in a line of the usual length, number ' || i || '\"}', null,
           ?2 + i * ?3 / ?1
         from n cross join size s on s.half = i % 2 cross join place p on p.half = i % 2 and p.n = (i / 2) % s.places",
        params![messages, from, 90 * day_ms],
    )?;
    tx.execute_batch(
        "update conversation set last_seq = (
           select max(seq) from message where conversation_id = conversation.id) where kind <> 'inbox';
         update membership set delivered_above = '', delivered_seq = (
           select last_seq from conversation where id = membership.conversation_id)
         where conversation_id in (select id from conversation where kind <> 'inbox');",
    )?;
    tx.commit()?;
    flush(&db)
}

/// Gives an account friends and groups, which those friends own. Nobody has said anything yet.
pub async fn befriend(place: &Place, account: i64, friends: i64, groups: i64) -> Result<()> {
    let database = place.database();
    let filling = tokio::task::spawn_blocking(move || acquaint(&database, account, friends, groups));
    Ok(filling.await??)
}

fn acquaint(database: &Path, account: i64, friends: i64, groups: i64) -> rusqlite::Result<()> {
    let mut db = open(database)?;
    let tx = db.transaction()?;
    let now: i64 = tx.query_row("select max(created_ms) from account", [], |row| row.get(0))?;
    // Names under all kinds of initials.
    tx.execute(
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < ?1)
         insert into account (uuid, username, username_key, role, nickname, nid, avatar, created_ms, updated_ms)
         select 'friend-' || i, 'friend-' || i, 'friend-' || i, 'user',
           substr('赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华Aa1', 1 + i % 32, 1) || '朋友' || i,
           10000000 + i, '/static/img/avatar.jpg', ?2, ?2 from n",
        params![friends, now],
    )?;
    tx.execute("create temp table friend as select id from account where username like 'friend-%'", [])?;
    let first: i64 = tx.query_row("select min(id) from friend", [], |row| row.get(0))?;
    tx.execute(
        "insert into edge (owner_id, peer_id, created_ms, updated_ms)
         select ?1, id, ?2, ?2 from friend union all select id, ?1, ?2, ?2 from friend",
        params![account, now],
    )?;
    tx.execute(
        "insert into conversation (name, kind) select 'direct:' || ?1 || ':' || id, 'direct' from friend",
        [account],
    )?;
    tx.execute(
        "insert into membership (conversation_id, account_id, state, has_written, delivered_seq, created_ms, updated_ms)
         select c.id, a.id, 'active', 1, 0, ?2, ?2
         from friend f cross join conversation c on c.name = 'direct:' || ?1 || ':' || f.id
         cross join account a on a.id in (?1, f.id)",
        params![account, now],
    )?;
    tx.execute(
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < ?1)
         insert into conversation (name, kind) select 'group:past-' || i, 'group' from n",
        [groups],
    )?;
    tx.execute(
        "insert into chat_group (id, uuid, owner_id, name, avatar, created_ms, updated_ms)
         select id, substr(name, 7), ?1 + id % ?2, '群聊(' || name || ')', '', ?3, ?3
         from conversation where kind = 'group'",
        params![first, friends, now],
    )?;
    tx.execute(
        "with recursive n(i) as (select 0 union all select i + 1 from n where i < min(?3, ?5))
         insert into membership (conversation_id, account_id, state, delivered_seq, created_ms, updated_ms)
         select g.id, case when i = min(?3, ?5) then ?1 else ?2 + (g.id + i) % ?3 end, 'active', 0, ?4, ?4
         from chat_group g cross join n",
        params![account, first, friends, now, TOGETHER],
    )?;
    tx.commit()?;
    flush(&db)
}

/// Leaves this much unread in each conversation of an account; `None`: everything.
pub async fn unread(place: &Place, account: i64, count: Option<i64>) -> Result<()> {
    let database = place.database();
    let marking = tokio::task::spawn_blocking(move || {
        let db = open(&database)?;
        db.execute(
            "update membership set read_seq = (select max(0, last_seq - coalesce(?2, last_seq)) from conversation
               where id = membership.conversation_id) where account_id = ?1",
            params![account, count],
        )?;
        flush(&db)
    });
    Ok(marking.await??)
}
