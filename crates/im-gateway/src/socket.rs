//! The task of one socket: handshake, heartbeats, writing in batches, proofs of arrival.
use crate::{
    desk::Socket,
    egg,
    hub::{Attached, Hub, REPLACED},
    outbox::{End, Outgoing, Work},
    receipts::Places,
};
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use futures_util::{FutureExt, SinkExt};
use im_core::{
    AccountId, ConversationId, Error, Rate, Refusal, Seq,
    accounts::{Caller, Role, sessions},
    arrivals,
};
use serde_json::{Value, json};
use std::{
    collections::VecDeque,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::time::{Instant, sleep_until, timeout};

/// Frames written in one go, before their arrival is asked for.
const BATCH: usize = 64;
/// How long a new socket may take to answer its first Ping. Until then nothing is written whose
/// arrival must be proven; after it the socket is taken to know no Pongs (egg.md §5.7).
const PROBE: Duration = Duration::from_secs(1);
/// How long a write may be stuck.
const STUCK: Duration = Duration::from_secs(30);
/// How long the other side may take to answer a close frame.
const FAREWELL: Duration = Duration::from_secs(2);
/// Close code after a refused handshake.
const REFUSED: u16 = 4000;

type Broken = axum::Error;

/// Who opens a socket, with its place; or what it is told instead.
pub type Greeting = Result<Guest, Option<&'static str>>;

/// Somebody who may have a socket.
pub struct Guest {
    caller: Caller,
    token: String,
    place: Attached,
}

/// Serves a socket until its end.
pub async fn serve(hub: Arc<Hub>, mut ws: WebSocket, greeting: Greeting) {
    match greeting {
        Ok(Guest { caller, token, mut place }) => {
            let socket = place.socket.clone();
            let mut task =
                Task { hub: &hub, ws, socket, token, batch: 0, in_flight: VecDeque::new(), probing: true };
            if let Err(e) = task.run(caller, place.again).await {
                tracing::debug!(error = %e, "a socket broke");
            }
            place.lost = task.finish();
        }
        Err(Some(text)) => {
            let told = json!({ "msg": "fail", "data": text }).to_string();
            let _ = timeout(FAREWELL, ws.send(Message::Text(told.into()))).await;
            say_goodbye(&mut ws, REFUSED).await;
        }
        Err(None) => {} // no close frame: the client comes again and is not signed out
    }
}

/// Looks who opens a socket (egg.md §5.2). When we failed, it is told nothing.
pub async fn greet(hub: &Arc<Hub>, token: Option<String>) -> Greeting {
    let token = token.ok_or(Some("缺少 token 参数"))?;
    match sessions::authenticate(&hub.app, &token).await {
        Ok(caller) => Ok(Guest { caller, token, place: hub.attach(caller) }),
        Err(Error::Refused(Refusal::AccountDisabled)) => Err(Some("你已被管理员禁用")),
        Err(Error::Refused(_)) => Err(Some("Token 不合法")),
        Err(e) => {
            tracing::error!(error = %e, "a socket could not be opened");
            Err(None)
        }
    }
}

async fn say_goodbye(ws: &mut WebSocket, code: u16) {
    let frame = CloseFrame { code, reason: Utf8Bytes::default() };
    let farewell = async {
        if ws.send(Message::Close(Some(frame))).await.is_ok() {
            while let Some(Ok(_)) = ws.recv().await {}
        }
    };
    let _ = timeout(FAREWELL, farewell).await;
}

/// Runs something that writes to a socket: it ends when the write is stuck or the socket is dropped.
async fn bounded<T>(socket: &Socket, write: impl Future<Output = Result<T, Broken>>) -> Result<T, Broken> {
    tokio::select! {
        written = timeout(STUCK, write) => written.unwrap_or_else(|_| Err(Broken::new("stuck"))),
        () = socket.outbox.dropped() => Err(Broken::new("dropped")),
    }
}

struct Task<'a> {
    hub: &'a Arc<Hub>,
    ws: WebSocket,
    socket: Arc<Socket>,
    /// What it was opened with: a heartbeat may name it again.
    token: String,
    /// The number of the last batch whose arrival was asked for.
    batch: u64,
    /// Written and not proven, oldest first, with their batches.
    in_flight: VecDeque<(u64, ConversationId, Seq)>,
    /// Whether the first Ping is unanswered and still may be.
    probing: bool,
}

impl Task<'_> {
    async fn run(&mut self, caller: Caller, again: bool) -> Result<(), Broken> {
        let socket = self.socket.clone();
        bounded(&socket, self.welcome(caller, again)).await?;
        let probe_ends = Instant::now() + PROBE;
        loop {
            let work = tokio::select! {
                work = socket.outbox.work(BATCH, self.probing) => Some(work),
                received = self.ws.recv() => match received {
                    Some(Ok(message)) => {
                        if !bounded(&socket, self.heard(message)).await? {
                            return Ok(());
                        }
                        None
                    }
                    Some(Err(e)) => return Err(e),
                    None => return Ok(()),
                },
                () = sleep_until(probe_ends), if self.probing => {
                    self.probing = false;
                    None
                }
            };
            if let Some(work) = work
                && !self.write(work).await?
            {
                return Ok(());
            }
        }
    }

    /// The first frames: welcome, the Ping that tells whether this peer answers Pings, hints.
    async fn welcome(&mut self, caller: Caller, again: bool) -> Result<(), Broken> {
        let now_ms = self.hub.app.now().0;
        let hello = json!({ "type": "system", "data": "欢迎您访问我们的系统！", "timestamp": now_ms });
        self.ws.feed(Message::Text(hello.to_string().into())).await?;
        self.ask_for_proof().await?;
        self.ws.flush().await?;
        match arrivals::arrive(&self.hub.app, caller).await {
            Ok(arrival) if arrival.session != Some(caller.role) => {
                // It ended between the handshake and here, where nobody could be told.
                self.socket.retire();
                let end = if caller.role == Role::Visitor { End::Drop } else { End::Close(REPLACED) };
                self.socket.outbox.end(end);
            }
            Ok(arrival) => {
                if arrival.account.role != caller.role {
                    self.socket.retire(); // a visitor who registered
                }
                self.hub.enter_rooms(caller.id, &arrival.groups);
                self.hub.furnished(caller.id);
                if self.hub.egg.onboarding_hints {
                    for hint in egg::hints(&self.hub.style, caller, &arrival, again, now_ms) {
                        self.ws.feed(Message::Text(hint.into())).await?;
                    }
                    self.ws.flush().await?;
                }
            }
            Err(e) => {
                // Without its groups it would miss their messages: it shall come again.
                tracing::error!(error = %e, "a socket could not be furnished");
                self.socket.outbox.end(End::Drop);
            }
        }
        Ok(())
    }

    /// Writes what waits; false when the socket is to end.
    async fn write(&mut self, work: Work) -> Result<bool, Broken> {
        if work.end == Some(End::Drop) {
            self.give_back(work.frames);
            return Ok(false);
        }
        // Noted before it is written: a write that breaks, or never begins, leaves nothing unaccounted.
        let (batch, before) = (self.batch + 1, self.in_flight.len());
        let carried = work.frames.iter().filter_map(|out| out.carries);
        self.in_flight.extend(carried.map(|(of, seq)| (batch, of, seq)));
        let (socket, carries) = (self.socket.clone(), self.in_flight.len() > before);
        bounded(&socket, self.write_batch(&work, carries)).await?;
        if let Some(End::Close(code)) = work.end {
            say_goodbye(&mut self.ws, code).await;
            return Ok(false);
        }
        Ok(true)
    }

    async fn write_batch(&mut self, work: &Work, carries: bool) -> Result<(), Broken> {
        for out in &work.frames {
            self.ws.feed(Message::Text(out.frame.clone())).await?;
        }
        if work.beat {
            self.ws.feed(Message::Text(Utf8Bytes::from_static(r#"{"type":"ping"}"#))).await?;
        }
        if work.beat || carries {
            self.ask_for_proof().await?;
        }
        self.ws.flush().await?;
        if !self.probing && !self.socket.answers.load(Ordering::Relaxed) {
            self.proven_up_to(self.batch); // knows no Pongs: written is delivered
        }
        Ok(())
    }

    /// A Ping that names the batch: its Pong proves everything written before it.
    async fn ask_for_proof(&mut self) -> Result<(), Broken> {
        self.batch += 1;
        self.ws.feed(Message::Ping(self.batch.to_be_bytes().to_vec().into())).await
    }

    /// Takes a frame of the client; false when it says goodbye.
    async fn heard(&mut self, message: Message) -> Result<bool, Broken> {
        self.socket.heard_ms.store(self.hub.uptime_ms(), Ordering::Relaxed);
        match message {
            Message::Pong(payload) => self.proven(&payload),
            Message::Text(text) => {
                if wants_pong(self.hub, self.socket.account, &self.token, &text).await {
                    let pong = json!({ "type": "pong", "timestamp": self.hub.app.now().0 });
                    self.ws.send(Message::Text(pong.to_string().into())).await?;
                }
            }
            Message::Close(_) => return Ok(false),
            Message::Binary(_) | Message::Ping(_) => {}
        }
        Ok(true)
    }

    fn proven(&mut self, payload: &[u8]) {
        let Ok(bytes) = payload.try_into() else { return };
        let batch = u64::from_be_bytes(bytes);
        if batch > self.batch {
            return; // not an answer to anything we asked
        }
        self.probing = false;
        self.socket.answers.store(true, Ordering::Relaxed);
        self.proven_up_to(batch);
    }

    fn proven_up_to(&mut self, batch: u64) {
        while let Some((_, of, seq)) = self.in_flight.pop_front_if(|(written, ..)| *written <= batch) {
            self.hub.receipts.add(self.socket.account, of, seq);
        }
    }

    /// Unwritten: as if written and lost.
    fn give_back(&mut self, frames: Vec<Outgoing>) {
        self.in_flight
            .extend(frames.into_iter().filter_map(|out| out.carries).map(|(of, seq)| (u64::MAX, of, seq)));
    }

    /// Accounts for everything that was taken; returns what did not arrive.
    fn finish(mut self) -> Places {
        // A frame that arrived together with the end may hold the last proof.
        while let Some(Some(Ok(message))) = self.ws.recv().now_or_never() {
            if let Message::Pong(payload) = message {
                self.proven(&payload);
            }
        }
        let unwritten = self.socket.outbox.close();
        self.give_back(unwritten);
        self.in_flight.drain(..).map(|(_, of, seq)| (of, seq)).collect()
    }
}

/// Whether this is a heartbeat to be answered (egg.md §5.3). Whatever else a client says is
/// ignored.
async fn wants_pong(hub: &Hub, account: AccountId, own: &str, text: &str) -> bool {
    if text.trim() == "ping" {
        return true;
    }
    let Ok(frame) = serde_json::from_str::<Value>(text) else { return false };
    if frame["type"] != "ping" {
        return false;
    }
    match &frame["token"] {
        Value::Null => true,
        Value::String(token) if token == own || token.is_empty() => true,
        Value::String(token) => {
            hub.app.limiter.take(Rate::Lookup, account, hub.app.now()).is_ok()
                && sessions::authenticate(&hub.app, token).await.is_ok()
        }
        _ => false,
    }
}
