//! What handlers answer.
use crate::problem::Fail;
use axum::{Json, http::StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

/// A view (200), or why not.
pub type Reply<T> = Result<Json<T>, Fail>;

/// Something that was made (201), or why not.
pub type Made<T> = Result<(StatusCode, Json<T>), Fail>;

/// Nothing to say (204), or why not.
pub type Done = Result<StatusCode, Fail>;

/// Answers with `view`.
pub fn ok<T>(view: T) -> Reply<T> {
    Ok(Json(view))
}

/// Answers with what was made.
pub fn made<T>(view: T) -> Made<T> {
    Ok((StatusCode::CREATED, Json(view)))
}

/// Answers that it is done.
pub fn done() -> Done {
    Ok(StatusCode::NO_CONTENT)
}

/// A list that is whole.
#[derive(Debug, Serialize, ToSchema)]
pub struct Items<T> {
    /// The entries.
    pub items: Vec<T>,
    /// Where the rest begins; always null here.
    #[schema(required)]
    pub next: Option<String>,
}

impl<T> FromIterator<T> for Items<T> {
    fn from_iter<I: IntoIterator<Item = T>>(all: I) -> Self {
        Items { items: all.into_iter().collect(), next: None }
    }
}
