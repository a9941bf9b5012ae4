use std::convert::Infallible;
use std::fs;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use axum::extract::Request;
use bytes::Bytes;
use futures_util::stream;
use im_media::settings::Storage;
use im_media::tempfile::{self, TempDir};
use im_media::{Class, Store};

use super::{Limits, Upload, UploadError, receive};

const ANY: Limits<'static> = Limits { file_bytes: 1000, field: None };

struct Inbox {
    data: TempDir,
    store: Store,
}

impl Inbox {
    fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        let store = Store::open(data.path(), &Storage::default()).unwrap();
        Self { data, store }
    }

    async fn receive(&self, body: impl Into<Body>, limits: Limits<'_>) -> Result<Upload, UploadError> {
        receive(request("multipart/form-data; boundary=X", body), &self.store, limits).await
    }

    fn files_in_flight(&self) -> usize {
        fs::read_dir(self.data.path().join("tmp")).unwrap().count()
    }
}

fn request(content_type: &str, body: impl Into<Body>) -> Request {
    Request::post("/").header("content-type", content_type).body(body.into()).unwrap()
}

/// A form of parts, each the rest of a `Content-Disposition` and a content.
fn form(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (disposition, content) in parts {
        body.extend(format!("--X\r\nContent-Disposition: form-data; {disposition}\r\n\r\n").bytes());
        body.extend(*content);
        body.extend(b"\r\n");
    }
    body.extend(b"--X--\r\n");
    body
}

/// `body` in pieces of `size` bytes.
fn pieces(body: &[u8], size: usize) -> Body {
    let pieces: Vec<_> =
        body.chunks(size).map(|piece| Ok::<_, Infallible>(Bytes::copy_from_slice(piece))).collect();
    Body::from_stream(stream::iter(pieces))
}

/// The name of an error.
fn named(result: &Result<Upload, UploadError>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(UploadError::Missing) => "missing",
        Err(UploadError::TooLarge) => "too large",
        Err(UploadError::Malformed) => "malformed",
        Err(UploadError::WrongField { .. }) => "wrong field",
        Err(UploadError::Disk(_)) => "disk",
    }
}

#[tokio::test]
async fn a_file_and_its_fields_arrive_in_whatever_pieces() {
    let inbox = Inbox::new();
    let png = b"\x89PNG\r\n\x1a\n\r\n--Y, \r\n--\r\n-";
    let file = "name=\"file\"; filename=\"照片 \\\"1\\\".PNG\"\r\nContent-Type: image/png";
    let body =
        form(&[("name=\"token\"", b"t"), (file, png), ("name=\"imageClassId\"", b"7"), ("name=token", b"u")]);
    for size in [1, 2, 3, 7, 64, body.len()] {
        let upload = inbox.receive(pieces(&body, size), ANY).await.unwrap();
        assert_eq!(fs::read(upload.file.path()).unwrap(), png, "pieces of {size}");
        let about =
            (upload.field.as_str(), upload.name.as_str(), upload.content_type.as_deref(), upload.size_bytes);
        assert_eq!(about, ("file", "照片 \"1\".PNG", Some("image/png"), png.len() as u64));
        assert_eq!(upload.kind.class, Class::Image);
        assert_eq!(
            (upload.text("token"), upload.text("imageClassId"), upload.text("x")),
            (Some("t"), Some("7"), None)
        );
        assert_eq!((upload.texts.len(), inbox.files_in_flight()), (3, 1));
    }
    assert_eq!(inbox.files_in_flight(), 0);
}

#[tokio::test]
async fn a_file_is_known_by_its_name_however_it_is_spelled() {
    let inbox = Inbox::new();
    let cases = [
        ("name=file; filename=a.png", "a.png"),
        ("name=\"file\"; filename=\"blob\"", "blob"),
        ("name=\"file\"; filename=\"\"", ""),
        ("name=\"file\"; filename*=UTF-8''%E7%85%A7.png", "照.png"),
        ("name=\"file\"; filename*=utf-8'zh'a.png", "utf-8'zh'a.png"),
        ("filename=\"C:\\dir\\a.png\"", "C:\\dir\\a.png"),
    ];
    for (disposition, name) in cases {
        let upload = inbox.receive(form(&[(disposition, b"x")]), ANY).await.unwrap();
        assert_eq!(upload.name, name, "{disposition}");
    }
    let mut gbk = form(&[("name=\"file\"; filename=\"?.png\"", b"x")]);
    let at = gbk.iter().position(|b| *b == b'?').unwrap();
    gbk.splice(at..=at, *b"\xd5\xd5");
    assert!(inbox.receive(gbk, ANY).await.unwrap().name.ends_with(".png"));
}

#[tokio::test]
async fn limits_hold_and_nothing_stays() {
    let inbox = Inbox::new();
    let file = "name=\"file\"; filename=\"a.png\"";
    let (fits, over) = (vec![7; 1000], vec![7; 1001]);
    let (long, longer) = (vec![b'x'; 100 << 10], vec![b'x'; (100 << 10) + 1]);
    let mut many: Vec<(&str, &[u8])> = vec![("name=a", b"x"); 49];
    many.push((file, b"x"));
    let mut too_many = many.clone();
    too_many.push(("name=a", b"x"));
    let endless_head = [b"--X\r\n".as_slice(), &vec![b'h'; 1 << 20]].concat();
    let endless_preamble = vec![b'p'; 1 << 20];
    let cut = form(&[(file, b"hello")]);
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("a file that just fits", form(&[(file, &fits)]), "ok"),
        ("a file over the limit", form(&[(file, &over)]), "too large"),
        ("a text that just fits", form(&[("name=a", &long), (file, b"x")]), "ok"),
        ("a text over the limit", form(&[("name=a", &longer), (file, b"x")]), "too large"),
        ("fifty parts", form(&many), "ok"),
        ("more parts", form(&too_many), "too large"),
        ("a head without end", endless_head, "too large"),
        ("no beginning", endless_preamble, "too large"),
        ("an empty file", form(&[(file, b"")]), "missing"),
        ("no file", form(&[("name=a", b"x")]), "missing"),
        ("an input left empty", form(&[("name=file; filename=\"\"", b"")]), "missing"),
        ("an input left empty beside a file", form(&[("name=b; filename=\"\"", b""), (file, b"x")]), "ok"),
        ("two files", form(&[(file, b"x"), (file, b"y")]), "malformed"),
        ("no parts", b"--X--\r\n".to_vec(), "missing"),
        ("nothing", Vec::new(), "malformed"),
        ("no form", b"hello".to_vec(), "malformed"),
        ("an end in the middle", cut[..cut.len() - 9].to_vec(), "malformed"),
        ("an end in the head", b"--X\r\nContent-Dispo".to_vec(), "malformed"),
    ];
    for (what, body, expected) in cases {
        for size in [1000, 1 << 20] {
            let received = inbox.receive(pieces(&body, size), ANY).await;
            assert_eq!(named(&received), expected, "{what}");
            drop(received);
            assert_eq!(inbox.files_in_flight(), 0, "{what}");
        }
    }
}

#[tokio::test]
async fn the_file_may_have_to_be_in_a_certain_field() {
    let inbox = Inbox::new();
    let limits = Limits { field: Some("img"), ..ANY };
    let right = inbox.receive(form(&[("name=\"img\"; filename=\"a.png\"", b"x")]), limits).await;
    assert_eq!(named(&right), "ok");
    match inbox.receive(form(&[("name=\"file\"; filename=\"a.png\"", b"x")]), limits).await {
        Err(UploadError::WrongField { found }) => assert_eq!(found, "file"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_is_no_form_is_refused() {
    let inbox = Inbox::new();
    let body = form(&[("name=\"file\"; filename=\"a.png\"", b"x")]);
    for content_type in ["application/json", "multipart/form-data", "text/plain; boundary=X", ""] {
        let received = receive(request(content_type, body.clone()), &inbox.store, ANY).await;
        assert_eq!(named(&received), "malformed", "{content_type:?}");
    }
}

#[tokio::test]
async fn a_client_that_leaves_takes_its_file_along() {
    let inbox = Inbox::new();
    let start = Bytes::from_static(b"--X\r\nContent-Disposition: form-data; name=f; filename=a\r\n\r\nhello");
    let broken = vec![Ok(start.clone()), Err(io::Error::from(io::ErrorKind::ConnectionReset))];
    let received = inbox.receive(Body::from_stream(stream::iter(broken)), ANY).await;
    assert_eq!((named(&received), inbox.files_in_flight()), ("malformed", 0));

    let silent = Body::from_stream(StartThenSilence(Some(start)));
    let mut receiving = Box::pin(inbox.receive(silent, ANY));
    while inbox.files_in_flight() == 0 {
        let step = std::time::Duration::from_millis(5);
        assert!(tokio::time::timeout(step, &mut receiving).await.is_err());
    }
    drop(receiving);
    assert_eq!(inbox.files_in_flight(), 0);
}

/// A body of one chunk whose sender then neither sends nor leaves.
struct StartThenSilence(Option<Bytes>);

impl futures_util::Stream for StartThenSilence {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        match self.0.take() {
            Some(chunk) => std::task::Poll::Ready(Some(Ok(chunk))),
            None => std::task::Poll::Pending,
        }
    }
}

/// A body of `count` chunks of 1000 bytes; `taken` counts those that were read.
fn counted(count: usize, taken: &Arc<AtomicUsize>) -> Body {
    let taken = taken.clone();
    Body::from_stream(stream::iter((0..count).map(move |n| {
        taken.fetch_add(1, Ordering::Relaxed);
        let head: &[u8] = b"--X\r\nContent-Disposition: form-data; name=f; filename=a\r\n\r\n";
        Ok::<_, Infallible>(if n == 0 { Bytes::from_static(head) } else { Bytes::from_static(&[7; 1000]) })
    })))
}

#[tokio::test]
async fn a_refused_body_is_read_so_that_its_sender_sees_the_answer() {
    let inbox = Inbox::new();
    let taken = Arc::new(AtomicUsize::new(0));
    assert_eq!(named(&inbox.receive(counted(300, &taken), ANY).await), "too large");
    assert_eq!(taken.load(Ordering::Relaxed), 300);

    for (expect, read) in [(false, 300), (true, 0)] {
        let taken = Arc::new(AtomicUsize::new(0));
        let mut request = request("multipart/form-data; boundary=X", counted(300, &taken));
        request.headers_mut().insert("content-length", "999999999".parse().unwrap());
        if expect {
            request.headers_mut().insert("expect", "100-continue".parse().unwrap());
        }
        assert_eq!(named(&receive(request, &inbox.store, ANY).await), "too large");
        assert_eq!(taken.load(Ordering::Relaxed), read, "expects: {expect}");
    }
}

/// The parser reads whatever is ready; a body that is ready at once must not end up in memory.
#[tokio::test]
async fn an_upload_is_written_while_it_arrives() {
    use axum::extract::{FromRequest, Multipart};
    let taken = Arc::new(AtomicUsize::new(0));
    let feed = super::feed::Feed::new(counted(300, &taken).into_data_stream(), u64::MAX);
    let request = request("multipart/form-data; boundary=X", Body::from_stream(feed));
    let mut form = Multipart::from_request(request, &()).await.unwrap();
    let mut field = form.next_field().await.unwrap().unwrap();
    field.chunk().await.unwrap();
    assert!(taken.load(Ordering::Relaxed) < 6, "{taken:?} chunks were read for one");
}
