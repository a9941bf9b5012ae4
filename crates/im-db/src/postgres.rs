//! PostgreSQL: a pool of connections, a transaction per unit of work. The server gathers commits
//! by itself.
use crate::{
    Error, Result, Tx,
    tx::{Conn, Session},
};
use deadpool_postgres::{ManagerConfig, Pool, RecyclingMethod, Runtime};
use futures_util::future::BoxFuture;
use std::time::Duration;
use tokio_postgres::{Config, NoTls};

/// How long to wait for a connection, or for a silent server.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a lock may be waited for, and a transaction stand still.
const TIMEOUTS: &str = "-c lock_timeout=20s -c idle_in_transaction_session_timeout=20s";

pub(crate) struct Postgres {
    pool: Pool,
}

impl Postgres {
    pub async fn connect(url: &str, connections: usize) -> Result<Self> {
        let mut config: Config = url.parse()?;
        // A server that vanished is noticed in seconds, unless the address says otherwise.
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(PATIENCE);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(PATIENCE);
        }
        // Whoever waits for ever inside of a transaction holds up all others: it is ended, and they go on.
        let options = config.get_options().unwrap_or_default();
        let options = format!("{TIMEOUTS} {options}"); // what the address says comes last, and counts
        config.options(options.trim_end());
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = deadpool_postgres::Manager::from_config(config, NoTls, recycling);
        let pool = Pool::builder(manager)
            .max_size(connections.max(1))
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(PATIENCE))
            .create_timeout(Some(PATIENCE))
            .build()
            .map_err(|e| Error::Engine(e.to_string()))?;
        let _first = pool.get().await?; // a wrong address is said at start, not at the first request
        Ok(Postgres { pool })
    }

    /// The unit of work runs to its end even when its caller goes away: what is committed is told.
    pub async fn write<T, E, F>(&self, unit: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        let running = tokio::spawn(run(self.pool.clone(), "begin", unit));
        running.await.unwrap_or_else(|_| Err(Error::Broken("it panicked").into()))
    }

    pub async fn read<T, E, F>(&self, unit: F) -> Result<T, E>
    where
        E: From<Error>,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>>,
    {
        run(self.pool.clone(), "begin isolation level repeatable read read only", unit).await
    }
}

async fn run<T, E, F>(pool: Pool, begin: &'static str, unit: F) -> Result<T, E>
where
    E: From<Error>,
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>>,
{
    let client = pool.get().await.map_err(Error::from)?;
    let mut work = Unfinished(Some(Tx::new(Conn::Postgres(Session { client, begin: Some(begin) }))));
    let tx = work.0.as_mut().ok_or(Error::Broken("a transaction vanished"))?;
    let result = unit(tx).await;
    tx.end(if result.is_ok() { "commit" } else { "rollback" }).await?;
    let (hooks, turns) = (tx.take_hooks(), tx.take_turns());
    // Only now may the connection go back to the pool.
    if let Some(Tx { conn: Conn::Postgres(session), .. }) = work.0.take() {
        drop(session.client);
    }
    if result.is_ok() {
        hooks.into_iter().for_each(|hook| hook());
    }
    drop(turns);
    result
}

/// A transaction in the middle. When the caller goes away there (a cancelled request), its
/// connection is closed and not given to the next one with the transaction still open.
struct Unfinished(Option<Tx>);

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(Tx { conn: Conn::Postgres(session), .. }) = self.0.take() {
            drop(deadpool_postgres::Object::take(session.client));
        }
    }
}
