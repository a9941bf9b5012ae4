//! A server of one's own, and people who use it.
use futures_util::{SinkExt, StreamExt};
use im_core::{Clock, Millis};
use im_server::{Running, Settings};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;
use tokio::net::TcpStream;
pub use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// How long something may take that should happen at once.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// The client's constant (egg.md §3.2).
pub const SALT: &str = "45ncashdaksh2!#@3nxjdas*_259";

/// A clock that starts at the real time and that tests move.
pub struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Millis {
        Millis(self.0.load(Ordering::SeqCst))
    }
}

/// A running server with an empty database.
pub struct Im {
    pub base: String,
    pub clock: Arc<TestClock>,
    pub http: reqwest::Client,
    settings: Settings,
    running: Option<Running>,
    _dir: TempDir,
}

/// What the server said.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    /// `Null` when the body is not JSON.
    pub body: Value,
    pub bytes: Vec<u8>,
}

impl Answer {
    /// The `data` of a success; anything else fails the test.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert_eq!((self.status, &self.body["msg"]), (200, &json!("ok")), "{}", self.body);
        self.body["data"].clone()
    }

    /// Checks a failure: its status and its text, in the standard envelope.
    #[track_caller]
    pub fn fails(&self, status: u16, text: &str) {
        assert_eq!((self.status, &self.body), (status, &json!({ "msg": "fail", "data": text })));
    }
}

impl Im {
    /// A server on a free port with the default settings, limits off.
    pub async fn start() -> Im {
        Im::with(|_| {}).await
    }

    /// The same with some settings changed.
    pub async fn with(change: impl FnOnce(&mut Settings)) -> Im {
        Im::configured("", change).await
    }

    /// The same with these lines of a settings file.
    pub async fn configured(file: &str, change: impl FnOnce(&mut Settings)) -> Im {
        let dir = tempfile::tempdir().unwrap();
        let mut settings = Settings::load(Some(file), std::iter::empty()).unwrap();
        settings.server.listen = "127.0.0.1:0".into();
        settings.server.data = dir.path().to_path_buf();
        settings.limits.enabled = false;
        settings.log.level = std::env::var("TEST_LOG").unwrap_or_else(|_| "error".into());
        if let Ok(url) = std::env::var("TEST_POSTGRES_URL") {
            settings.database.url = schema_of_its_own(&url, dir.path()).await.as_str().into();
            settings.database.connections = 4;
        }
        change(&mut settings);
        let real = std::time::UNIX_EPOCH.elapsed().unwrap().as_millis() as i64;
        let clock = Arc::new(TestClock(AtomicI64::new(real)));
        let running = im_server::start(settings.clone(), clock.clone()).await.unwrap();
        let base = format!("http://{}", running.address());
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Im { base, clock, http, settings, running: Some(running), _dir: dir }
    }

    /// The core, for what no route can do (disable somebody).
    pub fn app(&self) -> &im_core::App {
        self.running.as_ref().unwrap().app()
    }

    /// Runs a statement on the row `id`, for what only an operator does (lock a group, cut a friendship).
    pub async fn sql(&self, statement: &'static str, id: i64) {
        let unit = self.app().db.write::<u64, im_db::Error, _>(move |tx| {
            Box::pin(async move { tx.run(statement, im_db::params![id]).await })
        });
        assert_eq!(unit.await.unwrap(), 1, "{statement}");
    }

    /// What the server runs with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Where the server keeps its files.
    pub fn data(&self) -> &Path {
        &self.settings.server.data
    }

    /// Stops the server as SIGTERM does and starts it again on the same data, on another port.
    pub async fn restart(&mut self) {
        self.running.take().unwrap().stop().await;
        let running = im_server::start(self.settings.clone(), self.clock.clone()).await.unwrap();
        self.base = format!("http://{}", running.address());
        self.running = Some(running);
    }

    /// Now, by the server's clock.
    pub fn now(&self) -> i64 {
        self.clock.now().0
    }

    /// Moves the server's clock.
    pub fn pass(&self, ms: i64) {
        self.clock.0.fetch_add(ms, Ordering::SeqCst);
    }

    /// A request without a token.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    /// A JSON POST without a token.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        answer(self.request(Method::POST, path).json(&body)).await
    }

    /// A GET without a token.
    pub async fn get(&self, path: &str) -> Answer {
        answer(self.request(Method::GET, path)).await
    }

    /// A registered user; the password is `123456`.
    pub async fn user(&self, name: &str) -> Person {
        let row = self.post("/api/regChat", json!({ "username": name, "password": "123456" })).await.ok();
        Person::new(self, row)
    }

    /// A signed-in visitor on the `n`-th device.
    pub async fn visitor(&self, n: u32) -> Person {
        let row = self.signed("/api/visitorRegister", &device(n), json!({})).await.ok();
        Person::new(self, row)
    }

    /// A user of [`Im::user`] who signs in once more.
    pub async fn login(&self, name: &str) -> Person {
        let row = self.post("/api/loginChat", json!({ "username": name, "password": "123456" })).await.ok();
        Person::new(self, row)
    }

    /// The same person after a restart: the server has another port.
    pub fn again(&self, person: &Person) -> Person {
        Person::new(self, person.row.clone())
    }

    /// A visitor call with a correct signature.
    pub async fn signed(&self, path: &str, device_id: &str, mut body: Value) -> Answer {
        let timestamp = self.now();
        body["deviceId"] = json!(device_id);
        body["timestamp"] = json!(timestamp);
        let sign = sign(device_id, &timestamp.to_string());
        answer(self.request(Method::POST, path).header("X-Security-Sign", sign).json(&body)).await
    }

    /// Makes two users friends and returns the edge ids (of `a`, of `b`).
    pub async fn befriend(&self, a: &Person, b: &Person) -> (i64, i64) {
        a.post("/api/chat/autoAddFriendAndAgree", json!({ "friend_id": b.id })).await.ok();
        (a.edge(b).await, b.edge(a).await)
    }

    /// A group that `owner` makes of itself and these users; all become friends of the owner.
    /// Returns its id.
    pub async fn group(&self, owner: &Person, others: &[&Person]) -> i64 {
        let mut edges = Vec::new();
        for other in others {
            let known = owner.post(&format!("/api/chat/ismygoodfriend/{}", other.id), json!({})).await;
            edges.push(if known.status == 200 {
                owner.edge(other).await
            } else {
                self.befriend(owner, other).await.0
            });
        }
        owner.post("/api/chat/group/create", json!({ "userIds": edges })).await.ok();
        owner.get("/api/chat/grouplist/1").await.ok()[0]["id"].as_i64().unwrap()
    }

    /// Opens `/ws` with this query and nothing else.
    pub async fn socket(&self, query: &str) -> Socket {
        let url = format!("{}/ws{query}", self.base.replacen("http", "ws", 1));
        let (stream, response) = tokio_tungstenite::connect_async(url).await.unwrap();
        assert_eq!(response.status(), 101);
        Socket(stream)
    }
}

/// The id of the `n`-th device.
pub fn device(n: u32) -> String {
    format!("{n:08x}-0000-5000-8000-{n:012x}")
}

/// The signature of egg.md §3.2.
pub fn sign(device_id: &str, timestamp: &str) -> String {
    let text = format!("deviceId={device_id}&salt={SALT}&timestamp={timestamp}APP_SECRET");
    Sha256::digest(text).iter().map(|b| format!("{b:02x}")).collect()
}

/// Sends a request and reads the whole answer.
pub async fn answer(request: RequestBuilder) -> Answer {
    let response = request.timeout(PATIENCE * 3).send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = response.bytes().await.unwrap().to_vec();
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    Answer { status, headers, body, bytes }
}

async fn schema_of_its_own(url: &str, dir: &Path) -> String {
    let name = format!("it_{}", dir.file_name().unwrap().to_string_lossy().replace('.', "").to_lowercase());
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute(&format!("create schema {name}")).await.unwrap();
    let and = if url.contains('?') { '&' } else { '?' };
    format!("{url}{and}options=-csearch_path%3D{name}")
}

/// Somebody with a token.
#[derive(Clone)]
pub struct Person {
    pub id: i64,
    pub uuid: String,
    pub name: String,
    pub token: String,
    /// The whole row that signing in answered.
    pub row: Value,
    base: String,
    http: reqwest::Client,
}

impl Person {
    /// Somebody out of the answer of a sign-in.
    pub fn new(im: &Im, row: Value) -> Person {
        let text = |key: &str| row[key].as_str().unwrap().to_owned();
        Person {
            id: row["id"].as_i64().unwrap(),
            uuid: text("uuid"),
            name: text("username"),
            token: text("token"),
            base: im.base.clone(),
            http: im.http.clone(),
            row,
        }
    }

    /// A request with the token in its header.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base)).header("token", &self.token)
    }

    /// A JSON POST.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        answer(self.request(Method::POST, path).json(&body)).await
    }

    /// A GET.
    pub async fn get(&self, path: &str) -> Answer {
        answer(self.request(Method::GET, path)).await
    }

    /// An urlencoded POST.
    pub async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        answer(self.request(Method::POST, path).form(fields)).await
    }

    /// Sends a text to a user; the answer may be a refusal.
    pub async fn say(&self, to: &Person, text: &str) -> Answer {
        self.send(to.id, "single", text).await
    }

    /// Sends a text to a user (`single`) or a group (`group`).
    pub async fn send(&self, to: i64, chat_type: &str, text: &str) -> Answer {
        let data = json!({ "data": text, "dataType": false, "otherData": null });
        let body = json!({ "sendto_id": to, "chatType": chat_type, "type": "text", "data": data });
        self.post("/api/chat/socket/sendmessage", body).await
    }

    /// The number of this person's friend row for `friend`.
    pub async fn edge(&self, friend: &Person) -> i64 {
        let row = self.post(&format!("/api/chat/ismygoodfriend/{}", friend.id), json!({})).await.ok();
        row["id"].as_i64().unwrap()
    }

    /// Asks for what waits (#22).
    pub async fn drain(&self) {
        assert_eq!(self.post("/api/chat/chatGetmessageOffLine", json!({})).await.ok(), json!("ok"));
    }

    /// Opens a socket and reads past the welcome and the hints.
    pub async fn connect(&self) -> Socket {
        let url = format!("{}/ws?token={}", self.base.replacen("http", "ws", 1), self.token);
        let (stream, _) = tokio_tungstenite::connect_async(url).await.unwrap();
        let mut socket = Socket(stream);
        assert_eq!(socket.frame().await["type"], "system");
        // An answered heartbeat stands behind the hints, so they are read.
        socket.send(r#"{"type":"ping"}"#).await;
        while socket.frame().await["type"] != "pong" {}
        socket
    }
}

/// A real WebSocket.
pub struct Socket(pub WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// The next text frame as JSON. The server's own heartbeats are skipped: they come when they
    /// like. The library answers protocol pings meanwhile.
    #[track_caller]
    pub fn frame(&mut self) -> impl Future<Output = Value> + '_ {
        let place = std::panic::Location::caller();
        async move {
            loop {
                let next = tokio::time::timeout(PATIENCE, self.0.next()).await;
                match next.unwrap_or_else(|_| panic!("no frame came ({place})")) {
                    Some(Ok(Frame::Text(text))) if text == r#"{"type":"ping"}"# => {}
                    Some(Ok(Frame::Text(text))) => return serde_json::from_str(&text).unwrap(),
                    Some(Ok(Frame::Close(frame))) => panic!("closed: {frame:?} ({place})"),
                    Some(Ok(_)) => {}
                    other => panic!("the socket ended: {other:?} ({place})"),
                }
            }
        }
    }

    /// The message in the next push; heartbeats are skipped.
    #[track_caller]
    pub fn push(&mut self) -> impl Future<Output = Value> + '_ {
        let place = std::panic::Location::caller();
        async move {
            loop {
                let frame = self.frame().await;
                if frame["type"] == "ping" {
                    continue;
                }
                assert!(frame["type"] == "singleChat" && frame["timestamp"].is_i64(), "{frame} ({place})");
                return frame["data"].clone();
            }
        }
    }

    /// The text in the next push, whether its data is an object or JSON text.
    pub async fn text(&mut self) -> String {
        let push = self.push().await;
        said(&push)
    }

    /// Proves that nothing came: an answered heartbeat stands behind everything written before.
    pub async fn nothing(&mut self) {
        self.send(r#"{"type":"ping"}"#).await;
        let frame = self.frame().await;
        assert_eq!(frame["type"], "pong", "something came: {frame}");
    }

    /// Sends a text frame.
    pub async fn send(&mut self, text: &str) {
        self.0.send(Frame::text(text)).await.unwrap();
    }

    /// Waits for the end: the close code, or `None` when the connection went without a close frame.
    pub async fn end(&mut self) -> Option<u16> {
        loop {
            match tokio::time::timeout(PATIENCE, self.0.next()).await.expect("the socket stays open") {
                Some(Ok(Frame::Close(frame))) => return frame.map(|frame| frame.code.into()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }

    /// Closes once the server knows that everything arrived: an answered heartbeat stands behind
    /// the pongs. Nothing may be left to read.
    pub async fn leave(mut self) {
        self.nothing().await;
        self.close().await;
    }

    /// Closes and waits until the server has seen it.
    pub async fn close(mut self) {
        let _ = self.0.close(None).await;
        while let Some(Ok(_)) = self.0.next().await {}
    }
}

/// The text of a message, whether its data is an object or JSON text.
pub fn said(message: &Value) -> String {
    let data = match &message["data"] {
        Value::String(text) => serde_json::from_str(text).unwrap(),
        object => object.clone(),
    };
    data["data"].as_str().unwrap_or_default().to_owned()
}
