//! A socket of the native API.
use super::kit::{Im, Native, PATIENCE};
use futures_util::{SinkExt, StreamExt};
use im_core::{AccountId, Audience, Change, Event};
use serde_json::{Value, json};
use std::{
    collections::VecDeque,
    panic::Location,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message as Frame};

/// Numbers of frames, and of the marks that stand behind everything.
static NUMBERS: AtomicI64 = AtomicI64::new(1);

/// An open socket.
pub struct Wire {
    pub stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Whose it is; 0 before the welcome.
    pub account: i64,
    /// Frames that came before an answer that was waited for.
    aside: VecDeque<Value>,
}

impl Im {
    /// A socket on which nothing was said yet.
    pub async fn wire(&self) -> Wire {
        Wire::open(&format!("{}/v1/socket", self.base.replacen("http", "ws", 1))).await
    }

    /// A socket that was welcomed with this token.
    pub async fn welcomed(&self, token: &str) -> Wire {
        let mut wire = self.wire().await;
        wire.hello(token).await;
        wire
    }

    /// The socket of one more device of somebody.
    pub async fn connect(&self, who: &Native) -> Wire {
        self.welcomed(&who.token).await
    }
}

impl Wire {
    /// Connects to an address, which may be that of a proxy.
    pub async fn open(url: &str) -> Wire {
        let (stream, response) = connect_async(url).await.unwrap();
        assert_eq!(response.status(), 101);
        Wire { stream, account: 0, aside: VecDeque::new() }
    }

    /// Says hello, and returns the welcome.
    #[track_caller]
    pub fn hello(&mut self, token: &str) -> impl Future<Output = Value> {
        let (place, token) = (Location::caller(), token.to_owned());
        async move {
            self.send(json!({ "type": "hello", "token": token })).await;
            let welcome = self.frame().await;
            assert_eq!(welcome["type"], "welcome", "{welcome} ({place})");
            self.account = welcome["account"].as_i64().unwrap();
            welcome
        }
    }

    /// Sends a frame.
    pub async fn send(&mut self, frame: Value) {
        self.text(&frame.to_string()).await;
    }

    /// Sends a text, whatever it is.
    pub async fn text(&mut self, text: &str) {
        self.stream.send(Frame::text(text)).await.unwrap();
    }

    /// The next frame.
    #[track_caller]
    pub fn frame(&mut self) -> impl Future<Output = Value> {
        let place = Location::caller();
        async move {
            match self.aside.pop_front() {
                Some(frame) => frame,
                None => self.read(place).await,
            }
        }
    }

    async fn read(&mut self, place: &Location<'_>) -> Value {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.stream.next()).await;
            match next.unwrap_or_else(|_| panic!("no frame came ({place})")) {
                Some(Ok(Frame::Text(text))) => return serde_json::from_str(&text).unwrap(),
                Some(Ok(Frame::Close(frame))) => panic!("closed: {frame:?} ({place})"),
                Some(Ok(_)) => {}
                other => panic!("the socket ended: {other:?} ({place})"),
            }
        }
    }

    /// The next frame of this type; those before it are dropped.
    #[track_caller]
    pub fn next(&mut self, kind: &'static str) -> impl Future<Output = Value> {
        let place = Location::caller();
        async move {
            loop {
                let frame = match self.aside.pop_front() {
                    Some(frame) => frame,
                    None => self.read(place).await,
                };
                if frame["type"] == kind {
                    return frame;
                }
            }
        }
    }

    /// The next entry that is told; frames before it are dropped.
    #[track_caller]
    pub fn entry(&mut self) -> impl Future<Output = Value> {
        let next = self.next("entry");
        async move { next.await["entry"].take() }
    }

    /// Asks something, and returns what answers it; what comes meanwhile comes later.
    #[track_caller]
    pub fn ask(&mut self, mut frame: Value) -> impl Future<Output = Value> {
        let (place, id) = (Location::caller(), number());
        frame["id"] = json!(id);
        async move {
            self.send(frame).await;
            loop {
                let frame = self.read(place).await;
                if frame["id"] == id && frame["type"] != "request" {
                    return frame;
                }
                self.aside.push_back(frame);
            }
        }
    }

    /// Asks something that is answered with this type.
    #[track_caller]
    pub fn asks(&mut self, frame: Value, kind: &'static str) -> impl Future<Output = Value> {
        let (place, asked) = (Location::caller(), self.ask(frame));
        async move {
            let answer = asked.await;
            assert_eq!(answer["type"], kind, "{answer} ({place})");
            answer
        }
    }

    /// Asks something that is refused with this code.
    #[track_caller]
    pub fn refused(&mut self, frame: Value, code: &'static str) -> impl Future<Output = Value> {
        let (place, asked) = (Location::caller(), self.ask(frame));
        async move {
            let answer = asked.await;
            assert_eq!(
                (&answer["type"], &answer["code"]),
                (&json!("problem"), &json!(code)),
                "{answer} ({place})"
            );
            answer
        }
    }

    /// Says a text in a conversation, and returns the answer.
    #[track_caller]
    pub fn say(&mut self, conversation: i64, text: &str) -> impl Future<Output = Value> {
        let client_id = format!("w{}", number());
        let body = json!({ "type": "text", "text": text });
        self.asks(
            json!({ "type": "send", "conversation": conversation, "client_id": client_id, "body": body }),
            "sent",
        )
    }

    /// Everything that came and comes, up to a mark that stands behind all that happened before.
    #[track_caller]
    pub fn rest(&mut self, im: &Im) -> impl Future<Output = Vec<Value>> {
        let (place, mark, account) = (Location::caller(), -number(), AccountId(self.account));
        let change = Change::Request { id: mark, from: account, to: account };
        im.app().bus.publish(Event::Changed(Audience::Accounts(vec![account]), Arc::new(change)));
        async move {
            let mut all: Vec<_> = self.aside.drain(..).collect();
            loop {
                let frame = self.read(place).await;
                if frame["type"] == "request" && frame["id"] == mark {
                    // Marks of other sockets of the account are heard here as well.
                    all.retain(|frame| frame["id"].as_i64().is_none_or(|id| id >= 0));
                    return all;
                }
                all.push(frame);
            }
        }
    }

    /// Proves that nothing came but what was read.
    #[track_caller]
    pub fn nothing(&mut self, im: &Im) -> impl Future<Output = ()> {
        let (place, rest) = (Location::caller(), self.rest(im));
        async move {
            let rest = rest.await;
            assert!(rest.is_empty(), "something came: {rest:?} ({place})");
        }
    }

    /// Waits for the end: the close code, or `None` when the connection went without a close frame.
    pub async fn end(&mut self) -> Option<u16> {
        loop {
            match tokio::time::timeout(PATIENCE, self.stream.next()).await.expect("the socket stays open") {
                Some(Ok(Frame::Close(frame))) => return frame.map(|frame| frame.code.into()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }

    /// Closes and waits until the server has seen it.
    pub async fn close(mut self) {
        let _ = self.stream.close(None).await;
        while let Ok(Some(Ok(_))) = tokio::time::timeout(Duration::from_secs(5), self.stream.next()).await {}
    }
}

fn number() -> i64 {
    NUMBERS.fetch_add(1, Ordering::Relaxed)
}
