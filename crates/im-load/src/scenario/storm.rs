//! Everybody loses the connection at once, misses some messages, and comes back at once.
use crate::{
    Result, Target,
    crowd::Crowd,
    dialect::{self, Dialect, To},
    letter::Letter,
    line::Line,
    people,
    record::nanos,
    scenario::group::quiet,
    stage::{Round, Stage},
    tally::{Audience, Verdict, now},
    wire::http::Http,
};
use serde::Serialize;
use std::{
    cell::Cell,
    net::SocketAddr,
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

/// Users who write what the others miss.
const WRITERS: usize = 50;
/// Requests under way while they write.
const IN_FLIGHT: usize = 64;
/// What the bystanders say, per second, and for how long at most.
const BYSTANDER_RATE: f64 = 200.0;
const LONGEST: Duration = Duration::from_secs(180);

/// Options of `storm`.
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    #[command(flatten)]
    target: Target,
    /// Clients who drop and come back. `ulimit -n` must allow them, here and for the server.
    #[arg(long, default_value_t = 2_000)]
    clients: usize,
    /// Messages that each of them misses.
    #[arg(long, default_value_t = 20)]
    messages: usize,
    /// Pairs who go on chatting meanwhile.
    #[arg(long, default_value_t = 20)]
    bystanders: usize,
}

/// What came out.
#[derive(Serialize)]
pub struct Outcome {
    /// Clients who came back.
    pub clients: usize,
    /// Messages that each of them had missed.
    pub messages: usize,
    /// Messages per second while they were away.
    pub stored_per_s: f64,
    /// Seconds until all sockets were open again and everybody had asked.
    pub connect_s: f64,
    /// Seconds until the last had everything.
    pub done_s: f64,
    /// What became of the messages.
    pub verdict: Verdict,
    /// What the bystanders saw of it.
    pub bystanders: Option<Round>,
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} clients missed {} messages each (stored at {:.0}/s): back in {:.1} s, the last has all after \
             {:.1} s; {}",
            self.clients, self.messages, self.stored_per_s, self.connect_s, self.done_s, self.verdict
        )?;
        // Their rounds' processor time is not theirs: it holds the storm's.
        let Some(Round { acked, received, verdict, .. }) = &self.bystanders else { return Ok(()) };
        write!(f, "; bystanders meanwhile: acknowledged {acked}, received {received}, {verdict}")
    }
}

/// Plays it against a running server.
pub async fn run(options: &Options) -> Result<Outcome> {
    play(options.target.address()?, options.clients, options.messages, options.bystanders).await
}

/// Lets `clients` drop, miss `messages` each and come back.
pub async fn play(at: SocketAddr, clients: usize, messages: usize, bystanders: usize) -> Result<Outcome> {
    let clients = clients.max(1);
    let people = dialect::visitors(at, Dialect::Egg, clients).await?;
    let writers = dialect::users(at, Dialect::Egg, WRITERS.min(clients), true).await?;
    let befriend = async |http: &mut Http, n: usize| {
        people[n].befriend(http, writers[n % writers.len()].id).await.map(drop)
    };
    people::each(at, clients, befriend).await?;
    let stage = if bystanders > 0 { Some(Stage::set(at, Dialect::Egg, bystanders, 4).await?) } else { None };
    let mut crowd = Crowd::new(&people, Audience::One);
    crowd.connect(at, &people, true).await?;
    quiet(at).await;
    crowd.drop_all();
    quiet(at).await;

    let writer = |n: usize| Letter::new(&writers[n % writers.len()], To::Person(people[n].id));
    let stored = Instant::now();
    write(at, &crowd, (0..clients).map(writer).collect(), messages).await?;
    let stored_per_s = (clients * messages) as f64 / stored.elapsed().as_secs_f64();
    quiet(at).await;

    let over = Cell::new(false);
    let chat = async {
        match &stage {
            Some(stage) => stage.open_loop_until(BYSTANDER_RATE, LONGEST, &over).await.map(Some),
            None => Ok(None),
        }
    };
    let start = now();
    let storm = async {
        let begun = Instant::now();
        let connected = crowd.connect(at, &people, true).await;
        let connect_s = begun.elapsed().as_secs_f64();
        crowd.record.settle(LONGEST).await;
        // What should not come would come now.
        tokio::time::sleep(Duration::from_millis(500)).await;
        over.set(true);
        connected.map(|()| connect_s)
    };
    let (connect_s, bystanders) = tokio::join!(storm, chat);
    let (connect_s, bystanders) = (connect_s?, bystanders?);
    let tally = crowd.record.tally.borrow();
    let done_s = Duration::from_nanos(tally.last_came().saturating_sub(start)).as_secs_f64();
    let verdict = tally.verdict();
    Ok(Outcome { clients, messages, stored_per_s, connect_s, done_s, verdict, bystanders })
}

/// Everybody is sent so many messages, a round after the other.
async fn write(at: SocketAddr, crowd: &Crowd, letters: Vec<Letter>, messages: usize) -> Result<()> {
    crowd.record.renew();
    let (clients, total) = (letters.len(), letters.len() * messages);
    let letters = std::rc::Rc::new(letters);
    let next = std::rc::Rc::new(Cell::new(0));
    let end = now() + nanos(LONGEST);
    let mut tasks = JoinSet::new();
    for worker in 0..IN_FLIGHT {
        let (letters, next, record) = (letters.clone(), next.clone(), crowd.record.clone());
        let mut line = Line::new(at, worker, None);
        tasks.spawn_local(async move {
            while next.get() < total && now() < end {
                let receiver = next.replace(next.get() + 1) % clients;
                let mark = record.tally.borrow_mut().plan(clients, receiver, now());
                record.post(&mut line, &mut letters[receiver].clone(), mark).await;
            }
        });
    }
    while tasks.join_next().await.is_some() {}
    let verdict = crowd.record.tally.borrow().verdict();
    if verdict.acked == total as u64 {
        Ok(())
    } else {
        Err(format!("while they were away: {verdict}").into())
    }
}
