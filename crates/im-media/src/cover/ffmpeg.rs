//! The ffmpeg program, kept on a short leash.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use tokio::time::timeout;

use super::{Format, Shot};
use crate::{Error, Result};

/// How much of ffmpeg's complaints is kept for the log.
const COMPLAINT_BYTES: u64 = 4 << 10;

/// Containers that ffmpeg may open. No playlists: those name other files.
pub(super) const CONTAINERS: &str = "mov,matroska,avi,flv,mpegts,mpeg,mpegvideo,asf,ogg,dv,h264,hevc";

/// Pixels of the largest frame: 8K. A file of some bytes may claim any size.
pub(super) const MAX_PIXELS: &str = "35389440";

/// Bytes of the largest piece of memory: an 8K frame in 16-bit colour.
pub(super) const MAX_PIECE_BYTES: &str = "300000000";

/// Height that no picture exceeds, however narrow the video is.
const MAX_HEIGHT: u32 = 7680;

pub(super) struct Ffmpeg {
    pub(super) program: String,
    pub(super) time_limit: Duration,
    pub(super) limit_bytes: u64,
}

impl Ffmpeg {
    /// The picture that `shot` describes, or the first one when the video ends before.
    pub(super) async fn frame(&self, video: &Path, shot: Shot) -> Result<Bytes> {
        let both = async {
            let picture = self.run(video, shot, shot.at_ms()).await?;
            if picture.is_empty() && shot.at_ms() > 0 { self.run(video, shot, 0).await } else { Ok(picture) }
        };
        // Dropping the work kills the process.
        let picture = timeout(self.time_limit, both).await.map_err(|_| Error::TimedOut)??;
        if picture.is_empty() { Err(Error::NoFrame) } else { Ok(picture.into()) }
    }

    /// One run; nothing when ffmpeg finds no picture.
    async fn run(&self, video: &Path, shot: Shot, at_ms: u64) -> Result<Vec<u8>> {
        let mut child = Command::new(&self.program)
            .args(arguments(video, shot, at_ms))
            // Our environment holds secrets, and ffmpeg takes orders from its own variables.
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(spawn_error)?;
        let stdout = child.stdout.take().expect("stdout is piped");
        let stderr = child.stderr.take().expect("stderr is piped");
        let (picture, complaint) = tokio::join!(picture(stdout, self.limit_bytes), complaint(stderr));
        let picture = picture?;
        let status = child.wait().await?;
        if !status.success() {
            tracing::debug!(%status, %complaint, "ffmpeg took no picture");
            return Ok(Vec::new());
        }
        Ok(picture)
    }
}

fn arguments(video: &Path, shot: Shot, at_ms: u64) -> Vec<OsString> {
    // Explicitly a file: a path with a colon would be taken for a protocol.
    let mut input = OsString::from("file:");
    input.push(video);
    let seek = format!("{}.{:03}", at_ms / 1000, at_ms % 1000);
    let words = |text: &'static str| text.split(' ').map(OsString::from);

    let mut arguments: Vec<OsString> = words("-nostdin -hide_banner -loglevel error").collect();
    arguments.extend(["-max_alloc", MAX_PIECE_BYTES].map(OsString::from));
    arguments.extend(words("-protocol_whitelist file -format_whitelist"));
    arguments.extend(
        [CONTAINERS, "-max_pixels", MAX_PIXELS, "-threads", "1", "-ss", &seek, "-i"].map(OsString::from),
    );
    arguments.push(input);
    arguments.extend(words("-map 0:v:0 -frames:v 1 -threads 1 -filter_threads 1"));
    if let Some(width) = shot.width() {
        let scale = format!("scale=w={width}:h={MAX_HEIGHT}:force_original_aspect_ratio=decrease");
        arguments.extend(["-vf", &scale].map(OsString::from));
    }
    arguments.extend(match shot.format() {
        Format::Png => words("-c:v png -pix_fmt rgb24"),
        Format::Jpg => words("-c:v mjpeg -pix_fmt yuvj420p"),
    });
    arguments.extend(words("-f image2pipe pipe:1"));
    arguments
}

async fn picture(stdout: impl AsyncRead + Unpin, limit_bytes: u64) -> Result<Vec<u8>> {
    let mut picture = Vec::new();
    stdout.take(limit_bytes.saturating_add(1)).read_to_end(&mut picture).await?;
    if picture.len() as u64 > limit_bytes { Err(Error::TooLarge) } else { Ok(picture) }
}

/// What ffmpeg complains of, cut short, for the log; it names files of ours.
async fn complaint(mut stderr: impl AsyncRead + Unpin) -> String {
    let mut start = Vec::new();
    let kept = (&mut stderr).take(COMPLAINT_BYTES).read_to_end(&mut start).await;
    // The rest is read as well: a full pipe would stop the program.
    if let Err(problem) = kept.and(tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await) {
        return format!("unreadable: {problem}");
    }
    String::from_utf8_lossy(&start).into_owned()
}

pub(super) fn spawn_error(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied => Error::FfmpegMissing,
        _ => Error::Io(error),
    }
}
