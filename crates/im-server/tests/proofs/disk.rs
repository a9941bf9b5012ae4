//! The disk is full, or does not take what it is given.
use crate::{
    flushes::Flushes,
    people::Answer,
    server::{Options, Server, repeat, until},
    town::{Store, Town},
};
use reqwest::{Method, multipart};
use std::{
    fs::{self, File},
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
    process::Stdio,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

/// A file system of a few MiB, seen only by who enters its mount namespace. It is gone when a process
/// that waits for the end of its input is gone, which it is however this process ends.
pub struct SmallDisk {
    keeper: Child,
    flags: &'static [&'static str],
    /// Where it is mounted.
    dir: TempDir,
}

impl SmallDisk {
    /// Mounts one: root may, and others where user namespaces are allowed.
    pub async fn mount(mib: usize) -> SmallDisk {
        let mount = format!("mount -t tmpfs -o size={mib}m tmpfs \"$0\" && echo mounted && exec cat");
        let dir = tempfile::tempdir().unwrap();
        let mut why = String::new();
        for flags in [&["--user", "--map-root-user", "--mount"] as &[_], &["--mount"]] {
            let mut command = Command::new("unshare");
            command.args(flags).args(["sh", "-c", &mount]).arg(dir.path());
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
            let mut keeper = command.spawn().expect("unshare (util-linux) can be run");
            let mut lines = BufReader::new(keeper.stdout.take().unwrap()).lines();
            if lines.next_line().await.unwrap().as_deref() == Some("mounted") {
                return SmallDisk { keeper, flags, dir };
            }
            let output = keeper.wait_with_output().await.unwrap();
            why += &format!("unshare {flags:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
        panic!("a small disk needs root, or user namespaces (sysctl user.max_user_namespaces):\n{why}");
    }

    /// A server whose data is here.
    fn options(&self) -> Options {
        let pid = self.keeper.id().unwrap();
        let mut through = vec!["nsenter".to_owned(), format!("--target={pid}"), "--mount".into()];
        if self.flags.contains(&"--user") {
            through.extend(["--user".into(), "--preserve-credentials".into()]);
        }
        Options { through, data: Some(self.dir.path().to_owned()), ..Options::default() }
    }

    /// The same place as it is seen from outside.
    fn path(&self) -> PathBuf {
        let dir = self.dir.path().strip_prefix("/").unwrap();
        Path::new(&format!("/proc/{}/root", self.keeper.id().unwrap())).join(dir)
    }

    /// Writes a file until there is no room for another byte.
    fn fill(&self) {
        let mut filler = File::create(self.path().join("filler")).unwrap();
        for size in [4096, 1] {
            let full = loop {
                if let Err(e) = filler.write_all(&vec![0; size]) {
                    break e;
                }
            };
            assert_eq!(full.kind(), ErrorKind::StorageFull);
        }
    }

    /// Removes it.
    fn free(&self) {
        fs::remove_file(self.path().join("filler")).unwrap();
    }

    /// Copies the database of a server that is dead, as it lies there; returns the copy.
    pub fn copy_database(&self, into: &Path) -> PathBuf {
        for name in ["hongyan.db", "hongyan.db-wal"] {
            fs::copy(self.path().join(name), into.join(name)).unwrap();
        }
        into.join("hongyan.db")
    }

    /// Every file but the database, the filler, and what stands beside them.
    fn files(&self) -> Vec<PathBuf> {
        fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
            for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
                match entry.file_type().unwrap().is_dir() {
                    true => walk(&entry.path(), found),
                    false => found.push(entry.path()),
                }
            }
        }
        let mut found = Vec::new();
        walk(&self.path(), &mut found);
        found.retain(|path| path.parent() != Some(&self.path()));
        found.sort();
        found
    }
}

/// The server lives, and says that it cannot store.
async fn sick(server: &mut Server) {
    until("/readyz says no", async || server.status("/readyz").await == 503).await;
    assert_eq!(server.status("/healthz").await, 200);
    assert!(server.alive());
}

/// All refusals so far said whose fault it is, and nothing more.
fn polite(town: &Town) {
    let refusals: Vec<_> = town.book.refusals().collect();
    assert!(!refusals.is_empty());
    assert!(refusals.iter().all(|refusal| *refusal == (500, "Internal Server Error")), "{refusals:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_and_room_heals_it() {
    repeat(async || {
        let disk = SmallDisk::mount(8).await;
        let mut town = Town::settle(disk.options(), Store::Disk(disk)).await;
        let mut load = town.wake(&"x".repeat(2_000)).await;
        load.acknowledged(50).await;
        let Store::Disk(disk) = &town.store else { unreachable!() };
        disk.fill();
        load.refused(100).await;
        sick(&mut town.server).await;

        disk.free();
        load.acknowledged(50).await; // without a restart
        until("/readyz says yes", async || town.server.status("/readyz").await == 200).await;

        // Once more, and now it is killed while the disk is full, and started on a full disk.
        disk.fill();
        load.refused(100).await;
        town.die(load).await;
        polite(&town);
        sick(&mut town.server).await;
        let Store::Disk(disk) = &town.store else { unreachable!() };
        disk.free();
        until("/readyz says yes", async || town.server.status("/readyz").await == 200).await;
        println!("{}", town.end().await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_to_a_full_disk_fails_and_leaves_nothing_behind() {
    repeat(async || {
        let disk = SmallDisk::mount(8).await;
        let server = Server::start(disk.options()).await;
        let ann = server.person("ann_").await;
        let content = vec![b'a'; 1 << 20];
        let upload = async || {
            let part = multipart::Part::bytes(content.clone()).file_name("a.txt");
            let form = multipart::Form::new().part("file", part);
            let path = "/api/chat/uploadStreamSingleToServerDiy/chatImgs";
            Answer::of(ann.request(Method::POST, path).multipart(form)).await
        };
        upload().await.ok();
        let before = disk.files();
        assert!(!before.is_empty());

        disk.fill();
        let refused = upload().await;
        assert!(matches!(&refused, Answer::Fail(..)), "{refused:?}");
        println!("{refused:?}");
        assert_eq!(disk.files(), before);

        disk.free();
        upload().await.ok();
        assert_eq!(disk.files().len(), before.len() + 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_acknowledged_while_flushes_fail() {
    repeat(async || {
        let flushes = Flushes::build();
        let options = flushes.preloaded(Options::default());
        let mut town = Town::settle(options, Store::File).await;
        for _ in 0..2 {
            let mut load = town.wake("").await;
            load.acknowledged(50).await;
            flushes.fail();
            load.refused(100).await;
            sick(&mut town.server).await;
            let acknowledged = load.so_far();
            load.refused(100).await;
            assert_eq!(load.so_far(), acknowledged);

            flushes.heal();
            load.acknowledged(50).await; // without a restart
            until("/readyz says yes", async || town.server.status("/readyz").await == 200).await;

            // Killed right after a failure: what was refused may be there, what was acknowledged must.
            flushes.fail();
            load.refused(10).await;
            town.server.kill9().await;
            flushes.heal();
            town.rise(load).await;
            polite(&town);
        }
        println!("{}", town.end().await);
    })
    .await;
}
