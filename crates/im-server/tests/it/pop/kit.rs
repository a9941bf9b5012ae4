//! People of the pop dialect, server keys, and sockets of the push service.
pub use crate::kit::{Answer, Im, PATIENCE, answer};
use futures_util::{SinkExt, StreamExt};
use im_server::Settings;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use std::{
    ops::Deref,
    sync::{Arc, Mutex},
    time::Duration,
};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream,
    tungstenite::{Message as Frame, client::IntoClientRequest},
};

/// The server key of the tests, with every scope.
pub const KEY: &str = "5b1d3f0c9a7e4b62a8f1c4d7e9035b2c";
/// The host in the addresses of uploaded files.
pub const HOST: &str = "im.test";
/// Everybody's password.
pub const PASSWORD: &str = "123456";
pub const LOGIN: &str = "请登录";
pub const MISSING: &str = "缺少参数";
pub const BAD: &str = "参数非法";
pub const ILLEGAL: &str = "非法请求";
pub const NO_ROW: &str = "记录不存在";
pub const NOBODY: &str = "用户不存在";
pub const OFTEN: &str = "请求过于频繁";
pub const NO_MESSAGE: &str = "消息不存在";
pub const AVATAR: &str = "/static/img/avatar.jpg";

/// Parameters of a call.
pub type Form = Vec<(String, String)>;

macro_rules! form {
    ($($key:tt : $value:expr),* $(,)?) => {
        vec![$(($key.to_string(), $value.to_string())),*] as $crate::pop::kit::Form
    };
}
pub(crate) use form;

/// What the server says to a pop client.
#[derive(Debug, Clone)]
pub struct Reply(pub Answer);

impl Deref for Reply {
    type Target = Answer;
    fn deref(&self) -> &Answer {
        &self.0
    }
}

impl Reply {
    /// Checks what every JSON answer has in common (§1.1).
    #[track_caller]
    pub fn envelope(&self, status: u16) {
        let header = |name| self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        assert_eq!(self.status, status, "{}", self.shown());
        assert_eq!(header("content-type"), "application/json;charset=utf-8", "{}", self.shown());
        assert_eq!(header("cache-control"), "no-store", "{}", self.shown());
        let keys: Vec<_> = self.body.as_object().map(|o| o.keys().cloned().collect()).unwrap_or_default();
        assert_eq!(keys.len(), 3, "code, msg and data: {}", self.shown());
        assert!(self.body["code"].is_i64() && self.body["msg"].is_string(), "{}", self.shown());
        assert!(self.body.get("data").is_some_and(|data| !data.is_null()), "{}", self.shown());
    }

    /// The `data` of a success; anything else fails the test.
    #[track_caller]
    pub fn ok(self) -> Value {
        self.envelope(200);
        assert_eq!((&self.body["code"], &self.body["msg"]), (&json!(0), &json!("ok")), "{}", self.body);
        self.body["data"].clone()
    }

    /// Checks a success that has nothing to return.
    #[track_caller]
    pub fn done(self) {
        self.says(0, "ok");
    }

    /// Checks a failure.
    #[track_caller]
    pub fn fails(&self, code: i64, text: &str) {
        assert_ne!(code, 0);
        self.says(code, text);
    }

    /// Checks code and text of an answer without data.
    #[track_caller]
    pub fn says(&self, code: i64, text: &str) {
        self.envelope(200);
        assert_eq!(self.body, json!({ "code": code, "msg": text, "data": [] }));
    }

    /// Checks that there is no such action.
    #[track_caller]
    pub fn unknown(&self) {
        self.envelope(404);
        assert_eq!(self.body, json!({ "code": 404, "msg": "接口不存在", "data": [] }));
    }

    pub fn code(&self) -> i64 {
        self.body["code"].as_i64().unwrap_or(i64::MIN)
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    fn shown(&self) -> String {
        format!("{} {:?}", self.status, String::from_utf8_lossy(&self.bytes))
    }

    /// `NAME=VALUE` of each cookie that is set, with its attributes in lower case.
    pub fn cookies(&self) -> Vec<(String, Vec<String>)> {
        let lines = self.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
        lines
            .map(|line| {
                let mut parts = line.split(';').map(|part| part.trim().to_owned());
                (parts.next().unwrap_or_default(), parts.map(|part| part.to_lowercase()).collect())
            })
            .collect()
    }
}

/// Sends a pop call: `GET` has its parameters in the address, `POST` in the body.
pub async fn call(request: RequestBuilder, method: &Method, fields: &Form) -> Reply {
    Reply(answer(if *method == Method::GET { request.query(fields) } else { request.form(fields) }).await)
}

/// `action` below `family`, unless it is a path already.
fn path(family: &str, action: &str) -> String {
    if action.starts_with('/') { action.to_owned() } else { format!("/{family}/{action}") }
}

/// A server for pop tests: it has a key, and a host for its files; limits are off.
pub async fn start() -> Im {
    with(|_| {}).await
}

/// The same with some settings changed.
pub async fn with(change: impl FnOnce(&mut Settings)) -> Im {
    configured("", change).await
}

/// The same with these lines of a settings file.
pub async fn configured(file: &str, change: impl FnOnce(&mut Settings)) -> Im {
    Im::configured(file, |settings| {
        settings.pop.api_keys = vec![KEY.into()];
        settings.pop.public_host = HOST.into();
        change(settings);
    })
    .await
}

impl Im {
    /// The integration that holds [`KEY`].
    pub fn key(&self) -> Key {
        self.holding(KEY)
    }

    /// Somebody who holds this key.
    pub fn holding(&self, key: &str) -> Key {
        Key { key: key.to_owned(), base: self.base.clone(), http: self.http.clone() }
    }

    /// A call on `/api` of somebody without any credential.
    pub async fn nobody(&self, method: Method, action: &str, fields: Form) -> Reply {
        call(self.request(method.clone(), &path("api", action)), &method, &fields).await
    }

    /// A user who is signed in: `tom`, called `Tom`.
    pub async fn pop(&self, username: &str) -> Pop {
        let mut nickname = username.to_owned();
        nickname[..1].make_ascii_uppercase();
        self.called(username, &nickname).await
    }

    /// A user who is signed in, with a nickname.
    pub async fn called(&self, username: &str, nickname: &str) -> Pop {
        self.account(username, nickname).await;
        self.sign_in(username, PASSWORD).await
    }

    /// A user who is not signed in; its uid.
    pub async fn account(&self, username: &str, nickname: &str) -> i64 {
        let fields = form! { "username": username, "nickname": nickname, "password": PASSWORD };
        self.key().post("user/add", fields).await.ok()["uid"].as_i64().unwrap()
    }

    /// Signs a user in, on one more device.
    pub async fn sign_in(&self, username: &str, password: &str) -> Pop {
        let mut pop = Pop::stranger(self);
        let fields = form! { "username": username, "password": password };
        let reply = pop.post("login/check", fields).await;
        let data = reply.clone().ok();
        pop.uid = data["uid"].as_i64().unwrap();
        pop.token = data["token"].as_str().unwrap().to_owned();
        pop.name = username.to_owned();
        pop
    }

    /// The same person after a restart: the server has another port.
    pub fn moved(&self, pop: &Pop) -> Pop {
        Pop { base: self.base.clone(), ..pop.clone() }
    }

    /// Makes all of these friends of the first.
    pub async fn pals(&self, people: &[&Pop]) {
        for other in &people[1..] {
            let fields = form! { "login_uid": people[0].uid, "friend_uid": other.uid };
            let reply = self.key().post("friend/add", fields).await;
            assert_eq!(reply.code(), 0, "{}", reply.body); // they may be friends already
        }
    }

    /// A group that the first makes with all the others, who become its friends. Its gid.
    pub async fn circle(&self, people: &[&Pop]) -> i64 {
        self.pals(people).await;
        let mut fields = Form::new();
        for other in &people[1..] {
            fields.push(("members[]".into(), other.uid.to_string()));
        }
        let made = people[0].post("group/create", fields).await.ok();
        made["gid"].as_str().unwrap().parse().unwrap()
    }

    /// Flips switches (§3.8).
    pub async fn switch(&self, fields: Form) {
        self.key().post("pop/setsetting", fields).await.done();
    }

    /// Disables an account, or lets it in again.
    pub async fn state(&self, uid: i64, state: &str) {
        let fields = form! { "login_uid": uid, "account_state": state };
        self.key().post("user/update", fields).await.done();
    }

    /// Makes somebody a merchant, or not.
    pub async fn member(&self, pop: &Pop, on: bool) {
        let fields = form! { "uid": pop.uid, "is_member": i64::from(on) };
        self.key().post("user/setmember", fields).await.done();
    }

    /// Now in seconds.
    pub fn seconds(&self) -> i64 {
        self.now() / 1_000
    }
}

/// Who holds a server key.
pub struct Key {
    key: String,
    base: String,
    http: reqwest::Client,
}

impl Key {
    pub fn request(&self, method: Method, action: &str) -> RequestBuilder {
        let path = path("api", action);
        self.http.request(method, format!("{}{path}", self.base)).header("X-Api-Key", &self.key)
    }

    pub async fn post(&self, action: &str, fields: Form) -> Reply {
        call(self.request(Method::POST, action), &Method::POST, &fields).await
    }

    pub async fn get(&self, action: &str, fields: Form) -> Reply {
        call(self.request(Method::GET, action), &Method::GET, &fields).await
    }
}

/// Somebody with a browser: the cookie that was set last is sent back.
#[derive(Clone)]
pub struct Pop {
    pub uid: i64,
    pub name: String,
    pub token: String,
    base: String,
    http: reqwest::Client,
    jar: Arc<Mutex<String>>,
}

impl Pop {
    /// A browser that has not been here yet.
    pub fn stranger(im: &Im) -> Pop {
        let (uid, name, token) = (0, String::new(), String::new());
        Pop { uid, name, token, base: im.base.clone(), http: im.http.clone(), jar: Arc::default() }
    }

    /// The cookie, as `NAME=VALUE`; empty when none was set.
    pub fn cookie(&self) -> String {
        self.jar.lock().unwrap().clone()
    }

    /// The same person in another browser that holds a copy of the cookie.
    pub fn copy(&self) -> Pop {
        Pop { jar: Arc::new(Mutex::new(self.cookie())), ..self.clone() }
    }

    pub fn request(&self, method: Method, action: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{}", self.base, path("web", action)));
        let cookie = self.cookie();
        if cookie.is_empty() { request } else { request.header("Cookie", cookie) }
    }

    pub async fn post(&self, action: &str, fields: Form) -> Reply {
        self.call(Method::POST, action, fields).await
    }

    pub async fn get(&self, action: &str, fields: Form) -> Reply {
        self.call(Method::GET, action, fields).await
    }

    pub async fn call(&self, method: Method, action: &str, fields: Form) -> Reply {
        let reply = call(self.request(method.clone(), action), &method, &fields).await;
        self.keep(&reply);
        reply
    }

    fn keep(&self, reply: &Reply) {
        if let Some((cookie, _)) = reply.cookies().into_iter().next_back() {
            *self.jar.lock().unwrap() = cookie;
        }
    }

    /// Writes to a person; the answer may be a refusal.
    pub async fn say(&self, to: &Pop, content: &str) -> Reply {
        self.post("message/send", form! { "to": to.uid, "type": "friend", "content": content }).await
    }

    /// Writes to a group; the answer may be a refusal.
    pub async fn shout(&self, gid: i64, content: &str) -> Reply {
        self.post("message/send", form! { "to": gid, "type": "group", "content": content }).await
    }

    /// The history with a person.
    pub async fn with(&self, other: &Pop) -> Vec<Value> {
        self.history("friend", other.uid).await
    }

    /// The history of a conversation, which is not marked read by it.
    pub async fn history(&self, kind: &str, id: i64) -> Vec<Value> {
        let fields = form! { "type": kind, "id": id, "limit": 100, "mid": 1_000_000_000_000_i64 };
        self.get("message/get", fields).await.ok().as_array().unwrap().clone()
    }

    /// How much is unread.
    pub async fn unread(&self, kind: &str, id: i64) -> i64 {
        self.get("message/unreadcount", form! { "type": kind, "id": id }).await.ok().as_i64().unwrap()
    }

    /// Asks for friendship and finds the number of the request as the other one sees it.
    pub async fn applies(&self, to: &Pop) -> i64 {
        self.post("friend/apply", form! { "friend_uid": to.uid }).await.done();
        to.get("friend/applylist", form! {}).await.ok()[0]["nid"].as_i64().unwrap()
    }

    /// The overview.
    pub async fn overview(&self) -> Value {
        self.get("pop/get", form! {}).await.ok()
    }

    /// The app key of this session.
    pub async fn appkey(&self) -> String {
        self.overview().await["setting"]["appkey"].as_str().unwrap().to_owned()
    }

    /// A socket of this session that listens to its own channel.
    pub async fn listen(&self) -> Push {
        let mut push = self.push().await;
        push.subscribe(&format!("user-{}", self.uid)).await;
        push
    }

    /// A socket of this session that listens to its own channel and to this group.
    pub async fn listen_to(&self, gid: i64) -> Push {
        let mut push = self.listen().await;
        push.subscribe(&format!("group-{gid}")).await;
        push
    }

    /// A socket of this session that listens to nothing yet.
    pub async fn push(&self) -> Push {
        Push::open(&self.base, &self.appkey().await).await
    }
}

/// The mid that a send answered.
#[track_caller]
pub fn mid(reply: Reply) -> i64 {
    reply.ok()["mid"].as_i64().unwrap()
}

/// The contents of messages.
pub fn contents(messages: &[Value]) -> Vec<&str> {
    messages.iter().map(|message| message["content"].as_str().unwrap()).collect()
}

/// Text as it stands on the wire (§1.6).
pub fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#039;")
}

/// What only the fence of [`Push::nothing`] says.
const FENCE: &str = "fence-";
/// What friends hear by the way: skipped unless a test waits for it.
const ASIDE: [&str; 2] = ["userState", "read"];

/// A real WebSocket of the push service.
pub struct Push {
    pub ws: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub id: String,
    base: String,
}

/// An event as it came.
#[derive(Debug, Clone, PartialEq)]
pub struct Pushed {
    pub event: String,
    pub channel: String,
    pub data: Value,
}

impl Push {
    /// Connects as the plugin client does, and reads the welcome.
    pub async fn open(base: &str, appkey: &str) -> Push {
        Push::knock(base, &format!("/app/{appkey}"), &[]).await.unwrap()
    }

    /// Connects to a path with headers; the close code when the server does not want it.
    pub async fn knock(base: &str, path: &str, headers: &[(&'static str, &str)]) -> Result<Push, u16> {
        let url = format!("{}{path}", base.replacen("http", "ws", 1));
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let (ws, _) = match tokio_tungstenite::connect_async(request).await {
            Ok(opened) => opened,
            Err(tokio_tungstenite::tungstenite::Error::Http(answer)) => return Err(answer.status().as_u16()),
            Err(e) => panic!("{path}: {e}"),
        };
        let mut push = Push { ws, id: String::new(), base: base.to_owned() };
        let first = match push.frame().await {
            Ok(first) => first,
            Err(code) => return Err(code),
        };
        if first["event"] == "pusher:error" {
            let code = push.closed().await;
            assert_eq!(first["data"]["code"], json!(code), "{first}");
            return Err(code);
        }
        assert_eq!(first["event"], "pusher:connection_established", "{first}");
        let data: Value = serde_json::from_str(first["data"].as_str().unwrap()).unwrap();
        assert_eq!(data["activity_timeout"], 55, "{data}");
        push.id = data["socket_id"].as_str().unwrap().to_owned();
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        assert!(push.id.split_once('.').is_some_and(|(a, b)| digits(a) && digits(b)), "{}", push.id);
        Ok(push)
    }

    /// The next frame as it stands on the wire, or the close code.
    pub async fn frame(&mut self) -> Result<Value, u16> {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.ws.next()).await;
            match next.expect("no frame came") {
                Some(Ok(Frame::Text(text))) => {
                    let frame: Value = serde_json::from_str(&text).unwrap();
                    let error = frame["event"] == "pusher:error";
                    let data = &frame["data"];
                    assert!(if error { data.is_object() } else { data.is_string() }, "{frame}");
                    return Ok(frame);
                }
                Some(Ok(Frame::Close(Some(frame)))) => return Err(frame.code.into()),
                Some(Ok(Frame::Ping(_) | Frame::Pong(_))) => {}
                other => panic!("the socket ended: {other:?}"),
            }
        }
    }

    /// Sends a frame.
    pub async fn send(&mut self, frame: Value) {
        self.ws.send(Frame::text(frame.to_string())).await.unwrap();
    }

    /// Sends a frame and reads the next one.
    pub async fn ask(&mut self, frame: Value) -> Value {
        self.send(frame).await;
        self.frame().await.unwrap()
    }

    /// Asks for a channel and reads the answer; `extra` goes into the data of the frame.
    pub async fn wants(&mut self, channel: &str, extra: Value) -> Value {
        let mut data = json!({ "channel": channel });
        for (key, value) in extra.as_object().into_iter().flatten() {
            data[key] = value.clone();
        }
        self.send(json!({ "event": "pusher:subscribe", "data": data })).await;
        loop {
            let frame = self.frame().await.unwrap();
            let event = frame["event"].as_str().unwrap();
            if event.starts_with("pusher_internal:sub") || event.starts_with("pusher:") {
                return frame;
            }
        }
    }

    /// Subscribes, which must succeed.
    pub async fn subscribe(&mut self, channel: &str) {
        let expected =
            json!({ "event": "pusher_internal:subscription_succeeded", "data": "{}", "channel": channel });
        assert_eq!(self.wants(channel, json!({})).await, expected);
    }

    /// Subscribes, which must be refused.
    pub async fn refused(&mut self, channel: &str, extra: Value) {
        let frame = self.wants(channel, extra).await;
        let data = json!({ "type": "AuthError", "error": "Forbidden", "status": 403 });
        assert_eq!(
            (&frame["event"], &frame["channel"]),
            (&json!("pusher:subscription_error"), &json!(channel))
        );
        assert_eq!(serde_json::from_str::<Value>(frame["data"].as_str().unwrap()).unwrap(), data);
    }

    /// The next event of any kind but those of the fence.
    pub async fn any(&mut self) -> Pushed {
        loop {
            let frame = self.frame().await.unwrap_or_else(|code| panic!("closed with {code}"));
            let pushed = Pushed {
                event: frame["event"].as_str().unwrap().to_owned(),
                channel: frame["channel"].as_str().unwrap_or_default().to_owned(),
                data: serde_json::from_str(frame["data"].as_str().unwrap_or("null")).unwrap(),
            };
            let fence = pushed.data["app_name"].as_str().is_some_and(|name| name.starts_with(FENCE));
            if !fence {
                return pushed;
            }
        }
    }

    /// The next event, which must be this one on this channel; its data.
    #[track_caller]
    pub fn event(&mut self, event: &str, channel: &str) -> impl Future<Output = Value> {
        let place = std::panic::Location::caller();
        async move {
            loop {
                let pushed = self.any().await;
                if pushed.event == event && pushed.channel == channel {
                    return pushed.data;
                }
                let aside = ASIDE.contains(&pushed.event.as_str());
                assert!(aside, "{event} on {channel} should have come, not {pushed:?} ({place})");
            }
        }
    }

    /// The content of the next event, which must be a message on this channel.
    #[track_caller]
    pub fn said(&mut self, channel: &str) -> impl Future<Output = String> {
        let event = self.event("message", channel);
        async move { event.await["content"].as_str().unwrap().to_owned() }
    }

    /// Proves that nothing came: an event to everybody stands behind everything that was told before.
    #[track_caller]
    pub fn nothing<'a>(&'a mut self, im: &'a Im) -> impl Future<Output = ()> + 'a {
        let place = std::panic::Location::caller();
        async move {
            assert_eq!(self.base, im.base, "another server");
            self.send(json!({ "event": "pusher:subscribe", "data": { "channel": "global" } })).await;
            let name = format!("{FENCE}{}", uuid::Uuid::new_v4().simple());
            // Told only once the subscription stands, so that it is heard.
            let mut told = false;
            loop {
                let frame = self.frame().await.unwrap_or_else(|code| panic!("closed with {code} ({place})"));
                let data: Value = serde_json::from_str(frame["data"].as_str().unwrap_or("null")).unwrap();
                match frame["event"].as_str().unwrap() {
                    "pusher_internal:subscription_succeeded" if !told && frame["channel"] == "global" => {
                        told = true;
                        im.switch(form! { "app_name": name }).await;
                    }
                    "settingChange" if data["app_name"] == name.as_str() => return,
                    "settingChange" => {}
                    event if ASIDE.contains(&event) => {}
                    _ => panic!("something came: {frame} ({place})"),
                }
            }
        }
    }

    /// Waits for the end: the close code.
    pub async fn closed(&mut self) -> u16 {
        loop {
            if let Err(code) = self.frame().await {
                return code;
            }
        }
    }

    /// Goes away and waits until the server has seen it.
    pub async fn close(mut self) {
        let _ = self.ws.close(None).await;
        let _ = tokio::time::timeout(Duration::from_secs(5), async {
            while let Some(Ok(_)) = self.ws.next().await {}
        })
        .await;
    }
}

/// A server that sends its SMS into a file.
pub struct Sms {
    pub im: Im,
    dir: TempDir,
}

impl Sms {
    pub async fn start(change: impl FnOnce(&mut Settings)) -> Sms {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("sms.txt");
        let lines = format!("[sms]\nprovider = \"file\"\nfile = {:?}\n", file.to_str().unwrap());
        Sms { im: configured(&lines, change).await, dir }
    }

    /// The codes that were sent to this phone, oldest first.
    pub fn codes(&self, phone: &str) -> Vec<String> {
        let text = std::fs::read_to_string(self.dir.path().join("sms.txt")).unwrap_or_default();
        let of_phone = text.lines().filter(|line| line.contains(phone));
        let code = |line: &str| {
            let mut runs = line.split(|c: char| !c.is_ascii_digit()).filter(|run| run.len() == 6);
            runs.next_back().expect("a code of six digits").to_owned()
        };
        of_phone.map(code).collect()
    }

    /// The codes that were sent to this phone, once there are so many: they are sent behind the answer.
    pub async fn sent(&self, phone: &str, count: usize) -> Vec<String> {
        let there = async {
            while self.codes(phone).len() < count {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, there).await.expect("a code was sent");
        self.codes(phone)
    }

    /// Waits until what was asked for before is sent, or is not: behind it a code goes to a phone of its own.
    pub async fn settle(&self) {
        const FENCE: &str = "13999999999";
        self.im.pass(61_000);
        self.code(FENCE, "register").await;
    }

    /// Asks for a code and reads it from the file.
    pub async fn code(&self, phone: &str, kind: &str) -> String {
        let before = self.codes(phone).len();
        self.ask(phone, kind).await.done();
        self.sent(phone, before + 1).await.pop().unwrap()
    }

    /// Asks for a code.
    pub async fn ask(&self, phone: &str, kind: &str) -> Reply {
        let fields = form! { "phone": phone, "type": kind };
        self.im.nobody(Method::POST, "/web/service/send_sms", fields).await
    }

    /// Registers somebody with a phone.
    pub async fn join(&self, username: &str, phone: &str) -> i64 {
        let code = self.code(phone, "register").await;
        let fields = form! {
            "username": username, "nickname": username, "password": PASSWORD, "phone": phone, "code": code,
        };
        let reply = self.im.nobody(Method::POST, "/web/login/join", fields).await;
        reply.ok()["uid"].as_i64().unwrap()
    }
}
