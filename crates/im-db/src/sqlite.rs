//! SQLite: one writer thread that gathers waiting units of work under one commit, and a few
//! reader threads.
use crate::{Error, Result, Tx, tx::Conn};
use futures_util::future::BoxFuture;
use rusqlite::{Connection, OpenFlags, config::DbConfig};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    thread,
    time::{Duration, Instant},
};
use tokio::sync::{Semaphore, mpsc, oneshot};

/// Units of work under one commit. A commit of 256 small units writes about as long as the disk
/// flushes; more would only make the first of them wait.
const BATCH: usize = 256;
/// Units of work that may wait for the writer, and for the readers; who comes later waits for a place.
const QUEUE: usize = 4096;
/// Snapshots that can be read at the same time.
const READERS: usize = 2;
/// Pages that the writer keeps: it changes the same ones again and again.
const WRITER_CACHE_KIB: i64 = 16 * 1024;
/// Pages that a reader keeps; the system's own cache stands behind it.
const READER_CACHE_KIB: i64 = 2 * 1024;
/// Statements prepared per connection: more than the product has.
const STATEMENTS: usize = 512;

/// One unit of work on its way to a thread. Returns what is to be done once the batch is on disk
/// (`Ok`) or lost (`Err`): run the hooks and answer the caller.
type Unit = Box<dyn FnOnce(&mut Tx) -> Outcome + Send>;

struct Outcome {
    keep: bool,
    finish: Box<dyn FnOnce(Result<()>) + Send>,
}

pub(crate) struct Sqlite {
    file: PathBuf,
    writer: mpsc::Sender<Unit>,
    readers: crossbeam_channel::Sender<Unit>,
    /// Places in the readers' queue.
    places: Arc<Semaphore>,
}

impl Sqlite {
    pub fn open(file: &Path) -> Result<Self> {
        let conn = connect(file, OpenFlags::default())?;
        // WAL is a property of the file. FULL: a commit returns after its WAL frames are flushed.
        conn.pragma_update(None, "journal_mode", "wal")?;
        conn.pragma_update(None, "synchronous", "full")?;
        conn.pragma_update(None, "foreign_keys", true)?;
        conn.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
        let (writer, units) = mpsc::channel(QUEUE);
        spawn("sqlite-writer", move || write_loop(Tx::new(Conn::Sqlite(conn)), units))?;

        let (readers, reads) = crossbeam_channel::bounded::<Unit>(QUEUE);
        for _ in 0..READERS {
            let conn = connect(file, OpenFlags::default())?;
            conn.pragma_update(None, "query_only", true)?;
            conn.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
            let reads = reads.clone();
            spawn("sqlite-reader", move || read_loop(Tx::new(Conn::Sqlite(conn)), reads))?;
        }
        Ok(Sqlite { file: file.to_owned(), writer, readers, places: Arc::new(Semaphore::new(QUEUE)) })
    }

    pub async fn write<T, E, F>(&self, unit: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        let (unit, answer) = pack(unit);
        self.writer.send(unit).await.map_err(|_| not_taken())?;
        answer.await.map_err(|_| not_taken())?
    }

    pub async fn read<T, E, F>(&self, unit: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        // A place in the queue, held until the unit ran, so that sending never blocks.
        let place = self.places.clone().acquire_owned().await.map_err(|_| not_taken())?;
        let (unit, answer) = pack(unit);
        let unit: Unit = Box::new(move |tx| {
            let _place = place;
            unit(tx)
        });
        self.readers.send(unit).map_err(|_| not_taken())?;
        answer.await.map_err(|_| not_taken())?
    }

    pub async fn backup(&self, target: &Path) -> Result<()> {
        if target.exists() {
            return Err(Error::Engine(format!("{} exists already", target.display())));
        }
        let (file, target) = (self.file.clone(), target.to_owned());
        let copy = move || -> Result<()> {
            let source = connect(&file, OpenFlags::default())?;
            Ok(source.execute("vacuum into ?1", [target.to_string_lossy()]).map(drop)?)
        };
        tokio::task::spawn_blocking(copy).await.map_err(|_| not_taken())?
    }
}

fn not_taken() -> Error {
    Error::Engine("the database did not take the work".into())
}

fn connect(file: &Path, flags: OpenFlags) -> Result<Connection> {
    let conn = Connection::open_with_flags(file, flags)?;
    conn.busy_timeout(Duration::from_secs(5))?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    // Plans do not depend on the values bound: otherwise queries near a partial index are compiled anew
    // whenever a value changes, which costs ten times the query.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.pragma_update(None, "temp_store", "memory")?;
    Ok(conn)
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<()> {
    let spawned = thread::Builder::new().name(name.into()).spawn(body);
    spawned.map(drop).map_err(|e| Error::Engine(format!("no thread for the database: {e}")))
}

/// Makes a closure that any thread can run out of a typed unit of work, and the place where its
/// answer will be.
fn pack<T, E, F>(unit: F) -> (Unit, oneshot::Receiver<Result<T, E>>)
where
    T: Send + 'static,
    E: From<Error> + Send + 'static,
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
{
    let (answer, answered) = oneshot::channel();
    let run = move |tx: &mut Tx| {
        let result = to_its_end(tx, unit);
        let hooks = tx.take_hooks();
        Outcome {
            keep: result.is_ok(),
            finish: Box::new(move |committed| {
                let result = committed.map_err(E::from).and(result);
                if result.is_ok() {
                    hooks.into_iter().for_each(|hook| hook());
                }
                let _ = answer.send(result); // a caller that went away needs no answer
            }),
        }
    };
    (Box::new(run), answered)
}

/// Polls a unit of work once. Every await in it is a statement on this very thread, so it is ready
/// at once; one that is not awaited something foreign.
fn to_its_end<T, E, F>(tx: &mut Tx, unit: F) -> Result<T, E>
where
    E: From<Error>,
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>>,
{
    let polled = catch_unwind(AssertUnwindSafe(|| {
        let mut future = pin!(unit(tx));
        future.as_mut().poll(&mut Context::from_waker(Waker::noop()))
    }));
    match polled {
        Ok(Poll::Ready(result)) => result,
        Ok(Poll::Pending) => Err(Error::Broken("it awaited something that is not its transaction").into()),
        Err(_) => Err(Error::Broken("it panicked").into()),
    }
}

fn write_loop(mut tx: Tx, mut units: mpsc::Receiver<Unit>) {
    while let Some(first) = units.blocking_recv() {
        let started = Instant::now();
        let mut finish = Vec::new();
        let committed = batch(&mut tx, first, &mut units, &mut finish);
        if let Err(e) = &committed {
            tracing::error!(error = %e, units = finish.len(), "commit failed; nothing of the batch was stored");
            let _ = statement(&mut tx, "rollback"); // the engine may have rolled back by itself
        }
        metrics::histogram!("hongyan_commit_seconds").record(started.elapsed());
        metrics::histogram!("hongyan_commit_units").record(finish.len() as f64);
        for done in finish {
            done(committed.as_ref().map(drop).map_err(|e| Error::Engine(e.to_string())));
        }
    }
}

/// Runs `first` and whatever waits behind it, each in a savepoint, and commits them together.
fn batch(
    tx: &mut Tx,
    first: Unit,
    units: &mut mpsc::Receiver<Unit>,
    finish: &mut Vec<Box<dyn FnOnce(Result<()>) + Send>>,
) -> Result<()> {
    statement(tx, "begin immediate")?; // a unit that is dropped unrun answers `not_taken`
    let mut next = Some(first);
    while let Some(unit) = next {
        statement(tx, "savepoint unit")?;
        let outcome = unit(tx);
        finish.push(outcome.finish);
        if !outcome.keep {
            statement(tx, "rollback to unit")?;
        }
        statement(tx, "release unit")?;
        next = if finish.len() < BATCH { units.try_recv().ok() } else { None };
    }
    statement(tx, "commit")
}

fn statement(tx: &mut Tx, sql: &'static str) -> Result<()> {
    match &mut tx.conn {
        Conn::Sqlite(conn) => Ok(conn.prepare_cached(sql)?.execute([]).map(drop)?),
        Conn::Postgres(_) => Err(Error::Broken("a PostgreSQL connection on a SQLite thread")),
    }
}

fn read_loop(mut tx: Tx, reads: crossbeam_channel::Receiver<Unit>) {
    while let Ok(unit) = reads.recv() {
        // A deferred transaction is the snapshot; it ends before the caller hears of it.
        let begun = statement(&mut tx, "begin");
        let outcome = unit(&mut tx);
        let ended = begun.and_then(|()| statement(&mut tx, "rollback"));
        (outcome.finish)(ended);
    }
}
