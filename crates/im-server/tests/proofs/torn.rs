//! The end of the write-ahead log is torn, as when the machine dies in the middle of a write.
use crate::{
    flushes::Flushes,
    people::{Person, To},
    server::{Options, PATIENCE, Server, repeat, until},
    truth::Truth,
};
use rand::{Rng as _, RngExt as _};
use rusqlite::Connection;
use std::{collections::BTreeSet, fs, path::Path};
use tempfile::TempDir;
use tokio::time::timeout;

/// Texts that are written one after the other.
const TEXTS: usize = 60;
/// Bytes of the log's header, and of a frame: its own header and a page.
const HEADER: usize = 32;
const FRAME: usize = 24 + 4096;
/// Places of damage, each done in every way.
const PLACES: usize = 60;

/// What a crash can leave behind one place of the log.
#[derive(Clone, Copy, Debug)]
enum Damage {
    /// Nothing.
    Cut,
    /// As many zeros as there were bytes.
    Zeros,
    /// Something else.
    Garbage,
    /// One wrong bit, and the rest as it was.
    Bit,
}

const DAMAGES: [Damage; 4] = [Damage::Cut, Damage::Zeros, Damage::Garbage, Damage::Bit];

/// A database as a killed server left it.
struct Remains {
    dir: TempDir,
    wal: Vec<u8>,
    /// Every text with how much of the log had been flushed when it was acknowledged: a power cut
    /// leaves that much, so its commit lies before.
    written: Vec<(String, usize)>,
    ann: Person,
    bob: Person,
}

impl Remains {
    /// Writes, and kills the server.
    async fn make() -> Remains {
        let flushes = Flushes::build();
        let mut server = Server::start(flushes.preloaded(Options::default())).await;
        let (ann, bob) = (server.person("ann_").await, server.person("bob_").await);
        ann.befriend(&bob).await;
        let log = server.data().join("hongyan.db-wal");
        // The log begins anew, with the texts alone.
        let conn = Connection::open(server.database()).unwrap();
        let begun = "pragma wal_checkpoint(truncate)";
        let is_busy = || conn.query_row(begun, [], |row| row.get::<_, bool>(0)).unwrap();
        until("the log can begin anew", async || !is_busy()).await;
        drop(conn);
        let mut written = Vec::new();
        for number in 0..TEXTS {
            let text = format!("0/0/{number}");
            ann.send(To::Person(bob.id), &text).await.ok();
            written.push((text, flushes.flushed()));
        }
        server.kill9().await;
        let wal = fs::read(&log).unwrap();
        let flushed: Vec<_> = written.iter().map(|(_, length)| *length).collect();
        assert!(flushed.is_sorted_by(|a, b| a < b), "acknowledged without a flush of its own: {flushed:?}");
        let dir = tempfile::tempdir().unwrap();
        fs::copy(server.database(), dir.path().join("hongyan.db")).unwrap();
        Remains { dir, wal, written, ann, bob }
    }

    /// Places in the log: around the borders of frames, where commits end, and anywhere.
    fn places(&self) -> Vec<usize> {
        let mut chance = rand::rng();
        let mut places = vec![0, 1, HEADER - 1, HEADER, HEADER + 1, self.wal.len() - 1];
        while places.len() < PLACES {
            let frame = HEADER + FRAME * chance.random_range(0..self.wal.len() / FRAME);
            let (_, commit) = &self.written[chance.random_range(0..TEXTS)];
            places.extend([frame, frame + chance.random_range(1..24), frame + 24, *commit, commit - 1]);
            places.push(chance.random_range(0..self.wal.len()));
        }
        places.retain(|place| *place < self.wal.len());
        places
    }

    /// Puts the database into `dir`, with its log damaged from `place` on.
    fn lay(&self, dir: &Path, place: usize, damage: Damage) {
        let mut wal = self.wal.clone();
        match damage {
            Damage::Cut => wal.truncate(place),
            Damage::Zeros => wal[place..].fill(0),
            Damage::Garbage => rand::rng().fill_bytes(&mut wal[place..]),
            Damage::Bit => wal[place] ^= 1 << (place % 8),
        }
        fs::copy(self.dir.path().join("hongyan.db"), dir.join("hongyan.db")).unwrap();
        fs::write(dir.join("hongyan.db-wal"), wal).unwrap();
    }

    /// How many of the texts must have survived damage from `place` on.
    fn safe(&self, place: usize) -> usize {
        self.written.iter().filter(|(_, commit)| *commit <= place).count()
    }

    /// Checks that the texts there are the first ones, without a hole, and at least the safe ones.
    fn check(&self, truth: &Truth, place: usize, damage: Damage) {
        let there: Vec<_> = truth.texts().collect();
        let first: Vec<_> = self.written.iter().map(|(text, _)| text.as_str()).take(there.len()).collect();
        assert_eq!(there, first, "{damage:?} at {place}");
        let safe = self.safe(place);
        assert!(there.len() >= safe, "{damage:?} at {place}: {} of {safe} acknowledged", there.len());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_torn_log_loses_only_what_was_torn() {
    repeat(async || {
        let remains = Remains::make().await;
        let dir = tempfile::tempdir().unwrap();
        let mut counts = BTreeSet::new();
        for place in remains.places() {
            for damage in DAMAGES {
                let _ = fs::remove_file(dir.path().join("hongyan.db-shm"));
                remains.lay(dir.path(), place, damage);
                let truth = Truth::of_sqlite(&dir.path().join("hongyan.db"));
                remains.check(&truth, place, damage);
                counts.insert(truth.texts().count());
            }
        }
        assert!(counts.contains(&0) && counts.len() > TEXTS / 4, "not much was torn: {counts:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_starts_on_a_torn_log_and_goes_on() {
    repeat(async || {
        let remains = Remains::make().await;
        for damage in DAMAGES {
            let place = remains.written[rand::rng().random_range(0..TEXTS - 1)].1 + FRAME / 2;
            let dir = tempfile::tempdir().unwrap();
            remains.lay(dir.path(), place, damage);
            let server = Server::start(Options { data: Some(dir.path().into()), ..Options::default() }).await;
            remains.check(&Truth::of_sqlite(&server.database()), place, damage);
            assert_eq!(server.status("/readyz").await, 200);

            // What survived waits for its reader, and what is written now comes behind it.
            let (ann, bob) = (server.again(&remains.ann), server.again(&remains.bob));
            let mut socket = bob.connect().await;
            bob.pull().await;
            ann.send(To::Person(bob.id), "0/1/0").await.ok();
            let mut came = Vec::new();
            while came.last().is_none_or(|text| text != "0/1/0") {
                came.push(timeout(PATIENCE, socket.said()).await.unwrap().unwrap().text);
            }
            let there = came.len() - 1;
            assert!(there >= remains.safe(place), "{damage:?} at {place}: {came:?}");
            assert!(came[..there].iter().eq(remains.written[..there].iter().map(|(text, _)| text)));
        }
    })
    .await;
}
