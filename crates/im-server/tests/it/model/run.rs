//! A history, played on a real server and in the model at once.
use super::{
    calls::NOBODY,
    ear::Ear,
    ops::{Op, Who},
    rules::Answer,
    world::{Entry, GUESTS, HERALD, Place, Seen, USERS, WAITS_DAYS, What, World},
};
use crate::kit::{Im, Person, said};
use futures_util::FutureExt;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashSet},
    panic::AssertUnwindSafe,
};

/// What differs from the model, in words.
pub type Differs = String;

/// Steps after which everything is compared.
const CHECK_EVERY: usize = 80;

/// How often a history met what it is about.
#[derive(Default, Debug)]
pub struct Tally {
    /// Each route with each word that it said, and how often.
    pub said: BTreeMap<String, usize>,
    pub told: usize,
}

/// Plays a history on a server that keeps `keeps` entries of each conversation for who is away.
///
/// # Errors
/// The number of the step at which the server did something else, and what.
pub async fn play(keeps: usize, history: &[Op]) -> Result<Tally, (usize, Differs)> {
    let mut play = Play::begin(keeps).await;
    for (number, op) in history.iter().enumerate() {
        let last = number + 1 == history.len();
        let step = async {
            play.step(op).await?;
            if last || number % CHECK_EVERY == CHECK_EVERY - 1 {
                play.check().await?;
            }
            Ok(())
        };
        let done = AssertUnwindSafe(step).catch_unwind().await;
        done.unwrap_or_else(|_| Err("a panic, see above".to_owned())).map_err(|why| (number, why))?;
    }
    Ok(play.tally)
}

/// A server, the people on it, and the model of both.
pub struct Play {
    im: Im,
    pub people: Vec<Person>,
    pub world: World,
    /// The sockets of each person, as in the model.
    ears: Vec<Vec<Ear>>,
    /// Public ids of lines, none of them given twice.
    ids: HashSet<String>,
    tally: Tally,
}

impl Play {
    async fn begin(keeps: usize) -> Play {
        let im = Im::with(|settings| {
            settings.egg.onboarding_hints = false;
            settings.chat.offline_messages = keeps as i64;
            settings.chat.offline_days = WAITS_DAYS;
        })
        .await;
        let mut people = Vec::new();
        for name in ["anna", "bobby", "carla", "david", "emily"] {
            people.push(im.user(name).await);
        }
        for n in 0..GUESTS {
            people.push(im.visitor(n as u32).await);
        }
        people.push(im.user("herald").await);
        assert!(people.len() == HERALD + 1 && people.is_sorted_by_key(|person| person.id));
        let accounts = people.iter().map(|person| (person.id, person.name.clone()));
        let world = World::new(im.now(), keeps, accounts);
        let ears = people.iter().map(|_| Vec::new()).collect();
        let mut play = Play { im, people, world, ears, ids: HashSet::new(), tally: Tally::default() };
        for who in 0..HERALD {
            play.step(&Op::Befriend(HERALD, who)).await.unwrap();
        }
        play
    }

    /// Makes one step, and compares what is answered and what is pushed.
    async fn step(&mut self, op: &Op) -> Result<(), Differs> {
        let call = self.call(op).await;
        let expected = self.world.apply(op);
        match call {
            None => self.happen(op).await?,
            Some((who, path, body)) if !matches!(expected, Answer::Silence) => {
                let given = self.people[who].post(&path, body.clone()).await;
                let given = (given.status, given.body);
                let route = path.trim_end_matches(|c: char| c == '/' || c.is_ascii_digit());
                let word = given.1["data"].as_str().unwrap_or("a message");
                *self.tally.said.entry(format!("{route}: {word}")).or_default() += 1;
                if let Op::RevokeUnknown(..) | Op::RevokeUnknownIn(..) = op
                    && let Answer::Line(line) = expected
                {
                    self.world.log[line].id = body["id"].as_str().map(str::to_owned);
                }
                if let (Op::Create(..), 200) = (op, given.0) {
                    let newest = self.people[who].get("/api/chat/grouplist/1").await.ok()[0]["id"].as_i64();
                    self.world.groups.last_mut().ok_or("no group is to be made")?.id =
                        newest.unwrap_or(NOBODY);
                }
                let told = format!("{path} {body} answers {given:?}, not {expected:?}");
                self.answered(who, given, expected).map_err(|why| format!("{told}: {why}"))?;
            }
            Some(_) => {}
        }
        self.hear().await
    }

    fn answered(&mut self, who: Who, (status, body): (u16, Value), expected: Answer) -> Result<(), Differs> {
        let same = |a: Value, b: Value| if a == b { Ok(()) } else { Err(format!("{a} is not {b}")) };
        if let Answer::No(status_expected, text) = expected {
            let refusal = json!({ "msg": "fail", "data": text });
            return same(json!([status, body]), json!([status_expected, refusal]));
        }
        same(json!([status, body["msg"]]), json!([200, "ok"]))?;
        match expected {
            Answer::Word(word) => same(body["data"].clone(), json!(word)),
            Answer::Line(line) => self.compare(who, line, &body["data"]),
            Answer::Unlogged(entry) => self.looks(who, &entry, &body["data"]),
            Answer::No(..) | Answer::Silence => Ok(()),
        }
    }

    /// What happens to sockets, server and clock.
    async fn happen(&mut self, op: &Op) -> Result<(), Differs> {
        match *op {
            Op::Connect(who) => {
                if self.ears[who].len() < self.world.accounts[who].ears.len() {
                    let ear = Ear::open(&self.im, &self.people[who]).await?;
                    self.ears[who].push(ear);
                }
            }
            Op::Prove(who) => {
                if let Some(ear) = self.ears[who].last_mut() {
                    ear.prove().await?;
                }
            }
            Op::Close(who, old) | Op::Cut(who, old) => {
                let newest = self.ears[who].len();
                if newest > 0 {
                    let ear = self.ears[who].remove((newest - 1).saturating_sub(old.into()));
                    if matches!(op, Op::Close(..)) {
                        ear.close().await?
                    } else {
                        ear.cut().await
                    }
                    // The server knows by now that the socket is gone.
                    self.people[who].get("/api/chat/grouplist/1").await;
                }
            }
            Op::Restart => {
                self.ears.iter_mut().for_each(Vec::clear);
                self.im.restart().await;
                self.people = self.people.iter().map(|person| self.im.again(person)).collect();
            }
            Op::Pass(ms) => self.im.pass(ms),
            _ => return Err(format!("{op:?} is a call")),
        }
        Ok(())
    }

    /// Reads what this step has pushed, and nothing else.
    async fn hear(&mut self) -> Result<(), Differs> {
        let told = std::mem::take(&mut self.world.told);
        self.tally.told += told.len();
        for who in 0..self.people.len() {
            let lines: Vec<usize> = told.iter().filter(|(to, _)| *to == who).map(|(_, line)| *line).collect();
            let heard = match self.ears[who].last_mut() {
                Some(ear) => ear.pushes(lines.len()).await,
                None => Ok(Vec::new()),
            };
            let of = |why: Differs| format!("{} is to hear {lines:?}: {why}", self.world.name(who));
            let heard = heard.map_err(of)?;
            for (line, frame) in lines.iter().zip(&heard) {
                let same_time = frame["timestamp"] == self.world.now;
                let compared = self.compare(who, *line, &frame["data"]);
                compared.map_err(|why| format!("{} hears {frame}: {why}", self.people[who].name))?;
                if !same_time {
                    return Err(format!("{frame} was made at another time than {}", self.world.now));
                }
            }
            for ear in &mut self.ears[who] {
                let nothing = ear.nothing().await;
                nothing.map_err(|why| format!("{} is to hear nothing else: {why}", self.people[who].name))?;
            }
        }
        Ok(())
    }

    /// Whether `message` is this line of the log; learns its id when nobody knew it.
    fn compare(&mut self, viewer: Who, line: usize, message: &Value) -> Result<(), Differs> {
        let id = message["id"].as_str().ok_or("it has no id")?.to_owned();
        if self.world.log[line].id.is_none() {
            if !self.ids.insert(id.clone()) {
                return Err(format!("the id {id} was given before"));
            }
            self.world.log[line].id = Some(id);
        }
        let entry = self.world.log[line].clone();
        self.looks(viewer, &entry, message)
    }

    fn looks(&self, viewer: Who, entry: &Entry, message: &Value) -> Result<(), Differs> {
        let number_or_text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let mask = |text: String| {
            let timed = text.starts_with("群主于 ") || text.ends_with(" 已退出群聊");
            if timed { text.replace(|c: char| "0123456789/: 时".contains(c), "") } else { text }
        };
        let mut expected = self.world.seen(entry, viewer);
        expected.text = mask(expected.text);
        let seen = Seen {
            from: number_or_text(&message["from_id"]),
            to: message["to_id"].as_i64().unwrap_or_default(),
            chat_type: if message["chatType"] == "group" { "group" } else { "single" },
            notice: message["type"] == "systemNotice",
            text: mask(said(message)),
        };
        if seen != expected {
            return Err(format!("{seen:?} is not {expected:?}"));
        }
        let mut rest = vec![
            ("id", json!(entry.id)),
            ("create_time", json!(entry.at)),
            ("isremove", json!(0)),
            ("actionType", if entry.what == What::Revoked { json!("revoke") } else { Value::Null }),
        ];
        if let What::Text(_) = entry.what {
            rest.push(("sendUUid", json!(self.people[entry.by].uuid)));
            if let Place::Group(group) = entry.place {
                rest.push(("to_name", json!(self.world.groups[group].name)));
            }
        }
        match rest.into_iter().find(|(key, value)| message[*key] != *value) {
            Some((key, value)) => Err(format!("{key} is {}, not {value}", message[key])),
            None => Ok(()),
        }
    }

    /// Everybody comes, fetches what waits and hears the herald behind it; then the lists are compared.
    async fn check(&mut self) -> Result<(), Differs> {
        for who in 0..HERALD {
            if self.ears[who].is_empty() {
                self.step(&Op::Connect(who)).await?;
            }
            self.step(&Op::Fetch(who)).await?;
            self.step(&Op::Say(HERALD, who)).await?;
        }
        for who in 0..USERS {
            let mut listed: Vec<_> =
                self.friend_rows(who).await.iter().map(|row| row["friend_id"].as_i64()).collect();
            listed.sort_unstable();
            let friends = self.world.friends.keys().filter(|(me, _)| *me == who);
            let expected: Vec<_> = friends.map(|(_, friend)| Some(self.people[*friend].id)).collect();
            if listed != expected {
                return Err(format!("{} has the friends {listed:?}, not {expected:?}", self.world.name(who)));
            }
        }
        for who in 0..HERALD {
            let listed = self.people[who].get("/api/chat/grouplist/1?limit=2000").await.ok();
            let listed: Vec<_> =
                listed.as_array().into_iter().flatten().map(|row| row["id"].clone()).collect();
            let mine = self.world.groups.iter().rev().filter(|group| group.members.contains(&who));
            let expected: Vec<_> = mine.map(|group| json!(group.id)).collect();
            if listed != expected {
                return Err(format!(
                    "{} is in the groups {listed:?}, not {expected:?}",
                    self.world.name(who)
                ));
            }
        }
        for group in &self.world.groups {
            let info = self.people[HERALD].get(&format!("/api/chat/groupinfo/{}", group.id)).await;
            let row = &info.body["data"];
            let members =
                row["group_users"].as_array().into_iter().flatten().map(|member| &member["user_id"]);
            let listed =
                json!([row["user_id"], row["name"], row["invite_confirm"], members.collect::<Vec<_>>()]);
            let members: Vec<_> = group.members.iter().map(|who| self.people[*who].id).collect();
            let expected = json!([self.people[group.owner].id, group.name, group.policy, members]);
            if group.alive && listed != expected {
                return Err(format!("group {} is {listed}, not {expected}", group.id));
            }
            if !group.alive && (info.status, row) != (400, &json!("群不存在或被封禁")) {
                return Err(format!("group {} was dissolved: {}", group.id, info.body));
            }
        }
        Ok(())
    }
}
