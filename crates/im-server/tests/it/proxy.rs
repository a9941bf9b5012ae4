//! A bad line: a TCP proxy that breaks, swallows and holds back what passes, by a seeded plan.
use rand::{RngExt, SeedableRng, rngs::StdRng};
use std::{
    collections::BTreeMap,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// What a line does once so many bytes have passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Breaks, in the middle of a frame as likely as not.
    Cut,
    /// Lets one direction pass and loses the other, until it breaks.
    Swallow,
    /// Keeps back one direction, gives it out later, and breaks after that.
    Hold,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    /// Client to server.
    Up,
    /// Server to client.
    Down,
}

/// What a line does, to which direction, and when.
#[derive(Clone, Copy, Debug)]
struct Fault {
    kind: Kind,
    side: Side,
    /// Bytes that pass before it.
    after: usize,
    /// [`Proxy::tick`]s from there to its end.
    ticks: u64,
}

/// A listener whose lines to the server are bad until [`heal`](Proxy::heal).
pub struct Proxy {
    address: SocketAddr,
    line: Arc<Line>,
}

/// What all lines share.
struct Line {
    to: SocketAddr,
    /// Whether the server learns only later that a line broke.
    silent: bool,
    /// Bytes upwards before a fault, at most.
    up: usize,
    dice: Mutex<StdRng>,
    ticks: watch::Sender<u64>,
    healed: CancellationToken,
    /// The lines that are bad.
    bad: TaskTracker,
    struck: Mutex<BTreeMap<Kind, usize>>,
}

/// The masked Pong to the first Ping: it carries eight bytes.
const FIRST_PONG: usize = 2 + 4 + 8;

impl Proxy {
    /// A proxy to the server at `base`. With `silent` the server learns only later that a line broke.
    pub async fn start(base: &str, seed: u64, silent: bool) -> Proxy {
        // Upwards little is said: Pongs and heartbeats.
        Proxy::with(base, seed, silent, 200).await
    }

    /// The same for clients that say as much as they hear.
    pub async fn among_talkers(base: &str, seed: u64) -> Proxy {
        Proxy::with(base, seed, false, 4_000).await
    }

    async fn with(base: &str, seed: u64, silent: bool, up: usize) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let line = Arc::new(Line {
            to: base.trim_start_matches("http://").parse().unwrap(),
            silent,
            up,
            dice: Mutex::new(StdRng::seed_from_u64(seed)),
            ticks: watch::Sender::new(0),
            healed: CancellationToken::new(),
            bad: TaskTracker::new(),
            struck: Mutex::default(),
        });
        let lines = line.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let line = lines.clone();
                // An error of either side is an end of the line, like any other.
                if lines.healed.is_cancelled() {
                    tokio::spawn(async move { line.pass_all(client).await });
                } else {
                    lines.bad.spawn(async move { line.pass_badly(client).await });
                }
            }
        });
        Proxy { address, line }
    }

    /// Where the WebSocket of this token is.
    pub fn url(&self, token: &str) -> String {
        format!("ws://{}/ws?token={token}", self.address)
    }

    /// Where the WebSocket at this path is.
    pub fn address(&self, path: &str) -> String {
        format!("ws://{}{path}", self.address)
    }

    /// Something happened: what was held back or swallowed for long enough comes to its end.
    pub fn tick(&self) {
        self.line.ticks.send_modify(|ticks| *ticks += 1);
    }

    /// Breaks the bad lines, and waits until the server has seen it; all that come are good.
    pub async fn heal(&self) {
        self.line.healed.cancel();
        self.line.bad.close();
        self.line.bad.wait().await;
    }

    /// How often lines did what.
    pub fn struck(&self) -> BTreeMap<Kind, usize> {
        self.line.struck.lock().unwrap().clone()
    }
}

impl Line {
    fn fault(&self) -> Fault {
        let mut dice = self.dice.lock().unwrap();
        let kind = [Kind::Cut, Kind::Cut, Kind::Swallow, Kind::Hold][dice.random_range(0..4)];
        let side = if dice.random() { Side::Up } else { Side::Down };
        let most = if side == Side::Up { self.up } else { 16_000 };
        let after =
            if dice.random_ratio(1, 8) { dice.random_range(0..300) } else { dice.random_range(0..most) };
        Fault { kind, side, after, ticks: dice.random_range(1..12) }
    }

    async fn pass_all(&self, mut client: TcpStream) -> io::Result<()> {
        let mut server = TcpStream::connect(self.to).await?;
        tokio::io::copy_bidirectional(&mut client, &mut server).await.map(|_| ())
    }

    async fn pass_badly(&self, mut client: TcpStream) -> io::Result<()> {
        let mut server = TcpStream::connect(self.to).await?;
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        let mut passing = Passing { fault: self.fault(), head: Vec::new(), shaken: None, held: None };
        let broken = self.until_broken(&mut passing, &mut client, &mut server).await;
        if self.silent && passing.begun() {
            drop(client);
            let ticks = self.dice.lock().unwrap().random_range(1..12);
            self.wait(ticks, &mut server).await;
        }
        // The server first: whoever reads that a line broke and comes again finds it aware of that.
        end(server).await?;
        broken
    }

    /// Passes bytes until the plan, or one of the two, ends it.
    async fn until_broken(
        &self,
        passing: &mut Passing,
        client: &mut TcpStream,
        server: &mut TcpStream,
    ) -> io::Result<()> {
        let mut deadline = u64::MAX;
        let (mut up, mut down) = (vec![0; 4_096], vec![0; 4_096]);
        loop {
            let passed = tokio::select! {
                read = client.read(&mut up) => {
                    let Some(bytes) = some(&up, read?) else { return Ok(()) };
                    passing.pass(Side::Up, bytes, server).await?
                }
                read = server.read(&mut down) => {
                    let Some(bytes) = some(&down, read?) else { return Ok(()) };
                    passing.pass(Side::Down, bytes, client).await?
                }
                () = self.reached(deadline) => {
                    let Some(held) = passing.held.take() else { return Ok(()) };
                    let to = if passing.fault.side == Side::Up { &mut *server } else { &mut *client };
                    to.write_all(&held).await?;
                    passing.fault = Fault { kind: Kind::Cut, ..self.fault() };
                    deadline = u64::MAX;
                    true
                }
                () = self.healed.cancelled() => return Ok(()),
            };
            if !passed && deadline == u64::MAX {
                *self.struck.lock().unwrap().entry(passing.fault.kind).or_default() += 1;
                if passing.fault.kind == Kind::Cut {
                    return Ok(());
                }
                deadline = *self.ticks.borrow() + passing.fault.ticks;
            }
        }
    }

    async fn reached(&self, tick: u64) {
        let _ = self.ticks.subscribe().wait_for(|ticks| *ticks >= tick).await;
    }

    /// Keeps the server in the belief that its client is there, for so many ticks.
    async fn wait(&self, ticks: u64, server: &mut TcpStream) {
        let deadline = *self.ticks.borrow() + ticks;
        let mut lost = vec![0; 4_096];
        loop {
            tokio::select! {
                read = server.read(&mut lost) => if !matches!(read, Ok(1..)) { return },
                () = self.reached(deadline) => return,
                () = self.healed.cancelled() => return,
            }
        }
    }
}

/// One line's state.
struct Passing {
    fault: Fault,
    /// The client's request, as long as it is not whole.
    head: Vec<u8>,
    /// Bytes upwards since the request was whole.
    shaken: Option<usize>,
    held: Option<Vec<u8>>,
}

impl Passing {
    /// Passes what the fault lets through; false when it did not let everything through.
    async fn pass(&mut self, side: Side, bytes: &[u8], to: &mut TcpStream) -> io::Result<bool> {
        let free = if self.begun() || self.fault.kind == Kind::Cut { 0 } else { self.before(side, bytes) };
        self.note(side, bytes);
        let mut through = bytes.len();
        if side == self.fault.side && free < bytes.len() {
            through = free + self.fault.after.min(bytes.len() - free);
            self.fault.after -= through - free;
        }
        to.write_all(&bytes[..through]).await?;
        if through < bytes.len() && self.fault.kind == Kind::Hold {
            self.held.get_or_insert_default().extend(&bytes[through..]);
        }
        Ok(through == bytes.len())
    }

    /// Whether the server has heard the first Pong. A peer that answers none within a second is taken
    /// to know none, and what is written to it counts as delivered (ADR 2): no fault may look like one.
    fn begun(&self) -> bool {
        self.shaken.is_some_and(|bytes| bytes >= FIRST_PONG)
    }

    /// How much of `bytes` belongs to the time before the first Pong was heard.
    fn before(&self, side: Side, bytes: &[u8]) -> usize {
        match self.shaken {
            Some(passed) if side == Side::Up => bytes.len().min(FIRST_PONG - passed),
            _ => bytes.len(),
        }
    }

    fn note(&mut self, side: Side, bytes: &[u8]) {
        if side == Side::Down {
            return;
        }
        if let Some(passed) = &mut self.shaken {
            *passed += bytes.len();
            return;
        }
        self.head.extend(bytes);
        self.shaken = self.head.ends_with(b"\r\n\r\n").then_some(0);
    }
}

fn some(buffer: &[u8], read: usize) -> Option<&[u8]> {
    (read > 0).then(|| &buffer[..read])
}

/// Tells the server that its client is gone and waits until it has taken note.
async fn end(mut server: TcpStream) -> io::Result<()> {
    server.shutdown().await?;
    let mut rest = vec![0; 4_096];
    while matches!(server.read(&mut rest).await, Ok(1..)) {}
    Ok(())
}
