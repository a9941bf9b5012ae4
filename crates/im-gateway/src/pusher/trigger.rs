//! The trigger API: back ends that were written for the original's push service speak to channels
//! (pop.md §4.8). On a listener of its own.
use super::{Pusher, channels::Channel, frames};
use crate::hub::Hub;
use axum::{
    Router,
    body::{Bytes, to_bytes},
    extract::{Path, Query, Request, State},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use im_core::{
    Millis,
    secrets::{hex, same},
};
use md5::{Digest, Md5};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, iter, sync::Arc};

/// Bytes of a request at most: a batch with the largest data.
const BODY: usize = 256 * 1024;
/// Seconds that a request's time may be off.
const OFF_S: i64 = 600;
/// Channels of one event at most.
const CHANNELS: usize = 100;
/// Events of one batch at most.
const BATCH: usize = 10;
/// Bytes of an event's name and of its data at most.
const NAME: usize = 200;
const DATA: usize = 10 * 1024;

/// A refusal, in plain text.
#[derive(Debug, PartialEq, Eq)]
struct No(StatusCode, &'static str);

const BAD: No = No(StatusCode::BAD_REQUEST, "Bad Request");
const WRONG_KEY: No = No(StatusCode::UNAUTHORIZED, "Invalid app_key");
const WRONG_SIGNATURE: No = No(StatusCode::UNAUTHORIZED, "Invalid signature");

impl IntoResponse for No {
    fn into_response(self) -> Response {
        (self.0, self.1).into_response()
    }
}

type Answer = Result<Response, No>;

/// The five routes.
pub fn router(hub: Arc<Hub>) -> Router {
    Router::new()
        .route("/apps/{app}/events", post(events))
        .route("/apps/{app}/batch_events", post(batch))
        .route("/apps/{app}/channels", get(channels))
        .route("/apps/{app}/channels/{channel}", get(channel))
        .route("/apps/{app}/channels/{channel}/users", get(users))
        .fallback(|| async { BAD })
        .method_not_allowed_fallback(|| async { BAD })
        .with_state(hub)
}

/// What the query says, each value decoded once.
type Asked = BTreeMap<String, String>;

/// Checks who asks; gives the query and the body.
async fn admit(hub: &Hub, app: &str, request: Request) -> Result<(Asked, Bytes), No> {
    let (parts, body) = request.into_parts();
    let pairs: Query<Vec<(String, String)>> = Query::try_from_uri(&parts.uri).map_err(|_| BAD)?;
    let asked: Asked = pairs.0.into_iter().collect();
    let body = to_bytes(body, BODY).await.map_err(|_| BAD)?;
    let app_fits = app == hub.pusher.settings.app_id;
    hub.pusher.check(parts.method.as_str(), parts.uri.path(), &asked, &body, app_fits, hub.app.now())?;
    Ok((asked, body))
}

impl Pusher {
    fn check(
        &self,
        method: &str,
        path: &str,
        asked: &Asked,
        body: &[u8],
        app_fits: bool,
        now: Millis,
    ) -> Result<(), No> {
        let key = asked.get("auth_key").ok_or(BAD)?;
        if !app_fits || !same(key, self.keys.base()) {
            return Err(WRONG_KEY);
        }
        let signature = asked.get("auth_signature").ok_or(WRONG_SIGNATURE)?;
        let pairs = asked.iter().filter(|(name, _)| *name != "auth_signature");
        let query = pairs.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
        if !same(signature, &self.keys.sign(&format!("{method}\n{path}\n{query}"))) {
            return Err(WRONG_SIGNATURE);
        }
        let time = asked.get("auth_timestamp").and_then(|time| time.parse::<i64>().ok());
        let on_time = time.is_some_and(|time| now.0.div_euclid(1_000).abs_diff(time) <= OFF_S.unsigned_abs());
        let whole = body.is_empty()
            || asked
                .get("body_md5")
                .is_some_and(|md5| same(&md5.to_ascii_lowercase(), &hex(&Md5::digest(body))));
        let version = asked.get("auth_version").is_none_or(|version| version == "1.0");
        if on_time && whole && version { Ok(()) } else { Err(WRONG_SIGNATURE) }
    }

    fn trigger(&self, channels: &[String], event: &str, data: &str, except: Option<&str>) {
        let except = except.and_then(|id| self.find(id)).map(|socket| socket.id);
        // To any other name nobody can listen.
        for channel in channels.iter().filter_map(|name| Channel::parse(name)) {
            for channel in iter::once(channel).chain(channel.mirror()) {
                self.rooms.send(channel, except, || frames::event(event, &channel.to_string(), data));
            }
        }
    }
}

/// An event to be told.
#[derive(Deserialize)]
struct Told {
    name: String,
    #[serde(default)]
    channels: Vec<String>,
    channel: Option<String>,
    data: Value,
    socket_id: Option<String>,
}

impl Told {
    fn check(&self) -> Result<(), No> {
        let count = self.channels.len() + usize::from(self.channel.is_some());
        let fits = !self.name.is_empty() && self.name.len() <= NAME && self.data_text().len() <= DATA;
        if fits && (1..=CHANNELS).contains(&count) { Ok(()) } else { Err(BAD) }
    }

    fn data_text(&self) -> String {
        match &self.data {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }

    fn tell(mut self, pusher: &Pusher) {
        self.channels.extend(self.channel.take());
        pusher.trigger(&self.channels, &self.name, &self.data_text(), self.socket_id.as_deref());
    }
}

/// `POST /apps/{app_id}/events`
async fn events(State(hub): State<Arc<Hub>>, Path(app): Path<String>, request: Request) -> Answer {
    let (_, body) = admit(&hub, &app, request).await?;
    let told: Told = serde_json::from_slice(&body).map_err(|_| BAD)?;
    told.check()?;
    told.tell(&hub.pusher);
    Ok(answer(&json!({})))
}

/// `POST /apps/{app_id}/batch_events`
async fn batch(State(hub): State<Arc<Hub>>, Path(app): Path<String>, request: Request) -> Answer {
    #[derive(Deserialize)]
    struct Batch {
        batch: Vec<Told>,
    }
    let (_, body) = admit(&hub, &app, request).await?;
    let Batch { batch } = serde_json::from_slice(&body).map_err(|_| BAD)?;
    if batch.len() > BATCH {
        return Err(BAD);
    }
    batch.iter().try_for_each(Told::check)?;
    batch.into_iter().for_each(|told| told.tell(&hub.pusher));
    Ok(answer(&json!({})))
}

/// `GET /apps/{app_id}/channels`
async fn channels(State(hub): State<Arc<Hub>>, Path(app): Path<String>, request: Request) -> Answer {
    let (asked, _) = admit(&hub, &app, request).await?;
    let prefix = asked.get("filter_by_prefix").map_or("", String::as_str);
    let mut all = Map::new();
    for channel in hub.pusher.rooms.occupied() {
        let name = channel.to_string();
        if name.starts_with(prefix) {
            all.insert(name, Value::Object(facts(&hub.pusher, channel, &asked)));
        }
    }
    Ok(answer(&json!({ "channels": all })))
}

/// `GET /apps/{app_id}/channels/{channel}`
async fn channel(
    State(hub): State<Arc<Hub>>,
    Path((app, name)): Path<(String, String)>,
    request: Request,
) -> Answer {
    let (asked, _) = admit(&hub, &app, request).await?;
    let channel = Channel::parse(&name);
    let count = channel.map_or(0, |channel| hub.pusher.rooms.count(channel));
    let mut all = channel.map(|channel| facts(&hub.pusher, channel, &asked)).unwrap_or_default();
    all.insert("occupied".into(), (count > 0).into());
    all.insert("subscription_count".into(), count.into());
    Ok(answer(&Value::Object(all)))
}

/// `GET /apps/{app_id}/channels/{channel}/users`
async fn users(
    State(hub): State<Arc<Hub>>,
    Path((app, name)): Path<(String, String)>,
    request: Request,
) -> Answer {
    admit(&hub, &app, request).await?;
    let users = Channel::parse(&name).map(|channel| hub.pusher.rooms.users(channel)).unwrap_or_default();
    let users: Vec<_> = users.into_iter().map(|id| json!({ "id": id })).collect();
    Ok(answer(&json!({ "users": users })))
}

/// What was asked about a channel: `info=subscription_count,user_count`.
fn facts(pusher: &Pusher, channel: Channel, asked: &Asked) -> Map<String, Value> {
    let mut facts = Map::new();
    for fact in asked.get("info").into_iter().flat_map(|info| info.split(',')) {
        let count = match fact.trim() {
            "subscription_count" => pusher.rooms.count(channel),
            "user_count" => pusher.rooms.users(channel).len(),
            _ => continue,
        };
        facts.insert(fact.trim().to_owned(), count.into());
    }
    facts
}

fn answer(value: &Value) -> Response {
    ([(CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pusher::{Keys, Push};

    const BODY: &str = r#"{"name":"message","channels":["user-9"],"data":"{\"a\":1}"}"#;
    const SIGNATURE: &str = "8d590ddadc22d125bd41d79ab6bcb8f47dff3d8d8877f27da5fa5e79c0a6d37c";

    fn query(change: impl FnOnce(&mut Asked)) -> Asked {
        let pairs = [
            ("auth_key", "k"),
            ("auth_timestamp", "1700000000"),
            ("auth_version", "1.0"),
            ("body_md5", "009acd8fd55b7a078d9da6872d9aaea5"),
            ("auth_signature", SIGNATURE),
        ];
        let mut all: Asked = pairs.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        change(&mut all);
        all
    }

    #[test]
    fn requests_are_signed_as_the_contract_has_it() {
        let pusher = Pusher::new(Keys::of_the_contract(), Push::default(), Default::default());
        let at = |s: i64| Millis(s * 1_000);
        let check = |asked: &Asked, body: &str, now| {
            pusher.check("POST", "/apps/1024/events", asked, body.as_bytes(), true, now)
        };
        let good = query(|_| {});
        assert_eq!(check(&good, BODY, at(1_700_000_600)), Ok(()));
        assert_eq!(check(&good, BODY, at(1_700_000_601)), Err(WRONG_SIGNATURE));
        assert_eq!(check(&good, BODY, at(1_699_999_400)), Ok(()));
        assert_eq!(check(&good, "{}", at(1_700_000_000)), Err(WRONG_SIGNATURE));
        let cases = [
            (query(|q| drop(q.remove("auth_key"))), BAD),
            (query(|q| drop(q.insert("auth_key".into(), "x".into()))), WRONG_KEY),
            (query(|q| drop(q.remove("auth_signature"))), WRONG_SIGNATURE),
            (query(|q| drop(q.insert("auth_signature".into(), SIGNATURE.to_uppercase()))), WRONG_SIGNATURE),
            (query(|q| drop(q.insert("more".into(), "1".into()))), WRONG_SIGNATURE),
        ];
        for (asked, no) in cases {
            assert_eq!(check(&asked, BODY, at(1_700_000_000)), Err(no));
        }
        let unversioned = query(|q| {
            q.remove("auth_version");
            let said = "POST\n/apps/1024/events\nauth_key=k&auth_timestamp=1700000000&\
                        body_md5=009acd8fd55b7a078d9da6872d9aaea5";
            q.insert("auth_signature".into(), Keys::of_the_contract().sign(said));
        });
        assert_eq!(check(&unversioned, BODY, at(1_700_000_000)), Ok(()));
    }
}
