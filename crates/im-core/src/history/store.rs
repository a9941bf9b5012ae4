//! The SQL of reading.
use super::*;
use crate::{
    accounts::display,
    conversations::{direct_name, parties},
    messages::store::body_of,
};
use im_db::{Row, params};

/// Places of a conversation that are looked at, from its end, to count what is news.
pub const SCANNED: i64 = 5_000;

type Db<T> = im_db::Result<T>;

/// That the message `m` can be seen by the account `$viewer`.
macro_rules! visible {
    ($viewer:literal) => {
        concat!(
            "m.kind < 2 and m.deleted_ms is null and not exists (select h.seq from hidden_message h
               where h.account_id = ",
            $viewer,
            " and h.conversation_id = m.conversation_id and h.seq = m.seq)"
        )
    };
}
pub(crate) use visible;

/// That the message `m` is news for the account `$viewer`, if it has not been seen.
macro_rules! counts {
    ($viewer:literal) => {
        concat!(
            $crate::history::store::visible!($viewer),
            " and m.kind < 1 and m.revoked_ms is null and m.sender_id <> ",
            $viewer
        )
    };
}
pub(crate) use counts;

/// As SQL: about how many bytes the message `m` is to its readers, with what it quotes and the emoji at it.
/// Of a text that was moved out of its row the length is known without reading it.
macro_rules! bytes {
    () => {
        "(256 + octet_length(m.body) + coalesce(octet_length(m.raw), 0) + coalesce(octet_length(m.extra), 0)
           + coalesce((select case when octet_length(q.body) < 2048 then octet_length(q.body) else 2048 end
               from message q where q.mid = m.quote_mid), 0)
           + 16 * (select count(*) from reaction r where r.mid = m.mid))"
    };
}
pub(crate) use bytes;

/// As SQL: entries at the end of a log that are looked at for one that can be seen, or is no news. Where more
/// emoji and edits follow each other, the last message is not shown, and is taken for unread.
macro_rules! looked {
    () => {
        "20000"
    };
}
pub(crate) use looked;

macro_rules! held_columns {
    () => {
        "select c.id, c.kind, c.name, c.last_seq, v.read_seq, v.hidden_seq, v.pinned, v.marked_unread,
           v.cleared_seq, v.own_unseen
         from conversation c "
    };
}

fn read_held(row: &Row<'_>, me: AccountId) -> Db<Held> {
    let id = row.get("id")?;
    let to = match parties(&row.get::<String>("name")?) {
        Some((a, b)) => Some(To::Account(if a == me { b } else { a })),
        None => (row.get::<String>("kind")? == "group").then_some(To::Group(id)),
    };
    Ok(Held {
        conversation: id,
        to,
        last: row.get("last_seq")?,
        read: row.get("read_seq")?,
        hidden: row.get::<Option<i64>>("hidden_seq")?.map(Seq),
        pinned: row.get("pinned")?,
        marked_unread: row.get("marked_unread")?,
        cleared: row.get("cleared_seq")?,
        own_unseen: row.get("own_unseen")?,
    })
}

/// What `me` holds of a conversation that it is in.
pub async fn held(tx: &mut Tx, me: AccountId, to: To) -> Db<Option<Held>> {
    match to {
        To::Account(peer) => {
            let sql = concat!(
                held_columns!(),
                "join membership v on v.conversation_id = c.id and v.account_id = $2 where c.name = $1"
            );
            tx.maybe(sql, params![&direct_name(me, peer), me], |row| read_held(row, me)).await
        }
        To::Group(id) => Ok(held_by_id(tx, me, id).await?.filter(|held| held.to == Some(to))),
    }
}

/// The same by the number of the conversation, whatever kind it is.
pub async fn held_by_id(tx: &mut Tx, me: AccountId, id: ConversationId) -> Db<Option<Held>> {
    let sql = concat!(
        held_columns!(),
        "join membership v on v.conversation_id = c.id and v.account_id = $2 and v.state = 'active'
           left join chat_group g on g.id = c.id
         where c.id = $1 and coalesce(g.status, 1) <> 0"
    );
    tx.maybe(sql, params![id, me], |row| read_held(row, me)).await
}

/// The messages before the place `before` that `viewer` can see, newest first.
pub async fn before(tx: &mut Tx, held: &Held, viewer: AccountId, before: Seq, limit: i64) -> Db<Vec<Shown>> {
    let sql = concat!(
        "select m.mid, m.sender_id, m.body, m.raw, m.created_ms, m.revoked_ms, m.quote_mid,
           a.username, a.nickname, a.avatar, e.remark, q.seq as q_seq, q.sender_id as q_sender,
           q.body as q_body, q.raw as q_raw,
           coalesce(q.revoked_ms, q.deleted_ms) as q_gone_ms
         from message m join account a on a.id = m.sender_id
           left join edge e on e.owner_id = $2 and e.peer_id = m.sender_id
           left join message q on q.mid = m.quote_mid
         where m.conversation_id = $1 and m.seq < $3 and m.seq > $5 and ",
        visible!("$2"),
        " order by m.seq desc limit $4"
    );
    tx.all(sql, params![held.conversation, viewer, before, limit, held.cleared], read_shown).await
}

/// Reads the columns `mid`, `sender_id`, `body`, `raw`, `created_ms`, `revoked_ms`, `quote_mid`, the
/// sender's `username`, `nickname`, `avatar`, `remark`, and of the quoted one `q_seq`, `q_sender`,
/// `q_body`, `q_raw`, `q_gone_ms`.
pub fn read_shown(row: &Row<'_>) -> Db<Shown> {
    let remark: Option<String> = row.get("remark")?;
    let (username, nickname): (String, String) = (row.get("username")?, row.get("nickname")?);
    let name = remark.filter(|remark| !remark.is_empty());
    let quote = match row.get::<Option<i64>>("quote_mid")?.map(Mid) {
        Some(mid) => {
            let gone = row.get::<Option<i64>>("q_gone_ms")?.is_some();
            let body: Option<String> = row.get("q_body")?;
            let said = match body.filter(|_| !gone) {
                Some(body) => Some((body_of(&body)?, row.get("q_raw")?)),
                None => None,
            };
            let seq = Seq(row.get::<Option<i64>>("q_seq")?.unwrap_or_default());
            let sender = AccountId(row.get::<Option<i64>>("q_sender")?.unwrap_or_default());
            Some(Quoted { mid, seq, sender, said })
        }
        None => None,
    };
    Ok(Shown {
        mid: row.get("mid")?,
        sender: row.get("sender_id")?,
        name: name.unwrap_or_else(|| display(&nickname, &username).to_owned()),
        avatar: row.get("avatar")?,
        body: body_of(&row.get::<String>("body")?)?,
        raw: row.get("raw")?,
        created_ms: row.get("created_ms")?,
        revoked: row.get::<Option<i64>>("revoked_ms")?.is_some(),
        quote,
    })
}

/// As SQL: how many messages of `$conversation` behind `$read` are news for `$viewer`, who has said none of
/// them itself: all but a few, and these are counted.
macro_rules! news {
    ($viewer:literal, $conversation:literal, $read:literal, $last:literal) => {
        concat!(
            "(", $last, " - ", $read, "
               - (select count(*) from (select m.seq from message m where m.conversation_id = ", $conversation, "
                    and m.seq > ", $read, "
                    and (m.kind <> 0 or m.deleted_ms is not null or m.revoked_ms is not null)
                  order by m.seq desc limit ", $crate::history::store::looked!(), ") as silent)
               - (select count(*) from hidden_message h where h.account_id = ", $viewer, "
                    and h.conversation_id = ", $conversation, " and h.seq > ", $read, "
                    and exists (select m.seq from message m where m.conversation_id = h.conversation_id
                      and m.seq = h.seq and m.kind < 1 and m.deleted_ms is null and m.revoked_ms is null)))"
        )
    };
}
pub(crate) use news;

/// How much `viewer` has not seen behind the place `read`, up to [`UNREAD`].
pub async fn unread(tx: &mut Tx, held: &Held, viewer: AccountId, read: Seq) -> Db<i64> {
    let id = held.conversation;
    if read == held.read && !held.own_unseen {
        let sql = concat!(
            "select ",
            news!("$2", "c.id", "cast($3 as bigint)", "c.last_seq"),
            " as n from conversation c where c.id = $1"
        );
        let news = tx.one(sql, params![id, viewer, read], |row| row.get::<i64>("n")).await?;
        return Ok(news.min(UNREAD));
    }
    let sql = concat!(
        "select count(*) as n from (select m.seq from message m
           where m.conversation_id = $1 and m.seq > $3 and ",
        counts!("$2"),
        " limit $4) as news"
    );
    let from = read.max(Seq(held.last.0 - SCANNED));
    tx.one(sql, params![id, viewer, from, UNREAD], |row| row.get("n")).await
}

/// The place behind which `count` messages are news for `viewer`, or as many as there are.
pub async fn place_before_news(tx: &mut Tx, held: &Held, viewer: AccountId, count: i64) -> Db<Seq> {
    let sql = concat!(
        "select m.seq from message m where m.conversation_id = $1 and m.seq > $4 and ",
        counts!("$2"),
        " order by m.seq desc limit 1 offset $3"
    );
    let from = Seq((held.last.0 - SCANNED).max(held.cleared.0));
    let params = params![held.conversation, viewer, count.min(UNREAD), from];
    Ok(tx.maybe(sql, params, |row| row.get("seq")).await?.unwrap_or(from))
}

/// The newest place that `viewer` can see.
pub async fn newest(tx: &mut Tx, held: &Held, viewer: AccountId) -> Db<Seq> {
    let sql = concat!(
        "select m.seq from message m where m.conversation_id = $1 and m.seq > $3 and ",
        visible!("$2"),
        " order by m.seq desc limit 1"
    );
    let from = held.cleared.max(Seq(held.last.0 - SCANNED));
    let params = params![held.conversation, viewer, from];
    Ok(tx.maybe(sql, params, |row| row.get("seq")).await?.unwrap_or_default())
}

/// Whether one of the two blocks the other.
pub async fn is_blocked(tx: &mut Tx, a: AccountId, b: AccountId) -> Db<bool> {
    let sql = "select id from edge where blocked = 1
                 and ((owner_id = $1 and peer_id = $2) or (owner_id = $2 and peer_id = $1)) limit 1";
    Ok(tx.maybe(sql, params![a, b], |row| row.get::<i64>("id")).await?.is_some())
}

pub async fn seq_of(tx: &mut Tx, id: ConversationId, mid: Mid) -> Db<Option<Seq>> {
    let sql = "select seq from message where mid = $1 and conversation_id = $2";
    tx.maybe(sql, params![mid, id], |row| row.get("seq")).await
}

/// Where and when the message at this place came.
pub async fn at(tx: &mut Tx, id: ConversationId, seq: Seq) -> Db<Option<(Mid, Millis)>> {
    let sql = "select mid, created_ms from message where conversation_id = $1 and seq = $2";
    tx.maybe(sql, params![id, seq], |row| Ok((row.get("mid")?, row.get("created_ms")?))).await
}

/// Moves the read position; what was said by `me` may stand behind it unless it is the end. What was read
/// has arrived, and going on reading takes the mark away.
pub async fn set_read(tx: &mut Tx, held: &Held, me: AccountId, read: Seq, now: Millis) -> Db<()> {
    let sql = "update membership set read_seq = $3, read_ms = $4, own_unseen = $5,
                 acked_seq = case when acked_seq < $3 then $3 else acked_seq end,
                 marked_unread = case when read_seq < $3 then 0 else marked_unread end
               where conversation_id = $1 and account_id = $2";
    tx.run(sql, params![held.conversation, me, read, now, read < held.last]).await.map(drop)
}

pub async fn set_cleared(tx: &mut Tx, id: ConversationId, me: AccountId, upto: Seq) -> Db<()> {
    let sql = "update membership set cleared_seq = $3 where conversation_id = $1 and account_id = $2";
    tx.run(sql, params![id, me, upto]).await.map(drop)
}

pub async fn set_hidden(tx: &mut Tx, id: ConversationId, me: AccountId, behind: Option<Seq>) -> Db<()> {
    let sql = "update membership set hidden_seq = $3 where conversation_id = $1 and account_id = $2";
    tx.run(sql, params![id, me, behind.map(|seq| seq.0)]).await.map(drop)
}

pub async fn set_quiet(tx: &mut Tx, id: ConversationId, me: AccountId, quiet: bool) -> Db<()> {
    let sql = "update membership set quiet = $3 where conversation_id = $1 and account_id = $2";
    tx.run(sql, params![id, me, quiet]).await.map(drop)
}

pub async fn set_marked(tx: &mut Tx, id: ConversationId, me: AccountId, marked: bool) -> Db<()> {
    let sql = "update membership set marked_unread = $3 where conversation_id = $1 and account_id = $2";
    tx.run(sql, params![id, me, marked]).await.map(drop)
}

pub async fn set_pinned(tx: &mut Tx, id: ConversationId, me: AccountId, pinned: bool) -> Db<()> {
    let sql = "update membership set pinned = $3 where conversation_id = $1 and account_id = $2";
    tx.run(sql, params![id, me, pinned]).await.map(drop)
}
