//! People who write as fast as they are answered, and the book of what they were answered.
use crate::{
    people::{Answer, Person, To},
    server::PATIENCE,
    truth::Truth,
};
use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{sync::watch, task::JoinSet, time::timeout};

/// How long a sender waits after a refusal, as clients do.
const BACK_OFF: Duration = Duration::from_millis(10);

/// One sender who writes to one place, one text after the other.
#[derive(Clone)]
pub struct Lane {
    pub from: Person,
    pub to: To,
}

/// Senders at work.
pub struct Load {
    senders: JoinSet<Vec<(String, Answer)>>,
    stop: Arc<AtomicBool>,
    count: watch::Receiver<Count>,
}

/// How many texts had which answer so far.
#[derive(Default)]
struct Count {
    acknowledged: u64,
    refused: u64,
}

impl Count {
    fn enter(&mut self, answer: &Answer) {
        match answer {
            Answer::Ok(_) => self.acknowledged += 1,
            Answer::Fail(..) => self.refused += 1,
            Answer::Nothing => {}
        }
    }
}

impl Load {
    /// All lanes begin to write. Each text is `ROUND/LANE/NUMBER`, so it is unique and ordered, and then
    /// `padding`. Whatever the answer is, the next one follows.
    pub fn start(lanes: &[Lane], round: usize, padding: &str) -> Load {
        let stop = Arc::new(AtomicBool::new(false));
        let (counter, count) = watch::channel(Count::default());
        let counter = Arc::new(counter);
        let mut senders = JoinSet::new();
        for (number, lane) in lanes.iter().cloned().enumerate() {
            let (stop, counter) = (stop.clone(), counter.clone());
            let name = format!("{round}/{number}");
            let padding = padding.to_owned();
            senders.spawn(async move {
                let mut said = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let text = format!("{name}/{}{padding}", said.len());
                    let answer = lane.from.send(lane.to, &text).await;
                    counter.send_modify(|count| count.enter(&answer));
                    if !matches!(answer, Answer::Ok(_)) {
                        tokio::time::sleep(BACK_OFF).await;
                    }
                    said.push((text, answer));
                }
                said
            });
        }
        Load { senders, stop, count }
    }

    /// Waits until `more` texts were acknowledged from now on.
    pub async fn acknowledged(&mut self, more: u64) {
        let enough = self.count.borrow().acknowledged + more;
        self.reaches(|count| count.acknowledged >= enough).await;
    }

    /// Waits until `more` texts were refused from now on.
    pub async fn refused(&mut self, more: u64) {
        let enough = self.count.borrow().refused + more;
        self.reaches(|count| count.refused >= enough).await;
    }

    /// How many were acknowledged so far.
    pub fn so_far(&self) -> u64 {
        self.count.borrow().acknowledged
    }

    async fn reaches(&mut self, enough: impl Fn(&Count) -> bool) {
        let reached = timeout(PATIENCE, self.count.wait_for(|count| enough(count))).await;
        reached.expect("the load comes to a halt").expect("somebody still writes");
    }

    /// Waits until the senders ended, after telling them to, and enters what they were answered.
    pub async fn finish(mut self, book: &mut Book) {
        self.stop.store(true, Ordering::Relaxed);
        while let Some(said) = self.senders.join_next().await {
            said.unwrap().into_iter().for_each(|(text, answer)| book.enter(text, answer));
        }
    }
}

/// Everything that was ever written, and what was answered.
#[derive(Default)]
pub struct Book {
    acknowledged: HashSet<String>,
    /// Refused, or not answered: stored or not, and never twice.
    open: HashMap<String, Answer>,
}

impl Book {
    /// Enters what became of a text.
    pub fn enter(&mut self, text: String, answer: Answer) {
        match answer {
            Answer::Ok(_) => drop(self.acknowledged.insert(text)),
            other => drop(self.open.insert(text, other)),
        }
    }

    /// Whether this text was acknowledged.
    pub fn acknowledged(&self, text: &str) -> bool {
        self.acknowledged.contains(text)
    }

    /// How many were acknowledged.
    pub fn len(&self) -> usize {
        self.acknowledged.len()
    }

    /// What was refused, and in which words.
    pub fn refusals(&self) -> impl Iterator<Item = (u16, &str)> {
        self.open.values().filter_map(|answer| match answer {
            Answer::Fail(status, why) => Some((*status, why.as_str())),
            _ => None,
        })
    }

    /// Compares with what is stored: every acknowledged text is there, none is there twice, none came
    /// from nowhere, and each lane's are in the order in which they were written.
    pub fn compare(&self, truth: &Truth) {
        let mut there = HashSet::new();
        let mut lanes: HashMap<&str, u64> = HashMap::new();
        for text in truth.texts() {
            assert!(there.insert(text), "stored twice: {text:.40}");
            let known = self.acknowledged.contains(text) || self.open.contains_key(text);
            assert!(known, "nobody wrote {text:.40}");
            let (lane, number) = lane_and_number(text);
            if let Some(before) = lanes.insert(lane, number) {
                assert!(before < number, "{lane}: {before} stands before {number}");
            }
        }
        let lost: Vec<_> = self.acknowledged.iter().filter(|text| !there.contains(text.as_str())).collect();
        assert!(lost.is_empty(), "acknowledged and lost: {} of {}: {lost:.40?}", lost.len(), self.len());
    }
}

/// `7/2/15 and so on` is the 15th text of lane `7/2`.
fn lane_and_number(text: &str) -> (&str, u64) {
    let (lane, rest) = text.rsplit_once('/').expect("ROUND/LANE/NUMBER");
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    (lane, rest[..digits].parse().unwrap())
}
