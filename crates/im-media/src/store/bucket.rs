#![cfg(test)]
//! A bucket for tests: as much of the S3 protocol as one upload and one download need.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::settings::{Backend, Storage};

/// A stored object with the headers it came with.
#[derive(Clone, Default)]
pub(crate) struct Object {
    pub(crate) headers: HashMap<String, String>,
    pub(crate) bytes: Vec<u8>,
}

type Objects = Arc<Mutex<HashMap<String, Object>>>;

/// A running bucket called `media`.
pub(crate) struct Bucket {
    port: u16,
    objects: Objects,
}

impl Bucket {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let objects = Objects::default();
        let served = objects.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, served.clone()));
            }
        });
        Self { port, objects }
    }

    /// Settings of a server that uses this bucket.
    pub(crate) fn settings(&self) -> Storage {
        let endpoint = format!("http://127.0.0.1:{}", self.port);
        Storage {
            backend: Backend::S3,
            bucket: "media".to_owned(),
            public_url: format!("{endpoint}/media"),
            endpoint,
            access_key_id: "key".to_owned(),
            secret_access_key: "tiger".into(),
            ..Storage::default()
        }
    }

    /// The object at a path below the bucket.
    pub(crate) fn object(&self, path: &str) -> Option<Object> {
        self.objects.lock().unwrap().get(&format!("/media/{path}")).cloned()
    }
}

/// Answers one request.
async fn serve(stream: TcpStream, objects: Objects) {
    let mut stream = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        if line.trim().is_empty() {
            break;
        }
        lines.push(line.trim().to_owned());
    }
    let mut words = lines.first().map(String::as_str).unwrap_or_default().split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default().to_owned());
    let headers = lines.iter().skip(1).filter_map(|line| line.split_once(": "));
    let headers: HashMap<String, String> = headers.map(|(k, v)| (k.to_lowercase(), v.to_owned())).collect();

    let found = objects.lock().unwrap().get(&path).cloned();
    let (status, body) = match (method, found) {
        ("PUT", _) => {
            let length: usize = headers["content-length"].parse().unwrap();
            let mut bytes = vec![0; length];
            stream.read_exact(&mut bytes).await.unwrap();
            objects.lock().unwrap().insert(path, Object { headers, bytes });
            ("200 OK", Vec::new())
        }
        ("GET", Some(object)) => match headers.get("range").and_then(|range| range.strip_prefix("bytes=")) {
            Some(range) => {
                let (first, last) = range.split_once('-').unwrap();
                let last = last.parse().unwrap_or(object.bytes.len() - 1);
                ("206 Partial Content", object.bytes[first.parse().unwrap()..=last].to_vec())
            }
            None => ("200 OK", object.bytes),
        },
        ("HEAD", Some(object)) => ("200 OK", object.bytes),
        _ => ("404 Not Found", Vec::new()),
    };
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status}\r\nETag: \"e\"\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    if method != "HEAD" {
        stream.write_all(&body).await.unwrap();
    }
    stream.flush().await.unwrap();
}
