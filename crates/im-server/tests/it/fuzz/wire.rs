//! Bytes that are no HTTP, and frames that are none.
use super::*;
use crate::raw::{self, Heard, Raw};
use proptest::{collection::vec, prelude::*, sample::select};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// What befalls bytes on the way.
#[derive(Clone, Debug)]
enum Damage {
    Flip(usize, u8),
    Insert(usize, Vec<u8>),
    Remove(usize, usize),
    Repeat(usize, usize),
    Cut(usize),
}

impl Damage {
    fn befall(&self, bytes: &mut Vec<u8>) {
        let length = bytes.len();
        let part = |from: &usize, n: &usize| {
            let from = from % (length + 1);
            from..(from + n).min(length)
        };
        match self {
            Damage::Flip(place, byte) => {
                bytes.get_mut(place % length.max(1)).into_iter().for_each(|old| *old = *byte);
            }
            Damage::Insert(place, more) => drop(bytes.splice(part(place, &0), more.iter().copied())),
            Damage::Remove(from, n) => drop(bytes.drain(part(from, n))),
            Damage::Repeat(from, n) => {
                let piece = bytes[part(from, n)].to_vec();
                bytes.splice(part(from, &0), piece);
            }
            Damage::Cut(end) => bytes.truncate(end % (length + 1)),
        }
    }
}

fn damage() -> impl Strategy<Value = Vec<Damage>> {
    let words = select(vec![
        "\r\n",
        "\r\n\r\n",
        "\n",
        "\0",
        " ",
        ":",
        "Transfer-Encoding: chunked\r\n",
        "Content-Length: 5\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Expect: 100-continue\r\n",
        "%",
        "HTTP/1.0",
        "HTTP/2.0",
        "Upgrade: h2c\r\n",
        "Connection: close\r\n",
        "token: \u{ff}\r\n",
        "?",
        "#",
        "//",
    ]);
    let any_damage = prop_oneof![
        3 => (any::<usize>(), any::<u8>()).prop_map(|(place, byte)| Damage::Flip(place, byte)),
        2 => (any::<usize>(), words).prop_map(|(place, word)| Damage::Insert(place, word.as_bytes().to_vec())),
        1 => (any::<usize>(), vec(any::<u8>(), 1..20)).prop_map(|(place, more)| Damage::Insert(place, more)),
        1 => (any::<usize>(), 1_usize..30_000).prop_map(|(place, n)| Damage::Insert(place, vec![b'a'; n])),
        2 => (any::<usize>(), 1_usize..20).prop_map(|(from, n)| Damage::Remove(from, n)),
        1 => (any::<usize>(), 1_usize..80).prop_map(|(from, n)| Damage::Repeat(from, n)),
        1 => any::<usize>().prop_map(Damage::Cut),
    ];
    vec(any_damage, 0..5)
}

/// Requests that are whole, to be damaged. `{token}` stands for a token.
const REQUESTS: [&str; 6] = [
    "GET /api/chat/grouplist/1?limit=3 HTTP/1.1\r\nHost: im\r\ntoken: {token}\r\n\r\n",
    "POST /api/chat/searchUser HTTP/1.1\r\nHost: im\r\ntoken: {token}\r\nContent-Type: application/json\r\n\
     Content-Length: 17\r\n\r\n{\"keyword\":\"wit\"}",
    "POST /api/chat/searchUser HTTP/1.1\r\nHost: im\r\ntoken: {token}\r\n\
     Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nkeyword=wit\r\n0\r\n\r\n",
    "GET /ws?token={token} HTTP/1.1\r\nHost: im\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    "OPTIONS /api/chat/searchUser HTTP/1.1\r\nHost: im\r\nOrigin: http://h5\r\n\
     Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: token\r\n\r\n",
    "GET /public/icons/avatar.png HTTP/1.1\r\nHost: im\r\nRange: bytes=0-9\r\nIf-None-Match: \"x\"\r\n\r\n",
];

/// Writes bytes, says that no more come, and reads to the end.
async fn exchange(im: &Im, bytes: &[u8]) -> Result<Vec<u8>, Wrong> {
    let mut stream = TcpStream::connect(im.base.trim_start_matches("http://")).await.unwrap();
    let (mut reading, mut writing) = stream.split();
    let write = async {
        let _ = writing.write_all(bytes).await; // the server may have had enough
        let _ = writing.shutdown().await;
    };
    let mut heard = Vec::new();
    let read = async {
        let mut piece = vec![0; 65_536];
        while let Ok(n @ 1..) = reading.read(&mut piece).await {
            heard.extend(&piece[..n]);
        }
    };
    let both = timeout(PATIENCE, async { tokio::join!(write, read) }).await;
    both.map_err(|_| format!("the server hangs after {:?}", String::from_utf8_lossy(&heard)))?;
    Ok(heard)
}

#[test]
fn bytes_of_any_kind_end_with_an_answer_or_the_connection() {
    // What the routes answer, an invitation to go on, a preflight, parts of files, and what the HTTP library says by itself.
    let expected = [100, 101, 200, 204, 206, 304, 400, 404, 405, 413, 414, 416, 422, 431];
    let start = prop_oneof![
        8 => (0..REQUESTS.len()).prop_map(|n| REQUESTS[n].as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..300),
        1 => vec(0..REQUESTS.len(), 2..4)
            .prop_map(|all| all.into_iter().flat_map(|n| REQUESTS[n].bytes()).collect()),
    ];
    noise(500, (start, damage()), async |ground, (bytes, damage)| {
        let mut bytes = bytes;
        damage.iter().for_each(|one| one.befall(&mut bytes));
        let token = ground.noisy().await.token;
        let text =
            bytes.utf8_chunks().map(|chunk| (chunk.valid().replace("{token}", &token), chunk.invalid()));
        let bytes: Vec<u8> =
            text.flat_map(|(valid, invalid)| [valid.into_bytes(), invalid.to_vec()].concat()).collect();
        let heard = exchange(&ground.im, &bytes).await?;
        if heard.is_empty() {
            return Ok(()); // closed
        }
        let status = heard.strip_prefix(b"HTTP/1.").and_then(|rest| rest.get(2..5));
        let status = status.and_then(|code| String::from_utf8_lossy(code).parse::<u16>().ok());
        match status.filter(|status| expected.contains(status)) {
            Some(_) => Ok(()),
            None => Err(format!("answered {:?}", String::from_utf8_lossy(&heard))),
        }
    });
}

/// A frame as it is written: first byte, second byte, length, mask and payload, each of which may lie.
#[derive(Clone, Debug)]
enum FrameBytes {
    /// A frame that breaks no rule, masked with zeros.
    Whole(u8, Vec<u8>),
    /// A head of any kind with something behind it.
    Head(u8, u8, Vec<u8>),
    /// The same, with a long length.
    Long(u8, u64, Vec<u8>),
    Noise(Vec<u8>),
}

fn frames() -> impl Strategy<Value = FrameBytes> {
    let said = prop_oneof![
        2 => select(vec![
            "ping", "{\"type\":\"ping\"}", "{\"type\":\"ping\",\"token\":\"x\"}", "{\"type\":\"ping\",\"token\":[]}",
            "{\"type\":\"pong\"}", "{\"type\":{}}", "[]", "null", "{", "\"ping\"", "{\"type\":\"singleChat\",\"data\":{}}",
        ])
        .prop_map(str::to_owned),
        1 => "\\PC{0,60}",
        1 => (1_usize..200).prop_map(|n| "[".repeat(n * n)),
        1 => (1_usize..65_536).prop_map(|n| "x".repeat(n)),
    ];
    prop_oneof![
        6 => said.prop_map(|text| FrameBytes::Whole(0x81, text.into_bytes())),
        2 => vec(any::<u8>(), 0..300).prop_map(|bytes| FrameBytes::Whole(0x82, bytes)),
        // A Pong of eight bytes is a proof; a Ping is answered.
        2 => (select(vec![0x89, 0x8a]), vec(any::<u8>(), 0..126)).prop_map(|(kind, bytes)| FrameBytes::Whole(kind, bytes)),
        1 => any::<u64>().prop_map(|n| FrameBytes::Whole(0x8a, n.to_be_bytes().to_vec())),
        1 => (any::<u8>(), any::<u8>(), vec(any::<u8>(), 0..40)).prop_map(|(a, b, rest)| FrameBytes::Head(a, b, rest)),
        1 => (any::<u8>(), any::<u64>(), vec(any::<u8>(), 0..40)).prop_map(|(a, n, rest)| FrameBytes::Long(a, n, rest)),
        1 => vec(any::<u8>(), 0..60).prop_map(FrameBytes::Noise),
    ]
}

#[test]
fn frames_of_any_kind_are_ignored_or_end_the_socket() {
    noise(300, vec(frames(), 1..8), async |ground, frames| {
        let noisy = ground.noisy().await;
        let mut socket = Raw::open(&ground.im, &noisy.token).await;
        let mut whole = true;
        for frame in &frames {
            match frame {
                FrameBytes::Whole(first, payload) => socket.write(*first, payload).await,
                FrameBytes::Head(a, b, rest) => socket.bytes(&[&[*a, *b], &rest[..]].concat()).await,
                FrameBytes::Long(a, n, rest) => {
                    socket.bytes(&[&[*a, 0xff], &n.to_be_bytes()[..], rest].concat()).await;
                }
                FrameBytes::Noise(bytes) => socket.bytes(bytes).await,
            }
            whole &= matches!(frame, FrameBytes::Whole(..));
        }
        if !whole {
            socket.cut().await; // waits for the end, and not for ever
            return Ok(());
        }
        // Frames that break no rule never end a socket: a last heartbeat is answered, behind the
        // answers to those before it.
        socket.write(0x89, b"the end").await;
        loop {
            match socket.next().await {
                Heard::Pong(payload) if payload == b"the end" => break,
                Heard::Close(_) | Heard::End => return Err("the socket ended".to_owned()),
                _ => {}
            }
        }
        socket.close().await;
        Ok(())
    });
}

#[test]
fn an_address_of_any_kind_is_answered() {
    noise(250, "/[ -~&&[^ #]]{0,60}", async |ground, address| {
        let (status, body) = raw::get(&ground.im, &address).await;
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        let unknown = status == 404 && body == json!({ "msg": "fail", "data": "404 错误" });
        // By chance it is a route.
        if unknown || [200, 400, 422].contains(&status) { Ok(()) } else { Err(format!("{status} {body}")) }
    });
}
