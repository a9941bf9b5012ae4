//! Pictures that people sent: how large they are, and a small one for lists.

use std::fs::File;
use std::io::{BufReader, Cursor};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, ImageResult, Limits};
use tokio::sync::Semaphore;

/// Pixels of a side, and bytes of memory, that are decoded at most: a photograph of 50 million pixels fits.
const LARGEST_SIDE: u32 = 10_000;
const LARGEST_BYTES: u64 = 160 << 20;

/// Pixels of a picture that clients are asked to show at most: what the best phones take.
const SHOWN_PIXELS: u64 = 220_000_000;

/// Pixels of the longest side of a small picture.
const THUMB_SIDE: u32 = 480;

/// JPEG quality of small pictures.
const QUALITY: u8 = 80;

/// Pictures at work at once: each takes a core.
static WORKERS: Semaphore = Semaphore::const_new(2);

/// How a picture is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// Pixels across, when it stands upright.
    pub width: u32,
    /// Pixels down, when it stands upright.
    pub height: u32,
    /// A small one, where the picture itself is larger and does not move.
    pub thumb: Option<Thumb>,
}

/// A small picture, upright.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thumb {
    /// The file.
    pub bytes: Bytes,
    /// `jpg` or `png`.
    pub extension: &'static str,
}

/// How the picture in a file looks; none for what clients cannot show, or could not stand to.
pub async fn look(path: PathBuf) -> Option<Look> {
    work(move || Ok(look_now(&path))).await.ok().flatten()
}

fn look_now(path: &Path) -> Option<Look> {
    let (format, (width, height), orientation) = header(path).ok()?;
    let shown = matches!(format, ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::Gif | ImageFormat::WebP);
    if !shown || width == 0 || height == 0 || u64::from(width) * u64::from(height) > SHOWN_PIXELS {
        return None;
    }
    let moves = moves(path, format).unwrap_or(true);
    let thumb = if moves || width.max(height) <= THUMB_SIDE { None } else { thumb(path).ok().flatten() };
    let turned = matches!(
        orientation,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    );
    let (width, height) = if turned { (height, width) } else { (width, height) };
    Some(Look { width, height, thumb })
}

/// What a file says of itself, without decoding its picture.
fn header(path: &Path) -> ImageResult<(ImageFormat, (u32, u32), Orientation)> {
    let reader = ImageReader::new(BufReader::new(File::open(path)?)).with_guessed_format()?;
    let format = reader.format().ok_or_else(|| ImageError::IoError(std::io::Error::other("no picture")))?;
    let mut decoder = reader.into_decoder()?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    Ok((format, decoder.dimensions(), orientation))
}

fn moves(path: &Path, format: ImageFormat) -> ImageResult<bool> {
    let file = || Ok::<_, ImageError>(BufReader::new(File::open(path)?));
    match format {
        ImageFormat::Gif => Ok(true), // nearly all do
        ImageFormat::Png => PngDecoder::new(file()?)?.is_apng(),
        ImageFormat::WebP => Ok(WebPDecoder::new(file()?)?.has_animation()),
        _ => Ok(false),
    }
}

/// The small picture, unless it would be no smaller than the file.
fn thumb(path: &Path) -> ImageResult<Option<Thumb>> {
    let small = decode(path)?.resize(THUMB_SIDE, THUMB_SIDE, FilterType::Triangle);
    let mut bytes = Cursor::new(Vec::new());
    let see_through =
        small.color().has_alpha() && small.to_rgba8().pixels().any(|pixel| pixel.0[3] < u8::MAX);
    let extension = if see_through {
        DynamicImage::from(small.to_rgba8()).write_to(&mut bytes, ImageFormat::Png)?;
        "png"
    } else {
        let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, QUALITY);
        small.to_rgb8().write_with_encoder(encoder)?;
        "jpg"
    };
    let bytes = bytes.into_inner();
    let saves = (bytes.len() as u64) < std::fs::metadata(path)?.len();
    Ok(saves.then(|| Thumb { bytes: bytes.into(), extension }))
}

/// The picture in a file, upright.
///
/// # Errors
/// When it is none, or too large to be decoded.
pub fn decode(path: &Path) -> ImageResult<DynamicImage> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(LARGEST_SIDE);
    limits.max_image_height = Some(LARGEST_SIDE);
    limits.max_alloc = Some(LARGEST_BYTES);
    let mut reader = ImageReader::new(BufReader::new(File::open(path)?)).with_guessed_format()?;
    reader.limits(limits.clone());
    let mut decoder = reader.into_decoder()?;
    limits.reserve(decoder.total_bytes())?; // decoders do not count the picture itself
    decoder.set_limits(limits)?;
    let orientation = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

/// Runs work on pictures where it holds up nobody.
///
/// # Errors
/// Those of the work.
pub async fn work<T: Send + 'static>(
    work: impl FnOnce() -> ImageResult<T> + Send + 'static,
) -> ImageResult<T> {
    let place = WORKERS.acquire().await.map_err(|e| ImageError::IoError(std::io::Error::other(e)))?;
    let work = move || {
        let _place = place; // a caller that goes away does not give its place to the next
        work()
    };
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|e| ImageError::IoError(std::io::Error::other(e)))?
}

#[cfg(test)]
mod tests;
