//! How long and how large a film or a sound is, by ffprobe.

use std::ffi::OsString;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use tokio::io::AsyncReadExt;
use tokio::process::Command;
use tokio::time::timeout;

use super::ffmpeg::{CONTAINERS, MAX_PIECE_BYTES, MAX_PIXELS, spawn_error};
use crate::{Error, Result};

/// Containers of sound alone, which may be measured as well.
const SOUNDS: &str = "mp3,aac,amr,wav,flac,caf,w64";

/// Bytes of an answer at most: a few lines for each stream.
const ANSWER_BYTES: u64 = 64 << 10;

/// Milliseconds of the longest that is believed: a year.
const LONGEST_MS: f64 = 366.0 * 86_400_000.0;

/// What a film or a sound says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measures {
    /// Pixels across and down, upright; none for sound alone.
    pub size: Option<(u32, u32)>,
    /// How long it is.
    pub duration_ms: Option<u64>,
}

pub(super) struct Ffprobe {
    pub(super) program: String,
    pub(super) time_limit: Duration,
}

impl Ffprobe {
    /// The measures of a local file.
    pub(super) async fn measure(&self, file: &Path) -> Result<Measures> {
        let answer = timeout(self.time_limit, self.run(file)).await.map_err(|_| Error::TimedOut)??;
        Ok(serde_json::from_slice::<Answer>(&answer).map_err(|_| Error::NoFrame)?.measures())
    }

    async fn run(&self, file: &Path) -> Result<Vec<u8>> {
        let mut child = Command::new(&self.program)
            .args(arguments(file))
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(spawn_error)?;
        let stdout = child.stdout.take().expect("stdout is piped");
        let mut answer = Vec::new();
        stdout.take(ANSWER_BYTES).read_to_end(&mut answer).await?;
        Ok(answer) // dropping the child ends one that has more to say
    }
}

fn arguments(file: &Path) -> Vec<OsString> {
    let containers = format!("{CONTAINERS},{SOUNDS}");
    let words = |text: &'static str| text.split(' ').map(OsString::from);
    let mut arguments: Vec<OsString> = words("-v error -threads 1 -protocol_whitelist file").collect();
    let bounds =
        ["-max_alloc", MAX_PIECE_BYTES, "-max_pixels", MAX_PIXELS, "-format_whitelist", containers.as_str()];
    arguments.extend(bounds.map(OsString::from));
    arguments.extend(words("-show_entries"));
    arguments.push(
        "stream=codec_type,width,height:stream_disposition=attached_pic:stream_side_data=rotation:format=duration"
            .into(),
    );
    arguments.extend(words("-of json"));
    // Explicitly a file: a path with a colon would be taken for a protocol.
    let mut input = OsString::from("file:");
    input.push(file);
    arguments.push(input);
    arguments
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    streams: Vec<Stream>,
    format: Format,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Stream {
    codec_type: String,
    width: u32,
    height: u32,
    disposition: Disposition,
    side_data_list: Vec<SideData>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Disposition {
    attached_pic: i64,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SideData {
    rotation: f64,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Format {
    duration: String,
}

impl Answer {
    fn measures(&self) -> Measures {
        // The picture on a song's cover is no film.
        let film =
            self.streams.iter().find(|one| one.codec_type == "video" && one.disposition.attached_pic == 0);
        let size = film.filter(|film| film.width > 0 && film.height > 0).map(|film| {
            let turned =
                film.side_data_list.iter().any(|data| (data.rotation.abs() % 180.0 - 90.0).abs() < 45.0);
            if turned { (film.height, film.width) } else { (film.width, film.height) }
        });
        let ms = self.format.duration.parse::<f64>().ok().map(|seconds| (seconds * 1_000.0).round());
        let duration_ms = ms.filter(|ms| (0.0..=LONGEST_MS).contains(ms)).map(|ms| ms as u64);
        Measures { size, duration_ms }
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, Measures};

    #[test]
    fn an_answer_is_read_with_its_turns_and_covers() {
        let cases = [
            (
                r#"{"streams":[{"codec_type":"video","width":320,"height":240}],"format":{"duration":"2.0006"}}"#,
                Some((320, 240)),
                Some(2_001),
            ),
            (
                r#"{"streams":[{"codec_type":"video","width":320,"height":240,"side_data_list":[{"rotation":-90}]}]}"#,
                Some((240, 320)),
                None,
            ),
            (
                r#"{"streams":[{"codec_type":"video","width":320,"height":240,"side_data_list":[{"rotation":180}]}]}"#,
                Some((320, 240)),
                None,
            ),
            (
                r#"{"streams":[{"codec_type":"audio"},{"codec_type":"video","width":9,"height":9,"disposition":{"attached_pic":1}}],"format":{"duration":"60"}}"#,
                None,
                Some(60_000),
            ),
            (r#"{"format":{"duration":"N/A"}}"#, None, None),
            (r#"{"format":{"duration":"1e300"}}"#, None, None),
            (r#"{"format":{"duration":"-5"}}"#, None, None),
            (r#"{}"#, None, None),
        ];
        for (answer, size, duration_ms) in cases {
            let read: Answer = serde_json::from_str(answer).unwrap();
            assert_eq!(read.measures(), Measures { size, duration_ms }, "{answer}");
        }
    }
}
