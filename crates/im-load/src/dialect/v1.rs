//! The native API: a bearer token, JSON, and one socket to write and to listen.
use super::{Person, To};
use crate::{
    Result,
    people::each,
    wire::{
        http::{Http, request},
        ws::Socket,
    },
};
use serde_json::{Value, json};
use std::net::SocketAddr;

async fn call(http: &mut Http, method: &str, path: &str, token: &str, body: &Value) -> Result<Value> {
    let bearer = if token.is_empty() { String::new() } else { format!("Bearer {token}") };
    let body = if body.is_null() { String::new() } else { body.to_string() };
    http.call(&request(method, path, &[("authorization", &bearer)], &body)).await
}

fn person(signed: &Value) -> Result<Person> {
    let id = signed["account"]["id"].as_i64();
    let token = signed["access_token"].as_str().map(str::to_owned);
    let (id, token) = id.zip(token).ok_or_else(|| format!("nobody signed in: {signed}"))?;
    Ok(Person::v1(id, token))
}

/// Registers users who take everybody for a friend.
pub async fn users(at: SocketAddr, count: usize) -> Result<Vec<Person>> {
    let run: u32 = rand::random();
    each(at, count, async |http, n| {
        let body = json!({ "username": format!("load{run:08x}{n:06}"), "password": "123456" });
        let signed = call(http, "POST", "/v1/accounts", "", &body).await?;
        let token = signed["access_token"].as_str().unwrap_or_default();
        call(http, "PATCH", "/v1/me/privacy", token, &json!({ "approve_friends": false })).await?;
        person(&signed)
    })
    .await
}

/// Signs visitors in, each with a secret of its own.
pub async fn visitors(at: SocketAddr, count: usize) -> Result<Vec<Person>> {
    let run: u64 = rand::random();
    each(at, count, async |http, n| {
        let body = json!({ "device_secret": format!("{run:016x}-{n:016x}") });
        person(&call(http, "POST", "/v1/visitors", "", &body).await?)
    })
    .await
}

/// What is said on the socket, up to its number. The first word of the text names the message.
pub fn letter(to: To, text: &str) -> Vec<u8> {
    let (To::Person(conversation) | To::Conversation(conversation)) = to;
    let client_id = text.split(' ').next().unwrap_or_default();
    let body = json!({ "type": "text", "text": text });
    format!(r#"{{"type":"send","conversation":{conversation},"client_id":"{client_id}","body":{body},"id":"#)
        .into_bytes()
}

/// Makes two people friends and answers where they talk.
pub async fn befriend(http: &mut Http, token: &str, friend: i64) -> Result<To> {
    let friend = json!({ "account": friend });
    call(http, "POST", "/v1/contacts/requests", token, &friend).await?;
    let conversation = call(http, "POST", "/v1/conversations", token, &friend).await?;
    let id = conversation["id"].as_i64().ok_or("a conversation without a number")?;
    Ok(To::Conversation(id))
}

/// A group of an owner and the others, who come by an invitation; answers its number.
pub async fn group(at: SocketAddr, token: &str, others: &[Person]) -> Result<i64> {
    let mut http = Http::new(at, 0);
    let group =
        call(&mut http, "POST", "/v1/groups", token, &json!({ "name": "load", "members": [] })).await?;
    let id = group["id"].as_i64().ok_or("the new group has no number")?;
    let open = json!({ "join_policy": "open" });
    call(&mut http, "PATCH", &format!("/v1/groups/{id}"), token, &open).await?;
    let invite = call(&mut http, "POST", &format!("/v1/groups/{id}/invites"), token, &json!({})).await?;
    let path = format!("/v1/invites/{}/join", invite["token"].as_str().unwrap_or_default());
    each(at, others.len(), async |http, n| {
        call(http, "POST", &path, others[n].token(), &Value::Null).await.map(drop)
    })
    .await?;
    Ok(id)
}

/// Opens a socket and waits until messages come to it.
pub async fn listen(at: SocketAddr, n: usize, token: &str) -> Result<Socket> {
    let mut socket = Socket::open(at, n, "/v1/socket").await?;
    socket.say(&[json!({ "type": "hello", "token": token }).to_string()]).await?;
    let (mut welcome, mut refused) = (false, None);
    while !welcome {
        let open = socket.read(|said| match said {
            said if said.starts_with(br#"{"type":"welcome""#) => welcome = true,
            said => refused = Some(String::from_utf8_lossy(said).into_owned()),
        });
        if !open.await? || refused.is_some() {
            return Err(format!("no welcome: {}", refused.unwrap_or_default()).into());
        }
    }
    socket.speak();
    Ok(socket)
}
