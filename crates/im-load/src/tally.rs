//! The account of a run: each message sent, acknowledged, delivered to each of its receivers once.
use crate::letter::Mark;
use std::{
    rc::Rc,
    sync::OnceLock,
    time::{Duration, Instant},
};

mod verdict;

pub use verdict::{Spread, Verdict};

/// Nanoseconds since the generator first asked; 0 is never.
pub type Nanos = u64;

/// What the clock says.
pub fn now() -> Nanos {
    static START: OnceLock<Instant> = OnceLock::new();
    u64::try_from(START.get_or_init(Instant::now).elapsed().as_nanos()).unwrap_or(u64::MAX).max(1)
}

/// For whom the messages of a run are. Whoever hears itself is told of its own as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// The receiver that the message names.
    One,
    /// Every receiver but the sender.
    Others,
}

/// A message's life. Times are 0 until it happens.
#[derive(Clone, Debug)]
struct Message {
    from: u32,
    to: u32,
    /// When it ought to have been sent.
    due: Nanos,
    sent: Nanos,
    acked: Nanos,
    /// When its latest copy came.
    came: Nanos,
    copies: u32,
    /// Copies that it ought to have.
    wanted: u32,
}

impl Message {
    fn is_received(&self) -> bool {
        self.copies >= self.wanted
    }
}

/// Everything that happened in one run.
pub struct Tally {
    run: u32,
    audience: Audience,
    /// For each receiver whether it hears what it says itself.
    hears_itself: Rc<[bool]>,
    messages: Vec<Message>,
    /// For each receiver the numbers that came, in their order.
    arrivals: Vec<Vec<u32>>,
    refused: u64,
    failure: Option<String>,
    given_up: u64,
    late: u64,
    astray: u64,
    acked: u64,
    /// Copies that the acknowledged messages ought to have.
    owed: u64,
    copies: u64,
}

impl Tally {
    /// An empty account of receivers who each hear themselves or not.
    pub fn new(run: u32, hears_itself: Rc<[bool]>, audience: Audience) -> Tally {
        Tally {
            run,
            audience,
            messages: Vec::new(),
            arrivals: vec![Vec::new(); hears_itself.len()],
            hears_itself,
            refused: 0,
            failure: None,
            given_up: 0,
            late: 0,
            astray: 0,
            acked: 0,
            owed: 0,
            copies: 0,
        }
    }

    /// An empty account of another run with the same receivers.
    pub fn renewed(&self, run: u32) -> Tally {
        Tally::new(run, self.hears_itself.clone(), self.audience)
    }

    /// A message that ought to be sent at `due`; nobody writes to itself. A sender who does not listen has a
    /// number that is no receiver's.
    pub fn plan(&mut self, from: usize, to: usize, due: Nanos) -> Mark {
        let number = u32::try_from(self.messages.len()).expect("a run is bounded far below 2^32 messages");
        let index = |n: usize| u32::try_from(n).expect("there are fewer people than ports");
        let receivers = index(self.arrivals.len());
        let (from, to) = (index(from), index(to));
        let others = match self.audience {
            Audience::One => 1,
            Audience::Others => receivers - u32::from(from < receivers),
        };
        let wanted = others + u32::from(self.echoes(from));
        self.messages.push(Message { from, to, due, sent: 0, acked: 0, came: 0, copies: 0, wanted });
        Mark { run: self.run, number }
    }

    /// How many messages were planned.
    pub fn planned(&self) -> u64 {
        self.messages.len() as u64
    }

    /// How many copies came.
    pub fn copies(&self) -> u64 {
        self.copies
    }

    /// It is being written to the server.
    pub fn sent(&mut self, mark: Mark, at: Nanos) {
        if let Some(message) = self.message(mark) {
            message.sent = at;
        }
    }

    /// The server said ok.
    pub fn acked(&mut self, mark: Mark, at: Nanos) {
        if let Some(message) = self.message(mark) {
            message.acked = at;
            let wanted = u64::from(message.wanted);
            self.acked += 1;
            self.owed += wanted;
        }
    }

    /// The server said no, or nothing; the first reason is kept.
    pub fn refused(&mut self, mark: Mark, why: impl FnOnce() -> String) {
        if mark.run == self.run {
            self.refused += 1;
            self.failure.get_or_insert_with(why);
        }
    }

    /// So many will not be sent any more.
    pub fn give_up(&mut self, count: u64) {
        self.given_up += count;
    }

    /// A push came to `receiver`. Those without a mark are the server's own. Answers whether the message
    /// has reached everybody now.
    pub fn arrived(&mut self, receiver: usize, push: &[u8], at: Nanos) -> bool {
        let Some(mark) = Mark::find(push) else { return false };
        let person = u32::try_from(receiver).unwrap_or(u32::MAX);
        if mark.run != self.run {
            self.late += 1;
            return false;
        }
        let (audience, echoes) = (self.audience, self.echoes(person));
        let meant = |message: &Message| match (message.from == person, audience) {
            (true, _) => echoes,
            (false, Audience::One) => message.to == person,
            (false, Audience::Others) => true,
        };
        let Some(message) = self.message(mark).filter(|message| meant(message)) else {
            self.astray += 1;
            return false;
        };
        message.came = at;
        message.copies += 1;
        let complete = message.copies == message.wanted;
        self.copies += 1;
        self.arrivals[receiver].push(mark.number);
        complete
    }

    /// Whether the message has reached everybody.
    pub fn is_complete(&self, mark: Mark) -> bool {
        let message = self.messages.get(mark.number as usize);
        mark.run != self.run || message.is_none_or(Message::is_received)
    }

    /// Whether nothing more is expected.
    pub fn is_settled(&self) -> bool {
        let answered = self.acked + self.refused + self.given_up >= self.planned();
        answered && self.copies >= self.owed
    }

    /// Whether this sender is told of its own messages.
    fn echoes(&self, sender: u32) -> bool {
        self.hears_itself.get(sender as usize).copied().unwrap_or_default()
    }

    fn message(&mut self, mark: Mark) -> Option<&mut Message> {
        if mark.run != self.run {
            return None;
        }
        self.messages.get_mut(usize::try_from(mark.number).ok()?)
    }

    /// Adds it all up.
    pub fn verdict(&self) -> Verdict {
        let mut verdict = Verdict {
            planned: self.planned(),
            unsent: self.count(|message| message.sent == 0),
            acked: self.acked,
            refused: self.refused,
            late: self.late,
            astray: self.astray,
            failure: self.failure.clone(),
            ..Verdict::default()
        };
        verdict.unanswered = verdict.planned - verdict.unsent - verdict.acked - verdict.refused;
        verdict.exact = self.count(|message| message.acked > 0 && message.copies == message.wanted);
        let mut expected = self.expected();
        // Who saw the message last, from 1, as a scratch for all receivers.
        let mut seen_by = vec![0_u32; self.messages.len()];
        for (receiver, numbers) in (1_u32..).zip(&self.arrivals) {
            let mut first_copies = Vec::with_capacity(numbers.len());
            for number in numbers.iter().map(|number| *number as usize) {
                if seen_by[number] == receiver {
                    verdict.twice += 1;
                } else {
                    seen_by[number] = receiver;
                    first_copies.push(&self.messages[number]);
                }
            }
            let due = &mut expected[receiver as usize - 1];
            *due -= first_copies.iter().filter(|message| message.acked > 0).count() as u64;
            verdict.lost += *due;
            verdict.disordered += disordered(&first_copies);
        }
        verdict
    }

    /// For each receiver how many acknowledged messages it ought to have.
    fn expected(&self) -> Vec<u64> {
        let mut counts = vec![0; self.arrivals.len()];
        let mut own = vec![0; self.arrivals.len()];
        for message in self.messages.iter().filter(|message| message.acked > 0) {
            if let Some(own) = own.get_mut(message.from as usize) {
                *own += 1;
            }
            if self.audience == Audience::One {
                counts[message.to as usize] += 1;
            }
        }
        for ((count, own), echoes) in counts.iter_mut().zip(own).zip(self.hears_itself.iter()) {
            let others = if self.audience == Audience::Others { self.acked - own } else { *count };
            *count = others + if *echoes { own } else { 0 };
        }
        counts
    }

    fn count(&self, which: impl Fn(&Message) -> bool) -> u64 {
        self.messages.iter().filter(|message| which(message)).count() as u64
    }

    /// From when a message was due until it was acknowledged; only those due after `warm`.
    pub fn until_acked(&self, warm: Nanos) -> Spread {
        let acked = self.messages.iter().filter(|message| message.acked > 0 && message.due >= warm);
        Spread::of(acked.map(|message| message.acked.saturating_sub(message.due)).collect())
    }

    /// From when a message was due until its last receiver had it; only those due after `warm`.
    pub fn until_received(&self, warm: Nanos) -> Spread {
        let came = self.messages.iter().filter(|message| message.is_received() && message.due >= warm);
        Spread::of(came.map(|message| message.came.saturating_sub(message.due)).collect())
    }

    /// When the last copy of all came.
    pub fn last_came(&self) -> Nanos {
        self.messages.iter().map(|message| message.came).max().unwrap_or_default()
    }

    /// Messages per second between the first sent and the last whose receivers all had it.
    pub fn rate(&self) -> f64 {
        let done = self.messages.iter().filter(|message| message.acked > 0 && message.is_received());
        let (mut count, mut first, mut last) = (0_u32, u64::MAX, 0);
        for message in done {
            count += 1;
            first = first.min(message.sent);
            last = last.max(message.came).max(message.acked);
        }
        let seconds = Duration::from_nanos(last.saturating_sub(first)).as_secs_f64();
        if seconds > 0.0 { f64::from(count) / seconds } else { 0.0 }
    }
}

/// How many of one receiver's messages came after one that was only sent when they had been
/// acknowledged. Messages that were under way together have no order.
fn disordered(came: &[&Message]) -> u64 {
    let mut latest_start = 0;
    let mut count = 0;
    for message in came {
        if message.acked > 0 && message.acked < latest_start {
            count += 1;
        }
        latest_start = latest_start.max(message.sent);
    }
    count
}

#[cfg(test)]
mod tests;
