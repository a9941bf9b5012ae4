//! What people uploaded, and our own picture of who has none (pop.md §3.7).
use crate::{Pop, envelope::Fail};
use axum::{
    Router,
    extract::{Request, State},
    http::{
        HeaderValue,
        header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
    routing::get,
};
use im_api_common::files;
use im_media::Key;

/// The default avatar.
pub const AVATAR: &[u8] = include_bytes!("../static/avatar.jpg");

pub fn router() -> Router<Pop> {
    Router::new().route("/static/img/avatar.jpg", get(avatar)).route("/upload/{*path}", get(file))
}

/// `GET /static/img/avatar.jpg`.
async fn avatar() -> Response {
    ([(CONTENT_TYPE, "image/jpeg"), (CACHE_CONTROL, "public, max-age=86400")], AVATAR).into_response()
}

/// `GET /upload/…`: pictures are shown, everything else is saved.
async fn file(State(pop): State<Pop>, request: Request) -> Result<Response, Fail> {
    let key = Key::parse(request.uri().path().trim_start_matches('/')).ok_or_else(Fail::unknown)?;
    let served = files::serve(&pop.store, &key, request.method(), request.headers()).await;
    let mut response = served.map_err(Fail::internal)?.ok_or_else(Fail::unknown)?;
    let shown = |kind: &HeaderValue| kind.as_bytes().starts_with(b"image/");
    let headers = response.headers_mut();
    if headers.get(CONTENT_TYPE).is_some_and(|kind| !shown(kind)) {
        headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    }
    Ok(response)
}
