//! One SQL seam, two engines. Knows nothing of chat.
//!
//! A *unit of work* is a closure that gets a [`Tx`]. [`Db::write`] runs it in a transaction and
//! returns after its commit is durable; what it put into [`Tx::after_commit`] runs right after the
//! commit, in commit order, before the caller gets its answer. [`Db::read`] runs it on a snapshot.
//! Inside a unit of work nothing but its `Tx` may be awaited: on SQLite it runs to its end on the
//! writer's thread (see `docs/adr/0001-group-commit.md`).

mod migrate;
mod postgres;
mod row;
mod sqlite;
#[cfg(test)]
mod tests;
mod turns;
mod tx;
mod value;

use futures_util::future::BoxFuture;
use std::{path::Path, sync::Arc};

pub use row::{Column, Row};
pub use tx::{Ask, Tx};
pub use value::Value;

/// Why the database said no.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A unique index refused the row. On PostgreSQL the unit of work cannot go on after it.
    #[error("the row exists already")]
    Exists,
    /// The query promised a row and there was none.
    #[error("no such row")]
    Missing,
    /// The engine or the disk failed; nothing of the unit of work was stored.
    #[error("{0}")]
    Engine(String),
    /// A unit of work panicked or awaited something that is not its `Tx`.
    #[error("a unit of work broke its contract: {0}")]
    Broken(&'static str),
    /// The file was written by a newer version of the program.
    #[error("the database has schema {found}, this program knows {known}: start a newer hongyan")]
    Newer {
        /// Version found in the database.
        found: i64,
        /// Newest version that this program knows.
        known: i64,
    },
}

/// Result with [`enum@Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Which engine is under the seam; for the few statements that truly differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Embedded, one file.
    Sqlite,
    /// A server, for installations that outgrew one machine.
    Postgres,
}

/// A database. Cheap to clone.
#[derive(Clone)]
pub struct Db(Backend);

#[derive(Clone)]
enum Backend {
    Sqlite(Arc<sqlite::Sqlite>),
    Postgres(Arc<postgres::Postgres>),
}

/// One step of the schema, forward only. `{{id}}` in the text stands for the engine's growing key,
/// `{{log_id}}` for the cheaper one of a table whose rows are never deleted,
/// `{{blob}}` for its byte string. A line that begins with `{{sqlite}}` or `{{postgres}}` is for that engine
/// alone, where the two differ in what they have.
pub struct Migration {
    /// 1, 2, 3 …
    pub version: i64,
    /// Statements, separated by semicolons; the same text for both engines.
    pub sql: &'static str,
}

impl Db {
    /// Opens or creates the SQLite file.
    pub fn sqlite(file: &Path) -> Result<Self> {
        Ok(Db(Backend::Sqlite(Arc::new(sqlite::Sqlite::open(file)?))))
    }

    /// Connects to PostgreSQL: `postgres://user:password@host/database`, at most `connections` at once.
    pub async fn postgres(url: &str, connections: usize) -> Result<Self> {
        Ok(Db(Backend::Postgres(Arc::new(postgres::Postgres::connect(url, connections).await?))))
    }

    /// Brings the schema to the newest of `migrations`, each step in a transaction of its own.
    ///
    /// # Errors
    /// [`Error::Newer`] when the database is ahead of this program.
    pub async fn migrate(&self, migrations: &'static [Migration]) -> Result<()> {
        migrate::run(self, migrations).await
    }

    /// Runs a unit of work that may write, and returns after its commit is on disk. An `Err` of
    /// the unit of work takes everything back that it wrote.
    pub async fn write<T, E, F>(&self, unit: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        match &self.0 {
            Backend::Sqlite(db) => db.write(unit).await,
            Backend::Postgres(db) => db.write(unit).await,
        }
    }

    /// Runs a unit of work that only reads, on one snapshot.
    pub async fn read<T, E, F>(&self, unit: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        match &self.0 {
            Backend::Sqlite(db) => db.read(unit).await,
            Backend::Postgres(db) => db.read(unit).await,
        }
    }

    /// Which engine is under the seam.
    pub fn engine(&self) -> Engine {
        match &self.0 {
            Backend::Sqlite(_) => Engine::Sqlite,
            Backend::Postgres(_) => Engine::Postgres,
        }
    }

    /// Copies the whole SQLite database into a new file while others go on writing.
    ///
    /// # Errors
    /// [`Error::Engine`] when the target exists, or on PostgreSQL (use `pg_dump` there).
    pub async fn backup(&self, target: &Path) -> Result<()> {
        match &self.0 {
            Backend::Sqlite(db) => db.backup(target).await,
            Backend::Postgres(_) => Err(Error::Engine("back PostgreSQL up with pg_dump".into())),
        }
    }
}
