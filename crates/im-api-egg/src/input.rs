//! The parameters of a request, wherever they stand: path, query, JSON, form (egg.md §1.2, §1.6).
use crate::envelope::Fail;
use axum::{
    RequestExt,
    body::Body,
    extract::{FromRequest, Multipart, RawPathParams},
    http::{
        HeaderMap, Method,
        header::{CONTENT_LENGTH, CONTENT_TYPE, EXPECT},
        request::Parts,
    },
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use im_api_common::uploads::discard;
use serde_json::{Map, Value};
use std::{error::Error as _, time::Duration};
use tokio::time::timeout;

type Fields = Map<String, Value>;

/// How long a client may take to send a body of a megabyte at most.
const PATIENCE: Duration = Duration::from_secs(30);

/// A request's parameters.
pub struct Input {
    path: Fields,
    query: Fields,
    body: Fields,
    query_first: bool,
}

impl Input {
    /// What the address says.
    pub fn of_address(parts: &Parts, path: &RawPathParams) -> Self {
        let path = path.iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        let query = fields(form_pairs(parts.uri.query().unwrap_or_default().as_bytes()));
        Input { path, query, body: Fields::new(), query_first: parts.method == Method::GET }
    }

    /// Adds what the body says; at most `limit` bytes of it, and for as long as patience lasts.
    pub async fn read_body(&mut self, parts: &Parts, body: Body, limit: usize) -> Result<(), Fail> {
        timeout(PATIENCE, self.read(parts, body, limit)).await.unwrap_or_else(|_| Err(Fail::malformed()))
    }

    async fn read(&mut self, parts: &Parts, body: Body, limit: usize) -> Result<(), Fail> {
        let announced = parts.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        if announced.is_some_and(|bytes: usize| bytes > limit) {
            if !parts.headers.contains_key(EXPECT) {
                discard(body).await;
            }
            return Err(Fail::too_large());
        }
        if kind(&parts.headers).starts_with("multipart/form-data") {
            self.body = multipart(parts, Body::new(Limited::new(body, limit))).await?;
            return Ok(());
        }
        let bytes = Limited::new(body, limit).collect().await.map_err(|e| {
            match e.downcast_ref::<LengthLimitError>() {
                Some(_) => Fail::too_large(),
                None => Fail::malformed(),
            }
        })?;
        let bytes = bytes.to_bytes();
        let kind = kind(&parts.headers);
        if bytes.is_empty() {
            return Ok(());
        }
        self.body = if kind.contains("json") {
            match serde_json::from_slice(&bytes).or_else(|_| serde_json::from_slice(&without_halves(&bytes)))
            {
                Ok(Value::Object(fields)) => fields,
                Ok(Value::Array(_)) => Fields::new(), // as the reference: read, and without names
                _ => return Err(Fail::malformed()),
            }
        } else if kind.starts_with("application/x-www-form-urlencoded") {
            fields(form_pairs(&bytes))
        } else {
            Fields::new()
        };
        Ok(())
    }

    /// The parameter; an empty text counts as missing.
    pub fn get(&self, name: &str) -> Option<&Value> {
        let (first, second) =
            if self.query_first { (&self.query, &self.body) } else { (&self.body, &self.query) };
        [&self.path, first, second]
            .into_iter()
            .filter_map(|fields| fields.get(name))
            .find(|value| !is_empty(value))
    }

    /// The parameter as text; objects and lists become their JSON.
    pub fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(as_text)
    }

    /// The parameter as a text for people.
    pub fn words(&self, name: &str) -> Option<String> {
        self.text(name).map(without_nul).filter(|text| !text.is_empty())
    }

    /// The token in the query.
    pub fn query_token(&self) -> Option<&str> {
        self.query.get("token")?.as_str().filter(|token| !token.is_empty())
    }

    /// The token in the body.
    pub fn body_token(&self) -> Option<&str> {
        self.body.get("token")?.as_str().filter(|token| !token.is_empty())
    }
}

/// A text for people, without NUL, which no database text can hold.
pub fn without_nul(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "") } else { text }
}

/// A value as the text that a form would have sent.
pub fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        // JSON of the reference knows one kind of number: 12.0 is 12.
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 1e15 => {
                format!("{float:.0}")
            }
            _ => number.to_string(),
        },
        other => other.to_string(),
    }
}

fn is_empty(value: &Value) -> bool {
    matches!(value, Value::String(text) if text.is_empty())
}

fn kind(headers: &HeaderMap) -> String {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.unwrap_or_default().trim().to_ascii_lowercase()
}

async fn multipart(parts: &Parts, body: Body) -> Result<Fields, Fail> {
    let request = axum::http::Request::from_parts(parts.clone(), body).with_limited_body();
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| Fail::malformed())?;
    let mut pairs = Vec::new();
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

fn broken(error: axum::extract::multipart::MultipartError) -> Fail {
    let mut cause = error.source();
    while let Some(error) = cause {
        if error.is::<LengthLimitError>() {
            return Fail::too_large();
        }
        cause = error.source();
    }
    Fail::malformed()
}

/// JSON in which halves of characters, left by clients that cut a text in the middle of an emoji, are
/// replacement characters. The reference reads such JSON.
fn without_halves(json: &[u8]) -> Vec<u8> {
    let unit = |at: usize| -> Option<u16> {
        let digits = json.get(at..at + 6)?.strip_prefix(b"\\u")?;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    let (mut out, mut at) = (Vec::with_capacity(json.len()), 0);
    while at < json.len() {
        let length = match (unit(at), unit(at + 6)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 12,
            (Some(0xD800..=0xDFFF), _) => {
                out.extend_from_slice(b"\\uFFFD");
                at += 6;
                continue;
            }
            _ if json[at] == b'\\' => 2, // whatever is escaped is no beginning of its own
            _ => 1,
        };
        out.extend_from_slice(&json[at..(at + length).min(json.len())]);
        at += length;
    }
    out
}

/// Names and values of a form or query. What is not UTF-8 becomes replacement characters.
fn form_pairs(bytes: &[u8]) -> Vec<(String, String)> {
    let decode = |part: &[u8]| {
        let spaced: Vec<u8> = part.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect();
        percent_encoding::percent_decode(&spaced).decode_utf8_lossy().into_owned()
    };
    bytes
        .split(|b| *b == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| match pair.iter().position(|b| *b == b'=') {
            Some(at) => (decode(&pair[..at]), decode(&pair[at + 1..])),
            None => (decode(pair), String::new()),
        })
        .collect()
}

/// `a=1&a=2`, `a[]=1` and `a[0]=1` are lists; the rest are texts.
fn fields(pairs: Vec<(String, String)>) -> Fields {
    let mut all = Fields::new();
    for (name, value) in pairs {
        let value = Value::String(value);
        match name.split_once('[') {
            Some((list, _)) => match all.entry(list).or_insert_with(|| Value::Array(Vec::new())) {
                Value::Array(values) => values.push(value),
                single => *single = Value::Array(vec![single.take(), value]),
            },
            None => match all.get_mut(&name) {
                Some(Value::Array(values)) => values.push(value),
                Some(single) => *single = Value::Array(vec![single.take(), value]),
                None => drop(all.insert(name, value)),
            },
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
            ("a", json!({"a": ""})),
            ("%ff=%fe", json!({"\u{fffd}": "\u{fffd}"})),
            ("&&", json!({})),
        ];
        for (form, read) in cases {
            assert_eq!(Value::Object(fields(form_pairs(form.as_bytes()))), read, "{form}");
        }
    }

    #[test]
    fn halves_of_characters_do_not_spoil_a_text() {
        let cases = [
            (r#""a\ud83d""#, "a\u{fffd}"),
            (r#""\ude00b""#, "\u{fffd}b"),
            (r#""\ud83d\ude00""#, "😀"),
            (r#""\\ud83d""#, "\\ud83d"),
            (r#""\ud83d\u0041""#, "\u{fffd}A"),
        ];
        for (json, text) in cases {
            let read: String = serde_json::from_slice(&without_halves(json.as_bytes())).unwrap();
            assert_eq!(read, text, "{json}");
        }
    }

    #[test]
    fn values_read_as_a_form_would_have_sent_them() {
        let cases = [
            (json!(12), "12"),
            (json!(12.0), "12"),
            (json!(1.5), "1.5"),
            (json!(true), "true"),
            (json!({"b": 1, "a": [2]}), r#"{"b":1,"a":[2]}"#),
            (json!(null), "null"),
        ];
        for (value, text) in cases {
            assert_eq!(as_text(&value), text);
        }
    }
}
