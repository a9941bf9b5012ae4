//! One group, everybody online: how many deliveries a second, and when the last member has a message.
use crate::{
    Result, Target,
    crowd::Crowd,
    dialect::{self, Dialect, Person, To},
    letter::Letter,
    probe::Process,
    record::nanos,
    tally::{Audience, Spread, Verdict, now},
};
use serde::Serialize;
use std::{net::SocketAddr, time::Duration};
use tokio::task::JoinSet;

/// Longer than any message takes to reach everybody.
const PATIENCE: Duration = Duration::from_secs(10);

/// Options of `group`.
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    #[command(flatten)]
    target: Target,
    /// What the members speak.
    #[arg(long, value_enum, default_value_t)]
    dialect: Speech,
    /// Members, the senders among them. The server's `chat.group_members` must allow them.
    #[arg(long, default_value_t = 200)]
    members: usize,
    /// Members who write. Each writes again when its message has reached everybody.
    #[arg(long, default_value_t = 8)]
    senders: usize,
    /// Seconds for which they write.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Single messages while nothing else happens.
    #[arg(long, default_value_t = 20)]
    idle_messages: usize,
}

/// What the members of a group speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Speech {
    /// All egg.
    #[default]
    Egg,
    /// All pop.
    Pop,
    /// By turns pop and egg.
    Mixed,
    /// All native.
    V1,
}

impl Speech {
    /// Of the `n`-th member.
    fn of(self, n: usize) -> Dialect {
        match self {
            Speech::Egg => Dialect::Egg,
            Speech::Pop => Dialect::Pop,
            Speech::Mixed if n.is_multiple_of(2) => Dialect::Pop,
            Speech::Mixed => Dialect::Egg,
            Speech::V1 => Dialect::V1,
        }
    }
}

/// What came out.
#[derive(Serialize)]
pub struct Outcome {
    /// Members online.
    pub members: usize,
    /// Copies delivered per second while all senders write.
    pub deliveries_per_s: f64,
    /// From sending to the last member, while all senders write.
    pub busy: Spread,
    /// From sending to the last member, for single messages.
    pub idle: Spread,
    /// What became of the messages.
    pub verdict: Verdict,
    /// Processor time of the server for a copy, in microseconds.
    pub server_us: f64,
    /// Processor time of the generator for a copy, in microseconds.
    pub load_us: f64,
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "group of {}: {:.0} deliveries/s, last member {}; idle: last member {}; {:.2} µs server, {:.2} µs \
             generator a copy; {}",
            self.members,
            self.deliveries_per_s,
            self.busy,
            self.idle,
            self.server_us,
            self.load_us,
            self.verdict
        )
    }
}

/// Plays it against a running server.
pub async fn run(options: &Options) -> Result<Outcome> {
    let Options { dialect, members, senders, seconds, idle_messages, .. } = *options;
    let at = options.target.address()?;
    play(at, dialect, members, senders, Duration::from_secs(seconds), idle_messages).await
}

/// Makes a group of `members` and lets `senders` of them write.
pub async fn play(
    at: SocketAddr,
    speech: Speech,
    members: usize,
    senders: usize,
    length: Duration,
    idle_messages: usize,
) -> Result<Outcome> {
    let members = members.max(2);
    let senders = senders.clamp(1, members);
    let mut people = people(at, speech, members, senders).await?;
    let group = dialect::group(at, &people[0], &people[1..]).await?;
    people.iter_mut().for_each(|member| member.groups.push(group));
    let mut crowd = Crowd::new(&people, Audience::Others);
    crowd.connect(at, &people, true).await?;
    quiet(at).await;

    let idle = alone(at, &crowd, &people[0], group, idle_messages).await?;
    crowd.record.renew();
    let server = || Process::listening(at).map(|server| server.usage().cpu_us).unwrap_or_default();
    let own = || Process::own().usage().cpu_us;
    let (server_us, load_us, start) = (server(), own(), now());
    let mut tasks = JoinSet::new();
    for (n, sender) in people.iter().enumerate().take(senders) {
        let (record, end) = (crowd.record.clone(), start + nanos(length));
        let mut letter = Letter::new(sender, To::Conversation(group));
        let mut line = crowd.line(at, n);
        tasks.spawn_local(async move {
            while now() < end {
                let mark = record.tally.borrow_mut().plan(n, 0, now());
                record.post(&mut line, &mut letter, mark).await;
                record.completed(mark, PATIENCE).await;
            }
        });
    }
    while tasks.join_next().await.is_some() {}
    crowd.record.settle(PATIENCE).await;
    crowd.record.check()?;

    let tally = crowd.record.tally.borrow();
    let copies = tally.copies().max(1) as f64;
    let seconds = Duration::from_nanos(tally.last_came().saturating_sub(start)).as_secs_f64();
    Ok(Outcome {
        members,
        deliveries_per_s: copies / seconds.max(0.001),
        busy: tally.until_received(0),
        idle,
        verdict: tally.verdict(),
        server_us: server().saturating_sub(server_us) as f64 / copies,
        load_us: (own() - load_us) as f64 / copies,
    })
}

/// The members: users who write, and visitors who read.
async fn people(at: SocketAddr, speech: Speech, members: usize, senders: usize) -> Result<Vec<Person>> {
    let mut people: Vec<Option<Person>> = vec![None; members];
    for dialect in [Dialect::Egg, Dialect::Pop, Dialect::V1] {
        let places = |from, to| (from..to).filter(|n| speech.of(*n) == dialect).collect::<Vec<usize>>();
        let (writers, readers) = (places(0, senders), places(senders, members));
        let users = dialect::users(at, dialect, writers.len(), true).await?;
        let visitors = dialect::visitors(at, dialect, readers.len()).await?;
        for (n, person) in writers.into_iter().zip(users).chain(readers.into_iter().zip(visitors)) {
            people[n] = Some(person);
        }
    }
    Ok(people.into_iter().flatten().collect())
}

/// Sends single messages, each when the one before has reached everybody.
async fn alone(at: SocketAddr, crowd: &Crowd, sender: &Person, group: i64, count: usize) -> Result<Spread> {
    let mut letter = Letter::new(sender, To::Conversation(group));
    let mut line = crowd.line(at, 0);
    line.warm().await?;
    crowd.record.renew();
    for _ in 0..count {
        let mark = crowd.record.tally.borrow_mut().plan(0, 0, now());
        crowd.record.post(&mut line, &mut letter, mark).await;
        crowd.record.completed(mark, PATIENCE).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let tally = crowd.record.tally.borrow();
    match tally.verdict() {
        verdict if verdict.is_clean() => Ok(tally.until_received(0)),
        verdict => Err(format!("single messages: {verdict}").into()),
    }
}

/// Waits until the server has nothing to do: what waited has been fetched, proofs are written down.
pub async fn quiet(at: SocketAddr) {
    const STEP: Duration = Duration::from_millis(250);
    let Some(server) = Process::listening(at) else { return tokio::time::sleep(STEP * 4).await };
    let mut before = server.usage().cpu_us;
    let mut calm = 0;
    for _ in 0..80 {
        tokio::time::sleep(STEP).await;
        let used = server.usage().cpu_us;
        calm = if used.saturating_sub(before) <= 10_000 { calm + 1 } else { 0 };
        before = used;
        if calm == 3 {
            return;
        }
    }
}
