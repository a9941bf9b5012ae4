//! Sending stored files.

mod range;

use axum::body::Body;
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, LAST_MODIFIED,
    RANGE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use im_media::{Blob, Key, Picture, Store};
use jiff::Timestamp;
use jiff::fmt::rfc2822::{DateTimeParser, DateTimePrinter};

use self::range::Wanted;

/// Stored files never change, so they are asked for once.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// A placeholder is asked for again: the poster may be ready then.
const A_MINUTE: &str = "public, max-age=60";

/// Whatever a file turns out to be, it runs nothing in our origin.
const SAFE: [(HeaderName, &str); 2] =
    [(X_CONTENT_TYPE_OPTIONS, "nosniff"), (CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox")];

/// Answers a GET or HEAD for the file `key`: whole, in part, or "not modified". None when there
/// is no such file; the dialect has its own words for that.
///
/// The content decides the type and whether it is shown or saved. The file is streamed.
///
/// # Errors
/// Of the disk.
pub async fn serve(
    store: &Store,
    key: &Key,
    method: &Method,
    asked: &HeaderMap,
) -> Result<Option<Response>, im_media::Error> {
    let Some(blob) = store.blob(key).await? else { return Ok(None) };
    let marks = Marks::of(&blob);
    if marks.match_cached(asked) {
        let mut response = StatusCode::NOT_MODIFIED.into_response();
        marks.write(response.headers_mut());
        return Ok(Some(response));
    }
    let serving = blob.kind().await?.serving(key.extension());
    // HEAD knows no ranges.
    let part = if method == Method::GET && marks.allow_range(asked) { asked.get(RANGE) } else { None };
    let wanted = part.map_or(Wanted::All, |value| range::parse(value.as_bytes(), blob.size_bytes));

    let size = blob.size_bytes;
    let (status, bytes) = match wanted {
        Wanted::All => (StatusCode::OK, 0..size),
        Wanted::Part(bytes) => (StatusCode::PARTIAL_CONTENT, bytes),
        Wanted::Nothing => (StatusCode::RANGE_NOT_SATISFIABLE, 0..0),
    };
    let length = bytes.end - bytes.start;
    let content_range = match status {
        StatusCode::PARTIAL_CONTENT => Some(format!("bytes {}-{}/{size}", bytes.start, bytes.end - 1)),
        StatusCode::RANGE_NOT_SATISFIABLE => Some(format!("bytes */{size}")),
        _ => None,
    };
    let is_empty = method == Method::HEAD || length == 0;
    let body = if is_empty { Body::empty() } else { Body::from_stream(blob.stream(bytes).await?) };

    let mut response = (status, SAFE, body).into_response();
    let headers = response.headers_mut();
    marks.write(headers);
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(CONTENT_LENGTH, length.into());
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(serving.content_type));
    if !serving.inline {
        headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    }
    if let Some(text) = content_range {
        headers.insert(CONTENT_RANGE, value(&text));
    }
    Ok(Some(response))
}

/// Sends a poster.
pub fn poster(picture: Picture) -> Response {
    let kept = if picture.is_real { FOR_EVER } else { A_MINUTE };
    let about = [(CONTENT_TYPE, picture.content_type), (CACHE_CONTROL, kept)];
    (SAFE, about, picture.bytes).into_response()
}

/// What a cache recognises a file by.
struct Marks {
    etag: String,
    modified: Timestamp,
    modified_text: String,
}

impl Marks {
    fn of(blob: &Blob) -> Self {
        // A date before 1 AD or after 9999: the file system's clock is broken, any date will do.
        let modified = Timestamp::try_from(blob.modified).unwrap_or(Timestamp::UNIX_EPOCH);
        let modified_text =
            DateTimePrinter::new().timestamp_to_rfc9110_string(&modified).unwrap_or_else(|_| String::new());
        // Keys are never reused, so length and time tell more than enough.
        let etag = format!("\"{:x}-{:x}\"", modified.as_millisecond(), blob.size_bytes);
        Self { etag, modified, modified_text }
    }

    fn write(&self, headers: &mut HeaderMap) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(FOR_EVER));
        headers.insert(ETAG, value(&self.etag));
        if !self.modified_text.is_empty() {
            headers.insert(LAST_MODIFIED, value(&self.modified_text));
        }
    }

    /// Whether the client has this file already (RFC 9110 §13.1.2 and §13.1.3).
    fn match_cached(&self, asked: &HeaderMap) -> bool {
        if asked.contains_key(IF_NONE_MATCH) {
            let tags = asked.get_all(IF_NONE_MATCH).iter().filter_map(|tags| tags.to_str().ok());
            let mut tags = tags.flat_map(|tags| tags.split(',')).map(str::trim);
            return tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == self.etag);
        }
        let since = asked.get(IF_MODIFIED_SINCE).and_then(|since| since.to_str().ok());
        let since = since.and_then(|since| DateTimeParser::new().parse_timestamp(since).ok());
        since.is_some_and(|since| self.modified.as_second() <= since.as_second())
    }

    /// Whether a range may be taken: what the client has of the file must be of this one (§13.1.5).
    fn allow_range(&self, asked: &HeaderMap) -> bool {
        asked
            .get(IF_RANGE)
            .is_none_or(|mark| mark == self.etag.as_str() || mark == self.modified_text.as_str())
    }
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("digits, dates and quotes are header text")
}

#[cfg(test)]
mod tests;
