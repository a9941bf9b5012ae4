//! The egg dialect: a `token` header, JSON, `/ws`.
use super::{Person, To};
use crate::{
    Result,
    people::each,
    wire::http::{Http, request},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{net::SocketAddr, time::UNIX_EPOCH};

fn person(row: &Value) -> Result<Person> {
    let id = row["id"].as_i64();
    let token = row["token"].as_str().map(str::to_owned);
    id.zip(token).map(|(id, token)| Person::egg(id, token)).ok_or_else(|| format!("no account: {row}").into())
}

async fn call(http: &mut Http, path: &str, token: &str, body: &Value) -> Result<Value> {
    http.send(&request("POST", path, &[("token", token)], &body.to_string())).await
}

/// Registers users.
pub async fn users(at: SocketAddr, count: usize) -> Result<Vec<Person>> {
    let run: u32 = rand::random();
    each(at, count, async |http, n| {
        let body = json!({ "username": format!("load{run:08x}{n:06}"), "password": "123456" });
        person(&call(http, "/api/regChat", "", &body).await?)
    })
    .await
}

/// Signs visitors in, each on a device of its own.
pub async fn visitors(at: SocketAddr, count: usize) -> Result<Vec<Person>> {
    let run: u32 = rand::random();
    each(at, count, async |http, n| {
        // The name is made of the first eight characters, so those differ.
        let n = u32::try_from(n)?;
        let device = format!("{:08x}-0000-5000-8000-{n:012x}", run.wrapping_add(n));
        let timestamp = UNIX_EPOCH.elapsed()?.as_millis() as u64;
        let body = json!({ "deviceId": device, "timestamp": timestamp }).to_string();
        let sign = sign(&device, timestamp);
        let headers = [("x-security-sign", sign.as_str())];
        person(&http.send(&request("POST", "/api/visitorRegister", &headers, &body)).await?)
    })
    .await
}

/// The signature of a visitor's call; the salt is the one that clients ship.
fn sign(device: &str, timestamp: u64) -> String {
    const SALT: &str = "45ncashdaksh2!#@3nxjdas*_259";
    let text = format!("deviceId={device}&salt={SALT}&timestamp={timestamp}APP_SECRET");
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The request of #20.
pub fn letter(token: &str, to: To, text: &str) -> Vec<u8> {
    let (chat_type, to) = match to {
        To::Person(id) => ("single", id),
        To::Conversation(id) => ("group", id),
    };
    let data = json!({ "data": text, "dataType": false, "otherData": null });
    let body = json!({ "sendto_id": to, "chatType": chat_type, "type": "text", "data": data });
    request("POST", "/api/chat/socket/sendmessage", &[("token", token)], &body.to_string())
}

/// Makes two people friends at once (#40).
pub async fn befriend(http: &mut Http, token: &str, friend: i64) -> Result<()> {
    call(http, "/api/chat/autoAddFriendAndAgree", token, &json!({ "friend_id": friend })).await.map(drop)
}

/// A group of an owner and the others, who become friends of the owner; answers its number.
pub async fn group(at: SocketAddr, owner: i64, token: &str, others: &[Person]) -> Result<i64> {
    let edges = each(at, others.len(), async |http, n| {
        others[n].befriend(http, owner).await?;
        let path = format!("/api/chat/ismygoodfriend/{}", others[n].id);
        let row = call(http, &path, token, &json!({})).await?;
        row["id"].as_i64().ok_or_else(|| "a friendship without a number".into())
    })
    .await?;
    let mut http = Http::new(at, 0);
    call(&mut http, "/api/chat/group/create", token, &json!({ "userIds": edges })).await?;
    let groups = http.send(&request("GET", "/api/chat/grouplist/1", &[("token", token)], "")).await?;
    groups[0]["id"].as_i64().ok_or_else(|| "the group is not in its owner's list".into())
}

/// Asks for what waits (#22).
pub async fn fetch_waiting(http: &mut Http, token: &str) -> Result<()> {
    call(http, "/api/chat/chatGetmessageOffLine", token, &json!({})).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::sign;

    #[test]
    fn a_visitor_signs_as_the_published_example_does() {
        let sign = sign("8d1a344c-bf16-5425-adbc-d12f49cfa332", 1_752_835_449_008);
        assert_eq!(sign, "a5b40139b65b13cf214d05c27dece58ebe840d888b12272f0ccd15ea72e68998");
    }
}
