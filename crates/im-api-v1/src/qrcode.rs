//! QR codes.
use crate::{
    V1,
    extract::{Query, Signed},
    problem::Fail,
};
use axum::{
    http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS},
    response::IntoResponse,
};
use im_api_common::qrcode;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Bytes of a text at most.
const LONGEST: usize = 512;

pub fn router() -> OpenApiRouter<V1> {
    OpenApiRouter::new().routes(routes!(show))
}

/// What a code says.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Said {
    /// 1 to 512 bytes.
    text: String,
}

/// A QR code, as a picture.
#[utoipa::path(
    get, path = "/v1/qrcode", params(Said),
    responses((status = 200, body = String, content_type = "image/svg+xml"))
)]
async fn show(Signed(_): Signed, Query(said): Query<Said>) -> Result<impl IntoResponse, Fail> {
    let fits = (1..=LONGEST).contains(&said.text.len());
    let svg = qrcode::svg(&said.text).filter(|_| fits);
    let svg = svg.ok_or_else(|| Fail::invalid_because("text", format!("1 to {LONGEST} bytes")))?;
    let about = [
        (CONTENT_TYPE, "image/svg+xml"),
        (CACHE_CONTROL, "private, max-age=86400"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
    ];
    Ok((about, svg))
}
