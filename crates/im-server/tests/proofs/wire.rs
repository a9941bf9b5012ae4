//! Bytes on a connection: what no library would send, and a reader that does not read.
use crate::{
    people::Person,
    server::{PATIENCE, Server},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

/// First bytes of frames: a whole text, a ping, a pong.
pub const TEXT: u8 = 0x81;
pub const PING: u8 = 0x89;
pub const PONG: u8 = 0x8a;

/// The request that opens a socket of this token.
pub fn upgrade(token: &str) -> String {
    format!(
        "GET /ws?token={token} HTTP/1.1\r\nHost: im\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
}

/// A masked frame whose mask changes nothing.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = head(first, payload.len() as u64);
    frame.extend(payload);
    frame
}

/// The beginning of a frame that says to be so long.
pub fn head(first: u8, length: u64) -> Vec<u8> {
    let mut head = vec![first];
    match length {
        0..126 => head.push(0x80 | length as u8),
        126..=0xffff => {
            head.push(0x80 | 126);
            head.extend((length as u16).to_be_bytes());
        }
        _ => {
            head.push(0x80 | 127);
            head.extend(length.to_be_bytes());
        }
    }
    head.extend([0; 4]);
    head
}

/// A connection that does only what it is told.
pub struct Wire(pub TcpStream);

impl Wire {
    /// A connection over which nothing was said.
    pub async fn to(server: &Server) -> Wire {
        Wire::with(server, None).await
    }

    async fn with(server: &Server, receive_buffer: Option<u32>) -> Wire {
        let socket = TcpSocket::new_v4().unwrap();
        if let Some(bytes) = receive_buffer {
            socket.set_recv_buffer_size(bytes).unwrap();
        }
        let address = server.base().trim_start_matches("http://").parse().unwrap();
        Wire(timeout(PATIENCE, socket.connect(address)).await.expect("nobody listens").unwrap())
    }

    /// An open socket of somebody.
    pub async fn open(server: &Server, person: &Person) -> Wire {
        let mut wire = Wire::to(server).await;
        wire.bytes(upgrade(&person.token).as_bytes()).await;
        wire.shaken().await;
        wire
    }

    /// An open socket that answered the first Ping, so that the server waits for all other answers. It
    /// reads nothing more, and has room for a few kilobytes.
    pub async fn open_stuck(server: &Server, person: &Person) -> Wire {
        let mut wire = Wire::with(server, Some(4_096)).await;
        wire.bytes(upgrade(&person.token).as_bytes()).await;
        wire.shaken().await;
        let ping = loop {
            match wire.next().await {
                Some((PING, payload)) => break payload,
                other => assert!(other.is_some(), "it ended"),
            }
        };
        wire.bytes(&frame(PONG, &ping)).await;
        wire.heartbeat().await; // stands behind the Pong, so the server has read it
        wire
    }

    /// Reads past the answer to an upgrade.
    pub async fn shaken(&mut self) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(timeout(PATIENCE, self.0.read_u8()).await.expect("no handshake").unwrap());
        }
        assert!(head.starts_with(b"HTTP/1.1 101 "), "{}", String::from_utf8_lossy(&head));
    }

    /// The client's own heartbeat, which has to be answered.
    pub async fn heartbeat(&mut self) {
        self.bytes(&frame(TEXT, b"ping")).await;
        self.answered().await;
    }

    /// Reads up to the answer to a heartbeat.
    pub async fn answered(&mut self) {
        loop {
            let (first, payload) = self.next().await.expect("it ended");
            if first == TEXT && payload.starts_with(br#"{"type":"pong""#) {
                return;
            }
        }
    }

    /// The next frame; `None` at the end.
    pub async fn next(&mut self) -> Option<(u8, Vec<u8>)> {
        timeout(PATIENCE, self.read()).await.expect("no frame came").ok()
    }

    async fn read(&mut self) -> std::io::Result<(u8, Vec<u8>)> {
        let (first, second) = (self.0.read_u8().await?, self.0.read_u8().await?);
        let length = match second {
            126 => self.0.read_u16().await? as usize,
            127 => self.0.read_u64().await? as usize,
            short => short as usize,
        };
        let mut payload = vec![0; length];
        self.0.read_exact(&mut payload).await?;
        Ok((first, payload))
    }

    /// Writes bytes as they are; false when the server has had enough of them.
    pub async fn bytes(&mut self, bytes: &[u8]) -> bool {
        timeout(PATIENCE, self.0.write_all(bytes)).await.expect("the server reads nothing").is_ok()
    }

    /// Everything up to the end of the connection, which has to come.
    pub async fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        let _ = timeout(PATIENCE, self.0.read_to_end(&mut rest)).await.expect("the connection stays open");
        rest
    }
}
