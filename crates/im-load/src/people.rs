//! Accounts to play with: registered users, visitors, friendships, groups.
use crate::{
    Result,
    wire::http::{Http, request},
};
use futures_util::future::try_join_all;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{cell::Cell, net::SocketAddr, time::UNIX_EPOCH};

/// Somebody with a token.
#[derive(Clone, Debug)]
pub struct Person {
    /// The account's number.
    pub id: i64,
    /// What proves it.
    pub token: String,
}

impl Person {
    fn of(row: &Value) -> Result<Person> {
        let id = row["id"].as_i64();
        let token = row["token"].as_str().map(str::to_owned);
        id.zip(token)
            .map(|(id, token)| Person { id, token })
            .ok_or_else(|| format!("no account: {row}").into())
    }
}

/// Two people who write to each other.
#[derive(Clone, Debug)]
pub struct Pair {
    /// Who writes.
    pub from: Person,
    /// Who reads.
    pub to: Person,
}

/// Requests of the preparation that are under way together.
const WORKERS: usize = 32;

/// Does something `count` times over a few connections; the results are in order.
pub async fn each<T>(
    at: SocketAddr,
    count: usize,
    work: impl AsyncFn(&mut Http, usize) -> Result<T>,
) -> Result<Vec<T>> {
    let next = Cell::new(0);
    let (next, work) = (&next, &work);
    let workers = (0..WORKERS.min(count)).map(|worker| async move {
        let mut http = Http::new(at, worker);
        let mut done = Vec::new();
        loop {
            let n = next.get();
            if n >= count {
                return Result::Ok(done);
            }
            next.set(n + 1);
            done.push((n, work(&mut http, n).await?));
        }
    });
    let mut done: Vec<(usize, T)> = try_join_all(workers).await?.into_iter().flatten().collect();
    done.sort_unstable_by_key(|(n, _)| *n);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}

/// Registers users. Each costs the server a password hash.
pub async fn users(at: SocketAddr, count: usize) -> Result<Vec<Person>> {
    let run: u32 = rand::random();
    each(at, count, async |http, n| {
        let body = json!({ "username": format!("load{run:08x}{n:06}"), "password": "123456" });
        Person::of(&http.call("/api/regChat", "", &body).await?)
    })
    .await
}

/// Signs visitors in, each on a device of its own. They cost no password hash.
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
        Person::of(&http.send(&request("POST", "/api/visitorRegister", &headers, &body)).await?)
    })
    .await
}

/// The signature of a visitor's call; the salt is the one that clients ship.
fn sign(device: &str, timestamp: u64) -> String {
    const SALT: &str = "45ncashdaksh2!#@3nxjdas*_259";
    let text = format!("deviceId={device}&salt={SALT}&timestamp={timestamp}APP_SECRET");
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Pairs of registered users who are friends.
pub async fn pairs(at: SocketAddr, count: usize) -> Result<Vec<Pair>> {
    let mut users = users(at, count * 2).await?.into_iter();
    let mut pairs = Vec::with_capacity(count);
    while let (Some(from), Some(to)) = (users.next(), users.next()) {
        pairs.push(Pair { from, to });
    }
    each(at, count, async |http, n| befriend(http, &pairs[n].from, pairs[n].to.id).await).await?;
    Ok(pairs)
}

/// Makes two people friends at once (#40).
pub async fn befriend(http: &mut Http, who: &Person, friend: i64) -> Result<()> {
    let body = json!({ "friend_id": friend });
    http.call("/api/chat/autoAddFriendAndAgree", &who.token, &body).await.map(drop)
}

/// A group of `owner` and the others, who become friends of the owner; answers its number.
pub async fn group(at: SocketAddr, owner: &Person, others: &[Person]) -> Result<i64> {
    let edges = each(at, others.len(), async |http, n| {
        befriend(http, &others[n], owner.id).await?;
        let path = format!("/api/chat/ismygoodfriend/{}", others[n].id);
        let row = http.call(&path, &owner.token, &json!({})).await?;
        row["id"].as_i64().ok_or_else(|| "a friendship without a number".into())
    })
    .await?;
    let mut http = Http::new(at, 0);
    http.call("/api/chat/group/create", &owner.token, &json!({ "userIds": edges })).await?;
    let token = [("token", owner.token.as_str())];
    let groups = http.send(&request("GET", "/api/chat/grouplist/1", &token, "")).await?;
    groups[0]["id"].as_i64().ok_or_else(|| "the group is not in its owner's list".into())
}

/// Asks for what waits (#22), as clients do when their socket is open.
pub async fn fetch_waiting(http: &mut Http, who: &Person) -> Result<()> {
    http.call("/api/chat/chatGetmessageOffLine", &who.token, &json!({})).await.map(drop)
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
