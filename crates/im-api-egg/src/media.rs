//! Uploads and video covers (egg.md §4 #30, #31, §8).
use crate::{
    Egg,
    envelope::{Fail, Json, Reply, ok},
    extract::{Authed, Call, Everyone},
    input::Input,
    params::Params,
};
use axum::{
    Router,
    extract::{Path, Request, State, rejection::PathRejection},
    http::HeaderMap,
    routing::post,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use im_api_common::uploads::{self, Limits, Upload, UploadError};
use im_core::{Rate, accounts::Caller};
use im_media::{Class, Error, Format, Shot, accept, names};
use serde_json::{Value, json};

pub fn router() -> Router<Egg> {
    Router::new()
        .route("/chat/uploadStreamSingleToServerDiy/{folder}", post(upload))
        .route("/chat/uploadAliyun", post(upload_object))
        .route("/chat/getVideoScreenshot", post(cover))
}

/// #30.1 `POST /api/chat/uploadStreamSingleToServerDiy/:diydir`: keeps a file on this server.
async fn upload(
    State(egg): State<Egg>,
    authed: Result<Authed<Everyone>, Fail>,
    folder: Result<Path<String>, PathRejection>,
    request: Request,
) -> Reply<Value> {
    let request = admitted(&egg, authed, request).await?;
    let upload = receive(&egg, request, None).await.map_err(|error| match error {
        UploadError::TooLarge => Fail::too_large(),
        UploadError::Disk(error) => Fail::internal(error),
        UploadError::Missing | UploadError::Malformed | UploadError::WrongField { .. } => {
            Fail::refused("Can't found upload file")
        }
    })?;
    allowed(&egg, &upload)?;
    let (now, extension) = (egg.app.now(), extension(&upload)?);
    let folder = folder.map(|Path(folder)| folder).unwrap_or_default(); // not UTF-8: no folder either
    let key = names::upload(&folder, &egg.style.offset.day(now), now.0, extension);
    let key = key.map_err(|error| Fail::refused(error.to_string()))?;
    egg.store.put_file(&key, upload.file).await.map_err(Fail::internal)?;
    ok(json!({ "url": key.public_path() }))
}

/// #30.2 `POST /api/chat/uploadAliyun`: keeps a file in object storage, or on this server as if it
/// were one. The published answer has an envelope of its own.
async fn upload_object(
    State(egg): State<Egg>,
    authed: Result<Authed<Everyone>, Fail>,
    headers: HeaderMap,
    request: Request,
) -> Result<Json<Value>, Fail> {
    let request = admitted(&egg, authed, request).await?;
    let upload = receive(&egg, request, Some("img")).await.map_err(|error| match error {
        UploadError::TooLarge => Fail::too_large(),
        UploadError::Disk(error) => Fail::internal(error),
        UploadError::WrongField { found } => {
            Fail::refused(format!("上传失败: Expected field 'img', but got '{found}'"))
        }
        UploadError::Missing | UploadError::Malformed => Fail::refused("上传失败: Can't found upload file"),
    })?;
    allowed(&egg, &upload)?;
    let extension = extension(&upload).map_err(|fail| Fail::refused(format!("上传失败: {}", fail.text())))?;
    let class: i64 = upload.text("imageClassId").and_then(|text| text.parse().ok()).unwrap_or(0);
    let now = egg.app.now();
    let path = names::object(&egg.style.offset.day(now), now.0, extension).map_err(Fail::internal)?;
    let serving = upload.kind.serving(path.extension());
    let url = egg.store.put_object(&path, upload.file, serving, &egg.network.base(&headers)).await;
    let url = url.map_err(|error| {
        tracing::error!(%error, "an object could not be stored");
        Fail::refused("上传失败: 存储服务不可用")
    })?;
    let row =
        json!({ "url": url, "path": path.as_str(), "image_class_id": class, "create_time": now.0 / 1_000 });
    Ok(Json(json!({ "code": 200, "msg": "上传成功", "data": [row] })))
}

/// Counts an upload; the body of one that is refused is read to its end, so that the client hears why.
async fn admitted(
    egg: &Egg,
    authed: Result<Authed<Everyone>, Fail>,
    request: Request,
) -> Result<Request, Fail> {
    match authed.and_then(|authed| count(egg, authed.caller)) {
        Ok(()) => Ok(request),
        Err(fail) => {
            uploads::discard(request.into_body()).await;
            Err(fail)
        }
    }
}

fn count(egg: &Egg, caller: Caller) -> Result<(), Fail> {
    Ok(egg.app.limiter.take(Rate::Upload, caller.id, egg.app.now())?)
}

async fn receive(egg: &Egg, request: Request, field: Option<&str>) -> Result<Upload, UploadError> {
    uploads::receive(request, &egg.store, Limits { file_bytes: egg.upload_bytes, field }).await
}

/// Refuses what the operator switched off.
fn allowed(egg: &Egg, upload: &Upload) -> Result<(), Fail> {
    Ok(im_core::uploads::check(&egg.app, upload.kind.class == Class::Image)?)
}

fn extension(upload: &Upload) -> Result<&'static str, Fail> {
    let extension = accept::extension(&upload.name, upload.content_type.as_deref(), upload.kind);
    extension.ok_or_else(|| Fail::refused(format!("Invalid filename: {}", upload.name)))
}

/// What #31 asks for; its failures are refusals, not validation texts.
struct CoverParams {
    url: String,
    time: i64,
    width: Option<u32>,
    format: Format,
}

impl Params for CoverParams {
    fn read(input: &Input) -> Result<Self, Fail> {
        let url = input.text("videoUrl").ok_or_else(|| Fail::refused("视频地址不能为空"))?;
        let time = input.text("time").and_then(|text| text.parse().ok()).filter(|time| *time >= 0);
        let time = time.ok_or_else(|| Fail::refused("时间点参数无效"))?;
        let width = match input.text("width").as_deref() {
            None | Some("0" | "null") => None,
            Some(text) => {
                let width = text.parse().ok().filter(|width| (1..=3840).contains(width));
                Some(width.ok_or_else(|| Fail::refused("图片宽度应在1-3840之间"))?)
            }
        };
        let format = input.text("format");
        let format = format.as_deref().map_or(Some(Format::Png), Format::parse);
        let format = format.ok_or_else(|| Fail::refused("截图处理失败: 不支持的图片格式"))?;
        Ok(CoverParams { url, time, width, format })
    }
}

/// #31 `POST /api/chat/getVideoScreenshot`: a picture out of an uploaded video.
async fn cover(
    State(egg): State<Egg>,
    headers: HeaderMap,
    call: Call<Everyone, CoverParams>,
) -> Reply<Value> {
    count(&egg, call.caller)?;
    let CoverParams { url, time, width, format } = call.params;
    let base = egg.network.base(&headers);
    let public_host = base.split_once("://").map_or("", |(_, host)| host);
    let own = [public_host, egg.network.host(&headers)];
    let source = egg.covers.resolve(&url, &own).map_err(cover_failed)?;
    let shot = Shot::new(time.unsigned_abs(), width, format);
    let picture = egg.covers.frame(&source, shot).await.map_err(cover_failed)?;
    let key = names::screenshot(egg.app.now().0, format).map_err(Fail::internal)?;
    let encoded = BASE64_STANDARD.encode(&picture);
    egg.store.put_bytes(&key, picture).await.map_err(Fail::internal)?;
    ok(json!({
        "base64": format!("data:{};base64,{encoded}", format.content_type()),
        "url": key.public_path(),
        "format": format.extension(),
        "time": time,
        "width": width.map_or(json!("原始宽度"), |width| json!(width)),
    }))
}

fn cover_failed(error: Error) -> Fail {
    match error {
        Error::NoFrame => Fail::refused("截图生成失败"),
        Error::Io(_) | Error::Storage(_) | Error::Settings(_) | Error::InvalidKey | Error::InvalidFolder => {
            tracing::error!(%error, "a cover could not be made");
            Fail::refused("截图处理失败: 服务器错误")
        }
        shown => Fail::refused(format!("截图处理失败: {shown}")),
    }
}
