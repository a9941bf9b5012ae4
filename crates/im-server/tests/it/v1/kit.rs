//! People of the native API.
pub use crate::kit::{Answer, Im, PATIENCE, answer};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

/// Everybody's password.
pub const PASSWORD: &str = "123456";

/// Somebody with a token of the native API.
#[derive(Clone)]
pub struct Native {
    pub id: i64,
    pub uuid: String,
    pub name: String,
    /// The number of the session.
    pub session: i64,
    /// The access token.
    pub token: String,
    /// What gets the next one.
    pub refresh: String,
    /// The whole answer of signing in.
    pub signed: Value,
    base: String,
    http: reqwest::Client,
}

impl Native {
    /// Somebody out of the answer of a sign-in.
    pub fn new(im: &Im, signed: Value) -> Native {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let account = &signed["account"];
        Native {
            id: account["id"].as_i64().unwrap(),
            uuid: text(&account["uuid"]),
            name: text(&account["username"]),
            session: signed["session"].as_i64().unwrap(),
            token: text(&signed["access_token"]),
            refresh: text(&signed["refresh_token"]),
            base: im.base.clone(),
            http: im.http.clone(),
            signed,
        }
    }

    /// A request with the token.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}/v1{path}", self.base)).bearer_auth(&self.token)
    }

    /// `GET /v1…`.
    pub async fn get(&self, path: &str) -> Answer {
        answer(self.request(Method::GET, path)).await
    }

    /// `POST /v1…` with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        answer(self.request(Method::POST, path).json(&body)).await
    }

    /// `PATCH /v1…` with a JSON body.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        answer(self.request(Method::PATCH, path).json(&body)).await
    }

    /// `PUT /v1…` with a JSON body; `Null` sends none.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        let request = self.request(Method::PUT, path);
        answer(if body.is_null() { request } else { request.json(&body) }).await
    }

    /// `DELETE /v1…`.
    pub async fn delete(&self, path: &str) -> Answer {
        answer(self.request(Method::DELETE, path)).await
    }
}

impl Im {
    /// A user who registered through the native API; the password is [`PASSWORD`].
    pub async fn native(&self, name: &str) -> Native {
        let body = json!({ "username": name, "password": PASSWORD });
        Native::new(self, self.post("/v1/accounts", body).await.made())
    }

    /// A user who exists already, signed in on one more device.
    pub async fn native_login(&self, name: &str) -> Native {
        let body = json!({ "username": name, "password": PASSWORD });
        Native::new(self, self.post("/v1/sessions", body).await.made())
    }

    /// The visitor of the `n`-th device of the native API.
    pub async fn native_visitor(&self, n: u32) -> Native {
        let body = json!({ "device_secret": format!("secret-{n:032x}") });
        Native::new(self, self.post("/v1/visitors", body).await.made())
    }

    /// Makes two users friends.
    pub async fn native_befriend(&self, a: &Native, b: &Native) {
        let asked = a.post("/contacts/requests", json!({ "account": b.id })).await.made();
        if asked["outcome"] == "asked" {
            let all = b.get("/contacts/requests").await.view();
            let from_a = all["items"].as_array().unwrap().iter().find(|item| item["from"]["id"] == a.id);
            let request = from_a.unwrap()["id"].as_i64().unwrap();
            b.post(&format!("/contacts/requests/{request}/accept"), json!({})).await.view();
        }
    }
}

impl Answer {
    /// The view of a success (200); anything else fails the test.
    #[track_caller]
    pub fn view(self) -> Value {
        self.with(200)
    }

    /// What was made (201).
    #[track_caller]
    pub fn made(self) -> Value {
        self.with(201)
    }

    /// Checks a success without a body (204).
    #[track_caller]
    pub fn done(self) {
        assert_eq!((self.status, self.bytes.len()), (204, 0), "{}", String::from_utf8_lossy(&self.bytes));
    }

    /// Checks a problem: its status, its code, and that it is shaped as all are. Returns it.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> &Value {
        let said = String::from_utf8_lossy(&self.bytes);
        assert_eq!((self.status, self.body["code"].as_str()), (status, Some(code)), "{said}");
        assert_eq!(self.headers["content-type"], "application/problem+json", "{said}");
        assert_eq!(self.body["type"], format!("urn:hongyan:problem:{code}"), "{said}");
        assert_eq!(self.body["status"], status, "{said}");
        assert!(self.body["title"].as_str().is_some_and(|title| !title.is_empty()), "{said}");
        &self.body
    }

    #[track_caller]
    fn with(self, status: u16) -> Value {
        let said = String::from_utf8_lossy(&self.bytes).into_owned();
        assert_eq!(self.status, status, "{said}");
        assert_eq!(self.headers["content-type"], "application/json", "{said}");
        self.body
    }
}
