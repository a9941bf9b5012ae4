//! `hongyan-load`: many clients at once, against a server on the same machine.
//!
//! It runs on one thread and takes one core, so that the server has the other to itself, and it costs
//! less than the server does.
mod crowd;
mod dialect;
mod letter;
mod line;
mod pace;
mod past;
mod people;
mod probe;
mod record;
mod report;
mod scenario;
mod server;
mod stage;
mod tally;
mod wire;

use clap::{Parser, Subcommand};
use scenario::{bench, chat, group, history, idle, overview, start, storm};
use serde::Serialize;
use std::{
    fmt::Display,
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
    process::ExitCode,
};
use tokio::{
    signal::unix::{SignalKind, signal},
    task::LocalSet,
};

/// Whatever went wrong, as a sentence for whoever started the run.
type Fail = Box<dyn std::error::Error>;
type Result<T> = std::result::Result<T, Fail>;

/// Load for a Hongyan server on this machine, with every message accounted for.
#[derive(Parser)]
#[command(name = "hongyan-load", version)]
struct Cli {
    /// Print the result as JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    scenario: Scenario,
}

#[derive(Subcommand)]
enum Scenario {
    /// Pairs of friends write to each other.
    Chat(chat::Options),
    /// A group whose members are all online.
    Group(group::Options),
    /// Sockets that are open and silent.
    Idle(idle::Options),
    /// Everybody drops and comes back at once.
    Storm(storm::Options),
    /// The cost of a message before and after a million others; starts its own servers.
    History(history::Options),
    /// The time to ready; starts its own servers.
    Start(start::Options),
    /// What a pop client begins with, for somebody with much; starts its own servers.
    Overview(overview::Options),
    /// Everything in short form; starts its own servers.
    Bench(bench::Options),
}

/// The server under load.
#[derive(clap::Args, Clone, Debug)]
struct Target {
    /// Where it listens; on this machine only.
    #[arg(long, default_value = "http://127.0.0.1:7001")]
    url: String,
}

impl Target {
    /// The address in the URL.
    ///
    /// # Errors
    /// When it is on another machine: what this program does to a server is an attack there.
    fn address(&self) -> Result<SocketAddr> {
        let place = self.url.strip_prefix("http://").unwrap_or(&self.url).trim_end_matches('/');
        let address = match place.strip_prefix("localhost:") {
            Some(port) => SocketAddrV4::new(Ipv4Addr::LOCALHOST, port.parse()?).into(),
            None => place.parse::<SocketAddr>().map_err(|_| {
                format!("{}: wanted is http://127.0.0.1:PORT; only loopback addresses are accepted", self.url)
            })?,
        };
        if address.ip().is_loopback() {
            return Ok(address);
        }
        Err(format!("{address} is not on this machine: only loopback addresses are accepted").into())
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match play(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("hongyan-load: {error}");
            ExitCode::FAILURE
        }
    }
}

fn play(cli: &Cli) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // Whoever stops us stops what we started: the servers are killed when their owner is dropped.
    let played = LocalSet::new().block_on(&runtime, async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        tokio::select! {
            played = scenario(cli) => played,
            _ = terminate.recv() => Err("told to stop".into()),
            _ = interrupt.recv() => Err("told to stop".into()),
        }
    });
    runtime.shutdown_background(); // a fill that is on need not be waited for
    played
}

async fn scenario(cli: &Cli) -> Result<()> {
    match &cli.scenario {
        Scenario::Chat(options) => tell(cli.json, &chat::run(options).await?),
        Scenario::Group(options) => tell(cli.json, &group::run(options).await?),
        Scenario::Idle(options) => tell(cli.json, &idle::run(options).await?),
        Scenario::Storm(options) => tell(cli.json, &storm::run(options).await?),
        Scenario::History(options) => tell(cli.json, &history::run(options).await?),
        Scenario::Start(options) => tell(cli.json, &start::run(options).await?),
        Scenario::Overview(options) => tell(cli.json, &overview::run(options).await?),
        Scenario::Bench(options) => bench::run(options).await,
    }
}

/// Prints a result for a program or for a person.
fn tell(json: bool, outcome: &(impl Serialize + Display)) -> Result<()> {
    println!("{}", if json { serde_json::to_string(outcome)? } else { outcome.to_string() });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Target;

    #[test]
    fn only_this_machine_is_a_target() {
        for (url, wanted) in [
            ("http://127.0.0.1:7001", Some("127.0.0.1:7001")),
            ("http://localhost:80/", Some("127.0.0.1:80")),
            ("[::1]:9", Some("[::1]:9")),
            ("http://192.168.1.4:7001", None),
            ("http://im.example.com:80", None),
            ("http://0.0.0.0:80", None),
        ] {
            let address = Target { url: url.into() }.address().ok().map(|address| address.to_string());
            assert_eq!(address.as_deref(), wanted, "{url}");
        }
    }
}
