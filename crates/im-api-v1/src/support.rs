//! Help for those who answer customers: stored answers, a merchant's texts; and complaints.
mod answers;
mod complaints;
mod replies;

use crate::V1;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

pub fn router() -> OpenApiRouter<V1> {
    OpenApiRouter::new().merge(answers::router()).merge(complaints::router()).merge(replies::router())
}

/// What a record is about.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// One person.
    Direct,
    Group,
}

impl Scope {
    /// As the core has it.
    fn as_core(self) -> String {
        match self {
            Scope::Direct => "single".into(),
            Scope::Group => "group".into(),
        }
    }

    /// What the core means.
    fn of_core(name: &str) -> Self {
        if name == "group" { Scope::Group } else { Scope::Direct }
    }
}
