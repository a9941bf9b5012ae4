//! People who use a server: they write, open sockets, and fetch what waits.
use crate::server::PATIENCE;
use futures_util::{SinkExt, StreamExt};
use parking_lot::RwLock;
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, tungstenite::Message as Frame};

/// Where the server listens; another port after each restart.
pub type Base = Arc<RwLock<String>>;

/// What became of a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// `{"msg": "ok", "data": …}`.
    Ok(Value),
    /// `{"msg": "fail", "data": "why"}` with this status.
    Fail(u16, String),
    /// The connection broke: it may have been done or not.
    Nothing,
}

impl Answer {
    /// Reads an answer. One that is neither complete nor cut off fails the test: a client can make
    /// nothing of it.
    pub async fn of(request: reqwest::RequestBuilder) -> Answer {
        let sent = async {
            let response = request.send().await?;
            Ok::<_, reqwest::Error>((response.status().as_u16(), response.bytes().await?))
        };
        let Ok((status, bytes)) = timeout(PATIENCE, sent).await.expect("a request hangs") else {
            return Answer::Nothing;
        };
        let text = String::from_utf8_lossy(&bytes);
        let body: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        match (status, body["msg"].as_str(), &body["data"]) {
            (200, Some("ok"), data) => Answer::Ok(data.clone()),
            (400.., Some("fail"), Value::String(why)) => Answer::Fail(status, why.clone()),
            _ => panic!("not in the envelope: {status} {text}"),
        }
    }

    /// The data of a success; anything else fails the test.
    #[track_caller]
    pub fn ok(self) -> Value {
        match self {
            Answer::Ok(data) => data,
            other => panic!("{other:?}"),
        }
    }
}

/// Where somebody writes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum To {
    /// An account.
    Person(i64),
    /// A group.
    Group(i64),
}

/// Somebody with a token.
#[derive(Clone)]
pub struct Person {
    pub id: i64,
    pub name: String,
    pub token: String,
    http: reqwest::Client,
    base: Base,
}

impl Person {
    /// Somebody out of the answer of a sign-in.
    pub fn new(name: &str, row: &Value, base: &Base, http: &reqwest::Client) -> Person {
        Person {
            id: row["id"].as_i64().unwrap(),
            name: name.into(),
            token: row["token"].as_str().unwrap().into(),
            base: base.clone(),
            http: http.clone(),
        }
    }

    /// The same person, who turns to another server.
    pub fn at(&self, base: &Base) -> Person {
        Person { base: base.clone(), ..self.clone() }
    }

    /// A request with the token in its header.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base.read())).header("token", &self.token)
    }

    /// A JSON POST.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.request(Method::POST, path).json(&body)).await
    }

    /// Sends a text.
    pub async fn send(&self, to: To, text: &str) -> Answer {
        let (id, chat_type) = match to {
            To::Person(id) => (id, "single"),
            To::Group(id) => (id, "group"),
        };
        let data = json!({ "data": text, "dataType": false, "otherData": null });
        let body = json!({ "sendto_id": id, "chatType": chat_type, "type": "text", "data": data });
        self.post("/api/chat/socket/sendmessage", body).await
    }

    /// Makes a friend.
    pub async fn befriend(&self, other: &Person) {
        self.post("/api/chat/autoAddFriendAndAgree", json!({ "friend_id": other.id })).await.ok();
    }

    /// Makes a group of oneself and these, who become friends.
    pub async fn group(&self, others: &[&Person]) -> To {
        let mut edges = Vec::new();
        for other in others {
            self.befriend(other).await;
            let path = format!("/api/chat/ismygoodfriend/{}", other.id);
            edges.push(self.post(&path, json!({})).await.ok()["id"].clone());
        }
        self.post("/api/chat/group/create", json!({ "userIds": edges })).await.ok();
        let groups = Answer::of(self.request(Method::GET, "/api/chat/grouplist/1")).await.ok();
        To::Group(groups[0]["id"].as_i64().unwrap())
    }

    /// Asks for what waits (#22); it comes over the socket.
    pub async fn pull(&self) {
        self.post("/api/chat/chatGetmessageOffLine", json!({})).await.ok();
    }

    /// Opens a socket and reads the welcome.
    pub async fn connect(&self) -> Socket {
        let url = format!("{}/ws?token={}", self.base.read().replacen("http", "ws", 1), self.token);
        let opened = timeout(PATIENCE, tokio_tungstenite::connect_async(url)).await;
        let (stream, _) = opened.expect("the handshake hangs").unwrap();
        let mut socket = Socket(stream);
        let welcome = socket.frame().await.expect("a welcome");
        assert_eq!(welcome["type"], "system", "{welcome}");
        socket
    }
}

/// A real WebSocket. Protocol Pings are answered while somebody reads.
pub struct Socket(pub WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// The next text frame but heartbeats; `None` when the connection ended.
    pub async fn frame(&mut self) -> Option<Value> {
        loop {
            match self.0.next().await? {
                Ok(Frame::Text(text)) if text == r#"{"type":"ping"}"# => {}
                Ok(Frame::Text(text)) => return Some(serde_json::from_str(&text).unwrap()),
                Ok(Frame::Close(frame)) => panic!("closed: {frame:?}"),
                Ok(_) => {}
                Err(_) => return None,
            }
        }
    }

    /// The message of the next push that somebody said, skipping notices; `None` at the end.
    pub async fn said(&mut self) -> Option<Said> {
        loop {
            let frame = self.frame().await?;
            let message = &frame["data"];
            let content = message["data"].as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
            let text = content.as_ref().and_then(|content| content["data"].as_str());
            if let (Some(from), Some(text)) = (message["from_id"].as_i64(), text) {
                return Some(Said { from, text: text.to_owned() });
            }
        }
    }

    /// Leaves once the server knows what arrived: its answer to a heartbeat stands behind the Pings, so
    /// they are answered.
    pub async fn leave(mut self) {
        self.send(r#"{"type":"ping"}"#).await;
        while self.frame().await.expect("the socket ended")["type"] != "pong" {}
        let _ = self.0.close(None).await;
        while let Some(Ok(_)) = self.0.next().await {}
    }

    /// Sends a text frame.
    pub async fn send(&mut self, text: &str) {
        self.0.send(Frame::text(text)).await.unwrap();
    }
}

/// A message as a client sees it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Said {
    pub from: i64,
    pub text: String,
}
