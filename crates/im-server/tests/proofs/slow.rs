//! Members of a group who stop reading: what they cost, and what they get in the end.
use crate::{
    people::{Person, Socket, To},
    server::{Options, PATIENCE, Server, soak},
    wire::Wire,
};
use futures_util::{StreamExt, future::join_all, stream};
use std::{ops::Range, time::Instant};
use tokio::time::timeout;

/// What a socket that does not read may cost: a batch of 64 KiB and the frame that is being written,
/// in the writer's buffer.
const SLOW_SOCKET_BYTES: u64 = 256 * 1024;
/// What a drain may hold for a socket that does not read: half a queue, a page, and a batch.
const WAITING_BYTES: u64 = 2 * 1024 * 1024;
/// What waits for slow sockets, once for all of them (2 MiB), and what the allocator and the database
/// keep after a flood.
const ONCE_BYTES: u64 = 24 * 1024 * 1024;
/// Letters of a message: each is a batch of its own.
const LETTERS: usize = 100_000;
/// So many of them are more than may wait for one socket, here (2 MiB) and in the kernel (4 MiB).
const FLOOD: usize = 100;
/// Messages before anybody is slow, so that what they cost is not counted.
const USUAL: usize = 20;

struct Crowd {
    owner: Person,
    /// They stop reading.
    slow: Vec<Person>,
    /// They read.
    quick: Vec<Person>,
    group: To,
}

impl Crowd {
    /// A group with so many members; `away` have no socket.
    async fn gather(server: &Server, slow: usize, quick: usize, away: usize) -> Crowd {
        let names = (0..slow + quick + away).map(|n| format!("member{n}"));
        let join = |name: String| async move { server.person(&name).await };
        let mut members: Vec<_> = stream::iter(names.map(join)).buffered(8).collect().await;
        let owner = server.person("owner").await;
        let group = owner.group(&members.iter().collect::<Vec<_>>()).await;
        members.truncate(slow + quick);
        let quick = members.split_off(slow);
        Crowd { owner, slow: members, quick, group }
    }
}

fn text(n: usize) -> String {
    format!("{n} {}", "x".repeat(LETTERS))
}

/// Bytes that the kernel holds for the server's peers.
fn kernel_bytes(server: &Server) -> u64 {
    let port: u16 = server.base().rsplit_once(':').unwrap().1.parse().unwrap();
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let of_line = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (local, queues) = (fields.get(1)?, fields.get(4)?);
        let ours = local.ends_with(&format!(":{port:04X}"));
        ours.then(|| u64::from_str_radix(queues.split(':').next().unwrap(), 16).unwrap())
    };
    table.lines().filter_map(of_line).sum()
}

/// Reads these in order.
async fn hear(socket: &mut Socket, numbers: Range<usize>) {
    for n in numbers {
        let heard = timeout(PATIENCE, socket.said()).await.expect("nothing comes").expect("it ended");
        let (number, letters) = heard.text.split_once(' ').unwrap();
        assert_eq!((number, letters.len()), (n.to_string().as_str(), LETTERS));
    }
}

/// A socket that has asked for what waits, the news of the group's beginning among it.
async fn awake(person: &Person) -> Socket {
    let socket = person.connect().await;
    person.pull().await;
    socket
}

async fn flood(slow: usize, quick: usize, away: usize, late: usize) {
    let options = Options::default().env("HONGYAN_CHAT__GROUP_MEMBERS", slow + quick + away + 1);
    let server = Server::start(options).await;
    let crowd = Crowd::gather(&server, slow, quick, away).await;
    let mut ears = join_all(crowd.quick.iter().map(awake)).await;
    for n in 0..USUAL {
        crowd.owner.send(crowd.group, &text(n)).await.ok();
    }
    join_all(ears.iter_mut().map(|socket| hear(socket, 0..USUAL))).await;
    let mut stuck = join_all(crowd.slow.iter().map(|who| Wire::open_stuck(&server, who))).await;

    let (before, mut most, mut queued, mut sends) = (server.rss(), 0, 0, Vec::new());
    for n in USUAL..USUAL + FLOOD {
        let began = Instant::now();
        crowd.owner.send(crowd.group, &text(n)).await.ok();
        sends.push(began.elapsed());
        // The quick ones are as quick as this machine lets them be.
        join_all(ears.iter_mut().map(|socket| hear(socket, n..n + 1))).await;
        most = most.max(server.rss());
        if n % 10 == 0 {
            queued = queued.max(kernel_bytes(&server)); // a long table to read
        }
    }
    let grown = most.saturating_sub(before);
    sends.sort();
    println!(
        "{slow} slow of {}: {} KiB more, {} KiB for each, {} KiB in the kernel; a send took {:?}, at worst {:?}",
        slow + quick + away,
        grown / 1024,
        grown / 1024 / slow as u64,
        queued / 1024 / slow as u64,
        sends[FLOOD / 2],
        sends[FLOOD - 1]
    );
    let budget = slow as u64 * SLOW_SOCKET_BYTES + ONCE_BYTES;
    assert!(grown < budget, "{} KiB more, and {} would be fine", grown / 1024, budget / 1024);

    // They were given up, and nobody else: what they find, when they read at last, is a part, and the end.
    let metrics = server.http.get(format!("{}/metrics", server.base())).send().await.unwrap();
    let given_up = format!("hongyan_slow_sockets_total {slow}\n");
    let metrics = metrics.text().await.unwrap();
    assert!(metrics.contains(&given_up), "not {slow} were given up: {metrics}");
    for wire in &mut stuck {
        let read = wire.rest().await;
        assert!(read.len() < FLOOD * LETTERS / 2, "{} bytes went into a socket that nobody read", read.len());
    }
    let late = crowd.slow.iter().take(late).map(|who| async {
        let mut socket = awake(who).await;
        hear(&mut socket, 0..USUAL + FLOOD).await;
        socket
    });
    let mut late: Vec<_> = stream::iter(late).buffer_unordered(8).collect().await;
    crowd.owner.send(crowd.group, "the end").await.ok();
    for socket in late.iter_mut().chain(&mut ears) {
        let next = timeout(PATIENCE, socket.said()).await.expect("nothing comes").expect("it ended");
        assert_eq!(next.text, "the end", "and nothing twice");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_who_stop_reading_cost_little_lose_nothing_and_hold_nobody_up() {
    let (began, soak) = (Instant::now(), soak());
    loop {
        match soak {
            None => flood(24, 6, 70, 4).await,
            Some(_) => flood(200, 200, 1_600, 200).await,
        }
        if soak.is_none_or(|length| began.elapsed() >= length) {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_for_a_reader_who_stops_waits_on_disk() {
    let server = Server::start(Options::default()).await;
    let crowd = Crowd::gather(&server, 10, 0, 0).await;
    for n in 0..FLOOD * 2 {
        crowd.owner.send(crowd.group, &text(n)).await.ok();
    }
    let before = server.rss();
    let stuck = join_all(crowd.slow.iter().map(|who| Wire::open_stuck(&server, who))).await;
    join_all(crowd.slow.iter().map(Person::pull)).await;
    let mut most = 0;
    for _ in 0..200 {
        crowd.owner.pull().await; // meanwhile the others' pages are read
        most = most.max(server.rss());
    }
    let grown = most.saturating_sub(before);
    drop(stuck);
    assert!(grown < 10 * WAITING_BYTES + ONCE_BYTES, "{} KiB more", grown / 1024);
}
