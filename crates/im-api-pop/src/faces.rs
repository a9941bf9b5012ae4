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
use image::{
    DynamicImage, ImageFormat, ImageResult, Rgba, RgbaImage,
    imageops::{self, FilterType},
};
use moka::sync::Cache;
use std::{
    io::Cursor,
    sync::{Arc, OnceLock},
};

pub const ACTIONS: &[Action] = &[Action::read("group/avatar", run!(avatar)).by(Who::Anyone).by_query_token()];

/// Faces at most.
const MOST: usize = 9;
/// Pixels of a side, and between faces.
const SIDE: u32 = 180;
const GAP: u32 = 4;
/// Between the faces.
const GROUND: Rgba<u8> = Rgba([226, 230, 234, 255]);
/// Bytes of whole pictures that are kept.
const KEPT_BYTES: u64 = 16 << 20;
/// Faces that are kept, 130 kB each.
const KEPT_FACES: u64 = 200;

/// Pictures that were made lately: whole ones by the files in them, and single faces, already small.
pub struct Faces {
    whole: Cache<String, Vec<u8>>,
    single: Cache<String, Arc<DynamicImage>>,
    stranger: OnceLock<Arc<DynamicImage>>,
}

impl Default for Faces {
    fn default() -> Self {
        let weigh =
            |files: &String, png: &Vec<u8>| u32::try_from(files.len() + png.len()).unwrap_or(u32::MAX);
        let whole = Cache::builder().weigher(weigh).max_capacity(KEPT_BYTES).build();
        Faces { whole, single: Cache::new(KEPT_FACES), stranger: OnceLock::new() }
    }
}

/// `group/avatar`: a mosaic of the avatars of these users.
async fn avatar(call: Call) -> Reply {
    let mut ids = call.maybe_list("uid").ok().flatten().unwrap_or_default();
    ids.truncate(MOST);
    let avatars = profiles::avatars(call.app(), ids).await?;
    let files: Vec<Option<Key>> = avatars.iter().map(|avatar| local(&call, avatar)).collect();
    let name = files.iter().map(|key| key.as_ref().map_or("", Key::as_str)).collect::<Vec<_>>().join(",");
    let png = match call.pop.faces().whole.get(&name) {
        Some(png) => png,
        None => {
            let png = mosaic(&call.pop, &files).await.map_err(Fail::internal)?;
            call.pop.faces().whole.insert(name, png.clone());
            png
        }
    };
    let about = [(CONTENT_TYPE, "image/png"), (CACHE_CONTROL, "public, max-age=3600")];
    Ok((about, png).into_response())
}

/// The file of an avatar that is stored here. Nothing is fetched from elsewhere.
fn local(call: &Call, avatar: &str) -> Option<Key> {
    let path = match avatar.split_once("//") {
        Some((_, rest)) => {
            let (host, path) = rest.split_once('/')?;
            let own = [&*call.pop.public_host(&call.headers), call.pop.network.host(&call.headers)];
            own.iter().any(|own| own.eq_ignore_ascii_case(host)).then_some(path)?
        }
        None => avatar.strip_prefix('/')?,
    };
    let key = Key::parse(path.strip_prefix("public/").unwrap_or(path))?;
    let uploaded = ["upload/", "uploads/"].iter().any(|folder| key.as_str().starts_with(folder));
    uploaded.then_some(key)
}

/// The faces in rows, as PNG; nobody's are one stranger's.
async fn mosaic(pop: &Pop, files: &[Option<Key>]) -> ImageResult<Vec<u8>> {
    let mut faces = Vec::with_capacity(files.len());
    for key in files {
        faces.push(face(pop, key.as_ref()).await?);
    }
    if faces.is_empty() {
        faces.push(face(pop, None).await?);
    }
    picture::work(move || compose(&faces)).await
}

/// The face in a file; a file that is none, or no picture, is the default avatar.
async fn face(pop: &Pop, key: Option<&Key>) -> ImageResult<Arc<DynamicImage>> {
    let all = pop.faces();
    if let Some(known) = key.and_then(|key| all.single.get(key.as_str())) {
        return Ok(known);
    }
    let file = match key {
        Some(key) => pop.store.local_path(key).await.map(|path| (key, path)),
        None => None,
    };
    if let Some((key, path)) = file {
        let small = picture::work(move || Ok(small(&picture::decode(&path)?))).await;
        if let Ok(face) = small.map(Arc::new) {
            all.single.insert(key.as_str().to_owned(), face.clone());
            return Ok(face);
        }
    }
    Ok(all.stranger.get_or_init(|| Arc::new(stranger())).clone())
}

fn stranger() -> DynamicImage {
    small(&image::load_from_memory(AVATAR).expect("our own picture is one"))
}

fn small(face: &DynamicImage) -> DynamicImage {
    face.resize_to_fill(SIDE, SIDE, FilterType::Triangle)
}

fn compose(faces: &[Arc<DynamicImage>]) -> ImageResult<Vec<u8>> {
    let columns = match faces.len() {
        0 | 1 => 1,
        2..=4 => 2,
        _ => 3,
    };
    let cell = (SIDE - GAP * (columns + 1)) / columns;
    let rows = (faces.len() as u32).div_ceil(columns);
    let top = (SIDE - rows * cell - (rows + 1) * GAP) / 2;
    let mut whole = RgbaImage::from_pixel(SIDE, SIDE, GROUND);
    for (at, face) in (0..).zip(faces) {
        let face = face.resize_exact(cell, cell, FilterType::Triangle).to_rgba8();
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
        let face = Arc::new(stranger());
        for faces in [1, 2, 4, 5, 9] {
            let png = compose(&vec![face.clone(); faces]).unwrap();
            let picture = image::load_from_memory(&png).unwrap();
            assert_eq!((picture.width(), picture.height()), (SIDE, SIDE), "{faces}");
        }
    }
}
