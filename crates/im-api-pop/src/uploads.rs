//! Files that people send here (pop.md §3.7).
mod kinds;
mod name;
pub mod picture;

use crate::{
    action::{Action, Who},
    call::Call,
    envelope::{Fail, Reply, ok},
    identity::named,
    input::Input,
    run,
    views::Text,
};
use axum::extract::Request;
use im_api_common::uploads::{self, Limits, UploadError};
use im_core::{
    AccountId, Rate, Refusal,
    uploads::{Upload as Note, note},
};
use im_media::Key;
use serde_json::{Value, json};

im_core::settings! {
    /// Uploads of the pop dialect.
    pub struct Upload {
        /// Bytes of an avatar at most. Default 2097152 (2 MiB).
        avatar_bytes: u64 = 2 << 20,
        /// Bytes of a picture at most. Default 10485760 (10 MiB).
        img_bytes: u64 = 10 << 20,
        /// Bytes of any other file at most. Default 52428800 (50 MiB).
        file_bytes: u64 = 50 << 20,
        /// Bytes that one account may send in 24 hours. Default 209715200 (200 MiB).
        day_bytes: i64 = 200 << 20,
        /// Extensions of files that are taken, of those that are known.
        file_types: Vec<String> = kinds::FILES.iter().map(|name| name.to_string()).collect(),
    }
}

pub const ACTIONS: &[Action] = &[
    Action::write("upload/avatar", run!(avatar)).by(Who::UserOrKey).streaming(),
    Action::write("upload/groupavatar", run!(group_avatar)).by(Who::UserOrKey).streaming(),
    Action::write("upload/img", run!(image)).by(Who::UserOrKey).streaming(),
    Action::write("upload/file", run!(file)).by(Who::UserOrKey).streaming(),
];

/// What an upload is for.
#[derive(Clone, Copy, PartialEq)]
enum For {
    Avatar,
    GroupAvatar,
    Image,
    File,
}

/// `upload/avatar`: a picture of the caller; its profile stays as it is.
async fn avatar(call: Call) -> Reply {
    receive(call, For::Avatar).await
}

/// `upload/groupavatar`: a picture of a group.
async fn group_avatar(call: Call) -> Reply {
    receive(call, For::GroupAvatar).await
}

/// `upload/img`: a picture to send.
async fn image(call: Call) -> Reply {
    receive(call, For::Image).await
}

/// `upload/file`: anything else to send.
async fn file(call: Call) -> Reply {
    receive(call, For::File).await
}

async fn receive(mut call: Call, wanted: For) -> Reply {
    let request = call.take_request().ok_or_else(nothing)?;
    if let Err(fail) = admit(&call, wanted) {
        uploads::discard(request.into_body()).await;
        return Err(fail);
    }
    let mut upload = take(&call, wanted, request).await?;
    of_form(&mut call, &upload.texts).await?;
    let user = call.identity.user.map(|caller| caller.id);
    if wanted == For::Avatar && user.is_none() {
        return Err(Fail::missing());
    }
    let settings = &call.pop.upload;
    let name = name::clean(&upload.name);
    let extension = match wanted {
        For::File => kinds::file(&name, upload.kind, &settings.file_types),
        _ => kinds::image(&name, upload.kind),
    };
    let extension = extension.ok_or_else(unsupported)?;
    if matches!(wanted, For::Avatar | For::GroupAvatar) {
        let (file, size_bytes) = picture::anew(upload.file, extension).await.map_err(|_| unsupported())?;
        (upload.file, upload.size_bytes) = (file, size_bytes);
    }
    let key = key(&call, wanted, user, extension).ok_or_else(unsupported)?;
    let size_bytes = i64::try_from(upload.size_bytes).unwrap_or(i64::MAX);
    let noted = Note { account: user, path: key.as_str().to_owned(), name: name.clone(), size_bytes };
    note(call.app(), noted, settings.day_bytes).await?;
    call.pop.store.put_file(&key, upload.file).await.map_err(Fail::internal)?;
    let src = format!("//{}/{key}", call.pop.public_host(&call.headers));
    ok(json!({ "src": Text(src), "name": Text(name), "size": name::size(upload.size_bytes) }))
}

/// Refuses what is switched off, and who sends very often.
fn admit(call: &Call, wanted: For) -> Result<(), Fail> {
    match wanted {
        For::Image => im_core::uploads::check(call.app(), true)?,
        For::File => im_core::uploads::check(call.app(), false)?,
        For::Avatar | For::GroupAvatar => {}
    }
    count(call)
}

/// Counts an upload of the user, once it is known.
fn count(call: &Call) -> Result<(), Fail> {
    match call.identity.user {
        Some(caller) => Ok(call.app().limiter.take(Rate::Upload, caller.id, call.app().now())?),
        None => Ok(()),
    }
}

async fn take(call: &Call, wanted: For, request: Request) -> Result<uploads::Upload, Fail> {
    let settings = &call.pop.upload;
    let file_bytes = match wanted {
        For::Avatar | For::GroupAvatar => settings.avatar_bytes,
        For::Image => settings.img_bytes,
        For::File => settings.file_bytes,
    };
    let limits = Limits { file_bytes, field: Some("file") };
    uploads::receive(request, &call.pop.store, limits).await.map_err(|error| match error {
        UploadError::TooLarge => Fail::new(911, "文件过大"),
        UploadError::Disk(error) => Fail::internal(error),
        UploadError::Missing | UploadError::Malformed | UploadError::WrongField { .. } => nothing(),
    })
}

/// Reads who sends the file, where the form says it beside the file.
async fn of_form(call: &mut Call, texts: &[(String, String)]) -> Result<(), Fail> {
    if !call.family_has_login_uid() {
        return Ok(());
    }
    let fields = texts.iter().map(|(name, text)| (name.clone(), Value::from(text.as_str())));
    let input = Input::of(fields.collect());
    let known = call.identity.user.is_some();
    call.identity = named(&call.pop, std::mem::take(&mut call.identity), &input).await?;
    if call.identity.disabled {
        return Err(Refusal::AccountDisabled.into());
    }
    if known || call.identity.user.is_none() {
        return Ok(());
    }
    call.identity.audit(call.action, &input, call.from);
    count(call)
}

/// Where the file is stored: a name that cannot be guessed.
fn key(call: &Call, wanted: For, user: Option<AccountId>, extension: &str) -> Option<Key> {
    let name = im_core::secrets::hex(&rand::random::<[u8; 16]>());
    let month = call.pop.offset.day(call.app().now());
    let month = month.get(..6)?;
    Key::parse(&match (wanted, user) {
        (For::Avatar, Some(AccountId(uid))) => {
            format!("upload/avatars/{}/{uid}/{name}.{extension}", uid % 100)
        }
        (For::File, _) => format!("upload/files/{month}/{name}.{extension}"),
        _ => format!("upload/images/{month}/{name}.{extension}"),
    })
}

fn nothing() -> Fail {
    Fail::new(917, "没有上传文件")
}

fn unsupported() -> Fail {
    Fail::new(910, "不支持的文件类型")
}
