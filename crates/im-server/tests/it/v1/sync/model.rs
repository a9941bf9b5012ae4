//! What the server has to hold, by what it acknowledged.
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A message that was acknowledged.
#[derive(Clone, Debug)]
pub struct Message {
    pub sender: usize,
    pub client_id: String,
    pub text: String,
    pub edited: bool,
    pub revoked: bool,
    pub deleted: bool,
    /// Who deleted it for itself.
    pub hidden: BTreeSet<usize>,
    pub reactions: BTreeMap<String, BTreeSet<usize>>,
}

impl Message {
    pub fn new(sender: usize, client_id: String, text: String) -> Message {
        let (hidden, reactions) = Default::default();
        Message { sender, client_id, text, edited: false, revoked: false, deleted: false, hidden, reactions }
    }

    /// Whether this person still sees what it says.
    pub fn is_shown_to(&self, who: usize) -> bool {
        !self.deleted && !self.revoked && !self.hidden.contains(&who)
    }
}

/// A conversation.
#[derive(Debug, Default)]
pub struct Talk {
    pub id: i64,
    pub members: BTreeSet<usize>,
    pub is_group: bool,
    /// The place before the first thing that happened in the history.
    pub before: i64,
    pub messages: BTreeMap<i64, Message>,
    /// What each has read.
    pub read: BTreeMap<usize, i64>,
}

impl Talk {
    /// Checks the log as `who` finds it: every place once, and every message as it has to be.
    pub fn check(&self, who: usize, ids: &[i64], log: &[Value]) {
        let places: Vec<_> = log.iter().map(|entry| entry["seq"].as_i64().unwrap()).collect();
        assert_eq!(places, (1..=log.len() as i64).collect::<Vec<_>>(), "the log of {} has holes", self.id);
        let said: BTreeSet<_> = log.iter().filter(|entry| entry["kind"] == "message").map(seq).collect();
        for (at, message) in &self.messages {
            let entry = &log[*at as usize - 1];
            if message.deleted || message.hidden.contains(&who) {
                assert_eq!(entry["kind"], "gone", "{entry} is not {message:?}");
                continue;
            }
            assert!(said.contains(at), "{entry} is not {message:?}");
            assert_eq!(entry["sender"]["id"], ids[message.sender], "{entry} is not {message:?}");
            assert_eq!(entry["client_id"], message.client_id.as_str(), "{entry} is not {message:?}");
            assert_eq!(entry["revoked"] == true, message.revoked, "{entry} is not {message:?}");
            if message.revoked {
                assert!(entry.get("body").is_none() && entry.get("reactions").is_none(), "{entry}");
                continue;
            }
            assert_eq!(entry["body"]["text"], message.text.as_str(), "{entry} is not {message:?}");
            assert_eq!(entry.get("edited_ms").is_some(), message.edited, "{entry} is not {message:?}");
            let shown: BTreeMap<String, BTreeSet<i64>> = entry["reactions"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|one| (text(&one["emoji"]), numbers(&one["accounts"])))
                .collect();
            let due = message.reactions.iter().filter(|(_, by)| !by.is_empty());
            let due: BTreeMap<_, BTreeSet<_>> =
                due.map(|(emoji, by)| (emoji.clone(), by.iter().map(|one| ids[*one]).collect())).collect();
            assert_eq!(shown, due, "{entry} is not {message:?}");
        }
        let more: Vec<_> =
            said.iter().filter(|at| **at > self.before && !self.messages.contains_key(at)).collect();
        assert!(more.is_empty(), "nobody was told that {more:?} of {} were said", self.id);
    }

    /// What this person has not seen.
    pub fn unread(&self, who: usize) -> usize {
        let read = self.read.get(&who).copied().unwrap_or(0);
        let news = |(at, one): &(&i64, &Message)| **at > read && one.sender != who && one.is_shown_to(who);
        self.messages.iter().filter(news).count()
    }
}

fn seq(entry: &Value) -> i64 {
    entry["seq"].as_i64().unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn numbers(value: &Value) -> BTreeSet<i64> {
    value.as_array().unwrap().iter().map(|one| one.as_i64().unwrap()).collect()
}
