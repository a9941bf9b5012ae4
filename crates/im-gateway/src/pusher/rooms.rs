//! Who listens to which channel.
use super::{channels::Channel, frames, place::Socket};
use crate::{outbox::Outgoing, ws::Frame};
use dashmap::DashMap;
use im_core::AccountId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, mem, sync::Arc};

/// Channels that one socket may listen to.
const CHANNELS: usize = 200;
/// People whom a presence channel describes to a newcomer; of the others it gives the number only.
const DESCRIBED: usize = 100;

/// The channels that somebody listens to.
#[derive(Default)]
pub struct Rooms(DashMap<Channel, Room>);

#[derive(Default)]
struct Room {
    /// By number of the socket.
    subscribers: Vec<Subscriber>,
    /// Of a presence channel: who is there.
    people: BTreeMap<String, Person>,
}

struct Subscriber {
    socket: Arc<Socket>,
    /// In whose name; `None` when only a signature of somebody else's server says so.
    who: Option<AccountId>,
    /// Its right is proven, and it receives.
    live: bool,
}

struct Person {
    info: Option<Value>,
    sockets: Vec<u64>,
}

/// Whom a subscription to a presence channel is for.
#[derive(Clone, Deserialize)]
pub struct Member {
    /// A text or a number.
    pub user_id: Value,
    #[serde(default)]
    user_info: Option<Value>,
}

impl Member {
    /// The id as a text.
    pub fn id(&self) -> Option<String> {
        match &self.user_id {
            Value::String(id) if !id.is_empty() => Some(id.clone()),
            Value::Number(id) => Some(id.to_string()),
            _ => None,
        }
    }
}

/// What became of the wish for a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reserved {
    /// It is kept until its right is proven or not.
    Fresh,
    /// It is there already.
    Live,
    /// The socket has as many as it may have.
    Full,
}

impl Rooms {
    /// Keeps a place, which receives nothing yet. Whoever takes the right away while it is being
    /// proven takes the place away as well.
    pub fn reserve(&self, channel: Channel, socket: &Arc<Socket>, who: Option<AccountId>) -> Reserved {
        let full = {
            let channels = socket.channels();
            channels.len() >= CHANNELS && !channels.contains(&channel)
        };
        if full {
            return Reserved::Full;
        }
        {
            let mut room = self.0.entry(channel).or_default();
            match room.find(socket.id) {
                Ok(at) if room.subscribers[at].live => return Reserved::Live,
                Ok(_) => {}
                Err(at) => {
                    room.subscribers.insert(at, Subscriber { socket: socket.clone(), who, live: false });
                }
            }
        }
        let mut channels = socket.channels();
        if !channels.contains(&channel) {
            channels.push(channel);
        }
        Reserved::Fresh
    }

    /// Lets a kept place receive, and tells its socket; false when it was taken away. To be told
    /// again does no harm.
    pub fn confirm(&self, channel: Channel, socket: &Socket, member: Option<&Member>) -> bool {
        let Some(mut room) = self.0.get_mut(&channel) else { return false };
        let Ok(at) = room.find(socket.id) else { return false };
        let room = &mut *room;
        let name = channel.to_string();
        let mut data = "{}".to_owned();
        if let Some((id, member)) = member.and_then(|member| Some((member.id()?, member))) {
            room.came(socket.id, &name, id, member.user_info.clone());
            data = room.described();
        }
        socket.push(frames::subscribed(&name, &data));
        room.subscribers[at].live = true;
        true
    }

    /// Gives a place back.
    pub fn leave(&self, channel: Channel, socket: &Socket) {
        if let Some(mut room) = self.0.get_mut(&channel)
            && let Ok(at) = room.find(socket.id)
        {
            room.subscribers.remove(at);
            room.went(socket.id, channel);
        }
        self.0.remove_if(&channel, |_, room| room.subscribers.is_empty());
        socket.channels().retain(|other| *other != channel);
    }

    /// Takes away the places of these accounts, and those of which nobody knows whose they are.
    pub fn evict(&self, channel: Channel, accounts: &[AccountId]) -> Vec<Arc<Socket>> {
        self.remove(channel, |subscriber| subscriber.who.is_none_or(|who| accounts.contains(&who)))
    }

    /// Takes all places away.
    pub fn close(&self, channel: Channel) -> Vec<Arc<Socket>> {
        self.remove(channel, |_| true)
    }

    fn remove(&self, channel: Channel, gone: impl Fn(&Subscriber) -> bool) -> Vec<Arc<Socket>> {
        let mut removed = Vec::new();
        if let Some(mut room) = self.0.get_mut(&channel) {
            let (out, stay): (Vec<_>, Vec<_>) = mem::take(&mut room.subscribers).into_iter().partition(gone);
            room.subscribers = stay;
            for subscriber in out {
                room.went(subscriber.socket.id, channel);
                removed.push(subscriber.socket);
            }
        }
        self.0.remove_if(&channel, |_, room| room.subscribers.is_empty());
        for socket in &removed {
            socket.channels().retain(|other| *other != channel);
        }
        removed
    }

    /// Sends a frame to who listens, but the socket `except`. It is made when somebody does.
    pub fn send(&self, channel: Channel, except: Option<u64>, frame: impl FnOnce() -> Frame) {
        let Some(room) = self.0.get(&channel) else { return };
        room.send(except, frame);
    }

    /// Sends each who listens a frame of its own.
    pub fn send_each(&self, channel: Channel, mut frame: impl FnMut(&Socket) -> Frame) {
        let Some(room) = self.0.get(&channel) else { return };
        for subscriber in room.subscribers.iter().filter(|s| s.live) {
            subscriber.socket.push(frame(&subscriber.socket));
        }
    }

    /// Whether one of `account`'s own sockets listens to a channel of its own.
    pub fn hears(&self, account: AccountId) -> bool {
        [Channel::User(account), Channel::PrivateUser(account)].into_iter().any(|channel| {
            self.0.get(&channel).is_some_and(|room| {
                let own = |s: &Subscriber| s.live && s.socket.owner.is_some_and(|owner| owner.id == account);
                room.subscribers.iter().any(own)
            })
        })
    }

    /// Whether this socket listens, and in whose name on a presence channel.
    pub fn speaker(&self, channel: Channel, socket: &Socket) -> Option<Option<String>> {
        let room = self.0.get(&channel)?;
        let at = room.find(socket.id).ok()?;
        let person = room.people.iter().find(|(_, person)| person.sockets.contains(&socket.id));
        room.subscribers[at].live.then(|| person.map(|(id, _)| id.clone()))
    }

    /// The channels with how many listen, and who.
    pub fn occupied(&self) -> Vec<Channel> {
        self.0.iter().filter(|room| room.subscribers.iter().any(|s| s.live)).map(|room| *room.key()).collect()
    }

    /// How many sockets listen.
    pub fn count(&self, channel: Channel) -> usize {
        self.0.get(&channel).map_or(0, |room| room.subscribers.iter().filter(|s| s.live).count())
    }

    /// Who listens, each once.
    pub fn users(&self, channel: Channel) -> Vec<String> {
        let Some(room) = self.0.get(&channel) else { return Vec::new() };
        if !room.people.is_empty() {
            return room.people.keys().cloned().collect();
        }
        let mut users: Vec<_> = room.subscribers.iter().filter(|s| s.live).filter_map(|s| s.who).collect();
        users.sort();
        users.dedup();
        users.iter().map(ToString::to_string).collect()
    }
}

impl Room {
    fn find(&self, socket: u64) -> Result<usize, usize> {
        self.subscribers.binary_search_by_key(&socket, |subscriber| subscriber.socket.id)
    }

    fn send(&self, except: Option<u64>, frame: impl FnOnce() -> Frame) {
        let mut receivers =
            self.subscribers.iter().filter(|s| s.live && Some(s.socket.id) != except).peekable();
        if receivers.peek().is_none() {
            return;
        }
        let frame = frame();
        for subscriber in receivers {
            let _ = subscriber.socket.outbox.push(Outgoing { frame: frame.clone(), carries: None });
        }
    }

    /// Somebody came into a presence channel; who is there is told of the first socket.
    fn came(&mut self, socket: u64, channel: &str, id: String, info: Option<Value>) {
        #[derive(Serialize)]
        struct Added<'a> {
            user_id: &'a str,
            user_info: &'a Option<Value>,
        }
        if let Some(person) = self.people.get_mut(&id) {
            if !person.sockets.contains(&socket) {
                person.sockets.push(socket);
            }
            return;
        }
        let data = serde_json::to_string(&Added { user_id: &id, user_info: &info }).unwrap_or_default();
        self.send(Some(socket), || frames::event("pusher_internal:member_added", channel, &data));
        self.people.insert(id, Person { info, sockets: vec![socket] });
    }

    fn went(&mut self, socket: u64, channel: Channel) {
        let found = self.people.iter_mut().find(|(_, person)| person.sockets.contains(&socket));
        let Some((id, person)) = found else { return };
        person.sockets.retain(|other| *other != socket);
        if person.sockets.is_empty() {
            let id = id.clone();
            self.people.remove(&id);
            let data = json!({ "user_id": id }).to_string();
            let name = channel.to_string();
            self.send(None, || frames::event("pusher_internal:member_removed", &name, &data));
        }
    }

    fn described(&self) -> String {
        let known = self.people.iter().take(DESCRIBED);
        let hash: Map<_, _> = known.map(|(id, person)| (id.clone(), json!(person.info))).collect();
        let ids: Vec<_> = self.people.keys().collect();
        json!({ "presence": { "count": ids.len(), "ids": ids, "hash": hash } }).to_string()
    }
}
