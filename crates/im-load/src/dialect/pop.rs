//! The pop dialect: forms, a session cookie or a server key, and the Pusher protocol.
use super::{Person, To};
use crate::{
    Result,
    people::each,
    wire::{
        http::{Http, form, request},
        ws::Socket,
    },
};
use serde_json::{Value, json};
use std::{net::SocketAddr, time::Duration};

/// The server key. A server under load must have it among its `HONGYAN_POP__API_KEYS`; those that this
/// program starts do.
pub const KEY: &str = "hongyan-load-on-loopback";
const PASSWORD: &str = "123456";
/// How often a socket says that it is alive. The server closes it after 90 s in which nothing came or went.
const BEAT: Duration = Duration::from_secs(55);

/// A call of the server key.
async fn call(http: &mut Http, path: &str, body: &Value) -> Result<Value> {
    http.send(&request("POST", path, &[("x-api-key", KEY)], &body.to_string())).await
}

/// Adds users. Those who are to write sign in, which costs another password hash.
pub async fn users(at: SocketAddr, count: usize, write: bool) -> Result<Vec<Person>> {
    let run: u32 = rand::random();
    each(at, count, async |http, n| {
        let name = format!("load{run:08x}{n:06}");
        let body = json!({ "username": &name, "nickname": &name, "password": PASSWORD });
        let id =
            call(http, "/api/user/add", &body).await?["uid"].as_i64().ok_or("a user without a number")?;
        if write { sign_in(http, id, &name).await } else { keyed_one(http, id).await }
    })
    .await
}

async fn sign_in(http: &mut Http, id: i64, name: &str) -> Result<Person> {
    let fields = [("username", name), ("password", PASSWORD)];
    let signed_in = http.send(&form("/h5/login/check", &[], &fields)).await?;
    let session = signed_in["token"].as_str().ok_or("no session after signing in")?.to_owned();
    let begin = http.send(&begin(&session)).await?;
    Ok(Person::pop(id, push_key(&begin)?, Some(session)))
}

/// The request with which a client begins: `pop/get`.
pub fn begin(session: &str) -> Vec<u8> {
    request("GET", "/h5/pop/get", &[("cookie", &cookie(session))], "")
}

/// These accounts, for whom the server key speaks.
pub async fn keyed(at: SocketAddr, accounts: Vec<i64>) -> Result<Vec<Person>> {
    each(at, accounts.len(), async |http, n| keyed_one(http, accounts[n]).await).await
}

async fn keyed_one(http: &mut Http, account: i64) -> Result<Person> {
    let begin = call(http, "/api/pop/get", &json!({ "login_uid": account })).await?;
    Ok(Person::pop(account, push_key(&begin)?, None))
}

/// The key under which a socket is the caller's, in what `pop/get` answers.
fn push_key(begin: &Value) -> Result<String> {
    let key = begin["setting"]["appkey"].as_str();
    key.map(str::to_owned).ok_or_else(|| "pop/get answers no appkey".into())
}

/// What a browser sends along.
fn cookie(session: &str) -> String {
    format!("PHPSID={session}")
}

/// The request of `message/send`.
pub fn letter(from: i64, session: Option<&str>, to: To, text: &str) -> Vec<u8> {
    let (kind, to) = match to {
        To::Person(id) => ("friend", id.to_string()),
        To::Conversation(id) => ("group", id.to_string()),
    };
    let fields = [("to", to.as_str()), ("type", kind), ("content", text)];
    match session {
        Some(session) => form("/h5/message/send", &[("cookie", &cookie(session))], &fields),
        None => {
            let from = from.to_string();
            let fields = [&[("login_uid", from.as_str())], &fields[..]].concat();
            form("/api/message/send", &[("x-api-key", KEY)], &fields)
        }
    }
}

/// Makes two people friends without asking.
pub async fn befriend(http: &mut Http, who: i64, friend: i64) -> Result<()> {
    call(http, "/api/friend/add", &json!({ "login_uid": who, "friend_uid": friend })).await.map(drop)
}

/// A group of an owner and the others; answers its number.
pub async fn group(at: SocketAddr, owner: i64, others: &[Person]) -> Result<i64> {
    let members: Vec<_> = others.iter().map(|other| other.id).collect();
    let body = json!({ "login_uid": owner, "groupname": "load", "members": members });
    let group = call(&mut Http::new(at, 0), "/api/group/create", &body).await?;
    let number = group["gid"].as_str().and_then(|gid| gid.parse().ok());
    number.ok_or_else(|| "the new group has no number".into())
}

/// Opens a socket and subscribes to the account's channel and to those of its groups.
pub async fn listen(at: SocketAddr, n: usize, key: &str, account: i64, groups: &[i64]) -> Result<Socket> {
    let mut socket = Socket::open(at, n, &format!("/app/{key}")).await?;
    let channels =
        [format!("user-{account}")].into_iter().chain(groups.iter().map(|gid| format!("group-{gid}")));
    let subscribe =
        |channel| json!({ "event": "pusher:subscribe", "data": { "channel": channel } }).to_string();
    let asked: Vec<_> = channels.map(subscribe).collect();
    socket.say(&asked).await?;
    let (mut granted, mut refused) = (0, None);
    while granted < asked.len() {
        let open = socket.read(|push| match event(push).as_deref() {
            Some("pusher_internal:subscription_succeeded") => granted += 1,
            Some("pusher:subscription_error" | "pusher:error") => {
                refused = Some(String::from_utf8_lossy(push).into_owned());
            }
            _ => {}
        });
        if !open.await? || refused.is_some() {
            return Err(format!("no subscription: {}", refused.unwrap_or_default()).into());
        }
    }
    socket.repeat(r#"{"event":"pusher:ping","data":{}}"#, BEAT);
    Ok(socket)
}

/// The name of the event that the server tells.
fn event(push: &[u8]) -> Option<String> {
    let push: Value = serde_json::from_slice(push).ok()?;
    push["event"].as_str().map(str::to_owned)
}
