//! The server is killed while people write.
use crate::{
    cluster::Cluster,
    server::{Options, repeat, soak},
    town::{Store, Town},
};
use rand::RngExt as _;

/// Kills of one server before the next begins on an empty database.
const SHORT: usize = 8;
const LONG: usize = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_loses_nothing_that_was_acknowledged() {
    kill(SHORT, async || (Options::default(), Store::File)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_loses_nothing_that_was_acknowledged_on_postgres() {
    kill(SHORT / 2, async || {
        let cluster = Cluster::start().await;
        (Options::postgres(&cluster.url), Store::Cluster(cluster))
    })
    .await;
}

/// Kills a server `short` times; in a soak longer, and then the next one.
async fn kill(short: usize, make: impl AsyncFn() -> (Options, Store)) {
    let kills = if soak().is_some() { LONG } else { short };
    repeat(async || {
        let (options, store) = make().await;
        let mut town = Town::settle(options, store).await;
        for _ in 0..kills {
            let mut load = town.wake("").await;
            load.acknowledged(rand::rng().random_range(1..300)).await;
            town.die(load).await;
        }
        println!("{kills} kills: {}", town.end().await);
    })
    .await;
}
