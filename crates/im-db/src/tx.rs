//! A transaction, whichever engine runs it.
use crate::{
    Engine, Error, Result, Row, Value,
    turns::{self, Turn},
};
use deadpool_postgres::Client;
use futures_util::future::{join, join3};
use std::{cell::RefCell, collections::HashMap, hash::Hash};
use tokio_postgres::Row as PgRow;

type Hook = Box<dyn FnOnce() + Send>;

/// The transaction of one unit of work. Statements use `$1`, `$2` … and are prepared once per
/// connection.
pub struct Tx {
    pub(crate) conn: Conn,
    hooks: Vec<Hook>,
    turns: Vec<Turn>,
}

pub(crate) enum Conn {
    Sqlite(rusqlite::Connection),
    Postgres(Session),
}

/// A statement that answers one row at most; see [`Tx::two`].
pub struct Ask<'a, T, const N: usize> {
    /// The statement.
    pub sql: &'static str,
    /// Its parameters.
    pub params: [Value<'a>; N],
    /// How its row is read.
    pub read: fn(&Row<'_>) -> Result<T>,
}

type Plain<'a> = (&'static str, &'a [Value<'a>]);

/// A connection to PostgreSQL, and the transaction on it.
pub(crate) struct Session {
    pub client: Client,
    /// Not sent yet: it travels with the first statement, one trip for both.
    pub begin: Option<&'static str>,
}

impl Session {
    async fn rows(&mut self, sql: &'static str, params: &[Value<'_>]) -> Result<Vec<PgRow>> {
        let statement = self.client.prepare_cached(sql).await?;
        let (begin, params) = (self.begin.take(), refs(params));
        let (begun, rows) = join(self.begin(begin), self.client.query(&statement, &params)).await;
        begun?;
        Ok(rows?)
    }

    /// The rows of two statements that travel together.
    async fn rows_of_two(&mut self, first: Plain<'_>, second: Plain<'_>) -> Result<(Vec<PgRow>, Vec<PgRow>)> {
        let (a, b) =
            (self.client.prepare_cached(first.0).await?, self.client.prepare_cached(second.0).await?);
        let (begin, first, second) = (self.begin.take(), refs(first.1), refs(second.1));
        let queries = (self.client.query(&a, &first), self.client.query(&b, &second));
        let (begun, a, b) = join3(self.begin(begin), queries.0, queries.1).await;
        begun?;
        Ok((a?, b?))
    }

    async fn touched(&mut self, sql: &'static str, params: &[Value<'_>]) -> Result<u64> {
        let statement = self.client.prepare_cached(sql).await?;
        let (begin, params) = (self.begin.take(), refs(params));
        let (begun, touched) = join(self.begin(begin), self.client.execute(&statement, &params)).await;
        begun?;
        Ok(touched?)
    }

    async fn begin(&self, begin: Option<&'static str>) -> Result<()> {
        match begin {
            Some(begin) => Ok(self.client.batch_execute(begin).await?),
            None => Ok(()),
        }
    }

    async fn script(&mut self, sql: &str) -> Result<()> {
        let begin = self.begin.take();
        self.begin(begin).await?;
        Ok(self.client.batch_execute(sql).await?)
    }

    /// Ends the transaction, if it has begun.
    pub async fn end(&mut self, word: &str) -> Result<()> {
        if self.begin.is_some() { Ok(()) } else { Ok(self.client.batch_execute(word).await?) }
    }
}

impl Tx {
    pub(crate) fn new(conn: Conn) -> Self {
        Tx { conn, hooks: Vec::new(), turns: Vec::new() }
    }

    /// Waits until no other unit of work of this process holds `key`, and holds it until the hooks
    /// ran: hooks of units with the same key run in commit order. A unit takes the key before the
    /// rows that it stands for, and all units take their keys in one order, so that no two wait for
    /// each other.
    pub async fn turn(&mut self, key: impl Hash) {
        let key = turns::number(key);
        let held = self.turns.iter().any(|turn| turn.is_of(key));
        if let Conn::Postgres(_) = self.conn
            && !held
        {
            self.turns.push(turns::take(key).await);
        } // on SQLite there is one writer
    }

    /// The row, or `None` when there is none. Further rows are not looked at.
    pub async fn maybe<T>(
        &mut self,
        sql: &'static str,
        params: &[Value<'_>],
        read: impl Fn(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        match &mut self.conn {
            Conn::Sqlite(conn) => {
                let mut statement = conn.prepare_cached(numbered(sql))?;
                let mut rows = statement.query(rusqlite::params_from_iter(params))?;
                rows.next()?.map(|row| read(&Row::Sqlite(row))).transpose()
            }
            Conn::Postgres(session) => {
                let rows = session.rows(sql, params).await?;
                rows.first().map(|row| read(&Row::Postgres(row))).transpose()
            }
        }
    }

    /// The rows of two statements, the second run behind the first. On PostgreSQL they travel
    /// together, so this is for pairs that a busy path always needs.
    pub async fn two<A, B, const N: usize, const M: usize>(
        &mut self,
        first: Ask<'_, A, N>,
        second: Ask<'_, B, M>,
    ) -> Result<(Option<A>, Option<B>)> {
        if let Conn::Postgres(session) = &mut self.conn {
            let asked = session.rows_of_two((first.sql, &first.params), (second.sql, &second.params));
            let (a, b) = asked.await?;
            let a = a.first().map(|row| (first.read)(&Row::Postgres(row))).transpose()?;
            let b = b.first().map(|row| (second.read)(&Row::Postgres(row))).transpose()?;
            return Ok((a, b));
        }
        let a = self.maybe(first.sql, &first.params, first.read).await?;
        Ok((a, self.maybe(second.sql, &second.params, second.read).await?))
    }

    /// The row that must be there.
    ///
    /// # Errors
    /// [`Error::Missing`] when it is not.
    pub async fn one<T>(
        &mut self,
        sql: &'static str,
        params: &[Value<'_>],
        read: impl Fn(&Row<'_>) -> Result<T>,
    ) -> Result<T> {
        self.maybe(sql, params, read).await?.ok_or(Error::Missing)
    }

    /// All rows, in the order of the statement.
    pub async fn all<T>(
        &mut self,
        sql: &'static str,
        params: &[Value<'_>],
        read: impl Fn(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        match &mut self.conn {
            Conn::Sqlite(conn) => {
                let mut statement = conn.prepare_cached(numbered(sql))?;
                let mut rows = statement.query(rusqlite::params_from_iter(params))?;
                let mut all = Vec::new();
                while let Some(row) = rows.next()? {
                    all.push(read(&Row::Sqlite(row))?);
                }
                Ok(all)
            }
            Conn::Postgres(session) => {
                let rows = session.rows(sql, params).await?;
                rows.iter().map(|row| read(&Row::Postgres(row))).collect()
            }
        }
    }

    /// Runs a statement that answers no rows; returns how many rows it touched.
    pub async fn run(&mut self, sql: &'static str, params: &[Value<'_>]) -> Result<u64> {
        match &mut self.conn {
            Conn::Sqlite(conn) => {
                let mut statement = conn.prepare_cached(numbered(sql))?;
                Ok(statement.execute(rusqlite::params_from_iter(params))? as u64)
            }
            Conn::Postgres(session) => session.touched(sql, params).await,
        }
    }

    /// Runs several statements without parameters (migrations).
    pub(crate) async fn script(&mut self, sql: &str) -> Result<()> {
        match &mut self.conn {
            Conn::Sqlite(conn) => Ok(conn.execute_batch(sql)?),
            Conn::Postgres(session) => session.script(sql).await,
        }
    }

    /// Ends the transaction of a PostgreSQL connection with this word.
    pub(crate) async fn end(&mut self, word: &'static str) -> Result<()> {
        match &mut self.conn {
            Conn::Sqlite(_) => Err(Error::Broken("a SQLite transaction ends with its batch")),
            Conn::Postgres(session) => session.end(word).await,
        }
    }

    /// Runs `hook` once this unit of work is on disk, and never when it is not. Hooks run in commit
    /// order and must be quick: on SQLite the next commit waits for them.
    pub fn after_commit(&mut self, hook: impl FnOnce() + Send + 'static) {
        self.hooks.push(Box::new(hook));
    }

    pub(crate) fn take_hooks(&mut self) -> Vec<Hook> {
        std::mem::take(&mut self.hooks)
    }

    pub(crate) fn take_turns(&mut self) -> Vec<Turn> {
        std::mem::take(&mut self.turns)
    }

    /// Which engine runs this transaction.
    pub fn engine(&self) -> Engine {
        match &self.conn {
            Conn::Sqlite(_) => Engine::Sqlite,
            Conn::Postgres(_) => Engine::Postgres,
        }
    }
}

/// The statement with `?1` for `$1`: SQLite takes `$1` for a name and numbers names as they appear.
fn numbered(sql: &'static str) -> &'static str {
    thread_local! {
        static NUMBERED: RefCell<HashMap<(*const u8, usize), &'static str>> = RefCell::default();
    }
    NUMBERED.with_borrow_mut(|all| {
        // Statements are constants: each is rewritten, and kept, once per thread.
        *all.entry((sql.as_ptr(), sql.len()))
            .or_insert_with(|| Box::leak(sql.replace('$', "?").into_boxed_str()))
    })
}

fn refs<'a>(params: &'a [Value<'a>]) -> Vec<&'a (dyn tokio_postgres::types::ToSql + Sync)> {
    params.iter().map(|p| p as _).collect()
}

impl From<rusqlite::Error> for Error {
    fn from(e: rusqlite::Error) -> Self {
        use rusqlite::ffi::{SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE};
        match e.sqlite_error().map(|e| e.extended_code) {
            Some(SQLITE_CONSTRAINT_UNIQUE | SQLITE_CONSTRAINT_PRIMARYKEY) => Error::Exists,
            _ => Error::Engine(e.to_string()),
        }
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(e: tokio_postgres::Error) -> Self {
        match e.code() {
            Some(&tokio_postgres::error::SqlState::UNIQUE_VIOLATION) => Error::Exists,
            // The driver's own text is only "db error"; the cause names what happened.
            _ => Error::Engine(match e.as_db_error() {
                Some(cause) => cause.to_string(),
                None => e.to_string(),
            }),
        }
    }
}

impl From<deadpool_postgres::PoolError> for Error {
    fn from(e: deadpool_postgres::PoolError) -> Self {
        Error::Engine(e.to_string())
    }
}
