//! Many people who listen, each on a socket of its own.
use crate::{
    Result,
    dialect::Person,
    line::Line,
    record::Record,
    tally::Audience,
    wire::{http::Http, mouth::Mouth},
};
use std::{cell::RefCell, net::SocketAddr, ops::Range, rc::Rc};
use tokio::task::JoinSet;

/// Handshakes that are under way together. A server whose accept queue is shorter makes some wait a second.
const TOGETHER: usize = 256;

/// People online.
pub struct Crowd {
    /// What they hear.
    pub record: Rc<Record>,
    /// What they speak with, where they do so on their sockets.
    mouths: Rc<RefCell<Vec<Option<Rc<Mouth>>>>>,
    listeners: JoinSet<()>,
}

impl Crowd {
    /// Nobody is online yet; the n-th of these people will be receiver n.
    pub fn new(people: &[Person], audience: Audience) -> Crowd {
        let mouths = Rc::new(RefCell::new(vec![None; people.len()]));
        Crowd { record: Record::new(people, audience), mouths, listeners: JoinSet::new() }
    }

    /// How receiver `n` writes.
    pub fn line(&self, at: SocketAddr, n: usize) -> Line {
        Line::new(at, n, self.mouths.borrow()[n].clone())
    }

    /// Brings everybody online. With `fetch` each then asks for what waits, as clients do.
    pub async fn connect(&mut self, at: SocketAddr, people: &[Person], fetch: bool) -> Result<()> {
        self.connect_some(at, people, 0..people.len(), fetch).await
    }

    /// The same for some of them.
    pub async fn connect_some(
        &mut self,
        at: SocketAddr,
        people: &[Person],
        which: Range<usize>,
        fetch: bool,
    ) -> Result<()> {
        let mut workers = JoinSet::new();
        let people: Rc<[Person]> = people.into();
        let next = Rc::new(std::cell::Cell::new(which.start));
        for worker in 0..TOGETHER.min(which.len()) {
            let (people, next, record) = (people.clone(), next.clone(), self.record.clone());
            let mouths = self.mouths.clone();
            workers.spawn_local(async move {
                let mut http = Http::new(at, worker);
                let mut listeners = JoinSet::new();
                while next.get() < which.end {
                    let n = next.replace(next.get() + 1);
                    let socket = people[n].listen(at, n).await.map_err(|e| e.to_string())?;
                    mouths.borrow_mut()[n] = socket.mouth();
                    listeners.spawn_local(record.clone().listen(n, socket));
                    if fetch {
                        people[n].fetch_waiting(&mut http).await.map_err(|e| e.to_string())?;
                    }
                }
                Ok::<_, String>(listeners)
            });
        }
        while let Some(done) = workers.join_next().await {
            let mut listeners = done??;
            self.listeners.spawn_local(async move { while listeners.join_next().await.is_some() {} });
        }
        Ok(())
    }

    /// Everybody goes at once, without a word.
    pub fn drop_all(&mut self) {
        self.listeners.abort_all();
        self.listeners = JoinSet::new();
    }
}
