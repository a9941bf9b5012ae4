//! `/public/…`: what people uploaded, and our own icons (egg.md §8.1).
use crate::{
    Egg,
    envelope::{Fail, not_found},
};
use axum::{
    Router,
    extract::{Path, Request, State, rejection::PathRejection},
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use im_api_common::files;
use im_media::{Key, Shot};

pub fn router() -> Router<Egg> {
    Router::new().route("/public/icons/{name}", get(icon)).route("/public/uploads/{*path}", get(file))
}

macro_rules! icons {
    ($($name:literal),*) => {
        /// The bundled icons.
        const ICONS: &[(&str, &[u8])] =
            &[$((concat!($name, ".png"), include_bytes!(concat!("../icons/", $name, ".png")))),*];
    };
}
icons!(
    "AskAndAnswerSet",
    "applyAddMeFriendSet",
    "avatar",
    "friendList",
    "group",
    "kefu",
    "myQrcode1",
    "qunliaoNoticeIcon",
    "search",
    "setPassword",
    "whoCanChatMe"
);

/// `GET /public/icons/:name`.
async fn icon(name: Result<Path<String>, PathRejection>) -> Response {
    match ICONS.iter().find(|(known, _)| name.as_ref().is_ok_and(|Path(name)| known == name)) {
        Some((_, png)) => {
            ([(CONTENT_TYPE, "image/png"), (CACHE_CONTROL, "public, max-age=86400")], *png).into_response()
        }
        None => not_found().await.into_response(),
    }
}

/// `GET /public/uploads/…`, with the poster of a video where the query asks for one (egg.md §8.4).
async fn file(State(egg): State<Egg>, request: Request) -> Result<Response, Fail> {
    let Some(key) = Key::of_public_path(request.uri().path()) else { return Err(not_found().await) };
    if let Some(shot) = request.uri().query().and_then(Shot::of_query) {
        let poster = egg.covers.poster(&key, shot).await.map_err(Fail::internal)?;
        return match poster {
            Some(picture) => Ok(files::poster(picture)),
            None => Err(not_found().await),
        };
    }
    let served =
        files::serve(&egg.store, &key, request.method(), request.headers()).await.map_err(Fail::internal)?;
    match served {
        Some(response) => Ok(response),
        None => Err(not_found().await),
    }
}
