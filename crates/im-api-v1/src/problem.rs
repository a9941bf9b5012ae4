//! What is refused, as `application/problem+json` (RFC 9457).
use axum::{
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use im_core::{Error, Refusal};
use im_gateway::native::problem::{HttpProblem, Problem};

/// What a handler answers instead of its view.
#[derive(Debug)]
pub struct Fail(Box<Problem>);

impl Fail {
    /// A field that does not fit.
    pub fn invalid(field: impl Into<String>) -> Self {
        Problem::invalid(field).into()
    }

    /// A field that does not fit, and why.
    pub fn invalid_because(field: impl Into<String>, why: impl Into<String>) -> Self {
        Problem::invalid(field).saying(why).into()
    }

    /// A body that is no JSON.
    pub fn malformed() -> Self {
        Problem::malformed().into()
    }

    /// No such address.
    pub fn not_found() -> Self {
        Problem::not_found().into()
    }

    /// The address knows other methods.
    pub fn method_not_allowed() -> Self {
        Problem::method_not_allowed().into()
    }

    /// A body over its limit.
    pub fn too_large() -> Self {
        Problem::too_large().into()
    }

    /// A body of another kind.
    pub fn unsupported(wanted: &str) -> Self {
        Problem::unsupported().saying(format!("send {wanted}")).into()
    }

    /// Ours to repair.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        Problem::internal(cause).into()
    }
}

impl From<Problem> for Fail {
    fn from(problem: Problem) -> Self {
        Fail(Box::new(problem))
    }
}

impl From<Error> for Fail {
    fn from(error: Error) -> Self {
        Problem::of(&error).into()
    }
}

impl From<Refusal> for Fail {
    fn from(refusal: Refusal) -> Self {
        Error::from(refusal).into()
    }
}

impl IntoResponse for Fail {
    fn into_response(self) -> Response {
        let problem = *self.0;
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry = problem.retry_after_s;
        let body = HttpProblem::from(problem).json();
        let mut response = (status, [(CONTENT_TYPE, "application/problem+json")], body).into_response();
        let headers = response.headers_mut();
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = retry {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}
