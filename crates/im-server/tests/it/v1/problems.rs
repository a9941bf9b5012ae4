//! What is refused, and how it is said.
use super::kit::*;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_refusal_names_the_field() {
    let im = Im::start().await;
    let good = r#""username":"annabel","password":"123456""#;
    let cases = [
        (r#"{"username":"annabel"}"#.to_owned(), "password"),
        (r#"{"password":"123456"}"#.to_owned(), "username"),
        ("{}".to_owned(), "username"),
        (format!("{{{good},\"more\":1}}"), "more"),
        (format!("{{{good},\"username\":\"anna\"}}"), "username"),
        (r#"{"username":7,"password":"123456"}"#.to_owned(), "username"),
        (format!("{{{good},\"device\":7}}"), "device"),
        (format!("{{{good},\"device\":{{\"name\":7}}}}"), "device.name"),
        (format!("{{{good},\"device\":{{\"device\":7}}}}"), "device.device"),
        ("7".to_owned(), "."),
    ];
    for (body, field) in cases {
        let request = im.request(Method::POST, "/v1/accounts").header("content-type", "application/json");
        let refused = answer(request.body(body.clone())).await;
        assert_eq!(refused.problem(422, "invalid")["field"], field, "{body}");
    }
}

#[tokio::test]
async fn the_document_has_every_code_that_is_answered() {
    let im = Im::start().await;
    let document = im.get("/v1/openapi.json").await.view();
    let codes = &document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"];
    let codes: Vec<_> = codes.as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(codes, im_gateway::native::problem::CODES);
    let ann = im.native("anna").await;
    let text = ann.request(Method::POST, "/contacts/requests").body("x");
    let answers = [
        (im.get("/v1/me").await, "bad_token"),
        (im.get("/v1/nowhere").await, "not_found"),
        (im.get("/v1/socket").await, "upgrade_required"),
        (ann.put("/contacts/requests", json!({})).await, "method_not_allowed"),
        (ann.post("/contacts/requests", json!({ "account": ann.id })).await, "yourself"),
        (answer(text).await, "unsupported_media_type"),
    ];
    for (answer, code) in answers {
        answer.problem(answer.status, code);
        assert!(codes.contains(&code), "{code} is not in {codes:?}");
    }
}
