//! The server's end of a WebSocket (RFC 6455), made for tens of thousands of them that are idle: one
//! holds no buffer while it has nothing to say or to finish, and what it is sent leaves from memory
//! that all sockets share (docs/adr/0003-own-websocket.md).

mod frame;
mod handshake;
mod reader;
#[cfg(test)]
mod tests;

pub use frame::Frame;
pub use handshake::Upgrade;
pub use reader::Heard;
use reader::Reader;

use std::{
    future::poll_fn,
    io::{self, IoSlice},
    mem::MaybeUninit,
    pin::Pin,
    task::{Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, ReadBuf},
    net::TcpStream,
    time::timeout,
};

/// Why a socket cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// The connection broke.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The other side does not keep to the protocol, or says more than it may.
    #[error("{0}")]
    Protocol(&'static str),
    /// We gave it up.
    #[error("{0}")]
    GivenUp(&'static str),
}

/// How long a write may make no progress.
const STUCK: Duration = Duration::from_secs(30);
/// Bytes read at once.
const PIECE: usize = 4 * 1024;

/// An open WebSocket.
pub struct Ws {
    stream: TcpStream,
    reader: Reader,
}

impl Ws {
    fn new(stream: TcpStream, read_already: &[u8]) -> Self {
        let mut reader = Reader::default();
        reader.feed(read_already);
        Ws { stream, reader }
    }

    /// Lets the other side say messages of so many bytes.
    pub fn allow(&mut self, longest: usize) {
        self.reader.longest = longest;
    }

    /// What the other side said and was read already.
    pub fn heard_already(&mut self) -> Result<Option<Heard>, Broken> {
        self.reader.next()
    }

    /// The next thing that the other side says; `None` when it hung up. A call that is dropped
    /// half-way loses nothing.
    pub async fn recv(&mut self) -> Result<Option<Heard>, Broken> {
        loop {
            if let Some(heard) = self.reader.next()? {
                return Ok(Some(heard));
            }
            if self.read_piece().await? == 0 {
                return Ok(None);
            }
        }
    }

    /// Reads what is there, into the stack: a socket that waits holds no room for it.
    async fn read_piece(&mut self) -> io::Result<usize> {
        poll_fn(|context| {
            let mut room = [const { MaybeUninit::uninit() }; PIECE];
            let mut piece = ReadBuf::uninit(&mut room);
            ready!(Pin::new(&mut self.stream).poll_read(context, &mut piece))?;
            self.reader.feed(piece.filled());
            Poll::Ready(Ok(piece.filled().len()))
        })
        .await
    }

    /// Writes these frames, together and in order. A call that is dropped half-way leaves a broken
    /// stream: the socket must end.
    ///
    /// # Errors
    /// [`Broken::GivenUp`] when the other side has taken nothing for half a minute.
    pub async fn send(&self, frames: &[Frame]) -> Result<(), Broken> {
        let mut slices: Vec<_> = frames.iter().map(|frame| IoSlice::new(frame.bytes())).collect();
        let mut rest = &mut slices[..];
        while !rest.is_empty() {
            match self.stream.try_write_vectored(rest) {
                Ok(count) => IoSlice::advance_slices(&mut rest, count),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                    let writable = timeout(STUCK, self.stream.writable()).await;
                    writable.map_err(|_| Broken::GivenUp("a write is stuck"))??;
                }
                Err(e) => return Err(e.into()),
            }
        }
        Ok(())
    }
}
