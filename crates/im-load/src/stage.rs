//! Pairs at work: receivers who listen, senders with a few connections each, and rounds of messages.
use crate::{
    Result,
    dialect::{Dialect, Person},
    letter::{Letter, Mark},
    line::Line,
    pace::Ticker,
    people::{self, Pair},
    probe::Process,
    record::{Record, nanos},
    tally::{Audience, Nanos, Spread, Verdict, now},
    wire::mouth::Mouth,
};
use serde::Serialize;
use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    net::SocketAddr,
    rc::Rc,
    time::Duration,
};
use tokio::{sync::Notify, task::JoinSet};

/// How long what is under way may take when a round is over.
const GRACE: Duration = Duration::from_secs(5);
/// Messages in the first part of a round are counted, but not timed: caches fill, plans are made.
const WARM: Nanos = 300_000_000;

/// Pairs who are ready to talk.
pub struct Stage {
    at: SocketAddr,
    pairs: Vec<Pair>,
    /// For each pair what its sender speaks with, where it does so on its socket.
    mouths: Vec<Option<Rc<Mouth>>>,
    shared: Rc<Shared>,
    server: Option<Process>,
    tasks: JoinSet<()>,
}

/// What the senders share.
struct Shared {
    record: Rc<Record>,
    /// For each pair what its sender has not got to.
    queues: Vec<Queue>,
    waiting: Cell<usize>,
}

#[derive(Default)]
struct Queue {
    marks: RefCell<VecDeque<Mark>>,
    wake: Notify,
}

/// What came out of a round.
#[derive(Clone, Debug, Serialize)]
pub struct Round {
    /// Messages per second that ought to have been sent; 0: as fast as answers come.
    pub offered: f64,
    /// Messages per second that were acknowledged and received.
    pub rate: f64,
    /// From the intended time of sending to the acknowledgement.
    pub acked: Spread,
    /// From the intended time of sending to the receiver.
    pub received: Spread,
    /// What became of them.
    pub verdict: Verdict,
    /// Processor time of the server for a message, in microseconds.
    pub server_us: f64,
    /// Processor time of the generator for a message, in microseconds.
    pub load_us: f64,
    /// Memory of the server afterwards, in KiB.
    pub server_rss_kib: u64,
}

impl Round {
    /// Whether each message did what it ought to, 99 of 100 within this time.
    pub fn is_within(&self, ms: f64) -> bool {
        self.verdict.is_clean() && self.acked.p99 < ms && self.received.p99 < ms
    }
}

impl std::fmt::Display for Round {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:>7.0}/s  acknowledged {}; received {}; {:.0} µs server, {:.0} µs generator each; {}",
            self.rate, self.acked, self.received, self.server_us, self.load_us, self.verdict
        )
    }
}

impl Stage {
    /// Registers pairs, makes them friends, brings the receivers online and opens the senders' connections.
    pub async fn set(at: SocketAddr, dialect: Dialect, pairs: usize, connections: usize) -> Result<Stage> {
        Stage::of(at, people::pairs(at, dialect, pairs).await?, connections).await
    }

    /// The same with pairs who are there already.
    pub async fn of(at: SocketAddr, pairs: Vec<Pair>, connections: usize) -> Result<Stage> {
        let listeners = listeners(&pairs);
        let shared = Rc::new(Shared {
            record: Record::new(listeners.iter().copied(), Audience::One),
            queues: pairs.iter().map(|_| Queue::default()).collect(),
            waiting: Cell::new(0),
        });
        let sockets = people::each(at, listeners.len(), async |http, n| {
            let socket = listeners[n].listen(at, n).await?;
            listeners[n].fetch_waiting(http).await?;
            Ok(socket)
        })
        .await?;
        let writers = &sockets[pairs.len()..];
        let mouths: Vec<_> = (0..pairs.len()).map(|pair| writers.get(pair)?.mouth()).collect();
        let mut tasks = JoinSet::new();
        for (listener, socket) in sockets.into_iter().enumerate() {
            tasks.spawn_local(shared.record.clone().listen(listener, socket));
        }
        // A few at a time: so many at once would overflow the accept queue, and wait a second to try again.
        let lines = people::each(at, pairs.len() * connections, async |_, n| {
            let mut line = Line::new(at, n, mouths[n / connections].clone());
            line.warm().await.map(|()| line)
        });
        for (n, line) in lines.await?.into_iter().enumerate() {
            let pair = n / connections;
            let letter = pairs[pair].letter();
            tasks.spawn_local(serve(shared.clone(), pair, line, letter));
        }
        Ok(Stage { at, pairs, mouths, shared, server: Process::listening(at), tasks })
    }

    /// The pairs, for another stage after a restart.
    pub fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    /// Messages of random pairs at random moments, `rate` per second on average, whether or not the
    /// server keeps up. Gives up when the senders are a second behind.
    pub async fn open_loop(&self, rate: f64, length: Duration) -> Result<Round> {
        self.open_loop_until(rate, length, &Cell::new(false)).await
    }

    /// The same, until `over` at the latest.
    pub async fn open_loop_until(&self, rate: f64, length: Duration, over: &Cell<bool>) -> Result<Round> {
        let watch = self.begin();
        let ticker = Ticker::start();
        let end = watch.start + nanos(length);
        let (mut due, pairs) = (watch.start, self.pairs.len());
        let is_behind = || self.shared.waiting.get() as f64 >= rate.max(100.0);
        while due < end && !over.get() && !is_behind() {
            ticker.tick().await;
            let present = now();
            while due <= present && due < end {
                let pair = index(pairs);
                let mark = self.shared.record.tally.borrow_mut().plan(pairs + pair, pair, due);
                self.shared.add(pair, mark);
                due += gap(rate);
            }
        }
        if is_behind() {
            self.shared.give_up();
        }
        self.finish(watch, rate).await
    }

    /// `in_flight` senders who each send the next message when the last is acknowledged.
    pub async fn closed_loop(&self, in_flight: usize, length: Duration) -> Result<Round> {
        let watch = self.begin();
        let end = watch.start + nanos(length);
        let mut tasks = JoinSet::new();
        let pairs = self.pairs.len();
        for n in 0..in_flight {
            let pair = n % pairs;
            let mut letter = self.pairs[pair].letter();
            let mut line = Line::new(self.at, n, self.mouths[pair].clone());
            let record = self.shared.record.clone();
            tasks.spawn_local(async move {
                while now() < end {
                    let mark = record.tally.borrow_mut().plan(pairs + pair, pair, now());
                    record.post(&mut line, &mut letter, mark).await;
                }
            });
        }
        while tasks.join_next().await.is_some() {}
        self.finish(watch, 0.0).await
    }

    fn begin(&self) -> Watch {
        self.shared.record.renew();
        Watch { start: now(), server: self.server, server_us: self.server_us(), load_us: own_us() }
    }

    async fn finish(&self, watch: Watch, offered: f64) -> Result<Round> {
        let record = &self.shared.record;
        record.settle(GRACE).await;
        self.shared.give_up();
        record.settle(GRACE).await;
        record.check()?;
        let tally = record.tally.borrow();
        let each = |us: u64| us as f64 / tally.planned().max(1) as f64;
        Ok(Round {
            offered,
            rate: tally.rate(),
            acked: tally.until_acked(watch.start + WARM),
            received: tally.until_received(watch.start + WARM),
            verdict: tally.verdict(),
            server_us: each(self.server_us().saturating_sub(watch.server_us)),
            load_us: each(own_us() - watch.load_us),
            server_rss_kib: watch.server.map(|server| server.usage().rss_kib).unwrap_or_default(),
        })
    }

    fn server_us(&self) -> u64 {
        self.server.map(|server| server.usage().cpu_us).unwrap_or_default()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.tasks.abort_all();
    }
}

/// Who has a socket: all who read, and behind them those who write, where they hear themselves.
fn listeners(pairs: &[Pair]) -> Vec<&Person> {
    let readers = pairs.iter().map(|pair| &pair.to);
    readers.chain(pairs.iter().map(|pair| &pair.from).filter(|from| from.hears_itself())).collect()
}

/// What was so when a round began.
struct Watch {
    start: Nanos,
    server: Option<Process>,
    server_us: u64,
    load_us: u64,
}

impl Shared {
    fn add(&self, pair: usize, mark: Mark) {
        self.waiting.set(self.waiting.get() + 1);
        self.queues[pair].marks.borrow_mut().push_back(mark);
        self.queues[pair].wake.notify_one();
    }

    async fn next(&self, pair: usize) -> Mark {
        loop {
            let mark = self.queues[pair].marks.borrow_mut().pop_front();
            if let Some(mark) = mark {
                self.waiting.set(self.waiting.get() - 1);
                return mark;
            }
            self.queues[pair].wake.notified().await;
        }
    }

    /// Takes back what no sender has got to.
    fn give_up(&self) {
        self.queues.iter().for_each(|queue| queue.marks.borrow_mut().clear());
        self.record.tally.borrow_mut().give_up(self.waiting.replace(0) as u64);
    }
}

/// One connection of a sender.
async fn serve(shared: Rc<Shared>, pair: usize, mut line: Line, mut letter: Letter) {
    loop {
        let mark = shared.next(pair).await;
        shared.record.post(&mut line, &mut letter, mark).await;
    }
}

/// The time to the next of so many random moments per second.
fn gap(rate: f64) -> Nanos {
    let uniform: f64 = rand::random();
    nanos(Duration::from_secs_f64((-(1.0 - uniform).ln() / rate).min(1.0)))
}

/// One of `count`, at random.
fn index(count: usize) -> usize {
    rand::random_range(0..count)
}

fn own_us() -> u64 {
    Process::own().usage().cpu_us
}
