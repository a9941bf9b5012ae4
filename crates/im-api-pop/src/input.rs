//! The parameters of a call: query, form, multipart, JSON (pop.md §1.2).
use crate::envelope::Fail;
use axum::extract::Request;
use im_api_common::forms::{self, Content, Fields, Unreadable};
use serde_json::Value;

/// 1 MiB: ten times the longest message in the longest encoding.
const BODY_BYTES: usize = 1 << 20;

/// The parameters in the body of `request`. What is said to be nothing else is a form, as old clients
/// have it.
pub async fn read_body(request: Request) -> Result<Fields, Fail> {
    let (parts, body) = request.into_parts();
    match forms::read(&parts.headers, body, BODY_BYTES).await {
        Ok(Content::Empty) => Ok(Fields::new()),
        Ok(Content::Form(fields)) => Ok(fields),
        Ok(Content::Other(bytes)) => Ok(forms::urlencoded(&bytes)),
        Ok(Content::Json(bytes)) => serde_json::from_slice(&bytes).map_err(|_| Fail::invalid()),
        Err(Unreadable::TooLarge) => Err(Fail::too_large()),
        Err(Unreadable::Malformed) => Err(Fail::invalid()),
    }
}

/// The parameters of a call. A reader that refuses does it with code 1 (missing) or 2 (malformed).
#[derive(Default)]
pub struct Input(Fields);

impl Input {
    /// These parameters.
    pub fn of(fields: Fields) -> Self {
        Input(fields)
    }

    /// An identifier: empty and `0` are missing.
    pub fn id(&self, name: &str) -> Result<i64, Fail> {
        self.maybe_id(name)?.ok_or_else(Fail::missing)
    }

    /// An identifier that need not be there.
    pub fn maybe_id(&self, name: &str) -> Result<Option<i64>, Fail> {
        match self.number(name)? {
            None | Some(0) => Ok(None),
            Some(id) if id > 0 => Ok(Some(id)),
            Some(_) => Err(Fail::invalid()),
        }
    }

    /// A number that need not be there; `0` is one.
    pub fn number(&self, name: &str) -> Result<Option<i64>, Fail> {
        self.scalar(name)?.filter(|text| !text.is_empty()).map(|text| decimal(&text)).transpose()
    }

    /// A number within these bounds, which need not be there.
    pub fn number_in(&self, name: &str, bounds: std::ops::RangeInclusive<i64>) -> Result<Option<i64>, Fail> {
        match self.number(name)? {
            Some(number) if !bounds.contains(&number) => Err(Fail::invalid()),
            number => Ok(number),
        }
    }

    /// 0 or 1, or nothing.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, Fail> {
        Ok(self.number_in(name, 0..=1)?.map(|number| number == 1))
    }

    /// A text: empty is missing.
    pub fn text(&self, name: &str) -> Result<String, Fail> {
        self.maybe_text(name)?.filter(|text| !text.is_empty()).ok_or_else(Fail::missing)
    }

    /// A text that must be named and may be empty.
    pub fn given(&self, name: &str) -> Result<String, Fail> {
        self.maybe_text(name)?.ok_or_else(Fail::missing)
    }

    /// A text that need not be there; it may be empty.
    pub fn maybe_text(&self, name: &str) -> Result<Option<String>, Fail> {
        // No database text can hold NUL.
        Ok(self.scalar(name)?.map(|text| if text.contains('\0') { text.replace('\0', "") } else { text }))
    }

    /// A password or a code: as it was sent, every byte of it.
    pub fn secret(&self, name: &str) -> Result<String, Fail> {
        self.maybe_secret(name)?.ok_or_else(Fail::missing)
    }

    /// A password or a code that need not be there; empty is missing.
    pub fn maybe_secret(&self, name: &str) -> Result<Option<String>, Fail> {
        Ok(self.scalar(name)?.filter(|text| !text.is_empty()))
    }

    /// Identifiers, each once, in the order sent.
    pub fn list(&self, name: &str) -> Result<Vec<i64>, Fail> {
        self.maybe_list(name)?.ok_or_else(Fail::missing)
    }

    /// Identifiers that need not be there.
    pub fn maybe_list(&self, name: &str) -> Result<Option<Vec<i64>>, Fail> {
        let texts = match self.0.get(name) {
            None => return Ok(None),
            Some(Value::Array(values)) => values.iter().map(scalar).collect::<Result<Vec<_>, _>>()?,
            Some(single) => scalar(single)?.split(',').map(str::to_owned).collect(),
        };
        let mut seen = std::collections::HashSet::new();
        let mut list = Vec::new();
        for text in texts.iter().filter(|text| !text.is_empty()) {
            let id = decimal(text)?;
            if id < 0 {
                return Err(Fail::invalid());
            }
            if seen.insert(id) {
                list.push(id);
            }
        }
        Ok(Some(list).filter(|list| !list.is_empty()))
    }

    fn scalar(&self, name: &str) -> Result<Option<String>, Fail> {
        self.0.get(name).map(scalar).transpose()
    }
}

/// A value as a form would have sent it.
fn scalar(value: &Value) -> Result<String, Fail> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(on) => Ok(i64::from(*on).to_string()),
        Value::Null => Ok(String::new()),
        Value::Array(_) | Value::Object(_) => Err(Fail::invalid()),
    }
}

/// Decimal digits, perhaps with a minus before them and spaces around.
fn decimal(text: &str) -> Result<i64, Fail> {
    let text = text.trim_matches(|c: char| c.is_ascii_whitespace());
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Fail::invalid());
    }
    text.parse().map_err(|_| Fail::invalid())
}

#[cfg(test)]
mod tests;
