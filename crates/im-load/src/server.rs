//! A server of our own for a run: on a free port, with its own data, gone when the run is.
use crate::{Result, dialect::pop, probe::Process, wire::http};
use std::{
    fs::File,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};
use tokio::{
    process::{Child, Command},
    time::{sleep, timeout},
};

/// Longer than any start takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// How to start servers.
#[derive(clap::Args, Clone, Debug)]
pub struct Setup {
    /// The server's program.
    #[arg(long, default_value = "target/release/hongyan")]
    pub server: PathBuf,
    /// Directory for the servers' data, on the disk that is to be measured.
    #[arg(long, default_value = "target")]
    pub dir: PathBuf,
    /// postgres://… of a cluster in which databases may be made (with psql); without it SQLite.
    #[arg(long)]
    pub postgres: Option<String>,
}

impl Setup {
    /// The name of the engine that its servers use.
    pub fn engine(&self) -> &'static str {
        if self.postgres.is_some() { "PostgreSQL" } else { "SQLite" }
    }

    /// An empty place for a server: a directory, and on PostgreSQL a database.
    pub async fn place(&self) -> Result<Place> {
        let dir = tempfile::Builder::new().prefix("load-").tempdir_in(&self.dir)?;
        let url = match &self.postgres {
            Some(url) => Some(new_database(url).await?),
            None => None,
        };
        Ok(Place { program: std::fs::canonicalize(&self.server)?, dir, url })
    }
}

/// Where a server keeps its data from one start to the next.
pub struct Place {
    program: PathBuf,
    dir: tempfile::TempDir,
    url: Option<String>,
}

impl Place {
    /// The directory with the data.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The file of the embedded database.
    pub fn database(&self) -> PathBuf {
        self.dir().join("hongyan.db")
    }

    /// Starts a server here and waits until it is ready.
    pub async fn start(&self) -> Result<Server> {
        // Whoever takes the port in between makes the start fail, not the figures wrong.
        let at = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let log = self.dir().join("server.log");
        let mut command = on_core(0, &self.program);
        command.args(["serve", "--listen", &at.to_string(), "--data", "."]).current_dir(self.dir());
        for (key, _) in std::env::vars().filter(|(key, _)| key.starts_with("HONGYAN_")) {
            command.env_remove(key);
        }
        command.env("HONGYAN_LIMITS__ENABLED", "false").env("HONGYAN_LOG__LEVEL", "error");
        command.env("HONGYAN_METRICS__LISTEN", "127.0.0.1:0").env("HONGYAN_CHAT__GROUP_MEMBERS", "20000");
        command.env("HONGYAN_POP__API_KEYS", format!("[\"{}\"]", pop::KEY));
        if let Some(url) = &self.url {
            command.env("HONGYAN_DATABASE__URL", url);
        }
        let log_file = File::options().create(true).append(true).open(&log)?;
        command.stdin(Stdio::null()).stdout(log_file.try_clone()?).stderr(log_file).kill_on_drop(true);
        let begun = Instant::now();
        let mut child = command.spawn().map_err(|e| format!("{}: {e}", self.program.display()))?;
        while !is_ready(at).await {
            if child.try_wait()?.is_some() || begun.elapsed() > PATIENCE {
                return Err(format!("no start: {}", std::fs::read_to_string(&log)?).into());
            }
            sleep(Duration::from_millis(2)).await;
        }
        Ok(Server { child, at, ready_after: begun.elapsed() })
    }
}

/// A running server. Dropping it kills it.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub at: SocketAddr,
    /// From the start of the process to the first good answer of /readyz.
    pub ready_after: Duration,
}

impl Server {
    /// Its process.
    pub fn process(&self) -> Process {
        Process::of(self.child.id().unwrap_or_default())
    }

    /// Asks it to end, and waits.
    pub async fn stop(mut self) -> Result<()> {
        let pid = self.child.id().ok_or("the server has ended by itself")?.to_string();
        Command::new("kill").args(["-TERM", &pid]).status().await?;
        timeout(PATIENCE, self.child.wait()).await??;
        Ok(())
    }

    /// Ends it as a power cut would, as far as a process can feel it.
    pub async fn kill(mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }
}

async fn is_ready(at: SocketAddr) -> bool {
    let request = http::request("GET", "/readyz", &[], "");
    let mut http = http::Http::new(at, 0);
    let asked = http.exchange(&request, |answer| answer.status == 200);
    timeout(Duration::from_secs(1), asked).await.is_ok_and(|ready| ready.unwrap_or(false))
}

/// The program on this core alone, where `taskset` can do that and there are two.
fn on_core(core: u32, program: &Path) -> Command {
    if !has_cores() {
        return Command::new(program);
    }
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", &core.to_string()]).arg(program);
    command
}

/// Moves this process to the core that the server does not have. Answers whether it could.
pub async fn take_other_core() -> bool {
    if !has_cores() {
        return false;
    }
    let own = std::process::id().to_string();
    let mut command = Command::new("taskset");
    command.args(["--all-tasks", "--cpu-list", "--pid", "1", &own]).stdout(Stdio::null());
    command.status().await.is_ok_and(|status| status.success())
}

fn has_cores() -> bool {
    let cores = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let count = cores.lines().filter(|line| line.starts_with("processor")).count();
    count >= 2 && Path::new("/usr/bin/taskset").exists()
}

/// A new database beside the one in the URL.
async fn new_database(url: &str) -> Result<String> {
    let name = format!("load_{:08x}", rand::random::<u32>());
    let statement = format!("create database {name}");
    let mut psql = Command::new("psql");
    psql.args(["--quiet", "--no-psqlrc", "--dbname", url, "--command", &statement]).stdin(Stdio::null());
    let made = psql.status().await.map_err(|e| format!("psql: {e}"))?;
    let (server, _) = url.rsplit_once('/').ok_or("the URL of PostgreSQL names no database")?;
    if made.success() { Ok(format!("{server}/{name}")) } else { Err("psql made no database".into()) }
}
