//! A server with people who write and read by their habits, and the comparison of what they saw
//! with what is stored.
use crate::{
    cluster::Cluster,
    disk::SmallDisk,
    load::{Book, Lane, Load},
    people::{Answer, Person, Socket, To},
    reader::{BELL, Habit, Reader, listen},
    server::{Options, PATIENCE, Server, until},
    truth::{Truth, connect},
};
use std::collections::HashSet;
use tokio::time::timeout;

/// Where a server keeps what it stores.
pub enum Store {
    /// In its data directory.
    File,
    /// There too, but the directory is where only the server sees it.
    Disk(SmallDisk),
    /// In PostgreSQL.
    Cluster(Cluster),
}

/// A server and the people on it: four pairs and a group of three.
pub struct Town {
    pub server: Server,
    pub store: Store,
    pub book: Book,
    lanes: Vec<Lane>,
    readers: Vec<Reader>,
    /// Writes to everybody when what waited has been asked for: what comes before it, waited.
    bell: Person,
    /// How often everybody woke.
    days: usize,
    /// How often the bell wrote.
    rings: usize,
}

impl Town {
    /// Starts a server and registers everybody.
    pub async fn settle(options: Options, store: Store) -> Town {
        let server = Server::start(options).await;
        let (mut lanes, mut readers) = (Vec::new(), Vec::new());
        let reader = |person: &Person, habit| Reader {
            person: person.clone(),
            habit,
            got: HashSet::new(),
            live: None,
        };
        for pair in 0..4 {
            let from = server.person(&format!("writer{pair}")).await;
            let to = server.person(&format!("reader{pair}")).await;
            from.befriend(&to).await;
            // Two devices of one person: they do not wait for each other.
            lanes.extend([(); 2].map(|()| Lane { from: from.clone(), to: To::Person(to.id) }));
            readers.push(reader(&to, [Habit::Online, Habit::Visits, Habit::Online, Habit::Late][pair]));
        }
        let (ann, bob) = (server.person("member0").await, server.person("member1").await);
        let cat = server.person("member2").await;
        let group = ann.group(&[&bob, &cat]).await;
        for (member, habit) in [(ann, Habit::Online), (bob, Habit::Visits), (cat, Habit::Late)] {
            readers.push(reader(&member, habit));
            lanes.push(Lane { from: member, to: group });
        }
        let bell = server.person("bell").await;
        for reader in &readers {
            bell.befriend(&reader.person).await;
        }
        Town { server, store, book: Book::default(), lanes, readers, bell, days: 0, rings: 0 }
    }

    /// Everybody takes up their habits and writes, each text ending in `padding`.
    pub async fn wake(&mut self, padding: &str) -> Load {
        self.days += 1;
        let mut visitors = Vec::new();
        for at in 0..self.readers.len() {
            match self.readers[at].habit {
                Habit::Online => {
                    let socket = self.fetch(at).await;
                    self.readers[at].live = Some(tokio::spawn(listen(socket)));
                }
                Habit::Visits => visitors.push(at),
                Habit::Late => {}
            }
        }
        self.visit(&visitors).await;
        Load::start(&self.lanes, self.days, padding)
    }

    /// The server is killed under `load` and starts again; then all is compared.
    pub async fn die(&mut self, load: Load) {
        self.server.kill9().await;
        self.rise(load).await;
    }

    /// The server, which is dead, starts again; then all is compared.
    pub async fn rise(&mut self, load: Load) {
        load.finish(&mut self.book).await;
        match &self.store {
            Store::File => {}
            Store::Disk(disk) => {
                // A backup is a copy of what can be read; this checks the files as they are.
                let dir = tempfile::tempdir().unwrap();
                self.book.compare(&Truth::of_sqlite(&disk.copy_database(dir.path())));
            }
            Store::Cluster(cluster) => quiet(&cluster.url).await,
        }
        self.server.restart().await;

        self.compare().await;
    }

    /// The load ends, and all that was acknowledged comes to those who are online, over the sockets
    /// that they have, and goes on record; then all is compared.
    pub async fn rest(&mut self, load: Load) {
        load.finish(&mut self.book).await;
        let online: Vec<_> = (0..self.readers.len()).filter(|at| self.readers[*at].live.is_some()).collect();
        for at in &online {
            self.ring(self.readers[*at].person.id).await;
        }
        self.compare().await;
        self.recorded(&online).await;
    }

    async fn compare(&mut self) {
        let truth = self.truth().await;
        self.book.compare(&truth);
        for reader in &mut self.readers {
            reader.hang_up(&truth, &self.book).await;
        }
    }

    /// Everybody fetches what is left, and then has everything; returns how much there is.
    pub async fn end(mut self) -> String {
        self.days += 1;
        let everybody: Vec<_> = (0..self.readers.len()).collect();
        self.visit(&everybody).await;
        let truth = self.truth().await;
        self.book.compare(&truth);
        for reader in &self.readers {
            let (recorded, waiting) = truth.told(reader.person.id);
            assert!(waiting.is_empty(), "{}: {waiting:?}", reader.person.name);
            assert_eq!(recorded.len(), reader.got.len(), "{}", reader.person.name);
        }
        format!("{} acknowledged, {} stored", self.book.len(), truth.texts().count())
    }

    /// What is stored.
    pub async fn truth(&self) -> Truth {
        match &self.store {
            Store::File => Truth::of_sqlite(&self.server.database()),
            Store::Cluster(cluster) => Truth::of_postgres(&cluster.url).await,
            Store::Disk(_) => {
                let dir = tempfile::tempdir().unwrap();
                let copy = dir.path().join("copy.db");
                self.server.backup(&copy).await;
                Truth::of_sqlite(&copy)
            }
        }
    }

    /// Writes to somebody out of order; returns the text.
    async fn ring(&mut self, account: i64) -> String {
        self.rings += 1;
        let text = format!("{BELL}{}/0", self.rings);
        let answer = self.bell.send(To::Person(account), &text).await;
        assert!(matches!(answer, Answer::Ok(_)), "{answer:?}");
        self.book.enter(text.clone(), answer);
        text
    }

    /// Opens a socket and fetches what waits: exactly what is not on record as arrived, each once and
    /// in order.
    async fn fetch(&mut self, at: usize) -> Socket {
        let truth = self.truth().await;
        let person = self.readers[at].person.clone();
        let mut socket = person.connect().await;
        person.pull().await;
        let last = self.ring(person.id).await;

        let reader = &mut self.readers[at];
        let (recorded, waiting) = truth.told(person.id);
        if let Some(lost) = recorded.iter().find(|text| !reader.got.contains(**text)) {
            panic!("{}: on record as arrived, but it never came: {lost}", person.name);
        }
        let mut came = Vec::new();
        while came.last() != Some(&last) {
            let next = timeout(PATIENCE, socket.said()).await;
            came.push(next.expect("what waits does not come").expect("the socket ended").text);
        }
        reader.got.extend(came.iter().cloned());
        came.pop();
        let waiting: Vec<_> = waiting.iter().filter_map(|entry| entry.text.clone()).collect();
        assert_eq!(came, waiting, "{} on day {}", person.name, self.days);
        socket
    }

    /// These fetch and leave. Returns once all of it is on record: from then on nothing of it may come
    /// again.
    async fn visit(&mut self, readers: &[usize]) {
        for at in readers {
            self.fetch(*at).await.leave().await;
        }
        self.recorded(readers).await;
    }

    /// Waits until all that came to these is on record.
    async fn recorded(&self, readers: &[usize]) {
        until("what was proven is on record", async || {
            let truth = self.truth().await;
            readers.iter().map(|at| &self.readers[*at]).all(|reader| {
                let (_, waiting) = truth.told(reader.person.id);
                waiting.iter().filter_map(|entry| entry.text.as_ref()).all(|text| !reader.got.contains(text))
            })
        })
        .await;
    }
}

/// Waits until PostgreSQL has noticed the death of its client: until then it may finish a commit that
/// it was asked for.
async fn quiet(url: &str) {
    let client = connect(url).await;
    let others = "select count(*) from pg_stat_activity
                  where backend_type = 'client backend' and pid <> pg_backend_pid()";
    until("the killed server's connections end", async || {
        client.query_one(others, &[]).await.unwrap().get::<_, i64>(0) == 0
    })
    .await;
}
