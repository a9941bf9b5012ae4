//! Pairs of registered friends: messages over HTTP, received on the friend's socket.
use crate::{
    Result, Target,
    dialect::Dialect,
    stage::{Round, Stage},
};
use serde::Serialize;
use std::time::Duration;

/// The 99th percentile above which a rate is too high, in milliseconds.
const TOLERABLE_MS: f64 = 100.0;
/// What no machine of today reaches.
const MOST: f64 = 200_000.0;

/// Options of `chat`.
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    #[command(flatten)]
    target: Target,
    /// What they speak. In pop the senders listen too, and are told what they said.
    #[arg(long, value_enum, default_value_t)]
    dialect: Dialect,
    /// Pairs of friends.
    #[arg(long, default_value_t = 100)]
    pairs: usize,
    /// Connections of each sender.
    #[arg(long, default_value_t = 8)]
    connections: usize,
    /// Seconds of a run, or of the confirmation at the end of a search.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Messages per second, at random moments, whether or not the server keeps up.
    #[arg(long, conflicts_with_all = ["sweep", "closed"])]
    rate: Option<f64>,
    /// Find the highest rate at which 99 of 100 messages are acknowledged and received within 100 ms.
    #[arg(long, conflicts_with = "closed")]
    sweep: bool,
    /// So many senders who each wait for the answer before the next message.
    #[arg(long)]
    closed: Option<usize>,
}

/// What came out.
#[derive(Serialize)]
pub struct Outcome {
    /// What was asked for.
    pub mode: &'static str,
    /// The figures.
    #[serde(flatten)]
    pub round: Round,
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.mode, self.round)
    }
}

/// Plays it against a running server.
pub async fn run(options: &Options) -> Result<Outcome> {
    let Options { dialect, pairs, connections, .. } = *options;
    let stage = Stage::set(options.target.address()?, dialect, pairs.max(1), connections.max(1)).await?;
    let length = Duration::from_secs(options.seconds);
    let (mode, round) = match (options.rate, options.closed) {
        (Some(rate), _) => ("open loop", stage.open_loop(rate.clamp(1.0, MOST), length).await?),
        (None, Some(in_flight)) => {
            ("closed loop", stage.closed_loop(in_flight.clamp(1, 5_000), length).await?)
        }
        (None, None) => ("highest rate", sweep(&stage, length).await?),
    };
    Ok(Outcome { mode, round })
}

/// Doubles the rate until it is too high, halves the difference, and confirms what it found.
pub async fn sweep(stage: &Stage, confirmation: Duration) -> Result<Round> {
    const STEP: Duration = Duration::from_secs(2);
    let (mut good, mut bad) = (0.0, 0.0);
    let mut rate = 1_000.0;
    while rate <= MOST && (bad == 0.0 || bad - good > bad * 0.05) {
        let round = attempt(stage, rate, STEP).await?;
        *(if round.is_within(TOLERABLE_MS) { &mut good } else { &mut bad }) = rate;
        rate = if bad == 0.0 { rate * 2.0 } else { (good + bad) / 2.0 };
        if bad > 0.0 && bad < 50.0 {
            return Err(format!("no rate holds: {}", round.verdict).into());
        }
    }
    // A rate that held for two seconds need not hold for longer: the log grows, pages are written back.
    for _ in 0..12 {
        let round = stage.open_loop(good, confirmation).await?;
        eprintln!("  {good:>7.0}/s to hold: {round}");
        if round.is_within(TOLERABLE_MS) {
            return Ok(round);
        }
        good *= 0.93;
    }
    Err("no rate holds".into())
}

/// A round at this rate; once more when it was slow, because something else on the machine may have been.
async fn attempt(stage: &Stage, rate: f64, length: Duration) -> Result<Round> {
    let mut again = true;
    loop {
        let round = stage.open_loop(rate, length).await?;
        eprintln!("  {rate:>7.0}/s offered: {round}");
        // Who did not even keep up needs no second chance.
        if round.is_within(TOLERABLE_MS) || round.rate < rate * 0.9 || !again {
            return Ok(round);
        }
        again = false;
    }
}
