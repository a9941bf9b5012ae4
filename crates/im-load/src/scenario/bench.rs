//! Everything in short form, each on a fresh server: what `make bench` runs.
use crate::{
    Result,
    dialect::Dialect,
    probe::Process,
    report::{Figure, Report, flush_now, head, machine},
    scenario::{
        chat,
        group::{self, Speech},
        history, idle, overview, start, storm,
    },
    server::{Place, Setup, take_other_core},
    stage::{Round, Stage},
    tally::Spread,
};
use std::{
    path::{Path, PathBuf},
    time::{Duration, UNIX_EPOCH},
};

const SHORT: Duration = Duration::from_secs(5);
/// For rows beside which there is another of the same kind.
const SHORTER: Duration = Duration::from_secs(3);
/// Calls of each overview row.
const OVERVIEWS: usize = 50;

/// Options of `bench`.
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    #[command(flatten)]
    setup: Setup,
    /// Where the report goes.
    #[arg(long, default_value = "bench/latest.json")]
    out: PathBuf,
    /// Only these: start, chat, group, idle, storm, history, pop, overview, v1.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Sockets of the idle row.
    #[arg(long, default_value_t = 5_000)]
    sockets: usize,
    /// Clients of the storm row.
    #[arg(long, default_value_t = 2_000)]
    clients: usize,
    /// Millions of messages in the history rows.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(i64).range(1..=100))]
    millions: i64,
}

/// Runs it all and writes the report.
pub async fn run(options: &Options) -> Result<()> {
    let began_ms = u64::try_from(UNIX_EPOCH.elapsed()?.as_millis())?;
    let pinned = take_other_core().await;
    let report = Report { began_ms, machine: machine(), pinned, rows: Vec::new() };
    println!(
        "{}; {}{}",
        options.setup.engine(),
        report.machine,
        if pinned { "; server on core 0" } else { "" }
    );
    println!("{}", head());
    let mut bench = Bench { options, report, flush: Spread::default() };
    let wanted = |name: &str| options.only.is_empty() || options.only.iter().any(|only| only == name);
    if wanted("start") {
        bench.start().await?;
    }
    if wanted("chat") {
        bench.chat(Dialect::Egg).await?;
    }
    if wanted("group") {
        bench.group(Speech::Egg, 200).await?;
        bench.group(Speech::Egg, 2_000).await?;
    }
    if wanted("idle") {
        bench.idle(Dialect::Egg).await?;
    }
    if wanted("storm") {
        bench.storm().await?;
    }
    if wanted("history") && options.setup.postgres.is_none() {
        bench.history().await?;
    }
    if wanted("pop") {
        bench.chat(Dialect::Pop).await?;
        bench.group(Speech::Pop, 2_000).await?;
        bench.group(Speech::Mixed, 2_000).await?;
        bench.idle(Dialect::Pop).await?;
    }
    if wanted("v1") {
        bench.chat(Dialect::V1).await?;
        bench.group(Speech::V1, 2_000).await?;
        bench.idle(Dialect::V1).await?;
    }
    if wanted("overview") && options.setup.postgres.is_none() {
        bench.overview().await?;
    }
    write(&options.out, &bench.report)?;
    match bench.report.wrong() {
        rows if rows.is_empty() => Ok(()),
        rows => Err(format!("messages went wrong in: {}", rows.join(", ")).into()),
    }
}

fn write(path: &Path, report: &Report) -> Result<()> {
    std::fs::write(path, serde_json::to_string_pretty(report)? + "\n")?;
    println!("written to {}", path.display());
    Ok(())
}

struct Bench<'a> {
    options: &'a Options,
    report: Report,
    /// The disk's flush time before the scenario that is on.
    flush: Spread,
}

impl Bench<'_> {
    /// An empty place; the disk is looked at on the way.
    async fn place(&mut self) -> Result<Place> {
        let place = self.options.setup.place().await?;
        self.flush = flush_now(place.dir());
        Ok(place)
    }

    fn add(&mut self, figure: Figure) {
        self.report.add(figure, self.flush, self.options.setup.engine());
    }

    fn plain(&mut self, name: impl Into<String>, value: f64, unit: &'static str, detail: impl Into<String>) {
        self.add(Figure::plain(name, value, unit, detail));
    }

    fn round(&mut self, name: &str, round: Round, server: Option<Process>) {
        let Round { rate, acked, received, verdict, server_us, load_us, .. } = round;
        let detail = format!("acknowledged {acked}; received {received}; {verdict}");
        self.add(Figure {
            server_us: Some(server_us),
            load_us: Some(load_us),
            acked: Some(acked),
            received: Some(received),
            verdict: Some(verdict),
            server,
            ..Figure::plain(name, rate, "/s", detail)
        });
    }

    async fn start(&mut self) -> Result<()> {
        let place = self.place().await?;
        let (seconds, memory) = start::empty(&place).await?;
        let program = std::fs::metadata(&self.options.setup.server)?.len() / 1024 / 1024;
        self.plain("start empty", seconds, "s", "");
        self.plain("memory at start", memory as f64 / 1024.0, "MiB", format!("program {program} MiB"));
        let killed = start::killed(&place).await?;
        self.plain("start killed", killed, "s", "kill -9 under load, small database");
        Ok(())
    }

    /// The highest rate is not looked for in the pop dialect: that takes as long as all the rest of it.
    async fn chat(&mut self, dialect: Dialect) -> Result<()> {
        let place = self.place().await?;
        let server = place.start().await?;
        let process = Some(server.process());
        let of = prefix(dialect);
        let stage = Stage::set(server.at, dialect, 100, 8).await?;
        let length = if dialect == Dialect::Egg { SHORT } else { SHORTER };
        let round = stage.open_loop(5_000.0, length).await?;
        self.round(&format!("{of}chat at 5000/s"), round, process);
        let round = stage.closed_loop(64, length).await?;
        self.round(&format!("{of}chat 64 in flight"), round, process);
        if dialect == Dialect::Pop {
            return Ok(());
        }
        self.flush = flush_now(place.dir());
        match chat::sweep(&stage, SHORT).await {
            Ok(round) => self.round(&format!("{of}chat highest rate"), round, process),
            Err(error) => self.plain(format!("{of}chat highest rate"), 0.0, "/s", error.to_string()),
        }
        Ok(())
    }

    async fn group(&mut self, speech: Speech, members: usize) -> Result<()> {
        let place = self.place().await?;
        let server = place.start().await?;
        let length = if speech == Speech::Egg { SHORT } else { SHORTER };
        let outcome = group::play(server.at, speech, members, 8, length, 20).await?;
        let of = match speech {
            Speech::Egg => prefix(Dialect::Egg),
            Speech::Pop => prefix(Dialect::Pop),
            Speech::Mixed => "mixed ",
            Speech::V1 => prefix(Dialect::V1),
        };
        let detail = format!("last member {}; {}", outcome.busy, outcome.verdict);
        self.add(Figure {
            server_us: Some(outcome.server_us),
            load_us: Some(outcome.load_us),
            received: Some(outcome.busy),
            verdict: Some(outcome.verdict),
            server: Some(server.process()),
            ..Figure::plain(format!("{of}group {members} deliveries"), outcome.deliveries_per_s, "/s", detail)
        });
        let detail = format!("until the last member: {}", outcome.idle);
        let one = Figure::plain(format!("{of}group {members} one message"), outcome.idle.p99, "ms", detail);
        self.add(Figure { received: Some(outcome.idle), ..one });
        Ok(())
    }

    async fn idle(&mut self, dialect: Dialect) -> Result<()> {
        let place = self.place().await?;
        let server = place.start().await?;
        let outcome = idle::play(server.at, dialect, self.options.sockets).await?;
        let plain = Figure::plain(
            format!("{}idle socket", prefix(dialect)),
            outcome.kib_each,
            "KiB",
            outcome.to_string(),
        );
        self.add(Figure { server: Some(server.process()), ..plain });
        Ok(())
    }

    async fn storm(&mut self) -> Result<()> {
        let place = self.place().await?;
        let server = place.start().await?;
        let outcome = storm::play(server.at, self.options.clients, 20, 20).await?;
        let plain = Figure::plain("storm", outcome.done_s, "s", outcome.to_string());
        self.add(Figure { server: Some(server.process()), verdict: Some(outcome.verdict), ..plain });
        Ok(())
    }

    async fn history(&mut self) -> Result<()> {
        let place = self.place().await?;
        let outcome = history::play(&place, self.options.millions, Duration::from_secs(4)).await?;
        let full = format!("{} M", outcome.millions);
        self.round("history none, 2000/s", outcome.empty.open, None);
        self.round("history none, 64 in flight", outcome.empty.closed, None);
        self.round(&format!("history {full}, 2000/s"), outcome.full.open, None);
        self.round(&format!("history {full}, 64 in flight"), outcome.full.closed, None);
        self.flush = flush_now(place.dir());
        let seconds = start::again(&place).await?;
        self.plain(format!("start {full}"), seconds, "s", "");
        let seconds = start::killed(&place).await?;
        self.plain(format!("start {full} killed"), seconds, "s", "kill -9 under load");
        Ok(())
    }

    async fn overview(&mut self) -> Result<()> {
        let place = self.place().await?;
        let outcome = overview::play(&place, 500, 100, self.options.millions, OVERVIEWS).await?;
        for (unread, calls) in [("20", outcome.few), ("all", outcome.all)] {
            let detail = calls.to_string();
            let plain = Figure::plain(format!("overview, {unread} unread"), calls.took.p50, "ms", detail);
            self.add(Figure { server_us: Some(calls.server_ms * 1e3), acked: Some(calls.took), ..plain });
        }
        Ok(())
    }
}

/// What the names of a dialect's rows begin with.
fn prefix(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Egg => "",
        Dialect::Pop => "pop ",
        Dialect::V1 => "native ",
    }
}
