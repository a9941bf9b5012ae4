//! Parameters in the bodies and addresses of requests: forms of either kind, and JSON for each dialect
//! to read in its way.
use crate::uploads::discard;
use axum::{
    RequestExt,
    body::Body,
    extract::{FromRequest, Multipart, Request},
    http::{
        HeaderMap,
        header::{CONTENT_LENGTH, CONTENT_TYPE, EXPECT},
    },
};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::{Map, Value};
use std::{error::Error, time::Duration};
use tokio::time::timeout;

/// How long a client may take to send a body of parameters.
const PATIENCE: Duration = Duration::from_secs(30);

/// Names and values as they were sent.
pub type Fields = Map<String, Value>;

/// What a body holds.
pub enum Content {
    /// Nothing.
    Empty,
    /// The text of a JSON value.
    Json(Bytes),
    /// A form.
    Form(Fields),
    /// Something of another type, or of none.
    Other(Bytes),
}

/// Why a body cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It is over its limit.
    TooLarge,
    /// It is broken, or does not end.
    Malformed,
}

/// Reads a body of at most `limit` bytes. The rest of one that announces more is read and forgotten, so
/// that its client hears the answer.
pub async fn read(headers: &HeaderMap, body: Body, limit: usize) -> Result<Content, Unreadable> {
    timeout(PATIENCE, read_patiently(headers, body, limit)).await.unwrap_or(Err(Unreadable::Malformed))
}

async fn read_patiently(headers: &HeaderMap, body: Body, limit: usize) -> Result<Content, Unreadable> {
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|bytes: usize| bytes > limit) {
        // Who asks before sending has sent nothing yet; reading on would invite it to.
        if !headers.contains_key(EXPECT) {
            discard(body).await;
        }
        return Err(Unreadable::TooLarge);
    }
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind.unwrap_or_default().trim().to_ascii_lowercase();
    let body = Limited::new(body, limit);
    if kind.starts_with("multipart/form-data") {
        return multipart(headers, Body::new(body)).await.map(Content::Form);
    }
    let bytes = body.collect().await.map_err(|error| unreadable(&*error))?.to_bytes();
    Ok(if bytes.is_empty() {
        Content::Empty
    } else if kind.contains("json") {
        Content::Json(bytes)
    } else if kind.starts_with("application/x-www-form-urlencoded") {
        Content::Form(urlencoded(&bytes))
    } else {
        Content::Other(bytes)
    })
}

async fn multipart(headers: &HeaderMap, body: Body) -> Result<Fields, Unreadable> {
    let mut request = Request::new(body);
    request.headers_mut().clone_from(headers);
    let form = Multipart::from_request(request.with_limited_body(), &()).await;
    let mut form = form.map_err(|_| Unreadable::Malformed)?;
    let mut pairs = Vec::new();
    while let Some(field) = form.next_field().await.map_err(|error| unreadable(&error))? {
        let name = field.name().unwrap_or_default().to_owned();
        let is_file = field.file_name().is_some();
        let text = field.text().await.map_err(|error| unreadable(&error))?;
        if !is_file {
            pairs.push((name, text));
        }
    }
    Ok(fields(pairs))
}

/// Whether the limit ended it, or something else did.
fn unreadable(error: &(dyn Error + 'static)) -> Unreadable {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<LengthLimitError>() {
            return Unreadable::TooLarge;
        }
        cause = error.source();
    }
    Unreadable::Malformed
}

/// The parameters of a query or an urlencoded form. What is not UTF-8 becomes replacement characters.
pub fn urlencoded(bytes: &[u8]) -> Fields {
    let decode = |part: &[u8]| {
        let spaced: Vec<u8> = part.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect();
        percent_encoding::percent_decode(&spaced).decode_utf8_lossy().into_owned()
    };
    let pairs = bytes.split(|b| *b == b'&').filter(|pair| !pair.is_empty());
    let split = pairs.map(|pair| match pair.iter().position(|b| *b == b'=') {
        Some(at) => (decode(&pair[..at]), decode(&pair[at + 1..])),
        None => (decode(pair), String::new()),
    });
    fields(split)
}

/// `a=1&a=2`, `a[]=1` and `a[0]=1` are lists; the rest are texts.
fn fields(pairs: impl IntoIterator<Item = (String, String)>) -> Fields {
    let mut all = Fields::new();
    for (name, value) in pairs {
        let value = Value::String(value);
        let (name, listed) = match name.split_once('[') {
            Some((list, _)) => (list.to_owned(), true),
            None => (name, false),
        };
        match all.get_mut(&name) {
            Some(Value::Array(values)) => values.push(value),
            Some(single) => *single = Value::Array(vec![single.take(), value]),
            None => drop(all.insert(name, if listed { Value::Array(vec![value]) } else { value })),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn forms_are_read_in_the_style_of_qs() {
        let cases = [
            ("a=1&b=x+y%20z", json!({"a": "1", "b": "x y z"})),
            ("a=1&a=2", json!({"a": ["1", "2"]})),
            ("a[]=1", json!({"a": ["1"]})),
            ("a[0]=1&a[1]=2", json!({"a": ["1", "2"]})),
            ("a%5B%5D=1&a%5B%5D=2", json!({"a": ["1", "2"]})),
            ("a=1&a[]=2", json!({"a": ["1", "2"]})),
            ("a", json!({"a": ""})),
            ("%ff=%fe", json!({"\u{fffd}": "\u{fffd}"})),
            ("&&", json!({})),
        ];
        for (form, read) in cases {
            assert_eq!(Value::Object(urlencoded(form.as_bytes())), read, "{form}");
        }
    }
}
