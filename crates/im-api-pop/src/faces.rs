//! Pictures of groups: up to nine faces in one (pop.md §3.5).
use crate::{
    Pop,
    action::{Action, Who},
    call::Call,
    envelope::{Fail, Reply},
    public::AVATAR,
    run,
    uploads::picture,
};
use axum::{
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::IntoResponse,
};
use im_core::profiles;
use im_media::Key;
use image::{DynamicImage, ImageFormat, ImageResult, Rgba, RgbaImage, imageops};
use moka::sync::Cache;
use std::{io::Cursor, path::PathBuf};

pub const ACTIONS: &[Action] = &[Action::read("group/avatar", run!(avatar)).by(Who::Anyone).by_query_token()];

/// Faces at most.
const MOST: usize = 9;
/// Pixels of a side, and between faces.
const SIDE: u32 = 180;
const GAP: u32 = 4;
/// Between the faces.
const GROUND: Rgba<u8> = Rgba([226, 230, 234, 255]);
/// Bytes of pictures that are kept.
const KEPT_BYTES: u64 = 16 << 20;

/// Pictures that were made lately, by the avatars in them.
pub struct Faces(Cache<String, Vec<u8>>);

impl Default for Faces {
    fn default() -> Self {
        let weigh =
            |avatars: &String, png: &Vec<u8>| u32::try_from(avatars.len() + png.len()).unwrap_or(u32::MAX);
        Faces(Cache::builder().weigher(weigh).max_capacity(KEPT_BYTES).build())
    }
}

/// `group/avatar`: a mosaic of the avatars of these users.
async fn avatar(call: Call) -> Reply {
    let mut ids = call.maybe_list("uid").ok().flatten().unwrap_or_default();
    ids.truncate(MOST);
    let avatars = profiles::avatars(call.app(), ids).await?;
    let made = call.pop.faces().0.get(&avatars.join("\n"));
    let png = match made {
        Some(png) => png,
        None => {
            let mut files = Vec::new();
            for avatar in &avatars {
                files.push(local(&call.pop, &call, avatar).await);
            }
            let png = picture::work(move || mosaic(&files)).await.map_err(Fail::internal)?;
            call.pop.faces().0.insert(avatars.join("\n"), png.clone());
            png
        }
    };
    let about = [(CONTENT_TYPE, "image/png"), (CACHE_CONTROL, "public, max-age=3600")];
    Ok((about, png).into_response())
}

/// The file of an avatar that is stored here. Nothing is fetched from elsewhere.
async fn local(pop: &Pop, call: &Call, avatar: &str) -> Option<PathBuf> {
    let path = match avatar.split_once("//") {
        Some((_, rest)) => {
            let (host, path) = rest.split_once('/')?;
            let own = [pop.public_host(&call.headers), pop.network.host(&call.headers)];
            own.iter().any(|own| own.eq_ignore_ascii_case(host)).then_some(path)?
        }
        None => avatar.strip_prefix('/')?,
    };
    let key = Key::parse(path.strip_prefix("public/").unwrap_or(path))?;
    let uploaded = ["upload/", "uploads/"].iter().any(|folder| key.as_str().starts_with(folder));
    if uploaded { pop.store.local_path(&key).await } else { None }
}

/// The faces in rows, as PNG; a file that is none, or no picture, is the default avatar.
fn mosaic(files: &[Option<PathBuf>]) -> ImageResult<Vec<u8>> {
    let stranger = image::load_from_memory(AVATAR)?;
    let faces: Vec<DynamicImage> = files
        .iter()
        .map(|file| {
            file.as_deref().and_then(|file| picture::decode(file).ok()).unwrap_or_else(|| stranger.clone())
        })
        .collect();
    let faces = if faces.is_empty() { vec![stranger] } else { faces };
    let columns = match faces.len() {
        1 => 1,
        2..=4 => 2,
        _ => 3,
    };
    let cell = (SIDE - GAP * (columns + 1)) / columns;
    let rows = (faces.len() as u32).div_ceil(columns);
    let top = (SIDE - rows * cell - (rows + 1) * GAP) / 2;
    let mut whole = RgbaImage::from_pixel(SIDE, SIDE, GROUND);
    for (at, face) in (0..).zip(&faces) {
        let face = face.resize_to_fill(cell, cell, imageops::FilterType::Triangle).to_rgba8();
        let (x, y) = (GAP + at % columns * (cell + GAP), top + GAP + at / columns * (cell + GAP));
        imageops::overlay(&mut whole, &face, i64::from(x), i64::from(y));
    }
    let mut png = Cursor::new(Vec::new());
    DynamicImage::from(whole).to_rgb8().write_to(&mut png, ImageFormat::Png)?;
    Ok(png.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mosaic_has_its_size_however_many_faces_it_has() {
        for faces in [0, 1, 2, 4, 5, 9] {
            let png = mosaic(&vec![None; faces]).unwrap();
            let picture = image::load_from_memory(&png).unwrap();
            assert_eq!((picture.width(), picture.height()), (SIDE, SIDE), "{faces}");
        }
    }
}
