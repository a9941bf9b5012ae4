//! Somebody who is written to, and the comparison of what came with what is stored.
use crate::{
    load::Book,
    people::{Person, Socket},
    server::PATIENCE,
    truth::Truth,
};
use std::collections::{BTreeMap, HashSet};
use tokio::{task::JoinHandle, time::timeout};

/// How the texts begin after which a listener leaves.
pub const BELL: &str = "bell/";

/// When somebody reads.
#[derive(Clone, Copy, PartialEq)]
pub enum Habit {
    /// Always, as soon as the server runs.
    Online,
    /// After each restart, and then leaves: all that is written meanwhile waits.
    Visits,
    /// Once, at the very end.
    Late,
}

/// Somebody who is written to.
pub struct Reader {
    pub person: Person,
    pub habit: Habit,
    /// Every text that ever came.
    pub got: HashSet<String>,
    /// Listens, and answers what came live.
    pub live: Option<JoinHandle<Vec<String>>>,
}

/// Listens until the server is gone or the bell rings.
pub async fn listen(mut socket: Socket) -> Vec<String> {
    let mut came = Vec::new();
    while let Some(said) = socket.said().await {
        came.push(said.text);
        if came.last().is_some_and(|text| text.starts_with(BELL)) {
            socket.leave().await;
            break;
        }
    }
    came
}

impl Reader {
    /// Looks at what came live before the kill: all of it is stored, it came in order, and what is
    /// missing between was never acknowledged. (When the answer to a commit is lost, nobody can tell
    /// anybody, and the text waits in the log.)
    pub async fn hang_up(&mut self, truth: &Truth, book: &Book) {
        let Some(live) = self.live.take() else { return };
        let live = timeout(PATIENCE, live).await.expect("the socket outlives the server").unwrap();
        let places = truth.places();
        let mut conversations: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
        for text in &live {
            let place = places.get(text.as_str());
            let (conversation, seq) = place.unwrap_or_else(|| panic!("told, but not stored: {text:.40}"));
            conversations.entry(*conversation).or_default().push(*seq);
        }
        for (conversation, came) in conversations {
            assert!(came.is_sorted_by(|a, b| a < b), "{}: {conversation}: {came:?}", self.person.name);
            let between = came[0]..=came[came.len() - 1];
            let came: HashSet<_> = came.into_iter().collect();
            let stored = truth.log.iter().filter(|e| e.conversation == conversation);
            for entry in stored.filter(|e| e.sender != self.person.id && between.contains(&e.seq)) {
                let Some(text) = &entry.text else { continue };
                let excused = came.contains(&entry.seq) || !book.acknowledged(text);
                assert!(excused, "{} was not told of {text:.40}", self.person.name);
            }
        }
        self.got.extend(live);
    }
}
