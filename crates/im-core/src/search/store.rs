//! The SQL of searching. Here the engines differ: SQLite has FTS5, PostgreSQL text vectors under a GIN index.
use super::{
    Candidate,
    index::{Entry, Fence, Head, room, text},
    words::{Key, Question, Words},
};
use crate::{
    AccountId, ConversationId, Mid,
    history::store::{bytes, visible},
    messages::{Body, Notice, store::body_of},
};
use im_db::{Engine, Row, Tx, params};
use std::collections::HashMap;

type Db<T> = im_db::Result<T>;

/// Up to where the log was looked at, and its end.
pub async fn ends(tx: &mut Tx) -> Db<(Mid, Mid)> {
    let sql = "select p.mid as indexed, coalesce((select max(mid) from message), 0) as newest
               from search_progress p where p.id = 1";
    tx.one(sql, params![], |row| Ok((row.get("indexed")?, row.get("newest")?))).await
}

/// How far the index is, and where the log ends.
pub async fn head(tx: &mut Tx) -> Db<Head> {
    let sql = match tx.engine() {
        // One writer: whoever took a place has finished.
        Engine::Sqlite => {
            "select p.mid as indexed, coalesce((select max(mid) from message), 0) as newest, 0 as taken, 0 as oldest
             from search_progress p where p.id = 1"
        }
        // Whoever took a place took a number first, and all numbers taken so far are smaller than ours.
        Engine::Postgres => {
            "select p.mid as indexed, coalesce((select max(mid) from message), 0) as newest,
               case when coalesce((select max(mid) from message), 0) > p.mid
                 then cast(cast(pg_current_xact_id() as text) as bigint) else 0 end as taken,
               cast(cast(pg_snapshot_xmin(pg_current_snapshot()) as text) as bigint) as oldest
             from search_progress p where p.id = 1"
        }
    };
    tx.one(sql, params![], |row| {
        let end = Fence { mid: row.get("newest")?, taken: row.get("taken")? };
        Ok(Head { indexed: row.get("indexed")?, end, oldest: row.get("oldest")? })
    })
    .await
}

macro_rules! entry_columns {
    () => {
        "select m.mid, m.conversation_id, m.body, m.raw, coalesce(m.revoked_ms, m.deleted_ms) as gone_ms
         from message m where "
    };
}

fn read_entry(row: &Row<'_>) -> Db<Entry> {
    let mid: Mid = row.get("mid")?;
    let body = body_of(&row.get::<String>("body")?).unwrap_or_else(|error| {
        tracing::error!(mid = mid.0, %error, "a message that nobody can read is not in the search index");
        Body::Other(String::new())
    });
    Ok(Entry {
        mid,
        conversation: row.get("conversation_id")?,
        body,
        raw: row.get("raw")?,
        gone: row.get::<Option<i64>>("gone_ms")?.is_some(),
    })
}

/// Entries behind `from`, up to and with `upto`, in their order.
pub async fn entries(tx: &mut Tx, from: Mid, upto: Mid, limit: i64) -> Db<Vec<Entry>> {
    let sql = concat!(entry_columns!(), "m.mid > $1 and m.mid <= $2 order by m.mid limit $3");
    tx.all(sql, params![from, upto, limit], read_entry).await
}

/// The entries at these places.
pub async fn entries_at(tx: &mut Tx, mids: &[Mid]) -> Db<Vec<Entry>> {
    if mids.is_empty() {
        return Ok(Vec::new());
    }
    let sql = match tx.engine() {
        Engine::Sqlite => concat!(entry_columns!(), "m.mid in (select value from json_each($1))"),
        Engine::Postgres => concat!(
            entry_columns!(),
            "m.mid in (select cast(value as bigint)
               from json_array_elements_text(cast(cast($1 as text) as json)))"
        ),
    };
    tx.all(sql, params![&serde_json::json!(mids).to_string()], read_entry).await
}

/// Moves the progress, unless somebody else did meanwhile.
pub async fn progress(tx: &mut Tx, from: Mid, upto: Mid) -> Db<bool> {
    let sql = "update search_progress set mid = $2 where id = 1 and mid = $1";
    Ok(tx.run(sql, params![from, upto]).await? == 1)
}

/// Notes which words a message has, instead of those that were noted before.
pub async fn put(tx: &mut Tx, mid: Mid, words: &str) -> Db<()> {
    let sql = match tx.engine() {
        Engine::Sqlite => "insert or replace into message_words (rowid, words) values ($1, $2)",
        Engine::Postgres => {
            "insert into message_words (mid, words) values ($1, array_to_tsvector(string_to_array($2, ' ')))
             on conflict (mid) do update set words = excluded.words"
        }
    };
    tx.run(sql, params![mid, words]).await.map(drop)
}

/// Forgets the words of a message.
pub async fn remove(tx: &mut Tx, mid: Mid) -> Db<()> {
    let sql = match tx.engine() {
        Engine::Sqlite => "delete from message_words where rowid = $1",
        Engine::Postgres => "delete from message_words where mid = $1",
    };
    tx.run(sql, params![mid]).await.map(drop)
}

/// Conversations of an account, or the one that it asks for, if it is in it; those that spoke last come first.
pub async fn rooms(tx: &mut Tx, me: AccountId, within: Option<ConversationId>, limit: i64) -> Db<Vec<i64>> {
    let sql = "select c.id from membership v join conversation c on c.id = v.conversation_id
                 left join chat_group g on g.id = c.id
                 left join message l on l.conversation_id = c.id and l.seq = c.last_seq
               where v.account_id = $1 and v.state = 'active' and c.kind <> 'inbox' and coalesce(g.status, 1) <> 0
                 and c.id = coalesce(cast($2 as bigint), c.id)
               order by coalesce(l.mid, 0) desc limit $3";
    tx.all(sql, params![me, within, limit], |row| row.get("id")).await
}

/// That the account `$1` may see the message `m`.
macro_rules! seen {
    () => {
        concat!(
            "v.state = 'active' and c.kind <> 'inbox' and coalesce(g.status, 1) <> 0 and m.seq > v.cleared_seq
             and m.kind = 0 and m.revoked_ms is null and ",
            visible!("$1")
        )
    };
}

/// Behind `from … message m`: where it stands, as the account `$1` does. In this order, from the message on.
macro_rules! places {
    () => {
        "cross join membership v cross join conversation c left join chat_group g on g.id = c.id
         where v.conversation_id = m.conversation_id and v.account_id = $1 and c.id = m.conversation_id and "
    };
}

macro_rules! candidate_columns {
    () => {
        concat!("m.mid, m.conversation_id, ", bytes!(), " as bytes ")
    };
}

fn read_candidate(row: &Row<'_>) -> Db<Candidate> {
    let bytes = row.get::<i64>("bytes")? as usize;
    Ok(Candidate { mid: row.get("mid")?, conversation: row.get("conversation_id")?, bytes })
}

/// The words of these messages, of those that have some.
pub async fn words(tx: &mut Tx, mids: &[Mid]) -> Db<HashMap<Mid, Words>> {
    let sql = match tx.engine() {
        Engine::Sqlite => "select mid, body, raw from message where mid in (select value from json_each($1))",
        Engine::Postgres => {
            "select mid, body, raw from message where mid in (select cast(value as bigint)
               from json_array_elements_text(cast(cast($1 as text) as json)))"
        }
    };
    let read = |row: &Row<'_>| {
        let (body, raw): (String, Option<String>) = (row.get("body")?, row.get("raw")?);
        let text = body_of(&body).ok().and_then(|body| text(&body, raw.as_deref()));
        Ok((row.get("mid")?, text.map(|text| Words::of(&text))))
    };
    let all = tx.all(sql, params![&serde_json::json!(mids).to_string()], read).await?;
    Ok(all.into_iter().filter_map(|(mid, words)| Some((mid, words?))).collect())
}

/// What stands between `from` and `before` and is not in the index yet, newest first.
pub async fn tail(
    tx: &mut Tx,
    me: AccountId,
    within: Option<ConversationId>,
    from: Mid,
    before: Mid,
    limit: usize,
) -> Db<Vec<Candidate>> {
    let sql = concat!(
        "select ",
        candidate_columns!(),
        "from message m ",
        places!(),
        "m.mid > $3 and m.mid < $4 and m.conversation_id = coalesce(cast($2 as bigint), m.conversation_id) and ",
        seen!(),
        " order by m.mid desc limit $5"
    );
    tx.all(sql, params![me, within, from, before, limit as i64], read_candidate).await
}

/// What stands before `before` and was edited behind `from`.
pub async fn edited(
    tx: &mut Tx,
    me: AccountId,
    within: Option<ConversationId>,
    from: Mid,
    before: Mid,
    limit: usize,
) -> Db<Vec<Candidate>> {
    let sql = "select m.body from message m cross join membership v
               where v.conversation_id = m.conversation_id and v.account_id = $1 and v.state = 'active'
                 and m.mid > $3 and m.kind = 2 and m.body like '{\"notice\":{\"edited\"%'
                 and m.conversation_id = coalesce(cast($2 as bigint), m.conversation_id)
               order by m.mid desc limit $4";
    let params = params![me, within, from, limit as i64];
    let bodies = tx.all(sql, params, |row| body_of(&row.get::<String>("body")?)).await?;
    let changed = bodies.into_iter().filter_map(|body| match body {
        Body::Notice(Notice::Edited { mid, .. }) => Some(mid).filter(|mid| *mid < before),
        _ => None,
    });
    let changed: Vec<_> = changed.collect();
    if changed.is_empty() {
        return Ok(Vec::new());
    }
    macro_rules! edited {
        ($listed:literal) => {
            concat!(
                "select ",
                candidate_columns!(),
                "from message m ",
                places!(),
                "m.mid in ",
                $listed,
                " and ",
                seen!()
            )
        };
    }
    let sql = match tx.engine() {
        Engine::Sqlite => edited!("(select value from json_each($2))"),
        Engine::Postgres => edited!(
            "(select cast(value as bigint) from json_array_elements_text(cast(cast($2 as text) as json)))"
        ),
    };
    tx.all(sql, params![me, &serde_json::json!(changed).to_string()], read_candidate).await
}

/// What has, by the index, the keys of `question` in one of these rooms, before `before`, newest first.
pub async fn indexed_like(
    tx: &mut Tx,
    me: AccountId,
    question: &Question,
    rooms: &[i64],
    before: Mid,
    limit: usize,
) -> Db<Vec<Candidate>> {
    let (sql, wanted) = match tx.engine() {
        Engine::Sqlite => (
            concat!(
                "select ",
                candidate_columns!(),
                "from message_words cross join message m on m.mid = message_words.rowid ",
                places!(),
                "message_words match $2 and message_words.rowid < $3 and ",
                seen!(),
                " order by message_words.rowid desc limit $4"
            ),
            formula(question, rooms, [" OR ", " AND "], |key| {
                format!("\"{}\"{}", key.text, if key.open { " *" } else { "" })
            }),
        ),
        Engine::Postgres => (
            // What fits is found first: in the order of places, the planner would look at all there is.
            concat!(
                "with fitting as materialized (
                   select w.mid from message_words w where w.words @@ cast(cast($2 as text) as tsquery) and w.mid < $3
                 )
                 select ",
                candidate_columns!(),
                "from fitting join message m on m.mid = fitting.mid ",
                places!(),
                seen!(),
                " order by m.mid desc limit $4"
            ),
            formula(question, rooms, [" | ", " & "], |key| {
                format!("'{}'{}", key.text, if key.open { ":*" } else { "" })
            }),
        ),
    };
    tx.all(sql, params![me, &wanted, before, limit as i64], read_candidate).await
}

/// One of the rooms, and all keys, in the words of an engine. Rooms and keys are letters and digits.
fn formula(
    question: &Question,
    rooms: &[i64],
    [or, and]: [&str; 2],
    spell: impl Fn(&Key) -> String,
) -> String {
    let rooms = rooms.iter().map(|id| spell(&Key { text: room(*id), open: false }));
    let rooms = format!("({})", Vec::from_iter(rooms).join(or));
    let keys = question.keys();
    Vec::from_iter(std::iter::once(rooms).chain(keys.iter().map(spell))).join(and)
}
