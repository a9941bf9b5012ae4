//! Does a message cost more when many were said before? The same rounds, before and after a fill.
use crate::{
    Result,
    server::{Place, Setup, take_other_core},
    stage::{Round, Stage},
};
use rusqlite::{Connection, params};
use serde::Serialize;
use std::{path::Path, time::Duration};

/// Conversations of people who are not online; half of the messages are theirs.
const OTHERS: i64 = 10_000;
/// The open loop's rate: far from the limit, so that the time of a single message shows.
const RATE: f64 = 2_000.0;
/// Clients in the closed loop.
const IN_FLIGHT: usize = 64;

/// Options of `history`.
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    #[command(flatten)]
    setup: Setup,
    /// Millions of messages that were said before.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(i64).range(1..=100))]
    millions: i64,
    /// Seconds of each round.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
}

/// The rounds on one state of the database.
#[derive(Serialize)]
pub struct Rounds {
    /// At a rate that is far from the limit.
    pub open: Round,
    /// As fast as answers come.
    pub closed: Round,
}

/// What came out.
#[derive(Serialize)]
pub struct Outcome {
    /// Millions of messages filled in.
    pub millions: i64,
    /// Seconds that the fill took.
    pub fill_s: f64,
    /// Seconds to ready on the full database.
    pub ready_s: f64,
    /// Before.
    pub empty: Rounds,
    /// After.
    pub full: Rounds,
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "empty, open loop:    {}", self.empty.open)?;
        writeln!(f, "empty, closed loop:  {}", self.empty.closed)?;
        let Outcome { millions, fill_s, ready_s, .. } = self;
        writeln!(f, "{millions} million messages filled in, {fill_s:.0} s; ready after {ready_s:.2} s")?;
        writeln!(f, "full, open loop:     {}", self.full.open)?;
        write!(f, "full, closed loop:   {}", self.full.closed)
    }
}

/// Plays it on a server of its own.
pub async fn run(options: &Options) -> Result<Outcome> {
    if options.setup.postgres.is_some() {
        return Err("a history is filled into SQLite only".into());
    }
    take_other_core().await;
    let place = options.setup.place().await?;
    play(&place, options.millions, Duration::from_secs(options.seconds)).await
}

/// Plays it at an empty place, which it leaves full.
pub async fn play(place: &Place, millions: i64, length: Duration) -> Result<Outcome> {
    let server = place.start().await?;
    let stage = Stage::set(server.at, 100, 8).await?;
    let pairs = stage.pairs().to_vec();
    let empty = rounds(&stage, length).await?;
    drop(stage);
    server.stop().await?;

    let start = std::time::Instant::now();
    fill(place, millions).await?;
    let fill_s = start.elapsed().as_secs_f64();

    let server = place.start().await?;
    let ready_s = server.ready_after.as_secs_f64();
    let stage = Stage::of(server.at, pairs, 8).await?;
    let full = rounds(&stage, length).await?;
    drop(stage);
    server.stop().await?;
    Ok(Outcome { millions, fill_s, ready_s, empty, full })
}

async fn rounds(stage: &Stage, length: Duration) -> Result<Rounds> {
    let open = stage.open_loop(RATE, length).await?;
    Ok(Rounds { open, closed: stage.closed_loop(IN_FLIGHT, length).await? })
}

/// Adds messages to the database of a server that does not run: half to the conversations that are
/// there, half to new ones. All of it has long been delivered.
pub async fn fill(place: &Place, millions: i64) -> Result<()> {
    let database = place.database();
    // On a thread of its own, so that the program can be stopped meanwhile.
    let filling = tokio::task::spawn_blocking(move || insert(&database, millions * 1_000_000));
    Ok(filling.await??)
}

/// In one transaction. `cross join` keeps SQLite from turning the joins round, which would take hours.
fn insert(database: &Path, messages: i64) -> rusqlite::Result<()> {
    let mut db = Connection::open(database)?;
    db.execute_batch("pragma synchronous = off; pragma cache_size = -500000; pragma foreign_keys = on;")?;
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
    tx.execute("create temp table old as select id from conversation where kind = 'direct'", [])?;
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
               (select min(account_id) from membership m where m.conversation_id = c.id) as sender
             from conversation c where c.kind = 'direct');
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
           select max(seq) from message where conversation_id = conversation.id) where kind = 'direct';
         update membership set delivered_above = '', delivered_seq = (
           select last_seq from conversation where id = membership.conversation_id)
         where conversation_id in (select id from conversation where kind = 'direct');",
    )?;
    tx.commit()?;
    // Flushed, so that the server's first flush does not wait for all of it.
    db.execute_batch("pragma synchronous = full; pragma wal_checkpoint(truncate)")?;
    Ok(())
}
