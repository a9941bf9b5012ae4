//! The SQL of the log as its readers find it.
use super::{Line, Reaction, Since, quoted::opening};
use crate::{
    AccountId, ConversationId, Mid, Millis, Seq,
    accounts::display,
    conversations::Delivered,
    history::store::bytes,
    messages::{Body, Extra, Face, Message, Notice, Quoted, store::body_of},
};
use im_db::{Engine, Row, Tx, params};
use std::collections::HashMap;
use uuid::Uuid;

type Db<T> = im_db::Result<T>;

/// As SQL: the numbers in the JSON array `$list`.
macro_rules! listed {
    (sqlite $list:literal) => {
        concat!("(select value from json_each(", $list, "))")
    };
    (postgres $list:literal) => {
        concat!(
            "(select cast(value as bigint) from json_array_elements_text(cast(cast(",
            $list,
            " as text) as json)))"
        )
    };
}

/// The entries that `$entries` names, as the account $1 finds them.
macro_rules! lines {
    ($($entries:expr),+) => {
        concat!(
            "select m.mid, m.uuid, m.conversation_id, m.seq, m.sender_id, m.body, m.raw, m.created_ms, m.revoked_ms,
               m.deleted_ms, m.client_id, m.edited_ms, m.changed_seq, m.extra, h.seq as hidden, me.cleared_seq,
               coalesce(s.uuid, '') as s_uuid, coalesce(s.username, '') as s_username,
               coalesce(s.nickname, '') as s_nickname, coalesce(s.avatar, '') as s_avatar,
               coalesce(s.role, 'user') as s_role,
               coalesce(v.nickname, '') as v_nickname, coalesce(v.avatar, '') as v_avatar,
               q.mid as q_mid, q.seq as q_seq, q.sender_id as q_sender, substr(q.body, 1, 4096) as q_body,
               case when octet_length(q.raw) <= 4096 then q.raw end as q_raw,
               coalesce(q.revoked_ms, q.deleted_ms, qh.seq) as q_gone
             from message m
               left join account s on s.id = m.sender_id
               left join membership v on v.conversation_id = m.conversation_id and v.account_id = m.sender_id
               left join membership me on me.conversation_id = m.conversation_id and me.account_id = $1
               left join hidden_message h
                 on h.account_id = $1 and h.conversation_id = m.conversation_id and h.seq = m.seq
               left join message q on q.mid = m.quote_mid and q.conversation_id = m.conversation_id
               left join hidden_message qh
                 on qh.account_id = $1 and qh.conversation_id = q.conversation_id and qh.seq = q.seq
             where ",
            $($entries),+
        )
    };
}

/// How large an entry is.
pub struct Size {
    pub seq: Seq,
    /// About so many bytes.
    pub bytes: usize,
    /// The message whose text it brings as well.
    pub edited: Option<Mid>,
}

/// How large the entries from `first` to `last` are, ascending; nothing of them is read.
pub async fn sizes(tx: &mut Tx, id: ConversationId, first: Seq, last: Seq) -> Db<Vec<Size>> {
    let sql = concat!(
        "select m.seq, ",
        bytes!(),
        " as bytes, case when m.kind = 2 and m.body like '{\"notice\":{\"edited\"%' then m.body end as edit
         from message m where m.conversation_id = $1 and m.seq between $2 and $3 order by m.seq"
    );
    tx.all(sql, params![id, first, last], |row| {
        let edited = match row.get::<Option<String>>("edit")?.as_deref().map(body_of).transpose()? {
            Some(Body::Notice(Notice::Edited { mid, .. })) => Some(mid),
            _ => None,
        };
        Ok(Size { seq: row.get("seq")?, bytes: row.get::<i64>("bytes")? as usize, edited })
    })
    .await
}

/// How many bytes these entries say.
pub async fn said_bytes(tx: &mut Tx, mids: &[Mid]) -> Db<HashMap<Mid, usize>> {
    macro_rules! said_bytes {
        ($($mids:expr),+) => {
            concat!("select mid, cast(octet_length(body) as bigint) as bytes from message where mid in ", $($mids),+)
        };
    }
    let sql = match tx.engine() {
        Engine::Sqlite => said_bytes!(listed!(sqlite "$1")),
        Engine::Postgres => said_bytes!(listed!(postgres "$1")),
    };
    let read = |row: &Row<'_>| Ok((row.get("mid")?, row.get::<i64>("bytes")? as usize));
    Ok(tx.all(sql, params![&serde_json::json!(mids).to_string()], read).await?.into_iter().collect())
}

/// The places from `first` to `last`, ascending.
pub async fn range(
    tx: &mut Tx,
    viewer: AccountId,
    id: ConversationId,
    first: Seq,
    last: Seq,
) -> Db<Vec<Line>> {
    let sql = lines!("m.conversation_id = $2 and m.seq between $3 and $4 order by m.seq");
    tx.all(sql, params![viewer, id, first, last], read_line).await
}

/// These entries, in no order.
pub async fn by_mids(tx: &mut Tx, viewer: AccountId, mids: &[Mid]) -> Db<Vec<Line>> {
    let sql = match tx.engine() {
        Engine::Sqlite => lines!("m.mid in ", listed!(sqlite "$2")),
        Engine::Postgres => lines!("m.mid in ", listed!(postgres "$2")),
    };
    tx.all(sql, params![viewer, &serde_json::json!(mids).to_string()], read_line).await
}

/// The entries at these places, ascending.
pub async fn by_seqs(tx: &mut Tx, viewer: AccountId, id: ConversationId, seqs: &[Seq]) -> Db<Vec<Line>> {
    let sql = match tx.engine() {
        Engine::Sqlite => {
            lines!("m.conversation_id = $2 and m.seq in ", listed!(sqlite "$3"), " order by m.seq")
        }
        Engine::Postgres => {
            lines!("m.conversation_id = $2 and m.seq in ", listed!(postgres "$3"), " order by m.seq")
        }
    };
    tx.all(sql, params![viewer, id, &serde_json::json!(seqs).to_string()], read_line).await
}

fn read_line(row: &Row<'_>) -> Db<Line> {
    let some = |name: &str| Ok::<_, im_db::Error>(row.get::<Option<i64>>(name)?.is_some());
    let cleared: i64 = row.get::<Option<i64>>("cleared_seq")?.unwrap_or_default();
    let (seq, sender): (Seq, AccountId) = (row.get("seq")?, row.get("sender_id")?);
    let gone = some("deleted_ms")? || some("hidden")? || seq.0 <= cleared;
    let revoked = some("revoked_ms")?;
    let shown = !gone && !revoked;
    let body = if shown { body_of(&row.get::<String>("body")?)? } else { Body::Other(String::new()) };
    Ok(Line {
        message: Message {
            mid: row.get("mid")?,
            uuid: Uuid::from_slice(&row.get::<Vec<u8>>("uuid")?).unwrap_or_default(),
            conversation: row.get("conversation_id")?,
            seq,
            sender,
            body,
            raw: if shown { row.get("raw")? } else { None },
            created_ms: row.get("created_ms")?,
            client_id: row.get("client_id")?,
            extra: if shown { Extra::of_text(row.get("extra")?) } else { Extra::default() },
        },
        sender: sender_of(row, sender)?,
        quote: if shown { quote_of(row, cleared)? } else { None },
        since: Since {
            gone,
            revoked,
            edited_ms: row.get::<Option<i64>>("edited_ms")?.map(Millis),
            changed: row.get("changed_seq")?,
            reactions: Vec::new(),
        },
    })
}

fn sender_of(row: &Row<'_>, id: AccountId) -> Db<Face> {
    let or = |here: String, everywhere: String| if here.is_empty() { everywhere } else { here };
    let (username, nickname): (String, String) = (row.get("s_username")?, row.get("s_nickname")?);
    Ok(Face {
        id,
        uuid: row.get("s_uuid")?,
        role: row.get("s_role")?,
        name: or(row.get("v_nickname")?, display(&nickname, &username).to_owned()),
        avatar: or(row.get("v_avatar")?, row.get("s_avatar")?),
        desk: None,
    })
}

fn quote_of(row: &Row<'_>, cleared: i64) -> Db<Option<Quoted>> {
    let Some(mid) = row.get::<Option<i64>>("q_mid")?.map(Mid) else { return Ok(None) };
    let (seq, sender) = (row.get::<Option<i64>>("q_seq")?, row.get::<Option<i64>>("q_sender")?);
    let seq = seq.unwrap_or_default();
    let gone = seq <= cleared || row.get::<Option<i64>>("q_gone")?.is_some();
    let said = match row.get::<Option<String>>("q_body")?.filter(|_| !gone) {
        Some(body) => Some((opening(&body), row.get("q_raw")?)),
        None => None,
    };
    Ok(Some(Quoted { mid, seq: Seq(seq), sender: AccountId(sender.unwrap_or_default()), said }))
}

/// The emoji at these messages, in the order in which they came.
pub async fn reactions(tx: &mut Tx, mids: &[Mid]) -> Db<HashMap<Mid, Vec<Reaction>>> {
    macro_rules! reactions {
        ($($mids:expr),+) => {
            concat!(
                "select mid, emoji, account_id from reaction where mid in ",
                $($mids),+,
                " order by mid, emoji_seq, seq"
            )
        };
    }
    let sql = match tx.engine() {
        Engine::Sqlite => reactions!(listed!(sqlite "$1")),
        Engine::Postgres => reactions!(listed!(postgres "$1")),
    };
    let read = |row: &Row<'_>| Ok((row.get("mid")?, row.get::<String>("emoji")?, row.get("account_id")?));
    let mut all: HashMap<Mid, Vec<Reaction>> = HashMap::new();
    for (mid, emoji, account) in tx.all(sql, params![&serde_json::json!(mids).to_string()], read).await? {
        let here = all.entry(mid).or_default();
        match here.iter_mut().find(|reaction| reaction.emoji == emoji) {
            Some(reaction) => reaction.accounts.push(account),
            None => here.push(Reaction { emoji, accounts: vec![account] }),
        }
    }
    Ok(all)
}

/// The newest place of a conversation that `viewer` may read, and up to where it cleared it.
pub async fn extent(tx: &mut Tx, id: ConversationId, viewer: AccountId) -> Db<Option<(Seq, Seq)>> {
    let sql = "select c.last_seq, v.cleared_seq from conversation c
                 join membership v on v.conversation_id = c.id and v.account_id = $2 and v.state = 'active'
                 left join chat_group g on g.id = c.id
               where c.id = $1 and coalesce(g.status, 1) <> 0";
    tx.maybe(sql, params![id, viewer], |row| Ok((row.get("last_seq")?, row.get("cleared_seq")?))).await
}

/// What arrived at another member, and what it has seen.
pub struct Arrived {
    pub account: AccountId,
    pub delivered: Delivered,
    pub acked: Seq,
    pub read: Seq,
}

/// The members beside the sender of a message who were there when it was said.
pub async fn arrived(tx: &mut Tx, id: ConversationId, sender: AccountId, said: Millis) -> Db<Vec<Arrived>> {
    let sql = "select account_id, delivered_seq, delivered_above, acked_seq, read_seq from membership
               where conversation_id = $1 and account_id <> $2 and state = 'active' and created_ms <= $3
               order by account_id";
    tx.all(sql, params![id, sender, said], |row| {
        Ok(Arrived {
            account: row.get("account_id")?,
            delivered: Delivered::parse(row.get("delivered_seq")?, &row.get::<String>("delivered_above")?),
            acked: row.get("acked_seq")?,
            read: row.get("read_seq")?,
        })
    })
    .await
}
