//! The task of one socket. It is small while nothing happens: what is needed seldom is boxed.
use super::{
    frames::Told,
    jobs::{Asked, Jobs},
    place::{BEAT_S, DISABLED, Place, Socket},
    problem::Problem,
    said::{self, Job, Refused, Said, What},
};
use crate::{
    hub::Hub,
    socket::{bounded, say_goodbye, write_out},
    ws::{Broken, Frame, Heard, Ws},
};
use im_core::{
    Error, Refusal,
    accounts::{Door, sessions},
    live,
};
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::time::timeout;

/// Frames written in one go.
const BATCH: usize = 64;
/// Bytes of a frame before its sender is known.
const FIRST_BYTES: usize = 4 * 1024;
/// Bytes of a frame of somebody known.
const FRAME_BYTES: usize = 256 * 1024;

/// Close codes (docs/protocol/close-codes.md).
const REFUSED: u16 = 4401;
const NORMAL: u16 = 1000;
const LATER: u16 = 1013;

/// Why nobody gets a socket: the last frames, and the code after them. `None`: the client hung up.
type Farewell = Option<(Frame, u16)>;

/// Serves a socket until its end.
pub(super) async fn serve(hub: Arc<Hub>, mut ws: Ws) {
    let greeted = match hub.native.strangers.try_acquire() {
        Ok(_stranger) => Box::pin(greet(&hub, &mut ws)).await,
        Err(_) => return send_away(&ws).await,
    };
    match greeted {
        Ok(place) => {
            let mut task = Task { hub: &hub, ws, socket: place.socket.clone(), jobs: Jobs::default() };
            if let Err(e) = task.run().await {
                tracing::debug!(error = %e, "a native socket broke");
            }
            drop(place);
        }
        Err(Some((last, code))) => {
            Box::pin(say_goodbye(&mut ws, vec![last, Frame::close(code)])).await;
        }
        Err(None) => {}
    }
}

/// Says that there is no room, and waits for nothing: who is not known may not hold memory.
async fn send_away(ws: &Ws) {
    let problem = &Problem::of(&Refusal::TooMany.into());
    let last = [Told::Problem { id: &None, problem }.frame(), Frame::close(LATER)];
    let _ = timeout(Duration::from_secs(1), ws.send(&last)).await;
}

/// Waits for the first frame, and gives its sender a place.
async fn greet(hub: &Arc<Hub>, ws: &mut Ws) -> Result<Place, Farewell> {
    ws.allow(FIRST_BYTES);
    let said = timeout(Duration::from_secs(hub.app.v1.hello_s), first(ws)).await;
    let refused =
        |(id, problem): Refused| Some((Told::Problem { id: &id, problem: &problem }.frame(), REFUSED));
    let text = match said {
        Ok(text) => text.ok_or(None)?,
        Err(_) => return Err(refused((None, Box::new(Problem::malformed().saying("no hello came"))))),
    };
    let (id, token) = said::hello(&text).map_err(refused)?;
    let place = admit(hub, &token).await.map_err(|(error, code)| {
        Some((Told::Problem { id: &id, problem: &Problem::of(&error) }.frame(), code))
    })?;
    let caller = place.socket.caller;
    let (account, session, now_ms) = (caller.id, caller.session, hub.app.now());
    // Before everything that came since the socket has its place.
    let welcome = Told::Welcome { id: &id, account, session, now_ms, heartbeat_s: BEAT_S }.frame();
    bounded(&place.socket.outbox, ws.send(&[welcome])).await.map_err(|_| None)?;
    ws.allow(FRAME_BYTES);
    Ok(place)
}

/// The first text; `None` when the client goes without one.
async fn first(ws: &mut Ws) -> Option<String> {
    loop {
        match ws.recv().await.ok()?? {
            Heard::Text(text) => return Some(text),
            Heard::Ping(payload) => ws.send(&[Frame::pong(&payload)]).await.ok()?,
            Heard::Close => return None,
            Heard::Binary | Heard::Pong(_) => {}
        }
    }
}

/// The place comes before the list of groups: what happens between the two is told, or on the list.
async fn admit(hub: &Arc<Hub>, token: &str) -> Result<Place, (Error, u16)> {
    let coded = |error: Error| {
        let code = match &error {
            Error::Refused(Refusal::AccountDisabled) => DISABLED,
            Error::Refused(_) => REFUSED,
            Error::Internal(_) => LATER,
        };
        (error, code)
    };
    let caller = sessions::authenticate(&hub.app, token, Door::V1).await.map_err(coded)?;
    let place = Place::take(hub, caller).ok_or((Refusal::TooMany.into(), LATER))?;
    let hello = live::hello(&hub.app, caller).await.map_err(coded)?;
    if hello.session != Some(caller.role) {
        return Err(coded(Refusal::BadToken.into())); // it ended where nobody could be told
    }
    hub.native.furnish(&place.socket, hello.groups);
    Ok(place)
}

struct Task<'a> {
    hub: &'a Arc<Hub>,
    ws: Ws,
    socket: Arc<Socket>,
    jobs: Jobs,
}

impl Task<'_> {
    async fn run(&mut self) -> Result<(), Broken> {
        let socket = self.socket.clone();
        loop {
            let go_on = tokio::select! {
                work = socket.outbox.work(BATCH) => Box::pin(write_out(&mut self.ws, &socket.outbox, work)).await?,
                () = self.jobs.done(self.hub, &socket) => true,
                heard = self.ws.recv(), if self.jobs.has_room() => match heard? {
                    Some(heard) => Box::pin(self.heard(heard)).await?,
                    None => false,
                },
            };
            if !go_on {
                return Ok(());
            }
        }
    }

    /// Takes a frame of the client, and those that came with it; false when it says goodbye.
    async fn heard(&mut self, first: Heard) -> Result<bool, Broken> {
        self.socket.heard_ms.store(self.hub.uptime_ms(), Ordering::Relaxed);
        let mut next = Some(first);
        while let Some(heard) = next {
            let outbox = &self.socket.outbox;
            match heard {
                Heard::Text(text) => self.said(&text),
                Heard::Ping(payload) => bounded(outbox, self.ws.send(&[Frame::pong(&payload)])).await?,
                Heard::Close => {
                    bounded(outbox, self.ws.send(&[Frame::close(NORMAL)])).await?;
                    return Ok(false);
                }
                Heard::Binary => {
                    let problem = &Problem::malformed().saying("frames are text");
                    self.socket.push(Told::Problem { id: &None, problem }.frame());
                }
                Heard::Pong(_) => {}
            }
            next = if self.jobs.has_room() { self.ws.heard_already()? } else { None };
        }
        Ok(true)
    }

    fn said(&mut self, text: &str) {
        let socket = &self.socket;
        let Said { id, what } = match said::understand(text) {
            Ok(said) => said,
            Err((id, problem)) => {
                return socket.push(Told::Problem { id: &id, problem: &problem }.frame());
            }
        };
        let job = match what {
            What::Ping => return socket.push(Told::Pong { id: &id }.frame()),
            What::Ack(of, seq) if self.hub.native.acks.add(socket.caller.id, of, seq) => {
                return id.iter().for_each(|id| socket.push(Told::Done { id }.frame()));
            }
            What::Ack(of, seq) => Job::Ack(of, seq),
            What::Job(job) => job,
        };
        self.jobs.add(self.hub, socket, Asked { job, id, bytes: text.len() });
    }
}
