use std::fs::{self, File};
use std::io::Write as _;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::TryStreamExt;

use super::Store;
use super::bucket::Bucket;
use crate::settings::{Backend, Storage};
use crate::{Class, Error, Key, Kind};

fn key(text: &str) -> Key {
    Key::parse(text).expect("a key")
}

async fn read(store: &Store, name: &Key, range: std::ops::Range<u64>) -> Vec<u8> {
    let blob = store.blob(name).await.unwrap().expect("a blob");
    let chunks: Vec<Bytes> = blob.stream(range).await.unwrap().try_collect().await.unwrap();
    chunks.concat()
}

#[tokio::test]
async fn what_was_put_is_read_in_ranges_and_deleted() {
    let data = tempfile::tempdir().unwrap();
    let store = Store::open(data.path(), &Storage::default()).unwrap();
    let name = key("uploads/a/b/c.bin");
    let bytes: Vec<u8> = (0..300_000_u32).map(|n| n as u8).collect();

    assert!(store.blob(&name).await.unwrap().is_none());
    assert!(store.local_path(&name).await.is_none());
    store.put_bytes(&name, bytes.clone().into()).await.unwrap();

    let blob = store.blob(&name).await.unwrap().expect("a blob");
    assert_eq!(blob.size_bytes, 300_000);
    assert!(blob.modified.elapsed().unwrap() < Duration::from_secs(60));
    for (from, to) in [(0, 300_000), (0, 1), (299_999, 300_000), (131_071, 131_073), (7, 7)] {
        assert_eq!(read(&store, &name, from..to).await, bytes[from as usize..to as usize], "{from}..{to}");
    }
    let path = store.local_path(&name).await.expect("a path");
    assert_eq!(fs::read(path).unwrap(), bytes);

    store.delete(&name).await.unwrap();
    store.delete(&name).await.unwrap();
    assert!(store.blob(&name).await.unwrap().is_none());
}

#[tokio::test]
async fn a_stored_file_never_changes() {
    let data = tempfile::tempdir().unwrap();
    let store = Store::open(data.path(), &Storage::default()).unwrap();
    let name = key("uploads/a.txt");
    store.put_bytes(&name, Bytes::from_static(b"first")).await.unwrap();
    assert!(matches!(store.put_bytes(&name, Bytes::from_static(b"second")).await, Err(Error::Io(_))));
    assert_eq!(read(&store, &name, 0..5).await, b"first");
    assert_eq!(fs::read_dir(data.path().join("tmp")).unwrap().count(), 0);
}

#[tokio::test]
async fn folders_and_paths_through_files_are_no_blobs() {
    let data = tempfile::tempdir().unwrap();
    let store = Store::open(data.path(), &Storage::default()).unwrap();
    store.put_bytes(&key("uploads/a/b.txt"), Bytes::from_static(b"x")).await.unwrap();
    for name in ["uploads", "uploads/a", "uploads/a/b.txt/c", "uploads/b"] {
        assert!(store.blob(&key(name)).await.unwrap().is_none(), "{name}");
        assert!(store.local_path(&key(name)).await.is_none(), "{name}");
    }
}

#[tokio::test]
async fn many_first_files_of_a_folder_race() {
    let data = tempfile::tempdir().unwrap();
    let store = std::sync::Arc::new(Store::open(data.path(), &Storage::default()).unwrap());
    let puts = (0..20).map(|n| {
        let store = store.clone();
        tokio::spawn(
            async move { store.put_bytes(&key(&format!("u/x/y/z/{n}")), Bytes::from_static(b"x")).await },
        )
    });
    for put in puts.collect::<Vec<_>>() {
        put.await.unwrap().unwrap();
    }
    assert_eq!(fs::read_dir(data.path().join("blobs/u/x/y/z")).unwrap().count(), 20);
}

#[tokio::test]
async fn without_a_bucket_an_object_gets_a_url_of_ours() {
    let data = tempfile::tempdir().unwrap();
    let store = Store::open(data.path(), &Storage::default()).unwrap();
    let mut file = store.temp_file().unwrap();
    file.write_all(b"\xff\xd8\xff\xe0 a picture").unwrap();
    let serving = Kind::of(b"\xff\xd8\xff").serving(Some("jpg"));
    let url =
        store.put_object(&key("images/20250417/1_a.jpg"), file, serving, "http://im.example/").await.unwrap();
    assert_eq!(url, "http://im.example/public/uploads/oss/images/20250417/1_a.jpg");
    let blob = store.blob(&key("uploads/oss/images/20250417/1_a.jpg")).await.unwrap().expect("a blob");
    assert_eq!(blob.kind().await.unwrap().class, Class::Image);
}

#[tokio::test]
async fn an_object_goes_into_the_bucket_as_it_shall_be_served() {
    let (data, bucket) = (tempfile::tempdir().unwrap(), Bucket::start().await);
    let store = Store::open(data.path(), &bucket.settings()).unwrap();
    let cases: [(&str, &[u8], &str, Option<&str>); 2] = [
        ("images/20250417/1_a.jpg", b"\xff\xd8\xff\xe0 a picture", "image/jpeg", None),
        ("images/20250417/1_b.txt", b"<html>", "application/octet-stream", Some("attachment")),
    ];
    for (path, content, content_type, disposition) in cases {
        let mut file = store.temp_file().unwrap();
        file.write_all(content).unwrap();
        let path = key(path);
        let serving = Kind::of(content).serving(path.extension());
        let url = store.put_object(&path, file, serving, "http://im.example").await.unwrap();
        assert_eq!(url, format!("{}/{path}", bucket.settings().public_url));

        let object = bucket.object(path.as_str()).expect("an object");
        let header = |name: &str| object.headers.get(name).map(String::as_str);
        assert_eq!(object.bytes, content);
        assert_eq!(
            (header("content-type"), header("content-disposition")),
            (Some(content_type), disposition)
        );
        assert_eq!(header("cache-control"), Some("public, max-age=31536000, immutable"));
        assert!(
            header("authorization").is_some_and(|text| text.starts_with("AWS4") && !text.contains("tiger"))
        );

        let found = store.object(&path).await.unwrap().expect("a blob");
        assert_eq!(
            (found.size_bytes, found.kind().await.unwrap()),
            (content.len() as u64, Kind::of(content))
        );
        let chunks: Vec<Bytes> =
            found.stream(0..found.size_bytes).await.unwrap().try_collect().await.unwrap();
        assert_eq!(chunks.concat(), content);
        assert!(store.blob(&path).await.unwrap().is_none());
    }
    assert!(store.object(&key("images/none.jpg")).await.unwrap().is_none());
    assert_eq!(fs::read_dir(data.path().join("tmp")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_file_that_is_not_put_vanishes() {
    let data = tempfile::tempdir().unwrap();
    let store = Store::open(data.path(), &Storage::default()).unwrap();
    drop(store.temp_file().unwrap());
    assert_eq!(fs::read_dir(data.path().join("tmp")).unwrap().count(), 0);
}

#[test]
fn what_a_killed_process_left_is_swept_after_a_day() {
    let data = tempfile::tempdir().unwrap();
    let tmp = data.path().join("tmp");
    fs::create_dir(&tmp).unwrap();
    let old = File::create(tmp.join("old")).unwrap();
    old.set_modified(SystemTime::UNIX_EPOCH).unwrap();
    File::create(tmp.join("new")).unwrap();
    Store::open(data.path(), &Storage::default()).unwrap();
    assert!(!tmp.join("old").exists() && tmp.join("new").exists());
}

#[test]
fn a_bucket_must_be_fully_described() {
    let whole = Storage {
        backend: Backend::Oss,
        bucket: "b".to_owned(),
        endpoint: "https://oss-cn-hangzhou.aliyuncs.com".to_owned(),
        access_key_id: "k".to_owned(),
        secret_access_key: "s".into(),
        public_url: "https://b.oss-cn-hangzhou.aliyuncs.com".to_owned(),
        ..Storage::default()
    };
    let s3 = Storage { backend: Backend::S3, endpoint: "http://127.0.0.1:9000".to_owned(), ..whole.clone() };
    let cases = [
        (whole.clone(), true),
        (s3.clone(), true),
        (Storage { virtual_host: true, ..s3.clone() }, true),
        (Storage { bucket: String::new(), ..whole.clone() }, false),
        (Storage { bucket: String::new(), ..s3 }, false),
        (Storage { endpoint: String::new(), ..whole.clone() }, false),
        (Storage { public_url: String::new(), ..whole.clone() }, false),
        (Storage { public_url: "ftp://b".to_owned(), ..whole.clone() }, false),
        (Storage { public_url: "https://b/?x".to_owned(), ..whole }, false),
    ];
    for (settings, valid) in cases {
        let data = tempfile::tempdir().unwrap();
        let opened = Store::open(data.path(), &settings);
        assert_eq!(opened.is_ok(), valid, "{settings:?}");
        assert!(valid || matches!(opened, Err(Error::Settings(_))), "{settings:?}");
    }
}
