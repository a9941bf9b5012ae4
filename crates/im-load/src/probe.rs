//! What a process uses, by /proc, and how long the disk takes to flush.
use crate::{
    Result,
    tally::{Spread, now},
};
use std::{
    fs,
    net::SocketAddr,
    os::unix::fs::FileExt,
    path::Path,
    time::{Duration, Instant},
};

/// A process of this machine.
#[derive(Clone, Copy, Debug)]
pub struct Process(u32);

/// What a process has used so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// Processor time of all its threads, in microseconds; the kernel counts in steps of 10,000.
    pub cpu_us: u64,
    /// Memory that it holds, in KiB.
    pub rss_kib: u64,
    /// The most that it ever held, in KiB.
    pub peak_kib: u64,
}

impl Process {
    /// The process with this number.
    pub fn of(pid: u32) -> Process {
        Process(pid)
    }

    /// This process.
    pub fn own() -> Process {
        Process(std::process::id())
    }

    /// The process that listens on `at`, if it is one of ours.
    pub fn listening(at: SocketAddr) -> Option<Process> {
        let inode = ["/proc/net/tcp", "/proc/net/tcp6"].iter().find_map(|table| {
            let table = fs::read_to_string(table).ok()?;
            table.lines().find_map(|line| inode_of_listener(line, at.port()).map(str::to_owned))
        })?;
        let wanted = format!("socket:[{inode}]");
        let processes = fs::read_dir("/proc").ok()?.flatten();
        let mut pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        pids.find(|pid| {
            let Ok(files) = fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
            files.flatten().any(|file| fs::read_link(file.path()).is_ok_and(|to| to.as_os_str() == &*wanted))
        })
        .map(Process)
    }

    /// What it has used; nothing once it is gone.
    pub fn usage(self) -> Usage {
        let read = |file: &str| fs::read_to_string(format!("/proc/{}/{file}", self.0)).unwrap_or_default();
        let status = read("status");
        let kib = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key));
            line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or_default()
        };
        let ticks = cpu_ticks(&read("stat")).unwrap_or_default();
        Usage { cpu_us: ticks * TICK_US, rss_kib: kib("VmRSS:"), peak_kib: kib("VmHWM:") }
    }
}

/// A hundredth of a second, on every Linux that people run.
const TICK_US: u64 = 10_000;

/// User and system time in a line of /proc/PID/stat; the name before may hold spaces and brackets.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
}

/// The inode of the socket that a line of /proc/net/tcp describes, if it listens on the port.
fn inode_of_listener(line: &str, port: u16) -> Option<&str> {
    let mut fields = line.split_whitespace();
    let local = fields.nth(1)?;
    let listens = fields.nth(1)? == "0A" && local.ends_with(&format!(":{port:04X}"));
    if listens { fields.nth(5) } else { None }
}

/// Writes 4 KiB and flushes them, again and again for 0.3 s, on a file that is already there.
pub fn flush(dir: &Path) -> Result<Spread> {
    const BLOCK: [u8; 4096] = [0x5a; 4096];
    const BLOCKS: u64 = 256;
    let path = dir.join("flush-probe");
    let file = fs::File::create(&path)?;
    for block in 0..BLOCKS {
        file.write_all_at(&BLOCK, block * 4096)?;
    }
    file.sync_all()?;
    let start = Instant::now();
    let mut times = Vec::new();
    while start.elapsed() < Duration::from_millis(300) {
        let block = times.len() as u64 % BLOCKS;
        let before = now();
        file.write_all_at(&BLOCK, block * 4096)?;
        file.sync_data()?;
        times.push(now() - before);
    }
    fs::remove_file(path)?;
    Ok(Spread::of(times))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_lines_are_understood() {
        let stat = "42 (a (b) c) S 1 42 42 0 -1 4194560 100 0 0 0 1234 56 0 0 20 0 5 0 100 1000 50";
        assert_eq!(cpu_ticks(stat), Some(1290));
        let line = "   3: 0100007F:1B59 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 77 1 0 100 0 0 10 0";
        assert_eq!((inode_of_listener(line, 7001), inode_of_listener(line, 7002)), (Some("77"), None));
        assert_eq!(inode_of_listener("  sl  local_address rem_address   st", 7001), None);
        let own = Process::own().usage();
        assert!(own.rss_kib > 0 && own.peak_kib >= own.rss_kib);
    }
}
