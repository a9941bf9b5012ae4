use std::fs;
use std::net::SocketAddr;
use std::time::Duration;

use reqwest::Url;
use tempfile::NamedTempFile;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::Fetcher;
use crate::{Error, Result};

/// A server that says `answer` to whoever connects and keeps the line open.
async fn server(answer: String) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(answer.as_bytes()).await;
            open.push(stream);
        }
    });
    address
}

/// A fetcher for 10 bytes in a second that may use this machine.
fn local_fetcher() -> Fetcher {
    Fetcher { allowed: |_| true, ..Fetcher::new(10, Duration::from_secs(1)) }
}

async fn fetch(fetcher: &Fetcher, url: &str) -> Result<Vec<u8>> {
    let url = Url::parse(url).unwrap();
    let file = fetcher.fetch(&url, NamedTempFile::new().unwrap()).await?;
    Ok(fs::read(file.path()).unwrap())
}

#[tokio::test]
async fn a_video_is_fetched_within_limits() {
    let cases = [
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789", "0123456789"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n0123456789a", "too large"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n0123456789a\r\n0\r\n\r\n", "too large"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", "timed out"),
        ("", "timed out"),
        ("HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nhello", "failed"),
        ("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n", "failed"),
        ("nonsense\r\n\r\n", "failed"),
    ];
    for (answer, expected) in cases {
        let at = server(answer.to_owned()).await;
        let got = match fetch(&local_fetcher(), &format!("http://localhost:{}/v", at.port())).await {
            Ok(bytes) => String::from_utf8(bytes).unwrap(),
            Err(Error::TooLarge) => "too large".to_owned(),
            Err(Error::TimedOut) => "timed out".to_owned(),
            Err(Error::Download(_)) => "failed".to_owned(),
            Err(other) => panic!("{answer:?} gave {other}"),
        };
        assert_eq!(got, expected, "{answer:?}");
    }
}

#[tokio::test]
async fn this_machine_and_private_networks_are_not_fetched_from() {
    let at = server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi".to_owned()).await;
    let fetcher = Fetcher::new(10, Duration::from_secs(1));
    let port = at.port();
    for host in
        ["localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "10.0.0.1", "169.254.169.254"]
    {
        let got = fetch(&fetcher, &format!("http://{host}:{port}/v")).await;
        assert!(matches!(got, Err(Error::UnsupportedAddress)), "{host} gave {got:?}");
    }
}
