//! Pictures decoded and made anew: what is hidden in a file that only looks like one is gone.
use im_media::tempfile::NamedTempFile;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, ImageResult, Limits};
use std::{
    io::{BufReader, BufWriter, Cursor, Seek, Write},
    path::Path,
};
use tokio::sync::Semaphore;

/// Pixels of a side at most: larger avatars are made smaller.
const SIDE: u32 = 1_024;
/// Pixels of a side, and bytes of memory, that are decoded at most.
const LARGEST_SIDE: u32 = 10_000;
const LARGEST_BYTES: u64 = 128 << 20;
/// Pictures at work at once: each takes a core.
static WORKERS: Semaphore = Semaphore::const_new(2);

/// The picture in `file` made anew in the format of `extension`; with its length in bytes.
///
/// # Errors
/// When it is none, or too large to be decoded.
pub async fn anew(file: NamedTempFile, extension: &'static str) -> ImageResult<(NamedTempFile, u64)> {
    work(move || {
        let picture = decode(file.path())?;
        let picture = if picture.width().max(picture.height()) > SIDE {
            picture.resize(SIDE, SIDE, image::imageops::FilterType::Triangle)
        } else {
            picture
        };
        let format = ImageFormat::from_extension(extension).unwrap_or(ImageFormat::Png);
        let mut bytes = Cursor::new(Vec::new());
        match format {
            ImageFormat::Jpeg => DynamicImage::from(picture.to_rgb8()).write_to(&mut bytes, format)?,
            _ => DynamicImage::from(picture.to_rgba8()).write_to(&mut bytes, format)?,
        }
        let bytes = bytes.into_inner();
        let mut to = BufWriter::new(file.as_file());
        file.as_file().set_len(0)?;
        to.rewind()?;
        to.write_all(&bytes)?;
        to.flush()?;
        drop(to);
        Ok((file, bytes.len() as u64))
    })
    .await
}

/// The picture in a file, upright.
pub fn decode(path: &Path) -> ImageResult<DynamicImage> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(LARGEST_SIDE);
    limits.max_image_height = Some(LARGEST_SIDE);
    limits.max_alloc = Some(LARGEST_BYTES);
    let mut reader = ImageReader::new(BufReader::new(std::fs::File::open(path)?)).with_guessed_format()?;
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    let orientation = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

/// Runs work on pictures where it holds up nobody.
pub async fn work<T: Send + 'static>(
    work: impl FnOnce() -> ImageResult<T> + Send + 'static,
) -> ImageResult<T> {
    let place = WORKERS.acquire().await.map_err(|e| image::ImageError::IoError(std::io::Error::other(e)))?;
    let work = move || {
        let _place = place; // a caller that goes away does not give its place to the next
        work()
    };
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|e| image::ImageError::IoError(std::io::Error::other(e)))?
}
