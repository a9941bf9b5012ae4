//! Uploads, static files, video covers, QR codes (egg.md §4 #29–#31, §8).
use crate::{kit::*, shape};
use reqwest::{
    Method,
    multipart::{Form, Part},
};
use serde_json::{Value, json};
use std::path::Path;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const TO_SERVER: &str = "/api/chat/uploadStreamSingleToServerDiy/chatImgs";
const TO_STORAGE: &str = "/api/chat/uploadAliyun";
const COVER: &str = "/api/chat/getVideoScreenshot";
const TOO_LARGE: &str = "Request file too large, please check multipart config";
const NO_FILE: &str = "Can't found upload file";

/// 2025-08-19T16:30:00Z: the twentieth already where the server lives.
const LATE_EVENING: i64 = 1_755_621_000_000;

/// A picture of one pixel.
fn pixel() -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = png::Encoder::new(&mut bytes, 1, 1);
    encoder.write_header().unwrap().write_image_data(&[0]).unwrap();
    bytes
}

/// A form as the client sends it, with the token once more.
fn form(who: &Person, field: &str, name: &str, bytes: &[u8]) -> Form {
    let part = Part::bytes(bytes.to_vec()).file_name(name.to_owned());
    Form::new().text("token", who.token.clone()).part(field.to_owned(), part)
}

async fn post(who: &Person, path: &str, form: Form) -> Answer {
    answer(who.request(Method::POST, path).multipart(form)).await
}

async fn upload(who: &Person, name: &str, bytes: &[u8]) -> String {
    let stored = post(who, TO_SERVER, form(who, "file", name, bytes)).await.ok();
    shape::same(&stored, &json!({ "url": "" }));
    stored["url"].as_str().unwrap().to_owned()
}

/// The files below the data directory's `folder`.
fn files(im: &Im, folder: &str) -> usize {
    fn count(path: &Path) -> usize {
        let Ok(entries) = std::fs::read_dir(path) else { return 0 };
        entries
            .map(|entry| entry.unwrap().path())
            .map(|path| if path.is_dir() { count(&path) } else { 1 })
            .sum()
    }
    count(&im.data().join(folder))
}

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers.get(name).map_or("", |value| value.to_str().unwrap())
}

/// Whether `text` is `prefix`, then as many digits as the contract says, then `suffix`.
fn is_numbered(text: &str, prefix: &str, digits: std::ops::RangeInclusive<usize>, suffix: &str) -> bool {
    let number = text.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(suffix));
    number.is_some_and(|n| digits.contains(&n.len()) && n.bytes().all(|b| b.is_ascii_digit()))
}

#[tokio::test]
async fn an_upload_is_served_under_the_address_it_got() {
    let im = Im::start().await;
    im.pass(LATE_EVENING - im.now());
    let (ann, vis) = (im.user("ann1").await, im.visitor(1).await);
    let bytes = pixel();
    // folder, field, file name, extension
    let cases = [
        ("chatImgs", "file", "photo.png", "png"),
        ("chatVideos", "file", "PHOTO.PNG", "png"),
        ("avatars", "anything", "a.b.c.PnG", "png"),
        ("adminImg_user", "file", "照片 1.png", "png"),
        ("a_b_c_d_e", "file", "../../../etc/passwd.png", "png"),
        ("x-1", "file", "note.txt", "txt"),
    ];
    for (folder, field, name, extension) in cases {
        for who in [&ann, &vis] {
            let path = format!("/api/chat/uploadStreamSingleToServerDiy/{folder}");
            let stored = post(who, &path, form(who, field, name, &bytes)).await.ok();
            let url = stored["url"].as_str().unwrap();
            let folder = folder.replace('_', "/");
            let prefix = format!("/public/uploads/Diy/{folder}/20250820/{LATE_EVENING}_");
            assert!(is_numbered(url, &prefix, 1..=8, &format!(".{extension}")), "{url}");
            let file = im.get(url).await;
            assert_eq!((file.status, &file.bytes), (200, &bytes));
            assert_eq!(header(&file, "x-content-type-options"), "nosniff");
            assert_eq!(header(&file, "access-control-allow-origin"), "*");
        }
    }
    assert_eq!(files(&im, "tmp"), 0);
}

#[tokio::test]
async fn what_runs_in_a_browser_is_not_taken() {
    let im = Im::start().await;
    let ann = im.user("ann1").await;
    let page = b"<!doctype html><script>alert(1)</script>".as_slice();
    // name, content
    let refused = [
        ("a.html", page),
        ("a.HTM", page),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>".as_slice()),
        ("a.js", b"alert(1)"),
        ("a.jsx", b"x"),
        ("a.xml", b"<x/>"),
        ("a.css", b"x"),
        ("a.less", b"x"),
        ("a.exe", b"MZ"),
        ("a.php", b"<?php"),
        ("a.png.html", page),
        ("a.", b"x"),
        (".png", b"x"),
        ("noextension", b"x"),
        ("a.png", page),
    ];
    for (name, bytes) in refused {
        let text = format!("Invalid filename: {name}");
        post(&ann, TO_SERVER, form(&ann, "file", name, bytes)).await.fails(400, &text);
        let stored = post(&ann, TO_STORAGE, form(&ann, "img", name, bytes)).await;
        let why = stored.body["data"].as_str().unwrap_or_default();
        assert!(stored.status == 400 && why.starts_with("上传失败: "), "{name}: {}", stored.body);
    }
    assert_eq!((files(&im, "blobs"), files(&im, "tmp")), (0, 0));
    // Text that is a page in disguise is handed out as a file to save.
    let url = upload(&ann, "a.txt", page).await;
    let file = im.get(&url).await;
    let kind = header(&file, "content-type");
    assert!(
        kind == "application/octet-stream" && header(&file, "content-disposition").starts_with("attachment"),
        "{kind}"
    );
}

#[tokio::test]
async fn what_phones_and_offices_make_is_taken() {
    let im = Im::start().await;
    let ann = im.user("ann1").await;
    let extensions = "jpg jpeg png gif bmp wbmp webp tif psd json zip gz tgz gzip mp3 mp4 avi xls xlsx doc docx pdf txt \
                      heic m4a aac amr wav ogg webm mov";
    for extension in extensions.split(' ') {
        let url = upload(&ann, &format!("a.{extension}"), b"\x00\x01\x02\x03").await;
        assert!(url.ends_with(&format!(".{extension}")), "{url}");
        assert_eq!(im.get(&url).await.bytes, b"\x00\x01\x02\x03");
    }
    // A blob of a browser has no name to speak of.
    let part = Part::bytes(pixel()).file_name("blob").mime_str("image/png").unwrap();
    let stored = post(&ann, TO_SERVER, Form::new().part("file", part)).await.ok();
    assert!(stored["url"].as_str().unwrap().ends_with(".png"));
}

#[tokio::test]
async fn an_upload_needs_a_file_and_a_proper_folder() {
    let im = Im::start().await;
    let ann = im.user("ann1").await;
    let empty = [
        form(&ann, "file", "a.png", b""),
        Form::new().text("token", ann.token.clone()),
        Form::new().text("file", "x"),
    ];
    for form in empty {
        post(&ann, TO_SERVER, form).await.fails(400, NO_FILE);
    }
    ann.post(TO_SERVER, json!({})).await.fails(400, NO_FILE);
    answer(ann.request(Method::POST, TO_SERVER)).await.fails(400, NO_FILE);
    let (long, deep) = ("a".repeat(51), "a_b_c_d_e_f");
    for folder in [
        "..",
        "a..b",
        "%2e%2e",
        "a%2Fb",
        "a%5Cb",
        "%E5%9B%BE",
        "a%20b",
        "a__b",
        "_a",
        "a_",
        "a%00",
        &long,
        deep,
    ] {
        let path = format!("/api/chat/uploadStreamSingleToServerDiy/{folder}");
        let got = post(&ann, &path, form(&ann, "file", "a.png", &pixel())).await;
        // A URL library resolves dots before they are sent.
        if folder != ".." && folder != "%2e%2e" {
            got.fails(400, "文件夹名称不合法");
        }
        assert_ne!(got.status, 200, "{folder}");
    }
    assert_eq!((files(&im, "blobs"), files(&im, "tmp")), (0, 0));
}

#[tokio::test]
async fn an_upload_that_is_too_large_leaves_nothing_behind() {
    let im = Im::with(|settings| settings.media.upload_limit_bytes = 100_000).await;
    let ann = im.user("ann1").await;
    upload(&ann, "a.txt", &[b'a'; 100_000]).await;
    assert_eq!(files(&im, "blobs"), 1);
    for size in [100_001, 5_000_000, 30_000_000] {
        let got = post(&ann, TO_SERVER, form(&ann, "file", "a.txt", &vec![b'a'; size])).await;
        got.fails(413, TOO_LARGE);
        assert_eq!(header(&got, "access-control-allow-origin"), "*");
        let got = post(&ann, TO_STORAGE, form(&ann, "img", "a.txt", &vec![b'a'; size])).await;
        assert!([400, 413].contains(&got.status) && got.body["data"].is_string(), "{}", got.body);
    }
    assert_eq!((files(&im, "blobs"), files(&im, "tmp")), (1, 0));
    // Who may not upload at all reads that, however much was on its way.
    let form = Form::new().part("file", Part::bytes(vec![b'a'; 30_000_000]).file_name("a.txt"));
    let got = answer(im.request(Method::POST, TO_SERVER).multipart(form)).await;
    got.fails(400, "您没有权限访问即时通讯接口");
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing_behind() {
    let im = Im::start().await;
    let ann = im.user("ann1").await;
    let mut stream = TcpStream::connect(im.base.trim_start_matches("http://")).await.unwrap();
    let head = format!(
        "POST {TO_SERVER} HTTP/1.1\r\nHost: x\r\ntoken: {}\r\nContent-Type: multipart/form-data; boundary=b\r\n\
         Content-Length: 100000\r\n\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\nhalf",
        ann.token
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    // Whatever it answers, it is done when it closes.
    let _ = stream.read_to_end(&mut Vec::new()).await;
    for (kind, body) in
        [("multipart/form-data; boundary=b", "x"), ("multipart/form-data", "--b\r\n"), ("text/plain", "x")]
    {
        let got = answer(ann.request(Method::POST, TO_SERVER).header("Content-Type", kind).body(body)).await;
        assert!(got.status == 400 && got.body["data"].is_string(), "{kind}: {}", got.body);
    }
    assert_eq!((files(&im, "blobs"), files(&im, "tmp")), (0, 0));
}

#[tokio::test]
async fn the_upload_to_object_storage_answers_in_its_own_shape() {
    let im = Im::start().await;
    im.pass(LATE_EVENING - im.now());
    let (ann, vis) = (im.user("ann1").await, im.visitor(1).await);
    for (who, class) in [(&ann, None), (&ann, Some("7")), (&vis, Some("0"))] {
        let form = form(who, "img", "Photo.PNG", &pixel());
        let form = class.into_iter().fold(form, |form, class| form.text("imageClassId", class));
        let got = post(who, TO_STORAGE, form).await;
        let sample = json!({
            "code": 200, "msg": "上传成功", "data": [{ "url": "", "path": "", "image_class_id": 0, "create_time": 1 }],
        });
        assert_eq!(got.status, 200);
        shape::same(&got.body, &sample);
        assert_eq!((&got.body["code"], &got.body["msg"]), (&json!(200), &json!("上传成功")));
        let stored = &got.body["data"][0];
        let path = stored["path"].as_str().unwrap();
        let name = path
            .strip_prefix(&format!("images/20250820/{LATE_EVENING}_"))
            .unwrap()
            .strip_suffix(".png")
            .unwrap();
        assert!(
            name.len() == 12 && name.chars().all(|c| c.is_ascii_hexdigit() && !c.is_uppercase()),
            "{path}"
        );
        assert_eq!(stored["create_time"], LATE_EVENING / 1_000);
        assert_eq!(stored["image_class_id"], class.unwrap_or("0").parse::<i64>().unwrap());
        let url = stored["url"].as_str().unwrap();
        assert!(url.starts_with(&im.base) && url.ends_with(path), "{url}");
        assert_eq!(im.get(url.strip_prefix(&im.base).unwrap()).await.bytes, pixel());
    }
    let wrong = post(&ann, TO_STORAGE, form(&ann, "file", "a.png", &pixel())).await;
    wrong.fails(400, "上传失败: Expected field 'img', but got 'file'");
    for form in [form(&ann, "img", "a.png", b""), Form::new().text("imageClassId", "1")] {
        let got = post(&ann, TO_STORAGE, form).await;
        let why = got.body["data"].as_str().unwrap_or_default();
        assert!(got.status == 400 && why.starts_with("上传失败: "), "{}", got.body);
    }
}

#[tokio::test]
async fn absolute_addresses_begin_with_the_public_address() {
    let im = Im::with(|settings| settings.server.public_url = "https://im.example.com".into()).await;
    let ann = im.user("ann1").await;
    let got = post(&ann, TO_STORAGE, form(&ann, "img", "a.png", &pixel())).await;
    let url = got.body["data"][0]["url"].as_str().unwrap().to_owned();
    assert!(url.starts_with("https://im.example.com/public/uploads/"), "{url}");
    assert_eq!(im.get(url.strip_prefix("https://im.example.com").unwrap()).await.bytes, pixel());
}

#[tokio::test]
async fn a_part_of_a_file_can_be_asked_for() {
    let im = Im::start().await;
    let ann = im.user("ann1").await;
    let bytes: Vec<u8> = (0..200_000_u32).map(|n| (n % 251) as u8).collect();
    let url = upload(&ann, "a.mp4", &bytes).await;
    let whole = im.get(&url).await;
    assert_eq!((whole.status, header(&whole, "accept-ranges"), &whole.bytes), (200, "bytes", &bytes));
    assert_eq!(header(&whole, "content-length"), "200000");
    // range, status, what comes
    let cases = [
        ("bytes=0-1", 206, Some((0, 1))),
        ("bytes=0-", 206, Some((0, 199_999))),
        ("bytes=100-299999", 206, Some((100, 199_999))),
        ("bytes=150000-160000", 206, Some((150_000, 160_000))),
        ("bytes=-10", 206, Some((199_990, 199_999))),
        ("bytes=-999999", 206, Some((0, 199_999))),
        ("bytes=199999-199999", 206, Some((199_999, 199_999))),
        ("bytes=200000-", 416, None),
        ("bytes=-0", 416, None),
        ("bytes=5-2", 200, None),
        ("lines=1-2", 200, None),
    ];
    for (range, status, part) in cases {
        let got = answer(im.request(Method::GET, &url).header("Range", range)).await;
        assert_eq!(got.status, status, "{range}");
        let told = header(&got, "content-range");
        match part {
            Some((from, to)) => {
                assert_eq!(told, format!("bytes {from}-{to}/200000"), "{range}");
                assert_eq!(got.bytes, bytes[from..=to], "{range}");
            }
            None if status == 416 => assert_eq!(told, "bytes */200000", "{range}"),
            None => assert_eq!(got.bytes, bytes, "{range}"),
        }
        assert_eq!(header(&got, "access-control-allow-origin"), "*");
    }
    let head = answer(im.request(Method::HEAD, &url)).await;
    assert_eq!((head.status, header(&head, "content-length"), head.bytes.len()), (200, "200000", 0));
}

#[tokio::test]
async fn nothing_but_public_files_is_served() {
    let im = Im::start().await;
    let ann = im.user("ann1").await;
    let url = upload(&ann, "a.png", &pixel()).await;
    std::fs::write(im.data().join("secret.txt"), "secret").unwrap();
    let folder = url.rsplit_once('/').unwrap().0;
    let paths = [
        "/public",
        "/public/",
        "/public/uploads",
        "/public/uploads/",
        folder,
        &format!("{folder}/"),
        "/public/nothing.png",
        "/public/uploads/nothing.png",
        &format!("{url}/x"),
        &format!("{url}x"),
        "/public/../secret.txt",
        "/public/../../secret.txt",
        "/public/uploads/../../secret.txt",
        "/public/%2e%2e/secret.txt",
        "/public/uploads/%2e%2e/%2e%2e/secret.txt",
        "/public/..%2fsecret.txt",
        "/public/uploads/..%2f..%2fsecret.txt",
        "/public/..%5csecret.txt",
        "/public/%252e%252e/secret.txt",
        "/public//etc/passwd",
        "/public/%2fetc%2fpasswd",
        "/public/uploads/a%00.png",
        "/public/uploads/%ff",
        "/public/uploads/.../secret.txt",
        "/public/uploads/./../../secret.txt",
    ];
    for path in paths {
        // By hand: a URL library would resolve the dots.
        let mut stream = TcpStream::connect(im.base.trim_start_matches("http://")).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut got = Vec::new();
        stream.read_to_end(&mut got).await.unwrap();
        let got = String::from_utf8_lossy(&got);
        let status: u16 = got.split(' ').nth(1).unwrap().parse().unwrap();
        assert!((400..500).contains(&status), "{path}: {got}");
        assert!(!got.contains("secret") && !got.contains("root:"), "{path}: {got}");
    }
    for method in [Method::POST, Method::PUT, Method::DELETE] {
        let got = answer(im.request(method, &url)).await;
        assert!((400..500).contains(&got.status), "{}", got.status);
    }
    assert_eq!(im.get(&url).await.bytes, pixel());
}

#[tokio::test]
async fn the_icons_come_with_the_server() {
    let im = Im::start().await;
    let (ann, vis) = (im.user("ann1").await, im.visitor(1).await);
    im.group(&ann, &[&vis]).await;
    // The default avatar, and what the hints show.
    let mut icons = vec![ann.row["avatar"].as_str().unwrap().to_owned()];
    for (who, hints) in [(&ann, 9), (&vis, 3)] {
        let mut socket = im.socket(&format!("?token={}", who.token)).await;
        assert_eq!(socket.frame().await["type"], "system");
        for _ in 0..hints {
            icons.push(socket.push().await["from_avatar"].as_str().unwrap().to_owned());
        }
    }
    for icon in icons {
        assert!(icon.starts_with("/public/icons/"), "{icon}");
        let got = im.get(&icon).await;
        assert_eq!((got.status, header(&got, "content-type")), (200, "image/png"), "{icon}");
        assert_eq!(header(&got, "access-control-allow-origin"), "*");
        decoded(&got.bytes);
    }
}

/// A film of two seconds, 640 by 480.
fn film() -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("film.mp4");
    let args = [
        "-loglevel",
        "error",
        "-f",
        "lavfi",
        "-i",
        "testsrc=size=640x480:rate=10:duration=2",
        "-pix_fmt",
        "yuv420p",
    ];
    let made = std::process::Command::new("ffmpeg").args(args).arg(&file).status().unwrap();
    assert!(made.success());
    std::fs::read(file).unwrap()
}

/// A PNG: its width, its height, and the first channel of each point.
fn decoded(bytes: &[u8]) -> (usize, usize, Vec<u8>) {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    let channel = pixels.into_iter().step_by(info.color_type.samples()).collect();
    (info.width as usize, info.height as usize, channel)
}

#[tokio::test]
async fn a_cover_is_a_picture_of_the_video() {
    let im = Im::start().await;
    let (ann, vis) = (im.user("ann1").await, im.visitor(1).await);
    let video = format!("{}{}", im.base, upload(&ann, "film.mp4", &film()).await);
    let sample =
        |width: Value| json!({ "base64": "", "url": "", "format": "png", "time": 20, "width": width });
    // body besides the address, who asks, width of the picture, its format
    let cases = [
        (json!({ "time": 20, "width": 260, "format": "png" }), &ann, json!(260), "png"),
        (json!({ "time": "1500", "width": "100" }), &vis, json!(100), "png"),
        (json!({ "time": 0 }), &ann, json!("原始宽度"), "png"),
        (json!({ "time": 20, "width": 0 }), &ann, json!("原始宽度"), "png"),
        (json!({ "time": 20, "width": "" }), &ann, json!("原始宽度"), "png"),
        (json!({ "time": 20, "width": 260, "format": "jpg" }), &ann, json!(260), "jpg"),
    ];
    for (mut body, who, width, format) in cases {
        body["videoUrl"] = json!(video);
        let cover = who.post(COVER, body.clone()).await.ok();
        shape::same(&cover, &sample(width.clone()));
        assert_eq!((&cover["width"], &cover["format"]), (&width, &json!(format)), "{body}");
        assert_eq!(cover["time"].to_string(), body["time"].to_string().replace('"', ""));
        let url = cover["url"].as_str().unwrap();
        let name = url.strip_prefix("/public/uploads/Diy/VideoScreenshot/screenshot_").unwrap();
        let (ms, tail) = name.strip_suffix(&format!(".{format}")).unwrap().split_once('_').unwrap();
        assert_eq!(ms, im.now().to_string());
        assert!(
            tail.len() == 6 && tail.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()),
            "{url}"
        );
        let picture = im.get(url).await;
        let mime = if format == "png" { "image/png" } else { "image/jpeg" };
        assert_eq!((picture.status, header(&picture, "content-type")), (200, mime));
        let base64 = cover["base64"].as_str().unwrap();
        assert!(
            base64.starts_with(&format!("data:{mime};base64,")) && base64.len() > picture.bytes.len(),
            "{base64:.60}"
        );
        if format == "png" {
            let wide = width.as_u64().unwrap_or(640) as usize;
            let (found, high, _) = decoded(&picture.bytes);
            assert!(found == wide && high.abs_diff(wide * 3 / 4) <= 1, "{found} by {high}");
        } else {
            assert!(picture.bytes.starts_with(&[0xff, 0xd8, 0xff]));
        }
    }
}

#[tokio::test]
async fn a_cover_says_why_there_is_none() {
    let im = Im::start().await;
    let ann = im.user("ann1").await;
    let text = format!("{}{}", im.base, upload(&ann, "note.mp4", b"just text").await);
    let gone = format!("{}/public/uploads/Diy/chatVideos/20250101/1_1.mp4", im.base);
    let (no_url, no_time) = ("视频地址不能为空", "时间点参数无效");
    let (wide, unsupported) = ("图片宽度应在1-3840之间", "截图处理失败: 不支持的视频地址");
    let cases = [
        (json!({}), no_url),
        (json!({ "videoUrl": "", "time": 20 }), no_url),
        (json!({ "videoUrl": text }), no_time),
        (json!({ "videoUrl": text, "time": "" }), no_time),
        (json!({ "videoUrl": text, "time": "soon" }), no_time),
        (json!({ "videoUrl": text, "time": -1 }), no_time),
        (json!({ "videoUrl": text, "time": 20, "width": -1 }), wide),
        (json!({ "videoUrl": text, "time": 20, "width": 3841 }), wide),
    ];
    for (body, text) in cases {
        ann.post(COVER, body).await.fails(400, text);
    }
    // Nothing that is not our own is touched.
    let foreign = [
        "http://example.com/a.mp4",
        "http://127.0.0.1:1/public/uploads/a.mp4",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]/a.mp4",
        "https://im.example.com/public/uploads/a.mp4",
        "file:///etc/passwd",
        "/etc/passwd",
        "concat:/etc/passwd",
        "data:video/mp4;base64,AAAA",
        "subfile,,start,0,end,9,,:/etc/passwd",
        "-i",
        "ftp://x/a.mp4",
        "pipe:0",
        "gopher://127.0.0.1/",
        "\\\\host\\share",
        "http://user@example.com/a.mp4",
    ];
    for url in foreign {
        ann.post(COVER, json!({ "videoUrl": url, "time": 20 })).await.fails(400, unsupported);
    }
    for path in [
        "/public/../hongyan.db",
        "/public/uploads/../../hongyan.db",
        "/public/uploads/%2e%2e/%2e%2e/x",
        "/api/chat/x",
    ] {
        let url = format!("{}{path}", im.base);
        let got = ann.post(COVER, json!({ "videoUrl": url, "time": 20 })).await;
        let why = got.body["data"].as_str().unwrap_or_default();
        assert!(got.status == 400 && why.starts_with("截图处理失败: "), "{url}: {}", got.body);
    }
    for url in [&text, &gone] {
        let got = ann.post(COVER, json!({ "videoUrl": url, "time": 20 })).await;
        let why = got.body["data"].as_str().unwrap_or_default();
        let is_reason = why == "截图生成失败" || why.starts_with("截图处理失败: ");
        assert!(got.status == 400 && is_reason && !why.contains('/'), "{}", got.body);
    }
    // A format is one of three words, and never a piece of a path.
    let video = format!("{}{}", im.base, upload(&ann, "film.mp4", &film()).await);
    for format in ["exe", "../../x", "png/../../x", "png;ls"] {
        let got = ann.post(COVER, json!({ "videoUrl": video, "time": 20, "format": format })).await;
        let (why, url) = (got.body["data"].as_str().unwrap_or_default(), got.body["data"]["url"].as_str());
        let is_refused = got.status == 400 && why.starts_with("截图处理失败: ");
        assert!(
            is_refused || url.is_some_and(|url| url.ends_with(".png") && !url.contains("..")),
            "{}",
            got.body
        );
    }
    let covers = files(&im, "blobs/uploads/Diy/VideoScreenshot");
    assert!(covers <= 4 && files(&im, "tmp") == 0, "{covers}");
}

#[tokio::test]
async fn without_ffmpeg_a_cover_is_refused_and_a_poster_is_neutral() {
    let im = Im::with(|settings| settings.media.ffmpeg = "/nonexistent/ffmpeg".into()).await;
    let ann = im.user("ann1").await;
    let video = format!("{}{}", im.base, upload(&ann, "film.mp4", &film()).await);
    let got = ann.post(COVER, json!({ "videoUrl": video, "time": 20, "width": 260 })).await;
    let why = got.body["data"].as_str().unwrap_or_default();
    assert!(
        got.status == 400 && why.starts_with("截图处理失败: ") && !why.contains("nonexistent"),
        "{}",
        got.body
    );
    let stored = post(&ann, TO_STORAGE, form(&ann, "img", "film.mp4", &film())).await;
    let url = stored.body["data"][0]["url"].as_str().unwrap().replace(&im.base, "");
    let poster = im.get(&format!("{url}?x-oss-process=video/snapshot,t_20,m_fast,w_260,f_png")).await;
    assert_eq!((poster.status, header(&poster, "content-type")), (200, "image/png"));
    decoded(&poster.bytes);
}

#[tokio::test]
async fn a_stored_video_has_a_poster_at_its_own_address() {
    let im = Im::start().await;
    let ann = im.user("ann1").await;
    let film = film();
    let stored = post(&ann, TO_STORAGE, form(&ann, "img", "film.mp4", &film)).await;
    let url = stored.body["data"][0]["url"].as_str().unwrap().replace(&im.base, "");
    let query = "x-oss-process=video/snapshot,t_20,m_fast,w_260,f_png";
    for query in [query.to_owned(), query.replace('/', "%2F").replace(',', "%2C")] {
        let poster = im.get(&format!("{url}?{query}")).await;
        assert_eq!((poster.status, header(&poster, "content-type")), (200, "image/png"));
        assert_eq!((decoded(&poster.bytes).0, decoded(&poster.bytes).1), (260, 195));
        assert_eq!(header(&poster, "access-control-allow-origin"), "*");
    }
    let photo = im.get(&format!("{url}?x-oss-process=video/snapshot,t_1000,w_100,f_jpg")).await;
    assert_eq!((photo.status, header(&photo, "content-type")), (200, "image/jpeg"));
    let file = im.get(&url).await;
    assert_eq!((header(&file, "content-type"), &file.bytes), ("video/mp4", &film));
    let missing = im
        .get("/public/uploads/oss/images/20250101/1_aaaaaaaaaaaa.mp4?x-oss-process=video/snapshot,t_1,f_png")
        .await;
    assert_eq!(missing.status, 404);
}

/// What a scanner reads.
fn scanned(answer: &Answer) -> String {
    assert_eq!((answer.status, header(answer, "content-type")), (200, "image/png"), "{}", answer.body);
    let (width, height, pixels) = decoded(&answer.bytes);
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| pixels[y * width + x]);
    let grids = image.detect_grids();
    assert_eq!(grids.len(), 1);
    grids[0].decode().unwrap().1
}

/// A link's page and its parameters, decoded as the client does.
fn link(text: &str) -> (String, Vec<(String, String)>) {
    let (page, query) = text.split_once('?').unwrap();
    let decode = |text: &str| {
        let mut bytes = Vec::new();
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            let hex = |digit: Option<u8>| char::from(digit.unwrap()).to_digit(16).unwrap() as u8;
            bytes.push(if byte == b'%' { hex(rest.next()) * 16 + hex(rest.next()) } else { byte });
        }
        String::from_utf8(bytes).unwrap()
    };
    let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap());
    (page.to_owned(), pairs.map(|(key, value)| (key.to_owned(), decode(value))).collect())
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(key, value)| (String::from(*key), String::from(*value))).collect()
}

async fn code(who: &Person, id: i64, query: &[(&str, &str)]) -> Answer {
    // As an image does it: the token in the address, no header.
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = who.request(Method::GET, &format!("/api/chat/groupQrcode/{id}")).build().unwrap();
    answer(client.get(request.url().clone()).query(&[("token", &who.token)]).query(query)).await
}

#[tokio::test]
async fn a_qr_code_leads_to_the_group_or_the_person() {
    let im = Im::start().await;
    let (ann, vis, eve) = (im.user("ann1").await, im.visitor(1).await, im.user("eve1").await);
    let group = im.group(&ann, &[&vis]).await;
    let name = "R&D #1? 群=50%";
    ann.post("/api/chat/groupUpdateName", json!({ "id": group, "name": name })).await.ok();
    for (field, value) in [("nickname", "安妮 & 波"), ("avatar", "https://a.example/x.png?a=1&b=2#c")] {
        ann.post("/api/chat/updateUserinfo", json!({ "fieldname": field, "fieldValue": value })).await.ok();
    }
    let (site, page) =
        ("http://192.168.2.6:8081/", "http://192.168.2.6:8081/#/pages/setpageInfo/setpageInfo");
    let id = group.to_string();
    for who in [&ann, &vis] {
        // In the app and the mini-program: an object.
        let app = [
            vec![],
            vec![("chatType", "group")],
            vec![("type", "")],
            vec![("type", "H5")],
            vec![("http", site)],
        ];
        for query in app {
            let text: Value = serde_json::from_str(&scanned(&code(who, group, &query).await)).unwrap();
            assert_eq!(text, json!({ "id": group, "name": name }), "{query:?}");
        }
        // In a browser: a link.
        for kind in ["", "group"] {
            let query = [("type", "H5"), ("http", site), ("chatType", kind)];
            let (found, parameters) = link(&scanned(&code(who, group, &query).await));
            let expected = [
                ("action", "autoAddGroup"),
                ("title", "群介绍"),
                ("id", &id),
                ("chatType", "group"),
                ("name", name),
            ];
            assert_eq!((found.as_str(), parameters), (page, pairs(&expected)));
        }
    }
    let id = ann.id.to_string();
    for who in [&ann, &vis, &eve] {
        let text: Value =
            serde_json::from_str(&scanned(&code(who, ann.id, &[("chatType", "single")]).await)).unwrap();
        assert_eq!(text, json!({ "id": ann.id, "name": "安妮 & 波" }));
        let query = [("type", "H5"), ("http", site), ("chatType", "single")];
        let (found, parameters) = link(&scanned(&code(who, ann.id, &query).await));
        let expected = [
            ("action", "autoAddGroup"),
            ("title", "加用户[安妮 & 波]为好友"),
            ("id", &id),
            ("chatType", "single"),
            ("name", "安妮 & 波"),
            ("avatar", "https://a.example/x.png?a=1&b=2#c"),
        ];
        assert_eq!((found.as_str(), parameters), (page, pairs(&expected)));
    }
    // The seed's own example, to the letter.
    ann.post("/api/chat/groupUpdateName", json!({ "id": group, "name": "abc" })).await.ok();
    let text = scanned(&code(&ann, group, &[("type", "H5"), ("http", site)]).await);
    let title = "%E7%BE%A4%E4%BB%8B%E7%BB%8D";
    assert_eq!(text, format!("{page}?action=autoAddGroup&title={title}&id={group}&chatType=group&name=abc"));
}

#[tokio::test]
async fn what_does_not_fit_into_a_qr_code_is_left_out() {
    let im = Im::start().await;
    let ann = im.user("ann1").await;
    ann.post("/api/chat/updateUserinfo", json!({ "fieldname": "avatar", "fieldValue": "图".repeat(1000) }))
        .await
        .ok();
    let query = [("type", "H5"), ("http", "http://a.example/"), ("chatType", "single")];
    let (_, parameters) = link(&scanned(&code(&ann, ann.id, &query).await));
    let keys: Vec<_> = parameters.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["action", "title", "id", "chatType", "name"]);
    // An address that alone is too long is refused or cut, and breaks nothing.
    let long = format!("http://a.example/{}", "a".repeat(5_000));
    let query = [("type", "H5"), ("http", long.as_str()), ("chatType", "single")];
    let got = code(&ann, ann.id, &query).await;
    assert!(got.status == 200 || (got.status == 400 && got.body["data"].is_string()), "{}", got.status);
}

#[tokio::test]
async fn a_qr_code_is_refused_for_what_is_not_there() {
    let im = Im::start().await;
    let (ann, bob, eve, gone) =
        (im.user("ann1").await, im.user("bob1").await, im.user("eve1").await, im.user("gone").await);
    im_core::accounts::set_enabled(im.app(), "gone".into(), false).await.unwrap();
    let group = im.group(&ann, &[&bob]).await;
    let (no_group, no_user) = ("群不存在或被封禁或者您不在该群聊中", "用户不存在或被封禁");
    code(&eve, group, &[]).await.fails(400, no_group);
    code(&ann, 999_999, &[]).await.fails(400, no_group);
    code(&ann, gone.id, &[("chatType", "single")]).await.fails(400, no_user);
    code(&ann, 999_999, &[("chatType", "single")]).await.fails(400, no_user);
    code(&ann, 999_999, &[("chatType", "whatever")]).await.fails(400, no_user);
    code(&ann, 0, &[]).await.fails(422, "群id或者个人id 的数值 必须 在 1 和 10000000000000000 之间");
    im.sql("update chat_group set status = 2 where id = $1", group).await;
    code(&ann, group, &[]).await.fails(400, no_group);
    im.get(&format!("/api/chat/groupQrcode/{group}")).await.fails(400, "您没有权限访问即时通讯接口");
}

#[tokio::test]
async fn absolute_addresses_are_those_that_the_client_called() {
    // behind a proxy, what the proxy says, beginning of the address
    let cases = [
        (false, None, "http://192.168.2.6:7001/public/"),
        (false, Some("im.example.com"), "http://192.168.2.6:7001/public/"),
        (true, None, "http://192.168.2.6:7001/public/"),
        (true, Some("im.example.com"), "https://im.example.com/public/"),
    ];
    for (behind_proxy, host, beginning) in cases {
        let im = Im::with(|settings| settings.server.behind_proxy = behind_proxy).await;
        let ann = im.user("ann1").await;
        let request = ann.request(Method::POST, TO_STORAGE).header("Host", "192.168.2.6:7001");
        let request = host.into_iter().fold(request, |request, host| {
            request.header("X-Forwarded-Host", host).header("X-Forwarded-Proto", "https")
        });
        let got = answer(request.multipart(form(&ann, "img", "a.png", &pixel()))).await;
        let url = got.body["data"][0]["url"].as_str().unwrap();
        assert!(url.starts_with(beginning), "{url}");
    }
}
