//! What operators do, from outside the serving process.
use crate::kit::{Im, PATIENCE};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

#[tokio::test]
async fn an_account_disabled_by_another_process_is_out() {
    let im = Im::start().await;
    let (ann, bob) = (im.user("anna").await, im.user("bobby").await);
    let (mut hers, mut his) = (ann.connect().await, bob.connect().await);
    let elsewhere = im_server::open_core(im.settings()).await.unwrap();
    im_core::accounts::set_enabled(&elsewhere, "anna".into(), false).await.unwrap();
    im_core::accounts::reset_password(&elsewhere, "bobby".into(), "654321".into()).await.unwrap();
    assert_eq!((hers.end().await, his.end().await), (Some(4003), Some(4002)));
    let login = json!({ "username": "anna", "password": "123456" });
    im.post("/api/loginChat", login).await.fails(400, "账号不存在或者被禁用");
    let login = json!({ "username": "bobby", "password": "654321" });
    im.post("/api/loginChat", login).await.ok();
}

#[tokio::test]
async fn a_data_directory_belongs_to_one_server() {
    let im = Im::start().await;
    let second = im_server::start(im.settings().clone(), im.clock.clone()).await;
    assert!(second.err().unwrap().to_string().contains("another server"));
}

#[tokio::test]
async fn a_mistyped_directory_is_not_made() {
    let dir = tempfile::tempdir().unwrap();
    let mut settings = im_server::Settings::default();
    settings.server.data = dir.path().join("nowhere");
    assert!(im_server::open_existing(&settings).await.is_err());
    assert!(!settings.server.data.exists());
}

#[tokio::test]
async fn a_refusal_keeps_the_connection_of_a_client_that_sends_slowly() {
    let im = Im::start().await;
    let mut stream = TcpStream::connect(im.base.strip_prefix("http://").unwrap()).await.unwrap();
    for _ in 0..5 {
        let head = "POST /api/chat/logout HTTP/1.1\r\nhost: x\r\ntoken: nope\r\ncontent-type: application/json\r\n\
                    content-length: 2\r\n\r\n";
        stream.write_all(head.as_bytes()).await.unwrap();
        tokio::task::yield_now().await;
        stream.write_all(b"{}").await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with("！\"}".as_bytes()) {
            let mut chunk = [0; 1024];
            let read = timeout(PATIENCE, stream.read(&mut chunk)).await.expect("an answer").unwrap();
            assert!(read > 0, "the connection ended: {}", String::from_utf8_lossy(&answer));
            answer.extend_from_slice(&chunk[..read]);
        }
        assert!(answer.starts_with(b"HTTP/1.1 400"));
    }
}
