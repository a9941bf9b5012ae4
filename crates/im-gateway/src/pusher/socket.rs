//! The task of one socket (pop.md §4.2, §4.4, §4.7). It is small while nothing happens: what is
//! needed seldom is boxed.
use super::{
    auth,
    channels::Channel,
    frames,
    handshake::{Place, Refused},
    place::Socket,
    rooms::Reserved,
};
use crate::{
    hub::Hub,
    outbox::Work,
    socket::{bounded, say_goodbye, write_out},
    ws::{Broken, Frame, Heard, Ws},
};
use im_core::AccountId;
use serde_json::Value;
use std::sync::{Arc, atomic::Ordering};

/// Frames written in one go.
const BATCH: usize = 64;
/// What clients may say to each other in a second.
const CLIENT_EVENTS: u32 = 10;
/// Bytes of it at most.
const CLIENT_EVENT_BYTES: usize = 10 * 1024;
/// Close code of a goodbye that the client said first.
const NORMAL: u16 = 1000;

/// Serves a socket until its end.
pub(super) async fn serve(hub: Arc<Hub>, mut ws: Ws, guest: Result<Place, Refused>) {
    match guest {
        Ok(place) => {
            let mut task = Task { hub: &hub, ws, socket: place.socket.clone(), second: 0, events: 0 };
            if let Err(e) = task.run().await {
                tracing::debug!(error = %e, "a pop socket broke");
            }
            task.socket.outbox.close();
        }
        Err(Refused(code, why)) => {
            let last = vec![frames::error(Some(code), why), Frame::close(code)];
            Box::pin(say_goodbye(&mut ws, last)).await;
        }
    }
}

struct Task<'a> {
    hub: &'a Arc<Hub>,
    ws: Ws,
    socket: Arc<Socket>,
    /// The second in which it last said something to others, and how much.
    second: u64,
    events: u32,
}

impl Task<'_> {
    async fn run(&mut self) -> Result<(), Broken> {
        let socket = self.socket.clone();
        loop {
            let go_on = tokio::select! {
                work = socket.outbox.work(BATCH) => Box::pin(self.write(work)).await?,
                heard = self.ws.recv() => match heard? {
                    Some(heard) => Box::pin(self.heard(heard)).await?,
                    None => false,
                },
            };
            if !go_on {
                return Ok(());
            }
        }
    }

    /// Writes what waits; false when the socket is to end.
    async fn write(&mut self, work: Work) -> Result<bool, Broken> {
        if !work.frames.is_empty() {
            self.socket.active_ms.store(self.hub.uptime_ms(), Ordering::Relaxed);
        }
        write_out(&mut self.ws, &self.socket.outbox, work).await
    }

    /// Takes a frame of the client; false when it says goodbye.
    async fn heard(&mut self, heard: Heard) -> Result<bool, Broken> {
        let now_ms = self.hub.uptime_ms();
        self.socket.heard_ms.store(now_ms, Ordering::Relaxed);
        match heard {
            Heard::Text(text) => {
                self.socket.active_ms.store(now_ms, Ordering::Relaxed);
                // What is not JSON is passed over.
                if let Ok(said) = serde_json::from_str::<Value>(&text) {
                    self.said(&said).await;
                }
            }
            Heard::Pong(_) => self.socket.answers.store(true, Ordering::Relaxed),
            Heard::Ping(payload) => {
                bounded(&self.socket.outbox, self.ws.send(&[Frame::pong(&payload)])).await?
            }
            Heard::Close => {
                bounded(&self.socket.outbox, self.ws.send(&[Frame::close(NORMAL)])).await?;
                return Ok(false);
            }
            Heard::Binary => {}
        }
        Ok(true)
    }

    async fn said(&mut self, said: &Value) {
        let event = said["event"].as_str().unwrap_or_default();
        match event {
            "" => self.complain(None, "Empty event"),
            "pusher:ping" => self.socket.push(frames::pong()),
            "pusher:pong" => {}
            "pusher:subscribe" | "pusher:unsubscribe" => {
                let data = object(&said["data"]);
                match data["channel"].as_str().filter(|name| !name.is_empty()) {
                    None => self.complain(None, "Empty channel"),
                    Some(name) if event == "pusher:subscribe" => self.subscribe(name, &data).await,
                    Some(name) => self.unsubscribe(name),
                }
            }
            _ if event.starts_with("pusher:") || event.starts_with("pusher_internal:") => {
                self.complain(None, "Unknown event");
            }
            _ => self.speak(event, said),
        }
    }

    fn complain(&self, code: Option<u16>, message: &str) {
        self.socket.push(frames::error(code, message));
    }

    async fn subscribe(&mut self, name: &str, data: &Value) {
        match self.try_subscribe(name, data).await {
            Ok(Reserved::Full) => self.socket.push(frames::too_many(name)),
            Ok(_) => {}
            Err(auth::Forbidden) => self.socket.push(frames::forbidden(name)),
        }
    }

    async fn try_subscribe(&mut self, name: &str, data: &Value) -> Result<Reserved, auth::Forbidden> {
        let (pusher, socket) = (&self.hub.pusher, &self.socket);
        let channel = Channel::parse(name).ok_or(auth::Forbidden)?;
        // pusher-js names both for every channel, and leaves them empty.
        let text = |key: &str| data[key].as_str().filter(|text| !text.is_empty());
        let who = pusher.claimant(socket, channel, text("auth"), text("channel_data"))?;
        let member = match channel {
            Channel::PresenceGroup(_) => {
                Some(auth::member(text("channel_data").ok_or(auth::Forbidden)?, who)?)
            }
            _ => None,
        };
        // The place comes first: whoever takes the right away meanwhile takes it away as well.
        let reserved = pusher.rooms.reserve(channel, socket, who.map(|who| who.id));
        if reserved == Reserved::Full {
            return Ok(reserved);
        }
        if reserved == Reserved::Fresh && !pusher.stands(&self.hub.app, socket, channel, who).await {
            pusher.rooms.leave(channel, socket);
            return Err(auth::Forbidden);
        }
        if !pusher.rooms.confirm(channel, socket, member.as_ref()) {
            return Err(auth::Forbidden);
        }
        if let Some(own) = self.own(channel) {
            self.hub.online.came(own);
        }
        Ok(reserved)
    }

    fn unsubscribe(&self, name: &str) {
        let Some(channel) = Channel::parse(name) else { return };
        self.hub.pusher.rooms.leave(channel, &self.socket);
        if let Some(own) = self.own(channel) {
            self.hub.may_be_gone(own);
        }
    }

    /// The socket's owner, when this is the channel of what is addressed to it.
    fn own(&self, channel: Channel) -> Option<AccountId> {
        let (Channel::User(id) | Channel::PrivateUser(id)) = channel else { return None };
        self.socket.owner.filter(|owner| owner.id == id).map(|owner| owner.id)
    }

    /// Hands on what a client says to the others of a channel.
    fn speak(&mut self, event: &str, said: &Value) {
        let Some(name) = said["channel"].as_str().filter(|name| !name.is_empty()) else {
            return self.complain(None, "Empty channel");
        };
        if !name.starts_with("private-") && !name.starts_with("presence-") {
            let why = "Client event rejected - only supported on private and presence channels";
            return self.complain(None, why);
        }
        let rooms = &self.hub.pusher.rooms;
        let speaker =
            Channel::parse(name).and_then(|channel| Some((channel, rooms.speaker(channel, &self.socket)?)));
        let Some((channel, user_id)) = speaker else {
            return self.complain(None, "Client event rejected - you didn't subscribe this channel");
        };
        if !event.starts_with("client-") {
            let why = "Client event rejected - client events must be prefixed by 'client-'";
            return self.complain(None, why);
        }
        let data = said["data"].to_string();
        if data.len() > CLIENT_EVENT_BYTES {
            return self.complain(None, "Client event rejected - data is too large");
        }
        if !self.may_speak() {
            return self.complain(Some(frames::TOO_OFTEN), "Client event rejected - rate limit exceeded");
        }
        rooms.send(channel, Some(self.socket.id), || {
            frames::client_event(event, name, &data, user_id.as_deref())
        });
    }

    fn may_speak(&mut self) -> bool {
        let second = self.hub.uptime_ms() / 1_000;
        if second != self.second {
            (self.second, self.events) = (second, 0);
        }
        self.events += 1;
        self.events <= CLIENT_EVENTS
    }
}

/// The data of a client's frame: an object, or one written as a text.
fn object(data: &Value) -> Value {
    match data {
        Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
        other => other.clone(),
    }
}
