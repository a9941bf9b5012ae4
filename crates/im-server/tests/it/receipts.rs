//! What arrives over a line that keeps breaking (ADR 2): everything, in order, and twice only what
//! nobody could know to have arrived.
use crate::{
    chance::{Playing, seeds},
    kit::*,
    proxy::Proxy,
};
use futures_util::{SinkExt, StreamExt, future::join_all};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::time::timeout;

/// What each sender says while the others listen.
const MESSAGES: usize = 120;

/// How a scene differs from the others.
struct Scene {
    /// Messages that wait before anybody listens.
    waiting: usize,
    /// Whether the server learns only later that a line broke.
    silent: bool,
}

/// One who talks, where, and who hears it.
struct Talk {
    name: &'static str,
    from: Person,
    to: i64,
    chat_type: &'static str,
    listeners: Vec<i64>,
}

/// Everything that the people in a scene share.
struct Stage {
    proxy: Proxy,
    talks: Vec<Talk>,
    /// How much of each talk was acknowledged.
    said: Mutex<HashMap<&'static str, usize>>,
    silent: bool,
    /// Whether all was said.
    over: AtomicBool,
}

impl Stage {
    async fn say(&self, talk: &Talk) {
        let n = self.said.lock().unwrap().get(talk.name).copied().unwrap_or(0);
        let text = format!("{} {n}", talk.name);
        talk.from.send(talk.to, talk.chat_type, &text).await.ok();
        *self.said.lock().unwrap().entry(talk.name).or_default() += 1;
        self.proxy.tick();
    }

    /// One sender: the next message goes out when the one before was acknowledged.
    async fn talk(&self, talk: &Talk) {
        for _ in 0..MESSAGES {
            self.say(talk).await;
        }
    }

    /// What `listener` has to hear in the end.
    fn due(&self, listener: &Person) -> BTreeMap<&'static str, usize> {
        let said = self.said.lock().unwrap();
        let heard_by = |talk: &&Talk| talk.listeners.contains(&listener.id);
        self.talks.iter().filter(heard_by).map(|talk| (talk.name, said[talk.name])).collect()
    }

    /// Whether nothing more is to come.
    fn satisfied(&self, listener: &Person, heard: &Heard) -> bool {
        self.over.load(Ordering::SeqCst) && heard.times.len() == self.due(listener).values().sum::<usize>()
    }
}

/// What somebody heard.
#[derive(Default)]
struct Heard {
    /// How often each message came, by talk and number.
    times: HashMap<(String, usize), usize>,
    /// The number that each talk has to go on with.
    next: BTreeMap<String, usize>,
    /// Those of which the server knows that they arrived.
    proven: HashSet<(String, usize)>,
    lines: usize,
}

impl Heard {
    fn note(&mut self, stage: &Stage, key: &(String, usize), on_this_line: &[(String, usize)]) {
        let times = self.times.entry(key.clone()).or_default();
        *times += 1;
        assert!(!on_this_line.contains(key), "{key:?} came twice over one line");
        assert!(!self.proven.contains(key), "{key:?} came again, though it was proven");
        let next = self.next.entry(key.0.clone()).or_default();
        let in_order = key.1 == *next || *times > 1;
        // A line that the server believes in keeps its messages, and they come when it is given up.
        assert!(in_order || stage.silent, "{key:?} came before {next}");
        *next = (*next).max(key.1 + 1);
    }

    fn missing(&self, due: &BTreeMap<&'static str, usize>) -> Vec<String> {
        let all = due.iter().flat_map(|(talk, said)| (0..*said).map(|n| ((*talk).to_owned(), n)));
        all.filter(|key| !self.times.contains_key(key)).map(|(talk, n)| format!("{talk} {n}")).collect()
    }
}

/// The talk and the number in a push of what people said.
fn key(frame: &Value) -> Option<(String, usize)> {
    let message = &frame["data"];
    if frame["type"] != "singleChat" || message["type"] == "systemNotice" {
        return None;
    }
    let text = said(message);
    let (talk, n) = text.rsplit_once(' ').unwrap();
    Some((talk.to_owned(), n.parse().unwrap()))
}

/// A client as they are: opens a socket, asks for what waits, reads to the end of the line, and
/// begins again, until it has heard everything.
async fn listen(stage: &Stage, who: &Person) -> Heard {
    let mut heard = Heard::default();
    while !stage.satisfied(who, &heard) {
        heard.lines += 1;
        let url = stage.proxy.url(&who.token);
        let Ok((socket, _)) = tokio_tungstenite::connect_async(url).await else { continue };
        who.drain().await;
        hear_out(stage, who, Socket(socket), &mut heard).await;
    }
    heard
}

/// Reads one socket to its end. Behind a Ping that was answered, the client's own heartbeat asks
/// whether the server has read that answer: if so, what came before it is proven.
async fn hear_out(stage: &Stage, who: &Person, mut socket: Socket, heard: &mut Heard) {
    let (mut here, mut proven, mut asked) = (Vec::new(), 0, VecDeque::new());
    while !stage.satisfied(who, heard) {
        let Ok(next) = timeout(PATIENCE, socket.0.next()).await else {
            panic!("{} misses {:?}", who.name, heard.missing(&stage.due(who)));
        };
        match next {
            Some(Ok(Frame::Ping(_))) => {
                // The library's answer goes out first.
                if socket.0.flush().await.is_err() || socket.0.send(Frame::text("ping")).await.is_err() {
                    return;
                }
                asked.push_back(here.len());
            }
            Some(Ok(Frame::Text(text))) => {
                let frame: Value = serde_json::from_str(&text).unwrap();
                if frame["type"] == "pong" {
                    let now = asked.pop_front().unwrap();
                    heard.proven.extend(here[proven..now].iter().cloned());
                    proven = now;
                }
                if let Some(key) = key(&frame) {
                    heard.note(stage, &key, &here);
                    here.push(key);
                }
            }
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return,
        }
    }
}

/// What waits when all is over, on a good line: only what was not proven.
async fn look_again(stage: &Stage, who: &Person, from: &Person, heard: &mut Heard) -> usize {
    let (mut socket, mut here) = (who.connect().await, Vec::new());
    who.drain().await;
    from.say(who, "the end").await.ok();
    loop {
        let push = socket.push().await;
        if said(&push) == "the end" {
            break;
        }
        if let Some(key) = key(&json!({ "type": "singleChat", "data": push })) {
            heard.note(stage, &key, &here);
            here.push(key);
        }
    }
    socket.leave().await;
    heard.proven.extend(here.iter().cloned());
    here.len()
}

/// Talks between five people over lines that break all the time.
async fn play(scene: Scene, seed: u64) {
    let _playing = Playing(seed);
    let im = Im::with(|settings| settings.egg.onboarding_hints = false).await;
    let mut people = Vec::new();
    for name in ["anna", "evelyn", "bobby", "carla", "dorothy"] {
        people.push(im.user(name).await);
    }
    let [ann, eve, bob, carl, dora] = &people[..] else { unreachable!("there are five") };
    let group = im.group(ann, &[bob, carl, dora, eve]).await;
    im.befriend(eve, bob).await;
    let talk = |name, from: &Person, to, chat_type, listeners: &[&Person]| {
        let listeners = listeners.iter().map(|who| who.id).collect();
        Talk { name, from: from.clone(), to, chat_type, listeners }
    };
    let stage = Stage {
        proxy: Proxy::start(&im.base, seed, scene.silent).await,
        talks: vec![
            talk("anna to bobby", ann, bob.id, "single", &[bob]),
            talk("evelyn to bobby", eve, bob.id, "single", &[bob]),
            talk("anna to carla", ann, carl.id, "single", &[carl]),
            talk("evelyn to all", eve, group, "group", &[bob, carl, dora]),
            talk("dorothy to all", dora, group, "group", &[bob, carl]),
        ],
        said: Mutex::default(),
        silent: scene.silent,
        over: AtomicBool::new(false),
    };
    for _ in 0..scene.waiting {
        join_all(stage.talks.iter().map(|talk| stage.say(talk))).await;
    }
    let talking = async {
        join_all(stage.talks.iter().map(|talk| stage.talk(talk))).await;
        stage.over.store(true, Ordering::SeqCst);
        stage.proxy.heal().await;
    };
    let listeners = [bob, carl, dora];
    let ((), all) = tokio::join!(talking, join_all(listeners.map(|who| listen(&stage, who))));
    for (who, mut heard) in listeners.into_iter().zip(all) {
        let again = heard.times.values().filter(|times| **times > 1).count();
        println!("{}: {} messages over {} lines, {again} again", who.name, heard.times.len(), heard.lines);
        assert!(heard.lines > 5, "the lines were good");
        look_again(&stage, who, ann, &mut heard).await;
        let still = look_again(&stage, who, ann, &mut heard).await;
        assert_eq!(still, 0, "what was proven waits");
    }
    let struck = stage.proxy.struck();
    assert_eq!(struck.len(), 3, "not all faults happened: {struck:?}");
    println!("{struck:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn over_a_line_that_keeps_breaking_everything_comes_in_order_and_twice_only_what_was_not_proven() {
    for seed in seeds(1) {
        play(Scene { waiting: 0, silent: false }, seed).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_queue_over_a_line_that_keeps_breaking_comes_before_what_is_said_meanwhile() {
    for seed in seeds(1) {
        play(Scene { waiting: 150, silent: false }, seed).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_server_still_believes_in_a_dead_line_nothing_is_lost_and_nothing_proven_comes_again() {
    for seed in seeds(1) {
        play(Scene { waiting: 0, silent: true }, seed).await;
    }
}
