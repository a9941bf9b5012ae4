//! How long until the server is ready: with nothing, with much, and after it was killed at work.
use crate::{
    Result,
    dialect::Dialect,
    past,
    server::{Place, Setup},
    stage::Stage,
};
use serde::Serialize;
use std::time::Duration;

/// Options of `start`.
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    #[command(flatten)]
    setup: Setup,
    /// Millions of messages in the full database; 0: leave that out, as always on PostgreSQL.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(i64).range(0..=100))]
    millions: i64,
}

/// What came out.
#[derive(Serialize)]
pub struct Outcome {
    /// Seconds to ready with an empty database.
    pub empty_s: f64,
    /// Memory then, in KiB.
    pub empty_rss_kib: u64,
    /// Size of the program's file, in KiB.
    pub program_kib: u64,
    /// Seconds to ready with a full database.
    pub full_s: Option<f64>,
    /// Seconds to ready after `kill -9` under load, on the same database.
    pub killed_s: f64,
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mib = |kib: u64| kib as f64 / 1024.0;
        write!(f, "ready after {:.3} s with {:.0} MiB ", self.empty_s, mib(self.empty_rss_kib))?;
        write!(f, "(program {:.0} MiB)", mib(self.program_kib))?;
        self.full_s.map_or(Ok(()), |full| write!(f, "; full {full:.3} s"))?;
        write!(f, "; killed under load {:.3} s", self.killed_s)
    }
}

/// Plays it on servers of its own.
pub async fn run(options: &Options) -> Result<Outcome> {
    let place = options.setup.place().await?;
    let (empty_s, empty_rss_kib) = empty(&place).await?;
    let full_s = match options.millions {
        0 => None,
        _ if options.setup.postgres.is_some() => None,
        millions => {
            past::fill(&place, millions).await?;
            Some(again(&place).await?)
        }
    };
    let killed_s = killed(&place).await?;
    let program_kib = std::fs::metadata(&options.setup.server)?.len() / 1024;
    Ok(Outcome { empty_s, empty_rss_kib, program_kib, full_s, killed_s })
}

/// The first start, with a pair of friends left behind: seconds to ready, and KiB of memory then.
pub async fn empty(place: &Place) -> Result<(f64, u64)> {
    let server = place.start().await?;
    let memory = server.process().usage().rss_kib;
    let seconds = server.ready_after.as_secs_f64();
    drop(Stage::set(server.at, Dialect::Egg, 1, 1).await?);
    server.stop().await?;
    Ok((seconds, memory))
}

/// Starts and stops: seconds to ready.
pub async fn again(place: &Place) -> Result<f64> {
    let server = place.start().await?;
    let seconds = server.ready_after.as_secs_f64();
    server.stop().await?;
    Ok(seconds)
}

/// Kills the server under load and starts it again: seconds to ready.
pub async fn killed(place: &Place) -> Result<f64> {
    let server = place.start().await?;
    let stage = Stage::set(server.at, Dialect::Egg, 20, 2).await?;
    let load = stage.closed_loop(40, Duration::from_secs(2));
    let kill = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        server.kill().await
    };
    let (killed, _) = tokio::join!(kill, load); // the load fails, as it must
    killed?;
    drop(stage);
    again(place).await
}
