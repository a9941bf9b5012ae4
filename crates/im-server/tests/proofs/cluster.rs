//! A PostgreSQL of one's own that can be killed: `scripts/mortal-postgres`.
use std::process::Stdio;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::{Duration, timeout},
};

/// Making a cluster flushes a lot, and other tests flush too.
const PATIENCE: Duration = Duration::from_secs(90);

/// A cluster that flushes as in production. The script removes it when its input ends, which it does
/// however this process ends.
pub struct Cluster {
    /// The address of its database.
    pub url: String,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    _script: Child,
}

impl Cluster {
    /// Makes a cluster; returns when it takes connections.
    pub async fn start() -> Cluster {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/mortal-postgres");
        let mut command = Command::new(script);
        let mut script = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(script.stdout.take().unwrap()).lines();
        let input = script.stdin.take().unwrap();
        let mut cluster = Cluster { url: String::new(), input, output, _script: script };
        cluster.url = cluster.line().await;
        cluster
    }

    /// Ends every process of it at once, without a checkpoint.
    pub async fn kill(&mut self) {
        self.tell("kill\n").await;
    }

    /// Starts it again on what is on disk.
    pub async fn revive(&mut self) {
        self.tell("start\n").await;
    }

    async fn tell(&mut self, command: &str) {
        self.input.write_all(command.as_bytes()).await.unwrap();
        assert_eq!(self.line().await, "done");
    }

    async fn line(&mut self) -> String {
        let line = timeout(PATIENCE, self.output.next_line()).await;
        let line = line.expect("mortal-postgres does not answer").unwrap();
        line.expect("mortal-postgres ended; it said why on standard error")
    }
}
