//! What a device holds of a conversation, as docs/protocol/sync.md tells clients to.
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// One unbroken piece of a log, up to the newest entry that the device knows.
#[derive(Debug)]
pub struct Log {
    pub begin: i64,
    /// The position.
    pub end: i64,
    /// The newest entry that the device has heard of.
    pub head: i64,
    /// Nothing before it is shown.
    pub first: i64,
    pub entries: BTreeMap<i64, Value>,
}

impl Default for Log {
    fn default() -> Self {
        Log { begin: 1, end: 0, head: 0, first: 1, entries: BTreeMap::new() }
    }
}

impl Log {
    /// A live entry; dropped when something before it is missing.
    pub fn live(&mut self, entry: Value) {
        self.head = self.head.max(seq(&entry));
        if seq(&entry) == self.end + 1 {
            self.append(entry);
        }
    }

    /// Whether there is a hole between the end and what the device has heard of.
    pub fn is_behind(&self) -> bool {
        self.end < self.head
    }

    /// What answers a `sync`, or a `range` after the end.
    pub fn ahead(&mut self, answer: &Value) {
        self.first = answer["first_seq"].as_i64().unwrap();
        self.head = self.head.max(answer["last_seq"].as_i64().unwrap());
        for entry in answer["items"].as_array().unwrap() {
            let seq = seq(entry);
            if seq > self.end + 1 {
                // A hole: what lies below is out of date.
                self.entries.clear();
                (self.begin, self.end) = (seq, seq - 1);
            }
            if seq == self.end + 1 { self.append(entry.clone()) } else { self.merge(entry.clone()) }
        }
    }

    /// What answers a `range` before the beginning.
    pub fn below(&mut self, answer: &Value) {
        let items = answer["items"].as_array().unwrap();
        let Some(last) = items.last() else { return };
        if seq(last) != self.begin - 1 {
            return; // the beginning moved meanwhile
        }
        self.begin = seq(&items[0]);
        items.iter().for_each(|entry| self.merge(entry.clone()));
    }

    /// Whether something is missing below the piece.
    pub fn is_cut(&self) -> bool {
        self.begin > self.first && self.end > 0
    }

    /// Deleted by another device of the same person, for itself.
    pub fn forget(&mut self, seq: i64) {
        if let Some(entry) = self.entries.get_mut(&seq) {
            hollow(entry);
        }
    }

    fn append(&mut self, entry: Value) {
        self.end = seq(&entry);
        self.merge(entry);
    }

    fn merge(&mut self, entry: Value) {
        let place = seq(&entry);
        let stale = |held: &Value| held["kind"] == "gone" || changed(held) >= changed(&entry);
        if entry["kind"] == "gone" || !self.entries.get(&place).is_some_and(stale) {
            self.entries.insert(place, entry);
        }
        let own: Vec<_> = self.entries.range(place..).filter(|(_, c)| of(c) == Some(place)).collect();
        let own: Vec<_> = own.into_iter().map(|(_, change)| change.clone()).collect();
        own.iter().for_each(|change| self.apply(change));
        let entry = self.entries[&place].clone();
        self.apply(&entry);
    }

    fn apply(&mut self, change: &Value) {
        let Some(target) = of(change).and_then(|of| self.entries.get_mut(&of)) else { return };
        if changed(target) >= seq(change) {
            return;
        }
        target["changed_seq"] = json!(seq(change));
        if target["kind"] == "gone" || target["revoked"] == true && change["body"]["type"] != "deleted" {
            return;
        }
        let (body, sender) = (&change["body"], &change["sender"]["id"]);
        match body["type"].as_str().unwrap() {
            "edited" if body["body"].is_null() => {}
            "edited" => {
                target["body"] = body["body"].clone();
                target["edited_ms"] = change["created_ms"].clone();
            }
            "revoked" => {
                target["revoked"] = json!(true);
                ["body", "reactions", "edited_ms"].iter().for_each(|field| remove(target, field));
            }
            "deleted" => hollow(target),
            "reacted" => react(target, &body["emoji"], sender, body["on"] == true),
            other => panic!("a change that nobody told of: {other}"),
        }
    }
}

/// Leaves nothing but the place.
fn hollow(entry: &mut Value) {
    entry["kind"] = json!("gone");
    let stays = ["id", "conversation", "seq", "kind", "created_ms", "changed_seq"];
    entry.as_object_mut().unwrap().retain(|key, _| stays.contains(&&**key));
}

fn react(entry: &mut Value, emoji: &Value, by: &Value, on: bool) {
    if entry.get("reactions").is_none() {
        entry["reactions"] = json!([]);
    }
    let all = entry["reactions"].as_array_mut().unwrap();
    if !all.iter().any(|one| one["emoji"] == *emoji) {
        all.push(json!({ "emoji": emoji, "accounts": [] }));
    }
    let accounts =
        all.iter_mut().find(|one| one["emoji"] == *emoji).unwrap()["accounts"].as_array_mut().unwrap();
    accounts.retain(|account| account != by);
    if on {
        accounts.push(by.clone());
    }
    all.retain(|one| one["accounts"] != json!([]));
    if all.is_empty() {
        remove(entry, "reactions");
    }
}

fn remove(entry: &mut Value, field: &str) {
    entry.as_object_mut().unwrap().remove(field);
}

pub fn seq(entry: &Value) -> i64 {
    entry["seq"].as_i64().unwrap()
}

fn changed(entry: &Value) -> i64 {
    entry["changed_seq"].as_i64().unwrap()
}

/// The place of the entry that this one changes.
fn of(entry: &Value) -> Option<i64> {
    if entry["kind"] == "change" { entry["body"]["of"].as_i64() } else { None }
}
