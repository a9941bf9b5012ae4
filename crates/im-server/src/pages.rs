//! The web pages, which are part of the binary: the chat at `/`, the reference of the API at `/docs`.
use axum::{
    Router,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use flate2::read::GzDecoder;
use std::io::Read;

/// A file of the pages as `build.rs` packed it.
struct Page {
    /// Where it is served.
    path: &'static str,
    /// Names its content.
    etag: &'static str,
    gzip: &'static [u8],
}

/// Ordered by site, not by path.
static PAGES: &[Page] = include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// First segments of addresses that the chat shows by itself; whatever else is unknown is a dialect's to refuse.
const SCREENS: [&str; 10] =
    ["", "c", "contacts", "groups", "i", "people", "search", "settings", "sign-in", "u"];

/// Below these, names change with the content.
const HASHED: [&str; 2] = ["/assets/", "/docs/assets/"];
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_EACH_TIME: HeaderValue = HeaderValue::from_static("no-cache");
const UNBUILT: &str = "This server was built without its pages; `make run` builds both.\n";

/// The routes. `media` is the origin of uploaded files when they lie elsewhere.
pub fn router(media: Option<String>) -> Router {
    let mut router = Router::new();
    for page in PAGES {
        router = router
            .route(page.path, get(move |policy, asked| async move { answer(Some(page), policy, asked) }));
    }
    let chat = || get(|policy, asked| async move { answer(find("/index.html"), policy, asked) });
    for screen in SCREENS {
        router = router.route(&format!("/{screen}"), chat());
        if !screen.is_empty() {
            router = router.route(&format!("/{screen}/{{*rest}}"), chat());
        }
    }
    let docs = || get(|policy, asked| async move { answer(find("/docs/index.html"), policy, asked) });
    router.route("/docs", docs()).route("/docs/", docs()).with_state(Policy::new(media))
}

/// What the browser may do on our pages: nothing that does not come from this server.
#[derive(Clone)]
struct Policy(HeaderValue);

impl Policy {
    fn new(media: Option<String>) -> Self {
        let media = media.unwrap_or_default();
        let policy = format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; font-src 'self'; \
             img-src 'self' blob: data: {media}; media-src 'self' blob: {media}; manifest-src 'self'; \
             worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        );
        Policy(HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'")))
    }
}

fn find(path: &str) -> Option<&'static Page> {
    PAGES.iter().find(|page| page.path == path)
}

fn answer(page: Option<&'static Page>, State(policy): State<Policy>, asked: HeaderMap) -> Response {
    let Some(page) = page else { return (StatusCode::NOT_FOUND, UNBUILT).into_response() };
    let hashed = HASHED.iter().any(|dir| page.path.starts_with(dir));
    let mut headers = HeaderMap::new();
    let mut set = |name: HeaderName, value: HeaderValue| headers.insert(name, value);
    set(header::CACHE_CONTROL, if hashed { FOR_EVER } else { ASK_EACH_TIME });
    set(header::ETAG, HeaderValue::from_static(page.etag));
    set(header::VARY, HeaderValue::from_static("accept-encoding"));
    set(header::CONTENT_TYPE, HeaderValue::from_static(content_type(page.path)));
    set(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    set(header::CONTENT_SECURITY_POLICY, policy.0);
    set(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    set(HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
    set(
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=(self)"),
    );
    if says(&asked, &header::IF_NONE_MATCH, page.etag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    if says(&asked, &header::ACCEPT_ENCODING, "gzip") {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        return (headers, page.gzip).into_response();
    }
    let mut plain = Vec::new();
    match GzDecoder::new(page.gzip).read_to_end(&mut plain) {
        Ok(_) => (headers, plain).into_response(),
        Err(e) => {
            tracing::error!(error = %e, path = page.path, "a page cannot be unpacked");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Whether the list in this header has the item.
fn says(headers: &HeaderMap, name: &HeaderName, item: &str) -> bool {
    let lists = headers.get_all(name).into_iter().filter_map(|list| list.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|said| {
        let (said, weight) = said.split_once(';').unwrap_or((said, ""));
        said.trim().trim_start_matches("W/") == item && weight.trim() != "q=0"
    })
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "mp3" => "audio/mpeg",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_says_what_it_takes() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("br;q=1.0, gzip ; q=0.5"));
        assert!(says(&headers, &header::ACCEPT_ENCODING, "gzip"));
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip;q=0"));
        assert!(!says(&headers, &header::ACCEPT_ENCODING, "gzip"));
    }
}
