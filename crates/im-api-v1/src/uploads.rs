//! Files that people send.
use crate::{
    V1,
    extract::Signed,
    problem::Fail,
    reply::{Made, made},
};
use axum::extract::{Request, State};
use im_api_common::{
    civil::Offset,
    uploads::{self, Limits, Upload, UploadError},
};
use im_core::{Rate, accounts::Caller, uploads::Upload as Note};
use im_media::{Class, Format, Key, Kind, Measures, Serving, Shot, accept, names, picture};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Pixels across a video's cover, and the moment at which it is taken.
const COVER_WIDTH: u32 = 480;
const COVER_AT_MS: u64 = 500;
/// Characters of a file's name that are kept.
const NAME_CHARS: usize = 255;
/// Where a file is kept whose name says nothing, or something else than its content.
const ANYTHING: &str = ".bin";

pub fn router() -> OpenApiRouter<V1> {
    OpenApiRouter::new().routes(routes!(receive))
}

/// A file, as a form.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for the document; the form is read as it comes")]
struct UploadForm {
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// How clients show a file.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum UploadKind {
    Image,
    Audio,
    Video,
    File,
}

/// A file that was received, with what a message of it says.
#[derive(Serialize, ToSchema)]
#[schema(as = Upload)]
struct UploadView {
    /// A path of this server, or a URL.
    url: String,
    /// What its sender calls it.
    name: String,
    size_bytes: u64,
    /// The media type of the content, whatever the name says.
    #[schema(example = "image/png")]
    r#type: &'static str,
    kind: UploadKind,
    /// Pixels across, of pictures and films.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u32)]
    width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u32)]
    height: Option<u32>,
    /// A small picture of a large one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String)]
    thumb: Option<String>,
    /// A picture out of a film.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String)]
    cover: Option<String>,
    /// How long a film or a sound is, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u64)]
    duration_ms: Option<u64>,
}

/// Keeps a file. What it is, its content decides.
#[utoipa::path(
    post, path = "/v1/uploads", request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses((status = 201, body = UploadView))
)]
async fn receive(State(v1): State<V1>, signed: Result<Signed, Fail>, request: Request) -> Made<UploadView> {
    let caller = match signed.and_then(|Signed(caller)| admit(&v1, caller)) {
        Ok(caller) => caller,
        Err(fail) => {
            uploads::discard(request.into_body()).await; // who is still sending would not hear why
            return Err(fail);
        }
    };
    let limits = Limits { file_bytes: v1.upload_bytes, field: Some("file") };
    let upload = uploads::receive(request, &v1.store, limits).await.map_err(refused)?;
    im_core::uploads::check(&v1.app, upload.kind.class == Class::Image)?;
    let found = look_at(&v1, &upload).await;
    keep(&v1, caller, upload, found).await
}

fn admit(v1: &V1, caller: Caller) -> Result<Caller, Fail> {
    v1.app.limiter.take(Rate::Upload, caller.id, v1.app.now())?;
    Ok(caller)
}

fn refused(error: UploadError) -> Fail {
    match error {
        UploadError::TooLarge => Fail::too_large(),
        UploadError::Missing => Fail::invalid_because("file", "the form has no file"),
        UploadError::WrongField { found } => {
            Fail::invalid_because("file", format!("the file is in the field {found:?}"))
        }
        UploadError::Malformed => Fail::malformed(),
        UploadError::Disk(error) => Fail::internal(error),
    }
}

/// What was found in a file.
struct Found {
    kind: UploadKind,
    size: Option<(u32, u32)>,
    thumb: Option<picture::Thumb>,
    cover: Option<bytes::Bytes>,
    duration_ms: Option<u64>,
}

impl Found {
    fn plain(kind: UploadKind) -> Self {
        Found { kind, size: None, thumb: None, cover: None, duration_ms: None }
    }
}

async fn look_at(v1: &V1, upload: &Upload) -> Found {
    match upload.kind.class {
        Class::Image => match picture::look(upload.file.path().to_owned()).await {
            Some(look) => Found {
                size: Some((look.width, look.height)),
                thumb: look.thumb,
                ..Found::plain(UploadKind::Image)
            },
            // Clients cannot show it: another format, or a bomb.
            None => Found::plain(UploadKind::File),
        },
        Class::Audio | Class::Video => measure(v1, upload).await,
        Class::Text | Class::Document | Class::Archive | Class::Active | Class::Unknown => {
            Found::plain(UploadKind::File)
        }
    }
}

/// Containers of films may hold sound alone, such as what browsers record.
async fn measure(v1: &V1, upload: &Upload) -> Found {
    let path = upload.file.path();
    let declared = upload.content_type.as_deref().is_some_and(|mime| mime.starts_with("audio/"));
    let measures = match v1.covers.measure(path).await {
        Ok(measures) => Some(measures),
        Err(problem) => {
            tracing::debug!(%problem, "an upload was not measured");
            None
        }
    };
    let film = upload.kind.class == Class::Video && measures.map_or(!declared, |all| all.size.is_some());
    let Measures { size, duration_ms } = measures.unwrap_or_default();
    if !film {
        return Found { duration_ms, ..Found::plain(UploadKind::Audio) };
    }
    let shot = Shot::new(COVER_AT_MS, Some(COVER_WIDTH), Format::Jpg);
    let cover = if size.is_some() { v1.covers.frame_of_file(path, shot).await.ok() } else { None };
    Found { size, cover, duration_ms, ..Found::plain(UploadKind::Video) }
}

async fn keep(v1: &V1, caller: Caller, upload: Upload, found: Found) -> Made<UploadView> {
    let date = Offset::utc().day(v1.app.now());
    let named = accept::extension(&upload.name, upload.content_type.as_deref(), upload.kind);
    let key = |extension: &str| names::native(&date, extension).map_err(Fail::internal);
    let file = key(named.unwrap_or(ANYTHING))?;
    let name = short(&upload.name);
    let size_bytes = i64::try_from(upload.size_bytes).unwrap_or(i64::MAX);
    let noted =
        Note { account: Some(caller.id), path: file.as_str().to_owned(), name: name.clone(), size_bytes };
    im_core::uploads::note(&v1.app, noted, v1.app.v1.upload_day_bytes).await?;

    let thumb = match found.thumb {
        Some(thumb) => Some(put(v1, &key(&format!(".{}", thumb.extension))?, thumb.bytes).await?),
        None => None,
    };
    let cover = match found.cover {
        Some(cover) => Some(put(v1, &key(".jpg")?, cover).await?),
        None => None,
    };
    let serving = upload.kind.serving(file.extension());
    let url = v1.store.keep(&file, upload.file, serving).await.map_err(Fail::internal)?;
    made(UploadView {
        url,
        name,
        size_bytes: upload.size_bytes,
        r#type: upload.kind.mime,
        kind: found.kind,
        width: found.size.map(|(width, _)| width),
        height: found.size.map(|(_, height)| height),
        thumb,
        cover,
        duration_ms: found.duration_ms,
    })
}

/// Keeps a picture that we made.
async fn put(v1: &V1, key: &Key, bytes: bytes::Bytes) -> Result<String, Fail> {
    let serving: Serving = Kind::of(&bytes[..bytes.len().min(im_media::HEAD_BYTES)]).serving(key.extension());
    v1.store.keep_bytes(key, bytes, serving).await.map_err(Fail::internal)
}

/// The client's name without its path, and without what is no text.
fn short(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    last.chars().filter(|c| !c.is_control()).take(NAME_CHARS).collect()
}
