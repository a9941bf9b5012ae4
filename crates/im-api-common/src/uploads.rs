//! Receiving an upload: `multipart/form-data` with one file and some text fields.

mod feed;

use std::fmt;
use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::extract::multipart::{Field, Multipart};
use axum::extract::{DefaultBodyLimit, FromRequest, Request};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE, EXPECT};
use axum::http::{HeaderMap, HeaderName};
use bytes::Bytes;
use im_media::tempfile::NamedTempFile;
use im_media::{HEAD_BYTES, Kind, Store};
use percent_encoding::percent_decode_str;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use self::feed::Feed;

/// Bytes of the longest text field: what the original server reads.
const TEXT_BYTES: usize = 100 << 10;

/// Most parts of a form.
const MAX_PARTS: usize = 50;

/// Bytes for the boundary and headers of one part; browsers send a few hundred.
const PART_HEAD_BYTES: u64 = 16 << 10;

/// A client that sends nothing for so long is gone.
const SILENCE: Duration = Duration::from_secs(30);

/// An upload that takes longer is one that only holds a connection.
const LONGEST: Duration = Duration::from_secs(1800);

/// Longest file name that is kept, in characters.
const NAME_CHARS: usize = 255;

/// What an upload may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits<'a> {
    /// Bytes of the largest file.
    pub file_bytes: u64,
    /// The name that the file's field must have; none: any.
    pub field: Option<&'a str>,
}

/// A received upload. The file vanishes unless it is put into the store.
#[derive(Debug)]
pub struct Upload {
    /// The content, whole and not empty.
    pub file: NamedTempFile,
    /// The name of the file's field.
    pub field: String,
    /// The client's name for the file, as sent: for extensions and messages, never for paths.
    pub name: String,
    /// The media type that the client declared.
    pub content_type: Option<String>,
    /// The length of the content in bytes.
    pub size_bytes: u64,
    /// What the content is.
    pub kind: Kind,
    /// The text fields in the order sent.
    pub texts: Vec<(String, String)>,
}

impl Upload {
    /// The first text field called `name`.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.texts.iter().find(|(key, _)| key == name).map(|(_, text)| text.as_str())
    }
}

/// Why an upload was not received.
#[derive(Debug)]
pub enum UploadError {
    /// No file part, or an empty file.
    Missing,
    /// The file, a text field or the form as a whole is over its limit.
    TooLarge,
    /// Not a form, a broken or unfinished one, or one with two files.
    Malformed,
    /// The file is in another field than the one demanded.
    WrongField {
        /// The field it is in.
        found: String,
    },
    /// Our disk failed.
    Disk(io::Error),
}

impl fmt::Display for UploadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("the form has no file"),
            Self::TooLarge => f.write_str("the form is too large"),
            Self::Malformed => f.write_str("the form is malformed"),
            Self::WrongField { found } => write!(f, "the file is in the field {found:?}"),
            Self::Disk(error) => write!(f, "disk: {error}"),
        }
    }
}

impl std::error::Error for UploadError {}

impl From<io::Error> for UploadError {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

impl From<im_media::Error> for UploadError {
    fn from(error: im_media::Error) -> Self {
        Self::Disk(io::Error::other(error))
    }
}

/// Receives the upload that `request` carries, into a temporary file of `store`.
///
/// Takes the whole request, because the limits hold for all of the body (the router's
/// `DefaultBodyLimit` does not apply) and because what is left of it is read before an answer:
/// a client that is still sending does not see a refusal.
///
/// # Errors
/// See [`UploadError`]; nothing stays on disk then, nor when the client leaves.
pub async fn receive(request: Request, store: &Store, limits: Limits<'_>) -> Result<Upload, UploadError> {
    let most_bytes =
        limits.file_bytes.saturating_add(MAX_PARTS as u64 * (TEXT_BYTES as u64 + PART_HEAD_BYTES));
    let (parts, body) = request.into_parts();
    let feed = Feed::new(body.into_data_stream(), most_bytes);
    let announced = number(&parts.headers, CONTENT_LENGTH);
    if announced.is_some_and(|bytes| bytes > most_bytes) {
        // Who asks before sending has sent nothing yet; reading on would invite it to.
        if !parts.headers.contains_key(EXPECT) {
            feed.drain().await;
        }
        return Err(UploadError::TooLarge);
    }
    let received = match form(&parts.headers, &feed).await {
        Ok(form) => {
            let reading = timeout(LONGEST, read_form(form, &feed, store, limits)).await;
            reading.unwrap_or(Err(UploadError::Malformed))
        }
        Err(e) => Err(e),
    };
    let received = received.map_err(|e| if feed.is_over() { UploadError::TooLarge } else { e });
    feed.drain().await;
    received
}

/// Reads and forgets a body that nobody wants, within limits: a client that is still sending does
/// not see a refusal.
pub async fn discard(body: Body) {
    Feed::new(body.into_data_stream(), u64::MAX).drain().await;
}

fn number(headers: &HeaderMap, name: HeaderName) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.parse().ok()
}

/// The form in `feed`, by axum's parser, which wants a request of its own.
async fn form(headers: &HeaderMap, feed: &Feed) -> Result<Multipart, UploadError> {
    let mut inner = Request::new(Body::from_stream(feed.clone()));
    if let Some(content_type) = headers.get(CONTENT_TYPE) {
        inner.headers_mut().insert(CONTENT_TYPE, content_type.clone());
    }
    DefaultBodyLimit::disable().apply(&mut inner);
    Multipart::from_request(inner, &()).await.map_err(|_| UploadError::Malformed)
}

async fn read_form(
    mut form: Multipart,
    feed: &Feed,
    store: &Store,
    limits: Limits<'_>,
) -> Result<Upload, UploadError> {
    let mut received: Option<Upload> = None;
    let mut texts = Vec::new();
    for _ in 0..=MAX_PARTS {
        feed.allow(PART_HEAD_BYTES);
        let next = timeout(SILENCE, form.next_field()).await.map_err(|_| UploadError::Malformed)?;
        let Some(field) = next.map_err(|_| UploadError::Malformed)? else {
            let upload = received.ok_or(UploadError::Missing)?;
            return if upload.size_bytes == 0 {
                Err(UploadError::Missing)
            } else {
                Ok(Upload { texts, ..upload })
            };
        };
        feed.allow(u64::MAX);
        let Some(name) = file_name(&field) else {
            let key = field.name().unwrap_or_default().to_owned();
            texts.push((key, read_text(field).await?));
            continue;
        };
        let upload = read_file(field, name, store, limits).await?;
        match &received {
            // A form's file input that was left empty.
            _ if upload.name.is_empty() && upload.size_bytes == 0 => {}
            None => received = Some(upload),
            Some(_) => return Err(UploadError::Malformed),
        }
    }
    Err(UploadError::TooLarge)
}

/// The client's file name if `field` is a file, also where the name is not UTF-8 or spelled
/// `filename*=UTF-8''...`, which the parser passes over.
fn file_name(field: &Field<'_>) -> Option<String> {
    let short = |name: &str| name.chars().take(NAME_CHARS).collect();
    if let Some(name) = field.file_name() {
        return Some(short(name));
    }
    let disposition =
        String::from_utf8_lossy(field.headers().get(CONTENT_DISPOSITION)?.as_bytes()).into_owned();
    let (_, value) = disposition.split(';').filter_map(|part| part.split_once('=')).find(|(name, _)| {
        let name = name.trim();
        name.eq_ignore_ascii_case("filename") || name.eq_ignore_ascii_case("filename*")
    })?;
    let value = value.trim().trim_matches('"');
    let encoded = value.rsplit_once("''").map_or(value, |(_, encoded)| encoded);
    Some(short(&percent_decode_str(encoded).decode_utf8_lossy()))
}

async fn read_text(mut field: Field<'_>) -> Result<String, UploadError> {
    let mut text = Vec::new();
    while let Some(chunk) = next_chunk(&mut field).await? {
        if text.len() + chunk.len() > TEXT_BYTES {
            return Err(UploadError::TooLarge);
        }
        text.extend_from_slice(&chunk);
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}

async fn read_file(
    mut field: Field<'_>,
    name: String,
    store: &Store,
    limits: Limits<'_>,
) -> Result<Upload, UploadError> {
    let field_name = field.name().unwrap_or_default().to_owned();
    if limits.field.is_some_and(|wanted| wanted != field_name) {
        return Err(UploadError::WrongField { found: field_name });
    }
    let content_type = field.content_type().map(str::to_owned);
    let file = store.temp_file()?;
    let mut to = File::from_std(file.reopen()?);
    let (mut size_bytes, mut head) = (0, Vec::new());
    while let Some(chunk) = next_chunk(&mut field).await? {
        size_bytes += chunk.len() as u64;
        if size_bytes > limits.file_bytes {
            return Err(UploadError::TooLarge);
        }
        let wanted = chunk.len().min(HEAD_BYTES - head.len());
        head.extend_from_slice(&chunk[..wanted]);
        to.write_all(&chunk).await?;
    }
    to.flush().await?;
    Ok(Upload {
        file,
        field: field_name,
        name,
        content_type,
        size_bytes,
        kind: Kind::of(&head),
        texts: Vec::new(),
    })
}

async fn next_chunk(field: &mut Field<'_>) -> Result<Option<Bytes>, UploadError> {
    let chunk = timeout(SILENCE, field.chunk()).await.map_err(|_| UploadError::Malformed)?;
    chunk.map_err(|_| UploadError::Malformed)
}

#[cfg(test)]
mod tests;
