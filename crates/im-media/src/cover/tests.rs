use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tempfile::TempDir;

use super::{Covers, Format, Shot, Source};
use crate::settings::{Media, Storage};
use crate::store::bucket::Bucket;
use crate::{Error, Key, Kind, Store};

/// Two seconds of a test card, 320x240, in MP4: the first red, the second blue.
static VIDEO: LazyLock<Bytes> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.mp4");
    let filter = "color=red:s=320x240:d=1[a];color=blue:s=320x240:d=1[b];[a][b]concat";
    let made = Command::new("ffmpeg")
        .args(["-loglevel", "error", "-filter_complex", filter, "-c:v", "mpeg4", "-r", "10"])
        .arg(&path)
        .status()
        .expect("ffmpeg is installed");
    assert!(made.success());
    std::fs::read(path).unwrap().into()
});

struct Studio {
    data: TempDir,
    store: Arc<Store>,
    covers: Covers,
}

impl Studio {
    fn new(settings: &Media) -> Self {
        let data = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::open(data.path(), &Storage::default()).unwrap());
        let covers = Covers::new(store.clone(), settings).unwrap();
        Self { data, store, covers }
    }

    async fn keep(&self, name: &str, bytes: Bytes) -> Source {
        let key = key(name);
        self.store.put_bytes(&key, bytes).await.unwrap();
        Source::Stored(key)
    }

    /// An executable in place of ffmpeg.
    fn script(&self, body: &str) -> PathBuf {
        let path = self.data.path().join("script");
        std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
        path
    }
}

fn key(text: &str) -> Key {
    Key::parse(text).expect("a key")
}

fn png(at_ms: u64, width: Option<u32>) -> Shot {
    Shot::new(at_ms, width, Format::Png)
}

/// Width, height and the first pixel of a PNG.
fn look(bytes: &[u8]) -> (u32, u32, [u8; 3]) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    (info.width, info.height, [pixels[0], pixels[1], pixels[2]])
}

#[tokio::test]
async fn a_frame_has_the_wanted_moment_width_and_format() {
    let studio = Studio::new(&Media::default());
    let video = studio.keep("uploads/v.mp4", VIDEO.clone()).await;
    let cases = [
        // moment, width, expected width and height, red
        (20, Some(260), (260, 195), true),
        (0, None, (320, 240), true),
        (1500, Some(64), (64, 48), false),
        (1500, Some(640), (640, 480), false),
        (60_000, Some(64), (64, 48), true), // beyond the end: the first frame
    ];
    for (at_ms, width, size, red) in cases {
        let picture = studio.covers.frame(&video, png(at_ms, width)).await.unwrap();
        let (w, h, pixel) = look(&picture);
        assert_eq!(((w, h), pixel[0] > 128, pixel[2] > 128), (size, red, !red), "{at_ms} ms, {width:?}");
    }
    let jpg = studio.covers.frame(&video, Shot::new(20, Some(33), Format::Jpg)).await.unwrap();
    assert!(jpg.starts_with(b"\xff\xd8\xff"));
    assert_eq!(std::fs::read_dir(studio.data.path().join("tmp")).unwrap().count(), 0);
}

/// The bucket is on this machine: what we hold the keys of is no stranger's address.
#[tokio::test]
async fn a_video_in_the_bucket_has_a_frame_too() {
    let (data, bucket) = (tempfile::tempdir().unwrap(), Bucket::start().await);
    let store = Arc::new(Store::open(data.path(), &bucket.settings()).unwrap());
    let mut file = store.temp_file().unwrap();
    std::io::Write::write_all(&mut file, &VIDEO).unwrap();
    let serving = Kind::of(&VIDEO).serving(Some("mp4"));
    let url = store.put_object(&key("images/20250417/1_a.mp4"), file, serving, "").await.unwrap();

    let covers = Covers::new(store, &Media::default()).unwrap();
    let source = covers.resolve(&url, &[]).unwrap();
    let picture = covers.frame(&source, png(20, Some(64))).await.unwrap();
    assert_eq!(look(&picture).0, 64);
    let missing = covers.resolve(&url.replace("1_a", "1_b"), &[]).unwrap();
    assert!(matches!(covers.frame(&missing, png(0, None)).await, Err(Error::NoVideo)));
    assert!(matches!(covers.resolve("http://127.0.0.1/v.mp4", &[]), Err(Error::UnsupportedAddress)));

    let small = Media { video_limit_bytes: 100, ..Media::default() };
    let covers = Covers::new(covers.store.clone(), &small).unwrap();
    assert!(matches!(covers.frame(&source, png(0, None)).await, Err(Error::TooLarge)));
    assert_eq!(std::fs::read_dir(data.path().join("tmp")).unwrap().count(), 0);
}

#[tokio::test]
async fn what_is_no_video_gives_no_frame() {
    let studio = Studio::new(&Media::default());
    let secret = studio.data.path().join("secret.txt");
    std::fs::write(&secret, "secret").unwrap();
    let playlist = format!("#EXTM3U\n#EXTINF:1,\nfile://{}\n", secret.display());
    let masked = format!("\0{playlist}");
    let concat = format!("ffconcat version 1.0\nfile '{}'\n", secret.display());
    let cases: [(&str, &[u8]); 6] = [
        ("a.mp4", b"hello"),
        ("b.mp4", playlist.as_bytes()),
        ("c.mp4", masked.as_bytes()),
        ("d.mp4", concat.as_bytes()),
        ("e.mp4", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
        ("f.mp4", &VIDEO[..200]),
    ];
    for (name, content) in cases {
        let source = studio.keep(&format!("uploads/{name}"), Bytes::copy_from_slice(content)).await;
        let got = studio.covers.frame(&source, png(20, Some(64))).await;
        assert!(matches!(got, Err(Error::NoFrame)), "{name} gave {got:?}");
    }
    let missing = Source::Stored(key("uploads/none.mp4"));
    assert!(matches!(studio.covers.frame(&missing, png(0, None)).await, Err(Error::NoVideo)));
}

/// ffmpeg itself must refuse what the check of the content might let pass.
#[tokio::test]
async fn ffmpeg_opens_no_playlist() {
    let studio = Studio::new(&Media::default());
    let folder = studio.data.path();
    std::fs::write(folder.join("v.mp4"), &*VIDEO).unwrap();
    std::fs::write(
        folder.join("list.m3u8"),
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nv.mp4\n#EXT-X-ENDLIST\n",
    )
    .unwrap();
    std::fs::write(folder.join("list.ffconcat"), "ffconcat version 1.0\nfile v.mp4\n").unwrap();
    let frame = async |name: &str| studio.covers.ffmpeg.frame(&folder.join(name), png(0, None)).await;
    assert!(frame("v.mp4").await.is_ok());
    assert!(matches!(frame("list.m3u8").await, Err(Error::NoFrame)));
    assert!(matches!(frame("list.ffconcat").await, Err(Error::NoFrame)));
}

/// A small file may unpack to gigabytes.
#[tokio::test]
async fn a_frame_beyond_8k_is_not_unpacked() {
    let studio = Studio::new(&Media::default());
    let path = studio.data.path().join("big.mov");
    let filter = "color=red:s=8000x5000:d=0.1:r=10";
    let made = Command::new("ffmpeg")
        .args(["-loglevel", "error", "-f", "lavfi", "-i", filter, "-c:v", "png"])
        .arg(&path)
        .status()
        .expect("ffmpeg is installed");
    assert!(made.success());
    let got = studio.covers.ffmpeg.frame(&path, png(0, Some(64))).await;
    assert!(matches!(got, Err(Error::NoFrame)), "{got:?}");
}

#[tokio::test]
async fn a_picture_may_be_too_large() {
    let studio = Studio::new(&Media { cover_limit_bytes: 100, ..Media::default() });
    let video = studio.keep("uploads/v.mp4", VIDEO.clone()).await;
    assert!(matches!(studio.covers.frame(&video, png(0, None)).await, Err(Error::TooLarge)));
}

#[tokio::test]
async fn a_missing_program_is_said() {
    let studio = Studio::new(&Media { ffmpeg: "/nowhere/ffmpeg".to_owned(), ..Media::default() });
    let video = studio.keep("uploads/v.mp4", VIDEO.clone()).await;
    assert!(matches!(studio.covers.frame(&video, png(0, None)).await, Err(Error::FfmpegMissing)));
}

#[tokio::test]
async fn a_slow_program_is_killed_and_the_next_in_line_hears_that_we_are_busy() {
    let home = Studio::new(&Media::default());
    let pid = home.data.path().join("pid");
    let script = home.script(&format!("echo $$ > {}\nexec sleep 60", pid.display()));
    let studio = Studio::new(&Media {
        ffmpeg: script.to_str().unwrap().to_owned(),
        ffmpeg_time_limit_s: 2,
        ffmpeg_concurrency: 1,
        ffmpeg_wait_s: 1,
        ..Media::default()
    });
    let video = studio.keep("uploads/v.mp4", VIDEO.clone()).await;
    let start = Instant::now();
    let (first, second) =
        tokio::join!(studio.covers.frame(&video, png(0, None)), studio.covers.frame(&video, png(0, None)));
    assert!(matches!(first, Err(Error::TimedOut)), "{first:?}");
    assert!(matches!(second, Err(Error::Busy)), "{second:?}");
    assert!(start.elapsed() < Duration::from_secs(10));
    gone(&pid).await;
}

#[tokio::test]
async fn a_caller_who_leaves_takes_the_program_along() {
    let home = Studio::new(&Media::default());
    let pid = home.data.path().join("pid");
    let script = home.script(&format!("echo $$ > {}\nexec sleep 60", pid.display()));
    let studio = Studio::new(&Media { ffmpeg: script.to_str().unwrap().to_owned(), ..Media::default() });
    let video = studio.keep("uploads/v.mp4", VIDEO.clone()).await;
    let left = tokio::time::timeout(Duration::from_secs(1), studio.covers.frame(&video, png(0, None))).await;
    assert!(left.is_err());
    gone(&pid).await;
}

/// Waits until the process whose number stands in `file` has ended.
async fn gone(file: &Path) {
    let pid = std::fs::read_to_string(file).unwrap();
    let process = Path::new("/proc").join(pid.trim()).join("cmdline");
    let gone = async {
        // Of a process that has ended but was not waited for, an empty line remains.
        while std::fs::read(&process).is_ok_and(|line| !line.is_empty()) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), gone).await.expect("the process ended");
}

#[tokio::test]
async fn the_program_neither_sees_our_environment_nor_blocks_us_with_its_complaints() {
    let home = Studio::new(&Media::default());
    let body = "[ -z \"$HOME$CARGO_MANIFEST_DIR\" ] || exit 1\nhead -c 1000000 /dev/zero >&2\nprintf picture";
    let script = home.script(body);
    let studio = Studio::new(&Media { ffmpeg: script.to_str().unwrap().to_owned(), ..Media::default() });
    let video = studio.keep("uploads/v.mp4", VIDEO.clone()).await;
    assert_eq!(studio.covers.frame(&video, png(0, None)).await.unwrap(), "picture");
}

#[tokio::test]
async fn a_poster_is_made_once_and_a_placeholder_stands_for_what_has_none() {
    let home = Studio::new(&Media::default());
    let runs = home.data.path().join("runs");
    let script = home.script(&format!("echo x >> {}\nexec ffmpeg \"$@\"", runs.display()));
    let studio = Studio::new(&Media { ffmpeg: script.to_str().unwrap().to_owned(), ..Media::default() });
    studio.keep("uploads/v.mp4", VIDEO.clone()).await;
    studio.keep("uploads/t.mp4", Bytes::from_static(b"\0\x01 no video")).await;
    let shot = Shot::of_query("x-oss-process=video/snapshot,t_20,m_fast,w_260,f_png").unwrap();

    let (name, broken) = (key("uploads/v.mp4"), key("uploads/t.mp4"));
    let (one, two) = tokio::join!(studio.covers.poster(&name, shot), studio.covers.poster(&name, shot));
    let (one, two) = (one.unwrap().unwrap(), two.unwrap().unwrap());
    assert!(one.is_real && two.is_real && one.bytes == two.bytes && one.content_type == "image/png");
    assert_eq!(look(&one.bytes).0, 260);
    assert_eq!(std::fs::read_to_string(&runs).unwrap(), "x\n");

    for _ in 0..2 {
        let poster = studio.covers.poster(&broken, png(0, None)).await.unwrap().unwrap();
        assert!(!poster.is_real && look(&poster.bytes).0 == 320);
    }
    assert_eq!(std::fs::read_to_string(&runs).unwrap(), "x\nx\n");
    assert!(studio.covers.poster(&key("uploads/none.mp4"), shot).await.unwrap().is_none());

    let without = Studio::new(&Media { ffmpeg: "/nowhere/ffmpeg".to_owned(), ..Media::default() });
    without.keep("uploads/v.mp4", VIDEO.clone()).await;
    assert!(!without.covers.poster(&name, shot).await.unwrap().unwrap().is_real);
}

#[test]
fn a_query_asks_for_a_poster_or_not() {
    let shot = |at_ms, width, format| Some(Shot::new(at_ms, width, format));
    let cases = [
        ("x-oss-process=video/snapshot,t_20,m_fast,w_260,f_png", shot(20, Some(260), Format::Png)),
        ("a=1&x-oss-process=video%2Fsnapshot%2Ct_5%2Cf_jpg&b=2", shot(5, None, Format::Jpg)),
        ("x-oss-process=video/snapshot,t_0,w_0,h_0,ar_auto", shot(0, None, Format::Jpg)),
        ("x-oss-process=video/snapshot,w_99999", shot(0, Some(3840), Format::Jpg)),
        ("x-oss-process=video/snapshot", shot(0, None, Format::Jpg)),
        ("x-oss-process=video/snapshots,t_1", None),
        ("x-oss-process=video/snapshot,t_-1", None),
        ("x-oss-process=video/snapshot,w_x", None),
        ("x-oss-process=video/snapshot,f_svg", None),
        ("x-oss-process=image/resize,w_100", None),
        ("x=video/snapshot,t_20", None),
        ("", None),
    ];
    for (query, expected) in cases {
        assert_eq!(Shot::of_query(query), expected, "{query:?}");
    }
}
