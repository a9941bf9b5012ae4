//! A socket that says only what the history wants: it answers no Ping by itself.
use super::run::Differs;
use crate::{
    kit::{Im, Person},
    raw::{Heard, PONG, Raw, TEXT},
};
use serde_json::Value;
use std::{collections::VecDeque, time::Duration};
use tokio::time::timeout;

/// How long a push may take that should come at once.
const PATIENCE: Duration = Duration::from_secs(5);

/// A socket, the last Ping that it did not answer, and what was pushed while it was opened.
pub struct Ear {
    raw: Raw,
    ping: Option<Vec<u8>>,
    early: VecDeque<Value>,
}

impl Ear {
    /// Opens a socket, and answers its first Ping: it is one that knows Pongs.
    pub async fn open(im: &Im, person: &Person) -> Result<Self, Differs> {
        let raw = Raw::open(im, &person.token).await;
        let mut ear = Ear { raw, ping: None, early: VecDeque::new() };
        while ear.ping.is_none() {
            match ear.next().await? {
                Heard::Ping(_) => {}
                Heard::Text(frame) if frame["type"] == "system" || frame["type"] == "ping" => {}
                other => return Err(format!("{other:?} came first")),
            }
        }
        ear.answer().await;
        ear.raw.write(TEXT, b"ping").await;
        loop {
            match ear.next().await? {
                Heard::Text(frame) if frame["type"] == "pong" => return Ok(ear),
                Heard::Text(frame) if frame["type"] == "singleChat" => ear.early.push_back(frame),
                Heard::Text(frame) if frame["type"] == "ping" => {}
                Heard::Ping(_) => {}
                other => return Err(format!("{other:?} came")),
            }
        }
    }

    async fn next(&mut self) -> Result<Heard, Differs> {
        let next = timeout(PATIENCE, self.raw.next()).await;
        let next = next.map_err(|_| "nothing came".to_owned())?;
        if let Heard::Ping(payload) = &next {
            self.ping = Some(payload.clone());
        }
        Ok(next)
    }

    /// Answers the last Ping. Whether there was one.
    async fn answer(&mut self) -> bool {
        let ping = self.ping.take();
        if let Some(payload) = &ping {
            self.raw.write(PONG, payload).await;
        }
        ping.is_some()
    }

    /// The next `n` pushes.
    pub async fn pushes(&mut self, n: usize) -> Result<Vec<Value>, Differs> {
        let mut pushes: Vec<_> = self.early.drain(..n.min(self.early.len())).collect();
        while pushes.len() < n {
            match self.next().await.map_err(|why| format!("{why} after {pushes:?}"))? {
                Heard::Text(frame) if frame["type"] == "singleChat" => pushes.push(frame),
                Heard::Text(frame) if frame["type"] == "ping" => {}
                Heard::Ping(_) => {}
                other => return Err(format!("{other:?} came")),
            }
        }
        Ok(pushes)
    }

    /// An answered heartbeat stands behind everything: nothing came, and the server has read what
    /// was sent.
    pub async fn nothing(&mut self) -> Result<(), Differs> {
        if let Some(early) = self.early.front() {
            return Err(format!("{early} came"));
        }
        self.raw.write(TEXT, b"ping").await;
        loop {
            match self.next().await? {
                Heard::Text(frame) if frame["type"] == "pong" => return Ok(()),
                Heard::Text(frame) if frame["type"] == "ping" => {}
                Heard::Ping(_) => {}
                other => return Err(format!("{other:?} came")),
            }
        }
    }

    /// Proves that everything arrived that was read: as long as an answer is followed by another
    /// Ping, there is something to prove.
    pub async fn prove(&mut self) -> Result<(), Differs> {
        while self.answer().await {
            self.nothing().await?;
        }
        Ok(())
    }

    /// Proves, and closes as the protocol wants it.
    pub async fn close(mut self) -> Result<(), Differs> {
        self.prove().await?;
        self.raw.close().await;
        Ok(())
    }

    /// Breaks off; the server has seen it.
    pub async fn cut(self) {
        self.raw.cut().await;
    }
}
