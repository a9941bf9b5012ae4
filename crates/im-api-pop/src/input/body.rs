//! Reading the body of a call, whatever way its parameters are written.
use super::{
    Fields,
    pairs::{fields, split},
};
use crate::envelope::Fail;
use axum::{
    RequestExt,
    body::Body,
    extract::{FromRequest, Multipart, Request},
    http::{
        HeaderMap,
        header::{CONTENT_LENGTH, CONTENT_TYPE, EXPECT},
    },
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use im_api_common::uploads::discard;
use serde_json::Value;
use std::time::Duration;
use tokio::time::timeout;

/// 1 MiB: ten times the longest message in the longest encoding.
const BODY_BYTES: usize = 1 << 20;

/// How long a client may take to send it.
const PATIENCE: Duration = Duration::from_secs(30);

/// The parameters in the body of `request`.
pub async fn read_body(request: Request) -> Result<Fields, Fail> {
    timeout(PATIENCE, read(request)).await.unwrap_or_else(|_| Err(Fail::invalid()))
}

async fn read(request: Request) -> Result<Fields, Fail> {
    let headers = request.headers();
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|bytes: usize| bytes > BODY_BYTES) {
        if !headers.contains_key(EXPECT) {
            discard(request.into_body()).await;
        }
        return Err(Fail::too_large());
    }
    let kind = kind(headers);
    let request = request.map(|body| Body::new(Limited::new(body, BODY_BYTES)));
    if kind.starts_with("multipart/form-data") {
        return multipart(request).await;
    }
    let collected = request.into_body().collect().await.map_err(|error| match too_long(&error) {
        true => Fail::too_large(),
        false => Fail::invalid(),
    });
    let bytes = collected?.to_bytes();
    if bytes.is_empty() {
        Ok(Fields::new())
    } else if kind.contains("json") {
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(fields)) => Ok(fields),
            _ => Err(Fail::invalid()),
        }
    } else {
        Ok(fields(split(&bytes)))
    }
}

fn kind(headers: &HeaderMap) -> String {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.unwrap_or_default().trim().to_ascii_lowercase()
}

async fn multipart(request: Request) -> Result<Fields, Fail> {
    let request = request.with_limited_body();
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| Fail::invalid())?;
    let mut pairs = Vec::new();
    let broken = |error: axum::extract::multipart::MultipartError| match too_long(&error) {
        true => Fail::too_large(),
        false => Fail::invalid(),
    };
    while let Some(field) = form.next_field().await.map_err(broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        let is_file = field.file_name().is_some();
        let text = field.text().await.map_err(broken)?;
        if !is_file {
            pairs.push((name, text));
        }
    }
    Ok(fields(pairs))
}

/// Whether the limit ended it.
fn too_long(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut error = Some(error);
    while let Some(cause) = error {
        if cause.is::<LengthLimitError>() {
            return true;
        }
        error = cause.source();
    }
    false
}
