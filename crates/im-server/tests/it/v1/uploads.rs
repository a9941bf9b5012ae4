//! Files that people send: what is told of them, and what strangers' bytes may not do.
use super::kit::*;
use reqwest::{
    Method,
    multipart::{Form, Part},
};
use serde_json::{Value, json};
use std::process::Command;

async fn send(who: &Native, field: &str, name: &str, kind: Option<&str>, bytes: &[u8]) -> Answer {
    let mut part = Part::bytes(bytes.to_vec()).file_name(name.to_owned());
    if let Some(kind) = kind {
        part = part.mime_str(kind).unwrap();
    }
    answer(who.request(Method::POST, "/uploads").multipart(Form::new().part(field.to_owned(), part))).await
}

async fn upload(who: &Native, name: &str, bytes: &[u8]) -> Value {
    send(who, "file", name, None, bytes).await.made()
}

/// The status of an answer, and as what it is served.
fn served(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.headers["content-type"].to_str().unwrap())
}

/// Noise as PNG: nothing makes it small.
fn picture(width: u32, height: u32) -> Vec<u8> {
    let mut state = 1_u32;
    let mut pixels = Vec::with_capacity((width * height * 3) as usize);
    for _ in 0..width * height * 3 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        pixels.push((state >> 24) as u8);
    }
    encoded(width, height, png::ColorType::Rgb, png::BitDepth::Eight, &pixels)
}

fn encoded(width: u32, height: u32, color: png::ColorType, depth: png::BitDepth, pixels: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(color);
    encoder.set_depth(depth);
    encoder.write_header().unwrap().write_image_data(pixels).unwrap();
    bytes
}

/// What ffmpeg makes of this.
fn film(name: &str, args: &[&str]) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join(name);
    let made = Command::new("ffmpeg").args(["-v", "error"]).args(args).arg(&file).status().unwrap();
    assert!(made.success());
    std::fs::read(file).unwrap()
}

const PICTURES: [&str; 4] = ["-f", "lavfi", "-i", "testsrc=size=320x240:rate=10:duration=2"];
const SOUND: [&str; 4] = ["-f", "lavfi", "-i", "sine=duration=2"];

#[tokio::test]
async fn a_picture_is_kept_with_its_size_and_a_small_one() {
    let im = Im::start().await;
    let ann = im.native("anna").await;
    let bytes = picture(960, 480);
    let made = upload(&ann, "C:\\pictures\\雁.png", &bytes).await;
    assert_eq!(
        [&made["name"], &made["type"], &made["kind"]],
        [&json!("雁.png"), &json!("image/png"), &json!("image")]
    );
    assert_eq!(
        (&made["width"], &made["height"], &made["size_bytes"]),
        (&json!(960), &json!(480), &json!(bytes.len()))
    );
    let url = made["url"].as_str().unwrap();
    assert!(url.starts_with("/public/uploads/") && url.ends_with(".png") && !url.contains("雁"), "{url}");
    let whole = im.get(url).await;
    assert_eq!((whole.status, whole.bytes == bytes), (200, true));
    assert_eq!(
        (served(&whole).1, whole.headers["x-content-type-options"].to_str().unwrap()),
        ("image/png", "nosniff")
    );
    let part = answer(im.request(Method::GET, url).header("range", "bytes=0-7")).await;
    assert_eq!((part.status, &part.bytes[..]), (206, &b"\x89PNG\r\n\x1a\n"[..]));
    let small = im.get(made["thumb"].as_str().unwrap()).await;
    assert_eq!(served(&small), (200, "image/jpeg"));
    assert!(small.bytes.len() < bytes.len() && small.bytes.starts_with(b"\xff\xd8"));

    let little = upload(&ann, "little.png", &picture(20, 10)).await;
    assert_eq!((&little["width"], little.get("thumb")), (&json!(20), None));
    assert_ne!(upload(&ann, "little.png", &picture(20, 10)).await["url"], little["url"]);
    // Visitors send files as well.
    upload(&im.native_visitor(1).await, "little.png", &picture(20, 10)).await;
}

#[tokio::test]
async fn a_film_has_a_cover_and_a_length_and_a_sound_a_length() {
    let im = Im::start().await;
    let ann = im.native("anna").await;
    let mp4 = film("a.mp4", &[&PICTURES[..], &SOUND[..], &["-c:v", "mpeg4", "-c:a", "aac"]].concat());
    let made = upload(&ann, "a.mp4", &mp4).await;
    assert_eq!((&made["kind"], &made["type"]), (&json!("video"), &json!("video/mp4")));
    assert_eq!((&made["width"], &made["height"]), (&json!(320), &json!(240)));
    assert!((1_900..2_200).contains(&made["duration_ms"].as_i64().unwrap()), "{made}");
    let cover = im.get(made["cover"].as_str().unwrap()).await;
    assert_eq!(served(&cover), (200, "image/jpeg"));

    // A container of films that holds sound alone is a sound.
    for (name, codec) in
        [("a.mp3", "libmp3lame"), ("a.wav", "pcm_s16le"), ("a.webm", "libopus"), ("a.m4a", "aac")]
    {
        let made = upload(&ann, name, &film(name, &[&SOUND[..], &["-c:a", codec]].concat())).await;
        assert_eq!(
            (&made["kind"], made.get("cover"), made.get("width")),
            (&json!("audio"), None, None),
            "{name}"
        );
        assert!((1_900..2_200).contains(&made["duration_ms"].as_i64().unwrap()), "{name}: {made}");
    }
}

#[tokio::test]
async fn without_the_programs_films_are_kept_all_the_same() {
    let im = Im::with(|settings| {
        settings.media.ffmpeg = "/nonexistent/ffmpeg".into();
        settings.media.ffprobe = "/nonexistent/ffprobe".into();
    })
    .await;
    let ann = im.native("anna").await;
    let mp4 = film("a.mp4", &[&PICTURES[..], &["-c:v", "mpeg4"]].concat());
    let made = upload(&ann, "a.mp4", &mp4).await;
    assert_eq!((&made["kind"], made.get("cover"), made.get("duration_ms")), (&json!("video"), None, None));
    let webm = film("a.webm", &[&SOUND[..], &["-c:a", "libopus"]].concat());
    let voice = send(&ann, "file", "voice.webm", Some("audio/webm"), &webm).await.made();
    assert_eq!(voice["kind"], "audio", "as its sender says");
}

#[tokio::test]
async fn whatever_a_file_pretends_it_runs_nowhere() {
    let im = Im::start().await;
    let ann = im.native("anna").await;
    let script = b"<html><script>alert(1)</script></html>";
    let polyglot = [b"GIF89a\x01\0\x01\0\0\0\0/*".as_slice(), script, b"*/=1;"].concat();
    // A PNG that claims 60000 pixels a side and holds none.
    let mut bomb = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    bomb.extend([0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60, 8, 6, 0, 0, 0, 0x8C, 0x6C, 0x4B, 0xCD]);
    // name, content, kind, extension of what is kept, how it is served
    let cases = [
        ("a.html", &script[..], "file", ".bin", "application/octet-stream"),
        ("a.png", &script[..], "file", ".bin", "application/octet-stream"),
        (
            "a.svg",
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
            "file",
            ".bin",
            "application/octet-stream",
        ),
        ("a.js", b"alert(1)", "file", ".bin", "application/octet-stream"),
        ("a.txt", b"hello", "file", ".txt", "text/plain; charset=utf-8"),
        ("a", b"hello", "file", ".bin", "application/octet-stream"),
        ("../../etc/passwd", b"root", "file", ".bin", "application/octet-stream"),
        ("a.png", &bomb, "file", ".png", "image/png"),
        ("a.gif", &polyglot, "image", ".gif", "image/gif"),
        ("a.pdf", b"%PDF-1.7\n\xe2\xe3\xcf\xd3", "file", ".pdf", "application/pdf"),
    ];
    for (name, bytes, kind, extension, served_as) in cases {
        let made = upload(&ann, name, bytes).await;
        assert_eq!(made["kind"], kind, "{name}: {made}");
        let url = made["url"].as_str().unwrap();
        assert!(url.ends_with(extension) && url.starts_with("/public/uploads/v1/"), "{name}: {url}");
        let got = im.get(url).await;
        assert_eq!(served(&got), (200, served_as), "{name}");
        assert_eq!(got.headers["x-content-type-options"], "nosniff");
        assert_eq!(got.headers["content-security-policy"], "default-src 'none'; sandbox");
        let shown = matches!(kind, "image")
            || served_as.starts_with("text/")
            || name == "a.png" && served_as == "image/png";
        assert_eq!(got.headers.contains_key("content-disposition"), !shown, "{name}");
    }
}

#[tokio::test]
async fn a_picture_that_unpacks_beyond_measure_is_kept_but_not_unpacked() {
    let im = Im::start().await;
    let ann = im.native("anna").await;
    let side = 12_000_u32;
    let pixels = vec![0; (side.div_ceil(8) * side) as usize];
    let bomb = encoded(side, side, png::ColorType::Grayscale, png::BitDepth::One, &pixels);
    assert!(bomb.len() < 100_000, "144 megapixels in {} bytes", bomb.len());
    let made = upload(&ann, "black.png", &bomb).await;
    assert_eq!((&made["kind"], &made["width"], made.get("thumb")), (&json!("image"), &json!(side), None));
    let cut = picture(900, 900);
    let made = upload(&ann, "cut.png", &cut[..cut.len() / 2]).await;
    assert_eq!((&made["width"], made.get("thumb")), (&json!(900), None));
}

#[tokio::test]
async fn forms_that_cannot_be_taken_are_refused() {
    let im = Im::with(|settings| settings.media.upload_limit_bytes = 1_000).await;
    let ann = im.native("anna").await;
    upload(&ann, "a.txt", &[b'a'; 1_000]).await;
    send(&ann, "file", "a.txt", None, &[b'a'; 1_001]).await.problem(413, "too_large");
    send(&ann, "file", "a.txt", None, &vec![b'a'; 9 << 20]).await.problem(413, "too_large");
    assert_eq!(send(&ann, "img", "a.txt", None, b"a").await.problem(422, "invalid")["field"], "file");
    send(&ann, "file", "a.txt", None, b"").await.problem(422, "invalid");
    answer(ann.request(Method::POST, "/uploads").multipart(Form::new().text("a", "b")))
        .await
        .problem(422, "invalid");
    ann.post("/uploads", json!({ "file": "x" })).await.problem(400, "malformed");
    let unfinished =
        ann.request(Method::POST, "/uploads").header("content-type", "multipart/form-data; boundary=x");
    answer(
        unfinished.body("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nabc"),
    )
    .await
    .problem(400, "malformed");
    let form = Form::new().part("file", Part::bytes(b"a".to_vec()).file_name("a.txt"));
    answer(im.request(Method::POST, "/v1/uploads").multipart(form)).await.problem(401, "bad_token");
}

#[tokio::test]
async fn uploads_are_counted_in_number_and_bytes() {
    let im = Im::with(|settings| {
        settings.limits.enabled = true;
        settings.limits.upload_per_minute = 4;
        settings.v1.upload_day_bytes = 1_000;
    })
    .await;
    let ann = im.native("anna").await;
    upload(&ann, "a.txt", &[b'a'; 600]).await;
    send(&ann, "file", "a.txt", None, &[b'a'; 401]).await.problem(429, "too_often");
    upload(&ann, "a.txt", &[b'a'; 400]).await;
    send(&ann, "file", "a.txt", None, b"a").await.problem(429, "too_often");
    let refused = send(&ann, "file", "a.txt", None, b"a").await;
    assert!(refused.problem(429, "too_often")["retry_after_s"].as_i64().unwrap() <= 60);
    im.pass(24 * 60 * 60 * 1_000);
    let ann = im.native_login("anna").await;
    upload(&ann, "a.txt", &[b'a'; 1_000]).await;
}

#[tokio::test]
async fn what_the_operator_switched_off_is_refused() {
    let im = crate::pop::kit::start().await;
    let ann = im.native("anna").await;
    im.switch(crate::pop::kit::form! { "upload_img": "off" }).await;
    send(&ann, "file", "a.png", None, &picture(9, 9)).await.problem(403, "upload_off");
    upload(&ann, "a.txt", b"hello").await;
    im.switch(crate::pop::kit::form! { "upload_img": "on", "upload_file": "off" }).await;
    upload(&ann, "a.png", &picture(9, 9)).await;
    send(&ann, "file", "a.txt", None, b"hello").await.problem(403, "upload_off");
}

#[tokio::test]
async fn a_code_says_its_text_to_who_is_signed_in() {
    let im = Im::start().await;
    let ann = im.native("anna").await;
    let got = ann.get("/qrcode?text=https%3A%2F%2Fim.example.com%2Fi%2Fabc").await;
    assert_eq!(served(&got), (200, "image/svg+xml"));
    assert_eq!(read(&String::from_utf8(got.bytes).unwrap()), "https://im.example.com/i/abc");
    ann.get(&format!("/qrcode?text={}", "a".repeat(512))).await.view_svg();
    for text in ["", &"a".repeat(513)] {
        ann.get(&format!("/qrcode?text={text}")).await.problem(422, "invalid");
    }
    ann.get("/qrcode").await.problem(422, "invalid");
    im.get("/v1/qrcode?text=a").await.problem(401, "bad_token");
}

trait Svg {
    fn view_svg(self);
}

impl Svg for Answer {
    #[track_caller]
    fn view_svg(self) {
        assert_eq!(served(&self), (200, "image/svg+xml"));
    }
}

/// What the code says that a path of rows draws.
fn read(svg: &str) -> String {
    let side: usize = svg.split("viewBox=\"0 0 ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    let path = svg.rsplit(" d=\"").next().unwrap().split('"').next().unwrap();
    let mut dark = vec![false; side * side];
    for row in path.split('z').filter(|row| !row.is_empty()) {
        let (start, rest) = row.strip_prefix('M').unwrap().split_once('h').unwrap();
        let (x, y) = start.split_once(' ').unwrap();
        let (x, y): (usize, usize) = (x.parse().unwrap(), y.parse().unwrap());
        let run: usize = rest.split('v').next().unwrap().parse().unwrap();
        dark[y * side + x..y * side + x + run].fill(true);
    }
    const SCALE: usize = 4;
    let dots = |x: usize, y: usize| if dark[y / SCALE * side + x / SCALE] { 0 } else { 255 };
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(side * SCALE, side * SCALE, dots);
    image.detect_grids()[0].decode().unwrap().1
}
