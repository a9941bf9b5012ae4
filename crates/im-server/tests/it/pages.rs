//! The pages in the binary: where they are, what the browser may do on them, and what stays the dialects'. That they work is shown
//! in a real browser (web/browser).
use crate::kit::*;
use reqwest::{Method, Response};
use std::collections::HashMap;

/// Asks as a browser does.
async fn get(im: &Im, path: &str, headers: &[(&str, &str)]) -> Response {
    let request = im.request(Method::GET, path);
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send().await.unwrap()
}

fn headers(answer: &Response) -> HashMap<String, String> {
    let text = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
        (name.to_string(), value.to_str().unwrap().to_owned())
    };
    answer.headers().iter().map(text).collect()
}

#[tokio::test]
async fn a_page_is_the_shell_of_the_chat_or_says_how_to_build_it() {
    let im = Im::start().await;
    for path in ["/", "/c/12", "/contacts", "/contacts/add", "/settings/privacy", "/u/x", "/i/x", "/sign-in"]
    {
        let page = get(&im, path, &[]).await;
        if page.status() == 404 {
            assert!(page.text().await.unwrap().contains("make run"), "{path}"); // built without pages
            continue;
        }
        assert_eq!(page.status(), 200, "{path}");
        let said = headers(&page);
        assert_eq!(
            (&*said["content-type"], &*said["cache-control"]),
            ("text/html; charset=utf-8", "no-cache")
        );
        for (name, part) in [
            ("content-security-policy", "default-src 'none'; script-src 'self'; style-src 'self'; "),
            ("content-security-policy", "frame-ancestors 'none'"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("permissions-policy", "microphone=(self)"),
        ] {
            assert!(said[name].contains(part), "{path} {name}: {}", said[name]);
        }
        let shell = page.text().await.unwrap();
        assert!(shell.contains("<!doctype html>") && shell.contains("/assets/"), "{path}: {shell}");
        assert!(
            !shell.contains("<script>") && !shell.contains("style="),
            "{path}: the policy would refuse it"
        );
        assert_eq!(get(&im, path, &[("if-none-match", &said["etag"])]).await.status(), 304, "{path}");
    }
}

#[tokio::test]
async fn what_a_page_loads_is_compressed_and_kept_for_ever() {
    let im = Im::start().await;
    let shell = get(&im, "/", &[]).await;
    if shell.status() == 404 {
        return; // built without pages
    }
    let shell = shell.text().await.unwrap();
    let scripts: Vec<_> = shell.split('"').filter(|part| part.starts_with("/assets/")).collect();
    assert!(
        scripts.iter().any(|path| path.ends_with(".js")) && scripts.iter().any(|path| path.ends_with(".css"))
    );
    for path in scripts {
        let plain = get(&im, path, &[]).await;
        assert_eq!(headers(&plain)["cache-control"], "public, max-age=31536000, immutable");
        let plain = plain.bytes().await.unwrap();
        let packed = get(&im, path, &[("accept-encoding", "br, gzip")]).await;
        assert_eq!(headers(&packed)["content-encoding"], "gzip");
        assert!(packed.bytes().await.unwrap().len() < plain.len(), "{path}");
    }
}

#[tokio::test]
async fn a_page_is_read_and_nothing_else() {
    let im = Im::start().await;
    for (method, path, status) in [
        (Method::POST, "/", 405),
        (Method::DELETE, "/contacts", 405),
        (Method::GET, "/assets/nothing.js", 404),
        (Method::GET, "/assets/../../Cargo.toml", 404),
        (Method::GET, "/assets/%2e%2e/%2e%2e/Cargo.toml", 404),
        (Method::GET, "/nothing", 404),
    ] {
        let answer = im.request(method.clone(), path).send().await.unwrap();
        assert_eq!(answer.status(), status, "{method} {path}");
    }
}
