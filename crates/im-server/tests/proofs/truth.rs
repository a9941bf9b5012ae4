//! What the database holds, read past the server: what was really stored, and what is on record as
//! delivered.
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::Path,
};

/// An entry of the log.
#[derive(Clone, Debug)]
pub struct Entry {
    pub conversation: i64,
    pub seq: i64,
    pub sender: i64,
    /// What somebody wrote; none for a notice.
    pub text: Option<String>,
}

/// The log, and how far it was delivered.
pub struct Truth {
    /// By `mid`.
    pub log: Vec<Entry>,
    /// By conversation and account: everything up to the number has arrived, and these ranges.
    arrived: HashMap<(i64, i64), (i64, String)>,
}

const LOG: &str = "select conversation_id, seq, sender_id, body from message order by mid";
const CONVERSATIONS: &str = "select id, last_seq from conversation";
const ARRIVED: &str = "select conversation_id, account_id, delivered_seq, delivered_above from membership";

impl Truth {
    /// Reads an SQLite database, and has the engine check it.
    pub fn of_sqlite(file: &Path) -> Truth {
        // Read-only still recovers a WAL that a killed process left, but never writes it back.
        let conn = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        conn.busy_timeout(crate::server::PATIENCE).unwrap();
        let verdict: String = conn.query_row("pragma integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(verdict, "ok", "{}", file.display());
        // One snapshot for the three.
        conn.execute_batch("begin").unwrap();
        let log = rows(&conn, LOG, |row| {
            let body: String = row.get(3)?;
            Ok(entry(row.get(0)?, row.get(1)?, row.get(2)?, &body))
        });
        let last_seq = rows(&conn, CONVERSATIONS, |row| Ok((row.get(0)?, row.get(1)?)));
        let arrived =
            rows(&conn, ARRIVED, |row| Ok(((row.get(0)?, row.get(1)?), (row.get(2)?, row.get(3)?))));
        Truth::checked(log, last_seq, arrived)
    }

    /// Reads a PostgreSQL database.
    pub async fn of_postgres(url: &str) -> Truth {
        let mut client = connect(url).await;
        let one_snapshot = client.build_transaction().isolation_level(REPEATABLE_READ).start().await.unwrap();
        let log = one_snapshot.query(LOG, &[]).await.unwrap();
        let last_seq = one_snapshot.query(CONVERSATIONS, &[]).await.unwrap();
        let arrived = one_snapshot.query(ARRIVED, &[]).await.unwrap();
        Truth::checked(
            log.iter().map(|r| entry(r.get(0), r.get(1), r.get(2), r.get(3))).collect(),
            last_seq.iter().map(|r| (r.get(0), r.get(1))).collect(),
            arrived.iter().map(|r| ((r.get(0), r.get(1)), (r.get(2), r.get(3)))).collect(),
        )
    }

    /// The same, once it was seen that places have neither holes nor doubles.
    fn checked(
        log: Vec<Entry>,
        last_seq: Vec<(i64, i64)>,
        arrived: Vec<((i64, i64), (i64, String))>,
    ) -> Truth {
        let mut places: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
        for entry in &log {
            places.entry(entry.conversation).or_default().push(entry.seq);
        }
        for (conversation, last) in last_seq {
            let there = places.remove(&conversation).unwrap_or_default();
            // In the order of `mid`, so this also says that the two orders agree.
            assert!(there.iter().copied().eq(1..=last), "conversation {conversation}: {there:?} of {last}");
        }
        assert!(places.is_empty(), "entries of no conversation: {places:?}");
        Truth { log, arrived: arrived.into_iter().collect() }
    }

    /// What people wrote, oldest first.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.log.iter().filter_map(|entry| entry.text.as_deref())
    }

    /// What was written to `account`, split into what is on record as arrived and what still waits.
    pub fn told(&self, account: i64) -> (HashSet<&str>, Vec<&Entry>) {
        let (mut recorded, mut waiting) = (HashSet::new(), Vec::new());
        for entry in &self.log {
            let Some(text) = &entry.text else { continue };
            let Some((floor, above)) = self.arrived.get(&(entry.conversation, account)) else { continue };
            if entry.sender == account {
                continue;
            }
            if entry.seq <= *floor || within(above, entry.seq) {
                recorded.insert(text.as_str());
            } else {
                waiting.push(entry);
            }
        }
        (recorded, waiting)
    }

    /// The conversation of each text.
    pub fn places(&self) -> HashMap<&str, (i64, i64)> {
        let said = self.log.iter().filter_map(|e| Some((e.text.as_deref()?, (e.conversation, e.seq))));
        said.collect()
    }
}

const REPEATABLE_READ: tokio_postgres::IsolationLevel = tokio_postgres::IsolationLevel::RepeatableRead;

/// A connection of one's own.
pub async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

fn rows<T>(
    conn: &Connection,
    sql: &str,
    read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Vec<T> {
    let mut statement = conn.prepare(sql).unwrap();
    statement.query_map([], read).unwrap().map(Result::unwrap).collect()
}

fn entry(conversation: i64, seq: i64, sender: i64, body: &str) -> Entry {
    let body: Value = serde_json::from_str(body).unwrap();
    Entry { conversation, seq, sender, text: body["text"].as_str().map(str::to_owned) }
}

/// Whether `seq` lies in one of the ranges `7-9,12-12`.
fn within(ranges: &str, seq: i64) -> bool {
    ranges.split(',').filter_map(|range| range.split_once('-')).any(|(first, last)| {
        let number = |text: &str| text.parse::<i64>().unwrap();
        (number(first)..=number(last)).contains(&seq)
    })
}
