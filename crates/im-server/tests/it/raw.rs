//! Bytes on a wire: what no library would send, and answers that are withheld on purpose.
use crate::kit::{Im, PATIENCE, Person, said};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

/// A WebSocket without a library: it answers nothing by itself.
pub struct Raw(TcpStream);

/// What came over a [`Raw`].
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// A text frame.
    Text(Value),
    /// A protocol ping and its payload.
    Ping(Vec<u8>),
    /// A protocol pong and its payload.
    Pong(Vec<u8>),
    /// A close frame and its code.
    Close(Option<u16>),
    /// The connection is gone.
    End,
}

/// First bytes of client frames: the last fragment of a text, of a pong and so on.
pub const TEXT: u8 = 0x81;
pub const PONG: u8 = 0x8a;
pub const CLOSE: u8 = 0x88;

impl Raw {
    /// Opens `/ws` with this token; everything after the handshake is the test's affair.
    pub async fn open(im: &Im, token: &str) -> Raw {
        Raw::shake_hands(connect(im, None).await, token).await
    }

    /// The same with a receive buffer of a few kilobytes: a phone on a slow line.
    pub async fn open_narrow(im: &Im, token: &str) -> Raw {
        Raw::shake_hands(connect(im, Some(4_096)).await, token).await
    }

    /// Opens a socket of `person`, answers the first ping and none after it.
    pub async fn open_proven(im: &Im, person: &Person) -> Raw {
        let mut raw = Raw::open(im, &person.token).await;
        loop {
            if let Heard::Ping(payload) = raw.next().await {
                raw.write(PONG, &payload).await;
                break;
            }
        }
        // An answered heartbeat stands behind the pong, so the server has read it.
        raw.write(TEXT, b"ping").await;
        while !matches!(raw.next().await, Heard::Text(frame) if frame["type"] == "pong") {}
        raw
    }

    async fn shake_hands(mut stream: TcpStream, token: &str) -> Raw {
        stream.write_all(upgrade(&format!("/ws?token={token}")).as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(timeout(PATIENCE, stream.read_u8()).await.expect("no handshake").unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        assert!(head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{head}");
        Raw(stream)
    }

    /// The next frame, whatever it is.
    #[track_caller]
    pub fn next(&mut self) -> impl Future<Output = Heard> + '_ {
        let place = std::panic::Location::caller();
        async move {
            let frame = timeout(PATIENCE, self.read()).await;
            frame.unwrap_or_else(|_| panic!("no frame came ({place})")).unwrap_or(Heard::End)
        }
    }

    async fn read(&mut self) -> std::io::Result<Heard> {
        let (first, second) = (self.0.read_u8().await?, self.0.read_u8().await?);
        let length = match second {
            126 => self.0.read_u16().await? as usize,
            127 => self.0.read_u64().await? as usize,
            short => short as usize,
        };
        let mut payload = vec![0; length];
        self.0.read_exact(&mut payload).await?;
        Ok(match first {
            0x81 => Heard::Text(serde_json::from_slice(&payload).unwrap()),
            0x88 => Heard::Close(payload.get(..2).map(|code| u16::from_be_bytes([code[0], code[1]]))),
            0x89 => Heard::Ping(payload),
            0x8a => Heard::Pong(payload),
            other => panic!("a frame that begins with {other:#x}"),
        })
    }

    /// The texts of the next `n` messages; pings stay unanswered.
    pub async fn texts(&mut self, n: usize) -> Vec<String> {
        let mut texts = Vec::new();
        while texts.len() < n {
            match self.next().await {
                Heard::Text(frame) if frame["type"] == "singleChat" => texts.push(said(&frame["data"])),
                Heard::Text(_) | Heard::Ping(_) => {}
                other => panic!("{other:?} after {texts:?}"),
            }
        }
        texts
    }

    /// The texts of the next `n` messages; every ping is answered up to the one behind them.
    pub async fn texts_proven(&mut self, n: usize) -> Vec<String> {
        let mut texts = Vec::new();
        loop {
            match self.next().await {
                Heard::Text(frame) if frame["type"] == "singleChat" => texts.push(said(&frame["data"])),
                Heard::Text(_) => {}
                Heard::Ping(payload) => {
                    self.write(PONG, &payload).await;
                    if texts.len() >= n {
                        return texts;
                    }
                }
                other => panic!("{other:?} after {texts:?}"),
            }
        }
    }

    /// Writes one masked frame.
    pub async fn write(&mut self, first: u8, payload: &[u8]) {
        let mut frame = vec![first];
        match payload.len() {
            short @ 0..126 => frame.push(0x80 | short as u8),
            middle @ 126..=0xffff => {
                frame.push(0x80 | 126);
                frame.extend((middle as u16).to_be_bytes());
            }
            long => {
                frame.push(0x80 | 127);
                frame.extend((long as u64).to_be_bytes());
            }
        }
        frame.extend([0; 4]); // the mask that changes nothing
        frame.extend(payload);
        self.bytes(&frame).await;
    }

    /// Writes bytes as they are. A server that has had enough may have gone already.
    pub async fn bytes(&mut self, bytes: &[u8]) {
        let _ = timeout(PATIENCE, self.0.write_all(bytes)).await.expect("the server reads nothing");
    }

    /// Closes as the protocol wants it and waits until the server has seen it.
    pub async fn close(mut self) {
        self.write(CLOSE, &1000_u16.to_be_bytes()).await;
        while self.next().await != Heard::End {}
    }

    /// Breaks off without a close frame and waits until the server has seen it.
    pub async fn cut(mut self) {
        let _ = self.0.shutdown().await;
        while self.next().await != Heard::End {}
    }

    /// Reads to the end: whether a close frame came before it, and with which code.
    pub async fn end(&mut self) -> Option<Option<u16>> {
        let mut closed = None;
        loop {
            match self.next().await {
                Heard::Close(code) => closed = Some(code),
                Heard::End => return closed,
                _ => {}
            }
        }
    }
}

async fn connect(im: &Im, receive_buffer: Option<u32>) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    if let Some(size) = receive_buffer {
        socket.set_recv_buffer_size(size).unwrap();
    }
    socket.connect(im.base.trim_start_matches("http://").parse().unwrap()).await.unwrap()
}

/// The request that asks for a WebSocket at `path`.
pub fn upgrade(path: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: im\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
}

/// Sends a request as it is written and reads head and body of the answer.
pub async fn exchange(im: &Im, request: impl AsRef<[u8]>) -> (u16, Vec<u8>) {
    let mut stream = connect(im, None).await;
    stream.write_all(request.as_ref()).await.unwrap();
    let mut all = Vec::new();
    let whole = |all: &[u8]| {
        let head = all.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
        let text = String::from_utf8_lossy(&all[..head]).to_lowercase();
        let length = text.split("content-length:").nth(1)?.lines().next()?.trim().parse::<usize>().ok()?;
        (all.len() >= head + length).then_some(())
    };
    while whole(&all).is_none() {
        let mut piece = [0; 4_096];
        match timeout(PATIENCE, stream.read(&mut piece)).await.expect("no answer") {
            Ok(n @ 1..) => all.extend(&piece[..n]),
            _ => break,
        }
    }
    let head = all.windows(4).position(|end| end == b"\r\n\r\n").map_or(all.len(), |at| at + 4);
    let status = String::from_utf8_lossy(&all).split(' ').nth(1).and_then(|code| code.parse().ok());
    (status.unwrap_or(0), all[head..].to_vec())
}

/// A GET of exactly this path: nothing is normalised or encoded.
pub async fn get(im: &Im, path: &str) -> (u16, Vec<u8>) {
    exchange(im, format!("GET {path} HTTP/1.1\r\nHost: im\r\nConnection: close\r\n\r\n")).await
}
