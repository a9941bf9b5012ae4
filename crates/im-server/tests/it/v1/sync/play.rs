//! The people, what they do, and what must be true in the end.
use super::{
    super::{kit::*, socket},
    device::{Device, Fate, Outgoing, Scene},
    model::{Message, Talk},
};
use crate::proxy::Proxy;
use futures_util::future::join_all;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tokio::sync::watch;

/// Who has how many devices; the first owns the group.
const PEOPLE: [(&str, usize); 3] = [("anna", 2), ("bert", 2), ("cleo", 1)];
const EMOJI: [&str; 3] = ["👍", "❤️", "😂"];
/// Messages that are said at once while somebody is away: more than a sync brings.
const BURST: usize = 215;

pub struct Play {
    im: Im,
    dice: StdRng,
    proxy: Proxy,
    scene: watch::Sender<Scene>,
    people: Vec<Native>,
    devices: Vec<Device>,
    talks: Vec<Talk>,
    /// Names that messages were given, and numbers of bursts.
    named: usize,
    bursts: usize,
    fates: Vec<usize>,
}

impl Play {
    pub async fn start(seed: u64) -> Play {
        let im = Im::start().await;
        let mut people = Vec::new();
        for (name, _) in PEOPLE {
            people.push(im.native(name).await);
        }
        let mut talks = Vec::new();
        for (a, b) in [(0, 1), (0, 2)] {
            let id = socket::friends(&im, &people[a], &people[b]).await;
            talks.push(Talk { id, members: [a, b].into(), ..Talk::default() });
        }
        let id = socket::group(&people[0], &[&people[1], &people[2]]).await;
        talks.push(Talk { id, members: [0, 1, 2].into(), is_group: true, ..Talk::default() });
        let proxy = Proxy::among_talkers(&im.base, seed).await;
        let scene = watch::Sender::new(Scene::default());
        let mut devices = Vec::new();
        for (owner, (name, count)) in PEOPLE.iter().enumerate() {
            for _ in 0..*count {
                let token = im.native_login(name).await.token;
                let url = proxy.address("/v1/socket");
                devices.push(Device::start(devices.len(), owner, url, token, scene.subscribe()));
            }
        }
        let fates = vec![0; devices.len()];
        let dice = StdRng::seed_from_u64(seed);
        let mut play = Play { im, dice, proxy, scene, people, devices, talks, named: 0, bursts: 0, fates };
        for talk in 0..play.talks.len() {
            play.read_all(talk).await;
        }
        play
    }

    /// Everybody has read how a conversation began.
    async fn read_all(&mut self, talk: usize) {
        let Talk { id, members, before, read, .. } = &mut self.talks[talk];
        for who in members.iter() {
            let person = &self.people[*who];
            let last = person.get(&format!("/conversations/{id}")).await.view()["last_seq"].clone();
            person.put(&format!("/conversations/{id}/read"), json!({ "seq": last })).await.view();
            *before = last.as_i64().unwrap();
            read.insert(*who, *before);
        }
    }

    /// Something happens.
    pub async fn step(&mut self) {
        self.scene.send_modify(|scene| scene.moment += 1);
        self.proxy.tick();
        self.im.pass(1);
        self.learn();
        match self.dice.random_range(0..100) {
            0..22 => self.say_over_http().await,
            22..44 => self.say_over_socket(),
            44..50 => self.repeat().await,
            50..58 => self.edit().await,
            58..64 => self.revoke().await,
            64..71 => self.delete().await,
            71..81 => self.react().await,
            81..89 => self.read().await,
            89..93 => self.come_or_go().await,
            93..96 => self.switch(),
            96..98 => self.wipe(),
            _ => self.burst().await,
        }
    }

    /// A conversation, and somebody in it.
    fn anywhere(&mut self) -> (usize, usize) {
        let talk = self.dice.random_range(0..self.talks.len());
        let members: Vec<_> = self.talks[talk].members.iter().copied().collect();
        (talk, members[self.dice.random_range(0..members.len())])
    }

    /// Some message that fits.
    fn some(&mut self, talk: usize, fits: impl Fn(&Message) -> bool) -> Option<i64> {
        let all: Vec<_> =
            self.talks[talk].messages.iter().filter(|(_, one)| fits(one)).map(|(at, _)| *at).collect();
        if all.is_empty() { None } else { Some(all[self.dice.random_range(0..all.len())]) }
    }

    fn at(&self, talk: usize, seq: i64) -> String {
        format!("/conversations/{}/messages/{seq}", self.talks[talk].id)
    }

    fn name(&mut self) -> String {
        self.named += 1;
        format!("m{}", self.named)
    }

    async fn say_over_http(&mut self) {
        let ((talk, who), name) = (self.anywhere(), self.name());
        let path = format!("/conversations/{}/messages", self.talks[talk].id);
        let body = json!({ "client_id": name, "body": { "type": "text", "text": name } });
        let entry = self.people[who].post(&path, body.clone()).await.made();
        if self.dice.random_ratio(1, 4) {
            let again = self.people[who].post(&path, body).await.view();
            assert_eq!(again["seq"], entry["seq"], "a message was said twice");
        }
        let said = Message::new(who, name.clone(), name);
        self.talks[talk].messages.insert(entry["seq"].as_i64().unwrap(), said);
    }

    fn say_over_socket(&mut self) {
        let (device, text) = (self.dice.random_range(0..self.devices.len()), self.name());
        let who = self.devices[device].owner;
        let own: Vec<_> =
            self.talks.iter().filter(|talk| talk.members.contains(&who)).map(|talk| talk.id).collect();
        let conversation = own[self.dice.random_range(0..own.len())];
        self.devices[device].say(Outgoing { conversation, client_id: text.clone(), text });
    }

    /// A device says again what was said already, as after a lost answer.
    async fn repeat(&mut self) {
        let (talk, who) = self.anywhere();
        let Some(at) = self.some(talk, |one| one.sender == who && !one.edited) else { return };
        let Message { client_id, text, .. } = self.talks[talk].messages[&at].clone();
        let device = self.devices.iter().find(|device| device.owner == who).unwrap();
        device.say(Outgoing { conversation: self.talks[talk].id, client_id, text });
    }

    /// Takes note of what the devices were told of their messages.
    fn learn(&mut self) {
        for (device, seen) in self.devices.iter().zip(&mut self.fates) {
            let memory = device.memory();
            for (outgoing, fate) in &memory.fates[*seen..] {
                let talk = self.talks.iter_mut().find(|talk| talk.id == outgoing.conversation).unwrap();
                match fate {
                    Fate::Sent { seq } => {
                        let said =
                            || Message::new(device.owner, outgoing.client_id.clone(), outgoing.text.clone());
                        let known = talk.messages.entry(*seq).or_insert_with(said);
                        assert_eq!(known.client_id, outgoing.client_id, "two messages at one place");
                    }
                    Fate::Refused { code } => {
                        assert!(talk.is_group && code == "not_member", "{outgoing:?}: {code}")
                    }
                }
            }
            *seen = memory.fates.len();
        }
    }

    async fn edit(&mut self) {
        let ((talk, who), text) = (self.anywhere(), self.name());
        let Some(at) = self.some(talk, |one| one.sender == who && one.is_shown_to(who)) else { return };
        let edited = self.people[who].patch(&self.at(talk, at), json!({ "text": text })).await.view();
        assert_eq!(edited["body"]["text"], text.as_str());
        let message = self.talks[talk].messages.get_mut(&at).unwrap();
        (message.text, message.edited) = (text, true);
    }

    async fn revoke(&mut self) {
        let (talk, who) = self.anywhere();
        let Some(at) = self.some(talk, |one| one.sender == who && one.is_shown_to(who)) else { return };
        self.people[who].post(&format!("{}/revoke", self.at(talk, at)), Value::Null).await.done();
        let message = self.talks[talk].messages.get_mut(&at).unwrap();
        (message.revoked, message.reactions) = (true, BTreeMap::new());
    }

    async fn delete(&mut self) {
        let ((talk, who), for_all) = (self.anywhere(), self.dice.random::<bool>());
        let fits = |one: &Message| one.is_shown_to(who) && (!for_all || one.sender == who);
        let Some(at) = self.some(talk, fits) else { return };
        let whom = if for_all { "all" } else { "me" };
        self.people[who].delete(&format!("{}?for={whom}", self.at(talk, at))).await.done();
        let message = self.talks[talk].messages.get_mut(&at).unwrap();
        if for_all {
            message.deleted = true;
        } else {
            message.hidden.insert(who);
        }
    }

    async fn react(&mut self) {
        let (talk, who) = self.anywhere();
        let Some(at) = self.some(talk, |one| one.is_shown_to(who)) else { return };
        let emoji = EMOJI[self.dice.random_range(0..EMOJI.len())];
        let path = format!("{}/reactions/{emoji}", self.at(talk, at));
        let message = self.talks[talk].messages.get_mut(&at).unwrap();
        let by = message.reactions.entry(emoji.to_owned()).or_default();
        if by.remove(&who) {
            self.people[who].delete(&path).await.done();
        } else {
            by.insert(who);
            self.people[who].put(&path, Value::Null).await.done();
        }
    }

    async fn read(&mut self) {
        let (talk, who) = self.anywhere();
        let Some(at) = self.some(talk, |_| true) else { return };
        let path = format!("/conversations/{}/read", self.talks[talk].id);
        let answer = self.people[who].put(&path, json!({ "seq": at })).await.view();
        let read = self.talks[talk].read.entry(who).or_default();
        *read = (*read).max(at);
        assert_eq!(answer["read_seq"], *read);
    }

    async fn come_or_go(&mut self) {
        let (talk, who) = (self.talks.len() - 1, self.dice.random_range(1..self.people.len()));
        let group = self.talks[talk].id;
        if self.talks[talk].members.remove(&who) {
            self.people[who].post(&format!("/groups/{group}/leave"), Value::Null).await.done();
            self.talks[talk].read.remove(&who);
        } else {
            let wish = json!({ "accounts": [self.people[who].id] });
            self.people[0].post(&format!("/groups/{group}/members"), wish).await.view();
            self.talks[talk].members.insert(who);
            let held = self.people[who].get(&format!("/conversations/{group}")).await.view();
            self.talks[talk].read.insert(who, held["read_seq"].as_i64().unwrap());
        }
    }

    /// Somebody switches a device off, or on again.
    fn switch(&mut self) {
        let device = self.dice.random_range(0..self.devices.len());
        self.scene.send_modify(|scene| {
            let was = scene.asleep.len();
            scene.asleep.retain(|other| *other != device);
            if scene.asleep.len() == was {
                scene.asleep.push(device);
            }
        });
    }

    fn wipe(&mut self) {
        let device = self.dice.random_range(0..self.devices.len());
        self.devices[device].wipe();
    }

    /// So much is said while a device is off that it finds a hole. Once in a history: it takes long.
    async fn burst(&mut self) {
        if self.bursts > 0 {
            return;
        }
        self.bursts += 1;
        let (talk, who) = self.anywhere();
        let path = format!("/conversations/{}/messages", self.talks[talk].id);
        let names: Vec<_> = (0..BURST).map(|_| self.name()).collect();
        for chunk in names.chunks(24) {
            let one = |name: &String| json!({ "client_id": name, "body": { "type": "text", "text": name } });
            let answers = join_all(chunk.iter().map(|name| self.people[who].post(&path, one(name)))).await;
            for (name, answer) in chunk.iter().zip(answers) {
                let said = Message::new(who, name.clone(), name.clone());
                self.talks[talk].messages.insert(answer.made()["seq"].as_i64().unwrap(), said);
            }
        }
    }

    /// The lines are good from now on: everybody gets to know everything.
    pub async fn end(mut self) {
        self.proxy.heal().await;
        self.scene.send_modify(|scene| (scene.healed, scene.asleep) = (true, Vec::new()));
        for (number, device) in self.devices.iter().enumerate() {
            let said = |memory: &super::device::Memory| memory.synced && memory.outgoing.is_empty();
            device.until(&format!("device {number} says what it has to say"), said).await;
        }
        self.learn();
        let ids: Vec<_> = self.people.iter().map(|one| one.id).collect();
        for (who, person) in self.people.iter().enumerate() {
            let mut logs = BTreeMap::new();
            for talk in self.talks.iter().filter(|talk| talk.members.contains(&who)) {
                let log = whole(person, talk.id).await;
                talk.check(who, &ids, &log);
                let held = person.get(&format!("/conversations/{}", talk.id)).await.view();
                let cursor = (held["read_seq"].as_i64().unwrap(), held["unread"].as_u64().unwrap() as usize);
                assert_eq!(cursor, (talk.read[&who], talk.unread(who)), "{held}");
                logs.insert(talk.id, log);
            }
            for (number, device) in self.devices.iter().enumerate().filter(|(_, one)| one.owner == who) {
                check(number, device, &logs, &self.talks).await;
            }
        }
    }
}

/// The whole log as somebody finds it.
async fn whole(person: &Native, conversation: i64) -> Vec<Value> {
    let mut log: Vec<Value> = Vec::new();
    loop {
        let after = log.len();
        let page = person
            .get(&format!("/conversations/{conversation}/entries?after={after}&limit=200"))
            .await
            .view();
        log.extend(page["items"].as_array().unwrap().iter().cloned());
        if log.len() as i64 >= page["last_seq"].as_i64().unwrap() || log.len() == after {
            return log;
        }
    }
}

/// What is not promised: the order of emoji, and the text in an edit (it is the newest, as it was read).
fn comparable(entry: &Value) -> Value {
    let mut entry = entry.clone();
    if entry["body"]["type"] == "edited" {
        entry["body"]["body"] = Value::Null;
    }
    if let Some(reactions) = entry.get_mut("reactions").and_then(Value::as_array_mut) {
        reactions.sort_by_key(|one| one["emoji"].to_string());
    }
    entry
}

/// A device holds the logs, and no others, to the letter.
async fn check(number: usize, device: &Device, logs: &BTreeMap<i64, Vec<Value>>, talks: &[Talk]) {
    let complete = |memory: &super::device::Memory| {
        logs.iter().all(|(id, log)| {
            memory.logs.get(id).is_some_and(|own| own.end >= log.len() as i64 && own.begin == 1)
        })
    };
    device.until(&format!("device {number} holds everything"), complete).await;
    let memory = device.memory();
    for talk in talks {
        let (own, log) = (memory.logs.get(&talk.id), logs.get(&talk.id));
        assert_eq!(own.is_some(), log.is_some(), "device {number} holds {}, or does not", talk.id);
        for (entry, due) in own.iter().flat_map(|own| own.entries.values()).zip(log.into_iter().flatten()) {
            let lines = memory.lines;
            assert_eq!(comparable(entry), comparable(due), "device {number} after {lines} lines");
        }
        assert_eq!(own.map(|own| own.entries.len()), log.map(Vec::len), "device {number}");
    }
}
