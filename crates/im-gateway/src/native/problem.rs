//! Why something was refused, as the native API says it: over HTTP and in frames alike.
mod codes;

pub use codes::CODES;
use codes::Reason;
use im_core::{Error, Refusal};
use serde::Serialize;
use serde_json::Value;
use std::borrow::Cow;
use utoipa::{
    ToSchema,
    openapi::schema::{Object, ObjectBuilder, Type},
};

/// Why a request was refused. Clients go by `code`; `title` is for their logs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// Stable name of the reason.
    #[schema(schema_with = code_schema)]
    pub code: &'static str,
    /// The same for people who read logs.
    #[schema(value_type = String, example = "not friends")]
    pub title: Cow<'static, str>,
    /// The HTTP status that goes with it.
    pub status: u16,
    /// What of the request it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "body.text")]
    pub field: Option<String>,
    /// More about it, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Seconds after which it is worth trying again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<i64>,
}

impl Problem {
    /// What the core said. What is ours to repair is logged here, and the client learns nothing.
    pub fn of(error: &Error) -> Self {
        match error {
            Error::Refused(Refusal::Invalid(field)) => Problem::invalid(*field),
            Error::Refused(refusal) => {
                let (status, code) = codes::name(*refusal);
                let retry_after_s = match refusal {
                    Refusal::TooOften { retry_ms: ms @ 1.. } => Some((ms + 999) / 1_000),
                    _ => None,
                };
                Problem { retry_after_s, ..Problem::new(status, code, refusal.to_string()) }
            }
            Error::Internal(_) => Problem::internal(error),
        }
    }

    fn new(status: u16, code: &'static str, title: impl Into<Cow<'static, str>>) -> Self {
        Problem { code, title: title.into(), status, field: None, detail: None, retry_after_s: None }
    }

    fn own(Reason { status, code, title }: Reason) -> Self {
        Problem::new(status, code, title)
    }

    /// A field that does not fit.
    pub fn invalid(field: impl Into<String>) -> Self {
        let (status, code) = codes::name(Refusal::Invalid(""));
        Problem { field: Some(field.into()), ..Problem::new(status, code, "a field is not acceptable") }
    }

    /// What cannot be read at all.
    pub fn malformed() -> Self {
        Problem::own(codes::MALFORMED)
    }

    /// No such address.
    pub fn not_found() -> Self {
        Problem::own(codes::NOT_FOUND)
    }

    /// The address knows other methods.
    pub fn method_not_allowed() -> Self {
        Problem::own(codes::METHOD_NOT_ALLOWED)
    }

    /// A request or frame over its limit.
    pub fn too_large() -> Self {
        Problem::own(codes::TOO_LARGE)
    }

    /// A body of another kind.
    pub fn unsupported() -> Self {
        Problem::own(codes::UNSUPPORTED)
    }

    /// Something else than a WebSocket.
    pub fn upgrade_required() -> Self {
        Problem::own(codes::UPGRADE_REQUIRED)
    }

    /// Ours to repair.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(error = %cause, "a request failed");
        Problem::own(codes::INTERNAL)
    }

    /// The same with more about it.
    #[must_use]
    pub fn saying(self, detail: impl Into<String>) -> Self {
        Problem { detail: Some(detail.into()), ..self }
    }
}

/// A problem as an answer over HTTP holds it, with the name of its type.
#[derive(Serialize, ToSchema)]
#[schema(as = HttpProblem)]
pub struct HttpProblem {
    /// `urn:hongyan:problem:` and the code.
    #[serde(rename = "type")]
    #[schema(example = "urn:hongyan:problem:not_friends")]
    uri: String,
    #[serde(flatten)]
    problem: Problem,
}

impl From<Problem> for HttpProblem {
    fn from(problem: Problem) -> Self {
        HttpProblem { uri: format!("urn:hongyan:problem:{}", problem.code), problem }
    }
}

impl HttpProblem {
    /// As it stands on the wire.
    pub fn json(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default() // texts and numbers: cannot fail
    }
}

fn code_schema() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("Stable name of the reason. Newer servers may know more of them."))
        .enum_values(Some(CODES.iter().copied()))
        .examples(["not_friends"])
        .build()
}

/// Refuses JSON in which a text holds NUL, which no database text can hold.
///
/// # Errors
/// The problem, with the field.
pub fn check_texts(json: &[u8]) -> Result<(), Problem> {
    let escaped = json.windows(6).any(|window| window == b"\\u0000"); // it cannot stand there otherwise
    let value = if escaped { serde_json::from_slice(json).ok() } else { None };
    match value.and_then(|value| nul_in(&value)) {
        Some(field) => Err(Problem::invalid(field).saying("a text may not hold NUL")),
        None => Ok(()),
    }
}

/// Where in `value` a text holds NUL.
fn nul_in(value: &Value) -> Option<String> {
    let below = |name: String, rest: String| if rest.is_empty() { name } else { format!("{name}.{rest}") };
    match value {
        Value::String(text) => text.contains('\0').then(String::new),
        Value::Array(all) => {
            all.iter().enumerate().find_map(|(at, one)| Some(below(at.to_string(), nul_in(one)?)))
        }
        Value::Object(all) => all.iter().find_map(|(name, one)| match name.contains('\0') {
            true => Some(".".to_owned()),
            false => Some(below(name.clone(), nul_in(one)?)),
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nul_is_found_wherever_it_stands() {
        let cases = [
            (r#"{"body":{"text":"a\u0000"}}"#, Some("body.text")),
            (r#"{"seqs":[1,"\u0000"]}"#, Some("seqs.1")),
            (r#""\u0000""#, Some("")),
            (r#"{"\u0000":1}"#, Some(".")),
            (r#"{"text":"\\u0000"}"#, None),
            (r#"{"text":"\u00001"}"#, Some("text")),
            (r#"{"text":"u0000"}"#, None),
        ];
        for (json, field) in cases {
            let said = check_texts(json.as_bytes()).err().and_then(|problem| problem.field);
            assert_eq!(said.as_deref(), field, "{json}");
        }
    }
}
