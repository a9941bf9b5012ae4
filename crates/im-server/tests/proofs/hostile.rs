//! Strangers and members who mean harm, over HTTP and sockets. Whatever they do costs a bounded memory,
//! and meanwhile and afterwards everybody else is served.
use crate::{
    people::{Person, Socket, To},
    server::{Options, PATIENCE, Server, until},
    wire::{PING, TEXT, Wire, frame, head, upgrade},
};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

/// What a scene of these may cost. A sign-in's password hash takes 19 MiB for a moment, and the
/// allocator may keep as much.
const LITTLE: u64 = 40 * 1024 * 1024;

/// A server, an ordinary pair of friends who are in the middle of a talk, and how much memory that took.
struct Street {
    server: Server,
    ann: Person,
    bob: Person,
    ear: Socket,
    words: usize,
    rss: u64,
}

impl Street {
    async fn with(options: Options) -> Street {
        let server = Server::start(options).await;
        let (ann, bob) = (server.person("anna").await, server.person("bobby").await);
        ann.befriend(&bob).await;
        let ear = bob.connect().await;
        bob.pull().await;
        let mut street = Street { server, ann, bob, ear, words: 0, rss: 0 };
        street.newcomer().await;
        street.talk_goes_on().await;
        street.rss = street.server.rss();
        street
    }

    async fn quiet() -> Street {
        Street::with(Options::default()).await
    }

    /// Those who are here already write and hear, over the connections that they have.
    async fn talk_goes_on(&mut self) {
        self.words += 1;
        let word = format!("word {}", self.words);
        self.ann.send(To::Person(self.bob.id), &word).await.ok();
        // What the socket before this one did not prove comes once more.
        while timeout(PATIENCE, self.ear.said()).await.expect("nothing comes").expect("it ended").text != word
        {
        }
    }

    /// Somebody signs in, opens a socket, writes and hears, over new connections.
    async fn newcomer(&mut self) {
        let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
        let body = json!({ "username": "bobby", "password": "123456" });
        let post = http.post(format!("{}/api/loginChat", self.server.base())).json(&body);
        let answer: Value = post.send().await.expect("nobody answers").json().await.unwrap();
        assert_eq!(answer["msg"], "ok", "{answer}");
        let base = std::sync::Arc::new(parking_lot::RwLock::new(self.server.base()));
        self.bob = Person::new("bobby", &answer["data"], &base, &http);
        self.ear = self.bob.connect().await;
        self.bob.pull().await;
        self.talk_goes_on().await;
    }

    /// All is well after `what`.
    async fn is_unharmed(&mut self, what: &str) {
        self.talk_goes_on().await;
        self.costs_little(what);
        self.newcomer().await;
        assert!(self.server.alive(), "{what}");
        assert!(!self.server.log().contains("panicked at"), "{what}");
    }

    fn costs_little(&self, what: &str) {
        let more = self.server.rss().saturating_sub(self.rss);
        assert!(more < LITTLE, "{what}: {} KiB more", more / 1024);
        println!("{what}: {} KiB more", more / 1024);
    }

    async fn wires(&self, n: usize) -> Vec<Wire> {
        join_all((0..n).map(|_| Wire::to(&self.server))).await
    }
}

#[tokio::test]
async fn a_client_that_writes_byte_by_byte_is_served() {
    let mut street = Street::quiet().await;
    let mut wire = Wire::to(&street.server).await;
    wire.0.set_nodelay(true).unwrap();
    for byte in upgrade(&street.ann.token).bytes() {
        assert!(wire.bytes(&[byte]).await);
    }
    wire.shaken().await;
    for byte in frame(TEXT, br#"{"type":"ping"}"#) {
        assert!(wire.bytes(&[byte]).await);
    }
    wire.answered().await;
    // A text in fragments of one letter, pings between them.
    for (n, letter) in b"ping".iter().enumerate() {
        let first = if n == 0 { 0x01 } else { 0x00 } | if n == 3 { 0x80 } else { 0 };
        wire.bytes(&[frame(first, &[*letter]), frame(PING, b"?")].concat()).await;
    }
    wire.answered().await;
    street.is_unharmed("byte by byte").await;
}

#[tokio::test]
async fn half_a_handshake_from_three_hundred_takes_no_place_from_others() {
    let mut street = Street::quiet().await;
    let mut wires = street.wires(300).await;
    let whole = upgrade(&street.ann.token);
    for (n, wire) in wires.iter_mut().enumerate() {
        wire.bytes(&whole.as_bytes()[..n % (whole.len() - 1)]).await;
    }
    street.is_unharmed("three hundred half handshakes").await;
    // Whole handshakes, and then half a frame.
    let mut wires = street.wires(60).await;
    for (n, wire) in wires.iter_mut().enumerate() {
        wire.bytes(&[whole.as_bytes(), &frame(TEXT, b"0123456789")[..n % 16]].concat()).await;
        wire.shaken().await;
    }
    street.is_unharmed("sixty half frames").await;
}

#[tokio::test]
async fn what_a_frame_says_of_its_length_takes_no_memory() {
    let mut street = Street::quiet().await;
    for length in [65_537, 1 << 20, 1 << 30, 1 << 40, u64::MAX >> 1, u64::MAX] {
        for first in [TEXT, 0x82, 0x01] {
            let mut wire = Wire::open(&street.server, &street.ann).await;
            wire.bytes(&head(first, length)).await;
            wire.rest().await; // refused by its header alone
        }
    }
    street.is_unharmed("frames that say to be long").await;
    // The longest that is taken, from as many sockets as one account may have.
    let mut wires = Vec::new();
    for _ in 0..60 {
        let mut wire = Wire::open(&street.server, &street.ann).await;
        wire.bytes(&[head(TEXT, 65_536), vec![b'x'; 65_000]].concat()).await;
        wires.push(wire);
    }
    street.is_unharmed("sixty long frames that do not end").await;
}

#[tokio::test]
async fn fragments_without_end_are_ended() {
    let mut street = Street::quiet().await;
    let piece = [frame(0x00, &[b'x'; 100]), frame(0x00, b"")].concat().repeat(64);
    for first in [0x01, 0x02] {
        let mut wires = Vec::new();
        for _ in 0..20 {
            let mut wire = Wire::open(&street.server, &street.ann).await;
            assert!(wire.bytes(&frame(first, b"x")).await);
            wires.push(wire);
        }
        let ended = wires.iter_mut().map(async |wire| {
            // 64 KiB are allowed, and some lie in buffers between us.
            let mut written = 0;
            while wire.bytes(&piece).await {
                written += piece.len();
                assert!(written < 64 << 20, "{written} bytes of one message were taken");
            }
        });
        join_all(ended).await;
    }
    street.is_unharmed("fragments without end").await;
    // Empty ones never fill a message: they cost nothing, and the socket stays or ends.
    let mut wire = Wire::open(&street.server, &street.ann).await;
    wire.bytes(&frame(0x01, b"")).await;
    let empty = frame(0x00, b"").repeat(10_000);
    for _ in 0..20 {
        wire.bytes(&empty).await;
    }
    street.is_unharmed("empty fragments").await;
}

#[tokio::test]
async fn ten_thousand_pings_of_one_socket_hold_nobody_up() {
    let mut street = Street::quiet().await;
    let pings = [frame(PING, &[7; 125]), frame(TEXT, b"ping"), frame(TEXT, br#"{"type":"ping"}"#)].concat();
    // One reads the answers, one does not: the server stops reading before it remembers them.
    let reads = Wire::open(&street.server, &street.ann).await;
    let deaf = Wire::open(&street.server, &street.ann).await;
    let (mut answers, mut asks) = reads.0.into_split();
    let (mut unread, mut more) = deaf.0.into_split();
    let flood = pings.repeat(100);
    let asking = tokio::spawn({
        let flood = flood.clone();
        async move {
            for _ in 0..200 {
                asks.write_all(&flood).await.unwrap();
            }
            asks
        }
    });
    let reading = tokio::spawn(async move {
        let (mut all, mut piece) = (0, vec![0; 65_536]);
        while let Ok(n @ 1..) = answers.read(&mut piece).await {
            all += n;
        }
        all
    });
    let pouring = tokio::spawn(async move { while more.write_all(&flood).await.is_ok() {} });
    while !asking.is_finished() {
        street.talk_goes_on().await;
        street.costs_little("a flood of pings");
    }
    street.is_unharmed("a flood of pings").await;
    drop(asking.await.unwrap());
    let answered = timeout(PATIENCE, reading).await.unwrap().unwrap();
    assert!(answered > 40_000 * 20, "only {answered} bytes came back");
    pouring.abort();
    let _ = unread.read(&mut [0]).await;
}

#[tokio::test]
async fn a_header_has_an_end() {
    let mut street = Street::quiet().await;
    let begin = "GET /api/chat/grouplist/1 HTTP/1.1\r\nHost: im\r\n";
    let many = |n: usize| (0..n).map(|n| format!("x-{n}: y\r\n")).collect::<String>();
    let cases = [
        ("two thousand headers", format!("{begin}{}\r\n", many(2_000))),
        ("a header of a megabyte", format!("{begin}x: {}\r\n\r\n", "y".repeat(1 << 20))),
        ("a name of a megabyte", format!("{begin}{}: y\r\n\r\n", "x".repeat(1 << 20))),
        ("a path of a megabyte", format!("GET /{} HTTP/1.1\r\nHost: im\r\n\r\n", "x".repeat(1 << 20))),
        ("a token of a megabyte", format!("GET /ws?token={} HTTP/1.1\r\n\r\n", "x".repeat(1 << 20))),
        ("a method of a megabyte", format!("{} / HTTP/1.1\r\n\r\n", "X".repeat(1 << 20))),
    ];
    for (what, request) in cases {
        let mut wires = street.wires(20).await;
        let answers = join_all(wires.iter_mut().map(async |wire| {
            wire.bytes(request.as_bytes()).await;
            wire.rest().await
        }));
        for answer in answers.await {
            // It may have been cut off before anybody could read why.
            let status = String::from_utf8_lossy(&answer).split(' ').nth(1).map(str::to_owned);
            assert!(status.as_deref().is_none_or(|status| status.starts_with('4')), "{what}: {status:?}");
        }
        street.is_unharmed(what).await;
    }
    let mut wires = street.wires(20).await;
    let endless = join_all(wires.iter_mut().map(async |wire| {
        let mut written = 0;
        wire.bytes(begin.as_bytes()).await;
        while wire.bytes(many(100).as_bytes()).await {
            written += 1;
            assert!(written < 50_000, "a header without end is being read");
        }
    }));
    endless.await;
    street.is_unharmed("headers without end").await;
}

#[tokio::test]
async fn bodies_that_are_announced_and_do_not_come_cost_nothing() {
    let mut street = Street::quiet().await;
    let token = street.ann.token.clone();
    for length in ["1048576", "1048577", "1000000000", "9223372036854775807", "18446744073709551615"] {
        for (path, kind) in [
            ("/api/loginChat", "application/json"),
            ("/api/chat/socket/sendmessage", "application/json"),
            ("/api/chat/uploadAliyun", "multipart/form-data; boundary=x"),
        ] {
            let mut wires = street.wires(20).await;
            for wire in &mut wires {
                let head = format!(
                    "POST {path} HTTP/1.1\r\nHost: im\r\ntoken: {token}\r\nContent-Type: {kind}\r\n\
                     Content-Length: {length}\r\n\r\n{{"
                );
                wire.bytes(head.as_bytes()).await;
            }
            street.costs_little(&format!("{path} of {length} bytes"));
            street.talk_goes_on().await;
        }
    }
    street.is_unharmed("bodies that do not come").await;
    // Chunks: one that says to be huge, and small ones without end.
    for chunk in ["7fffffffffffffff\r\nx", "ffffffffffffffffff\r\nx"] {
        let mut wire = Wire::to(&street.server).await;
        let head = "POST /api/loginChat HTTP/1.1\r\nHost: im\r\nContent-Type: application/json\r\n\
                    Transfer-Encoding: chunked\r\n\r\n";
        wire.bytes(format!("{head}{chunk}").as_bytes()).await;
        street.is_unharmed("a chunk that says to be huge").await;
    }
}

#[tokio::test]
async fn requests_whose_answers_nobody_reads_wait_outside() {
    let mut street = Street::quiet().await;
    let get = "GET /public/icons/avatar.png HTTP/1.1\r\nHost: im\r\n\r\n".repeat(500);
    let post = format!(
        "POST /api/chat/grouplist/1 HTTP/1.1\r\nHost: im\r\ntoken: {}\r\nContent-Length: 0\r\n\r\n",
        street.ann.token
    );
    for requests in [get, post.repeat(500)] {
        let mut wires = street.wires(20).await;
        let pour = wires.iter_mut().map(async |wire| {
            // Until both sides' buffers are full; the server has stopped reading by then.
            let mut written = 0;
            while written < 200
                && let Ok(Ok(())) =
                    timeout(Duration::from_millis(300), wire.0.write_all(requests.as_bytes())).await
            {
                written += 1;
            }
        });
        join_all(pour).await;
        street.is_unharmed("answers that nobody reads").await;
    }
}

/// Seconds of work that the process has done.
fn cpu_seconds(server: &Server) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", server.pid())).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: f64 = fields[11..13].iter().map(|ticks| ticks.parse::<f64>().unwrap()).sum();
    ticks / 100.0
}

#[tokio::test]
async fn when_all_file_descriptors_are_used_up_those_who_are_here_are_served() {
    let through = ["sh", "-c", r#"ulimit -n 128; exec "$0" "$@""#].map(String::from).to_vec();
    let mut street = Street::with(Options { through, ..Options::default() }).await;
    let mut wires = street.wires(200).await;
    let open = || std::fs::read_dir(format!("/proc/{}/fd", street.server.pid())).unwrap().count();
    until("all descriptors are in use", async || open() >= 127).await;
    let used = cpu_seconds(&street.server);
    // How much it works while nothing can be done: a window of time is what this measures.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let used = cpu_seconds(&street.server) - used;
    println!("{used} seconds of work in one second of waiting");
    assert!(used < 0.3, "{used} seconds of work in one second of waiting");
    for _ in 0..20 {
        street.talk_goes_on().await;
    }
    street.costs_little("all descriptors in use");
    for wire in &mut wires {
        let _ = wire.0.shutdown().await;
    }
    drop(wires);
    street.is_unharmed("all descriptors were in use").await;
}

#[tokio::test]
async fn when_all_places_are_taken_those_who_are_here_are_served() {
    let mut street = Street::with(Options::default().env("HONGYAN_SERVER__CONNECTIONS", 16)).await;
    let wires = street.wires(100).await;
    for _ in 0..20 {
        street.talk_goes_on().await;
    }
    street.costs_little("all places taken");
    drop(wires);
    street.is_unharmed("all places were taken").await;
}
