//! Sockets that are open and silent: what each costs the server.
use crate::{
    Result, Target,
    crowd::Crowd,
    dialect::{self, Dialect},
    probe::{Process, Usage},
    scenario::group::quiet,
    tally::Audience,
};
use serde::Serialize;
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

/// Options of `idle`.
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    #[command(flatten)]
    target: Target,
    /// What the sockets speak.
    #[arg(long, value_enum, default_value_t)]
    dialect: Dialect,
    /// Sockets, each of a visitor of its own. `ulimit -n` must allow them, here and for the server.
    #[arg(long, default_value_t = 5_000)]
    sockets: usize,
}

/// What came out.
#[derive(Serialize)]
pub struct Outcome {
    /// Sockets open.
    pub sockets: usize,
    /// Seconds until all were open.
    pub connect_s: f64,
    /// Memory of the server for each socket, in KiB, without what the kernel keeps.
    pub kib_each: f64,
    /// The same for the second half of them: the first fill what other requests have left free.
    pub kib_each_later: f64,
    /// Memory of the server with all of them, in KiB.
    pub server_rss_kib: u64,
    /// Processor time of the server while nothing happens, in percent of a core.
    pub server_percent: f64,
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} idle sockets: open in {:.1} s; {:.1} KiB each, the second half {:.1}; {} MiB in all; {:.1} % of a core",
            self.sockets,
            self.connect_s,
            self.kib_each,
            self.kib_each_later,
            self.server_rss_kib / 1024,
            self.server_percent
        )
    }
}

/// Plays it against a running server.
pub async fn run(options: &Options) -> Result<Outcome> {
    play(options.target.address()?, options.dialect, options.sockets).await
}

/// Opens so many sockets and looks at the server.
pub async fn play(at: SocketAddr, dialect: Dialect, sockets: usize) -> Result<Outcome> {
    let server = Process::listening(at).ok_or("the server's process is not to be found")?;
    let people = dialect::visitors(at, dialect, sockets).await?;
    quiet(at).await;
    let before = server.usage();
    let mut crowd = Crowd::new(&people, Audience::One);
    let start = Instant::now();
    crowd.connect_some(at, &people, 0..sockets / 2, false).await?;
    let mut connect_s = start.elapsed().as_secs_f64();
    quiet(at).await;
    let (half, start) = (server.usage(), Instant::now());
    crowd.connect_some(at, &people, sockets / 2..sockets, false).await?;
    connect_s += start.elapsed().as_secs_f64();
    quiet(at).await;
    let (open, start) = (server.usage(), Instant::now());
    tokio::time::sleep(Duration::from_secs(5)).await;
    let busy_us = server.usage().cpu_us.saturating_sub(open.cpu_us);
    crowd.record.check()?;
    let growth = |from: Usage, sockets: usize| {
        open.rss_kib.saturating_sub(from.rss_kib) as f64 / sockets.max(1) as f64
    };
    Ok(Outcome {
        sockets,
        connect_s,
        kib_each: growth(before, sockets),
        kib_each_later: growth(half, sockets - sockets / 2),
        server_rss_kib: open.rss_kib,
        server_percent: busy_us as f64 / start.elapsed().as_secs_f64() / 1e4,
    })
}
