//! Does a message cost more when many were said before? The same rounds, before and after a fill.
use crate::{
    Result,
    dialect::Dialect,
    past,
    server::{Place, Setup, take_other_core},
    stage::{Round, Stage},
};
use serde::Serialize;
use std::time::Duration;

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
    let stage = Stage::set(server.at, Dialect::Egg, 100, 8).await?;
    let pairs = stage.pairs().to_vec();
    let empty = rounds(&stage, length).await?;
    drop(stage);
    server.stop().await?;

    let start = std::time::Instant::now();
    past::fill(place, millions).await?;
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
