//! Who calls, and with what. Each of these refuses with a problem.
use crate::{V1, problem::Fail};
use axum::{
    body::to_bytes,
    extract::{ConnectInfo, FromRequest, FromRequestParts, Request},
    http::{
        HeaderMap,
        header::{AUTHORIZATION, CONTENT_TYPE},
        request::Parts,
    },
};
use im_core::{
    Refusal,
    accounts::{self, Door, sessions},
};
use im_gateway::native::problem::check_texts;
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;
use std::net::SocketAddr;

/// Bytes of a JSON body at most: a text of the greatest length, and what stands around it.
const BODY_BYTES: usize = 1 << 20;

/// What no database text can hold, as it stands in an address.
const NUL: &str = "%00";

/// The session that calls.
pub struct Signed(pub accounts::Caller);

impl FromRequestParts<V1> for Signed {
    type Rejection = Fail;

    async fn from_request_parts(parts: &mut Parts, v1: &V1) -> Result<Self, Fail> {
        let token = bearer(&parts.headers).ok_or(Refusal::BadToken)?;
        Ok(Signed(sessions::authenticate(&v1.app, token, Door::V1).await?))
    }
}

/// For routes that are open: who shows a token is known by it, or refused.
impl axum::extract::OptionalFromRequestParts<V1> for Signed {
    type Rejection = Fail;

    async fn from_request_parts(parts: &mut Parts, v1: &V1) -> Result<Option<Self>, Fail> {
        if !parts.headers.contains_key(AUTHORIZATION) {
            return Ok(None);
        }
        <Signed as FromRequestParts<V1>>::from_request_parts(parts, v1).await.map(Some)
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Where the call comes from, as limits count it.
pub struct Address(pub String);

impl FromRequestParts<V1> for Address {
    type Rejection = Fail;

    async fn from_request_parts(parts: &mut Parts, v1: &V1) -> Result<Self, Fail> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(Address(v1.network.client(&parts.headers, peer)))
    }
}

/// What stands in the path.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<V1> for Path<T> {
    type Rejection = Fail;

    async fn from_request_parts(parts: &mut Parts, v1: &V1) -> Result<Self, Fail> {
        if parts.uri.path().contains(NUL) {
            return Err(Fail::not_found());
        }
        let read = axum::extract::Path::from_request_parts(parts, v1).await;
        read.map(|path| Path(path.0)).map_err(|_| Fail::not_found()) // no such id can be
    }
}

/// What stands behind the `?`.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<V1> for Query<T> {
    type Rejection = Fail;

    async fn from_request_parts(parts: &mut Parts, v1: &V1) -> Result<Self, Fail> {
        if parts.uri.query().is_some_and(|query| query.contains(NUL)) {
            return Err(Fail::invalid_because("query", "a text may not hold NUL"));
        }
        let read = axum::extract::Query::from_request_parts(parts, v1).await;
        read.map(|query| Query(query.0)).map_err(|e| Fail::invalid_because("query", e.body_text()))
    }
}

/// A JSON body. Its type refuses unknown fields.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<V1> for Body<T> {
    type Rejection = Fail;

    async fn from_request(request: Request, _: &V1) -> Result<Self, Fail> {
        let (parts, body) = request.into_parts();
        let bytes = to_bytes(body, BODY_BYTES).await.map_err(|_| Fail::too_large())?;
        if !is_json(&parts.headers) {
            return Err(Fail::unsupported("application/json"));
        }
        check_texts(&bytes)?;
        read(&bytes).map(Body)
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Fail> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|e| {
        let why = e.inner().to_string();
        match e.inner().classify() {
            serde_json::error::Category::Data => Fail::invalid_because(field(e.path(), &why), why),
            _ => Fail::malformed(),
        }
    })?;
    json.end().map_err(|_| Fail::malformed())?;
    Ok(value)
}

/// The field that a refusal is about: that of which it speaks, below the place where it was found.
fn field(place: &serde_path_to_error::Path, why: &str) -> String {
    let spoken = ["missing", "unknown", "duplicate"].iter().find_map(|what| {
        let rest = why.strip_prefix(what)?.strip_prefix(" field `")?;
        rest.split_once('`').map(|(name, _)| name)
    });
    let (found, last) = (place.to_string(), place.iter().next_back());
    let Some(name) = spoken else { return found };
    match last {
        None => name.to_owned(),
        // What should not be there was found at its own place.
        Some(Segment::Map { key }) if key == name && !why.starts_with("missing") => found,
        Some(_) => format!("{found}.{name}"),
    }
}
