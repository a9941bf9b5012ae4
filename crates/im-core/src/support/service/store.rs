//! The SQL of desks.
use crate::{
    AccountId, ConversationId, Millis, Seq,
    conversations::{direct_name, store as log},
};
use im_db::{Row, Tx, params};

type Db<T> = im_db::Result<T>;

/// A text that a merchant stored.
#[derive(Clone, Debug)]
pub struct Text {
    pub title: String,
    pub keyword: String,
    pub content: String,
    pub weight: i64,
    pub default: bool,
}

/// A merchant's shown texts of a kind, the weightiest first.
pub async fn texts(tx: &mut Tx, merchant: AccountId, kind: i64) -> Db<Vec<Text>> {
    let sql = "select title, keyword, content, weight, is_default from reply
               where owner_id = $1 and kind = $2 and shown = 1 order by weight desc, id limit 200";
    tx.all(sql, params![merchant, kind], |row| {
        Ok(Text {
            title: row.get("title")?,
            keyword: row.get("keyword")?,
            content: row.get("content")?,
            weight: row.get("weight")?,
            default: row.get("is_default")?,
        })
    })
    .await
}

/// What a desk knows of its conversation with a customer.
pub struct Session {
    pub friends: bool,
    /// When the customer was welcomed; 0: never.
    pub welcomed: Millis,
    /// When a person last spoke for the desk; 0: never.
    pub answered: Millis,
    /// The last place of the time when they were friends.
    pub parted: Seq,
}

/// The desk's side of a conversation, locked for this unit of work; `None` when the desk may not speak.
pub async fn session(
    tx: &mut Tx,
    id: ConversationId,
    seat: AccountId,
    customer: AccountId,
) -> Db<Option<Session>> {
    log::lock_by_name(tx, &direct_name(seat, customer)).await?;
    let sql = "select v.welcomed_ms, v.answered_ms, v.parted_seq, e.id as edge_id
               from membership v join account a on a.id = v.account_id and a.status = 1
                 left join edge e on e.owner_id = $2 and e.peer_id = $3
               where v.conversation_id = $1 and v.account_id = $2";
    tx.maybe(sql, params![id, seat, customer], |row| {
        Ok(Session {
            friends: row.get::<Option<i64>>("edge_id")?.is_some(),
            welcomed: row.get("welcomed_ms")?,
            answered: row.get("answered_ms")?,
            parted: row.get("parted_seq")?,
        })
    })
    .await
}

/// When the last message between two places was said.
pub async fn said_before(tx: &mut Tx, id: ConversationId, after: Seq, before: Seq) -> Db<Option<Millis>> {
    let sql =
        "select created_ms from message where conversation_id = $1 and seq > $2 and seq < $3 and kind = 0
               order by seq desc limit 1";
    tx.maybe(sql, params![id, after, before], |row| row.get("created_ms")).await
}

pub async fn set_welcomed(tx: &mut Tx, id: ConversationId, seat: AccountId, now: Millis) -> Db<()> {
    let sql = "update membership set welcomed_ms = $3 where conversation_id = $1 and account_id = $2";
    tx.run(sql, params![id, seat, now]).await.map(drop)
}

/// Lets both list the conversation, and be strangers who talk, whatever was between them.
pub async fn begin(tx: &mut Tx, id: ConversationId) -> Db<()> {
    let sql = "update membership set hidden_seq = null, opened = 1 where conversation_id = $1";
    tx.run(sql, params![id]).await.map(drop)
}

/// Whether the two have talked as strangers since they were last friends, or began to.
pub async fn begun(tx: &mut Tx, id: ConversationId, seat: AccountId) -> Db<bool> {
    let sql = "select v.id from membership v where v.conversation_id = $1 and v.account_id = $2
                 and (v.opened = 1 or exists (select m.seq from message m
                   where m.conversation_id = v.conversation_id and m.seq > v.parted_seq and m.kind < 2))";
    Ok(tx.maybe(sql, params![id, seat], |row| row.get::<i64>("id")).await?.is_some())
}

/// A merchant's enabled seats, each with how many customers were handed to it since then, and when last.
pub async fn seats(tx: &mut Tx, merchant: AccountId, since: Millis) -> Db<Vec<(AccountId, i64, Millis)>> {
    let sql = "select a.id, count(s.customer_id) as open, coalesce(max(s.assigned_ms), 0) as last
               from account a left join assignment s on s.seat_id = a.id and s.assigned_ms > $2
               where a.parent_id = $1 and a.status = 1 group by a.id order by a.id";
    let read = |row: &Row<'_>| Ok((row.get("id")?, row.get("open")?, row.get("last")?));
    tx.all(sql, params![merchant, since], read).await
}

/// The seat that a customer was handed to since then.
pub async fn seat_of(
    tx: &mut Tx,
    merchant: AccountId,
    customer: AccountId,
    since: Millis,
) -> Db<Option<AccountId>> {
    let sql = "select s.seat_id from assignment s join account a on a.id = s.seat_id and a.status = 1
               where s.merchant_id = $1 and s.customer_id = $2 and s.assigned_ms > $3";
    tx.maybe(sql, params![merchant, customer, since], |row| row.get("seat_id")).await
}

pub async fn assign(
    tx: &mut Tx,
    merchant: AccountId,
    customer: AccountId,
    seat: AccountId,
    now: Millis,
) -> Db<()> {
    let sql =
        "insert into assignment (merchant_id, customer_id, seat_id, assigned_ms) values ($1, $2, $3, $4)
               on conflict (merchant_id, customer_id) do update
                 set seat_id = excluded.seat_id, assigned_ms = excluded.assigned_ms";
    tx.run(sql, params![merchant, customer, seat, now]).await.map(drop)
}
