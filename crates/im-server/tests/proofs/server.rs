//! A server as operators run it: a process of its own, which can be killed.
use crate::people::{Base, Person};
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::{Instant, timeout},
};

/// How long something may take that should happen at once; generous, for a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// How a server is started. The default: SQLite in a new directory, rate limits off.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Address of a PostgreSQL database; none: SQLite in the data directory.
    pub postgres: Option<String>,
    /// Variables of the server's environment, such as `("HONGYAN_EGG__PING_INTERVAL_S", "1")`.
    pub env: Vec<(String, String)>,
    /// The data directory; none: one of its own, removed at the end.
    pub data: Option<PathBuf>,
    /// A command that runs the server as its last arguments, such as `nsenter …`. It must become the
    /// server (`exec`), so that its pid is the server's.
    pub through: Vec<String>,
}

impl Options {
    /// A server on this PostgreSQL database.
    pub fn postgres(url: &str) -> Self {
        Options { postgres: Some(url.into()), ..Options::default() }
    }

    /// The same with one more variable.
    pub fn env(mut self, name: &str, value: impl ToString) -> Self {
        self.env.push((name.into(), value.to_string()));
        self
    }
}

/// A running `hongyan serve`. Killed when it is dropped.
pub struct Server {
    /// For requests of one's own.
    pub http: reqwest::Client,
    options: Options,
    data: PathBuf,
    base: Base,
    child: Option<Child>,
    /// Home of the log, and of the data unless it lives elsewhere.
    dir: TempDir,
}

impl Server {
    /// Starts a server; returns when it listens.
    pub async fn start(options: Options) -> Server {
        let dir = tempfile::tempdir().unwrap();
        let data = options.data.clone().unwrap_or_else(|| dir.path().join("data"));
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut server = Server { http, options, data, base: Base::default(), child: None, dir };
        server.spawn().await;
        server
    }

    /// The binary, run the way that the options say.
    fn command(&self) -> Command {
        let words: Vec<_> =
            self.options.through.iter().map(String::as_str).chain([env!("CARGO_BIN_EXE_hongyan")]).collect();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).current_dir(self.dir.path()); // no hongyan.toml here
        command.kill_on_drop(true);
        command
    }

    async fn spawn(&mut self) {
        let log = std::fs::File::options().create(true).append(true).open(self.log_file()).unwrap();
        let mut command = self.command();
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(&self.data)
            .env("HONGYAN_LIMITS__ENABLED", "false")
            .env("HONGYAN_EGG__ONBOARDING_HINTS", "false")
            .env("HONGYAN_LOG__LEVEL", std::env::var("TEST_LOG").unwrap_or_else(|_| "warn".into()))
            .envs(self.options.postgres.iter().map(|url| ("HONGYAN_DATABASE__URL", url)))
            .envs(self.options.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log);
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let listens = async {
            while let Some(line) = lines.next_line().await.unwrap() {
                if let Some((_, url)) = line.split_once("listens on ") {
                    return url.split(' ').next().map(str::to_owned);
                }
            }
            None
        };
        let address = timeout(PATIENCE * 3, listens).await.expect("the server does not start");
        self.child = Some(child); // from here its log is printed when the test fails
        *self.base.write() = format!("http://{}", address.expect("the server ended at its start"));
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().and_then(Child::id).expect("the server runs")
    }

    /// Where it listens, as in `http://127.0.0.1:4711`.
    pub fn base(&self) -> String {
        self.base.read().clone()
    }

    /// The data directory.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The embedded database.
    pub fn database(&self) -> PathBuf {
        self.data.join("hongyan.db")
    }

    /// Resident memory in bytes.
    pub fn rss(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    /// Kills the process with SIGKILL; returns when it is gone.
    pub async fn kill9(&mut self) {
        let mut child = self.child.take().expect("the server runs");
        assert_eq!(child.try_wait().unwrap(), None, "it had ended by itself:\n{}", self.log());
        child.kill().await.unwrap();
    }

    /// Starts the server again on the same data, after killing it if it still runs. It listens on
    /// another port, and the people know.
    pub async fn restart(&mut self) {
        if self.child.is_some() {
            self.kill9().await;
        }
        self.spawn().await;
    }

    /// Whether the process still runs.
    pub fn alive(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| child.try_wait().unwrap().is_none())
    }

    /// What it wrote to standard error since the first start.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn log_file(&self) -> PathBuf {
        self.dir.path().join("log")
    }

    /// Has `hongyan backup` copy the embedded database of the running server into a new file.
    pub async fn backup(&self, target: &Path) {
        let mut command = self.command();
        command.arg("backup").arg(target).arg("--data").arg(&self.data);
        let output = timeout(PATIENCE, command.output()).await.expect("the backup hangs").unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    /// The status of a GET, such as `/readyz`.
    pub async fn status(&self, path: &str) -> u16 {
        let get = self.http.get(format!("{}{path}", self.base())).timeout(PATIENCE);
        get.send().await.expect("the server answers").status().as_u16()
    }

    /// Somebody who registered at another server with the same data.
    pub fn again(&self, person: &Person) -> Person {
        person.at(&self.base)
    }

    /// Registers somebody.
    pub async fn person(&self, name: &str) -> Person {
        let body = json!({ "username": name, "password": "123456" });
        let post = self.http.post(format!("{}/api/regChat", self.base())).json(&body);
        let answer: Value = post.send().await.unwrap().json().await.unwrap();
        let row = &answer["data"];
        assert_eq!(answer["msg"], "ok", "{answer}");
        Person::new(name, row, &self.base, &self.http)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let log = self.log();
        if std::thread::panicking() {
            let lines: Vec<_> = log.lines().collect();
            eprintln!("the server's last words:\n{}", lines[lines.len().saturating_sub(20)..].join("\n"));
        } else {
            assert!(!log.contains("panicked at"), "{log}");
        }
    }
}

/// Asks again and again until the answer is yes; fails the test when it takes too long.
pub async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so().await {
        assert!(Instant::now() < deadline, "never came true: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Proves something once, or again and again while `SOAK_SECONDS` last.
pub async fn repeat(mut once: impl AsyncFnMut()) {
    let (began, soak) = (Instant::now(), soak());
    loop {
        once().await;
        if soak.is_none_or(|length| began.elapsed() >= length) {
            return;
        }
    }
}

/// How long a proof goes on: `SOAK_SECONDS`, or once.
pub fn soak() -> Option<Duration> {
    let seconds = std::env::var("SOAK_SECONDS").ok()?;
    Some(Duration::from_secs(seconds.parse().expect("SOAK_SECONDS is a number of seconds")))
}
