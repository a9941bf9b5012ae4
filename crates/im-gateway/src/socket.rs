//! The task of one socket: handshake, heartbeats, writing in batches, proofs of arrival.
use crate::{
    desk::Socket,
    egg,
    hub::Hub,
    outbox::{End, Outgoing, Work},
    receipts::Places,
};
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use futures_util::{FutureExt, SinkExt};
use im_core::{
    AccountId, ConversationId, Error, Rate, Refusal, Seq,
    accounts::{Caller, sessions},
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

/// Serves a socket from its handshake to its end.
pub async fn serve(hub: Arc<Hub>, mut ws: WebSocket, token: Option<String>) {
    match greet(&hub, token.as_deref()).await {
        Ok((caller, token)) => {
            let (socket, again) = hub.attach(caller);
            let mut task =
                Task { hub: &hub, ws, socket, token, batch: 0, in_flight: VecDeque::new(), probing: true };
            if let Err(e) = task.run(caller, again).await {
                tracing::debug!(error = %e, "a socket broke");
            }
            task.finish();
        }
        Err(text) => {
            let told = json!({ "msg": "fail", "data": text }).to_string();
            let _ = ws.send(Message::Text(told.into())).await;
            say_goodbye(&mut ws, REFUSED).await;
        }
    }
}

/// Who opens the socket, or what it is told instead (egg.md §5.2).
async fn greet(hub: &Hub, token: Option<&str>) -> Result<(Caller, String), &'static str> {
    let token = token.ok_or("缺少 token 参数")?;
    match sessions::authenticate(&hub.app, token).await {
        Ok(caller) => Ok((caller, token.to_owned())),
        Err(Error::Refused(Refusal::AccountDisabled)) => Err("你已被管理员禁用"),
        Err(Error::Refused(_)) => Err("Token 不合法"),
        Err(e) => {
            tracing::error!(error = %e, "a socket could not be opened");
            Err("服务器繁忙，请稍后再试")
        }
    }
}

async fn say_goodbye(ws: &mut WebSocket, code: u16) {
    let frame = CloseFrame { code, reason: Utf8Bytes::default() };
    if ws.send(Message::Close(Some(frame))).await.is_ok() {
        let _ = timeout(FAREWELL, async { while let Some(Ok(_)) = ws.recv().await {} }).await;
    }
}

struct Task<'a> {
    hub: &'a Hub,
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
        self.welcome(caller, again).await?;
        let probe_ends = Instant::now() + PROBE;
        loop {
            let work = {
                let socket = self.socket.clone();
                tokio::select! {
                    work = socket.outbox.work(BATCH, self.probing) => Some(work),
                    received = self.ws.recv() => match received {
                        Some(Ok(message)) => {
                            if !self.heard(message).await? {
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
            Ok(arrival) => {
                self.hub.enter_rooms(caller.id, &arrival.groups);
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
        let socket = self.socket.clone();
        let written = tokio::select! {
            written = timeout(STUCK, self.write_batch(&work)) => written.unwrap_or_else(|_| Err(Broken::new("stuck"))),
            () = socket.outbox.dropped() => Err(Broken::new("dropped")),
        };
        written?;
        if let Some(End::Close(code)) = work.end {
            say_goodbye(&mut self.ws, code).await;
            return Ok(false);
        }
        Ok(true)
    }

    async fn write_batch(&mut self, work: &Work) -> Result<(), Broken> {
        // Noted before it is written: a write that breaks in the middle leaves nothing unaccounted.
        let batch = self.batch + 1;
        let carried = work.frames.iter().filter_map(|out| out.carries);
        let before = self.in_flight.len();
        self.in_flight.extend(carried.map(|(of, seq)| (batch, of, seq)));
        for out in &work.frames {
            self.ws.feed(Message::Text(out.frame.clone())).await?;
        }
        if work.beat {
            self.ws.feed(Message::Text(Utf8Bytes::from_static(r#"{"type":"ping"}"#))).await?;
        }
        if work.beat || self.in_flight.len() > before {
            self.ask_for_proof().await?;
        }
        self.ws.flush().await?;
        if !self.probing && !self.socket.answers.load(Ordering::Relaxed) {
            self.proven_up_to(batch); // knows no Pongs: written is delivered
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

    /// Accounts for everything that was taken and says goodbye to the hub.
    fn finish(&mut self) {
        // A frame that arrived together with the end may hold the last proof.
        while let Some(Some(Ok(message))) = self.ws.recv().now_or_never() {
            if let Message::Pong(payload) = message {
                self.proven(&payload);
            }
        }
        let unwritten = self.socket.outbox.close();
        self.give_back(unwritten);
        let lost: Places = self.in_flight.drain(..).map(|(_, of, seq)| (of, seq)).collect();
        self.hub.detach(&self.socket, &lost);
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
