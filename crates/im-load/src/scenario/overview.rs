//! What a pop client begins with: `pop/get` for somebody with many friends, groups and messages.
use crate::{
    Result,
    dialect::{Dialect, Person, pop, users},
    past,
    server::{Place, Setup, take_other_core},
    tally::{Spread, now},
    wire::http::Http,
};
use serde::Serialize;
use serde_json::Value;

/// What is unread in each conversation, when it is little.
const FEW: i64 = 20;
/// The first calls fill caches and are not counted.
const WARM: usize = 5;

/// Options of `overview`.
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    #[command(flatten)]
    setup: Setup,
    /// Friends that the user has.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(i64).range(1..=5_000))]
    friends: i64,
    /// Groups that the user is in.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i64).range(0..=5_000))]
    groups: i64,
    /// Millions of messages: half in the user's conversations, half in those of others.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(i64).range(1..=100))]
    millions: i64,
    /// Calls, one after the other.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    calls: u64,
}

/// What came out.
#[derive(Serialize)]
pub struct Outcome {
    /// Twenty messages are unread in each conversation.
    pub few: Calls,
    /// Everything is unread.
    pub all: Calls,
}

/// Calls on one state of the database.
#[derive(Serialize)]
pub struct Calls {
    /// From the request to the last byte of the answer.
    pub took: Spread,
    /// Size of an answer.
    pub kib: f64,
    /// Friends in it.
    pub friends: usize,
    /// Groups in it.
    pub groups: usize,
    /// Conversations in it.
    pub chats: usize,
    /// Unread messages in it.
    pub unread: i64,
    /// Processor time of the server for a call, in milliseconds.
    pub server_ms: f64,
}

impl std::fmt::Display for Calls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Calls { took, kib, friends, groups, chats, unread, server_ms } = self;
        write!(f, "{took}; {server_ms:.1} ms server; {kib:.0} KiB: {friends} friends, {groups} groups, ")?;
        write!(f, "{chats} conversations, {unread} unread")
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{FEW} unread each:   {}", self.few)?;
        write!(f, "everything unread: {}", self.all)
    }
}

/// Plays it on a server of its own.
pub async fn run(options: &Options) -> Result<Outcome> {
    if options.setup.postgres.is_some() {
        return Err("a past is filled into SQLite only".into());
    }
    take_other_core().await;
    let place = options.setup.place().await?;
    let Options { friends, groups, millions, calls, .. } = *options;
    play(&place, friends, groups, millions, calls as usize).await
}

/// Plays it at an empty place.
pub async fn play(place: &Place, friends: i64, groups: i64, millions: i64, calls: usize) -> Result<Outcome> {
    let server = place.start().await?;
    let user = users(server.at, Dialect::Pop, 1, true).await?.pop().ok_or("no user")?;
    server.stop().await?;
    past::befriend(place, user.id, friends, groups).await?;
    past::fill(place, millions).await?;
    past::unread(place, user.id, Some(FEW)).await?;
    let few = begin(place, &user, calls).await?;
    past::unread(place, user.id, None).await?;
    Ok(Outcome { few, all: begin(place, &user, calls).await? })
}

/// Calls again and again.
async fn begin(place: &Place, user: &Person, calls: usize) -> Result<Calls> {
    let server = place.start().await?;
    let request = pop::begin(user.session().ok_or("the user is not signed in")?);
    let mut http = Http::new(server.at, 0);
    for _ in 0..WARM {
        http.send(&request).await?;
    }
    let (mut took, mut body) = (Vec::with_capacity(calls), Vec::new());
    let before_us = server.process().usage().cpu_us;
    for _ in 0..calls {
        let start = now();
        let good = http.exchange(&request, |answer| {
            body.clear();
            body.extend_from_slice(answer.body);
            answer.is_ok()
        });
        if !good.await? {
            return Err(format!("pop/get: {}", String::from_utf8_lossy(&body)).into());
        }
        took.push(now() - start);
    }
    let server_us = server.process().usage().cpu_us.saturating_sub(before_us);
    let answer: Value = serde_json::from_slice(&body)?;
    server.stop().await?;
    let data = &answer["data"];
    let size = |value: &Value| value.as_object().map_or(0, serde_json::Map::len);
    let initials = data["friend"].as_object().into_iter().flat_map(|book| book.values());
    let chats = data["chatting"].as_object().into_iter().flat_map(|chats| chats.values());
    Ok(Calls {
        took: Spread::of(took),
        kib: body.len() as f64 / 1024.0,
        friends: initials.map(size).sum(),
        groups: data["group"].as_array().map_or(0, Vec::len),
        chats: size(&data["chatting"]),
        unread: chats.filter_map(|chat| chat["unread_count"].as_i64()).sum(),
        server_ms: server_us as f64 / 1e3 / calls as f64,
    })
}
