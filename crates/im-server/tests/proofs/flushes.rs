//! A library that stands between the server and its flushes: it can make them fail, and tells what they
//! have brought to the disk.
use crate::server::Options;
use std::{
    fs::{self, File},
    process::Command,
};
use tempfile::TempDir;

/// Flushes take a while, so that who does not wait for them is seen. Those of a write-ahead log leave its
/// length behind: what of it outlives a power cut. A failed one leaves the bytes in the system's memory, as
/// real ones do.
const CODE: &str = r#"
    #define _GNU_SOURCE
    #include <errno.h>
    #include <fcntl.h>
    #include <stdio.h>
    #include <string.h>
    #include <sys/stat.h>
    #include <sys/syscall.h>
    #include <unistd.h>

    static void tell(int fd, long length) {
        char link[64], name[4096], text[32];
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t n = readlink(link, name, sizeof name);
        if (n < 4 || memcmp(name + n - 4, "-wal", 4) != 0) return;
        int out = open(DIR "/flushed", O_WRONLY | O_CREAT, 0600);
        if (out < 0) return;
        n = snprintf(text, sizeof text, "%020ld", length);
        if (pwrite(out, text, n, 0) != n) { /* the test sees that nothing was told */ }
        close(out);
    }

    static int flush(long call, int fd) {
        struct stat before;
        if (access(DIR "/broken", F_OK) == 0) { errno = EIO; return -1; }
        if (fstat(fd, &before) != 0) return -1;
        usleep(2000);
        if (syscall(call, fd) != 0) return -1;
        tell(fd, (long) before.st_size);
        return 0;
    }

    int fsync(int fd) { return flush(SYS_fsync, fd); }
    int fdatasync(int fd) { return flush(SYS_fdatasync, fd); }
"#;

/// The library, and the directory through which one talks to it.
pub struct Flushes(TempDir);

impl Flushes {
    /// Compiles it.
    pub fn build() -> Flushes {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("flushes.c"), CODE).unwrap();
        let mut cc = Command::new("cc");
        cc.current_dir(dir.path()).args(["-shared", "-fPIC", "-o", "flushes.so", "flushes.c"]);
        cc.arg(format!("-DDIR=\"{}\"", dir.path().display()));
        let output = cc.output().expect("a C compiler, which the build needs too");
        assert!(output.status.success(), "{output:?}");
        Flushes(dir)
    }

    /// The options of a server that flushes through it.
    pub fn preloaded(&self, options: Options) -> Options {
        options.env("LD_PRELOAD", self.0.path().join("flushes.so").display())
    }

    /// From now on every flush fails.
    pub fn fail(&self) {
        File::create(self.0.path().join("broken")).unwrap();
    }

    /// No more.
    pub fn heal(&self) {
        fs::remove_file(self.0.path().join("broken")).unwrap();
    }

    /// How long the write-ahead log was when it was flushed last.
    pub fn flushed(&self) -> usize {
        let text =
            fs::read_to_string(self.0.path().join("flushed")).expect("a flush went through the library");
        text.parse().unwrap()
    }
}
