//! The table that a bench prints, and the same for programs.
use crate::{
    probe::{Process, Usage, flush},
    tally::{Spread, Verdict},
};
use serde::Serialize;
use std::path::Path;

/// A figure; bench/README.md lists them by name.
#[derive(Serialize)]
pub struct Figure {
    /// What was measured.
    pub name: String,
    /// How much.
    pub value: f64,
    /// Of what.
    pub unit: &'static str,
    /// What else was seen, in words.
    pub detail: String,
    /// Processor time of the server per message or copy, in microseconds.
    pub server_us: Option<f64>,
    /// The same of the generator.
    pub load_us: Option<f64>,
    /// From the intended sending to the acknowledgement.
    pub acked: Option<Spread>,
    /// From the intended sending to the last receiver.
    pub received: Option<Spread>,
    /// What became of the messages.
    pub verdict: Option<Verdict>,
    /// Whose memory is to be looked at.
    #[serde(skip)]
    pub server: Option<Process>,
}

impl Figure {
    /// A figure that stands for itself.
    pub fn plain(
        name: impl Into<String>,
        value: f64,
        unit: &'static str,
        detail: impl Into<String>,
    ) -> Figure {
        let (name, detail) = (name.into(), detail.into());
        let (server_us, load_us, acked, received, verdict, server) = Default::default();
        Figure { name, value, unit, detail, server_us, load_us, acked, received, verdict, server }
    }
}

/// A figure and its circumstances.
#[derive(Serialize)]
pub struct Row {
    #[serde(flatten)]
    figure: Figure,
    /// Memory of the server afterwards, in KiB; 0 where it was not looked at.
    server_rss_kib: u64,
    /// The most that it held, in KiB.
    server_peak_kib: u64,
    /// How long the disk took to flush 4 KiB just before.
    flush: Spread,
    /// SQLite or PostgreSQL.
    engine: &'static str,
}

/// A whole bench.
#[derive(Serialize)]
pub struct Report {
    /// Milliseconds since 1970 when it began.
    pub began_ms: u64,
    /// Cores, model and kernel.
    pub machine: String,
    /// Whether the server had a core for itself.
    pub pinned: bool,
    /// The figures.
    pub rows: Vec<Row>,
}

impl Report {
    /// Adds a figure and prints it at once: a bench takes minutes.
    pub fn add(&mut self, figure: Figure, flush: Spread, engine: &'static str) {
        let Usage { rss_kib, peak_kib, .. } = figure.server.map(Process::usage).unwrap_or_default();
        let row = Row { figure, server_rss_kib: rss_kib, server_peak_kib: peak_kib, flush, engine };
        println!("{row}");
        self.rows.push(row);
    }

    /// The names of the rows in which messages were refused, lost, repeated or confused.
    pub fn wrong(&self) -> Vec<&str> {
        let wrong = |figure: &&Figure| figure.verdict.as_ref().is_some_and(Verdict::is_wrong);
        self.rows.iter().map(|row| &row.figure).filter(wrong).map(|figure| figure.name.as_str()).collect()
    }
}

/// The head of the table.
pub fn head() -> String {
    format!(
        "{:<28} {:>8} {:<4} {:>9} {:>8} {:>12} {:>12}  {}",
        "figure", "value", "", "server µs", "load µs", "RSS/peak MiB", "flush 50/99", "detail"
    )
}

impl std::fmt::Display for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Figure { name, value, unit, detail, server_us, load_us, .. } = &self.figure;
        let cost = |us: &Option<f64>| us.map_or("–".into(), |us| format!("{us:.1}"));
        let memory = match self.server_peak_kib {
            0 => "–".into(),
            peak => format!("{}/{}", self.server_rss_kib / 1024, peak / 1024),
        };
        let digits = if *value < 10.0 { 2 } else { 0 };
        let (server_us, load_us) = (cost(server_us), cost(load_us));
        let flush = format!("{:.2}/{:.2}", self.flush.p50, self.flush.p99);
        write!(f, "{name:<28} {value:>8.digits$} {unit:<4} {server_us:>9} {load_us:>8} ")?;
        write!(f, "{memory:>12} {flush:>12}  {detail}")
    }
}

/// How long the disk takes to flush now; zeros when it cannot be found out.
pub fn flush_now(dir: &Path) -> Spread {
    flush(dir).unwrap_or_default()
}

/// What the figures were measured on.
pub fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let models: Vec<&str> = cpu.lines().filter_map(|line| line.strip_prefix("model name")).collect();
    let model =
        models.first().and_then(|line| line.split_once(':')).map_or("unknown", |(_, name)| name.trim());
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{} × {model}, Linux {}", models.len(), kernel.trim())
}
