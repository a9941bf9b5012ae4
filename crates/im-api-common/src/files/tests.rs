use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use bytes::Bytes;
use http_body_util::BodyExt;
use im_media::settings::Storage;
use im_media::tempfile::{self, TempDir};
use im_media::{Key, Picture, Store};

use super::{poster, serve};

struct Shelf {
    _data: TempDir,
    store: Store,
}

/// What a client sees.
struct Seen {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Seen {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Shelf {
    fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        let store = Store::open(data.path(), &Storage::default()).unwrap();
        Self { _data: data, store }
    }

    async fn put(&self, key: &str, bytes: impl Into<Bytes>) {
        self.store.put_bytes(&Key::parse(key).unwrap(), bytes.into()).await.unwrap();
    }

    async fn ask(&self, method: Method, key: &str, headers: &[(&str, &str)]) -> Option<Seen> {
        let mut asked = HeaderMap::new();
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            asked.append(name, HeaderValue::from_str(value).unwrap());
        }
        let response = serve(&self.store, &Key::parse(key).unwrap(), &method, &asked).await.unwrap()?;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Some(Seen { status: parts.status, headers: parts.headers, body })
    }

    async fn get(&self, key: &str, headers: &[(&str, &str)]) -> Seen {
        self.ask(Method::GET, key, headers).await.expect("a file")
    }
}

#[tokio::test]
async fn a_file_comes_with_all_that_keeps_a_browser_safe_and_fast() {
    let shelf = Shelf::new();
    shelf.put("uploads/a.png", &b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..]).await;
    let seen = shelf.get("uploads/a.png", &[]).await;
    assert_eq!((seen.status, &seen.body[..4]), (StatusCode::OK, &b"\x89PNG"[..]));
    for (name, value) in [
        ("content-type", "image/png"),
        ("content-length", "16"),
        ("content-disposition", ""),
        ("accept-ranges", "bytes"),
        ("cache-control", "public, max-age=31536000, immutable"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("content-range", ""),
    ] {
        assert_eq!(seen.header(name), value, "{name}");
    }
    assert!(seen.header("etag").starts_with('"') && seen.header("last-modified").ends_with(" GMT"));

    let head = shelf.ask(Method::HEAD, "uploads/a.png", &[("range", "bytes=0-3")]).await.unwrap();
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (StatusCode::OK, "16", 0));
    assert_eq!(head.header("etag"), seen.header("etag"));

    assert!(shelf.ask(Method::GET, "uploads/b.png", &[]).await.is_none());
    assert!(shelf.ask(Method::GET, "uploads", &[]).await.is_none());
    assert!(shelf.ask(Method::GET, "uploads/a.png/b", &[]).await.is_none());
}

#[tokio::test]
async fn the_content_decides_what_is_shown() {
    let shelf = Shelf::new();
    let cases: [(&str, &[u8], &str, &str); 5] = [
        ("page.png", b"<html><script>alert(1)</script>", "application/octet-stream", "attachment"),
        ("a.pdf", b"%PDF-1.4\n%\xff", "application/pdf", "attachment"),
        ("a.txt", b"hello", "text/plain; charset=utf-8", ""),
        ("a.bin", b"\x01\x02", "application/octet-stream", "attachment"),
        ("empty", b"", "application/octet-stream", "attachment"),
    ];
    for (key, content, content_type, disposition) in cases {
        shelf.put(key, content).await;
        let seen = shelf.get(key, &[]).await;
        let got = (seen.header("content-type"), seen.header("content-disposition"), &seen.body[..]);
        assert_eq!(got, (content_type, disposition, content), "{key}");
    }
}

#[tokio::test]
async fn a_part_of_a_large_file_is_sent() {
    let shelf = Shelf::new();
    let content: Vec<u8> = (0..500_000_u32).map(|n| (n / 7) as u8).collect();
    shelf.put("v.mp4", content.clone()).await;
    let cases = [
        ("bytes=0-1", 206, "bytes 0-1/500000", 0..2),
        ("bytes=100000-400000", 206, "bytes 100000-400000/500000", 100_000..400_001),
        ("bytes=-3", 206, "bytes 499997-499999/500000", 499_997..500_000),
        ("bytes=500000-", 416, "bytes */500000", 0..0),
        ("bytes=0-1,5-6", 200, "", 0..500_000),
        ("nonsense", 200, "", 0..500_000),
    ];
    for (range, status, content_range, bytes) in cases {
        let seen = shelf.get("v.mp4", &[("range", range)]).await;
        assert_eq!((seen.status.as_u16(), seen.header("content-range")), (status, content_range), "{range}");
        assert_eq!(seen.header("content-length"), bytes.len().to_string(), "{range}");
        assert!(seen.body == content[bytes], "{range}");
    }
}

#[tokio::test]
async fn what_a_client_has_is_not_sent_again() {
    let shelf = Shelf::new();
    shelf.put("a.txt", &b"hello"[..]).await;
    let first = shelf.get("a.txt", &[]).await;
    let (etag, modified) = (first.header("etag"), first.header("last-modified"));
    let (weak, listed) = (format!("W/{etag}"), format!("\"x\", {etag}"));
    let (past, future) = ("Sun, 06 Nov 1994 08:49:37 GMT", "Fri, 06 Nov 2099 08:49:37 GMT");
    let cases: &[(&[(&str, &str)], u16)] = &[
        (&[("if-none-match", etag)], 304),
        (&[("if-none-match", &weak)], 304),
        (&[("if-none-match", &listed)], 304),
        (&[("if-none-match", "*")], 304),
        (&[("if-none-match", "\"x\""), ("if-none-match", etag)], 304),
        (&[("if-none-match", "\"x\"")], 200),
        (&[("if-none-match", "\"x\""), ("if-modified-since", future)], 200),
        (&[("if-none-match", etag), ("range", "bytes=0-1")], 304),
        (&[("if-modified-since", modified)], 304),
        (&[("if-modified-since", future)], 304),
        (&[("if-modified-since", past)], 200),
        (&[("if-modified-since", "yesterday")], 200),
        (&[("if-range", etag), ("range", "bytes=0-1")], 206),
        (&[("if-range", modified), ("range", "bytes=0-1")], 206),
        (&[("if-range", &weak), ("range", "bytes=0-1")], 200),
        (&[("if-range", "\"x\""), ("range", "bytes=0-1")], 200),
        (&[("if-range", past), ("range", "bytes=9-")], 200),
    ];
    for (headers, status) in cases {
        let seen = shelf.get("a.txt", headers).await;
        assert_eq!(seen.status.as_u16(), *status, "{headers:?}");
        assert_eq!((seen.header("etag"), seen.header("last-modified")), (etag, modified), "{headers:?}");
        assert!(*status != 304 || seen.body.is_empty(), "{headers:?}");
    }
}

#[tokio::test]
async fn a_placeholder_is_asked_for_again_soon() {
    for (is_real, kept) in [(true, "public, max-age=31536000, immutable"), (false, "public, max-age=60")] {
        let response =
            poster(Picture { bytes: Bytes::from_static(b"x"), content_type: "image/png", is_real });
        assert_eq!(response.headers()["cache-control"], kept);
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
        assert_eq!(response.headers()["content-type"], "image/png");
    }
}
