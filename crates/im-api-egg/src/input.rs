//! The parameters of a request, wherever they stand: path, query, JSON, form (egg.md §1.2, §1.6).
use crate::envelope::Fail;
use axum::{
    body::Body,
    extract::RawPathParams,
    http::{Method, request::Parts},
};
use im_api_common::forms::{self, Content, Fields, Unreadable, urlencoded};
use serde_json::Value;

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
        let query = urlencoded(parts.uri.query().unwrap_or_default().as_bytes());
        Input { path, query, body: Fields::new(), query_first: parts.method == Method::GET }
    }

    /// Adds what the body says; at most `limit` bytes of it, and for as long as patience lasts.
    pub async fn read_body(&mut self, parts: &Parts, body: Body, limit: usize) -> Result<(), Fail> {
        self.body = match forms::read(&parts.headers, body, limit).await {
            Ok(Content::Empty | Content::Other(_)) => Fields::new(),
            Ok(Content::Form(fields)) => fields,
            Ok(Content::Json(text)) => json(&text)?,
            Err(Unreadable::TooLarge) => return Err(Fail::too_large()),
            Err(Unreadable::Malformed) => return Err(Fail::malformed()),
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

/// The fields of a JSON object.
fn json(text: &[u8]) -> Result<Fields, Fail> {
    match serde_json::from_slice(text).or_else(|_| serde_json::from_slice(&without_halves(text))) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(Value::Array(_)) => Ok(Fields::new()), // as the reference: read, and without names
        _ => Err(Fail::malformed()),
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

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
