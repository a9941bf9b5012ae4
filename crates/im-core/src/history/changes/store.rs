//! The SQL of changes to what was said.
use crate::{
    AccountId, ConversationId, Mid, Millis, Seq,
    messages::{At, Body, Extra, store::body_of},
};
use im_db::{Row, Tx, params};

type Db<T> = im_db::Result<T>;

/// A message that somebody wants changed or gone.
pub struct Target {
    pub mid: Mid,
    pub seq: Seq,
    pub uuid: Vec<u8>,
    pub sender: AccountId,
    pub kind: i64,
    pub body: Body,
    pub extra: Extra,
    pub created_ms: Millis,
    pub revoked: bool,
    pub deleted: bool,
    /// Gone for the viewer alone.
    pub hidden: bool,
}

pub async fn target(tx: &mut Tx, id: ConversationId, at: At, viewer: AccountId) -> Db<Option<Target>> {
    macro_rules! target {
        ($at:literal) => {
            concat!(
                "select m.mid, m.seq, m.uuid, m.sender_id, m.kind, m.body, m.extra, m.created_ms, m.revoked_ms,
                   m.deleted_ms, h.seq as hidden, v.cleared_seq
                 from message m left join hidden_message h
                     on h.account_id = $3 and h.conversation_id = m.conversation_id and h.seq = m.seq
                   left join membership v on v.conversation_id = m.conversation_id and v.account_id = $3
                 where ",
                $at,
                " = $2 and m.conversation_id = $1 and m.kind < 2"
            )
        };
    }
    let sql = match at {
        At::Mid(_) => target!("m.mid"),
        At::Seq(_) => target!("m.seq"),
    };
    let some = |row: &Row<'_>, name| Ok::<_, im_db::Error>(row.get::<Option<i64>>(name)?.is_some());
    tx.maybe(sql, params![id, at.number(), viewer], |row| {
        let seq: Seq = row.get("seq")?;
        let cleared = row.get::<Option<i64>>("cleared_seq")?.is_some_and(|cleared| seq.0 <= cleared);
        Ok(Target {
            mid: row.get("mid")?,
            seq,
            uuid: row.get("uuid")?,
            sender: row.get("sender_id")?,
            kind: row.get("kind")?,
            body: body_of(&row.get::<String>("body")?)?,
            extra: Extra::of_text(row.get("extra")?),
            created_ms: row.get("created_ms")?,
            revoked: some(row, "revoked_ms")?,
            deleted: some(row, "deleted_ms")?,
            hidden: some(row, "hidden")? || cleared,
        })
    })
    .await
}

pub async fn hide(tx: &mut Tx, id: ConversationId, seq: Seq, me: AccountId) -> Db<()> {
    let sql = "insert into hidden_message (account_id, conversation_id, seq) values ($1, $2, $3)
               on conflict do nothing";
    tx.run(sql, params![me, id, seq]).await.map(drop)
}

pub async fn set_deleted(tx: &mut Tx, mid: Mid, now: Millis) -> Db<()> {
    tx.run("update message set deleted_ms = $2 where mid = $1", params![mid, now]).await.map(drop)
}

/// Replaces what a message says; what its dialect kept beside it said the old.
pub async fn set_body(tx: &mut Tx, mid: Mid, body: &Body, change: Seq, now: Millis) -> crate::Result<()> {
    let sql = "update message set body = $2, raw = null, changed_seq = $3, edited_ms = $4 where mid = $1";
    let body = serde_json::to_string(body).map_err(crate::Error::internal)?;
    Ok(tx.run(sql, params![mid, &body, change, now]).await.map(drop)?)
}

/// The emoji at a message, as somebody stands who wants to put one there.
pub struct Reacted {
    /// Different ones.
    pub kinds: i64,
    /// Of this account.
    pub own: i64,
    /// Whether this one is there, put by whomever.
    pub known: bool,
    /// Whether this account has put it there.
    pub done: bool,
}

pub async fn reacted(tx: &mut Tx, mid: Mid, account: AccountId, emoji: &str) -> Db<Reacted> {
    let sql = "select count(distinct emoji) as kinds, count(case when account_id = $2 then 1 end) as own,
                 count(case when emoji = $3 then 1 end) as known,
                 count(case when account_id = $2 and emoji = $3 then 1 end) as done
               from reaction where mid = $1";
    tx.one(sql, params![mid, account, emoji], |row| {
        Ok(Reacted {
            kinds: row.get("kinds")?,
            own: row.get("own")?,
            known: row.get("known")?,
            done: row.get("done")?,
        })
    })
    .await
}

/// Puts an emoji to a message. It stands with those of its kind, which stand where the first of them came.
pub async fn react(tx: &mut Tx, mid: Mid, account: AccountId, emoji: &str, change: Seq) -> Db<()> {
    let sql = "insert into reaction (mid, account_id, emoji, seq, emoji_seq)
               values ($1, $2, $3, $4, coalesce(
                 (select min(r.emoji_seq) from reaction r where r.mid = $1 and r.emoji = $3), cast($4 as bigint)))";
    tx.run(sql, params![mid, account, emoji, change]).await.map(drop)
}

pub async fn unreact(tx: &mut Tx, mid: Mid, account: AccountId, emoji: &str) -> Db<()> {
    let sql = "delete from reaction where mid = $1 and account_id = $2 and emoji = $3";
    tx.run(sql, params![mid, account, emoji]).await.map(drop)
}
