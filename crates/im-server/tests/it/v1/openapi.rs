//! The OpenAPI document, and what holds for every route in it.
use super::kit::*;
use reqwest::Method;
use serde_json::{Value, json};

/// Method and path of each operation, with whether it takes a token and a JSON body.
fn operations(document: &Value) -> Vec<(Method, String, bool, bool)> {
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let signed = !operation["security"].as_array().unwrap().iter().any(|one| one == &json!({}));
            let json = operation["requestBody"]["content"].get("application/json").is_some();
            all.push((method, path.clone(), signed, json));
        }
    }
    assert!(all.len() > 15, "{all:?}");
    all
}

/// The path with a number in each place.
fn filled(path: &str) -> String {
    let mut filled = String::new();
    for (at, part) in path.split(['{', '}']).enumerate() {
        filled.push_str(if at % 2 == 0 { part } else { "1" });
    }
    filled
}

#[tokio::test]
async fn the_document_is_served_and_fresh() {
    let im = Im::start().await;
    let served = im.get("/v1/openapi.json").await;
    assert_eq!((served.status, &served.headers["content-type"]), (200, &"application/json".parse().unwrap()));
    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let kept = std::fs::read_to_string(kept).unwrap_or_default();
    let fresh = String::from_utf8(served.bytes).unwrap() == kept && im_api_v1::document() == kept;
    assert!(fresh, "write it anew: hongyan openapi > docs/openapi.json");
}

#[tokio::test]
async fn the_document_can_be_read_by_generators() {
    let document: Value = serde_json::from_str(&im_api_v1::document()).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{}", document["openapi"]);
    let mut ids = std::collections::HashSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id.to_owned()), "{id} names two operations");
            assert!(
                operation["summary"].is_string() || operation["description"].is_string(),
                "{method} {path}"
            );
            assert!(operation["responses"]["default"].is_object(), "{method} {path}");
        }
    }
    every(&document, &mut |value| {
        if let Some(reference) = value["$ref"].as_str() {
            let found = document.pointer(reference.trim_start_matches('#'));
            assert!(found.is_some(), "{reference} leads nowhere");
        }
    });
}

fn every(value: &Value, look: &mut impl FnMut(&Value)) {
    look(value);
    match value {
        Value::Array(values) => values.iter().for_each(|one| every(one, look)),
        Value::Object(object) => object.values().for_each(|one| every(one, look)),
        _ => {}
    }
}

#[tokio::test]
async fn no_route_opens_without_a_token() {
    let im = Im::start().await;
    let document = im.get("/v1/openapi.json").await.view();
    let open = [
        "POST /v1/accounts",
        "POST /v1/sessions",
        "POST /v1/sessions/refresh",
        "POST /v1/visitors",
        "GET /v1/settings",
        "GET /v1/invites/{token}",
    ];
    for (method, path, signed, _) in operations(&document) {
        assert_eq!(
            !signed,
            open.contains(&format!("{method} {path}").as_str()),
            "{method} {path}: is it open?"
        );
        if !signed {
            continue;
        }
        for token in [None, Some("x"), Some(&*"A".repeat(43))] {
            let mut request = im.request(method.clone(), &filled(&path)).json(&json!({}));
            request = if let Some(token) = token { request.bearer_auth(token) } else { request };
            let refused = answer(request).await;
            assert_eq!(refused.problem(401, "bad_token")["status"], 401, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn no_route_fails_for_what_it_is_sent() {
    let im = Im::start().await;
    let document = im.get("/v1/openapi.json").await.view();
    let bodies = [
        "",
        "{",
        "[]",
        "null",
        "7",
        "\"x\"",
        "{}",
        r#"{"no such field":1}"#,
        r#"{"username":{},"body":[],"seq":"x"}"#,
        r#"{"seq":-9223372036854775808,"account":9223372036854775807,"accounts":[9e99]}"#,
    ];
    let places =
        ["0", "-1", "9223372036854775807", "9223372036854775808", "1e3", "x", "%00", "%ff", "%F0%9F%91%8D"];
    for (method, path, _, json) in operations(&document) {
        // A session of its own, because some of these routes end it.
        let anna = im.native(&format!("a{:015x}", rand_of(&format!("{method}{path}")))).await;
        for body in bodies {
            let request = anna.request(method.clone(), filled(&path).trim_start_matches("/v1"));
            let request = request.header("content-type", "application/json").body(body);
            let said = answer(request).await;
            assert!(said.status < 500, "{method} {path} {body}: {}", said.body);
            assert!(
                !json || said.status >= 400 || body == "{}",
                "{method} {path} takes {body}: {}",
                said.status
            );
            if said.status >= 400 {
                let code = said.body["code"]
                    .as_str()
                    .unwrap_or_else(|| panic!("{method} {path} {body}: no problem"));
                said.problem(said.status, code);
            }
        }
        let asked: Vec<_> = parameters(&document, &method, &path);
        for (name, value) in asked.iter().flat_map(|name| places.iter().map(move |place| (name, place))) {
            let said = anna.get(&format!("{}?{name}={value}", filled(&path).trim_start_matches("/v1"))).await;
            assert!(said.status < 500, "{method} {path} {name}={value}: {}", said.body);
        }
        for place in places.iter().filter(|_| path.contains('{')) {
            let parts: Vec<_> = path.split(['{', '}']).enumerate().collect();
            let filled: String =
                parts.iter().map(|(at, part)| if at % 2 == 0 { part } else { place }).copied().collect();
            let request = anna.request(method.clone(), filled.trim_start_matches("/v1"));
            let said = answer(request.header("content-type", "application/json").body("{}")).await;
            assert!(said.status < 500, "{method} {filled}: {}", said.body);
        }
    }
}

/// The names that a GET takes behind the `?`.
fn parameters(document: &Value, method: &Method, path: &str) -> Vec<String> {
    let all = document["paths"][path]["get"]["parameters"].as_array().cloned().unwrap_or_default();
    let queries = all.iter().filter(|one| *method == Method::GET && one["in"] == "query");
    queries.map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

/// A number that is the same for the same text.
fn rand_of(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, b| (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
        >> 4
}
