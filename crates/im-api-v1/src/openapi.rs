//! The OpenAPI document, out of the annotations of the routes: what is not annotated cannot be routed.
use crate::{V1, features};
use axum::{Router, http::header::CONTENT_TYPE, routing::get};
use im_gateway::native::problem::HttpProblem;
use serde_json::Value;
use std::sync::Arc;
use utoipa::{
    OpenApi,
    openapi::{
        ContentBuilder, OpenApi as Document, Ref, RefOr, Response, ResponseBuilder,
        path::Operation,
        security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
    },
};
use utoipa_axum::router::OpenApiRouter;

/// The name of the token's scheme in the document.
const BEARER: &str = "bearer";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Hongyan",
        version = "1",
        description = "The native API of Hongyan, a self-hosted IM server. Live events: `GET /v1/socket`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    components(schemas(HttpProblem))
)]
struct Frame;

/// The document, as pretty JSON with a line feed at its end: docs/openapi.json.
pub fn document() -> String {
    text(&join(features()).1)
}

fn text(document: &Document) -> String {
    let mut value = serde_json::to_value(document).expect("a document has texts as keys");
    leave_out(&mut value);
    format!("{value:#}\n")
}

/// What may be missing from an object is never null in it: takes null out of the types of such properties.
fn leave_out(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(leave_out),
        Value::Object(object) => {
            let required = object.get("required").cloned().unwrap_or_default();
            let is_required =
                |name: &str| required.as_array().is_some_and(|all| all.iter().any(|one| one == name));
            if let Some(Value::Object(properties)) = object.get_mut("properties") {
                properties
                    .iter_mut()
                    .filter(|(name, _)| !is_required(name))
                    .for_each(|(_, one)| without_null(one));
            }
            object.values_mut().for_each(leave_out);
        }
        _ => {}
    }
}

fn without_null(schema: &mut Value) {
    let is_null = |kind: &Value| kind == "null" || kind.get("type").is_some_and(|kind| kind == "null");
    for key in ["type", "oneOf"] {
        if let Some(Value::Array(kinds)) = schema.get_mut(key) {
            kinds.retain(|kind| !is_null(kind));
        }
    }
    if let Some([one]) = schema["type"].as_array().map(Vec::as_slice) {
        schema["type"] = one.clone();
    }
    if let Some([one]) = schema["oneOf"].as_array().map(Vec::as_slice) {
        *schema = one.clone();
    }
}

/// One router and one document out of those of all features.
pub(crate) fn join(features: Vec<(&'static str, OpenApiRouter<V1>)>) -> (Router<V1>, Document) {
    let all = OpenApiRouter::with_openapi(Frame::openapi());
    let joined = features.into_iter().fold(all, |all, (name, mut feature)| {
        operations(feature.get_openapi_mut()).for_each(|operation| describe(operation, name));
        all.merge(feature)
    });
    let (routes, mut document) = joined.split_for_parts();
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    let components = document.components.get_or_insert_default();
    components.add_security_scheme(BEARER, bearer);
    (routes, document)
}

fn operations(document: &mut Document) -> impl Iterator<Item = &mut Operation> {
    document.paths.paths.values_mut().flat_map(|item| {
        let all = [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete];
        all.into_iter().filter_map(Option::as_mut)
    })
}

/// What is the same for every operation: its feature, that it takes a token unless it says otherwise, and
/// how it refuses.
fn describe(operation: &mut Operation, feature: &str) {
    operation.tags = Some(vec![feature.to_owned()]);
    operation.operation_id = operation.operation_id.take().map(|name| format!("{feature}_{name}"));
    operation.summary = operation.summary.take().map(|summary| sentence(&summary));
    operation.security.get_or_insert_with(|| vec![SecurityRequirement::new(BEARER, [""; 0])]);
    operation.responses.responses.insert("default".to_owned(), RefOr::T(refusal()));
}

/// What a doc line says behind the route, which the document has anyhow.
fn sentence(doc: &str) -> String {
    let said = doc.split_once("`: ").filter(|_| doc.starts_with('`')).map_or(doc, |(_, said)| said);
    let mut letters = said.chars().map(|c| if c == '\n' { ' ' } else { c });
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

fn refusal() -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("HttpProblem"))).build();
    ResponseBuilder::new()
        .description("What was refused")
        .content("application/problem+json", content)
        .build()
}

/// `GET /v1/openapi.json`: the document itself.
pub(crate) fn router(document: Document) -> Router<V1> {
    let text: Arc<str> = text(&document).into();
    Router::new().route(
        "/v1/openapi.json",
        get(async move || ([(CONTENT_TYPE, "application/json")], text.to_string())),
    )
}
