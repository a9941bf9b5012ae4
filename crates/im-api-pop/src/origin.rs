//! Pages of other origins: which may use the session cookie, and what CORS tells their browsers
//! (pop.md §2.2, §2.3).
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

/// Whether whoever sent these headers may use the session cookie to change something: our own page, one
/// of a configured origin, or no page at all.
pub fn may_use_cookie(pop: &Pop, headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    is_ours(origin, pop.network.host(headers)) || is_friend(&pop.app.pop.cors_origins, origin)
}

fn is_ours(origin: &str, host: &str) -> bool {
    match origin.split_once("://") {
        Some((scheme, authority)) => bare(scheme, authority) == bare(scheme, host),
        None => false, // null, as pages without an origin have it
    }
}

fn is_friend(friends: &[String], origin: &str) -> bool {
    friends.iter().any(|friend| friend.trim_end_matches('/').eq_ignore_ascii_case(origin))
}

/// Host and port, without the port that the scheme means anyhow.
fn bare(scheme: &str, authority: &str) -> String {
    let default = if scheme.eq_ignore_ascii_case("https") { ":443" } else { ":80" };
    authority.strip_suffix(default).unwrap_or(authority).to_ascii_lowercase()
}

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
    let origin =
        asked.get(ORIGIN).filter(|origin| origin.to_str().is_ok_and(|text| is_friend(friends, text)));
    let Some(origin) = origin else { return false };
    answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    answer.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_ours_when_it_names_the_host_that_was_asked() {
        let cases = [
            ("http://im.example.com", "im.example.com", true),
            ("https://im.example.com:443", "IM.example.com", true),
            ("https://im.example.com", "im.example.com:443", true),
            ("https://im.example.com:8443", "im.example.com:8443", true),
            ("https://im.example.com:8443", "im.example.com", false),
            ("https://im.example.com.evil.example", "im.example.com", false),
            ("null", "im.example.com", false),
            ("garbage", "garbage", false),
        ];
        for (origin, host, ours) in cases {
            assert_eq!(is_ours(origin, host), ours, "{origin} {host}");
        }
    }

    #[test]
    fn friends_are_named_in_full() {
        let friends = ["https://friend.example/".to_owned()];
        for (origin, friend) in [
            ("https://friend.example", true),
            ("http://friend.example", false),
            ("https://friend.example.evil.example", false),
        ] {
            assert_eq!(is_friend(&friends, origin), friend, "{origin}");
        }
    }
}
