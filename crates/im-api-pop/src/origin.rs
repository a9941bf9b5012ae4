//! What browsers are told whose pages come from other origins (pop.md §2.3).
use crate::Pop;
use axum::{
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{
            ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
            ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
            ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
        },
    },
    response::{IntoResponse, Response},
};
use im_api_common::address::is_among;

/// What a browser hears that asks before it sends; `None` when it does not ask.
pub fn preflight(pop: &Pop, method: &Method, headers: &HeaderMap) -> Option<Response> {
    if method != Method::OPTIONS || !headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD) {
        return None;
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    let wanted = headers.get(ACCESS_CONTROL_REQUEST_HEADERS);
    let with_key = wanted.is_some_and(|names| {
        names.to_str().is_ok_and(|names| names.to_ascii_lowercase().contains("x-api-key"))
    });
    if with_key || !admit(pop, headers, &mut response) {
        return Some(response);
    }
    let answer = response.headers_mut();
    answer.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
    answer.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    if let Some(names) = wanted {
        answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
    }
    Some(response)
}

/// Lets pages of configured origins read an answer. Whether the request came from one.
pub fn admit(pop: &Pop, asked: &HeaderMap, answer: &mut Response) -> bool {
    let friends = &pop.app.pop.cors_origins;
    if friends.is_empty() {
        return false;
    }
    let answer = answer.headers_mut();
    answer.append(VARY, HeaderValue::from_static("Origin"));
    let origin = asked.get(ORIGIN).filter(|origin| origin.to_str().is_ok_and(|text| is_among(text, friends)));
    let Some(origin) = origin else { return false };
    answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    answer.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    true
}
