//! How somebody writes: requests over a connection of its own, or words on the socket where it listens.
use crate::{
    Result,
    wire::{http::Http, mouth::Mouth},
};
use std::{net::SocketAddr, rc::Rc};

/// One message at a time goes out on it.
pub enum Line {
    /// Requests, each with the bytes of a letter.
    Http(Http),
    /// The native socket.
    Socket(Rc<Mouth>),
}

impl Line {
    /// Of the `n`-th client: its socket, if it speaks there.
    pub fn new(at: SocketAddr, n: usize, mouth: Option<Rc<Mouth>>) -> Line {
        mouth.map_or_else(|| Line::Http(Http::new(at, n)), Line::Socket)
    }

    /// Connects now, so that the first message need not.
    pub async fn warm(&mut self) -> Result<()> {
        match self {
            Line::Http(http) => http.warm().await,
            Line::Socket(_) => Ok(()),
        }
    }

    /// Sends the letter; answers why the server refused it, if it did.
    pub async fn post(&mut self, letter: &[u8]) -> Result<Option<String>> {
        match self {
            Line::Http(http) => {
                let said = http.exchange(letter, |answer| {
                    (!answer.is_ok()).then(|| String::from_utf8_lossy(answer.body).into_owned())
                });
                said.await
            }
            Line::Socket(mouth) => mouth.ask(letter).await,
        }
    }
}
