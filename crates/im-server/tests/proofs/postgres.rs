//! PostgreSQL itself is killed under a server that goes on.
use crate::{
    cluster::Cluster,
    server::{Options, repeat, until},
    town::{Store, Town},
};

/// Crashes of the cluster in one run.
const CRASHES: usize = 2;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_of_postgres_loses_nothing_and_needs_no_restart() {
    repeat(async || {
        let cluster = Cluster::start().await;
        let options = Options::postgres(&cluster.url).env("HONGYAN_DATABASE__CONNECTIONS", 8);
        let mut town = Town::settle(options, Store::Cluster(cluster)).await;
        let mut load = town.wake("").await;
        for _ in 0..CRASHES {
            load.acknowledged(100).await;
            let Store::Cluster(cluster) = &mut town.store else { unreachable!() };
            cluster.kill().await;
            load.refused(50).await;
            assert_eq!(town.server.status("/readyz").await, 503);
            assert_eq!(town.server.status("/healthz").await, 200);

            cluster.revive().await;
            load.acknowledged(100).await; // the pool finds it again by itself
            until("/readyz says yes", async || town.server.status("/readyz").await == 200).await;
        }
        // The sockets of before are still open, and everything acknowledged comes over them.
        town.rest(load).await;
        let refusals: Vec<_> = town.book.refusals().collect();
        assert!(refusals.iter().all(|refusal| *refusal == (500, "Internal Server Error")), "{refusals:?}");
        println!("{}", town.end().await);
    })
    .await;
}
