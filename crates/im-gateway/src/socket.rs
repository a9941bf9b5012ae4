//! The task of one socket: heartbeats, writing in batches, proofs of arrival. It is small while
//! nothing happens: what is needed once, or seldom, is boxed.
use crate::{
    desk::Socket,
    egg,
    hub::{Attached, Hub, REPLACED},
    outbox::{BATCH_BYTES, End, Hold, Outbox, Outgoing, Work},
    receipts::Places,
    ws::{Broken, Frame, Heard, Ws},
};
use futures_util::FutureExt;
use im_core::{
    AccountId, ConversationId, Error, Rate, Refusal, Seq,
    accounts::{Caller, Door, Role, sessions},
    arrivals, conversations,
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
/// How long a new socket may take to answer its first Ping, and to ask for what waits. Until then
/// nothing is written whose arrival must be proven; after it the socket is taken to know no Pongs
/// (egg.md §5.7), and what waits may be overtaken.
const PATIENCE: Duration = Duration::from_secs(3);
/// Pings that may be on their way at once.
const PINGS: u64 = 8;
/// Messages that may be written and not proven. A client that answered one Ping and no other is
/// given up: what it did not prove would fill the memory.
const UNPROVEN: usize = 16 * 1024;
/// How long the other side may take to answer a close frame.
const FAREWELL: Duration = Duration::from_secs(2);
/// Close code after a refused handshake.
const REFUSED: u16 = 4000;
/// Close code of a goodbye that the client said first.
const NORMAL: u16 = 1000;

/// Who opens a socket, with its place; or what it is told instead.
pub type Greeting = Result<Guest, Option<&'static str>>;

/// Somebody who may have a socket.
pub struct Guest {
    caller: Caller,
    token: String,
    place: Attached,
}

/// Serves a socket until its end.
pub async fn serve(hub: Arc<Hub>, mut ws: Ws, greeting: Greeting) {
    match greeting {
        Ok(Guest { caller, token, mut place }) => {
            let socket = place.socket.clone();
            let in_flight = VecDeque::new();
            let (asked, answered, unasked) = (0, 0, 0);
            let mut task = Task { hub: &hub, ws, socket, token, asked, answered, unasked, in_flight };
            if let Err(e) = task.run(caller, place.again).await {
                tracing::debug!(error = %e, "a socket broke");
            }
            place.lost = task.finish();
        }
        Err(Some(text)) => {
            let told = Frame::json(&json!({ "msg": "fail", "data": text }));
            Box::pin(say_goodbye(&mut ws, vec![told, Frame::close(REFUSED)])).await;
        }
        Err(None) => {} // no close frame: the client comes again and is not signed out
    }
}

/// Looks who opens a socket (egg.md §5.2). When we failed, it is told nothing.
pub async fn greet(hub: &Arc<Hub>, token: Option<String>) -> Greeting {
    let token = token.ok_or(Some("缺少 token 参数"))?;
    match sessions::authenticate(&hub.app, &token, Door::Egg).await {
        Ok(caller) => Ok(Guest { caller, token, place: hub.attach(caller) }),
        Err(Error::Refused(Refusal::AccountDisabled)) => Err(Some("你已被管理员禁用")),
        Err(Error::Refused(_)) => Err(Some("Token 不合法")),
        Err(e) => {
            tracing::error!(error = %e, "a socket could not be opened");
            Err(None)
        }
    }
}

/// Writes the last frames, and waits for the other side to say goodbye as well.
pub(crate) async fn say_goodbye(ws: &mut Ws, last: Vec<Frame>) {
    let farewell = async {
        if ws.send(&last).await.is_ok() {
            while ws.recv().await.is_ok_and(|heard| heard.is_some_and(|heard| heard != Heard::Close)) {}
        }
    };
    let _ = timeout(FAREWELL, farewell).await;
}

/// Writes what waits, in a protocol that proves nothing; false when the socket is to end.
pub(crate) async fn write_out(ws: &mut Ws, outbox: &Outbox, work: Work) -> Result<bool, Broken> {
    if work.end == Some(End::Drop) {
        return Ok(false);
    }
    let mut frames: Vec<_> = work.frames.into_iter().map(|out| out.frame).collect();
    if work.beat {
        frames.push(Frame::ping(0));
    }
    bounded(outbox, ws.send(&frames)).await?;
    if let Some(End::Close(code)) = work.end {
        outbox.close();
        Box::pin(say_goodbye(ws, vec![Frame::close(code)])).await;
        return Ok(false);
    }
    Ok(true)
}

/// Runs something that writes to a socket: it ends when the socket is dropped.
pub(crate) async fn bounded<T>(
    outbox: &Outbox,
    write: impl Future<Output = Result<T, Broken>>,
) -> Result<T, Broken> {
    tokio::select! {
        biased;
        written = write => written,
        () = outbox.dropped() => Err(Broken::GivenUp("it was dropped")),
    }
}

struct Task<'a> {
    hub: &'a Arc<Hub>,
    ws: Ws,
    socket: Arc<Socket>,
    /// What it was opened with: a heartbeat may name it again.
    token: String,
    /// Pings asked so far; the payload of a Ping is its number.
    asked: u64,
    /// The number of the last Pong.
    answered: u64,
    /// Bytes written since the last Ping.
    unasked: usize,
    /// Written and not proven, oldest first, each with the number of the Ping that is to prove it.
    in_flight: VecDeque<(u64, ConversationId, Seq)>,
}

impl Task<'_> {
    async fn run(&mut self, caller: Caller, again: bool) -> Result<(), Broken> {
        let socket = self.socket.clone();
        bounded(&socket.outbox, Box::pin(self.welcome(caller, again))).await?;
        let patience_ends = Instant::now() + PATIENCE;
        let mut patient = true;
        loop {
            let go_on = tokio::select! {
                work = socket.outbox.work(BATCH) => Box::pin(self.write(work)).await?,
                received = self.ws.recv() => match received? {
                    Some(heard) => bounded(&socket.outbox, Box::pin(self.heard(heard))).await?,
                    None => false,
                },
                () = sleep_until(patience_ends), if patient => {
                    patient = false;
                    let go_on = Box::pin(self.hear_what_is_there()).await?;
                    [Hold::Pong, Hold::Fetch].into_iter().for_each(|hold| socket.outbox.release(hold));
                    go_on
                }
            };
            if !go_on {
                return Ok(());
            }
        }
    }

    /// The first Pong may have come in the moment in which patience ended.
    async fn hear_what_is_there(&mut self) -> Result<bool, Broken> {
        let socket = self.socket.clone();
        while let Some(received) = self.ws.recv().now_or_never() {
            let Some(heard) = received? else { return Ok(false) };
            if !bounded(&socket.outbox, self.heard(heard)).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The first frames: welcome, the Ping that tells whether this peer answers Pings, hints.
    async fn welcome(&mut self, caller: Caller, again: bool) -> Result<(), Broken> {
        let now_ms = self.hub.app.now().0;
        let hello = json!({ "type": "system", "data": "欢迎您访问我们的系统！", "timestamp": now_ms });
        let ping = self.ask_for_proof();
        self.ws.send(&[Frame::json(&hello), ping]).await?;
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
                // Looked up only now: what its groups said before it was in their rooms waits as well.
                if !conversations::is_awaited(&self.hub.app, caller.id).await.unwrap_or(true) {
                    self.socket.outbox.release(Hold::Fetch); // nothing older can be overtaken
                }
                if self.hub.egg.onboarding_hints {
                    self.ws.send(&egg::hints(&self.hub.style, caller, &arrival, again, now_ms)).await?;
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
        let ping = self.asked + 1;
        let carried = work.frames.iter().filter_map(|out| out.carries);
        self.in_flight.extend(carried.map(|(of, seq)| (ping, of, seq)));
        if self.in_flight.len() > UNPROVEN {
            return Err(Broken::GivenUp("it answers no more Pings"));
        }
        let mut frames: Vec<_> = work.frames.into_iter().map(|out| out.frame).collect();
        self.unasked += frames.iter().map(Frame::len).sum::<usize>();
        if work.beat {
            frames.push(Frame::text(r#"{"type":"ping"}"#));
        }
        if work.beat || self.wants_proof() {
            frames.push(self.ask_for_proof());
        }
        let socket = self.socket.clone();
        bounded(&socket.outbox, self.ws.send(&frames)).await?;
        if !socket.answers.load(Ordering::Relaxed) && !socket.outbox.holds(Hold::Pong) {
            self.proven_up_to(u64::MAX); // knows no Pongs: written is delivered
        }
        if let Some(End::Close(code)) = work.end {
            self.say_goodbye(code).await;
            return Ok(false);
        }
        Ok(true)
    }

    /// Says goodbye first. What the client still proves meanwhile counts.
    async fn say_goodbye(&mut self, code: u16) {
        let farewell = async {
            self.ws.send(&[Frame::close(code)]).await?;
            while let Some(heard) = self.ws.recv().await? {
                match heard {
                    Heard::Pong(payload) => self.proven(&payload),
                    Heard::Close => break,
                    _ => {}
                }
            }
            Ok::<_, Broken>(())
        };
        let _ = timeout(FAREWELL, farewell).await;
    }

    /// Whether something is to be proven, and few Pings are on their way. What is written behind
    /// those is asked for when a Pong is there, so a busy socket costs few Pings per round trip; a
    /// slow line is asked more often, so that it has proven something when it breaks.
    fn wants_proof(&self) -> bool {
        let may = self.asked - self.answered < PINGS || self.unasked >= BATCH_BYTES;
        may && self.in_flight.back().is_some_and(|(proof, ..)| *proof > self.asked)
    }

    /// A numbered Ping: its Pong proves everything written before it.
    fn ask_for_proof(&mut self) -> Frame {
        self.asked += 1;
        self.unasked = 0;
        Frame::ping(self.asked)
    }

    /// Takes a frame of the client; false when it says goodbye.
    async fn heard(&mut self, heard: Heard) -> Result<bool, Broken> {
        self.socket.heard_ms.store(self.hub.uptime_ms(), Ordering::Relaxed);
        match heard {
            Heard::Pong(payload) => {
                self.proven(&payload);
                if self.wants_proof() {
                    let ping = self.ask_for_proof();
                    self.ws.send(&[ping]).await?;
                }
            }
            Heard::Text(text) => {
                if wants_pong(self.hub, self.socket.account, &self.token, &text).await {
                    let pong = json!({ "type": "pong", "timestamp": self.hub.app.now().0 });
                    self.ws.send(&[Frame::json(&pong)]).await?;
                }
            }
            Heard::Ping(payload) => self.ws.send(&[Frame::pong(&payload)]).await?,
            Heard::Close => {
                self.ws.send(&[Frame::close(NORMAL)]).await?;
                return Ok(false);
            }
            Heard::Binary => {}
        }
        Ok(true)
    }

    fn proven(&mut self, payload: &[u8]) {
        let Ok(bytes) = payload.try_into() else { return };
        let ping = u64::from_be_bytes(bytes);
        if ping > self.asked {
            return; // not an answer to anything we asked
        }
        self.answered = self.answered.max(ping);
        if !self.socket.answers.swap(true, Ordering::Relaxed) {
            self.socket.outbox.release(Hold::Pong);
        }
        self.proven_up_to(ping);
    }

    fn proven_up_to(&mut self, ping: u64) {
        while let Some((_, of, seq)) = self.in_flight.pop_front_if(|(proof, ..)| *proof <= ping) {
            self.hub.receipts.add(self.socket.account, of, seq);
        }
        if self.in_flight.is_empty() {
            self.in_flight = VecDeque::new(); // an idle socket holds no memory for it
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
        while let Some(Ok(Some(heard))) = self.ws.recv().now_or_never() {
            if let Heard::Pong(payload) = heard {
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
                && sessions::authenticate(&hub.app, token, Door::Egg).await.is_ok()
        }
        _ => false,
    }
}
