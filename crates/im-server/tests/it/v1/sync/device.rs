//! A device: a copy of the log, and a socket that keeps breaking.
use super::{super::kit::PATIENCE, log::Log};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
};
use tokio::{net::TcpStream, sync::watch, task::JoinHandle, time::timeout};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message as Frame};

/// What everybody who plays can change.
#[derive(Clone, Default)]
pub struct Scene {
    /// Moments that have passed; a device that lost its line comes back when the next has.
    pub moment: u64,
    /// No line breaks any more.
    pub healed: bool,
    /// Devices that are switched off.
    pub asleep: Vec<usize>,
}

/// A message on its way out.
#[derive(Clone, Debug)]
pub struct Outgoing {
    pub conversation: i64,
    pub client_id: String,
    pub text: String,
}

/// What became of it.
#[derive(Clone, Debug)]
pub enum Fate {
    Sent { seq: i64 },
    Refused { code: String },
}

#[derive(Default)]
pub struct Memory {
    pub logs: BTreeMap<i64, Log>,
    /// Not answered yet, in order.
    pub outgoing: VecDeque<Outgoing>,
    pub fates: Vec<(Outgoing, Fate)>,
    /// Furthest place told, by conversation and account.
    pub read: HashMap<(i64, i64), i64>,
    pub delivered: HashMap<(i64, i64), i64>,
    /// Synchronised over the line that is up.
    pub synced: bool,
    /// Questions on their way.
    asked: HashMap<i64, Asked>,
    /// Conversations of which something was told since `sync` was asked: that is newer than its answer.
    touched: HashSet<i64>,
    wiped: bool,
    pub lines: usize,
}

enum Asked {
    Sync,
    After(i64),
    Before(i64),
    Send,
}

pub struct Device {
    pub owner: usize,
    memory: Arc<Mutex<Memory>>,
    /// Grows whenever something happened.
    pub changes: watch::Receiver<u64>,
    poke: watch::Sender<u64>,
    task: JoinHandle<()>,
}

impl Drop for Device {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Device {
    pub fn start(
        number: usize,
        owner: usize,
        url: String,
        token: String,
        scene: watch::Receiver<Scene>,
    ) -> Device {
        let memory = Arc::new(Mutex::new(Memory::default()));
        let (changed, changes) = watch::channel(0);
        let (poke, poked) = watch::channel(0);
        let life = Life { number, url, token, scene, memory: memory.clone(), changed, poked, next_id: 0 };
        Device { owner, memory, changes, poke, task: tokio::spawn(life.run()) }
    }

    pub fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap()
    }

    /// Lets the device say something as soon as it can.
    pub fn say(&self, outgoing: Outgoing) {
        self.memory().outgoing.push_back(outgoing);
        self.poke.send_modify(|pokes| *pokes += 1);
    }

    /// Installed anew: it knows nothing but what it wants to say.
    pub fn wipe(&self) {
        let mut memory = self.memory();
        memory.logs.clear();
        (memory.synced, memory.wiped) = (false, true);
        self.poke.send_modify(|pokes| *pokes += 1);
    }

    /// Waits until this holds of its memory.
    pub async fn until(&self, what: &str, holds: impl Fn(&Memory) -> bool) {
        let mut changes = self.changes.clone();
        let reached = changes.wait_for(|_| holds(&self.memory()));
        if timeout(PATIENCE, reached).await.is_err() {
            let memory = self.memory();
            let logs: Vec<_> =
                memory.logs.iter().map(|(c, log)| (c, log.begin, log.end, log.first)).collect();
            let (synced, outgoing) = (memory.synced, &memory.outgoing);
            panic!("{what}: it does not come to that: {logs:?}, synced {synced}, outgoing {outgoing:?}");
        }
    }
}

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

struct Life {
    number: usize,
    url: String,
    token: String,
    scene: watch::Receiver<Scene>,
    memory: Arc<Mutex<Memory>>,
    changed: watch::Sender<u64>,
    poked: watch::Receiver<u64>,
    next_id: i64,
}

impl Life {
    async fn run(mut self) {
        loop {
            let number = self.number;
            if self.scene.wait_for(|scene| !scene.asleep.contains(&number)).await.is_err() {
                return;
            }
            let moment = self.scene.borrow_and_update().moment;
            if let Ok((stream, _)) = connect_async(&self.url).await {
                let _ = self.session(stream).await; // a line that broke
            }
            {
                let mut memory = self.memory.lock().unwrap();
                (memory.synced, memory.wiped) = (false, false);
                memory.asked.clear();
                memory.touched.clear();
                memory.lines += 1;
            }
            self.tell();
            let again = |scene: &Scene| scene.healed || scene.moment > moment;
            if self.scene.wait_for(again).await.is_err() {
                return;
            }
        }
    }

    fn tell(&self) {
        self.changed.send_modify(|changes| *changes += 1);
    }

    async fn session(&mut self, mut stream: Stream) -> Option<()> {
        let hello = json!({ "type": "hello", "token": self.token });
        stream.send(Frame::text(hello.to_string())).await.ok()?;
        loop {
            let mut questions = Vec::new();
            let number = self.number;
            let heard = tokio::select! {
                next = stream.next() => match next?.ok()? {
                    Frame::Text(text) => Some(serde_json::from_str::<Value>(&text).unwrap()),
                    _ => continue,
                },
                _ = self.scene.wait_for(|scene| scene.asleep.contains(&number)) => return None,
                changed = self.poked.changed() => {
                    changed.ok()?;
                    None
                }
            };
            if let Some(frame) = heard {
                self.hear(&frame, &mut questions);
            }
            if std::mem::take(&mut self.memory.lock().unwrap().wiped) {
                return None;
            }
            self.want(&mut questions);
            for question in questions {
                stream.send(Frame::text(question.to_string())).await.ok()?;
            }
            self.tell();
        }
    }

    fn hear(&mut self, frame: &Value, questions: &mut Vec<Value>) {
        let memory = self.memory.clone();
        let mut memory = memory.lock().unwrap();
        let conversation = frame["conversation"].as_i64().unwrap_or_default();
        let answered = frame["id"].as_i64().and_then(|id| match frame["type"].as_str() {
            Some("entries" | "sent" | "problem" | "synced") => Some(id),
            _ => None,
        });
        match frame["type"].as_str().unwrap() {
            "welcome" => {
                let positions: BTreeMap<_, _> =
                    memory.logs.iter().map(|(id, log)| (id.to_string(), log.end)).collect();
                questions.push(self.ask(
                    &mut memory,
                    Asked::Sync,
                    json!({ "type": "sync", "positions": positions }),
                ));
            }
            "entries" => {
                let id = answered.unwrap();
                let below = matches!(memory.asked[&id], Asked::Before(_));
                if !matches!(memory.asked[&id], Asked::Sync) {
                    memory.asked.remove(&id);
                }
                if let Some(log) = memory.logs.get_mut(&conversation) {
                    if below {
                        log.below(frame)
                    } else {
                        log.ahead(frame)
                    }
                    questions.push(json!({ "type": "ack", "conversation": conversation, "seq": log.end }));
                }
            }
            "synced" => {
                memory.asked.remove(&answered.unwrap());
                synced(&mut memory, frame);
            }
            "entry" => {
                let entry = &frame["entry"];
                let conversation = entry["conversation"].as_i64().unwrap();
                memory.touched.insert(conversation);
                let log = memory.logs.entry(conversation).or_default();
                log.live(entry.clone());
                questions.push(json!({ "type": "ack", "conversation": conversation, "seq": log.end }));
            }
            "sent" => {
                memory.asked.remove(&answered.unwrap());
                let outgoing = memory.outgoing.pop_front().unwrap();
                assert_eq!(outgoing.conversation, conversation);
                memory.fates.push((outgoing, Fate::Sent { seq: frame["seq"].as_i64().unwrap() }));
            }
            "problem" => {
                let asked = answered.and_then(|id| memory.asked.remove(&id));
                let code = frame["code"].as_str().unwrap().to_owned();
                match asked {
                    Some(Asked::Send) => {
                        let outgoing = memory.outgoing.pop_front().unwrap();
                        memory.fates.push((outgoing, Fate::Refused { code }));
                    }
                    // It was left just now.
                    Some(Asked::After(of) | Asked::Before(of)) => {
                        assert_eq!(code, "not_member");
                        memory.logs.remove(&of);
                    }
                    _ => panic!("{frame}"),
                }
            }
            "deleted" => {
                if let Some(log) = memory.logs.get_mut(&conversation) {
                    log.forget(frame["seq"].as_i64().unwrap());
                }
            }
            "left" => {
                memory.touched.insert(conversation);
                memory.logs.remove(&conversation);
            }
            "conversation" => {
                memory.touched.insert(conversation);
                memory.logs.entry(conversation).or_default();
            }
            kind @ ("read" | "delivered") => {
                let place = (conversation, frame["account"].as_i64().unwrap());
                let seq = frame["seq"].as_i64().unwrap();
                let known = if kind == "read" { &mut memory.read } else { &mut memory.delivered };
                let before = known.insert(place, seq).unwrap_or(0);
                assert!(seq >= before, "a cursor went back from {before}: {frame}");
            }
            "contact" | "request" | "profile" | "settings" | "presence" | "pong" | "done" | "typing" => {}
            other => panic!("a frame that nobody told of: {other}"),
        }
    }

    /// What is to be asked next: what is missing, and the first message that waits.
    fn want(&mut self, questions: &mut Vec<Value>) {
        let memory = self.memory.clone();
        let mut memory = memory.lock().unwrap();
        if !memory.synced {
            return;
        }
        let missing = |(id, log): (&i64, &Log)| {
            let after = log.is_behind().then_some((*id, "after", log.end));
            after.or_else(|| log.is_cut().then_some((*id, "before", log.begin)))
        };
        let missing: Vec<_> = memory.logs.iter().filter_map(missing).collect();
        for (of, side, place) in missing {
            let same =
                |asked: &Asked| matches!(asked, Asked::After(known) | Asked::Before(known) if *known == of);
            if !memory.asked.values().any(same) {
                let what = if side == "after" { Asked::After(of) } else { Asked::Before(of) };
                let mut frame = json!({ "type": "range", "conversation": of, "limit": 200 });
                frame[side] = json!(place);
                questions.push(self.ask(&mut memory, what, frame));
            }
        }
        let sending = memory.asked.values().any(|asked| matches!(asked, Asked::Send));
        if let (Some(next), false) = (memory.outgoing.front().cloned(), sending) {
            let body = json!({ "type": "text", "text": next.text });
            let frame = json!({ "type": "send", "conversation": next.conversation, "client_id": next.client_id,
                                "body": body });
            questions.push(self.ask(&mut memory, Asked::Send, frame));
        }
    }

    fn ask(&mut self, memory: &mut Memory, what: Asked, mut frame: Value) -> Value {
        self.next_id += 1;
        frame["id"] = json!(self.next_id);
        memory.asked.insert(self.next_id, what);
        frame
    }
}

fn synced(memory: &mut Memory, frame: &Value) {
    let heads: BTreeMap<i64, i64> = serde_json::from_value(frame["heads"].clone()).unwrap();
    let gone: BTreeMap<i64, Vec<i64>> = serde_json::from_value(frame["gone"].clone()).unwrap_or_default();
    let Memory { logs, touched, .. } = memory;
    logs.retain(|id, _| heads.contains_key(id) || touched.contains(id));
    for (id, head) in heads {
        if !touched.contains(&id) {
            logs.entry(id).or_default();
        }
        if let Some(log) = logs.get_mut(&id) {
            log.head = log.head.max(head);
        }
    }
    for (id, places) in gone {
        if let Some(log) = logs.get_mut(&id) {
            places.into_iter().for_each(|seq| log.forget(seq));
        }
    }
    memory.synced = true;
}
