//! The account of the run that is on, shared by everybody who sends and listens.
use crate::{
    Result,
    dialect::Person,
    letter::{Letter, Mark},
    line::Line,
    tally::{Audience, Nanos, Tally, now},
    wire::ws::Socket,
};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};
use tokio::{sync::Notify, time::sleep};

/// Where senders and listeners note what happens.
pub struct Record {
    /// The account; a new one for each run.
    pub tally: RefCell<Tally>,
    run: Cell<u32>,
    /// Told whenever a message has reached everybody.
    complete: Notify,
    /// Listeners whose socket has ended.
    ended: Cell<usize>,
}

impl Record {
    /// For these listeners.
    pub fn new<'a>(listeners: impl IntoIterator<Item = &'a Person>, audience: Audience) -> Rc<Record> {
        let hears_itself = listeners.into_iter().map(Person::hears_itself).collect();
        let run = rand::random::<u32>() % 90_000_000; // eight digits, with room for the runs to come
        Rc::new(Record {
            tally: RefCell::new(Tally::new(run, hears_itself, audience)),
            run: Cell::new(run),
            complete: Notify::new(),
            ended: Cell::new(0),
        })
    }

    /// Begins an empty account. What comes from the one before is late.
    pub fn renew(&self) {
        self.run.set(self.run.get() + 1);
        let new = self.tally.borrow().renewed(self.run.get());
        *self.tally.borrow_mut() = new;
    }

    /// Notes what comes to a listener, for as long as the server lets it.
    pub async fn listen(self: Rc<Record>, receiver: usize, mut socket: Socket) {
        let note = |push: &[u8]| {
            if self.tally.borrow_mut().arrived(receiver, push, now()) {
                self.complete.notify_waiters();
            }
        };
        while let Ok(true) = socket.read(note).await {}
        self.ended.set(self.ended.get() + 1);
    }

    /// Sends a message and notes what the server says.
    pub async fn post(&self, line: &mut Line, letter: &mut Letter, mark: Mark) {
        self.tally.borrow_mut().sent(mark, now());
        let said = line.post(letter.with(mark)).await;
        let at = now();
        match said {
            Ok(None) => self.tally.borrow_mut().acked(mark, at),
            Ok(Some(why)) => self.tally.borrow_mut().refused(mark, || why),
            Err(error) => self.tally.borrow_mut().refused(mark, || error.to_string()),
        }
    }

    /// Waits until the message has reached everybody, or for so long.
    pub async fn completed(&self, mark: Mark, longest: Duration) {
        let complete = async {
            loop {
                let told = self.complete.notified();
                if self.tally.borrow().is_complete(mark) {
                    return;
                }
                told.await;
            }
        };
        let _ = tokio::time::timeout(longest, complete).await; // the verdict tells what is missing
    }

    /// Waits until everything has come, or for so long.
    pub async fn settle(&self, longest: Duration) {
        let until = now() + nanos(longest);
        while !self.tally.borrow().is_settled() && now() < until {
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// An error once the server has ended a socket that should have stayed.
    pub fn check(&self) -> Result<()> {
        match self.ended.get() {
            0 => Ok(()),
            count => Err(format!("the server ended {count} sockets").into()),
        }
    }
}

/// As the tally counts.
pub fn nanos(time: Duration) -> Nanos {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
